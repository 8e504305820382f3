"""Compare numbers as they are written: a float means the digits it prints.

0.1 as a binary float is slightly more than one tenth. A limit in a document and a price in
a body mean one tenth.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, TypeGuard

Number = int | Decimal


def is_number(value: Any) -> TypeGuard[int | float | Decimal]:
    """Return whether a plain value is a number; true and false are not."""
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def exact(value: int | float | Decimal) -> Number:
    """Return the number as it is written.

    >>> exact(0.1)
    Decimal('0.1')
    """
    return Decimal(repr(value)) if isinstance(value, float) else value


def is_integer(value: Any) -> bool:
    """Return whether a plain value is an integer, written as 1, 1.0 or 1E+3."""
    if not is_number(value):
        return False
    number = exact(value)
    return isinstance(number, int) or number == 0 or _scaled(number)[1] >= 0


def is_multiple(value: Number, step: Number) -> bool:
    """Return whether ``value`` is an integer multiple of ``step``, at any magnitude.

    >>> is_multiple(Decimal("12345678901234567.89"), Decimal("0.01"))
    True
    """
    digits, exponent = _scaled(value)
    step_digits, step_exponent = _scaled(step)
    shift = exponent - step_exponent
    if shift >= 0:
        return digits * pow(10, shift, step_digits) % step_digits == 0
    return digits == 0  # finer than the step: ten would have to divide the digits, but does not


def _scaled(number: Number) -> tuple[int, int]:
    """Return digits and exponent of ten; ten does not divide the digits."""
    sign, digits, exponent = Decimal(number).as_tuple()
    kept = next((count for count in range(len(digits), 0, -1) if digits[count - 1]), 0)
    return int(Decimal((sign, digits[:kept], 0))), int(exponent) + len(digits) - kept
