"""Calls in, results out: a window of them under way on threads, results in the order of the calls."""

from __future__ import annotations

import copy
import os
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple

from dynzuora import _forks, _zuora
from dynzuora._names import canonical
from dynzuora._redaction import redacted
from dynzuora.bulk import batches
from dynzuora.bulk.journal import Journal, Past, digest_of
from dynzuora.display.progress import Meter
from dynzuora.errors import Advice, DynzuoraError, JournalError, TransportError
from dynzuora.operation import Operation
from dynzuora.transport import Concurrency
from dynzuora.transport.retries import UNKNOWN, tries

_AHEAD = 8
"""Calls taken per worker before the first of their results is."""
_LEAST_AHEAD = 32
_MOST_LISTED = 20
_LAST_CHANCE = 0.5
"""Seconds that calls under way have to end after Ctrl-C; the rest are reported."""


class MapResult(NamedTuple):
    """What came of one call, or of one row of a batch: a ``reply`` or an ``error``, never both.

    ``redacted`` says that the reply is what the journal of an earlier run kept of it, and that
    this is less than the reply: secrets are masked, the content of a file is not there.
    """

    index: int  # type: ignore[assignment]  # hides tuple.index, which no result needs
    call: Any
    reply: Any = None
    error: Exception | None = None
    redacted: bool = False

    def __repr__(self) -> str:
        from dynzuora.display.cards import cell

        outcome = "done" if self.error is None else f"{type(self.error).__name__}: {self.error}"
        kept = ", redacted by the journal" if self.redacted else ""
        return f"<MapResult {self.index} {cell(redacted(self.call))}: {cell(outcome)}{kept}>"

    def _repr_html_(self) -> str:
        from dynzuora.display import render
        from dynzuora.display.cards import work_card

        state = "failed" if self.error is not None else "done"
        facts = {"call": redacted(self.call), "error": self.error, "reply": redacted(self.reply)}
        return render("work", **work_card(f"Result {self.index}", state, facts))


class Means(NamedTuple):
    """What a run needs of a client: to call, a share of its concurrency, and what may be repeated.

    ``call`` takes, before the arguments of a call, what returns its next idempotency key where
    the one among them is not the caller's; else None.
    """

    call: Callable[..., Any]
    concurrency: Concurrency
    reads: bool = False
    keyed: bool = False
    """Whether each item gets an idempotency key of its own, which the journal remembers."""
    place: str = ""
    """Which tenant and entity the calls go to: a journal belongs to one."""
    clock: Callable[[], float] = time.time
    """The time of day in seconds: by it the age of idempotency keys is told, across runs."""


class _Item:
    """One call on its way; a slot of the window. Whatever happens, it ends."""

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
        """Whether an earlier run may have done it."""
        self.sent = False
        self.ended = False
        self.dropped = False
        """Whether the run stopped before it was sent, so that it has no result."""
        self.unwritten = False
        """Whether what came of it could not be written into the journal."""


