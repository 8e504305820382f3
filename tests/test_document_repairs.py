"""What is wrong in a document is repaired by rule, the smallest thing is given up, and all of it is said."""

from __future__ import annotations

from typing import Any

import pytest

import dynzuora
from dynzuora.document import DocumentWarning, prepare, repaired
from tests.documents import body_of


def with_schema(schema: Any) -> dict[str, Any]:
    return {
        "openapi": "3.0.3",
        "info": {"title": "Tiny", "version": "1"},
        "paths": {},
        "components": {"schemas": {"A": schema}},
    }


def with_operation(operation: Any, path: str = "/a", **item: Any) -> dict[str, Any]:
    return {
        "openapi": "3.0.3",
        "info": {"title": "Tiny", "version": "1"},
        "paths": {path: {**item, "get": {"operationId": "a", "responses": {}, **operation}}},
    }


def warned(document: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [tuple(each) for each in prepare(document).warnings]


@pytest.mark.parametrize(
    ("rule", "schema", "instead", "message"),
    [
        (
            "yes-no-enum",
            {"type": "string", "enum": ["Error", True, False]},
            {"type": "string", "enum": ["Error", "Yes", "No"]},
            "an enum of strings contains other values; read as 'Yes', 'No'.",
        ),
        (
            "yes-no-enum",
            {"enum": ["a", 1, None]},
            {"enum": ["a", "1", None]},
            "an enum of strings contains other values; read as '1'.",
        ),
        ("yes-no-enum", {"enum": []}, {}, "enum is []; any value is allowed."),
        (
            "typed-default",
            {"type": "string", "default": 79},
            {"type": "string", "default": "79"},
            "the default 79 is not of type string; read as '79'.",
        ),
        (
            "typed-default",
            {"type": "string", "default": False},
            {"type": "string", "default": "false"},
            "the default False is not of type string; read as 'false'.",
        ),
        (
            "typed-default",
            {"type": "integer", "default": "20"},
            {"type": "integer", "default": 20},
            "the default '20' is not of type integer; read as 20.",
        ),
        (
            "typed-default",
            {"type": "boolean", "default": "True"},
            {"type": "boolean", "default": True},
            "the default 'True' is not of type boolean; read as True.",
        ),
        (
            "typed-default",
            {"type": "integer", "default": None},
            {"type": "integer"},
            "the default None is not of type integer; ignored.",
        ),
        (
            "typed-default",
            {"type": "array", "default": "x"},
            {"type": "array"},
            "the default 'x' is not of type array; ignored.",
        ),
        ("type-name", {"type": "String"}, {"type": "string"}, "'String' is not a type; read as string."),
        (
            "type-name",
            {"type": "date"},
            {"type": "string", "format": "date"},
            "'date' is not a type; read as string.",
        ),
        ("type-name", {"type": "thing"}, {}, "'thing' is not a type; any value is allowed."),
        (
            "type-name",
            {"type": "null"},
            {"enum": [None], "nullable": True},
            "null is a type of OpenAPI 3.1; read as it means it.",
        ),
        (
            "type-name",
            {"type": ["string", "null"]},
            {"type": "string", "nullable": True},
            "type is a list, which OpenAPI 3.0 does not have; read as OpenAPI 3.1 means it.",
        ),
        ("required-names", {"required": True}, {}, "required is True, not a list of names; ignored."),
        (
            "required-names",
            {"required": ["a", 1]},
            {"required": ["a"]},
            "required lists ['a', 1]; only names are kept.",
        ),
        ("numeric-limit", {"maxLength": "9"}, {"maxLength": 9}, "maxLength is '9'; read as 9."),
        ("numeric-limit", {"minimum": "low"}, {}, "minimum is 'low', not a number; ignored."),
        (
            "exclusive-limit",
            {"exclusiveMinimum": 0},
            {"minimum": 0, "exclusiveMinimum": True},
            "exclusiveMinimum is a number, which OpenAPI 3.0 does not have; read as in 3.1.",
        ),
        ("flag", {"nullable": "true"}, {"nullable": True}, "nullable is 'true'; read as true."),
        ("text", {"format": 3}, {"format": "3"}, "format is 3; read as text."),
        (
            "pattern",
            {"pattern": "("},
            {"pattern": "("},
            "the pattern '(' is not checked: engines read it differently, or it could run for hours.",
        ),
        (
            "discriminator",
            {"discriminator": "kind"},
            {"discriminator": {"propertyName": "kind"}},
            "discriminator is 'kind'; read as the name of the property.",
        ),
        ("misplaced-reference", {"$ref": 3}, {}, "$ref is 3, which is not a reference here; ignored."),
        ("misplaced-value", None, {}, "null where an object belongs; read as {}."),
        (
            "misplaced-value",
            "string",
            {"type": "string"},
            "'string' where an object belongs; read as {'type': 'string'}.",
        ),
        ("misplaced-value", False, {"not": {}}, "False where an object belongs; read as {'not': {}}."),
    ],
)
def test_a_schema_is_repaired(rule: str, schema: Any, instead: Any, message: str) -> None:
    document = with_schema(schema)
    assert repaired(document)["components"]["schemas"]["A"] == instead
    assert warned(document) == [(rule, "#/components/schemas/A", message)]


@pytest.mark.parametrize(
    ("keywords", "found", "meant"),
    [
        ("minLength maxLength minItems maxItems minProperties maxProperties", "3", 3),
        ("minLength maxLength minItems maxItems minProperties maxProperties", 3.0, 3),
        ("minimum maximum multipleOf", "2.5", 2.5),
        ("nullable readOnly writeOnly uniqueItems deprecated", "True", True),
        ("nullable readOnly writeOnly uniqueItems deprecated", "false", False),
        ("format title description", 7, "7"),
    ],
)
def test_a_keyword_of_a_schema_has_its_type(keywords: str, found: Any, meant: Any) -> None:
    document = with_schema(dict.fromkeys(keywords.split(), found))
    assert repaired(document)["components"]["schemas"]["A"] == dict.fromkeys(keywords.split(), meant)


def test_exclusive_limits_are_numbers_only_in_3_1() -> None:
    schema = {"exclusiveMinimum": 1, "exclusiveMaximum": 9}
    assert repaired(with_schema(schema))["components"]["schemas"]["A"] == {
        "minimum": 1,
        "exclusiveMinimum": True,
        "maximum": 9,
        "exclusiveMaximum": True,
    }


def test_keywords_around_the_schemas_have_their_types_too() -> None:
    typed = {"required": "true", "explode": "false", "description": 1}
    content = {"A/B; c=d": {"$ref": "nowhere", "schema": {}}}
    operation = {
        "deprecated": "false",
        "summary": 2,
        "description": 5,
        "parameters": [
            {"name": "p", "in": "query", **typed, "content": content},
            {"name": "q", "in": "query", "$ref": 7, "schema": {}},
        ],
        "requestBody": {"$ref": 7, "required": "true", "description": 3, "content": content},
        "responses": {
            "200": {
                "$ref": 7,
                "description": 4,
                "headers": {
                    "H": {**typed, "style": "form", "$ref": 7, "schema": {}},
                    "I": {"content": {"A/B": {"schema": {}}}},
                },
                "content": {"a/b": {"examples": {"e": {"$ref": 7, "value": 1}}}},
            }
        },
    }
    cut = prepare(with_operation(operation)).slice("a")
    plain = {"a/b": {"schema": {}}}
    common = {"required": False, "style": "form", "explode": True}
    assert (cut["summary"], cut["description"], "deprecated" in cut) == ("2", "5", False)
    assert cut["parameters"] == [
        {
            **common,
            "name": "p",
            "in": "query",
            "required": True,
            "explode": False,
            "description": "1",
            "content": plain,
        },
        {**common, "name": "q", "in": "query", "schema": {}},
    ]
    assert cut["requestBody"] == {"required": True, "description": "3", "content": plain}
    assert cut["responses"]["200"] == {
        "description": "4",
        "headers": {
            "H": {"required": True, "explode": False, "description": "1", "schema": {}},
            "I": {"content": plain},
        },
        "content": {"a/b": {"examples": {"e": {"value": 1}}}},
    }


def test_references_that_are_no_text_are_left_out_of_whatever_can_be_one() -> None:
    document = with_operation({"requestBody": {"$ref": 7}, "responses": {"200": {"$ref": 7}}})
    document["paths"]["/a"]["$ref"] = 7
    document["components"] = {
        "links": {"L": {"$ref": 7}},
        "callbacks": {"C": {"$ref": 7}},
        "securitySchemes": {"S": {"$ref": 7}},
    }
    found = repaired(document)
    assert found["paths"]["/a"] == {
        "get": {"operationId": "a", "requestBody": {}, "responses": {"200": {}}},
    }
    assert found["components"] == {"links": {"L": {}}, "callbacks": {"C": {}}, "securitySchemes": {"S": {}}}


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "enum": ["Yes", "No"], "default": "Yes"},
        {"type": "integer", "default": None, "nullable": True},
        {"type": "number", "default": 1, "minimum": 0.5, "exclusiveMinimum": True},
        {"type": "boolean", "enum": [True]},
        {"type": "object", "properties": {"type": {"type": "string"}, "enum": {"type": "string"}}},
        {"enum": [1, True, "x"], "type": "object"},
        {"default": {"$ref": "nowhere"}, "example": {"$ref": "nowhere"}, "enum": [{"$ref": "nowhere"}]},
    ],
)
def test_what_is_right_is_left_alone(schema: Any) -> None:
    document = with_schema(schema)
    assert repaired(document)["components"]["schemas"]["A"] == schema
    assert warned(document) == []


