"""`Sync`: reads what has changed since the last run, batch by batch, and records how far it came."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, NamedTuple

from dynzuora._names import canonical, nearest
from dynzuora.errors import FileError, InvalidRequest, Problem
from dynzuora.sync.rules import column, rules
from dynzuora.sync.sources import Source, Window
from dynzuora.sync.state import Entry, State
from dynzuora.sync.targets import Batch, Target
from dynzuora.sync.versions import Versions


class Plan(NamedTuple):
    """What to read: an object and how. ``overlap`` and ``window`` are in days, ``lag`` in minutes."""

    object: str
    engine: str
    columns: tuple[str, ...] | None
    since: datetime | None
    overlap: float
    lag: float
    window: float | None


class Summary(NamedTuple):
    """What a run did. ``until`` is the end of what was read, an ISO time in UTC."""

    object: str
    rows: int
    deleted: int
    batches: int
    until: str
    new_columns: tuple[str, ...]

    def __str__(self) -> str:
        rows = f"{self.rows:,} changed {'row' if self.rows == 1 else 'rows'}"
        deleted = f", {self.deleted:,} deleted" if self.deleted else ""
        until = f" until {self.until}" if self.until else ""
        columns = f"; new columns: {', '.join(self.new_columns)}" if self.new_columns else ""
        return f"{self.object}: {rows}{deleted}{until}{columns}"


class Sync:
    """One incremental extraction of an object. `Client.sync` makes it.

    With a target it has run already; otherwise, iterate over `rows`. Its methods raise what
    `Client.sync` raises. ``summary`` is None until the end of the run.
    """

    def __init__(
        self, source: Source, plan: Plan, open_state: Callable[[], AbstractContextManager[State | NoState]]
    ) -> None:
        self._source = source
        self._plan = plan
        self._open_state = open_state
        self.summary: Summary | None = None

    def rows(self) -> Iterator[Mapping[str, Any]]:
        """Yield the new version of each row that has changed.

        A batch is recorded when the row after its last one is asked for: a run that is not
        iterated to the end repeats its last batch.
        """
        with self._open_state() as state:
            for batch in self._batches(state):
                yield from batch.rows

    def run(self, target: Target) -> Sync:
        """Write everything that has changed to ``target``."""
        with self._open_state() as state:
            entry = state.entry(self._plan.object)
            name = entry.object if entry else self._plan.object
            target.begin(name, state.id, entry.batches if entry else 0)
            if entry is None:  # the file of a run that dies now is known as one of this state
                state.commit(Entry(name, self._plan.engine))
            for batch in self._batches(state):
                first = next(batch.rows, None)
                if first is None:
                    continue
                target.write(batch._replace(rows=chain((first,), batch.rows)))
                if next(batch.rows, None) is not None:
                    raise ValueError(f"The target did not take all rows of {batch.key}.")
        return self

    def __repr__(self) -> str:
        return f"<Sync of {self.summary or f'{self._plan.object}: not run yet'}>"

    def _batches(self, state: State | NoState) -> Iterator[Batch]:
        """Yield each batch, and record it when the next one is asked for."""
        plan = self._plan
        entry = state.entry(plan.object) or Entry(plan.object, plan.engine)
        if entry.engine != plan.engine:
            raise FileError(
                f"The state {state.path} has {entry.object} by engine={entry.engine!r}, whose rows differ. "
                "Use that engine, or another state.",
                path=str(state.path),
            )
        description = self._source.describe(entry.object)
        columns = _selected(plan, description.columns)
        changed = column(columns, rules().changed)
        deleted = column(columns, (rules().deleted,))
        known = {*map(canonical, entry.columns)}
        new_columns = tuple(name for name in columns if known and canonical(name) not in known)
        versions = Versions(entry.versions)
        counts = _Counts()
        batches = entry.batches
        last = description.now.replace(microsecond=0) - timedelta(minutes=plan.lag)
        for window in _windows(plan, entry, changed, last):
            until = max(entry.until, _iso(window.until))
            again = max(_earlier(until, plan.overlap), entry.versions_since, _iso(plan.since))
            versions.since = _first_day(again, until)
            before = counts.rows
            rows = self._source.rows(self._source.statement(entry.object, columns, window))
            number = entry.batches + 1
            yield Batch(
                entry.object,
                number,
                f"{entry.object}-{number:06d}-{state.id}",
                _iso(window.since),
                _iso(window.until),
                columns,
                description.types,
                _new(rows, versions, changed, deleted, counts),
            )
            entry = entry._replace(
                until=until,
                batches=number if counts.rows > before else entry.batches,
                rows=entry.rows + counts.rows - before,
                columns=columns,
                versions_since=again if until else "",
                versions=versions.days(),
            )
            state.commit(entry)
        self.summary = Summary(
            entry.object, counts.rows, counts.deleted, entry.batches - batches, entry.until, new_columns
        )


class _Counts:
    """How many rows were taken."""

    def __init__(self) -> None:
        self.rows = 0
        self.deleted = 0


def _new(
    rows: Iterable[Mapping[str, Any]], versions: Versions, changed: str, deleted: str, counts: _Counts
) -> Iterator[Mapping[str, Any]]:
    """Yield the rows that are not the last version that was written, and count them."""
    for row in rows:
        if versions.add(row, changed):
            counts.rows += 1
            counts.deleted += row.get(deleted) in (True, "true")
            yield row


def _selected(plan: Plan, columns: Sequence[str]) -> tuple[str, ...]:
    """Return the columns to read: those of the plan, and those that a later run needs."""
    if plan.columns is None:
        return tuple(columns)
    spellings = {canonical(name): name for name in columns}
    problems = []
    for name in plan.columns:
        if canonical(name) not in spellings:
            close = nearest(name, columns)
            hint = f" Did you mean {close[0]}?" if close else ""
            problems.append(Problem("columns", f"{name!r} is not a column of {plan.object}.{hint}"))
    if problems:
        raise InvalidRequest.of(f"sync of {plan.object}", problems)
    needed = ("Id", column(columns, rules().changed), rules().deleted)
    wanted = dict.fromkeys(map(canonical, (*needed, *plan.columns)))
    return tuple(spellings[form] for form in wanted if form in spellings)


def _windows(plan: Plan, entry: Entry, changed: str, last: datetime) -> Iterator[Window]:
    """Yield the windows of a run, in order; none if the last run came as far."""
    if not changed:
        yield Window("", None, None)
        return
    if entry.until:
        if _iso(last) <= entry.until:
            return
        start = max(_earlier(entry.until, plan.overlap), entry.versions_since)
        since: datetime | None = datetime.fromisoformat(start)
    else:
        since = plan.since
    if since is not None and since >= last:
        return
    if plan.window and since is not None:
        step = timedelta(days=plan.window)
        while since + step < last:
            yield Window(changed, since, since + step)
            since += step
    yield Window(changed, since, last)


def _earlier(moment: str, days: float) -> str:
    return _iso(datetime.fromisoformat(moment) - timedelta(days=days)) if moment else ""


def _first_day(again: str, until: str) -> str:
    """Return the first day whose versions a later run needs, which begins at ``again``."""
    if not until:
        return ""
    if again >= until:
        return _NEVER
    # The dates of rows may be in another time zone.
    return (datetime.fromisoformat(again) - timedelta(days=1)).date().isoformat()


_NEVER = "9999-12-31"


def _iso(moment: datetime | None) -> str:
    return "" if moment is None else moment.isoformat()


class NoState:
    """In place of a state: nothing was read before, and nothing is recorded."""

    path = ""

    def __init__(self, new_id: str) -> None:
        self.id = new_id
        self._entry: Entry | None = None

    def entry(self, name: str) -> Entry | None:
        return self._entry

    def commit(self, entry: Entry) -> None:
        self._entry = entry
