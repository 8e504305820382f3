"""What counts as one change: root causes, what they reach, and faults of the document itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import dynzuora
from dynzuora import diff
from dynzuora.comparison import Change, Diff
from dynzuora.comparison.shapes import Version
from dynzuora.comparison.surface import signature
from dynzuora.document import prepare
from tests.pets import changed, pets


def only(found: Diff) -> Change:
    [change] = found.changes
    return change


def test_a_schema_that_many_operations_share_is_one_change_with_all_of_them() -> None:
    change = only(diff(pets(), changed(pets(), {"out.age.type": "number"})))
    assert (change.where, change.operations) == ("PetReply.age", ("GET_Pets", "POST_Pet", "GET_Pet"))


def test_a_schema_below_others_reaches_the_operations_of_those() -> None:
    change = only(diff(pets(), changed(pets(), {"shared.zip.type": "integer"})))
    assert (change.direction, change.operations) == ("both", ("GET_Pets", "POST_Pet", "GET_Pet"))


def test_the_worst_verdict_leads_and_the_other_direction_is_kept() -> None:
    change = only(diff(pets(), changed(pets(), {"shared.zip.enum": ["1000", "2000"]})))
    assert [(each.direction, each.severity) for each in change.verdicts] == [
        ("request", "breaking"),
        ("response", "info"),
    ]
    assert change.why == change.verdicts[0].why


def test_one_rule_on_one_schema_is_one_change_with_several_facts() -> None:
    new = changed(pets(), {"out.age.type": "number", "out.weight": {"type": "string"}})
    new = changed(new, {"out.weight": {"type": "object"}, "out.name": {"type": "integer"}})
    found = {each.id: each for each in diff(pets(), new).changes}
    change = found["type-changed"]
    assert (change.where, [each.where for each in change.facts]) == (
        "PetReply",
        ["PetReply.name", "PetReply.weight"],
    )


def test_the_same_parameter_added_to_many_operations_is_one_change() -> None:
    trace = {"name": "X-Span", "in": "header", "schema": {"type": "string"}}
    new = changed(pets(), {"pet.parameters": [trace], "pets.parameters": [trace]})
    change = only(diff(pets(), new))
    assert change.where == "header parameter X-Span"
    assert change.operations == ("GET_Pets", "POST_Pet", "GET_Pet", "DELETE_Pet")


def test_the_same_change_of_many_inline_schemas_is_one_change() -> None:
    error = {"description": "no", "content": {"application/json": {"schema": {"properties": {"code": {}}}}}}
    old = changed(pets(), {"get.responses.404": error, "one.responses.404": error})
    there = "responses.404.content.application/json.schema.properties.at"
    new = changed(old, {f"get.{there}": {"type": "string"}, f"one.{there}": {"type": "string"}})
    change = only(diff(old, new))
    assert (change.where, change.operations) == ("response 404.at", ("GET_Pets", "GET_Pet"))


def test_a_property_taken_from_a_base_is_a_change_of_the_base_only() -> None:
    base = {"allOf": [{"$ref": "#/components/schemas/Place"}, {"properties": {"zip": {"type": "string"}}}]}
    place = {"type": "object", "properties": {"city": {"type": "string"}}}
    old = changed(pets(), {"schemas.Owner": base, "schemas.Place": place})
    new = changed(old, {"schemas.Place.properties.city.type": "integer"})
    assert only(diff(old, new)).where == "Place.city"


def test_a_base_that_was_made_of_what_several_said_is_one_place() -> None:
    zips = {"type": "object", "properties": {"zip": {"type": "string"}}}
    old = changed(pets(), {"schemas.Email": zips, "schemas.Phone": zips})
    base = {"allOf": [{"$ref": "#/components/schemas/Place"}]}
    shorter = {"type": "object", "properties": {"zip": {"type": "string", "maxLength": 5}}}
    new = changed(old, {"schemas.Email": base, "schemas.Phone": base, "schemas.Place": shorter})
    assert only(diff(old, new)).where == "Place.zip"


def test_a_position_that_turns_to_another_schema_is_a_change_of_the_position() -> None:
    new = changed(pets(), {"in.owner": {"$ref": "#/components/schemas/Phone"}})
    assert {each.where for each in diff(pets(), new).changes} == {
        "PetInput.owner.number",
        "PetInput.owner.city",
        "PetInput.owner.zip",
    }


def test_recursion_through_merged_schemas_ends() -> None:
    node = {
        "allOf": [
            {"properties": {"next": {"$ref": "#/components/schemas/Owner"}}},
            {"properties": {"next": {"allOf": [{"$ref": "#/components/schemas/Owner"}]}}},
        ]
    }
    old = changed(pets(), {"schemas.Owner": node})
    new = changed(old, {"schemas.Owner.allOf.1.properties.more": {"type": "string"}})
    assert only(diff(old, new)).id == "property-added"


def test_a_fact_says_where_in_the_document_it_is() -> None:
    change = only(diff(pets(), changed(pets(), {"in.labels.items.maxLength": 9})))
    assert change.facts[0].pointer == "#/components/schemas/PetInput/properties/labels/items"
    assert (change.facts[0].old, change.facts[0].new, change.field) == (None, 9, "labels")


def test_a_fingerprint_stays_while_the_change_does() -> None:
    new = changed(pets(), {"out.age.type": "number"})
    later = changed(new, {"in.colour": {"type": "string"}})
    found = {each.where: each for each in diff(pets(), later).changes}
    assert found["PetReply.age"].fingerprint == only(diff(pets(), new)).fingerprint


def test_changes_come_worst_first() -> None:
    new = changed(pets(), {"in.colour": {}, "in.age.type": "boolean"}, remove=["out.age"])
    assert [each.severity for each in diff(pets(), new).changes] == ["breaking", "warning", "info"]


def many(word: str, value: Any) -> dict[str, Any]:
    """Return the document with thirty more schemas, each with a property changed by ``word``."""
    properties = {f"part{each}": {"$ref": f"#/components/schemas/Part{each}"} for each in range(30)}
    document = changed(pets(), {f"out.{name}": schema for name, schema in properties.items()})
    for each in range(30):
        part = {"type": "object", "properties": {"size": {"type": "string"}}}
        document["components"]["schemas"][f"Part{each}"] = part
        if word:
            part["properties"]["size"][word] = value
    return document


def test_a_name_that_every_schema_lost_is_a_fault_of_the_document_said_once() -> None:
    old, new = many("", None), many("", None)
    for each in range(30):
        old["components"]["schemas"][f"Part{each}"]["properties"]["description"] = {"type": "string"}
    change = only(diff(old, new))
    assert (change.id, change.severity, change.field, len(change.facts)) == (
        "property-lost-everywhere",
        "warning",
        "description",
        30,
    )
    assert only(diff(new, old)).id == "property-found-everywhere"


def test_the_keywords_of_a_property_called_properties_are_not_names_of_properties() -> None:
    field = {"type": "object", "description": "Free fields"}
    version = Version(prepare(changed(pets(), {"out.properties": field})))
    assert version.undeclared(["properties", "description"]) == {"description"}


def test_a_name_that_one_schema_keeps_was_not_lost_by_the_document() -> None:
    old, new = many("", None), many("", None)
    for each in range(30):
        old["components"]["schemas"][f"Part{each}"]["properties"]["description"] = {"type": "string"}
    new["components"]["schemas"]["Part0"]["properties"]["description"] = {"type": "string"}
    assert {each.id for each in diff(old, new).changes} == {"property-removed"}


def test_a_document_that_speaks_of_null_for_the_first_time_is_one_change() -> None:
    old, new = many("", None), many("nullable", True)
    for document in (old, new):
        for place in ("PetInput", "PetReply"):
            del document["components"]["schemas"][place]["properties"]["secret"]["nullable"]
    change = only(diff(old, new))
    assert (change.id, change.severity, len(change.facts)) == ("null-declared", "breaking", 30)
    assert only(diff(new, old)).id == "null-undeclared"


def test_a_document_that_says_for_the_first_time_how_to_authenticate_is_no_break() -> None:
    old = pets()
    for each in range(25):
        operation = {"operationId": f"GET_{each}", "responses": {"200": {"description": "ok"}}}
        old["paths"][f"/v1/{each}"] = {"get": operation}
    new = changed(old, {"document.security": [{"key": []}]})
    new["components"]["securitySchemes"] = {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}
    assert (only(diff(old, new)).id, only(diff(new, old)).id) == ("security-declared", "security-undeclared")


def test_an_operation_that_cannot_be_used_any_more_is_said_to_be_broken() -> None:
    lost = {"$ref": "#/components/parameters/Lost"}
    new = changed(pets(), {"one.parameters.0": lost})
    assert (only(diff(pets(), new)).id, only(diff(new, pets())).id) == (
        "operation-broken",
        "operation-repaired",
    )


def test_prose_counts_when_it_is_asked_for() -> None:
    new = changed(pets(), {"get.description": "Lists pets.", "in.name.description": "Its name."})
    assert diff(pets(), new).changes == ()
    found = diff(pets(), new, descriptions=True).changes
    assert [each.where for each in found] == ["GET_Pets", "PetInput.name"]


def test_a_signature_that_changed_is_shown_before_and_after() -> None:
    new = changed(pets(), {"get.parameters.0.required": True})
    [signature] = diff(pets(), new).surface
    before, *rest = signature.old
    assert rest == [
        *("status: Literal['new', 'old'] | None = None", "names: list | None = None"),
        "X_Trace: str | None = None",
    ]
    assert (before, signature.new) == ("limit: int | None = None", ("limit: int", *rest))


@pytest.mark.parametrize("version", ["2020-12-10", "2021-08-20"])
def test_a_signature_is_the_one_that_the_operation_has(version: str) -> None:
    document = dynzuora.load(version)
    sides = Version(document.prepared)
    for id, operation in document.operations.items():
        arguments = tuple(
            f"{each.name}: {each.annotation}" + ("" if each.default is each.empty else " = None")
            for each in operation.signature_parameters()
        )
        assert signature(sides, sides.slices[id]) == arguments


def test_documents_of_two_formats_are_compared_by_what_they_say() -> None:
    swagger = {
        "swagger": "2.0",
        "info": {"title": "Pets", "version": "1"},
        "host": "pets.example",
        "schemes": ["https"],
        "consumes": ["application/json"],
        "produces": ["application/json"],
        "paths": {
            "/pets": {
                "post": {
                    "operationId": "POST_Pet",
                    "parameters": [
                        {"name": "dry", "in": "query", "type": "boolean"},
                        {
                            "name": "body",
                            "in": "body",
                            "required": True,
                            "schema": {"$ref": "#/definitions/Pet"},
                        },
                    ],
                    "responses": {"200": {"description": "ok", "schema": {"$ref": "#/definitions/Pet"}}},
                }
            }
        },
        "definitions": {"Pet": {"type": "object", "properties": {"name": {"type": "string"}}}},
    }
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}}
    openapi = {
        "openapi": "3.0.0",
        "info": {"title": "Pets", "version": "2"},
        "servers": [{"url": "https://pets.example"}],
        "paths": {
            "/pets": {
                "post": {
                    "operationId": "POST_Pet",
                    "parameters": [{"name": "dry", "in": "query", "schema": {"type": "boolean"}}],
                    "requestBody": {"required": True, "content": content},
                    "responses": {"200": {"description": "ok", "content": content}},
                }
            }
        },
        "components": {"schemas": {"Pet": {"type": "object", "properties": {"name": {"type": "string"}}}}},
    }
    assert diff(swagger, openapi).changes == ()


# -- the stored documents --------------------------------------------------------------------------

VERSIONS = ("2018-08-23", "2020-12-10", "2021-08-20", "2026-05-01")


@pytest.mark.parametrize("version", VERSIONS)
def test_a_stored_document_has_no_difference_from_itself(
    full_spec: Callable[[str], Path], version: str
) -> None:
    from dynzuora.document import prepare

    prepared, again = prepare(full_spec(version)), prepare(full_spec(version))
    again.digest = "another, so that they are read"
    found = diff(prepared, again)
    assert (found.changes, found.moves, found.surface) == ((), (), ())


@pytest.fixture(scope="module")
def far(full_spec: Callable[[str], Path]) -> Diff:
    """What changed from 2020-12-10 to 2026-05-01."""
    return diff(full_spec("2020-12-10"), full_spec("2026-05-01"))


def test_five_years_break_at_most_a_hundred_things_besides_the_removed_operations(far: Diff) -> None:
    removed = [each for each in far.changes if each.id == "operation-removed"]
    assert len(removed) == len({each.operations for each in removed}) == 146
    assert len(far.breaking) - len(removed) <= 100


def test_operations_that_live_on_under_their_id_are_paired(far: Diff) -> None:
    moved = [each for each in far.changes if each.id == "operation-moved"]
    assert len(moved) == 48
    assert not {id for each in moved for id in each.operations} & {
        id
        for each in far.changes
        if each.id in ("operation-removed", "operation-added")
        for id in each.operations
    }


def test_properties_named_description_are_missed_where_nothing_restores_them(far: Diff) -> None:
    lost = [each for each in far.changes if each.field == "description" and each.severity != "info"]
    assert [(each.id, *each.operations) for each in lost] == [
        ("property-removed", "POST_Create_Notification_Definition"),
        ("property-removed", "PUT_Update_Notification_Definition"),
    ]


def test_a_charset_is_no_change(far: Diff) -> None:
    assert not any("charset" in f"{each.old} {each.new}" for each in far.changes)


def test_nearly_every_break_of_a_schema_is_proved(far: Diff) -> None:
    breaking = [each for each in far.breaking if each.area == "schema"]
    assert sum(each.witness is not None for each in breaking) >= 0.9 * len(breaking) > 0


def test_the_change_from_swagger_2_is_none(full_spec: Callable[[str], Path]) -> None:
    found = diff(full_spec("2018-08-23"), full_spec("2020-12-10"))
    of_format = (
        "body-",
        "required-body-",
        "media-type-",
        "parameter-style",
        "parameter-relocated",
        "encoding-",
    )
    assert [each for each in found.changes if each.id.startswith((*of_format, "security-", "server-"))] == []
