"""What a run has started and what came of it, as JSON lines in a file of its user's own.

A line is written whole, at once and at the end of the file, so that a killed run leaves
at most one torn line, which is cut off. ``started`` is on disk before anything is sent;
many threads share one flush. Replies are kept, so that a resumed run gives them again.
"""

from __future__ import annotations

import hashlib
import os
import stat
import threading
import time
from array import array
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from dynzuora import _json, _locks, errors
from dynzuora.errors import ApiError, DynzuoraError, Problem, Reason, TransportError
from dynzuora.http import Request

FORM = 1

KEY_LIFE = 23 * 3600.0
"""Seconds that an idempotency key is good for, an hour less than Zuora keeps it."""

_NOWHERE = -1

#: No link is followed, no pipe waited for, and Windows changes no line's end.
_PLAIN = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class Known(NamedTuple):
    """What an earlier run left of one item."""

    digest: str
    key: str = ""
    at: float = 0.0
    done: bool = False
    reply: Any = None
    error: Exception | None = None


class Journal:
    """One run's file. Opened by one process at a time; safe for its threads.

    Raises `DynzuoraError` where the file is another run's, or in use.
    """

    def __init__(self, path: str | os.PathLike[str], head: Mapping[str, Any]) -> None:
        self.path = Path(path).expanduser()
        self._lock = threading.Lock()
        self._flushing = threading.Lock()
        self._written = 0
        self._flushed = 0
        # Where each item's last line begins; a million items are eight megabytes.
        self._started = array("q")
        self._done = array("q")
        try:
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | _PLAIN, 0o600)
        except OSError as error:
            why = "it is a link; name the file itself" if self.path.is_symlink() else error.strerror
            raise DynzuoraError(f"The journal {self.path} cannot be opened: {why}.") from error
        # Read by whoever takes the results, until close.
        self._reader = open(self.path, "rb", opener=lambda path, flags: os.open(path, flags | _PLAIN))  # noqa: SIM115
        try:
            self._check_file()
            self._lock_file()
            self._read(dict(head))
        except BaseException:
            self._reader.close()
            os.close(self._file)
            raise

    def known(self, index: int) -> Known | None:
        """Return what an earlier run left of the item, None if nothing."""
        started, done = self._at(self._started, index), self._at(self._done, index)
        if started is None and done is None:
            return None
        entry = started or {}
        known = Known(
            str((done or entry).get("digest", "")), str(entry.get("key", "")), float(entry.get("time", 0.0))
        )
        if done is None:
            return known
        error = _error(done["error"]) if "error" in done else None
        return known._replace(done=True, reply=done.get("reply"), error=error)

    def start(self, index: int, digest: str, key: str = "", *, durable: bool = True) -> None:
        """Say that an item is about to be sent; ``durable`` waits until that is on disk."""
        line: dict[str, Any] = {"started": index, "digest": digest, "time": round(time.time(), 3)}
        number = self._write(line | {"key": key} if key else line)
        if durable:
            self._flush(number)

    def finish(self, index: int, digest: str, reply: Any, error: Exception | None) -> None:
        """Say what came of an item. One that was certainly not done is forgotten: it is done next time."""
        line: dict[str, Any] = {"done": index, "digest": digest}
        if isinstance(reply, Request) or (error is not None and _was_not_done(error)):
            self._write({"undone": index, "why": type(error).__name__ if error else "dry run"})
            return
        if error is not None:
            line["error"] = _described(error)
        else:
            line["reply"] = _kept(reply)
        self._write(line)

    def close(self) -> None:
        """Flush and close the file."""
        with self._lock:
            if self._file >= 0:
                os.fsync(self._file)
                os.close(self._file)
                self._reader.close()
                self._file = -1

    # Inside

    def _check_file(self) -> None:
        """Refuse what is no file of this user's own: a pipe never ends, and replies are private."""
        found = os.fstat(self._file)
        if not stat.S_ISREG(found.st_mode):
            raise DynzuoraError(f"The journal {self.path} is no file.")
        if hasattr(os, "geteuid") and found.st_uid != os.geteuid():
            raise DynzuoraError(f"The journal {self.path} is another user's. Name another file.")
        if not os.path.samestat(found, os.fstat(self._reader.fileno())):
            raise DynzuoraError(f"The journal {self.path} was replaced while it was opened.")

    def _lock_file(self) -> None:
        if not _locks.take(self._file):
            raise DynzuoraError(f"The journal {self.path} is in use by another run.")

    def _read(self, head: dict[str, Any]) -> None:
        """Take in what is there, cut off a torn last line, and write the head of a new journal."""
        end = 0
        for line in self._reader:
            if not line.endswith(b"\n"):
                break
            self._take(line, end, head)
            end += len(line)
        if os.fstat(self._file).st_size != end:
            os.ftruncate(self._file, end)
        if end == 0:
            self._write({"journal": FORM, **head})

    def _take(self, line: bytes, place: int, head: Mapping[str, Any]) -> None:
        try:
            entry = _json.decode(line)
        except ValueError:
            raise DynzuoraError(f"{self.path} is no journal: byte {place} begins no line of one.") from None
        if place == 0:
            found = {name: value for name, value in entry.items() if name != "journal"}
            if entry.get("journal") != FORM or found != head:
                raise DynzuoraError(
                    f"The journal {self.path} is of another run, {found}; this one is {dict(head)}. "
                    "Name another file."
                )
        elif "started" in entry:
            _put(self._started, entry["started"], place)
        elif "done" in entry:
            _put(self._done, entry["done"], place)
        elif "undone" in entry:
            _put(self._started, entry["undone"], _NOWHERE)

    def _at(self, places: array[int], index: int) -> dict[str, Any] | None:
        place = places[index] if index < len(places) else _NOWHERE
        if place == _NOWHERE:
            return None
        self._reader.seek(place)
        entry: dict[str, Any] = _json.decode(self._reader.readline())
        return entry

    def _write(self, entry: Mapping[str, Any]) -> int:
        line = _json.encode(_json.plain(entry)) + b"\n"
        with self._lock:
            if self._file < 0:
                return self._written
            if os.write(self._file, line) != len(line):
                raise DynzuoraError(f"The journal {self.path} cannot be written: is the disk full?")
            self._written += 1
            return self._written

    def _flush(self, number: int) -> None:
        """Return once line ``number`` is on disk; whoever comes first flushes for all."""
        with self._flushing:
            if self._flushed >= number:
                return
            written = self._written
            if self._file >= 0:
                os.fsync(self._file)
            self._flushed = written


