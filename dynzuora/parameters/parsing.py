"""Parse the text of a parameter to its value, typed by the schema: the inverse of `serialize`.

Never raises for what a client sent: text that is not of its type stays text, so that a check
can report it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, time
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, unquote, unquote_plus

from dynzuora import _json
from dynzuora._media_types import is_json
from dynzuora._native import is_missing, native
from dynzuora.model import ANYTHING, Shape, shape_of
from dynzuora.parameters import nested
from dynzuora.parameters.styles import (
    STYLES,
    ParameterObject,
    Style,
    may_be_empty,
    media_type,
    style_of,
)

Value = Any
"""Text, int, Decimal, bool, list or dict; None where the parameter is absent."""

_MIDNIGHT = time()
_LARGEST_WHOLE = 10**18
_DECODERS: dict[str, Callable[[str], str]] = {
    "path": unquote,
    "query": unquote_plus,  # other clients write a space as "+"; all write a plus as "%2B"
    "header": str.strip,
    "cookie": unquote,
}


def whole(value: Any, shape: Shape) -> Any:
    """Return a number without a fraction as an integer where the schema asks for one: 1.0 is sent as 1."""
    value = native(value)
    if isinstance(value, (list, tuple)):
        return [whole(item, items_of(shape)) for item in value]
    if shape.types != ("integer",) or not isinstance(value, (float, Decimal)):
        return value
    exact = Decimal(value)
    if exact.is_finite() and abs(exact) < _LARGEST_WHOLE and exact == int(exact):
        return int(exact)
    return value


def day(value: Any, shape: Shape) -> Any:
    """Return times at midnight as dates where the schema asks for a date, as the times of pandas are.

    Where there is no time in it, the value comes back as it is.
    """
    try:
        return _day(value, shape) if _has_time(value) else value
    except RecursionError:  # it contains itself: whoever writes it says so
        return value


def _has_time(value: Any) -> bool:
    kind = type(value)
    if kind is dict or (kind is not list and isinstance(value, Mapping)):  # asking an ABC is slow
        members: Iterable[Any] = value.values()
    elif isinstance(value, list | tuple):
        members = value
    else:
        return isinstance(value, datetime) or native(value) is not value
    return any(type(member) not in _TIMELESS and _has_time(member) for member in members)


_TIMELESS = frozenset({str, int, bool, type(None), float, Decimal})


def _day(value: Any, shape: Shape) -> Any:
    value = native(value)
    if isinstance(value, (list, tuple)):
        return [_day(item, items_of(shape)) for item in value]
    if isinstance(value, Mapping):
        return {name: _day(item, property_of(shape, name)) for name, item in value.items()}
    if shape.format != "date" or not isinstance(value, datetime) or is_missing(value):
        return value
    at_midnight = value.time() == _MIDNIGHT and not getattr(value, "nanosecond", 0)
    return value.date() if at_midnight else value


def parse(parameter: ParameterObject, text: str) -> Value:
    """Return the value that ``text`` carries, typed by the parameter's schema; None where it is absent.

    ``text`` is raw, as it came: the whole query string, the path segment, the header's
    or the Cookie header's text. A name that comes twice for a single value gives a list.
    A mapping exploded into a query is made of the properties its schema names, and of
    every pair when it names none or allows more.

    >>> parse({"name": "page", "in": "query", "schema": {"type": "integer"}}, "pageSize=5&page=2")
    2
    """
    if "content" in parameter:
        return _from_content(parameter, text)
    style, explode = style_of(parameter)
    shape = shape_of(parameter.get("schema", {}))
    if style.bracketed and nested.goes_beyond(shape):
        return read_nested(parameter["name"], text, shape)
    if style.named:
        return _from_pairs(parameter, style, explode, shape, text)
    return _from_body(parameter, style, explode, shape, text.removeprefix(style.prefix))


def read_nested(name: str, query: str, shape: Shape) -> Value:
    """Return the value that a query carries in brackets; None where it is absent."""
    tree = nested.tree(name, query)
    if tree:
        return _typed(tree, shape)
    single = [value for key, value in parse_qsl(query, keep_blank_values=True) if key == name]
    return read(single[-1], shape) if single else None


def _typed(node: Any, shape: Shape) -> Value:
    if isinstance(node, str):
        return read(node, shape)
    types = shape.types
    if "array" in types or ("object" not in types and all(key.isdecimal() for key in node)):
        return [_typed(member, items_of(shape)) for member in node.values()]
    return {key: _typed(member, property_of(shape, key)) for key, member in node.items()}


def _from_content(parameter: ParameterObject, text: str) -> Value:
    location = parameter["in"]
    if location in ("query", "cookie"):
        own = [
            raw
            for name, raw in _pairs(parameter, STYLES[location, "form"], text)
            if name == parameter["name"]
        ]
        if not own:
            return None
        text = own[-1]
    text = _DECODERS[location](text)
    if not is_json(media_type(parameter)):
        return text
    try:
        return _json.decode(text)
    except ValueError:
        return text


def _pairs(parameter: ParameterObject, style: Style, text: str) -> list[tuple[str, str]]:
    """Return (name, still encoded value) of a query, a Cookie header or a matrix segment."""
    decode = _DECODERS[parameter["in"]]
    parts = text.removeprefix(style.prefix).split(style.separator.strip())
    pairs = (part.strip().partition("=") for part in parts if part.strip())
    return [(decode(name), raw) for name, _, raw in pairs]


def _from_pairs(parameter: ParameterObject, style: Style, explode: bool, shape: Shape, text: str) -> Value:
    decode = _DECODERS[parameter["in"]]
    kind = _kind(shape)
    pairs = _pairs(parameter, style, text)
    own = [raw for name, raw in pairs if name == parameter["name"]]
    absent = decode(text) if parameter["in"] == "path" else None
    if own == [""] and may_be_empty(parameter) and kind and "string" not in shape.types:
        return {"array": [], "object": {}}.get(kind)
    if kind == "object" and explode:
        members = dict(_own_members(parameter, style, shape, pairs))
        return {key: read(decode(raw), property_of(shape, key)) for key, raw in members.items()} or absent
    if not own:
        return absent
    if kind == "array" and explode:
        return [read(decode(raw), items_of(shape)) for raw in own]
    if len(own) > 1:
        return [read(decode(raw), shape) for raw in own]
    return _from_body(parameter, style, explode, shape, own[0])


def _own_members(
    parameter: ParameterObject, style: Style, shape: Shape, pairs: list[tuple[str, str]]
) -> Iterator[tuple[str, str]]:
    """Yield the pairs that are members of an exploded mapping, by key."""
    if style.bracketed:
        before = f"{parameter['name']}["
        yield from (
            (name[len(before) : -1], raw)
            for name, raw in pairs
            if name.startswith(before) and name[-1] == "]"
        )
        return
    takes_all = not shape.fields or bool(shape.words.get("additionalProperties"))
    yield from ((name, raw) for name, raw in pairs if takes_all or name in shape.fields)


def _from_body(parameter: ParameterObject, style: Style, explode: bool, shape: Shape, body: str) -> Value:
    """Return the value of a text that holds all of it, without prefix and name."""
    decode = _DECODERS[parameter["in"]]
    kind = _kind(shape)
    if kind == "array":
        pieces = [] if not body and parameter["in"] == "header" else _pieces(style, explode, body, decode)
        return [read(piece, items_of(shape)) for piece in pieces]
    if kind == "object":
        members = _members(style, explode, body, decode)
        return decode(body) if members is None else {k: read(v, property_of(shape, k)) for k, v in members}
    return read(decode(body), shape)


def _pieces(style: Style, explode: bool, body: str, decode: Callable[[str], str]) -> list[str]:
    spot = style.separator if explode and not style.named else style.delimiter
    if spot.startswith("%"):  # no member can contain it, so other clients may encode it in any way
        return decode(body).split(unquote(spot))
    return [decode(piece) for piece in body.split(spot)]


def _members(
    style: Style, explode: bool, body: str, decode: Callable[[str], str]
) -> list[tuple[str, str]] | None:
    """Return the members in ``R,100,G,200`` or, exploded, ``R=100,G=200``; None where it is neither."""
    if explode:
        pairs = [piece.partition("=") for piece in body.split(style.separator) if piece]
        whole = all(equals for _, equals, _ in pairs)
        return [(decode(key), decode(raw)) for key, _, raw in pairs] if whole else None
    pieces = _pieces(style, explode, body, decode) if body else []
    return None if len(pieces) % 2 else list(zip(pieces[::2], pieces[1::2], strict=True))


# Long text stays text: no real number has a thousand digits, and parsing one is slow.
_INTEGER = re.compile(r"-?[0-9]{1,1300}(?:\.0{1,300})?")
_NUMBER = re.compile(r"-?[0-9]{1,1300}(?:\.[0-9]{1,1300})?(?:[eE][+-]?[0-9]{1,3})?")


def _integer(text: str) -> Value:
    return int(text.partition(".")[0]) if _INTEGER.fullmatch(text) else text


def _number(text: str) -> Value:
    if not _NUMBER.fullmatch(text):
        return text
    return int(text) if text.removeprefix("-").isdigit() else Decimal(text)


_NUMERIC = ("integer", "number")
_READERS: dict[str, Callable[[str], Value]] = {
    "integer": _integer,
    "number": _number,
    "boolean": lambda text: {"true": True, "false": False}.get(text, text),
}


def read(text: str, shape: Shape) -> Value:
    """Return a single value as the first of the schema's types that can read it, else as text."""
    for kind in shape.types:
        if kind == "string":
            return text
        value = _READERS[kind](text) if kind in _READERS else text
        if value is not text:
            return value
    return text


def number_of(value: Value, shape: Shape) -> Value:
    """Return numeric text, alone or in a list, as the number that the schema asks for; the rest as it is."""
    if isinstance(value, list):
        return [number_of(item, items_of(shape)) for item in value]
    return read(value, shape) if isinstance(value, str) and _kind(shape) in _NUMERIC else value


def _kind(shape: Shape) -> str:
    return next(iter(shape.types), "")


def items_of(shape: Shape) -> Shape:
    """Return the shape of what a list of ``shape`` holds."""
    return next((branch.items for branch in shape.branches if branch.items), ANYTHING)


def property_of(shape: Shape, name: str) -> Shape:
    """Return the shape of the property ``name``, declared or not."""
    additional = (branch.additional for branch in shape.branches)
    return shape.fields.get(name) or next(filter(None, additional), ANYTHING)
