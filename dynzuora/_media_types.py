"""Media types: what kind of body each is, and which of several is preferred. One table.

The one place that distinguishes JSON, HTML and text, by label and by content. Case and parameters
other than ``charset`` do not matter (RFC 9110, section 8.3.1); a suffix does
(``application/vnd.api+json``, RFC 6839).
"""

from __future__ import annotations

import codecs
import json
import re
from fnmatch import fnmatchcase
from functools import lru_cache

_FAMILIES = (
    ("application/json", "json"),
    ("*+json", "json"),
    ("text/json", "json"),
    ("application/x-www-form-urlencoded", "form"),
    ("multipart/*", "multipart"),
    ("text/*", "raw"),
)
"""A media type → how a body of it is written, preferred first."""


def essence(media_type: str) -> str:
    """Return a media type without parameters, in lower case."""
    return media_type.partition(";")[0].strip().lower()


@lru_cache(maxsize=1024)
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


_SEQUENCES = ("*json-seq", "*ndjson", "*jsonl", "*jsonlines", "*json-lines")
"""Many JSON values, one after the other (RFC 7464 and its like): not one JSON value."""
_HTML = ("text/html", "application/xhtml+xml")
_TEXT = ("text/*", "application/xml", "*+xml", "*/xml")


def is_json_sequence(media_type: str) -> bool:
    """Whether a media type is a row of JSON values, which reads like JSON where the row has one."""
    return _is_one(media_type, _SEQUENCES)


def is_html(media_type: str) -> bool:
    """Whether a media type is that of a page."""
    return essence(media_type) in _HTML


def is_text(media_type: str) -> bool:
    """Whether a body of a media type is text that nothing here reads further."""
    return not is_json(media_type) and _is_one(media_type, _TEXT)


def _is_one(media_type: str, patterns: tuple[str, ...]) -> bool:
    name = essence(media_type)
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def accepted(accept: str) -> tuple[str, ...]:
    """Return the media types of an Accept header in its order, without parameters and those of ``q=0``.

    >>> accepted("application/json, text/csv;q=0.5, text/html;q=0")
    ('application/json', 'text/csv')
    """
    ranges = (part.partition(";") for part in accept.split(","))
    return tuple(essence(name) for name, _, options in ranges if essence(name) and not _is_refused(options))


def _is_refused(options: str) -> bool:
    weights = [
        value
        for name, _, value in (option.partition("=") for option in options.split(";"))
        if name.strip() == "q"
    ]
    return bool(weights) and not weights[0].strip().strip("0.")


def charset(media_type: str) -> str:
    """Return the charset that a media type names (RFC 9110, 8.3.2), empty if it names none for text."""
    match = _CHARSET.search(media_type)
    return codec(match[1]) if match else ""


def codec(charset: str) -> str:
    """Return Python's name of a charset, empty if there is none."""
    try:
        name = codecs.lookup(charset).name
        b"00".decode(name, "replace")  # a codec of bytes to bytes is not a charset
    except (LookupError, UnicodeError, ValueError):
        return ""
    return "" if name in _PYTHONS_OWN else name


_CHARSET = re.compile(r";\s*charset\s*=\s*[\"']?([\w.:+-]+)", re.IGNORECASE)

_PYTHONS_OWN = frozenset(
    {"idna", "mbcs", "oem", "palmos", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"}
)
"""Encodings of Python's that no media type means, some of them slow (its library, ``codecs``)."""

_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def encoding(beginning: bytes, charset: str = "") -> str:
    """Return the encoding of a text: by its byte order mark, else its charset, else UTF-8.

    UTF-16 and UTF-32 without a mark are read in the byte order that their NULs show.
    """
    if beginning.startswith(_MARKS) or (beginning and charset in ("utf-16", "utf-32")):
        return json.detect_encoding(beginning)
    return charset or "utf-8"


def decoded(content: bytes, media_type: str = "", errors: str = "replace") -> str:
    """Return a body as text: by its byte order mark, else its charset, else as JSON and its like are written.

    Raises UnicodeDecodeError where ``errors`` is ``strict``.
    """
    guess = json.detect_encoding(content)  # UTF-8, or what the NULs of UTF-16 and UTF-32 tell
    is_marked = content.startswith(_MARKS)
    name = guess if is_marked or guess != "utf-8" else charset(media_type) or guess
    text = content.decode(name, errors)
    return text.removeprefix("\ufeff")


def json_text(content: bytes, media_type: str = "") -> str:
    """Return JSON as text: UTF-8 whatever its media type says (RFC 8259, 8.1), else what that says.

    Raises UnicodeDecodeError where it is neither.
    """
    try:
        return decoded(content, errors="strict")
    except UnicodeDecodeError:
        if not charset(media_type):
            raise
        return decoded(content, media_type, errors="strict")


_BEGINNING = 4096
_BEFORE_HTML = re.compile(r"(?:\s|<\?[^>]*>|<!--(?:(?!-->).)*-->)*", re.DOTALL)
_HTML_BEGINS = re.compile(
    r"<(?:!doctype\s+html|(?:html|head|body|script|title|meta)(?=[\s>/]))", re.IGNORECASE
)


def looks_like_html(content: bytes) -> bool:
    """Whether a body begins as HTML, after any comments and an XML declaration."""
    text = decoded(content[:_BEGINNING])
    before = _BEFORE_HTML.match(text)
    return bool(before and _HTML_BEGINS.match(text, before.end()))


def may_be_json(content: bytes) -> bool:
    """Whether a body may be a JSON object or array."""
    return decoded(content[:_BEGINNING]).lstrip()[:1] in ("{", "[")


def looks_like_json(content: bytes) -> bool:
    """Whether a body begins as only JSON does, so that one that cannot be read is invalid JSON."""
    return bool(_JSON_BEGINS.match(decoded(content[:_BEGINNING])))


_JSON_BEGINS = re.compile(r"\s*(?:\{\s*[\"}]|\[\s*[{\"])")
