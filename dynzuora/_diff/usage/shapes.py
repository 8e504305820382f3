"""What a schema says about the keys of an object, whatever it is composed of.

References are followed, ``allOf`` is merged, ``oneOf`` and ``anyOf`` are united, lists
are passed silently: code that reads ``reply["items"][0]["id"]`` asks for ``items``, ``id``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from dynzuora._references import SCHEMAS, escape, followed
from dynzuora._zuora import NOT_ROWS

Schema = Mapping[str, Any]
Components = Mapping[str, Schema]

_DEEPEST = 40


class Place(NamedTuple):
    """A schema with its JSON pointer in the document."""

    schema: Schema
    pointer: str


class Shape(NamedTuple):
    """The keys that an object may have, those it must have, and whether others are welcome."""

    properties: Mapping[str, Place]
    required: frozenset[str]
    types: frozenset[str]
    open: bool

    @property
    def says_nothing(self) -> bool:
        """Whether any key is as good as any other."""
        return not self.properties


_NOTHING = Shape({}, frozenset(), frozenset(), True)


def resolved(place: Place, components: Components) -> Place:
    """Follow references until there is none; one that leads nowhere leads to any value."""
    name, schema = followed(place.schema, components)
    return Place({} if schema is None else schema, SCHEMAS + escape(name)) if name else place


def shape(place: Place, components: Components, *, depth: int = 0) -> Shape:
    """Return what ``place`` says about the keys of an object, or of each object in a list."""
    place = resolved(place, components)
    schema = place.schema
    if depth > _DEEPEST or not isinstance(schema, Mapping):
        return _NOTHING
    if "items" in schema and "properties" not in schema:
        inside = shape(Place(schema["items"], f"{place.pointer}/items"), components, depth=depth + 1)
        return inside._replace(types=frozenset({"array"}))
    found = Shape(
        {
            name: Place(each, f"{place.pointer}/properties/{escape(name)}")
            for name, each in schema.get("properties", {}).items()
        },
        frozenset(schema.get("required", ()))
        if isinstance(schema.get("required"), Sequence)
        else frozenset(),
        frozenset({schema["type"]} if isinstance(schema.get("type"), str) else ()),
        schema.get("additionalProperties", True) is not False,
    )
    for each in schema.get("allOf", ()):  # where it stands in one is no step of the way: so say the facts
        found = _both(found, shape(Place(each, place.pointer), components, depth=depth + 1))
    for keyword in ("oneOf", "anyOf"):
        parts = [
            shape(Place(each, f"{place.pointer}/{keyword}/{number}"), components, depth=depth + 1)
            for number, each in enumerate(schema.get(keyword, ()))
        ]
        if parts:
            found = _both(found, _any(parts))
    return found


def items(place: Place, components: Components) -> Place:
    """Return what a list there holds; the place itself where no list is spoken of."""
    place = resolved(place, components)
    return Place(place.schema["items"], f"{place.pointer}/items") if "items" in place.schema else place


def _both(one: Shape, other: Shape) -> Shape:
    return Shape(
        {**one.properties, **other.properties},
        one.required | other.required,
        one.types | other.types,
        one.open and other.open,
    )


def _any(parts: Sequence[Shape]) -> Shape:
    return Shape(
        {name: place for part in parts for name, place in part.properties.items()},
        frozenset.intersection(*(part.required for part in parts)),
        frozenset().union(*(part.types for part in parts)),
        any(part.open for part in parts),
    )


def json_body(part: Mapping[str, Any], pointer: str) -> Place | None:
    """Return the schema of a request body or a response, JSON before others; None without one."""
    content = part.get("content", {})
    kinds = sorted(content, key=lambda kind: ("json" not in kind, "form" not in kind))
    for kind in kinds:
        if "schema" in content[kind]:
            return Place(content[kind]["schema"], f"{pointer}/content/{escape(kind)}/schema")
    return None


def reply(slice: Mapping[str, Any]) -> Place | None:
    """Return the schema of what a successful call gives back."""
    responses = slice.get("responses", {})
    for status in sorted(responses, key=lambda each: (each[:1] != "2", each)):
        if status[:1] == "2" or status == "default":
            found = json_body(responses[status], f"{slice['pointer']}/responses/{status}")
            if found:
                return found
    return None


def request_body(slice: Mapping[str, Any]) -> Place | None:
    """Return the schema of the body that the operation takes."""
    return json_body(slice.get("requestBody", {}), f"{slice['pointer']}/requestBody")


def row_lists(place: Place, components: Components) -> list[tuple[str, ...]]:
    """Return the keys under which a list operation may keep its rows."""
    found: list[tuple[str, ...]] = []
    for name, each in shape(place, components).properties.items():
        inner = shape(each, components)
        if name not in NOT_ROWS and "array" in inner.types and inner.properties:
            found.append((name,))
    return found
