"""`Query`: sends a statement when its first row is taken, waits for its job, and streams the rows."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Self

from dynzuora import _zuora, lists
from dynzuora._names import canonical
from dynzuora._text import visible
from dynzuora.display import render
from dynzuora.display.cards import work_card
from dynzuora.errors import DynzuoraError, JobFailed
from dynzuora.http import Request
from dynzuora.jobs import submit
from dynzuora.jobs.job import HOUR
from dynzuora.jobs.kinds import values
from dynzuora.lists import amounts, checked_limit, selected_fields
from dynzuora.model import Shape, shape_of
from dynzuora.queries.columns import declared, read
from dynzuora.queries.statements import AQUA, SQL, ZOQL, bound, engine_of, tables
from dynzuora.tables.tabular import RowTypes, Tabular

if TYPE_CHECKING:
    from dynzuora.jobs import Job
    from dynzuora.operation import Operation
    from dynzuora.operation.caller import Caller

_BATCH: Final = 1000
"""Rows that are read together."""

_PLACE: Final = re.compile(r"line (\d+):(\d+): ")


class Query(Tabular):
    """The rows of a query, a one-pass iterator: dicts, with Decimals where the document declares numbers.

    Nothing is sent before the first row is taken. ``text`` is the statement as it is sent, ``engine``
    its engine, and ``job`` its `Job`, once there is one. After a failure, or Ctrl-C,
    iterating again resumes: a job is not started twice. In a dry run, the request is the only row.
    """

    resume_token = None
    """As `Items` has it. A job is resumed by its id: ``client.query(job=…)``."""

    def __init__(
        self,
        caller: Caller,
        operation: Operation,
        text: str,
        engine: str,
        *,
        job: Job | None = None,
        limit: int | None = None,
        progress: bool | None = None,
        timeout: float | None = HOUR,
    ) -> None:
        self.text = text
        self.engine = engine
        self.job = job
        self._caller = caller
        self._operation = operation
        self._limit = limit
        self._progress = progress
        self._timeout = timeout
        self._rows: Iterator[Any] | None = None
        self._next: list[Any] = []
        self._kept: list[Any] = []
        self._taken = 0
        self._columns = list(selected_fields(text)) if engine != SQL else []
        self._places: amounts.Places | None = None

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        row = self._next.pop() if self._next else self._row()
        self._taken += 1
        return row

    def first(self) -> Any:
        """Return the next row without taking it, None at the end."""
        if not self._next:
            try:
                self._next = [self._row()]
            except StopIteration:
                return None
        return self._next[0]

    def columns(self) -> list[str]:
        """Return the names of the columns, once the first row is there: SQL's of no rows are not known."""
        self.first()
        return self._columns

    def to_list(self) -> list[Any]:
        """Take and return the rest. After a failure, call it again: it resumes and returns everything."""
        self._refuse_if_collecting()
        for row in self:
            self._kept.append(row)
        rows, self._kept = self._kept, []
        return rows

    def _row_batches(self) -> Iterator[list[Any]]:
        batch, self._kept = self._kept, []
        try:
            for row in self:
                batch.append(row)
                if len(batch) >= _BATCH:
                    yield batch
                    batch = []
        except BaseException:
            self._kept = batch  # for the next call
            raise
        yield batch

    def _row_types(self) -> RowTypes:
        columns = self.columns()
        return RowTypes(self._shape(columns), columns, self._caller.floats)

    def __repr__(self) -> str:
        return visible(f"<Query by {self.engine}: {self._taken:,} rows read of {_shortened(self.text)!r}>")

    def _repr_html_(self) -> str:
        state = f"{self._taken:,} rows read" if self._taken else "nothing read yet"
        ways = (".first()", ".to_list()", ".to_df()", ".to_parquet(path)", "for row in …:")
        card = work_card("Query", state, {"statement": self.text}, hint="Read them with", code=ways)
        return render("work", **card)

    # Rows

    def _row(self) -> Any:
        """Return the next row; after a failure, the rows are opened again where it happened."""
        if self._rows is None:
            self._rows = itertools.islice(self._opened(), self._taken, self._limit)
        try:
            row = next(self._rows)
        except StopIteration:
            raise
        except BaseException:
            if self.engine != ZOQL:  # a list goes on by itself
                self._rows = None
            raise
        if not isinstance(row, Mapping):  # the request of a dry run
            return row
        if not self._columns:
            self._columns = list(row)
        if self._places is None:
            self._places = {} if self._caller.floats else amounts.places(self._shape(self._columns))
        if self.engine == AQUA:
            row = read(row, self._shape(self._columns), floats=self._caller.floats)
        return amounts.make_exact(row, self._places)

    def _opened(self) -> Iterator[Any]:
        body = _filled(_zuora.QUERIES[self.engine].body, self.text)
        if self.engine == ZOQL:
            return lists.start(
                lists.Items,
                self._caller,
                self._operation,
                body,
                {},
                limit=self._limit,
                progress=self._progress,
            )
        if self.job is None:
            started = submit(self._caller, self._operation, body, {})
            if isinstance(started, Request):
                return iter([started])
            self.job = started
        self._wait(self.job)
        if not self.text:
            self.text = str(next(iter(values(self.job.reply, _zuora.QUERIES[self.engine].statement)), ""))
        return iter(self.job.rows())

    def _wait(self, job: Job) -> None:
        """Wait for the job; whatever ends the waiting says how to resume, or where the statement is wrong."""
        try:
            job.wait(self._timeout, progress=self._progress)
        except KeyboardInterrupt:
            raise KeyboardInterrupt(f"{job} is still running. {self._how_to_resume(job)}") from None
        except JobFailed as error:
            if mark := _marked(self.text, str(error)):
                error.add_note(mark)
            raise
        except DynzuoraError as error:
            error.add_note(self._how_to_resume(job))
            raise

    def _how_to_resume(self, job: Job) -> str:
        engine = "" if self.engine == SQL else f", engine={self.engine!r}"
        return f"Resume with client.query(job={job.id!r}{engine})."

    # Types

    @cached_property
    def _fields(self) -> dict[str, Shape]:
        return declared(self._caller.operations, tables(self.text))

    def _shape(self, columns: list[str]) -> Shape:
        """Return the shape of a row: what the document declares of the columns."""
        fields = {name: self._fields.get(canonical(name)) for name in columns}
        return shape_of({"properties": {name: field.schema for name, field in fields.items() if field}})


