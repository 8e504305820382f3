"""The state of incremental extractions: a JSON file that is written whole or not at all.

It belongs to one tenant, has an entry for each object, and one run at a time opens it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, NamedTuple, Self

from dynzuora import _locks
from dynzuora._names import canonical
from dynzuora.configuration.folders import write_whole
from dynzuora.errors import FileError

FORMAT = 1


class Entry(NamedTuple):
    """How far an object has been read."""

    object: str
    engine: str
    until: str = ""
    """The end of what was read, which is not in it; an ISO time in UTC, empty before the first batch."""
    batches: int = 0
    rows: int = 0
    columns: tuple[str, ...] = ()
    versions_since: str = ""
    """What changed since this time has its version below; what changed before is not read again."""
    versions: Mapping[str, str] = {}
    """As `Versions.days` returns them."""


class State:
    """An open state file, locked against other runs. A context manager.

    Raises `FileError` if the file is not a state, belongs to another tenant, is used by
    another run, or cannot be read or written.
    """

    def __init__(self, path: str | os.PathLike[str], tenant: str, new_id: str) -> None:
        """``tenant`` identifies whose data it is; ``new_id`` is the id of the run if the file is new."""
        self.path = Path(path)
        self._tenant = tenant
        self.id = new_id
        self._entries: dict[str, Entry] = {}
        self._lock: IO[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # A file object: wherever an interrupt comes, the lock does not outlive this state.
            self._lock = open(self.path.with_name(f".{self.path.name}.lock"), "ab", opener=_open)
        except OSError as error:
            raise self._error(f"cannot be locked: {error.strerror}.") from error
        try:
            if not _locks.take(self._lock.fileno()):
                raise self._error("is used by another run. Wait until it ends.")
            self._load()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._lock is not None:
            self._lock.close()  # which releases the lock
            self._lock = None

    def entry(self, name: str) -> Entry | None:
        """Return how far an object has been read, None if it never was."""
        return self._entries.get(canonical(name))

    def commit(self, entry: Entry) -> None:
        """Record how far an object has been read; on return, it is on disk."""
        entries = {**self._entries, canonical(entry.object): entry}
        content = {
            "dynzuora sync": FORMAT,
            "id": self.id,
            "tenant": self._tenant,
            "objects": {key: entries[key]._asdict() for key in sorted(entries)},
        }
        try:
            write_whole(self.path, json.dumps(content, indent=1).encode() + b"\n", durable=True)
        except OSError as error:
            raise self._error(f"cannot be written: {error.strerror}.") from error
        self._entries = entries

    def _load(self) -> None:
        try:
            content = json.loads(self.path.read_bytes())
            if content["dynzuora sync"] != FORMAT:
                raise self._error(
                    f"has format {content['dynzuora sync']}, not {FORMAT}: it is of another version."
                )
            self.id = str(content["id"])
            tenant = content["tenant"]
            entries = {key: _entry(value) for key, value in content["objects"].items()}
        except FileNotFoundError:
            return
        except OSError as error:
            raise self._error(f"cannot be read: {error.strerror}.") from error
        except (ValueError, KeyError, TypeError, AttributeError):
            raise self._error("is not the state of a sync. Name another file for state=.") from None
        if tenant != self._tenant:
            raise self._error(
                f"belongs to {tenant}, but this client is of {self._tenant}. Use one state for each tenant."
            )
        self._entries = entries

    def _error(self, what: str) -> FileError:
        return FileError(f"The state {self.path} {what}", path=str(self.path))


def _open(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), 0o600)


def _entry(value: Mapping[str, Any]) -> Entry:
    entry = Entry(**{**value, "columns": tuple(value["columns"])})
    if not all(isinstance(field, expected) for field, expected in zip(entry, _TYPES, strict=True)):
        raise TypeError
    return entry


_TYPES = (str, str, str, int, int, tuple, str, dict)
