"""One view of a schema and of an operation's parts, over the document's own mappings.

A `Shape` is the effective schema: references followed, ``allOf`` merged. An `OperationModel` names
the parts of a slice: parameters, body, the reply of a success. Both are lazy and copy nothing, so
that a warm start pays only for what it uses. One module reads schemas directly: `schema.dialect`,
which has to see every branch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from math import gcd, lcm
from typing import Any, NamedTuple

from dynzuora._media_types import essence, is_json, rank
from dynzuora._names import canonical
from dynzuora._references import Components, resolve
from dynzuora._zuora import SHARED_HEADERS

Schema = Mapping[str, Any]

COMPOSED = ("allOf", "anyOf", "oneOf")
"""Keywords whose members are schemas for the same value."""

IN_PLACE = (*COMPOSED, "if", "then", "else", "dependentSchemas")
"""All keywords whose schemas apply to the same value, some of them on a condition."""

_LISTS = (*COMPOSED, "prefixItems")
_MAPS = ("properties", "patternProperties", "dependentSchemas")
_SINGLE = (
    *("items", "additionalProperties", "contains", "if", "then", "else"),
    *("unevaluatedItems", "unevaluatedProperties"),
)
"""Keywords that hold schemas of a value or of its parts, by how they hold them."""

#: Limits by the end that they bound; each applies to values of one type only.
UPPER = {"maximum": "number", "maxLength": "string", "maxItems": "array", "maxProperties": "object"}
LOWER = {"minimum": "number", "minLength": "string", "minItems": "array", "minProperties": "object"}
_IMPLIED = (("properties", "object"), ("additionalProperties", "object"), ("items", "array"))
EITHER = ("uniqueItems", "readOnly", "writeOnly", "deprecated")
"""Flags: one schema that sets it is enough."""

_TIGHTEST = {**dict.fromkeys(UPPER, min), **dict.fromkeys(LOWER, max)}
_ANNOTATIONS = frozenset({"title", "description", "default", "example", "externalDocs", "xml"})
_ENDS = ("maximum", "minimum", "exclusiveMaximum", "exclusiveMinimum")
_APART = frozenset({*COMPOSED, "properties", "required", "nullable", "const", "$ref", *_ENDS})
_CHILD = frozenset({"title", "allOf", "properties"})
"""The keywords of an alternative that `document.inheritance` writes."""
_FILE_FORMATS = frozenset({"binary", "byte", "base64"})
_NOTHING: Schema = {}
"""The empty schema. One object, because shapes are cached by identity."""


class Part(NamedTuple):
    """One of the schemas of a value; ``owner`` is its component, empty without one."""

    owner: str
    schema: Schema


def parts(schema: Any, components: Components, together: tuple[str, ...] = ()) -> tuple[Part, ...]:
    """Return the schemas that apply to the same value as ``schema``: its parts, itself last.

    ``together`` are the keywords whose members count. By default those that every value must match:
    the members of ``allOf``, and a single alternative.
    """
    name, schema = resolve(schema, components)
    if isinstance(schema, dict) and schema.keys().isdisjoint(together or COMPOSED):
        return (Part(name, schema),)  # the usual case
    collected: list[Part] = []
    seen: set[int] = set()
    waiting: list[tuple[Any, str, bool]] = [(schema, name, False)]
    while waiting:
        node, owner, is_open = waiting.pop()
        if is_open:
            collected.append(Part(owner, node))
            continue
        name, node = resolve(node, components)
        if not isinstance(node, (dict, Mapping)) or id(node) in seen:
            continue
        seen.add(id(node))
        owner = name or owner
        waiting.append((node, owner, True))
        for keyword in reversed(together or COMPOSED):
            members = _members(keyword, node[keyword]) if keyword in node else ()
            if not together and keyword != "allOf":
                members = without_null(members, components)
            if together or keyword == "allOf" or len(members) == 1:
                waiting += [(member, owner, False) for member in reversed(members)]
    return tuple(collected)


def _members(keyword: str, value: Any) -> Sequence[Any]:
    """Return the schemas in the value of a keyword of `IN_PLACE`."""
    if keyword in COMPOSED:
        return value if isinstance(value, (list, tuple)) else ()
    if keyword == "dependentSchemas":
        return list(value.values()) if isinstance(value, Mapping) else ()
    return (value,)


def without_null(members: Sequence[Any], components: Components) -> list[Any]:
    """Return the alternatives that say more than that a value may be null; all, where none does."""
    others = [member for member in members if not _is_null(resolve(member, components)[1])]
    return others or list(members)


def _is_null(schema: Any) -> bool:
    """Whether null is the only value of a schema: ``type: null`` of OpenAPI 3.1 and its conversions."""
    if not isinstance(schema, (dict, Mapping)):
        return False
    return schema.get("enum") == [None] or schema.get("type") in ("null", ["null"])


def takes_null(schema: Any, components: Components, above: tuple[int, ...] = ()) -> bool:
    """Whether a value may be null, in whichever of its spellings the schema says so.

    ``nullable: true`` is taken at its word beside ``allOf`` and an ``enum`` as well, where
    OpenAPI 3.0.3 gives it no effect: whoever writes that means it.
    """
    schema = resolve(schema, components)[1]
    if not isinstance(schema, (dict, Mapping)) or id(schema) in above:
        return schema is not False
    if schema.get("nullable") is True:
        return True
    above = (*above, id(schema))
    kinds = schema.get("type") or next((of for word, of in _IMPLIED if word in schema), None)
    if kinds is not None and "null" not in (kinds if isinstance(kinds, list) else [kinds]):
        return False
    listed = [schema["const"]] if "const" in schema else schema.get("enum")
    if isinstance(listed, list) and None not in listed:
        return False
    return all(takes_null(member, components, above) for member in schema.get("allOf", ())) and all(
        any(takes_null(member, components, above) for member in schema[word])
        for word in ("anyOf", "oneOf")
        if schema.get(word)
    )


class Property(NamedTuple):
    """One property as declared; ``owner`` is the component that declares it, through ``allOf``."""

    schema: Schema
    owner: str


class Merged(NamedTuple):
    """A schema merged with its parts."""

    type: str
    """Declared, or implied by another keyword; empty for any type."""
    words: Schema
    """Every keyword but ``properties``, ``required`` and the alternatives."""
    properties: Mapping[str, Property]
    required: frozenset[str]
    alternatives: tuple[tuple[str, tuple[Schema, ...]], ...]
    """``oneOf`` and ``anyOf`` with their members, if there are at least two."""


class Schemas:
    """The schemas of a document or a slice: the targets of references, and one `Shape` per schema."""

    def __init__(self, components: Components | None = None) -> None:
        self.components: Components = {} if components is None else components
        self._by_id: dict[int, Shape] = {}
        self._both: dict[tuple[int, int], Schema] = {}

    def resolved(self, schema: Any) -> tuple[str, Schema]:
        """Return the name of the component that ``schema`` leads to, empty without one, and that schema.

        A reference that leads nowhere, or in a circle, gives the empty schema.
        """
        name, target = resolve(schema, self.components)
        return name, target if isinstance(target, (dict, Mapping)) else _NOTHING

    def of(self, schema: Any) -> Shape:
        """Return the shape of ``schema``."""
        name, target = self.resolved(schema)
        if target is _NOTHING:
            return Shape(self, target, name)
        shape = self._by_id.get(id(target))
        if shape is None:
            shape = self._by_id[id(target)] = Shape(self, target, name)
        return shape

    def here(self, schema: Any) -> Iterator[Schema]:
        """Yield ``schema`` and every schema in it, each once, references as they are."""
        seen: set[int] = set()
        waiting = [schema]
        while waiting:
            node = waiting.pop()
            if not isinstance(node, dict) or id(node) in seen:
                continue
            seen.add(id(node))
            yield node
            for keyword, value in node.items():
                if keyword in _MAPS:
                    waiting += value.values()
                elif keyword in _SINGLE:
                    waiting.append(value)
                elif keyword in _LISTS:
                    waiting += value

    def merged(self, schema: Schema) -> Merged:
        """Return ``schema``, which is not a reference, merged with its parts."""
        words: dict[str, Any] = {}
        properties: dict[str, Property] = {}
        required: set[str] = set()
        alternatives: list[tuple[str, tuple[Schema, ...]]] = []
        for owner, part in parts(schema, self.components):
            if not words:
                words = {word: value for word, value in part.items() if word not in _APART}
            else:
                for word, value in part.items():
                    if word not in _APART:
                        words[word] = self._met(word, words[word], value) if word in words else value
            if "const" in part:
                words["enum"] = (
                    self._met("enum", words["enum"], [part["const"]]) if "enum" in words else [part["const"]]
                )
            if "maximum" in part or "minimum" in part:
                _meet_ends(words, part)
            if "properties" in part:
                words.setdefault("type", "object")
                for name, own in part["properties"].items():
                    other = properties.get(name)
                    both = Property(self.both(other.schema, own), "") if other else None
                    properties[name] = both or Property(own, owner)
            if "required" in part:
                required.update(part["required"])
            for word in ("oneOf", "anyOf"):
                if len(part.get(word, ())) > 1:
                    members = without_null(part[word], self.components)
                    if len(members) > 1:
                        alternatives.append((word, tuple(members)))
        type = words.get("type") or next((of for word, of in _IMPLIED if word in words), "")
        if not type and required:
            type = "object"
        type = type if isinstance(type, str) else ""
        if (words or alternatives) and takes_null(schema, self.components):
            words["nullable"] = True
        return Merged(type, words, properties, frozenset(required), tuple(alternatives))

    def both(self, first: Schema, second: Schema) -> Schema:
        """Return the schema of the values that match both."""
        if first is second or first == second:
            return first
        key = (id(first), id(second))
        if key not in self._both:  # which keeps them alive, so that their ids stay unique
            self._both[key] = {"allOf": [first, second]}
        return self._both[key]

    def _met(self, word: str, first: Any, second: Any) -> Any:
        """Return the value of the keyword ``word`` that combines those of two schemas."""
        if word in _ANNOTATIONS:
            return second
        if word in _TIGHTEST and isinstance(first, int) and isinstance(second, int):
            return _TIGHTEST[word](first, second)
        if word in EITHER:
            return first or second
        if word == "enum":
            return [value for value in first if any(_is_same(value, other) for other in second)]
        if word == "type":
            return _both_types(str(first), str(second))
        if word == "pattern":
            return first if first == second else "".join(f"(?={text})" for text in sorted((first, second)))
        if word == "items":
            return self.both(first, second)
        if word == "not":
            return {"anyOf": [first, second]}
        if word == "multipleOf":
            return _common_multiple(first, second)
        if word == "format":
            return second
        if word == "additionalProperties":
            if isinstance(first, Mapping) and isinstance(second, Mapping):
                return self.both(first, second)
            return second if first is True else first if second is True else False
        return min(first, second, key=repr)


class Shape:
    """The effective schema. Each part is computed at first use."""

    def __init__(self, schemas: Schemas, schema: Schema, component: str = "") -> None:
        self.schema = schema
        """As in the document, with references to it followed."""
        self.component = component
        """The component's name, empty for a schema without one."""
        self._schemas = schemas

    @cached_property
    def only(self) -> Shape:
        """The only member of an ``allOf`` of one, unless the schema has properties besides."""
        if self.component or "properties" in self.schema or len(self.schema.get("allOf", ())) != 1:
            return self
        return self._schemas.of(self.schema["allOf"][0]).only

    @property
    def name(self) -> str:
        """The component's name, where it is one, an ``allOf`` of only that, or a child by discriminator."""
        return self.only.component or (str(self.schema["title"]) if self.schema.keys() >= _CHILD else "")

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """The schemas that every value must match, itself last."""
        return parts(self.schema, self._schemas.components)

    @cached_property
    def merged(self) -> Merged:
        """The schema merged with its parts."""
        return self._schemas.merged(self.schema)

    @property
    def words(self) -> Mapping[str, Any]:
        """Every keyword, merged."""
        return self.merged.words

    @property
    def type(self) -> str:
        """The type of a value, declared or implied by a keyword; empty for any type."""
        return self.merged.type

    @property
    def required(self) -> frozenset[str]:
        """The names of the properties that an object must have."""
        return self.merged.required

    @cached_property
    def types(self) -> tuple[str, ...]:
        """The types a value may have, those of its alternatives if it has none itself; without null."""
        own = self._own_types
        return own or tuple(dict.fromkeys(type for shape in self.branches[1:] for type in shape._own_types))

    @property
    def _own_types(self) -> tuple[str, ...]:
        declared = self.words.get("type") or self.type or ()
        return (declared,) if isinstance(declared, str) else tuple(t for t in declared if t != "null")

    @cached_property
    def properties(self) -> Mapping[str, Shape]:
        """The properties of an object by name."""
        return {name: self._schemas.of(own.schema) for name, own in self.merged.properties.items()}

    @cached_property
    def fields(self) -> Mapping[str, Shape]:
        """The properties of an object, including those of its alternatives."""
        return {name: field for shape in self.branches for name, field in shape.properties.items()}

    @cached_property
    def items(self) -> Shape | None:
        """The items of a list; None if the schema has none."""
        return self._schemas.of(self.words["items"]) if "items" in self.words else None

    @cached_property
    def additional(self) -> Shape | None:
        """The schema of additional properties; None if it has none."""
        schema = self.words.get("additionalProperties")
        return self._schemas.of(schema) if isinstance(schema, Mapping) else None

    @property
    def alternatives(self) -> tuple[tuple[str, tuple[Shape, ...]], ...]:
        """``oneOf`` and ``anyOf`` with their members, if there are at least two."""
        groups = self.merged.alternatives
        return tuple((word, tuple(map(self._schemas.of, members))) for word, members in groups)

    @cached_property
    def branches(self) -> tuple[Shape, ...]:
        """The shape and its alternatives, at any depth."""
        branches: dict[int, Shape] = {}
        waiting = [self]
        while waiting:
            shape = waiting.pop()
            if id(shape.schema) not in branches:
                branches[id(shape.schema)] = shape
                waiting += reversed([member for _, members in shape.alternatives for member in members])
        return tuple(branches.values())

    @cached_property
    def kinds(self) -> tuple[Shape, ...]:
        """The shapes among its branches that say of which kind a value is."""
        return tuple(shape for shape in self.branches if not shape.alternatives or shape.type) or (self,)

    @property
    def is_file(self) -> bool:
        """Whether a value is a file, where the body it is in can carry one.

        OpenAPI 3.0 says so by a format; 3.1 by a ``contentMediaType``, which JSON and plain text
        are not files of (OpenAPI 3.1.1, 4.8.14.4).
        """
        if self.type not in ("", "string"):
            return False
        named = self.content_media_type
        return self.format in _FILE_FORMATS or bool(named and not (is_json(named) or named == "text/plain"))

    @property
    def content_media_type(self) -> str:
        """The media type of a text, empty where the schema names none."""
        return essence(str(self.words.get("contentMediaType", "")))

    @property
    def is_array(self) -> bool:
        """Whether a value is a list."""
        return self.type == "array"

    @property
    def is_container(self) -> bool:
        """Whether there is anything below it to display: fields, items, alternatives."""
        return bool(self.merged.properties or self.merged.alternatives or "items" in self.words)

    @property
    def enum(self) -> tuple[Any, ...]:
        """The allowed values, without null; empty if they are not listed."""
        return tuple(value for value in self.words.get("enum") or () if value is not None)

    @property
    def format(self) -> str:
        """The format, empty without one."""
        return str(self.words.get("format", ""))


