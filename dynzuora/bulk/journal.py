"""The journal of a run: what was started and how it ended, as JSON lines in a private file.

``started`` is on disk before anything is sent; many threads share one flush. A line is
written whole or taken back, so a kill or a full disk leaves at most one incomplete line,
the last; what would have followed it has not happened, so it is cut off. An item is
*undone* only if all attempts at it, over all runs, surely did nothing. Otherwise it is
done or in doubt: it keeps its idempotency key, and is sent again only with that key.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import stat
import threading
import time
from array import array
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from dynzuora import _forks, _json, _locks, _zuora, errors
from dynzuora._redaction import redacted
from dynzuora.errors import ApiError, DynzuoraError, JobFailed, JournalError, PartialFailure, Problem, Reason
from dynzuora.http import Request, text_of

FORMAT = 1

KEY_LIFE = _zuora.IDEMPOTENCY_KEY_LIFE - 3600.0
"""Seconds in which a key may be used again, less an hour for slow calls and inexact clocks."""

_CLOCK_MAY_SLIP = 60.0
"""Seconds by which a clock may be set back before the age of keys is in doubt."""

_NOWHERE = -1

#: Do not follow links, do not wait for pipes, and do not let Windows change line endings.
_PLAIN = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)

_WHOLE_LINE = re.compile(rb'\{"(?:started|done|unknown|undone)":\d')
"""The beginning of every line but the first. Within a string, its quotes would be escaped."""


class Past(NamedTuple):
    """What earlier runs recorded of one item."""

    digest: str
    key: str = ""
    key_is_alive: bool = False
    """Whether the server surely still remembers the idempotency key of the item's first attempt."""
    in_doubt: bool = True
    """Whether it is unknown if the item was done."""
    reply: Any = None
    error: Exception | None = None
    redacted: bool = False


