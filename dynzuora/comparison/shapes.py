"""One schema as it counts: references followed, ``allOf`` merged, words without effect left out.

Two schemas that accept the same values should have equal shapes wherever that can be told
without solving anything. Shapes are made when first needed and kept: comparing copies nothing.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, NamedTuple

from dynzuora import _zuora
from dynzuora._names import canonical
from dynzuora._references import followed
from dynzuora.document import Prepared

Schema = Mapping[str, Any]

#: What a reference that leads nowhere leaves to say. One object, because shapes are kept by identity.
_ANYTHING: Schema = {}

#: Limits by the end they close; each applies to values of one type only.
UPPER = {"maximum": "number", "maxLength": "string", "maxItems": "array", "maxProperties": "object"}
LOWER = {"minimum": "number", "minLength": "string", "minItems": "array", "minProperties": "object"}
_TIGHTEST = {**dict.fromkeys(UPPER, min), **dict.fromkeys(LOWER, max)}
_SILENT = {"title", "description", "example", "externalDocs", "xml", "default", "deprecated", "nullable"}
_EITHER = ("uniqueItems", "readOnly", "writeOnly", "deprecated", "nullable")
_IMPLIED = (("properties", "object"), ("additionalProperties", "object"), ("items", "array"))


_SHARED = frozenset(map(canonical, _zuora.SHARED_HEADERS))


def is_shared(parameter: Schema) -> bool:
    """Whether this is a header that every operation takes, so that no signature lists it."""
    return parameter["in"] == "header" and canonical(parameter["name"]) in _SHARED


class Property(NamedTuple):
    """One property of a shape; ``owner`` is the component it came from through ``allOf``."""

    schema: Schema
    owner: str


class Shape(NamedTuple):
    """A schema, ready to compare."""

    type: str
    """Empty when any type will do."""
    words: Schema
    """Every keyword, merged; ``properties``, ``required`` and the alternatives are apart."""
    properties: Mapping[str, Property]
    required: frozenset[str]
    alternatives: tuple[tuple[str, tuple[Schema, ...]], ...]
    """``oneOf`` and ``anyOf``, each with its members, when there are at least two."""


class Vocabulary(NamedTuple):
    """What a document speaks of anywhere."""

    properties: frozenset[str]
    null: bool
    security: bool


class Version:
    """One document's slices and components, read once, and the shapes of its schemas."""

    def __init__(self, prepared: Prepared, only: frozenset[str] | None = None) -> None:
        self.prepared = prepared
        self.components: dict[str, Schema] = {}
        self.slices: dict[str, Mapping[str, Any]] = {}
        self._shapes: dict[int, Shape] = {}
        self._merged: dict[tuple[int, int], Schema] = {}
        self._kept: list[Any] = []
        for id in prepared.index:
            if only is not None and id not in only:
                continue
            cut = prepared.slice(id)
            for name, schema in cut.pop("components", {}).get("schemas", {}).items():
                self.components.setdefault(name, schema)
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

    def resolved(self, schema: Schema) -> tuple[str, Schema]:
        """Return the component's name (empty when it is not one) and the schema itself."""
        name, found = followed(schema, self.components)
        return name, _ANYTHING if found is None else found

    def shape(self, schema: Schema) -> Shape:
        """Return the shape of ``schema``."""
        schema = self.resolved(schema)[1]
        shape = self._shapes.get(id(schema))
        if shape is None:
            shape = self._shapes[id(schema)] = self._shaped(schema)
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

    def both(self, first: Schema, second: Schema) -> Schema:
        """Return the schema of values that fit both."""
        if first is second or first == second:
            return first
        key = (id(first), id(second))
        if key not in self._merged:
            self._merged[key] = {"allOf": [first, second]}
            self._kept.append((first, second))
        return self._merged[key]

    def _shaped(self, schema: Schema) -> Shape:
        words: dict[str, Any] = {}
        properties: dict[str, Property] = {}
        required: set[str] = set()
        groups: list[tuple[str, tuple[Schema, ...]]] = []
        self._gather(schema, "", words, properties, required, groups, set())
        type = words.get("type") or next((of for word, of in _IMPLIED if word in words), "")
        if not type and (properties or required):
            type = "object"
        return Shape(
            type if isinstance(type, str) else "",
            _effective(words, type),
            properties,
            frozenset(required),
            tuple(groups),
        )

    def _gather(
        self,
        schema: Schema,
        owner: str,
        words: dict[str, Any],
        properties: dict[str, Property],
        required: set[str],
        groups: list[tuple[str, tuple[Schema, ...]]],
        seen: set[int],
    ) -> None:
        """Merge ``schema`` and everything it has to fit as well."""
        if id(schema) in seen:
            return
        seen.add(id(schema))
        members = [*schema.get("allOf", ())]
        for word in ("oneOf", "anyOf"):
            choices = tuple(schema.get(word, ()))
            if len(choices) == 1:
                members += choices
            elif choices:
                groups.append((word, choices))
        for name, each in schema.get("properties", {}).items():
            known = properties.get(name)
            properties[name] = Property(self.both(known.schema, each), "") if known else Property(each, owner)
        required.update(schema.get("required", ()))
        for word, value in schema.items():
            if word not in _APART:
                words[word] = self._met(word, words[word], value) if word in words else value
        _meet_ends(words, schema)
        if not schema.get("type") and "properties" in schema:
            words.setdefault("type", "object")
        for member in members:
            name, inner = self.resolved(member)
            self._gather(inner, name or owner, words, properties, required, groups, seen)

    def _met(self, word: str, first: Any, second: Any) -> Any:
        """Return what ``word`` says where two schemas say it and a value has to fit both."""
        if word in _TIGHTEST and isinstance(first, int) and isinstance(second, int):
            return _TIGHTEST[word](first, second)
        if word in _EITHER:
            return first or second
        if word == "enum":
            return [each for each in first if each in second]
        if word == "type":
            return _both_types(str(first), str(second))
        if word == "pattern":
            return first if first == second else "".join(f"(?={each})" for each in sorted((first, second)))
        if word == "items":
            return self.both(first, second)
        if word == "additionalProperties":
            if isinstance(first, Mapping) and isinstance(second, Mapping):
                return self.both(first, second)
            return second if first is True else first if second is True else False
        return min(first, second, key=repr)


