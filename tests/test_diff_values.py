"""Schemas compared by the values they accept: what breaks is proved, and what does not is not reported.

Each row is a schema of a body, or of a parameter, before and after.
"""

from __future__ import annotations

import random
from typing import Any

import pytest

from dynzuora import diff
from dynzuora.comparison import Diff
from tests.schema_pairs import document

Json = dict[str, Any]

TEXT: Json = {"type": "string"}
NUMBER: Json = {"type": "number"}
OBJECT: Json = {"type": "object"}
B: Json = {"properties": {"b": {}}}


def compared(old: Json, new: Json, direction: str = "request", openapi: str = "3.0.3") -> Diff:
    """Compare two schemas in a body or a reply."""
    documents = (document(schema, direction, str(number)) for number, schema in enumerate((old, new)))
    return diff(*(each | {"openapi": openapi} for each in documents))


def breaks(found: Diff) -> set[tuple[str, Any]]:
    """Return each breaking change and its witness."""
    assert all(change.witness for change in found.breaking)
    return {(change.id, repr(change.witness.value)) for change in found.breaking if change.witness}


@pytest.mark.parametrize(
    ("direction", "old", "new", "expected"),
    [
        pytest.param(
            "request",
            {"type": "integer", "maximum": 1000},
            {"type": "number", "maximum": 100},
            {("maximum-lowered", "101")},
            id="a limit beside a wider type",
        ),
        pytest.param(
            "request",
            {"type": "integer", "nullable": True},
            NUMBER,
            {("null-refused", "None")},
            id="null beside a wider type",
        ),
        pytest.param(
            "request",
            {"type": "integer"},
            {"type": "number", "multipleOf": 2},
            {("multiple-of-narrowed", "1.0")},
            id="steps beside a wider type",
        ),
        pytest.param(
            "request", {}, {"enum": ["a"]}, {("enum-set", "'Something else'")}, id="a list of any type"
        ),
        pytest.param(
            "request",
            {"type": "string", "nullable": True, "enum": ["a", None]},
            {"type": "string", "nullable": True, "enum": ["a"]},
            {("null-refused", "None")},
            id="null no longer listed",
        ),
        pytest.param(
            "response",
            {"required": ["b"]},
            {"properties": {"b": {}}},
            {("property-became-optional", "{}")},
            id="a required name, now declared and optional",
        ),
        pytest.param(
            "request",
            {"properties": {"b": {}}},
            {"required": ["b"]},
            {("property-became-required", "{}")},
            id="a declared name, now only required",
        ),
        pytest.param(
            "request",
            {"properties": {"b": {"type": "string", "readOnly": True}}, "required": ["b"]},
            {"properties": {"b": TEXT}, "required": ["b"]},
            {("property-became-required", "{}")},
            id="required and no longer read-only",
        ),
        pytest.param(
            "request",
            {"type": "string", "nullable": True},
            {"allOf": [{"type": "string", "nullable": True}, TEXT]},
            {("null-refused", "None")},
            id="null that a part of allOf refuses",
        ),
        pytest.param(
            "request",
            {"allOf": [{"type": "integer", "not": {"enum": [1]}}, {"not": {"enum": [2]}}]},
            {"type": "integer", "not": {"enum": [1, 2, 3]}},
            {("exclusion-changed", "3")},
            id="exclusions of two parts",
        ),
        pytest.param(
            "response",
            {**B, "required": ["b"], "anyOf": [B, {"properties": {"b": {}, "c": {}}}]},
            {**B, "anyOf": [B, {"properties": {"b": {}, "c": {}}}]},
            {("property-became-optional", "{}")},
            id="a name that the alternatives declare as well",
        ),
        pytest.param(
            "response",
            {"type": "object", "additionalProperties": TEXT},
            {"type": "object", "additionalProperties": TEXT, "properties": {"meta": OBJECT}},
            {("type-changed", "{}")},
            id="a field with a name in a map of texts",
        ),
        pytest.param(
            "response", {"enum": ["a"]}, {"enum": ["b"]}, {("enum-replaced", "'b'")}, id="another constant"
        ),
        pytest.param(
            "request", TEXT, {**TEXT, "not": {}}, {("exclusion-set", "'Example'")}, id="nothing is taken"
        ),
        pytest.param(
            "request",
            {"type": "string", "pattern": "^[A-Z]{2,3}$"},
            {"type": "string", "pattern": "^[A-Z]{3}$"},
            {("pattern-changed", "'AA'")},
            id="a pattern that a sample no longer matches",
        ),
    ],
)
def test_a_value_proves_what_a_keyword_beside_others_hides(
    direction: str, old: Json, new: Json, expected: set[tuple[str, Any]]
) -> None:
    assert breaks(compared(old, new, direction)) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param({"a": TEXT}, {"a": False}, {("property-forbidden", "{'a': 'Example'}")}, id="forbidden"),
        pytest.param({}, {"a": False}, {("property-forbidden", "{'a': 'text'}")}, id="forbidden and unknown"),
        pytest.param({"a": False}, {"a": TEXT}, set(), id="allowed again"),
        pytest.param({"a": False}, {"a": False}, set(), id="forbidden before"),
    ],
)
def test_a_property_that_is_false_is_one_that_is_not_allowed(old: Json, new: Json, expected: object) -> None:
    sides = ({"type": "object", "properties": side} for side in (old, new))
    assert breaks(compared(*sides, openapi="3.1.0")) == expected