class Journal:
    """The file of one run. One process opens it at a time; its threads share it.

    ``clock`` returns the time of day in seconds.

    Raises `JournalError` if the file belongs to another run, is in use or is damaged; every
    method raises it if the file cannot be read or written.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        head: Mapping[str, Any],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.path = Path(path).expanduser()
        self._clock = clock
        self._renew_locks()
        self._end = 0
        self._flushed = 0
        self._fault = ""
        self._latest = 0.0
        # The offset of each item's last line; a million items take 8 MB.
        self._started = array("q")
        self._ended = array("q")
        try:
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | _PLAIN, 0o600)
        except OSError as error:
            why = "it is a link; use the path of the file" if self.path.is_symlink() else error.strerror
            raise self._error(f"cannot be opened: {why}.") from error
        # Open until close: results are read from it as they are taken.
        self._reader = open(self.path, "rb", opener=lambda path, flags: os.open(path, flags | _PLAIN))  # noqa: SIM115
        try:
            self._check_file()
            if not _locks.take(self._file):
                raise self._error("is in use by another run.")
            self._read(dict(head))
        except OSError as error:
            self._release()
            raise self._error(f"cannot be read or written: {error.strerror}.") from error
        except BaseException:
            self._release()
            raise
        _forks.register(self)

    def past(self, index: int) -> Past | None:
        """Return what earlier runs recorded of an item, None if they left it undone."""
        started, ended = self._at(self._started, index), self._at(self._ended, index)
        if started is None and ended is None:
            return None
        first, last = started or {}, ended or {}
        return Past(
            str((ended or first).get("digest", "")),
            key=str(first.get("key", "")),
            key_is_alive=started is not None and self._is_recent(float(first.get("time", 0.0))),
            in_doubt="done" not in last,
            reply=last.get("reply"),
            error=_error(last["error"]) if "error" in last else None,
            redacted=bool(last.get("redacted")),
        )

    def start(self, index: int, digest: str, key: str = "") -> None:
        """Record that an item is about to be sent, and wait until that is on disk."""
        line: dict[str, Any] = {"started": index, "digest": digest, "time": round(self._clock(), 3)}
        self._flush(self._write(line | {"key": key} if key else line))

    def finish(
        self, index: int, digest: str, reply: Any, error: Exception | None, *, in_doubt: bool = False
    ) -> None:
        """Record how an item ended; ``in_doubt`` if an earlier attempt may have been applied."""
        line: dict[str, Any] = {"done": index, "digest": digest}
        if error is None and not isinstance(reply, Request):  # of a dry run
            kept, differs = _kept(reply)
            line |= {"reply": kept, "redacted": True} if differs else {"reply": kept}
        elif error is not None and _is_final(error, in_doubt=in_doubt):
            line["error"] = _described(error)
        elif error is not None and (in_doubt or may_have_been_applied(error)):
            bare = {"message": str(error.args[0])} if isinstance(error, DynzuoraError) and error.args else {}
            line = {"unknown": index, "digest": digest, "error": _described(error) | bare}
        else:
            line = {"undone": index, "why": type(error).__name__ if error else "dry run"}
        self._write(line)

    def close(self) -> None:
        """Flush and close the file."""
        with self._flushing, self._lock:
            if self._file < 0:
                return
            try:
                os.fsync(self._file)
            except OSError as error:
                raise self._error(f"cannot be written: {error.strerror}.") from error
            finally:
                self._release()

    def after_fork(self) -> None:
        """Close the file in the child, which would otherwise keep it locked."""
        self._renew_locks()
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    # Inside

    def _renew_locks(self) -> None:
        self._lock = threading.Lock()
        self._flushing = threading.Lock()

    def _error(self, what: str) -> JournalError:
        return JournalError(f"The journal {self.path} {what}", path=str(self.path))

    def _release(self) -> None:
        if self._file >= 0:
            # A child that was just forked may still have it open, and so locked.
            with contextlib.suppress(OSError):
                _locks.release(self._file)
            os.close(self._file)
            self._file = -1
        self._reader.close()

    def _check_file(self) -> None:
        """Raise `JournalError` unless it is a regular file of this user: replies are private."""
        status = os.fstat(self._file)
        if not stat.S_ISREG(status.st_mode):
            raise self._error("is not a file.")
        if hasattr(os, "geteuid") and status.st_uid != os.geteuid():
            raise self._error("belongs to another user. Use another file.")
        if not os.path.samestat(status, os.fstat(self._reader.fileno())):
            raise self._error("was replaced while it was opened.")

    def _read(self, head: dict[str, Any]) -> None:
        """Read all lines, cut off an incomplete last one, and write the head of a new journal."""
        first = _json.encode({"journal": FORMAT, **head}) + b"\n"
        for line in self._reader:
            if not line.endswith(b"\n"):
                if self._end == 0 and not first.startswith(line):
                    raise self._damaged()
                break
            self._take(line, head)
            self._end += len(line)
        if os.fstat(self._file).st_size != self._end:
            os.ftruncate(self._file, self._end)
        if self._end == 0:
            self._append(first)
            _flush_folder(self.path.parent)
        else:
            # Lines of a run that was killed may not be on disk yet.
            os.fsync(self._file)

    def _take(self, line: bytes, head: Mapping[str, Any]) -> None:
        offset, entry = self._end, _entry(line)
        if self._end == 0:
            if entry is None or "journal" not in entry:
                raise self._damaged()
            run = {name: value for name, value in entry.items() if name != "journal"}
            if entry["journal"] != FORMAT or run != head:
                raise self._error(f"belongs to another run, {run}; this is {dict(head)}. Use another file.")
            return
        # A full disk may have left half a line before another one.
        beginnings = _WHOLE_LINE.finditer(line, 1)
        while entry is None and (match := next(beginnings, None)) is not None:
            offset, entry = self._end + match.start(), _entry(line[match.start() :])
        if entry is None:
            raise self._damaged()
        for state, offsets, value in (
            ("started", self._started, offset),
            ("done", self._ended, offset),
            ("unknown", self._ended, offset),
            ("undone", self._started, _NOWHERE),
            ("undone", self._ended, _NOWHERE),
        ):
            if isinstance(index := entry.get(state), int):
                _put(offsets, index, value)
        self._latest = max(self._latest, float(entry.get("time", 0.0)))

    def _damaged(self) -> JournalError:
        return self._error(
            f"is not a journal, or is damaged: no valid line begins at byte {self._end}. Nothing was sent. "
            "A new journal would send every call again: find out first which calls were done."
        )

    def _at(self, offsets: array[int], index: int) -> dict[str, Any] | None:
        offset = offsets[index] if index < len(offsets) else _NOWHERE
        if offset == _NOWHERE:
            return None
        try:
            self._reader.seek(offset)
            entry = _entry(self._reader.readline())
        except OSError as error:
            raise self._error(f"cannot be read: {error.strerror}.") from error
        if entry is None:
            raise self._error("was changed during the run.")
        return entry

    def _is_recent(self, moment: float) -> bool:
        """Whether the server surely still remembers a key of that time; False if the clock was set back."""
        now = self._clock()
        return now > self._latest - _CLOCK_MAY_SLIP and now - moment < KEY_LIFE

    def _write(self, entry: Mapping[str, Any]) -> int:
        """Append a line and return where it ends."""
        try:
            line = _json.encode(entry) + b"\n"
        except (TypeError, ValueError) as error:
            raise self._error(f"cannot record this: {error}.") from error
        with self._lock:
            if self._file < 0:
                raise self._error("is closed.")
            self._append(line)
            return self._end

    def _append(self, line: bytes) -> None:
        """Write a whole line, or take it back: half a line would spoil the next."""
        if self._fault:
            raise self._error(self._fault)
        try:
            if os.write(self._file, line) != len(line):
                raise OSError(0, "the disk is full")
        except OSError as error:
            try:
                os.ftruncate(self._file, self._end)
            except OSError:
                self._fault = f"cannot be written: {error.strerror}."
            raise self._error(f"cannot be written: {error.strerror}.") from error
        self._end += len(line)

    def _flush(self, end: int) -> None:
        """Return once everything before ``end`` is on disk; the first thread flushes for all."""
        with self._flushing:
            if self._flushed >= end:
                return
            written = self._end
            try:
                os.fsync(self._file)
            except OSError as error:
                # Do not retry: after a failed flush, the system may have dropped the data.
                self._fault = f"cannot be written: {error.strerror}."
                raise self._error(self._fault) from error
            self._flushed = written


def digest_of(call: Any) -> str:
    """Return what identifies a call: a journal must not be used with other calls."""
    try:
        content = _json.encode(_json.plain(call))
    except _json.InvalidJson:
        content = repr(call).encode("utf-8", "replace")
    return hashlib.sha256(content).hexdigest()[:16]


def may_have_been_applied(error: Exception) -> bool:
    """Whether the server may have applied a failed call; True if the error does not say."""
    surely_not = isinstance(error, (errors.InvalidRequest, errors.ReadOnly, errors.UnknownOperation))
    return bool(getattr(error, "may_have_been_applied", not surely_not))


def _is_final(error: Exception, *, in_doubt: bool) -> bool:
    """Whether to send again would change nothing: the server has said what it did, or refused."""
    if isinstance(error, (PartialFailure, JobFailed)):
        return True
    refused = isinstance(error, ApiError) and not error.retryable
    return refused and not in_doubt and not may_have_been_applied(error)


def _entry(line: bytes) -> dict[str, Any] | None:
    try:
        entry = _json.decode(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None


def _put(offsets: array[int], index: int, offset: int) -> None:
    if index >= len(offsets):
        offsets.extend([_NOWHERE] * (index + 1 - len(offsets)))
    offsets[index] = offset


def _flush_folder(folder: Path) -> None:
    """Make the name of a new file survive a power failure, where folders can be flushed."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:  # Windows
        return
    try:
        os.fsync(descriptor)
    except OSError:  # some network file systems
        pass
    finally:
        os.close(descriptor)


