"""The functions of Trino that the sandbox has: one table, computed by Python with exact numbers.

Names and meanings are those of https://trino.io/docs/current/functions.html. ``FUNCTIONS`` and
``AGGREGATES`` are all that a statement may call.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_UP, Decimal, InvalidOperation
from functools import partial
from typing import Any, NamedTuple

from dynzuora.sandbox.sql.values import (
    BOOLEAN,
    DATE,
    DECIMAL,
    EXACT,
    INTEGER,
    ROUNDING,
    TIMESTAMP,
    VARCHAR,
    SqlError,
    Type,
    shown,
)

LONGEST_TEXT = 100_000
"""Characters of a computed text."""

_SCALE = Decimal(1).scaleb(-9)
"""Digits after the point of an amount: quotients and averages have no more."""


class Function(NamedTuple):
    """A function: how to compute it, its type (None: that of an argument), and its arguments.

    ``takes`` has a family of types for each argument, ``?`` after one that may be missing and
    ``*`` after one that may repeat: ``"text number number?"``. ``same`` arguments are compared
    with each other.
    """

    compute: Callable[..., Any]
    type: Type | None
    takes: str
    sees_null: bool = False

    def families(self, count: int) -> list[str] | None:
        """Return the families of ``count`` arguments, None if it does not take so many."""
        families = self.takes.split()
        least = sum(family[-1] not in "?*" for family in families)
        if self.takes.endswith("*"):
            families += families[-1:] * count
        if not least <= count <= len(families):
            return None
        return [family.rstrip("?*") for family in families[:count]]


def careful(compute: Callable[..., Any], *, sees_null: bool = False) -> Callable[..., Any]:
    """Return a function that is null if an argument is, unless it ``sees_null``, and raises `SqlError`."""

    def computed(*arguments: Any) -> Any:
        if not sees_null and None in arguments:
            return None
        try:
            return compute(*arguments)
        except ArithmeticError:
            raise SqlError("Decimal overflow") from None

    return computed


# Numbers


def divided(left: Decimal, right: Decimal) -> Decimal:
    """Return the quotient of decimals, rounded to nine digits after the point if it is longer."""
    if not right:
        raise SqlError("Division by zero")
    quotient = ROUNDING.divide(left, right)
    exponent = quotient.as_tuple().exponent
    return (
        quotient.quantize(_SCALE, ROUND_HALF_UP) if isinstance(exponent, int) and exponent < -9 else quotient
    )


def divided_whole(left: Decimal, right: Decimal) -> Decimal:
    """Return the quotient of integers, which is one."""
    if not right:
        raise SqlError("Division by zero")
    return Decimal(ROUNDING.divide_int(left, right))


def _modulo(left: Decimal, right: Decimal) -> Decimal:
    if not right:
        raise SqlError("Division by zero")
    return ROUNDING.remainder(left, right)


def _rounded(number: Decimal, digits: Decimal = Decimal(0), *, mode: str = ROUND_HALF_UP) -> Decimal:
    return number.quantize(Decimal(1).scaleb(-int(digits)), mode, context=ROUNDING)


# Text


def matches(text: str, pattern: str, escape: str = "") -> bool:
    """Whether ``text`` is LIKE ``pattern``, in time that grows with their product at most."""
    pieces: list[str] = [""]
    position = 0
    while position < len(pattern):
        character = pattern[position]
        if escape and character == escape:
            position += 1
            if pattern[position : position + 1] not in (escape, "%", "_"):
                raise SqlError("Escape character must be followed by '%', '_' or the escape character itself")
            pieces[-1] += re.escape(pattern[position])
        elif character == "%":
            pieces.append("")
        else:
            pieces[-1] += "." if character == "_" else re.escape(character)
        position += 1
    if len(pieces) == 1:
        return bool(re.fullmatch(pieces[0], text, re.DOTALL))
    first, *inner, last = (re.compile(piece, re.DOTALL) for piece in pieces)
    start = first.match(text)
    if start is None:
        return False
    at = start.end()
    for piece in inner:  # the leftmost match leaves the most text for the others
        match = piece.search(text, at)
        if match is None:
            return False
        at = match.end()
    return any(last.fullmatch(text, place) for place in range(at, len(text) + 1)) if last.pattern else True


def concatenated(*texts: str) -> str:
    """Return texts one after the other."""
    return _bounded(sum(map(len, texts)), lambda: "".join(texts))


def _bounded(length: int, make: Callable[[], str]) -> str:
    if length > LONGEST_TEXT:
        raise SqlError(f"A text of {length:,} characters is too long for the sandbox")
    return make()


def _replaced(text: str, old: str, new: str = "") -> str:
    return _bounded(len(text) + text.count(old) * len(new), lambda: text.replace(old, new)) if old else text


def _part(text: str, start: Decimal, length: Decimal | None = None) -> str:
    first = int(start) - 1 if start > 0 else max(len(text) + int(start), 0)
    return "" if not start else text[first:] if length is None else text[first : first + max(int(length), 0)]


def _padded(text: str, length: Decimal, fill: str = " ", *, left: bool) -> str:
    wanted = int(length)
    pad = _bounded(wanted, lambda: (fill * wanted)[: max(wanted - len(text), 0)])
    return ((pad + text) if left else (text + pad))[:wanted]


def _split(text: str, delimiter: str, index: Decimal) -> str | None:
    parts = text.split(delimiter)
    return parts[int(index) - 1] if 0 < index <= len(parts) else None


# Dates and times, which are texts: 2026-01-31 and 2026-01-31 09:30:00


def moment(text: str) -> datetime:
    """Return the date and time of a text in SQL's or ISO's form.

    Raises `SqlError`.
    """
    try:
        value = datetime.fromisoformat(text.strip().removesuffix(" UTC"))
    except ValueError:
        raise SqlError(f"Value cannot be cast to timestamp: {text}") from None
    return value.replace(tzinfo=None) - (value.utcoffset() or timedelta(0))


def as_timestamp(text: str) -> str:
    """Return a date or time in the form of a timestamp, with fractions of a second if it has any."""
    value = moment(text)
    return value.isoformat(" ", "milliseconds" if value.microsecond else "seconds")


def as_date(text: str) -> str:
    """Return the date of a date or time."""
    return str(moment(text).date())


def _in_form(value: datetime, like: str) -> str:
    return str(value.date()) if len(like) == len("2026-01-31") else as_timestamp(str(value))


UNITS: Mapping[str, int | timedelta] = {
    "year": 12,
    "quarter": 3,
    "month": 1,
    "week": timedelta(weeks=1),
    "day": timedelta(days=1),
    "hour": timedelta(hours=1),
    "minute": timedelta(minutes=1),
    "second": timedelta(seconds=1),
    "millisecond": timedelta(milliseconds=1),
}
"""Unit of time → months, or a fixed span."""


def _unit(name: str) -> int | timedelta:
    unit = UNITS.get(name.lower())
    if unit is None:
        raise SqlError(f"'{name}' is not a valid field")
    return unit


def shifted(unit: str, count: Decimal, text: str) -> str:
    """Return a date or time ``count`` units later; from the 31st, a month later is the last of it."""
    value, span = moment(text), _unit(unit)
    try:
        if isinstance(span, timedelta):
            return _in_form(value + int(count) * span, text)
        year, month = divmod(value.year * 12 + value.month - 1 + int(count) * span, 12)
        day = min(value.day, calendar.monthrange(year, month + 1)[1])
        return _in_form(value.replace(year=year, month=month + 1, day=day), text)
    except (OverflowError, ValueError):
        raise SqlError(f"{text} cannot be shifted by {count} {unit}") from None


def _between(unit: str, first: str, second: str) -> int:
    start, end, span = moment(first), moment(second), _unit(unit)
    if isinstance(span, timedelta):
        return int((end - start) / span)
    months = (end.year - start.year) * 12 + end.month - start.month
    rest = (end.day, end.time()) < (start.day, start.time())
    if months > 0 and rest:
        months -= 1
    elif months < 0 and (end.day, end.time()) > (start.day, start.time()):
        months += 1
    return int(months / span)


def _truncated(unit: str, text: str) -> str:
    value, span = moment(text), _unit(unit)
    midnight = value.replace(hour=0, minute=0, second=0, microsecond=0)
    if isinstance(span, int):
        return _in_form(midnight.replace(month=(value.month - 1) // span * span + 1, day=1), text)
    if unit.lower() == "week":
        return _in_form(midnight - timedelta(days=value.weekday()), text)
    return _in_form(midnight + (value - midnight) // span * span, text)


def field(unit: str, text: str) -> int:
    """Return a field of a date or time, as EXTRACT does."""
    value = moment(text)
    fields: Mapping[str, Callable[[], int]] = {
        "year": lambda: value.year,
        "quarter": lambda: (value.month - 1) // 3 + 1,
        "month": lambda: value.month,
        "week": lambda: value.isocalendar().week,
        "day": lambda: value.day,
        "day_of_month": lambda: value.day,
        "day_of_week": value.isoweekday,
        "dow": value.isoweekday,
        "day_of_year": lambda: value.timetuple().tm_yday,
        "doy": lambda: value.timetuple().tm_yday,
        "hour": lambda: value.hour,
        "minute": lambda: value.minute,
        "second": lambda: value.second,
    }
    if unit not in fields:
        raise SqlError(f"Invalid EXTRACT field: {unit}")
    return fields[unit]()


_FORMATS = {"%Y", "%m", "%d", "%H", "%M", "%b", "%j", "%y", "%p", "%a"}
_MYSQL = {
    "%i": "%M",
    "%s": "%S",
    "%S": "%S",
    "%M": "%B",
    "%W": "%A",
    "%h": "%I",
    "%T": "%H:%M:%S",
    "%%": "%%",
}


def _formatted(text: str, form: str) -> str:
    """Return a date or time in a format of MySQL, in which %i is the minute and %M a name."""

    def replaced(match: re.Match[str]) -> str:
        letters = match.group()
        if letters not in _MYSQL and letters not in _FORMATS:
            raise SqlError(f"{letters} not supported in date format string")
        return moment(text).strftime(_MYSQL.get(letters, letters))

    return re.sub("%.", replaced, form)


# Casts


def cast(value: Any, source: str, target: str, scale: Decimal) -> Any:
    """Return ``value`` of the type named ``source`` as one of ``target``; a number with ``scale`` digits."""
    return _CASTS[target](value, source, int(scale))


def try_cast(value: Any, source: str, target: str, scale: Decimal) -> Any:
    """Return what `cast` returns, or None where it cannot."""
    try:
        return cast(value, source, target, scale)
    except (SqlError, InvalidOperation):
        return None


def _to_number(value: Any, source: str, scale: int) -> Decimal:
    if isinstance(value, bool):
        return Decimal(value)
    try:
        number = Decimal(value.strip() if isinstance(value, str) else value)
        if number.is_finite():
            return _rounded(number, Decimal(scale)) if scale >= 0 else number
    except InvalidOperation:
        pass
    raise SqlError(f"Cannot cast '{value}' to a number")


def _to_text(value: Any, source: str, scale: int) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        return f"{shown(value, INTEGER if source == INTEGER.name else DECIMAL):f}"
    return str(value)


def _to_boolean(value: Any, source: str, scale: int) -> bool:
    if isinstance(value, Decimal):
        return bool(value)
    word = str(value).lower()
    if word not in ("true", "t", "1", "false", "f", "0"):
        raise SqlError(f"Cannot cast '{value}' to BOOLEAN")
    return word in ("true", "t", "1")


_CASTS: Mapping[str, Callable[[Any, str, int], Any]] = {
    INTEGER.name: _to_number,
    BOOLEAN.name: _to_boolean,
    DATE.name: lambda value, source, scale: as_date(value),
    DECIMAL.name: _to_number,
    TIMESTAMP.name: lambda value, source, scale: as_timestamp(value),
    VARCHAR.name: _to_text,
}

CAST_TYPES: Mapping[str, tuple[Type, int]] = {
    **dict.fromkeys(("tinyint", "smallint", "int", "integer", "bigint"), (INTEGER, 0)),
    **dict.fromkeys(("double", "real"), (DECIMAL, -1)),
    "decimal": (DECIMAL, 0),
    **dict.fromkeys(("varchar", "char"), (VARCHAR, 0)),
    "boolean": (BOOLEAN, 0),
    "date": (DATE, 0),
    "timestamp": (TIMESTAMP, 0),
}
"""Name of a type in a cast → the type, and the digits after its point; -1 for any."""


def _first(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def _unless_equal(left: Any, right: Any) -> Any:
    return None if left == right else left


FUNCTIONS: Mapping[str, Function] = {
    "abs": Function(abs, None, "number"),
    "ceil": Function(partial(_rounded, mode=ROUND_CEILING), None, "number"),
    "ceiling": Function(partial(_rounded, mode=ROUND_CEILING), None, "number"),
    "coalesce": Function(_first, None, "same same same*", sees_null=True),
    "concat": Function(concatenated, VARCHAR, "text text text*"),
    "date": Function(as_date, DATE, "any"),
    "date_format": Function(_formatted, VARCHAR, "time text"),
    "day": Function(partial(field, "day"), INTEGER, "time"),
    "day_of_month": Function(partial(field, "day_of_month"), INTEGER, "time"),
    "day_of_week": Function(partial(field, "day_of_week"), INTEGER, "time"),
    "day_of_year": Function(partial(field, "day_of_year"), INTEGER, "time"),
    "floor": Function(partial(_rounded, mode=ROUND_FLOOR), None, "number"),
    "from_iso8601_date": Function(as_date, DATE, "text"),
    "from_iso8601_timestamp": Function(as_timestamp, TIMESTAMP, "text"),
    "greatest": Function(max, None, "same same*"),
    "hour": Function(partial(field, "hour"), INTEGER, "time"),
    "least": Function(min, None, "same same*"),
    "length": Function(len, INTEGER, "text"),
    "lower": Function(str.lower, VARCHAR, "text"),
    "lpad": Function(partial(_padded, left=True), VARCHAR, "text number text"),
    "ltrim": Function(str.lstrip, VARCHAR, "text"),
    "minute": Function(partial(field, "minute"), INTEGER, "time"),
    "mod": Function(_modulo, None, "number number"),
    "month": Function(partial(field, "month"), INTEGER, "time"),
    "nullif": Function(_unless_equal, None, "same same", sees_null=True),
    "quarter": Function(partial(field, "quarter"), INTEGER, "time"),
    "replace": Function(_replaced, VARCHAR, "text text text?"),
    "reverse": Function(lambda text: text[::-1], VARCHAR, "text"),
    "round": Function(_rounded, None, "number number?"),
    "rpad": Function(partial(_padded, left=False), VARCHAR, "text number text"),
    "rtrim": Function(str.rstrip, VARCHAR, "text"),
    "second": Function(partial(field, "second"), INTEGER, "time"),
    "sign": Function(lambda number: (number > 0) - (number < 0), INTEGER, "number"),
    "split_part": Function(_split, VARCHAR, "text text number"),
    "starts_with": Function(str.startswith, BOOLEAN, "text text"),
    "strpos": Function(lambda text, part: text.find(part) + 1, INTEGER, "text text"),
    "substr": Function(_part, VARCHAR, "text number number?"),
    "substring": Function(_part, VARCHAR, "text number number?"),
    "trim": Function(str.strip, VARCHAR, "text"),
    "truncate": Function(partial(_rounded, mode=ROUND_DOWN), None, "number number?"),
    "upper": Function(str.upper, VARCHAR, "text"),
    "week": Function(partial(field, "week"), INTEGER, "time"),
    "year": Function(partial(field, "year"), INTEGER, "time"),
    "date_add": Function(shifted, None, "text number time"),
    "date_diff": Function(_between, INTEGER, "text time time"),
    "date_trunc": Function(_truncated, None, "text time"),
}

OPERATORS: Mapping[str, Callable[..., Any]] = {
    "dz_concat": concatenated,
    "dz_number": Decimal,
    "dz_add": EXACT.add,
    "dz_subtract": EXACT.subtract,
    "dz_multiply": EXACT.multiply,
    "dz_divide": divided,
    "dz_divide_whole": divided_whole,
    "dz_modulo": _modulo,
    "dz_negate": EXACT.minus,
    "dz_matches": matches,
    "dz_timestamp": as_timestamp,
    "dz_field": field,
    "dz_cast": cast,
    "dz_try_cast": try_cast,
}
"""What operators and casts become."""


class Sum:
    """The aggregate and window function sum."""

    def __init__(self) -> None:
        self.total = Decimal(0)
        self.count = 0

    def step(self, number: Any) -> None:
        if number is not None:
            self.total = EXACT.add(self.total, number)
            self.count += 1

    def inverse(self, number: Any) -> None:
        if number is not None:
            self.total = EXACT.subtract(self.total, number)
            self.count -= 1

    def value(self) -> Any:
        return self.total if self.count else None


class Average(Sum):
    """The aggregate and window function avg."""

    def value(self) -> Any:
        return divided(self.total, Decimal(self.count)) if self.count else None


class Aggregate(NamedTuple):
    """An aggregate: its SQL over ``{}``, its type (None: that of the argument), and what it takes."""

    sql: str
    type: Type | None
    takes: str = ""


AGGREGATES: Mapping[str, Aggregate] = {
    "any_value": Aggregate("min({})", None),
    "approx_distinct": Aggregate("count(DISTINCT {})", INTEGER),
    "arbitrary": Aggregate("min({})", None),
    "avg": Aggregate("dz_avg({})", DECIMAL, "number"),
    "bool_and": Aggregate("min({})", BOOLEAN, "boolean"),
    "bool_or": Aggregate("max({})", BOOLEAN, "boolean"),
    "count": Aggregate("count({})", INTEGER),
    "count_if": Aggregate("count(CASE WHEN {} THEN 1 END)", INTEGER, "boolean"),
    "max": Aggregate("max({})", None),
    "min": Aggregate("min({})", None),
    "sum": Aggregate("dz_sum({})", None, "number"),
}

RANKS = ("row_number", "rank", "dense_rank")
SHIFTS = ("lag", "lead", "first_value", "last_value")
"""Window functions without a number as their result."""


def today(now: datetime) -> Mapping[str, tuple[str, Type]]:
    """Return the value and type of each name of the present."""
    return {
        "current_date": (str(now.date()), DATE),
        "current_timestamp": (as_timestamp(str(now)), TIMESTAMP),
        "localtimestamp": (as_timestamp(str(now)), TIMESTAMP),
        "now": (as_timestamp(str(now)), TIMESTAMP),
    }
