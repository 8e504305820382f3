"""`Tabular`: the methods that turn the rows an iterator has left into a table."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from dynzuora import _json
from dynzuora.http import Request

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

    from dynzuora.model import Shape
    from dynzuora.tables.collecting import Collector
    from dynzuora.tables.declared import Nested


class RowTypes(NamedTuple):
    """What is known of rows before they are read; ``floats`` is the client's choice."""

    row: Shape | None = None
    order: Sequence[str] = ()
    floats: bool = False


class Tabular:
    """The base of iterators over rows. After a failure, the same method called again resumes.

    Each takes the remaining rows. Numbers with a fraction are exact unless ``floats``, which is the
    client's choice by default.
    """

    _collector: Any = None
    _form: tuple[Any, ...] = ()

    @property
    def waits(self) -> bool:
        """Whether the next row has to be requested first."""
        return False

    def _row_batches(self) -> Iterable[list[Any]]:
        """Take the remaining rows, some at a time."""
        raise NotImplementedError

    def _row_types(self) -> RowTypes:
        raise NotImplementedError

    def to_arrow(
        self, *, nested: Nested = "struct", schema: pyarrow.Schema | None = None, floats: bool | None = None
    ) -> pyarrow.Table:
        """Take the remaining rows and return them as a pyarrow table.

        Objects are structs, or dotted columns if ``nested`` is ``"dotted"``. Types are the document's,
        wide enough for every value (`dynzuora.tables`), or those of ``schema``.

        Raises ImportError without pyarrow, and `TableError` for a value that ``schema`` refuses.
        """
        table = self._arrow(schema, floats).table(nested)
        self._forget()
        return table

    def to_polars(
        self, *, nested: Nested = "struct", schema: pyarrow.Schema | None = None, floats: bool | None = None
    ) -> polars.DataFrame:
        """Take the remaining rows and return them as a polars DataFrame, which shares Arrow's memory.

        Takes and raises what `to_arrow` does; raises ImportError without polars.
        """
        try:
            import polars
        except ImportError as error:
            from dynzuora._extras import install

            raise ImportError(f"polars frames need polars: {install('polars')}.") from error
        frame = polars.from_arrow(self.to_arrow(nested=nested, schema=schema, floats=floats), rechunk=False)
        assert isinstance(frame, polars.DataFrame)
        return frame

    def to_parquet(
        self,
        path: str | os.PathLike[str],
        *,
        nested: Nested = "struct",
        schema: pyarrow.Schema | None = None,
        floats: bool | None = None,
    ) -> Path:
        """Write the remaining rows to a Parquet file, page by page in flat memory, and return its path.

        The file is there whole or not at all. Takes and raises what `to_arrow` does, and raises
        `FileError` if the file cannot be written.
        """
        path = self._arrow(schema, floats, on_disk=True).write_parquet(path, nested)
        self._forget()
        return path

    def to_df(self, *, floats: bool | None = None) -> pandas.DataFrame:
        """Take the remaining rows and return them as a pandas DataFrame.

        Dates are parsed, nested fields become dotted columns, and columns are in order of first
        appearance. Amounts are Decimal unless ``floats``. With pyarrow installed the frame is the same,
        and takes less memory and time.

        Raises ImportError without pandas.
        """
        from dynzuora.tables import frames

        types = self._row_types()
        floats = types.floats if floats is None else floats
        collector = self._collect(
            ("frame", floats), lambda: frames.collect(types.row, order=types.order, floats=floats)
        )
        frame: pandas.DataFrame = collector.frame()
        self._forget()
        return frame

    def _arrow(
        self, schema: pyarrow.Schema | None, floats: bool | None, *, on_disk: bool = False
    ) -> Collector:
        from dynzuora import tables

        types = self._row_types()
        floats = types.floats if floats is None else floats
        collector: Collector = self._collect(
            ("arrow", schema, floats),
            lambda: tables.collect(
                row=types.row, schema=schema, order=types.order, floats=floats, on_disk=on_disk
            ),
        )
        return collector

    def _collect(self, form: tuple[Any, ...], start: Callable[[], Any]) -> Any:
        """Take all rows into a collector, which keeps them if not all can be read now."""
        if self._form != form:
            self._refuse_if_collecting()
        if self._collector is None:
            _json.expect_much()
            self._collector, self._form = start(), form
        for rows in self._row_batches():
            if rows and isinstance(rows[0], Request):
                self._forget()
                raise ValueError("A dry run has no rows to make a table of; iterate to get its requests.")
            self._collector.extend(rows)
        return self._collector

    def _forget(self) -> None:
        if self._collector is not None:
            self._collector.close()
            self._collector = None

    def _refuse_if_collecting(self) -> None:
        """Raise ValueError where rows that a failure left behind would be missing."""
        if self._collector is not None and self._collector.rows:
            raise ValueError(
                f"{self._collector.rows:,} rows that were read before the failure are kept for the table "
                "or file that was being made: call that method again, with the same arguments."
            )
        self._forget()
