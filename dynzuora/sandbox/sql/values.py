"""Values of SQL inside SQLite: numbers as bytes whose order is that of the numbers.

SQLite computes with binary floating point. Here a number is a blob instead, so that SQLite compares,
sorts, groups and joins amounts exactly, and `functions` computes with them as Decimals. Text is
varchar, date or timestamp, and an integer of SQLite is a boolean.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Context, Decimal, Inexact, InvalidOperation
from typing import Any, NamedTuple

Stored = bytes | str | int | None

PRECISION = 38
"""The most digits of a decimal in Trino (https://trino.io/docs/current/language/types.html#decimal)."""

EXACT = Context(prec=PRECISION, rounding=ROUND_HALF_UP, traps=[Inexact, InvalidOperation])
ROUNDING = Context(prec=PRECISION, rounding=ROUND_HALF_UP, traps=[InvalidOperation])

_BIAS = 2**15
_NEGATIVE, _ZERO, _POSITIVE = b"\x40", b"\x80", b"\xc0"
_FLIPPED = bytes(range(255, -1, -1))


class Type(NamedTuple):
    """A type of SQL: its name in Data Query, and its family; values of one family can be compared."""

    name: str
    family: str


BOOLEAN = Type("boolean", "boolean")
INTEGER = Type("bigint", "number")
DECIMAL = Type("decimal(22,9)", "number")
VARCHAR = Type("varchar", "text")
DATE = Type("date", "time")
TIMESTAMP = Type("timestamp with time zone", "time")
INTERVAL = Type("interval", "interval")
UNKNOWN = Type("unknown", "")


class SqlError(Exception):
    """A query that cannot be run; the message is the job's."""


def stored(value: Any) -> Stored:
    """Return a Python value as SQLite gets it."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return int(value)
    return _number(Decimal(value))


def _number(number: Decimal) -> bytes:
    try:
        sign, digits, exponent = EXACT.normalize(number).as_tuple()
    except (Inexact, InvalidOperation):
        raise SqlError(f"Decimal overflow: {number} has more than {PRECISION} digits") from None
    if not any(digits):
        return _ZERO
    assert isinstance(exponent, int)  # InvalidOperation for NaN; no literal is infinite
    magnitude = exponent + len(digits) + _BIAS
    if not 0 < magnitude < 2 * _BIAS:
        raise SqlError("Decimal overflow")
    key = magnitude.to_bytes(2, "big") + bytes(digit + 1 for digit in digits)
    return _NEGATIVE + key.translate(_FLIPPED) + b"\xff" if sign else _POSITIVE + key


def loaded(value: Stored) -> Any:
    """Return a value of SQLite as Python's: Decimal, str, bool or None."""
    if isinstance(value, bytes):
        return _decimal(value)
    return bool(value) if isinstance(value, int) else value


def _decimal(value: bytes) -> Decimal:
    if value == _ZERO:
        return Decimal(0)
    negative = value[:1] == _NEGATIVE
    key = value[1:-1].translate(_FLIPPED) if negative else value[1:]
    digits = tuple(digit - 1 for digit in key[2:])
    exponent = int.from_bytes(key[:2], "big") - _BIAS - len(digits)
    return Decimal((int(negative), digits, exponent))


def shown(value: Any, type: Type) -> Any:
    """Return a Python value as results have it: an int for bigint, at least cents for a decimal.

    >>> shown(Decimal(49), DECIMAL), shown(Decimal(49), INTEGER)
    (Decimal('49.00'), 49)
    """
    if not isinstance(value, Decimal):
        return value
    if type is INTEGER:
        return int(value)
    exponent = value.as_tuple().exponent
    return value if isinstance(exponent, int) and exponent <= -2 else value.quantize(_CENT, context=_WIDE)


_CENT = Decimal("0.01")
_WIDE = Context(prec=2 * _BIAS)


def python(function: Callable[..., Any]) -> Callable[..., Stored]:
    """Return a function of Python values as one of SQLite's."""

    def called(*arguments: Stored) -> Stored:
        return stored(function(*map(loaded, arguments)))

    return called
