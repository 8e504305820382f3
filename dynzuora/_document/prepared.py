"""The prepared form of a document: a small index and one slice of JSON per operation.

Nothing here knows how a document is prepared; a warm start imports this module,
reads the index and then only the slices it is asked for. Slices are plain data
and shared: callers never change them.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from dynzuora.errors import SpecError

INDEX, SLICES, WARNINGS = "index.json", "slices.jsonl", "warnings.json"


class Entry(NamedTuple):
    """What the index knows of an operation. ``fault`` is empty unless it cannot be used."""

    method: str
    path: str
    tags: tuple[str, ...]
    summary: str
    fault: str


class DocumentWarning(NamedTuple):
    """One thing that was wrong in a document, where, and what was done about it."""

    rule: str
    pointer: str
    message: str

    def __str__(self) -> str:
        return f"{self.pointer}: {self.message} ({self.rule})"


class Damaged(Exception):
    """The prepared form is not what was written. Whoever holds the document prepares it again."""


class Prepared:
    """A document that is ready for use: who it is, its operations, one slice each."""

    def __init__(
        self,
        header: Mapping[str, Any],
        read: Callable[[str, int, int], bytes],
        *,
        source: str,
        again: Callable[[], Prepared] | None = None,
    ) -> None:
        self.version: str = header["version"]
        self.title: str = header["title"]
        self.digest: str = header["digest"]
        self.source = source
        self.servers: tuple[str, ...] = tuple(header["servers"])
        self.tags: tuple[str, ...] = tuple(header["tags"])
        self.index: Mapping[str, Entry] = {}
        self._places: dict[str, tuple[int, int, int]] = {}
        for id, (method, path, tags, summary, fault, *place) in header["operations"].items():
            self.index[id] = Entry(method, path, tuple(tags), summary, fault)  # type: ignore[index]
            self._places[id] = tuple(place)  # type: ignore[assignment]
        self._read = read
        self._again = again
        self._warnings: tuple[DocumentWarning, ...] | None = None

    def __repr__(self) -> str:
        return f"<Prepared {self.title} {self.version}: {len(self.index)} operations from {self.source}>"

    def slice(self, id: str) -> dict[str, Any]:
        """Return one operation with every schema it reaches."""
        offset, length, checksum = self._places[id]
        text = self._read(SLICES, offset, length)
        if zlib.crc32(text) != checksum:
            raise SpecError(f"{self.source}: the prepared form of {id} is damaged.")
        result: dict[str, Any] = json.loads(text)
        return result

    @property
    def warnings(self) -> tuple[DocumentWarning, ...]:
        """What was wrong in the document and what was done about it."""
        if self._warnings is None:
            rows = json.loads(self._read(WARNINGS, 0, -1))
            self._warnings = tuple(DocumentWarning(*row) for row in rows)
        return self._warnings


def in_memory(files: Mapping[str, bytes], *, source: str) -> Prepared:
    """Return a prepared document whose files were never written."""

    def read(name: str, offset: int, length: int) -> bytes:
        content = files[name]
        return content[offset:] if length < 0 else content[offset : offset + length]

    return Prepared(json.loads(files[INDEX]), read, source=source)


def from_folder(folder: Path, *, source: str) -> Prepared:
    """Return the prepared document in ``folder``."""

    def read(name: str, offset: int, length: int) -> bytes:
        with open(folder / name, "rb") as file:
            file.seek(offset)
            return file.read(length)

    return Prepared(json.loads(read(INDEX, 0, -1)), read, source=source)
