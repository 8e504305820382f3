"""What a check says: every problem at once, where, in the document's own words."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal
from typing import Any

import pytest

from dynzuora.errors import Problem
from dynzuora.schema import Checker, CheckResult

CONTACT = {
    "type": "object",
    "properties": {
        "country": {"type": "string", "enum": ["Canada", "United States"]},
        "workEmail": {"type": "string", "maxLength": 20},
    },
    "required": ["country"],
}
ACCOUNT = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "currency": {"type": "string", "minLength": 3, "maxLength": 3},
        "billCycleDay": {"type": "integer", "minimum": 0, "maximum": 31},
        "termType": {"type": "string"},
        "billToContact": {"$ref": "#/components/schemas/Contact"},
        "items": {
            "type": "array",
            "maxItems": 2,
            "items": {"type": "object", "properties": {"amount": {"type": "number"}}},
        },
    },
    "required": ["name", "currency"],
}
COMPONENTS: dict[str, Any] = {"Account": ACCOUNT, "Contact": CONTACT}
account = Checker({"$ref": "#/components/schemas/Account"}, COMPONENTS)


def only(schema: dict[str, Any], value: Any, **options: Any) -> Problem:
    """Return the one problem of ``value``; both engines must find the same."""
    [problem] = Checker(schema, COMPONENTS, **options).problems(value)
    assert Checker(schema, COMPONENTS, engine="jsonschema", **options).problems(value) == (problem,)
    return problem


def test_a_body_that_fits_has_nothing_to_be_said_of() -> None:
    body = {
        "name": "A",
        "currency": "USD",
        "billToContact": {"country": "Canada"},
        "items": [{"amount": "1.5"}],
    }
    assert account.check(body) == CheckResult((), ())


def test_all_problems_come_at_once_in_the_order_of_the_body_and_missing_fields_first() -> None:
    body = {
        "items": [{"amount": 1}, {"amount": "much"}, {}],
        "billToContact": {"workEmail": "x" * 21},
        "billCycleDay": 32,
        "currency": ["USD"],
    }
    assert [str(problem) for problem in account.problems(body)] == [
        "body.name: is required.",
        "body.items: has 3 items; allowed: at most 2.",
        "body.items[1].amount: expected a number, got 'much'.",
        "body.billToContact.country: is required.",
        "body.billToContact.workEmail: has 21 characters; allowed: at most 20.",
        "body.billCycleDay: is 32; allowed: 31 or less.",
        "body.currency: expected a string, got a list.",
    ]


def test_a_problem_carries_what_was_found_what_is_allowed_and_the_nearest_value() -> None:
    body = {"name": "A", "currency": "USD", "billToContact": {"country": "Untied States"}}
    assert account.problems(body) == (
        Problem(
            "body.billToContact.country",
            "expected one of 'Canada', 'United States'; got 'Untied States'.",
            found="Untied States",
            allowed=("Canada", "United States"),
            nearest="United States",
        ),
    )


def test_a_missing_field_points_at_the_misspelling_that_stands_there_instead() -> None:
    assert account.check({"name": "A", "curency": "USD"}) == CheckResult(
        (Problem("body.currency", "is required; found 'curency' instead."),),
        (
            Problem(
                "body.curency",
                "unknown field; the server would silently ignore it.",
                found="USD",
                nearest="currency",
            ),
        ),
    )


def test_the_path_begins_with_the_name_of_the_value() -> None:
    assert (
        only(
            {"type": "integer"},
            "many",
        ).path
        == "body"
    )
    assert Checker({"type": "integer"}, {}).problems("many", path="pageSize")[0].path == "pageSize"


@pytest.mark.parametrize(
    ("name", "path"),
    [("plain", "body.plain"), ("a b", "body.a b"), ("a.b", "body['a.b']"), ("[0]", "body['[0]']")],
)
def test_a_name_that_would_be_misread_is_quoted_in_the_path(name: str, path: str) -> None:
    assert only({"properties": {name: {"type": "integer"}}}, {name: "x"}).path == path


SENTENCES = [
    ({"type": "object"}, [], "expected an object, got a list."),
    ({"type": "array"}, {}, "expected a list, got an object."),
    ({"type": "string"}, {}, "expected a string, got an object."),
    ({"type": "number"}, "x", "expected a number, got 'x'."),
    ({"type": "integer"}, 1.5, "expected an integer, got 1.5."),
    ({"type": "integer"}, Decimal("1.50"), "expected an integer, got 1.50."),
    ({"type": "boolean"}, 1, "expected true or false, got 1."),
    ({"type": "boolean"}, "maybe", "expected true or false, got 'maybe'."),
    ({"type": "number"}, True, "expected a number, got true."),
    ({"type": "number"}, "x" * 80, f"expected a number, got '{'x' * 59}…."),
    ({"type": "string", "minLength": 2}, "a", "has 1 character; allowed: at least 2."),
    ({"type": "string", "pattern": r"^\d+$"}, "a", r"is 'a'; allowed: text matching ^\d+$."),
    ({"type": "array", "minItems": 1}, [], "has 0 items; allowed: at least 1."),
    (
        {"type": "array", "uniqueItems": True},
        [1, 2, 1],
        "has the same item twice, at [0] and [2]; allowed: each item once.",
    ),
    ({"type": "object", "minProperties": 1}, {}, "has 0 fields; allowed: at least 1."),
    ({"type": "number", "minimum": 1}, 0.5, "is 0.5; allowed: 1 or more."),
    ({"type": "number", "maximum": 1}, 2, "is 2; allowed: 1 or less."),
    ({"type": "number", "minimum": 0, "exclusiveMinimum": True}, 0, "is 0; allowed: more than 0."),
    ({"type": "number", "maximum": 0, "exclusiveMaximum": True}, 0, "is 0; allowed: less than 0."),
    ({"type": "number", "multipleOf": 0.01}, Decimal("1.005"), "is 1.005; allowed: a multiple of 0.01."),
    ({"enum": ["a"]}, "b", "expected 'a'; got 'b'."),
    ({"enum": ["a", 1, True]}, {}, "expected one of 'a', 1, true; got an object."),
    (
        {"enum": list(range(14))},
        "x",
        "expected one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, and 2 more; got 'x'.",
    ),
    ({"not": {"type": "string"}}, "a", "is 'a'; allowed: any other value."),
]


@pytest.mark.parametrize(("schema", "value", "sentence"), SENTENCES, ids=[each[2][:50] for each in SENTENCES])
def test_sentences(schema: dict[str, Any], value: Any, sentence: str) -> None:
    assert only(schema, value).message == sentence


def test_strict_speaks_of_null_where_the_document_allows_it() -> None:
    problem = only({"type": "string", "nullable": True}, 1, level="strict")
    assert (problem.message, problem.allowed) == ("expected a string or null, got 1.", ("string", "null"))


def test_a_field_that_is_not_allowed_is_named_with_its_neighbour() -> None:
    schema = {"properties": {"name": {}, "label": {}}, "additionalProperties": False}
    assert only(schema, {"nmae": 1}) == Problem(
        "body.nmae", "unknown field; this object allows no others.", found=1, nearest="name"
    )
    assert Checker(schema, {}).unknown_fields({"nmae": 1}) != ()


def test_what_two_merged_schemas_say_is_said_once() -> None:
    part = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["b"]}
    problems = Checker({"allOf": [part, part]}, {}).problems({"a": "x"})
    assert [problem.path for problem in problems] == ["body.b", "body.a"]


def test_nothing_is_said_of_parts_where_the_whole_is_of_the_wrong_kind() -> None:
    schema = {"allOf": [{"type": "array"}, {"type": "object", "required": ["a"]}]}
    assert [problem.message for problem in Checker(schema, {}).problems({})] == [
        "expected a list, got an object."
    ]


def test_numbers_are_compared_as_they_are_written() -> None:
    price = {"type": "number", "minimum": 0.1, "multipleOf": 0.01}
    for engine in ("fastest", "jsonschema"):
        checker = Checker(price, {}, engine=engine)  # type: ignore[arg-type]
        assert checker.problems(Decimal("0.10")) == ()
        assert checker.problems(19.99) == ()
        assert checker.problems(Decimal("12345678901234567.89")) == ()
        assert checker.problems(Decimal("0.105")) != ()


def test_a_recursive_value_is_checked_to_its_end() -> None:
    checker = Checker(
        {"$ref": "#/components/schemas/Node"},
        {
            "Node": {
                "properties": {"next": {"$ref": "#/components/schemas/Node"}, "size": {"type": "integer"}}
            }
        },
    )
    value: Any = {"size": "large", "colour": "red"}
    for _ in range(3):
        value = {"next": value}
    assert [problem.path for problem in checker.problems(value)] == ["body.next.next.next.size"]
    assert [problem.path for problem in checker.unknown_fields(value)] == ["body.next.next.next.colour"]


def test_a_value_too_deep_for_the_engine_is_a_problem_and_no_crash() -> None:
    nested = {"Node": {"items": {"anyOf": [{"$ref": "#/components/schemas/Node"}, {"type": "integer"}]}}}
    value: Any = "x"
    for _ in range(490):
        value = [value]
    checker = Checker({"$ref": "#/components/schemas/Node"}, nested, engine="jsonschema")
    assert checker.problems(value) in ((), (Problem("body", "is nested too deeply to be checked."),))


# ── alternatives ────────────────────────────────────────────────────────────────────────

CARD = {
    "type": "object",
    "properties": {"type": {"enum": ["Card"]}, "number": {"type": "string"}, "year": {"type": "integer"}},
    "required": ["type", "number", "year"],
}
BANK = {
    "type": "object",
    "properties": {"type": {"enum": ["Bank"]}, "iban": {"type": "string"}},
    "required": ["type", "iban"],
}
PAYMENT = {"Card": CARD, "Bank": BANK}
EITHER = [{"$ref": "#/components/schemas/Card"}, {"$ref": "#/components/schemas/Bank"}]


@pytest.mark.parametrize("keyword", ["anyOf", "oneOf"])
@pytest.mark.parametrize("level", ["standard", "strict"])
def test_of_alternatives_the_one_that_fits_best_is_spoken_of(keyword: str, level: Any) -> None:
    checker = Checker({keyword: EITHER}, PAYMENT, level=level)
    assert [
        str(problem) for problem in checker.problems({"type": "Card", "number": "1", "year": "soon"})
    ] == ["body.year: expected an integer, got 'soon'."]
    assert [str(problem) for problem in checker.problems({"type": "Bank"})] == ["body.iban: is required."]


def test_a_discriminator_chooses_the_alternative() -> None:
    schema = {
        "oneOf": EITHER,
        "discriminator": {
            "propertyName": "kind",
            "mapping": {"card": "#/components/schemas/Card", "bank": "Bank"},
        },
    }
    checker = Checker(schema, PAYMENT)
    problems = checker.problems({"kind": "card", "iban": "x"})
    assert [problem.path for problem in problems] == ["body.type", "body.number", "body.year"]
    assert checker.problems({"kind": "crad"}) == (
        Problem("body.kind", "expected one of 'card', 'bank'; got 'crad'.", "crad", ("card", "bank"), "card"),
    )


def test_alternatives_of_other_kinds_are_named_together() -> None:
    schema = {"anyOf": [{"type": "integer"}, {"type": "boolean"}]}
    assert only(schema, []).message == "expected an integer or true or false, got a list."


def test_a_value_that_fits_two_alternatives_of_one_is_told_so() -> None:
    schema = {"oneOf": [{"type": "integer"}, {"type": "number"}]}
    assert (
        only(schema, 1, level="strict").message
        == "matches more than one alternative; exactly one must match."
    )


# ── unknown fields ──────────────────────────────────────────────────────────────────────


def unknown(schema: dict[str, Any], value: Any, components: dict[str, Any] | None = None) -> list[str]:
    checker = Checker(schema, components or COMPONENTS)
    slow = Checker(schema, components or COMPONENTS, engine="jsonschema")
    assert slow.unknown_fields(value) == checker.unknown_fields(value)
    return [problem.path for problem in checker.unknown_fields(value)]


def test_an_unknown_field_is_found_at_any_depth() -> None:
    body = {
        "nam": 1,
        "items": [{"amount": 1}, {"amonut": 1}],
        "billToContact": {"country": "Canada", "x": {"y": 1}},
    }
    assert unknown(ACCOUNT, body) == ["body.nam", "body.items[1].amonut", "body.billToContact.x"]


@pytest.mark.parametrize("name", ["Region__c", "IntegrationId__NS", "Legacy__z"])
def test_a_custom_field_is_never_unknown(name: str) -> None:
    assert unknown(ACCOUNT, {"name": "A", "currency": "USD", name: 1}) == []


def test_names_are_known_from_every_schema_for_the_same_object() -> None:
    schema = {
        "properties": {"a": {}},
        "allOf": [
            {"properties": {"b": {}}},
            {"oneOf": [{"properties": {"c": {}}}, {"properties": {"d": {}}}]},
        ],
    }
    assert unknown(schema, {"a": 1, "b": 1, "c": 1, "d": 1, "e": 1}) == ["body.e"]


OPEN = [
    {"type": "object"},
    {"properties": {"a": {}}, "additionalProperties": True},
    {"properties": {"a": {}}, "additionalProperties": {"type": "string"}},
    {"allOf": [{"properties": {"a": {}}}, {"additionalProperties": True}]},
    {"oneOf": [{"properties": {"a": {}}}, {"type": "object"}]},
    {"type": "array", "items": {}},
]


@pytest.mark.parametrize("schema", OPEN, ids=str)
def test_an_object_that_the_document_opens_knows_every_name(schema: dict[str, Any]) -> None:
    assert unknown(schema, {"anything": "x"}) == []


def test_alternatives_that_only_require_do_not_open_an_object() -> None:
    schema = {"properties": {"a": {}, "b": {}}, "anyOf": [{"required": ["a"]}, {"required": ["b"]}]}
    assert unknown(schema, {"a": 1, "c": 1}) == ["body.c"]


def test_room_for_custom_fields_does_not_make_a_misspelling_right() -> None:
    components = {"AccountObjectCustomFields": {"type": "object", "additionalProperties": {}}}
    room = {"$ref": "#/components/schemas/AccountObjectCustomFields"}
    merged = {"allOf": [ACCOUNT, room]}
    body = {"name": "A", "currency": "USD", "billCycelDay": 1, "region__h": "west"}
    assert unknown(merged, body, {**COMPONENTS, **components}) == ["body.billCycelDay"]
    assert unknown({"properties": {"customFields": room}}, {"customFields": {"any": 1}}, components) == []


# ── secrets, engines, cost ──────────────────────────────────────────────────────────────


def test_no_message_shows_a_secret() -> None:
    card = {"properties": {"securityCode": {"type": "integer"}}}
    checker = Checker({"properties": {"cardNumber": {"enum": ["x"]}, "card": card}}, {})
    found = checker.check({"cardNumber": "4111", "card": {"securityCode": "12a"}, "password": "0000"})
    assert "4111" not in repr(found) and "12a" not in repr(found) and "0000" not in repr(found)
    assert [problem.found for problem in found.problems] == ["***", "***"]


def test_a_secret_that_tells_the_alternative_is_not_shown() -> None:
    schema = {"oneOf": [{"$ref": "#/components/schemas/A"}], "discriminator": {"propertyName": "password"}}
    components = {"A": {"properties": {"password": {"type": "integer"}}}}
    [problem] = Checker(schema, components).problems({"password": "geheim"})
    assert str(problem) == "body.password: expected one of 'A'; got a value that is not shown."
    assert problem.found == "***"


def test_a_problem_does_not_keep_a_container() -> None:
    assert only({"type": "array"}, {"password": "x"}).found == "an object"


def test_nothing_heavy_is_imported_before_a_value_is_checked_and_jsonschema_only_to_explain() -> None:
    script = """
