"""Write two documents in every form that a subject may need. Runs in dynzuora's own environment.

``python _documents.py OLD NEW FOLDER URL BODIES SIZES``. Repaired, and with anything
allowed where a reference leads nowhere, because several peers refuse what was published;
tidied, without empty lists of required fields, because some refuse that, too.
"""

from __future__ import annotations

import json
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

import dynzuora
from dynzuora.document import repaired
from dynzuora.schema import standard_schema

METHODS = ("get", "put", "post", "delete", "patch")
SCHEMAS = "#/components/schemas/"


def read(path: Path) -> Any:
    text = path.read_text("utf-8")
    return json.loads(text) if path.suffix == ".json" else yaml.load(text, yaml.CSafeLoader)


def write(name: str, value: Any) -> None:
    (folder / name).write_text(json.dumps(value), "utf-8")


def without_empty_required(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: without_empty_required(each)
            for name, each in value.items()
            if not (name == "required" and each == [])
        }
    return [without_empty_required(each) for each in value] if isinstance(value, list) else value


def without_missing(value: Any, document: Any) -> Any:
    """Return a value with anything allowed where a reference leads nowhere."""
    if isinstance(value, list):
        return [without_missing(each, document) for each in value]
    if not isinstance(value, dict):
        return value
    if isinstance(value.get("$ref"), str) and not leads_somewhere(value["$ref"], document):
        return {}
    return {name: without_missing(each, document) for name, each in value.items()}


def leads_somewhere(reference: str, document: Any) -> bool:
    place, _, pointer = reference.partition("#/")
    for part in pointer.split("/"):
        document = (
            document.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(document, dict) else None
        )
    return not place and document is not None


def checked(operation_id: str) -> dict[str, Any]:
    """A valid body, and the schema that dynzuora checks it with."""
    operation = dynzuora.operations[operation_id]
    schema = operation.slice["requestBody"]["content"][operation.media_type]["schema"]
    body = dynzuora.Client.sandbox().template(operation_id)
    return {"schema": standard_schema(schema, operation.slice["components"]["schemas"]), "body": body}


def scaled(document: Any, times: float) -> Any:
    """A document of ``times`` the operations: the first of them, or copies with components of their own."""
    found = deepcopy(document)
    if times < 1:
        every = [(path, each) for path, item in document["paths"].items() for each in item if each in METHODS]
        kept = set(every[: int(len(every) * times)])
        found["paths"] = {
            path: {each: value for each, value in item.items() if each not in METHODS or (path, each) in kept}
            for path, item in document["paths"].items()
            if any((path, each) in kept for each in item)
        }
        found["components"]["schemas"] = reached(found)
    for copy in range(1, int(times)):
        text = json.dumps([document["paths"], document["components"]["schemas"]])
        paths, schemas = json.loads(text.replace(SCHEMAS, f"{SCHEMAS}C{copy}"))
        for operation in (each for item in paths.values() for name, each in item.items() if name in METHODS):
            operation["operationId"] += f"_{copy}"
        found["paths"] |= {f"/copy{copy}{path}": item for path, item in paths.items()}
        found["components"]["schemas"] |= {f"C{copy}{name}": each for name, each in schemas.items()}
    return found


def reached(document: Any) -> Any:
    """The schemas that the operations of a document need."""
    schemas, found = document["components"]["schemas"], set()
    others = {name: each for name, each in document["components"].items() if name != "schemas"}
    waiting: list[Any] = [document["paths"], others]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        elif isinstance(value, dict):
            waiting += value.values()
            name = str(value.get("$ref", "")).removeprefix(SCHEMAS)
            if name in schemas and name not in found:
                found.add(name)
                waiting.append(schemas[name])
    return {name: schemas[name] for name in schemas if name in found}


def changed(document: Any) -> Any:
    """The same with one property more in every third schema."""
    found = deepcopy(document)
    for schema in list(found["components"]["schemas"].values())[::3]:
        if schema.get("properties"):
            schema["properties"]["zNew"] = {"type": "string"}
    return found


old, new, folder = map(Path, sys.argv[1:4])
url, bodies, sizes = sys.argv[4:]
published = read(old)
with (folder / "old.yaml").open("w", encoding="utf-8") as file:
    yaml.dump(published, file, yaml.CSafeDumper, sort_keys=False)
write("new.json", json.loads(json.dumps(read(new), default=str)))  # YAML has dates
mended, newer = (without_missing(each, each) for each in map(repaired, (old, new)))
write("old-repaired.json", mended)
write("new-repaired.json", newer)
write("old-tidied.json", without_empty_required(mended) | {"servers": [{"url": url}]})
for each in bodies.split():
    write(f"{each}.json", checked(each))
for size in sizes.split():
    document = scaled(published, float(size))
    write(f"times-{size}.json", document)
    write(f"times-{size}-changed.json", changed(document))
