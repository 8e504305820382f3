"""A corpus of bad documents, all made up: what each is, and what is said of it.

``CONTAINERS`` are no documents at all, and each is one `SpecError`. ``STRUCTURES`` are documents
with a fault beside an operation ``right``: the fault costs nothing but the operation it is in.
"""

from __future__ import annotations

import json
from typing import Any

from tests.documents import document, operation, parameter

WHOLE = json.dumps(document({"/a": {"get": operation("a")}}))
CONTAINERS: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "is empty. Was the download complete?"),
    "login page": (
        b"\n<!doctype html><title>Sign in</title>",
        "is a web page (a login page, perhaps), not an OpenAPI document. "
        "Download the JSON or YAML file itself.",
    ),
    "truncated": (
        WHOLE[:-20].encode(),
        f"is not JSON: it ends too early (line 1, column {len(WHOLE) - 24}). Was the download complete?",
    ),
    "two documents": (
        (WHOLE + WHOLE).encode(),
        f"is not JSON: a second value begins at line 1, column {len(WHOLE) + 1}. Pass a single document.",
    ),
    "two documents of YAML": (
        b"openapi: 3.0.0\n---\nopenapi: 3.0.0\n",
        "cannot be used: a second document begins at line 2, column 1.",
    ),
    "Latin-1": (
        b'{"openapi": "3.0.0", "info": {"title": "caf\xe9"}}',
        "is not text: byte 43 (line 1) is not utf-8. Save it as UTF-8.",
    ),
    "NaN": (
        b'{"openapi": "3.0.0", "x": NaN}',
        "contains NaN, which is not a JSON number, at line 1, column 27.",
    ),
    "Infinity": (
        b'{"openapi": "3.0.0", "x": -Infinity}',
        "contains -Infinity, which is not a JSON number, at line 1, column 27.",
    ),
    "1e999": (
        b'{"openapi": "3.0.0", "x": 1e999}',
        "contains the number 1e999, which is too large, at line 1, column 27.",
    ),
    "1e999 in YAML": (
        b"openapi: 3.0.0\nx: 1e999\n",
        "cannot be used: the number 1e999, which is too large, at line 2, column 4.",
    ),
    "an integer of 5,000 digits": (
        b'{"openapi": "3.0.0", "x": ' + b"1" * 5_000 + b"}",
        "contains a number of 5,000 digits at line 1, column 27.",
    ),
    "tabs": (
        b"openapi: 3.0.0\npaths:\n\t/a: {}\n",
        "is neither JSON nor YAML: found character that cannot start any token at line 3, column 1.",
    ),
    "a Python tag": (
        b"openapi: 3.0.0\nx: !!python/name:os.system\n",
        "cannot be used: the tag 'tag:yaml.org,2002:python/name:os.system', which is not supported, "
        "at line 2, column 4.",
    ),
    "a list": (b"[]", "contains a list, but an OpenAPI document is an object. Is it the right file?"),
    "null": (b"null", "contains nothing, but an OpenAPI document is an object. Is it the right file?"),
    "something else": (
        b'{"name": "left-pad"}',
        "is not an OpenAPI document: it has neither 'openapi' nor 'swagger' at the top (it has 'name'). "
        "Is it the right file?",
    ),
    "Latin-1 in YAML": (
        b"openapi: 3.0.0\ninfo: caf\xe9\n",
        "is not text: byte 24 (line 2) is not utf-8. Save it as UTF-8.",
    ),
    "half of UTF-16": (
        "{ }".encode("utf-16")[:-1],
        "is not text: byte 6 (line 1) is not utf-16. Save it as UTF-8.",
    ),
    "gzip": (b"\x1f\x8b\x08\0", "is a gzip file. Unpack it and pass the JSON or YAML file."),
    "XML": (
        b'<?xml version="1.0"?><a/>',
        "is XML, not an OpenAPI document. Download the JSON or YAML file itself.",
    ),
    "an anchor in itself": (
        b"openapi: &a [*a]\n",
        "cannot be used: the alias *a is inside its own anchor or has none at line 1, column 14.",
    ),
    "a key that is a list": (
        b"openapi: 3.0.0\n? [a]\n: b\n",
        "cannot be used: a key that is not a string at line 2, column 3.",
    ),
    "the next version": (
        b"openapi: 4.0.0\n",
        "says openapi: 4.0.0. dynzuora reads Swagger 2.0 and OpenAPI 3.0, 3.1 and 3.2. "
        "Is there another version of the document?",
    ),
    "a NUL": (b"openapi: 3.0.0\nx: \0\n", "is neither JSON nor YAML: control characters are not allowed."),
}


def beside(paths: Any, **more: Any) -> bytes:
    """A document with one operation that is right beside what is not."""
    return json.dumps(document({"/right": {"get": operation("right")}, **paths}, **more)).encode()


def schema_of(value: Any) -> dict[str, Any]:
    return {
        "/wrong": {
            "post": operation("wrong", requestBody={"content": {"application/json": {"schema": value}}})
        }
    }


