"""Files as rows: JSON lines, JSON sequences, CSV with any delimiter, Zuora's object descriptions.

Files are streamed, whatever their size. The format is recognized by file name, then by the
first byte, then by the delimiter of the first line.
"""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from dynzuora import _json
from dynzuora.errors import DynzuoraError

Row = dict[str, Any]

_RECORD_SEPARATOR = "\x1e"
"""Begins each record of ``application/json-seq`` (RFC 7464)."""


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
