"""`Runner`: runs synchronous work on threads for tasks of any event loop; cancelling a task ends the work."""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, TypeVar

from dynzuora import _forks
from dynzuora._cancelling import Cancellation, current
from dynzuora.errors import PYTHON_WORDS

Result = TypeVar("Result")

_LONG_WORK = 1000
"""Threads for what mostly waits: jobs, queries and bulk runs must not keep calls from running."""


class Runner:
    """At most ``workers`` calls run at once; others wait in order."""

    def __init__(self, workers: int) -> None:
        if workers < 1:
            raise ValueError(f"workers={workers!r}: must be at least 1.")
        self.workers = workers
        self._running: weakref.WeakSet[Cancellation] = weakref.WeakSet()
        self.after_fork()
        _forks.register(self)

    def after_fork(self) -> None:
        """Use threads of this process. They are started as they are needed."""
        self._lock = threading.Lock()
        self._calls = ThreadPoolExecutor(self.workers, "dynzuora call")
        self._long = ThreadPoolExecutor(_LONG_WORK, "dynzuora work")

    async def run(
        self, work: Callable[[], Result], cancellation: Cancellation | None = None, *, long: bool = False
    ) -> Result:
        """Return the result of ``work``, run on a thread in a copy of this context.

        Raises what it raises. A CancelledError has ``may_have_been_applied``, and says so in a note.
        """
        cancellation = cancellation or Cancellation()
        with self._lock:  # another loop may be closing
            self._running.add(cancellation)
        executor = self._long if long else self._calls
        future = executor.submit(copy_context().run, _under, cancellation, work)
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError as error:
            cancellation.cancel()
            _complete(error, cancellation, future)
            raise

    def close(self) -> None:
        """End what runs and refuse what waits, with an error that says what may have been done."""
        with self._lock:
            running = list(self._running)
        for cancellation in running:
            cancellation.cancel()
        for executor in (self._calls, self._long):
            executor.shutdown(wait=False)
        self.after_fork()


def _under(cancellation: Cancellation, work: Callable[[], Result]) -> Result:
    current.set(cancellation)
    return work()


def _complete(error: asyncio.CancelledError, cancellation: Cancellation, future: Future[Any]) -> None:
    """Say on the error of a cancelled task what its work may have done."""
    doubt, note = cancellation.may_have_been_applied, "Nothing was sent."
    failure = None if not future.done() or future.cancelled() else future.exception()
    if failure is not None:  # it ended before it could be cancelled
        doubt = getattr(failure, "may_have_been_applied", doubt)
    if doubt:
        note = PYTHON_WORDS["look"]
    elif cancellation.sent:
        note = "Nothing was changed: sending it again is safe."
    error.__dict__["may_have_been_applied"] = doubt
    error.add_note(f"dynzuora: the call was cancelled. {note}")
