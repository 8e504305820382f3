"""Answers in bounded time and memory, whatever the server does.

http.client reads a line for as long as bytes come, however slowly, and passes over any
number of interim answers; urllib3 unpacks a body that was cut off without a word. So
every read of a socket is watched here, and bodies are unpacked here, piece by piece.
"""

from __future__ import annotations

import http.client
import io
import math
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

LARGEST_HEADER = 1024 * 1024
"""Bytes of everything before a body, interim answers included. Zuora's are about 2,000."""

_KEPT = 2048
_CHUNK = 65536


class Watch:
    """Looks at one answer as it comes: how long it takes, how long its header is, how it begins."""

    def __init__(self, clock: Callable[[], float], end: float = math.inf) -> None:
        self._clock = clock
        self.end = end
        self.came = b""
        """The first bytes off the socket."""
        self.in_header = True
        self._header = 0

    def left(self) -> float:
        """Return the seconds left.

        Raises TimeoutError when there are none.
        """
        left = self.end - self._clock()
        if left <= 0:
            raise TimeoutError("the time for this answer is up")
        return left

    def saw(self, piece: memoryview) -> None:
        """Note what came off the socket.

        Raises `TooMuchHeader` where the body should have begun long ago.
        """
        if not self.came:
            self.came = bytes(piece[:_KEPT])
        self._header += len(piece) if self.in_header else 0
        if self._header > LARGEST_HEADER:
            raise TooMuchHeader

    @property
    def beginning(self) -> bytes:
        """The first bytes of the body, still packed; of everything where it is no HTTP."""
        if not self.came.startswith(b"HTTP/"):
            return self.came
        head, _, body = self.came.partition(b"\r\n\r\n")
        return b"" if head[9:10] == b"1" else body  # behind an interim answer comes another header


class TooMuchHeader(http.client.HTTPException):
    """The header of an answer does not end."""


_watch: ContextVar[Watch | None] = ContextVar("_watch", default=None)


@contextmanager
def watched(watch: Watch) -> Iterator[None]:
    """Let ``watch`` see every answer that this thread reads inside the block."""
    token = _watch.set(watch)
    try:
        yield
    finally:
        _watch.reset(token)


class _WatchedSocket(io.RawIOBase):
    def __init__(self, raw: Any, sock: Any, watch: Watch) -> None:
        self._raw = raw
        self._socket = sock
        self._watch = watch

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left, timeout = self._watch.left(), self._socket.gettimeout()
        if timeout is None or left < timeout:
            self._socket.settimeout(left)
        count: int | None = self._raw.readinto(buffer)
        if count:
            self._watch.saw(memoryview(buffer)[:count])
        return count

    def fileno(self) -> int:
        return int(self._raw.fileno())

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()


class _Answer(http.client.HTTPResponse):
    def __init__(self, sock: Any, *arguments: Any, **more: Any) -> None:
        super().__init__(sock, *arguments, **more)
        self._watch = _watch.get()
        if self._watch is not None:
            self.fp: Any = io.BufferedReader(_WatchedSocket(self.fp.detach(), sock, self._watch))

    def begin(self) -> None:
        super().begin()
        if self._watch is not None:
            self._watch.in_header = False


class _Plain(HTTPConnection):
    response_class = _Answer


class _Encrypted(HTTPSConnection):
    response_class = _Answer


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _EncryptedPool(HTTPSConnectionPool):
    ConnectionCls = _Encrypted


_POOLS = {"http": _PlainPool, "https": _EncryptedPool}


class WatchedAdapter(HTTPAdapter):
    """Requests' adapter, its connections watched. It never repeats a request."""

    def __init__(self) -> None:
        super().__init__(max_retries=0)

    def init_poolmanager(self, *arguments: Any, **more: Any) -> None:
        super().init_poolmanager(*arguments, **more)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **more: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **more)
        if not proxy.lower().startswith("socks"):  # which has connections of its own
            manager.pool_classes_by_scheme = _POOLS
        return manager


class BadlyPacked(Exception):
    """A body is not what its Content-Encoding says."""


_PACKINGS = {"gzip": 31, "x-gzip": 31, "deflate": 15}
"""Content-Encoding → zlib's word for it."""


def unpacked(pieces: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """Return a body's pieces without their packing, each of a size that memory does not notice.

    Raises `BadlyPacked` for another packing, for one that is none and for one that was cut off.
    """
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        yield from pieces
        return
    inflater: Any = None
    for piece in pieces:
        if encoding not in _PACKINGS:
            raise BadlyPacked(f"packed as {encoding[:40]!r}, which nobody asked for")
        rest = piece
        while rest:
            if inflater is None or inflater.eof:  # gzip members may follow one another
                inflater = zlib.decompressobj(_PACKINGS[encoding])
            yield from _inflated(inflater, rest)
            rest = inflater.unused_data
    if inflater is not None and not inflater.eof:
        raise BadlyPacked("packed, and cut off")


def _inflated(inflater: Any, piece: bytes) -> Iterator[bytes]:
    while True:
        try:
            found = inflater.decompress(piece, _CHUNK)
        except zlib.error:
            raise BadlyPacked("not packed as it says") from None
        if found:
            yield found
        piece = inflater.unconsumed_tail
        if inflater.eof or (not piece and len(found) < _CHUNK):
            return
