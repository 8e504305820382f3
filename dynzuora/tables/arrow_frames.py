"""DataFrames by way of Arrow: the same columns as without it, in a fraction of the memory."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import UTC
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from dynzuora.tables.collecting import Collector, Leaf
from dynzuora.tables.columns import objects
from dynzuora.tables.moments import zone_of
from dynzuora.tables.readings import MEMORY, TIME

if TYPE_CHECKING:
    import pandas


class FrameCollector(Collector):
    """A collector of rows for a DataFrame, in which lists stay Python's own."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, lists_as_json=True)
        self._made: dict[str, Any] = {}

    def frame(self) -> pandas.DataFrame:
        """Return all rows as a DataFrame. No more can be taken then: each column is kept in one form only."""
        import pandas

        leaves = self.leaves("dotted")
        for leaf in sorted(leaves, key=_size):  # what Arrow has is dropped before the largest come
            if leaf.name not in self._made:
                self._made[leaf.name] = self._series(pandas, leaf)
                self.drop(leaf)
        columns = {leaf.name: self._made[leaf.name] for leaf in leaves}
        index = pandas.RangeIndex(self.rows)
        return pandas.DataFrame(columns, index, columns=[*columns], copy=False)

    def close(self) -> None:
        super().close()
        self._made.clear()

    def _series(self, pandas: Any, leaf: Leaf) -> Any:
        column = leaf.column
        convert = None if column.is_mixed else _SERIES.get(column.kind)
        if convert is None:
            values = [value for stored in self.stored(leaf) for value in objects(stored)]
            return pandas.Series(values, dtype="object")
        type = column.type(pa.null())
        batches = [column.final(stored, type) for stored in self.stored(leaf)]
        return convert(pandas, pa.chunked_array(batches, type), column.zones)


def _size(leaf: Leaf) -> bool:
    """Whether the Series of a column is of Python objects, which take several times as much as in Arrow."""
    return leaf.column.is_mixed or leaf.column.kind == "decimal" or leaf.column.kind not in _SERIES


def _plainly(pandas: Any, array: pa.ChunkedArray, zones: set[str]) -> Any:
    return array.to_pandas()


def _integers(pandas: Any, array: pa.ChunkedArray, zones: set[str]) -> Any:
    return pandas.Series(pandas.Int64Dtype().__from_arrow__(array)) if array.null_count else array.to_pandas()


def _booleans(pandas: Any, array: pa.ChunkedArray, zones: set[str]) -> Any:
    return (
        pandas.Series(pandas.BooleanDtype().__from_arrow__(array)) if array.null_count else array.to_pandas()
    )


def _dates(pandas: Any, array: pa.ChunkedArray, zones: set[str]) -> Any:
    return _cast(array, TIME).to_pandas()


def _texts(pandas: Any, array: pa.ChunkedArray, zones: set[str]) -> Any:
    return _cast(array, pa.large_string()).to_pandas()  # which pandas would do in Arrow's own memory


def _utc_times(pandas: Any, array: pa.ChunkedArray, zones: set[str]) -> Any:
    offsets = {zone_of(zone) for zone in zones}
    return (
        _cast(array, TIME)
        .to_pandas()
        .dt.tz_localize(UTC)
        .dt.tz_convert(offsets.pop() if len(offsets) == 1 else UTC)
    )


_cast = functools.partial(pc.cast, memory_pool=MEMORY)

_SERIES: dict[str, Callable[[Any, pa.ChunkedArray, set[str]], Any]] = {
    "boolean": _booleans,
    "integer": _integers,
    "decimal": _plainly,
    "float": _plainly,
    "text": _texts,
    "date": _dates,
    "time": _plainly,
    "utc": _utc_times,
}
"""Kind of a column → its Series; others are of Python's own objects."""
