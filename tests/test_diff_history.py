"""When a field was added, became required, changed, moved or was removed, over any number of versions."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dynzuora.comparison.history import history
from dynzuora.errors import SpecError, UnknownOperation
from tests.pets import changed, pets


def versions(*changes: dict[str, Any]) -> list[dict[str, Any]]:
    """Return one document after the other, each with one change more."""
    documents = [pets(version="1")]
    for number, edit in enumerate(changes, 2):
        remove = [path for path, value in edit.items() if value is None]
        kept = {path: value for path, value in edit.items() if value is not None}
        documents.append(changed(documents[-1], {**kept, "document.info.version": str(number)}, remove))
    return documents


def story(operation: str, field: str, documents: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    found = history(operation, field, folder=documents)
    return [(each.version, each.kind, each.where) for each in found.events if each.where]


def test_a_field_has_a_story() -> None:
    documents = versions(
        {"in.colour": {"type": "string"}},
        {"input.required": ["name", "colour"]},
        {"in.colour.enum": ["red", "blue"]},
        {"in.colour.enum": ["red", "green"]},
        {"in.colour": {"type": "integer"}},
        {"in.colour": None, "input.required": ["name"]},
    )
    assert story("POST_Pet", "colour", documents) == [
        ("2", "added", "body.colour"),
        ("3", "became-required", "body.colour"),
        ("4", "values", "body.colour"),
        ("5", "values", "body.colour"),
        ("6", "type", "body.colour"),
        ("6", "values", "body.colour"),
        ("7", "removed", "body.colour"),
    ]


def test_a_field_is_found_wherever_it_is_in_any_spelling() -> None:
    assert {each[2] for each in story("GET_Pets", "x_trace", [pets()])} == {"header parameter X-Trace"}
    assert ("1", "added", "response 200.pets[].owner.zip") in story("GET_Pets", "ZIP", [pets()])


def test_recursion_is_followed_once() -> None:
    assert story("GET_Pet", "parent", [pets()]) == [("1", "added", "response 200.parent")]


def test_a_field_that_went_elsewhere_has_moved() -> None:
    documents = versions(
        {"in.owner": {"type": "object", "properties": {"age": {"type": "integer"}}}, "in.age": None}
    )
    assert story("POST_Pet", "age", documents)[-1] == ("2", "moved", "body.owner.age")


def test_a_field_that_moved_may_have_changed_as_well() -> None:
    inner = {"type": "object", "required": ["age"], "properties": {"age": {"type": "integer", "enum": [1]}}}
    documents = versions({"in.owner": inner, "in.age": None})
    assert story("POST_Pet", "age", documents)[-3:] == [
        ("2", "moved", "body.owner.age"),
        ("2", "became-required", "body.owner.age"),
        ("2", "values", "body.owner.age"),
    ]


def test_an_operation_has_a_story_too() -> None:
    documents = versions({"drop.deprecated": True}, {"drop.operationId": "DELETE_Animal"}, {"drop": None})
    found = history("DELETE_Animal", folder=documents)
    assert [(each.version, each.kind) for each in found.events] == [
        ("1", "added"),
        ("2", "operation-deprecated"),
        ("3", "renamed"),
        ("4", "removed"),
    ]


def test_the_order_is_that_of_the_versions_and_not_of_the_files(tmp_path: Path) -> None:
    old, new = versions({"in.colour": {"type": "string"}})
    (tmp_path / "b.json").write_text(json.dumps(old))
    (tmp_path / "a.json").write_text(json.dumps(new))
    (tmp_path / "broken.json").write_text("{")
    found = history("POST_Pet", "colour", folder=tmp_path)
    assert found.versions == ("1", "2")
    assert found.to_text().splitlines()[0] == "1  POST_Pet was added: POST /v1/pets"
    assert [Path(each).name for each in found.unread] == ["broken.json"]


def test_an_unknown_operation_is_named_with_its_neighbours() -> None:
    with pytest.raises(UnknownOperation, match="Did you mean POST_Pet"):
        history("POST_Pot", folder=[pets()])


def test_an_unknown_field_and_an_empty_folder_are_said(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="no field 'wings'"):
        history("POST_Pet", "wings", folder=[pets()])
    with pytest.raises(SpecError, match="holds no OpenAPI document"):
        history("POST_Pet", folder=tmp_path)


def test_the_stored_versions_say_when_a_field_was_removed(full_spec: Callable[[str], Path]) -> None:
    found = history("POST_Subscription", "invoiceCollect", folder=full_spec("2020-12-10").parent)
    assert [(each.version, each.kind, each.where) for each in found.events if each.where] == [
        ("2018-08-23", "added", "body.invoiceCollect"),
        ("2026-05-01", "removed", "body.invoiceCollect"),
    ]