_APART = {"allOf", "oneOf", "anyOf", "properties", "required", "$ref"} | {
    word for end in ("Maximum", "Minimum") for word in (f"exclusive{end}", end.lower())
}


def _meet_ends(words: dict[str, Any], schema: Schema) -> None:
    """Merge ``maximum`` and ``minimum``: of two ends the tighter, with the word whether it is out itself."""
    for word, sign in (("maximum", -1), ("minimum", 1)):
        exclusive = f"exclusive{word.capitalize()}"
        if not isinstance(schema.get(word), int | float):
            continue
        tightness = (sign * schema[word], bool(schema.get(exclusive)))
        if word not in words or tightness > (sign * words[word], bool(words.get(exclusive))):
            words[word] = schema[word]
            words[exclusive] = bool(schema.get(exclusive))


def _both_types(first: str, second: str) -> str:
    """Return the type of values of both types; where there are none, both names."""
    if {first, second} == {"integer", "number"}:
        return "integer"
    return " and ".join(sorted({*first.split(" and "), *second.split(" and ")}))


#: Formats that say something; other words people write there bind nobody.
_FORMATS = {
    **{name: name for name in ("int32", "int64", "float", "double", "byte", "binary", "date", "password")},
    **{name: name for name in ("date-time", "email", "hostname", "ipv4", "ipv6", "uri", "uuid", "time")},
    "datetime": "date-time",
    "url": "uri",
}


def _effective(words: dict[str, Any], type: Any) -> dict[str, Any]:
    """Return ``words`` without those that change nothing, each in one spelling."""
    result = {word: value for word, value in words.items() if word != "type"}
    for word in _EITHER:
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