import sys
from dynzuora.schema import Checker
checker = Checker({"type": "integer"}, {})
assert not {"jsonschema", "jsonschema_rs", "referencing"} & sys.modules.keys()
assert checker.problems(1) == ()
assert "jsonschema" not in sys.modules
assert len(checker.problems("x")) == 1
assert "jsonschema" in sys.modules
"""
    subprocess.run([sys.executable, "-c", script], check=True)


def test_jsonschema_alone_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    from dynzuora.schema import checking

    monkeypatch.setitem(sys.modules, "jsonschema_rs", None)
    checking._rust_engine.cache_clear()
    try:
        alone = Checker(ACCOUNT, COMPONENTS)
        assert alone.check({"name": "A", "currency": "USD"}) == CheckResult()
        assert [problem.path for problem in alone.problems({"name": "A"})] == ["body.currency"]
    finally:
        monkeypatch.undo()
        checking._rust_engine.cache_clear()


@pytest.mark.parametrize(
    ("values", "value", "message"),
    [
        ([{"a": 1}], {"a": 2}, 'expected {"a":1}; got {"a":2}.'),
        ([[1], [2, 3]], [4], "expected one of [1], [2,3]; got [4]."),
        ([{"password": "x"}, "none"], {"password": "geheim"}, "expected one of {...}, 'none'; got {...}."),
        ([{"a": 1}], 5, 'expected {"a":1}; got 5.'),
    ],
    ids=["object", "list", "secret", "another type"],
)
@pytest.mark.parametrize("level", ["standard", "strict"])
def test_an_enum_of_objects_and_lists_shows_them(
    values: list[Any], value: Any, message: str, level: str
) -> None:
    problem = only({"enum": values}, value, level=level)
    assert problem.message == message.replace("{...}", '{"password":"***"}')


@pytest.mark.parametrize("engine", ["fastest", "jsonschema"])
@pytest.mark.parametrize(
    ("items", "positions"),
    [
        ([Decimal("1.1"), 1.1], "[0] and [1]"),
        ([1, 2, Decimal("1.0")], "[0] and [2]"),
        ([{"a": Decimal("1.10")}, {"a": 1.1}], "[0] and [1]"),
        ([[1], [True], [1.0]], "[0] and [2]"),
    ],
)
def test_items_that_are_the_same_on_the_wire_are_not_unique(
    items: list[Any], positions: str, engine: Any
) -> None:
    checker = Checker({"type": "array", "uniqueItems": True}, {}, level="strict", engine=engine)
    [problem] = checker.problems(items)
    assert problem.message == f"has the same item twice, at {positions}; allowed: each item once."


@pytest.mark.parametrize("engine", ["fastest", "jsonschema"])
@pytest.mark.parametrize("items", [[1, True], [0, False], [[0], [False]], ["1", 1], [None, False]])
def test_items_of_different_types_are_different(items: list[Any], engine: Any) -> None:
    checker = Checker({"type": "array", "uniqueItems": True}, {}, level="strict", engine=engine)
    assert checker.problems(items) == ()


@pytest.mark.parametrize(
    "alternatives",
    [
        [{"type": "string"}, {"type": "null"}],
        [{"type": "string"}, {"enum": [None]}],
        [{"enum": [None]}, {"type": "string", "enum": ["A"]}],
        [{"type": "string", "nullable": True}, {"type": "string", "maxLength": 3}],
    ],
)
@pytest.mark.parametrize("keyword", ["anyOf", "oneOf"])
def test_alternatives_of_other_types_are_all_told(alternatives: list[Any], keyword: str) -> None:
    [problem] = Checker({keyword: alternatives}, {}, level="strict").problems(5)
    assert sorted(problem.allowed) == ["null", "string"]
