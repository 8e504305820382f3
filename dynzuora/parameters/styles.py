"""The table of styles, and facts about a Parameter Object that both directions need."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

ParameterObject = Mapping[str, Any]


class ParameterError(ValueError):
    """A value that cannot be sent as this parameter.

    ``message`` continues the parameter's name; ``name`` is that name where several
    parameters may be at fault (`expand_path`).
    """

    def __init__(self, message: str, name: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.name = name


class Style(NamedTuple):
    """One row of RFC 6570's table of operators, and the delimiter of members that are not exploded."""

    prefix: str
    separator: str
    delimiter: str
    named: bool
    if_empty: str = ""
    bracketed: bool = False


STYLES = {
    ("path", "simple"): Style("", ",", ",", named=False),
    ("path", "label"): Style(".", ".", ",", named=False),
    ("path", "matrix"): Style(";", ";", ",", named=True),
    ("query", "form"): Style("", "&", ",", named=True, if_empty="="),
    ("query", "spaceDelimited"): Style("", "&", "%20", named=True, if_empty="="),
    ("query", "pipeDelimited"): Style("", "&", "%7C", named=True, if_empty="="),
    ("query", "deepObject"): Style("", "&", "", named=True, if_empty="=", bracketed=True),
    ("header", "simple"): Style("", ",", ",", named=False),
    # RFC 6265 separates cookies by "; ". The "&" of form style would become part of a
    # value (OpenAPI 3.0.4, appendix D).
    ("cookie", "form"): Style("", "; ", ",", named=True, if_empty="="),
}

_OF_SWAGGER_2 = {
    ("query", "tabDelimited"): Style("", "&", "%09", named=True, if_empty="="),
    ("path", "spaceDelimited"): Style("", ",", "%20", named=False),
    ("path", "pipeDelimited"): Style("", ",", "%7C", named=False),
    ("path", "tabDelimited"): Style("", ",", "%09", named=False),
    ("header", "spaceDelimited"): Style("", ",", " ", named=False),
    ("header", "pipeDelimited"): Style("", ",", "|", named=False),
}
"""What its ``collectionFormat`` means where OpenAPI 3 has no style for it."""

_DEFAULTS = {"path": "simple", "query": "form", "header": "simple", "cookie": "form"}


def style_of(parameter: ParameterObject) -> tuple[Style, bool]:
    """Return the parameter's style and whether it is exploded, the defaults filled in.

    Raises `ParameterError` for a style that OpenAPI does not have in that location.
    """
    location = parameter["in"]
    name = parameter.get("style") or _DEFAULTS[location]
    style = STYLES.get((location, name)) or _OF_SWAGGER_2.get((location, name))
    if style is None:
        allowed = ", ".join(style for where, style in STYLES if where == location)
        raise ParameterError(
            f"has style {name!r} in the document, which OpenAPI does not define in a {location} "
            f"(only {allowed}); correct the document with an overlay."
        )
    # deepObject is only defined exploded, though that is not its default.
    return style, style.bracketed or bool(parameter.get("explode", name == "form"))


def may_be_empty(parameter: ParameterObject) -> bool:
    """Return whether ``name=`` means no value, which OpenAPI allows in a query of style form."""
    form = parameter.get("style", "form") == "form"
    return bool(parameter.get("allowEmptyValue")) and form and parameter["in"] == "query"


def media_type(parameter: ParameterObject) -> str:
    """Return the media type of a parameter with ``content``, which has exactly one."""
    return next(iter(parameter["content"]), "application/json")


def encoded(text: str, safe: str = "") -> str:
    """Return ``text`` percent-encoded as UTF-8; ASCII letters, digits and ``-._~`` stay."""
    return quote(text, safe=safe)


def without(member: str, delimiter: str, whose: str) -> str:
    """Return ``member``; raise `ParameterError` where it contains what separates members."""
    if delimiter in member:
        raise ParameterError(
            f"has a member that contains {delimiter!r}, which separates members in {whose}; "
            "replace it as this API expects, or remove that member."
        )
    return member
