"""Sample texts and numbers that look like billing: dates, currencies, values by property name.

These are candidates: the caller tries them against the schema. Two tables decide, by format
first, then by the ending of the property's name.
"""

from __future__ import annotations

import hashlib
import itertools
import math
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from dynzuora._names import canonical, split_words
from dynzuora._patterns import sample
from dynzuora.model import Schema
from dynzuora.schema.arithmetic import exact, is_number
from dynzuora.schema.fitting import limits

_OF_FORMATS = {
    "date": "2026-01-31",
    "datetime": "2026-01-31T09:30:00Z",
    "time": "09:30:00Z",
    "uuid": "6f1ed002-ab5f-4f2a-8a3d-2a6f0b5c9d11",
    "email": "billing@example.com",
    "uri": "https://example.com/billing",
    "url": "https://example.com/billing",
    "hostname": "billing.example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "byte": "ZXhhbXBsZQ==",
    "binary": "example",
    "decimal": "100.00",
    "password": "correct horse battery staple",
}
"""Canonical format → value. Zuora spells ``date-time`` also ``datetime`` and ``dateTime``."""

_OF_NAMES = (
    ("currency", "USD"),
    ("email", "billing@example.com"),
    ("emails", "billing@example.com"),
    ("emailaddress", "billing@example.com"),
    ("datetime", "2026-01-31T09:30:00Z"),
    ("date", "2026-01-31"),
    ("url", "https://example.com/billing"),
    ("phone", "+1 415 555 0100"),
    ("fax", "+1 415 555 0101"),
    ("country", "United States"),
    ("state", "California"),
    ("city", "San Francisco"),
    ("zipcode", "94105"),
    ("postalcode", "94105"),
    ("address1", "1 Market Street"),
    ("cardnumber", "4111111111111111"),
    ("cardtype", "Visa"),
    ("securitycode", "123"),
    ("expirationmonth", "12"),
    ("expirationyear", "2030"),
    ("companyname", "Example Ltd"),
    ("accountname", "Example Ltd"),
    ("firstname", "Ada"),
    ("lastname", "Byron"),
    ("timezone", "America/Los_Angeles"),
    ("locale", "en_US"),
    ("language", "en"),
)
"""Ending of the canonical property name → text."""

_NUMBERS = (
    ("amount", 100),
    ("price", 100),
    ("balance", 100),
    ("percentage", 10),
    ("percent", 10),
    ("rate", 10),
    ("year", 2026),
    ("month", 1),
    ("term", 12),
    ("pagesize", 20),
)

_FALLBACK_TEXTS = ("A", "a", "0", "2026-01-31", "100.00", "true", "")


def candidates(kind: str, parts: list[Schema], name: str) -> Iterator[Any]:
    """Yield values of a type for the property ``name``, the most plausible first."""
    if kind == "string":
        yield from _texts(parts, name)
    elif kind in ("number", "integer"):
        yield from _numbers(kind, parts, name)
    elif kind == "boolean":
        yield from (True, False)
    else:
        yield None


def variations(kind: str, parts: list[Schema], name: str, number: int) -> Iterator[Any]:
    """Yield values that differ from the first candidates: the ``number``-th of its kind."""
    if kind == "string":
        for text in _texts(parts, name):
            yield text[: len(text) - len(str(number))] + str(number)
            yield text[:-1] + chr(ord("a") + number % 26)
            yield text + str(number)
        yield from (sampled for sampled in _sampled(parts, extra=number))
        yield chr(ord("A") + number % 26)
    elif kind in ("number", "integer"):
        step = _step(parts) or 1
        for value in _numbers(kind, parts, name):
            yield value + step * number
            yield value - step * number
            yield value + Decimal(number) / 1000
    else:
        yield from candidates(kind, parts, name)


# --- texts -----------------------------------------------------------------------------------


def _texts(parts: list[Schema], name: str) -> Iterator[str]:
    least = int(max(limits(parts, "minLength"), default=0))
    most = min(limits(parts, "maxLength"), default=None)
    words = list(_words(parts, name))
    patterns = [sampled for extra in (0, 1, 2, least) for sampled in _sampled(parts, extra)]
    for text in (*words, *patterns, *_FALLBACK_TEXTS):
        yield text
        yield _of_length(text, least, most)


def _sampled(parts: list[Schema], extra: int) -> Iterator[str]:
    texts = (sample(pattern, extra) for pattern in limits(parts, "pattern"))
    yield from (text for text in texts if text is not None)


def _words(parts: list[Schema], name: str) -> Iterator[str]:
    for part in parts:
        form = canonical(str(part.get("format", "")))
        if form in _OF_FORMATS:
            yield _OF_FORMATS[form]
    form, words = canonical(name), split_words(name)
    yield from (text for ending, text in _OF_NAMES if form.endswith(ending))
    if words and words[-1].lower() in ("id", "ids"):
        yield hashlib.sha256(form.encode()).hexdigest()[:32]
    if words and words[-1].lower() in ("number", "key", "code"):
        yield ("".join(word[0] for word in words[:-1]).upper() or "N") + "-00000001"
    yield " ".join(words).capitalize() or "Example"


#: Longer examples are not made.
_LONGEST = 100_000


def _of_length(text: str, least: int, most: int | None) -> str:
    if most is not None and len(text) > most:
        return text[: int(most)].rstrip() if least == 0 else text[: int(most)]
    if len(text) < least <= _LONGEST:
        filler = text or "x"
        return (filler * (least // len(filler) + 1))[:least]
    return text


# --- numbers ---------------------------------------------------------------------------------


def _numbers(kind: str, parts: list[Schema], name: str) -> Iterator[Any]:
    form = canonical(name)
    yield from (value for ending, value in _NUMBERS if form.endswith(ending))
    yield 1
    step = _step(parts)
    lows = [exact(value) for value in limits(parts, "minimum", "exclusiveMinimum") if is_number(value)]
    highs = [exact(value) for value in limits(parts, "maximum", "exclusiveMaximum") if is_number(value)]
    edges = [*([max(lows)] if lows else []), *([min(highs)] if highs else [])]
    for edge in (*edges, 0):
        yield from _near(edge, step or 1, kind)
    if kind == "number":
        yield from ((Decimal(edges[0]) + Decimal(edges[1])) / 2 for _ in edges[1:])
        for edge, power in itertools.product((*edges, 1), (1, 3, 6)):
            yield from (edge + Decimal(10) ** -power, edge - Decimal(10) ** -power)


def _step(parts: list[Schema]) -> int | Decimal | None:
    return max((exact(value) for value in limits(parts, "multipleOf")), default=None)


def _near(start: int | Decimal, step: int | Decimal, kind: str) -> Iterator[int | Decimal]:
    """Yield the multiples of ``step`` near ``start``, integers as int."""
    count = math.floor(Decimal(start) / Decimal(step))
    for offset in (0, 1, 2, -1):
        yield _plain(step * (count + offset))
    if kind == "integer" and step != 1:
        yield from (_plain(step * factor * 10**power) for power in (1, 2, 4) for factor in (count, 1))
    yield _plain(start)


def _plain(number: int | Decimal) -> int | Decimal:
    if isinstance(number, int) or number == number.to_integral_value():
        return int(number)
    return number
