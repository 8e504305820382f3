"""``minimum`` and ``maximum`` as patterns for numbers written as text.

Leniency accepts "31" where a number belongs; "999" is still more than 31, and JSON Schema
cannot compare text. Digits are compared from the left. Text with an exponent always matches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial
from typing import NamedTuple

from dynzuora._patterns import END
from dynzuora.schema.arithmetic import Number

_MOST_DIGITS = 40
"""The pattern grows with their square."""

_EXPONENT = "[+-]?[0-9.]+[eE]"
_ANY = r"[0-9]+(?:\.[0-9]*)?"


class _Digits(NamedTuple):
    """A limit without its sign, leading zeros and trailing zeros."""

    whole: str
    rest: str


def text_limit(keyword: str, limit: Number) -> str | None:
    """Return a pattern for the texts within a limit; None where it has too many digits.

    >>> import re
    >>> pattern = text_limit("maximum", 31)
    >>> [text for text in ("31", "031.0", "-999", "31.01", "100") if re.search(pattern, text)]
    ['31', '031.0', '-999']
    """
    if abs(Decimal(limit).adjusted()) > _MOST_DIGITS:
        return None
    whole, _, rest = format(Decimal(limit).copy_abs(), "f").partition(".")
    digits = _Digits(whole.lstrip("0"), rest.rstrip("0"))
    if len(digits.whole) + len(digits.rest) > _MOST_DIGITS:
        return None
    return f"^(?:{_EXPONENT}|(?:{'|'.join(_LIMITS[keyword](limit, digits))}){END})"


def _least(limit: Number, digits: _Digits, *, itself: bool) -> Iterator[str]:
    if limit > 0:
        yield rf"\+?0*{_more(digits, itself)}"
    else:
        yield rf"-0*{_less(digits, itself)}"
        yield rf"\+?{_ANY}" if limit < 0 or itself else rf"\+?0*{_more(digits, itself)}"


def _most(limit: Number, digits: _Digits, *, itself: bool) -> Iterator[str]:
    if limit < 0:
        yield f"-0*{_more(digits, itself)}"
    else:
        yield rf"\+?0*{_less(digits, itself)}"
        yield f"-{_ANY}" if limit > 0 or itself else f"-0*{_more(digits, itself)}"


_LIMITS: dict[str, Callable[[Number, _Digits], Iterator[str]]] = {
    "minimum": partial(_least, itself=True),
    "maximum": partial(_most, itself=True),
    "exclusiveMinimum": partial(_least, itself=False),
    "exclusiveMaximum": partial(_most, itself=False),
}


def _less(limit: _Digits, itself: bool) -> str:
    whole, rest = limit
    rests = [rf"\.{rest[:end]}0*" for end in range(len(rest))] + [
        rf"\.{rest[:place]}[0-{int(digit) - 1}][0-9]*" for place, digit in enumerate(rest) if digit != "0"
    ]
    patterns = [f"{head}{_FRACTION}" for head in _smaller(whole)]
    patterns += [f"{whole}{fraction}" for fraction in rests] + ([whole] if rest else [])
    return _one_of(patterns + ([_same(limit)] if itself else []))


def _more(limit: _Digits, itself: bool) -> str:
    whole, rest = limit
    rests = [
        rf"\.{rest[:place]}[{int(digit) + 1}-9][0-9]*" for place, digit in enumerate(rest) if digit != "9"
    ]
    patterns = [f"{head}{_FRACTION}" for head in _larger(whole)]
    patterns += [f"{whole}{digits}" for digits in (*rests, rf"\.{rest}0*[1-9][0-9]*")]
    return _one_of(patterns + ([_same(limit)] if itself else []))


_FRACTION = r"(?:\.[0-9]*)?"


def _smaller(whole: str) -> Iterator[str]:
    if whole:
        yield f"[0-9]{{0,{len(whole) - 1}}}"
    for place, digit in enumerate(whole):
        if digit != "0":
            yield f"{whole[:place]}[0-{int(digit) - 1}][0-9]{{{len(whole) - place - 1}}}"


def _larger(whole: str) -> Iterator[str]:
    yield f"[1-9][0-9]{{{len(whole)},}}"
    for place, digit in enumerate(whole):
        if digit != "9":
            yield f"{whole[:place]}[{int(digit) + 1}-9][0-9]{{{len(whole) - place - 1}}}"


def _same(limit: _Digits) -> str:
    return limit.whole + (rf"\.{limit.rest}0*" if limit.rest else r"(?:\.0*)?")


def _one_of(patterns: list[str]) -> str:
    return f"(?:{'|'.join(patterns)})" if patterns else r"[^\s\S]"
