"""Convert Python values to text, before encoding and styles.

Numbers keep every digit and have no exponent, because a server may read them as text.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from dynzuora._native import is_uuid, native
from dynzuora.parameters.styles import ParameterError

Texts = str | list[str] | dict[str, str]

_LONGEST_INTEGER_BITS = 4096
_LONGEST_PLACES = 400  # a float has at most 308 before the point and 324 behind


def texts(value: object) -> Texts:
    """Return a value as its text, a list as its items' texts, a mapping likewise (None left out).

    Raises `ParameterError` for anything else, or anything nested.
    """
    value = native(value)
    single = text(value)
    if single is not None:
        return single
    if isinstance(value, (list, tuple)):
        return [_member(item, f"item {number}") for number, item in enumerate(value, 1)]
    if isinstance(value, Mapping):
        return {_key(key): _member(item, repr(key)) for key, item in value.items() if item is not None}
    raise ParameterError(
        f"{unsendable(value)}; use a string, a number, a boolean, a date, or a list or mapping of those."
    )


def text(value: object) -> str | None:
    """Return the text of a single value, None for a list, a mapping or what cannot be sent."""
    if isinstance(value, enum.Enum):
        return text(value.value)
    for kind, write in _WRITERS:
        if isinstance(value, kind):
            return write(value)
    return str(value) if is_uuid(value) else None


def unsendable(value: object) -> str:
    """Return the beginning of a message about a value of a wrong type."""
    kind = type(value).__name__
    hint = {"bytes": " (decode it to text)", "set": " (it has no order; use a list)"}.get(kind, "")
    return f"a value of type {kind}{hint} cannot be sent"


def _key(key: object) -> str:
    if not isinstance(key, str) or not key:
        what = "an empty key" if key == "" else f"a key of type {type(key).__name__}"
        raise ParameterError(f"has {what}; keys must be non-empty strings.")
    return _of_text(key)


def _member(value: object, where: str) -> str:
    if value is None:
        raise ParameterError(f"{where} is None; remove it from the list.")
    try:
        single = text(native(value))
    except ParameterError as error:
        raise ParameterError(f"{where}: {error.message}") from error
    if single is None:
        raise ParameterError(
            f"{where}: {unsendable(value)} inside a list or mapping, because no style of OpenAPI "
            "can express it; use a string."
        )
    return single


def _of_text(value: str) -> str:
    plain = str.__str__(value)  # a subclass may print itself otherwise
    try:
        plain.encode()
    except UnicodeEncodeError as error:
        raise ParameterError(
            f"contains a lone surrogate at position {error.start + 1}, which UTF-8 cannot encode; "
            "decode that text again with its own encoding."
        ) from None
    return plain


def _of_integer(value: int) -> str:
    if value.bit_length() > _LONGEST_INTEGER_BITS:
        raise ParameterError("has more than a thousand digits.")
    return int.__repr__(value)


def _of_float(value: float) -> str:
    if not math.isfinite(value):
        raise ParameterError(f"{float(value)} is not a number; omit the parameter.")
    return format(Decimal(float.__repr__(value)), "f")


def _of_decimal(value: Decimal) -> str:
    if not value.is_finite():
        raise ParameterError(f"{value} is not a number; omit the parameter.")
    if abs(value.adjusted()) > _LONGEST_PLACES:
        raise ParameterError(f"has more than {_LONGEST_PLACES} digits.")
    return format(value, "f")


def _of_date(value: date) -> str:
    if value != value:  # pandas' NaT is a datetime, and unequal to itself
        raise ParameterError("NaT is not a date; omit the parameter.")
    return value.isoformat()


_WRITERS: tuple[tuple[type, Callable[[Any], str]], ...] = (
    (str, _of_text),
    (bool, lambda value: "true" if value else "false"),  # before int: a bool is one
    (int, _of_integer),
    (float, _of_float),
    (Decimal, _of_decimal),
    (date, _of_date),  # a datetime is a date
)
