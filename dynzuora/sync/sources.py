"""Where rows come from: what an object has, and the statement that reads a window of time."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from dynzuora import _zuora, files, jobs, lists, paging
from dynzuora.errors import DynzuoraError, InvalidRequest, Problem
from dynzuora.sync.rules import rules

if TYPE_CHECKING:
    from dynzuora.operation.caller import Caller


class Description(NamedTuple):
    """The columns of an object, and the server's time before they were asked for."""

    columns: tuple[str, ...]
    now: datetime


class Window(NamedTuple):
    """Rows whose column ``changed`` is at ``since`` or later and before ``until``; None is no bound."""

    changed: str
    since: datetime | None
    until: datetime | None


class Source(Protocol):
    """What answers statements about one tenant. Its methods raise what `Client.call` raises."""

    def describe(self, name: str) -> Description:
        """Return the columns of an object."""

    def statement(self, name: str, columns: Sequence[str], window: Window) -> str:
        """Return the statement for some columns of the rows of a window."""

    def rows(self, statement: str) -> Iterable[Mapping[str, Any]]:
        """Return the rows of a statement, in bounded memory."""


class Sql:
    """Data Query: SQL, custom fields and deleted rows."""

    def __init__(self, caller: Caller, clock: datetime, progress: bool | None) -> None:
        """``clock`` is the time if the server does not tell its own."""
        self._caller = caller
        self._clock = clock
        self._progress = progress

    def describe(self, name: str) -> Description:
        job = self._submit(f"describe {_identifier(name)}")
        now = _time(job.reply, self._clock)
        rows = list(job.wait(None, progress=self._progress).rows())
        return Description(tuple(str(_value(row, "column")) for row in rows), now)

    def statement(self, name: str, columns: Sequence[str], window: Window) -> str:
        bounds = ((">=", window.since), ("<", window.until))
        conditions = [
            f"{_identifier(window.changed)} {operator} timestamp '{moment:%Y-%m-%d %H:%M:%S} +00:00'"
            for operator, moment in bounds
            if moment is not None
        ]
        return _select(map(_identifier, columns), _identifier(name), conditions)

    def rows(self, statement: str) -> Iterable[Mapping[str, Any]]:
        # The job outlives a run that dies; what it would have returned is asked for again.
        return self._submit(statement).wait(None, progress=self._progress).rows()  # type: ignore[no-any-return]

    def _submit(self, statement: str) -> jobs.Job:
        body = {
            "query": statement,
            "outputFormat": "JSON",
            "compression": "GZIP",
            "output": {"target": _zuora.DATA_QUERY_TARGET},
        }
        operation = _operation(self._caller, _zuora.DATA_QUERY, "sql")
        return jobs.submit(self._caller, operation, body, {})  # type: ignore[no-any-return]


class Zoql:
    """ZOQL: the columns of the tenant's description, and no deleted rows."""

    def __init__(self, caller: Caller, clock: datetime, progress: bool | None) -> None:
        self._caller = caller
        self._clock = clock
        self._progress = progress

    def describe(self, name: str) -> Description:
        operation = _operation(self._caller, _zuora.DESCRIBE, "zoql")
        text = self._caller.call(operation.id, params={_zuora.DESCRIBED_OBJECT: name})
        fields = files.rows(io.BytesIO(str(text).encode()), name=f"the description of {name}")
        columns = (str(field["name"]) for field in fields if field.get("selectable") is not False)
        return Description(tuple(columns), _time(text, self._clock))

    def statement(self, name: str, columns: Sequence[str], window: Window) -> str:
        bounds = ((">=", window.since), ("<", window.until))
        conditions = [
            f"{window.changed} {operator} '{moment:%Y-%m-%dT%H:%M:%S}+00:00'"
            for operator, moment in bounds
            if moment is not None
        ]
        return _select(columns, name, conditions)

    def rows(self, statement: str) -> Iterator[Mapping[str, Any]]:
        operation = _operation(self._caller, _zuora.ZOQL, "zoql")
        body = {paging.QUERY: statement}
        return lists.start(lists.Items, self._caller, operation, body, {}, progress=self._progress)


ENGINES: Mapping[str, Callable[[Caller, datetime, bool | None], Source]] = {"sql": Sql, "zoql": Zoql}


def _operation(caller: Caller, identifier: str, engine: str) -> Any:
    operation = caller.operations.get(identifier)
    if operation is None:
        problem = Problem("engine", f"{engine!r} needs {identifier}, which this document does not have.")
        raise InvalidRequest.of(identifier, [problem])
    return operation


def _select(columns: Iterable[str], table: str, conditions: Sequence[str]) -> str:
    where = f" where {' and '.join(conditions)}" if conditions else ""
    return f"select {', '.join(columns)} from {table}{where}"


def _identifier(name: str) -> str:
    """Return a name as SQL writes it: quoted if it must be."""
    if _PLAIN.fullmatch(name) and name.lower() not in rules().reserved:
        return name
    if '"' in name:
        raise DynzuoraError(f"{name!r} cannot be a column of a statement.")
    return f'"{name}"'


_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*")


def _value(row: Mapping[str, Any], name: str) -> Any:
    return next((value for key, value in row.items() if key.lower() == name), "")


def _time(reply: Any, clock: datetime) -> datetime:
    """Return when the server sent a reply, by its ``Date`` (RFC 9110, 6.6.1); ``clock`` if it has none."""
    try:
        return parsedate_to_datetime(reply.meta.headers["Date"]).astimezone(UTC)
    except (AttributeError, KeyError, TypeError, ValueError):
        return clock
