"""What the parts of a statement are: terms, columns, scopes and queries, each with its SQL for SQLite."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from dynzuora.sandbox.sql.values import INTERVAL, UNKNOWN, Type


class Term(NamedTuple):
    """An expression: its SQL for SQLite, its type, and the expressions that it consists of.

    ``name`` is a column's. ``kind`` is ``column``, ``aggregate``, or empty.
    """

    sql: str
    type: Type
    parts: tuple[Term, ...] = ()
    name: str = ""
    kind: str = ""

    @property
    def aggregates(self) -> bool:
        """Whether it contains an aggregate."""
        return self.kind == "aggregate" or any(part.aggregates for part in self.parts)

    def ungrouped(self, keys: frozenset[str]) -> Term | None:
        """Return a column outside of aggregates that no key of GROUP BY covers, None if there is none."""
        if self.sql in keys or self.kind == "aggregate":
            return None
        if self.kind == "column":
            return self
        return next((column for part in self.parts if (column := part.ungrouped(keys))), None)


class Column(NamedTuple):
    """A column of a relation or a result: its name, its SQL, its type."""

    name: str
    sql: str
    type: Type


class Scope(NamedTuple):
    """The relations that an expression may name, by their aliases; and those around it."""

    relations: list[tuple[str, tuple[Column, ...]]]
    outer: Scope | None = None
    prefers_first: bool = False
    """Of several columns of one name, the first is meant: in ORDER BY."""


class Select(NamedTuple):
    """A query: its SQL for SQLite, which names its columns ``c0``, ``c1``, …, and its columns."""

    sql: str
    columns: tuple[Column, ...]


class Body(NamedTuple):
    """A query without its order and limit, and what its ORDER BY may name.

    ``scope`` and ``terms`` are those of a single SELECT; ``keys`` are None if it is not grouped.
    """

    query: Select
    scope: Scope | None = None
    terms: tuple[Term, ...] = ()
    keys: frozenset[str] | None = None
    distinct: bool = False


Tables = Callable[[str], "tuple[str, tuple[Column, ...]] | None"]
"""Return the SQL name and the columns of a table, None if there is none."""


def comparable(left: Type, right: Type) -> bool:
    """Whether values of these types can be compared."""
    return UNKNOWN in (left, right) or (left.family == right.family and left is not INTERVAL)


def call(name: str, type: Type, terms: Sequence[Term]) -> Term:
    """Return a call of a function of SQLite."""
    return Term(f"{name}({', '.join(term.sql for term in terms)})", type, tuple(terms))
