"""A subset of ZOQL: ``select Id, Name from Account where Status = 'Active'``.

One object, a list of fields, conditions joined by ``and`` and ``or`` without parentheses. As in
ZOQL, there are no joins, aggregates, order or ``*``, and rows lack fields without a value
(https://knowledgecenter.zuora.com/Zuora_Central_Platform/Query/ZOQL). Exports take ``*``.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from dynzuora import _zuora
from dynzuora._names import canonical
from dynzuora._references import MISSING
from dynzuora.sandbox.ledger import Ledger
from dynzuora.sandbox.reading import number, whole
from dynzuora.sandbox.refusals import Refusal, refusal
from dynzuora.sandbox.sql import matches
from dynzuora.sandbox.store import Record

BATCH = 2000
"""The maximum number of rows of one reply; a query locator leads to the rest."""

LONGEST_QUERY = 10_000
"""Characters. The regular expressions below would take too long on longer queries."""

_QUERY = re.compile(
    r"\s*select\s+(?P<fields>.+?)\s+from\s+(?P<object>[\w.]+)"
    r"(?:\s+where\s+(?P<where>.+?))?(?:\s+limit\s+(?P<limit>[0-9]+))?\s*;?\s*",
    re.IGNORECASE | re.DOTALL,
)
_CONDITION = re.compile(
    r"\s*(?P<field>[\w.]+)\s*(?P<operator>!=|<>|<=|>=|=|<|>|like\b)\s*"
    r"(?P<value>(?:timestamp\s*)?'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|[^\s'\"]+)\s*(?P<join>and\b|or\b)?",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<>": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
    "like": lambda value, pattern: matches(
        str(value).lower(), re.sub(r"([_\\])", r"\\\1", str(pattern).lower()), "\\"
    ),
}
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d) ?(?:Z|\+00:00|UTC)?")
"""A time in UTC, as records have it after substitution."""
_WORDS = {"true": True, "false": False, "null": None}


class _Condition(NamedTuple):
    field: str
    compare: Callable[[Any, Any], bool]
    operator: str
    value: Any


def rows(ledger: Ledger, query: str, *, takes_all: bool = False) -> list[dict[str, Any]]:
    """Return the rows of a query; if it ``takes_all``, ``*`` stands for every field.

    Raises `Refusal` for a query outside the subset.
    """
    if len(query) > LONGEST_QUERY:
        raise refusal(
            20,
            f"MALFORMED_QUERY: the query has {len(query)} characters; the maximum is {LONGEST_QUERY}.",
            shape="message",
        )
    text = _COMMENT.sub(" ", query)
    match = _QUERY.fullmatch(text)
    if match is None:
        raise _malformed(query)
    kind = _kind(ledger, match["object"])
    alternatives = _conditions(match["where"] or "", query)
    chosen = [record for record in ledger.records(kind) if _passes(ledger, record, alternatives)]
    names = [name.strip() for name in match["fields"].split(",")]
    if "*" in names and not takes_all:
        raise _malformed(query)
    if names == ["*"]:
        names = fields(ledger, kind)
    conditions = (condition for conditions in alternatives for condition in conditions)
    _check_fields(ledger, kind, [*names, *(condition.field for condition in conditions)])
    return [_row(ledger, record, names) for record in chosen[: whole(match["limit"] or "")]]


def fields(ledger: Ledger, kind: str) -> list[str]:
    """Return the fields of a kind's records in CRUD's spelling."""
    names = {"Id": None, **({"AccountNumber": None} if kind == "account" else {})}
    for record in ledger.records(kind):
        names |= {
            name[:1].upper() + name[1:]: None for name in record if not isinstance(record[name], (dict, list))
        }
    return list(names)


def _kind(ledger: Ledger, name: str) -> str:
    """Return the kind of an object's name.

    Raises `Refusal` if there is none.
    """
    kind = ledger.kind_of(name.rpartition(".")[2])
    if kind not in ledger.rules.objects | ledger.families.kinds and not ledger.records(kind):
        raise refusal(20, f"INVALID_TYPE: invalid type for query: {name}.", shape="message")
    return kind


def _check_fields(ledger: Ledger, kind: str, names: list[str]) -> None:
    """Raise a `Refusal` that names each field that the object does not have.

    Anything is a field of an object that neither the document nor a record describes, and a
    custom field need not be set on any record.
    """
    declared = frozenset(map(canonical, (*ledger.fields_of(kind), *fields(ledger, kind))))
    records = ledger.records(kind)
    if not ledger.fields_of(kind) and not records:
        return
    unknown = [
        name
        for name in names
        if canonical(name) not in declared
        and not name.endswith(_zuora.CUSTOM_FIELD_SUFFIXES)
        and all(ledger.resolve(record, canonical(_own(ledger, kind, name))) is MISSING for record in records)
    ]
    if unknown:
        raise refusal(
            21, f"INVALID_FIELD: invalid field for query: {kind}.{', '.join(unknown)}.", shape="message"
        )


def _own(ledger: Ledger, kind: str, name: str) -> str:
    """Return a field's name without the name of its own object."""
    prefix, _, own = name.rpartition(".")
    return own if ledger.kind_of(prefix) == kind else name


def _row(ledger: Ledger, record: Record, names: list[str]) -> dict[str, Any]:
    """Return the selected fields; ``Account.Name``, of another object, keeps its full name."""
    row = {"Id": record.id}
    for name in names:
        name = _own(ledger, record.kind, name)
        value = ledger.resolve(record, canonical(name))
        if value is not MISSING:
            row[name] = value
    return row


def _conditions(where: str, query: str) -> list[list[_Condition]]:
    """Return the alternatives, which are lists of conditions that must all hold."""
    alternatives: list[list[_Condition]] = [[]]
    position = 0
    while position < len(where):
        match = _CONDITION.match(where, position)
        if match is None:
            raise _malformed(query)
        word = match["operator"].lower()
        value = _value(match["value"])
        alternatives[-1].append(_Condition(match["field"], _OPERATORS[word], word, value))
        position = match.end()
        if match["join"] and match["join"].lower() == "or":
            alternatives.append([])
        elif not match["join"] and position < len(where.rstrip()):
            raise _malformed(query)
    return alternatives


def _passes(ledger: Ledger, record: Record, alternatives: list[list[_Condition]]) -> bool:
    return any(
        all(_holds(ledger, record, condition) for condition in conditions) for conditions in alternatives
    )


def _holds(ledger: Ledger, record: Record, condition: _Condition) -> bool:
    value = ledger.resolve(record, canonical(_own(ledger, record.kind, condition.field)))
    if condition.value is None or value is MISSING:
        is_null = value is MISSING
        return condition.value is None and is_null == (condition.operator == "=")
    literal = condition.value
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool) and not isinstance(literal, str):
        return condition.compare(value, literal)
    return condition.compare(_text(value), _text(literal))


def _value(text: str) -> Any:
    if text[-1] in "'\"":
        literal = re.sub(r"\\(.)", r"\1", text[text.index(text[-1]) + 1 : -1])
        return _TIME.sub(r"\1 \2", literal)
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    text_number = number(text)
    return text if text_number is None else text_number


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _malformed(query: str) -> Refusal:
    return refusal(20, f"MALFORMED_QUERY: the sandbox cannot parse {query!r}.", shape="message")