@pytest.mark.parametrize(
    ("operation", "parameters", "warning"),
    [
        (
            {"parameters": [{"name": "authorization", "in": "header", "required": True}]},
            [],
            (
                "parameters",
                "#/paths/~1a~1{id}/get/parameters/0",
                "OpenAPI reserves the header authorization; the parameter is ignored.",
            ),
        ),
        (
            {"parameters": [{"name": "p", "in": "nowhere"}]},
            [],
            (
                "parameters",
                "#/paths/~1a~1{id}/get/parameters/0",
                "p: in is 'nowhere', which is invalid; the parameter is ignored.",
            ),
        ),
        (
            {"parameters": [{"name": "x", "in": "path"}]},
            [],
            (
                "parameters",
                "#/paths/~1a~1{id}/get/parameters/0",
                "the path has no {x}; the parameter is ignored.",
            ),
        ),
        (
            {"parameters": [{"name": "q", "in": "query", "schema": {}}] * 2},
            ["q"],
            (
                "parameters",
                "#/paths/~1a~1{id}/get/parameters/1",
                "a second query parameter 'q'; ignored.",
            ),
        ),
        (
            {"parameters": [{"in": "query", "schema": {}}]},
            [],
            ("parameters", "#/paths/~1a~1{id}/get/parameters/0", "a parameter without a name; ignored."),
        ),
        (
            {"parameters": [{"name": "q", "in": "Query", "schema": {}}]},
            ["q"],
            (
                "parameter-location",
                "#/paths/~1a~1{id}/get/parameters/0",
                "in is 'Query'; read as 'query'.",
            ),
        ),
        (
            {"parameters": [None, {"name": "q", "in": "query", "schema": {}}]},
            ["q"],
            (
                "misplaced-value",
                "#/paths/~1a~1{id}/get/parameters/0",
                "null where an object belongs; ignored.",
            ),
        ),
    ],
    ids=["reserved", "nowhere", "not-in-path", "twice", "nameless", "capital", "null"],
)
def test_parameters_that_cannot_be_sent_are_left_out(
    operation: Any, parameters: list[str], warning: tuple[str, ...]
) -> None:
    path_parameter = {"name": "id", "in": "path", "required": True, "schema": {}}
    prepared = prepare(with_operation(operation, "/a/{id}", parameters=[path_parameter]))
    assert [each["name"] for each in prepared.slice("a")["parameters"]] == ["id", *parameters]
    assert DocumentWarning(*warning) in prepared.warnings


