"""Files from the server to disk: to a temporary name first, whole, and only then to their own.

A broken download goes on where it stopped if the server can say that the file is
still the same, within a call and in a later one: beside ``.NAME.part`` lies a note of
what it is a part of. Opens no connection; it is given a way to fetch.
"""

from __future__ import annotations

import contextlib
import filecmp
import gzip
import hashlib
import io
import json
import os
import re
import shutil
import zipfile
from collections.abc import Callable, Iterator, Mapping
from email.message import Message
from pathlib import Path
from typing import IO, Any, NamedTuple
from urllib.parse import unquote, urlsplit

from dynzuora import _json, _zuora
from dynzuora.display.progress import Meter
from dynzuora.errors import ApiError, DynzuoraError, TransportError
from dynzuora.files.rows import packing
from dynzuora.http import Headers

Fetch = Callable[[Mapping[str, str], Any], Any]
"""Send the request with these header fields more, the body to this receiver."""

_TRIES = 5
"""How often in a row a download may break without a byte of progress."""
_CANNOT_RESUME = 416
_LARGEST_REFUSAL = 1024 * 1024
"""Bytes. Larger JSON is a file whatever it says; a page is told by how it begins."""


def save(
    fetch: Fetch,
    to: str | os.PathLike[str],
    *,
    key: str,
    name: str,
    check: Callable[[int, Headers, bytes], None] = lambda status, headers, content: None,
    prefix: str = "",
    unzip: bool = False,
    progress: bool | None = None,
    sleep: Callable[[float], None],
) -> Path:
    """Write what ``fetch`` gets to the file ``to``, or into the folder ``to``, and return its path.

    A file of another content that has the server's name already is never replaced.
    ``check`` raises for a body that is a refusal or a page: Zuora says no under HTTP 200. It is given
    a file's status, its headers, and its content; of a large file the beginning.
    ``key`` says what is fetched, so that a later call can go on with a part of it;
    ``name`` is the file's where the server gives none. ``unzip`` unpacks gzip and ZIP:
    an archive of several files becomes a folder.
    """
    target = Path(to).expanduser()
    into_folder = target.is_dir() or str(to).endswith(("/", os.sep))
    folder = target if into_folder else target.parent
    digest = hashlib.sha256(key.encode()).hexdigest()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        part = _Part(folder / f".{digest[:16] if into_folder else target.name}.part", digest)
    except OSError as error:
        raise _disk_error(target, error) from error
    with Meter(f"download {target.name}", unit="B", wanted=progress) as meter:
        _fetch_whole(fetch, part, meter, sleep)
    part.refuse_if_bad(check)
    named = _harmless(prefix + _filename(part.headers, name))
    final = _free(folder / named, part.path) if into_folder else target
    part.become(final)
    return _unpacked(final, keep_name=not into_folder) if unzip else final


class Place(NamedTuple):
    """Where a file is: an ``id``, or a ``url``; ``elsewhere`` if it is fetched without credentials."""

    id: str = ""
    url: str = ""
    elsewhere: bool = False
    name: str = "download"


def reference(text: str, base_url: str, *, signed: bool = False) -> Place:
    """Return where the file is that a reply names by id, path or address.

    An address that leads to files by id is fetched by id, from the client's own host:
    whatever host it names would otherwise be shown the token.
    """
    parts = urlsplit(text)
    name = unquote(parts.path.rstrip("/").rpartition("/")[2]) or "download"
    _, found, identifier = parts.path.rpartition(_zuora.FILES_PATH)
    if found and identifier and "/" not in identifier and not (signed and parts.query):
        return Place(id=unquote(identifier), name=identifier)
    if not parts.scheme and not text.startswith("/"):
        return Place(id=text, name=text)
    url = text if parts.scheme else base_url + text
    is_own = url.startswith(base_url + "/")
    return Place(url=url, elsewhere=signed or not is_own, name=name)


