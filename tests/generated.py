"""Arguments for any operation, made out of its own schemas and nothing else."""

from __future__ import annotations

from typing import Any

from dynzuora.operation import Operation
from dynzuora.schema import example


def parameters_for(operation: Operation, *, required_only: bool = False) -> dict[str, Any]:
    """A value for every parameter, shared headers included, under the document's names."""
    dereferenced = operation.dereferenced
    return {
        each["name"]: example(_schema(each))
        for each in dereferenced["parameters"]
        if each["required"] or not required_only
    }


def _schema(parameter: dict[str, Any]) -> dict[str, Any]:
    contents = [media.get("schema", {}) for media in parameter.get("content", {}).values()]
    schema: dict[str, Any] = parameter.get("schema") or (contents[0] if contents else {})
    return schema


def body_for(operation: Operation, *, required_only: bool = False) -> Any:
    """A body, files as bytes; None where the operation takes none."""
    if not operation.has_body:
        return None
    schema = operation.dereferenced["requestBody"]["content"][operation.media_type].get("schema", {})
    body = example(schema, required_only=required_only)
    if operation.media_type == "multipart/form-data" and isinstance(body, dict):
        properties = schema.get("properties", {})
        return {
            name: b"file" if _is_file(properties.get(name, {})) else value for name, value in body.items()
        }
    return body


def _is_file(schema: dict[str, Any]) -> bool:
    return schema.get("format") in ("binary", "byte", "base64")
