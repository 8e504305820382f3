"""Values of numpy, pandas, polars and pyarrow as Python's own, without importing any of them, nor uuid.

What is judged and what is sent are made of the same value, so there is one place that knows.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

_ROWS: dict[str, tuple[str, ...]] = {
    "pyarrow": ("to_pylist",),
    "polars": ("to_dicts", "to_list"),
}
"""A library → the methods by which a table gives its rows, and a column its values."""

_NUMBERS = frozenset("biuf")
_SIZE_OF_A_FLOAT = 8
"""Bytes of Python's own float."""


def native(value: Any) -> Any:
    """Return a value of another library as Python's; a column as a list, a table as a list of rows.

    A float of another size than Python's is the number that it prints, a time in any unit
    keeps every digit, and a day has no time. A missing value (NaT, pandas' NA, a masked one)
    and whatever has no counterpart come back as they are.
    """
    library = type(value).__module__.partition(".")[0]
    convert = _LIBRARIES.get(library)
    return value if convert is None or is_missing(value) else convert(value)


def is_uuid(value: Any) -> bool:
    """Whether a value is a UUID: only where somebody has imported uuid, which brings platform."""
    module = sys.modules.get("uuid")
    return module is not None and isinstance(value, module.UUID)


def is_missing(value: Any) -> bool:
    """Whether a value stands for none: NaT, pandas' NA, or numpy's masked constant."""
    name = type(value).__name__
    if name == "datetime64":
        return bool(value != value)
    return name in _MISSING and type(value).__module__.partition(".")[0] in _LIBRARIES


_MISSING = frozenset({"NaTType", "NAType", "MaskedConstant"})


def _of_numpy(value: Any) -> Any:
    kind = getattr(getattr(value, "dtype", None), "kind", "")
    shape = getattr(value, "shape", None)
    if shape and kind != "V":
        return [native(item) for item in value]
    if shape != ():
        return value
    if type(value).__name__ == "ndarray":  # of no dimension
        return native(value[()])
    if kind == "M":
        return _moment(value)
    if kind == "f" and value.dtype.itemsize != _SIZE_OF_A_FLOAT:
        return Decimal(str(value))
    return value.item() if kind in _NUMBERS or kind == "U" else value


def _moment(value: Any) -> Any:
    """Return a datetime64 as a date, a datetime, or its text where Python has neither."""
    in_days = value.dtype.str.partition("[")[2].rstrip("]").lstrip("0123456789") in ("Y", "M", "W", "D")
    exact = value.astype("datetime64[D]" if in_days else "datetime64[us]")
    moment = exact.item()
    return moment if exact == value and not isinstance(moment, int) else str(value)


def _of_pandas(value: Any) -> Any:
    if hasattr(value, "itertuples"):
        names = [native(name) for name in value.columns]
        columns = [_of_pandas(value.iloc[:, number]) for number in range(len(names))]
        return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
    if isinstance(value, datetime) or not hasattr(value, "dtype"):
        return value  # a Timestamp is a datetime and writes its nanoseconds
    if value.dtype.kind == "f" and value.dtype.itemsize != _SIZE_OF_A_FLOAT:  # pandas gives doubles of it
        small = value.dtype.type
        return [native(small(item)) if isinstance(item, float) else native(item) for item in value]
    return [native(item) for item in value]


def _of_rows(value: Any) -> Any:
    methods = _ROWS[type(value).__module__.partition(".")[0]]
    convert = next((getattr(value, method) for method in methods if hasattr(value, method)), None)
    return value if convert is None else convert()


_LIBRARIES: dict[str, Callable[[Any], Any]] = {
    "numpy": _of_numpy,
    "pandas": _of_pandas,
    **dict.fromkeys(_ROWS, _of_rows),
}