def test_a_path_parameter_that_is_described_nowhere_is_added() -> None:
    prepared = prepare(with_operation({}, "/a/{b-c}"))
    assert prepared.slice("a")["parameters"] == [
        {
            "name": "b-c",
            "in": "path",
            "required": True,
            "style": "simple",
            "explode": False,
            "schema": {"type": "string"},
        }
    ]
    assert prepared.warnings == (
        DocumentWarning(
            "parameters",
            "#/paths/~1a~1{b-c}/get",
            "the path parameter 'b-c' is not described; read as text.",
        ),
    )


def test_a_path_parameter_is_required_and_one_without_a_schema_is_text() -> None:
    document = with_operation({"parameters": [{"name": "id", "in": "path"}]}, "/a/{id}")
    assert prepare(document).slice("a")["parameters"][0]["required"] is True
    assert [message for _, _, message in warned(document)] == [
        "a path parameter is always required; read as required.",
        "a parameter without a schema; read as {'type': 'string'}.",
    ]


def test_the_values_of_an_accept_header_are_remembered() -> None:
    accept = {"name": "Accept", "in": "header", "schema": {"type": "string", "enum": ["text/csv"]}}
    assert prepare(with_operation({"parameters": [accept]})).slice("a")["accept"] == ["text/csv"]


