"""The prepared form of a document: a small index, and one slice of JSON per operation.

A warm start reads the index and then only the slices it needs; nothing here knows how a
document is prepared. Slices are plain shared data: callers never change them.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from dynzuora._text import visible
from dynzuora.errors import SpecError

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

INDEX, SLICES, WARNINGS, VOCABULARY = "index.json", "slices.jsonl", "warnings.json", "vocabulary.json"
FILES = (INDEX, SLICES, WARNINGS, VOCABULARY)

#: Return ``length`` bytes of a file of the prepared form from ``offset`` on; all with -1.
Read = Callable[[str, int, int], bytes]


class Entry(NamedTuple):
    """An operation in the index. ``fault`` says why it cannot be used; empty where it can."""

    method: str
    path: str
    tags: tuple[str, ...]
    summary: str
    fault: str


class DocumentWarning(NamedTuple):
    """Something wrong in a document: where, and what was done about it."""

    rule: str
    pointer: str
    message: str

    def __str__(self) -> str:
        return visible(f"{self.pointer}: {self.message} ({self.rule})")


HARMLESS = frozenset(
    {"lost-property", "media-type", "overlay", "overlay-target", "parameters", "typed-default", "yes-no-enum"}
)
"""Repairs that lose nothing of a document: every one of the vendor's needs some of them."""


class Damaged(Exception):
    """The prepared form is not what was written; the document has to be prepared again."""


_SENT = "\0"
"""Prefix of the names of requests that the server sends; no operation id begins with it."""


class Sent(NamedTuple):
    """A request that the server sends: a webhook, or a callback that an operation asks for."""

    owner: str
    """The operation that asks for it; empty for a webhook."""
    name: str
    expression: str
    """Where it is sent, as a runtime expression; empty for a webhook."""
    method: str = ""

    def __str__(self) -> str:
        if not self.owner:
            return f"webhook {self.name} ({self.method})"
        return f"callback {self.owner}: {self.name} {self.expression} ({self.method})"


class Prepared:
    """A document ready for use: its version and title, its index, and a slice per operation."""

    bundled = False
    """Whether it came with the package and is as it came."""

    other_ids: Mapping[str, str] = MappingProxyType({})
    """Ids that operations have in other documents of a set → the id they have here."""

    def __init__(
        self,
        header: Mapping[str, Any],
        read: Read,
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
        self.webhooks: tuple[str, ...] = tuple(header["webhooks"])
        self.callbacks: tuple[str, ...] = tuple(header["callbacks"])
        self.losses: int = header["losses"]
        """How many repairs may have lost something, see `HARMLESS`."""
        index: dict[str, Entry] = {}
        offsets: dict[str, tuple[int, int, int]] = {}
        for id, (method, path, tags, summary, fault, offset, length, checksum) in header[
            "operations"
        ].items():
            index[id] = Entry(method, path, tuple(tags), summary, fault)
            offsets[id] = (offset, length, checksum)
        self.index: Mapping[str, Entry] = MappingProxyType(index)
        sent: dict[Sent, str] = {}
        for owner, name, expression, method, fault, offset, length, checksum in header["sent"]:
            key = Sent(owner, name, expression, method)
            sent[key] = fault
            offsets[_SENT + str(key)] = (offset, length, checksum)
        self.sent: Mapping[Sent, str] = MappingProxyType(sent)
        """The requests that the server sends → why one cannot be read, or empty."""
        self._offsets = offsets
        self._checksums: dict[str, int] = {name: header[name] for name in ("warnings", "vocabulary")}
        self._read = read
        self._again = again
        self._warnings: tuple[DocumentWarning, ...] | None = None

    def __repr__(self) -> str:
        return f"<Prepared {self.title} {self.version}: {len(self.index)} operations from {self.source}>"

    def slice(self, id: str) -> dict[str, Any]:
        """Return one operation with every schema it reaches."""
        try:
            text = self._slice_text(id)
        except (OSError, Damaged):
            self._repair()
            text = self._slice_text(id)
        result: dict[str, Any] = json.loads(text)
        return result

    def sent_slice(self, key: Sent) -> dict[str, Any]:
        """Return a request that the server sends, with every schema it reaches."""
        return self.slice(_SENT + str(key))

    def number_of(self, id: str | Sent) -> int:
        """Return the number of the document that an operation is taken from; only a set has several."""
        return 0

    def source_of(self, id: str) -> str:
        """Return what messages call the document that an operation is taken from."""
        return self.source

    def _slice_text(self, id: str) -> bytes:
        offset, length, checksum = self._offsets[id]
        text = self._read(SLICES, offset, length)
        if zlib.crc32(text) != checksum:
            raise Damaged(SLICES)
        return text

    @property
    def warnings(self) -> tuple[DocumentWarning, ...]:
        """What was wrong in the document and what was done about it."""
        if self._warnings is None:
            content = self._whole(WARNINGS, "warnings")
            self._warnings = tuple(DocumentWarning(*fields) for fields in json.loads(content))
        return self._warnings

    def vocabulary(self) -> Mapping[str, Any]:
        """Return the words of all operations, as `document.vocabulary` lays them out. Read anew each time."""
        result: dict[str, Any] = json.loads(self._whole(VOCABULARY, "vocabulary"))
        return result

    def _whole(self, name: str, checksum: str) -> bytes:
        """Return a file of the prepared form; made again if it was removed or damaged."""
        try:
            return self._checked(name, checksum)
        except (OSError, Damaged):
            self._repair()
            return self._checked(name, checksum)

    def _checked(self, name: str, checksum: str) -> bytes:
        content = self._read(name, 0, -1)
        if zlib.crc32(content) != self._checksums[checksum]:
            raise Damaged(name)
        return content

    def _repair(self) -> None:
        """Prepare the document again: its files were removed or damaged while in use."""
        if self._again is None:
            raise SpecError(
                f"{self.source}: its prepared form is damaged. Reinstall dynzuora.", source=self.source
            )
        fresh = self._again()
        self._read, self._offsets, self._again = fresh._read, fresh._offsets, None
        self._checksums = fresh._checksums


def in_memory(files: Mapping[str, bytes], *, source: str) -> Prepared:
    """Return a prepared document whose files are only in memory."""

    return Prepared(json.loads(files[INDEX]), _from_memory(files.__getitem__), source=source)


def from_folder(
    folder: Traversable,
    *,
    source: str,
    key: str | None = None,
    again: Callable[[], Prepared] | None = None,
) -> tuple[Prepared, Mapping[str, str]]:
    """Return the prepared document in ``folder``, and the external files it was made from.

    Raises:
        OSError: there is none.
        Damaged: it is something else.
    """
    if isinstance(folder, Path):
        read = _from_disk(str(folder))
    else:  # an archive unpacks a file from its start: once for all slices
        read = _from_memory(cache(lambda name: folder.joinpath(name).read_bytes()))
    try:
        header = json.loads(read(INDEX, 0, -1))
        if key is not None and header["key"] != key:
            raise Damaged(str(folder))
        return Prepared(header, read, source=source, again=again), header["files"]
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise Damaged(str(folder)) from error


def _from_disk(folder: str) -> Read:
    def read(name: str, offset: int, length: int) -> bytes:
        # Joined for every slice, which takes a Path 15 µs.
        with open(os.path.join(folder, name), "rb") as file:
            if offset:
                file.seek(offset)
            return file.read(length)

    return read


def _from_memory(content: Callable[[str], bytes]) -> Read:
    def read(name: str, offset: int, length: int) -> bytes:
        return content(name)[offset:] if length < 0 else content(name)[offset : offset + length]

    return read
