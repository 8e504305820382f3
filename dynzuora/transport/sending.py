"""Sending: one origin, one attempt after another, within one deadline.

Requests' adapters are used without its ``Session``: a session follows redirects,
keeps cookies and looks up ``.netrc``, and none of that must happen here. Each thread
has an adapter, and so connections, of its own.
"""

from __future__ import annotations

import gzip
import io
import logging
import math
import os
import socket
import ssl
import threading
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple, Protocol, TypeVar

import requests
import urllib3
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from dynzuora import _zuora
from dynzuora._origins import is_private, origin
from dynzuora.errors import (
    Advice,
    ApiError,
    AuthError,
    IntegrationError,
    RateLimited,
    ServerError,
    Timeout,
    TransportError,
)
from dynzuora.http import Attempt, Headers, Part, Request, Response, text_of
from dynzuora.transport import retries
from dynzuora.transport.answers import BadlyPacked, Watch, WatchedAdapter, unpacked, watched
from dynzuora.transport.concurrency import Concurrency
from dynzuora.transport.credentials import Credentials

log = logging.getLogger("dynzuora")

bodies_log = logging.getLogger("dynzuora.bodies")
bodies_log.setLevel(logging.INFO)  # whoever wants bodies in a log must set this logger's level to DEBUG

Result = TypeVar("Result")

_CHUNK = 65536


class Limits(NamedTuple):
    """Seconds to connect and between two reads; seconds for everything; bytes of a body, decompressed.

    ``whole`` is seconds for one answer from first to last byte, so that a server that
    drips ends without a deadline, too; a file is let drip.
    """

    connect: float = 10.0
    read: float = _zuora.LONGEST_ANSWER + 10.0
    deadline: float | None = None
    whole: float = 600.0
    body: int = 256 * 1024 * 1024


class Receiver(Protocol):
    """Takes the body of a good answer chunk by chunk, so that it need not fit into memory.

    Once it has ``begun``, a broken connection is its own to mend: the transport does
    not send the request again.
    """

    begun: bool

    def __call__(self, status: int, headers: Headers, chunks: Iterator[bytes]) -> None:
        """Take the body. The content of the `Response` stays empty."""


