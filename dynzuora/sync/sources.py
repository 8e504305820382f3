"""Where rows come from: what an object has, and the statement that reads a window of time."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from dynzuora import _zuora, files, queries
from dynzuora.errors import DynzuoraError
from dynzuora.model import Shape, shape_of
from dynzuora.sync.rules import rules

if TYPE_CHECKING:
    from dynzuora.operation.caller import Caller


class Description(NamedTuple):
    """The columns of an object, their types, and the server's time before rows are asked for."""

    columns: tuple[str, ...]
    types: Shape
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
        query = self._query(f"describe {_identifier(name)}")
        columns = {str(_value(row, "column")): str(_value(row, "type")) for row in query}
        types = {name: _zuora.SQL_SCHEMAS.get(type.partition("(")[0], {}) for name, type in columns.items()}
        now = _time(query.job and query.job.reply, self._clock)
        return Description(tuple(columns), shape_of({"properties": types}), now)

    def statement(self, name: str, columns: Sequence[str], window: Window) -> str:
        literal = "timestamp '{:%Y-%m-%d %H:%M:%S} +00:00'".format
        changed = _identifier(window.changed) if window.changed else ""
        return _select(map(_identifier, columns), _identifier(name), changed, window, literal)

    def rows(self, statement: str) -> Iterable[Mapping[str, Any]]:
        # The job outlives a run that dies; what it would have returned is asked for again.
        return self._query(statement)

    def _query(self, statement: str) -> queries.Query:
        return _query(self._caller, statement, "sql", self._progress)


class Zoql:
    """ZOQL, or AQuA, which runs it as a job: the columns of the tenant's description, no deleted rows."""

    def __init__(self, caller: Caller, clock: datetime, progress: bool | None, engine: str = "zoql") -> None:
        self._caller = caller
        self._clock = clock
        self._progress = progress
        self._engine = engine

    def describe(self, name: str) -> Description:
        text = self._caller.call(_zuora.DESCRIBE, params={"object": name})
        fields = files.rows(io.BytesIO(str(text).encode()), name=f"the description of {name}")
        columns = {str(field["name"]): field.get("type", "") for field in fields if self._has(field)}
        types = {name: _zuora.FIELD_SCHEMAS.get(type, {}) for name, type in columns.items()}
        return Description(tuple(columns), shape_of({"properties": types}), _time(text, self._clock))

    def _has(self, field: Mapping[str, Any]) -> bool:
        if self._engine == "zoql":
            return field.get("selectable") is not False
        return "export" in str(field.get("contexts", "export")).split(",")

    def statement(self, name: str, columns: Sequence[str], window: Window) -> str:
        literal = "'{:%Y-%m-%dT%H:%M:%S}+00:00'".format
        return _select(columns, name, window.changed, window, literal)

    def rows(self, statement: str) -> Iterable[Mapping[str, Any]]:
        return _query(self._caller, statement, self._engine, self._progress)


ENGINES: Mapping[str, Callable[[Caller, datetime, bool | None], Source]] = {
    "sql": Sql,
    "zoql": Zoql,
    "aqua": partial(Zoql, engine="aqua"),
}


def _query(caller: Caller, statement: str, engine: str, progress: bool | None) -> queries.Query:
    """Return the rows of a statement; a job is waited for as long as the server lets it run."""
    return queries.start(caller, statement, engine=engine, progress=progress, timeout=None)


def _select(
    columns: Iterable[str], table: str, changed: str, window: Window, literal: Callable[[datetime], str]
) -> str:
    bounds = ((">=", window.since), ("<", window.until))
    conditions = [f"{changed} {operator} {literal(time)}" for operator, time in bounds if time is not None]
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
