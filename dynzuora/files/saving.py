"""Downloads: written to a temporary file, which gets its final name once it is complete.

An interrupted download resumes where the server can confirm that the file is unchanged,
within a call and in a later one: a note beside ``.NAME.part`` identifies what it is a part
of.
"""

from __future__ import annotations

import contextlib
import filecmp
import gzip
import hashlib
import json
import os
import re
import shutil
import zipfile
from collections.abc import Callable, Iterator, Mapping
from email.message import Message
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from dynzuora import replies
from dynzuora.display.progress import Meter
from dynzuora.errors import ApiError, DynzuoraError, TransportError
from dynzuora.files.locations import Download
from dynzuora.files.packing import packing
from dynzuora.http import Headers, Request, Response

if TYPE_CHECKING:
    from dynzuora.operation.caller import Caller

_TRIES = 5
"""How often in a row a download may fail without receiving a byte."""
_CANNOT_RESUME = 416
_LARGEST_REFUSAL = 1024 * 1024
"""Bytes. Larger JSON is a file whatever it contains; HTML is recognized by its beginning."""


def save(
    caller: Caller,
    download: Download,
    to: str | os.PathLike[str],
    *,
    prefix: str = "",
    unzip: bool = False,
    progress: bool | None = None,
    on_headers: Callable[[Headers], object] = lambda headers: None,
) -> Path | Request:
    """Download to the file ``to``, or into the folder ``to``, and return the path; in a dry run, the request.

    In a folder, an existing file with other content is never replaced. ``prefix`` precedes
    the server's file name. ``unzip`` unpacks gzip and ZIP; an archive of several files
    becomes a folder. ``on_headers`` gets the headers that the file came with. A later call
    resumes what an earlier one with the same request left.

    Raises what `Caller.send` raises, also for an error or HTML that the server sends instead of
    the file; `DynzuoraError` if the file cannot be written.
    """
    if caller.options.dry_run:
        return download.request
    target = Path(to).expanduser()
    into_folder = target.is_dir() or str(to).endswith(("/", os.sep))
    folder = target if into_folder else target.parent
    digest = _digest(download.request)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        part = _Part(folder / f".{digest[:16] if into_folder else target.name}.part", digest)
    except OSError as error:
        raise _disk_error(target, error) from error
    with Meter(f"download {target.name}", unit="B", enabled=progress) as meter:
        _fetch_whole(caller, download.request, part, meter)
    part.refuse_if_bad(download.request, caller.environment.key)
    on_headers(part.headers)
    file_name = _safe_name(prefix + _filename(part.headers, download.name))
    final = _unused(folder / file_name, part.path) if into_folder else target
    part.become(final)
    return _unpacked(final, keep_name=not into_folder) if unzip else final


def _digest(request: Request) -> str:
    """Return what identifies a download, so that another call can resume it."""
    # A signature is new each time.
    url = request.url.partition("?")[0] if request.elsewhere else request.url
    return hashlib.sha256(f"{request.method} {url} {request.body!r}".encode()).hexdigest()


def _fetch_whole(caller: Caller, request: Request, part: _Part, meter: Meter) -> None:
    failures, wait = 0, 1.0
    while True:
        before = part.size
        part.meter, part.begun = meter, False
        try:
            headers = request.headers | part.request_headers()
            caller.send(request._replace(headers=headers), receive=part)
            part.check()
            return
        except ApiError as error:
            if error.status != _CANNOT_RESUME or not part.size:
                part.give_up()
                raise
            part.forget()  # the file has changed: start again
        except TransportError:
            failures = 0 if part.size > before else failures + 1
            if not part.begun or failures >= _TRIES:
                part.give_up()
                raise
            caller.sleep(wait)
            wait = min(wait * 1.5, 30.0)
        except BaseException:
            part.give_up()
            raise


