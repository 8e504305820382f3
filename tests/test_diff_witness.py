"""A value for each break: valid under one document and not under the other."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from dynzuora import diff
from dynzuora.comparison.candidates import Candidates, Side
from dynzuora.comparison.changes import Witness
from dynzuora.comparison.shapes import Version
from dynzuora.document import prepare
from dynzuora.schema import strict_schema
from tests.pets import changed, pets


def witness(edit: dict[str, Any], *, old: Any = None) -> Witness:
    old = old or pets()
    [change] = diff(old, changed(old, edit)).breaking
    assert change.witness is not None
    return change.witness


@pytest.mark.parametrize(
    ("edit", "value"),
    [
        pytest.param({"in.notes.maxLength": 4}, "xxxxx", id="one too long"),
        pytest.param({"in.weight.maximum": 10}, 11, id="one too many"),
        pytest.param({"in.weight.exclusiveMaximum": True}, 100, id="the limit itself"),
        pytest.param({"in.kind.enum": ["cat"]}, "dog", id="the value that went"),
        pytest.param({"in.secret.nullable": False}, None, id="null"),
        pytest.param({"in.age.type": "boolean"}, 1, id="the old type"),
        pytest.param({"in.step.multipleOf": 4}, 2, id="the old step"),
        pytest.param({"in.extra.maxProperties": 0}, {"field1": "Example"}, id="a field too many"),
        pytest.param({"in.labels.minItems": 2}, ["Example"], id="an item too few"),
        pytest.param({"in.labels.uniqueItems": True}, ["Example"] * 2, id="the same item twice"),
        pytest.param({"input.required": ["name", "age"]}, {"name": "Name"}, id="the field that is missing"),
    ],
)
def test_a_request_that_was_taken_is_refused(edit: dict[str, Any], value: Any) -> None:
    found = witness(edit)
    assert (found.value, found.valid) == (value, "old")


def test_a_response_that_could_not_come_comes() -> None:
    found = witness({"out.name.nullable": True})
    assert (found.value, found.valid, found.where) == (None, "new", "PetReply.name")


def test_a_witness_says_why_it_is_refused() -> None:
    assert witness({"in.kind.enum": ["cat"]}).problem.startswith("expected")


def test_jsonschema_alone_comes_to_the_same_verdict() -> None:
    edit = {"input.required": ["name", "owner"]}
    value = witness(edit).value
    old, new = (document["components"]["schemas"] for document in (pets(), changed(pets(), edit)))
    jsonschema.validate(value, strict_schema(old["PetInput"], old))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(value, strict_schema(new["PetInput"], new))


def test_a_schema_with_both_directions_is_proved_for_the_one_that_breaks() -> None:
    assert witness({"owner.required": ["city", "zip"]}).valid == "old"
    assert witness({"owner.required": []}).valid == "new"


def test_what_no_value_shows_is_no_break_of_a_schema() -> None:
    assert diff(pets(), changed(pets(), remove=["in.age", "out.age"])).breaking == ()


@pytest.mark.parametrize(
    ("schema", "types"),
    [
        pytest.param({"type": "string", "maxLength": 3}, {str}, id="a text"),
        pytest.param({"type": "integer", "maximum": 3}, {int, float}, id="a number"),
        pytest.param({"allOf": [{"type": "array"}, {"nullable": True}]}, {list}, id="of several schemas"),
        pytest.param({"type": "string", "enum": ["cat", "dog"]}, {str}, id="listed"),
        pytest.param({"type": "boolean", "enum": [True, False]}, set(), id="listed booleans"),
        pytest.param({}, {str, int, float, list, dict}, id="not declared"),
    ],
)
def test_a_witness_is_looked_for_among_values_of_the_declared_types(
    schema: dict[str, Any], types: set[type]
) -> None:
    side = Side(Version(prepare(pets())), schema)
    values = Candidates(side, side, "request").values()
    assert {type(value) for value in values} == {bool, type(None), *types}
