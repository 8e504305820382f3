"""Connections that observe whether a request was sent, and how its response arrives.

"Nothing was sent" must never be inferred from an exception: http.client, urllib3, requests and
tools that patch them name the same fault differently, and every chain of causes ends in what the
caller was handling. So a connection notes when the first byte of a request is handed to a socket
(RFC 9110, section 9.2.2, is why it matters).

Responses are bounded here, too: http.client reads a line for as long as bytes arrive, however
slowly, and takes an interim response other than 100 for the final one.

The classes derive from those that a pool has at that moment, so that whatever patches urllib3
(vcrpy, an HTTP/2 connection, pyOpenSSL) still works.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import math
import sys
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from functools import lru_cache, partial
from typing import Any

from requests.adapters import HTTPAdapter

from dynzuora import _cancelling

LARGEST_HEADER = 1024 * 1024
"""Bytes of everything before a body, interim responses included. Zuora's are about 2,000."""

_KEPT = 2048


class Watch:
    """Observations of one try: whether its request was sent, and how its response arrives.

    ``operation_id`` and ``number`` identify the try; ``pause`` is the maximum of seconds between
    two reads, ``end`` the moment, by ``clock``, by which the response must be complete.
    """

    __slots__ = (
        "_clock",
        "_header",
        "_sent",
        "came",
        "cancellation",
        "connection",
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
        """Whether an adapter has the request."""
        self.observed = False
        """Whether one of our adapters has the request, so that nothing leaves unobserved."""
        self.came = b""
        """The first bytes off the socket."""
        self.in_header = True
        self.cancellation: _cancelling.Cancellation | None = None
        self.connection: Any = None
        self.span = _current_span()
        """The current OpenTelemetry span before the try."""

    @property
    def sent(self) -> bool:
        """Whether any of the request may have left; an adapter that is not observed counts as having sent."""
        return self._sent or (self.handed_over and not self.observed)

    def note_sent(self) -> None:
        """Note that part of the request is about to be handed to a socket.

        Raises `Cancelled` instead, after the call was cancelled.
        """
        if not self._sent:
            with self._uncancelled():
                self._sent = True
            self.came, self._header = b"", 0  # what a proxy sent to open the tunnel is not a response

    def note_handed_over(self) -> None:
        """Note that an adapter gets the request. Raises `Cancelled` instead, after the call was cancelled."""
        with self._uncancelled():
            self.handed_over = True

    def _uncancelled(self) -> contextlib.AbstractContextManager[None]:
        return _UNWATCHED if self.cancellation is None else self.cancellation.sending()

    def left(self) -> float:
        """Return the seconds left.

        Raises TimeoutError when none are.
        """
        left = self.end - self._clock()
        if left <= 0:
            raise TimeoutError("the time for this answer is up")
        return left

    def note_read(self, piece: memoryview) -> None:
        """Note what was read from the socket.

        Raises `TooMuchHeader` if the header is too long.
        """
        if not self.came:
            self.came = bytes(piece[:_KEPT])
        if self.in_header:
            self._header += len(piece)
            if self._header > LARGEST_HEADER:
                raise TooMuchHeader

    @property
    def beginning(self) -> bytes:
        """The first bytes of the body, still compressed; of everything if it is not HTTP."""
        if not self.came.startswith(b"HTTP/"):
            return self.came
        head, _, body = self.came.partition(b"\r\n\r\n")
        return b"" if head[9:10] == b"1" else body  # an interim response is followed by another header


_UNWATCHED = contextlib.nullcontext()


class TooMuchHeader(http.client.HTTPException):
    """The header of a response is too long."""


class HeaderCutOff(http.client.HTTPException):
    """The connection ended inside the header of a response, which http.client takes for its end."""


class SwitchingProtocols(http.client.HTTPException):
    """The server sent 101: what follows would not be HTTP (RFC 9110, section 15.2.2)."""


_watch: ContextVar[Watch | None] = ContextVar("_watch", default=None)

watch_for = _watch.set
"""Observe with a `Watch` what this thread sends and reads; return the token for `watch_no_longer`."""
watch_no_longer = _watch.reset


class ObservedAdapter(HTTPAdapter):
    """Requests' adapter with observed connections; it never retries by itself.

    Derive your own adapter from it (``class Mine(ObservedAdapter)``), and the client knows whether
    a request was sent. Any other adapter counts as having sent every request it gets.
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
        note_observed()  # called by requests before 2.32
        return super().get_connection(*arguments, **more)


def note_observed() -> None:
    """Note that an adapter with observed connections has the current try."""
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
    """Observes the connections that its base class uses *now*: a test may have replaced them."""

    _made: tuple[type, type] = (object, object)

    @property
    def ConnectionCls(self) -> type:
        plain: type = super().ConnectionCls  # type: ignore[misc]  # of the pool below
        if self._made[0] is not plain:
            # One with its own way of sending (vcrpy, HTTP/2) counts as sending when it gets the request.
            sends_as_usual = getattr(plain.send, "__globals__", None) is vars(http.client)  # type: ignore[attr-defined]
            kind = _Observed if sends_as_usual else _ObservedFromOutside
            self._made = plain, _observed_connection(plain, kind)
        return self._made[1]


@lru_cache(maxsize=16)
def _observed_connection(plain: type, kind: type) -> type:
    """Return a class of connections like ``plain`` that are observed: one for the pools of all threads."""
    return type(f"Observed{plain.__name__}", (kind, plain), {})


class _Observed:
    """A connection that notes the first byte of a request, and reads responses within bounds."""

    sock: Any
    auto_open: int
    _connecting = False
    _broke = False
    """Whether sending broke off: a response may still arrive, and must be the last."""

    @property
    def response_class(self) -> Any:
        return partial(_Answer, self)

    def connect(self) -> None:
        self._connecting = True
        self._broke = False
        _use(self)
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
        if not self._connecting:  # CONNECT to a proxy is not the request
            watch = _use(self)
            if watch is not None:
                watch.note_sent()
        try:
            super().send(data)  # type: ignore[misc]
        except BaseException:
            self._broke = True
            raise


class _ObservedFromOutside:
    """A connection with its own way of sending."""

    def request(self, *arguments: Any, **more: Any) -> Any:
        _name_span()
        watch = _use(self)
        if watch is not None:
            watch.note_sent()
        return super().request(*arguments, **more)  # type: ignore[misc]


def _use(connection: Any) -> Watch | None:
    """Note which connection the current try uses, and return the try."""
    watch = _watch.get()
    if watch is not None:
        watch.connection = connection
    return watch


class _WatchedSocket(io.RawIOBase):
    def __init__(self, raw: Any, sock: Any, watch: Watch) -> None:
        self._raw = raw
        self.sock = sock
        self._watch = watch
        self.ended = False
        """Whether the response is complete, so that nothing more is read."""
        self.at_end = False
        """Whether the connection has ended."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self.ended:
            return None
        left = self._watch.left()
        if left < self._watch.pause:
            self.sock.settimeout(left)
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
    """A response that skips interim ones, and keeps a connection only if it is clean."""

    def __init__(self, connection: Any, sock: Any, *arguments: Any, **more: Any) -> None:
        super().__init__(sock, *arguments, **more)
        self._connection = connection
        self._watch = _watch.get()
        self._source: _WatchedSocket | None = None
        if self._watch is not None:
            self._source = _WatchedSocket(self.fp.detach(), sock, self._watch)
            self.fp: Any = io.BufferedReader(self._source)
            self._watch.connection = self._source  # a connection drops a socket that serves no other call

    def begin(self) -> None:
        super().begin()
        if self._source is not None and self._source.at_end:  # more was requested than there was
            raise HeaderCutOff
        if self._watch is not None:
            self._watch.in_header = False

    def _read_status(self) -> tuple[str, int, str]:
        """Return the status line of the final response: any number of interim ones may precede it.

        RFC 9110, section 15.2; http.client skips 100 only.
        """
        while True:
            version, status, reason = super()._read_status()  # type: ignore[misc]
            if status == http.HTTPStatus.SWITCHING_PROTOCOLS:
                raise SwitchingProtocols("101 Switching Protocols, which nobody asked for")
            if status >= 200:
                return version, status, reason
            http.client.parse_headers(self.fp)

    def _close_conn(self) -> None:
        """Release the connection; close it if another call could take what is left for its response."""
        connection, self._connection = self._connection, None
        odd = connection._broke or self._has_more()
        super()._close_conn()  # type: ignore[misc]
        if odd and self.headers is not None:
            connection.close()

    def _has_more(self) -> bool:
        """Whether there are bytes that belong to no response."""
        if self._source is None:
            return False
        self._source.ended = True
        return bool(self.fp.peek(1))


def _current_span() -> Any:
    """Return the current OpenTelemetry span, if there is one."""
    trace = sys.modules.get("opentelemetry.trace")
    return None if trace is None else trace.get_current_span()


def _name_span() -> None:
    """Name the try on the span that an instrumentation of urllib3 began for it."""
    watch, span = _watch.get(), _current_span()
    if watch is None or span is None or span is watch.span:
        return
    span.set_attribute("dynzuora.operation_id", watch.operation_id)
    if watch.number > 1:
        span.set_attribute("http.request.resend_count", watch.number - 1)
