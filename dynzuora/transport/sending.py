"""One try: send a request and return the whole response, or raise one error that says what became of it.

Adapters of requests are used without its ``Session``, which follows redirects, keeps cookies and
reads ``.netrc``. (One exists for test tools that patch it.) Each thread has its own adapter, and
so its own connections.
"""

from __future__ import annotations

import io
import os
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from functools import cached_property, lru_cache
from http.cookiejar import DefaultCookiePolicy
from typing import Any, NamedTuple, Protocol

import requests
import urllib3
from requests.adapters import BaseAdapter
from requests.cookies import RequestsCookieJar
from requests.structures import CaseInsensitiveDict

from dynzuora import _cancelling, _forks
from dynzuora._origins import is_loopback, origin
from dynzuora.errors import Advice, DynzuoraError
from dynzuora.http import Headers, Request, Response
from dynzuora.transport import causes, reading, uploads
from dynzuora.transport.connections import ObservedAdapter, Watch, note_observed, watch_for, watch_no_longer
from dynzuora.transport.credentials import Proof

_PROXY_REFUSED = 407


class Receiver(Protocol):
    """Takes the body of a successful response in chunks, so that it need not fit into memory.

    Once it has ``begun``, a broken connection is its own to handle: the transport does not send
    the request again.
    """

    begun: bool

    def __call__(self, status: int, headers: Headers, chunks: Iterator[bytes]) -> None:
        """Take the body. The content of the `Response` stays empty."""


class Errand(NamedTuple):
    """One try to make: what to send, how long it may take, and the state after earlier tries.

    Times are in seconds; ``end`` is a moment of the clock, infinite if there is none; ``most`` is in
    bytes.
    """

    request: Request
    credentials: Proof
    connect: float
    read: float
    whole: float
    end: float
    most: int
    receive: Receiver | None
    number: int
    reads: bool
    doubt: bool


