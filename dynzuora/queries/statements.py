"""Statements as text: which engine answers one, which tables it reads, and values put into it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

from dynzuora import _json, _native
from dynzuora._names import nearest
from dynzuora._zuora import QUERIES
from dynzuora.errors import InvalidRequest, Problem

SQL, ZOQL, AQUA = QUERIES
_QUOTED: Final[Mapping[str, str]] = {
    SQL: r"'[^']*'|\"[^\"]*\"",
    ZOQL: r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"",
}
"""By dialect; AQuA's is ZOQL's."""
_WORD: Final = {
    engine: re.compile(
        rf"(?P<skipped>{quoted}|--[^\n]*|/\*.*?\*/)"
        r"|(?P<null>!?=\s*null\b)"
        r"|(?<![\w:]):(?P<parameter>[A-Za-z_]\w*)"
        r"|\b(?:from|join)\s+(?P<table>[A-Za-z_][\w.]*)",
        re.IGNORECASE | re.DOTALL,
    )
    for engine, quoted in _QUOTED.items()
}


def engine_of(statement: str, engine: str | None = None) -> str:
    """Return the engine that answers a statement: ``engine``, or the one that its form shows.

    It is SQL unless the statement compares something with null by ``=`` or ``!=``: that is ZOQL's way,
    and never true in SQL.

    Raises ValueError for an unknown engine.

    >>> engine_of("select Id from Account where ParentId = null")
    'zoql'
    """
    if engine is not None and engine not in QUERIES:
        raise ValueError(f"engine={engine!r}: choose one of {', '.join(QUERIES)}.")
    return engine or (ZOQL if any(match["null"] for match in _words(statement)) else SQL)


def tables(statement: str) -> list[str]:
    """Return the names of the tables that a statement reads, without their schemas."""
    named = (match["table"] for match in _words(statement))
    return [name.rpartition(".")[2] for name in named if name]


def names(statement: str) -> list[str]:
    """Return the name of each ``:name`` in a statement."""
    return [match["parameter"] for match in _words(statement) if match["parameter"]]


def bound(statement: str, values: Mapping[str, Any], engine: str = SQL) -> str:
    """Return a statement with a literal of its engine for each ``:name`` in it.

    Text becomes a quoted literal, numbers keep their digits, dates and times are typed, None is
    null, and a list or tuple is what IN takes.

    Raises `InvalidRequest` for a name without a value, a value without a name, and a value that has
    no literal.

    >>> bound("select id from account where name = :name", {"name": "Ray's"})
    "select id from account where name = 'Ray''s'"
    """
    problems: list[Problem] = []
    used: set[str] = set()

    def literal(match: re.Match[str]) -> str:
        name = match["parameter"]
        if not name:
            return match.group()
        used.add(name)
        if name not in values:
            close = nearest(name, values)
            hint = f" Did you mean {close[0]}?" if close else ""
            problems.append(Problem(name, f"has no value in params.{hint}"))
            return match.group()
        try:
            return _literal(values[name], engine)
        except TypeError as error:
            problems.append(Problem(name, str(error)))
            return match.group()

    engine = SQL if engine == SQL else ZOQL
    text = _WORD[engine].sub(literal, statement)
    problems += [Problem(name, "is not in the statement.") for name in values if name not in used]
    if problems:
        raise InvalidRequest.of("query", problems)
    return text


def _words(statement: str) -> Iterator[re.Match[str]]:
    return (match for match in _WORD[SQL].finditer(statement) if not match["skipped"])


def _literal(value: Any, engine: str) -> str:
    value = _native.native(value)
    if isinstance(value, list | tuple | set | frozenset):
        if not value:
            raise TypeError("is empty: IN takes at least one value.")
        return f"({', '.join(_literal(element, engine) for element in value)})"
    for kind, write in _LITERALS[engine].items():
        if isinstance(value, kind):
            return write(value)
    raise TypeError(f"is of type {type(value).__name__}, which has no literal.")


def _number(value: Any) -> str:
    text = _json.number_text(Decimal(repr(value)) if isinstance(value, float) else Decimal(value))
    if not re.fullmatch(r"-?[0-9.]+", text):
        raise TypeError(f"is {value!r}, which has no literal.")
    return text


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _moment(value: datetime) -> str:
    """Return a time as Trino writes it; one with a zone is in UTC."""
    if value.tzinfo is None:
        return value.isoformat(" ")
    return f"{value.astimezone(UTC).replace(tzinfo=None).isoformat(' ')} UTC"


def _escaped(text: str) -> str:
    """Return a literal of ZOQL, in which a backslash escapes."""
    return "'" + re.sub(r"(['\\])", r"\\\1", text) + "'"


_LITERALS: Mapping[str, Mapping[type, Callable[[Any], str]]] = {
    SQL: {
        type(None): lambda value: "null",
        bool: lambda value: str(value).lower(),
        int: _number,
        Decimal: _number,
        float: _number,
        str: _quoted,
        datetime: lambda value: f"timestamp '{_moment(value)}'",
        date: lambda value: f"date '{value}'",
    },
    ZOQL: {
        type(None): lambda value: "null",
        bool: lambda value: str(value).lower(),
        int: _number,
        Decimal: _number,
        float: _number,
        str: _escaped,
        datetime: lambda value: f"'{value.isoformat(timespec='seconds')}'",
        date: lambda value: f"'{value}'",
    },
}
"""Engine → type of a value → its literal; the first that fits."""
