"""The number of calls of a bulk run that are under way at once, shared by all threads of a client.

It follows the server: ``Concurrency-Limit-Remaining`` caps it, an exhausted ``RateLimit`` pauses
the run, and a refusal (HTTP 429, category 70) halves it. Every success lets it grow again by a
fraction, as in TCP.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping

from dynzuora import _forks
from dynzuora._zuora import LIMIT_HEADERS
from dynzuora.http import first_number

_REMAINING = LIMIT_HEADERS["concurrency_remaining"]
_RATE_REMAINING = LIMIT_HEADERS["rate_remaining"]
_RATE_RESET = LIMIT_HEADERS["rate_reset"]

_LONGEST_PAUSE = 60.0
_LOOK_AGAIN = 0.2
"""Seconds after which a waiting thread checks whether it is still needed."""


class Concurrency:
    """Admits threads up to a limit that follows the server. ``clock`` is monotonic."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._limit = math.inf
        self._ceiling = math.inf
        self._open_at = -math.inf
        self._halvings = 0
        self.after_fork()
        _forks.register(self)

    def after_fork(self) -> None:
        """Start with no call under way: the threads that made them belong to the parent."""
        self._changed = threading.Condition()
        self._running = 0
        self._mine = threading.local()

    @property
    def allowed(self) -> float:
        """How many may be under way now; infinite until the server says something."""
        return max(1.0, min(self._limit, self._ceiling))

    def enter(self, unwanted: Callable[[], bool]) -> bool:
        """Wait for a slot and take it; return False, without one, as soon as ``unwanted()``."""
        with self._changed:
            while not unwanted():
                pause = self._open_at - self._clock()
                if pause <= 0 and self._running + 1 <= self.allowed:
                    self._running += 1
                    self._mine.halvings = self._halvings
                    return True
                self._changed.wait(min(pause, _LOOK_AGAIN) if pause > 0 else _LOOK_AGAIN)
        return False

    def leave(self) -> None:
        """Release the slot."""
        with self._changed:
            self._running = max(self._running - 1, 0)  # a fork may have reset it
            self._changed.notify()

    def note(self, headers: Mapping[str, str]) -> None:
        """Adjust to the headers of a successful response."""
        remaining = first_number(headers.get(_REMAINING, ""))
        if remaining is not None:
            # What remains is shared by the whole tenant: with nothing left, make room.
            self._ceiling = self._running + remaining if remaining else self._running - 1
        if first_number(headers.get(_RATE_REMAINING, "")) == 0:
            self._pause(first_number(headers.get(_RATE_RESET, "")) or 0.0)
        if self._limit != math.inf:
            with self._changed:
                self._limit += 1 / self._limit
                self._changed.notify()

    def refused(self, retry_after: float | None) -> None:
        """Adjust to a refusal for too many requests."""
        with self._changed:
            # Calls that were under way when the limit was halved say nothing about the new one.
            if getattr(self._mine, "halvings", self._halvings) == self._halvings:
                self._halvings += 1
                self._limit = max(1.0, min(self._limit, self._running) / 2)
            self._mine.halvings = self._halvings
        self._pause(retry_after or 0.0)

    def _pause(self, seconds: float) -> None:
        self._open_at = max(self._open_at, self._clock() + min(seconds, _LONGEST_PAUSE))
