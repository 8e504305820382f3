"""From a request to its reply: one try after another, within one deadline, as the table allows.

What a call may have done is one flag over all its tries: the error of the last one must not
deny what an earlier one may have done.
"""

from __future__ import annotations

import contextlib
import logging
import math
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from requests.adapters import BaseAdapter

from dynzuora import _cancelling, _warning, _zuora
from dynzuora._origins import is_near, is_private, origin
from dynzuora.errors import (
    Advice,
    ApiError,
    AuthError,
    DynzuoraError,
    PartialFailure,
    RateLimited,
    Timeout,
    TransportError,
)
from dynzuora.http import Attempt, EndedAttempt, Request, Response
from dynzuora.transport import retries, uploads
from dynzuora.transport.concurrency import Concurrency
from dynzuora.transport.credentials import Credentials, Proof
from dynzuora.transport.sending import Errand, Receiver, Sender

log = logging.getLogger("dynzuora")

bodies_log = logging.getLogger("dynzuora.bodies")

Result = TypeVar("Result")

_KEY = _zuora.OPTION_HEADERS["idempotency_key"]
_KEY_USED = 422
_NO_CREDENTIALS = Proof()


class Limits(NamedTuple):
    """Seconds to connect and between two reads; seconds for everything; bytes of a body, decompressed.

    ``whole`` is seconds for one response from first to last byte, so that a server that drips
    does not hang a call without a deadline; a file may take its time.
    """

    connect: float = 10.0
    read: float = _zuora.LONGEST_ANSWER + 10.0
    deadline: float | None = None
    whole: float = 600.0
    body: int = 256 * 1024 * 1024


class _Call:
    """The state of a call while it is made."""

    __slots__ = (
        "attempts",
        "doubt",
        "end",
        "generation",
        "keyed",
        "reads",
        "rekey",
        "renewed",
        "request",
        "waited",
    )

    def __init__(
        self, request: Request, end: float, *, reads: bool, rekey: Callable[[Request], Request] | None
    ) -> None:
        self.request = request
        self.end = end
        self.reads = retries.changes_nothing(request.method, reads=reads)
        self.rekey = rekey
        self.keyed = _KEY in request.headers and request.method in _zuora.IDEMPOTENT_METHODS
        self.attempts: list[Attempt] = []
        self.doubt = False
        """Whether a try may have been done."""
        self.generation = 0
        self.renewed = False
        self.waited = 0.0

    @property
    def renewable(self) -> bool:
        """Whether the next try may use another key: nothing can have been done under this one."""
        return self.rekey is not None and not self.doubt

    def take_in(self, outcome: str, error: ApiError | TransportError) -> None:
        """Remember what a try may have done."""
        if not self.reads and retries.may_have_been_done(outcome, error):
            self.doubt = True

    def judge(self, error: DynzuoraError) -> None:
        """Complete the error that ends the call with what any of its tries may have done."""
        if isinstance(error, ApiError | AuthError | TransportError):
            error.attempts = tuple(self.attempts)
            error.request = self.request.kept
        if (
            isinstance(error, ApiError)
            and self.keyed
            and error.status == _KEY_USED
            and error.category is None
        ):
            error.advice = Advice("key-used")
        if isinstance(error, PartialFailure) and len(error.failed) < len(error.results) and not self.reads:
            error.may_have_been_applied = True  # a part of it was, as the message says
        if self.doubt and not isinstance(error, TransportError):  # which says it itself
            _say_doubt(error, Advice("look"))
            if isinstance(error, ApiError) and not self.keyed:
                error.retryable = False

    def judge_login(self, error: DynzuoraError) -> None:
        """Complete an error of the login, which is about another request and must not deny this one."""
        if self.doubt:
            _say_doubt(error, Advice("look-earlier", (self.request.operation_id or self.request.method,)))

    def unreadable(self, error: Exception) -> TransportError:
        """Return the error for a response that cannot be interpreted."""
        name = self.request.operation_id or self.request.method
        return TransportError(
            f"{name}: an answer came and could not be read ({type(error).__name__}).",
            operation_id=self.request.operation_id,
            may_have_been_applied=not self.reads,
            outcome=retries.FINAL,
            attempts=tuple(self.attempts),
            advice=None if self.reads else Advice("look"),
        )


def _say_doubt(error: DynzuoraError, advice: Advice) -> None:
    """Make an error say that the request may have been done, and nothing that denies it."""
    error.may_have_been_applied = True  # type: ignore[attr-defined]  # every error of a call has it
    error.advice = advice


