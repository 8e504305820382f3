"""Values made up and composed: strictly valid, the same every time, and believable."""

from __future__ import annotations

import doctest
import re
from decimal import Decimal
from types import ModuleType
from typing import Any

import pytest

from dynzuora import _patterns
from dynzuora._patterns import portable, sample
from dynzuora.schema import Checker, arithmetic, compose, example, examples, wording
from dynzuora.schema.fitting import fits


def named(name: str, **schema: Any) -> Any:
    """Return what is made up for a property called ``name``."""
    return example({"type": "object", "properties": {name: schema}}).get(name)


BELIEVABLE = [
    ("currency", {"type": "string"}, "USD"),
    ("currency", {"type": "string", "maxLength": 2}, "US"),
    ("workEmail", {"type": "string"}, "billing@example.com"),
    ("orderDate", {"type": "string"}, "2026-01-31"),
    ("start", {"type": "string", "format": "date"}, "2026-01-31"),
    ("updatedOn", {"type": "string", "format": "date-time"}, "2026-01-31T09:30:00Z"),
    ("updatedOn", {"type": "string", "format": "dateTime"}, "2026-01-31T09:30:00Z"),
    ("link", {"type": "string", "format": "URL"}, "https://example.com/billing"),
    ("token", {"type": "string", "format": "UUID"}, "6f1ed002-ab5f-4f2a-8a3d-2a6f0b5c9d11"),
    ("content", {"type": "string", "format": "byte"}, "ZXhhbXBsZQ=="),
    ("accountNumber", {"type": "string"}, "A-00000001"),
    ("invoiceTemplateName", {"type": "string"}, "Invoice template name"),
    ("notes", {"type": "string", "minLength": 12}, "NotesNotesNo"),
    ("amount", {"type": "number"}, 100),
    ("discountPercentage", {"type": "number", "maximum": 5}, 1),
    ("billCycleDay", {"type": "integer", "minimum": 0, "maximum": 31}, 1),
    ("initialTerm", {"type": "integer"}, 12),
    ("autoPay", {"type": "boolean"}, True),
    ("status", {"type": "string", "enum": ["Draft", "Posted"]}, "Draft"),
    ("status", {"type": "string", "default": "Posted"}, "Posted"),
    ("status", {"type": "string", "example": "Sent", "default": "Posted"}, "Sent"),
    ("status", {"type": "string", "example": 5, "default": "Posted"}, "Posted"),
    ("hash", {"type": "string", "pattern": "^[0-9a-f]{32}$"}, "0" * 32),
    ("code", {"type": "string", "pattern": "^[A-Z]{3}-[0-9]+$", "minLength": 8}, "AAA-000000000"),
    ("odd", {"type": "string", "pattern": "^(?=.*x)y$"}, None),
    ("emailAddresses", {"type": "array", "items": {"type": "string"}}, ["billing@example.com"]),
    ("days", {"type": "array", "items": {"type": "integer"}, "minItems": 2, "uniqueItems": True}, [1, 3]),
    ("share", {"type": "number", "minimum": 0, "maximum": 0.5, "exclusiveMinimum": True}, Decimal("0.5")),
    ("step", {"type": "number", "minimum": 0.01, "maximum": 0.02, "multipleOf": 0.01}, Decimal("0.01")),
    ("nothing", {"nullable": True, "enum": [None]}, None),
]


@pytest.mark.parametrize(("name", "schema", "value"), BELIEVABLE, ids=[f"{n} {s}" for n, s, _ in BELIEVABLE])
def test_values_look_like_billing(name: str, schema: dict[str, Any], value: Any) -> None:
    assert named(name, **schema) == value