class Sender:
    """Sends requests to one origin, with its own adapters or the given one. Thread-safe.

    ``clock`` is monotonic; ``wall`` is the time of day in seconds since 1970.
    """

    def __init__(
        self,
        base_url: str,
        clock: Callable[[], float],
        wall: Callable[[], float],
        adapter: BaseAdapter | None = None,
    ) -> None:
        self._base_url = base_url
        self._own = f"{base_url}/"
        self._clock = clock
        self._wall = wall
        self._given_adapter = adapter
        self._adapters: weakref.WeakSet[_Adapter] = weakref.WeakSet()
        self._standby = _standby_session()
        self.after_fork()
        _forks.register(self)
        # Read once: requests would look them up for every call, and read .netrc.
        self._proxies = _proxies(base_url)
        self._authorities, self._authorities_variable = _authorities()

    def after_fork(self) -> None:
        """Open new connections: two processes must not share a socket."""
        self._local = threading.local()

    def close(self) -> None:
        """Close every connection of this process. Sending again opens new ones."""
        for adapter in list(self._adapters):
            adapter.close()
        self._local = threading.local()

    def send(self, errand: Errand) -> Response:
        """Make one try and return the response.

        Raises `TransportError`, which says whether the request may have been done.
        """
        ambient = sys.exception()  # what the caller is handling is not a cause of this
        start = self._clock()
        longest = errand.end - start
        watch = Watch(
            self._clock,
            start + _within(errand.whole, longest),
            pause=_within(errand.read, longest),
            operation_id=errand.request.operation_id,
            number=errand.number,
        )
        body = io.BytesIO()
        cancellation = watch.cancellation = _cancelling.current.get()
        try:
            if cancellation is not None:
                cancellation.begin(watch, errand.number, reads=errand.reads, doubt=errand.doubt)
            prepared = uploads.message(errand.request, errand.credentials)
            before = watch_for(watch)
            try:
                reply = self._hand_over(prepared, errand, watch, _within(errand.connect, longest))
                try:
                    headers = _headers(reply)
                    self._read(reply, headers, errand, watch, body)
                finally:
                    _let_go(reply)
            finally:
                watch_no_longer(before)
                uploads.close(prepared)
                if cancellation is not None:
                    cancellation.end(watch)
        except DynzuoraError:
            raise
        except Exception as error:
            failure = self._failure(errand, watch, error, ambient, body.getvalue())
        else:
            elapsed = self._clock() - start
            return Response(reply.status_code, headers, body.getvalue(), elapsed, received=self._wall())
        try:
            raise failure  # outside the handler: the library's error and its frames hold the token
        finally:
            del failure

    def _hand_over(
        self, prepared: requests.PreparedRequest, errand: Errand, watch: Watch, connect: float
    ) -> requests.Response:
        """Pass the message to an adapter and return its response, the body not yet read."""
        url = errand.request.url
        means: dict[str, Any] = {
            "stream": True,
            "timeout": (connect, watch.pause),
            "verify": self._authorities,
            "proxies": self._proxies if url.startswith(self._own) else _proxies(url),
        }
        watch.note_handed_over()
        if self._given_adapter is not None:
            return self._given_adapter.send(prepared, **means)
        session, adapter = self._session()
        kind = requests.Session
        if not _is_requests_own(kind.send):  # replaced by requests-mock or a tracer, which must be called
            return session.send(prepared, allow_redirects=False, **means)
        if not _is_requests_own(kind.get_adapter):
            return session.get_adapter(url).send(prepared, **means)
        means["timeout"] = _timeout(connect, watch.pause)
        return adapter.send(prepared, **means)

    def _read(
        self, reply: requests.Response, headers: Headers, errand: Errand, watch: Watch, body: io.BytesIO
    ) -> None:
        """Read the body, into memory or into the receiver."""
        if reply.status_code == _PROXY_REFUSED:
            raise causes.proxy_wants_login(self._attempt(errand, watch, b""))
        stream = reading.pieces(reply, headers, watch)
        if errand.receive is not None and 200 <= reply.status_code < 300:
            watch.end = errand.end  # a file may take its time
            errand.receive(reply.status_code, headers, stream)
            return
        for piece in stream:
            body.write(piece)
            if body.tell() > errand.most:
                error = causes.too_large(self._attempt(errand, watch, body.getvalue()), errand.most)
                error.advice = Advice("download")
                raise error
        # A mock that keeps the response in its list of calls can still read it.
        reply._content, reply._content_consumed = body.getvalue(), True  # type: ignore[attr-defined]

    def _failure(
        self, errand: Errand, watch: Watch, error: Exception, ambient: BaseException | None, came: bytes
    ) -> DynzuoraError:
        attempt = self._attempt(errand, watch, came)
        if isinstance(error, uploads.UnreadableFile):
            return causes.unreadable_file(attempt, error.path, error.reason)
        return causes.transport_error(attempt, error, ambient)

    def _attempt(self, errand: Errand, watch: Watch, came: bytes) -> causes.Try:
        return causes.Try(
            errand.request,
            self._route(errand.request.url),
            errand.number,
            sent=watch.sent,
            observed=watch.observed,
            came=came or watch.beginning,
            answered=bool(watch.came),
            reads=errand.reads,
            doubt=errand.doubt,
        )

    def _route(self, url: str) -> causes.Route:
        address = requests.utils.select_proxy(url, _proxies(url)) or ""
        variable = _proxy_variable(url) if address else ""
        authorities = self._authorities if isinstance(self._authorities, str) else ""
        return causes.Route(
            origin(url), causes.shown_proxy(address), variable, authorities, self._authorities_variable
        )

    def _session(self) -> tuple[requests.Session, _Adapter]:
        """Return this thread's session and the adapter in it."""
        try:
            return self._local.session  # type: ignore[no-any-return]  # threading.local is untyped
        except AttributeError:
            adapter = _Adapter(self._base_url)
            self._adapters.add(adapter)
            session = _Session.__new__(
                _Session
            )  # copying takes as long as a request: it goes through pickle's state
            vars(session).update(
                vars(self._standby), adapters={"http": adapter}
            )  # the prefix of every address
            self._local.session = session, adapter
            return session, adapter


