"""Recording: each try of a client becomes a line of a file, as it ends."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from typing import Any

from dynzuora import _zuora
from dynzuora.errors import DynzuoraError
from dynzuora.http import EndedAttempt, Headers, Request
from dynzuora.recording.tries import Try

_MOST = 64 * 1024 * 1024
"""Bytes of a download that are recorded."""


class Recorder:
    """An ``on_attempt`` that writes a recording. Thread-safe; the file is the user's alone.

    Raises `DynzuoraError` if the file cannot be written. One that exists is replaced.
    """

    def __init__(self, path: str | os.PathLike[str], base: str) -> None:
        self._path = path
        self._base = base
        self._local = threading.local()
        try:
            self._write(b"", os.O_TRUNC)
        except OSError as error:
            raise DynzuoraError(f"record={os.fspath(path)!r} cannot be written: {error.strerror}.") from None

    def _write(self, line: bytes, how: int = os.O_APPEND) -> None:
        flags = os.O_WRONLY | os.O_CREAT | how | getattr(os, "O_NOFOLLOW", 0)
        descriptor = os.open(self._path, flags, 0o600)
        try:
            os.write(descriptor, line)
        finally:
            os.close(descriptor)

    def __call__(self, request: Request, attempt: EndedAttempt) -> None:
        """Write a line, in one piece: threads and forked processes share the file."""
        streamed = self._local.__dict__.pop("streamed", b"")
        if request.operation_id != _zuora.TOKEN_OPERATION:
            self._write(Try.of(request, attempt, self._base, bytes(streamed)).to_json())

    def overhear(self, receiver: Any) -> Any:
        """Return a receiver of a download that hands everything on, and notes the content."""
        return _Overhearing(receiver, self._local)


class _Overhearing:
    def __init__(self, receiver: Any, local: threading.local) -> None:
        self._receiver = receiver
        self._local = local

    @property
    def begun(self) -> bool:
        return bool(self._receiver.begun)

    def __call__(self, status: int, headers: Headers, chunks: Iterator[bytes]) -> None:
        content = self._local.streamed = bytearray()

        def noted() -> Iterator[bytes]:
            for chunk in chunks:
                if len(content) + len(chunk) <= _MOST:
                    content.extend(chunk)
                yield chunk

        self._receiver(status, headers, noted())
