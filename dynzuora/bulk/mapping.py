"""Calls in, results out: a window of them under way on threads, results in the order of the calls."""

from __future__ import annotations

import os
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from dynzuora import _zuora
from dynzuora._redaction import redacted
from dynzuora.bulk import batches
from dynzuora.bulk.journal import KEY_LIFE, Journal, digest_of
from dynzuora.display.progress import Meter
from dynzuora.errors import TransportError
from dynzuora.operation import Operation
from dynzuora.transport import Concurrency
from dynzuora.transport.retries import UNKNOWN, tries

_AHEAD = 8
"""Calls taken per worker before the first of their results is."""
_LEAST_AHEAD = 32
_LAST_CHANCE = 0.5
"""Seconds that calls under way have to end after Ctrl-C; the rest are reported."""


class MapResult(NamedTuple):
    """What came of one call, or of one row of a batch: a ``reply`` or an ``error``."""

    index: int  # type: ignore[assignment]  # a result is looked up by nobody: tuple.index is no loss
    call: Any
    reply: Any = None
    error: Exception | None = None

    def __repr__(self) -> str:
        from dynzuora.display.cards import cell

        became = "done" if self.error is None else f"{type(self.error).__name__}: {self.error}"
        return f"<MapResult {self.index} {cell(redacted(self.call))}: {cell(became)}>"

    def _repr_html_(self) -> str:
        from dynzuora.display import render
        from dynzuora.display.cards import work_card

        state = "failed" if self.error is not None else "done"
        facts = {"call": redacted(self.call), "error": self.error, "reply": redacted(self.reply)}
        return render("work", **work_card(f"Result {self.index}", state, facts))


class Means(NamedTuple):
    """What a run needs of a client: to call, a share of its concurrency, and what may be repeated."""

    call: Callable[..., Any]
    concurrency: Concurrency
    reads: bool = False
    keyed: bool = False
    """Whether each item gets an idempotency key of its own, which the journal remembers."""
    place: str = ""
    """Which tenant and entity the calls go to: a journal belongs to one."""


