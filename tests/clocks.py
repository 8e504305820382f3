"""A clock that a test moves, so that no test waits and none is decided by the time of day."""

from __future__ import annotations


class Clock:
    """Time that passes only by sleeping, or where a test sets ``now``."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
