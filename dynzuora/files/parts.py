"""The part of a file that a download has so far, beside a note of what it is a part of.

A part goes on only as a range of the same file (RFC 9110, 15.3.7.3), and only if it is this
user's own plain file: in a folder that others can write to, whoever plants one would choose
the content of the download, or own it.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import stat
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import IO, Any

from dynzuora import _codings, replies
from dynzuora.display.progress import Meter
from dynzuora.errors import DynzuoraError, FileError, TransportError
from dynzuora.http import Headers, Request, Response

_LARGEST_REFUSAL = 1024 * 1024
"""Bytes. Larger JSON is a file whatever it says; a page is told by how it begins."""
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL  # a link in its place is not followed
_MORE = os.O_WRONLY | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_BINARY = getattr(os, "O_BINARY", 0)


class StartAgain(DynzuoraError):
    """What the server sends does not continue the part."""


class Part:
    """A partial download. Receives chunks; ``begun`` is True once a response has started."""

    def __init__(self, path: Path, digest: str, *, keeps: bool = True) -> None:
        """``digest`` identifies what is fetched; ``keeps`` says whether it may be fetched in parts."""
        self.path = path
        self.note = path.with_name(path.name + ".json")
        self.begun = False
        self.status = 200
        self.headers: Headers = Headers()
        self.meter: Meter | None = None
        self._digest = digest
        self.keeps = keeps
        self._total: int | None = None
        self._validator = ""
        self._identity: tuple[int, ...] = ()
        self._read_note()

    @property
    def size(self) -> int:
        """The number of bytes received so far."""
        return self.path.lstat().st_size if os.path.lexists(self.path) else 0

    def request_headers(self) -> dict[str, str]:
        """Return the headers that request the rest."""
        # With Content-Encoding, neither the length nor a range of the file would be known.
        fields = {"Accept-Encoding": "identity"}
        if self._validator and self.size:
            fields |= {"Range": f"bytes={self.size}-", "If-Range": self._validator}
        return fields

    def __call__(self, status: int, headers: Headers, chunks: Iterator[bytes]) -> None:
        """Append the body if the server resumes, otherwise start again.

        Raises `StartAgain` for a range of something else.
        """
        self.begun = True
        self.status, self.headers = status, headers
        size = self.size if self._validator else 0
        resumes = status == 206 and size > 0
        start, total = _range(headers) if status == 206 else (0, _length(headers))
        if status == 206 and (start != size or (resumes and not self._is_continued_by(headers, total))):
            raise StartAgain(f"{self.path.name}: the server sent a range of another file.")
        if not resumes:
            self.forget()
            self._validator = _validator(headers) if self.keeps else ""
        self._total = total if self._total is None else self._total
        self._check_space((total or 0) - size)
        with self._opened(resumes=resumes) as file:
            self._write_note()
            self._count(size)
            for chunk in chunks:
                try:
                    file.write(chunk)
                except OSError as error:
                    raise disk_error(self.path, error) from error
                self._count(len(chunk))
            with disk(self.path):
                file.flush()
                os.fsync(file.fileno())
                self._identity = _identity(os.fstat(file.fileno()))

    def check(self) -> None:
        """Raise `TransportError` if the length differs from what the server announced."""
        if not self._identity:  # an empty body may call no receiver
            with self._opened(resumes=False) as file:
                self._identity = _identity(os.fstat(file.fileno()))
        status = self._own_status()
        if self._total is not None and status.st_size != self._total:
            if status.st_size > self._total:
                self.forget()
            raise TransportError(
                f"The file has {status.st_size:,} bytes, but the server announced {self._total:,}."
            )

    def _own_status(self) -> os.stat_result:
        """Return the status of the file that was written; raise `FileError` if another is in its place."""
        with disk(self.path):
            status = self.path.lstat()
        if _identity(status) != self._identity:
            raise FileError(f"Another download writes to {self.path}, too.", path=str(self.path))
        return status

    def refuse_if_bad(self, request: Request, environment: str) -> None:
        """Raise for an error or HTML in place of the file: Zuora also reports errors with HTTP 200."""
        with open(self.path, "rb") as file:
            beginning = file.read(_LARGEST_REFUSAL)
        try:
            replies.refuse_file(request, Response(self.status, self.headers, beginning), environment)
        except DynzuoraError:
            self.forget()
            raise

    def become(self, final: Path) -> None:
        """Rename the part to its final name."""
        self._own_status()
        with disk(final):
            os.replace(self.path, final)
            self.note.unlink(missing_ok=True)

    def give_up(self) -> None:
        """Keep the part if a later call can resume it."""
        if not self._validator or not self.size:
            with contextlib.suppress(FileError):  # what went wrong before says more
                self.forget()

    def forget(self) -> None:
        """Remove the part."""
        for path in (self.path, self.note):
            with disk(path):
                path.unlink(missing_ok=True)
        self._validator, self._total = "", None

    def _is_continued_by(self, headers: Headers, total: int | None) -> bool:
        """Whether a range is of the same file: by a strong validator, and by its whole length.

        A range that was asked for by date may leave the date out (RFC 9110, 15.3.7).
        """
        if None not in (total, self._total) and total != self._total:
            return False
        validator = _validator(headers)
        by_date = not self._validator.startswith('"')
        return validator == self._validator or (not validator and by_date)

    def _opened(self, *, resumes: bool) -> IO[bytes]:
        with disk(self.path):
            if not resumes:
                self.path.unlink(missing_ok=True)
            descriptor = os.open(self.path, (_MORE if resumes else _NEW) | _BINARY, 0o666)
            if resumes and not _is_own(os.fstat(descriptor)):
                os.close(descriptor)
                raise StartAgain(f"{self.path} changed hands.")
            return open(descriptor, "ab" if resumes else "wb")

    def _check_space(self, needed: int) -> None:
        with contextlib.suppress(OSError):
            check_space(self.path, needed)

    def _count(self, count: int) -> None:
        if self.meter is not None:
            self.meter.advance(count, total=self._total)

    def _read_note(self) -> None:
        """Take over what an earlier call left, if it is this user's and of the same file."""
        note: Any = {}
        with contextlib.suppress(OSError, ValueError):
            if all(_is_own(path.lstat()) for path in (self.path, self.note)):
                note = json.loads(self.note.read_text("utf-8"))
        is_same = isinstance(note, dict) and note.get("of") == self._digest
        if self.keeps and is_same and note.get("validator"):
            self._validator = str(note["validator"])
            self._total = note["total"] if isinstance(note.get("total"), int) else None
        else:
            self.forget()

    def _write_note(self) -> None:
        if self._validator and not os.path.lexists(self.note):
            note = {"of": self._digest, "validator": self._validator, "total": self._total}
            with disk(self.note), open(os.open(self.note, _NEW, 0o666), "w", encoding="utf-8") as file:
                json.dump(note, file)


