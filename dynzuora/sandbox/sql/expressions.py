"""Expressions of Trino as SQLite's: names resolved, types checked, numbers computed exactly."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from dynzuora.sandbox.sql import functions
from dynzuora.sandbox.sql.functions import AGGREGATES, CAST_TYPES, FUNCTIONS, RANKS, SHIFTS, UNITS
from dynzuora.sandbox.sql.terms import Scope, Select, Term, call, comparable
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
from dynzuora.sandbox.sql.words import RESERVED, Word, Words


class Expressions:
    """Reads expressions. ``parameters`` are the values of their literals, by name.

    ``query`` reads a query in an expression.
    """

    def __init__(self, words: Words, now: datetime, query: Callable[[Scope], Select]) -> None:
        self.parameters: dict[str, Any] = {}
        self._words = words
        self._query = query
        self._today = functions.today(now)
        self._names: dict[Any, str] = {}

    def _value(self, value: Any) -> str:
        """Return the parameter of a literal; equal literals have one, so that equal expressions are."""
        key = (type(value), value)
        name = self._names.setdefault(key, f"p{len(self._names)}")
        self.parameters[name] = value
        return f":{name}"

    def condition(self, scope: Scope, clause: str) -> str:
        word = self._words.word
        term = self.boolean(self.read(scope), clause, word)
        if term.aggregates:
            raise self._words.error(f"{clause} clause cannot contain aggregations or window functions", word)
        return term.sql

    def boolean(self, term: Term, clause: str, word: Word | None = None) -> Term:
        if term.type not in (BOOLEAN, UNKNOWN):
            raise self._words.error(
                f"{clause} clause must evaluate to a boolean: actual type {term.type.name}", word
            )
        return term

    def read(self, scope: Scope) -> Term:
        self._words.deeper()
        term = self._conjunction(scope)
        while self._words.sees("or"):
            term = self._logical(term, "OR", lambda: self._conjunction(scope))
        self._words.shallower()
        return term

    def _conjunction(self, scope: Scope) -> Term:
        term = self._negation(scope)
        while self._words.sees("and"):
            term = self._logical(term, "AND", lambda: self._negation(scope))
        return term

    def _logical(self, left: Term, operator: str, read: Callable[[], Term]) -> Term:
        word = self._words.operator()
        right = read()
        for term in (left, right):
            self.boolean(term, f"Logical expression term of {operator}", word)
        return Term(f"({left.sql} {operator} {right.sql})", BOOLEAN, (left, right))

    def _negation(self, scope: Scope) -> Term:
        word = self._words.word
        if not self._words.take("not"):
            return self._predicate(scope)
        self._words.deeper()
        term = self.boolean(self._negation(scope), "Value of logical NOT expression", word)
        self._words.shallower()
        return Term(f"(NOT {term.sql})", BOOLEAN, (term,))

    def _predicate(self, scope: Scope) -> Term:
        term = self._concatenation(scope)
        while True:
            word, following = self._words.word, self._words.following.key
            if word.key in _COMPARISONS:
                self._words.next()
                operator = "<>" if word.key == "!=" else word.key
                left, right = self._alike((term, self._concatenation(scope)), word, operator)
                term = Term(f"({left.sql} {operator} {right.sql})", BOOLEAN, (left, right))
            elif self._words.take("is"):
                term = self._is(term, scope, word)
            elif (following if word.key == "not" else word.key) in _PREDICATES:
                no = "NOT " if self._words.take("not") else ""
                positive = getattr(self, _PREDICATES[self._words.next().key])(term, scope, word)
                term = Term(f"({no}{positive.sql})", BOOLEAN, positive.parts)
            else:
                return term

    def _is(self, term: Term, scope: Scope, word: Word) -> Term:
        no = "NOT " if self._words.take("not") else ""
        if self._words.take("null"):
            return Term(f"({term.sql} IS {no}NULL)", BOOLEAN, (term,))
        self._words.need("distinct", "from")
        left, right = self._alike((term, self._concatenation(scope)), word, "IS DISTINCT FROM")
        return Term(f"({left.sql} IS {'' if no else 'NOT '}{right.sql})", BOOLEAN, (left, right))

    def _in(self, term: Term, scope: Scope, word: Word) -> Term:
        self._words.need("(")
        if self._words.sees("select") or self._words.sees("with"):
            query = self._query(scope)
            if len(query.columns) != 1:
                raise self._words.error("Multiple columns returned by subquery are not yet supported", word)
            if not comparable(term.type, query.columns[0].type):
                message = f"Cannot apply operator: {term.type.name} = {query.columns[0].type.name}"
                raise self._words.error(message, word)
            self._words.need(")")
            return Term(f"({term.sql} IN ({query.sql}))", BOOLEAN, (term,))
        terms = self._alike((term, *self._words.elements(lambda: self.read(scope))), word, "=")
        self._words.need(")")
        listed = ", ".join(other.sql for other in terms[1:])
        return Term(f"({terms[0].sql} IN ({listed}))", BOOLEAN, terms)

    def _between(self, term: Term, scope: Scope, word: Word) -> Term:
        low = self._concatenation(scope)
        self._words.need("and")
        terms = self._alike((term, low, self._concatenation(scope)), word, "BETWEEN")
        value, low, high = terms
        return Term(f"({value.sql} BETWEEN {low.sql} AND {high.sql})", BOOLEAN, terms)

    def _like(self, term: Term, scope: Scope, word: Word) -> Term:
        terms = [term, self._concatenation(scope)]
        if self._words.take("escape"):
            terms.append(self._concatenation(scope))
        for other in terms:
            if other.type not in (VARCHAR, UNKNOWN):
                message = "Left side of LIKE expression must evaluate to a varchar"
                raise self._words.error(f"{message} (actual: {other.type.name})", word)
        return call("dz_matches", BOOLEAN, terms)

    def _concatenation(self, scope: Scope) -> Term:
        term = self._sum(scope)
        while self._words.sees("||"):
            word = self._words.operator()
            other = self._sum(scope)
            if not {term.type, other.type} <= {VARCHAR, UNKNOWN}:
                raise self._unexpected((term, other), word._replace(key="concat"))
            term = call("dz_concat", VARCHAR, (term, other))
        return term

    def _sum(self, scope: Scope) -> Term:
        term = self._product(scope)
        while self._words.sees("+") or self._words.sees("-"):
            term = self._computed(term, self._words.operator(), self._product(scope))
        return term

    def _product(self, scope: Scope) -> Term:
        term = self._signed(scope)
        while self._words.sees("*") or self._words.sees("/") or self._words.sees("%"):
            term = self._computed(term, self._words.operator(), self._signed(scope))
        return term

    def _computed(self, left: Term, word: Word, right: Term) -> Term:
        types = (left.type, right.type)
        if word.key in "+-" and left.type.family == "time" and right.type is INTERVAL:
            unit, count = right.parts
            shift = call("dz_negate", INTEGER, (count,)) if word.key == "-" else count
            return call("date_add", left.type, (unit, shift, left))
        if word.key == "+" and left.type is INTERVAL and right.type.family == "time":
            return self._computed(right, word, left)
        if not {type.family for type in types} <= {"number", ""}:
            names = f"{left.type.name} {word.key} {right.type.name}"
            raise self._words.error(f"Cannot apply operator: {names}", word)
        whole = all(type in (INTEGER, UNKNOWN) for type in types)
        name = "dz_divide_whole" if word.key == "/" and whole else _OPERATORS[word.key]
        return call(name, INTEGER if whole else DECIMAL, (left, right))

    def _signed(self, scope: Scope) -> Term:
        word = self._words.word
        if self._words.take("-"):
            self._words.deeper()
            term = self._signed(scope)
            self._words.shallower()
            if term.type.family not in ("number", ""):
                raise self._words.error(f"Cannot negate {term.type.name}", word)
            return call("dz_negate", term.type, (term,))
        if self._words.take("+"):
            return self._signed(scope)
        return self._primary(scope)

    def _primary(self, scope: Scope) -> Term:
        word, following = self._words.word, self._words.following
        if word.kind == "text":
            return Term(self._value(self._words.next().text), VARCHAR)
        if word.kind == "number":
            text = self._words.next().text
            return Term(self._value(Decimal(text)), INTEGER if text.isdecimal() else DECIMAL)
        if word.key in ("date", "timestamp") and following.kind == "text":
            return self._moment()
        if word.key == "interval" and (following.kind == "text" or following.key in ("+", "-")):
            return self._interval()
        if word.key in _CONSTANTS:
            self._words.next()
            return Term(*_CONSTANTS[word.key])
        if word.key in _FORMS and (following.key == "(" or word.key == "case"):
            self._words.next()
            return getattr(self, _FORMS[word.key])(scope, word)  # type: ignore[no-any-return]  # a method
        if word.key in self._today and (following.key == "(" or word.key != "now"):
            self._words.next()
            if self._words.take("("):
                self._words.need(")")
            text, type = self._today[word.key]
            return Term(self._value(text), type)
        if self._words.sees("("):
            return self._words.in_parentheses(lambda: self._subquery(scope) or self.read(scope))  # type: ignore[no-any-return]  # a term
        if word.kind == "name" and following.key == "(" and word.key not in RESERVED:
            return self._function(scope)
        return self._column(scope)

    def _moment(self) -> Term:
        word, text = self._words.next(), self._words.next().text
        type, cast = (DATE, functions.as_date) if word.key == "date" else (TIMESTAMP, functions.as_timestamp)
        try:
            if type is DATE and len(text.strip()) > len("2026-01-31"):
                raise SqlError(text)
            return Term(self._value(cast(text)), type)
        except SqlError:
            raise self._words.error(f"'{text}' is not a valid {word.key.upper()} literal", word) from None

    def _interval(self) -> Term:
        """Return an interval, whose parts are its unit and its number of them."""
        word = self._words.next()
        sign = -1 if self._words.take("-") else 1
        self._words.take("+")
        text, unit = self._words.next().text.strip(), self._words.next().key.removesuffix("s")
        if unit not in UNITS or not text.lstrip("-").isdecimal() or len(text) > _MOST_DIGITS:
            raise self._words.error(f"'{text}' {unit} is not a valid INTERVAL literal", word)
        count = Term(self._value(Decimal(sign * int(text))), INTEGER)
        return Term("", INTERVAL, (Term(self._value(unit), VARCHAR), count))

    def _subquery(self, scope: Scope) -> Term | None:
        """Return a query as a value, None if none stands here."""
        word = self._words.word
        if not (self._words.sees("select") or self._words.sees("with")):
            return None
        query = self._query(scope)
        if len(query.columns) != 1:
            raise self._words.error("Multiple columns returned by subquery are not yet supported", word)
        return Term(f"({query.sql})", query.columns[0].type)

    def _case(self, scope: Scope, word: Word) -> Term:
        operand = None if self._words.sees("when") else self.read(scope)
        conditions, results = [], []
        while self._words.take("when"):
            condition = self.read(scope)
            if operand is None:
                conditions.append(self.boolean(condition, "CASE WHEN", word))
            else:
                left, right = self._alike((operand, condition), word, "=")
                conditions.append(Term(f"({left.sql} = {right.sql})", BOOLEAN, (left, right)))
            self._words.need("then")
            results.append(self.read(scope))
        if not conditions:
            raise self._words.mismatch()
        results.append(self.read(scope) if self._words.take("else") else _NULL)
        self._words.need("end")
        return self._chosen(conditions, results, word)

    def _if(self, scope: Scope, word: Word) -> Term:
        condition, *results = self._words.in_parentheses(
            lambda: self._words.elements(lambda: self.read(scope))
        )
        if len(results) not in (1, 2):
            raise self._words.error("Invalid number of arguments for 'if'", word)
        return self._chosen([self.boolean(condition, "IF", word)], [*results, _NULL][:2], word)

    def _chosen(self, conditions: Sequence[Term], results: Sequence[Term], word: Word) -> Term:
        """Return CASE; the last of ``results`` is that of ELSE."""
        *alike, otherwise = self._alike(results, word, "CASE")
        pairs = zip(conditions, alike, strict=True)
        whens = " ".join(f"WHEN {condition.sql} THEN {result.sql}" for condition, result in pairs)
        sql = f"CASE {whens} ELSE {otherwise.sql} END"
        return Term(sql, self.common([term.type for term in results], word), (*conditions, *alike, otherwise))

    def _cast(self, scope: Scope, word: Word) -> Term:
        self._words.need("(")
        term = self.read(scope)
        self._words.need("as")
        name = self._words.next()
        if name.key not in CAST_TYPES:
            raise self._words.error(f"Unknown type: {name.text}", name)
        type, digits = CAST_TYPES[name.key]
        if self._words.take("("):
            sizes = self._words.elements(self._words.count)
            self._words.need(")")
            digits = sizes[1] if name.key == "decimal" and len(sizes) > 1 else digits
        if self._words.take("with", "time", "zone") or self._words.take("without", "time", "zone"):
            pass  # the sandbox's times are all in one zone
        self._words.need(")")
        if (term.type.family, type.family) in _NO_CAST or term.type is INTERVAL:
            raise self._words.error(f"Cannot cast {term.type.name} to {type.name}", word)
        more = (term.type.name, type.name, Decimal(digits))
        literals = [Term(self._value(value), UNKNOWN) for value in more]
        return call(f"dz_{word.key}", type, (term, *literals))

    def _extract(self, scope: Scope, word: Word) -> Term:
        self._words.need("(")
        unit = self._words.next().key
        self._words.need("from")
        term = self.read(scope)
        if term.type.family not in ("time", ""):
            raise self._unexpected((term,), word)
        self._words.need(")")
        return call("dz_field", INTEGER, (Term(self._value(unit), VARCHAR), term))

    def _exists(self, scope: Scope, word: Word) -> Term:
        query = self._words.in_parentheses(lambda: self._query(scope))
        return Term(f"EXISTS ({query.sql})", BOOLEAN)

    def _function(self, scope: Scope) -> Term:
        word = self._words.next()
        self._words.need("(")
        distinct = self._words.take("distinct")
        if word.key == "count" and self._words.take("*"):
            arguments = [Term("*", UNKNOWN)]
        else:
            arguments = [] if self._words.sees(")") else self._words.elements(lambda: self.read(scope))
        self._words.need(")")
        if word.key in AGGREGATES or word.key in (*RANKS, *SHIFTS):
            return self._aggregate(scope, word, arguments, distinct)
        function = FUNCTIONS.get(word.key)
        if function is None or distinct:
            raise self._words.error(f"Function '{word.text}' not registered", word)
        families = function.families(len(arguments))
        if families is None:
            raise self._unexpected(arguments, word)
        if "same" in families:
            arguments = list(self._alike(arguments, word, word.key))
        for term, family in zip(arguments, families, strict=True):
            if family not in ("same", "any", term.type.family) and term.type is not UNKNOWN:
                raise self._unexpected(arguments, word)
        typed = [term.type for term, family in zip(arguments, families, strict=True) if family != "text"]
        own = self.common(typed if "same" in families else typed[:1], word)
        return call(word.key, function.type or own, arguments)

    def _unexpected(self, arguments: Sequence[Term], word: Word) -> SqlError:
        types = ", ".join(term.type.name for term in arguments)
        return self._words.error(f"Unexpected parameters ({types}) for function {word.key}", word)

    def _aggregate(self, scope: Scope, word: Word, arguments: Sequence[Term], distinct: bool) -> Term:
        kind = AGGREGATES.get(word.key)
        if any(term.aggregates for term in arguments):
            raise self._words.error("Cannot nest aggregations inside aggregation", word)
        families = {term.type.family for term in arguments}
        if kind and (len(arguments) != 1 or (kind.takes and not families <= {kind.takes, ""})):
            raise self._unexpected(arguments, word)
        listed = ("DISTINCT " if distinct else "") + ", ".join(term.sql for term in arguments)
        sql = kind.sql.format(listed) if kind else f"{word.key}({listed})"
        if self._words.take("filter"):
            self._words.need("(", "where")
            sql += f" FILTER (WHERE {self.condition(scope, 'FILTER')})"
            self._words.need(")")
        type = (kind.type if kind else INTEGER if word.key in RANKS else None) or arguments[0].type
        parts: tuple[Term, ...] = ()
        if over := self._words.take("over"):
            window, parts = self._words.in_parentheses(lambda: self._window(scope))
            sql += f" OVER ({window})"
            parts = (*arguments, *parts)
        elif kind is None:
            raise self._words.error(f"Window function {word.key} requires an OVER clause", word)
        if sql.startswith("count(") or word.key in RANKS:
            sql = f"dz_number({sql})"
        return Term(sql, type, parts, kind="" if over else "aggregate")

    def _window(self, scope: Scope) -> tuple[str, tuple[Term, ...]]:
        terms: list[Term] = []
        sql = ""
        if self._words.take("partition", "by"):
            terms += self._words.elements(lambda: self.read(scope))
            sql = f"PARTITION BY {', '.join(term.sql for term in terms)}"
        if self._words.take("order", "by"):
            keys = []
            for _ in self._words.more():
                terms.append(self.read(scope))
                keys.append(f"{terms[-1].sql} {self._words.direction()}")
            sql += f" ORDER BY {', '.join(keys)}"
        return sql, tuple(terms)

    def _column(self, scope: Scope) -> Term:
        word = self._words.word
        names = [self._words.name()]
        written = [word.text]
        while self._words.sees("."):
            self._words.next()
            written.append(self._words.word.text)
            names.append(self._words.name())
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
                raise self._words.error(f"Column '{'.'.join(written)}' is ambiguous", word)
            if candidates:
                return Term(candidates[0].sql, candidates[0].type, name=written[-1], kind="column")
            looked_in = looked_in.outer
        raise self._words.error(f"Column '{'.'.join(written)}' cannot be resolved", word)

    def _alike(self, terms: Sequence[Term], word: Word, operator: str) -> tuple[Term, ...]:
        """Return terms as values that can be compared: dates beside timestamps become timestamps."""
        for other in terms[1:]:
            if not comparable(terms[0].type, other.type):
                names = f"{terms[0].type.name} {operator} {other.type.name}"
                raise self._words.error(f"Cannot apply operator: {names}", word)
        if any(term.type is TIMESTAMP for term in terms):
            return tuple(
                call("dz_timestamp", TIMESTAMP, (term,)) if term.type is DATE else term for term in terms
            )
        return tuple(terms)

    def common(self, types: Sequence[Type], word: Word) -> Type:
        known = [type for type in types if type is not UNKNOWN] or [UNKNOWN]
        for type in known[1:]:
            if not comparable(known[0], type):
                raise self._words.error(f"All types must be the same: {known[0].name}, {type.name}", word)
        wider = {TIMESTAMP, DECIMAL} & set(known)
        return wider.pop() if wider else known[0]


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
_MOST_DIGITS = 9
