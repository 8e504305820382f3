"""The tables of a tenant: each object that ZOQL can query is a table, and its fields are columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from dynzuora._names import canonical
from dynzuora._references import MISSING
from dynzuora.model import ANYTHING, Shape
from dynzuora.sandbox.ledger import Ledger
from dynzuora.sandbox.sql.functions import as_date, as_timestamp
from dynzuora.sandbox.sql.values import BOOLEAN, DATE, DECIMAL, INTEGER, TIMESTAMP, VARCHAR, SqlError, Type

_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_NUMBER = re.compile(r"-?\d{1,30}(\.\d{1,30})?", re.ASCII)
_TIME_FORMATS = ("date", "date-time", "datetime")
_AUDIT = ("createdById", "createdDate", "updatedById", "updatedDate")


class Table(NamedTuple):
    """A table: the types of its columns by name, and its rows, whose values are of these types or null."""

    columns: Mapping[str, Type]
    rows: Sequence[tuple[Any, ...]]


class Catalog:
    """The tables of the tenant, as one entity sees it."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def names(self) -> list[str]:
        """Return the names of the tables that have rows."""
        ledger = self._ledger
        named = {kind: name for name, kind in ledger.rules.tables.items()}
        kinds = ledger.families.kinds | ledger.rules.objects
        return sorted(named.get(kind, kind) for kind in kinds if ledger.records(kind))

    def table(self, name: str) -> Table | None:
        """Return a table, None if there is none of this name."""
        ledger = self._ledger
        kind = ledger.rules.tables.get(name, name)
        if kind in ledger.rules.tables.values() and kind == name:
            return None
        records = ledger.records(kind)
        if not records and kind not in ledger.rules.objects | ledger.families.kinds:
            return None
        declared = {canonical(field): shape for field, shape in ledger.fields_of(kind).items()}
        columns: dict[str, Type] = {}
        values: list[Sequence[Any]] = []
        for field in self._fields(kind):
            form = canonical(field)
            column = [_plain(ledger.resolve(record, form)) for record in records]
            type = _type_of(field, column, declared.get(form, ANYTHING))
            columns[field.lower()] = type
            values.append([value if value is None else _READ[type](value) for value in column])
        return Table(columns, list(zip(*values, strict=True)) if records else [])

    def _fields(self, kind: str) -> Iterable[str]:
        """Return the names of the columns: those of the document, of the records, and of every object."""
        ledger = self._ledger
        names = ["id", *ledger.rules.kind(kind).number.names, *ledger.fields_of(kind), *_AUDIT]
        for record in ledger.records(kind):
            names += [name for name in record if name != "key" and not isinstance(record[name], dict | list)]
        spelled: dict[str, str] = {}
        for name in names:
            spelled.setdefault(canonical(name), name)
        return spelled.values()


def _plain(value: Any) -> Any:
    return None if value is MISSING or isinstance(value, dict | list) else value


def _type_of(field: str, values: Sequence[Any], declared: Shape) -> Type:
    """Return the type that all ``values`` have; what the field is declared decides where several fit."""
    present = [value for value in values if value is not None]
    return next(type for type, fits in _TYPES.items() if fits(field, present, declared))


def _is_boolean(field: str, values: Sequence[Any], declared: Shape) -> bool:
    return all(isinstance(value, bool) for value in values) and (bool(values) or declared.type == "boolean")


def _is_integer(field: str, values: Sequence[Any], declared: Shape) -> bool:
    whole = all(isinstance(value, int) and not isinstance(value, bool) for value in values)
    return whole and (declared.type == "integer" or (bool(values) and not _is_amount(declared)))


def _is_amount(declared: Shape) -> bool:
    return declared.type == "number" or declared.format in ("decimal", "BigDecimal", "double", "float")


def _is_decimal(field: str, values: Sequence[Any], declared: Shape) -> bool:
    if not values:
        return _is_amount(declared)
    written = [value for value in values if not isinstance(value, int | Decimal) or isinstance(value, bool)]
    return not written or (
        _is_amount(declared) and all(isinstance(text, str) and _NUMBER.fullmatch(text) for text in written)
    )


def _is_date(field: str, values: Sequence[Any], declared: Shape) -> bool:
    return _is_time(field, values, declared, _DATE, declared.format == "date" or not declared.format)


def _is_timestamp(field: str, values: Sequence[Any], declared: Shape) -> bool:
    return _is_time(field, values, declared, _TIME, declared.format in _TIME_FORMATS)


def _is_time(field: str, values: Sequence[Any], declared: Shape, form: re.Pattern[str], empty: bool) -> bool:
    named = declared.format in ("date", "date-time", "datetime") or canonical(field).endswith(
        ("date", "datetime")
    )
    if not named or not values:
        return named and empty
    return all(isinstance(text, str) and form.fullmatch(text) and _parses(text) for text in values)


def _parses(text: str) -> bool:
    try:
        return bool(as_timestamp(text))
    except SqlError:
        return False


_TYPES: Mapping[Type, Callable[[str, Sequence[Any], Shape], bool]] = {
    BOOLEAN: _is_boolean,
    INTEGER: _is_integer,
    DECIMAL: _is_decimal,
    DATE: _is_date,
    TIMESTAMP: _is_timestamp,
    VARCHAR: lambda field, values, declared: True,
}
"""Type → whether a column has it; the first that fits."""

_READ: Mapping[Type, Callable[[Any], Any]] = {
    BOOLEAN: bool,
    INTEGER: int,
    DECIMAL: Decimal,
    DATE: as_date,
    TIMESTAMP: as_timestamp,
    VARCHAR: lambda value: str(value).lower() if isinstance(value, bool) else str(value),
}
