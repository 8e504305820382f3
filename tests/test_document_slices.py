"""A slice is one operation with exactly the schemas it reaches, and prance makes a graph of it."""

from __future__ import annotations

import contextlib
import functools
import json
import operator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynzuora.document import DocumentWarning, Entry, dereferenced, prepare
from dynzuora.document.slices import title
from dynzuora.errors import SpecError

TINY: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Tiny", "version": "2030-01-01"},
    "servers": [{"url": "https://rest.example.com/"}],
    "tags": [{"name": "Things", "description": "All things."}],
    "paths": {
        "/v1/things/{thing-key}": {
            "parameters": [
                {"$ref": "#/components/parameters/Key"},
                {"name": "verbose", "in": "query", "schema": {"type": "boolean"}},
            ],
            "put": {
                "operationId": "PUT_Thing",
                "tags": ["Things", "Extra"],
                "summary": "Change\n a thing ",
                "description": "Changes.",
                "deprecated": True,
                "x-internal": True,
                "parameters": [
                    {"name": "verbose", "in": "query", "schema": {"type": "string"}, "explode": False},
                    {"name": "Accept", "in": "header", "schema": {"enum": ["text/csv"]}},
                ],
                "requestBody": {"$ref": "#/components/requestBodies/Thing"},
                "responses": {"200": {"$ref": "#/components/responses/Thing"}},
            },
        }
    },
    "components": {
        "parameters": {
            "Key": {
                "name": "thing-key",
                "in": "path",
                "required": True,
                "schema": {"$ref": "#/components/schemas/Id"},
            }
        },
        "requestBodies": {
            "Thing": {
                "required": True,
                "content": {
                    "application/json; charset=utf-8": {"schema": {"$ref": "#/components/schemas/Thing"}}
                },
            }
        },
        "responses": {
            "Thing": {
                "description": "The thing.",
                "headers": {"X-Count": {"$ref": "#/components/headers/Count"}},
                "content": {
                    "application/json": {
                        "schema": {"$ref": "#/components/schemas/Thing"},
                        "examples": {"one": {"$ref": "#/components/examples/One"}},
                    }
                },
            }
        },
        "headers": {"Count": {"schema": {"type": "integer"}, "x-note": 1}},
        "examples": {"One": {"value": {"$ref": "data, and not a reference"}}},
        "schemas": {
            "Id": {"type": "string"},
            "Thing": {
                "type": "object",
                "x-note": 1,
                "properties": {
                    "id": {"$ref": "#/components/schemas/Id", "description": "ignored beside a reference"},
                    "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}},
                    "x-named": {"type": "string"},
                },
            },
            "Unused": {"type": "string"},
        },
    },
}


def with_schemas(schemas: dict[str, Any], **operation: Any) -> dict[str, Any]:
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}}
    return {
        "openapi": "3.0.3",
        "info": {"title": "Tiny", "version": "1"},
        "paths": {"/a": {"post": {"operationId": "a", "requestBody": body, "responses": {}, **operation}}},
        "components": {"schemas": schemas},
    }


def schemas_of(document: dict[str, Any]) -> Any:
    return prepare(document).slice("a")["components"]["schemas"]


def test_a_slice_holds_everything_about_one_operation_and_nothing_else() -> None:
    assert prepare(TINY).slice("PUT_Thing") == {
        "id": "PUT_Thing",
        "method": "PUT",
        "path": "/v1/things/{thing-key}",
        "pointer": "#/paths/~1v1~1things~1{thing-key}/put",
        "summary": "Change a thing",
        "description": "Changes.",
        "tags": ["Things", "Extra"],
        "deprecated": True,
        "parameters": [
            {
                "name": "thing-key",
                "in": "path",
                "required": True,
                "style": "simple",
                "explode": False,
                "schema": {"$ref": "#/components/schemas/Id"},
            },
            {
                "name": "verbose",
                "in": "query",
                "required": False,
                "style": "form",
                "explode": False,
                "schema": {"type": "string"},
            },
        ],
        "accept": ["text/csv"],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}},
        },
        "responses": {
            "200": {
                "description": "The thing.",
                "headers": {"X-Count": {"schema": {"type": "integer"}}},
                "content": {
                    "application/json": {
                        "schema": {"$ref": "#/components/schemas/Thing"},
                        "examples": {"one": {"value": {"$ref": "data, and not a reference"}}},
                    }
                },
            }
        },
        "components": {
            "schemas": {
                "Id": {"type": "string"},
                "Thing": {
                    "type": "object",
                    "properties": {
                        "id": {"$ref": "#/components/schemas/Id"},
                        "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}},
                        "x-named": {"type": "string"},
                    },
                },
            }
        },
    }


