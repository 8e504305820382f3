"""Files that a document refers to are converted as they are read, with the document's own version."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dynzuora.document import Prepared, prepare


def written(folder: Path, **files: Any) -> Path:
    """Write each file as JSON under its name; return that of the document, ``main``."""
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    return folder / "main.json"


def prepared(folder: Path, **files: Any) -> Prepared:
    return prepare(written(folder, **files), external_files=True)


def swagger(post: dict[str, Any], **more: Any) -> dict[str, Any]:
    operation = {"operationId": "a", "responses": {}, **post}
    head = {"swagger": "2.0", "info": {"title": "T", "version": "1"}}
    return {**head, "paths": {"/a": {"post": operation}}, **more}


def openapi(version: str, schema: Any) -> dict[str, Any]:
    body = {"content": {"application/json": {"schema": schema}}}
    operation = {"operationId": "a", "requestBody": body, "responses": {}}
    return {"openapi": version, "info": {"title": "T", "version": "1"}, "paths": {"/a": {"post": operation}}}


PARTS = {
    "limit": {
        "name": "limit",
        "in": "query",
        "type": "array",
        "items": {"type": "integer"},
        "collectionFormat": "pipes",
    },
    "body": {"name": "body", "in": "body", "required": True, "schema": {"$ref": "#/pet"}},
    "answer": {"description": "Pets.", "schema": {"$ref": "#/pet"}},
    "pet": {"type": "string", "x-nullable": True},
    "operation": {
        "operationId": "b",
        "parameters": [{"$ref": "#/limit"}],
        "responses": {"200": {"$ref": "#/answer"}},
    },
    "item": {"get": {"$ref": "#/operation"}},
    "paths": {"/b": {"$ref": "#/item"}},
}
PET = {"type": "string", "nullable": True}


def test_fragments_of_swagger_2_0_become_parameters_bodies_and_responses(tmp_path: Path) -> None:
    post = {
        "parameters": [{"$ref": "parts.json#/limit"}, {"$ref": "parts.json#/body"}],
        "responses": {"200": {"$ref": "parts.json#/answer"}},
    }
    document = prepared(tmp_path, main=swagger(post), parts=PARTS)
    slice = document.slice("a")
    pet = {"application/json": {"schema": {"$ref": "#/components/schemas/pet"}}}
    [limit] = slice["parameters"]
    assert (limit["style"], limit["explode"]) == ("pipeDelimited", False)
    assert slice["requestBody"] == {"required": True, "content": pet}
    assert slice["responses"]["200"] == {"description": "Pets.", "content": pet}
    assert (slice["components"]["schemas"], document.warnings) == ({"pet": PET}, ())


@pytest.mark.parametrize(
    "paths",
    [
        {"$ref": "parts.json#/paths"},
        {"/b": {"$ref": "parts.json#/item"}},
        {"/b": {"get": {"$ref": "parts.json#/operation"}}},
    ],
    ids=["paths", "path item", "operation"],
)
@pytest.mark.parametrize("version", [{"swagger": "2.0"}, {"openapi": "3.0.3"}])
def test_whole_paths_items_and_operations_may_be_elsewhere(tmp_path: Path, paths: Any, version: Any) -> None:
    main = {**version, "info": {"title": "T", "version": "1"}, "paths": paths}
    parts = (
        PARTS if "swagger" in version else {**PARTS, "limit": {"name": "limit", "in": "query", "schema": {}}}
    )
    document = prepared(tmp_path, main=main, parts=parts)
    assert {id: (entry.path, entry.fault) for id, entry in document.index.items()} == {"b": ("/b", "")}
    assert [parameter["name"] for parameter in document.slice("b")["parameters"]] == ["limit"]


@pytest.mark.parametrize(
    "components",
    [{"$ref": "all.json#/components"}, {"schemas": {"$ref": "all.json#/components/schemas"}}],
    ids=["all components", "a section"],
)
@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
def test_components_that_are_in_another_file_as_a_whole_keep_their_names(
    tmp_path: Path, components: Any, version: str
) -> None:
    main = openapi(version, {"$ref": "pet.json"}) | {"components": components}
    schemas = {"Pet": {"$ref": "pet.json"}, "Tag": {"$ref": "tag.json"}}
    pet = {"properties": {"tag": {"$ref": "tag.json"}, "mother": {"$ref": "pet.json"}}}
    files = {"all": {"components": {"schemas": schemas}}, "pet": pet, "tag": {"type": "string"}}
    document = prepared(tmp_path, main=main, **files)
    assert (document.warnings, document.slice("a")["components"]["schemas"]) == (
        (),
        {
            "Pet": {
                "properties": {
                    "tag": {"$ref": "#/components/schemas/Tag"},
                    "mother": {"$ref": "#/components/schemas/Pet"},
                }
            },
            "Tag": {"type": "string"},
        },
    )


def test_fragments_of_3_1_are_converted(tmp_path: Path) -> None:
    parts = {
        "a": {"properties": {"n": {"$ref": "#/n"}, "p": {"patternProperties": {"^x": False}}}},
        "n": {"type": "null"},
    }
    document = prepared(tmp_path, main=openapi("3.1.0", {"$ref": "parts.json#/a"}), parts=parts)
    assert document.slice("a")["components"]["schemas"] == {
        "a": {
            "properties": {
                "n": {"$ref": "#/components/schemas/n"},
                "p": {"patternProperties": {"^x": {"not": {}}}},
            }
        },
        "n": {"enum": [None], "nullable": True},
    }


NAMED = {
    "a pointer below a URI": ({"$ref": "#/$defs/n"}, ""),
    "a URI": ({"$ref": "https://e.com/pet#/$defs/n"}, ""),
    "an anchor": ({"$ref": "#n"}, ""),
    "a relative URI": ({"$ref": "inner"}, ""),
    "itself": ({}, "#n"),
}
"""What: a reference in a file of schemas, and what the document adds to its name."""


@pytest.mark.parametrize(("reference", "fragment"), NAMED.values(), ids=NAMED)
def test_a_file_of_schemas_may_name_them_by_uri_and_by_anchor(
    tmp_path: Path, reference: Any, fragment: str
) -> None:
    number = {"$anchor": "n", "type": "integer"}
    inner = {"$id": "inner", "type": "integer"}
    pet = {"$id": "https://e.com/pet", "properties": {"n": reference}, "$defs": {"n": number, "i": inner}}
    document = prepared(tmp_path, main=openapi("3.1.0", {"$ref": f"pet.json{fragment}"}), pet=pet)
    schemas = [schema for schema in document.slice("a")["components"]["schemas"].values()]
    assert ({"type": "integer"} in schemas, document.warnings) == (True, ())


def test_a_uri_means_the_schema_of_a_file_that_another_reference_names(tmp_path: Path) -> None:
    schema = {"items": {"$ref": "https://e.com/pet"}, "not": {"$ref": "pet.json"}}
    pet = {"$id": "https://e.com/pet", "type": "integer"}
    document = prepared(tmp_path, main=openapi("3.1.0", schema), pet=pet)
    body = document.slice("a")["requestBody"]["content"]["application/json"]["schema"]
    assert (body["items"], document.warnings) == ({"$ref": "#/components/schemas/pet"}, ())


@pytest.mark.parametrize(
    ("version", "other", "schema"),
    [
        (
            "3.0.3",
            {"swagger": "2.0", "definitions": {"Pet": {"type": "string", "x-nullable": True}}},
            "#/definitions/Pet",
        ),
        (
            "3.1.0",
            {"swagger": "2.0", "definitions": {"Pet": {"type": "string", "x-nullable": True}}},
            "#/definitions/Pet",
        ),
        (
            "3.0.3",
            {"openapi": "3.1.0", "components": {"schemas": {"Pet": {"type": ["string", "null"]}}}},
            "#/components/schemas/Pet",
        ),
        ("3.1.0", {"openapi": "3.0.3", "components": {"schemas": {"Pet": PET}}}, "#/components/schemas/Pet"),
        (
            "3.1.0",
            {"openapi": "3.1.0", "components": {"schemas": {"Pet": {"type": ["string", "null"]}}}},
            "#/components/schemas/Pet",
        ),
    ],
    ids=["2.0 in 3.0", "2.0 in 3.1", "3.1 in 3.0", "3.0 in 3.1", "3.1 in 3.1"],
)
def test_a_whole_document_of_another_version_is_read_as_its_own(
    tmp_path: Path, version: str, other: Any, schema: str
) -> None:
    document = prepared(tmp_path, main=openapi(version, {"$ref": f"other.json{schema}"}), other=other)
    assert (document.slice("a")["components"]["schemas"], document.warnings) == ({"Pet": PET}, ())


def test_a_discriminator_may_name_files(tmp_path: Path) -> None:
    mapping = {"cat": "cat.json", "dog": "#/components/schemas/Dog"}
    pet = {"oneOf": [{"$ref": "cat.json"}], "discriminator": {"propertyName": "kind", "mapping": mapping}}
    document = prepared(tmp_path, main=openapi("3.0.3", pet), cat={"type": "object"})
    schema = document.slice("a")["requestBody"]["content"]["application/json"]["schema"]
    assert (
        schema["discriminator"]["mapping"]["cat"] == schema["oneOf"][0]["$ref"] == "#/components/schemas/cat"
    )
