"""Unpack a downloaded file: within bounds, into a place of its own, every member under a name of its own."""

from __future__ import annotations

import contextlib
import gzip
import itertools
import os
import re
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from dynzuora import _codings
from dynzuora.errors import FileError
from dynzuora.files import packing
from dynzuora.files.names import safe_name, unused
from dynzuora.files.parts import check_space, disk

MOST_MEMBERS = 10_000
"""Files in an archive; each may be a byte long and still take a block of the disk."""
_PIECE = 1024 * 1024
_PIECES_BETWEEN_LOOKS = 64
_RESERVE = 64 * 1024 * 1024
"""Bytes of a disk that unpacking leaves free."""


def unpack(path: Path, *, keep_name: bool) -> Path:
    """Replace a compressed file by its content, an archive of several by a folder; leave any other file.

    Raises `FileError` for what is damaged, needs a password or becomes too large; the
    compressed file stays.
    """
    kind = packing.packing(path)
    if not kind:
        return path
    final = path if keep_name or path.suffix.lower() not in (".gz", ".zip") else path.with_suffix("")
    with _folder_beside(path) as folder, _refusals(path):
        if kind == "zip":
            content = _unzipped(path, folder)
        else:
            content = folder / "content"
            with gzip.open(path) as inside:
                _copy(inside, content, _codings.most(path.stat().st_size))
        with disk(final):
            final = final if final == path else unused(final, content)
            if final == path and content.is_dir():
                path.unlink()
            os.replace(content, final)
            if final != path:
                path.unlink()
    return final


@contextlib.contextmanager
def _folder_beside(path: Path) -> Iterator[Path]:
    """Create a folder that nobody else has a name for, so that nothing in it was there before."""
    with disk(path):
        folder = tempfile.mkdtemp(prefix=f".{path.name[:100]}.", dir=path.parent)
    try:
        yield Path(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _refusals(path: Path) -> Iterator[None]:
    try:
        with packing.reading(path.name):
            yield
    except FileError as error:
        raise FileError(f"{path} was downloaded but not unpacked: {error}", path=str(path)) from error


def _unzipped(path: Path, folder: Path) -> Path:
    """Unpack an archive into a folder; return the only file of it, or a folder with all."""
    with zipfile.ZipFile(path) as archive:
        members = packing.members(archive, path.name)
        size = sum(member.file_size for member in members)
        if len(members) > MOST_MEMBERS:
            raise FileError(f"it has {len(members):,} files, more than {MOST_MEMBERS:,}.")
        if size > (most := _codings.most(path.stat().st_size)):
            raise _too_large(size, most)
        check_space(folder / "content", size + _RESERVE)
        if len(members) == 1:
            with archive.open(members[0]) as inside:
                _copy(inside, folder / "content", most)
            return folder / "content"
        for member in members:
            target = _place(folder / "content", member.filename)
            with archive.open(member) as inside:
                _copy(inside, target, most)
    return folder / "content"


def _place(folder: Path, name: str) -> Path:
    """Return a path for a member inside the folder, which no other member has; create the folders above."""
    *above, last = [safe for step in re.split(r"[/\\]", name) if (safe := safe_name(step))] or ["file"]
    for step in above:
        folder = _numbered(folder / step, lambda path: path.exists() and not path.is_dir())
    folder.mkdir(parents=True, exist_ok=True)
    return _numbered(folder / last, os.path.lexists)


def _numbered(path: Path, is_taken: Callable[[Path], bool]) -> Path:
    free, number = path, 1
    while is_taken(free):
        number += 1
        free = path.with_name(f"{path.stem} ({number}){path.suffix}")
    return free


def _copy(inside: IO[bytes] | gzip.GzipFile, target: Path, most: int) -> None:
    """Write what is unpacked to a new file, as long as it stays within bounds."""
    size = 0
    with open(target, "xb") as out:
        for number in itertools.count(1):
            if not (piece := inside.read(_PIECE)):
                return
            size += len(piece)
            if size > most:
                raise _too_large(size, most)
            if number % _PIECES_BETWEEN_LOOKS == 0:
                check_space(target, _RESERVE)
            with disk(target):
                out.write(piece)


def _too_large(size: int, most: int) -> FileError:
    return FileError(f"it becomes {size:,} bytes, and at most {most:,} are unpacked from a file of its size.")