class _Part:
    """A partial download. Receives chunks; ``begun`` is True once a response has started."""

    def __init__(self, path: Path, digest: str) -> None:
        self.path = path
        self.note = path.with_name(path.name + ".json")
        self.begun = False
        self.status = 200
        self.headers: Headers = Headers()
        self.meter: Meter | None = None
        self._digest = digest
        self._total: int | None = None
        self._validator = self._read_note()
        if not self._validator:
            self.forget()

    @property
    def size(self) -> int:
        """The number of bytes received so far."""
        return self.path.stat().st_size if self.path.exists() else 0

    def request_headers(self) -> dict[str, str]:
        """Return the headers that request the rest."""
        # With Content-Encoding, neither the length nor a range of the file would be known.
        fields = {"Accept-Encoding": "identity"}
        if self.size and self._validator:
            fields |= {"Range": f"bytes={self.size}-", "If-Range": self._validator}
        return fields

    def __call__(self, status: int, headers: Headers, chunks: Iterator[bytes]) -> None:
        """Append the body if the server resumes, otherwise start again."""
        self.begun = True
        self.status, self.headers = status, headers
        start, total = _range(headers) if status == 206 else (0, _length(headers))
        resumes = status == 206 and start == self.size
        if status == 206 and not resumes:
            raise DynzuoraError(f"The server sent a range that does not start at byte {self.size}.")
        self._total = total
        self._validator = headers.get("ETag", "") or headers.get("Last-Modified", "")
        if self._validator.startswith("W/"):  # weak validators cannot resume (RFC 9110 section 13.1.5)
            self._validator = headers.get("Last-Modified", "")
        self._write_note()
        self._count(self.size if resumes else 0)
        try:
            file = open(self.path, "ab" if resumes else "wb")  # noqa: SIM115  # disk and network errors differ
        except OSError as error:
            raise _disk_error(self.path, error) from error
        with file:
            for chunk in chunks:
                try:
                    file.write(chunk)
                except OSError as error:
                    raise _disk_error(self.path, error) from error
                self._count(len(chunk))
            file.flush()
            os.fsync(file.fileno())

    def check(self) -> None:
        """Raise `TransportError` if the length differs from what the server announced."""
        if not self.path.exists():
            self.path.touch()  # an empty body calls no receiver
        if self._total is not None and self.size != self._total:
            size = self.size
            if size > self._total:
                self.forget()
            raise TransportError(f"The file has {size:,} bytes, but the server announced {self._total:,}.")

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
        try:
            os.replace(self.path, final)
        except OSError as error:
            raise _disk_error(final, error) from error
        self.note.unlink(missing_ok=True)

    def give_up(self) -> None:
        """Keep the part if a later call can resume it."""
        if not self._validator or not self.size:
            self.forget()

    def forget(self) -> None:
        """Remove the part."""
        self.path.unlink(missing_ok=True)
        self.note.unlink(missing_ok=True)
        self._validator = ""

    def _count(self, count: int) -> None:
        if self.meter is not None:
            self.meter.advance(count, total=self._total)

    def _read_note(self) -> str:
        with contextlib.suppress(OSError, ValueError):
            note = json.loads(self.note.read_text("utf-8"))
            if note.get("of") == self._digest and self.path.exists():
                return str(note.get("validator") or "")
        return ""

    def _write_note(self) -> None:
        if self._validator:
            text = json.dumps({"of": self._digest, "validator": self._validator})
            self.note.write_text(text, "utf-8")


def _unused(path: Path, content: Path) -> Path:
    """Return ``path``, numbered if a file with other content has that name."""
    free, number = path, 1
    while free.exists() and not (free.is_file() and filecmp.cmp(free, content, shallow=False)):
        number += 1
        free = path.with_name(f"{path.stem} ({number}){path.suffix}")
    return free


def _disk_error(path: Path, error: OSError) -> DynzuoraError:
    return DynzuoraError(f"{path} cannot be written: {error.strerror}.")


def _length(headers: Mapping[str, str]) -> int | None:
    text = headers.get("Content-Length", "")
    packed = headers.get("Content-Encoding", "identity").lower() != "identity"
    return int(text) if re.fullmatch(_SIZE, text) and not packed else None


