"""Swagger 2.0 and OpenAPI 3.1 are read in the words of 3.0 where they say the same, and kept elsewhere."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

import pytest

from dynzuora import load, parameters
from dynzuora.document import prepare, repaired
from dynzuora.errors import InvalidRequest, SpecError
from dynzuora.schema import Checker


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
        ({"basePath": "v1"}, ("https://rest.example.com/v1",)),
        ({"host": "https://rest.example.com/"}, ("https://rest.example.com",)),
        ({"host": "//rest.example.com"}, ("https://rest.example.com",)),
        ({"host": "http://rest.example.com", "basePath": "v1/"}, ("http://rest.example.com/v1",)),
        ({"host": "http://rest.example.com", "schemes": ["https"]}, ("https://rest.example.com",)),
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
        (
            {"in": "query", "type": "array", "collectionFormat": "tsv"},
            "tabDelimited",
            False,
            {"type": "array"},
        ),
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


@pytest.mark.parametrize(
    ("location", "collection_format", "delimiter"),
    [
        (location, name, delimiter)
        for location in ("query", "path", "header")
        for name, delimiter in (("csv", ","), ("ssv", " "), ("pipes", "|"), ("tsv", "\t"))
        if (location, name) != ("header", "tsv")  # which cannot hold a tab
    ],
)
def test_a_collection_format_counts_wherever_it_can_be_sent(
    location: str, collection_format: str, delimiter: str
) -> None:
    ids = {"name": "ids", "in": location, "type": "array", "items": {"type": "integer"}}
    ids |= {"collectionFormat": collection_format, "required": location == "path"}
    document = swagger({"parameters": [ids]}, "/a/{ids}" if location == "path" else "/a")
    request = load(document).operations["a"].prepare(ids=[1, 2], validate="strict")
    sent = request.headers["ids"] if location == "header" else unquote(request.url)
    assert sent.endswith(f"1{delimiter}2")
    assert prepare(document).warnings == ()
    [parameter] = prepare(document).slice("a")["parameters"]
    written = parameters.serialize(parameter, [1, 2])
    assert parameters.parse(parameter, written) == [1, 2]


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


def test_the_form_fields_of_a_path_are_added_to_an_operations_own() -> None:
    document = swagger({"parameters": [form_field("b"), form_field("c", type="integer")]})
    document["paths"]["/a"]["parameters"] = [form_field("a"), form_field("c")]
    [media] = prepare(document).slice("a")["requestBody"]["content"].values()
    kinds = {"b": {"type": "string"}, "c": {"type": "integer"}, "a": {"type": "string"}}
    assert media["schema"] == {"type": "object", "properties": kinds, "required": ["b", "c", "a"]}


def form_field(name: str, **more: Any) -> dict[str, Any]:
    return {"in": "formData", "name": name, "type": "string", "required": True, **more}


def test_an_operation_may_clear_what_the_document_consumes_and_produces() -> None:
    operation = {
        "consumes": [],
        "produces": [],
        "parameters": [{"in": "body", "name": "b", "schema": {}}],
        "responses": {"200": {"description": "", "schema": {}}},
    }
    cut = prepare(swagger(operation, consumes=["text/xml"], produces=["text/csv"])).slice("a")
    types = [list(each["content"]) for each in (cut["requestBody"], cut["responses"]["200"])]
    assert types == [["application/json"], ["application/json"]]


def test_global_security_of_swagger_2_0_is_kept() -> None:
    definitions = {"b": {"type": "basic"}}
    cut = prepare(swagger({}, securityDefinitions=definitions, security=[{"b": []}])).slice("a")
    assert (cut["security"], cut["securitySchemes"]) == (
        [{"b": []}],
        {"b": {"type": "http", "scheme": "basic"}},
    )


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
        {"in": "header", "name": "h", "type": "array", "collectionFormat": "multi"},
    ]
    assert [
        (each.pointer, each.message) for each in prepare(swagger({"parameters": parameters})).warnings
    ] == [
        (
            "#/paths/~1a/post/parameters/2",
            "collectionFormat 'multi' cannot be sent in header; read as csv.",
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
        ({"type": ["string", None]}, {"type": "string", "nullable": True}),
        ({"type": ["null"]}, {"nullable": True, "enum": [None]}),
        ({"type": "null", "const": 1}, {"enum": [1], "allOf": [{"enum": [None], "nullable": True}]}),
        ({"type": "string", "nullable": True}, {"type": "string"}),
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
            {"description": "d", "allOf": [{"$ref": "#/components/schemas/B"}]},
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


def taking(schema: Any, **more: Any) -> dict[str, Any]:
    """Return a document of 3.1 with an operation ``a`` that takes ``schema``, and ``b`` that takes none."""
    body = {"content": {"application/json": {"schema": schema}}}
    paths = {
        "/a": {"post": {"operationId": "a", "requestBody": body, "responses": {}}},
        "/b": {"get": {"operationId": "b", "responses": {}}},
    }
    return {**openapi31({}), "paths": paths, **more}


@pytest.mark.parametrize("level", ["strict", "standard"])
@pytest.mark.parametrize(
    ("schema", "body", "problem"),
    [
        ({"propertyNames": {"maxLength": 3}}, {"long": 1}, "body.long: is not a name that is allowed here."),
        (
            {"dependentRequired": {"card": ["zip"]}},
            {"card": 1},
            "body.zip: is required where there is 'card'.",
        ),
        (
            {"if": {"required": ["card"]}, "then": {"required": ["zip"]}},
            {"card": 1},
            "body.zip: is required.",
        ),
        (
            {"properties": {"a": {}}, "unevaluatedProperties": False},
            {"a": 1, "b": []},
            "body.b: is a field that nothing describes, with the others that are here.",
        ),
        (
            {"patternProperties": {"^n": {"type": "array"}}},
            {"n1": {}},
            "body.n1: expected a list, got an object.",
        ),
        ({"prefixItems": [{"type": "array"}]}, [{}], "body[0]: expected a list, got an object."),
        (
            {"type": "array", "contains": {"type": "array"}, "minContains": 2},
            [[], {}],
            "body: has 2 items; allowed: at least 2 of a certain kind.",
        ),
        ({"type": "array", "items": False}, [1], "body[0]: is 1; allowed: any other value."),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_keywords_of_2020_12_are_checked(schema: Any, body: Any, problem: str, level: Any) -> None:
    checker = Checker(load(taking(schema)).operations["a"].model.body.schema, {}, level=level)
    assert [str(each) for each in checker.problems(body)] == [problem]


@pytest.mark.parametrize(
    "dialect",
    [
        "https://json-schema.org/draft/2020-12/schema",
        "https://spec.openapis.org/oas/3.1/dialect/base",
        "https://spec.openapis.org/oas/3.1/dialect/2024-11-10",
    ],
)
def test_dialects_of_2020_12_are_read(dialect: str) -> None:
    prepared = prepare(taking({"$schema": dialect}, jsonSchemaDialect=dialect))
    assert (prepared.index["a"].fault, prepared.warnings) == ("", ())


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        (
            {"$schema": "https://json-schema.org/draft-04/schema"},
            "$schema is 'https://json-schema.org/draft-04/schema'; "
            "only JSON Schema 2020-12 and OpenAPI's dialects of it are checked",
        ),
        ({"$dynamicRef": "#nowhere"}, "the $dynamicRef '#nowhere' points to nothing"),
    ],
)
def test_what_cannot_be_checked_disables_the_operations_that_reach_it(schema: Any, why: str) -> None:
    document = taking({"items": {"$ref": "#/components/schemas/C"}}, components={"schemas": {"C": schema}})
    prepared = prepare(document)
    faults = {id: entry.fault for id, entry in prepared.index.items()}
    assert faults == {"a": f"#/components/schemas/C: {why}", "b": ""}
    assert [str(warning) for warning in prepared.warnings] == [
        f"#/components/schemas/C: {why}; a cannot be used. (unusable-operation)"
    ]


def test_an_overlay_comes_before_what_cannot_be_checked() -> None:
    document = taking({"$schema": "https://example.com/own"}, openapi="4.0")
    overlay = {
        "overlay": "1.0.0",
        "info": {"title": "Mend", "version": "1"},
        "actions": [
            {"target": "$.paths['/a'].post.requestBody..schema['$schema']", "remove": True},
            {"target": "$", "update": {"openapi": "3.1.0"}},
        ],
    }
    prepared = prepare(document, overlay=overlay)
    assert {id: entry.fault for id, entry in prepared.index.items()} == {"a": "", "b": ""}


def test_what_an_overlay_says_in_the_words_of_3_1_is_read() -> None:
    update = {"target": "$.components.schemas.A", "update": {"type": ["string", "null"]}}
    overlay = {"overlay": "1.0.0", "info": {"title": "Mend", "version": "1"}, "actions": [update]}
    schemas = repaired(openapi31({}), overlay=overlay)["components"]["schemas"]
    assert schemas["A"] == {"type": "string", "nullable": True}


@pytest.mark.parametrize(
    ("schema", "reference"),
    [
        ({"$defs": {"x": {"$anchor": "here", "const": 1}}, "items": {"$ref": "#here"}}, "A.$defs.x"),
        ({"$id": "https://e.com/a", "$defs": {"x": {"$id": "x"}}, "items": {"$ref": "x"}}, "A.$defs.x"),
        ({"$id": "https://e.com/a", "$defs": {"x": {}}, "items": {"$ref": "#/$defs/x"}}, "A.$defs.x"),
        ({"$id": "urn:a", "$defs": {"x": {}}, "items": {"$ref": "urn:a#/$defs/x"}}, "A.$defs.x"),
        ({"$dynamicAnchor": "a", "items": {"allOf": [{"$dynamicRef": "#a"}]}}, "A"),
    ],
    ids=["anchor", "relative id", "pointer below an id", "urn", "dynamic"],
)
def test_references_by_uri_and_by_anchor_are_followed(schema: Any, reference: str) -> None:
    document = taking({"$ref": "#/components/schemas/A"}, components={"schemas": {"A": schema}})
    slice = prepare(document).slice("a")["components"]["schemas"]
    assert f'"#/components/schemas/{reference}"' in json.dumps(slice["A"]["items"])
    assert prepare(document).warnings == ()


def test_a_dynamic_reference_means_what_the_way_to_it_says() -> None:
    page = {
        "$id": "page",
        "$defs": {"item": {"$dynamicAnchor": "item"}},
        "type": "array",
        "items": {"$dynamicRef": "#item"},
    }
    users = {
        "$id": "users",
        "$ref": "page",
        "$defs": {"item": {"$dynamicAnchor": "item", "type": "string"}},
    }
    document = taking(
        {"$ref": "#/components/schemas/Users"}, components={"schemas": {"Page": page, "Users": users}}
    )
    operation = load(document).operations["a"]
    assert operation.prepare(["x"], validate="strict").body == b'["x"]'
    with pytest.raises(InvalidRequest, match=r"body\[0\]: expected a string"):
        operation.prepare([1], validate="strict")


def test_a_schema_with_an_id_that_stands_in_a_body_begins_its_own_scope() -> None:
    tree = {
        "$id": "tree",
        "$dynamicAnchor": "node",
        "type": "object",
        "properties": {"data": {}, "children": {"items": {"$dynamicRef": "#node"}}},
    }
    strict_tree = {"$id": "strict-tree", "$dynamicAnchor": "node", "$ref": "tree"}
    strict_tree |= {"unevaluatedProperties": False, "$defs": {"tree": tree}}
    operation = load(taking(strict_tree)).operations["a"]
    assert operation.prepare({"children": [{"data": 1}]}, validate="strict").warnings == ()
    with pytest.raises(InvalidRequest, match=r"body.children\[0\].daat: "):
        operation.prepare({"children": [{"daat": 1}]}, validate="strict")


def test_a_dynamic_reference_that_points_to_nothing_costs_its_operation_only() -> None:
    page = {"$id": "page", "$defs": {"item": {"$dynamicAnchor": "item"}}, "items": {"$dynamicRef": "#item"}}
    users = {"$id": "users", "$ref": "page", "$defs": {"item": {"$dynamicAnchor": "item"}}}
    schema = {"allOf": [{"$ref": "#/components/schemas/Users"}, {"$dynamicRef": "#nobody"}]}
    document = taking(schema, components={"schemas": {"Page": page, "Users": users}})
    faults = [entry.fault.rpartition(": ")[2] for entry in prepare(document).index.values()]
    assert faults == ["the $dynamicRef '#nobody' points to nothing", ""]


def test_a_reference_has_a_description_of_its_own_in_3_1() -> None:
    parameter = {"name": "q", "in": "query", "description": "of all", "schema": {"type": "string"}}
    for version, description in (("3.0.3", "of all"), ("3.1.0", "its own")):
        document = taking({}, openapi=version, components={"parameters": {"Q": parameter}})
        own = {"$ref": "#/components/parameters/Q", "description": "its own"}
        document["paths"]["/a"]["post"]["parameters"] = [own]
        assert prepare(document).slice("a")["parameters"][0]["description"] == description


def test_keywords_of_3_1_are_not_keywords_before() -> None:
    prepared = prepare(taking({"if": {}, "propertyNames": {"maxLength": 1}}, openapi="3.0.3"))
    assert [warning.message for warning in prepared.warnings] == [
        "if is not a keyword before OpenAPI 3.1; ignored.",
        "propertyNames is not a keyword before OpenAPI 3.1; ignored.",
    ]


def test_webhooks_and_callbacks_are_counted_and_named() -> None:
    hook = {"post": {"operationId": "h", "responses": {}}}
    document = taking({}, webhooks={"paid": hook, "failed": hook})
    document["paths"]["/b"]["get"]["callbacks"] = {"done": {"{$request.query.url}": hook}}
    loaded = load(document)
    assert repr(loaded) == "<Document 'Tiny' 1: 2 operations, 2 webhooks, 1 callback>"
    assert (loaded.webhooks, loaded.callbacks) == (("paid", "failed"), ("b: done",))


# -- OpenAPI 3.2 ------------------------------------------------------------------------


def test_3_2_is_read_where_it_says_what_3_1_says() -> None:
    document = taking({"type": ["string", "null"]}, openapi="3.2.0")
    document["paths"]["/a"]["query"] = document["paths"]["/a"].pop("post")
    prepared = prepare(document)
    assert (prepared.index["a"].method, prepared.index["a"].fault, prepared.warnings) == ("QUERY", "", ())
    assert load(document).operations["a"].prepare("x", validate="strict").method == "QUERY"


def test_media_types_and_examples_of_3_2_are_read() -> None:
    media = {"schema": {"type": "integer"}, "examples": {"a": {"dataValue": 7}}}
    document = taking({}, openapi="3.2.0", components={"mediaTypes": {"Number": media}})
    content = {"application/json": {"$ref": "#/components/mediaTypes/Number"}}
    document["paths"]["/a"]["post"]["requestBody"]["content"] = content
    operation = load(document).operations["a"]
    assert (operation.template(), prepare(document).warnings) == (7, ())
    with pytest.raises(InvalidRequest, match="expected an integer, got 'x'"):
        operation.prepare("x")


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (
            {"parameters": [{"name": "q", "in": "cookie", "style": "cookie", "schema": {}}]},
            "#/paths/~1a/post/parameters/0: style: cookie, of OpenAPI 3.2, is not supported",
        ),
        (
            {"parameters": [{"name": "q", "in": "querystring", "content": {"text/plain": {}}}]},
            "#/paths/~1a/post/parameters/0: in: querystring, of OpenAPI 3.2, is not supported",
        ),
        (
            {"responses": {"200": {"content": {"application/jsonl": {"itemSchema": {}}}}}},
            "#/paths/~1a/post/responses/200/content/application~1jsonl/itemSchema: "
            "itemSchema, of OpenAPI 3.2, is not supported",
        ),
    ],
    ids=["style: cookie", "querystring", "itemSchema"],
)
def test_what_only_3_2_has_disables_its_operation(change: dict[str, Any], fault: str) -> None:
    document = taking({}, openapi="3.2.0")
    document["paths"]["/a"]["post"] |= change
    assert {id: entry.fault for id, entry in prepare(document).index.items()} == {"a": fault, "b": ""}


def test_what_only_3_2_has_and_no_operation_reaches_is_a_warning() -> None:
    document = taking({}, openapi="3.2.0", **{"$self": "https://example.com/api"})
    document["paths"]["/a"]["additionalOperations"] = {"COPY": {"operationId": "c", "responses": {}}}
    prepared = prepare(document)
    assert [str(warning) for warning in prepared.warnings] == [
        "#/$self: $self is not followed: references relative to it point to nothing. (openapi-3.2)",
        "#/paths/~1a/additionalOperations: additionalOperations, of OpenAPI 3.2, is not supported: "
        "COPY (c) cannot be used. (openapi-3.2)",
    ]


@pytest.mark.parametrize(
    ("version", "shown"),
    [
        ({"openapi": "3.3.0"}, "openapi: 3.3.0"),
        ({"openapi": "4"}, "openapi: 4"),
        ({"swagger": 1.2}, "swagger: 1.2"),
    ],
)
def test_a_version_nobody_knows_is_refused(version: dict[str, Any], shown: str) -> None:
    with pytest.raises(SpecError) as caught:
        prepare({**version, "info": {}, "paths": {}})
    assert str(caught.value) == (
        f"the document says {shown}. dynzuora reads Swagger 2.0 and OpenAPI 3.0, 3.1 and 3.2. "
        "Is there another version of the document?"
    )


@pytest.mark.parametrize(
    "version", [{"openapi": 3.0}, {"openapi": "3.0"}, {"openapi": "3.0.4"}, {"swagger": 2.0}]
)
def test_versions_are_read_however_they_are_written(version: dict[str, Any]) -> None:
    assert prepare({**version, "info": {"title": "T", "version": "1"}, "paths": {}}).title == "T"
