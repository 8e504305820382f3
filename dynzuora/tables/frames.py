"""Rows as a pandas DataFrame: nested fields as dotted columns, dates parsed, amounts exact.

Each column gets its type from the schema and its values. A column is converted only if
every value can be; otherwise it stays as it is, so nothing is lost or rounded. pandas is
imported when a frame is built.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self

from dynzuora._names import canonical
from dynzuora.display.cards import flattened
from dynzuora.model import ANYTHING, Shape, shape_of
from dynzuora.tables.declared import DATE_FORMATS, is_number
from dynzuora.tables.moments import moment

if TYPE_CHECKING:
    import pandas

    from dynzuora.tables.arrow_frames import FrameCollector

_DEEPEST = 4
_NUMBER = re.compile(r"-?[0-9]{1,60}(\.[0-9]{1,60})?", re.ASCII)
_LARGEST_INTEGER = 2**63 - 1


def frame(
    rows: Iterable[Any],
    row: Shape | None = None,
    *,
    order: Sequence[str] = (),
    floats: bool = False,
) -> pandas.DataFrame:
    """Return ``rows`` as a DataFrame.

    Columns are in order of first appearance, after those in ``order``, which exist even if
    no row has them. Without rows and ``order``, the columns are those that ``row``, the
    shape of one row, declares. Numbers with a fraction are Decimal unless ``floats``.

    Raises ImportError if pandas is not installed.
    """
    with collect(row, order=order, floats=floats) as collector:
        collector.extend(rows)
        return collector.frame()


def collect(
    row: Shape | None = None, *, order: Sequence[str] = (), floats: bool = False
) -> FrameCollector | RowCollector:
    """Return what rows are added to as they come, and what makes a DataFrame of them.

    With pyarrow the frame is the same, and takes less memory and time.

    Raises ImportError if pandas is not installed.
    """
    _pandas()
    try:
        import pyarrow  # noqa: F401  # our own module cannot say that it is missing
    except ImportError:
        return RowCollector(row, order, floats)
    from dynzuora.tables.arrow_frames import FrameCollector

    return FrameCollector(row=row, order=order, floats=floats)


class RowCollector:
    """Rows, and the DataFrame of them that pandas makes without Arrow."""

    def __init__(self, row: Shape | None, order: Sequence[str], floats: bool) -> None:
        self._row = row
        self._order = order
        self._floats = floats
        self._rows: list[Any] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def rows(self) -> int:
        """How many there are."""
        return len(self._rows)

    def extend(self, rows: Iterable[Any]) -> None:
        """Take rows, as many as there are until one cannot be had."""
        for row in rows:
            self._rows.append(row)

    def close(self) -> None:
        """Forget the rows."""
        self._rows.clear()

    def frame(self) -> pandas.DataFrame:
        """Return all rows as a DataFrame."""
        library = _pandas()
        flat = [flattened(values) for values in self._rows]
        declared = dict(_declared(self._row)) if self._row else {}
        names = _ordered(_columns(flat) if flat or self._order else declared, self._order)
        columns: dict[str, pandas.Series] = {}
        for name in names:
            values = [row.get(name) for row in flat]
            columns[name] = _series(library, values, declared.get(name), self._floats)
        result: pandas.DataFrame = library.DataFrame(columns, columns=names)
        return result


def _pandas() -> Any:
    try:
        import pandas
    except ImportError as error:
        from dynzuora._extras import install

        raise ImportError(f"DataFrames need pandas: {install('pandas')}.") from error
    return pandas


def _columns(flat: Sequence[Mapping[str, Any]]) -> dict[str, None]:
    """Return the columns in order; an object that is null in some rows adds no column beside its fields."""
    names = dict.fromkeys(name for row in flat for name in row)
    parents = {name.rpartition(".")[0] for name in names if "." in name}
    empty = {name for name in names if name in parents and not any(row.get(name) for row in flat)}
    return {name: None for name in names if name not in empty}


def columns(rows: Iterable[Any], row: Shape | None = None, *, order: Sequence[str] = ()) -> list[str]:
    """Return the columns of a list of which only some ``rows`` have been read.

    Those in ``order`` come first; without any, those that ``row``, the shape of one row,
    declares. Then come others that the rows have. Fields of nested objects are last.
    """
    declared = () if order or row is None else (name for name, _ in _declared(row))
    names = _ordered(dict.fromkeys([*declared, *_columns([flattened(values) for values in rows])]), order)
    parents = {name.rpartition(".")[0] for name in names if "." in name}
    return sorted((name for name in names if name not in parents), key=lambda name: "." in name)


def _ordered(names: Iterable[str], order: Sequence[str]) -> list[str]:
    """Return the columns of ``order`` first, in the rows' spelling."""
    names = list(names)
    spelled = {canonical(name): name for name in reversed(names)}
    return list(dict.fromkeys([*(spelled.get(canonical(name), name) for name in order), *names]))


