"""Files as rows: JSON lines, JSON sequences, CSV with any delimiter, Zuora's object descriptions.

Files are streamed, whatever their size. The format is recognized by file name, then by the
first byte, then by the delimiter of the first line.
"""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import itertools
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self

from dynzuora import _json
from dynzuora.errors import DynzuoraError
from dynzuora.http import Request

if TYPE_CHECKING:
    import pandas

Row = dict[str, Any]

_RECORD_SEPARATOR = "\x1e"
"""Begins each record of ``application/json-seq`` (RFC 7464)."""


class FileRows:
    """A one-pass iterator over the rows of files on the server, in any format and compression.

    Each file is downloaded to a temporary folder when its first row is taken. ``saves`` are
    functions that download one file into a folder; in a dry run they return the `Request`,
    which is then the only row.
    """

    resume_token = None
    """As `Items` has it; files are always read from the start."""

    def __init__(
        self,
        saves: Sequence[Callable[[str], Path | Request]],
        *,
        floats: bool = False,
        limit: int | None = None,
    ) -> None:
        self._saves = saves
        self._limit = limit
        self._floats = floats
        self._rows = itertools.islice(_download_rows(saves, floats), limit)
        self._next: list[Any] = []

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        return self._next.pop() if self._next else next(self._rows)

    def first(self) -> Any:
        """Return the next row without taking it, None at the end."""
        self._next = self._next or [*itertools.islice(self._rows, 1)]
        return self._next[0] if self._next else None

    def to_list(self) -> list[Any]:
        """Take and return the remaining rows."""
        return list(self)

    def to_df(self, *, floats: bool | None = None) -> pandas.DataFrame:
        """Return the remaining rows as a pandas DataFrame; amounts are Decimal unless ``floats``."""
        from dynzuora.lists import frames

        return frames.frame(self, floats=self._floats if floats is None else floats)

    def __repr__(self) -> str:
        return f"<FileRows of {self._summary()}; read them with .first(), .to_list(), .to_df() or for>"

    def _repr_html_(self) -> str:
        from dynzuora.display import render
        from dynzuora.display.cards import work_card

        state = f"{self._summary()}, downloaded when read"
        ways = (".first()", ".to_list()", ".to_df()", "for row in …:")
        card = work_card("Rows of files", state, hint="Read them with", code=ways)
        return render("work", **card)

    def _summary(self) -> str:
        files = f"{len(self._saves):,} {'file' if len(self._saves) == 1 else 'files'}"
        return files if self._limit is None else f"{files}, the first {self._limit:,} rows"


def _download_rows(saves: Sequence[Callable[[str], Path | Request]], floats: bool) -> Iterator[Any]:
    """Yield the rows of each file. Not a method: a reference cycle would keep the folder alive."""
    for save in saves:
        with tempfile.TemporaryDirectory(prefix="dynzuora-") as folder:
            saved = save(f"{folder}/")
            yield from [saved] if isinstance(saved, Request) else open_rows(saved, floats=floats)


def open_rows(path: Path, *, floats: bool = False) -> Iterator[Row]:
    """Yield the rows of a file on disk, compressed or not."""
    with contextlib.ExitStack() as stack:
        file, inner = _unpacking(path, path.name, stack)
        yield from rows(file, name=inner, floats=floats)


def rows(file: IO[bytes], *, name: str = "", floats: bool = False) -> Iterator[Row]:
    """Yield the rows of an open file as mappings.

    Raises `DynzuoraError` for an invalid line, with its number.
    """
    return _READERS[format_of(file, name)](file, floats)


def format_of(file: IO[bytes], name: str = "") -> str:
    """Return the format of a file: ``lines``, ``comma``, ``tab``, ``bar`` or ``describe``."""
    for ending, form in _ENDINGS.items():
        if name.lower().endswith(ending):
            return form
    start = file.read(_SAMPLE)
    file.seek(-len(start), io.SEEK_CUR)
    first = start.lstrip(b"\xef\xbb\xbf \r\n\t\x1e")[:1]
    return _STARTS.get(first) or _delimiter_of(start.partition(b"\n")[0])


