"""Connections that are observed: whether a request was sent, and how its answer comes.

"Nothing was sent" must never be guessed from an exception: http.client, urllib3, requests
and whoever patches them name the same fault differently, and what the caller is handling
hangs on the end of every chain. So the moment is noted at which the first byte of a request
is handed to a socket (RFC 9110, 9.2.2, is why it matters).

Answers are bounded here, too: http.client reads a line for as long as bytes come, however
slowly, and takes an interim answer other than 100 for the final one.

The classes are made from those that a pool has at the moment, so that whatever patches
urllib3 (vcrpy, an HTTP/2 connection, pyOpenSSL) is seen.
"""

from __future__ import annotations

import http.client
import io
import math
import sys
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from functools import lru_cache, partial
from typing import Any

from requests.adapters import HTTPAdapter

LARGEST_HEADER = 1024 * 1024
"""Bytes of everything before a body, interim answers included. Zuora's are about 2,000."""

_KEPT = 2048


class Watch:
    """What is known of one try: whether its request was sent, and how its answer comes.

    ``operation_id`` and ``number`` say whose try it is; ``pause`` is the most seconds between
    two reads, ``end`` the moment, by ``clock``, at which the answer must be there.
    """

    __slots__ = (
        "_clock",
        "_header",
        "_sent",
        "came",
        "end",
        "handed_over",
        "in_header",
        "number",
        "observed",
        "operation_id",
        "pause",
        "span",
    )

    def __init__(
        self,
        clock: Callable[[], float],
        end: float = math.inf,
        *,
        pause: float = math.inf,
        operation_id: str = "",
        number: int = 1,
    ) -> None:
        self._clock = clock
        self._sent = False
        self._header = 0
        self.end = end
        self.pause = pause
        self.operation_id = operation_id
        self.number = number
        self.handed_over = False
        """Whether an adapter was given the request."""
        self.observed = False
        """Whether an adapter of ours has the request, so that nothing leaves without a note."""
        self.came = b""
        """The first bytes off the socket."""
        self.in_header = True
        self.span = _current_span()
        """The span of OpenTelemetry that was there before the try."""

    @property
    def sent(self) -> bool:
        """Whether any of the request may have left; an adapter that does not tell counts as having sent."""
        return self._sent or (self.handed_over and not self.observed)

    def note_sent(self) -> None:
        """Note that a piece of the request is about to be handed to a socket."""
        if not self._sent:
            self._sent = True
            self.came, self._header = b"", 0  # what a proxy said to open the way is no answer

    def left(self) -> float:
        """Return the seconds left.

        Raises TimeoutError when there are none.
        """
        left = self.end - self._clock()
        if left <= 0:
            raise TimeoutError("the time for this answer is up")
        return left

    def note_read(self, piece: memoryview) -> None:
        """Note what came off the socket.

        Raises `TooMuchHeader` where the body should have begun long ago.
        """
        if not self.came:
            self.came = bytes(piece[:_KEPT])
        if self.in_header:
            self._header += len(piece)
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


class HeaderCutOff(http.client.HTTPException):
    """The connection ended before the header of an answer did; http.client takes that for its end."""


class SwitchingProtocols(http.client.HTTPException):
    """The server answered 101: what follows would not be HTTP (RFC 9110, 15.2.2)."""


_watch: ContextVar[Watch | None] = ContextVar("_watch", default=None)

watch_for = _watch.set
"""Let a `Watch` see what this thread sends and reads from now on; return what `watch_no_longer` takes."""
watch_no_longer = _watch.reset


class ObservedAdapter(HTTPAdapter):
    """Requests' adapter with observed connections; it never repeats a request by itself.

    An adapter of your own that is made from this one (``class Mine(ObservedAdapter)``) lets the
    client know whether a request was sent. Any other counts as having sent whatever it was given.
    """

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**{"max_retries": 0, **arguments})

    def init_poolmanager(self, *arguments: Any, **more: Any) -> None:
        super().init_poolmanager(*arguments, **more)
        self.poolmanager.pool_classes_by_scheme = _observed_pools(self.poolmanager.pool_classes_by_scheme)

    def proxy_manager_for(self, proxy: str, **more: Any) -> Any:
        if proxy in self.proxy_manager:
            return self.proxy_manager[proxy]
        manager = super().proxy_manager_for(proxy, **more)
        manager.pool_classes_by_scheme = _observed_pools(manager.pool_classes_by_scheme)
        return manager

    def get_connection_with_tls_context(self, *arguments: Any, **more: Any) -> Any:
        note_observed()
        return super().get_connection_with_tls_context(*arguments, **more)

    def get_connection(self, *arguments: Any, **more: Any) -> Any:
        note_observed()  # requests before 2.32 asks this one
        return super().get_connection(*arguments, **more)


def note_observed() -> None:
    """Note that the current try is in the hands of an adapter whose connections are observed."""
    watch = _watch.get()
    if watch is not None:
        watch.observed = True


def _observed_pools(classes: Mapping[str, type]) -> dict[str, type]:
    return {scheme: _observed_pool(pool) for scheme, pool in classes.items()}


@lru_cache(maxsize=16)
def _observed_pool(pool: type) -> type:
    """Return a class of pools like ``pool`` whose connections are observed."""
    return type(f"Observed{pool.__name__}", (_ObservedPool, pool), {})


