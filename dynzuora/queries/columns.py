"""The types of a query's columns, as the document declares the fields of the objects it reads.

`declared` finds them, and `read` gives them to rows of CSV, which has texts only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from dynzuora._names import canonical, singular
from dynzuora.model import Shape
from dynzuora.tables.declared import kind_of

if TYPE_CHECKING:
    from dynzuora.operation import Operation

_PATHS: Final = ("/v1/object/", "/object-query/")
"""Paths of the operations that read one object: what a query calls a table is their next segment."""


def declared(operations: Mapping[str, Operation], tables: Iterable[str]) -> dict[str, Shape]:
    """Return the fields of the tables by their canonical names.

    A field that two tables have with different types is left out, since a column does not say
    which one it is.
    """
    wanted = {singular(canonical(table)) for table in tables}
    if not wanted:
        return {}
    fields: dict[str, Shape] = {}
    unclear: set[str] = set()
    for identifier in operations:
        operation = operations[identifier]
        path = next((path for path in _PATHS if operation.path.startswith(path)), "")
        segments = operation.path.removeprefix(path).split("/")
        if not path or operation.method != "GET" or len(segments) != 2 or not segments[1].startswith("{"):
            continue
        if singular(canonical(segments[0])) not in wanted:
            continue
        for name, shape in operation.model.reply.shape.properties.items():
            known = fields.setdefault(canonical(name), shape)
            if (known.type, known.format) != (shape.type, shape.format):
                unclear.add(canonical(name))
    return {name: shape for name, shape in fields.items() if name not in unclear}


def read(row: Mapping[str, Any], declared: Shape, *, floats: bool = False) -> dict[str, Any]:
    """Return a row of texts with the numbers and booleans that are declared; an empty one of these is None.

    A text that is not what it should be stays.
    """
    return {name: _read(value, declared.properties.get(name), floats) for name, value in row.items()}


def _read(value: Any, declared: Shape | None, floats: bool) -> Any:
    kind = kind_of(declared) if declared and isinstance(value, str) else ""
    if kind in ("", "text"):
        return value
    if not value:
        return None
    if kind == "boolean":
        return _BOOLEANS.get(value.lower(), value)
    if kind in ("decimal", "integer") and _NUMBER.fullmatch(value):
        return (
            int(value)
            if kind == "integer" and "." not in value
            else float(value)
            if floats
            else Decimal(value)
        )
    return value


_BOOLEANS: Final = {"true": True, "false": False}
_NUMBER: Final = re.compile(r"-?[0-9]{1,60}(\.[0-9]{1,60})?", re.ASCII)