def test_the_index_knows_what_is_needed_to_choose_an_operation() -> None:
    prepared = prepare(TINY)
    assert (prepared.title, prepared.version, prepared.servers) == (
        "Tiny",
        "2030-01-01",
        ("https://rest.example.com/",),
    )
    assert prepared.tags == ("Things", "Extra")
    assert dict(prepared.index) == {
        "PUT_Thing": Entry("PUT", "/v1/things/{thing-key}", ("Things", "Extra"), "Change a thing", "")
    }


@pytest.mark.parametrize(
    ("id", "expected"),
    [
        ("GET_SequenceSets", "Get sequence sets"),
        ("Object_GETAccount", "Object get account"),
        ("POST_HMACSignatures", "Post HMAC signatures"),
        ("PUT_RSAKey2", "Put RSA key2"),
        ("listItems", "List items"),
        ("get_v1_a", "Get v1 a"),
        ("???", "???"),
        ("GET_RSbyInvoiceItem", "Get RS by invoice item"),
        ("GET_CRSByCRSNumber", "Get CRS by CRS number"),
        ("DELETE_Delete_Email_Template", "Delete email template"),
    ],
)
def test_an_operation_without_a_summary_gets_a_title_from_its_id(id: str, expected: str) -> None:
    assert title(id) == expected


@pytest.mark.parametrize(
    ("location", "style", "explode"),
    [
        ("path", "simple", False),
        ("query", "form", True),
        ("header", "simple", False),
        ("cookie", "form", True),
    ],
)
def test_styles_have_the_defaults_of_their_location(location: str, style: str, explode: bool) -> None:
    document = with_schemas({"A": {}}, parameters=[{"name": "p", "in": location, "schema": {}}])
    document["paths"] = {"/a/{p}" if location == "path" else "/a": document["paths"]["/a"]}
    [parameter] = prepare(document).slice("a")["parameters"]
    assert (parameter["style"], parameter["explode"]) == (style, explode)


def test_a_reference_into_the_middle_of_something_becomes_a_schema_of_its_own() -> None:
    document = with_schemas(
        {
            "A": {
                "allOf": [
                    {"$ref": "#/components/schemas/B/properties/x"},
                    {"$ref": "#/paths/~1b/get/x-shape"},
                ]
            },
            "B": {"properties": {"x": {"type": "string"}}},
        }
    )
    document["paths"]["/b"] = {"get": {"operationId": "b", "responses": {}, "x-shape": {"maxLength": 3}}}
    assert schemas_of(document) == {
        "A": {
            "allOf": [
                {"$ref": "#/components/schemas/B.properties.x"},
                {"$ref": "#/components/schemas/paths._b.get.x-shape"},
            ]
        },
        "B.properties.x": {"type": "string"},
        "paths._b.get.x-shape": {"maxLength": 3},
    }


@pytest.mark.parametrize("spelled", ["a%20%7Bb%7D~1c", "a {b}~1c"])
def test_names_that_need_escaping_are_spelled_so_that_they_do_not(spelled: str) -> None:
    document = with_schemas(
        {"A": {"items": {"$ref": f"#/components/schemas/{spelled}"}}, "a {b}/c": {"type": "string"}}
    )
    assert schemas_of(document) == {
        "A": {"items": {"$ref": "#/components/schemas/a__b__c"}},
        "a__b__c": {"type": "string"},
    }
    graph = dereferenced(prepare(document).slice("a"))
    assert graph["components"]["schemas"]["A"] == {"items": {"type": "string"}}