def test_media_types_are_read_without_parameters_and_those_that_are_split_as_one() -> None:
    content = {
        "application/json": {"examples": {"a": {"value": 1}}},
        "Application/JSON; charset=utf-8": {"schema": {"type": "integer"}, "examples": {"b": {"value": 2}}},
        "text/csv;header=present": {},
    }
    prepared = prepare(with_operation({"responses": {"200": {"content": content}}}))
    assert prepared.slice("a")["responses"]["200"]["content"] == {
        "application/json": {
            "examples": {"a": {"value": 1}, "b": {"value": 2}},
            "schema": {"type": "integer"},
        },
        "text/csv": {},
    }
    assert prepared.warnings == (
        DocumentWarning(
            "media-type",
            "#/paths/~1a/get/responses/200/content/Application~1JSON; charset=utf-8",
            "a second entry for application/json; merged with the first.",
        ),
    )


def test_of_two_schemas_for_one_media_type_the_first_counts() -> None:
    content = {
        "a/b": {"schema": {"type": "string"}},
        "a/b; v=2": {"schema": {"type": "integer"}},
    }
    prepared = prepare(with_operation({"responses": {"200": {"content": content}}}))
    assert prepared.slice("a")["responses"]["200"]["content"] == {"a/b": {"schema": {"type": "string"}}}
    assert [each.message for each in prepared.warnings] == [
        "a second entry for a/b with another schema; the first schema counts."
    ]


def test_operations_without_an_id_or_with_a_taken_one_get_one() -> None:
    document = {
        "openapi": "3.0.3",
        "info": {"title": "Tiny", "version": "1"},
        "paths": {
            "/v1/a/{b}": {"get": {"responses": {}}, "put": {"operationId": "x", "responses": {}}},
            "/c": {"GET": {"operationId": "x", "responses": {}}, "put": {"operationId": " "}},
        },
    }
    prepared = prepare(document)
    assert list(prepared.index) == ["get_v1_a_b", "x", "x_2", "put_c"]
    assert [(each.rule, each.pointer, each.message) for each in prepared.warnings][:4] == [
        ("frame", "#/paths/~1c/GET", "'GET' is not a method; read as 'get'."),
        ("operation-id", "#/paths/~1v1~1a~1{b}/get", "an operation without an id; called 'get_v1_a_b'."),
        ("operation-id", "#/paths/~1c/get", "a second operation named 'x'; called 'x_2'."),
        ("operation-id", "#/paths/~1c/put", "an operation without an id; called 'put_c'."),
    ]


def test_statuses_and_tags_are_read_as_they_were_meant() -> None:
    operation = {"tags": ["a", 1], "responses": {"2xx": {}, "Default": {}, "ok": {}, "200": None}}
    prepared = prepare(with_operation(operation))
    assert (prepared.index["a"].tags, list(prepared.slice("a")["responses"])) == (
        ("a",),
        ["2XX", "default", "200"],
    )
    assert [each.message for each in prepared.warnings] == [
        "tags are ['a', 1]; read as ['a'].",
        "'2xx' is not an HTTP status; read as '2XX'.",
        "'Default' is not an HTTP status; read as 'default'.",
        "'ok' is not an HTTP status; ignored.",
        "null where an object belongs; read as {}.",
    ]


