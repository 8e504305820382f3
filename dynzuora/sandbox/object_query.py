"""Object Query: ``filter[]``, ``sort[]``, ``expand[]`` and ``<object>.fields[]`` of a list or an object.

https://developer.zuora.com/docs/guides/expand-filter-fields-sort-queries/
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from decimal import Decimal
from functools import partial
from typing import Any, NamedTuple

from dynzuora import _zuora
from dynzuora._names import canonical
from dynzuora._references import MISSING
from dynzuora.model import ANYTHING, Shape
from dynzuora.sandbox import showing
from dynzuora.sandbox.filtering import text
from dynzuora.sandbox.ledger import Ledger
from dynzuora.sandbox.reading import number, whole
from dynzuora.sandbox.refusals import Reason, Refusal, refusal
from dynzuora.sandbox.store import Record

PATHS = _zuora.OBJECT_QUERY_PATHS

PAGE_SIZE = _zuora.OBJECT_QUERY_PAGE_SIZE
"""The default of ``pageSize``, at which expanded lists are cut."""

_ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "LT": operator.lt,
    "GT": operator.gt,
    "LE": operator.le,
    "GE": operator.ge,
}

_CONDITION = re.compile(r"(?P<field>[\w.]+)\.(?P<operator>[A-Za-z]+):(?P<value>.*)", re.DOTALL)
_SORT = re.compile(r"(?P<field>\w+)\.(?P<order>ASC|DESC)", re.IGNORECASE)


class Condition(NamedTuple):
    """``field.OP:value``; IN has several values, and None is null."""

    field: str
    operator: str
    values: tuple[str | None, ...]


class Query(NamedTuple):
    """The query of a request. ``fields`` is object → field names, ``""`` for the base object."""

    conditions: tuple[Condition, ...]
    sort: tuple[str, bool] | None
    expand: tuple[str, ...]
    fields: Mapping[str, frozenset[str]]
    size: int


def parsed(query: Mapping[str, Any], kind: str, shape: Shape, stand_ins: Collection[str] = ()) -> Query:
    """Return the query that the parameters of a request for ``kind`` make.

    A part that is malformed or names an unknown field is left out if it is one of
    ``stand_ins``, which are the texts that the document itself shows.

    Raises `Refusal` with a reason for each other such part.
    """
    reasons: list[Reason] = []

    def read(terms: Iterable[str], reader: Callable[[str], Any]) -> list[Any]:
        results = []
        for term in terms:
            try:
                results.append(reader(term))
            except Refusal as refused:
                if term not in stand_ins:
                    reasons.extend(refused.reasons)
        return results

    owners = {"": (kind, shape)}
    owners |= {
        canonical(name): (canonical(name), inner.items or inner) for name, inner in shape.fields.items()
    }
    conditions = read(_list(query.get("filter[]")), lambda term: _condition(term, kind, shape))
    sorts = read(_split(query.get("sort[]")), lambda term: _order(term, kind, shape))
    if len(sorts) > 1:
        reasons.append(Reason(27, "sort[] takes one field."))
    fields = {}
    for owner, names in _fields(query, kind).items():
        if owner in owners:
            names = read(names, partial(_field, *owners[owner], parameter=f"{owners[owner][0]}.fields[]"))
        if names:
            fields[owner] = frozenset(names)
    if reasons:
        raise Refusal(*reasons)
    return Query(
        tuple(conditions),
        sorts[0] if sorts else None,
        tuple(_split(query.get("expand[]"))),
        fields,
        whole(str(query.get("pageSize") or "")) or PAGE_SIZE,
    )


def select(ledger: Ledger, records: Iterable[Record], query: Query) -> list[Record]:
    """Return the records that meet every condition, sorted."""
    chosen = [
        record
        for record in records
        if all(_holds(ledger.resolve(record, canonical(each.field)), each) for each in query.conditions)
    ]
    if query.sort:
        field, is_descending = query.sort
        chosen.sort(key=lambda record: _key(ledger.resolve(record, canonical(field))), reverse=is_descending)
    return chosen


def shaped(ledger: Ledger, record: Record, row: Mapping[str, Any], shape: Shape, query: Query) -> Any:
    """Return a row with the fields and the expanded objects that a query asks for, and no others."""
    roots = {canonical(name.partition(".")[0]) for name in query.expand}
    names = query.fields.get("")
    result = {
        name: value
        for name, value in row.items()
        if not _is_other(shape.fields.get(name, ANYTHING))
        and (names is None or canonical(name) in map(canonical, names))
    }
    for name, inner in shape.fields.items():
        if canonical(name) in roots:
            value = _expanded(ledger, record, name, inner, query)
            if value is not MISSING:
                result[name] = value
    return result


def _is_other(shape: Shape) -> bool:
    """Whether a field is an object or a list of objects, which are shown only if they are expanded."""
    return bool(shape.fields) or bool(shape.items and shape.items.fields)


def _expanded(ledger: Ledger, record: Record, name: str, shape: Shape, query: Query) -> Any:
    form = canonical(name)
    below = query._replace(
        conditions=(),
        expand=tuple(
            rest
            for root, _, rest in (term.partition(".") for term in query.expand)
            if canonical(root) == form
        ),
        fields={"": query.fields[form]} if form in query.fields else {},
    )
    if shape.is_array:
        row = shape.items or ANYTHING
        others = ledger.children(record, ledger.kind_of(name))[: query.size]
        if not others and isinstance(record.value(form), list):
            return showing.fit(record.value(form), shape)[: query.size]
        return [_shown(ledger, other, row, below) for other in others]
    other = ledger.store.lookup(ledger.resolve(record, f"{form}id"))
    return MISSING if other is None else _shown(ledger, other, shape, below)


def _shown(ledger: Ledger, record: Record, shape: Shape, query: Query) -> Any:
    return shaped(ledger, record, showing.show(ledger, record, shape), shape, query)


def _field(kind: str, shape: Shape, name: str, *, parameter: str) -> str:
    if canonical(name) in map(canonical, shape.fields) or name.endswith(_zuora.CUSTOM_FIELD_SUFFIXES):
        return name
    raise refusal(27, f"{parameter}: {name} is not a field of {kind}.")


def _order(term: str, kind: str, shape: Shape) -> tuple[str, bool]:
    """Return the field of ``sort[]``, and whether the order is descending."""
    match = _SORT.fullmatch(term)
    if match is None:
        raise refusal(27, f"sort[]: {term!r} is not field.ASC or field.DESC.")
    return _field(kind, shape, match["field"], parameter="sort[]"), match["order"].upper() == "DESC"


def _split(value: Any) -> list[str]:
    return [term.strip() for part in _list(value) for term in part.split(",")]


def _list(value: Any) -> list[str]:
    if value in (None, ""):
        return []
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


def _fields(query: Mapping[str, Any], kind: str) -> dict[str, list[str]]:
    """Return object → the names in its ``fields[]``, ``""`` for the base object."""
    fields: dict[str, list[str]] = {}
    for name, value in query.items():
        if name.endswith("fields[]") and value:
            owner = canonical(name.removesuffix("fields[]"))
            fields["" if owner in ("", kind) else owner] = _split(value)
    return fields


def _condition(term: str, kind: str, shape: Shape) -> Condition:
    match = _CONDITION.fullmatch(term)
    if match is None:
        raise refusal(27, f"filter[]: {term!r} is not field.OP:value.")
    name, value = match["operator"].upper(), match["value"]
    if name not in _zuora.FILTER_OPERATORS:
        allowed = ", ".join(_zuora.FILTER_OPERATORS)
        raise refusal(27, f"filter[]: {match['operator']} is not one of {allowed} in {term!r}.")
    if name == "IN" and not (value.startswith("[") and value.endswith("]")):
        raise refusal(27, f"filter[]: IN takes a list such as [a,b] in {term!r}.")
    values = value[1:-1].split(",") if name == "IN" else [value]
    field = _field(kind, shape, match["field"], parameter="filter[]")
    return Condition(field, name, tuple(map(_literal, values)))


def _literal(value: str) -> str | None:
    value = value.strip()
    return None if value == "null" else value


def _holds(value: Any, condition: Condition) -> bool:
    if condition.operator in ("EQ", "IN"):
        return any(_equals(value, literal) for literal in condition.values)
    [literal] = condition.values
    if condition.operator == "NE":
        return not _equals(value, literal)
    if value is MISSING or literal is None:
        return False
    if condition.operator == "SW":
        return text(value).casefold().startswith(literal.casefold())
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        other = number(literal)
        return other is not None and _ORDERS[condition.operator](value, other)
    return _ORDERS[condition.operator](text(value), literal)


def _equals(value: Any, literal: str | None) -> bool:
    if value is MISSING or literal is None:
        return value is MISSING and literal is None
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return number(literal) == value
    return text(value).casefold() == literal.casefold()


def _key(value: Any) -> tuple[int, Any]:
    if value is MISSING:
        return 0, ""
    return (1, value) if isinstance(value, (int, Decimal)) else (2, text(value))
