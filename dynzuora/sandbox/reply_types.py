"""The JSON types that replies really have, where the document declares another.

Zuora declares amounts and some counts as strings, and answers with numbers, as its own
examples show. An example decides; a document without examples, by the formats of ``zuora.toml``.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from dynzuora import _json
from dynzuora.model import COMPOSED, Content, OperationModel

Values = tuple[Any, ...]


def answered(operation: Mapping[str, Any], numbers: frozenset[str]) -> Mapping[str, Any]:
    """Return a dereferenced operation whose JSON replies have the types that the server answers with.

    ``numbers`` are the formats of strings that are answered as numbers.
    """
    model = OperationModel(operation)
    responses = {
        status: _response(content, definition, numbers)
        for (status, definition), content in zip(
            operation.get("responses", {}).items(), model.responses.values(), strict=True
        )
    }
    return {**operation, "responses": responses}


def _response(content: Content, definition: Mapping[str, Any], numbers: frozenset[str]) -> Mapping[str, Any]:
    if not content.has_json_schema:
        return definition
    schema = _Retyping(numbers).schema(content.schema, examples(content))
    media = {**definition["content"][content.media_type], "schema": schema}
    return {**definition, "content": {**definition["content"], content.media_type: media}}


def examples(content: Content) -> Values:
    """Return the values that the document shows for a reply; some are JSON text inside a string."""
    return tuple(value for example in content.examples if (value := _decoded(example)) is not None)


def _decoded(example: Any) -> Any:
    if not isinstance(example, str):
        return example
    try:
        return _json.decode(example)
    except ValueError:
        return None


class _Retyping:
    """Schemas by the types of the values shown for them; one that stays as it is stays the same object."""

    def __init__(self, numbers: frozenset[str]) -> None:
        self._numbers = numbers
        self._unshown: dict[int, Any] = {}

    def schema(self, schema: Any, values: Values) -> Any:
        """Return a schema for ``values``, the examples of its instances."""
        if not isinstance(schema, Mapping) or "$ref" in schema:
            return schema
        if values:
            return self._new(schema, values)
        if id(schema) not in self._unshown:  # which the document keeps, so that ids stay theirs
            self._unshown[id(schema)] = self._new(schema, ())
        return self._unshown[id(schema)]

    def _new(self, schema: Mapping[str, Any], values: Values) -> Mapping[str, Any]:
        if schema.get("type") == "string" and "enum" not in schema and self._is_number(schema, values):
            return {**{word: schema[word] for word in _KEPT if word in schema}, "type": "number"}
        changes: dict[str, Any] = {}
        objects = [value for value in values if isinstance(value, Mapping)]
        if "properties" in schema:
            changes["properties"] = {
                name: self.schema(inner, tuple(value[name] for value in objects if name in value))
                for name, inner in schema["properties"].items()
            }
        if "items" in schema:
            elements = [item for value in values if isinstance(value, list) for item in value]
            changes["items"] = self.schema(schema["items"], tuple(elements))
        if isinstance(schema.get("additionalProperties"), Mapping):
            declared = schema.get("properties", {})
            others = [item for value in objects for name, item in value.items() if name not in declared]
            changes["additionalProperties"] = self.schema(schema["additionalProperties"], tuple(others))
        for word in COMPOSED:
            if word in schema:
                changes[word] = [self.schema(member, values) for member in schema[word]]
        return (
            {**schema, **changes}
            if any(_differs(schema[word], changes[word]) for word in changes)
            else schema
        )

    def _is_number(self, schema: Mapping[str, Any], values: Values) -> bool:
        shown = [value for value in values if value is not None]
        if shown:
            return all(
                isinstance(value, (int, float, Decimal)) and not isinstance(value, bool) for value in shown
            )
        return schema.get("format") in self._numbers


_KEPT = ("description", "nullable", "readOnly", "title")
"""What a schema says whatever the type."""


def _differs(old: Any, new: Any) -> bool:
    """Whether a keyword's value has a member that is another object; an equal copy is none."""
    if isinstance(new, list):
        return any(first is not second for first, second in zip(old, new, strict=True))
    if isinstance(new, dict) and isinstance(old, Mapping) and old.keys() == new.keys():
        return any(old[name] is not new[name] for name in new)
    return old is not new
