"""The connection to one tenant, shared by a client and its views: one base URL, token and quota.

Nothing is opened before the first exchange.
"""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from dynzuora import _cancelling, _forks, _zuora
from dynzuora._names import is_header_text
from dynzuora._origins import origin
from dynzuora.calls import Options
from dynzuora.client.options import check_numbers
from dynzuora.configuration.settings import SANDBOX
from dynzuora.errors import Advice, AuthError, DynzuoraError, Problem
from dynzuora.http import BEARER, KEYS, NOBODY, EndedAttempt, Headers, Request, Scheme, Secret, only_reads
from dynzuora.operation import warn_of
from dynzuora.operation.bodies import form_text

if TYPE_CHECKING:
    from dynzuora.configuration.settings import Login
    from dynzuora.custom_fields import TenantObjects
    from dynzuora.transport import Concurrency, Credentials, Limits, Transport


class Connection:
    """Exchanges requests for replies. Thread-safe.

    ``find_login`` is called once, before the first request with credentials; ``has_keys`` says
    that it will return the older pair of keys. ``sleep`` waits
    between attempts, polls of a job and tries of a download; ``clock`` returns monotonic seconds.
    """

    def __init__(
        self,
        environment: _zuora.Environment,
        find_login: Callable[[], Login],
        *,
        has_keys: bool = False,
        provider: Callable[[], str | tuple[str, float]] | None = None,
        headers: Mapping[str, str] | None = None,
        deadline: float | None,
        retries: int,
        adapter: Any,
        on_attempt: Callable[[Request, EndedAttempt], None] | None,
    ) -> None:
        self.environment = environment
        self.find_login = find_login
        self._has_keys = has_keys
        self.sleep: Callable[[float], None] = _cancelling.sleep
        self._provider = provider
        self._headers = Headers(headers)
        self.clock: Callable[[], float] = time.monotonic
        self._deadline = deadline
        self._retries = retries
        self.adapter = adapter
        self._on_attempt = on_attempt
        self._recorder: Any = None
        self.after_fork()
        _forks.register(self)
        self._opened: _Opened | None = None
        self._warned = False

    def after_fork(self) -> None:
        """Release a lock that a thread of the parent may hold."""
        self._lock = threading.Lock()

    def skip_waiting(self) -> None:
        """Spend no time asleep; ``clock`` goes on as if it had been spent, so that time limits end."""
        clock, skipped = self.clock, 0.0

        def sleep(seconds: float) -> None:
            nonlocal skipped
            skipped += seconds

        self.sleep, self.clock = sleep, lambda: clock() + skipped

    @functools.cached_property
    def objects(self) -> TenantObjects:
        """What is known of the tenant's objects and their custom fields."""
        from dynzuora import custom_fields

        return custom_fields.TenantObjects(self._tenant)

    def _tenant(self) -> str | None:
        """Return the address and the login as text; None for a tenant that cannot be known again."""
        try:
            login = self.find_login()
        except DynzuoraError:
            return None
        is_named = bool(login.name) and self.environment != SANDBOX
        return f"{self.environment.url}\n{login.name}" if is_named else None

    def record(self, recorder: Any) -> None:
        """Have a `recording.recorder.Recorder` note each try, and the content of downloads."""
        self._recorder = recorder
        self.listen(recorder)

    def listen(self, hook: Callable[[Request, EndedAttempt], None]) -> None:
        """Have ``hook`` called from now on after each try, before those that listen already."""
        listener = self._on_attempt

        def both(request: Request, attempt: EndedAttempt) -> None:
            try:
                hook(request, attempt)
            finally:
                if listener is not None:
                    listener(request, attempt)

        self._on_attempt = both
        if self._opened is not None:
            self._opened.transport.on_attempt = both

    def exchange(
        self,
        request: Request,
        options: Options,
        *,
        floats: bool = False,
        receive: Any = None,
        rekey: Callable[[Request], Request] | None = None,
    ) -> Any:
        """Send an addressed request and return the reply, or raise what `Client.call` raises.

        ``receive`` gets the body in chunks. ``rekey`` puts another idempotency key on a request;
        None if it has none, or the user's own.
        """
        opened = self._open()
        transport = opened.transport
        # Zuora refuses a token request that carries another credential.
        is_login = request.url == self.environment.url + _zuora.TOKEN_PATH
        credentials = (
            None if request.elsewhere or is_login or request.scheme == NOBODY else opened.credentials
        )
        if credentials is not None and not credentials.carries(request.scheme):
            raise _cannot_carry(request, opened.login)
        if options.entity is None and credentials is not None:
            self._warn_of_entities(credentials, request)
        if receive is not None and self._recorder is not None:
            receive = self._recorder.overhear(receive)
        judge = partial(opened.interpret, request, floats=floats, environment=self.environment.key)
        return transport.exchange(
            request,
            judge,
            credentials,
            limits=_limits(options, transport.limits),
            reads=only_reads(request.method, request.operation_id),
            receive=receive,
            elsewhere=request.elsewhere,
            rekey=rekey,
        )

    def scheme(self, asked: Scheme) -> Scheme:
        """Return where a request carries the credentials, of an operation that asks for ``asked``.

        Only Zuora has the pair of keys, and takes it wherever it takes a token. The sandbox gives
        bearer tokens for every operation.
        """
        if asked != NOBODY and self.environment == SANDBOX:
            return BEARER
        return KEYS if self._has_keys and asked == BEARER else asked

    @property
    def concurrency(self) -> Concurrency:
        """How many calls of bulk runs may be under way at once; it follows the server's responses."""
        return self._open().transport.concurrency

    def close(self) -> None:
        """Close the transport."""
        if self._opened is not None:
            self._opened.transport.close()
            self._opened.to_log_in.close()

    def fetch_token(self) -> Any:
        """Return the token endpoint's reply to the login. It is secret: never log or show it.

        Raises `AuthError` when the credentials are refused.
        """
        opened = self._open()
        return self._fetch_token(opened.to_log_in, opened.login)

    def _open(self) -> _Opened:
        if self._opened is None:
            with self._lock:
                if self._opened is None:
                    self._opened = self._open_transport()
        return self._opened

    def _open_transport(self) -> _Opened:
        import random

        from dynzuora.replies import interpret  # not needed to prepare
        from dynzuora.transport import Limits, Policy, Provided, Transport

        policy = Policy(self.sleep, random.random, self.clock, most=self._retries + 1)
        limits = Limits(deadline=self._deadline)
        login = self.find_login()
        transport, to_log_in = (
            Transport(url, policy, limits=limits, adapter=self.adapter, on_attempt=self._on_attempt)
            for url in (self.environment.url, origin(login.token_url))
        )
        if origin(login.token_url) == origin(self.environment.url):
            to_log_in = transport
        fetch = partial(self._fetch_token, to_log_in, login)
        credentials = (
            _credentials(login, fetch) if self._provider is None else Provided(self._provider, self.clock)
        )
        return _Opened(transport, credentials, login, to_log_in, interpret)

    def _fetch_token(self, transport: Transport, login: Login) -> Any:
        from dynzuora import replies

        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        request = Request("POST", login.token_url, self._headers | headers, None, _zuora.TOKEN_OPERATION)
        judge = partial(replies.interpret, request, environment=self.environment.key)
        with _cancelling.shielded():  # the token is for every call
            reply = transport.exchange(request._replace(body=_token_form(login)), judge, None, reads=True)
        return reply if isinstance(reply, dict) else {}

    def _warn_of_entities(self, credentials: Credentials, request: Request) -> None:
        """Warn once if the token gives access to several entities and none was chosen."""
        if self._warned:
            return
        self._warned = True
        entities = [scope for scope in credentials.scope if scope.startswith(_zuora.ENTITY_SCOPE)]
        if len(entities) > 1:
            note = (
                f"this token gives access to {len(entities)} entities and none was chosen, so Zuora uses "
                "the default one."
            )
            listed = ", ".join(entity.removeprefix(_zuora.ENTITY_SCOPE) for entity in entities)
            advice = Advice("entity", (listed,))
            warn_of([Problem("entity", note, advice=advice)], request.operation_id or request.method)


