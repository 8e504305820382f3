"""The threads of a bulk run: each sends items, and records them in the journal."""

from __future__ import annotations

import copy
import itertools
import os
import queue
import threading
from collections.abc import Callable, Iterable, Mapping
from contextvars import copy_context
from functools import partial
from typing import TYPE_CHECKING, Any

from dynzuora.bulk.journal import Journal
from dynzuora.errors import Advice, DynzuoraError, JournalError, TransportError

if TYPE_CHECKING:
    from dynzuora.operation.caller import Caller


class Item:
    """One call and its outcome. Whatever happens, it ends."""

    __slots__ = (
        *("call", "digest", "dropped", "ended", "error", "in_doubt", "index", "key", "redacted", "reply"),
        *("sent", "unwritten"),
    )

    def __init__(self, index: int, call: Mapping[str, Any]) -> None:
        self.index = index
        self.call = call
        self.digest = ""
        self.key = ""
        self.reply: Any = None
        self.error: Exception | None = None
        self.redacted = False
        self.in_doubt = False
        """Whether an earlier run may have applied it."""
        self.sent = False
        self.ended = False
        self.dropped = False
        """Whether the run stopped before it was sent; it has no result."""
        self.unwritten = False
        """Whether its outcome could not be written to the journal."""


class Workers:
    """Threads that send items. They do not refer to the `Map`, so that one no longer used is collected."""

    def __init__(
        self,
        caller: Caller,
        operation_id: str,
        journal: Journal | None,
        *,
        count: int,
        reads: bool,
        rows: Callable[..., Iterable[Any]] | None = None,
    ) -> None:
        """``rows`` makes the rows of a call its reply, instead of what the caller returns."""
        self._caller = caller
        self._slots = caller.slots
        self._operation_id = operation_id
        self._journal = journal
        self._count = count
        self._reads = reads
        self._rows = rows
        self._queue: queue.SimpleQueue[Item | None] = queue.SimpleQueue()
        self._ended: queue.SimpleQueue[Item] = queue.SimpleQueue()
        self._threads = 0
        self.stopped = False
        self.failure: JournalError | None = None
        """Why no other call may start: the journal could not be written."""

    def add(self, item: Item) -> None:
        """Queue an item, and start a thread for it if there are fewer than ``count``."""
        self._queue.put(item)
        if self._threads < self._count:
            self._threads += 1
            # Daemons: a call that hangs must not keep a process alive that is to exit.
            name = f"dynzuora map {self._threads}"
            threading.Thread(target=copy_context().run, args=(self._work,), name=name, daemon=True).start()

    def await_one(self) -> None:
        """Wait until an item ends."""
        self._ended.get().ended = True

    def settle(self, items: list[Item], seconds: float) -> None:
        """Wait at most ``seconds`` for items that have been sent."""
        end = self._caller.clock() + seconds
        while any(not item.ended for item in items) and (left := end - self._caller.clock()) > 0:
            try:
                self._ended.get(timeout=left).ended = True
            except queue.Empty:
                return

    def stop(self) -> None:
        """Start no other call."""
        self.stopped = True
        for _ in range(self._threads):
            self._queue.put(None)
        self._threads = 0

    def _work(self) -> None:
        while (item := self._queue.get()) is not None:
            if self.stopped or not self._slots.enter(lambda: self.stopped):
                item.dropped = True
            else:
                try:
                    self._send(item)
                finally:
                    self._slots.leave()
            self._ended.put(item)

    def _send(self, item: Item) -> None:
        """Call between writing two lines to the journal."""
        journal = self._journal
        call = {**item.call, "idempotency_key": item.key} if item.key else item.call
        # A read may be repeated, and an item in doubt has its line already.
        if journal is not None and not (self._reads or item.in_doubt):
            try:
                journal.start(item.index, item.digest, item.key)
            except JournalError as error:
                self._fail(error)
                item.dropped = True
                return
        item.sent = True
        renews = journal is not None and item.key and not item.in_doubt
        try:
            renew = partial(self._renew, item) if renews else None
            if self._rows is None:
                item.reply = self._caller.call(self._operation_id, renew, **call)
            else:
                item.reply = self._taken(self._rows(**call))
                item.dropped = self.stopped  # perhaps before its last row
        except JournalError as error:  # no other key: the server refused the last attempt
            self._fail(error)
            item.dropped = True
            return
        except BaseException as error:  # SystemExit, too, is the outcome of this item only
            item.error = error if isinstance(error, Exception) else _ended_by(error)
            if item.in_doubt:
                item.error = doubted(item.error, "An earlier run sent it, too.")
        if journal is not None:
            try:
                journal.finish(item.index, item.digest, item.reply, item.error, in_doubt=item.in_doubt)
            except JournalError as error:
                self._fail(error)
                item.unwritten = True

    def _taken(self, rows: Iterable[Any]) -> list[Any]:
        """Take rows until the end, or until the run is stopped."""
        return list(itertools.takewhile(lambda _: not self.stopped, rows))

    def _renew(self, item: Item) -> str:
        """Write another key to the journal for an item that was surely not applied, and return it."""
        assert self._journal is not None
        item.key = new_key()
        self._journal.start(item.index, item.digest, item.key)
        return item.key

    def _fail(self, error: JournalError) -> None:
        self.failure = self.failure or error
        self.stopped = True


def _ended_by(error: BaseException) -> DynzuoraError:
    """Return the error of a call that an exception such as SystemExit ended."""
    return DynzuoraError(f"the call ended with {error!r}: it may have been done.", may_have_been_applied=True)


def new_key() -> str:
    """Return a random idempotency key."""
    return os.urandom(16).hex()


def doubted(error: Exception, note: str) -> DynzuoraError:
    """Return the error of an item that may have been applied, with a note."""
    if isinstance(error, DynzuoraError):
        result = copy.copy(error)
    else:
        result = DynzuoraError(f"{type(error).__name__}: {error}")
    result.args = (f"{result.args[0] if result.args else ''} {note}".strip(),)
    if not (isinstance(error, TransportError) and error.may_have_been_applied):  # whose text says so
        result.advice = Advice("look")
    result.__dict__["may_have_been_applied"] = True
    return result
