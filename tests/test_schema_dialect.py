"""What a value may be, strictly and by the standard, with jsonschema and jsonschema-rs agreeing."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import jsonschema
import jsonschema_rs
import pytest

from dynzuora.schema import Checker, standard_schema, strict_schema
from dynzuora.schema.dialect import DRAFT

NOWHERE: dict[str, Any] = {}


def accepts(transformed: dict[str, Any], value: Any) -> bool:
    """Ask both engines, exactly as anybody would; they must agree."""
    jsonschema.Draft202012Validator.check_schema(transformed)
    said = jsonschema.Draft202012Validator(transformed).is_valid(value)
    assert jsonschema_rs.Draft202012Validator(transformed).is_valid(value) == said
    return said


def verdicts(schema: dict[str, Any], value: Any) -> str:
    """Return which levels take ``value``."""
    strict = accepts(strict_schema(schema, NOWHERE), value)
    standard = accepts(standard_schema(schema, NOWHERE), value)
    return {(True, True): "both", (False, True): "standard", (False, False): "neither"}[strict, standard]


TEXT, WHOLE, NUMBER, TRUTH = {"type": "string"}, {"type": "integer"}, {"type": "number"}, {"type": "boolean"}
TERM = {"type": "string", "enum": ["TERMED", "EVERGREEN"]}
STATUS = {"type": "string", "enum": ["Processing", True, False, "Error"]}
TRANSFERRED = {"type": "string", "enum": ["Yes", "No", "Ignore"]}
OBJECT = {"type": "object", "properties": {"name": TEXT}, "required": ["name"]}
LIST = {"type": "array", "items": TEXT, "minItems": 1, "maxItems": 2}

TABLE = [
    (TEXT, "A-1", "both"),
    (TEXT, 12, "standard"),
    (TEXT, 12.5, "standard"),
    (TEXT, True, "standard"),
    (TEXT, None, "standard"),
    (TEXT, {}, "neither"),
    (TEXT, ["A-1"], "neither"),
    ({**TEXT, "maxLength": 3}, "abc", "both"),
    ({**TEXT, "maxLength": 3}, "abcd", "neither"),
    ({**TEXT, "minLength": 2}, "a", "neither"),
    ({**TEXT, "maxLength": 1}, "😀", "both"),
    ({**TEXT, "format": "date-time"}, "2020-12-10 23:30:00", "both"),
    ({**TEXT, "format": "date"}, "not a date", "both"),
    ({**TEXT, "pattern": "^[0-9]{2}$"}, "12", "both"),
    ({**TEXT, "pattern": "^[0-9]{2}$"}, "12\n", "neither"),
    ({**TEXT, "pattern": r"^\d{2}$"}, "١٢", "neither"),
    (TERM, "TERMED", "both"),
    (TERM, "termed", "standard"),
    (TERM, "tErMeD", "standard"),
    (TERM, None, "standard"),
    (TERM, "TERMED\n", "neither"),
    (TERM, "FOREVER", "neither"),
    (TERM, "", "neither"),
    (TERM, True, "neither"),
    (TERM, 1, "neither"),
    (TERM, ["TERMED"], "neither"),
    (STATUS, "Processing", "both"),
    (STATUS, "Yes", "standard"),
    (STATUS, "no", "standard"),
    (STATUS, "true", "standard"),
    (STATUS, True, "standard"),
    (STATUS, "Maybe", "neither"),
    (TRANSFERRED, "Yes", "both"),
    (TRANSFERRED, True, "standard"),
    (TRANSFERRED, False, "standard"),
    ({"type": "string", "enum": ["1", "2"]}, 1, "standard"),
    ({"type": "string", "enum": ["1", "2"]}, 3, "neither"),
    ({"type": "string", "enum": ["a.b"]}, "axb", "neither"),
    ({"type": "string", "enum": ["a-b", "c|d", "^x$"]}, "C|D", "standard"),
    ({"type": "integer", "enum": [10, 50]}, 50, "both"),
    ({"type": "integer", "enum": [10, 50]}, "50", "standard"),
    ({"type": "integer", "enum": [10, 50]}, 51, "neither"),
    ({"type": "integer", "enum": [10**20]}, 10**20 + 1, "neither"),
    ({"type": "boolean", "enum": [True]}, False, "neither"),
    ({"type": "boolean", "enum": [True]}, "true", "standard"),
    (NUMBER, 1.5, "both"),
    (NUMBER, Decimal("1.50"), "both"),
    (NUMBER, "1.50", "standard"),
    (NUMBER, "-1e3", "standard"),
    (NUMBER, "1,50", "neither"),
    (NUMBER, "", "neither"),
    (NUMBER, "1\n", "neither"),
    (NUMBER, "NaN", "neither"),
    (NUMBER, True, "neither"),
    (NUMBER, [1], "neither"),
    ({**NUMBER, "maximum": 10}, 11, "neither"),
    ({**NUMBER, "minimum": 0, "exclusiveMinimum": True}, 0, "neither"),
    ({**NUMBER, "minimum": 0, "exclusiveMinimum": False}, 0, "both"),
    ({**NUMBER, "maximum": 1, "exclusiveMaximum": True}, 1, "neither"),
    ({**NUMBER, "exclusiveMinimum": True}, 0, "both"),
    ({**NUMBER, "maximum": 10}, "10.0", "standard"),
    ({**NUMBER, "maximum": 10}, "999999", "neither"),
    ({**NUMBER, "maximum": 10}, "-999999", "standard"),
    ({**NUMBER, "maximum": 10}, "1e3", "standard"),
    ({**NUMBER, "minimum": 0, "exclusiveMinimum": True}, "0.00", "neither"),
    ({**NUMBER, "minimum": 0, "exclusiveMinimum": True}, "+0.01", "standard"),
    ({**NUMBER, "exclusiveMaximum": -0.5}, "-0.5", "neither"),
    ({**NUMBER, "minimum": 0.1, "maximum": 0.1}, "0.10", "standard"),
    ({**NUMBER, "maximum": 1e300}, "9" * 400, "standard"),
    ({**WHOLE, "minimum": 0, "maximum": 31}, "32", "neither"),
    ({**WHOLE, "minimum": 0, "maximum": 31}, "031", "standard"),
    (WHOLE, 1.0, "both"),
    (WHOLE, 1.5, "neither"),
    (WHOLE, "12", "standard"),
    (WHOLE, "12.0", "standard"),
    (WHOLE, "12.5", "neither"),
    ({**WHOLE, "maxLength": 2}, 123, "both"),
    ({**WHOLE, "maxLength": 2}, "123", "standard"),
    (TRUTH, True, "both"),
    (TRUTH, "True", "standard"),
    (TRUTH, "yes", "neither"),
    (TRUTH, 1, "neither"),
    (OBJECT, {"name": "A"}, "both"),
    (OBJECT, {"name": "A", "anything": 1}, "both"),
    (OBJECT, {"name": None}, "standard"),
    (OBJECT, {}, "neither"),
    (OBJECT, [], "neither"),
    (OBJECT, "name", "neither"),
    (OBJECT, None, "standard"),
    ({**OBJECT, "additionalProperties": False}, {"name": "A", "anything": 1}, "neither"),
    ({**OBJECT, "additionalProperties": TEXT}, {"name": "A", "anything": 1}, "standard"),
    ({**OBJECT, "additionalProperties": TEXT}, {"name": "A", "anything": []}, "neither"),
    ({"type": "object", "minProperties": 1, "maxProperties": 1}, {}, "neither"),
    ({"type": "object", "minProperties": 1, "maxProperties": 1}, {"a": 1, "b": 2}, "neither"),
    (LIST, ["a"], "both"),
    (LIST, [1], "standard"),
    (LIST, [], "neither"),
    (LIST, ["a", "b", "c"], "neither"),
    (LIST, "a", "neither"),
    ({"type": "array", "items": TEXT, "uniqueItems": True}, ["a", "a"], "neither"),
    ({"type": "string", "nullable": True}, None, "both"),
    ({"type": "string", "nullable": True, "enum": ["a"]}, None, "standard"),
    ({"nullable": True}, None, "both"),
    ({}, {"anything": [1]}, "both"),
    ({"allOf": [OBJECT, {"required": ["id"]}]}, {"name": "A"}, "neither"),
    ({"anyOf": [TEXT, OBJECT]}, {"name": "A"}, "both"),
    ({"anyOf": [TEXT, OBJECT]}, [], "neither"),
    ({"oneOf": [WHOLE, NUMBER]}, 1.5, "both"),
    ({"oneOf": [WHOLE, NUMBER]}, 1, "standard"),
    ({"not": TEXT}, "a", "neither"),
    ({"not": TEXT}, 1, "both"),
]


@pytest.mark.parametrize(
    ("schema", "value", "levels"), TABLE, ids=[f"{json.dumps(s)[:60]} {v!r}" for s, v, _ in TABLE]
)
def test_levels(schema: dict[str, Any], value: Any, levels: str) -> None:
    assert verdicts(schema, value) == levels


def test_the_result_is_a_2020_12_document_with_the_components_it_reaches() -> None:
    components = {"Pet": {"type": "string"}, "Stone": {"type": "number"}}
    assert strict_schema({"$ref": "#/components/schemas/Pet"}, components) == {
        "$schema": DRAFT,
        "allOf": [{"$ref": "#/$defs/Pet"}],
        "$defs": {"Pet": {"type": "string"}},
    }


def test_leniency_is_one_type_list_or_one_pattern() -> None:
    schema = {"properties": {"name": TEXT, "due": NUMBER, "term": TERM}}
    assert standard_schema(schema, NOWHERE)["allOf"][0]["properties"] == {
        "name": {"type": ["string", "number", "boolean", "null"]},
        "due": {
            "type": ["number", "string", "null"],
            "pattern": r"^[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![\s\S])",
        },
        "term": {
            "type": ["string", "null"],
            "pattern": r"^(?:[Tt][Ee][Rr][Mm][Ee][Dd]|[Ee][Vv][Ee][Rr][Gg][Rr][Ee][Ee][Nn])(?![\s\S])",
        },
    }


def test_what_stands_beside_a_reference_is_ignored() -> None:
    schema = {"$ref": "#/components/schemas/Name", "maxLength": 1}
    assert accepts(strict_schema(schema, {"Name": TEXT}), "long")


def test_a_property_named_ref_is_a_property() -> None:
    schema = {"type": "object", "properties": {"$ref": WHOLE}, "required": ["$ref"]}
    assert verdicts(schema, {"$ref": 1}) == "both"
    assert verdicts(schema, {"$ref": []}) == "neither"


@pytest.mark.parametrize("name", ["a b", "ä/ö", "x~y", "100%", "a/merged"])
def test_a_component_may_have_any_name(name: str) -> None:
    pointer = name.replace("~", "~0").replace("/", "~1").replace("%", "%25")
    schema = {"type": "array", "items": {"$ref": f"#/components/schemas/{pointer}"}}
    assert accepts(strict_schema(schema, {name: WHOLE}), [1])
    assert not accepts(strict_schema(schema, {name: WHOLE}), ["a"])


def test_recursion_is_followed_as_deep_as_the_value_goes() -> None:
    tree = {"properties": {"value": WHOLE, "below": {"$ref": "#/components/schemas/Tree"}}}
    schema = {"$ref": "#/components/schemas/Tree"}
    assert accepts(strict_schema(schema, {"Tree": tree}), {"below": {"below": {"value": 1}}})
    assert not accepts(strict_schema(schema, {"Tree": tree}), {"below": {"below": {"value": "x"}}})


@pytest.mark.parametrize("direction", ["request", "response"])
@pytest.mark.parametrize("transform", [strict_schema, standard_schema])
def test_what_the_other_side_writes_is_not_required(transform: Any, direction: str) -> None:
    schema = {
        "properties": {"id": {**TEXT, "readOnly": True}, "password": {**TEXT, "writeOnly": True}},
        "required": ["id", "password"],
    }
    needed = {"request": {"password": "x"}, "response": {"id": "x"}}
    transformed = transform(schema, NOWHERE, direction=direction)
    assert accepts(transformed, needed[direction])
    assert not accepts(transformed, {})


def test_a_name_that_a_merged_schema_makes_read_only_is_not_required() -> None:
    components = {"Base": {"properties": {"id": {**TEXT, "readOnly": True}}}}
    schema = {"allOf": [{"$ref": "#/components/schemas/Base"}, {"required": ["id"]}]}
    assert accepts(strict_schema(schema, components), {})


def test_additional_properties_of_a_merged_schema_are_about_the_names_nobody_declares() -> None:
    """Zuora's order merges {additionalProperties: string} into a new account that has a contact."""
    components = {
        "Account": {"properties": {"name": TEXT, "contact": {"type": "object"}}},
        "AccessField": {"type": "object", "additionalProperties": TEXT},
    }
    schema = {"allOf": [{"$ref": f"#/components/schemas/{name}"} for name in components]}
    body = {"name": "A", "contact": {}, "region__h": "west"}
    assert not accepts(strict_schema(schema, components), body)
    assert accepts(standard_schema(schema, components), body)
    assert not accepts(standard_schema(schema, components), {**body, "region__h": []})