def _meet_ends(words: dict[str, Any], schema: Schema) -> None:
    """Merge ``maximum`` and ``minimum``: the tighter of two, and whether the end itself is excluded."""
    for word, exclusive, sign in (("maximum", "exclusiveMaximum", -1), ("minimum", "exclusiveMinimum", 1)):
        if not isinstance(schema.get(word), int | float):
            continue
        tightness = (sign * schema[word], bool(schema.get(exclusive)))
        if word not in words or tightness > (sign * words[word], bool(words.get(exclusive))):
            words[word] = schema[word]
            words[exclusive] = bool(schema.get(exclusive))


def _is_same(first: Any, second: Any) -> bool:
    """Whether two JSON values are one: 1 equals 1.0, but not true."""
    return isinstance(first, bool) is isinstance(second, bool) and bool(first == second)


def _common_multiple(first: Any, second: Any) -> Any:
    """Return the least number that is a multiple of both."""
    from fractions import Fraction  # two of them in one schema are rare

    one, other = (Fraction(str(value)) for value in (first, second))
    common = Fraction(lcm(one.numerator, other.numerator), gcd(one.denominator, other.denominator))
    return int(common) if common.denominator == 1 else float(common)


def _both_types(first: str, second: str) -> str:
    """Return the type of values of both types; if there are none, both names."""
    if {first, second} == {"integer", "number"}:
        return "integer"
    return " and ".join(sorted({*first.split(" and "), *second.split(" and ")}))


