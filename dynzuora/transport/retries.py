"""Which requests may be repeated: one table, because a repeated payment is money lost.

What came of an attempt is one of `OUTCOMES`; who asks is told by the method, and by
whether an idempotency key goes along or the operation only reads. A cell says how
many tries there may be in all. Waiting is full jitter over tenacity's exponential
arithmetic, never less than ``Retry-After``, within one deadline, and paid from a
quota that all threads share, so that an outage does not triple the load.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import NamedTuple

TRIES = 5
_FEW = 2

NOT_SENT = "not sent"
"""No connection: nothing left the machine."""
UNKNOWN = "unknown"
"""Sent, and no answer, or one that says that something broke: it may have been done."""
REFUSED = "refused"
"""The whole request was turned away: categories 50, 61, 70, and HTTP 429."""
BROKEN = "broken"
"""Category 60: an internal error."""
EXTERNAL = "external"
"""Category 99: a gateway or tax service; a card may have been charged."""
FINAL = "final"
"""An answer that asking again would not change."""

OUTCOMES = (NOT_SENT, UNKNOWN, REFUSED, BROKEN, EXTERNAL, FINAL)

#                read   delete  put    keyed  write
_TABLE = {
    NOT_SENT: (TRIES, TRIES, TRIES, TRIES, TRIES),
    UNKNOWN: (TRIES, TRIES, 1, TRIES, 1),
    REFUSED: (TRIES, TRIES, TRIES, TRIES, TRIES),
    BROKEN: (_FEW, _FEW, 1, _FEW, 1),
    EXTERNAL: (_FEW, 1, 1, 1, 1),
    FINAL: (1, 1, 1, 1, 1),
}
"""Outcome → tries in all for: reads, DELETE, PUT, POST and PATCH with an idempotency key, and without.

PUT is idempotent only in name here: applying, transferring and writing off are PUTs.
"""

_COLUMNS = {"GET": 0, "HEAD": 0, "OPTIONS": 0, "TRACE": 0, "DELETE": 1, "PUT": 2}
_READ, _KEYED, _WRITE = 0, 3, 4

_FIRST_WAIT = 1.0
_LONGEST_WAIT = 60.0


def tries(outcome: str, method: str, *, keyed: bool = False, reads: bool = False) -> int:
    """Return how often a request may be tried in all.

    >>> tries(UNKNOWN, "POST"), tries(UNKNOWN, "POST", keyed=True), tries(UNKNOWN, "PUT")
    (1, 5, 1)
    """
    column = _READ if reads else _COLUMNS.get(method, _KEYED if keyed else _WRITE)
    return _TABLE[outcome][column]


def changes_nothing(method: str, *, reads: bool = False) -> bool:
    """Whether a request only reads: by its method, or because somebody who knows the operation says so."""
    return reads or _COLUMNS.get(method) == _READ


class Policy(NamedTuple):
    """How to wait and how often to try; everything that is not arithmetic is passed in."""

    sleep: Callable[[float], None]
    random: Callable[[], float]
    clock: Callable[[], float]
    most: int = TRIES

    def wait(self, attempt: int, retry_after: float | None) -> float:
        """Return the seconds to wait after the ``attempt``-th failure: uniform in [0, bound]."""
        from tenacity import RetryCallState, wait_exponential  # only once something failed

        state = RetryCallState(None, None, (), {})  # type: ignore[arg-type]  # only attempt_number is read
        state.attempt_number = attempt
        bound = wait_exponential(multiplier=_FIRST_WAIT, max=_LONGEST_WAIT)(state)
        return max(self.random() * bound, min(retry_after or 0.0, _LONGEST_WAIT))


class Quota:
    """A bucket that repeats draw from and successes refill: shared by all threads of a client."""

    def __init__(self, capacity: int = 500, cost: int = 5, timeout_cost: int = 10) -> None:
        self._capacity = capacity
        self._left = capacity
        self._cost, self._timeout_cost = cost, timeout_cost
        self._lock = threading.Lock()

    def draw(self, *, timeout: bool = False) -> bool:
        """Take the price of one repeat; False when the bucket does not hold it."""
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
