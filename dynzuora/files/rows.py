"""Files as rows: JSON lines, JSON sequences, CSV with any delimiter, Zuora's object descriptions.

Files are streamed, whatever their size. The format is recognized by file name, then by the
first byte, then by the delimiter of the first line.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from dynzuora import _media_types
from dynzuora.errors import FileError
from dynzuora.files import delimited, json_values, packing

Row = dict[str, Any]


def open_rows(path: str | os.PathLike[str], *, floats: bool = False, charset: str = "") -> Iterator[Row]:
    """Yield the rows of a file on disk, compressed or not; of an archive, those of each file in it.

    ``charset`` is that of text without a byte order mark, UTF-8 if it is not given.

    Raises `FileError` for a file that is missing, damaged, in another charset or format.
    """
    with packing.reading(Path(path).name):
        for name, file in packing.contents(Path(path)):
            yield from rows(file, name=name, floats=floats, charset=charset)


def rows(
    file: IO[bytes], *, name: str = "the file", floats: bool = False, charset: str = ""
) -> Iterator[Row]:
    """Yield the rows of an open file as mappings; ``charset`` as `open_rows` takes it.

    Raises `FileError` for an invalid line, with its number; ValueError for a charset that is none.
    """
    codec = _media_types.codec(charset) if charset else ""
    if charset and not codec:
        raise ValueError(f"charset={charset!r} is not a charset that Python reads.")
    beginning = packing.peek(file, _SAMPLE)
    if kind := packing.packing_of(beginning):
        raise FileError(f"{name} is a {kind} file; open_rows(path) unpacks one layer.", path=name)
    if kind := packing.other_format(beginning):
        raise FileError(f"{name} is in {kind} format; rows are read from text, gzip and ZIP.", path=name)
    encoding = _media_types.encoding(beginning, codec)
    form = _format_of(beginning.decode(encoding, "ignore"), name)
    if form == "describe":
        yield from _described(file, name)
        return
    # Newlines stay as they are in fields; bytes that are not text become surrogates, to know their line.
    encoding = "utf-8-sig" if encoding == "utf-8" else encoding
    with io.TextIOWrapper(file, encoding, "surrogateescape", newline="") as text:
        lines = _Lines(text, name)
        if form == "lines":
            for value in json_values.read(lines.read, floats, name):
                yield value if isinstance(value, dict) else {"value": value}
        else:
            yield from delimited.read(lines, _DELIMITERS[form], name)


class _Lines:
    """Lines of text in bounded memory.

    Raises `FileError` for bytes that are not of the charset, and for a line that is too long.
    """

    def __init__(self, text: io.TextIOWrapper, name: str) -> None:
        self._text = text
        self._name = name
        self._number = 1

    def __iter__(self) -> Iterator[str]:
        while line := self.read(_LONGEST_LINE):
            if len(line) >= _LONGEST_LINE:
                raise self._error(f"has more than {_LONGEST_LINE:,} characters.")
            # Zuora's exports sometimes contain NUL bytes, which mean nothing and break CSV readers.
            yield line.replace("\0", "") if "\0" in line else line

    def read(self, size: int) -> str:
        """Return the next line, or the part of it that has ``size`` characters."""
        try:
            line = self._text.readline(size)
        except UnicodeDecodeError as error:
            raise self._not_text(error.object[error.start : error.start + 1]) from None
        if not line.isascii() and (stray := _STRAY.search(line)):
            raise self._not_text(stray[0].encode("utf-8", "surrogateescape"))
        self._number += line.endswith("\n")
        return line

    def _not_text(self, byte: bytes) -> FileError:
        charset = self._text.encoding.removesuffix("-sig").upper()
        return self._error(
            f"is not {charset}: it has the byte {byte.hex().upper()}. "
            "If the file has another charset, download it and name that: "
            'dynzuora.files.open_rows(path, charset="windows-1252").'
        )

    def _error(self, what: str) -> FileError:
        return FileError(f"Line {self._number} of {self._name} {what}", path=self._name, line=self._number)


_STRAY = re.compile("[\udc80-\udcff]")
"""What ``surrogateescape`` makes of bytes that cannot be decoded."""
_LONGEST_LINE = 64 * 1024 * 1024
"""Characters."""


def _format_of(beginning: str, name: str) -> str:
    """Return the format of a file: ``lines``, ``describe``, or a name of ``_DELIMITERS``."""
    for ending, form in _ENDINGS.items():
        if name.lower().endswith(ending):
            return form
    text = beginning.lstrip("\ufeff \r\n\t\x1e")
    is_delimited = name.lower().endswith(".csv")
    form = "" if is_delimited else _STARTS.get(text[:1], "")
    return form or _delimiter_of((text.splitlines() or [""])[0])


def _delimiter_of(line: str) -> str:
    """Return the format whose delimiter is most frequent in the header line, outside quotes."""
    plain = re.sub(r'"[^"]*"', "", line)
    return max(_DELIMITERS, key=lambda form: plain.count(_DELIMITERS[form]))


_SAMPLE = 8192
"""Bytes; of a longer header line, the beginning decides."""
_STARTS = {"{": "lines", "[": "lines", "<": "describe"}
_DELIMITERS = {"comma": ",", "tab": "\t", "bar": "|", "semicolon": ";", "caret": "^"}
"""The first three are Data Query's; the others are what spreadsheets and its ``columnSeparator`` write."""
_ENDINGS = {
    ".json": "lines",
    ".jsonl": "lines",
    ".ndjson": "lines",
    ".tsv": "tab",
    ".dsv": "bar",
    ".xml": "describe",
}


_LARGEST_DESCRIPTION = 64 * 1024 * 1024


def _described(file: IO[bytes], name: str) -> Iterator[Row]:
    """Yield the fields of an object description; nested values are joined by commas."""
    for element in described(file, name):
        texts = (
            (key, value if isinstance(value, str) else ",".join(value)) for key, value in element.items()
        )
        yield {key: _BOOLEANS.get(text, text) for key, text in texts}


def described(file: IO[bytes], name: str) -> Iterator[dict[str, str | list[str]]]:
    """Yield the fields of an object description in XML: the text of each property, or its list of texts.

    Raises `FileError` if it is not XML, declares a document type, or describes no object.
    """
    from xml.etree import ElementTree  # only here

    content = file.read(_LARGEST_DESCRIPTION + 1)
    if len(content) > _LARGEST_DESCRIPTION:
        raise FileError(f"{name} has more than {_LARGEST_DESCRIPTION:,} bytes of XML.", path=name)

    class Target(ElementTree.TreeBuilder):
        def doctype(self, *_: object) -> None:  # Zuora sends none; entity bombs do
            raise FileError(f"{name} declares a document type and was not read.", path=name)

    try:
        root = ElementTree.XML(content, ElementTree.XMLParser(target=Target()))  # no entities
    except ElementTree.ParseError as error:
        raise FileError(f"{name} is not valid XML: {error}.", path=name, line=error.position[0]) from None
    except (LookupError, ValueError) as error:  # an encoding that expat does not read
        raise FileError(f"{name} is not valid XML: {error}.", path=name) from None
    if root.find(".//fields") is None:
        raise FileError(
            f"{name} is XML but does not describe an object: it begins with <{root.tag}>.", path=name
        )
    for field in root.iter("field"):
        yield {
            property_.tag: [child.text or "" for child in property_] or (property_.text or "").strip()
            for property_ in field
        }


_BOOLEANS: dict[str, Any] = {"true": True, "false": False}
