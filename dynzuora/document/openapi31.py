"""OpenAPI 3.1 and 3.2 in the words of 3.0, where both mean the same.

Keywords of JSON Schema 2020-12 that 3.0 has no words for stay as they are, and are checked
as 2020-12 means them. What dynzuora cannot do is left for `unsupported`, which disables
the operations that reach it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dynzuora.document.resources import Resources
from dynzuora.document.shapes import Location, reference, walk, walk_everything


def in_words_of_30(document: dict[str, Any], at: Callable[[str], Any], *, overlaid: bool = False) -> set[str]:
    """Rewrite ``document`` in place; return its references.

    ``at`` returns what a reference points to. ``overlaid``: the document was rewritten before,
    and an overlay may have added what it says in the words of 3.1.
    """
    resources = Resources(document)
    read: set[int] = set()

    def misfit(value: Any, held: str, shape: str, location: Location) -> Any:
        # True and false are schemas in 3.1; anything else is left to the repairs.
        if shape == "schema" and isinstance(value, bool):
            return {} if value else {"not": {}}
        return value

    def read_on() -> None:
        for shape, node, location in walk_everything(document, misfit, at):
            if id(node) in read:
                continue
            read.add(id(node))
            if shape == "media type":
                _follow(node, at)
            elif shape == "example" and "dataValue" in node:  # of 3.2
                node.setdefault("value", node.pop("dataValue"))
            if shape == "schema":
                resources.add(node, location)
                if not overlaid:
                    node.pop("nullable", None)  # of 3.0, and it says nothing in 3.1
                read.update(map(id, _schema(node)))
            if "$ref" in node or "$dynamicRef" in node:
                resources.refer(node, location)

    read_on()
    references = resources.localize()
    if resources.named:
        read_on()  # places that only a reference by URI leads to
    return references


def in_words_of_31(document: dict[str, Any]) -> None:
    """Rewrite the schemas of a document of 3.0 in place: it becomes part of one of 3.1."""
    for shape, node, _ in walk(document):
        if shape == "schema":
            if isinstance(node.get("$ref"), str):
                for key in [key for key in node if key != "$ref"]:
                    del node[key]  # what stands beside a reference says nothing in 3.0
            elif node.pop("nullable", None) is True and isinstance(node.get("type"), str):
                node["type"] = [node["type"], "null"]


def _follow(media: dict[str, Any], at: Callable[[str], Any]) -> None:
    """Put what a reference leads to in its place: OpenAPI 3.2 has such of media types."""
    seen: set[str] = set()
    while (target := reference(media)) is not None and target not in seen:
        seen.add(target)
        if isinstance(content := at(target), dict):
            del media["$ref"]
            media.update({**content, **media})


def _schema(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Rewrite ``schema`` in place; return the schemas that this adds."""
    added: list[dict[str, Any]] = []
    if isinstance(schema.get("$ref"), str) and len(schema) > 1:
        schema["allOf"] = [*schema.get("allOf", ()), {"$ref": schema.pop("$ref")}]
    if isinstance(schema.get("type"), list):
        added += read_type_list(schema)
    elif schema.get("type") == "null":
        schema["type"] = ["null"]
        added += read_type_list(schema)
    if "const" in schema:
        schema["enum"] = [schema.pop("const")]
    for exclusive, inclusive in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        limit = schema.get(exclusive)
        if isinstance(limit, (int, float)) and not isinstance(limit, bool):
            _tighten(schema, exclusive, inclusive, limit)
    examples = schema.get("examples")
    if isinstance(examples, list):
        del schema["examples"]
        if examples:
            schema.setdefault("example", examples[0])
    encoding = schema.pop("contentEncoding", None)
    if encoding is not None:
        schema.pop("contentMediaType", None)  # of what the text encodes, not of the text
    if encoding == "base64":
        schema.setdefault("format", "byte")
    return added


def _tighten(schema: dict[str, Any], exclusive: str, inclusive: str, limit: float) -> None:
    """Express both limits with the one that 3.0 has: the tighter."""
    inclusive_limit = schema.get(inclusive)
    looser = isinstance(inclusive_limit, (int, float)) and (
        inclusive_limit > limit if inclusive == "minimum" else inclusive_limit < limit
    )
    if looser:
        del schema[exclusive]
    else:
        schema[inclusive], schema[exclusive] = limit, True


def read_type_list(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Convert ``type: [string, "null"]`` to one type and ``nullable``, several types to ``anyOf``.

    Return the schemas that this adds below ``schema``.
    """
    # YAML reads an unquoted null as null.
    types = ["null" if name is None else name for name in schema.pop("type")]
    types = [name for name in types if isinstance(name, str)]
    kinds = [name for name in types if name != "null"]
    nullable = len(kinds) < len(types)
    if nullable and kinds:
        schema["nullable"] = True
    if nullable and not kinds:
        return _all_of(schema, "enum", {"enum": [None], "nullable": True})
    if len(kinds) == 1:
        schema["type"] = kinds[0]
    elif kinds:
        of_each = [{"type": kind, **({"nullable": True} if nullable else {})} for kind in kinds]
        return [*of_each, *_all_of(schema, "anyOf", {"anyOf": of_each})]
    return []


def _all_of(schema: dict[str, Any], keyword: str, addition: dict[str, Any]) -> list[dict[str, Any]]:
    """Add ``addition``, and in an ``allOf`` where its keyword is taken; return it then."""
    if keyword in schema or (keyword == "enum" and "const" in schema):
        schema["allOf"] = [*schema.get("allOf", ()), addition]
        return [addition]
    schema |= addition
    return []
