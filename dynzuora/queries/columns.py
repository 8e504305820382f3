"""The types of a query's columns, as the document declares the fields of the objects it reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from dynzuora._names import canonical, singular
from dynzuora.model import Shape

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
