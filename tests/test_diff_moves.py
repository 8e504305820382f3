"""What lives on under another name or in another place, and the aliases that come of it."""

from __future__ import annotations

from typing import Any

import dynzuora
from dynzuora import diff
from dynzuora.comparison.changes import Move
from tests.pets import changed, pets


def moves(old: Any, new: Any) -> list[Move]:
    return list(diff(old, new).moves)


def with_operation(id: str, path: str, **more: Any) -> dict[str, Any]:
    operation = {"operationId": id, "responses": {"200": {"description": "ok"}}, **more}
    return {**pets(), "paths": {path: {"get": operation}}}


def test_an_operation_keeps_its_id_on_another_path() -> None:
    old, new = with_operation("GET_Pets", "/v1/pets"), with_operation("GET_Pets", "/v1/animals")
    assert moves(old, new) == [Move("operation-path", "", "GET /v1/pets", "GET /v1/animals")]


def test_an_operation_has_another_id_on_the_same_path_and_an_alias() -> None:
    old, new = with_operation("GET_Petz", "/v1/pets"), with_operation("getPets", "/v1/pets")
    found = diff(old, new)
    assert found.moves == (Move("operation-id", "", "GET_Petz", "getPets"),)
    assert found.aliases == {"GET_Petz": "getPets"}


def test_an_operation_with_another_spelling_and_path_is_the_same() -> None:
    old, new = with_operation("GET_Pets", "/v1/pets"), with_operation("getPets", "/v2/pets")
    assert {each.kind for each in moves(old, new)} == {"operation-id", "operation-path"}


def test_a_client_takes_the_aliases_as_they_are() -> None:
    old, new = with_operation("GET_Petz", "/v1/pets"), with_operation("GET_Pets", "/v1/pets")
    client = dynzuora.Client(new, "http://127.0.0.1:9", token="t", aliases=diff(old, new).aliases)
    assert client.prepare("GET_Petz").operation_id == "GET_Pets"


def test_a_call_by_its_old_path_finds_an_operation_that_moved() -> None:
    old, new = with_operation("GET_Pets", "/v1/pets"), with_operation("GET_Pets", "/v1/animals")
    client = dynzuora.Client(new, "http://127.0.0.1:9", token="t", aliases=diff(old, new).aliases)
    assert client.prepare("GET /v1/pets").operation_id == "GET_Pets"


def test_an_id_that_is_used_again_elsewhere_goes_before_the_path() -> None:
    old = with_operation("GET_Pets", "/v1/pets")
    new = with_operation("GET_Pets", "/v1/animals")
    new["paths"]["/v1/pets"] = {"get": {"operationId": "GET_Cats", "responses": {}}}
    found = diff(old, new)
    assert found.aliases == {}
    assert [each.id for each in found.changes] == ["operation-moved", "operation-added"]


def test_ids_that_change_places_are_paired_by_their_paths() -> None:
    old, new = with_operation("one", "/x"), with_operation("two", "/x")
    old["paths"]["/y"] = {"get": {"operationId": "two", "responses": {}}}
    new["paths"]["/y"] = {"get": {"operationId": "three", "responses": {}}}
    found = diff(old, new)
    assert [(change.id, change.where) for change in found.changes] == [
        ("operation-id-reused", "two"),
        ("operation-id-changed", "one"),
        ("operation-id-changed", "two"),
    ]
    assert found.aliases == {"one": "two"}


def test_two_operations_that_could_be_it_are_not_guessed_at() -> None:
    old, new = with_operation("GET_Pets", "/v1/pets"), with_operation("getPets", "/v1/a")
    new["paths"]["/v1/b"] = {"get": {"operationId": "get_pets", "responses": {}}}
    assert moves(old, new) == []


def test_a_path_parameter_is_told_by_its_position() -> None:
    id = {"name": "petId", "in": "path", "required": True, "schema": {"type": "string"}}
    key = {**id, "name": "key"}
    old = with_operation("GET_Pet", "/v1/pets/{petId}/tags", parameters=[id])
    new = with_operation("GET_Pet", "/v1/pets/{key}/tags", parameters=[key])
    assert moves(old, new) == [Move("path-parameter", "GET_Pet: path parameter petId", "petId", "key")]


def test_path_parameters_that_change_places_are_told_by_their_position() -> None:
    first = {"name": "a", "in": "path", "required": True, "schema": {"type": "string"}}
    second = {**first, "name": "b", "schema": {"type": "integer"}}
    old = with_operation("GET_Pet", "/v1/{a}/{b}", parameters=[first, second])
    new = with_operation("GET_Pet", "/v1/{b}/{a}", parameters=[first, second])
    assert {(each.old, each.new) for each in moves(old, new)} == {("a", "b"), ("b", "a")}


def test_a_parameter_in_another_spelling_is_the_same() -> None:
    old = with_operation("G", "/v", parameters=[{"name": "page-size", "in": "query", "schema": {}}])
    new = with_operation("G", "/v", parameters=[{"name": "pageSize", "in": "query", "schema": {}}])
    assert moves(old, new) == [Move("parameter", "G: query parameter page-size", "page-size", "pageSize")]


def test_a_property_in_another_spelling_is_the_same_and_compared() -> None:
    old = changed(pets(), {"in.fiscal_quarter": {"type": "string"}})
    new = changed(pets(), {"in.fiscalQuarter": {"type": "string", "maxLength": 2}})
    found = diff(old, new)
    assert [each.id for each in found.changes] == ["max-length-set", "property-renamed"]
    assert found.changes[1].new == "fiscalQuarter"


def test_names_with_words_of_their_own_are_two_properties() -> None:
    old = changed(pets(), {"in.startDateOfTerm": {"type": "string"}})
    new = changed(pets(), {"in.otherDateOfTerm": {"type": "string"}})
    assert moves(old, new) == []


def test_names_that_are_alike_for_other_things_are_two_properties() -> None:
    old = changed(pets(), {"in.batch": {"type": "string"}})
    new = changed(pets(), {"in.batches": {"type": "array", "items": {"type": "string"}}})
    assert moves(old, new) == []


def test_a_schema_is_found_again_where_it_stood() -> None:
    keeper = pets()["components"]["schemas"]["Owner"]
    reference = {"$ref": "#/components/schemas/Keeper"}
    new = changed(
        pets(), {"schemas.Keeper": keeper, "in.owner": reference, "out.owner": reference}, ["schemas.Owner"]
    )
    assert moves(pets(), new) == [Move("schema", "", "Owner", "Keeper")]
