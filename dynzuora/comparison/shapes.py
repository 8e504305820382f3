"""One schema ready to compare: words without effect are left out, and the rest has one spelling.

What a schema is made of is `model.Shape`'s to say. Two schemas that accept the same values
should have equal shapes wherever that can be told without solving anything.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from dynzuora._references import SCHEMAS, name_of, written
from dynzuora._zuora import CUSTOM_FIELD_CONTAINERS
from dynzuora.document import Prepared
from dynzuora.document.prepared import Sent
from dynzuora.model import (
    COMPOSED,
    EITHER,
    LOWER,
    UPPER,
    Merged,
    Property,
    Schema,
    Schemas,
    parts,
    without_null,
)

NOTHING_FITS: Schema = {"not": {}}

SILENT = {"title", "description", "example", "externalDocs", "xml", "default", "deprecated", "nullable"}
_WRAPPING = {*COMPOSED, *SILENT, "readOnly", "writeOnly"}
"""What a schema may say besides the one that it stands for."""


Shape = Merged
"""A schema, ready to compare."""


CONDITIONS: Mapping[str, tuple[str, ...]] = {
    "not": (),
    "if": ("then", "else"),
    "contains": ("minContains", "maxContains"),
    **dict.fromkeys(("prefixItems", "patternProperties", "propertyNames"), ()),
    **dict.fromkeys(("dependentRequired", "dependentSchemas"), ()),
    **dict.fromkeys(("unevaluatedItems", "unevaluatedProperties"), ()),
}
"""Keyword that is compared as a whole → those that only count beside it."""

_LEADING = frozenset(
    {
        *COMPOSED,
        *CONDITIONS,
        "$ref",
        "properties",
        "required",
        "items",
        "additionalProperties",
        "discriminator",
    }
)
PROSE = frozenset({"title", "description", "summary", "example", "examples", "externalDocs", "xml"})


def is_leaf(schema: Schema) -> bool:
    """Whether a schema leads to no other, and stands for itself."""
    return _LEADING.isdisjoint(schema)


def is_same_leaf(old: Schema, new: Schema) -> bool:
    """Whether two schemas lead to no others and say the same, prose apart."""
    if not (is_leaf(old) and is_leaf(new)):
        return False
    if old != new:
        old, new = ({word: side[word] for word in side if word not in PROSE} for side in (old, new))
    if old != new:
        return False
    return _VALUED.isdisjoint(old) or all(
        text(old[word]) == text(new[word]) for word in _VALUED if word in old
    )  # 1 equals True to Python


_VALUED = frozenset({"enum", "const", "default"})


class Version(Schemas):
    """One document's slices and components, read once, and the shapes of its schemas."""

    def __init__(self, prepared: Prepared, only: frozenset[str] | None = None) -> None:
        self._table: dict[str, Schema] = {}
        super().__init__(self._table)
        self.prepared = prepared
        self.slices: dict[str, Mapping[str, Any]] = {}
        self._shapes: dict[int, Shape] = {}
        self._kept: list[Schema] = []
        self._rooms: set[int] = set()
        self.originals: dict[str, str] = {}
        """Name of a component → its name in its own document, where another of the set has that."""
        tables: dict[int, dict[str, Schema]] = {}
        for id in prepared.index:
            if only is not None and id not in only:
                continue
            cut = prepared.slice(id)
            table = tables.setdefault(prepared.number_of(id), {})
            for name, schema in cut.pop("components", {}).get("schemas", {}).items():
                table.setdefault(name, schema)
            self.slices[id] = cut
        self.sent: dict[Sent, Mapping[str, Any]] = {}
        for key in prepared.sent if only is None else ():
            cut = prepared.sent_slice(key)
            table = tables.setdefault(prepared.number_of(key), {})
            for name, schema in cut.pop("components", {}).get("schemas", {}).items():
                table.setdefault(name, schema)
            self.sent[key] = cut
        for number in sorted(tables):
            self._take_in(number, tables[number])

    def _take_in(self, number: int, table: dict[str, Schema]) -> None:
        """Add the components of one document of a set; those that another one has apart get other names."""
        apart = {name for name in table if name in self._table and self._table[name] != table[name]}
        if apart:
            apart = _reaching(apart, table)
            names = {name: f"{name} ({number + 1})" for name in apart}
            self.originals |= {new: name for name, new in names.items()}
            own = [cut for id, cut in self.slices.items() if self.prepared.number_of(id) == number]
            own += [cut for key, cut in self.sent.items() if self.prepared.number_of(key) == number]
            _rename([*table.values(), *own], names)
            table = {names.get(name, name): schema for name, schema in table.items()}
        for name, schema in table.items():
            self._table.setdefault(name, schema)

    def original(self, name: str) -> str:
        """Return what a component is called in its own document."""
        return self.originals.get(name, name)

    @functools.cached_property
    def null(self) -> bool:
        """Whether the document says ``nullable: true`` anywhere."""
        return any(node.get("nullable") is True for node in self._nodes())

    @functools.cached_property
    def security(self) -> bool:
        """Whether any operation states its security."""
        return any(cut.get("security") for cut in self.slices.values())

    def undeclared(self, names: Iterable[str]) -> set[str]:
        """Return the ``names`` that no object in the document has as a property."""
        left = set(names)
        for node in self._nodes():
            if type(properties := node.get("properties")) is dict:
                left -= properties.keys()
                if not left:
                    break
        return left

    def _nodes(self) -> Iterator[Mapping[str, Any]]:
        """Yield every object of the slices and components, but no map of properties: its keys are names."""
        waiting: list[Any] = [*self.components.values(), *self.slices.values()]
        while waiting:
            node = waiting.pop()
            if type(node) is dict:
                yield node
                if type(properties := node.get("properties")) is dict:
                    waiting += [schema for schema in properties.values() if type(schema) is dict]
                waiting += [
                    value
                    for word, value in node.items()
                    if (type(value) is dict and word != "properties") or type(value) is list
                ]
            else:
                waiting += [item for item in node if type(item) is dict or type(item) is list]

    def merged(self, schema: Schema) -> Merged:
        """Return what ``schema`` says with those it is made of, each closed to the names of the others.

        ``additionalProperties`` is about the names that its own schema does not declare.
        """
        merged = super().merged(schema)
        if not merged.properties or is_leaf(schema) or schema.keys().isdisjoint(COMPOSED):
            return merged
        properties = dict(merged.properties)
        for owner, part in parts(schema, self.components):
            others = part.get("additionalProperties", True)
            if others in (True, {}) or any(name in owner for name in CUSTOM_FIELD_CONTAINERS):
                continue
            for name in properties.keys() - part.get("properties", {}).keys():
                own = properties[name]
                properties[name] = Property(self.both(own.schema, others or NOTHING_FITS), own.owner)
        return merged._replace(properties=properties)

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


