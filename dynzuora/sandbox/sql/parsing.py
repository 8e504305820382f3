"""Statements of Trino as statements of SQLite: names resolved, types checked, refusals in Trino's words.

A `Reader` reads a statement once, from left to right, and writes SQLite's as it goes. It knows
the columns of every relation, so that an unknown or ambiguous name, a comparison of a date with
text or a column that is missing in GROUP BY is refused, where SQLite would answer something.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from dynzuora.sandbox.sql import functions
from dynzuora.sandbox.sql.functions import AGGREGATES, CAST_TYPES, FUNCTIONS, RANKS, SHIFTS, UNITS
from dynzuora.sandbox.sql.values import (
    BOOLEAN,
    DATE,
    DECIMAL,
    INTEGER,
    INTERVAL,
    TIMESTAMP,
    UNKNOWN,
    VARCHAR,
    SqlError,
    Type,
)
from dynzuora.sandbox.sql.words import Word, place, words

DEEPEST = 40
"""How deep expressions and queries may be nested."""

MOST_OPERATORS = 900
"""SQLite takes expressions of at most 1,000 levels."""

_RESERVED = (
    "and as between by case cross distinct else end except exists extract fetch from full group having in "
    "inner intersect is join left like limit natural not null offset on or order outer right select then "
    "union using values when where window with"
)
RESERVED = frozenset(_RESERVED.split())
"""Words that are not names, unless they are quoted."""


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


class Reader:
    """Reads one statement. ``parameters`` are the values of its literals, by name."""

    def __init__(self, statement: str, tables: Tables, now: datetime) -> None:
        self._statement = statement
        self._words = words(statement)
        self._at = 0
        self._tables = tables
        self._today = functions.today(now)
        self._queries: list[dict[str, Select]] = []
        self._depth = self._operators = 0
        self._aliases = 0
        self.parameters: dict[str, Any] = {}
        self._names: dict[Any, str] = {}

    def statement(self) -> Select:
        """Return the whole statement."""
        query = self._query(None)
        self._take(";")
        if self._word.kind != "end":
            raise self._mismatch()
        return query

    # Words

    @property
    def _word(self) -> Word:
        return self._words[self._at]

    @property
    def _following(self) -> Word:
        return self._words[min(self._at + 1, len(self._words) - 1)]

    def _error(self, message: str, word: Word | None = None) -> SqlError:
        return SqlError(f"{place(self._statement, (word or self._word).position)}: {message}")

    def _mismatch(self) -> SqlError:
        return self._error(f"mismatched input '{self._word.text}'")

    def _next(self) -> Word:
        word = self._word
        self._at += word.kind != "end"
        return word

    def _sees(self, *keys: str) -> bool:
        """Whether the next words are these."""
        return tuple(word.key for word in self._words[self._at : self._at + len(keys)]) == keys

    def _operator(self) -> Word:
        """Take an operator: each makes the expression deeper, as SQLite sees it."""
        self._operators += 1
        if self._operators > MOST_OPERATORS:
            raise self._error("the statement has too many operators for the sandbox")
        return self._next()

    def _take(self, *keys: str) -> bool:
        """Take the next words if they are these."""
        if self._sees(*keys):
            self._at += len(keys)
            return True
        return False

    def _need(self, *keys: str) -> None:
        for key in keys:
            if not self._take(key):
                raise self._mismatch()

    def _name(self) -> str:
        """Take a name, in lower case: Trino's names have no case."""
        if not self._sees_name():
            raise self._mismatch()
        return self._next().text.lower()

    def _list(self, read: Callable[[], Any]) -> list[Any]:
        elements = [read()]
        while self._take(","):
            elements.append(read())
        return elements

    def _value(self, value: Any) -> str:
        """Return the parameter of a literal; equal literals have one, so that equal expressions are."""
        key = (type(value), value)
        name = self._names.setdefault(key, f"p{len(self._names)}")
        self.parameters[name] = value
        return f":{name}"

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._error("the statement is nested too deeply for the sandbox")

    # Queries

    def _query(self, outer: Scope | None) -> Select:
        self._deeper()
        self._queries.append({})
        if self._take("with"):
            self._list(lambda: self._named_query(outer))
        body = self._union(outer)
        order = self._order(body) if self._take("order", "by") else ""
        query = body.query._replace(sql=f"{body.query.sql}{order}{self._limit()}")
        self._queries.pop()
        self._depth -= 1
        return query

    def _named_query(self, outer: Scope | None) -> None:
        name = self._name()
        self._need("as")
        self._queries[-1][name] = self._in_parentheses(lambda: self._query(outer))

    def _in_parentheses(self, read: Callable[[], Any]) -> Any:
        self._need("(")
        value = read()
        self._need(")")
        return value

    def _union(self, outer: Scope | None) -> Body:
        return self._combined(("union", "except"), lambda: self._intersection(outer))

    def _intersection(self, outer: Scope | None) -> Body:
        return self._combined(("intersect",), lambda: self._single(outer))

    def _combined(self, operators: Sequence[str], read: Callable[[], Body]) -> Body:
        body = read()
        while self._word.key in operators:
            word = self._next()
            every = self._take("all")
            self._take("distinct")
            if every and word.key != "union":
                raise self._error(f"{word.key.upper()} ALL is not in the sandbox", word)
            left, right = body.query, read().query
            if len(left.columns) != len(right.columns):
                raise self._error(f"{word.key.upper()} query has different number of fields", word)
            columns = tuple(
                column._replace(type=self._common((column.type, other.type), word))
                for column, other in zip(left.columns, right.columns, strict=True)
            )
            operator = word.key.upper() + (" ALL" if every else "")
            sql = f"SELECT * FROM ({left.sql}) {operator} SELECT * FROM ({right.sql})"
            body = Body(Select(sql, columns))
        return body

    def _single(self, outer: Scope | None) -> Body:
        if self._sees("("):
            query = self._in_parentheses(lambda: self._query(outer))
            return Body(query._replace(sql=f"SELECT * FROM ({query.sql})"))
        return self._select(outer)

    def _select(self, outer: Scope | None) -> Body:
        first = self._word
        self._need("select")
        distinct = self._take("distinct")
        self._take("all")
        items = self._at
        self._at = self._end_of_items()
        scope = Scope([], outer)
        source = f" FROM {self._relations(scope)}" if self._take("from") else ""
        after, self._at = self._at, items
        end = self._end_of_items()
        terms = tuple(term for listed in self._list(lambda: self._item(scope)) for term in listed)
        if self._at != end:
            raise self._mismatch()
        self._at = after
        where = f" WHERE {self._condition(scope, 'WHERE')}" if self._take("where") else ""
        grouping = self._grouping(scope, terms) if self._take("group", "by") else None
        having = self._boolean(self._expression(scope), "HAVING") if self._take("having") else None
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

    def _end_of_items(self) -> int:
        """Return where the select list ends: what its names mean stands behind it, in FROM."""
        depth, at = 0, self._at
        while (word := self._words[at]).kind != "end":
            depth += (word.key == "(") - (word.key == ")")
            is_operator = word.key == "from" and self._words[at - 1].key == "distinct"
            if depth < 0 or (depth == 0 and word.key in _AFTER_ITEMS and not is_operator):
                break
            at += 1
        return at

    def _item(self, scope: Scope) -> list[Term]:
        word = self._word
        qualifier = ""
        if [word.key for word in self._words[self._at + 1 : self._at + 3]] == [".", "*"]:
            qualifier = self._name()
            self._need(".")
        if self._take("*"):
            columns = [
                Term(column.sql, column.type, name=column.name, kind="column")
                for alias, relation in scope.relations
                if not qualifier or alias == qualifier
                for column in relation
            ]
            if not columns:
                message = f"Unable to resolve reference {qualifier}" if qualifier else "SELECT * not allowed"
                raise self._error(message, word)
            return columns
        term = self._expression(scope)
        if self._take("as") or self._sees_name():
            term = term._replace(name=self._word.text)
            self._name()
        return [term]

    def _sees_name(self) -> bool:
        word = self._word
        return word.kind == "quoted" or (word.kind == "name" and word.key not in RESERVED)

    def _grouping(self, scope: Scope, terms: Sequence[Term]) -> list[Term]:
        return [key for key in self._list(lambda: self._key(scope, terms, "GROUP BY")) if key is not None]

    def _key(self, scope: Scope, terms: Sequence[Term], clause: str) -> Term:
        """Return an expression, or the item of the select list whose number stands in its place."""
        word = self._word
        if word.kind == "number" and self._following.key in _AFTER_KEY:
            self._next()
            if not (word.text.isdecimal() and 1 <= int(word.text) <= len(terms)):
                raise self._error(f"{clause} position {word.text} is not in select list", word)
            return terms[int(word.text) - 1]
        key = self._expression(scope)
        if clause == "GROUP BY" and key.aggregates:
            raise self._error("GROUP BY clause cannot contain aggregations or window functions", word)
        return key

    def _check_grouped(self, term: Term, keys: frozenset[str], word: Word) -> None:
        if column := term.ungrouped(keys):
            raise self._error(
                f"'{column.name}' must be an aggregate expression or appear in GROUP BY clause", word
            )

    def _order(self, body: Body) -> str:
        """Return ORDER BY; nulls are last both ways, as in Trino."""
        outputs = Scope([("", body.query.columns)], body.scope, prefers_first=True)
        results = tuple(
            Term(column.sql, column.type, name=column.name, kind="column") for column in body.query.columns
        )
        sql = []
        for _ in self._more():
            word = self._word
            key = self._key(outputs, results, "ORDER BY")
            if body.keys is not None:
                self._check_grouped(key, body.keys | {term.sql for term in results}, word)
            known = {term.sql for term in (*results, *body.terms)}
            if body.distinct and key.sql not in known:
                message = "For SELECT DISTINCT, ORDER BY expressions must appear in select list"
                raise self._error(message, word)
            sql.append(f"{key.sql} {self._direction()}")
        return f" ORDER BY {', '.join(sql)}"

    def _direction(self) -> str:
        direction = "DESC" if self._take("desc") else "ASC"
        self._take("asc")
        first = self._take("nulls", "first")
        self._take("nulls", "last")
        return f"{direction} NULLS {'FIRST' if first else 'LAST'}"

    def _more(self) -> Iterator[None]:
        """Yield once for each element of a list: the commas are taken here."""
        yield
        while self._take(","):
            yield

    def _limit(self) -> str:
        offset, limit = None, None
        if self._take("offset"):
            offset = self._count()
            if not self._take("rows"):
                self._take("row")
        if self._take("limit"):
            limit = None if self._take("all") else self._count()
        elif self._take("fetch"):
            if not self._take("first"):
                self._need("next")
            limit = self._count() if self._word.kind == "number" else 1
            if not self._take("rows"):
                self._need("row")
            self._need("only")
        if limit is None and offset is None:
            return ""
        return f" LIMIT {-1 if limit is None else limit} OFFSET {offset or 0}"

    def _count(self) -> int:
        word = self._next()
        if not (word.kind == "number" and word.text.isdecimal() and len(word.text) < 19):
            raise self._error(f"mismatched input '{word.text}'", word)
        return int(word.text)

    # Relations

    def _relations(self, scope: Scope) -> str:
        return ", ".join(self._list(lambda: self._joined(scope)))

    def _joined(self, scope: Scope) -> str:
        sql = self._relation(scope)
        while join := self._join():
            sql += f" {join} {self._relation(scope)}"
            if join == "CROSS JOIN":
                continue
            if not self._take("on"):
                raise self._error(f"mismatched input '{self._word.text}': the sandbox joins with ON")
            sql += f" ON {self._condition(scope, 'JOIN')}"
        return sql

    def _join(self) -> str:
        for keys, sql in _JOINS.items():
            if self._take(*keys):
                return sql
        return ""

    def _relation(self, scope: Scope) -> str:
        word = self._word
        if self._sees("("):
            query = self._in_parentheses(lambda: self._query(scope.outer))
            source, columns, alias = f"({query.sql})", query.columns, ""
        else:
            names = [self._name()]
            while self._take("."):
                names.append(self._name())
            source, columns = self._table(names, word)
            alias = names[-1]
        if self._take("as") or self._sees_name():
            alias = self._name()
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
            raise self._error(f"Table '{'.'.join(names)}' does not exist", word)
        return table

    # Expressions

    def _condition(self, scope: Scope, clause: str) -> str:
        word = self._word
        term = self._boolean(self._expression(scope), clause, word)
        if term.aggregates:
            raise self._error(f"{clause} clause cannot contain aggregations or window functions", word)
        return term.sql

    def _boolean(self, term: Term, clause: str, word: Word | None = None) -> Term:
        if term.type not in (BOOLEAN, UNKNOWN):
            raise self._error(
                f"{clause} clause must evaluate to a boolean: actual type {term.type.name}", word
            )
        return term

    def _expression(self, scope: Scope) -> Term:
        self._deeper()
        term = self._conjunction(scope)
        while self._sees("or"):
            term = self._logical(term, "OR", lambda: self._conjunction(scope))
        self._depth -= 1
        return term

    def _conjunction(self, scope: Scope) -> Term:
        term = self._negation(scope)
        while self._sees("and"):
            term = self._logical(term, "AND", lambda: self._negation(scope))
        return term

    def _logical(self, left: Term, operator: str, read: Callable[[], Term]) -> Term:
        word = self._operator()
        right = read()
        for term in (left, right):
            self._boolean(term, f"Logical expression term of {operator}", word)
        return Term(f"({left.sql} {operator} {right.sql})", BOOLEAN, (left, right))

    def _negation(self, scope: Scope) -> Term:
        word = self._word
        if not self._take("not"):
            return self._predicate(scope)
        self._deeper()
        term = self._boolean(self._negation(scope), "Value of logical NOT expression", word)
        self._depth -= 1
        return Term(f"(NOT {term.sql})", BOOLEAN, (term,))

    def _predicate(self, scope: Scope) -> Term:
        term = self._concatenation(scope)
        while True:
            word, following = self._word, self._following.key
            if word.key in _COMPARISONS:
                self._next()
                operator = "<>" if word.key == "!=" else word.key
                left, right = self._alike((term, self._concatenation(scope)), word, operator)
                term = Term(f"({left.sql} {operator} {right.sql})", BOOLEAN, (left, right))
            elif self._take("is"):
                term = self._is(term, scope, word)
            elif (following if word.key == "not" else word.key) in _PREDICATES:
                no = "NOT " if self._take("not") else ""
                positive = getattr(self, _PREDICATES[self._next().key])(term, scope, word)
                term = Term(f"({no}{positive.sql})", BOOLEAN, positive.parts)
            else:
                return term

    def _is(self, term: Term, scope: Scope, word: Word) -> Term:
        no = "NOT " if self._take("not") else ""
        if self._take("null"):
            return Term(f"({term.sql} IS {no}NULL)", BOOLEAN, (term,))
        self._need("distinct", "from")
        left, right = self._alike((term, self._concatenation(scope)), word, "IS DISTINCT FROM")
        return Term(f"({left.sql} IS {'' if no else 'NOT '}{right.sql})", BOOLEAN, (left, right))

    def _in(self, term: Term, scope: Scope, word: Word) -> Term:
        self._need("(")
        if self._sees("select") or self._sees("with"):
            query = self._query(scope)
            if len(query.columns) != 1:
                raise self._error("Multiple columns returned by subquery are not yet supported", word)
            if not _comparable(term.type, query.columns[0].type):
                message = f"Cannot apply operator: {term.type.name} = {query.columns[0].type.name}"
                raise self._error(message, word)
            self._need(")")
            return Term(f"({term.sql} IN ({query.sql}))", BOOLEAN, (term,))
        terms = self._alike((term, *self._list(lambda: self._expression(scope))), word, "=")
        self._need(")")
        listed = ", ".join(other.sql for other in terms[1:])
        return Term(f"({terms[0].sql} IN ({listed}))", BOOLEAN, terms)

    def _between(self, term: Term, scope: Scope, word: Word) -> Term:
        low = self._concatenation(scope)
        self._need("and")
        terms = self._alike((term, low, self._concatenation(scope)), word, "BETWEEN")
        value, low, high = terms
        return Term(f"({value.sql} BETWEEN {low.sql} AND {high.sql})", BOOLEAN, terms)

    def _like(self, term: Term, scope: Scope, word: Word) -> Term:
        terms = [term, self._concatenation(scope)]
        if self._take("escape"):
            terms.append(self._concatenation(scope))
        for other in terms:
            if other.type not in (VARCHAR, UNKNOWN):
                message = "Left side of LIKE expression must evaluate to a varchar"
                raise self._error(f"{message} (actual: {other.type.name})", word)
        return _call("dz_matches", BOOLEAN, terms)

    def _concatenation(self, scope: Scope) -> Term:
        term = self._sum(scope)
        while self._sees("||"):
            word = self._operator()
            other = self._sum(scope)
            if not {term.type, other.type} <= {VARCHAR, UNKNOWN}:
                raise self._unexpected((term, other), word._replace(key="concat"))
            term = _call("dz_concat", VARCHAR, (term, other))
        return term

    def _sum(self, scope: Scope) -> Term:
        term = self._product(scope)
        while self._sees("+") or self._sees("-"):
            term = self._computed(term, self._operator(), self._product(scope))
        return term

    def _product(self, scope: Scope) -> Term:
        term = self._signed(scope)
        while self._sees("*") or self._sees("/") or self._sees("%"):
            term = self._computed(term, self._operator(), self._signed(scope))
        return term

    def _computed(self, left: Term, word: Word, right: Term) -> Term:
        types = (left.type, right.type)
        if word.key in "+-" and left.type.family == "time" and right.type is INTERVAL:
            unit, count = right.parts
            shift = _call("dz_negate", INTEGER, (count,)) if word.key == "-" else count
            return _call("date_add", left.type, (unit, shift, left))
        if word.key == "+" and left.type is INTERVAL and right.type.family == "time":
            return self._computed(right, word, left)
        if not {type.family for type in types} <= {"number", ""}:
            names = f"{left.type.name} {word.key} {right.type.name}"
            raise self._error(f"Cannot apply operator: {names}", word)
        whole = all(type in (INTEGER, UNKNOWN) for type in types)
        name = "dz_divide_whole" if word.key == "/" and whole else _OPERATORS[word.key]
        return _call(name, INTEGER if whole else DECIMAL, (left, right))

    def _signed(self, scope: Scope) -> Term:
        word = self._word
        if self._take("-"):
            self._deeper()
            term = self._signed(scope)
            self._depth -= 1
            if term.type.family not in ("number", ""):
                raise self._error(f"Cannot negate {term.type.name}", word)
            return _call("dz_negate", term.type, (term,))
        if self._take("+"):
            return self._signed(scope)
        return self._primary(scope)

    def _primary(self, scope: Scope) -> Term:
        word, following = self._word, self._following
        if word.kind == "text":
            return Term(self._value(self._next().text), VARCHAR)
        if word.kind == "number":
            text = self._next().text
            return Term(self._value(Decimal(text)), INTEGER if text.isdecimal() else DECIMAL)
        if word.key in ("date", "timestamp") and following.kind == "text":
            return self._moment()
        if word.key == "interval" and (following.kind == "text" or following.key in ("+", "-")):
            return self._interval()
        if word.key in _CONSTANTS:
            self._next()
            return Term(*_CONSTANTS[word.key])
        if word.key in _FORMS and (following.key == "(" or word.key == "case"):
            self._next()
            return getattr(self, _FORMS[word.key])(scope, word)  # type: ignore[no-any-return]  # a method
        if word.key in self._today and (following.key == "(" or word.key != "now"):
            self._next()
            if self._take("("):
                self._need(")")
            text, type = self._today[word.key]
            return Term(self._value(text), type)
        if self._sees("("):
            return self._in_parentheses(lambda: self._subquery(scope) or self._expression(scope))  # type: ignore[no-any-return]  # a term
        if word.kind == "name" and following.key == "(" and word.key not in RESERVED:
            return self._function(scope)
        return self._column(scope)

    def _moment(self) -> Term:
        word, text = self._next(), self._next().text
        type, cast = (DATE, functions.as_date) if word.key == "date" else (TIMESTAMP, functions.as_timestamp)
        try:
            if type is DATE and len(text.strip()) > len("2026-01-31"):
                raise SqlError(text)
            return Term(self._value(cast(text)), type)
        except SqlError:
            raise self._error(f"'{text}' is not a valid {word.key.upper()} literal", word) from None

    def _interval(self) -> Term:
        """Return an interval, whose parts are its unit and its number of them."""
        word = self._next()
        sign = -1 if self._take("-") else 1
        self._take("+")
        text, unit = self._next().text.strip(), self._next().key.removesuffix("s")
        if unit not in UNITS or not text.lstrip("-").isdecimal() or len(text) > _MOST_DIGITS:
            raise self._error(f"'{text}' {unit} is not a valid INTERVAL literal", word)
        count = Term(self._value(Decimal(sign * int(text))), INTEGER)
        return Term("", INTERVAL, (Term(self._value(unit), VARCHAR), count))

    def _subquery(self, scope: Scope) -> Term | None:
        """Return a query as a value, None if none stands here."""
        word = self._word
        if not (self._sees("select") or self._sees("with")):
            return None
        query = self._query(scope)
        if len(query.columns) != 1:
            raise self._error("Multiple columns returned by subquery are not yet supported", word)
        return Term(f"({query.sql})", query.columns[0].type)

    def _case(self, scope: Scope, word: Word) -> Term:
        operand = None if self._sees("when") else self._expression(scope)
        conditions, results = [], []
        while self._take("when"):
            condition = self._expression(scope)
            if operand is None:
                conditions.append(self._boolean(condition, "CASE WHEN", word))
            else:
                left, right = self._alike((operand, condition), word, "=")
                conditions.append(Term(f"({left.sql} = {right.sql})", BOOLEAN, (left, right)))
            self._need("then")
            results.append(self._expression(scope))
        if not conditions:
            raise self._mismatch()
        results.append(self._expression(scope) if self._take("else") else _NULL)
        self._need("end")
        return self._chosen(conditions, results, word)

    def _if(self, scope: Scope, word: Word) -> Term:
        condition, *results = self._in_parentheses(lambda: self._list(lambda: self._expression(scope)))
        if len(results) not in (1, 2):
            raise self._error("Invalid number of arguments for 'if'", word)
        return self._chosen([self._boolean(condition, "IF", word)], [*results, _NULL][:2], word)

    def _chosen(self, conditions: Sequence[Term], results: Sequence[Term], word: Word) -> Term:
        """Return CASE; the last of ``results`` is that of ELSE."""
        *alike, otherwise = self._alike(results, word, "CASE")
        pairs = zip(conditions, alike, strict=True)
        whens = " ".join(f"WHEN {condition.sql} THEN {result.sql}" for condition, result in pairs)
        sql = f"CASE {whens} ELSE {otherwise.sql} END"
        return Term(
            sql, self._common([term.type for term in results], word), (*conditions, *alike, otherwise)
        )

    def _cast(self, scope: Scope, word: Word) -> Term:
        self._need("(")
        term = self._expression(scope)
        self._need("as")
        name = self._next()
        if name.key not in CAST_TYPES:
            raise self._error(f"Unknown type: {name.text}", name)
        type, digits = CAST_TYPES[name.key]
        if self._take("("):
            sizes = self._list(self._count)
            self._need(")")
            digits = sizes[1] if name.key == "decimal" and len(sizes) > 1 else digits
        if self._take("with", "time", "zone") or self._take("without", "time", "zone"):
            pass  # the sandbox's times are all in one zone
        self._need(")")
        if (term.type.family, type.family) in _NO_CAST or term.type is INTERVAL:
            raise self._error(f"Cannot cast {term.type.name} to {type.name}", word)
        more = (term.type.name, type.name, Decimal(digits))
        literals = [Term(self._value(value), UNKNOWN) for value in more]
        return _call(f"dz_{word.key}", type, (term, *literals))

    def _extract(self, scope: Scope, word: Word) -> Term:
        self._need("(")
        unit = self._next().key
        self._need("from")
        term = self._expression(scope)
        if term.type.family not in ("time", ""):
            raise self._unexpected((term,), word)
        self._need(")")
        return _call("dz_field", INTEGER, (Term(self._value(unit), VARCHAR), term))

    def _exists(self, scope: Scope, word: Word) -> Term:
        query = self._in_parentheses(lambda: self._query(scope))
        return Term(f"EXISTS ({query.sql})", BOOLEAN)

    def _function(self, scope: Scope) -> Term:
        word = self._next()
        self._need("(")
        distinct = self._take("distinct")
        if word.key == "count" and self._take("*"):
            arguments = [Term("*", UNKNOWN)]
        else:
            arguments = [] if self._sees(")") else self._list(lambda: self._expression(scope))
        self._need(")")
        if word.key in AGGREGATES or word.key in (*RANKS, *SHIFTS):
            return self._aggregate(scope, word, arguments, distinct)
        function = FUNCTIONS.get(word.key)
        if function is None or distinct:
            raise self._error(f"Function '{word.text}' not registered", word)
        families = function.families(len(arguments))
        if families is None:
            raise self._unexpected(arguments, word)
        if "same" in families:
            arguments = list(self._alike(arguments, word, word.key))
        for term, family in zip(arguments, families, strict=True):
            if family not in ("same", "any", term.type.family) and term.type is not UNKNOWN:
                raise self._unexpected(arguments, word)
        typed = [term.type for term, family in zip(arguments, families, strict=True) if family != "text"]
        own = self._common(typed if "same" in families else typed[:1], word)
        return _call(word.key, function.type or own, arguments)

    def _unexpected(self, arguments: Sequence[Term], word: Word) -> SqlError:
        types = ", ".join(term.type.name for term in arguments)
        return self._error(f"Unexpected parameters ({types}) for function {word.key}", word)

    def _aggregate(self, scope: Scope, word: Word, arguments: Sequence[Term], distinct: bool) -> Term:
        kind = AGGREGATES.get(word.key)
        if any(term.aggregates for term in arguments):
            raise self._error("Cannot nest aggregations inside aggregation", word)
        families = {term.type.family for term in arguments}
        if kind and (len(arguments) != 1 or (kind.takes and not families <= {kind.takes, ""})):
            raise self._unexpected(arguments, word)
        listed = ("DISTINCT " if distinct else "") + ", ".join(term.sql for term in arguments)
        sql = kind.sql.format(listed) if kind else f"{word.key}({listed})"
        if self._take("filter"):
            self._need("(", "where")
            sql += f" FILTER (WHERE {self._condition(scope, 'FILTER')})"
            self._need(")")
        type = (kind.type if kind else INTEGER if word.key in RANKS else None) or arguments[0].type
        parts: tuple[Term, ...] = ()
        if over := self._take("over"):
            window, parts = self._in_parentheses(lambda: self._window(scope))
            sql += f" OVER ({window})"
            parts = (*arguments, *parts)
        elif kind is None:
            raise self._error(f"Window function {word.key} requires an OVER clause", word)
        if sql.startswith("count(") or word.key in RANKS:
            sql = f"dz_number({sql})"
        return Term(sql, type, parts, kind="" if over else "aggregate")

    def _window(self, scope: Scope) -> tuple[str, tuple[Term, ...]]:
        terms: list[Term] = []
        sql = ""
        if self._take("partition", "by"):
            terms += self._list(lambda: self._expression(scope))
            sql = f"PARTITION BY {', '.join(term.sql for term in terms)}"
        if self._take("order", "by"):
            keys = []
            for _ in self._more():
                terms.append(self._expression(scope))
                keys.append(f"{terms[-1].sql} {self._direction()}")
            sql += f" ORDER BY {', '.join(keys)}"
        return sql, tuple(terms)

    def _column(self, scope: Scope) -> Term:
        word = self._word
        names = [self._name()]
        written = [word.text]
        while self._sees("."):
            self._next()
            written.append(self._word.text)
            names.append(self._name())
        *qualifiers, name = names
        looked_in: Scope | None = scope
        while looked_in is not None:
            candidates = [
                column
                for alias, relation in looked_in.relations
                if not qualifiers or alias == qualifiers[-1]
                for column in relation
                if column.name.lower() == name
            ]
            if len(candidates) > 1 and not looked_in.prefers_first:
                raise self._error(f"Column '{'.'.join(written)}' is ambiguous", word)
            if candidates:
                return Term(candidates[0].sql, candidates[0].type, name=written[-1], kind="column")
            looked_in = looked_in.outer
        raise self._error(f"Column '{'.'.join(written)}' cannot be resolved", word)

    # Types

    def _alike(self, terms: Sequence[Term], word: Word, operator: str) -> tuple[Term, ...]:
        """Return terms as values that can be compared: dates beside timestamps become timestamps."""
        for other in terms[1:]:
            if not _comparable(terms[0].type, other.type):
                names = f"{terms[0].type.name} {operator} {other.type.name}"
                raise self._error(f"Cannot apply operator: {names}", word)
        if any(term.type is TIMESTAMP for term in terms):
            return tuple(
                _call("dz_timestamp", TIMESTAMP, (term,)) if term.type is DATE else term for term in terms
            )
        return tuple(terms)

    def _common(self, types: Sequence[Type], word: Word) -> Type:
        known = [type for type in types if type is not UNKNOWN] or [UNKNOWN]
        for type in known[1:]:
            if not _comparable(known[0], type):
                raise self._error(f"All types must be the same: {known[0].name}, {type.name}", word)
        wider = {TIMESTAMP, DECIMAL} & set(known)
        return wider.pop() if wider else known[0]