class Transport:
    """Sends requests to one origin. Thread-safe; each thread and process has connections of its own."""

    def __init__(
        self,
        base_url: str,
        policy: retries.Policy,
        *,
        limits: Limits = Limits(),  # noqa: B008  # immutable
        adapter: BaseAdapter | None = None,
        on_attempt: Callable[[Request, EndedAttempt], None] | None = None,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._origin = origin(self.base_url)
        self._own = f"{self.base_url}/"
        self._policy = policy
        self.limits = limits
        self.on_attempt = on_attempt
        self._quota = retries.Quota()
        self.concurrency = Concurrency(policy.clock)
        self._sender = Sender(self.base_url, policy.clock, policy.wall, adapter)

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
        rekey: Callable[[Request], Request] | None = None,
    ) -> Result:
        """Send ``request`` until ``interpret`` returns, and return what it does.

        ``interpret`` raises `ApiError` or `AuthError` for a failure; ``reads`` means that the
        operation changes nothing, whatever its method. ``receive`` takes the body of a
        successful response. ``elsewhere`` allows another origin, over https and without
        credentials: a pre-signed URL. ``rekey`` returns the request under another
        idempotency key; None where the key is the caller's, or there is none.

        Raises `TransportError`, or the last error of ``interpret``; each says whether the
        request may have been done, at whichever try.
        """
        limits = limits or self.limits
        self._check_address(request, credentials, elsewhere)
        end = math.inf if limits.deadline is None else self._policy.clock() + limits.deadline
        call = _Call(request, end, reads=reads, rekey=rekey)
        if request.body is None or isinstance(request.body, bytes):
            return self._tried(call, interpret, credentials, limits, receive)
        with uploads.repeatable(request) as call.request:
            return self._tried(call, interpret, credentials, limits, receive)

    def close(self) -> None:
        """Close every connection of this process. Using the transport again opens new ones."""
        self._sender.close()

    def _tried(
        self,
        call: _Call,
        interpret: Callable[[Response], Result],
        credentials: Credentials | None,
        limits: Limits,
        receive: Receiver | None,
    ) -> Result:
        """Make one try after another until one ends the call."""
        while True:
            proof = self._credentials(call, credentials)
            response: Response | None = None
            try:
                response = self._sender.send(_errand(call, proof, limits, receive))
                self._note(call, f"HTTP {response.status}")
                result = interpret(response._replace(attempts=tuple(call.attempts)))
            except DynzuoraError as error:
                if isinstance(error, TransportError):
                    self._note(call, type(error).__name__)
                self._tell(call, response, error=error)
                if not self._continues(call, error, credentials, receive):
                    call.judge(error)
                    raise
            except Exception as error:  # whatever it is, there was a response, and the work may be done
                unreadable = call.unreadable(error)
                self._tell(call, response, error=unreadable)
                raise unreadable from error
            else:
                self._tell(call, response, result)
                self._quota.refill()
                self.concurrency.note(response.headers)
                return result
            if call.waited:
                _cancelling.settle(doubt=call.doubt)
                self._policy.sleep(call.waited)

    def _check_address(self, request: Request, credentials: Credentials | None, elsewhere: bool) -> None:
        """Refuse another origin, unless it is requested, safe to reach, and gets no credentials."""
        if request.url.startswith(self._own):
            return
        target = origin(request.url)
        if target == self._origin:
            return
        is_led_here = is_near(target) and not is_near(self._origin)
        if elsewhere and credentials is None and is_private(target) and not is_led_here:
            return
        why = f"this client belongs to {self._origin}"
        if elsewhere:
            why = "that is this machine or its network" if is_led_here else "only https reaches another host"
        raise TransportError(
            f"{request.operation_id}: refused to send to {target}; {why}.",
            operation_id=request.operation_id,
            outcome=retries.LOCAL,
            request=request.kept,
        )

    def _credentials(self, call: _Call, credentials: Credentials | None) -> Proof:
        """Return the proof of who asks. An error ends the call: a login has its own retries."""
        if credentials is None:
            return _NO_CREDENTIALS
        try:
            proof, call.generation = credentials.proof(call.request.scheme)
        except DynzuoraError as error:
            call.judge_login(error)
            raise
        return proof

    def _continues(
        self, call: _Call, error: DynzuoraError, credentials: Credentials | None, receive: Receiver | None
    ) -> bool:
        """Process the error of a try, and return whether to try again."""
        if isinstance(error, AuthError):
            return self._logs_in_again(call, credentials)
        return isinstance(error, ApiError | TransportError) and self._tries_again(call, error, receive)

    def _logs_in_again(self, call: _Call, credentials: Credentials | None) -> bool:
        """Get a new token, once per call; return whether there is one."""
        if call.renewed or credentials is None:
            return False
        call.renewed, call.waited = True, 0.0
        _cancelling.settle(doubt=call.doubt)
        if call.rekey is not None and call.renewable:  # this refusal may be kept under the key, too
            call.request = call.rekey(call.request)
        try:
            return credentials.renewed(call.generation)
        except DynzuoraError as error:
            call.judge_login(error)
            raise

    def _tries_again(self, call: _Call, error: ApiError | TransportError, receive: Receiver | None) -> bool:
        """Return whether a failed request is sent again; set the wait before it."""
        outcome = retries.outcome_of(error, keyed=call.keyed)
        renewable = call.renewable
        call.take_in(outcome, error)
        if isinstance(error, TransportError):
            if receive is not None and receive.begun:
                return False
        elif isinstance(error, RateLimited):
            self.concurrency.refused(error.retry_after)
        most = retries.tries(
            outcome, call.request.method, keyed=call.keyed, renewable=renewable, reads=call.reads
        )
        if len(call.attempts) >= min(most, self._policy.most):
            return False
        return self._can_wait(call, error) and self._draws(call, error, outcome, renewable=renewable)

    def _can_wait(self, call: _Call, error: ApiError | TransportError) -> bool:
        """Set the wait before the next try; return whether it is short enough."""
        retry_after = getattr(error, "retry_after", None)
        if retry_after is not None and retry_after > retries.LONGEST_WAIT:
            return False
        call.waited = self._policy.wait(len(call.attempts), retry_after)
        return self._policy.clock() + call.waited < call.end

    def _draws(self, call: _Call, error: Exception, outcome: str, *, renewable: bool) -> bool:
        """Pay for the next try, and give it another key if the last one keeps its refusal."""
        if not self._quota.draw(timeout=isinstance(error, Timeout)):
            return False
        refused = outcome in (retries.REFUSED, retries.LIMITED)
        if call.rekey is not None and (call.reads or (renewable and refused)):
            call.request = call.rekey(call.request)
        return True

    def _note(self, call: _Call, outcome: str) -> None:
        """Note and log a try."""
        request, attempt = call.request, Attempt(len(call.attempts) + 1, outcome, call.waited)
        call.attempts.append(attempt)
        if log.isEnabledFor(logging.INFO) or 0 < bodies_log.level <= logging.DEBUG:
            _log(request, attempt)

    def _tell(
        self, call: _Call, response: Response | None, reply: Any = None, error: DynzuoraError | None = None
    ) -> None:
        """Tell ``on_attempt`` how the last try ended. No failure there may hide the result of a call."""
        if self.on_attempt is None or not (response or isinstance(error, TransportError)):
            return  # no listener, or nothing was tried
        attempt = EndedAttempt(*call.attempts[-1])
        attempt.error = error
        if call.request.operation_id != _zuora.TOKEN_OPERATION:
            attempt.response, attempt.reply = response, reply
        try:
            self.on_attempt(call.request, attempt)
        except Exception as error:
            log.exception("on_attempt raised")
            with contextlib.suppress(Warning):  # which a filter may turn into an error
                message = f"on_attempt raised {type(error).__name__}: {error}. The call continues."
                _warning.warn(message, RuntimeWarning)


def _errand(call: _Call, proof: Proof, limits: Limits, receive: Receiver | None) -> Errand:
    return Errand(
        call.request,
        proof,
        limits.connect,
        limits.read,
        limits.whole,
        call.end,
        limits.body,
        receive,
        len(call.attempts) + 1,
        call.reads,
        call.doubt,
    )


def _log(request: Request, attempt: Attempt) -> None:
    log.debug("%s %s %r", request.operation_id, request.method, request.headers)
    if 0 < bodies_log.level <= logging.DEBUG:  # set for exactly this
        bodies_log.debug("%r", request)
    path = request.shown_url.partition("?")[0]
    log.info(
        "%s %s %s attempt %d: %s", request.operation_id, request.method, path, attempt.number, attempt.outcome
    )
