"""Rows as Arrow tables and Parquet files: one exact type per column over all pages.

`table` makes a pyarrow table of any rows, `write_parquet` a file, in memory that does not grow
with the number of rows; ``items.to_arrow()`` and its like call them. No value is rounded, cut or
dropped. A column has one type, which the document's schema and its values decide:

* Numbers with a fraction, and all that the document declares a ``number``, are
  ``decimal128(18, scale)``, or 38 where the digits of a value need it. The scale is that of the
  value with most digits after the point, and at least 2.
* Dates are ``date32``, times without a zone ``timestamp[us]``, times with one ``timestamp[us, UTC]``.
* Objects are structs, or dotted columns on request; lists are lists.
* A column without a value has the document's type, or Arrow's null if there is none.
* Values that no type holds, such as a number beside a word, or one of 40 digits, make the whole
  column text. A `RequestWarning` names the column and the first such value.

pyarrow is imported when a table is made.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow

    from dynzuora.model import Shape
    from dynzuora.tables.collecting import Collector
    from dynzuora.tables.declared import Nested


def table(
    rows: Iterable[Any],
    *,
    row: Shape | None = None,
    schema: pyarrow.Schema | None = None,
    order: Sequence[str] = (),
    nested: Nested = "struct",
    floats: bool = False,
) -> pyarrow.Table:
    """Return ``rows``, an iterable of mappings, as a pyarrow table.

    ``row`` is the shape of one row and makes types; values that do not fit it are kept. ``schema``
    is a promise: its columns come first, exist even without a value and have exactly its types;
    columns that it lacks are added. Columns are in order of first appearance, after those in
    ``order``, which exist even if no row has them. Without rows and ``order``, the columns are
    those that ``row`` declares. Numbers with a fraction are float64 if ``floats``.

    Raises ImportError if pyarrow is not installed, and `TableError` for a value that is not of
    the type in ``schema``.
    """
    collector = collect(row=row, schema=schema, order=order, floats=floats)
    collector.extend(rows)
    return collector.table(nested)


def write_parquet(
    rows: Iterable[Any],
    path: str | os.PathLike[str],
    *,
    row: Shape | None = None,
    schema: pyarrow.Schema | None = None,
    order: Sequence[str] = (),
    nested: Nested = "struct",
    floats: bool = False,
) -> Path:
    """Write ``rows`` to the Parquet file ``path`` and return its path; arguments as `table` takes them.

    Memory does not grow with the number of rows: they wait, compressed, in a temporary file until
    the last row has decided the types. The file gets its name when it is whole; an interrupted run
    leaves nothing. A column of which nothing is known is text, which every reader takes.

    Raises what `table` raises, and `FileError` if the file cannot be written.
    """
    with collect(row=row, schema=schema, order=order, floats=floats, on_disk=True) as collector:
        collector.extend(rows)
        return collector.write_parquet(path, nested)


def schema(row: Shape, *, nested: Nested = "struct", floats: bool = False) -> pyarrow.Schema:
    """Return the Arrow schema of the fields that ``row``, the shape of one row, declares.

    Raises ImportError if pyarrow is not installed.
    """
    return table((), row=row, nested=nested, floats=floats).schema


def collect(
    *,
    row: Shape | None = None,
    schema: pyarrow.Schema | None = None,
    order: Sequence[str] = (),
    floats: bool = False,
    on_disk: bool = False,
    **columns: Any,
) -> Collector:
    """Return what rows are added to as they come, and what then makes a table or a file of them.

    ``columns`` are options of `Column`.

    Raises ImportError if pyarrow is not installed.
    """
    try:
        import pyarrow  # noqa: F401  # before our own modules, which cannot say how to get it
    except ImportError as error:
        from dynzuora._extras import install

        raise ImportError(f"Arrow tables need pyarrow: {install('arrow')}.") from error
    from dynzuora.tables.collecting import Collector

    return Collector(row=row, schema=schema, order=order, floats=floats, on_disk=on_disk, **columns)
