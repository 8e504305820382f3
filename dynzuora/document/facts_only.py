"""Remove prose and examples from a document.

What a program can act on is kept: paths, methods, parameters, schemas, media types,
statuses, header names, servers and the names of tags. Keywords are removed, not names: a
property called ``description`` stays.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from dynzuora.document import reading, sources
from dynzuora.document.shapes import LIST, MAP, REFERABLE, shapes_of

PROSE = frozenset({"description", "summary", "title", "example", "examples", "externalDocs"})

#: Objects of which only these keywords describe the interface.
_KEPT_ONLY = {"info": frozenset({"title", "version"}), "tag": frozenset({"name"})}

#: One line for each of these, so that diffs are readable and the file small.
_LINE_DEPTH = {"paths": 1, "definitions": 1, "components": 2}


def facts(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of a document, as read, without prose and examples."""
    result: dict[str, Any] = _facts(document, "document", shapes_of(document))
    return result


def facts_text(source: Any) -> str:
    """Return the facts of a document as JSON, one line for each path and each component."""
    origin = sources.find(source)
    document = reading.read_document(origin.read(), origin.name).data
    return _lines(facts(document))


def _facts(node: Any, shape: str, shapes: Mapping[str, Any]) -> Any:
    if not isinstance(node, Mapping):
        return node
    if shape in REFERABLE and isinstance(node.get("$ref"), str):
        return {"$ref": node["$ref"]}
    fields = shapes[shape]
    kept = _KEPT_ONLY.get(shape)
    result: dict[str, Any] = {}
    for key, value in node.items():
        if kept is not None:
            if key in kept:
                result[key] = value
            continue
        if key in PROSE or key.startswith("x-"):
            continue
        held, child = fields.get(key, ("", ""))
        if not held or child == "example":
            if not held:
                result[key] = value
        elif held is MAP and isinstance(value, Mapping):
            extensible = child in ("path item", "response") and shape in ("document", "operation")
            result[key] = {
                name: _facts(member, child, shapes)
                for name, member in value.items()
                if not (extensible and name.startswith("x-"))
            }
        elif held is LIST and isinstance(value, list):
            result[key] = [_facts(member, child, shapes) for member in value]
        else:
            result[key] = _facts(value, child, shapes)
    return result


def _lines(document: Mapping[str, Any]) -> str:
    parts = [
        f"{json.dumps(key)}:{_broken(value, _LINE_DEPTH.get(key, 0))}" for key, value in document.items()
    ]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _broken(value: Any, depth: int) -> str:
    if not depth or not isinstance(value, Mapping) or not value:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    parts = [
        f"{json.dumps(name, ensure_ascii=False)}:{_broken(member, depth - 1)}"
        for name, member in value.items()
    ]
    return "{\n" + ",\n".join(parts) + "\n}"
