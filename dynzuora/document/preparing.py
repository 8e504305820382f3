"""Prepare a document: bytes → data → words of OpenAPI 3.0 → repairs → overlays → slices.

Everything that can be wrong with a document is handled here, once. The result depends only
on the input, so it can be compared byte by byte with one prepared elsewhere.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from dynzuora._garbage import gc_paused
from dynzuora.document import external, openapi31, overlay, reading, restoring, swagger2
from dynzuora.document.dialects import family, is_of_2020_12
from dynzuora.document.prepared import HARMLESS, INDEX, SLICES, WARNINGS, DocumentWarning
from dynzuora.document.repairs import repair
from dynzuora.document.resolution import resolved
from dynzuora.document.shapes import HTTP_METHODS, Location, location_of, pointer, reference
from dynzuora.document.slices import slices
from dynzuora.document.targets import Targets
from dynzuora.errors import SpecError


class Origin:
    """What a document is made from."""

    def __init__(
        self,
        content: bytes,
        source: str,
        *,
        overlays: Iterable[overlay.Overlay] = (),
        file: Path | None = None,
        read_file: Callable[[Path], bytes] = Path.read_bytes,
        external_files: bool = False,
    ) -> None:
        self.content, self.source, self.file = content, source, file
        self.overlays = tuple(overlays)
        self.read_file = read_file
        self.external_files = external_files


class Repaired(NamedTuple):
    """A repaired document in the words of OpenAPI 3.0."""

    document: dict[str, Any]
    #: What its references lead to.
    targets: Targets
    #: What was repaired.
    warnings: list[DocumentWarning]
    #: External file → its SHA-256.
    files: dict[str, str]


def repaired(origin: Origin) -> Repaired:
    """Return the document repaired and converted, with overlays applied.

    Raises:
        SpecError: the document or an overlay cannot be read.
    """
    try:
        return _repaired(origin)
    except RecursionError:
        raise _too_deep(origin.source) from None


def _too_deep(source: str) -> SpecError:
    return SpecError(f"{source} is nested too deeply to be an OpenAPI document.", source=source)


def _repaired(origin: Origin) -> Repaired:
    source = origin.source
    document, warnings, references = reading.read_document(origin.content, source)
    files: dict[str, str] = {}
    if origin.external_files:
        if origin.file is None:
            raise SpecError(
                f"external_files=True needs a document that is a file; {source} has no folder.", source=source
            )
        files, more = external.bundled(document, origin.file.parent, origin.file, source, origin.read_file)
        references |= more
    document, targets, converted = _in_words_of_30(document, references)
    warnings += converted
    _expand_path_items(document, targets, warnings)
    objects: list[tuple[Location, dict[str, Any]]] = []
    warnings += repair(document, targets, objects)
    warnings += restoring.restore(document, objects)
    warnings += overlay.apply(document, overlay.shipped())
    for correction in origin.overlays:
        warnings += overlay.apply(document, correction)
    _check_version(document, source)
    if origin.overlays:  # which may have introduced faults
        if is_of_2020_12(family(document)):
            openapi31.in_words_of_30(document, targets.at, overlaid=True)
        warnings += repair(document, targets)
    return Repaired(document, targets, warnings, files)


def _in_words_of_30(
    document: dict[str, Any], references: Iterable[str]
) -> tuple[dict[str, Any], Targets, list[DocumentWarning]]:
    """Return the document in the words of OpenAPI 3.0, the targets of its references, and warnings.

    A version that is unknown is read like the newest: overlays come before the refusal.
    """
    if family(document) == "2.0":
        return swagger2.openapi30(document, references)
    targets = Targets(document)
    if is_of_2020_12(family(document)):
        references = openapi31.in_words_of_30(document, targets.at)
    targets.pin(references)
    return document, targets, []


def _check_version(document: dict[str, Any], source: str) -> None:
    """Refuse a version that nobody has defined yet, or no longer uses."""
    if family(document):
        return
    name = "openapi" if "openapi" in document else "swagger"
    raise SpecError(
        f"{source} says {name}: {document[name]}. dynzuora reads Swagger 2.0 and OpenAPI 3.0, 3.1 and 3.2. "
        "Is there another version of the document?",
        source=source,
        pointer=f"#/{name}",
    )


def _expand_path_items(document: dict[str, Any], targets: Targets, warnings: list[DocumentWarning]) -> None:
    """Replace references of path items: their operations need ids and repairs of their own."""
    paths = document.get("paths")
    items = paths.items() if isinstance(paths, dict) else ()
    referring = {
        path: target
        for path, item in items
        if isinstance(item, dict) and (target := reference(item)) is not None
    }
    if not referring:
        return
    assert isinstance(paths, dict)
    path_items = resolved(targets, dict.fromkeys(referring.values(), "path item"))
    for path, target in referring.items():
        beside = {key: value for key, value in paths[path].items() if key != "$ref"}
        if targets.has(target):
            paths[path] = {**reading.copied(path_items[target]), **beside}
        else:
            paths[path] = beside
            message = f"the reference {target!r} points to nothing; the path gets no operations from it."
            warnings.append(
                DocumentWarning("dangling-reference", pointer(location_of("paths", path)), message)
            )


@gc_paused()
def prepared_files(origin: Origin, key: str) -> dict[str, bytes]:
    """Return the files of the prepared form; ``key`` is the hash of the input without external files."""
    try:
        document, targets, warnings, files = repaired(origin)
        lines: list[bytes] = []
        operations: dict[str, list[Any]] = {}
        sent: list[list[Any]] = []
        offset = 0
        for slice in slices(document, targets, warnings):
            size = len(slice.text)
            place = [offset, size, zlib.crc32(slice.text)]
            if slice.sent is None:
                entry = [slice.method, slice.path, slice.tags, slice.summary, slice.fault]
                operations[slice.id] = entry + place
            else:
                sent.append([*slice.sent, slice.fault, *place])
            lines.append(slice.text)
            offset += size + 1
    except RecursionError:
        raise _too_deep(origin.source) from None
    warnings = list(dict.fromkeys(warnings))
    warnings_text = _json(warnings)
    header = {
        "version": document["info"]["version"],
        "title": document["info"]["title"],
        "key": key,
        "digest": hashlib.sha256(f"{key}{_json(files).decode()}".encode()).hexdigest(),
        "servers": [
            server["url"] for server in document.get("servers", ()) if isinstance(server.get("url"), str)
        ],
        "tags": _tags(document),
        "webhooks": [name for name in document.get("webhooks", ()) if not name.startswith("x-")],
        "callbacks": _callbacks(document),
        "files": files,
        "losses": sum(warning.rule not in HARMLESS for warning in warnings),
        "warnings": zlib.crc32(warnings_text),
        "operations": operations,
        "sent": sent,
    }
    return {
        INDEX: _json(header),
        SLICES: b"".join(line + b"\n" for line in lines),
        WARNINGS: warnings_text,
    }


def _tags(document: dict[str, Any]) -> list[str]:
    """Return the names of the tags: those that the document lists, then those that only operations have."""
    listed = [tag["name"] for tag in document.get("tags", ()) if isinstance(tag.get("name"), str)]
    used = [
        name
        for item in document["paths"].values()
        for method in HTTP_METHODS
        if method in item
        for name in item[method].get("tags", ())
    ]
    return list(dict.fromkeys([*listed, *used]))


def _callbacks(document: dict[str, Any]) -> list[str]:
    """Return the callbacks of each operation, as ``operationId: name``."""
    return [
        f"{item[method]['operationId']}: {name}"
        for item in document["paths"].values()
        for method in HTTP_METHODS
        if method in item
        for name in item[method].get("callbacks", ())
        if not name.startswith("x-")
    ]


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