class _Item:
    """One call on its way; a slot of the window."""

    __slots__ = ("call", "digest", "ended", "error", "index", "key", "reply", "sent")

    def __init__(self, index: int, call: Mapping[str, Any]) -> None:
        self.index = index
        self.call = call
        self.digest = ""
        self.key = ""
        self.reply: Any = None
        self.error: Exception | None = None
        self.sent = False
        self.ended = False


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
        self._repeatable = tries(UNKNOWN, operation.method, reads=means.reads) > 1
        self._journal = Journal(journal, {"operation": operation.id, "at": means.place}) if journal else None
        self._crew = _Crew(means, self._journal, durable=not means.reads)
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
        self._exhausted = False
        self._ready: deque[MapResult] = deque()
        self._rows = 0

    def __iter__(self) -> Iterator[MapResult]:
        return self

    def __next__(self) -> MapResult:
        while not self._ready:
            try:
                item = self._take()
            except BaseException:
                self.close()
                raise
            if item is None:
                self.close()
                if self._fault is not None:
                    fault, self._fault = self._fault, None
                    raise fault
                raise StopIteration
            self._ready.extend(self._results_of(item))
        return self._ready.popleft()

    def __enter__(self) -> Map:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        if self._crew is not None:
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
        """Stop: calls under way end, no other begins."""
        if self._crew.stopped:
            return
        self._crew.stop()
        self._meter.close()
        self._crew.settle([each for each in self._window if each.sent], _LAST_CHANCE)
        if self._journal is not None:
            self._journal.close()

    # Inside

    def _results_of(self, item: _Item) -> Iterator[MapResult]:
        """Count an item that has ended, and return its result, or those of its rows."""
        self._taken += 1
        self._failed += item.error is not None
        self._meter.advance(1, note=f"{self._failed} failed" if self._failed else None)
        if self._batch is None:
            yield MapResult(item.index, item.call, item.reply, item.error)
            return
        rows = batches.rows_of(self._operation_id, self._batch, item.call)
        found = batches.results(self._batch, rows, item.reply, item.error)
        for row, (reply, error) in zip(rows, found, strict=True):
            yield MapResult(self._rows, row, reply, error)
            self._rows += 1

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
        while not self._exhausted and len(self._window) < self._ahead:
            try:
                call = next(self._source)
            except StopIteration:
                self._exhausted = True
                return
            except Exception as error:  # the caller's own iterable: told after what came before it
                self._exhausted, self._fault = True, error
                return
            if not isinstance(call, Mapping):
                self._exhausted, self._fault = True, _no_arguments(self._operation_id, call)
                return
            item = _Item(self._next, call)
            self._next += 1
            self._window.append(item)
            if self._journal is not None:
                self._recall(self._journal, item)
            if not item.ended:
                self._crew.add(item, self._workers)

    def _recall(self, journal: Journal, item: _Item) -> None:
        """Take from the journal what an earlier run made of the item, or decide that it is to be sent."""
        item.digest = digest_of(item.call)
        known = journal.known(item.index)
        if known is not None and known.digest != item.digest:
            raise ValueError(
                f"The journal {journal.path} has another call as item {item.index}: resume with the same "
                "calls in the same order, or name another file."
            )
        own_key = item.call.get("idempotency_key")
        if known is None or (not known.done and self._may_repeat(known.key or own_key, known.at)):
            item.key = (known.key if known else "") or (
                os.urandom(16).hex() if self._keyed and not own_key else ""
            )
            return
        item.ended = True
        item.reply, item.error = known.reply, known.error
        if not known.done:
            item.error = TransportError(
                f"{self._operation_id}: item {item.index} was being sent when an earlier run stopped, and "
                "may have been done. It was not sent again: look before you do.",
                operation_id=self._operation_id,
                may_have_been_applied=True,
            )

    def _may_repeat(self, key: Any, at: float) -> bool:
        return self._repeatable or (bool(key) and time.time() - at < KEY_LIFE)

    def _interrupted(self) -> str:
        """Stop, and return what was done in words."""
        self.close()
        under_way = [each for each in self._window if each.sent]
        done = [each for each in self._window if each.ended]
        open_ = [each.index for each in under_way if not each.ended]
        failed = self._failed + sum(each.error is not None for each in done)
        count = self._taken + len(done)
        words = [f"{self._operation_id}: stopped. {count} calls were done, {failed} of them failed."]
        if open_:
            words.append(f"Of calls {', '.join(map(str, open_))} (counted from 0) the outcome is not known.")
        if done:
            words.append(f"The results of the last {len(done)} were not taken.")
        if self._journal is not None:
            words.append(f"Go on with the same calls and journal={str(self._journal.path)!r}.")
        return " ".join(words)


class _Crew:
    """The threads and what passes between them. It knows no `Map`, so that a dropped one is collected."""

    def __init__(self, means: Means, journal: Journal | None, *, durable: bool) -> None:
        self._means = means
        self._journal = journal
        self._durable = durable
        self._todo: queue.SimpleQueue[_Item | None] = queue.SimpleQueue()
        self._ended: queue.SimpleQueue[_Item] = queue.SimpleQueue()
        self._threads = 0
        self.stopped = False

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
        while any(not each.ended for each in items) and (left := end - time.monotonic()) > 0:
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
        while (item := self._todo.get()) is not None and not self.stopped:
            if not self._means.concurrency.enter(lambda: self.stopped):
                return
            item.sent = True
            try:
                self._send(item)
            except Exception as error:  # whatever it is, it belongs to this item and to no other
                item.error = error
            finally:
                self._means.concurrency.leave()
            self._ended.put(item)

    def _send(self, item: _Item) -> None:
        journal = self._journal
        call = {**item.call, "idempotency_key": item.key} if item.key else item.call
        if journal is not None:
            journal.start(item.index, item.digest, item.key, durable=self._durable)
        try:
            item.reply = self._means.call(**call)
        except Exception as error:
            item.error = error
        if journal is not None:
            journal.finish(item.index, item.digest, item.reply, item.error)


def _no_arguments(operation_id: str, call: object) -> TypeError:
    return TypeError(
        f"map {operation_id}: each call is a mapping of arguments such as "
        f'{{"account_key": "A00000001"}} or {{"body": {{…}}}}, not a {type(call).__name__}. '
        "What came before it was sent."
    )


def _length(calls: Any) -> int | None:
    return len(calls) if hasattr(calls, "__len__") else None
