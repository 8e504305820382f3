"""Swagger 2.0 and OpenAPI 3.1 are read as 3.0 where they say the same, and refused by name elsewhere."""

from __future__ import annotations

from typing import Any

import pytest

from dynzuora.document import prepare, repaired
from dynzuora.errors import SpecError


def swagger(operation: dict[str, Any], path: str = "/a", **more: Any) -> dict[str, Any]:
    operation = {"operationId": "a", "responses": {}, **operation}
    return {
        "swagger": "2.0",
        "info": {"title": "Tiny", "version": "1"},
        "host": "rest.example.com",
        "basePath": "/",
        "paths": {path: {"post": operation}},
        **more,
    }


def openapi31(schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "openapi": "3.1.0",
        "info": {"title": "Tiny", "version": "1"},
        "paths": {},
        "components": {"schemas": {"A": schema, "B": {"type": "string"}}},
        **more,
    }


# -- Swagger 2.0 ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "servers"),
    [
        ({}, ("https://rest.example.com",)),
        ({"basePath": "/v1/"}, ("https://rest.example.com/v1",)),
        ({"schemes": ["http", "https", "wss"]}, ("http://rest.example.com", "https://rest.example.com")),
        ({"host": None, "basePath": "/v1"}, ("/v1",)),
        ({"host": None}, ("/",)),
    ],
)
def test_host_base_path_and_schemes_become_servers(more: dict[str, Any], servers: tuple[str, ...]) -> None:
    assert prepare(swagger({}, **more)).servers == servers


@pytest.mark.parametrize(
    ("parameter", "style", "explode", "schema"),
    [
        ({"in": "query", "type": "integer", "maximum": 40}, "form", True, {"type": "integer", "maximum": 40}),
        ({"in": "query", "type": "array"}, "form", False, {"type": "array"}),
        ({"in": "query", "type": "array", "collectionFormat": "multi"}, "form", True, {"type": "array"}),
        (
            {"in": "query", "type": "array", "collectionFormat": "ssv"},
            "spaceDelimited",
            False,
            {"type": "array"},
        ),
        (
            {"in": "query", "type": "array", "collectionFormat": "pipes"},
            "pipeDelimited",
            False,
            {"type": "array"},
        ),
        ({"in": "query", "type": "array", "collectionFormat": "tsv"}, "form", False, {"type": "array"}),
        ({"in": "header", "type": "array", "collectionFormat": "csv"}, "simple", False, {"type": "array"}),
        ({"in": "header", "type": "string", "x-nullable": True}, "simple", False, {"type": "string"}),
    ],
    ids=["plain", "csv", "multi", "ssv", "pipes", "tsv", "header", "extension"],
)
def test_collection_formats_become_styles(parameter: Any, style: str, explode: bool, schema: Any) -> None:
    document = swagger(
        {"parameters": [{"$ref": "#/parameters/P"}]}, parameters={"P": {"name": "p", **parameter}}
    )
    assert prepare(document).slice("a")["parameters"] == [
        {
            "name": "p",
            "in": parameter["in"],
            "required": False,
            "style": style,
            "explode": explode,
            "schema": schema,
        }
    ]


def test_a_body_parameter_becomes_a_request_body_in_every_type_that_is_consumed() -> None:
    body = {"in": "body", "name": "b", "required": True, "schema": {"$ref": "#/definitions/A"}}
    document = swagger(
        {
            "parameters": [{"$ref": "#/parameters/B"}],
            "consumes": ["application/json; charset=utf-8", "text/xml"],
        },
        parameters={"B": body},
        definitions={
            "A": {"type": "object", "discriminator": "t", "properties": {"t": {"x-nullable": True}}}
        },
        consumes=["application/json"],
    )
    cut = prepare(document).slice("a")
    entry = {"schema": {"$ref": "#/components/schemas/A"}}
    assert cut["requestBody"] == {"required": True, "content": {"application/json": entry, "text/xml": entry}}
    assert cut["components"]["schemas"] == {
        "A": {
            "type": "object",
            "discriminator": {"propertyName": "t"},
            "properties": {"t": {"nullable": True}},
        }
    }