class _ObservedPool:
    """Observes whatever connections the class of pools below it has *now*: a test may have changed that."""

    _made: tuple[type, type] = (object, object)

    @property
    def ConnectionCls(self) -> type:
        plain: type = super().ConnectionCls  # type: ignore[misc]  # of the pool below
        if self._made[0] is not plain:
            self._made = plain, _observed_connection(plain)
        return self._made[1]


def _observed_connection(plain: type) -> type:
    # A class that sends in a way of its own (vcrpy's, HTTP/2's) is noted as it is given the request.
    sends_as_usual = getattr(plain.send, "__globals__", None) is vars(http.client)  # type: ignore[attr-defined]
    kind = _Observed if sends_as_usual else _ObservedFromOutside
    return type(f"Observed{plain.__name__}", (kind, plain), {})


class _Observed:
    """A connection that notes the first byte of a request, and reads answers in bounds."""

    sock: Any
    auto_open: int
    _connecting = False
    _broke = False
    """Whether a request broke off while it was sent: an answer may come, and must be the last."""

    @property
    def response_class(self) -> Any:
        return partial(_Answer, self)

    def connect(self) -> None:
        self._connecting = True
        self._broke = False
        try:
            super().connect()  # type: ignore[misc]
        finally:
            self._connecting = False

    def request(self, *arguments: Any, **more: Any) -> Any:
        _name_span()
        return super().request(*arguments, **more)  # type: ignore[misc]

    def send(self, data: Any) -> None:
        if self.sock is None and self.auto_open:
            self.connect()
        if not self._connecting:  # what opens a tunnel through a proxy is not the request
            watch = _watch.get()
            if watch is not None:
                watch.note_sent()
        try:
            super().send(data)  # type: ignore[misc]
        except BaseException:
            self._broke = True
            raise


class _ObservedFromOutside:
    """A connection that sends in a way of its own."""

    def request(self, *arguments: Any, **more: Any) -> Any:
        _name_span()
        watch = _watch.get()
        if watch is not None:
            watch.note_sent()
        return super().request(*arguments, **more)  # type: ignore[misc]


class _WatchedSocket(io.RawIOBase):
    def __init__(self, raw: Any, sock: Any, watch: Watch) -> None:
        self._raw = raw
        self._socket = sock
        self._watch = watch
        self.ended = False
        """Whether the answer has ended, so that nothing more is read."""
        self.at_end = False
        """Whether the connection has ended."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self.ended:
            return None
        left = self._watch.left()
        if left < self._watch.pause:
            self._socket.settimeout(left)
        count: int | None = self._raw.readinto(buffer)
        if count:
            self._watch.note_read(memoryview(buffer)[:count])
        elif count == 0:
            self.at_end = True
        return count

    def fileno(self) -> int:
        return int(self._raw.fileno())

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()


class _Answer(http.client.HTTPResponse):
    """An answer that passes over interim ones, and leaves a connection only where it is clean."""

    def __init__(self, connection: Any, sock: Any, *arguments: Any, **more: Any) -> None:
        super().__init__(sock, *arguments, **more)
        self._connection = connection
        self._watch = _watch.get()
        self._source: _WatchedSocket | None = None
        if self._watch is not None:
            self._source = _WatchedSocket(self.fp.detach(), sock, self._watch)
            self.fp: Any = io.BufferedReader(self._source)

    def begin(self) -> None:
        super().begin()
        if self._source is not None and self._source.at_end:  # it was asked for more than there was
            raise HeaderCutOff
        if self._watch is not None:
            self._watch.in_header = False

    def _read_status(self) -> tuple[str, int, str]:
        """Return the status line of the final answer: any number of interim ones may precede it.

        RFC 9110, 15.2; http.client passes over 100 only.
        """
        while True:
            version, status, reason = super()._read_status()  # type: ignore[misc]
            if status == http.HTTPStatus.SWITCHING_PROTOCOLS:
                raise SwitchingProtocols("101 Switching Protocols, which nobody asked for")
            if status >= 200:
                return version, status, reason
            http.client.parse_headers(self.fp)

    def _close_conn(self) -> None:
        """Let go of the connection; close it where another call could take what is left for its answer."""
        connection, self._connection = self._connection, None
        odd = connection._broke or self._has_more()
        super()._close_conn()  # type: ignore[misc]
        if odd and self.headers is not None:
            connection.close()

    def _has_more(self) -> bool:
        """Whether bytes came that belong to no answer."""
        if self._source is None:
            return False
        self._source.ended = True
        return bool(self.fp.peek(1))


def _current_span() -> Any:
    """Return the current span of OpenTelemetry where that is in use."""
    trace = sys.modules.get("opentelemetry.trace")
    return None if trace is None else trace.get_current_span()


def _name_span() -> None:
    """Say whose try it is on the span that an instrumentation of urllib3 has begun for it."""
    watch, span = _watch.get(), _current_span()
    if watch is None or span is None or span is watch.span:
        return
    span.set_attribute("dynzuora.operation_id", watch.operation_id)
    if watch.number > 1:
        span.set_attribute("http.request.resend_count", watch.number - 1)
