"""Run a statement over the tables of a tenant in SQLite, in bounded steps, rows and text."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from dynzuora.sandbox.sql.catalog import Catalog, Table
from dynzuora.sandbox.sql.functions import (
    FUNCTIONS,
    LONGEST_TEXT,
    OPERATORS,
    Average,
    Sum,
    careful,
)
from dynzuora.sandbox.sql.parsing import Reader
from dynzuora.sandbox.sql.terms import Column, Select
from dynzuora.sandbox.sql.values import (
    SqlError,
    Stored,
    loaded,
    python,
    shown,
    stored,
)
from dynzuora.sandbox.sql.words import Word, words

LONGEST_STATEMENT = 50_000
"""Characters of a statement."""

MOST_STEPS = 10_000
"""How often SQLite reports, each time after a thousand of its instructions."""

MOST_ROWS = 100_000
"""The most rows of a result."""


class Result(NamedTuple):
    """The result of a statement. Columns may share a name."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


def rows(catalog: Catalog, statement: str, now: datetime) -> Result:
    """Return the result of a statement, at the time ``now``.

    Raises `SqlError` for a statement that Data Query would refuse, and for what the sandbox does not have.
    """
    if len(statement) > LONGEST_STATEMENT:
        raise SqlError(f"The query has {len(statement):,} characters; the maximum is {LONGEST_STATEMENT:,}")
    try:
        return _shown(catalog, words(statement)) or _selected(catalog, statement, now)
    except RecursionError:
        raise SqlError("The query is too complex for the sandbox") from None


def _shown(catalog: Catalog, listed: Sequence[Word]) -> Result | None:
    """Return the result of SHOW TABLES, SHOW COLUMNS and DESCRIBE, None for other statements."""
    keys = [word.key or word.text.lower() for word in listed[:-1] if word.key != ";"]
    if keys[:2] == ["show", "tables"] and len(keys) == 2:
        return Result(("Table",), [(name,) for name in catalog.names()])
    names = keys[3:] if keys[:2] == ["show", "columns"] and keys[2:3] in (["from"], ["in"]) else keys[1:]
    if keys[:1] not in (["show"], ["describe"], ["desc"]) or (names == keys[1:] and keys[0] == "show"):
        return None
    table = catalog.table(names[-1]) if names and len(names) % 2 else None
    if table is None:
        raise SqlError(f"line 1:1: Table '{''.join(names)}' does not exist")
    columns = [(name, type.name, "", "") for name, type in table.columns.items()]
    return Result(("Column", "Type", "Extra", "Comment"), columns)


def _selected(catalog: Catalog, statement: str, now: datetime) -> Result:
    used: dict[str, Table] = {}

    def table(name: str) -> tuple[str, tuple[Column, ...]] | None:
        known = used.get(name) or catalog.table(name)
        if known is None:
            return None
        used[name] = known
        return _quoted(name), tuple(Column(name, _quoted(name), type) for name, type in known.columns.items())

    reader = Reader(statement, table, now)
    select = reader.statement()
    parameters = {name: stored(value) for name, value in reader.parameters.items()}
    return _run(used, select, parameters)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _run(tables: Mapping[str, Table], select: Select, parameters: Mapping[str, Stored]) -> Result:
    failures: list[SqlError] = []
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        _register(connection, failures)
        for name, table in tables.items():
            _load(connection, name, table)
        _bound(connection)
        cursor = connection.execute(select.sql, parameters)
        found = cursor.fetchmany(MOST_ROWS + 1)
    except (sqlite3.Error, OverflowError) as error:
        if failures:
            raise failures[0] from None
        if "interrupted" in str(error):
            raise SqlError("Query exceeded maximum time limit of the sandbox") from None
        raise SqlError(f"The sandbox cannot run this: {error}") from None
    finally:
        connection.close()
    if len(found) > MOST_ROWS:
        raise SqlError(f"The result has more than {MOST_ROWS:,} rows: add a LIMIT")
    types = [column.type for column in select.columns]
    return Result(
        tuple(column.name for column in select.columns),
        [tuple(shown(loaded(value), type) for value, type in zip(row, types, strict=True)) for row in found],
    )


def _register(connection: sqlite3.Connection, failures: list[SqlError]) -> None:
    """Add the functions; SQLite says only that one raised, so why is kept in ``failures``."""

    def noted(function: Callable[..., Any]) -> Callable[..., Any]:
        def called(*arguments: Any) -> Any:
            try:
                return function(*arguments)
            except SqlError as error:
                failures.append(error)
                raise
            except (TypeError, ValueError, AttributeError, LookupError) as error:
                failures.append(SqlError(f"The sandbox cannot compute this: {error}"))
                raise

        return called

    functions = {
        name: careful(function.compute, sees_null=function.sees_null) for name, function in FUNCTIONS.items()
    }
    functions |= {name: careful(function) for name, function in OPERATORS.items()}
    for name, function in functions.items():
        if name == "dz_number":  # of a count, which SQLite has as an integer
            connection.create_function(name, 1, noted(stored), deterministic=True)
        else:
            connection.create_function(name, -1, noted(python(function)), deterministic=True)
    for name, kind in (("dz_sum", Sum), ("dz_avg", Average)):
        connection.create_window_function(name, 1, _aggregate(kind, noted))


def _aggregate(kind: type[Sum], noted: Callable[[Callable[..., Any]], Callable[..., Any]]) -> type:
    """Return an aggregate of Python's numbers as one of SQLite's values."""

    class Aggregate:
        def __init__(self) -> None:
            aggregate = kind()
            self.step = noted(lambda value: aggregate.step(loaded(value)))
            self.inverse = noted(lambda value: aggregate.inverse(loaded(value)))
            self.value = self.finalize = noted(lambda: stored(careful(aggregate.value)()))

    return Aggregate


def _load(connection: sqlite3.Connection, name: str, table: Table) -> None:
    columns = ", ".join(map(_quoted, table.columns))
    connection.execute(f"CREATE TABLE {_quoted(name)} ({columns})")
    marks = ", ".join("?" for _ in table.columns)
    values = (tuple(map(stored, row)) for row in table.rows)
    connection.executemany(f"INSERT INTO {_quoted(name)} VALUES ({marks})", values)


_ALLOWED = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION)


def _bound(connection: sqlite3.Connection) -> None:
    """Allow reading only, and neither long texts nor long runs."""
    connection.execute("PRAGMA query_only = ON")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 10 * LONGEST_TEXT)
    steps = iter(range(MOST_STEPS))
    connection.set_progress_handler(lambda: next(steps, None) is None, 1000)
    connection.set_authorizer(
        lambda action, *_: sqlite3.SQLITE_OK if action in _ALLOWED else sqlite3.SQLITE_DENY
    )