def _reaching(names: set[str], table: Mapping[str, Schema]) -> set[str]:
    """Return ``names`` and those of the components that lead to one of them."""
    leads = {
        name: {name_of(node["$ref"]) for node in _nodes(schema) if "$ref" in node}
        for name, schema in table.items()
    }
    reaching, size = set(names), 0
    while len(reaching) > size:
        size = len(reaching)
        reaching |= {name for name, targets in leads.items() if targets & reaching}
    return reaching


def _rename(roots: Iterable[Any], names: Mapping[str, str]) -> None:
    """Point the references in ``roots`` at other names, in place."""
    for root in roots:
        for node in _nodes(root):
            target = name_of(node["$ref"]) if isinstance(node.get("$ref"), str) else ""
            if target in names:
                node["$ref"] = SCHEMAS + written(names[target])


def _nodes(root: Any) -> Iterator[dict[str, Any]]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting += node.values()
        elif isinstance(node, list):
            waiting += node


def text(value: Any) -> str:
    """Return ``value`` as text that is equal for equal JSON: 1 equals 1.0, but not true."""
    if value is None:
        return "null"  # at once, which is nearly always
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return _encode(value)


#: Created once: every difference is written.
_encode = json.JSONEncoder(sort_keys=True, default=str).encode


_LIMITS = {**UPPER, **LOWER}
_SPECIAL = frozenset({*EITHER, *_LIMITS, "pattern", "format", "enum", "additionalProperties"})


def _effective(words: Schema, type: Any) -> dict[str, Any]:
    """Return ``words`` without those that change nothing, each in one spelling."""
    result = {word: value for word, value in words.items() if word != "type"}
    special = result.keys() & _SPECIAL
    if not special:
        return result
    for word in special:
        of = _LIMITS.get(word)
        if of is not None:
            applies = not type or of == type or (of == "number" and type == "integer")
            nothing = word in LOWER and word != "minimum" and not result[word]
            if not applies or nothing or not isinstance(result[word], int | float):
                del result[word]
        elif word in EITHER and not result[word]:
            del result[word]
    if type == "integer":
        _include_ends(result)
    if type not in ("", "string") or result.get("pattern") in ("", ".*", "^.*$"):
        result.pop("pattern", None)
    if "format" in special:
        format = _FORMATS.get(str(result.pop("format")).lower())
        if format:
            result["format"] = format
    if "enum" in special:
        values = [value for value in result["enum"] if value is not None]
        if type == "boolean" and {True, False} <= {value for value in values if isinstance(value, bool)}:
            del result["enum"]
        else:
            result["enum"] = [value for value in values if _is_of(value, type)] or values
    if "additionalProperties" in special and result["additionalProperties"] in (True, {}):
        del result["additionalProperties"]
    return result


def _include_ends(words: dict[str, Any]) -> None:
    """State the first and the last whole number that is allowed."""
    for word, flag, whole, step in _ENDS:
        if word in words:
            end = whole(words[word])
            words[word] = end + step if words.pop(flag, None) is True and end == words[word] else end


_ENDS = (("minimum", "exclusiveMinimum", math.ceil, 1), ("maximum", "exclusiveMaximum", math.floor, -1))


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
    types = {
        "integer" if isinstance(value, float) and value.is_integer() else _TYPES.get(type(value), "")
        for value in values or ()
        if value is not None
    }
    if types == {"integer", "number"}:
        return "number"
    return types.pop() if len(types) == 1 else ""


def _is_of(value: Any, type: Any) -> bool:
    own = _type_of([value])
    return not type or own == type or (type == "number" and own == "integer")
