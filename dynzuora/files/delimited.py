"""CSV and its like as rows: streamed, every field and every null kept (RFC 4180)."""

from __future__ import annotations

import csv
import importlib.util
from collections.abc import Iterable, Iterator
from typing import Any

from dynzuora.errors import FileError

LARGEST_FIELD = 16 * 1024 * 1024
"""Characters. The csv module's own limit of 131,072 is less than Zuora's fields may have."""

Row = dict[str, Any]


def read(lines: Iterable[str], delimiter: str, name: str = "the file") -> Iterator[Row]:
    """Yield the rows of delimited text as mappings from the names in its first line to text.

    A name that comes twice becomes ``Id_1``, a value without a name ``column_3``, by its
    position; a missing value is None. In a file of one column an empty line is a row, since
    that is how a null is written.

    Raises `FileError` with the line for a quote that is not closed, or misplaced.
    """
    reader = _csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        names = _distinct(next(filter(None, reader), []))
        for values in reader:
            if len(values) == len(names):
                yield dict(zip(names, values, strict=True))
            elif values:
                yield _uneven(names, values)
            elif len(names) == 1:
                yield {names[0]: ""}
    except _csv.Error as error:
        line = reader.line_num
        raise FileError(f"Line {line} of {name} is not valid CSV: {error}.", path=name, line=line) from None


def _distinct(names: list[str]) -> list[str]:
    distinct: dict[str, None] = {}
    for position, name in enumerate(names, 1):
        name = name or f"column_{position}"
        if name in distinct:
            taken = {*names, *distinct}
            name = next(
                new for number in range(1, len(names) + 1) if (new := f"{name}_{number}") not in taken
            )
        distinct[name] = None
    return list(distinct)


def _uneven(names: list[str], values: list[str]) -> Row:
    row: Row = dict.fromkeys(names)
    row.update(zip(names, values, strict=False))
    for position, value in enumerate(values[len(names) :], len(names) + 1):
        name = f"column_{position}"
        while name in row:
            name += "_"
        row[name] = value
    return row


def _own_csv() -> Any:
    """Return a csv module of our own: a field limit that is raised counts for the whole process."""
    spec = importlib.util.find_spec("_csv")
    if spec is None or spec.loader is None:  # an interpreter without it
        return csv
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.field_size_limit(LARGEST_FIELD)
    return module


_csv = _own_csv()
