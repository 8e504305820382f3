"""The keys that a schema gives an object, as code reads and writes them.

What a schema is composed of is `Version.shape`'s to tell. Here ``oneOf`` and ``anyOf`` are united
and lists are passed silently: code that reads ``reply["items"][0]["id"]`` asks for ``items``, ``id``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from dynzuora._references import SCHEMAS, escape
from dynzuora._zuora import NOT_ROWS
from dynzuora.comparison.shapes import Version
from dynzuora.model import Content, OperationModel, Schema

_DEEPEST = 40


class Located(NamedTuple):
    """A schema with its JSON pointer in the document; a parameter's own has none."""

    schema: Schema
    pointer: str = ""


class Keys(NamedTuple):
    """The keys that an object may have, those it must have, and the types that it may be of."""

    properties: Mapping[str, Located]
    required: frozenset[str]
    types: frozenset[str]

    @property
    def says_nothing(self) -> bool:
        """Whether any key is as good as any other."""
        return not self.properties


def resolved(place: Located, version: Version) -> Located:
    """Follow references until there is none; one that leads nowhere leads to any value."""
    name, schema = version.resolved(place.schema)
    return Located(schema, SCHEMAS + escape(name)) if name else place


def keys(place: Located, version: Version, above: frozenset[int] = frozenset()) -> Keys:
    """Return what ``place`` says about the keys of an object, or of each object in a list."""
    schema, pointer = place = resolved(place, version)
    if id(schema) in above or len(above) > _DEEPEST:
        return Keys({}, frozenset(), frozenset())
    above |= {id(schema)}
    shape = version.shape(schema)
    if "items" in shape.words and not shape.properties:
        return keys(elements(place, version), version, above)._replace(types=frozenset({"array"}))
    properties = {}
    for name, each in shape.properties.items():
        owner = SCHEMAS + escape(each.owner) if each.owner else pointer
        properties[name] = Located(each.schema, f"{owner}/properties/{escape(name)}")
    required, types = shape.required, frozenset({shape.type} - {""})
    for word, members in shape.alternatives:
        places = (Located(each, f"{pointer}/{word}/{number}") for number, each in enumerate(members))
        parts = [keys(each, version, above) for each in places]
        for part in parts:
            properties |= part.properties
            types |= part.types
        required |= frozenset.intersection(*(part.required for part in parts))
    return Keys(properties, required, types)


def elements(place: Located, version: Version) -> Located:
    """Return what a list there holds; the place itself where no list is spoken of."""
    schema, pointer = resolved(place, version)
    words = version.shape(schema).words
    return Located(words["items"], f"{pointer}/items") if "items" in words else place


def reply(slice: Mapping[str, Any]) -> Located | None:
    """Return the schema of what a successful call gives back."""
    response = OperationModel(slice).reply
    return _located(response, f"{slice['pointer']}/responses/{response.status}")


def request_body(slice: Mapping[str, Any]) -> Located | None:
    """Return the schema of the body that the operation takes."""
    return _located(OperationModel(slice).body, f"{slice['pointer']}/requestBody")


def _located(part: Content, pointer: str) -> Located | None:
    place = f"{pointer}/content/{escape(part.media_type)}/schema"
    return Located(part.schema, place) if part.schema else None


def row_lists(place: Located, version: Version) -> list[tuple[str, ...]]:
    """Return the keys under which a list operation may keep its rows."""
    found: list[tuple[str, ...]] = []
    for name, each in keys(place, version).properties.items():
        inner = keys(each, version)
        if name not in NOT_ROWS and "array" in inner.types and inner.properties:
            found.append((name,))
    return found