@pytest.mark.parametrize("limits", [{"maxLength": 36}, {"minLength": 36}, {"minLength": 10, "maxLength": 40}])
def test_a_length_that_every_value_of_the_format_has_breaks_nobody(limits: Json) -> None:
    identifier = {"type": "string", "format": "uuid"}
    assert compared(identifier, identifier | limits).breaking == ()
    assert breaks(compared(identifier, identifier | {"maxLength": 35})) == {
        ("max-length-set", repr("x" * 36))
    }


@pytest.mark.parametrize(
    ("media_type", "new", "expected"),
    [
        pytest.param("text/xml", {"type": "object"}, set(), id="what is in an XML text"),
        pytest.param("application/soap+xml", {"properties": {"a": {}}}, set(), id="by a suffix"),
        pytest.param("text/plain", {"type": "integer"}, set(), id="a number is a text there"),
        pytest.param("application/json", {"type": "object"}, {("type-changed", "{}")}, id="JSON is not"),
    ],
)
def test_what_a_text_is_said_to_contain_breaks_nobody(media_type: str, new: Json, expected: object) -> None:
    documents = [document(schema, "response", str(number)) for number, schema in enumerate((TEXT, new))]
    for side in documents:
        reply = side["paths"]["/one"]["post"]["responses"]["200"]
        reply["content"] = {media_type: reply["content"]["application/json"]}
    assert breaks(diff(*documents)) == expected


@pytest.mark.parametrize("direction", ["request", "response"])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(
            {"type": "string", "nullable": True},
            {"anyOf": [TEXT, {"enum": [None], "nullable": True}]},
            id="null as an alternative",
        ),
        pytest.param(
            {"nullable": True, "allOf": [OBJECT]},
            {"anyOf": [OBJECT, {"enum": [None], "nullable": True}]},
            id="null beside allOf",
        ),
        pytest.param({"type": "string", "enum": ["x"]}, {"const": "x"}, id="a constant for a list of one"),
        pytest.param({"enum": [1, 2]}, {"enum": [1.0, 2]}, id="a whole number with a point"),
        pytest.param(
            {"type": "integer", "minimum": 1, "maximum": 9},
            {"type": "integer", "minimum": 0, "exclusiveMinimum": True, "maximum": 9.5},
            id="the ends of whole numbers",
        ),
        pytest.param(
            {"type": "string", "enum": ["x", "y"]}, {"enum": ["y", "x"]}, id="a type that values show"
        ),
        pytest.param(
            {"allOf": [{"type": "integer", "multipleOf": 2}, {"multipleOf": 3}]},
            {"type": "integer", "multipleOf": 6},
            id="the steps of two parts",
        ),
    ],
)
def test_two_ways_to_say_the_same_are_no_difference(direction: str, old: Json, new: Json) -> None:
    assert compared(old, new, direction).changes == compared(new, old, direction).changes == ()


@pytest.mark.parametrize(
    ("direction", "old", "new"),
    [
        pytest.param(
            "response",
            {"anyOf": [{"type": "string", "maxLength": 3}, {"type": "integer"}]},
            {
                "anyOf": [
                    {"type": "string", "maxLength": 3},
                    {"type": "integer"},
                    {"type": "string", "maxLength": 3},
                ]
            },
            id="an alternative twice",
        ),
        pytest.param(
            "response",
            {"anyOf": [TEXT, {"type": "integer"}]},
            {"anyOf": [TEXT, {"type": "integer"}, {"type": "string", "maxLength": 3}]},
            id="an alternative that another covers",
        ),
        pytest.param(
            "request",
            {"type": "string", "enum": ["a", "b"]},
            {"oneOf": [TEXT, {"type": "integer"}]},
            id="a list that an alternative covers",
        ),
        pytest.param(
            "request",
            {"anyOf": [{"type": "string", "maxLength": 5}, {"type": "string", "minLength": 1}]},
            {"anyOf": [{"type": "string", "maxLength": 3}, {"type": "string", "minLength": 1}]},
            id="a limit that another alternative makes up for",
        ),
    ],
)
def test_alternatives_that_add_or_lose_no_value_break_nobody(direction: str, old: Json, new: Json) -> None:
    assert compared(old, new, direction).breaking == ()


