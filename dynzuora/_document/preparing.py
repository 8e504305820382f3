"""Prepare a document: cut it into one slice per operation."""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from collections.abc import Mapping
from typing import Any

from .prepared import INDEX, SLICES, WARNINGS

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
STYLES = {"path": "simple", "header": "simple", "query": "form", "cookie": "form"}


def _escape(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _clean(node: Any, reached: set[str], schema_map: bool = False) -> Any:
    if isinstance(node, dict):
        if not schema_map and isinstance(node.get("$ref"), str):
            reached.add(node["$ref"].rpartition("/")[2])
            return {"$ref": node["$ref"]}
        return {
            k: (v if not schema_map and k in ("example", "enum", "default")
                else _clean(v, reached, not schema_map and k == "properties"))
            for k, v in node.items()
            if schema_map or not k.startswith("x-")
        }
    if isinstance(node, list):
        return [_clean(v, reached) for v in node]
    return node


def _content(content: dict[str, Any], reached: set[str]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for media, entry in content.items():
        name = media.partition(";")[0].strip().lower()
        into = merged.setdefault(name, {})
        for key, value in (entry or {}).items():
            if key == "schema":
                into.setdefault(key, _clean(value, reached))
            elif key == "examples" and key in into:
                into[key] = {**into[key], **value}
            else:
                into.setdefault(key, value)
    return merged


def prepared_files(document: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the files of the prepared form."""
    components = document.get("components", {})

    def shell(node: Any) -> Any:
        while isinstance(node, dict) and "$ref" in node:
            kind, name = node["$ref"].split("/")[-2:]
            node = components[kind][name]
        return node

    operations: dict[str, Any] = {}
    slices = bytearray()
    for path, item in document["paths"].items():
        for method in METHODS:
            if method not in item:
                continue
            operation = item[method]
            reached: set[str] = set()
            id = operation["operationId"]
            accept: list[Any] | None = None
            parameters = []
            found = {(p["name"], p["in"]): p for p in map(shell, item.get("parameters", ()))}
            found |= {(p["name"], p["in"]): p for p in map(shell, operation.get("parameters", ()))}
            for p in found.values():
                if p["in"] == "header" and p["name"].lower() in ("accept", "content-type", "authorization"):
                    if p["name"].lower() == "accept":
                        accept = p.get("schema", {}).get("enum", [])
                    continue
                style = p.get("style", STYLES[p["in"]])
                parameters.append(
                    {
                        **{k: _clean(v, reached) if k == "schema" else v for k, v in p.items()},
                        "required": bool(p.get("required")),
                        "style": style,
                        "explode": p.get("explode", style == "form"),
                    }
                )
            cut: dict[str, Any] = {
                "id": id,
                "method": method.upper(),
                "path": path,
                "pointer": f"#/paths/{_escape(path)}/{method}",
                "summary": " ".join(str(operation.get("summary") or "").split())
                or re.sub("[_ ]+", " ", id).capitalize(),
            }
            if operation.get("description"):
                cut["description"] = operation["description"]
            cut["tags"] = operation.get("tags", [])
            if operation.get("deprecated"):
                cut["deprecated"] = True
            cut["parameters"] = parameters
            if accept is not None:
                cut["accept"] = accept
            body = shell(operation.get("requestBody"))
            if body:
                cut["requestBody"] = {
                    "required": bool(body.get("required")),
                    **{k: v for k, v in body.items() if k == "description"},
                    "content": _content(body.get("content", {}), reached),
                }
            cut["responses"] = {}
            for status, response in operation["responses"].items():
                response = shell(response)
                into: dict[str, Any] = {}
                if response.get("description"):
                    into["description"] = response["description"]
                if response.get("headers"):
                    into["headers"] = {k: _clean(shell(v), reached) for k, v in response["headers"].items()}
                into["content"] = _content(response.get("content", {}), reached)
                cut["responses"][str(status)] = into
            schemas: dict[str, Any] = {}
            while reached - schemas.keys():
                for name in sorted(reached - schemas.keys()):
                    schemas[name] = _clean(components["schemas"][name], reached)
            cut["components"] = {"schemas": schemas}
            line = json.dumps(cut, separators=(",", ":"), ensure_ascii=False).encode()
            place = (len(slices), len(line), zlib.crc32(line))
            operations[id] = [method.upper(), path, cut["tags"], cut["summary"], "", *place]
            slices += line + b"\n"
    header = {
        "version": document["info"]["version"],
        "title": document["info"]["title"],
        "digest": hashlib.sha256(slices).hexdigest(),
        "servers": [s["url"] for s in document.get("servers", ())],
        "tags": [t["name"] for t in document.get("tags", ())],
        "operations": operations,
    }
    return {
        INDEX: json.dumps(header, ensure_ascii=False).encode(),
        SLICES: bytes(slices),
        WARNINGS: b"[]",
    }
