"""Bring the files that a document refers to into it, on request and only from its own folder.

This comes before everything else: what a reference outside points to becomes a component in
the document's own version, and is converted with it. A file that is a whole document of
another version is converted when it is read.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

from dynzuora._references import MISSING, way_of, written
from dynzuora.document import openapi31, reading, swagger2
from dynzuora.document.dialects import family, is_of_2020_12
from dynzuora.document.resources import Resources
from dynzuora.document.shapes import LIST, MAP, Location, location_of, pointer, reference, shapes_of, walk
from dynzuora.document.targets import Targets
from dynzuora.errors import SpecError

#: The section of ``components`` for each shape that a reference may replace.
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

#: The sections of Swagger 2.0, which are at the root.
_SWAGGER_SECTIONS = {
    "schema": "definitions",
    "response": "responses",
    "parameter": "parameters",
    "security scheme": "securityDefinitions",
}


class Bundled(NamedTuple):
    """What `bundled` read: file, relative to the folder → its SHA-256; and references into the document."""

    files: dict[str, str]
    references: set[str]


def bundled(
    document: dict[str, Any],
    folder: Path,
    file: Path | None,
    source: str,
    read_file: Callable[[Path], bytes] = Path.read_bytes,
) -> Bundled:
    """Bring every file ``document`` refers to into it, in place.

    Raises:
        SpecError: a reference leaves ``folder``, or a file cannot be read.
    """
    bundle = _Bundle(document, folder, file, source, read_file)
    return Bundled(bundle.files, bundle.references)


class _Bundle:
    def __init__(
        self,
        document: dict[str, Any],
        folder: Path,
        file: Path | None,
        source: str,
        read_file: Callable[[Path], bytes],
    ) -> None:
        self.document, self.source, self.read_file = document, source, read_file
        self.is_swagger = "swagger" in document
        self.folder = Path(os.path.realpath(folder))
        self.main = None if file is None else Path(os.path.realpath(file))
        self.files: dict[str, str] = {}
        self.references: set[str] = set()
        self.contents: dict[Path, Targets] = {}
        self.names: dict[tuple[Path, tuple[str, ...], str], str] = {}
        self.rewritten: dict[int, Any] = {}
        #: File → its anchors; and URI → the file and the pointer of the schema that it names.
        self.anchors: dict[Path, Mapping[str, str]] = {}
        self.uris: dict[str, tuple[Path, str]] = {}
        self.by_uri: list[tuple[dict[str, Any], str, Location]] = []
        self._fill_sections()
        self._name_files()
        self._bring(document, "document", self.main, self.folder)
        self._follow_uris()

    def _fill_sections(self) -> None:
        """Put in place the components that are in another file as a whole, so that they keep their names."""
        if not self.is_swagger and isinstance(components := self.document.get("components"), dict):
            location = location_of("components")
            self.document["components"] = self._whole(components, self.main, self.folder, location)
        holder = self.document if self.is_swagger else self.document.get("components")
        for section in (_SWAGGER_SECTIONS if self.is_swagger else _SECTIONS).values():
            if isinstance(holder, dict) and isinstance(components := holder.get(section), dict):
                location = location_of(*(() if self.is_swagger else ("components",)), section)
                holder[section] = self._whole(components, self.main, self.folder, location)

    def _name_files(self) -> None:
        """Let what a component is elsewhere have the component's name, as bundlers do."""
        sections = _SWAGGER_SECTIONS if self.is_swagger else _SECTIONS
        holder: Any = self.document if self.is_swagger else self.document.get("components")
        waiting: list[tuple[dict[str, Any], str, Path]] = []
        for shape, section in sections.items():
            components: Any = holder.get(section) if isinstance(holder, dict) else None
            for name, node in components.items() if isinstance(components, dict) else ():
                target = reference(node) if isinstance(node, dict) else None
                location = location_of(*(() if self.is_swagger else ("components",)), section, name)
                path = None if target is None else self._path(target, self.main, self.folder, location)
                if target is None or path is None or path == self.main:
                    continue
                key = (path, way_of("#" + target.partition("#")[2]) or (), shape)
                content = self._at(path, target, location)
                if key not in self.names and isinstance(content, dict) and reference(content) is None:
                    self.names[key] = name
                    components[name] = content
                    waiting.append((content, shape, path))
        for content, shape, path in waiting:
            self._bring(content, shape, path, path.parent)

    def _bring(self, root: dict[str, Any], root_shape: str, file: Path | None, beside: Path) -> None:
        """Rewrite the references below ``root``, which is in ``file`` (None: the document itself)."""
        shapes = shapes_of(self.document)
        sections = _SWAGGER_SECTIONS if self.is_swagger else _SECTIONS
        for shape, node, location in walk(root, root_shape, shapes=shapes):
            for key, (held, _) in shapes[shape].items():
                if held in (MAP, LIST) and isinstance(value := node.get(key), dict):
                    node[key] = self._whole(value, file, beside, (location, key))
            if shape == "schema":
                self._mapping(node, file, beside, location)
            target = reference(node)
            if target is None or id(node) in self.rewritten:
                continue
            path = self._path(target, file, beside, location)
            if path is None:
                if "://" in target:
                    self.by_uri.append((node, shape, location))
                continue
            self.rewritten[id(node)] = node
            if path == self.main:
                node["$ref"] = target[target.index("#") :] if "#" in target else "#"
                self.references.add(node["$ref"])
            elif shape in sections:
                node["$ref"] = self._component(path, target, shape, sections[shape], location)
            else:
                self._inline(node, shape, path, target, location)

    def _path(self, target: str, file: Path | None, beside: Path, location: Location) -> Path | None:
        """Return the file that ``target`` leads to; None where the reference stays as it is."""
        name, _, _ = target.partition("#")
        if not name:
            return None if file in (None, self.main) else file
        if "://" in name or name.startswith("//"):
            return None  # a URL is never followed; it is reported as dangling
        path = Path(os.path.realpath(beside / unquote(name)))
        if not path.is_relative_to(self.folder):
            where = pointer(location)
            raise SpecError(
                f"{self.source}: the reference {name!r} at {where} leaves the folder of the document "
                f"({self.folder}). Only files below it are read; move the file there.",
                source=self.source,
                pointer=where,
            )
        return path

    def _whole(self, value: dict[str, Any], file: Path | None, beside: Path, location: Location) -> Any:
        """Return what a reference in place of a whole map or list (``paths``, say) leads to."""
        target = reference(value)
        path = None if target is None else self._path(target, file, beside, location)
        if target is None or path is None or path == self.main:
            return value
        content = self._at(path, target, location)
        if not isinstance(content, (dict, list)):
            return value
        copy = reading.copied(content)
        self._relocate(copy, path)
        return copy

    def _inline(self, node: dict[str, Any], shape: str, path: Path, target: str, location: Location) -> None:
        """Put what ``target`` leads to in place of ``node``, where its version has no section for it."""
        content = self._at(path, target, location)
        if isinstance(content, dict):
            beside = {key: value for key, value in node.items() if key != "$ref"}
            node.clear()
            node.update({**reading.copied(content), **beside})
            self._bring(node, shape, path, path.parent)

    def _relocate(self, content: Any, path: Path) -> None:
        """Make the references in copied ``content`` relative to the document's folder."""
        waiting = [content]
        while waiting:
            node = waiting.pop()
            if isinstance(node, dict):
                target = reference(node)
                if target is not None and "://" not in target and not target.startswith("//"):
                    name, hash_, fragment = target.partition("#")
                    absolute = path.parent / unquote(name) if name else path
                    node["$ref"] = f"{quote(absolute.as_posix())}{hash_}{fragment}"
                waiting += node.values()
            elif isinstance(node, list):
                waiting += node

    def _mapping(self, schema: dict[str, Any], file: Path | None, beside: Path, location: Location) -> None:
        """Rewrite the values of a discriminator's ``mapping`` that are references to files."""
        discriminator = schema.get("discriminator")
        mapping = discriminator.get("mapping") if isinstance(discriminator, dict) else None
        if not isinstance(mapping, dict) or id(mapping) in self.rewritten:
            return
        self.rewritten[id(mapping)] = mapping
        for value, target in mapping.items():
            if isinstance(target, str) and ("/" in target or "." in target):
                path = self._path(target, file, beside, ((location, "discriminator"), "mapping"))
                if path is not None and path != self.main:
                    section = (_SWAGGER_SECTIONS if self.is_swagger else _SECTIONS)["schema"]
                    mapping[value] = self._component(path, target, "schema", section, location)

    def _follow_uris(self) -> None:
        """Rewrite the references by the URI of a schema that is in a file which was read."""
        while self.by_uri:
            node, shape, location = self.by_uri.pop()
            uri, _, fragment = node["$ref"].partition("#")
            if uri in self.uris and shape == "schema":
                path, schema = self.uris[uri]
                inner = f"{schema}{fragment}" if fragment[:1] in ("", "/") else f"#{fragment}"
                section = (_SWAGGER_SECTIONS if self.is_swagger else _SECTIONS)[shape]
                node["$ref"] = self._component(path, inner, shape, section, location)

    def _component(self, path: Path, target: str, shape: str, section: str, location: Location) -> str:
        fragment = target.partition("#")[2]
        if fragment[:1] not in ("", "/"):
            self._content(path, pointer(location))
            fragment = self.anchors.get(path, {}).get(f"#{fragment}", f"#{fragment}")[1:]
        way = way_of(f"#{fragment}")
        key = (path, way or (), shape)
        if way is None or key not in self.names:
            node = self._at(path, f"#{fragment}", location)
            if node is True or node is False:
                node = {} if node else {"not": {}}
            if not isinstance(node, dict):
                # Reported as dangling later, spelled independently of the file it is in.
                return f"{path.relative_to(self.folder).as_posix()}#{fragment}"
            holder = self.document if self.is_swagger else self.document.setdefault("components", {})
            components = holder.setdefault(section, {})
            base = way[-1] if way else path.stem
            name, number = base, 2
            while name in components:
                name, number = f"{base}_{number}", number + 1
            self.names[key] = name
            components[name] = node
            self._bring(node, shape, path, path.parent)
        root = "" if self.is_swagger else "components/"
        return f"#/{root}{section}/{written(self.names[key])}"

    def _at(self, path: Path, target: str, location: Location) -> Any:
        """Return what ``target`` leads to in the file at ``path``."""
        content = self._content(path, pointer(location))
        fragment = "#" + target.partition("#")[2]
        node = content.at(fragment)
        return content.at(swagger2.moved(fragment)) if node is MISSING else node

    def _content(self, path: Path, where: str) -> Targets:
        if path not in self.contents:
            relative = path.relative_to(self.folder).as_posix()
            try:
                content = self.read_file(path)
            except OSError as error:
                raise SpecError(
                    f"{self.source}: the reference at {where} names the file {relative}, "
                    f"which cannot be read: {error.strerror}.",
                    source=self.source,
                    pointer=where,
                ) from error
            self.files[relative] = hashlib.sha256(content).hexdigest()
            read = reading.read(content, f"{self.source} → {relative}")
            if isinstance(read.data, dict) and is_of_2020_12(self._family(read.data)):
                self.anchors[path] = names = Resources(read.data).localize_file()
                self.uris |= {name: (path, schema) for name, schema in names.items() if "://" in name}
            self.contents[path] = self._converted(read)
        return self.contents[path]

    def _converted(self, read: reading.Read) -> Targets:
        """Return the content of a file, in the version of the document where it is in another."""
        data = read.data
        if not isinstance(data, dict):
            return Targets({} if data is None else data)
        own, of_document = self._family(data), family(self.document)
        targets = Targets(data)
        if own == "2.0" and of_document != "2.0":
            targets = swagger2.openapi30(data, read.references)[1]
            own = "3.0"
        if is_of_2020_12(own) and not is_of_2020_12(of_document):
            openapi31.in_words_of_30(data, targets.at)
        elif own == "3.0" and is_of_2020_12(of_document):
            openapi31.in_words_of_31(targets.document)
        return targets

    def _family(self, content: Mapping[str, Any]) -> str:
        """Return the version of a file's content: its own, or that of the document."""
        is_whole = "openapi" in content or "swagger" in content
        return family(content if is_whole else self.document)
