"""What the parts of an OpenAPI document are: which keyword contains which kind of object.

One table drives everything that walks a document (repairs, references, facts), so
a *property* named ``description`` or ``$ref`` is never taken for the keyword, and
nothing inside an example, a default or an enum is followed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from dynzuora._references import MISSING, escape, way_of

#: How a keyword contains its objects.
ONE, LIST, MAP = "object", "list", "map"

HTTP_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")

_PARAMETER = {
    "schema": (ONE, "schema"),
    "content": (MAP, "media type"),
    "examples": (MAP, "example"),
}

#: Keywords of JSON Schema 2020-12 that contain schemas and that OpenAPI 3.0 does not have.
_MAPS_OF_2020_12 = ("$defs", "dependentSchemas", "patternProperties")
_SCHEMAS_OF_2020_12 = (
    *("contains", "contentSchema", "else", "if", "propertyNames", "then"),
    *("unevaluatedItems", "unevaluatedProperties"),
)

#: Keywords whose value may be true or false, beside a schema, in every version that has them.
FLAGS_OR_SCHEMAS = frozenset({"additionalProperties", "unevaluatedItems", "unevaluatedProperties"})

#: shape → keyword → (container, shape of the objects in it). Other keywords contain plain
#: data.
SHAPES: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "document": {
        "info": (ONE, "info"),
        "servers": (LIST, "server"),
        "tags": (LIST, "tag"),
        "paths": (MAP, "path item"),
        "webhooks": (MAP, "path item"),
        "components": (ONE, "components"),
    },
    "info": {},
    "tag": {},
    "server": {"variables": (MAP, "server variable")},
    "server variable": {},
    "components": {
        "schemas": (MAP, "schema"),
        "responses": (MAP, "response"),
        "parameters": (MAP, "parameter"),
        "examples": (MAP, "example"),
        "requestBodies": (MAP, "request body"),
        "headers": (MAP, "header"),
        "securitySchemes": (MAP, "security scheme"),
        "links": (MAP, "link"),
        "callbacks": (MAP, "callback"),
        "pathItems": (MAP, "path item"),
    },
    "path item": {
        "servers": (LIST, "server"),
        "parameters": (LIST, "parameter"),
        **dict.fromkeys(HTTP_METHODS, (ONE, "operation")),
    },
    "operation": {
        "parameters": (LIST, "parameter"),
        "requestBody": (ONE, "request body"),
        "responses": (MAP, "response"),
        "callbacks": (MAP, "callback"),
        "servers": (LIST, "server"),
    },
    "parameter": _PARAMETER,
    "header": _PARAMETER,
    "request body": {"content": (MAP, "media type")},
    "response": {
        "headers": (MAP, "header"),
        "content": (MAP, "media type"),
        "links": (MAP, "link"),
    },
    "media type": {
        "schema": (ONE, "schema"),
        "examples": (MAP, "example"),
        "encoding": (MAP, "encoding"),
    },
    "encoding": {"headers": (MAP, "header")},
    "example": {},
    "link": {"server": (ONE, "server")},
    "callback": {},
    "security scheme": {},
    "schema": {
        "properties": (MAP, "schema"),
        "items": (ONE, "schema"),
        "allOf": (LIST, "schema"),
        "oneOf": (LIST, "schema"),
        "anyOf": (LIST, "schema"),
        "not": (ONE, "schema"),
        "additionalProperties": (ONE, "schema"),
        **dict.fromkeys(_MAPS_OF_2020_12, (MAP, "schema")),
        **dict.fromkeys(_SCHEMAS_OF_2020_12, (ONE, "schema")),
        "prefixItems": (LIST, "schema"),
    },
    # An operation with the schemas it reaches.
    "slice": {
        "parameters": (LIST, "parameter"),
        "requestBody": (ONE, "request body"),
        "responses": (MAP, "response"),
        "components": (ONE, "components"),
    },
}

#: Where Swagger 2.0 has them.
_SWAGGER_SHAPES: Mapping[str, Mapping[str, tuple[str, str]]] = {
    **SHAPES,
    "document": {
        **SHAPES["document"],
        "definitions": (MAP, "schema"),
        "parameters": (MAP, "parameter"),
        "responses": (MAP, "response"),
        "securityDefinitions": (MAP, "security scheme"),
    },
    "response": {**SHAPES["response"], "schema": (ONE, "schema")},
    "parameter": {**SHAPES["parameter"], "items": (ONE, "schema")},
    "header": {**SHAPES["header"], "items": (ONE, "schema")},
}


def shapes_of(document: Mapping[str, Any]) -> Mapping[str, Mapping[str, tuple[str, str]]]:
    """Return where a document as it was read has its objects."""
    return _SWAGGER_SHAPES if "swagger" in document else SHAPES


#: `SHAPES` without schemas.
SHELLS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    shape: {keyword: field for keyword, field in fields.items() if field[1] != "schema"}
    for shape, fields in SHAPES.items()
}

#: Maps whose keys may be extensions; in every other map ``x-…`` is a name like any other.
EXTENSIBLE_MAPS = frozenset({"paths", "responses", "callbacks"})

#: Shapes that a reference may replace.
REFERABLE = frozenset(
    {"path item", "schema", "response", "parameter", "example", "request body", "header", "link", "callback"}
    | {"security scheme"}
)

#: A location in a document: ``None`` for the root, or the location above and the last token.
#: Few locations are ever reported, so the text is made only then.
Location = tuple[Any, str] | None

#: An object met in a walk: its shape, itself, its location.
Visit = tuple[str, dict[str, Any], Location]

#: Called with a value that its keyword cannot contain; returns a replacement, or ``MISSING``
#: to remove the keyword. What still does not fit is skipped.
Misfit = Callable[[Any, str, str, Location], Any]


def tokens(location: Location) -> tuple[str, ...]:
    """Return the tokens from the root to ``location``."""
    way: list[str] = []
    while location is not None:
        location, token = location
        way.append(token)
    return tuple(reversed(way))


def pointer(location: Location) -> str:
    """Return a location as a JSON pointer: ``#/paths/~1v1~1accounts``."""
    return "#" + "".join("/" + escape(token) for token in tokens(location))