def test_path_items_that_are_references_are_put_in_place() -> None:
    document = with_schemas({"A": {"type": "string"}})
    document["paths"]["/b"] = {"$ref": "#/paths/~1a"}
    prepared = prepare(document)
    assert {id: entry.path for id, entry in prepared.index.items()} == {"a": "/a", "a_2": "/b"}


# -- what is broken ---------------------------------------------------------------------


def test_an_optional_subschema_that_leads_nowhere_takes_any_value_and_is_named() -> None:
    document = with_schemas(
        {"A": {"properties": {"x": {"$ref": "./x.yaml"}, "y": {"$ref": "#/components/schemas/Y"}}}}
    )
    prepared = prepare(document)
    assert prepared.index["a"].fault == ""
    assert prepared.slice("a")["components"]["schemas"]["A"] == {"properties": {"x": {}, "y": {}}}
    assert prepared.warnings == (
        DocumentWarning(
            "dangling-reference",
            "#/components/schemas/A/properties/x",
            "the reference './x.yaml' leaves the document "
            "(external_files=True follows references to files beside it); any value is allowed.",
        ),
        DocumentWarning(
            "dangling-reference",
            "#/components/schemas/A/properties/y",
            "the reference '#/components/schemas/Y' points to nothing; any value is allowed.",
        ),
    )


@pytest.mark.parametrize(
    ("schemas", "where"),
    [
        ({}, "#/paths/~1a/post/requestBody/content/application~1json/schema"),
        ({"A": {"$ref": "#/nowhere"}}, "#/components/schemas/A"),
        ({"A": {"allOf": [{}, {"$ref": "#/nowhere"}]}}, "#/components/schemas/A/allOf/1"),
        (
            {"A": {"required": ["x"], "properties": {"x": {"$ref": "#/nowhere"}}}},
            "#/components/schemas/A/properties/x",
        ),
        (
            {
                "A": {"required": ["x"], "properties": {"x": {"$ref": "#/components/schemas/B"}}},
                "B": {"type": "array", "minItems": 1, "items": {"$ref": "http://169.254.169.254/x"}},
            },
            "#/components/schemas/B/items",
        ),
    ],
    ids=["itself", "alias", "allOf", "required", "through-another"],
)
def test_an_operation_whose_body_needs_what_leads_nowhere_cannot_be_used(schemas: Any, where: str) -> None:
    prepared = prepare(with_schemas(schemas))
    fault = prepared.index["a"].fault
    assert fault.startswith(f"{where}: the reference ")
    assert fault.endswith(", and the body (application/json) needs it")
    assert where in [each.pointer for each in prepared.warnings if each.rule == "unusable-operation"]


@pytest.mark.parametrize(
    ("operation", "fault"),
    [
        (
            {"parameters": [{"$ref": "#/components/parameters/None"}]},
            "#/paths/~1a/post/parameters/0: the reference '#/components/parameters/None' points to nothing",
        ),
        (
            {"requestBody": {"$ref": "#/components/requestBodies/None"}},
            "#/paths/~1a/post/requestBody: the reference '#/components/requestBodies/None' points to nothing",
        ),
        (
            {"parameters": [{"name": "q", "in": "query", "required": True, "schema": {"$ref": "#/x"}}]},
            "#/paths/~1a/post/parameters/0/schema: the reference '#/x' points to nothing, "
            "and the parameter 'q' needs it",
        ),
    ],
    ids=["parameter", "body", "required-parameter"],
)
def test_a_broken_shell_costs_one_operation(operation: Any, fault: str) -> None:
    document = with_schemas({"A": {"type": "string"}}, **operation)
    document["paths"]["/b"] = {"get": {"operationId": "b", "responses": {}}}
    prepared = prepare(document)
    assert [entry.fault for entry in prepared.index.values()] == [fault, ""]


