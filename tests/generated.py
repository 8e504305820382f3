"""Arguments for any operation, made out of its own schemas and nothing else."""

from __future__ import annotations

from collections import Counter
from typing import Any

from dynzuora import where
from dynzuora._zuora import FILTER_PARAMETER, OBJECT_QUERY_PATHS
from dynzuora.operation import Operation
from dynzuora.operation.bodies import with_empty_files
from dynzuora.schema import example


def parameters_for(operation: Operation, *, required_only: bool = False) -> dict[str, Any]:
    """A value for every parameter, shared headers included, under the document's names.

    Of names that are in two places the one has the keyword that tells it from the other.
    """
    dereferenced = operation.dereferenced
    names = Counter(each["name"] for each in dereferenced["parameters"])
    values = {
        each["name"] if names[each["name"]] == 1 else parameter.keyword: example(_schema(each))
        for each, parameter in zip(dereferenced["parameters"], operation._all_parameters, strict=True)
        if each["required"] or not required_only
    }
    if operation.path.startswith(OBJECT_QUERY_PATHS) and FILTER_PARAMETER in values:
        # Its text has a form that no schema states, and it names a field.
        values |= {FILTER_PARAMETER: None if "custom" in operation.path else where(id="1")}
    return values


def _schema(parameter: dict[str, Any]) -> dict[str, Any]:
    contents = [media.get("schema", {}) for media in parameter.get("content", {}).values()]
    schema: dict[str, Any] = parameter.get("schema") or (contents[0] if contents else {})
    return schema


def body_for(operation: Operation, *, required_only: bool = False) -> Any:
    """A body, files as bytes; None where the operation takes none."""
    if not operation.has_body:
        return None
    schema = operation.dereferenced["requestBody"]["content"][operation.media_type].get("schema", {})
    return with_empty_files(operation.model.body, example(schema, required_only=required_only))
