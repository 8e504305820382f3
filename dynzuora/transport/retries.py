"""Which requests may be retried: one table, because a repeated payment is money lost.

The outcome of a try is a row; the column follows from the method, from whether the operation
only reads, and from whose idempotency key the request carries. A cell is the number of tries
allowed in all. Waits use full jitter under a doubling bound, are never shorter than the server
asks for, stay within one deadline, and draw on a quota that all threads share, so that an
outage does not triple the load.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from dynzuora import _forks, _zuora
from dynzuora.errors import (
    ApiError,
    IntegrationError,
    LockContention,
    RateLimited,
    RuleViolation,
    ServerError,
    TransportError,
)

TRIES = 5
_FEW = 2

LOCAL = "local"
"""A fault on this machine: a proxy setting, a file, a name, a certificate. Nothing was sent."""
NOT_SENT = "not sent"
"""No connection: nothing left the machine."""
UNKNOWN = "unknown"
"""Sent, and no response, or one that reports a breakdown: it may have been done."""
IN_PROGRESS = "in progress"
"""HTTP 409 for a key: the first request with it is still under way."""
LIMITED = "limited"
"""Too many requests: HTTP 429, category 70. Decided before the request is processed, so no key keeps it."""
REFUSED = "refused"
"""The whole request was refused: categories 50 and 61. A key keeps that response for 24 hours."""
BROKEN = "broken"
"""Category 60: an internal error."""
EXTERNAL = "external"
"""Category 99: a gateway or tax service; a card may have been charged."""
FINAL = "final"
"""A retry would not change the response."""

#                read   delete  put    own    given  write
_TABLE = {
    LOCAL: (1, 1, 1, 1, 1, 1),
    NOT_SENT: (TRIES, TRIES, TRIES, TRIES, TRIES, TRIES),
    UNKNOWN: (TRIES, TRIES, 1, TRIES, TRIES, 1),
    IN_PROGRESS: (1, 1, 1, TRIES, TRIES, 1),
    LIMITED: (TRIES, TRIES, TRIES, TRIES, TRIES, TRIES),
    REFUSED: (TRIES, TRIES, TRIES, TRIES, 1, TRIES),
    BROKEN: (_FEW, _FEW, 1, 1, 1, 1),
    EXTERNAL: (_FEW, 1, 1, 1, 1, 1),
    FINAL: (1, 1, 1, 1, 1, 1),
}
"""Outcome → tries in all for reads, DELETE, PUT, and POST and PATCH with the client's own key, which may
be renewed, with a given key, and without one.

PUT is idempotent in name only: applying, transferring and writing off are PUTs.
"""

_COLUMNS = {"GET": 0, "HEAD": 0, "OPTIONS": 0, "TRACE": 0, "DELETE": 1, "PUT": 2}
_READ, _OWN, _GIVEN, _WRITE = 0, 3, 4, 5

_FIRST_WAIT = 1.0
LONGEST_WAIT = 60.0
"""Seconds. If the server asks for more, the call ends, and its error says how long."""


def tries(
    outcome: str, method: str, *, keyed: bool = False, renewable: bool = False, reads: bool = False
) -> int:
    """Return how often a request may be tried in all.

    ``keyed`` says that it carries an idempotency key, ``renewable`` that the next try may carry
    another: that is so for the client's own key until an outcome is unknown.

    >>> tries(UNKNOWN, "POST"), tries(UNKNOWN, "POST", keyed=True), tries(UNKNOWN, "PUT")
    (1, 5, 1)
    >>> tries(REFUSED, "POST", keyed=True), tries(REFUSED, "POST", keyed=True, renewable=True)
    (1, 5)
    """
    write = (_OWN if renewable else _GIVEN) if keyed else _WRITE
    return _TABLE[outcome][_READ if reads else _COLUMNS.get(method, write)]


def changes_nothing(method: str, *, reads: bool = False) -> bool:
    """Whether a request only reads: by its method, or because the operation is known to."""
    return reads or _COLUMNS.get(method) == _READ


def outcome_of(error: ApiError | TransportError, *, keyed: bool = False) -> str:
    """Return the row of the table that an error belongs to. The body takes precedence over the status."""
    if isinstance(error, TransportError):
        return error.outcome or (UNKNOWN if error.may_have_been_applied else NOT_SENT)
    said = _said_by_body(error)
    if isinstance(error, RateLimited):
        return LIMITED
    if error.retryable:
        return REFUSED if said else UNKNOWN
    if isinstance(error, IntegrationError):
        return EXTERNAL
    if isinstance(error, ServerError) and said:
        return BROKEN
    if keyed and error.status == _IN_PROGRESS and isinstance(error, RuleViolation) and not said:
        return IN_PROGRESS
    return UNKNOWN if error.status >= 500 and not said else FINAL


_IN_PROGRESS = 409


def _said_by_body(error: ApiError) -> bool:
    """Whether a code in the body says what happened, and not only the status."""
    by_code = error.category is not None or error.code in _zuora.SYMBOLIC_CODES
    return by_code or (isinstance(error, LockContention) and bool(error.reasons))


def may_have_been_done(outcome: str, error: ApiError | TransportError) -> bool:
    """Whether a request that changes something may have been done, by the outcome of its last try."""
    if isinstance(error, TransportError):
        return error.may_have_been_applied
    return outcome not in _DID_NOTHING or isinstance(error, ServerError)


_DID_NOTHING = frozenset({LOCAL, NOT_SENT, LIMITED, REFUSED, FINAL})
"""Outcomes after which nothing can have been done. Any other leaves a doubt."""


class Policy(NamedTuple):
    """How long to wait and how often to try. Clocks, sleep and randomness are passed in.

    ``clock`` is monotonic; ``wall`` is the time of day, in seconds since 1970.
    """

    sleep: Callable[[float], None]
    random: Callable[[], float]
    clock: Callable[[], float]
    most: int = TRIES
    wall: Callable[[], float] = time.time

    def wait(self, attempt: int, retry_after: float | None) -> float:
        """Return the seconds to wait after the ``attempt``-th failure.

        Uniform between 0 and a bound that doubles from one second to sixty, and never less than
        the server asks for.
        """
        bound: float = min(LONGEST_WAIT, _FIRST_WAIT * 2.0 ** min(attempt - 1, 6))
        return max(self.random() * bound, retry_after or 0.0)


class Quota:
    """A bucket that retries draw from and successes refill, shared by all threads of a client."""

    def __init__(self, capacity: int = 500, cost: int = 5, timeout_cost: int = 10) -> None:
        self._capacity = capacity
        self._left = capacity
        self._cost, self._timeout_cost = cost, timeout_cost
        self.after_fork()
        _forks.register(self)

    def after_fork(self) -> None:
        self._lock = threading.Lock()

    def draw(self, *, timeout: bool = False) -> bool:
        """Take the price of one retry; return False if the bucket has too little."""
        price = self._timeout_cost if timeout else self._cost
        with self._lock:
            if self._left < price:
                return False
            self._left -= price
            return True

    def refill(self) -> None:
        """Put one back after a success."""
        if self._left < self._capacity:
            with self._lock:
                self._left = min(self._left + 1, self._capacity)