def digest_of(call: Any) -> str:
    """Return what tells one item from another: a journal must not be taken for other calls'."""
    try:
        content = _json.encode(_json.plain(call))
    except _json.InvalidJson:
        content = repr(call).encode("utf-8", "replace")
    return hashlib.sha256(content).hexdigest()[:16]


def _put(places: array[int], index: int, place: int) -> None:
    if index >= len(places):
        places.extend([_NOWHERE] * (index + 1 - len(places)))
    places[index] = place


def _was_not_done(error: Exception) -> bool:
    """Whether nothing was sent, or the whole request was turned away for the time being."""
    if isinstance(error, TransportError):
        return not error.may_have_been_applied
    if isinstance(error, ApiError):
        return error.retryable
    return isinstance(error, (errors.AuthError, errors.ReadOnly))


def _kept(reply: Any) -> Any:
    if isinstance(reply, (bytes, bytearray)):
        return {"bytes": len(reply)}  # a file is no matter for a journal
    try:
        return _json.plain(getattr(reply, "value", reply))
    except _json.InvalidJson:
        return str(reply)


_FIELDS = ("operation_id", "status", "code", "category", "process_id", "request_id", "may_have_been_applied")


def _described(error: Exception) -> dict[str, Any]:
    fields = {name: getattr(error, name) for name in _FIELDS if getattr(error, name, None) not in (None, "")}
    reasons = [[each.code, each.message] for each in getattr(error, "reasons", ())]
    problems = [[each.path, each.message] for each in getattr(error, "problems", ())]
    results = getattr(error, "results", ())
    return {
        "class": type(error).__name__,
        "message": str(error),
        **fields,
        **({"reasons": reasons} if reasons else {}),
        **({"problems": problems} if problems else {}),
        **(
            {"results": _json.plain(list(results)), "failed": list(getattr(error, "failed", ()))}
            if results
            else {}
        ),
    }


def _error(kept: Mapping[str, Any]) -> Exception:
    """Return an error as it was told to the journal."""
    kind = getattr(errors, str(kept.get("class")), DynzuoraError)
    if not (isinstance(kind, type) and issubclass(kind, DynzuoraError)):
        kind = DynzuoraError
    fields = {name: value for name, value in kept.items() if name in _FIELDS}
    if "reasons" in kept:
        fields["reasons"] = tuple(Reason(*each) for each in kept["reasons"])
    if "problems" in kept:
        fields["problems"] = tuple(Problem(*each) for each in kept["problems"])
    for name in ("results", "failed"):
        if name in kept:
            fields[name] = tuple(kept[name])
    return kind(str(kept.get("message", "")), **fields)