def location_of(*way: str) -> Location:
    """Return the location with these tokens."""
    location: Location = None
    for token in way:
        location = (location, token)
    return location


def reference(node: Mapping[str, Any]) -> str | None:
    """Return the target of ``node`` if it is a reference."""
    target = node.get("$ref")
    return target if isinstance(target, str) else None


def is_reference(node: Mapping[str, Any], shape: str) -> bool:
    """Return whether ``node`` is a reference where one may be. (Few are: look for ``$ref`` before.)"""
    return shape in REFERABLE and reference(node) is not None


def walk(
    root: dict[str, Any],
    shape: str = "document",
    location: Location = None,
    misfit: Misfit | None = None,
    shapes: Mapping[str, Mapping[str, tuple[str, str]]] = SHAPES,
) -> Iterator[Visit]:
    """Yield every object of the document, parents first.

    An object may be changed before the walk continues; its children are read afterwards.
    The target of a reference is visited where it is, not through the reference.
    """
    stack: list[Visit] = [(shape, root, location)]
    while stack:
        shape, node, location = visit = stack.pop()
        yield visit
        fields = shapes[shape] or _every_field(shape, node)
        # Four objects in five have no children, so this is checked first.
        if fields.keys().isdisjoint(node) or ("$ref" in node and is_reference(node, shape)):
            continue
        children: list[Visit] = []
        for key in [key for key in node if key in fields]:
            held, child = fields[key]
            if misfit is not None and not _fits(node[key], held):
                _replace_misfits(node, key, held, child, location, misfit)
            children += _children(node.get(key), held, child, (location, key))
        children.reverse()
        stack += children


def _every_field(shape: str, node: dict[str, Any]) -> Mapping[str, tuple[str, str]]:
    """Return the fields of a shape without fixed ones: a callback maps expressions to path items."""
    if shape != "callback":
        return {}
    return {key: (ONE, "path item") for key in node if not key.startswith("x-")}


_OBJECTS = {dict}


def _fits(value: Any, held: str) -> bool:
    """Return whether ``value`` is what its keyword may contain."""
    if held is ONE:
        return isinstance(value, dict)
    if held is MAP:
        return isinstance(value, dict) and _OBJECTS.issuperset(map(type, value.values()))
    return isinstance(value, list) and _OBJECTS.issuperset(map(type, value))


def _children(value: Any, held: str, child: str, here: Location) -> list[Visit]:
    """Return the objects in ``value``; what does not fit is skipped."""
    if held is MAP and isinstance(value, dict):
        return [(child, member, (here, name)) for name, member in value.items() if isinstance(member, dict)]
    if held is LIST and isinstance(value, list):
        return [(child, member, (here, str(n))) for n, member in enumerate(value) if isinstance(member, dict)]
    return [(child, value, here)] if held is ONE and isinstance(value, dict) else []


def _replace_misfits(
    node: dict[str, Any], key: str, held: str, child: str, location: Location, misfit: Misfit
) -> None:
    """Let ``misfit`` replace or remove what does not fit in ``node[key]``."""
    here = (location, key)
    if key in FLAGS_OR_SCHEMAS and isinstance(node[key], bool):
        return
    if not isinstance(node[key], list if held is LIST else dict):
        _replace(node, key, misfit(node[key], held, child, here))
    value = node.get(key)
    if held is MAP and isinstance(value, dict):
        for name, member in list(value.items()):
            extension = key in EXTENSIBLE_MAPS and name.startswith("x-")
            if not isinstance(member, dict) and not extension:
                _replace(value, name, misfit(member, ONE, child, (here, name)))
    elif held is LIST and isinstance(value, list):
        for number, member in enumerate(value):
            if not isinstance(member, dict):
                value[number] = misfit(member, ONE, child, (here, str(number)))
        value[:] = [member for member in value if member is not MISSING]


def _replace(holder: dict[str, Any], key: str, value: Any) -> None:
    if value is MISSING:
        del holder[key]
    else:
        holder[key] = value


def walk_everything(document: dict[str, Any], misfit: Misfit, at: Callable[[str], Any]) -> Iterator[Visit]:
    """Walk the document, then the targets of its references that no keyword leads to.

    (For example a section of the author's own.) ``at`` returns what a reference points to.
    """
    seen: dict[str, set[int]] = {shape: set() for shape in SHAPES}
    targets: dict[tuple[str, str], None] = {}
    waiting: list[Visit] = [("document", document, None)]
    while waiting:
        shape, node, location = waiting.pop()
        for visit in walk(node, shape, location, misfit):
            shape, node, _ = visit
            seen[shape].add(id(node))
            yield visit
            if "$ref" in node and shape in REFERABLE and isinstance(node["$ref"], str):
                targets[node["$ref"], shape] = None
        while targets and not waiting:
            (target, shape), _ = targets.popitem()
            target_object = at(target)
            if isinstance(target_object, dict) and id(target_object) not in seen[shape]:
                waiting.append((shape, target_object, location_of(*way_of(target) or ())))
