"""One schema ready to compare: words without effect are left out, and the rest has one spelling.

What a schema is made of is `model.Shape`'s to say. Two schemas that accept the same values
should have equal shapes wherever that can be told without solving anything.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from dynzuora._zuora import CUSTOM_FIELD_CONTAINERS
from dynzuora.document import Prepared
from dynzuora.model import COMPOSED, EITHER, LOWER, UPPER, Merged, Schema, Schemas, parts, without_null

SILENT = {"title", "description", "example", "externalDocs", "xml", "default", "deprecated", "nullable"}
_WRAPPING = {*COMPOSED, *SILENT, "readOnly", "writeOnly"}
"""What a schema may say besides the one that it stands for."""


Shape = Merged
"""A schema, ready to compare."""


_LEADING = frozenset(
    {*COMPOSED, "$ref", "properties", "required", "items", "additionalProperties", "not", "discriminator"}
)
_PROSE = frozenset({"title", "description", "example", "externalDocs", "xml"})


def is_leaf(schema: Schema) -> bool:
    """Whether a schema leads to no other, and stands for itself."""
    return schema.keys().isdisjoint(_LEADING)


def is_same_leaf(old: Schema, new: Schema) -> bool:
    """Whether two schemas lead to no others and say the same, prose apart."""
    if not (is_leaf(old) and is_leaf(new)):
        return False
    before, after = ({word: side[word] for word in side if word not in _PROSE} for side in (old, new))
    if before != after:
        return False
    return before.keys().isdisjoint(_VALUED) or text(before) == text(after)  # 1 equals True to Python


_VALUED = frozenset({"enum", "const", "default"})


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
        self._rooms: set[int] = set()
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
                waiting += [value for value in node.values() if type(value) is dict or type(value) is list]
            else:
                waiting += [item for item in node if type(item) is dict or type(item) is list]
        security = any("security" in cut for cut in self.slices.values())
        return Vocabulary(frozenset(names), null, security)

    def shape(self, schema: Schema) -> Shape:
        """Return the shape of ``schema``."""
        schema = self.resolved(schema)[1]
        shape = self._shapes.get(id(schema))
        if shape is None:
            merged = self.merged(schema)
            type = _stated(merged) or _type_of(merged.words.get("enum"))
            words = _effective(merged.words, merged.words.get("type") or type)
            if type == "number" and _type_of(words.get("enum")) == "integer":
                type = "integer"
            if not type and "enum" not in words and not merged.alternatives:
                words.pop("nullable", None)
            elif schema.get("nullable") is True and isinstance(schema.get("enum"), list):
                words["nullable"] = "listed" if None in schema["enum"] else "not listed"
            shape = self._shapes[id(schema)] = Merged(type, words, *merged[2:])
            self._kept.append(schema)
            if "additionalProperties" in words and any(
                "additionalProperties" in part.schema
                and any(name in part.owner for name in CUSTOM_FIELD_CONTAINERS)
                for part in parts(schema, self.components)
            ):
                self._rooms.add(id(words))
        return shape

    def only(self, schema: Schema) -> Schema:
        """Return the schema that ``schema`` only stands for: inside ``allOf`` of one, or beside null.

        A reference to a component stays one, so that the component is compared as such.
        """
        inner, is_wrapped = self.resolved(schema)[1], False
        while "$ref" not in inner:
            composed = [word for word in COMPOSED if word in inner]
            if len(composed) != 1 or not inner.keys() <= _WRAPPING:
                break
            members = without_null(inner[composed[0]], self.components)
            if len(members) != 1 or not isinstance(members[0], dict):
                break
            inner, is_wrapped = members[0], True
        return inner if is_wrapped else schema

    def additional(self, shape: Shape) -> Schema | bool:
        """Return the schema of fields without a name; True when they may hold anything."""
        schema = shape.words.get("additionalProperties", True)
        return True if isinstance(schema, Mapping) and self._takes_all(schema) else schema

    def is_room(self, shape: Shape) -> bool:
        """Whether the fields without a name are custom fields, so that a named one is none of them."""
        return id(shape.words) in self._rooms

    def _takes_all(self, schema: Schema) -> bool:
        shape = self.shape(schema)
        bare = not (shape.type or shape.properties or shape.required or shape.alternatives)
        return bare and shape.words.keys() <= SILENT


#: Formats that say something; other words people write there bind nobody.
_FORMATS = {
    **{name: name for name in ("int32", "int64", "float", "double", "byte", "binary", "date", "password")},
    **{name: name for name in ("date-time", "email", "hostname", "ipv4", "ipv6", "uri", "uuid", "time")},
    "datetime": "date-time",
    "url": "uri",
}


def text(value: Any) -> str:
    """Return ``value`` as text that is equal for equal JSON: 1 equals 1.0, but not true."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return _encode(value)


#: Created once: every difference is written.
_encode = json.JSONEncoder(sort_keys=True, default=str).encode


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
        values = [value for value in result["enum"] if value is not None]
        if type == "boolean" and {True, False} <= {value for value in values if isinstance(value, bool)}:
            del result["enum"]
        else:
            result["enum"] = [value for value in values if _is_of(value, type)] or values
    if result.get("additionalProperties") in (True, {}):
        del result["additionalProperties"]
    return result


def _stated(merged: Merged) -> str:
    """Return the declared type, or the one that goes without saying where properties or items are listed."""
    listed = merged.properties or merged.required or merged.words.keys() & _LISTED
    if "type" not in merged.words and (not listed or merged.words.keys() & _OF_SCALARS):
        return ""
    return merged.type


_LISTED = {"items"}
_OF_SCALARS = {"maxLength", "minLength", "pattern", "maximum", "minimum", "multipleOf", "enum"}


_TYPES = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}


def _type_of(values: Any) -> str:
    """Return the type that listed values have in common; empty without one."""
    types = {_TYPES.get(type(value), "") for value in values or () if value is not None}
    if types == {"integer", "number"}:
        return "number"
    return types.pop() if len(types) == 1 else ""


def _is_of(value: Any, type: Any) -> bool:
    own = _type_of([value])
    return not type or own == type or (type == "number" and own == "integer")
