"""A column whose type the caller has promised; a value that is not of it is an error."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from dynzuora._redaction import MASK, is_secret_field
from dynzuora._text import cut
from dynzuora.errors import TableError
from dynzuora.model import Shape, shape_of
from dynzuora.tables.columns import Column, Stored, struct


class FixedColumn(Column):
    """A column of one type; values are read into it exactly."""

    def __init__(self, name: str, type: pa.DataType) -> None:
        super().__init__(name)
        self._type = type
        self._shape = _shape(type)

    def store(self, values: Sequence[Any]) -> Stored:
        """Take the values of one batch and return them as an array of the type.

        Raises `TableError` for the first value that is not of the type.
        """
        try:
            return pa.field(self.name, self._type), self._fitted(values)
        except (ValueError, TypeError, NotImplementedError):
            for value in values:
                try:
                    self._fitted([value])
                except (ValueError, TypeError, NotImplementedError):
                    raise self._error(value) from None
            raise

    def type(self, unknown: pa.DataType) -> pa.DataType:
        """Return the type that was promised."""
        return self._type

    def _fitted(self, values: Sequence[Any]) -> pa.Array:
        column = Column(self.name, self._shape, floats=pa.types.is_floating(self._type))
        stored = column.store(values)
        return _conformed(column.final(stored, column.type(self._type)), self._type)

    def _error(self, value: Any) -> TableError:
        shown = MASK if is_secret_field(self.name) else cut(repr(value), 80)
        return TableError(
            f"{self.name}: {shown} is not {self._type}, which the schema promises. "
            "Leave the column out of schema= for a type that holds all its values.",
            column=self.name,
            value=shown,
        )


def _conformed(array: pa.Array, type: pa.DataType) -> pa.Array:
    """Return an array in a type; what would lose a field, a digit or a part of a time is a ValueError."""
    if array.null_count == len(array):
        return pa.nulls(len(array), type)
    if pa.types.is_struct(type) and pa.types.is_struct(array.type):
        own = {field.name: array.field(number) for number, field in enumerate(array.type)}
        if own.keys() - {field.name for field in type}:
            raise ValueError("fields that the schema does not have")
        fields = [
            (field, _conformed(own.get(field.name, pa.nulls(len(array))), field.type)) for field in type
        ]
        return struct(len(array), fields, array.is_null())
    if pa.types.is_list(type) and pa.types.is_list(array.type):
        items = _conformed(array.values, type.value_type)
        return pa.ListArray.from_arrays(array.offsets, items, type, mask=array.is_null())
    if (
        pa.types.is_timestamp(type)
        and pa.types.is_timestamp(array.type)
        and bool(type.tz) != bool(array.type.tz)
    ):
        raise TypeError("a time with a zone is not one without")
    if pa.types.is_date(type) and not pa.types.is_date(array.type):
        raise TypeError("a time is not a day")
    if pa.types.is_string(type) and not pa.types.is_string(array.type):
        raise TypeError("a number is not a text")
    return array.cast(type)


def _shape(type: pa.DataType) -> Shape:
    return shape_of(_declared(type))


def _declared(type: pa.DataType) -> dict[str, Any]:
    """Return what a document would say of values of a type."""
    if pa.types.is_struct(type):
        return {"type": "object", "properties": {field.name: _declared(field.type) for field in type}}
    if pa.types.is_list(type) or pa.types.is_large_list(type):
        return {"type": "array", "items": _declared(type.value_type)}
    return next((schema for applies, schema in _DECLARED if applies(type)), {})


_DECLARED: tuple[tuple[Any, dict[str, Any]], ...] = (
    (pa.types.is_boolean, {"type": "boolean"}),
    (pa.types.is_integer, {"type": "integer"}),
    (pa.types.is_decimal, {"type": "number"}),
    (pa.types.is_floating, {"type": "number"}),
    (pa.types.is_date, {"type": "string", "format": "date"}),
    (pa.types.is_timestamp, {"type": "string", "format": "date-time"}),
    (pa.types.is_string, {"type": "string"}),
    (pa.types.is_large_string, {"type": "string"}),
)