def _identity(status: os.stat_result) -> tuple[int, ...]:
    return status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size


def _is_own(status: os.stat_result) -> bool:
    """Whether a file is plain, this user's, and has no other name."""
    mine = not hasattr(os, "geteuid") or status.st_uid == os.geteuid()
    return mine and stat.S_ISREG(status.st_mode) and status.st_nlink == 1


def check_space(path: Path, needed: int) -> None:
    """Raise `FileError` if the disk of a file has less than ``needed`` bytes left."""
    free = shutil.disk_usage(path.parent).free
    if needed > free:
        raise FileError(
            f"{path} cannot be written: it needs {needed:,} bytes, and {free:,} are free.", path=str(path)
        )


@contextlib.contextmanager
def disk(path: Path) -> Iterator[None]:
    """Raise `FileError` for what the disk refuses."""
    try:
        yield
    except (OSError, ValueError) as error:  # a NUL in a name is a ValueError
        raise disk_error(path, error) from error


def disk_error(path: Path, error: OSError | ValueError) -> FileError:
    """Return the error for what the disk refuses."""
    why = getattr(error, "strerror", None) or error
    return FileError(f"{path} cannot be written: {why}.", path=str(path))


def _validator(headers: Mapping[str, str]) -> str:
    """Return what tells two versions of a file apart byte by byte, empty where that cannot be told.

    Weak validators cannot resume (RFC 9110, 13.1.5), nor can a part of a coded body, since a
    range counts the coded bytes (14.4, 8.4).
    """
    if _codings.codings(headers.get("Content-Encoding", "")):
        return ""
    tag = headers.get("ETag", "")
    if tag.startswith('"'):
        return tag
    modified = headers.get("Last-Modified", "")
    return "" if _may_change_within_its_second(modified, headers.get("Date", "")) else modified


def _may_change_within_its_second(modified: str, now: str) -> bool:
    """Whether a file was sent in the second of its change, which may have seen two versions (8.8.2.2)."""
    try:
        return parsedate_to_datetime(now) <= parsedate_to_datetime(modified)
    except (TypeError, ValueError):
        return False


def _length(headers: Mapping[str, str]) -> int | None:
    text = headers.get("Content-Length", "")
    packed = _codings.codings(headers.get("Content-Encoding", ""))
    return int(text) if re.fullmatch(_SIZE, text) and not packed else None


_SIZE = r"[0-9]{1,18}"
"""A number of bytes; Python refuses to parse very long ones."""


def _range(headers: Mapping[str, str]) -> tuple[int, int | None]:
    """Return the start of a range and the length of the file: ``bytes 200-999/1000``; -1 for none."""
    match = re.fullmatch(rf"bytes ({_SIZE})-{_SIZE}/({_SIZE}|\*)", headers.get("Content-Range", "").strip())
    if match is None or _codings.codings(headers.get("Content-Encoding", "")):
        return -1, None
    return int(match[1]), int(match[2]) if match[2] != "*" else None