def _comparable(left: Type, right: Type) -> bool:
    return UNKNOWN in (left, right) or (left.family == right.family and left is not INTERVAL)


def _call(name: str, type: Type, terms: Sequence[Term]) -> Term:
    return Term(f"{name}({', '.join(term.sql for term in terms)})", type, tuple(terms))


_NULL = Term("NULL", UNKNOWN)
_CONSTANTS = {"true": ("1", BOOLEAN), "false": ("0", BOOLEAN), "null": ("NULL", UNKNOWN)}
_COMPARISONS = frozenset({"=", "<>", "!=", "<", ">", "<=", ">="})
_PREDICATES: Mapping[str, str] = {"in": "_in", "between": "_between", "like": "_like"}
_FORMS: Mapping[str, str] = {
    "case": "_case",
    "cast": "_cast",
    "exists": "_exists",
    "extract": "_extract",
    "if": "_if",
    "try_cast": "_cast",
}
_OPERATORS: Mapping[str, str] = {
    "+": "dz_add",
    "-": "dz_subtract",
    "*": "dz_multiply",
    "/": "dz_divide",
    "%": "dz_modulo",
}
_NO_CAST = frozenset({("time", "number"), ("number", "time"), ("time", "boolean"), ("boolean", "time")})
_CLAUSES = ("having", "order", "limit", "offset", "fetch", "union", "except", "intersect", ";")
_AFTER_ITEMS = frozenset({*_CLAUSES, "from", "where", "group"})
_AFTER_KEY = frozenset({*_CLAUSES, ",", ")", "asc", "desc", "nulls", ""})
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
_MOST_DIGITS = 9
