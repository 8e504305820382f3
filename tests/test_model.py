"""What a schema says together with those it is made of, and which response is the reply of a success."""

from __future__ import annotations

from typing import Any

import pytest

import dynzuora
from dynzuora.comparison.shapes import Version
from dynzuora.comparison.usage import keys
from dynzuora.model import Schemas, shape_of
from tests.documents import document

Json = dict[str, Any]

ROWS: Json = {"properties": {"rows": {"type": "array", "items": {"properties": {"id": {"type": "string"}}}}}}
FAULT: Json = {"properties": {"message": {"type": "string"}}}


def response(media_type: str, schema: Json) -> Json:
    return {"description": "", "content": {media_type: {"schema": schema}}}


CSV, JSON = response("text/csv", {"type": "string"}), response("application/json", ROWS)
ERROR = response("application/problem+json", FAULT)


def loaded(responses: Json) -> dynzuora.operation.Document:
    get = {"operationId": "GET_Rows", "responses": responses}
    return dynzuora.load(document({"/rows": {"get": get}}))


@pytest.mark.parametrize(
    ("responses", "reply", "accept"),
    [
        ({"200": CSV, "202": JSON}, "202", "application/json, text/csv"),
        ({"default": JSON}, "default", "application/json"),
        ({"2XX": JSON, "default": ERROR}, "2XX", "application/json"),
        ({"default": ERROR, "200": JSON}, "200", "application/json"),
    ],
    ids=["JSON behind CSV", "only default", "a class", "default beside a success"],
)
def test_paging_accept_card_usage_and_comparison_agree_on_the_reply(
    responses: Json, reply: str, accept: str
) -> None:
    operation = loaded(responses).operations["GET_Rows"]
    assert (operation.paging.name, operation.paging.items) == ("unpaged-list", "rows")
    assert operation.prepare().headers["Accept"] == accept
    shown = {
        row["status"]: [field["name"] for field in row["fields"]] for row in operation.card()["responses"]
    }
    assert shown == {status: ["rows"] if status == reply else [] for status in responses}
    version = Version(operation._prepared)
    located = keys.reply(version.slices["GET_Rows"])
    assert located is not None and list(keys.keys(located, version).properties) == ["rows"]
    others = {status: each for status, each in responses.items() if status != reply} | {"404": ERROR}
    kinds = {change.id for change in dynzuora.diff(loaded(responses), loaded(others)).changes}
    assert "success-status-removed" in kinds


def test_default_beside_a_success_is_an_error_to_the_comparison() -> None:
    changes = dynzuora.diff(loaded({"200": JSON, "default": ERROR}), loaded({"200": JSON})).changes
    assert [change.id for change in changes] == ["error-status-removed"]


COMPONENTS: Json = {
    "Base": {"properties": {"id": {"type": "string", "maxLength": 32}}, "required": ["id"]},
    "Loop": {"allOf": [{"$ref": "#/components/schemas/Loop"}], "description": "again"},
}
BASE: Json = {"$ref": "#/components/schemas/Base"}


@pytest.mark.parametrize(
    ("schema", "type", "properties", "required"),
    [
        (BASE, "object", ["id"], {"id"}),
        (
            {"allOf": [BASE, {"properties": {"a": {}}}], "properties": {"b": {}}},
            "object",
            ["id", "a", "b"],
            {"id"},
        ),
        ({"oneOf": [BASE]}, "object", ["id"], {"id"}),
        ({"oneOf": [BASE, {"type": "string"}]}, "", [], set()),
        ({"$ref": "#/components/schemas/Loop"}, "", [], set()),
        ({"$ref": "#/components/schemas/Nobody"}, "", [], set()),
        ({"allOf": [{"type": "number"}, {"type": "integer"}]}, "integer", [], set()),
        ({"items": {}}, "array", [], set()),
    ],
    ids=[
        "reference",
        "parts first",
        "an only alternative",
        "alternatives",
        "circle",
        "nowhere",
        "types",
        "items",
    ],
)
def test_a_shape_is_what_every_value_has_to_fit(
    schema: Json, type: str, properties: list[str], required: set[str]
) -> None:
    shape = Schemas(COMPONENTS).of(schema)
    assert (shape.type, list(shape.properties), shape.required) == (type, properties, required)


def test_a_property_of_two_parts_fits_both() -> None:
    again = {"properties": {"id": {"maxLength": 8, "description": "short"}}}
    [field] = Schemas(COMPONENTS).of({"allOf": [BASE, again]}).properties.values()
    assert field.words == {"type": "string", "maxLength": 8, "description": "short"}


def test_the_fields_and_types_of_alternatives_are_known() -> None:
    shape = Schemas(COMPONENTS).of(
        {"anyOf": [BASE, {"type": "string"}, {"oneOf": [BASE, {"type": "integer"}]}]}
    )
    assert (list(shape.fields), shape.types) == (["id"], ("object", "string", "integer"))


def test_an_all_of_one_has_the_name_of_its_member() -> None:
    schemas = Schemas(COMPONENTS)
    assert [schemas.of({"allOf": [BASE]}).name, schemas.of({"allOf": [BASE, BASE]}).name] == ["Base", ""]


def test_a_shape_is_made_once_and_says_nothing_where_nothing_is_said() -> None:
    schemas = Schemas(COMPONENTS)
    assert schemas.of(BASE) is schemas.of(COMPONENTS["Base"])
    assert (shape_of({}).words, shape_of({}).types, shape_of({}).items) == ({}, (), None)
