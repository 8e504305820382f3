"""Texts as the numbers, booleans, days and times that they spell, exactly or not at all.

A column of texts begins with the readings that its declaration allows; each batch of texts
removes those that do not fit. Arrow reads the texts, not Python, so that a million cost little.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from dynzuora.tables.moments import moment

NUMBER = r"^-?[0-9]{1,60}(\.[0-9]{1,60})?$"
_INTEGER = r"^-?[0-9]{1,18}$"
_BOOLEAN = r"^(?i:true|false)$"
_ZONE = r"(?P<zone>Z|[+-][0-9]{2}:?[0-9]{2}| UTC)$"

MEMORY = pa.system_memory_pool()
"""Arrow's own pool holds on to half as much again, for arrays of the size of a page."""

DAY, TIME, UTC_TIME = pa.date32(), pa.timestamp("us"), pa.timestamp("us", "UTC")


class Reading(NamedTuple):
    """A way to read texts.

    ``kind`` is that of the values, ``fits`` says whether texts, none of them null or empty, can all
    be read, and ``read`` reads them into a type.
    """

    kind: str
    fits: Callable[[pa.Array], bool]
    read: Callable[[pa.Array, pa.DataType], pa.Array]


def _matching(pattern: str) -> Callable[[pa.Array], bool]:
    return lambda texts: pc.all(pc.match_substring_regex(texts, pattern)).as_py() is True


def _cast(texts: pa.Array, type: pa.DataType) -> pa.Array:
    return pc.cast(texts, type, memory_pool=MEMORY)


def _is_true(texts: pa.Array, type: pa.DataType) -> pa.Array:
    return pc.equal(pc.utf8_lower(texts), "true")


def _readable(type: pa.DataType) -> Callable[[pa.Array], bool]:
    return lambda texts: _read_or_none(texts, type) is not None


def zones(texts: pa.Array) -> set[str]:
    """Return the zones of times as they are written."""
    return set(pc.unique(pc.struct_field(pc.extract_regex(texts, _ZONE), "zone")).to_pylist()) - {None}


def _read_or_none(texts: pa.Array, type: pa.DataType) -> pa.Array | None:
    try:
        return _moments(texts, type)
    except (ValueError, OverflowError):
        return None


def _moments(texts: pa.Array, type: pa.DataType) -> pa.Array:
    """Read days or times; Arrow knows most spellings, Python the rest.

    Raises ValueError (pa.ArrowInvalid is one) or OverflowError.
    """
    try:
        read = pc.cast(texts, type, memory_pool=MEMORY)
    except pa.ArrowInvalid:
        if type == DAY:
            raise
        return pa.array([_moment(text, type) for text in texts.to_pylist()], type)
    if type == UTC_TIME:  # Arrow counts on beyond the years that Python and pandas have
        ends = pc.min_max(pc.cast(read, pa.int64()))
        if ends["min"].is_valid and not _FIRST <= ends["min"].as_py() <= ends["max"].as_py() <= _LAST:
            raise ValueError("a year that no calendar has")
    return read


def _moment(text: str | None, type: pa.DataType) -> datetime | None:
    if text is None:
        return None
    time = moment(text)
    if time is None or (time.tzinfo is None) == (type == UTC_TIME) or _has_nanoseconds(text):
        raise ValueError(f"not a time: {text[:40]}")
    return time if type == TIME else time.astimezone(UTC)


def _has_nanoseconds(text: str) -> bool:
    fraction = text.partition(".")[2]
    return len(fraction) - len(fraction.lstrip("0123456789")) > _MICROSECONDS


_MICROSECONDS = 6
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST, _LAST = (
    round((end.replace(tzinfo=UTC) - _EPOCH).total_seconds()) * 1_000_000
    for end in (datetime.min, datetime.max.replace(microsecond=0))
)

NUMBERS = Reading("decimal", _matching(NUMBER), _cast)
INTEGERS = Reading("integer", _matching(_INTEGER), _cast)
BOOLEANS = Reading("boolean", _matching(_BOOLEAN), _is_true)
DAYS = Reading("date", _readable(DAY), _moments)
LOCAL_TIMES = Reading("time", _readable(TIME), _moments)
UTC_TIMES = Reading("utc", _readable(UTC_TIME), _moments)

OF_KIND: dict[str, tuple[Reading, ...]] = {
    "decimal": (NUMBERS,),
    "integer": (INTEGERS,),
    "boolean": (BOOLEANS,),
    "date": (DAYS, LOCAL_TIMES, UTC_TIMES),
    "time": (LOCAL_TIMES, UTC_TIMES),
    "": (DAYS, LOCAL_TIMES, UTC_TIMES),
}
"""Kind that the document declares → readings, the first that fits all texts counts; others have none."""

_WIDER = {"date": ("time",)}
"""What fits one kind also fits these, and no other after it."""


def that_fit(candidates: Sequence[Reading], texts: pa.Array) -> tuple[Reading, ...]:
    """Return the readings of texts, of which none is empty, among candidates."""
    for reading in candidates:
        if reading.fits(texts):
            return (reading, *(other for other in candidates if other.kind in _WIDER.get(reading.kind, ())))
    return ()