class Map:
    """The results of many calls, lazily and in order. Iterate it once; `close` stops it early.

    Nothing is sent before the first result is asked for. Ctrl-C stops within a second
    and says what was done.
    """

    def __init__(
        self,
        operation: Operation,
        calls: Iterable[Mapping[str, Any]],
        means: Means,
        *,
        workers: int = 8,
        journal: str | os.PathLike[str] | None = None,
        progress: bool | None = None,
    ) -> None:
        self._crew: _Crew = None  # type: ignore[assignment]  # for __del__, should the next lines raise
        if workers < 1:
            raise ValueError("workers is at least 1.")
        self._operation_id = operation.id
        self._batch = _zuora.BATCHES.get(operation.id)
        self._source = iter(batches.chunks(operation.id, self._batch, calls) if self._batch else calls)
        self._window: deque[_Item] = deque()
        self._ahead = max(workers * _AHEAD, _LEAST_AHEAD)
        self._workers = workers
        self._keyed = means.keyed
        self._reads = means.reads
        self._repeatable = tries(UNKNOWN, operation.method, reads=means.reads) > 1
        head = {"operation": operation.id, "at": means.place}
        self._journal = Journal(journal, head, means.clock) if journal else None
        self._crew = _Crew(means, self._journal)
        self._meter = Meter(
            f"map {operation.id}",
            total=None if self._batch else _length(calls),
            unit="calls",
            enabled=progress,
        )
        self._next = 0
        self._taken = 0
        self._failed = 0
        self._fault: Exception | None = None
        self._unwritten: list[int] = []
        self._in_fork = False
        self._exhausted = False
        self._closed = False
        self._ready: deque[MapResult] = deque()
        self._rows = 0
        _forks.register(self)

    def __iter__(self) -> Iterator[MapResult]:
        return self

    def __next__(self) -> MapResult:
        while not self._ready:
            if self._closed:
                raise StopIteration
            if self._in_fork:
                raise DynzuoraError(
                    f"{self._operation_id}: this run belongs to the process that was forked, and its threads "
                    "are there. Make another one here, with a journal of its own."
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
        """Close, and raise what ended the run before its calls did."""
        self.close()
        if self._crew.failure is not None:
            raise _stopped(self._crew.failure, self._unwritten)
        if self._fault is not None:
            raise self._fault

    def __enter__(self) -> Map:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        if self._crew is not None:
            with suppress(JournalError):
                self.close()

    def __repr__(self) -> str:
        return f"<Map of {self._operation_id}: {self._taken} calls done, {self._failed} of them failed>"

    def _repr_html_(self) -> str:
        from dynzuora.display import render
        from dynzuora.display.cards import work_card

        state = f"{self._taken:,} calls done, {self._failed:,} of them failed"
        facts = {"journal": self._journal.path if self._journal else ""}
        title = f"Map of {self._operation_id}"
        if self._taken:
            card = work_card(title, state, facts)
        else:
            hint = "Take the results with"
            card = work_card(title, "no result taken yet", facts, hint=hint, code=("for each in …:",))
        return render("work", **card)

    def close(self) -> None:
        """Stop: calls under way end, no other begins.

        Raises `JournalError` where the last lines of a journal cannot be flushed to the disk.
        """
        if self._closed:
            return
        self._closed = True
        if not self._in_fork:
            self._crew.stop()
            self._meter.close()
            self._crew.settle([item for item in self._window if item.sent], _LAST_CHANCE)
        if self._journal is not None:
            self._journal.close()

    def after_fork(self) -> None:
        """Let go of what the parent's threads are doing."""
        self._in_fork = True

    # Inside

    def _results_of(self, item: _Item) -> Iterator[MapResult]:
        """Count an item that has ended, and return its result, or those of its rows."""
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

    def _take(self) -> _Item | None:
        """Return the next item in order once it has ended, None after the last."""
        try:
            self._fill()
            if not self._window:
                return None
            first = self._window[0]
            while not first.ended:
                self._crew.await_one()
            self._window.popleft()
            return first
        except KeyboardInterrupt:
            raise KeyboardInterrupt(self._interrupted()) from None

    def _fill(self) -> None:
        """Take calls until the window is full."""
        while not (self._exhausted or self._crew.stopped) and len(self._window) < self._ahead:
            try:
                call = next(self._source)
            except StopIteration:
                self._exhausted = True
                return
            except Exception as error:  # the caller's own iterable: raised after the results before it
                self._exhausted, self._fault = True, error
                return
            if not isinstance(call, Mapping):
                self._exhausted, self._fault = True, _no_arguments(self._operation_id, call)
                return
            item = _Item(self._next, call)
            if self._journal is not None:
                try:
                    self._recall(self._journal, item)
                except (JournalError, ValueError) as error:  # raised after the results before it
                    self._exhausted, self._fault = True, error
                    return
            self._next += 1
            self._window.append(item)
            if not item.ended:
                self._crew.add(item, self._workers)

    def _recall(self, journal: Journal, item: _Item) -> None:
        """Take from the journal what an earlier run made of the item, or decide that it is to be sent.

        Raises `JournalError` where it cannot be read, ValueError where it is of other calls.
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
            item.key = _new_key() if self._keyed and not own_key else ""
        elif not past.in_doubt:
            item.ended, item.redacted = True, past.redacted
            item.reply, item.error = past.reply, past.error
        elif self._repeatable or ((past.key or own_key) and past.key_is_alive):
            item.key, item.in_doubt = past.key, not self._reads
        else:
            item.ended = True
            item.error = _not_sent_again(
                self._operation_id, item.index, past, keyed=bool(past.key or own_key)
            )

    def _interrupted(self) -> str:
        """Stop, and return what was done in words."""
        trouble = ""
        try:
            self.close()
        except JournalError as error:
            trouble = str(error)
        done = [item for item in self._window if item.ended and not item.dropped]
        open_ = [item.index for item in self._window if item.sent and not item.ended]
        failed = self._failed + sum(item.error is not None for item in done)
        count = self._taken + len(done)
        words = [f"{self._operation_id}: stopped. {count} calls were done, {failed} of them failed."]
        if open_:
            words.append(f"Of calls {', '.join(map(str, open_))} (counted from 0) the outcome is not known.")
        if done:
            words.append(f"The results of the last {len(done)} were not taken.")
        if self._journal is not None:
            words.append(f"Go on with the same calls and journal={str(self._journal.path)!r}.")
        if trouble:
            words.append(trouble)
        return " ".join(words)


class _Crew:
    """The threads and what passes between them. It knows no `Map`, so that a dropped one is collected."""

    def __init__(self, means: Means, journal: Journal | None) -> None:
        self._means = means
        self._journal = journal
        self._todo: queue.SimpleQueue[_Item | None] = queue.SimpleQueue()
        self._ended: queue.SimpleQueue[_Item] = queue.SimpleQueue()
        self._threads = 0
        self.stopped = False
        self.failure: JournalError | None = None
        """Why no other call may begin: what becomes of it could not be written down."""

    def add(self, item: _Item, workers: int) -> None:
        """Hand an item to the threads; one is started for each of the first items."""
        self._todo.put(item)
        if self._threads < workers:
            self._threads += 1
            # Daemons: a call that hangs must not keep a process alive that was told to stop.
            threading.Thread(target=self._work, name=f"dynzuora map {self._threads}", daemon=True).start()

    def await_one(self) -> None:
        """Wait until some item has ended."""
        self._ended.get().ended = True

    def settle(self, items: list[_Item], seconds: float) -> None:
        """Give items under way a last chance to end."""
        end = time.monotonic() + seconds
        while any(not item.ended for item in items) and (left := end - time.monotonic()) > 0:
            try:
                self._ended.get(timeout=left).ended = True
            except queue.Empty:
                return

    def stop(self) -> None:
        """Let no other call begin."""
        self.stopped = True
        for _ in range(self._threads):
            self._todo.put(None)
        self._threads = 0

    def _work(self) -> None:
        while (item := self._todo.get()) is not None:
            if self.stopped or not self._means.concurrency.enter(lambda: self.stopped):
                item.dropped = True
            else:
                try:
                    self._send(item)
                finally:
                    self._means.concurrency.leave()
            self._ended.put(item)

    def _send(self, item: _Item) -> None:
        """Make a call between its two lines in the journal."""
        journal = self._journal
        call = {**item.call, "idempotency_key": item.key} if item.key else item.call
        # A read may be done again, and an item in doubt has its line.
        if journal is not None and not (self._means.reads or item.in_doubt):
            try:
                journal.start(item.index, item.digest, item.key)
            except JournalError as error:
                self._fail(error)
                item.dropped = True
                return
        item.sent = True
        renews = journal is not None and item.key and not item.in_doubt
        try:
            item.reply = self._means.call(partial(self._renew, item) if renews else None, **call)
        except JournalError as error:  # there is no other key, so the last try was the last refusal
            self._fail(error)
            item.dropped = True
            return
        except BaseException as error:  # whatever it is, it belongs to this item and to no other
            item.error = error if isinstance(error, Exception) else _ended_by(error)
            if item.in_doubt:
                item.error = _doubted(item.error, "An earlier run sent it, too.")
        if journal is not None:
            try:
                journal.finish(item.index, item.digest, item.reply, item.error, in_doubt=item.in_doubt)
            except JournalError as error:
                self._fail(error)
                item.unwritten = True

    def _renew(self, item: _Item) -> str:
        """Return another key for an item of which nothing was done, once the journal has it."""
        assert self._journal is not None
        item.key = _new_key()
        self._journal.start(item.index, item.digest, item.key)
        return item.key

    def _fail(self, error: JournalError) -> None:
        self.failure = self.failure or error
        self.stopped = True


def _ended_by(error: BaseException) -> DynzuoraError:
    """Return the error of a call that something ended that ends a thread, as SystemExit does."""
    return DynzuoraError(f"the call ended with {error!r}: it may have been done.", may_have_been_applied=True)


_KEY = canonical(_zuora.OPTION_HEADERS["idempotency_key"])


def _own_key(call: Mapping[str, Any]) -> Any:
    """Return the idempotency key that a caller chose, wherever and however a call takes it."""
    for arguments in (call, call.get("params"), call.get("headers")):
        for name, value in arguments.items() if isinstance(arguments, Mapping) else ():
            if value and canonical(str(name)) == _KEY:
                return value
    return None


def _new_key() -> str:
    return os.urandom(16).hex()


def _stopped(error: JournalError, unwritten: list[int]) -> JournalError:
    """Return why a run stopped, with the results that its journal does not have."""
    words = [str(error), "The run stopped: no other call was sent."]
    if unwritten:
        words.append(
            f"What came of {_listed(unwritten)} (counted from 0) was given and is not in the journal: a "
            "resumed run takes them for sent, outcome unknown."
        )
    stopped = JournalError(" ".join(words), path=error.path, unwritten=tuple(unwritten))
    stopped.__cause__ = error.__cause__
    return stopped


def _listed(indexes: list[int]) -> str:
    more = len(indexes) - _MOST_LISTED
    return ", ".join(map(str, indexes[:_MOST_LISTED])) + (f" and {more:,} more" if more > 0 else "")


def _not_sent_again(operation_id: str, index: int, past: Past, *, keyed: bool) -> DynzuoraError:
    """Return the error of an item that an earlier run may have done, and that is not safe to repeat."""
    error = past.error or TransportError(
        f"{operation_id}: item {index} was being sent when an earlier run stopped.", operation_id=operation_id
    )
    why = (
        "its idempotency key is too old, or the clock was set back" if keyed else "it has no idempotency key"
    )
    return _doubted(error, f"It was not sent again: {why}.")


def _doubted(error: Exception, words: str) -> DynzuoraError:
    """Return an error as one of an item that may have been done, with more words."""
    if isinstance(error, DynzuoraError):
        doubted = copy.copy(error)
    else:
        doubted = DynzuoraError(f"{type(error).__name__}: {error}")
    doubted.args = (f"{doubted.args[0] if doubted.args else ''} {words}".strip(),)
    if not (isinstance(error, TransportError) and error.may_have_been_applied):  # which says so in words
        doubted.advice = Advice("look")
    doubted.__dict__["may_have_been_applied"] = True
    return doubted


def _no_arguments(operation_id: str, call: object) -> TypeError:
    return TypeError(
        f"map {operation_id}: each call is a mapping of arguments such as "
        f'{{"account_key": "A00000001"}} or {{"body": {{…}}}}, not a {type(call).__name__}. '
        "What came before it was sent."
    )


def _length(calls: Any) -> int | None:
    return len(calls) if hasattr(calls, "__len__") else None
