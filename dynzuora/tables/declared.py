"""What the document says of a column's values."""

from __future__ import annotations

from typing import Literal

from dynzuora.model import Shape

Nested = Literal["struct", "dotted"]
"""What becomes of objects in rows: structs, or columns such as ``billTo.city``."""

DATE_FORMATS = frozenset({"date", "date-time", "datetime"})
_AMOUNT_FORMATS = frozenset({"decimal", "BigDecimal", "double", "float"})


def is_number(declared: Shape) -> bool:
    """Whether the values are numbers that may have a fraction, written as JSON numbers or as text."""
    return declared.type == "number" or declared.format in _AMOUNT_FORMATS


def kind_of(declared: Shape) -> str:
    """Return the kind of the values; empty if the document does not say.

    One of ``decimal``, ``integer``, ``boolean``, ``date``, ``time``, ``text``, ``list``, ``object``.
    """
    if is_number(declared):
        return "decimal"
    if declared.format in DATE_FORMATS:
        return "date" if declared.format == "date" else "time"
    return _KINDS.get(declared.type, "")


_KINDS = {
    "integer": "integer",
    "boolean": "boolean",
    "string": "text",
    "array": "list",
    "object": "object",
}