def test_form_parameters_become_one_form_and_files_make_it_multipart() -> None:
    fields = [
        {"in": "formData", "name": "file", "type": "file", "required": True, "description": "The file."},
        {
            "in": "formData",
            "name": "tags",
            "type": "array",
            "items": {"type": "string"},
            "collectionFormat": "multi",
        },
    ]
    cut = prepare(swagger({"parameters": fields, "consumes": ["application/x-www-form-urlencoded"]})).slice(
        "a"
    )
    assert cut["requestBody"] == {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "file": {"type": "string", "format": "binary", "description": "The file."},
                        "tags": {"type": "array", "items": {"type": "string"}},
                    },
                    "required": ["file"],
                },
                "encoding": {"tags": {"style": "form", "explode": True}},
            }
        },
    }
    del fields[0]
    cut = prepare(swagger({"parameters": fields})).slice("a")
    assert list(cut["requestBody"]["content"]) == ["application/x-www-form-urlencoded"]


def test_responses_get_the_types_their_operation_produces() -> None:
    shared = {
        "description": "d",
        "schema": {"type": "file"},
        "headers": {"X": {"type": "string"}},
        "examples": {"text/csv": "a,b"},
    }
    document = swagger(
        {"responses": {"200": {"$ref": "#/responses/R"}}, "produces": ["text/csv"]},
        responses={"R": shared},
        produces=["application/json"],
    )
    document["paths"]["/b"] = {"get": {"operationId": "b", "responses": {"200": {"$ref": "#/responses/R"}}}}
    prepared = prepare(document)
    found = [prepared.slice(id)["responses"]["200"] for id in ("a", "b")]
    file = {"schema": {"type": "string", "format": "binary"}}
    assert found == [
        {
            "description": "d",
            "headers": {"X": {"schema": {"type": "string"}}},
            "content": {"text/csv": {**file, "example": "a,b"}},
        },
        {
            "description": "d",
            "headers": {"X": {"schema": {"type": "string"}}},
            "content": {"application/json": file, "text/csv": {"example": "a,b"}},
        },
    ]


def test_what_cannot_be_carried_over_is_named() -> None:
    parameters = [
        {"in": "body", "name": "b", "schema": {}},
        {"in": "body", "name": "c", "schema": {}},
        {"in": "header", "name": "h", "type": "array", "collectionFormat": "pipes"},
    ]
    assert [
        (each.pointer, each.message) for each in prepare(swagger({"parameters": parameters})).warnings
    ] == [
        (
            "#/paths/~1a/post/parameters/2",
            "collectionFormat 'pipes' cannot be expressed in OpenAPI 3.0; read as csv.",
        ),
        ("#/paths/~1a/post", "more than one body; only the first is used."),
    ]


def test_security_definitions_become_security_schemes() -> None:
    definitions = {
        "b": {"type": "basic"},
        "k": {"type": "apiKey", "name": "k", "in": "header"},
        "o": {"type": "oauth2", "flow": "application", "tokenUrl": "/t", "scopes": {"s": ""}},
    }
    assert repaired(swagger({}, securityDefinitions=definitions))["components"]["securitySchemes"] == {
        "b": {"type": "http", "scheme": "basic"},
        "k": {"type": "apiKey", "name": "k", "in": "header"},
        "o": {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "/t", "scopes": {"s": ""}}}},
    }


