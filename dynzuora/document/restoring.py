"""Restore the properties that a publisher removed together with the prose of a document.

A document that was made smaller by removing every ``description`` has lost the properties of
that name, too: where an order has a field called ``description``, the document has none. The
other bundled documents still have it, in the same schema or beside the same fields.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Any

from dynzuora import _zuora
from dynzuora.document import sources
from dynzuora.document.prepared import DocumentWarning
from dynzuora.document.reading import copied
from dynzuora.document.shapes import Location, location_of, pointer, tokens, walk

_NAME = "description"

_FIELDS_ALIKE = 6
"""A schema with all of at least so many fields of an older one had the lost field, too, whatever its name.

With fewer, every period with a name, a startDate and an endDate would be taken for one of a ramp.
"""

_Way = tuple[str, ...]


def restore(
    document: dict[str, Any], objects: Iterable[tuple[Location, dict[str, Any]]]
) -> list[DocumentWarning]:
    """Put the lost properties back into a document of Zuora's, in place; return what was done.

    ``objects`` are its schemas that have properties, with their locations.
    """
    if not _is_of_zuora(document):
        return []
    objects = [(location, schema) for location, schema in objects if isinstance(schema["properties"], dict)]
    if any(_NAME in schema["properties"] for _, schema in objects):
        return []
    schemas = [(tokens(location), schema) for location, schema in objects]
    warnings = []
    for version, older in _bundled():
        known = _Known(older)
        for way, schema in schemas:
            if _NAME not in schema["properties"] and (definition := known.lost(way, schema)):
                warnings.append(_put_back(way, schema, definition, f"{version} has it there"))
    for way, schema in schemas:
        if _NAME in _list(schema, "required") and _NAME not in schema["properties"]:
            warnings.append(_put_back(way, schema, {"type": "string"}, "it is required there"))
    return warnings


def _is_of_zuora(document: Mapping[str, Any]) -> bool:
    servers = [server.get("url") for server in _list(document, "servers") if isinstance(server, dict)]
    return any(environment.url in servers for environment in _zuora.ENVIRONMENTS)


def _bundled() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the bundled documents, the newest first, with nothing in what never has the property.

    A bundled document has one line for each path and each component (`facts_only`).
    """
    for spec in sorted(sources.bundled(sources.bundled_folder()), reverse=True):
        lines = spec.path.read_text("utf-8").splitlines()
        yield (
            spec.version,
            json.loads("".join(line if f'"{_NAME}"' in line else _empty(line) for line in lines)),
        )


def _empty(line: str) -> str:
    """Return a line of JSON with an empty object for the one it has, if it has a whole one."""
    name, whole, _ = line.partition('":{')
    is_whole = whole and line.rstrip(",").endswith("}")
    return f'{name}":{{}}{"," if line.endswith(",") else ""}' if is_whole else line


class _Known:
    """The schemas of an older document that have the property, and say themselves what it is."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._at: dict[_Way, tuple[Set[str], dict[str, Any]]] = {}
        """Place of a schema → its other fields, and the definition."""
        self._alike: dict[str, list[tuple[Set[str], dict[str, Any]]]] = {}
        """The first field of a schema that has many → those and the definition."""
        for shape, schema, location in walk(document):
            properties = schema.get("properties") if shape == "schema" else None
            definition = properties.get(_NAME) if isinstance(properties, dict) else None
            if isinstance(properties, dict) and isinstance(definition, dict) and "$ref" not in definition:
                others = properties.keys() - {_NAME}
                self._at.setdefault(tokens(location), (others, definition))
                if len(others) >= _FIELDS_ALIKE:
                    self._alike.setdefault(min(others), []).append((others, definition))

    def lost(self, way: _Way, schema: Mapping[str, Any]) -> dict[str, Any]:
        """Return the definition of the property that a schema has lost; empty if none is known.

        It is known from an older schema at the same place, of whose other fields at least half are
        here, or from one of whose many fields all are here.
        """
        fields = schema["properties"].keys()
        others, definition = self._at.get(way, (set[str](), {}))
        if 0 < len(others) <= 2 * len(others & fields):
            return definition
        for field in fields & self._alike.keys():
            for others, definition in self._alike[field]:
                if others <= fields:
                    return definition
        return {}


def _put_back(way: _Way, schema: dict[str, Any], definition: dict[str, Any], why: str) -> DocumentWarning:
    schema["properties"][_NAME] = copied(definition)
    message = f"the publisher removed every property called {_NAME}; restored, because {why}."
    return DocumentWarning("lost-property", pointer(location_of(*way, "properties", _NAME)), message)


def _list(node: Mapping[str, Any], keyword: str) -> list[Any]:
    value = node.get(keyword)
    return value if isinstance(value, list) else []
