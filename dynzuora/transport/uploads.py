"""The message that requests sends, with files streamed from disk.

A file is opened and its size read for each try, so that a retry sends what a first try would, and
a file of any size needs no memory.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, NamedTuple

import requests
import urllib3
from requests.structures import CaseInsensitiveDict

from dynzuora.http import Part, Request
from dynzuora.transport.credentials import Proof

_USER_AGENT = "dynzuora"

_FORM_DATA = "multipart/form-data"

_Content = bytes | Path | IO[bytes]

_SMALL = 1024 * 1024
"""Bytes up to which a body is sent as one piece, so that tools which inspect requests see it."""


class UnreadableFile(Exception):
    """A file is missing or unreadable, or changed while it was sent."""

    def __init__(self, path: object, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason


@contextlib.contextmanager
def repeatable(request: Request) -> Iterator[Request]:
    """Yield the request with every one-shot part stored, so that each try can read it."""
    with ExitStack() as files:
        body = request.body
        if isinstance(body, tuple):
            body = tuple(part._replace(content=_repeatable(part.content, files)) for part in body)
        elif body is not None:
            body = _repeatable(body, files)
        yield request._replace(body=body)


def _repeatable(content: _Content, files: ExitStack) -> _Content:
    if isinstance(content, (bytes, Path)):
        return content
    try:
        if content.seekable():
            content.seek(0)
            if content.read(0) == b"":  # a text file yields text
                return content
        kept = files.enter_context(tempfile.SpooledTemporaryFile(_SMALL))  # noqa: SIM115  # it is one
        while piece := content.read(65536):
            kept.write(piece.encode() if isinstance(piece, str) else piece)
    except (OSError, ValueError):
        return content  # the try that sends it reports the problem
    return kept


def message(request: Request, proof: Proof) -> requests.PreparedRequest:
    """Build the message directly, because requests' own preparation costs more than the rest of a call.

    Close it with `close`. Raises `UnreadableFile`.
    """
    prepared = requests.PreparedRequest()
    prepared.method = request.method
    prepared.url = request.url
    if proof.query:
        prepared.url += ("&" if "?" in request.url else "?") + proof.query
    headers: dict[str, str] = {
        "User-Agent": _USER_AGENT,
        "Accept-Encoding": "gzip",
        **request.headers,
    }
    body: bytes | _Stream | None
    if isinstance(request.body, tuple):
        body, headers["Content-Type"] = _multipart(request.body, headers.get("Content-Type", _FORM_DATA))
    elif request.body is None or isinstance(request.body, bytes):
        body = request.body
    else:
        body = _file(request.body)
    if body is not None and headers.get("Content-Encoding") == "gzip":
        body = gzip.compress(body.read() if isinstance(body, _Stream) else body, mtime=0)
    if body is not None or request.method in ("POST", "PUT", "PATCH"):
        headers["Content-Length"] = str(len(body or b""))
    prepared.headers = CaseInsensitiveDict({**headers, **proof.headers})
    if "Cookie" in proof.headers and "Cookie" in request.headers:
        prepared.headers["Cookie"] = f"{request.headers['Cookie']}; {proof.headers['Cookie']}"
    prepared.body = body  # type: ignore[assignment]  # anything with ``read`` will do
    return prepared


def close(prepared: requests.PreparedRequest) -> None:
    """Close the files that were opened for a message."""
    if isinstance(prepared.body, _Stream):
        prepared.body.close()


def _multipart(parts: tuple[Part, ...], media_type: str) -> tuple[bytes | _Stream, str]:
    """Return a multipart body and its media type with its boundary (RFC 7578)."""
    with ExitStack() as files:
        boundary = urllib3.filepost.choose_boundary()
        body = _streamed(list(_pieces(parts, boundary, files)), files)
        return body, f"{media_type}; boundary={boundary}"


def _file(content: Path | IO[bytes]) -> bytes | _Stream:
    """Return a body that is one file."""
    with ExitStack() as files:
        return _streamed([_opened(content, files, "body")], files)


def _streamed(pieces: list[_Piece], files: ExitStack) -> bytes | _Stream:
    """Return small pieces as one, large ones to be read as they are sent."""
    if sum(size for _, _, size in pieces) <= _SMALL:
        return _Stream(pieces).read()
    return _Stream(pieces, files.pop_all())


def _pieces(parts: tuple[Part, ...], boundary: str, files: ExitStack) -> Iterator[_Piece]:
    for part in parts:
        field = urllib3.fields.RequestField(part.name, b"", part.filename)
        field.make_multipart(content_type=part.content_type)
        field.headers |= part.headers
        yield _in_memory(f"--{boundary}\r\n{field.render_headers()}".encode())
        yield _opened(part.content, files, part.filename)
        yield _in_memory(b"\r\n")
    yield _in_memory(f"--{boundary}--\r\n".encode())


class _Piece(NamedTuple):
    """A piece of a body: its name, its source, and its size in bytes."""

    name: object
    file: IO[bytes]
    size: int


def _in_memory(content: bytes) -> _Piece:
    return _Piece("", io.BytesIO(content), len(content))


def _opened(content: _Content, files: ExitStack, filename: str | None) -> _Piece:
    """Return a file, to be read from its start."""
    if isinstance(content, bytes):
        return _in_memory(content)
    name = content if isinstance(content, Path) else getattr(content, "name", filename)
    try:
        if isinstance(content, Path):
            content = files.enter_context(content.open("rb"))
        size = content.seek(0, os.SEEK_END)
        content.seek(0)
    except (OSError, ValueError) as error:  # ValueError: a closed file
        raise UnreadableFile(name, getattr(error, "strerror", None) or str(error)) from error
    return _Piece(name, content, size)


class _Stream:
    """Pieces in sequence, as a file that http.client reads; each as long as it was at first."""

    def __init__(self, pieces: list[_Piece], files: ExitStack | None = None) -> None:
        self._length = sum(size for _, _, size in pieces)
        self._pieces = pieces
        self._files = files
        self._content = self._read_pieces()

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[bytes]:
        return self._content

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, about 64 kB, or all that is left."""
        return next(self._content, b"") if size >= 0 else b"".join(self._content)

    def close(self) -> None:
        """Close the files that were opened for this."""
        if self._files is not None:
            self._files.close()

    def _read_pieces(self) -> Iterator[bytes]:
        for name, file, size in self._pieces:
            left = size
            while left:
                with _named_in_errors(name):
                    piece = file.read(min(left, 65536))
                if not piece:
                    raise UnreadableFile(name, "it became shorter while it was sent")
                left -= len(piece)
                yield piece


@contextlib.contextmanager
def _named_in_errors(name: object) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:
        raise UnreadableFile(name, getattr(error, "strerror", None) or str(error)) from error
