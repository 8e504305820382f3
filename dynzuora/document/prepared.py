"""The prepared form of a document: a small index, and one slice of JSON per operation.

A warm start reads the index and then only the slices it needs; nothing here knows how a
document is prepared. Slices are plain shared data: callers never change them.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from dynzuora._text import visible
from dynzuora.errors import SpecError

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

INDEX, SLICES, WARNINGS, VOCABULARY = "index.json", "slices.jsonl", "warnings.json", "vocabulary.json"
FILES = (INDEX, SLICES, WARNINGS)
"""The files of the prepared form. `VOCABULARY` is added by the first search."""

#: Return ``length`` bytes of a file of the prepared form from ``offset`` on; all with -1.
#: Raises OSError or KeyError where there is none.
Read = Callable[[str, int, int], bytes]

#: Store a file with the prepared form, if that is possible.
Keep = Callable[[str, bytes], None]


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
        keep: Keep = lambda name, content: None,
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
        self._warnings_checksum: int = header["warnings"]
        self._read = read
        self._again = again
        self._keep = keep
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
            try:
                content = self._warnings_text()
            except (OSError, Damaged):
                self._repair()
                content = self._warnings_text()
            self._warnings = tuple(DocumentWarning(*fields) for fields in json.loads(content))
        return self._warnings

    def _warnings_text(self) -> bytes:
        content = self._read(WARNINGS, 0, -1)
        if zlib.crc32(content) != self._warnings_checksum:
            raise Damaged(WARNINGS)
        return content

    def vocabulary(self) -> Mapping[str, Any]:
        """Return the words of all operations, as `document.vocabulary` lays them out. Read anew each time."""
        try:
            mark, _, text = self._read(VOCABULARY, 0, -1).partition(b"\n")
            if mark == self._mark(text):
                result: dict[str, Any] = json.loads(text)
                return result
        except (OSError, KeyError):
            pass
        words = self._words()
        text = json.dumps(words, separators=(",", ":")).encode()
        self._keep(VOCABULARY, self._mark(text) + b"\n" + text)
        return words

    def _mark(self, text: bytes) -> bytes:
        return f"{self.digest} {zlib.crc32(text)}".encode()

    def _words(self) -> dict[str, Any]:
        from dynzuora.document.vocabulary import vocabulary

        schemas: dict[str, Any] = {}  # each is read once

        def slices() -> Iterator[dict[str, Any]]:
            for id in self.index:
                slice = self.slice(id)
                own = slice["components"]["schemas"]
                own |= {name: schemas.setdefault(name, own[name]) for name in own}
                yield slice

        return vocabulary(slices())

    def _repair(self) -> None:
        """Prepare the document again: its files were removed or damaged while in use."""
        if self._again is None:
            raise SpecError(
                f"{self.source}: its prepared form is damaged. Reinstall dynzuora.", source=self.source
            )
        fresh = self._again()
        self._read, self._offsets, self._again, self._keep = fresh._read, fresh._offsets, None, fresh._keep
        self._warnings_checksum = fresh._warnings_checksum


def in_memory(files: dict[str, bytes], *, source: str, keep: Keep | None = None) -> Prepared:
    """Return a prepared document from files in memory; ``keep`` stores another one elsewhere, too."""
    read = _from_memory(files.__getitem__)
    return Prepared(json.loads(files[INDEX]), read, source=source, keep=keep or files.__setitem__)


def from_folder(
    folder: Traversable,
    *,
    source: str,
    key: str | None = None,
    again: Callable[[], Prepared] | None = None,
    keep: Keep = lambda name, content: None,
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
        return Prepared(header, read, source=source, again=again, keep=keep), header["files"]
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