@pytest.mark.parametrize("path", ["//evil.example/a", "/a?b={c}/{d}", "/a b", "/a\\b"])
def test_an_operation_whose_path_is_none_cannot_be_used(path: str) -> None:
    prepared = prepare(with_operation({}, path))
    assert prepared.index["a"].fault.endswith(": its path is not the path of a URL")
    assert prepared.slice("a")["fault"] == prepared.index["a"].fault


def test_an_operation_whose_path_has_a_parameter_without_a_name_cannot_be_used() -> None:
    document = with_operation({}, "/a/{}")
    assert (
        prepare(document).index["a"].fault == "#/paths/~1a~1{}/get: its path has a parameter without a name"
    )


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("https://api.example/v1/a", "/v1/a"),
        ("HTTP://api.example:8080", "/"),
        ("https://api.example/a?b={c}", "/a"),
    ],
)
def test_an_address_in_place_of_a_path_is_read_as_its_path(address: str, path: str) -> None:
    prepared = prepare(with_operation({}, address))
    assert prepared.index["a"].path == path
    assert prepared.warnings[0].message.startswith("an address; read as the path /")


def test_a_security_scheme_may_be_named_by_its_uri_in_3_2() -> None:
    document = with_operation({"security": [{"#/components/securitySchemes/key": []}]})
    scheme = {"type": "apiKey", "in": "header", "name": "X-Key"}
    cut = prepare(document | {"openapi": "3.2.0", "components": {"securitySchemes": {"key": scheme}}}).slice(
        "a"
    )
    assert (cut["security"], cut["securitySchemes"]) == ([{"key": []}], {"key": scheme})


def test_a_query_written_into_a_path_is_query_parameters() -> None:
    described = {"name": "number", "in": "path", "required": True, "schema": {"type": "integer"}}
    path = "/a/{b}?statement_number={number}&since={since}&kind=x%20y"
    prepared = prepare(with_operation({"parameters": [described]}, path))
    parameters = prepared.slice("a")["parameters"]
    assert (prepared.index["a"].path, prepared.index["a"].fault) == ("/a/{b}", "")
    assert [(each["name"], each["in"], each["required"], each["schema"]) for each in parameters] == [
        ("since", "query", True, {"type": "string"}),
        ("kind", "query", True, {"type": "string", "enum": ["x y"]}),
        ("statement_number", "query", True, {"type": "integer"}),
        ("b", "path", True, {"type": "string"}),
    ]
    assert [each.message for each in prepared.warnings] == [
        "holds a query; read as query parameters: statement_number, since, kind.",
        "the path parameter 'b' is not described; read as text.",
    ]


SHARED = {
    "/a?b={b}": "/a?b=x",
    "/a?b=true": "/a?b=true",
    "/a#stream": "/a",
    "/a?b": "/a?b=",
    "/a?": "/a",
    "/a{?b}": "/a?b=x",
    "/a?b={b}#stream": "/a?b=x",
}
"""What vendors write where several operations share a path and a method → what is sent."""


@pytest.mark.parametrize("path", SHARED)
@pytest.mark.parametrize("is_first", [True, False])
def test_operations_may_share_a_path_and_differ_in_its_query_or_fragment(path: str, is_first: bool) -> None:
    items = {"/a": {"get": {"operationId": "a"}}, path: {"get": {"operationId": "b"}}}
    document = with_operation({})
    document["paths"] = {key: items[key] for key in sorted(items, key=len, reverse=is_first)}
    operations = dynzuora.load(document).operations
    value = SHARED[path].partition("=")[2]
    values = {each.name: value for each in operations["b"].parameters}
    assert (operations["b"].path, operations["b"].prepare(params=values).url) == ("/a", SHARED[path])
    assert (operations["a"].prepare().url, operations.resolve("GET /a").id) == ("/a", "a")


def test_the_query_of_a_uri_template_is_optional_and_as_it_is_described() -> None:
    page = {"name": "page", "in": "query", "schema": {"type": "integer"}}
    size = {"name": "size", "in": "path", "required": True, "schema": {"type": "integer"}}
    operation = dynzuora.load(with_operation({"parameters": [page, size]}, "/a{?page,size,sort*}"))
    operation = operation.operations["a"]
    assert operation.prepare(page=1, size=2, validate="strict").url == "/a?page=1&size=2"
    assert operation.prepare().url == "/a"
    assert {p.name: p.schema for p in operation.parameters}["sort"] == {"type": "string"}