TEXT = {"type": "string"}
HARD = [
    {"type": "integer", "minimum": 7, "maximum": 7},
    {"type": "integer", "minimum": 10, "maximum": 20, "multipleOf": 7},
    {"type": "number", "minimum": -5, "maximum": -4},
    {"type": "number", "minimum": 0, "maximum": 0.001, "exclusiveMinimum": True, "exclusiveMaximum": True},
    {"type": "string", "minLength": 100, "maxLength": 100},
    {"type": "string", "maxLength": 0},
    {"type": "string", "format": "uuid", "minLength": 64, "maxLength": 64},
    {"type": "array", "items": {"enum": ["a", "b", "c"]}, "minItems": 3, "uniqueItems": True},
    {"type": "array", "items": {"type": "string", "maxLength": 1}, "minItems": 4, "uniqueItems": True},
    {"type": "array", "items": {"properties": {"id": TEXT}}, "minItems": 3, "uniqueItems": True},
    {"type": "object", "minProperties": 3},
    {"type": "object", "minProperties": 2, "additionalProperties": {"type": "integer"}},
    {"type": "object", "properties": {"a": {}, "b": {}, "c": {}}, "maxProperties": 1, "required": ["c"]},
    {"type": "object", "required": ["undeclared"], "additionalProperties": {"type": "boolean"}},
    {"allOf": [{"minimum": 3}, {"type": "integer"}, {"maximum": 4}]},
    {
        "allOf": [
            {"properties": {"a": {"minimum": 5}}, "required": ["a"]},
            {"properties": {"a": {"maximum": 5}}},
        ]
    },
    {"oneOf": [{"type": "integer"}, {"type": "number"}]},
    {"oneOf": [{"required": ["a"]}, {"required": ["b"]}], "properties": {"a": {}, "b": {}}},
    {"anyOf": [{"type": "string", "maxLength": 2, "minLength": 3}, {"type": "boolean"}]},
    {"not": {"type": "string"}},
    {"type": "string", "not": {"enum": ["Example"]}},
    {"properties": {"impossible": {"allOf": [{"type": "string"}, {"type": "number"}]}}},
]


@pytest.mark.parametrize("required_only", [False, True], ids=["whole", "required only"])
@pytest.mark.parametrize("schema", HARD, ids=str)
def test_hard_schemas_have_examples_too(schema: dict[str, Any], required_only: bool) -> None:
    made = example(schema, required_only=required_only)
    assert Checker(schema, {}, level="strict", engine="jsonschema").problems(made) == ()


ACCOUNT = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "readOnly": True},
        "password": {"type": "string", "writeOnly": True},
        "name": {"type": "string"},
        "lines": {
            "type": "array",
            "items": {"required": ["qty"], "properties": {"qty": {"type": "integer"}}},
        },
    },
    "required": ["name", "lines"],
}


def test_required_only_holds_what_must_be_there_and_one_of_each_list() -> None:
    assert example(ACCOUNT, required_only=True) == {"name": "Name", "lines": [{"qty": 1}]}


def test_a_direction_leaves_out_what_the_other_side_writes() -> None:
    assert list(example(ACCOUNT)) == ["password", "name", "lines"]
    assert list(example(ACCOUNT, direction="response")) == ["id", "name", "lines"]


def test_the_example_of_the_document_is_taken_whole_where_it_is_valid() -> None:
    whole = {"name": "Acme", "lines": []}
    assert example({**ACCOUNT, "example": whole}) == whole
    assert example({**ACCOUNT, "example": whole}) is not whole


def test_an_example_that_is_wrong_in_parts_gives_the_others() -> None:
    wrong = {"id": 5, "name": "Acme", "lines": [{"qty": 2}, {"qty": "three"}]}
    assert example({**ACCOUNT, "example": wrong}) == {"name": "Acme", "lines": [{"qty": 2}, {"qty": 1}]}


def test_an_example_that_is_json_in_a_text_is_read() -> None:
    assert example({**ACCOUNT, "example": '{"name": "Acme", "lines": []}'}) == {"name": "Acme", "lines": []}


def test_what_is_preferred_wins_over_the_document() -> None:
    assert example({"type": "string", "example": "a"}, prefer=[1, "b"]) == "b"


