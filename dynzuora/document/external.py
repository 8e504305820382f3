"""Bring the files that a document refers to into it, on request and only from its own folder.

What a reference outside points to becomes a component, so that everything later sees a
document that refers only to itself.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from dynzuora._references import MISSING, look_up, way_of, written
from dynzuora.document import reading
from dynzuora.document.shapes import pointer, reference, walk
from dynzuora.errors import SpecError

#: The section of ``components`` for each shape.
_SECTIONS = {
    "schema": "schemas",
    "response": "responses",
    "parameter": "parameters",
    "example": "examples",
    "request body": "requestBodies",
    "header": "headers",
    "security scheme": "securitySchemes",
    "link": "links",
    "callback": "callbacks",
    "path item": "pathItems",
}


def bundled(document: dict[str, Any], folder: Path, file: Path | None, source: str) -> dict[str, str]:
    """Bring every file ``document`` refers to into it, in place.

    Return the files that were read, relative to ``folder``, with the SHA-256 of each.

    Raises:
        SpecError: a reference leaves ``folder``, or a file cannot be read.
    """
    return _Bundle(document, folder, file, source).files


class _Bundle:
    def __init__(self, document: dict[str, Any], folder: Path, file: Path | None, source: str) -> None:
        self.document, self.source = document, source
        self.folder = Path(os.path.realpath(folder))
        self.main = None if file is None else Path(os.path.realpath(file))
        self.files: dict[str, str] = {}
        self.contents: dict[Path, Any] = {}
        self.names: dict[tuple[Path, tuple[str, ...], str], str] = {}
        self.rewritten: dict[int, Any] = {}
        self._bring(document, "document", self.main, self.folder)

    def _bring(self, root: dict[str, Any], root_shape: str, file: Path | None, beside: Path) -> None:
        """Rewrite the references below ``root``, which is in ``file`` (None: the document itself)."""
        for shape, node, location in walk(root, root_shape):
            target = reference(node)
            if target is None or shape not in _SECTIONS or id(node) in self.rewritten:
                continue
            name, _, _ = target.partition("#")
            if not name and file in (None, self.main):
                continue
            if "://" in name or name.startswith("//"):
                continue  # a URL is never followed; it is reported as dangling
            path = self._path(name, beside, pointer(location)) if name else file
            self.rewritten[id(node)] = node
            if path == self.main:
                node["$ref"] = target[len(name) :] or "#"
            elif path is not None:
                node["$ref"] = self._component(path, target, shape, pointer(location))

    def _path(self, name: str, beside: Path, where: str) -> Path:
        path = Path(os.path.realpath(beside / unquote(name)))
        if not path.is_relative_to(self.folder):
            raise SpecError(
                f"{self.source}: the reference {name!r} at {where} leaves the folder of the document "
                f"({self.folder}). Only files below it are read; move the file there.",
                source=self.source,
                pointer=where,
            )
        return path

    def _component(self, path: Path, target: str, shape: str, where: str) -> str:
        _, _, fragment = target.partition("#")
        way = way_of(f"#{fragment}") or ()
        section = _SECTIONS[shape]
        key = (path, way, shape)
        if key not in self.names:
            node = look_up(self._content(path, where), way)
            if not isinstance(node, dict):
                # Reported as dangling later, spelled independently of the file it is in.
                return f"{path.relative_to(self.folder).as_posix()}#{fragment}"
            components = self.document.setdefault("components", {}).setdefault(section, {})
            base = way[-1] if way else path.stem
            name, number = base, 2
            while name in components:
                name, number = f"{base}_{number}", number + 1
            self.names[key] = name
            components[name] = node
            self._bring(node, shape, path, path.parent)
        return f"#/components/{section}/{written(self.names[key])}"

    def _content(self, path: Path, where: str) -> Any:
        if path not in self.contents:
            relative = path.relative_to(self.folder).as_posix()
            try:
                content = path.read_bytes()
            except OSError as error:
                raise SpecError(
                    f"{self.source}: the reference at {where} names the file {relative}, "
                    f"which cannot be read: {error.strerror}.",
                    source=self.source,
                    pointer=where,
                ) from error
            self.files[relative] = hashlib.sha256(content).hexdigest()
            self.contents[path] = reading.read(content, f"{self.source} → {relative}").data
        data = self.contents[path]
        return MISSING if data is None else data