# -- OpenAPI 3.1 ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schema", "instead"),
    [
        ({"type": ["string", "null"]}, {"type": "string", "nullable": True}),
        ({"type": ["null"]}, {"nullable": True}),
        ({"type": "null"}, {"nullable": True, "enum": [None]}),
        ({"type": ["string", "integer"]}, {"anyOf": [{"type": "string"}, {"type": "integer"}]}),
        (
            {"type": ["string", "integer"], "anyOf": [{"maxLength": 3}]},
            {"anyOf": [{"maxLength": 3}], "allOf": [{"anyOf": [{"type": "string"}, {"type": "integer"}]}]},
        ),
        ({"const": "x"}, {"enum": ["x"]}),
        ({"exclusiveMinimum": 0}, {"exclusiveMinimum": True, "minimum": 0}),
        ({"exclusiveMaximum": 9, "maximum": 5}, {"maximum": 5}),
        ({"exclusiveMaximum": 9, "maximum": 10}, {"exclusiveMaximum": True, "maximum": 9}),
        ({"examples": [1, 2]}, {"example": 1}),
        ({"contentEncoding": "base64", "contentMediaType": "image/png"}, {"format": "byte"}),
        ({"additionalProperties": True, "items": True}, {"additionalProperties": True, "items": {}}),
        ({"properties": {"a": False}}, {"properties": {"a": {"not": {}}}}),
        (
            {"$ref": "#/components/schemas/B", "description": "d"},
            {"$ref": "#/components/schemas/B", "description": "d"},
        ),
        (
            {"$ref": "#/components/schemas/B", "maxLength": 3},
            {"maxLength": 3, "allOf": [{"$ref": "#/components/schemas/B"}]},
        ),
    ],
)
def test_what_3_1_says_in_other_words_is_read_the_same(schema: Any, instead: Any) -> None:
    assert repaired(openapi31(schema))["components"]["schemas"]["A"] == instead
    assert prepare(openapi31(schema)).warnings == ()


def test_definitions_inside_a_schema_are_found() -> None:
    document = openapi31({"$defs": {"x": {"const": 1}}, "items": {"$ref": "#/components/schemas/A/$defs/x"}})
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}}
    document["paths"] = {"/a": {"post": {"operationId": "a", "requestBody": body, "responses": {}}}}
    assert prepare(document).slice("a")["components"]["schemas"]["A.$defs.x"] == {"enum": [1]}


def test_what_3_0_has_no_words_for_is_refused_with_every_place() -> None:
    schema = {"prefixItems": [], "properties": {"if": {}, "x": {"if": {}, "then": {}}}}
    with pytest.raises(SpecError) as caught:
        prepare(openapi31(schema, jsonSchemaDialect="https://example.com/dialect"))
    assert str(caught.value) == (
        "the document is OpenAPI 3.1.0 and uses jsonSchemaDialect at #/jsonSchemaDialect, "
        "prefixItems at #/components/schemas/A, if at #/components/schemas/A/properties/x, "
        "then at #/components/schemas/A/properties/x: dynzuora reads documents as OpenAPI 3.0, which cannot "
        "express that. Remove these keywords with an overlay, or convert the document to 3.0."
    )


@pytest.mark.parametrize(
    ("version", "shown"),
    [
        ({"openapi": "3.2.0"}, "openapi: 3.2.0"),
        ({"openapi": "4"}, "openapi: 4"),
        ({"swagger": 1.2}, "swagger: 1.2"),
    ],
)
def test_a_version_nobody_knows_is_refused(version: dict[str, Any], shown: str) -> None:
    with pytest.raises(SpecError) as caught:
        prepare({**version, "info": {}, "paths": {}})
    assert str(caught.value) == (
        f"the document says {shown}. dynzuora reads Swagger 2.0, OpenAPI 3.0 and most of 3.1. "
        "Is there another version of the document?"
    )


@pytest.mark.parametrize(
    "version", [{"openapi": 3.0}, {"openapi": "3.0"}, {"openapi": "3.0.4"}, {"swagger": 2.0}]
)
def test_versions_are_read_however_they_are_written(version: dict[str, Any]) -> None:
    assert prepare({**version, "info": {"title": "T", "version": "1"}, "paths": {}}).title == "T"