CARD: Json = {"properties": {"kind": {"const": "card"}}, "required": ["kind"]}
LIST_OF_TEXT: Json = {"type": "array", "contains": TEXT}


@pytest.mark.parametrize(
    ("plain", "condition", "witness"),
    [
        pytest.param(OBJECT, {"if": CARD, "then": {"required": ["b"]}}, {"kind": "card"}, id="if"),
        pytest.param(OBJECT, {"patternProperties": {"^x-": NUMBER}}, {"x-": "text"}, id="patternProperties"),
        pytest.param(OBJECT, {"propertyNames": {"enum": ["b"]}}, {"a": "text"}, id="propertyNames"),
        pytest.param(OBJECT, {"dependentRequired": {"a": ["b"]}}, {"a": "text"}, id="dependentRequired"),
        pytest.param(
            OBJECT, {"dependentSchemas": {"a": {"required": ["b"]}}}, {"a": "text"}, id="dependentSchemas"
        ),
        pytest.param(
            OBJECT, {"unevaluatedProperties": False}, {"somethingElse": "text"}, id="unevaluatedProperties"
        ),
        pytest.param({"type": "array"}, {"contains": TEXT}, [], id="contains"),
        pytest.param(LIST_OF_TEXT, {"minContains": 2}, ["Example"], id="minContains"),
        pytest.param(LIST_OF_TEXT, {"maxContains": 1}, ["Example", "Example"], id="maxContains"),
        pytest.param({"type": "array"}, {"prefixItems": [NUMBER]}, ["text"], id="prefixItems"),
        pytest.param(
            {"type": "array", "prefixItems": [NUMBER]},
            {"unevaluatedItems": False},
            [1, "text"],
            id="unevaluatedItems",
        ),
    ],
)
def test_a_condition_of_json_schema_2020_12_breaks_whom_a_value_shows(
    plain: Json, condition: Json, witness: Any
) -> None:
    stated = {**plain, **condition}
    cases = [(plain, stated, "request"), (stated, plain, "response"), (stated, plain, "request")]
    breaking = [compared(*case, openapi="3.1.0").breaking for case in cases]
    witnesses = [[change.witness.value for change in side if change.witness] for side in breaking]
    assert witnesses == [[witness], [witness], []]


@pytest.mark.parametrize(
    "holder",
    [
        {"not": {"$ref": "#/components/schemas/X"}},
        {"type": "array", "contains": {"$ref": "#/components/schemas/X"}},
    ],
    ids=["not", "contains"],
)
def test_a_condition_changes_with_the_component_it_refers_to(holder: Json) -> None:
    old, new = (document(holder, "request", version) | {"openapi": "3.1.0"} for version in "12")
    old["components"] = {"schemas": {"X": {**TEXT, "description": "prose"}}}
    new["components"] = {"schemas": {"X": {"type": "integer"}}}
    assert (
        {change.id for change in diff(old, new).breaking}
        <= {"exclusion-changed", "condition-changed"}
        != set()
    )
    new["components"]["schemas"]["X"] = TEXT
    assert diff(old, new).changes == ()


def test_a_property_that_is_declared_hides_no_condition() -> None:
    old = {"type": "object", "dependentRequired": {"a": ["b"]}}
    new = {"type": "object", "properties": {"c": TEXT}, "dependentRequired": {"a": ["b", "c"]}}
    found = compared(old, new, openapi="3.1.0")
    assert breaks(found) == {("condition-changed", "{'a': 'text', 'b': 'text'}")}


def test_alternatives_that_exclude_each_other_break_who_matches_both() -> None:
    fields = {"foo": TEXT, "bar": TEXT}
    either = [{"required": [name], "properties": fields} for name in fields]
    found = compared({"properties": fields, "required": ["foo", "bar"]}, {"oneOf": either})
    assert breaks(found) == {("alternative-added", "{'foo': 'Foo', 'bar': 'Bar'}")}