def with_checksum(body: Any, file: str, values: str, field: str) -> Any:
    """Return a multipart body whose part ``values`` names the MD5 of its part ``file``, if it did not yet."""
    if not isinstance(body, Mapping) or file not in body:
        return body
    given = body.get(values)
    try:
        known = _json.decode(given) if isinstance(given, (str, bytes)) else given
    except ValueError:
        return body  # not JSON: the check of the body says so
    if not isinstance(known, Mapping) or known.get(field):
        return body
    digest = _md5(body[file])
    if not digest:
        return body
    return {**body, values: _json.encode(_json.plain({**known, field: digest})).decode()}


def _md5(value: Any) -> str:
    """Return the MD5 of a file in any form that a multipart body takes; empty where there is none."""
    if isinstance(value, tuple):
        value = value[1] if len(value) > 1 else None
    if isinstance(value, (bytes, bytearray)):
        return _md5_of(io.BytesIO(value))
    if isinstance(value, (str, Path)):
        if not Path(value).is_file():
            return ""
        with open(value, "rb") as file:
            return _md5_of(file)
    return _md5_of(value) if hasattr(value, "read") and value.seekable() else ""


def _md5_of(file: IO[Any]) -> str:
    """Return the MD5 of a whole file of bytes or of text, and leave it at its start."""
    digest = hashlib.md5(usedforsecurity=False)
    file.seek(0)
    while piece := file.read(65536):
        digest.update(piece.encode() if isinstance(piece, str) else piece)
    file.seek(0)
    return digest.hexdigest()


def _fetch_whole(fetch: Fetch, part: _Part, meter: Meter, sleep: Callable[[float], None]) -> None:
    failures, wait = 0, 1.0
    while True:
        before = part.size
        part.meter, part.begun = meter, False
        try:
            fetch(part.request_headers(), part)
            part.check()
            return
        except ApiError as error:
            if error.status != _CANNOT_RESUME or not part.size:
                part.give_up()
                raise
            part.forget()  # it is not what it was: from the start
        except TransportError:
            failures = 0 if part.size > before else failures + 1
            if not part.begun or failures >= _TRIES:
                part.give_up()
                raise
            sleep(wait)
            wait = min(wait * 1.5, 30.0)
        except BaseException:
            part.give_up()
            raise


class _Part:
    """The part of a file that is already there. Receives chunks; ``begun`` once the first came."""

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
        """How many bytes are there."""
        return self.path.stat().st_size if self.path.exists() else 0

    def request_headers(self) -> dict[str, str]:
        """Return the header fields that ask for the rest."""
        # Packed on the way, neither its length nor a range of it could be told.
        fields = {"Accept-Encoding": "identity"}
        if self.size and self._validator:
            fields |= {"Range": f"bytes={self.size}-", "If-Range": self._validator}
        return fields

    def __call__(self, status: int, headers: Headers, chunks: Iterator[bytes]) -> None:
        """Write a body: after what is there if the server goes on with it, else from the start."""
        self.begun = True
        self.status, self.headers = status, headers
        start, total = _range(headers) if status == 206 else (0, _length(headers))
        goes_on = status == 206 and start == self.size
        if status == 206 and not goes_on:
            raise DynzuoraError(f"The server sent another part of the file than the one from {self.size} on.")
        self._total = total
        self._validator = headers.get("ETag", "") or headers.get("Last-Modified", "")
        if self._validator.startswith("W/"):  # as good as the same is not the same
            self._validator = headers.get("Last-Modified", "")
        self._write_note()
        self._count(self.size if goes_on else 0)
        try:
            file = open(self.path, "ab" if goes_on else "wb")  # noqa: SIM115  # errors of disk and net differ
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
        """Raise `TransportError` where less or more came than was promised."""
        if not self.path.exists():
            self.path.touch()  # an empty body reaches no receiver
        if self._total is not None and self.size != self._total:
            size = self.size
            if size > self._total:
                self.forget()
            raise TransportError(f"The file has {size:,} bytes where {self._total:,} were promised.")

    def refuse_if_bad(self, check: Callable[[int, Headers, bytes], None]) -> None:
        """Look at what came: if it says no, or is a page, it is not the file."""
        with open(self.path, "rb") as file:
            beginning = file.read(_LARGEST_REFUSAL)
        try:
            check(self.status, self.headers, beginning)
        except DynzuoraError:
            self.forget()
            raise

    def become(self, final: Path) -> None:
        """Take the final name."""
        try:
            os.replace(self.path, final)
        except OSError as error:
            raise _disk_error(final, error) from error
        self.note.unlink(missing_ok=True)

    def give_up(self) -> None:
        """Leave the part for a later call, if it can ever be gone on with."""
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


