"""One schema ready to compare: words without effect are left out, and the rest has one spelling.

What a schema is made of is `model.Shape`'s to say. Two schemas that accept the same values
should have equal shapes wherever that can be told without solving anything.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, NamedTuple

from dynzuora.document import Prepared
from dynzuora.model import EITHER, LOWER, UPPER, Merged, Schema, Schemas

_SILENT = {"title", "description", "example", "externalDocs", "xml", "default", "deprecated", "nullable"}


Shape = Merged
"""A schema, ready to compare."""


class Vocabulary(NamedTuple):
    """What a document speaks of anywhere."""

    properties: frozenset[str]
    null: bool
    security: bool


class Version(Schemas):
    """One document's slices and components, read once, and the shapes of its schemas."""

    def __init__(self, prepared: Prepared, only: frozenset[str] | None = None) -> None:
        components: dict[str, Schema] = {}
        super().__init__(components)
        self.prepared = prepared
        self.slices: dict[str, Mapping[str, Any]] = {}
        self._shapes: dict[int, Shape] = {}
        self._kept: list[Schema] = []
        for id in prepared.index:
            if only is not None and id not in only:
                continue
            cut = prepared.slice(id)
            for name, schema in cut.pop("components", {}).get("schemas", {}).items():
                components.setdefault(name, schema)
            self.slices[id] = cut

    @functools.cached_property
    def vocabulary(self) -> Vocabulary:
        """What the document speaks of anywhere."""
        names: set[str] = set()
        null = False
        waiting: list[Any] = [*self.components.values(), *self.slices.values()]
        while waiting:
            node = waiting.pop()
            if type(node) is dict:
                null = null or node.get("nullable") is True
                properties = node.get("properties")
                if type(properties) is dict:
                    names.update(properties)
                waiting += [each for each in node.values() if type(each) is dict or type(each) is list]
            else:
                waiting += [each for each in node if type(each) is dict or type(each) is list]
        security = any("security" in cut for cut in self.slices.values())
        return Vocabulary(frozenset(names), null, security)

    def shape(self, schema: Schema) -> Shape:
        """Return the shape of ``schema``."""
        schema = self.resolved(schema)[1]
        shape = self._shapes.get(id(schema))
        if shape is None:
            merged = self.merged(schema)
            words = _effective(merged.words, merged.words.get("type") or merged.type)
            shape = self._shapes[id(schema)] = Merged(merged.type, words, *merged[2:])
            self._kept.append(schema)
        return shape

    def additional(self, shape: Shape) -> Schema | bool:
        """Return the schema of fields without a name; True when they may hold anything."""
        schema = shape.words.get("additionalProperties", True)
        return True if isinstance(schema, Mapping) and self._takes_all(schema) else schema

    def _takes_all(self, schema: Schema) -> bool:
        shape = self.shape(schema)
        bare = not (shape.type or shape.properties or shape.required or shape.alternatives)
        return bare and shape.words.keys() <= _SILENT


#: Formats that say something; other words people write there bind nobody.
_FORMATS = {
    **{name: name for name in ("int32", "int64", "float", "double", "byte", "binary", "date", "password")},
    **{name: name for name in ("date-time", "email", "hostname", "ipv4", "ipv6", "uri", "uuid", "time")},
    "datetime": "date-time",
    "url": "uri",
}


def _effective(words: Schema, type: Any) -> dict[str, Any]:
    """Return ``words`` without those that change nothing, each in one spelling."""
    result = {word: value for word, value in words.items() if word != "type"}
    for word in EITHER:
        if not result.get(word):
            result.pop(word, None)
    for word, of in (*UPPER.items(), *LOWER.items()):
        applies = not type or of == type or (of == "number" and type == "integer")
        nothing = word in LOWER and word != "minimum" and not result.get(word)
        if word in result and (not applies or nothing or not isinstance(result[word], int | float)):
            del result[word]
    if type not in ("", "string"):
        result.pop("pattern", None)
    if result.get("pattern") in ("", ".*", "^.*$"):
        del result["pattern"]
    format = _FORMATS.get(str(result.pop("format", "")).lower())
    if format:
        result["format"] = format
    if "enum" in result:
        values = [each for each in result["enum"] if each is not None]
        if type == "boolean" and {True, False} <= {each for each in values if isinstance(each, bool)}:
            del result["enum"]
        else:
            result["enum"] = values
    if result.get("additionalProperties") in (True, {}):
        del result["additionalProperties"]
    return result
