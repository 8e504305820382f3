"""Filters of Object Query: `where` writes them, and `problems` and `notes` check them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from dynzuora import _json, _zuora
from dynzuora._names import canonical, nearest
from dynzuora._native import native
from dynzuora.errors import Problem

_FILTER = re.compile(r"(?P<field>[\w.]+)\.(?P<operator>[A-Za-z]+):", re.ASCII)


def where(**conditions: Any) -> tuple[str, ...]:
    """Return the filters of an object query, which all must hold, for its ``filter`` parameter.

    A condition is a field and, after two underscores, an operator: ``eq`` (the default), ``ne``,
    ``lt``, ``gt``, ``le``, ``ge``, ``sw`` (starts with) or ``in`` (a list of values). None is null.
    Fields are named as in the reply, in any case; custom fields as ``Region__c``.

    Raises ValueError for an unknown operator, and for a value that a filter cannot have.

    >>> where(currency="CAD", updateddate__lt="2024-01-01T00:00:00Z", name__in=["Amy", "Bella"])
    ('currency.EQ:CAD', 'updateddate.LT:2024-01-01T00:00:00Z', 'name.IN:[Amy,Bella]')
    """
    return tuple(_condition(name, value) for name, value in conditions.items())


def _condition(name: str, value: Any) -> str:
    field, separator, operator = name.rpartition("__")
    if not separator or not field or f"__{operator}" in _zuora.CUSTOM_FIELD_SUFFIXES:
        field, operator = name, "EQ"
    operator = operator.upper()
    if operator not in _zuora.FILTER_OPERATORS:
        raise ValueError(f"{name}: {_unknown_operator(operator)}")
    if operator != "IN":
        return f"{field}.{operator}:{_text(name, value)}"
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        raise ValueError(f"{name} takes a list of values, not {value!r}.")
    texts = [_text(name, element) for element in value]
    if any("," in text for text in texts):
        raise ValueError(f"{name}: a value of IN cannot contain a comma.")
    return f"{field}.IN:[{','.join(texts)}]"


def _text(name: str, value: Any) -> str:
    value = native(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        if value.tzinfo is None:
            return value.isoformat(timespec="seconds")
        return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        value = Decimal(repr(value))
    if isinstance(value, Decimal) and value.is_finite():
        return _json.number_text(value)
    if isinstance(value, str | int):
        return str(value)
    raise ValueError(f"{name}: a filter cannot have the value {value!r}.")


def _unknown_operator(operator: str) -> str:
    close = nearest(operator, _zuora.FILTER_OPERATORS)
    hint = f" Did you mean {close[0]}?" if close else ""
    return f"{operator} is not one of {', '.join(_zuora.FILTER_OPERATORS)}.{hint}"


def problems(keyword: str, value: Any) -> Iterator[Problem]:
    """Yield a problem for each filter that is not ``field.OP:value``."""
    for term in _terms(value):
        match = _FILTER.match(term)
        if match is None:
            yield Problem(
                keyword,
                "is not a filter such as currency.EQ:CAD; dynzuora.where writes them.",
                term,
            )
        elif match["operator"].upper() not in _zuora.FILTER_OPERATORS:
            yield Problem(keyword, _unknown_operator(match["operator"]), term)


def notes(keyword: str, value: Any, fields: Iterable[str]) -> Iterator[Problem]:
    """Yield a note for each filter by a field that rows do not have; custom fields may be any."""
    names = {canonical(name): name for name in fields}
    for term in _terms(value):
        match = _FILTER.match(term)
        if match is None or not names or "." in match["field"]:
            continue
        field = match["field"]
        if canonical(field) in names or field.endswith(_zuora.CUSTOM_FIELD_SUFFIXES):
            continue
        close = nearest(field, names.values())
        hint = f" Did you mean {close[0]}?" if close else ""
        yield Problem(keyword, f"filters by {field}, which the document's rows do not have.{hint}", term)


def _terms(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [str(term) for term in value] if isinstance(value, list | tuple) else []
