"""JSON with exact numbers: what is checked is what is sent, and money keeps its digits.

Python values are converted to *plain* values first (`plain`), which reports every fault in
one pass. Numbers with a fraction are `decimal.Decimal` both ways, because a binary float
cannot represent 0.10. Decision 16 compares libraries.
"""

from __future__ import annotations

import enum
import json
import math
import re
from collections.abc import Callable, Hashable, Iterable, Mapping
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from itertools import chain
from typing import Any

from dynzuora._native import is_missing, is_uuid, native
from dynzuora.errors import Problem, without_secrets

Json = Any
"""A JSON value: dict, list, str, int, Decimal, float, bool or None."""

# A Decimal passes through json.dumps as a string between two lone surrogates and is
# unquoted afterwards. No text of a caller contains one: `plain` refuses them.
_MARK = "\udc00"
_MARKED = re.compile(f'"{_MARK}([^"{_MARK}]*){_MARK}"')

_SIMPLE = frozenset({str, int, bool, type(None), float, Decimal})
_DEEPEST = 200  # Python allows a thousand nested calls, some of them used by the caller
_MOST_DIGITS = 4_300  # Python converts no longer integer
_LONGEST_PLAIN_EXPONENT = 60


class InvalidJson(ValueError):
    """A value that JSON cannot represent; ``problems`` names every fault."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = tuple(map(without_secrets, problems))


def plain(value: object, path: str = "body") -> Json:
    """Return ``value`` as a fresh tree of plain JSON values.

    Dates become ISO text (a datetime without a zone stays without one), tuples lists,
    enum members their value, UUIDs text, and values of numpy, pandas, polars and pyarrow
    Python's own (`dynzuora._native.native`).

    Raises `InvalidJson` for NaN, infinities, sets, bytes, keys that are not text,
    lone surrogates, endless integers and values that contain themselves.
    """
    problems: list[Problem] = []
    try:
        result = _plain(value, (path,), problems, set())
    except RecursionError:  # called with little stack left
        raise InvalidJson((Problem(path, "is nested too deeply to be sent."),)) from None
    if problems:
        raise InvalidJson(tuple(problems))
    return result


def _plain(value: Any, where: tuple[Any, ...], problems: list[Problem], above: set[int]) -> Json:
    kind = type(value)
    if kind in _SIMPLE:
        if fault := _fault(value, kind):
            problems.append(Problem(_path(where), fault, value))
        return value
    is_object = kind is dict or (kind is not list and isinstance(value, Mapping))  # asking an ABC is slow
    if is_object or isinstance(value, (list, tuple)):
        if id(value) in above or len(above) > _DEEPEST:
            fault = "contains itself." if id(value) in above else f"is nested deeper than {_DEEPEST} levels."
            problems.append(Problem(_path(where[:8]), fault))
            return None
        above.add(id(value))
        try:
            if is_object:
                return _plain_object(value, where, problems, above)
            return [_plain(item, (*where, index), problems, above) for index, item in enumerate(value)]
        finally:
            above.discard(id(value))
    return _plain_scalar(value, where, problems, above)


def _plain_object(
    value: Mapping[Any, Any], where: tuple[Any, ...], problems: list[Problem], above: set[int]
) -> Json:
    result: dict[str, Json] = {}
    for key, item in value.items():
        if type(key) is not str or not key.isascii():
            if not isinstance(key, str):
                fault = f"has a key of type {type(key).__name__}; JSON keys are strings."
                problems.append(Problem(_path(where), fault, key))
                continue
            if fault := _fault(key, str):
                problems.append(Problem(_path(where), f"has a key that {fault}", key))
            key = str(key)
        kind = type(item)
        if (kind is str and item.isascii()) or kind is bool or item is None:
            result[key] = item  # nearly every value of a body; what follows takes ten times as long
        else:
            result[key] = _plain(item, (*where, key), problems, above)
    return result


def _plain_scalar(value: Any, where: tuple[Any, ...], problems: list[Problem], above: set[int]) -> Json:
    if isinstance(value, enum.Enum):
        return _plain(value.value, where, problems, above)
    for base in (str, bool, int, float, Decimal):
        if isinstance(value, base):
            return _plain(_rebuilt(base, value), where, problems, above)
    if is_missing(value):
        problems.append(Problem(_path(where), f"{value} is a missing value: leave it out, or send None."))
        return None
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if is_uuid(value):
        return str(value)
    if (own := native(value)) is not value:
        return _plain(own, where, problems, above)
    problems.append(Problem(_path(where), f"a {type(value).__name__} cannot be sent as JSON.", value))
    return None


def _rebuilt(base: type, value: Any) -> Any:
    """Return a subclass instance as its plain base: ``str.__str__`` ignores overridden methods."""
    if base is str:
        return str.__str__(value)
    return base(value)


def _fault(value: Any, kind: type) -> str:
    if kind is str:
        if value.isascii():
            return ""
        try:
            value.encode()
        except UnicodeEncodeError:
            return "contains a lone surrogate, which UTF-8 cannot encode."
    elif kind is int and value.bit_length() > 3 * _MOST_DIGITS and abs(value) >= 10**_MOST_DIGITS:
        return f"has more than {_MOST_DIGITS:,} digits, which cannot be written."
    elif (kind is float and not math.isfinite(value)) or (kind is Decimal and not value.is_finite()):
        return f"{value} is not a JSON number."
    return ""


def same(one: Json, other: Json) -> bool:
    """Return whether two plain values are the same JSON value: 1 equals 1.0 but not true.

    >>> same([1.1, 1], [Decimal("1.10"), 1.0]), same(1, True)
    (True, False)
    """
    return bool(identity(one) == identity(other))


def identity(value: Json) -> Hashable:
    """Return what is equal for equal JSON values and can be a key; a float means the digits it prints."""
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, bool):
        return bool, value
    if isinstance(value, list):
        return list, tuple(map(identity, value))
    if isinstance(value, dict):
        return dict, frozenset((name, identity(item)) for name, item in value.items())
    return value  # type: ignore[no-any-return]  # text, an exact number or None


def _path(where: tuple[Any, ...]) -> str:
    text = str(where[0])
    for step in where[1:]:
        text += f"[{step}]" if isinstance(step, int) else f".{step}"
    return text


def encode(value: Json, *, indent: int | None = None) -> bytes:
    """Return a plain value as UTF-8 JSON, compact unless ``indent`` is given, each Decimal digit for digit.

    >>> encode({"amount": Decimal("10.10")})
    b'{"amount":10.10}'
    """
    return _unmarked(_encoder(indent).encode(value))


def encode_lines(values: Iterable[Json]) -> bytes:
    """Return plain values as UTF-8 JSON, each on a line of its own."""
    return _unmarked("\n".join(map(_encoder(None).encode, values)))


@cache
def _encoder(indent: int | None) -> json.JSONEncoder:
    separators = (",", ":" if indent is None else ": ")
    return json.JSONEncoder(
        ensure_ascii=False, allow_nan=False, indent=indent, separators=separators, default=_marked
    )


def _unmarked(text: str) -> bytes:
    if _MARK in text:
        text = _MARKED.sub(r"\1", text)
    return text.encode()


def _marked(value: object) -> str:
    if not isinstance(value, Decimal):
        raise TypeError(f"not a plain value: {value!r}")
    return _MARK + number_text(value) + _MARK


def number_text(value: Decimal) -> str:
    """Return a Decimal as a JSON number with all its digits, an exponent only if it is huge or tiny."""
    if abs(value.adjusted()) > _LONGEST_PLAIN_EXPONENT:
        return str(value)
    return format(value, "f")


def decode(content: bytes | str, *, floats: bool = False) -> Json:
    """Return the value of a JSON text; numbers with a fraction are Decimal unless ``floats``.

    A byte order mark is skipped, the last value of a repeated name counts, and a lone
    surrogate is read as U+FFFD. Raises ValueError for anything that is not JSON, NaN and
    Infinity included, for text nested deeper than can be sent, and for an exponent that is
    too large.
    """
    if read := _FAST.get(floats):
        try:
            return _shallow(read(content), content)
        except Exception:  # in its older releases, errors of its own that are not ValueErrors
            pass  # json reads some of what msgspec refuses, and says where the rest is wrong
    text = content.decode("utf-8-sig") if isinstance(content, bytes) else content.removeprefix("\ufeff")
    value = _read(lambda: json.loads(text, **_numbers(floats)))
    return _checked(value, text, content)


def expect_much() -> None:
    """Let msgspec decode from now on, if it is installed (``[fast]``).

    It takes half the time of json, and importing it as long as decoding ten megabytes.
    """
    with suppress(ImportError):
        import msgspec

        for floats in (False, True):
            _FAST[floats] = msgspec.json.Decoder(float_hook=None if floats else Decimal).decode


_FAST: dict[bool, Callable[[bytes | str], Json]] = {}
"""By ``floats``: what decodes most texts as `decode` does, and refuses the others."""


def decode_at(text: str, start: int, *, floats: bool = False) -> tuple[Json, int]:
    """Return the value that begins at a position of a text, and the position where it ends.

    Raises json.JSONDecodeError, which may mean that the text goes on, and what `decode` raises.
    """
    decoder = _DECODERS[floats]
    value, end = _read(lambda: decoder.raw_decode(text, start))
    part = text[start:end]
    return _checked(value, part, part), end


def _numbers(floats: bool) -> dict[str, Any]:
    return {"parse_float": None if floats else Decimal, "parse_constant": _refuse_constant}


def _read(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except RecursionError:
        raise ValueError("it is nested too deeply to read") from None
    except InvalidOperation:
        raise ValueError("it contains a number with too large an exponent") from None


def _checked(value: Json, text: str, content: bytes | str) -> Json:
    """Return the value of a JSON text, mended; raise ValueError if it is nested too deeply."""
    value = _shallow(value, content)
    return _mended(value) if "\\ud" in text or "\\uD" in text else value


def _shallow(value: Json, content: bytes | str) -> Json:
    if _looks_deep(content):
        _refuse_deep(value)
    return value


def _looks_deep(content: bytes | str) -> bool:
    """Return whether text may be nested deeper than `_DEEPEST`, by its brackets alone, at the speed of C.

    Each round removes at most two levels. Brackets inside strings may make it look deeper.
    """
    encoded = content if isinstance(content, bytes) else content.encode("utf-8", "replace")
    brackets = encoded.translate(None, _NO_BRACKETS)
    if len(brackets) <= 2 * _DEEPEST:
        return False
    for _ in range(_DEEPEST // 2):
        fewer = brackets.replace(b"[]", b"").replace(b"{}", b"")
        if not fewer:
            return False
        if len(fewer) == len(brackets):
            return True
        brackets = fewer
    return True


_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


def _refuse_deep(value: Json) -> None:
    """Raise ValueError for a value nested so deeply that recursion over it would fail."""
    level = [value]
    for _ in range(_DEEPEST + 1):
        below = (node.values() if type(node) is dict else node for node in level)
        level = [node for node in chain.from_iterable(below) if type(node) in (dict, list)]
        if not level:
            return
    raise ValueError(f"it is nested deeper than {_DEEPEST} levels")


def _mended(value: Json) -> Json:
    """Return ``value`` without lone surrogates, which files and terminals refuse."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_mended(name): _mended(item) for name, item in value.items()}
    return [_mended(item) for item in value] if isinstance(value, list) else value


def _refuse_constant(name: str) -> Json:
    raise ValueError(f"{name} is not JSON")


_DECODERS = {floats: json.JSONDecoder(**_numbers(floats)) for floats in (False, True)}
