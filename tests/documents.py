"""Small documents for tests: a few lines that say all there is."""

from __future__ import annotations

from typing import Any


def body_of(media_type: str, schema: dict[str, Any], *, required: bool = True) -> dict[str, Any]:
    return {"required": required, "content": {media_type: {"schema": schema}}}


MONEY = {
    "type": "object",
    "required": ["amount"],
    "properties": {
        "amount": {"type": "number", "minimum": 0},
        "currency": {"type": "string", "enum": ["USD", "EUR"]},
        "comment": {"type": "string", "maxLength": 10},
    },
}
FILE = {
    "type": "object",
    "properties": {"file": {"type": "string", "format": "binary"}, "params": {"type": "object"}},
}
TOKEN = {"type": "object", "properties": {"client_id": {"type": "string"}}}
ANSWER = {"200": {"description": "", "content": {"application/json": {"schema": {"type": "object"}}}}}


def parameter(name: str, location: str = "query", **more: Any) -> dict[str, Any]:
    schema = more.pop("schema", {"type": "string"})
    return {"name": name, "in": location, "schema": schema, "required": location == "path", **more}


def operation(identifier: str, *parameters: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "operationId": identifier,
        "tags": ["Things"],
        "parameters": list(parameters),
        "responses": ANSWER,
        **more,
    }


def document(paths: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"openapi": "3.0.0", "info": {"title": "Tiny", "version": "1"}, "paths": paths, **more}


TINY = document(
    {
        "/things": {
            "get": operation(
                "GET_Things",
                parameter("page-size", schema={"type": "integer", "maximum": 40, "default": 20}),
                parameter("state", schema={"type": "string", "enum": ["open", "closed"]}),
                parameter("fields"),
                parameter("timeout"),
                parameter("Zuora-Track-Id", "header"),
            ),
            "post": operation("POST_Things", requestBody=body_of("application/json; charset=utf-8", MONEY)),
        },
        "/things/{thing-key}": {
            "get": operation(
                "GET_Thing", parameter("thing-key", "path"), parameter("class"), summary="Get one thing"
            ),
            "put": operation(
                "PUT_Thing",
                parameter("thing-key", "path"),
                requestBody=body_of("application/json", MONEY, required=False),
            ),
            "delete": operation("DELETE_Thing", parameter("thing-key", "path")),
        },
        "/things/{thing-key}/activate": {"put": operation("PUT_Activate", parameter("thing-key", "path"))},
        "/files": {"post": operation("POST_File", requestBody=body_of("multipart/form-data", FILE))},
        "/token": {
            "post": operation("POST_Token", requestBody=body_of("application/x-www-form-urlencoded", TOKEN))
        },
        "/v1/action/query": {
            "post": operation("Action_POSTquery", requestBody=body_of("application/json", {}))
        },
    }
)
"""Nine operations: a list, a family, an action verb, an upload, a form, and a POST that only reads."""