def start(
    caller: Caller,
    text: str,
    *,
    engine: str | None = None,
    params: Mapping[str, Any] | None = None,
    job: str = "",
    limit: int | None = None,
    progress: bool | None = None,
    timeout: float | None = HOUR,
) -> Query:
    """Return the `Query` of a statement, or of ``job``; nothing is sent yet. The rest is of `Client.query`.

    ``timeout`` is that of waiting for a job, in seconds.

    Raises `InvalidRequest` for values or a limit that are not valid, `UnknownOperation` if the document
    does not have the engine, TypeError unless there is either a statement or a job.
    """
    if bool(text.strip()) == bool(job):
        raise TypeError("query takes a statement, or job=, the id of its job; not both.")
    name = engine_of(text, engine)
    asked = _zuora.QUERIES[name]
    if job and not asked.poll:
        raise TypeError(f"engine={name!r} has no jobs.")
    operation = caller.operation(asked.poll if job else asked.start)
    limit = checked_limit(operation, limit)
    if params is not None:
        text = bound(text, params, name)
    polling = caller.with_options(dry_run=False)
    running = submit(polling, operation, None, {asked.parameter: job}) if job else None
    return Query(caller, operation, text, name, job=running, limit=limit, progress=progress, timeout=timeout)


def _filled(form: Any, statement: str) -> Any:
    """Return the body of an engine with a statement in its place."""
    if isinstance(form, Mapping):
        return {name: _filled(value, statement) for name, value in form.items()}
    if isinstance(form, list):
        return [_filled(value, statement) for value in form]
    return statement if form == _zuora.STATEMENT else form


def _marked(statement: str, message: str) -> str:
    """Return the line of the statement that a message names, with a mark below; empty if it names none."""
    place = _PLACE.search(message)
    lines = statement.splitlines()
    if place is None or not 0 < int(place[1]) <= len(lines):
        return ""
    line, column = lines[int(place[1]) - 1], int(place[2])
    if len(line) > _WIDEST or column > len(line) + 1:
        return ""
    return f"{visible(line)}\n{' ' * (column - 1)}^"


def _shortened(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"


_WIDEST: Final = 200
_LONGEST_SHOWN: Final = 60
