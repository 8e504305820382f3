"""JSON Schema's own test suite for draft 2020-12, which the source distribution of jsonschema carries.

Found in the folder named by ``DYNZUORA_JSON_SCHEMA_SUITE`` (the ``json`` folder of that
distribution), else downloaded with pip.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

LEFT_OUT = ("refRemote", "vocabulary", "format")
"""Files: schemas that are elsewhere, custom vocabularies, and that formats only annotate."""


class Case(NamedTuple):
    """One test of the suite: a schema, a value, and whether the value is valid."""

    name: str
    schema: Any
    value: Any
    valid: bool


def folder(temporary: Path) -> Path | None:
    """Return the folder of the suite; None where it cannot be had."""
    named = os.environ.get("DYNZUORA_JSON_SCHEMA_SUITE")
    if named:
        return Path(named)
    pip = [sys.executable, "-m", "pip"] if importlib.util.find_spec("pip") else [shutil.which("pip") or "pip"]
    command = [*pip, "download", "--no-deps", "--no-binary", "jsonschema", "jsonschema", "-d", str(temporary)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=300, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    archives = sorted(temporary.glob("jsonschema-*.tar.gz"))
    if done.returncode or not archives:
        return None
    with tarfile.open(archives[-1]) as archive:
        archive.extractall(temporary, filter="data")
    return next(iter(temporary.glob("jsonschema-*/json")), None)


def groups(suite: Path) -> Iterator[list[Case]]:
    """Yield the tests of each schema."""
    for file in sorted((suite / "tests" / "draft2020-12").glob("*.json")):
        if file.stem in LEFT_OUT:
            continue
        for group in json.loads(file.read_text(encoding="utf-8")):
            if _is_remote(group["schema"], json.dumps(group["schema"])):
                continue
            yield [
                Case(
                    f"{file.stem}: {group['description']}: {test['description']}",
                    group["schema"],
                    test["data"],
                    test["valid"],
                )
                for test in group["tests"]
            ]


def _is_remote(schema: Any, text: str) -> bool:
    """Return whether a schema refers to a file of the suite's server, or to the meta-schema."""
    if isinstance(schema, dict):
        target = schema.get("$ref")
        if isinstance(target, str):
            name = target.partition("#")[0].rpartition("/")[2]
            if target.startswith("https://json-schema.org/") or (
                name.endswith(".json") and not re.search(rf'"\$id": "(?:[^"]*/)?{re.escape(name)}"', text)
            ):
                return True
        return any(_is_remote(value, text) for value in schema.values())
    return isinstance(schema, list) and any(_is_remote(value, text) for value in schema)