def test_recursion_ends_where_it_may() -> None:
    node = {"$ref": "#/components/schemas/Node"}
    names = {"name": TEXT, "below": {"type": "array", "items": node}, "next": node}
    components = {"Node": {"type": "object", "properties": names}}
    made = example(node, components=components)
    assert made["name"] == "Name"
    assert Checker(node, components, level="strict").problems(made) == ()


ENDLESS = [
    {"required": ["next"], "properties": {"next": {"$ref": "#/components/schemas/Node"}}},
    {"minProperties": 1, "additionalProperties": {"$ref": "#/components/schemas/Node"}},
    {"minItems": 1, "items": {"$ref": "#/components/schemas/Node"}},
    {"type": "array", "minItems": 2, "uniqueItems": True, "items": {"$ref": "#/components/schemas/Node"}},
    {"allOf": [{"$ref": "#/components/schemas/Node"}]},
    {"$ref": "#/components/schemas/Node"},
]


@pytest.mark.parametrize("node", ENDLESS, ids=str)
def test_what_has_no_end_has_no_example_where_it_must_be_there_and_is_left_out_elsewhere(node: Any) -> None:
    properties = {"node": {"$ref": "#/components/schemas/Node"}, "name": TEXT}
    made = example({"type": "object", "properties": properties}, components={"Node": node})
    assert made["name"] == "Name"
    example({"$ref": "#/components/schemas/Node"}, components={"Node": node})


def test_a_reference_that_a_graph_cannot_follow_is_left_out() -> None:
    unknown = {"$ref": "#/components/schemas/Node"}
    names = {"list": {"type": "array", "items": unknown}, "next": unknown}
    assert example({"properties": names, "required": ["list"]}) == {"list": []}


def test_a_graph_that_leads_everywhere_gives_an_example_of_bearable_size() -> None:
    everything: dict[str, Any] = {"type": "string"}
    for _ in range(30):
        everything = {"properties": {name: everything for name in "abc"}}
    assert len(str(example(everything))) < 100_000


# ── compose ─────────────────────────────────────────────────────────────────────────────

TENANT = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "balance": {"type": "number"},
        "contact": {"type": "object", "properties": {"city": {"type": "string"}, "zip": {"type": "string"}}},
        "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 2},
    },
    "required": ["name"],
}


def test_each_part_comes_from_the_first_source_that_fits_there() -> None:
    one = {"name": 5, "contact": {"city": "Paris"}, "tags": ["a", 2, "c", "d"]}
    two = {"name": "Two", "balance": Decimal("1.50"), "contact": {"city": "Rome", "zip": "00100"}}
    assert compose(TENANT, one, two, fill=False) == {
        "name": "Two",
        "balance": Decimal("1.50"),
        "contact": {"city": "Paris", "zip": "00100"},
        "tags": ["a", "Tag"],
    }


def test_nothing_is_made_up_that_may_be_missing_unless_asked_for() -> None:
    assert compose(TENANT, {"balance": "much"}, fill=False) == {"name": "Name"}
    assert compose(TENANT, {"name": "A"}) == {
        "name": "A",
        "balance": 100,
        "contact": {"city": "San Francisco", "zip": "Zip"},
        "tags": ["Tag"],
    }


def test_an_empty_list_at_hand_stays_empty() -> None:
    assert compose(TENANT, {"name": "A", "tags": []}, fill=False) == {"name": "A", "tags": []}


def test_names_the_schema_does_not_know_are_kept_where_they_are_allowed() -> None:
    source = {"name": "A", "Region__c": "west"}
    assert compose(TENANT, source, fill=False) == source
    assert compose({**TENANT, "additionalProperties": False}, source, fill=False) == {"name": "A"}
    assert compose({**TENANT, "additionalProperties": {"type": "integer"}}, source, fill=False) == {
        "name": "A"
    }


def test_of_alternatives_the_one_that_knows_the_source_is_taken() -> None:
    cat = {"properties": {"lives": {"type": "integer"}}, "required": ["lives"], "additionalProperties": False}
    dog = {
        "properties": {"tricks": {"type": "integer"}},
        "required": ["tricks"],
        "additionalProperties": False,
    }
    assert compose({"oneOf": [cat, dog]}, {"tricks": 3}) == {"tricks": 3}