class _Adapter(ObservedAdapter):
    """Requests' adapter without the work that is the same for every call: a third of its time.

    Requests determines TLS settings and proxy for each request; a transport's never change. (Before
    2.32 it calls another method, and nothing is saved.) It also extracts cookies from each response,
    and none is kept.
    """

    def __init__(self, base_url: str) -> None:
        super().__init__()
        self._own = f"{base_url}/"
        self._pool: Any = None

    def get_connection_with_tls_context(
        self, request: requests.PreparedRequest, verify: Any, proxies: Any = None, cert: Any = None
    ) -> Any:
        if not (request.url or "").startswith(self._own):
            return super().get_connection_with_tls_context(request, verify, proxies, cert)
        note_observed()
        if self._pool is None or self._pool.pool is None:  # not yet, or closed since
            self._pool = super().get_connection_with_tls_context(request, verify, proxies, cert)
        return self._pool

    def build_response(
        self, request: requests.PreparedRequest, answer: urllib3.BaseHTTPResponse
    ) -> requests.Response:
        reply = _Reply()
        reply.status_code = answer.status
        reply.raw, reply.request, reply.url = answer, request, request.url or ""
        reply.reason = answer.reason or ""
        return reply

    def close(self) -> None:
        if self._pool is not None:
            self._pool.close()  # or it waits for the garbage collector while an error holds it
            self._pool = None
        super().close()


_NO_REPLY = {k: v for k, v in vars(requests.Response()).items() if k not in ("cookies", "headers")}


class _Reply(requests.Response):
    """A response whose cookie jar and headers are made at first use.

    Making a jar costs as much as the rest of requests, and `_headers` needs no second dictionary.
    """

    def __init__(self) -> None:
        vars(self).update(_NO_REPLY, history=[])

    @cached_property
    def cookies(self) -> RequestsCookieJar:  # type: ignore[override]  # an attribute there
        return RequestsCookieJar()

    @cached_property
    def headers(self) -> CaseInsensitiveDict[str]:  # type: ignore[override]  # an attribute there
        return CaseInsensitiveDict(self.raw.headers)


def _headers(reply: requests.Response) -> Headers:
    """Return the fields of a response, those of one name joined."""
    if type(reply) is _Reply and "headers" not in vars(reply):  # nobody has looked at them, or changed them
        return Headers(dict(reply.raw.headers.itermerged()))
    return Headers(reply.headers)


class _Session(requests.Session):
    """The session that yields the adapter, so that tools which patch sessions work. It reads no settings."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Follow no redirect, and read no body to find one."""


def _is_requests_own(function: Any) -> bool:
    """Whether a method of a session is still requests' own."""
    return getattr(function, "__globals__", None) is _SESSIONS


_SESSIONS = vars(requests.sessions)


def _standby_session() -> requests.Session:
    session = _Session()
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
    return session


def _let_go(reply: requests.Response) -> None:
    """Return a connection to its pool if it was read to the end; close it otherwise."""
    if getattr(reply, "raw", None) is not None:
        reply.close()


@lru_cache(maxsize=8)
def _timeout(connect: float, read: float) -> urllib3.Timeout:
    """Return what requests makes of its ``timeout`` for each request; urllib3 copies it."""
    return urllib3.Timeout(connect=connect, read=read)


def _within(seconds: float, longest: float) -> float:
    return max(min(seconds, longest), 0.001)


def _proxies(url: str) -> dict[str, str]:
    """Return the proxies for an address; none for this machine, as in Go's client."""
    return {} if is_loopback(url) else requests.utils.get_environ_proxies(url, no_proxy=None)


def _proxy_variable(url: str) -> str:
    """Return the setting that names the proxy for an address."""
    scheme = url.partition(":")[0]
    names = (f"{scheme}_proxy", "all_proxy")
    listed = [spelling for name in names for spelling in (name, name.upper()) if os.environ.get(spelling)]
    return listed[0] if listed else "the proxy setting of this system"


def _authorities() -> tuple[str | bool, str]:
    """Return the authorities to trust (a file, a folder, True for the default), and the setting for it."""
    for variable in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        if os.environ.get(variable):
            return os.environ[variable], variable
    return True, ""
