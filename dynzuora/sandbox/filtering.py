"""Filters and sort order of lists.

A query parameter that names a property filters by it; the value ``null`` selects rows without
it. ``sort`` is Zuora's: ``-`` for ascending, ``+`` or nothing for descending.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from dynzuora._names import canonical
from dynzuora._references import MISSING
from dynzuora.sandbox.ledger import Ledger
from dynzuora.sandbox.reading import number
from dynzuora.sandbox.store import Record

POSITIONS = frozenset({"page", "pagesize", "pagelength", "start", "limit", "cursor", "sort"})
NOT_FILTERS = POSITIONS | {"fields", "q", "ids", "chargedetail"}
RANGES = frozenset({"startdate", "enddate"})


def filters(query: Mapping[str, Any]) -> dict[str, str]:
    """Return the parameters of a query that select rows, by canonical name."""
    return {form: value_text for form, value_text in _by_form(query).items() if form not in POSITIONS}


def _by_form(query: Mapping[str, Any]) -> dict[str, str]:
    return {canonical(name): text(value) for name, value in query.items() if value not in (None, "")}


def select(
    ledger: Ledger, records: list[Record], query: Mapping[str, Any], properties: frozenset[str]
) -> list[Record]:
    """Return the records that match every filter of ``query``, sorted as it says.

    ``properties`` are the canonical names of the properties that rows have.
    """
    filters = _renamed(ledger, records, _by_form(query))
    ids = filters.get("ids", "")
    if ids:
        records = [record for record in records if str(record.id) in ids.split(",")]
    if (option := filters.pop("datefilteroption", "")) or RANGES & filters.keys():
        records = _in_range(ledger, records, canonical(option) or "startdate", filters)
    for form, value_text in filters.items():
        if form not in NOT_FILTERS:
            records = [
                record for record in records if _passes(ledger, record, form, value_text, form in properties)
            ]
    return _sorted(ledger, records, str(query.get("sort") or ""))


def _passes(ledger: Ledger, record: Record, form: str, value_text: str, is_known: bool) -> bool:
    if record.invented:
        return True  # examples take the values of the filters
    value = ledger.resolve(record, form)
    if value is MISSING:
        value = _nested(record, form)
    if value is MISSING:
        return value_text == "null" or not is_known
    if value_text == "null":
        return False
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return number(value_text) == value
    return text(value).casefold() == value_text.casefold()


def _nested(record: Record, form: str) -> Any:
    """Return the value of ``eventTypeName`` from ``{"eventType": {"name": …}}``."""
    for name in record:
        inner = record[name]
        if isinstance(inner, Mapping) and form.startswith(canonical(name)):
            for inner_name, value in inner.items():
                if canonical(name) + canonical(inner_name) == form:
                    return value
    return MISSING


def _renamed(ledger: Ledger, records: list[Record], filters: dict[str, str]) -> dict[str, str]:
    """Return the filters with alternative names and values of properties replaced."""
    for kind in {record.kind for record in records}:
        for form, about in ledger.rules.kind(kind).filters.items():
            value_text = filters.pop(form, None)
            if value_text is not None:
                filters[about["property"]] = about.get(value_text.lower(), value_text)
    return filters


def _in_range(ledger: Ledger, records: list[Record], form: str, filters: dict[str, str]) -> list[Record]:
    first, last = filters.pop("startdate", ""), filters.pop("enddate", "9999")
    return [
        record
        for record in records
        if record.invented
        or (value := ledger.resolve(record, form)) is MISSING
        or (first <= str(value)[: len(first)] and str(value)[: len(last)] <= last)
    ]


def _sorted(ledger: Ledger, records: list[Record], sort: str) -> list[Record]:
    for term in reversed([part.strip() for part in sort.split(",") if part.strip()]):
        form = canonical(term.lstrip("+-"))
        records = sorted(
            records, key=lambda record: _order(ledger, record, form), reverse=not term.startswith("-")
        )
    return records


def _order(ledger: Ledger, record: Record, form: str) -> tuple[int, Any]:
    value = ledger.resolve(record, form)
    if isinstance(value, (int, Decimal)):
        return 1, value
    return (0, "") if value is MISSING else (2, str(value))


def text(value: Any) -> str:
    """Return a parameter's value as a query spells it."""
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(text, value)) if isinstance(value, list) else str(value)