class _Opened(NamedTuple):
    """What is open: transports to the tenant and to log in, the credentials, and where they come from.

    ``interpret`` is that of `replies`.
    """

    transport: Transport
    credentials: Credentials
    login: Login
    to_log_in: Transport
    interpret: Callable[..., Any]


def _limits(options: Options, limits: Limits) -> Limits:
    timeout = options.timeout
    if timeout is None:
        return limits
    check_numbers(timeout=timeout)
    connect, read = timeout if isinstance(timeout, tuple) else (timeout, timeout)
    return limits._replace(connect=connect, read=read)


def _cannot_carry(request: Request, login: Login) -> AuthError:
    """Return the error for an operation that asks for other credentials than the login gives."""
    given = "access keys are not" if login.kind == "keys" else "client_id and client_secret do not give"
    return AuthError(
        f"{request.operation_id} asks for {request.credentials}, which {given}. Nothing was sent.",
        operation_id=request.operation_id,
        request=request.kept,
        advice=Advice("token", ("user:password" if request.scheme.place == "basic" else "…",)),
    )


def _credentials(login: Login, fetch: Callable[[], Any]) -> Credentials:
    """Return the credentials of a login; ``fetch`` gets a token.

    Raises `DynzuoraError` for a character that a header cannot contain.
    """
    from dynzuora.transport import Bearer, KeyPair, OAuth

    for noun, text in (("secret", login.secret.reveal()), ("id", login.name)):
        if not is_header_text(text):
            raise DynzuoraError(
                f"The {noun} from {login.source} contains a line break or another character that is not "
                "allowed in a header. If it was read from a file, strip it."
            )
    if login.kind == "token":
        return Bearer(login.secret)
    if login.kind == "keys":
        names = _zuora.ACCESS_KEY_HEADERS
        return KeyPair(dict(zip(names, (Secret(login.name), login.secret), strict=True)))
    return OAuth(fetch, time.monotonic)


def _token_form(login: Login) -> bytes:
    grant = {
        "client_id": login.name,
        "client_secret": login.secret.reveal(),
        "grant_type": "client_credentials",
    }
    return form_text(grant).encode("ascii")