def _declared(row: Shape, prefix: str = "", above: tuple[Shape, ...] = ()) -> Iterator[tuple[str, Shape]]:
    """Yield (dotted name, shape) of each field; a recursive object becomes one column."""
    for name, field in row.properties.items():
        if field.type == "object" and field.properties and field not in above and len(above) < _DEEPEST:
            yield from _declared(field, f"{prefix}{name}.", (*above, field))
        else:
            yield f"{prefix}{name}", field


_DATE = shape_of({"format": "date"})


def _series(pandas: Any, values: list[Any], declared: Shape | None, floats: bool) -> Any:
    present = [value for value in values if value is not None]
    kinds = {type(value) for value in present}
    if declared is None:  # custom fields and rows of a query: dates are recognized by their format
        declared = _DATE if kinds == {str} and any(present) else ANYTHING
    for applies, convert in _TYPES:
        if applies(kinds, declared):
            column = convert(pandas, values, present, floats)
            if column is not None:
                return column
    return pandas.Series(values, dtype=None if kinds == {str} else "object")


def _is_amount(kinds: set[type], declared: Shape) -> bool:
    return kinds <= {int, Decimal, float} and (bool(kinds & {Decimal, float}) or is_number(declared))


def _is_written_amount(kinds: set[type], declared: Shape) -> bool:
    return str in kinds and kinds <= {str, int, Decimal, float} and is_number(declared)


def _written_amounts(pandas: Any, values: list[Any], present: list[Any], floats: bool) -> Any:
    """Return numbers sent as text; None unless every text is a number or empty."""
    written = [text for text in present if isinstance(text, str) and text]
    if not written or not all(map(_NUMBER.fullmatch, written)):
        return None
    read = [(Decimal(value) if value else None) if isinstance(value, str) else value for value in values]
    return _amounts(pandas, read, [number for number in read if number is not None], floats)


def _amounts(pandas: Any, values: list[Any], present: list[Any], floats: bool) -> Any:
    if floats or any(isinstance(value, float) for value in present):
        return pandas.Series([None if value is None else float(value) for value in values], dtype="float64")
    return pandas.Series(
        [Decimal(value) if isinstance(value, int) else value for value in values], dtype="object"
    )


def _is_integer(kinds: set[type], declared: Shape) -> bool:
    return kinds == {int} or (not kinds and declared.type == "integer")


def _integers(pandas: Any, values: list[Any], present: list[Any], floats: bool) -> Any:
    if any(abs(number) > _LARGEST_INTEGER for number in present):
        return None
    return pandas.Series(values, dtype="int64" if len(present) == len(values) else "Int64")


def _is_boolean(kinds: set[type], declared: Shape) -> bool:
    return kinds == {bool} or (not kinds and declared.type == "boolean")


def _booleans(pandas: Any, values: list[Any], present: list[Any], floats: bool) -> Any:
    return pandas.Series(values, dtype="bool" if len(present) == len(values) else "boolean")


def _is_date(kinds: set[type], declared: Shape) -> bool:
    return kinds <= {str} and declared.format in DATE_FORMATS


def _dates(pandas: Any, values: list[Any], present: list[Any], floats: bool) -> Any:
    """Return a column of times; None unless every value is one and all or none have a time zone."""
    moments = [None if value in (None, "") else moment(value) for value in values]
    parsed = [moment for moment in moments if moment is not None]
    if len(parsed) < sum(text != "" for text in present):
        return None
    zones = {moment.utcoffset() for moment in parsed}
    if len(zones) > 1 and None in zones:
        return None
    offsets = [zone for zone in zones if zone is not None]
    if not offsets:
        return pandas.Series(moments, dtype="datetime64[us]")
    zone = timezone(offsets[0]) if len(offsets) == 1 and offsets[0] else UTC
    try:
        at_utc = [moment and moment.astimezone(UTC).replace(tzinfo=None) for moment in moments]
    except OverflowError:  # 9999-12-31 west of Greenwich
        return None
    return pandas.Series(at_utc, dtype="datetime64[us]").dt.tz_localize(UTC).dt.tz_convert(zone)


_TYPES: tuple[tuple[Callable[[set[type], Shape], bool], Callable[..., Any]], ...] = (
    (_is_date, _dates),
    (_is_amount, _amounts),
    (_is_written_amount, _written_amounts),
    (_is_integer, _integers),
    (_is_boolean, _booleans),
)
"""Test of a column → its conversion; the first that matches and succeeds is used."""