BROKEN = [
    ({"type": "anything"}, "type 'anything'"),
    ({"maxLength": "5"}, "maxLength '5'"),
    ({"maxLength": -1}, "maxLength -1"),
    ({"enum": "a"}, "enum 'a'"),
    ({"required": True}, "required True"),
    ({"minimum": "0"}, "minimum '0'"),
    ({"multipleOf": 0}, "multipleOf 0"),
    ({"items": [{}]}, "items [{}]"),
    ({"allOf": []}, "allOf []"),
    ({"properties": {"a": 1}}, "1 where a schema belongs"),
    ({"pattern": "(a+)+$"}, "pattern '(a+)+$'"),
    ({"pattern": "(?<=a)b"}, "pattern '(?<=a)b'"),
    ({"$ref": "#/components/schemas/Nobody"}, "#/components/schemas/Nobody points to nothing"),
    ({"$ref": "elsewhere.yaml"}, "elsewhere.yaml points to nothing"),
    ({"patternProperties": []}, "patternProperties []"),
    ({"type": "array", "enum": ["a"]}, "an enum of scalars where type is array"),
]


@pytest.mark.parametrize(("schema", "said"), BROKEN, ids=[said for _, said in BROKEN])
@pytest.mark.parametrize("level", ["standard", "strict"])
def test_what_cannot_be_checked_is_left_out_and_named(schema: Any, said: str, level: Any) -> None:
    checker = Checker(schema, NOWHERE, level=level)
    assert checker.not_checked == (said,)
    assert checker.problems({"a": 1} if "properties" in schema else ["a"]) == ()


def test_where_something_is_left_out_nothing_is_refused_for_it() -> None:
    unsafe = {"type": "string", "pattern": "(a+)+$"}
    assert Checker({"not": unsafe}, NOWHERE, level="strict").problems("b") == ()
    assert Checker({"oneOf": [unsafe, TEXT]}, NOWHERE, level="strict").problems("b") == ()


@pytest.mark.parametrize("level", ["standard", "strict"])
def test_a_schema_that_is_only_itself_says_nothing(level: Any) -> None:
    components = {
        "A": {"allOf": [{"$ref": "#/components/schemas/B"}]},
        "B": {"anyOf": [{"$ref": "#/components/schemas/A"}]},
    }
    checker = Checker({"$ref": "#/components/schemas/A"}, components, level=level)
    assert checker.check({"a": 1}).problems == ()
    assert checker.not_checked == ("#/components/schemas/A refers to itself",)


def test_a_huge_enum_is_checked() -> None:
    words = [f"Value-{number:06}" for number in range(100_000)]
    checker = Checker({"type": "string", "enum": words}, NOWHERE)
    assert checker.problems("value-099999") == ()
    assert len(checker.problems("Value-1000000")) == 1