def test_sources_are_not_changed_and_not_shared() -> None:
    source = {"name": "A", "tags": ["a"]}
    compose(TENANT, source)["tags"].append("b")
    assert source == {"name": "A", "tags": ["a"]}


# ── patterns and numbers ────────────────────────────────────────────────────────────────

PATTERNS = [
    (r"^\d{3}$", r"^[0-9]{3}(?![\s\S])"),
    (r"^[\w.-]+@\w+$", r"^[A-Za-z0-9_.-]+@[A-Za-z0-9_]+(?![\s\S])"),
    (r"^a/b\/c$", r"^a/b\/c(?![\s\S])"),
    (r"^(a|b)?c$", r"^(a|b)?c(?![\s\S])"),
    (r"^[$]$", r"^[$](?![\s\S])"),
    (r"^\$$", r"^\$(?![\s\S])"),
    ("^[0-9a-fA-F]{32}$", r"^[0-9a-fA-F]{32}(?![\s\S])"),
    ("(a+)+", None),
    ("(a|aa)*", None),
    ("((a{1,9})b)+", None),
    (r"(a)\1", None),
    (r"(?<year>\d)", "([0-9])"),
    ("^a.$", "^a[^\\n\\r\u2028\u2029](?![\\s\\S])"),
    (r"^[\s\S]*$", r"^[\s\S]*(?![\s\S])"),
    ("a?" * 30 + "a" * 30, None),
    ("(a?){30}a{30}", None),
    (".*.*.*=.*", None),
    (r"(\w+\s?)+", None),
    (r"\ud83d\ude00", None),
    (r"\p{Lu}", None),
    (r"\bword", None),
    (r"[\w-z]", None),
    ("[a&&b]", None),
    ("[z-a]", None),
    ("(", None),
    (")", None),
    ("a{2,1}", None),
    ("x" * 3_000, None),
]


@pytest.mark.parametrize(("pattern", "everywhere"), PATTERNS, ids=[each[0][:20] for each in PATTERNS])
def test_a_pattern_is_rewritten_for_every_engine_or_refused(pattern: str, everywhere: str | None) -> None:
    assert portable(pattern) == everywhere


@pytest.mark.parametrize("pattern", [pattern for pattern, safe in PATTERNS if safe])
def test_a_sample_looks_like_its_pattern(pattern: str) -> None:
    assert re.search(portable(pattern) or "", sample(pattern) or "")


MULTIPLES = [
    (Decimal("0.07"), Decimal("0.01"), True),
    (Decimal("0.075"), Decimal("0.01"), False),
    (100, 25, True),
    (110, 25, False),
    (0, Decimal("0.3"), True),
    (-6, 3, True),
    (Decimal("1E+400"), Decimal("0.03"), False),
    (Decimal("3E+400"), Decimal("0.03"), True),
    (Decimal("1E-400"), 1, False),
]


@pytest.mark.parametrize(("value", "step", "answer"), MULTIPLES, ids=str)
def test_multiples_are_exact(value: Any, step: Any, answer: bool) -> None:
    assert arithmetic.is_multiple(value, step) is answer


@pytest.mark.parametrize(
    "module", [arithmetic, examples, _patterns, wording], ids=lambda module: module.__name__
)
def test_the_examples_in_the_docstrings_run(module: ModuleType) -> None:
    assert doctest.testmod(module).failed == 0


def test_what_fits_no_alternative_is_not_varied_field_by_field(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[Any] = []
    monkeypatch.setattr(examples, "fits", lambda *given: tried.append(given[1]) or fits(*given))
    common = {"type": "object", "properties": {f"field{n}": {"type": "string"} for n in range(40)}}
    overlapping = {"oneOf": [common, {"allOf": [common, {"required": ["field1"]}]}, common]}
    made = example({"type": "object", "properties": {"list": {"type": "array", "items": overlapping}}})
    assert (made, len(tried) < 2_000) == ({}, True)