def test_alternatives_of_which_one_must_match_break_who_matches_two() -> None:
    members = [NUMBER, {"type": "integer"}]
    assert breaks(compared({"anyOf": members}, {"oneOf": members})) == {("alternatives-exclusive", "1")}
    returned = compared({"oneOf": members}, {"anyOf": members}, "response")
    assert breaks(returned) == {("alternatives-overlapping", "1")}
    apart = [TEXT, NUMBER]
    assert compared({"anyOf": apart}, {"oneOf": apart}).breaking == ()


def with_parameter(schema: Json, location: str) -> Json:
    parameter = {"name": "q", "in": location, "schema": schema, "required": location == "path"}
    operation = {"operationId": "GET_One", "parameters": [parameter], "responses": {}}
    path = "/one/{q}" if location == "path" else "/one"
    return {
        "openapi": "3.0.0",
        "info": {"title": "One", "version": "1"},
        "paths": {path: {"get": operation}},
    }


@pytest.mark.parametrize("location", ["query", "path", "header", "cookie"])
@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param(NUMBER, TEXT, [], id="a number is a text"),
        pytest.param(TEXT, NUMBER, ["type-narrowed"], id="not every text is a number"),
        pytest.param(
            {"type": "boolean"}, {"type": "string", "enum": ["true", "false"]}, [], id="a boolean is a word"
        ),
        pytest.param({"type": "string", "nullable": True}, TEXT, [], id="null cannot be written"),
        pytest.param(TEXT, {"type": "array", "items": TEXT}, [], id="a text is a list of one"),
        pytest.param(
            {"type": "array", "items": {"type": "integer"}},
            {"type": "array", "items": TEXT},
            [],
            id="numbers in a list are texts",
        ),
        pytest.param({"type": "integer"}, {"type": "integer", "maximum": 9}, ["maximum-set"], id="a limit"),
    ],
)
def test_parameters_are_compared_as_the_text_they_are_written_as(
    location: str, old: Json, new: Json, expected: list[str]
) -> None:
    found = diff(with_parameter(old, location), with_parameter(new, location))
    assert [change.id for change in found.breaking] == expected


def test_whole_numbers_written_as_text_are_numbers() -> None:
    found = diff(with_parameter({"type": "integer"}, "query"), with_parameter(NUMBER, "query"))
    assert [(change.id, change.severity) for change in found.changes] == [("type-widened", "info")]


# -- a whole document, said in another way -----------------------------------------------------


def nullable(draw: random.Random, depth: int) -> Json:
    """Return a schema of OpenAPI 3.0 in which much may be null."""
    schema: Json = dict(
        draw.choice(({"type": "string"}, {"type": "integer"}, {"type": "string", "enum": ["a", "b"]}))
    )
    if depth and draw.random() < 0.6:
        names = draw.sample(("id", "name", "amount", "items"), 3)
        schema = {"type": "object", "properties": {name: nullable(draw, depth - 1) for name in names}}
        schema["required"] = names[:1]
    elif depth and draw.random() < 0.5:
        schema = {"type": "array", "items": nullable(draw, depth - 1)}
    elif draw.random() < 0.3:
        schema = {"allOf": [{"$ref": f"#/components/schemas/{draw.choice('ABCDE')}"}]}
    if draw.random() < 0.5:
        schema["nullable"] = True
    return {**schema, "description": "prose"}


def respelled(node: Any, *, is_map: bool = False) -> Any:
    """Return a schema with ``nullable`` as FastAPI writes it since pydantic 2: as an alternative."""
    if isinstance(node, list):
        return [respelled(item) for item in node]
    if not isinstance(node, dict):
        return node
    result = {key: respelled(value, is_map=key == "properties") for key, value in node.items()}
    if is_map or result.pop("nullable", None) is not True:
        return result
    outer = {key: result.pop(key) for key in ("description", "title", "default") if key in result}
    [inner] = result["allOf"] if result.keys() == {"allOf"} else [result]
    return {"anyOf": [inner, {"type": "null"}], **outer}


@pytest.mark.parametrize("seed", range(5))
def test_an_upgrade_that_writes_null_in_another_way_breaks_nobody(seed: int) -> None:
    draw = random.Random(seed)
    schemas = {name: nullable(draw, 3) for name in "ABCDE"}
    old = document({"$ref": "#/components/schemas/A"}, "request", "1")
    reply = {"application/json": {"schema": {"type": "array", "items": {"$ref": "#/components/schemas/B"}}}}
    old["paths"]["/one"]["post"]["responses"]["200"]["content"] = reply
    old["components"] = {"schemas": schemas}
    new = {**respelled(old), "openapi": "3.1.0"}
    assert len(schemas) == 5 and old != new
    assert diff(old, new).changes == diff(new, old).changes == ()