def _free(path: Path, content: Path) -> Path:
    """Return ``path``, or with a number if a file of another content has it."""
    found, number = path, 1
    while found.exists() and not (found.is_file() and filecmp.cmp(found, content, shallow=False)):
        number += 1
        found = path.with_name(f"{path.stem} ({number}){path.suffix}")
    return found


def _disk_error(path: Path, error: OSError) -> DynzuoraError:
    return DynzuoraError(f"{path} cannot be written: {error.strerror}.")


def _length(headers: Mapping[str, str]) -> int | None:
    text = headers.get("Content-Length", "")
    packed = headers.get("Content-Encoding", "identity").lower() != "identity"
    return int(text) if re.fullmatch(_SIZE, text) and not packed else None


_SIZE = r"[0-9]{1,18}"
"""A number of bytes; Python refuses to read one of 5,000 digits."""


def _range(headers: Mapping[str, str]) -> tuple[int, int | None]:
    """Return where a part begins and how long the whole is: ``bytes 200-999/1000``."""
    found = re.fullmatch(rf"bytes ({_SIZE})-{_SIZE}/({_SIZE}|\*)", headers.get("Content-Range", "").strip())
    if found is None:
        return -1, None
    return int(found[1]), int(found[2]) if found[2] != "*" else None


def _filename(headers: Mapping[str, str], default: str) -> str:
    """Return the name the server gives a file, made harmless; ``default`` where it gives none."""
    given = (re.split(r"[/\\]", name)[-1] for name in (_disposed(headers), default))
    return next(filter(None, map(_harmless, given)), "download")


def _disposed(headers: Mapping[str, str]) -> str:
    """Return the name in Content-Disposition: ``filename*`` before ``filename`` (RFC 6266, 4.3).

    Headers are read as Latin-1, and many servers write a name in UTF-8 all the same.
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
    except UnicodeError:  # it names an encoding of Python's that encodes nothing
        return ""


_EXTENDED = re.compile(
    r"""(?:^|;)\s*filename\*\s*=\s*"?(?P<charset>utf-8|iso-8859-1)'[^']*'(?P<value>[^\s;"]+)""", re.IGNORECASE
)
"""A name in an encoding of its own: UTF-8 (RFC 8187), or Latin-1, which RFC 5987 had, too."""


def _harmless(name: str) -> str:
    """Return a name that every folder takes and that stays in it.

    Names come from the server: a header, an id, an address or the field that held it.
    """
    plain = "".join(c for c in name if c.isprintable() and c not in '<>:"|?*/\\').strip(". ")
    stem, dot, ending = plain.rpartition(".")
    if len(ending) > _LONGEST_ENDING:
        stem, dot, ending = plain, "", ""
    return _cut(stem, _LONGEST_NAME - len(ending) - 1) + dot + ending


_LONGEST_NAME = 200
"""Bytes; folders take 255, and a part of a file needs some of them."""
_LONGEST_ENDING = 20


def _cut(text: str, most: int) -> str:
    return text.encode()[:most].decode(errors="ignore")


def _unpacked(path: Path, *, keep_name: bool) -> Path:
    """Replace a packed file by what is in it; one that is not packed stays."""
    kind = packing(path)
    if not kind:
        return path
    final = path if keep_name or path.suffix.lower() not in (".gz", ".zip") else path.with_suffix("")
    part = path.with_name(f".{path.name}.unpacked")
    try:
        if kind == "zip":
            with zipfile.ZipFile(path) as archive:
                names = [each for each in archive.namelist() if not each.endswith("/")]
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
        raise DynzuoraError(f"{path} was downloaded and cannot be unpacked: {error}") from error
    path.unlink()
    if not keep_name:
        final = _free(final, part)
    os.replace(part, final)
    return final
