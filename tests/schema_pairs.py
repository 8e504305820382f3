"""Pairs of schemas at random, and whether a value tells them apart, as jsonschema alone says.

Two generators: any schema that may be written, and schemas with a type and what applies to
it. The second of a pair is another one, or the first with one thing changed.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from jsonschema import Draft7Validator

Json = dict[str, Any]

NAMES = ("a", "b", "c")
TEXTS = ("a", "b", "ab", "abc", "abcd", "x1", "")
NUMBERS = (0, 1, 2, 3, 4, 6, 10, 0.5, 1.5, -1)
_PATTERNS = ("^a", "b$", "^[a-c]+$", "[0-9]")


class Pair(NamedTuple):
    """Two schemas, and the number that makes them again."""

    seed: int
    old: Json
    new: Json


def pair(seed: int) -> Pair:
    """Return the pair of a seed: of the first generator for even seeds, of the second for odd ones."""
    draw = random.Random(seed)
    make = typed if seed % 2 else anything
    old = make(draw, 2)
    new = changed(draw, old, make) if draw.random() < 0.7 else make(draw, 2)
    return Pair(seed, old, new)


def anything(draw: random.Random, depth: int) -> Json:
    """Return a schema of any keywords, with or without a type."""
    schema: Json = {}
    if draw.random() < 0.7:
        schema["type"] = draw.choice(("string", "integer", "number", "boolean", "array", "object"))
        if draw.random() < 0.25:
            schema["nullable"] = True
    for word, chance in _WORDS.items():
        if draw.random() < chance:
            schema[word] = _value(draw, word, depth, anything)
    return _whole(schema)


_WORDS = {
    "enum": 0.12,
    "maxLength": 0.1,
    "minLength": 0.1,
    "pattern": 0.04,
    "maximum": 0.1,
    "minimum": 0.1,
    "multipleOf": 0.06,
    "maxItems": 0.06,
    "minItems": 0.06,
    "uniqueItems": 0.05,
    "items": 0.12,
    "properties": 0.2,
    "required": 0.12,
    "additionalProperties": 0.08,
    "minProperties": 0.03,
    "maxProperties": 0.03,
    "allOf": 0.08,
    "anyOf": 0.08,
    "oneOf": 0.06,
    "not": 0.03,
}

_APPLICABLE = {
    "string": ("enum", "maxLength", "minLength", "pattern"),
    "integer": ("enum", "maximum", "minimum", "multipleOf", "exclusiveMaximum"),
    "number": ("enum", "maximum", "minimum", "multipleOf", "exclusiveMinimum"),
    "boolean": (),
    "array": ("items", "minItems", "maxItems", "uniqueItems"),
    "object": ("properties", "required", "additionalProperties", "maxProperties", "minProperties"),
}


def typed(draw: random.Random, depth: int) -> Json:
    """Return a schema with a type and keywords that apply to it, or alternatives of such."""
    if depth and draw.random() < 0.2:
        word = draw.choice(("anyOf", "oneOf", "allOf"))
        return {word: [typed(draw, depth - 1) for _ in range(draw.randint(1, 3))]}
    type = draw.choice(list(_APPLICABLE) if depth else ["string", "integer", "number", "boolean"])
    schema: Json = {"type": type}
    if draw.random() < 0.2:
        schema["nullable"] = True
    for word in _APPLICABLE[type]:
        if draw.random() < (0.8 if word in ("properties", "items") else 0.3):
            schema[word] = _value(draw, word, depth, typed, type)
    return _whole(schema)


def _whole(schema: Json) -> Json:
    """Mend what a document of OpenAPI would not say, or what is read in one way only by policy."""
    if "type" not in schema and schema.keys() & {"properties", "required", "additionalProperties"}:
        schema["type"] = "object"  # which goes without saying
    if "type" not in schema and "items" in schema:
        schema["type"] = "array"
    if "enum" in schema and "type" in schema:  # repairs make values of the type of others
        is_it = _IS[schema["type"]]
        values = [value for value in schema["enum"] if is_it(value)]
        schema["enum"] = values
        if not values:
            del schema["enum"]
    if schema.get("nullable") and "enum" in schema and None not in schema["enum"]:
        schema["enum"].append(None)  # OpenAPI 3.0.3 wants it listed
    if "exclusiveMaximum" in schema and "maximum" not in schema:
        del schema["exclusiveMaximum"]
    if "exclusiveMinimum" in schema and "minimum" not in schema:
        del schema["exclusiveMinimum"]
    return schema


_IS: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int),
    "number": lambda value: isinstance(value, int | float),
    "boolean": lambda _: False,
    "array": lambda _: False,
    "object": lambda _: False,
}


def _value(draw: random.Random, word: str, depth: int, make: Any, type: str = "") -> Any:
    below = max(depth - 1, 0)
    if word == "enum":
        of: Any = {"string": TEXTS, "integer": (0, 1, 2, 3), "number": NUMBERS}.get(type)
        of = of or draw.choice((TEXTS, NUMBERS))  # repairs read a mixture as texts
        return draw.sample(of, draw.randint(1, 3))
    if word in ("maximum", "minimum"):
        return draw.choice((1, 2, 3, 5, 10) if word == "maximum" else (0, 1, 2, 3))
    if word in ("exclusiveMaximum", "exclusiveMinimum", "uniqueItems"):
        return True
    if word == "multipleOf":
        return draw.choice((1, 2, 3, 0.5) if type != "integer" else (1, 2, 3))
    if word == "pattern":
        return draw.choice(_PATTERNS)
    if word.startswith("max"):
        return draw.randint(1, 4)
    if word.startswith("min"):
        return draw.randint(0, 2)
    if word == "properties":
        return {name: make(draw, below) for name in draw.sample(NAMES, draw.randint(1, 3))} if depth else {}
    if word == "required":
        return draw.sample(NAMES, draw.randint(1, 2))
    if word == "additionalProperties":
        return draw.random() < 0.5 if draw.random() < 0.5 else make(draw, below)
    if word in ("allOf", "anyOf", "oneOf"):
        return [make(draw, below) for _ in range(draw.randint(1, 3))]
    return make(draw, below)  # items, not


def changed(draw: random.Random, schema: Json, make: Any) -> Json:
    """Return ``schema`` with one thing changed somewhere in it."""
    result = copy.deepcopy(schema)
    places = list(_schemas(result))
    place = draw.choice(places)
    words = [word for word in place if word not in ("properties", "allOf", "anyOf", "oneOf", "items")]
    way = draw.random()
    if way < 0.35 and words:
        del place[draw.choice(words)]
    elif way < 0.75:
        type = place.get("type", "") if make is typed else ""
        word = draw.choice(_APPLICABLE.get(type) or ("enum", "nullable", "type") if type else list(_WORDS))
        if word == "nullable":
            place["nullable"] = not place.get("nullable", False)
        elif word == "type":
            place["type"] = draw.choice(("string", "integer", "number"))
        else:
            place[word] = _value(draw, word, 1, make, type)
    else:
        other = make(draw, 1)
        place.clear()
        place.update(other)
    _whole(place)
    return result


def _schemas(schema: Any) -> Iterator[Json]:
    yield schema
    for inner in schema.get("properties", {}).values():
        yield from _schemas(inner)
    for word in ("items", "additionalProperties", "not"):
        if isinstance(schema.get(word), dict):
            yield from _schemas(schema[word])
    for word in ("allOf", "anyOf", "oneOf"):
        for inner in schema.get(word, ()):
            yield from _schemas(inner)


# -- the judge -----------------------------------------------------------------------------


def draft7(schema: Any) -> Any:
    """Return a schema of OpenAPI 3.0 as draft-07: null among the types, limits as numbers."""
    if not isinstance(schema, dict):
        return schema
    result: Json = {}
    for word, value in schema.items():
        if word == "properties":
            result[word] = {name: draft7(inner) for name, inner in value.items()}
        elif word in ("allOf", "anyOf", "oneOf"):
            result[word] = [draft7(inner) for inner in value]
        elif word in ("items", "not", "additionalProperties"):
            result[word] = draft7(value)
        elif word not in ("nullable", "exclusiveMaximum", "exclusiveMinimum"):
            result[word] = value
    if schema.get("nullable") and "type" in schema:
        result["type"] = [schema["type"], "null"]
    for exclusive, limit in (("exclusiveMaximum", "maximum"), ("exclusiveMinimum", "minimum")):
        if schema.get(exclusive) is True and limit in result:
            result[exclusive] = result.pop(limit)
    return result


def proof(taking: Json, refusing: Json, seed: int, tries: int = 400) -> Any:
    """Return a value in a list that the one schema takes and the other refuses; empty where none is met."""
    draw = random.Random(seed)
    takes, refuses = Draft7Validator(draft7(taking)), Draft7Validator(draft7(refusing))
    for number in range(tries):
        value = sampled(draw, taking, refusing if number % 2 else taking, 3)
        if takes.is_valid(value) and not refuses.is_valid(value):
            return [value]
    return []


def sampled(draw: random.Random, schema: Json, limits: Json, depth: int) -> Any:
    """Return a value that may fit ``schema``, with properties that it speaks of and no others."""
    leaves = [leaf for leaf in _leaves(draw, schema)]
    hints = [leaf for leaf in _leaves(draw, limits)]
    listed = [value for leaf in (*leaves, *hints) for value in leaf.get("enum", ())]
    if listed and draw.random() < 0.6:
        return draw.choice(listed)
    types = [leaf["type"] for leaf in leaves if "type" in leaf]
    type = draw.choice(types) if types else draw.choice([*_APPLICABLE, "null"])
    if draw.random() < 0.1 and any(leaf.get("nullable") for leaf in leaves):
        type = "null"
    if draw.random() < 0.05:
        type = draw.choice([*_APPLICABLE, "null"])
    if type == "array":
        inner = [leaf["items"] for leaf in leaves if "items" in leaf] or [{}]
        near = [leaf["items"] for leaf in hints if "items" in leaf] or inner
        count = draw.choice((0, 1, 1, 2, 2, 3, 4, 5)) if depth else 0
        items = [sampled(draw, {"allOf": inner}, {"allOf": near}, depth - 1) for _ in range(count)]
        return [items[0]] * count if items and draw.random() < 0.15 else items
    if type == "object":
        return _object(draw, leaves, hints, depth)
    if type == "string":
        return draw.choice((*TEXTS, *TEXTS, "abcde", "cc", "b", "9", "aaaaaaaaa"))
    if type in ("integer", "number"):
        return draw.choice((*NUMBERS, 5, 7, 8, 9, 11, 12, 100, 2.5, -2, 0.25, 1.25))
    return None if type == "null" else draw.random() < 0.5


def _object(draw: random.Random, leaves: list[Json], hints: list[Json], depth: int) -> Json:
    result: Json = {}
    properties: dict[str, list[Json]] = {}
    near: dict[str, list[Json]] = {}
    for side, schemas in ((leaves, properties), (hints, near)):
        for leaf in side:
            for name, inner in leaf.get("properties", {}).items():
                schemas.setdefault(name, []).append(inner)
    required = {name for leaf in leaves for name in leaf.get("required", ())}
    additional = [
        leaf["additionalProperties"] for leaf in leaves if isinstance(leaf.get("additionalProperties"), dict)
    ]
    for name in sorted({*properties, *required, *(near if additional else ())}):
        if name not in required and draw.random() < 0.5:
            continue
        schemas = properties.get(name) or additional
        result[name] = (
            sampled(draw, {"allOf": schemas}, {"allOf": near.get(name, schemas)}, depth - 1) if depth else 1
        )
    if draw.random() < 0.2:
        for number in range(draw.randint(1, 3)):
            schema = {"allOf": additional}
            result[f"other{number}"] = sampled(draw, schema, schema, depth - 1) if depth else 1
    return result


def _leaves(draw: random.Random, schema: Json) -> Iterator[Json]:
    """Yield the schemas that apply together, for alternatives at random."""
    yield schema
    for inner in schema.get("allOf", ()):
        yield from _leaves(draw, inner)
    for word in ("anyOf", "oneOf"):
        if schema.get(word):
            yield from _leaves(draw, draw.choice(schema[word]))
    if "not" in schema and draw.random() < 0.3:
        yield {word: value for word, value in schema["not"].items() if word in ("enum", "type")}


def document(schema: Json, direction: str, version: str) -> Json:
    """Return a document of one operation with ``schema`` in its body or its reply."""
    media = {"content": {"application/json": {"schema": copy.deepcopy(schema)}}}
    operation: Json = {"operationId": "POST_One", "responses": {"200": {"description": "ok"}}}
    if direction == "request":
        operation["requestBody"] = {"required": True, **media}
    else:
        operation["responses"]["200"] |= media
    return {
        "openapi": "3.0.3",
        "info": {"title": "Pair", "version": version},
        "paths": {"/one": {"post": operation}},
    }