def test_broken_responses_and_optional_parameters_cost_nothing() -> None:
    responses = {
        "200": {"$ref": "#/components/responses/None"},
        "400": {
            "headers": {"H": {"$ref": "#/components/headers/None"}},
            "content": {"a/b": {"schema": {"$ref": "x"}}},
        },
    }
    parameter = {"name": "q", "in": "query", "schema": {"$ref": "#/x"}}
    prepared = prepare(with_schemas({"A": {}}, responses=responses, parameters=[parameter]))
    cut = prepared.slice("a")
    assert cut["responses"] == {"200": {"content": {}}, "400": {"content": {"a/b": {"schema": {}}}}}
    assert (prepared.index["a"].fault, cut["parameters"][0]["schema"]) == ("", {})
    assert [each.pointer for each in prepared.warnings] == [
        "#/paths/~1a/post/parameters/0/schema",
        "#/paths/~1a/post/responses/200",
        "#/paths/~1a/post/responses/400/headers/H",
        "#/paths/~1a/post/responses/400/content/a~1b/schema",
    ]


@pytest.mark.parametrize(
    "schemas",
    [
        {"A": {"$ref": "#/components/schemas/A"}},
        {"A": {"$ref": "#/components/schemas/B"}, "B": {"$ref": "#/components/schemas/A"}},
        {"A": {"allOf": [{"oneOf": [{"not": {"$ref": "#/components/schemas/A"}}]}]}},
    ],
    ids=["itself", "each-other", "nested"],
)
def test_a_schema_that_only_ever_leads_to_itself_is_broken_open(schemas: Any) -> None:
    prepared = prepare(with_schemas(schemas))
    assert prepared.warnings[0].rule == "endless-reference"
    assert '"$ref": "#/components/schemas/A"' not in json.dumps(prepared.slice("a")["components"])


def test_an_odd_operation_is_named_and_the_others_go_on() -> None:
    document = with_schemas({"A": {}})
    document["paths"]["/b"] = {"get": {"operationId": "b", "responses": {"200": {"$ref": "#/info"}}}}
    document["info"]["content"] = "not what a response has"
    prepared = prepare(document)
    assert [id for id, entry in prepared.index.items() if entry.fault] == []
    assert [each.rule for each in prepared.warnings] == ["misplaced-value"]


def test_deep_nesting_is_an_error_and_not_a_crash() -> None:
    schema: dict[str, Any] = {}
    for _ in range(100_000):
        schema = {"items": schema}
    with pytest.raises(SpecError):
        prepare(with_schemas({"A": schema}))


# -- the graph --------------------------------------------------------------------------


def test_a_dereferenced_slice_shares_what_is_reached_twice_and_keeps_recursion() -> None:
    graph = dereferenced(prepare(TINY).slice("PUT_Thing"))
    body = graph["requestBody"]["content"]["application/json"]["schema"]
    reply = graph["responses"]["200"]["content"]["application/json"]["schema"]
    assert body is reply
    assert body["properties"]["id"] == {"type": "string"}
    assert body["properties"]["parts"]["items"] == {"$ref": "#/components/schemas/Thing"}


def test_what_only_looks_like_a_reference_is_never_followed() -> None:
    data = {"$ref": "file:///etc/passwd"}
    schema = {
        "properties": {"$ref": {"type": "string"}, "b": {"$ref": "#/components/schemas/B"}},
        "default": data,
        "enum": [data],
        "example": data,
    }
    graph = dereferenced(prepare(with_schemas({"A": schema, "B": {"type": "integer"}})).slice("a"))
    found = graph["requestBody"]["content"]["application/json"]["schema"]
    assert found == {**schema, "properties": {"$ref": {"type": "string"}, "b": {"type": "integer"}}}


def test_a_slice_is_not_changed_by_being_dereferenced() -> None:
    cut = prepare(TINY).slice("PUT_Thing")
    before = json.dumps(cut)
    dereferenced(cut)
    assert json.dumps(cut) == before


_NAMES = st.sampled_from(["A", "B", "C"])
_SCHEMAS = st.recursive(
    st.builds(dict, type=st.sampled_from(["string", "integer"]))
    | _NAMES.map(lambda name: {"$ref": f"#/components/schemas/{name}"}),
    lambda inner: (
        st.builds(dict, properties=st.dictionaries(st.sampled_from(["$ref", "x", "items"]), inner))
        | st.builds(dict, items=inner)
        | st.builds(dict, allOf=st.lists(inner, min_size=1, max_size=2))
    ),
    max_leaves=6,
)


