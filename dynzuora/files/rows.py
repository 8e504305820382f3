"""Files as rows: JSON lines, JSON sequences, CSV and its kin, Zuora's description of an object.

A file is read as it comes, however large. The format is a row of a table, found by
file name, then by the first byte, then by what parts the names in the first line.
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
    """The rows of files at the server, whatever their format and packing: taken once, from the front.

    A file is fetched to a temporary folder when its first row is taken. ``saves`` write one
    file each into a folder; of a dry run they give the `Request`, which then stands for the rows.
    """

    resume_token = None
    """What `Items` goes on from; a file is fetched whole."""

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
        self._rows = itertools.islice(_fetched(saves, floats), limit)
        self._next: list[Any] = []

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        return self._next.pop() if self._next else next(self._rows)

    def first(self) -> Any:
        """Return the next row without taking it, None where there is none."""
        self._next = self._next or [*itertools.islice(self._rows, 1)]
        return self._next[0] if self._next else None

    def to_list(self) -> list[Any]:
        """Take all rows that are left."""
        return list(self)

    def to_df(self, *, floats: bool | None = None) -> pandas.DataFrame:
        """Take all rows that are left as a pandas DataFrame; amounts are Decimal unless ``floats``."""
        from dynzuora.lists import frames

        return frames.frame(self, floats=self._floats if floats is None else floats)

    def __repr__(self) -> str:
        return f"<FileRows of {self._told()}; .first(), .to_list(), .to_df() or for fetch and read them>"

    def _repr_html_(self) -> str:
        from dynzuora.display import render
        from dynzuora.display.cards import work_card

        state = f"{self._told()}, fetched when they are taken"
        ways = (".first()", ".to_list()", ".to_df()", "for each in …:")
        card = work_card("Rows of files", state, hint="Take them with", code=ways)
        return render("work", **card)

    def _told(self) -> str:
        files = f"{len(self._saves):,} {'file' if len(self._saves) == 1 else 'files'}"
        return files if self._limit is None else f"{files}, the first {self._limit:,} rows"


def _fetched(saves: Sequence[Callable[[str], Path | Request]], floats: bool) -> Iterator[Any]:
    """Yield the rows of one file after another. No method: a cycle would outlive its folder."""
    for save in saves:
        with tempfile.TemporaryDirectory(prefix="dynzuora-") as folder:
            saved = save(f"{folder}/")
            yield from [saved] if isinstance(saved, Request) else open_rows(saved, floats=floats)


def open_rows(path: Path, *, floats: bool = False) -> Iterator[Row]:
    """Return the rows of a file on disk, packed or not, lazily."""
    with contextlib.ExitStack() as stack:
        file, inner = _unpacking(path, path.name, stack)
        yield from rows(file, name=inner, floats=floats)


def rows(file: IO[bytes], *, name: str = "", floats: bool = False) -> Iterator[Row]:
    """Return the rows of an open file, one mapping each, lazily.

    Raises `DynzuoraError` for a line that cannot be read, with its number.
    """
    return _READERS[format_of(file, name)](file, floats)


def format_of(file: IO[bytes], name: str = "") -> str:
    """Return the format of a file: ``lines``, ``comma``, ``tab``, ``bar`` or ``describe``."""
    for ending, form in _ENDINGS.items():
        if name.lower().endswith(ending):
            return form
    start = file.read(_LOOKED_AT)
    file.seek(-len(start), io.SEEK_CUR)
    first = start.lstrip(b"\xef\xbb\xbf \r\n\t\x1e")[:1]
    return _STARTS.get(first) or _delimiter_of(start.partition(b"\n")[0])


def _delimiter_of(line: bytes) -> str:
    """Return the format whose delimiter is most often in the line of names."""
    return max(_DELIMITERS, key=lambda each: line.count(_DELIMITERS[each].encode()))


_LOOKED_AT = 8192
"""Bytes; a line of names that is longer is told by its beginning."""
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
    """One JSON object a line. A whole array, which some call JSON too, is its items."""
    with io.TextIOWrapper(file, "utf-8-sig", newline=None) as lines:
        for number, line in enumerate(lines, 1):
            for text in filter(None, (each.strip().strip("\0") for each in line.split(_RECORD_SEPARATOR))):
                try:
                    value = _json.decode(text, floats=floats)
                except ValueError as error:
                    raise DynzuoraError(f"Line {number} of the file is no JSON: {error}") from None
                for each in value if isinstance(value, list) else [value]:
                    yield each if isinstance(each, dict) else {"value": each}


def _delimited(delimiter: str) -> Callable[[IO[bytes], bool], Iterator[Row]]:
    def read(file: IO[bytes], floats: bool) -> Iterator[Row]:
        with io.TextIOWrapper(file, "utf-8-sig", newline="") as text:
            # Zuora's exports hold NUL bytes now and then; they mean nothing and break every reader.
            lines = (line.replace("\0", "") for line in text)
            reader = csv.DictReader(lines, delimiter=delimiter, restkey="")
            try:
                yield from reader
            except csv.Error as error:
                raise DynzuoraError(f"Line {reader.line_num} of the file is no CSV: {error}") from None

    return read


_DECLARATIONS = (b"<!DOCTYPE", b"<!ENTITY")


def _described(file: IO[bytes], floats: bool) -> Iterator[Row]:
    """The fields of an object: what XML says of each, its contexts joined by commas."""
    from xml.etree import ElementTree  # only here

    content = file.read()
    if any(each in content for each in _DECLARATIONS):  # nothing of Zuora's has one; bombs do
        raise DynzuoraError("The description declares entities and was not read.")
    try:
        fields = ElementTree.fromstring(content).iter("field")
    except ElementTree.ParseError as error:
        raise DynzuoraError(f"The description is no XML: {error}") from None
    for field in fields:
        row: Row = {}
        for property_ in field:
            inner = [each.text or "" for each in property_]
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
    """Return how a file is packed: ``gzip``, ``zip``, or empty."""
    with open(path, "rb") as file:
        start = file.read(4)
    return "gzip" if start[:2] == b"\x1f\x8b" else "zip" if start == b"PK\x03\x04" else ""


def _unpacking(path: Path, name: str, stack: contextlib.ExitStack) -> tuple[IO[bytes], str]:
    """Open a file for reading, its packing undone, and return the name of what is in it."""
    kind = packing(path)
    if kind == "gzip":
        unzipped = stack.enter_context(gzip.GzipFile(path))
        return unzipped, name.removesuffix(".gz")  # type: ignore[return-value]  # it reads bytes and seeks
    if kind == "zip":
        archive = stack.enter_context(zipfile.ZipFile(path))
        inside = next((each for each in archive.namelist() if not each.endswith("/")), None)
        if inside is None:
            raise DynzuoraError(f"{name} is an archive of nothing.")
        return stack.enter_context(archive.open(inside)), inside
    return stack.enter_context(open(path, "rb")), name
