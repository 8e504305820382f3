"""`Map`: takes calls, a window at a time, and returns their results in order."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from dynzuora import _forks, _zuora
from dynzuora._names import canonical
from dynzuora._redaction import redacted
from dynzuora.bulk import batches
from dynzuora.bulk.journal import Journal, Past, digest_of
from dynzuora.bulk.workers import Item, Workers, doubted, new_key
from dynzuora.display import render
from dynzuora.display.cards import cell, work_card
from dynzuora.display.progress import Meter
from dynzuora.errors import DynzuoraError, JournalError, TransportError
from dynzuora.http import only_reads
from dynzuora.operation import Operation
from dynzuora.transport.retries import UNKNOWN, tries

if TYPE_CHECKING:
    from dynzuora.operation.caller import Caller

_AHEAD = 8
"""Calls taken per worker before their first result is taken."""
_LEAST_AHEAD = 32
_MOST_LISTED = 20
_LAST_CHANCE = 0.5
"""Seconds to wait after Ctrl-C for calls that have been sent; the rest are reported."""


class MapResult(NamedTuple):
    """The result of one call, or of one row of a batch: a ``reply`` or an ``error``, never both.

    ``redacted`` says that the reply comes from the journal of an earlier run and is
    incomplete: secrets are masked, and the content of files is missing.
    """

    index: int  # type: ignore[assignment]  # hides tuple.index, which no result needs
    call: Any
    reply: Any = None
    error: Exception | None = None
    redacted: bool = False

    def __repr__(self) -> str:
        outcome = "done" if self.error is None else f"{type(self.error).__name__}: {self.error}"
        kept = ", redacted by the journal" if self.redacted else ""
        return f"<MapResult {self.index} {cell(redacted(self.call))}: {cell(outcome)}{kept}>"

    def _repr_html_(self) -> str:
        state = "failed" if self.error is not None else "done"
        facts = {"call": redacted(self.call), "error": self.error, "reply": redacted(self.reply)}
        return render("work", **work_card(f"Result {self.index}", state, facts))


class Map:
    """The results of many calls, lazily and in order. Iterate over it once; `close` stops it early.

    Nothing is sent before the first result is taken. Ctrl-C stops within a second and says
    what was done.

    Raises ValueError for fewer than one worker or a journal of rows, `JournalError` for a
    journal that cannot be used.
    """

    _next = 0
    _taken = 0
    _failed = 0
    _rows = 0
    _fault: Exception | None = None
    _in_fork = False
    _exhausted = False
    _closed = False

    def __init__(
        self,
        caller: Caller,
        operation: Operation,
        calls: Iterable[Mapping[str, Any]],
        *,
        workers: int = 8,
        journal: str | os.PathLike[str] | None = None,
        progress: bool | None = None,
        rows: Callable[..., Iterable[Any]] | None = None,
    ) -> None:
        """``rows`` returns the rows of a call from its arguments; they are read whole and are its reply."""
        if workers < 1:
            raise ValueError(f"workers={workers!r}: must be at least 1.")
        if rows is not None and journal:
            raise ValueError(
                "map takes pages=True or journal=, not both: lists are only read, so start again "
                "with the calls whose results you do not have."
            )
        self._operation_id = operation.id
        self._batch = _zuora.BATCHES.get(operation.id)
        self._source = iter(batches.chunks(operation.id, self._batch, calls) if self._batch else calls)
        self._window: deque[Item] = deque()
        self._ahead = max(workers * _AHEAD, _LEAST_AHEAD)
        self._reads = only_reads(operation.method, operation.id)
        self._repeatable = tries(UNKNOWN, operation.method, reads=self._reads) > 1
        # A PUT may declare a key, but is not repeated under it.
        self._repeatable_by_key = tries(UNKNOWN, operation.method, keyed=True, reads=self._reads) > 1
        self._keyed = self._repeatable_by_key and not self._reads and caller.chooses_key(operation)
        # A journal belongs to one tenant and entity.
        head = {"operation": operation.id, "at": f"{caller.environment.url} {caller.options.entity or ''}"}
        self._journal = Journal(journal, head, time.time) if journal else None
        self._meter = Meter(
            f"map {operation.id}",
            total=None if self._batch else _length(calls),
            unit="calls",
            enabled=progress,
        )
        self._unwritten: list[int] = []
        self._ready: deque[MapResult] = deque()
        self._workers = Workers(
            caller, operation.id, self._journal, count=workers, reads=self._reads, rows=rows
        )
        _forks.register(self)

    def __iter__(self) -> Iterator[MapResult]:
        return self

    def __next__(self) -> MapResult:
        while not self._ready:
            if self._closed:
                raise StopIteration
            if self._in_fork:
                raise DynzuoraError(
                    f"{self._operation_id}: this run belongs to the parent process. Start another one here, "
                    "with a journal of its own."
                )
            try:
                item = self._take()
            except BaseException:
                self.close()
                raise
            if item is None:
                self._finish()
                raise StopIteration
            self._ready.extend(self._results_of(item))
        return self._ready.popleft()

    def _finish(self) -> None:
        """Close, and raise what stopped the run early."""
        self.close()
        if self._workers.failure is not None:
            raise _stopped(self._workers.failure, self._unwritten)
        if self._fault is not None:
            raise self._fault

    def __enter__(self) -> Map:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        if "_workers" in self.__dict__:  # else __init__ has raised
            with suppress(JournalError):
                self.close()

    def __repr__(self) -> str:
        return f"<Map of {self._operation_id}: {self._taken} calls done, {self._failed} of them failed>"

    def _repr_html_(self) -> str:
        state = f"{self._taken:,} calls done, {self._failed:,} of them failed"
        facts = {"journal": self._journal.path if self._journal else ""}
        title = f"Map of {self._operation_id}"
        if self._taken:
            card = work_card(title, state, facts)
        else:
            hint = "Take the results with"
            card = work_card(title, "no result taken yet", facts, hint=hint, code=("for result in …:",))
        return render("work", **card)

    def close(self) -> None:
        """Stop: start no other call.

        Raises `JournalError` if the last lines of a journal cannot be flushed to disk.
        """
        if self._closed:
            return
        self._closed = True
        if not self._in_fork:
            self._workers.stop()
            self._meter.close()
            self._workers.settle([item for item in self._window if item.sent], _LAST_CHANCE)
        if self._journal is not None:
            self._journal.close()

    def after_fork(self) -> None:
        """Leave the run to the parent, which has its threads."""
        self._in_fork = True

    # Inside

    def _results_of(self, item: Item) -> Iterator[MapResult]:
        """Count an item that has ended, and yield its result or those of its rows."""
        outcomes: list[tuple[Any, Any, Exception | None]] = [(item.call, item.reply, item.error)]
        if self._batch is not None:
            rows = batches.rows_of(self._operation_id, self._batch, item.call)
            results = batches.results(self._batch, rows, item.reply, item.error)
            outcomes = [(row, *result) for row, result in zip(rows, results, strict=True)]
        first = self._rows
        self._rows += len(outcomes)
        if item.dropped:
            return
        self._taken += 1
        self._failed += item.error is not None
        self._meter.advance(1, note=f"{self._failed} failed" if self._failed else None)
        for index, (call, reply, error) in enumerate(outcomes, first):
            if item.unwritten:
                self._unwritten.append(index)
            yield MapResult(index, call, reply, error, item.redacted)

    def _take(self) -> Item | None:
        """Return the next item once it has ended, None after the last."""
        try:
            self._fill()
            if not self._window:
                return None
            first = self._window[0]
            while not first.ended:
                self._workers.await_one()
            self._window.popleft()
            return first
        except KeyboardInterrupt:
            raise KeyboardInterrupt(self._interrupted()) from None

    def _fill(self) -> None:
        """Take calls until the window is full."""
        while not (self._exhausted or self._workers.stopped) and len(self._window) < self._ahead:
            try:
                call = next(self._source)
            except StopIteration:
                self._exhausted = True
                return
            except Exception as error:  # of the user's iterable: raised after the results before it
                self._exhausted, self._fault = True, error
                return
            if not isinstance(call, Mapping):
                self._exhausted, self._fault = True, _no_arguments(self._operation_id, call)
                return
            item = Item(self._next, call)
            if self._journal is not None:
                try:
                    self._recall(self._journal, item)
                except (JournalError, ValueError) as error:  # raised after the results before it
                    self._exhausted, self._fault = True, error
                    return
            self._next += 1
            self._window.append(item)
            if not item.ended:
                self._workers.add(item)

    def _recall(self, journal: Journal, item: Item) -> None:
        """Restore an item from the journal, or decide that it must be sent.

        Raises `JournalError` if the journal cannot be read, ValueError if it has another call.
        """
        item.digest = digest_of(item.call)
        past = journal.past(item.index)
        if past is not None and past.digest != item.digest:
            raise ValueError(
                f"The journal {journal.path} has another call as item {item.index}: resume with the same "
                "calls in the same order, or name another file."
            )
        own_key = _own_key(item.call)
        if past is None:
            item.key = new_key() if self._keyed and not own_key else ""
        elif not past.in_doubt:
            item.ended, item.redacted = True, past.redacted
            item.reply, item.error = past.reply, past.error
        elif self._repeatable or (self._repeatable_by_key and (past.key or own_key) and past.key_is_alive):
            item.key, item.in_doubt = past.key, not self._reads
        else:
            item.ended = True
            why = "it has no idempotency key"
            if past.key or own_key:
                why = _KEY_IS_OLD if self._repeatable_by_key else _KEY_IS_NO_HELP
            item.error = _not_sent_again(self._operation_id, item.index, past, why)

    def _interrupted(self) -> str:
        """Stop, and return a message that says what was done."""
        failures = []
        try:
            self.close()
        except JournalError as error:
            failures.append(str(error))
        done = [item for item in self._window if item.ended and not item.dropped]
        unknown = [item.index for item in self._window if item.sent and not item.ended]
        failed = self._failed + sum(item.error is not None for item in done)
        count = self._taken + len(done)
        sentences = [f"{self._operation_id}: stopped. {count} calls were done, {failed} of them failed."]
        if unknown:
            sentences.append(
                f"The outcome of calls {', '.join(map(str, unknown))} (counted from 0) is unknown."
            )
        if done:
            sentences.append(f"The results of the last {len(done)} were not taken.")
        if self._journal is not None:
            sentences.append(f"Resume with the same calls and journal={str(self._journal.path)!r}.")
        return " ".join([*sentences, *failures])


_KEY = canonical(_zuora.OPTION_HEADERS["idempotency_key"])


def _own_key(call: Mapping[str, Any]) -> Any:
    """Return the idempotency key that the user chose, in any argument and spelling."""
    for arguments in (call, call.get("params"), call.get("headers")):
        for name, value in arguments.items() if isinstance(arguments, Mapping) else ():
            if value and canonical(str(name)) == _KEY:
                return value
    return None


def _stopped(error: JournalError, unwritten: list[int]) -> JournalError:
    """Return the error of a stopped run, with the results that are missing in its journal."""
    sentences = [str(error), "The run stopped: no other call was sent."]
    if unwritten:
        sentences.append(
            f"The results of {_listed(unwritten)} (counted from 0) were returned but are not in the journal: "
            "a resumed run treats them as sent, outcome unknown."
        )
    stopped = JournalError(" ".join(sentences), path=error.path, unwritten=tuple(unwritten))
    stopped.__cause__ = error.__cause__
    return stopped


def _listed(indexes: list[int]) -> str:
    more = len(indexes) - _MOST_LISTED
    return ", ".join(map(str, indexes[:_MOST_LISTED])) + (f" and {more:,} more" if more > 0 else "")


_KEY_IS_OLD = "its idempotency key is too old, or the clock was set back"
_KEY_IS_NO_HELP = "a PUT is not repeated, even under the same idempotency key"


def _not_sent_again(operation_id: str, index: int, past: Past, why: str) -> DynzuoraError:
    """Return the error of an item that an earlier run may have applied and that is not safe to repeat."""
    error = past.error or TransportError(
        f"{operation_id}: item {index} was being sent when an earlier run stopped.", operation_id=operation_id
    )
    return doubted(error, f"It was not sent again: {why}.")


def _no_arguments(operation_id: str, call: object) -> TypeError:
    return TypeError(
        f"map {operation_id}: each call must be a mapping of arguments such as "
        f'{{"account_key": "A00000001"}} or {{"body": {{…}}}}, not a {type(call).__name__}. '
        "The calls before it were sent."
    )


def _length(calls: Any) -> int | None:
    return len(calls) if hasattr(calls, "__len__") else None