def _delimiter_of(line: bytes) -> str:
    """Return the format whose delimiter is most frequent in the header line."""
    return max(_DELIMITERS, key=lambda delimiter: line.count(_DELIMITERS[delimiter].encode()))


_SAMPLE = 8192
"""Bytes; of a longer header line, the beginning decides."""
_STARTS = {b"{": "lines", b"[": "lines", b"<": "describe"}
_DELIMITERS = {"comma": ",", "tab": "\t", "bar": "|"}
_ENDINGS = {
    ".json": "lines",
    ".jsonl": "lines",
    ".ndjson": "lines",
    ".csv": "comma",
    ".tsv": "tab",
    ".dsv": "bar",
    ".xml": "describe",
}


def _lines(file: IO[bytes], floats: bool) -> Iterator[Row]:
    """Yield one JSON object per line; an array yields its items."""
    with io.TextIOWrapper(file, "utf-8-sig", newline=None) as lines:
        for number, line in enumerate(lines, 1):
            for text in filter(None, (piece.strip().strip("\0") for piece in line.split(_RECORD_SEPARATOR))):
                try:
                    value = _json.decode(text, floats=floats)
                except ValueError as error:
                    raise DynzuoraError(f"Line {number} of the file is not valid JSON: {error}") from None
                for item in value if isinstance(value, list) else [value]:
                    yield item if isinstance(item, dict) else {"value": item}


def _delimited(delimiter: str) -> Callable[[IO[bytes], bool], Iterator[Row]]:
    def read(file: IO[bytes], floats: bool) -> Iterator[Row]:
        with io.TextIOWrapper(file, "utf-8-sig", newline="") as text:
            # Zuora's exports sometimes contain NUL bytes, which mean nothing and break CSV readers.
            lines = (line.replace("\0", "") for line in text)
            reader = csv.DictReader(lines, delimiter=delimiter, restkey="")
            try:
                yield from reader
            except csv.Error as error:
                raise DynzuoraError(f"Line {reader.line_num} of the file is not valid CSV: {error}") from None

    return read


_DECLARATIONS = (b"<!DOCTYPE", b"<!ENTITY")


def _described(file: IO[bytes], floats: bool) -> Iterator[Row]:
    """Yield the fields of an object description; nested values are joined by commas."""
    from xml.etree import ElementTree  # only here

    content = file.read()
    if any(declaration in content for declaration in _DECLARATIONS):  # Zuora sends none; entity bombs do
        raise DynzuoraError("The description declares XML entities and was not read.")
    try:
        fields = ElementTree.fromstring(content).iter("field")
    except ElementTree.ParseError as error:
        raise DynzuoraError(f"The description is not valid XML: {error}") from None
    for field in fields:
        row: Row = {}
        for property_ in field:
            inner = [child.text or "" for child in property_]
            text = ",".join(inner) if inner else (property_.text or "").strip()
            row[property_.tag] = _BOOLEANS.get(text, text)
        yield row


_BOOLEANS: dict[str, Any] = {"true": True, "false": False}

_READERS: dict[str, Callable[[IO[bytes], bool], Iterator[Row]]] = {
    "lines": _lines,
    **{form: _delimited(delimiter) for form, delimiter in _DELIMITERS.items()},
    "describe": _described,
}


def packing(path: Path) -> str:
    """Return the compression of a file: ``gzip``, ``zip``, or empty."""
    with open(path, "rb") as file:
        start = file.read(4)
    return "gzip" if start[:2] == b"\x1f\x8b" else "zip" if start == b"PK\x03\x04" else ""


def _unpacking(path: Path, name: str, stack: contextlib.ExitStack) -> tuple[IO[bytes], str]:
    """Open a file, decompressed, and return it with the name of its content."""
    kind = packing(path)
    if kind == "gzip":
        unzipped = stack.enter_context(gzip.GzipFile(path))
        return unzipped, name.removesuffix(".gz")  # type: ignore[return-value]  # reads bytes and seeks
    if kind == "zip":
        archive = stack.enter_context(zipfile.ZipFile(path))
        inside = next((member for member in archive.namelist() if not member.endswith("/")), None)
        if inside is None:
            raise DynzuoraError(f"The archive {name} is empty.")
        return stack.enter_context(archive.open(inside)), inside
    return stack.enter_context(open(path, "rb")), name
