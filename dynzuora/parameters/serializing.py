"""Serialize the value of a parameter; refuse what would be read as something else."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote

from dynzuora import _json
from dynzuora._media_types import is_json
from dynzuora.model import Shape, schema_of, shape_of
from dynzuora.parameters import nested
from dynzuora.parameters.styles import (
    ParameterError,
    ParameterObject,
    Style,
    encoded,
    may_be_empty,
    media_type,
    style_of,
    without,
)
from dynzuora.parameters.values import Texts, text, texts, unsendable

_SAFE_WHEN_RESERVED = ":/?@!$'()*,;="
"""What ``allowReserved`` leaves as it is: the reserved characters that end nothing in a query.

``#[]&+`` would be misread (OpenAPI 3.0.4, appendix C). ``%`` is always encoded, so that
what arrives is what was given, and not what 3.0.4 makes of text that looks encoded.
"""


def serialize(parameter: ParameterObject, value: object, shape: Shape | None = None) -> str:
    """Return the text that carries ``value`` as this parameter; ``shape`` is its schema, references followed.

    In a path it takes the place of ``{name}``; in a query it is ``name=value&…``; in a
    header the field's text; in a cookie ``name=value; …``. An empty list or mapping
    gives ``''``: send nothing. A list for a parameter that its schema calls a string is
    written by the parameter's own style and explode. None inside a mapping is left out.

    Raises `ParameterError` for what cannot be carried unchanged.

    >>> serialize({"name": "ids", "in": "query"}, ["a b", "c"])
    'ids=a%20b&ids=c'
    """
    if value is None:
        raise ParameterError("None cannot be sent; omit the parameter.")
    if "content" in parameter:
        written = _from_content(parameter, value)
    else:
        written = _from_style(parameter, value, shape)
    if parameter["in"] == "path":
        _refuse_lost_segment(parameter, written)
    if parameter["in"] == "header":
        _refuse_unfit_for_header(written)
    return written


def _from_content(parameter: ParameterObject, value: object) -> str:
    """Return a parameter that is one text of a media type, whatever the value's shape."""
    written = _as_json(parameter, value) if is_json(media_type(parameter)) else text(value)
    if written is None:
        raise ParameterError(
            f"is sent as {media_type(parameter)}, and {unsendable(value)} as that; use a string."
        )
    if parameter["in"] == "header":
        return written
    return (
        encoded(written) if parameter["in"] == "path" else f"{encoded(parameter['name'])}={encoded(written)}"
    )


def _as_json(parameter: ParameterObject, value: object) -> str:
    name = parameter["name"]
    try:
        written = _json.encode(_json.plain(value, name)).decode()
    except _json.InvalidJson as error:
        faults = (problem.message if problem.path == name else str(problem) for problem in error.problems)
        raise ParameterError(" ".join(faults)) from error
    if parameter["in"] == "header":  # a header is ASCII, and JSON can be
        written = re.sub(r"[^\x20-\x7e]", _escaped, written)
    return written


def _escaped(character: re.Match[str]) -> str:
    units = character[0].encode("utf-16-be")
    return "".join(f"\\u{high:02x}{low:02x}" for high, low in zip(units[::2], units[1::2], strict=True))


def _from_style(parameter: ParameterObject, value: object, shape: Shape | None) -> str:
    style, explode = style_of(parameter)
    if style.bracketed:
        shape = shape or shape_of(schema_of(parameter))
        if nested.goes_beyond(shape):
            return nested.written(parameter["name"], value, shape)
    members = texts(value)
    if style.bracketed and not isinstance(members, dict):
        raise ParameterError("must be a mapping (style deepObject, name[key]=value).")
    name = encoded(parameter["name"]) if style.named else ""
    if isinstance(members, str):
        single = members if parameter["in"] == "header" else encoded(members, _safe(parameter))
        return style.prefix + _named(style, name, single)
    if not members:
        return f"{name}=" if may_be_empty(parameter) else ""
    if explode:
        return style.prefix + style.separator.join(_exploded(parameter, style, name, members))
    flat = members if isinstance(members, list) else [part for pair in members.items() for part in pair]
    listed = style.delimiter.join(map(_member_encoder(parameter, style, explode), flat))
    return style.prefix + _named(style, name, listed)


def _exploded(parameter: ParameterObject, style: Style, name: str, members: Texts) -> list[str]:
    encode = _member_encoder(parameter, style, True)
    if not isinstance(members, dict):
        return [_named(style, name, encode(item)) for item in members]
    if style.named:
        return [
            _named(style, _key_name(parameter, style, key), encode(item)) for key, item in members.items()
        ]
    return [f"{_key_text(parameter, key)}={encode(item)}" for key, item in members.items()]


def _named(style: Style, name: str, written: str) -> str:
    if not style.named:
        return written
    return f"{name}={written}" if written else name + style.if_empty


def _safe(parameter: ParameterObject) -> str:
    return _SAFE_WHEN_RESERVED if parameter.get("allowReserved") and parameter["in"] == "query" else ""


def _member_encoder(parameter: ParameterObject, style: Style, explode: bool) -> Callable[[str], str]:
    """Return what encodes one member of a list or mapping so that it is not read as two.

    Only a delimiter that encoding cannot hide makes it refuse. A dot inside an exploded
    label is as ambiguous, but RFC 6570 (3.2.5) writes it so, and so does this.
    """
    if parameter["in"] == "header":
        return lambda member: _header_member(member, style.delimiter)
    safe = _safe(parameter) if explode else _safe(parameter).replace(",", "")
    delimiter = "," if explode else unquote(style.delimiter)
    if delimiter == ",":
        return lambda member: encoded(member, safe)
    return lambda member: encoded(without(member, delimiter, f"style {parameter['style']}"), safe)


def _header_member(member: str, delimiter: str = ",") -> str:
    if not member or member != member.strip():
        raise ParameterError(
            "has a member that is empty, or begins or ends with a space, which a header does not keep; "
            "remove the space or the member."
        )
    return without(member, delimiter, "a header")


def _key_name(parameter: ParameterObject, style: Style, key: str) -> str:
    if not style.bracketed:
        return encoded(key)
    for bracket in "[]":
        without(key, bracket, "style deepObject")
    return encoded(f"{parameter['name']}[{key}]")


def _key_text(parameter: ParameterObject, key: str) -> str:
    if parameter["in"] != "header":
        return encoded(key)
    return without(_header_member(key), "=", "a header")


def _refuse_lost_segment(parameter: ParameterObject, written: str) -> None:
    if not written:
        raise ParameterError("is empty, which would change the path.")
    if parameter.get("style") == "label":  # which may follow other text
        return
    steps = re.split(r"[/\\]", unquote(written))  # some gateways decode before they look for folders
    if not {".", ".."}.isdisjoint(steps):
        raise ParameterError(f"{written!r} would change the path, because it is a dot segment.")


_CONTROLS = {"\r": "a carriage return", "\n": "a line break", "\0": "a NUL", "\t": "a tab"}


def _refuse_unfit_for_header(written: str) -> None:
    """Refuse what would end the line or be changed. The value is never shown: it may be a secret."""
    if written != written.strip(" "):
        raise ParameterError("begins or ends with a space, which a header does not keep; remove it.")
    match = re.search(r"[^\x20-\x7e]", written)
    if match is None:
        return
    character, position = match[0], f"at position {match.start() + 1}"
    if character.isascii():
        what = _CONTROLS.get(character, f"the control character {character!r}")
        raise ParameterError(f"contains {what} {position}, which would break the header; remove it.")
    raise ParameterError(f"contains {character!r} {position}; a header can only be ASCII.")
