"""JSON pointers and references between schemas: how to write and to follow them.

A slice keeps its references, all below ``#/components/schemas/``; they are looked up in the
slice's own components and nowhere else. Pure, and cheap: every reading of a schema uses it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote

SCHEMAS = "#/components/schemas/"

Components = Mapping[str, Any]

#: A value that is absent. (None may be present.)
MISSING: Any = object()


def escape(token: str) -> str:
    """Return ``token`` escaped for a JSON pointer."""
    return token.replace("~", "~0").replace("/", "~1")


def unescape(token: str) -> str:
    """Return the text that a token of a JSON pointer means."""
    return token.replace("~1", "/").replace("~0", "~")


def written(name: str) -> str:
    """Return ``name`` escaped for a reference, which is part of a URL."""
    return escape(name).replace("%", "%25")


def way_of(target: str) -> tuple[str, ...] | None:
    """Return the path of an internal reference; None for one that leaves the document."""
    file, _, fragment = target.partition("#")
    if file or (fragment and not fragment.startswith("/")):
        return None
    if "%" in fragment:
        fragment = unquote(fragment)
    way = fragment.split("/")[1:]
    return tuple(map(unescape, way) if "~" in fragment else way)


def look_up(document: Any, way: Iterable[str]) -> Any:
    """Return the value at the path ``way``, or ``MISSING``."""
    node = document
    for token in way:
        if isinstance(node, (dict, Mapping)) and token in node:
            node = node[token]
        elif isinstance(node, list) and token.isascii() and token.isdigit() and int(token) < len(node):
            node = node[int(token)]
        else:
            return MISSING
    return node


def name_of(target: str) -> str:
    """Return the name of the component that a reference leads to, or into."""
    name = target.removeprefix(SCHEMAS)
    return "/".join((way_of(target) or ())[2:]) if "~" in name or "%" in name else name


#: How the names begin, or go on, that a slice gives to schemas which have none in the document.
_PLACE = re.compile(
    r"(paths|webhooks|components)\.|.*\.(properties|items|allOf|anyOf|oneOf|additionalProperties|\$defs)(\.|$)"
)


def is_place(name: str) -> bool:
    """Return whether a slice's name of a schema is its place in the document, and no component's name."""
    return _PLACE.match(name) is not None


def referred(target: str, components: Components) -> Any:
    """Return the schema at ``#/components/schemas/NAME`` (or deeper), or None."""
    if not target.startswith(SCHEMAS):
        return None
    schema = components.get(target[len(SCHEMAS) :])  # the usual case: a name without escapes
    if schema is None:
        schema = look_up(components, (way_of(target) or ())[2:])
    return None if schema is MISSING else schema


def resolve(schema: Any, components: Components) -> tuple[str, Any]:
    """Return the name of the component at the end of a chain of references, and its schema.

    The name is empty without a reference. The schema is None if a reference leads nowhere or in a
    circle.
    """
    if not isinstance(schema, (dict, Mapping)) or "$ref" not in schema:
        return "", schema  # the usual case
    target, seen = "", set[str]()
    while isinstance(schema, (dict, Mapping)) and isinstance(schema.get("$ref"), str):
        target = schema["$ref"]
        if target in seen:
            return name_of(target), None
        seen.add(target)
        schema = referred(target, components)
    return name_of(target), schema
