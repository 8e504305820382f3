"""Where rows go: batches, each written whole or not at all under a key that is its own.

A batch whose run died before the state recorded it comes again under the same key, perhaps with
other rows, and replaces what was written under it.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, NamedTuple, Protocol

from dynzuora import _json, tables
from dynzuora.configuration.folders import flush_folder
from dynzuora.errors import FileError
from dynzuora.model import Shape


class Batch(NamedTuple):
    """Rows of one object, which must all be taken.

    ``since`` and ``until`` are ISO times in UTC that bound their last change, empty where it is
    not bounded.
    """

    object: str
    number: int
    """From 1."""
    key: str
    """The same for the same batch, even if an earlier run died while it was written."""
    since: str
    until: str
    columns: tuple[str, ...]
    types: Shape
    """Of a row, as the tenant describes it."""
    rows: Iterator[Mapping[str, Any]]


class Target(Protocol):
    """What takes batches."""

    def begin(self, object: str, id: str, batches: int) -> None:
        """Prepare for batches of an object after the first ``batches``; ``id`` is that of the state."""

    def write(self, batch: Batch) -> None:
        """Write a batch; on return it must not be lost."""


class Function:
    """A function that takes batches; see `Batch` for when one comes again."""

    def __init__(self, function: Callable[[Batch], Any]) -> None:
        self._function = function

    def begin(self, object: str, id: str, batches: int) -> None:
        """Do nothing: the function knows what it has by the keys."""

    def write(self, batch: Batch) -> None:
        """Call the function."""
        self._function(batch)


class Folder:
    """A folder with a subfolder of files for each object, ``Invoice/000001-1a2b3c4d.ndjson``.

    Raises `FileError` if a file cannot be written, or belongs to another state.
    """

    def __init__(self, path: str | os.PathLike[str], form: str = "ndjson") -> None:
        self.path = Path(path)
        self._form = form

    def begin(self, object: str, id: str, batches: int) -> None:
        """Remove what a run that died left behind.

        Raises `FileError` if the folder has files of another state.
        """
        folder = self.path / object
        with _as_file_error(folder):
            folder.mkdir(parents=True, exist_ok=True)
            for path in sorted(folder.iterdir()):
                match = _NAME.fullmatch(path.name)
                if match is None:
                    continue
                if match["id"] != id and not match["temporary"]:
                    raise FileError(
                        f"{path} belongs to another state, and its rows would be in this folder twice. "
                        "Use the state that it was written with, or another folder.",
                        path=str(path),
                    )
                if match["id"] == id and (match["temporary"] or int(match["number"]) > batches):
                    path.unlink()

    def write(self, batch: Batch) -> None:
        """Write a batch as a file, which appears when it is whole and on disk."""
        folder = self.path / batch.object
        name = f"{batch.number:06d}-{batch.key.rpartition('-')[2]}.{self._form}"
        with _as_file_error(folder / name):
            temporary = folder / f".{name}{_PART}"
            try:
                with open(temporary, "xb") as file:  # a link in its place is not followed
                    _WRITERS[self._form](file, batch)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(temporary, folder / name)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
            flush_folder(folder)


_PART = ".part"
_NAME = re.compile(
    r"(?P<temporary>\.)?(?P<number>[0-9]{6,})-(?P<id>[0-9a-f]{8})\.(?:ndjson|parquet)(?(1)\.part)"
)


@contextlib.contextmanager
def _as_file_error(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FileError(f"{path} cannot be written: {error.strerror}.", path=str(path)) from error


def _write_lines(file: IO[bytes], batch: Batch) -> None:
    for row in batch.rows:
        file.write(_json.encode(dict(row)) + b"\n")


def _write_parquet(file: IO[bytes], batch: Batch) -> None:
    with tables.collect(row=batch.types, order=batch.columns, on_disk=True, digits=_DIGITS) as collector:
        collector.extend(batch.rows)
        collector.write_to(file)


_DIGITS = (28, 9)
"""Precision and scale of a decimal in Parquet, the same in every file, or readers refuse a folder of them.

Nine are the most decimal places of an amount or a quantity, and 28 digits can be added up in 38.
"""

_WRITERS: Mapping[str, Callable[[IO[bytes], Batch], None]] = {
    "ndjson": _write_lines,
    "parquet": _write_parquet,
}

FORMATS = tuple(_WRITERS)
