"""Read the body of a response in pieces, within bounds of time and memory.

Bodies are read as requests reads them, so that adapters and mocks made for requests work. They
are decompressed here, since urllib3 does not bound the result, and accepts a body that was cut
off.
"""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

import requests
import urllib3

from dynzuora import _codings
from dynzuora.http import Headers
from dynzuora.transport.connections import Watch

_CHUNK = 65536


class BadlyPacked(Exception):
    """A body is not what its Content-Encoding says."""


def pieces(reply: requests.Response, headers: Headers, watch: Watch) -> Iterator[bytes]:
    """Yield the body, decompressed, within the time that ``watch`` allows.

    Raises `BadlyPacked`, TimeoutError, and whatever the connection or a mock of it raises.
    """
    if getattr(reply, "_content", False) is not False:  # read already, or a mock's
        return iter((reply.content or b"",))
    raw = reply.raw
    if not hasattr(raw, "stream"):  # a plain file, which requests accepts
        return _timed(iter(lambda: raw.read(_CHUNK), b""), watch)
    return _unpacked(_timed(_packed(raw), watch), headers.get("Content-Encoding", ""))


def _packed(raw: Any) -> Iterator[bytes]:
    """Yield the body as it is on the wire, as soon as bytes arrive if urllib3 can do that."""
    if isinstance(raw, urllib3.HTTPResponse) and hasattr(raw, "read1"):
        return iter(lambda: raw.read1(_CHUNK, decode_content=False), b"")
    stream: Iterator[bytes] = raw.stream(_CHUNK, decode_content=False)
    return stream


def _timed(stream: Iterable[bytes], watch: Watch) -> Iterator[bytes]:
    for piece in stream:
        yield piece
        watch.left()


def _unpacked(stream: Iterator[bytes], content_encoding: str) -> Iterator[bytes]:
    """Return a body's pieces without their codings, each of them small.

    A coding that is not known stays (`dynzuora._codings.unknown`). Raises `BadlyPacked` for a body that
    is not what its coding says, was cut off, or becomes far larger than anything but a bomb.
    """
    codings = [*itertools.takewhile(_codings.UNDONE.__contains__, _codings.codings(content_encoding))]
    if not codings:
        return stream
    packed = _Counted(stream)
    unpacked: Iterator[bytes] = packed
    for coding in codings:
        unpacked = _inflated(unpacked, _codings.UNDONE[coding])
    return _bounded(unpacked, packed)


class _Counted:
    """An iterator over pieces that knows how many bytes it has given."""

    def __init__(self, stream: Iterator[bytes]) -> None:
        self._stream = stream
        self.size = 0

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        piece = next(self._stream)
        self.size += len(piece)
        return piece


def _bounded(unpacked: Iterator[bytes], packed: _Counted) -> Iterator[bytes]:
    size = 0
    for piece in unpacked:
        size += len(piece)
        if size > _codings.most(packed.size):
            raise BadlyPacked(f"packed and becomes {size:,} bytes out of {packed.size:,}")
        yield piece


def _inflated(stream: Iterable[bytes], window_bits: int) -> Iterator[bytes]:
    inflater: Any = None
    for piece in stream:
        rest = piece
        while rest:
            if inflater is None or inflater.eof:  # gzip members may follow one another
                inflater = zlib.decompressobj(window_bits)
            yield from _inflated_piece(inflater, rest)
            rest = inflater.unused_data
    if inflater is not None and not inflater.eof:
        raise BadlyPacked("packed, and cut off")


def _inflated_piece(inflater: Any, piece: bytes) -> Iterator[bytes]:
    while True:
        try:
            content = inflater.decompress(piece, _CHUNK)
        except zlib.error:
            raise BadlyPacked("not packed as it says") from None
        if content:
            yield content
        piece = inflater.unconsumed_tail
        if inflater.eof or (not piece and len(content) < _CHUNK):
            return
