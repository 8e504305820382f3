"""A reference means what stood at its place when the document was written, whatever is repaired."""

from __future__ import annotations

from typing import Any

import pytest

from dynzuora.document import prepare
from tests.documents import document, parameter


def operation(id: str, **more: Any) -> dict[str, Any]:
    return {"operationId": id, "responses": {}, **more}


def names(parameters: list[dict[str, Any]]) -> list[str]:
    return [each["name"] for each in parameters]


def test_a_position_among_parameters_means_the_same_after_one_is_removed() -> None:
    listed = [parameter("Accept", "header"), parameter("q"), parameter("z")]
    prepared = prepare(
        document(
            {
                "/a": {"get": operation("a", parameters=listed)},
                "/b": {"get": operation("b", parameters=[{"$ref": "#/paths/~1a/get/parameters/1"}])},
            }
        )
    )
    assert {id: names(prepared.slice(id)["parameters"]) for id in "ab"} == {"a": ["q", "z"], "b": ["q"]}


SCHEMA = {"type": "integer"}
MEDIA = {"application/json; charset=utf-8": {"schema": {"type": "array", "items": SCHEMA}}}


@pytest.mark.parametrize(
    ("path", "item", "target"),
    [
        (
            "/a",
            {"get": operation("a", responses={"200": {"description": "", "content": MEDIA}})},
            "#/paths/~1a/get/responses/200/content/application~1json;%20charset=utf-8/schema/items",
        ),
        (
            "/a",
            {"get": operation("a", responses={"2xx": {"description": "", "content": MEDIA}})},
            "#/paths/~1a/get/responses/2xx/content/application~1json; charset=utf-8/schema/items",
        ),
        (
            "a",
            {"post": operation("a", requestBody={"content": {"application/json": {"schema": SCHEMA}}})},
            "#/paths/a/post/requestBody/content/application~1json/schema",
        ),
        (
            "/a",
            {"GET": operation("a", parameters=[parameter("q", schema=SCHEMA)])},
            "#/paths/~1a/GET/parameters/0/schema",
        ),
        (
            "/a",
            {"get": operation("a", parameters=[parameter("q", schema={"allOf": [None, SCHEMA]})])},
            "#/paths/~1a/get/parameters/0/schema/allOf/1",
        ),
    ],
    ids=["media type", "status", "path", "method", "place in a list"],
)
def test_a_pointer_means_the_same_after_a_key_is_respelled(path: str, item: Any, target: str) -> None:
    body = {"content": {"application/json": {"schema": {"properties": {"x": {"$ref": target}}}}}}
    prepared = prepare(document({path: item, "/b": {"post": operation("b", requestBody=body)}}))
    slice = prepared.slice("b")
    reference = slice["requestBody"]["content"]["application/json"]["schema"]["properties"]["x"]["$ref"]
    assert slice["components"]["schemas"] == {reference.removeprefix("#/components/schemas/"): SCHEMA}


def test_a_pointer_may_lead_on_behind_a_reference() -> None:
    components = {
        "schemas": {
            "A": {"properties": {"b": {"$ref": "#/components/schemas/B"}}},
            "B": {"properties": {"c": SCHEMA}},
        }
    }
    target = {"$ref": "#/components/schemas/A/properties/b/properties/c"}
    body = {"content": {"application/json": {"schema": {"items": target}}}}
    prepared = prepare(document({"/a": {"post": operation("a", requestBody=body)}}, components=components))
    assert (list(prepared.slice("a")["components"]["schemas"].values()), prepared.warnings) == ([SCHEMA], ())


def test_what_an_overlay_refers_to_is_looked_up_in_what_it_changes() -> None:
    update = {
        "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/B/items"}}}}
    }
    overlay = {
        "overlay": "1.0.0",
        "info": {"title": "T", "version": "1"},
        "actions": [
            {"target": "$.components.schemas", "update": {"B": {"items": SCHEMA}}},
            {"target": "$.paths['/a'].post", "update": update},
        ],
    }
    whole = document({"/a": {"post": operation("a")}}, components={"schemas": {}})
    prepared = prepare(whole, overlay=overlay)
    assert prepared.slice("a")["components"]["schemas"] == {"B.items": SCHEMA}


# -- Swagger 2.0 ------------------------------------------------------------------------


def swagger(paths: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"swagger": "2.0", "info": {"title": "T", "version": "1"}, "paths": paths, **more}


OWN = {
    "get": {
        "operationId": "a",
        "parameters": [{"name": "q", "in": "query", "type": "array", "items": {"type": "integer"}}],
        "responses": {"200": {"description": "", "schema": {"type": "array", "items": SCHEMA}}},
    },
    "post": {
        "operationId": "c",
        "parameters": [{"name": "body", "in": "body", "required": True, "schema": SCHEMA}],
        "responses": {},
    },
}


@pytest.mark.parametrize(
    "target",
    [
        "#/paths/~1a/get/responses/200/schema/items",
        "#/paths/~1a/get/parameters/0/items",
        "#/paths/~1a/post/parameters/0/schema",
        "#/responses/R/schema",
        "#/parameters/B/schema",
        "#/definitions/D/properties/x",
    ],
)
@pytest.mark.parametrize("types", [["application/json"], ["text/xml", "application/json"]])
def test_pointers_into_swagger_2_0_lead_to_schemas(target: str, types: list[str]) -> None:
    whole = swagger(
        {
            "/a": OWN,
            "/b": {
                "get": {
                    "operationId": "b",
                    "responses": {"200": {"description": "", "schema": {"items": {"$ref": target}}}},
                }
            },
        },
        produces=types,
        consumes=types,
        responses={"R": {"description": "", "schema": SCHEMA}},
        parameters={"B": {"name": "body", "in": "body", "schema": SCHEMA}},
        definitions={"D": {"properties": {"x": SCHEMA}}},
    )
    prepared = prepare(whole)
    assert prepared.warnings == ()
    assert list(prepared.slice("b")["components"]["schemas"].values()) == [SCHEMA]


def test_pointers_into_swagger_2_0_lead_to_parameters_bodies_and_responses() -> None:
    other = {
        "operationId": "b",
        "parameters": [{"$ref": "#/paths/~1a/get/parameters/0"}, {"$ref": "#/paths/~1a/post/parameters/0"}],
        "responses": {"200": {"$ref": "#/paths/~1a/get/responses/200"}},
    }
    prepared = prepare(swagger({"/a": OWN, "/b": {"post": other}}))
    first, body, second = prepared.slice("a"), prepared.slice("c"), prepared.slice("b")
    assert (second["parameters"], second["responses"]) == (first["parameters"], first["responses"])
    assert (second["requestBody"], prepared.warnings) == (body["requestBody"], ())
