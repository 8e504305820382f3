"""DataFrames by way of Arrow: the same columns as without it, in a fraction of the memory."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from dynzuora.tables.collecting import Collector, Leaf
from dynzuora.tables.columns import objects
from dynzuora.tables.moments import zone_of
from dynzuora.tables.readings import TIME

if TYPE_CHECKING:
    import pandas


class FrameCollector(Collector):
    """A collector of rows for a DataFrame, in which lists stay Python's own."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, lists_as_json=True)

    def frame(self) -> pandas.DataFrame:
        """Return all rows as a DataFrame."""
        import pandas

        leaves = self.leaves("dotted")
        columns = {leaf.name: self._series(pandas, leaf) for leaf in leaves}
        index = pandas.RangeIndex(self.rows)
        result: pandas.DataFrame = pandas.DataFrame(columns, index, columns=[leaf.name for leaf in leaves])
        return result

    def _series(self, pandas: Any, leaf: Leaf) -> Any:
        column = leaf.column
        convert = None if column.is_mixed else _SERIES.get(column.kind)
        if convert is None:
            values = [value for stored in self.stored(leaf) for value in objects(stored)]
            return pandas.Series(values, dtype="object")
        type = column.type(pa.null())
        batches = [column.final(stored, type) for stored in self.stored(leaf)]
        return convert(pandas, pa.chunked_array(batches, type), column.zones)


def _plainly(pandas: Any, array: pa.ChunkedArray, zones: set[str]) -> Any:
    return array.to_pandas()


def _integers(pandas: Any, array: pa.ChunkedArray, zones: set[str]) -> Any:
    return pandas.Series(pandas.Int64Dtype().__from_arrow__(array)) if array.null_count else array.to_pandas()


def _booleans(pandas: Any, array: pa.ChunkedArray, zones: set[str]) -> Any:
    return (
        pandas.Series(pandas.BooleanDtype().__from_arrow__(array)) if array.null_count else array.to_pandas()
    )


def _dates(pandas: Any, array: pa.ChunkedArray, zones: set[str]) -> Any:
    return array.cast(TIME).to_pandas()


def _utc_times(pandas: Any, array: pa.ChunkedArray, zones: set[str]) -> Any:
    offsets = {zone_of(zone) for zone in zones}
    return (
        array.cast(TIME)
        .to_pandas()
        .dt.tz_localize(UTC)
        .dt.tz_convert(offsets.pop() if len(offsets) == 1 else UTC)
    )


_SERIES: dict[str, Callable[[Any, pa.ChunkedArray, set[str]], Any]] = {
    "boolean": _booleans,
    "integer": _integers,
    "decimal": _plainly,
    "float": _plainly,
    "text": _plainly,
    "date": _dates,
    "time": _plainly,
    "utc": _utc_times,
}
"""Kind of a column → its Series; others are of Python's own objects."""
