"""Statements of Trino as statements of SQLite: names resolved, types checked, refusals in Trino's words.

A `Reader` reads a statement once, from left to right, and writes SQLite's as it goes. It knows
the columns of every relation, so that an unknown or ambiguous name, a comparison of a date with
text or a column that is missing in GROUP BY is refused, where SQLite would answer something.
sqlglot would answer, too: it translates dialects, and takes it that a statement is valid.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from dynzuora.sandbox.sql.expressions import Expressions
from dynzuora.sandbox.sql.terms import Body, Column, Scope, Select, Tables, Term
from dynzuora.sandbox.sql.words import AFTER_KEY, Word, Words


class Reader:
    """Reads one statement over ``tables``, at the time ``now``."""

    def __init__(self, statement: str, tables: Tables, now: datetime) -> None:
        self._words = Words(statement)
        self._expressions = Expressions(self._words, now, self._query)
        self._tables = tables
        self._queries: list[dict[str, Select]] = []
        self._aliases = 0

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The values of the literals that were read, by the names of their parameters."""
        return self._expressions.parameters

    def statement(self) -> Select:
        """Return the whole statement."""
        query = self._query(None)
        self._words.take(";")
        if self._words.word.kind != "end":
            raise self._words.mismatch()
        return query

    def _query(self, outer: Scope | None) -> Select:
        self._words.deeper()
        self._queries.append({})
        if self._words.take("with"):
            self._words.elements(lambda: self._named_query(outer))
        body = self._union(outer)
        order = self._order(body) if self._words.take("order", "by") else ""
        query = body.query._replace(sql=f"{body.query.sql}{order}{self._limit()}")
        self._queries.pop()
        self._words.shallower()
        return query

    def _named_query(self, outer: Scope | None) -> None:
        name = self._words.name()
        names = self._column_names()
        self._words.need("as")
        query = self._words.in_parentheses(lambda: self._query(outer))
        self._queries[-1][name] = query._replace(columns=self._renamed(query.columns, names))

    def _column_names(self) -> list[str]:
        """Return the names of columns that an alias gives: ``t(a, b)``."""
        if not self._words.sees("("):
            return []
        names: list[str] = self._words.in_parentheses(lambda: self._words.elements(self._words.name))
        return names

    def _renamed(self, columns: tuple[Column, ...], names: Sequence[str]) -> tuple[Column, ...]:
        if not names:
            return columns
        if len(names) != len(columns):
            raise self._words.error(
                f"Column alias list has {len(names)} entries but relation has {len(columns)} columns"
            )
        return tuple(column._replace(name=name) for column, name in zip(columns, names, strict=True))

    def _union(self, outer: Scope | None) -> Body:
        return self._combined(("union", "except"), lambda: self._intersection(outer))

    def _intersection(self, outer: Scope | None) -> Body:
        return self._combined(("intersect",), lambda: self._single(outer))

    def _combined(self, operators: Sequence[str], read: Callable[[], Body]) -> Body:
        body = read()
        while self._words.word.key in operators:
            word = self._words.next()
            every = self._words.take("all")
            self._words.take("distinct")
            if every and word.key != "union":
                raise self._words.error(f"{word.key.upper()} ALL is not in the sandbox", word)
            left, right = body.query, read().query
            if len(left.columns) != len(right.columns):
                raise self._words.error(f"{word.key.upper()} query has different number of fields", word)
            columns = tuple(
                column._replace(type=self._expressions.common((column.type, other.type), word))
                for column, other in zip(left.columns, right.columns, strict=True)
            )
            operator = word.key.upper() + (" ALL" if every else "")
            sql = f"SELECT * FROM ({left.sql}) {operator} SELECT * FROM ({right.sql})"
            body = Body(Select(sql, columns))
        return body

    def _single(self, outer: Scope | None) -> Body:
        if self._words.sees("("):
            query = self._words.in_parentheses(lambda: self._query(outer))
            return Body(query._replace(sql=f"SELECT * FROM ({query.sql})"))
        return self._values(outer) if self._words.sees("values") else self._select(outer)

    def _values(self, outer: Scope | None) -> Body:
        word = self._words.next()
        scope = Scope([], outer)

        def term() -> Term:
            return self._expressions.read(scope)

        def row() -> list[Term]:
            if not self._words.sees("("):
                return [term()]
            terms: list[Term] = self._words.in_parentheses(lambda: self._words.elements(term))
            return terms

        rows = self._words.elements(row)
        if len({len(terms) for terms in rows}) > 1:
            raise self._words.error("Values rows have mismatched sizes", word)
        columns = tuple(
            Column(
                f"_col{number}", f'"c{number}"', self._expressions.common([term.type for term in terms], word)
            )
            for number, terms in enumerate(zip(*rows, strict=True))
        )
        selects = (
            "SELECT " + ", ".join(f'{term.sql} AS "c{number}"' for number, term in enumerate(terms))
            for terms in rows
        )
        return Body(Select(" UNION ALL ".join(selects), columns))

    def _select(self, outer: Scope | None) -> Body:
        first = self._words.word
        self._words.need("select")
        distinct = self._words.take("distinct")
        self._words.take("all")
        items = self._words.at
        self._words.at = self._words.end_of_items()
        scope = Scope([], outer)
        source = f" FROM {self._relations(scope)}" if self._words.take("from") else ""
        after, self._words.at = self._words.at, items
        end = self._words.end_of_items()
        terms = tuple(term for listed in self._words.elements(lambda: self._item(scope)) for term in listed)
        if self._words.at != end:
            raise self._words.mismatch()
        self._words.at = after
        where = f" WHERE {self._expressions.condition(scope, 'WHERE')}" if self._words.take("where") else ""
        grouping = self._grouping(scope, terms) if self._words.take("group", "by") else None
        having = None
        if self._words.take("having"):
            having = self._expressions.boolean(self._expressions.read(scope), "HAVING")
        keys = None
        if grouping is not None or having or any(term.aggregates for term in terms):
            keys = frozenset(key.sql for key in grouping or ())
            for term in (*terms, *((having,) if having else ())):
                self._check_grouped(term, keys, first)
        listed = ", ".join(f'{term.sql} AS "c{number}"' for number, term in enumerate(terms))
        columns = tuple(Column(term.name, f'"c{number}"', term.type) for number, term in enumerate(terms))
        grouped = f" GROUP BY {', '.join(key.sql for key in grouping)}" if grouping else ""
        grouped += f" HAVING {having.sql}" if having else ""
        sql = f"SELECT {'DISTINCT ' if distinct else ''}{listed}{source}{where}{grouped}"
        named = tuple(
            column._replace(name=column.name or f"_col{number}") for number, column in enumerate(columns)
        )
        return Body(Select(sql, named), scope, terms, keys, distinct)

    def _item(self, scope: Scope) -> list[Term]:
        word = self._words.word
        qualifier = ""
        if self._words.ahead(3)[1:] == [".", "*"]:
            qualifier = self._words.name()
            self._words.need(".")
        if self._words.take("*"):
            columns = [
                Term(column.sql, column.type, name=column.name, kind="column")
                for alias, relation in scope.relations
                if not qualifier or alias == qualifier
                for column in relation
            ]
            if not columns:
                message = f"Unable to resolve reference {qualifier}" if qualifier else "SELECT * not allowed"
                raise self._words.error(message, word)
            return columns
        term = self._expressions.read(scope)
        if self._words.take("as") or self._words.sees_name():
            term = term._replace(name=self._words.word.text)
            self._words.name()
        return [term]

    def _grouping(self, scope: Scope, terms: Sequence[Term]) -> list[Term]:
        for start in (["rollup", "("], ["cube", "("], ["grouping", "sets"]):
            if self._words.ahead(2) == start:
                raise self._words.error("the sandbox groups by expressions only")
        keys: list[Term] = self._words.elements(lambda: self._key(scope, terms, "GROUP BY"))
        return keys

    def _key(self, scope: Scope, terms: Sequence[Term], clause: str) -> Term:
        """Return an expression, or the item of the select list whose number stands in its place."""
        word = self._words.word
        if word.kind == "number" and self._words.following.key in AFTER_KEY:
            self._words.next()
            if not (word.text.isdecimal() and 1 <= int(word.text) <= len(terms)):
                raise self._words.error(f"{clause} position {word.text} is not in select list", word)
            return terms[int(word.text) - 1]
        key = self._expressions.read(scope)
        if clause == "GROUP BY" and key.aggregates:
            raise self._words.error("GROUP BY clause cannot contain aggregations or window functions", word)
        return key

    def _check_grouped(self, term: Term, keys: frozenset[str], word: Word) -> None:
        if column := term.ungrouped(keys):
            raise self._words.error(
                f"'{column.name}' must be an aggregate expression or appear in GROUP BY clause", word
            )

    def _order(self, body: Body) -> str:
        """Return ORDER BY; nulls are last both ways, as in Trino."""
        outputs = Scope([("", body.query.columns)], body.scope, prefers_first=True)
        results = tuple(
            Term(column.sql, column.type, name=column.name, kind="column") for column in body.query.columns
        )
        sql = []
        for _ in self._words.more():
            word = self._words.word
            key = self._key(outputs, results, "ORDER BY")
            if body.keys is not None:
                self._check_grouped(key, body.keys | {term.sql for term in results}, word)
            known = {term.sql for term in (*results, *body.terms)}
            if body.distinct and key.sql not in known:
                message = "For SELECT DISTINCT, ORDER BY expressions must appear in select list"
                raise self._words.error(message, word)
            sql.append(f"{key.sql} {self._words.direction()}")
        return f" ORDER BY {', '.join(sql)}"

    def _limit(self) -> str:
        offset, limit = None, None
        if self._words.take("offset"):
            offset = self._words.count()
            if not self._words.take("rows"):
                self._words.take("row")
        if self._words.take("limit"):
            limit = None if self._words.take("all") else self._words.count()
        elif self._words.take("fetch"):
            if not self._words.take("first"):
                self._words.need("next")
            limit = self._words.count() if self._words.word.kind == "number" else 1
            if not self._words.take("rows"):
                self._words.need("row")
            self._words.need("only")
        if limit is None and offset is None:
            return ""
        return f" LIMIT {-1 if limit is None else limit} OFFSET {offset or 0}"

    def _relations(self, scope: Scope) -> str:
        return ", ".join(self._words.elements(lambda: self._joined(scope)))

    def _joined(self, scope: Scope) -> str:
        sql = self._relation(scope)
        while join := self._join():
            sql += f" {join} {self._relation(scope)}"
            if join == "CROSS JOIN":
                continue
            if not self._words.take("on"):
                raise self._words.error("the sandbox joins with ON only")
            sql += f" ON {self._expressions.condition(scope, 'JOIN')}"
        return sql

    def _join(self) -> str:
        for keys, sql in _JOINS.items():
            if self._words.take(*keys):
                return sql
        return ""

    def _relation(self, scope: Scope) -> str:
        word = self._words.word
        if self._words.sees("("):
            query = self._words.in_parentheses(lambda: self._query(scope.outer))
            source, columns, alias = f"({query.sql})", query.columns, ""
        else:
            names = [self._words.name()]
            while self._words.take("."):
                names.append(self._words.name())
            source, columns = self._table(names, word)
            alias = names[-1]
        if self._words.take("as") or self._words.sees_name():
            alias = self._words.name()
            columns = self._renamed(columns, self._column_names())
        self._aliases += 1
        inner = f'"r{self._aliases}"'
        scope.relations.append(
            (alias, tuple(column._replace(sql=f"{inner}.{column.sql}") for column in columns))
        )
        return f"{source} AS {inner}"

    def _table(self, names: Sequence[str], word: Word) -> tuple[str, tuple[Column, ...]]:
        if len(names) == 1:
            for queries in reversed(self._queries):
                if query := queries.get(names[0]):
                    return f"({query.sql})", query.columns
        table = self._tables(names[-1])
        if table is None:
            raise self._words.error(f"Table '{'.'.join(names)}' does not exist", word)
        return table


_JOINS: Mapping[tuple[str, ...], str] = {
    ("join",): "JOIN",
    ("inner", "join"): "JOIN",
    ("cross", "join"): "CROSS JOIN",
    **{
        (side, *outer, "join"): f"{side.upper()} JOIN"
        for side in ("left", "right", "full")
        for outer in ((), ("outer",))
    },
}