def shape_of(schema: Any) -> Shape:
    """Return the shape of a schema without references."""
    return Schemas().of(schema)


ANYTHING = shape_of({})
"""The shape of any value."""


# -- operations -------------------------------------------------------------------------------


_SHARED = frozenset(map(canonical, SHARED_HEADERS))


def is_shared(parameter: Mapping[str, Any]) -> bool:
    """Whether this is a header that every operation takes, so that no signature lists it.

    One that an operation requires is listed.
    """
    is_listed = parameter["in"] != "header" or parameter.get("required", False)
    return not is_listed and canonical(parameter["name"]) in _SHARED


def schema_of(parameter: Mapping[str, Any]) -> Schema:
    """Return the schema of a Parameter Object, its own or that of its media type."""
    if "schema" in parameter:
        schema: Schema = parameter["schema"]
        return schema
    return next((media.get("schema", {}) for media in parameter.get("content", {}).values()), {})


def successes(responses: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the statuses that mean success: every 2xx, or ``default`` where there is none.

    OpenAPI 3.0.4, 4.8.16.1: ``default`` is for the statuses that are not declared. Beside a
    declared success those are errors.
    """
    return tuple(sorted(status for status in responses if status[:1] == "2")) or tuple(
        {"default"} & responses.keys()
    )


class Content:
    """A request body or a response: its media types, and the one that counts."""

    def __init__(self, definition: Mapping[str, Any], schemas: Schemas, status: str = "") -> None:
        self.content: Mapping[str, Any] = definition.get("content", {})
        self.status = status
        """The status of a response, ``2XX`` or ``default`` among them; empty for a body."""
        self.schemas = schemas

    @cached_property
    def media_type(self) -> str:
        """The most welcome media type, one with a JSON schema before all others; empty without any."""
        return min(self.content, key=lambda name: (not self._has_json_schema(name), rank(name)), default="")

    @property
    def media(self) -> Mapping[str, Any]:
        """The Media Type Object of ``media_type``."""
        media: Mapping[str, Any] = self.content.get(self.media_type, {})
        return media

    @property
    def schema(self) -> Schema:
        """The schema as declared, empty without one."""
        return self.media.get("schema") or _NOTHING

    @cached_property
    def shape(self) -> Shape:
        """The shape of the schema."""
        return self.schemas.of(self.schema)

    @property
    def has_json_schema(self) -> bool:
        """Whether the body is JSON and the document says of which shape."""
        return self._has_json_schema(self.media_type)

    def only(self, media_type: str) -> Content:
        """Return the same with one of its media types."""
        if media_type == self.media_type:
            return self
        return Content({"content": {media_type: self.content[media_type]}}, self.schemas, self.status)

    @property
    def examples(self) -> tuple[Any, ...]:
        """The values that the document shows."""
        named = (
            example for example in self.media.get("examples", {}).values() if isinstance(example, Mapping)
        )
        values = (self.media.get("example"), *(example.get("value") for example in named))
        return tuple(value for value in values if value is not None)

    def _has_json_schema(self, media_type: str) -> bool:
        return is_json(media_type) and bool(self.content.get(media_type, {}).get("schema"))


class OperationModel:
    """The parts of one operation, from its slice, whether its references are resolved or not."""

    def __init__(self, operation: Mapping[str, Any]) -> None:
        self._operation = operation
        self.schemas = Schemas(operation.get("components", {}).get("schemas", {}))

    def parameters(self, location: str) -> Mapping[str, Shape]:
        """The parameters in a location by name."""
        return {
            parameter["name"]: self.schemas.of(schema_of(parameter))
            for parameter in self._operation["parameters"]
            if parameter["in"] == location
        }

    @cached_property
    def body(self) -> Content:
        """The request body; one without media types where the operation takes none."""
        return Content(self._operation.get("requestBody", {}), self.schemas)

    @cached_property
    def responses(self) -> Mapping[str, Content]:
        """The responses by status, in the document's order."""
        responses = self._operation.get("responses", {})
        return {status: Content(response, self.schemas, status) for status, response in responses.items()}

    @cached_property
    def successes(self) -> tuple[Content, ...]:
        """The responses that mean success, by status."""
        return tuple(self.responses[status] for status in successes(self.responses))

    @cached_property
    def reply(self) -> Content:
        """The response of success that counts: the first with a JSON schema, else the first."""
        return min(
            self.successes,
            key=lambda response: not response.has_json_schema,
            default=Content({}, self.schemas),
        )

    @cached_property
    def media_types(self) -> tuple[str, ...]:
        """The media types of all responses of success, most welcome first."""
        listed = dict.fromkeys(name for response in self.successes for name in response.content)
        return tuple(sorted(listed, key=rank))
