"""Load documents while everything that leaves the process is forbidden: files, sockets, processes, imports.

``python -m tests.audited`` reads documents as a JSON list of texts from standard input, ``python -m
tests.audited VERSION`` loads a bundled one; a violation ends the process with the event's name.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import dynzuora
from dynzuora.errors import DynzuoraError

FORBIDDEN = (
    "socket.",
    "subprocess.",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.fork",
    "ctypes.",
    "shutil.",
)
FORBIDDEN += ("os.remove", "os.rename", "os.mkdir", "os.chmod", "os.symlink", "urllib.", "http.", "ftplib.")
_PACKAGE = os.path.dirname(dynzuora.__file__)
_OWN = (_PACKAGE, os.path.join(os.path.dirname(_PACKAGE), "specs"), os.environ.get("DYNZUORA_HOME", "~none"))

watching = False
allowed: tuple[str, ...] = ()


_BODY = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}}
_HARMLESS = {
    "openapi": "3.0.0",
    "paths": {"/": {"post": {"parameters": [{"name": "a", "in": "query"}], "requestBody": _BODY}}},
    "components": {
        "schemas": {"A": {"type": "object", "properties": {"a": {"$ref": "#/components/schemas/A"}}}}
    },
}


def watch(event: str, arguments: tuple[Any, ...]) -> None:
    """Raise what no ``except Exception`` catches at the first thing that is forbidden."""
    if not watching:
        return
    if event.startswith(FORBIDDEN):
        raise SystemExit(f"forbidden: {event} {arguments!r}")
    if event == "import" and arguments[0].partition(".")[0] not in sys.modules:
        raise SystemExit(f"forbidden: import {arguments[0]}")
    if event in ("open", "os.listdir", "os.scandir") and not str(arguments[0]).startswith(allowed):
        raise SystemExit(f"forbidden: {event} {arguments[0]!r}")


def use(source: Any) -> None:
    """Load, prepare, compare and show one document."""
    try:
        document = dynzuora.load(source)
        for operation in document.operations.values():
            try:
                operation.prepare(
                    operation.template(), params={each.name: "x" for each in operation.parameters}
                )
                operation._repr_html_()
            except DynzuoraError:
                continue
        document.warnings, dynzuora.diff(document, document).to_html()
    except DynzuoraError:
        return


def main(versions: list[str]) -> None:
    global watching, allowed
    sources: list[Any] = versions or [text.encode() for text in json.load(sys.stdin)]
    for each in versions or [_HARMLESS, json.dumps(_HARMLESS).encode(), b"openapi: 3.0.0\npaths: {}"]:
        use(each)  # our own modules and templates are loaded by now
    allowed = _OWN if versions else (_PACKAGE,)
    sys.addaudithook(watch)
    watching = True
    for each in sources:
        use(each)
    watching = False
    print(len(sources))


if __name__ == "__main__":
    main(sys.argv[1:])