@given(st.fixed_dictionaries({"A": _SCHEMAS, "B": _SCHEMAS, "C": _SCHEMAS}))
def test_slices_are_closed_and_their_graphs_finite(schemas: dict[str, Any]) -> None:
    cut = prepare(with_schemas(schemas)).slice("a")
    known = cut["components"]["schemas"]
    json.dumps(dereferenced(cut))  # would not end if the graph had a loop

    def references(schema: dict[str, Any]) -> set[str]:
        if isinstance(schema.get("$ref"), str):
            return {schema["$ref"].rpartition("/")[2]}
        inner = [*schema.get("properties", {}).values(), *schema.get("allOf", ())]
        inner += [schema["items"]] if "items" in schema else []
        return set().union(*map(references, inner))

    reached = set().union(*map(references, known.values()))
    assert reached <= set(known)
    if "requestBody" in cut:
        assert set(known) <= reached | {"A"}


# -- anything at all --------------------------------------------------------------------

_TARGETS = [5, "#", "http://a.example/x", "#/components/schemas/Thing", "#/components/responses/Thing"]
_JUNK = st.sampled_from([None, True, 0, 1.5, "", "x", [], {}, [None], ["a"], {"a": None}]) | st.sampled_from(
    [{"$ref": target} for target in (*_TARGETS, "#/paths/~1v1~1things~1{thing-key}/put")]
)


def _places(node: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [place for key, each in inner for place in [(*way, key), *_places(each, (*way, key))]]


@given(st.lists(st.tuples(st.sampled_from(_places(TINY)), _JUNK), min_size=1, max_size=3))
def test_no_document_is_so_broken_that_it_breaks_us(changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    document = json.loads(json.dumps(TINY))
    for way, junk in changes:
        with contextlib.suppress(KeyError, IndexError, TypeError):  # an earlier change took it away
            functools.reduce(operator.getitem, way[:-1], document)[way[-1]] = junk
    try:
        prepared = prepare(document)
    except SpecError:
        return
    for id in prepared.index:
        json.dumps(dereferenced(prepared.slice(id)))


def test_references_that_multiply_cost_nothing_until_someone_writes_them_out() -> None:
    schemas: dict[str, Any] = {
        f"S{n}": {"properties": {key: {"$ref": f"#/components/schemas/S{n + 1}"} for key in "ab"}}
        for n in range(60)
    }
    prepared = prepare(with_schemas({"A": {"$ref": "#/components/schemas/S0"}, "S60": {}, **schemas}))
    graph = dereferenced(prepared.slice("a"))
    assert len(graph["components"]["schemas"]) == 62


def test_what_operations_share_brings_its_schemas_into_each() -> None:
    operation = {
        "parameters": [{"$ref": "#/components/parameters/P"}],
        "responses": {"200": {"description": "", "headers": {"H": {"$ref": "#/components/headers/H"}}}},
    }
    document = {
        "openapi": "3.0.3",
        "info": {"title": "Tiny", "version": "1"},
        "paths": {f"/{id}": {"get": {"operationId": id, **operation}} for id in "ab"},
        "components": {
            "parameters": {"P": {"name": "p", "in": "query", "schema": {"$ref": "#/components/schemas/A"}}},
            "headers": {"H": {"schema": {"$ref": "#/components/schemas/B"}}},
            "schemas": {"A": {"type": "string"}, "B": {"type": "integer"}, "C": {}},
        },
    }
    prepared = prepare(document)
    assert [list(prepared.slice(id)["components"]["schemas"]) for id in "ab"] == [["A", "B"]] * 2


def test_a_schema_elsewhere_that_is_nothing_but_itself_takes_any_value() -> None:
    itself = {"$ref": "#/components/responses/Thing"}
    answer = {"200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Id"}}}}}
    prepared = prepare(
        {
            "openapi": "3.0.0",
            "info": {"title": "t", "version": "1"},
            "paths": {"/a": {"get": {"operationId": "A", "responses": answer}}},
            "components": {"responses": {"Thing": dict(itself)}, "schemas": {"Id": dict(itself)}},
        }
    )
    assert [each.rule for each in prepared.warnings] == ["endless-reference"]
    assert dereferenced(prepared.slice("A"))["id"] == "A"
