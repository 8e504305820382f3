"""Rows with a Decimal wherever the document declares a number, whole amounts included.

JSON writes 5 and 5.25 alike, as the numbers that they are. Python, pandas and polars keep an int and a
Decimal apart: an int has no ``quantize``, and a column whose first rows are ints may lose the cents
of the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from dynzuora.model import Shape
from dynzuora.tables.declared import kind_of

Places = Mapping[str, Any]
"""Field → True for a number, or the places in the object or in each object of the list that it holds."""


def places(row: Shape | None, above: tuple[Shape, ...] = ()) -> Places:
    """Return where an object of a shape has numbers, in itself and below; recursion ends where it begins."""
    numbers: dict[str, Any] = {}
    for name, field in row.properties.items() if row and row not in above else ():
        inner = field.items if field.is_array and field.items else field
        if kind_of(inner) == "decimal":
            numbers[name] = True
        elif row and inner.properties and (below := places(inner, (*above, row))):
            numbers[name] = below
    return numbers


def make_exact(row: Any, numbers: Places) -> Any:
    """Replace integers at these places of a row by Decimals, and return the row."""
    if isinstance(row, dict):
        for name, below in numbers.items():
            if (value := row.get(name)) is not None:
                row[name] = _exact(value, below)
    return row


def _exact(value: Any, below: Any) -> Any:
    if type(value) is list:
        return [_exact(item, below) for item in value]
    if below is True:
        return Decimal(value) if type(value) is int else value
    return make_exact(value, below)
