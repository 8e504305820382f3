"""Packed files, gzip and ZIP: what is in them, read as it is unpacked."""

from __future__ import annotations

import contextlib
import gzip
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from dynzuora.errors import FileError

GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"
_ENCRYPTED = 0x1
"""The bit of a ZIP entry's flags that says it needs a password (APPNOTE.TXT, 4.4.4)."""


def packing(path: Path) -> str:
    """Return the compression of a file: ``gzip``, ``zip``, or empty."""
    with open(path, "rb") as file:
        return packing_of(file.read(4))


def packing_of(beginning: bytes) -> str:
    """Return the compression that the first bytes of a file show: ``gzip``, ``zip``, or empty."""
    return "gzip" if beginning.startswith(GZIP) else "zip" if beginning.startswith((ZIP, _EMPTY_ZIP)) else ""


def other_format(beginning: bytes) -> str:
    """Return what a file is that is neither text nor unpacked here, empty if it is not known as such."""
    if beginning[_TAR_AT : _TAR_AT + len(_TAR)] == _TAR:
        return "tar"
    return next((name for start, name in _OTHERS.items() if beginning.startswith(start)), "")


_TAR, _TAR_AT = b"ustar", 257
_OTHERS = {
    b"BZh": "bzip2",
    b"\xfd7zXZ\0": "xz",
    b"\x28\xb5\x2f\xfd": "Zstandard",
    b"7z\xbc\xaf\x27\x1c": "7-Zip",
    b"PAR1": "Parquet",
    b"%PDF-": "PDF",
    b"\xd0\xcf\x11\xe0": "Microsoft Office",
}
"""First bytes → format."""


def contents(path: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """Yield (name, open file) of each file in a packed one, or of the file itself.

    Raises `FileError` for an archive that is empty or needs a password, and what gzip and
    zipfile raise; `reading` makes a `FileError` of that.
    """
    with open(path, "rb") as file:
        kind = packing_of(file.read(4))
        file.seek(0)
        if kind != "zip":
            yield from _unzipped(file, path.name)
            return
        with zipfile.ZipFile(file) as archive:
            for member in members(archive, path.name):
                with archive.open(member) as inside:
                    yield from _unzipped(inside, member.filename)


def _unzipped(file: IO[bytes], name: str) -> Iterator[tuple[str, IO[bytes]]]:
    if packing_of(peek(file, 4)) != "gzip":
        yield name, file
        return
    with gzip.GzipFile(fileobj=file) as inside:
        yield name.removesuffix(".gz"), inside  # type: ignore[misc]  # reads bytes and seeks


def members(archive: zipfile.ZipFile, name: str) -> list[zipfile.ZipInfo]:
    """Return the files of an archive, without its folders.

    Raises `FileError` if there are none, or if they need a password.
    """
    files = [member for member in archive.infolist() if not member.is_dir()]
    if not files:
        raise FileError(f"The archive {name} is empty.", path=name)
    if any(member.flag_bits & _ENCRYPTED for member in files):
        raise FileError(f"The archive {name} needs a password; unpack it with a tool that asks.", path=name)
    return files


def peek(file: IO[bytes], size: int) -> bytes:
    """Return the next bytes of a file without taking them, of a pipe perhaps fewer than there are."""
    if hasattr(file, "peek"):
        beginning: bytes = file.peek(size)[:size]
        return beginning
    beginning = file.read(size)
    file.seek(-len(beginning), 1)
    return beginning


@contextlib.contextmanager
def reading(name: str) -> Iterator[None]:
    """Raise `FileError` for whatever a file turns out to be while it is read or unpacked."""
    try:
        yield
    except _BROKEN as error:
        raise FileError(f"{name} is damaged: {_words(error)}. Download it again.", path=name) from error
    except NotImplementedError as error:  # a method or version of ZIP that Python cannot unpack
        raise FileError(f"{name} cannot be unpacked here: {error}.", path=name) from error
    except OSError as error:
        raise FileError(f"{name} cannot be read: {error.strerror or error}.", path=name) from error


_BROKEN: tuple[Any, ...] = (EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, gzip.BadGzipFile)


def _words(error: BaseException) -> str:
    return "it was cut off" if isinstance(error, EOFError) else str(error).rstrip(".")