def test_a_fragment_in_a_path_is_left_out_with_a_warning() -> None:
    prepared = prepare(with_operation({}, "/a/{b}#c"))
    assert [each.message for each in prepared.warnings] == [
        "holds a fragment, which is not sent; read without it.",
        "the path parameter 'b' is not described; read as text.",
    ]
    assert prepared.index["a"].path == "/a/{b}"


@pytest.mark.parametrize("version", ["2021-08-12T00:00:00.000Z", "2021-08-12T00:00:00", "2021-08-12"])
def test_a_version_that_a_tool_read_as_a_date_is_shown_as_the_date(version: str) -> None:
    assert prepare({"openapi": "3.0.3", "info": {"title": "A", "version": version}, "paths": {}}).version == (
        "2021-08-12"
    )


def test_a_document_without_title_version_or_slashes_still_has_its_operations() -> None:
    prepared = prepare({"openapi": 3.0, "info": {"version": 2}, "paths": {"a": {"get": {}}, "x-b": 1}})
    assert (prepared.title, prepared.version) == ("Untitled", "2")
    assert prepared.index["get_a"].path == "/a"
    assert [each.pointer for each in prepared.warnings] == ["#/info/title", "#/paths/a", "#/paths/~1a/get"]


def test_what_a_reference_finds_outside_the_usual_places_is_repaired_too() -> None:
    document = with_operation({"parameters": [{"$ref": "#/shared/page"}]})
    document["shared"] = {"page": {"name": "page", "in": "query", "schema": {"type": "Int"}}}
    prepared = prepare(document)
    assert prepared.slice("a")["parameters"][0]["schema"] == {"type": "integer"}
    assert [each.pointer for each in prepared.warnings] == ["#/shared/page/schema"]


def test_a_style_the_location_does_not_have_is_left_out() -> None:
    parameter = {"name": "q", "in": "query", "style": "simple", "schema": {}}
    prepared = prepare(with_operation({"parameters": [parameter]}))
    assert prepared.slice("a")["parameters"][0]["style"] == "form"
    assert prepared.warnings == (
        DocumentWarning(
            "style",
            "#/paths/~1a/get/parameters/0",
            "a query parameter cannot have the style 'simple'; ignored.",
        ),
    )


def test_rules_come_in_their_order_whatever_the_order_of_the_keywords() -> None:
    found = repaired(with_schema({"default": 79, "enum": [True, "79"], "type": "Text"}))
    assert found["components"]["schemas"]["A"] == {"default": "79", "enum": ["Yes", "79"], "type": "string"}


@pytest.mark.parametrize("as_json", [True, False], ids=["json", "yaml"])
def test_text_is_spelled_as_it_is_written(as_json: bool) -> None:
    schema = '{"type": "string", "enum": [1.0, 1.10], "default": 1.10}'
    limits = '{"type": "number", "multipleOf": 0.010}'
    text = (
        '{"openapi": "3.0.3", "info": {"title": 2.10, "version": 1.10}, "paths": {"/a": {"get": '
        '{"operationId": "a", "parameters": [{"name": 1.10, "in": "query", "schema": '
        f'{schema}}}, {{"name": "n", "in": "query", "schema": {limits}}}], "responses": {{}}}}}}}}}}'
    )
    prepared = prepare((text if as_json else f"# YAML\n{text}").encode())
    [version, number] = prepared.slice("a")["parameters"]
    assert (prepared.title, prepared.version, version["name"]) == ("2.10", "1.10", "1.10")
    assert version["schema"] == {"type": "string", "enum": ["1.0", "1.10"], "default": "1.10"}
    assert number["schema"] == {"type": "number", "multipleOf": 0.01}


def test_a_required_name_that_yaml_reads_as_a_number_is_the_property_of_that_name() -> None:
    schema = {"type": "object", "properties": {"200": {}}, "required": [200, 1]}
    prepared = prepare(with_operation({"requestBody": body_of("application/json", schema)}))
    [body] = prepared.slice("a")["requestBody"]["content"].values()
    assert body["schema"]["required"] == ["200"]