STRUCTURES: dict[str, tuple[bytes, dict[str, str], list[str]]] = {
    "null for a path": (beside({"/wrong": None}), {"right": ""}, ["misplaced-value"]),
    "list for a path": (beside({"/wrong": []}), {"right": ""}, ["misplaced-value"]),
    "null for an operation": (beside({"/wrong": {"get": None}}), {"right": ""}, ["misplaced-value"]),
    "list for a schema": (beside(schema_of([1])), {"wrong": "", "right": ""}, ["misplaced-value"]),
    "dangling body": (
        beside({"/wrong": {"post": operation("wrong", requestBody={"$ref": "#/nowhere"})}}),
        {
            "wrong": "#/paths/~1wrong/post/requestBody: the reference '#/nowhere' points to nothing",
            "right": "",
        },
        ["unusable-operation"],
    ),
    "missing id": (
        beside({"/wrong": {"get": {"responses": {}}}}),
        {"get_wrong": "", "right": ""},
        ["operation-id"],
    ),
    "duplicate id": (
        beside({"/wrong": {"get": operation("right")}}),
        {"right": "", "right_2": ""},
        ["operation-id"],
    ),
    "odd ids": (
        beside({"/wrong": {"get": operation("__class__"), "post": operation("a b; rm")}}),
        {"__class__": "", "a b; rm": "", "right": ""},
        [],
    ),
    "unknown style": (
        beside({"/wrong": {"get": operation("wrong", parameter("a", style="fancy"))}}),
        {"wrong": "", "right": ""},
        ["style"],
    ),
    "absolute path": (
        beside({"https://evil.example/a": {"get": operation("wrong")}}),
        {"wrong": "", "right": ""},
        ["frame"],
    ),
    "path of slashes": (
        beside({"//evil.example/a": {"get": operation("wrong")}}),
        {"wrong": "#/paths/~1~1evil.example~1a/get: its path is not the path of a URL", "right": ""},
        ["path"],
    ),
    "ambiguous paths": (
        beside(
            {
                "/a/{x}": {"get": operation("x", parameter("x", "path"))},
                "/a/{y}": {"get": operation("wrong", parameter("y", "path"))},
            }
        ),
        {"x": "", "wrong": "", "right": ""},
        ["ambiguous-path"],
    ),
    "path with a query": (
        beside({"/wrong?=a": {"get": operation("wrong")}}),
        {"wrong": "#/paths/~1wrong?=a/get: its path is not the path of a URL", "right": ""},
        ["path"],
    ),
    "query of a path": (
        beside({"/wrong?a=b": {"get": operation("wrong")}}),
        {"wrong": "", "right": ""},
        ["path"],
    ),
    "path with a line's end": (
        beside({"/wrong\r\nHost:evil.example": {"get": operation("wrong")}}),
        {
            "wrong": "#/paths/~1wrong\r\nHost:evil.example/get: its path is not the path of a URL",
            "right": "",
        },
        ["path"],
    ),
    "path of an at sign": (
        beside({"@evil.example/a": {"get": operation("wrong")}}),
        {"wrong": "", "right": ""},
        ["frame"],
    ),
}


def _of_all() -> dict[str, Any]:
    ref = {"$ref": "#/components/schemas/A"}
    schema = {
        "type": "object",
        "required": ["a"],
        "properties": {
            "a": {"type": "string", "enum": ["x"], "pattern": "x", "maxLength": 3, "default": "x"},
            "b": {"type": "array", "items": ref, "minItems": 0},
            "c": {"type": "integer", "minimum": 1, "exclusiveMinimum": True, "format": "int32"},
        },
        "additionalProperties": {"type": "number", "multipleOf": 2},
        "allOf": [{"not": {"type": "string"}}, {"oneOf": [{"nullable": True}]}],
        "discriminator": {"propertyName": "a", "mapping": {"x": "#/components/schemas/A"}},
    }
    media = {
        "application/json": {"schema": ref, "examples": {"x": {"value": {"a": "x"}}}, "encoding": {"a": {}}}
    }
    headers = {"X-A": {"schema": {"type": "integer"}}}
    wrong = {
        "operationId": "wrong",
        "tags": ["t"],
        "summary": "s",
        "description": "d",
        "parameters": [
            {
                "name": "id",
                "in": "path",
                "required": True,
                "schema": ref,
                "style": "simple",
                "explode": False,
            },
            {"$ref": "#/components/parameters/P"},
        ],
        "requestBody": {"required": True, "content": media},
        "responses": {"200": {"description": "", "headers": headers, "content": media, "links": {"l": {}}}},
        "security": [{"s": []}],
        "servers": [{"url": "https://a.example", "variables": {"v": {"default": "x"}}}],
        "callbacks": {"c": {"{$request.body#/a}": {"post": {"responses": {}}}}},
    }
    return document(
        {
            "/wrong/{id}": {"post": wrong, "parameters": [{"name": "h", "in": "header", "schema": {}}]},
            "/ref": {"$ref": "#/components/pathItems/I"},
            "/right": {"get": operation("right")},
        },
        servers=[{"url": "https://a.example"}],
        tags=[{"name": "t", "description": "d"}],
        components={
            "schemas": {"A": schema},
            "parameters": {"P": {"name": "q", "in": "query", "content": media}},
            "pathItems": {"I": {"get": operation("there")}},
            "securitySchemes": {"s": {"type": "http", "scheme": "bearer"}},
        },
    )


RICH = _of_all()
"""Something of everything a document may hold; ``right`` stands beside it all."""
