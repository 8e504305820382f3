"""Restore the properties that a publisher removed together with the prose of a document.

A document that was made smaller by removing every ``description`` has lost the properties of
that name, too: where an order has a field called ``description``, the document has none. The
other bundled documents still have it, in the same schema or beside the same fields.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from dynzuora import _zuora
from dynzuora.document import sources
from dynzuora.document.prepared import DocumentWarning
from dynzuora.document.reading import copied
from dynzuora.document.shapes import location_of, pointer, tokens, walk

_NAME = "description"

_FIELDS_ALIKE = 6
"""A schema with all of at least so many fields of an older one had the lost field, too, whatever its name.

With fewer, every period with a name, a startDate and an endDate would be taken for one of a ramp.
"""

_Way = tuple[str, ...]

_Schema = tuple[_Way, dict[str, Any]]
"""The way to a schema that has properties, and the schema."""


def restore(document: dict[str, Any]) -> list[DocumentWarning]:
    """Put the lost properties back into a document of Zuora's, in place; return what was done."""
    if not _is_of_zuora(document) or _has_the_name(document):
        return []
    schemas = []
    for way, schema in _objects(document):
        if _NAME in schema["properties"]:
            return []
        schemas.append((way, schema))
    warnings = []
    for version, older in _bundled():
        known = [(way, schema) for way, schema in _objects(older) if _is_complete(schema)]
        for way, schema in schemas:
            if _NAME not in schema["properties"] and (definition := _lost(way, schema, known)):
                warnings.append(_put_back(way, schema, definition, f"{version} has it there"))
    for way, schema in schemas:
        if _NAME in _list(schema, "required") and _NAME not in schema["properties"]:
            warnings.append(_put_back(way, schema, {"type": "string"}, "it is required there"))
    return warnings


def _is_of_zuora(document: Mapping[str, Any]) -> bool:
    servers = [server.get("url") for server in _list(document, "servers") if isinstance(server, dict)]
    return any(environment.url in servers for environment in _zuora.ENVIRONMENTS)


def _has_the_name(document: Mapping[str, Any]) -> bool:
    """Return whether a component has the property, as in any complete document: a walk costs 200 times this."""
    components = document.get("components", {}).get("schemas", {}).values()
    return any(
        isinstance(schema.get("properties"), dict) and _NAME in schema["properties"] for schema in components
    )


def _objects(document: dict[str, Any]) -> Iterator[_Schema]:
    for shape, node, location in walk(document):
        if shape == "schema" and isinstance(node.get("properties"), dict):
            yield tokens(location), node


def _bundled() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the bundled documents, the newest first."""
    for spec in sorted(sources.bundled(sources.bundled_folder()), reverse=True):
        yield spec.version, json.loads(spec.path.read_bytes())


def _is_complete(schema: Mapping[str, Any]) -> bool:
    """Whether an older schema has the property, and says itself what it is."""
    definition = schema["properties"].get(_NAME)
    return isinstance(definition, dict) and "$ref" not in definition


def _lost(way: _Way, schema: Mapping[str, Any], known: Iterable[_Schema]) -> dict[str, Any]:
    """Return the definition of the property that a schema has lost; empty if none is known.

    It is known from an older schema at the same place, of whose other fields at least half are
    here, or from one of whose many fields all are here.
    """
    fields = schema["properties"].keys()
    alike: dict[str, Any] = {}
    for place, older in known:
        others = older["properties"].keys() - {_NAME}
        kept = len(others & fields)
        if place == way and 0 < len(others) <= 2 * kept:
            return dict(older["properties"][_NAME])
        if not alike and len(others) == kept >= _FIELDS_ALIKE:
            alike = older["properties"][_NAME]
    return alike


def _put_back(way: _Way, schema: dict[str, Any], definition: dict[str, Any], why: str) -> DocumentWarning:
    schema["properties"][_NAME] = copied(definition)
    message = f"the publisher removed every property called {_NAME}; restored, because {why}."
    return DocumentWarning("lost-property", pointer(location_of(*way, "properties", _NAME)), message)


def _list(node: Mapping[str, Any], keyword: str) -> list[Any]:
    value = node.get(keyword)
    return value if isinstance(value, list) else []