class Transport:
    """Sends requests to one origin. Thread-safe; each thread and process has connections of its own."""

    def __init__(
        self,
        base_url: str,
        policy: retries.Policy,
        *,
        limits: Limits = Limits(),  # noqa: B008  # immutable
        adapter: BaseAdapter | None = None,
        on_attempt: Callable[[Request, Attempt], None] | None = None,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._origin = origin(self.base_url)
        self._policy = policy
        self.limits = limits
        self._given_adapter = adapter
        self._on_attempt = on_attempt
        self._quota = retries.Quota()
        self.concurrency = Concurrency(policy.clock)
        self._local = threading.local()
        self._adapters: weakref.WeakSet[WatchedAdapter] = weakref.WeakSet()
        # Read once: requests would look both up for every call, and read .netrc with them.
        self._proxies = requests.utils.get_environ_proxies(self.base_url, no_proxy=None)
        self._verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True

    def exchange(
        self,
        request: Request,
        interpret: Callable[[Response], Result],
        credentials: Credentials | None,
        *,
        limits: Limits | None = None,
        reads: bool = False,
        receive: Receiver | None = None,
        elsewhere: bool = False,
    ) -> Result:
        """Send ``request`` until ``interpret`` returns, and return what it does.

        ``interpret`` raises `ApiError` or `AuthError` for a reply that says no; ``reads``
        means that the operation changes nothing whatever its method. ``receive`` takes
        the body of a good answer. ``elsewhere`` allows another origin, over https and
        without credentials: a pre-signed URL.

        Raises `TransportError`, or the last error of ``interpret``.
        """
        limits = limits or self.limits
        self._check_address(request, credentials, elsewhere)
        end = self._policy.clock() + limits.deadline if limits.deadline is not None else None
        keyed = _zuora.OPTION_HEADERS["idempotency_key"] in request.headers
        attempts: list[Attempt] = []
        renewed = False
        waited = 0.0
        while True:
            generation = 0
            try:
                fields, generation = credentials.fields() if credentials else (Headers(), 0)
                number = len(attempts) + 1
                response = self._once(request, fields, limits, end, receive, number, reads=reads)
                attempts.append(self._note(request, len(attempts) + 1, f"HTTP {response.status}", waited))
                result = interpret(response._replace(attempts=tuple(attempts)))
                self._quota.refill()
                self.concurrency.told(response.headers)
                return result
            except AuthError as error:
                if (
                    renewed
                    or error.status != 401
                    or credentials is None
                    or not credentials.renewed(generation)
                ):
                    raise
                renewed, waited = True, 0.0
                continue
            except (ApiError, TransportError) as error:
                if isinstance(error, TransportError):
                    attempts.append(self._note(request, len(attempts) + 1, type(error).__name__, waited))
                    if receive is not None and receive.begun:
                        raise
                elif isinstance(error, RateLimited):
                    self.concurrency.refused(error.retry_after)
                outcome = outcome_of(error)
                most = min(
                    retries.tries(outcome, request.method, keyed=keyed, reads=reads), self._policy.most
                )
                if len(attempts) >= most or not self._quota.draw(timeout=isinstance(error, Timeout)):
                    raise
                waited = self._policy.wait(len(attempts), getattr(error, "retry_after", None))
                if end is not None and self._policy.clock() + waited >= end:
                    raise
            self._policy.sleep(waited)

    def _note(self, request: Request, number: int, outcome: str, waited: float) -> Attempt:
        attempt = Attempt(number, outcome, waited)
        path = request.url.partition("?")[0]
        log.debug("%s %s %r", request.operation_id, request.method, request.headers)
        if bodies_log.isEnabledFor(logging.DEBUG):
            bodies_log.debug("%r", request)
        log.info("%s %s %s attempt %d: %s", request.operation_id, request.method, path, number, outcome)
        if self._on_attempt is not None:
            self._on_attempt(request, attempt)
        return attempt

    def _check_address(self, request: Request, credentials: Credentials | None, elsewhere: bool) -> None:
        """Refuse another origin, unless it was asked for, is safe to reach and is shown no credentials."""
        target = origin(request.url)
        if target == self._origin or (elsewhere and credentials is None and is_private(target)):
            return
        why = "only https reaches another host" if elsewhere else f"this client belongs to {self._origin}"
        raise TransportError(
            f"{request.operation_id}: refused to send to {target}; {why}.", operation_id=request.operation_id
        )

    def _once(
        self,
        request: Request,
        fields: Headers,
        limits: Limits,
        end: float | None,
        receive: Receiver | None,
        number: int,
        *,
        reads: bool,
    ) -> Response:
        start = self._policy.clock()
        prepared = _wire(request, fields)
        longest = end - start if end is not None else None
        timeout = (_within(limits.connect, longest), _within(limits.read, longest))
        proxies = self._proxies
        if origin(request.url) != self._origin:
            proxies = requests.utils.get_environ_proxies(request.url, no_proxy=None)
        watch = Watch(self._policy.clock, start + _within(limits.whole, longest))
        body = io.BytesIO()
        try:
            with watched(watch):
                reply = self._adapter().send(
                    prepared, stream=True, timeout=timeout, verify=self._verify, proxies=proxies
                )
                with reply:
                    pieces = _pieces(reply, watch)
                    if receive is not None and reply.status_code in (200, 206):
                        watch.end = math.inf if end is None else end  # a file may take its time
                        receive(reply.status_code, Headers(reply.headers), pieces)
                    else:
                        _fill(body, pieces, limits.body, request)
            elapsed = self._policy.clock() - start
            return Response(reply.status_code, Headers(reply.headers), body.getvalue(), elapsed)
        except TransportError:
            raise
        except _BROKEN as error:
            came = body.getvalue() or watch.beginning
            begun = bool(watch.came)
            failure = _transport_error(
                request,
                error,
                origin(request.url),
                came,
                begun=begun,
                number=number,
                reads=retries.changes_nothing(request.method, reads=reads),
            )
        raise failure  # outside the handler: the library's error and its frames hold the token

    def _adapter(self) -> BaseAdapter:
        """Return this thread's adapter; a forked child makes its own, since sockets must not be shared."""
        if self._given_adapter is not None:
            return self._given_adapter
        local = self._local
        if getattr(local, "process", None) != os.getpid():
            local.adapter, local.process = _Adapter(self.base_url), os.getpid()
            self._adapters.add(local.adapter)
        return local.adapter  # type: ignore[no-any-return]  # threading.local is untyped

    def close(self) -> None:
        """Close every connection of this process. Using the transport again opens new ones."""
        for adapter in list(self._adapters):
            adapter.close()
        self._local = threading.local()


class _Adapter(WatchedAdapter):
    """Requests' adapter without what is the same for every call, or not wanted: a third of its time.

    Requests works out TLS settings and proxy anew for each request, and a transport's never
    change. (Before 2.32 it asks another method, and everything is as it was.) It looks for
    cookies in each answer, and none is kept.
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
        if self._pool is None or self._pool.pool is None:  # not yet, or closed since
            self._pool = super().get_connection_with_tls_context(request, verify, proxies, cert)
        return self._pool

    def build_response(
        self, request: requests.PreparedRequest, answer: urllib3.BaseHTTPResponse
    ) -> requests.Response:
        reply = requests.Response()
        reply.status_code = answer.status
        reply.headers = CaseInsensitiveDict(answer.headers)
        reply.raw, reply.request, reply.url = answer, request, request.url or ""
        return reply

    def close(self) -> None:
        self._pool = None
        super().close()


def outcome_of(error: ApiError | TransportError) -> str:
    """Return which row of the retry table an error is."""
    if isinstance(error, TransportError):
        return retries.UNKNOWN if error.may_have_been_applied else retries.NOT_SENT
    if error.retryable:
        as_a_whole = error.category is not None or error.status < 500
        return retries.REFUSED if as_a_whole else retries.UNKNOWN
    if isinstance(error, IntegrationError):
        return retries.EXTERNAL
    if isinstance(error, ServerError) and error.category is not None:
        return retries.BROKEN
    return retries.UNKNOWN if error.status >= 500 else retries.FINAL


def _within(seconds: float, longest: float | None) -> float:
    return seconds if longest is None else max(min(seconds, longest), 0.001)


def _wire(request: Request, credentials: Headers) -> requests.PreparedRequest:
    """Build what requests sends; by hand, because its own preparation costs more than the rest of a call."""
    prepared = requests.PreparedRequest()
    prepared.method = request.method
    prepared.url = request.url
    headers: dict[str, str] = {
        "User-Agent": _USER_AGENT,
        "Accept-Encoding": "gzip",
        **request.headers,
    }
    body: bytes | None
    if isinstance(request.body, tuple):
        body, headers["Content-Type"] = urllib3.encode_multipart_formdata(
            [_field(part) for part in request.body]
        )
    else:
        body = request.body
    if body is not None and headers.get("Content-Encoding") == "gzip":
        body = gzip.compress(body, mtime=0)
    if body is not None or request.method in ("POST", "PUT", "PATCH"):
        headers["Content-Length"] = str(len(body or b""))
    prepared.headers = CaseInsensitiveDict({**headers, **credentials})
    prepared.body = body
    return prepared


_USER_AGENT = "dynzuora"


def _field(part: Part) -> Any:
    content = part.content
    if isinstance(content, Path):
        content = content.read_bytes()
    elif not isinstance(content, bytes):
        content = _reread(content)
    field = urllib3.fields.RequestField(part.name, content, part.filename)
    field.make_multipart(content_type=part.content_type)
    return field


def _reread(file: IO[bytes]) -> bytes:
    """Read a file object from its start, so that a repeat sends the same bytes."""
    if file.seekable():
        file.seek(0)
    content = file.read()
    return content.encode() if isinstance(content, str) else content


def _pieces(reply: requests.Response, watch: Watch) -> Iterator[bytes]:
    """Read the body piece by piece, within its time even if the server drips it."""
    return unpacked(_raw_pieces(reply, watch), reply.headers.get("Content-Encoding", ""))


def _raw_pieces(reply: requests.Response, watch: Watch) -> Iterator[bytes]:
    while piece := reply.raw.read1(_CHUNK, decode_content=False):
        yield piece
        watch.left()


def _fill(body: io.BytesIO, pieces: Iterator[bytes], most: int, request: Request) -> None:
    """Read the whole body, up to the cap."""
    for piece in pieces:
        body.write(piece)
        if body.tell() > most:
            raise TransportError(
                f"{request.operation_id}: the body is larger than {most:,} bytes. "
                f"It begins {_beginning(body.getbuffer()[:_SHOWN])!r}.",
                advice=Advice("download"),
                operation_id=request.operation_id,
                may_have_been_applied=True,
            )


_SHOWN = 800


def _beginning(content: bytes | memoryview) -> str:
    """Return the first characters of a body, secrets masked."""
    return text_of(bytes(content[:_SHOWN]))[: _SHOWN // 4]


def _transport_error(
    request: Request, error: Exception, origin: str, came: bytes, *, begun: bool, number: int, reads: bool
) -> TransportError:
    """Return the error of try ``number`` without the URL's query, which may hold what nobody should read."""
    chain: list[BaseException] = [error]
    while (below := chain[-1].__cause__ or chain[-1].__context__) is not None or (
        chain[-1].args and isinstance(below := chain[-1].args[0], BaseException)
    ):
        if below in chain:
            break
        chain.append(below)
    never_sent = any(isinstance(each, _NEVER_SENT) for each in chain)
    timed_out = any(
        isinstance(each, (requests.Timeout, urllib3.exceptions.TimeoutError, socket.timeout))
        for each in chain
    )
    kind = Timeout if timed_out and not never_sent else TransportError
    name = request.operation_id or request.method
    what = "no connection" if never_sent else "no answer in time" if timed_out else "the connection broke"
    if isinstance(error, BadlyPacked):
        what = f"a body that is {error}, came"
    elif begun and timed_out:
        what = "no whole answer in time"
    where = f"from {origin} ({type(chain[-1]).__name__})."
    if never_sent:
        where = f"to {origin}: {_why(chain)}"
    tries = f" ({number} tries)" if number > 1 else ""
    may_be_done = not never_sent and not reads
    told = (
        "Nothing was sent."
        if never_sent
        else "It may have been done: look before you send it again."
        if may_be_done
        else "Reading again is safe."
    )
    begins = f"What came begins {_beginning(came)!r}. " if came else ""
    return kind(
        f"{name}: {what} {where}{tries} {begins}{told}",
        operation_id=request.operation_id,
        may_have_been_applied=may_be_done,
    )


def _why(chain: list[BaseException]) -> str:
    """Say in words why there is no connection."""
    return next(words for kinds, words in _WHY if any(isinstance(each, kinds) for each in chain))


_WHY: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    ((requests.exceptions.ProxyError,), "the proxy does not lead there. Look at HTTPS_PROXY."),
    (
        (ssl.SSLCertVerificationError,),
        "its certificate is not one that is trusted. Does it need REQUESTS_CA_BUNDLE?",
    ),
    ((socket.gaierror,), "its name is not found. Is there a network, a proxy?"),
    ((ConnectionRefusedError,), "nothing takes connections there. Is the address right, and its port?"),
    (
        (
            requests.ConnectTimeout,
            urllib3.exceptions.ConnectTimeoutError,
            urllib3.exceptions.NewConnectionError,
        ),
        "nobody answers there. Is there a network, a proxy?",
    ),
)
"""What kept a connection from opening, so that nothing was sent → the words for it; the first that fits."""

_BROKEN = (
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    OSError,
    BadlyPacked,
)

_NEVER_SENT = tuple(kind for kinds, _ in _WHY for kind in kinds)