_SIZE = r"[0-9]{1,18}"
"""A number of bytes; Python refuses to parse very long ones."""


def _range(headers: Mapping[str, str]) -> tuple[int, int | None]:
    """Return the start of a range and the length of the file: ``bytes 200-999/1000``."""
    match = re.fullmatch(rf"bytes ({_SIZE})-{_SIZE}/({_SIZE}|\*)", headers.get("Content-Range", "").strip())
    if match is None:
        return -1, None
    return int(match[1]), int(match[2]) if match[2] != "*" else None


def _filename(headers: Mapping[str, str], default: str) -> str:
    """Return the file name the server sends, made safe; ``default`` if it sends none."""
    names = (re.split(r"[/\\]", name)[-1] for name in (_disposed(headers), default))
    return next(filter(None, map(_safe_name, names)), "download")


def _disposed(headers: Mapping[str, str]) -> str:
    """Return the name in Content-Disposition: ``filename*`` before ``filename`` (RFC 6266, 4.3).

    Headers are read as Latin-1, but many servers write names in UTF-8.
    """
    text = re.sub(r"[\r\n]", " ", headers.get("Content-Disposition", ""))
    with contextlib.suppress(UnicodeError):
        text = text.encode("latin-1").decode()
    extended = _EXTENDED.search(text)
    if extended is not None:
        return unquote(extended["value"], extended["charset"], "replace")
    message = Message()
    message["Content-Disposition"] = text
    try:
        return str(message.get_filename() or "")
    except UnicodeError:  # it names a codec that is not a text encoding
        return ""


_EXTENDED = re.compile(
    r"""(?:^|;)\s*filename\*\s*=\s*"?(?P<charset>utf-8|iso-8859-1)'[^']*'(?P<value>[^\s;"]+)""", re.IGNORECASE
)
"""A name in an encoding of its own: UTF-8 (RFC 8187), or Latin-1, which RFC 5987 had, too."""


def _safe_name(name: str) -> str:
    """Return a file name that is valid on every system and cannot leave its folder.

    Names come from the server: from a header, an id, a URL or a field.
    """
    plain = "".join(c for c in name if c.isprintable() and c not in '<>:"|?*/\\').strip(". ")
    stem, dot, ending = plain.rpartition(".")
    if len(ending) > _LONGEST_ENDING:
        stem, dot, ending = plain, "", ""
    return _truncate(stem, _LONGEST_NAME - len(ending) - 1) + dot + ending


_LONGEST_NAME = 200
"""Bytes; file systems allow 255, of which the names of parts need some."""
_LONGEST_ENDING = 20


def _truncate(text: str, limit: int) -> str:
    return text.encode()[:limit].decode(errors="ignore")


def _unpacked(path: Path, *, keep_name: bool) -> Path:
    """Replace a compressed file by its content; leave any other file."""
    kind = packing(path)
    if not kind:
        return path
    final = path if keep_name or path.suffix.lower() not in (".gz", ".zip") else path.with_suffix("")
    part = path.with_name(f".{path.name}.unpacked")
    try:
        if kind == "zip":
            with zipfile.ZipFile(path) as archive:
                names = [member for member in archive.namelist() if not member.endswith("/")]
                if len(names) != 1:
                    archive.extractall(part)
                else:
                    with archive.open(names[0]) as inside, open(part, "wb") as out:
                        shutil.copyfileobj(inside, out)
        else:
            with gzip.open(path) as inside, open(part, "wb") as out:
                shutil.copyfileobj(inside, out)
    except (OSError, EOFError, zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        shutil.rmtree(part, ignore_errors=True) if part.is_dir() else part.unlink(missing_ok=True)
        raise DynzuoraError(f"{path} was downloaded but cannot be unpacked: {error}") from error
    path.unlink()
    if not keep_name:
        final = _unused(final, part)
    os.replace(part, final)
    return final
