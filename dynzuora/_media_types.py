"""Media types: what a body of one is, and which of several is the most welcome. One table.

Parameters (``; charset=utf-8``) and case say nothing here (RFC 9110, 8.3.1); a suffix does
(``application/vnd.api+json``, RFC 6839).
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cache

_FAMILIES = (
    ("application/json", "json"),
    ("*+json", "json"),
    ("text/json", "json"),
    ("application/x-www-form-urlencoded", "form"),
    ("multipart/*", "multipart"),
    ("text/*", "raw"),
)
"""A media type → how a body of it is written, most welcome first."""


def essence(media_type: str) -> str:
    """Return a media type without parameters, in lower case."""
    return media_type.partition(";")[0].strip().lower()


@cache
def rank(media_type: str) -> int:
    """Return how welcome a media type is; ``application/json`` is 0."""
    name = essence(media_type)
    ranks = (number for number, (pattern, _) in enumerate(_FAMILIES) if fnmatchcase(name, pattern))
    return next(ranks, len(_FAMILIES))


def family(media_type: str) -> str:
    """Return ``json``, ``form``, ``multipart`` or ``raw``."""
    number = rank(media_type)
    return _FAMILIES[number][1] if number < len(_FAMILIES) else "raw"


def is_json(media_type: str) -> bool:
    """Whether a media type is JSON or built on it."""
    return family(media_type) == "json"


def is_structured(media_type: str) -> bool:
    """Whether a body of this kind is given as JSON: a form's parts and fields are, too."""
    return family(media_type) != "raw"
