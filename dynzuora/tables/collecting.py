"""`Collector`: takes rows as they come and makes one table or one Parquet file of all of them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple, Protocol, Self
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from dynzuora._names import canonical
from dynzuora._redaction import MASK, is_secret_field
from dynzuora._text import cut
from dynzuora._warning import warn
from dynzuora.errors import FileError, RequestWarning
from dynzuora.model import Shape
from dynzuora.tables.columns import Column, Stored, struct
from dynzuora.tables.fixed import FixedColumn

if TYPE_CHECKING:
    from dynzuora.tables.declared import Nested

_BATCH = 1000
"""Rows that are stored together: enough for the cost of a batch not to count, few enough to hold."""
_GROUP_ROWS, _GROUP_BYTES = 122_880, 32 * 1024 * 1024
"""Of a row group in a Parquet file; of the rows, DuckDB's own number."""


class Leaf(NamedTuple):
    """A column of the table: its name, and the path to its values in a row."""

    name: str
    column: Column
    path: tuple[str, ...]


class Collector:
    """The rows of one table: batches in memory or in a temporary file, and what they say of types.

    More rows may be taken after a failure, or once a table was made. Not thread-safe.
    """

    def __init__(
        self,
        *,
        row: Shape | None = None,
        schema: pa.Schema | None = None,
        order: Sequence[str] = (),
        floats: bool = False,
        on_disk: bool = False,
        **columns: Any,
    ) -> None:
        """``columns`` are options of `Column`."""
        self.rows = 0
        self._order = [*(schema.names if schema is not None else ()), *order]
        self._root = Column("", row, floats=floats, **columns)
        self._root.fields.update({field.name: FixedColumn(field.name, field.type) for field in schema or ()})
        self._pending: list[Any] = []
        self._batches: _Batches = _OnDisk() if on_disk else _InMemory()
        self._warned: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Forget the rows, and remove the temporary file."""
        self._pending.clear()
        self._batches.close()

    def extend(self, rows: Iterable[Any]) -> None:
        """Take rows, as many as there are until one cannot be had.

        Raises `FileError` if they cannot be stored, and `TableError` for a value that the schema refuses.
        """
        if isinstance(rows, list):
            self._pending += rows
            self.rows += len(rows)
        else:
            for row in rows:
                self._pending.append(row)
                self.rows += 1
                if len(self._pending) >= _BATCH:
                    self._store()
        if len(self._pending) >= _BATCH:
            self._store()

    def _store(self) -> None:
        rows = self._pending
        if not rows:
            return
        if set(map(type, rows)) != {dict}:
            rows = [row if isinstance(row, Mapping) else {"value": row} for row in rows]
        self._batches.append(_batch(self._root.store_fields(rows), len(rows)))
        self._pending = []

    # -- the result -------------------------------------------------------------------------

    def table(self, nested: Nested = "struct") -> pa.Table:
        """Return all rows as a table."""
        leaves = self.leaves(nested)
        self._warn()
        schema = _schema(leaves, pa.null())
        return pa.Table.from_batches((_final(batch, leaves, schema) for batch in self._batches), schema)

    def write_parquet(self, path: str | os.PathLike[str], nested: Nested = "struct") -> Path:
        """Write all rows to a Parquet file and return its path.

        Raises `FileError` if it cannot be written.
        """
        target = Path(path).expanduser()
        with _written_whole(target) as part, open(part, "xb") as file:
            self.write_to(file, nested)
        return target

    def write_to(self, file: IO[bytes], nested: Nested = "struct") -> None:
        """Write all rows to an open file as Parquet."""
        leaves = self.leaves(nested)
        self._warn()
        schema = _schema(leaves, pa.string())
        with pq.ParquetWriter(file, schema) as writer:
            for group in _groups(_final(batch, leaves, schema) for batch in self._batches):
                writer.write_table(pa.Table.from_batches(group, schema))

    def leaves(self, nested: Nested) -> list[Leaf]:
        """Return the columns of the table in order."""
        self._store()
        columns = self._columns()
        if nested == "struct":
            return [Leaf(name, column, (name,)) for name, column in columns.items()]
        return _distinct(leaf for name, column in columns.items() for leaf in self._below(column, (name,)))

    def stored(self, leaf: Leaf) -> Iterator[Stored]:
        """Yield the batches of one column as they are stored."""
        return (
            _at(leaf.path, [*zip(batch.schema, batch.columns, strict=True)], len(batch))
            for batch in self._batches
        )

    def drop(self, leaf: Leaf) -> None:
        """Forget the values of one column of batches in memory, unless they are part of an object."""
        if isinstance(self._batches, _InMemory) and len(leaf.path) == 1:
            for number, batch in enumerate(self._batches):
                stored = zip(batch.schema, batch.columns, strict=True)
                others = [(field, array) for field, array in stored if field.name != leaf.path[0]]
                self._batches[number] = _batch(others, len(batch))

    def _columns(self) -> dict[str, Column]:
        columns = dict(self._root.fields)
        if not (self.rows or self._order):
            columns = {**self._root.declared_fields(), **columns}
        spelled = {canonical(name): name for name in reversed(columns)}
        first = [spelled.get(canonical(name), name) for name in self._order]
        return {name: columns.get(name) or self._root.field(name) for name in (*first, *columns)}

    def _below(self, column: Column, path: tuple[str, ...]) -> Iterator[Leaf]:
        fields = column.fields or ({} if self.rows else column.declared_fields())
        if column.kind != "object" or not fields:
            yield Leaf(".".join(path), column, path)
            return
        for name, field in fields.items():
            yield from self._below(field, (*path, name))

    def _warn(self) -> None:
        for column in _all_below(self._root):
            if column.is_mixed and column.name not in self._warned:
                self._warned.add(column.name)
                value = MASK if is_secret_field(column.key) else cut(repr(column.odd), 80)
                warn(
                    f"{column.name}: {value} is not of the type of the other values, "
                    "so that the column is text. schema= asks for a type and refuses other values.",
                    RequestWarning,
                )


def _all_below(column: Column) -> Iterator[Column]:
    for child in column.children():
        yield child
        yield from _all_below(child)


def _distinct(leaves: Iterable[Leaf]) -> list[Leaf]:
    """Return columns under names of their own: a key may have a dot in it."""
    distinct: dict[str, Leaf] = {}
    for leaf in leaves:
        name = leaf.name
        while name in distinct:
            name += "_"
        distinct[name] = leaf._replace(name=name)
    return [*distinct.values()]


def _schema(leaves: Iterable[Leaf], unknown: pa.DataType) -> pa.Schema:
    return pa.schema([(leaf.name, leaf.column.type(unknown)) for leaf in leaves])


def _final(batch: pa.RecordBatch, leaves: Iterable[Leaf], schema: pa.Schema) -> pa.RecordBatch:
    stored = [*zip(batch.schema, batch.columns, strict=True)]
    final = [
        (field, leaf.column.final(_at(leaf.path, stored, len(batch)), field.type))
        for leaf, field in zip(leaves, schema, strict=True)
    ]
    return _batch(final, len(batch))


def _at(path: tuple[str, ...], stored: Iterable[Stored], rows: int) -> Stored:
    """Return the values at a path, null in each row that has none."""
    name, *below = path
    for field, array in stored:
        if field.name == name:
            if not below:
                return field, array
            if pa.types.is_struct(array.type):
                return _at((*below,), zip(array.type, array.flatten(), strict=True), rows)
    return pa.field(name, pa.null()), pa.nulls(rows)


def _batch(stored: Sequence[Stored], rows: int) -> pa.RecordBatch:
    """Return arrays as a batch that has its number of rows even without any."""
    return pa.RecordBatch.from_struct_array(struct(rows, stored, None))


def _groups(batches: Iterable[pa.RecordBatch]) -> Iterator[list[pa.RecordBatch]]:
    """Yield batches that make a row group together."""
    group: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in batches:
        group.append(batch)
        rows, size = rows + len(batch), size + batch.nbytes
        if rows >= _GROUP_ROWS or size >= _GROUP_BYTES:
            yield group
            group, rows, size = [], 0, 0
    if group:
        yield group


@contextmanager
def _written_whole(target: Path) -> Iterator[Path]:
    """Give the path of a file that becomes ``target`` if all goes well, and is removed if not."""
    part = target.with_name(f".dynzuora-{uuid4().hex}.part")
    try:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            yield part
            os.replace(part, target)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise FileError(
            f"{target} cannot be written: {error.strerror or error}.", path=str(target)
        ) from error


class _Batches(Protocol):
    def append(self, batch: pa.RecordBatch) -> None: ...

    def __iter__(self) -> Iterator[pa.RecordBatch]: ...

    def close(self) -> None: ...


class _InMemory(list[pa.RecordBatch]):
    def close(self) -> None:
        self.clear()


class _OnDisk:
    """Batches in a file without a name, each as a compressed Arrow stream of its own."""

    def __init__(self) -> None:
        self._file: IO[bytes] = tempfile.TemporaryFile(prefix="dynzuora-")  # noqa: SIM115  # closed by close()
        self._sizes: list[int] = []

    def append(self, batch: pa.RecordBatch) -> None:
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, batch.schema, options=_COMPRESSED) as stream:
            stream.write_batch(batch)
        content = sink.getvalue()
        try:
            self._file.seek(sum(self._sizes))  # where the last whole one ends
            self._file.write(content)
            self._file.flush()
        except OSError as error:
            folder = tempfile.gettempdir()
            raise FileError(f"{folder} cannot hold the rows: {error.strerror}.", path=folder) from error
        self._sizes.append(len(content))

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        start = 0
        for size in self._sizes:
            self._file.seek(start)
            yield pa.ipc.open_stream(self._file.read(size)).read_next_batch()
            start += size

    def close(self) -> None:
        self._file.close()


_COMPRESSED = pa.ipc.IpcWriteOptions(compression="lz4" if pa.Codec.is_available("lz4") else None)