def _kept(reply: Any) -> tuple[Any, bool]:
    """Return what a journal keeps of a reply, and whether something is missing."""
    if isinstance(reply, (bytes, bytearray)):
        return {"bytes": len(reply)}, True  # files do not belong in a journal
    if isinstance(reply, str):
        kept: Any = text_of(reply.encode("utf-8", "replace"))
        return kept, kept != reply
    try:
        value = _json.plain(getattr(reply, "value", reply))
    except _json.InvalidJson:
        return str(reply), True
    kept = redacted(value)
    return kept, kept != value


_FIELDS = ("operation_id", "status", "code", "category", "process_id", "request_id", "may_have_been_applied")


def _described(error: Exception) -> dict[str, Any]:
    fields = {name: getattr(error, name) for name in _FIELDS if getattr(error, name, None) not in (None, "")}
    reasons = [list(reason) for reason in getattr(error, "reasons", ())]
    problems = [[problem.path, problem.message] for problem in getattr(error, "problems", ())]
    results = redacted(_json.plain(list(getattr(error, "results", ()))))
    return {
        "class": type(error).__name__,
        "message": str(error).encode("utf-8", "replace").decode(),  # a file name may contain a lone surrogate
        **fields,
        **({"reasons": reasons} if reasons else {}),
        **({"problems": problems} if problems else {}),
        **({"results": results, "failed": list(getattr(error, "failed", ()))} if results else {}),
    }


def _error(kept: Mapping[str, Any]) -> Exception:
    """Return an error as the journal recorded it."""
    kind = getattr(errors, str(kept.get("class")), DynzuoraError)
    if not (isinstance(kind, type) and issubclass(kind, DynzuoraError)):
        kind = DynzuoraError
    fields = {name: value for name, value in kept.items() if name in _FIELDS}
    if "reasons" in kept:
        fields["reasons"] = tuple(Reason(*reason) for reason in kept["reasons"])
    if "problems" in kept:
        fields["problems"] = tuple(Problem(*problem) for problem in kept["problems"])
    for name in ("results", "failed"):
        if name in kept:
            fields[name] = tuple(kept[name])
    return kind(str(kept.get("message", "")), **fields)
