"""JSON files as values, streamed: one value a line, or values and arrays over any number of lines."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from dynzuora import _json
from dynzuora.errors import FileError

LARGEST_VALUE = 64 * 1024 * 1024
"""Characters of one value, or one line; an array may have any number of them."""

_PIECE = 65536
_LONGEST_FIRST_LINE = 1024 * 1024
_BETWEEN = re.compile(r"[\s\x1e\0\ufeff]*")
"""What may stand between values; U+001E begins each record of ``application/json-seq`` (RFC 7464)."""
_RECORD_SEPARATOR = "\x1e"
_LONGEST_TOKEN = 12
"""A number or a word that ends this close to the end of a piece may go on in the next."""


def read(readline: Callable[[int], str], floats: bool, name: str = "the file") -> Iterator[Any]:
    """Yield the values of JSON text, of an array its items.

    If the first line is JSON by itself, each line is read so, and an error is that of its line.

    Raises `FileError` with the line for what is not JSON.
    """
    line, number = "\n", 0
    while line and not line.strip(" \t\r\n"):
        line, number = readline(_LONGEST_FIRST_LINE), number + 1
    if len(line) < _LONGEST_FIRST_LINE and (values := _values_of(line, floats)) is not None:
        yield from values
        yield from _lines(readline, number, floats, name)
        return
    pieces = iter((line,))
    yield from _Window(lambda size: next(pieces, None) or readline(size), number, floats, name).values()


def _values_of(line: str, floats: bool) -> list[Any] | None:
    """Return the values of a line, None if it is not JSON by itself."""
    try:
        return _decoded(line, floats)
    except ValueError:
        return None


def _decoded(line: str, floats: bool) -> list[Any]:
    values: list[Any] = []
    for text in line.split(_RECORD_SEPARATOR):
        if text := text.strip().strip("\0"):
            value = _json.decode(text, floats=floats)
            values += value if isinstance(value, list) else [value]
    return values


def _lines(readline: Callable[[int], str], number: int, floats: bool, name: str) -> Iterator[Any]:
    while line := readline(LARGEST_VALUE):
        number += 1
        try:
            values = _decoded(line, floats)
        except ValueError as error:
            raise _invalid(name, number, error) from None
        yield from values


def _invalid(name: str, line: int, why: object) -> FileError:
    return FileError(f"Line {line} of {name} is not valid JSON: {why}", path=name, line=line)


class _Window:
    """The part of a text that is being read; ``at`` is the position in it, ``line`` that of its start."""

    def __init__(self, read: Callable[[int], str], line: int, floats: bool, name: str) -> None:
        self._read = read
        self._text = ""
        self._at = 0
        self._line = line
        self._ended = False
        self._floats = floats
        self._name = name

    def values(self) -> Iterator[Any]:
        while character := self._next():
            if character == "[":
                self._at += 1
                yield from self._items()
            else:
                yield self._value()

    def _items(self) -> Iterator[Any]:
        if self._next() == "]":
            self._at += 1
            return
        while True:
            yield self._value()
            following = self._next()
            self._at += 1
            if following == "]":
                return
            if following != ",":
                self._at -= 1
                raise _invalid(self._name, self._line_at(self._at), "an array does not end")
            self._next()

    def _next(self) -> str:
        """Return the next character of a value without taking it, empty at the end."""
        while True:
            match = _BETWEEN.match(self._text, self._at)
            self._at = match.end() if match else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if self._ended:
                return ""
            self._read_on()

    def _value(self) -> Any:
        while True:
            try:
                value, end = _json.decode_at(self._text, self._at, floats=self._floats)
            except json.JSONDecodeError as error:
                if self._ended or not self._is_cut_off(error):
                    raise _invalid(self._name, self._line_at(error.pos), error.msg) from None
            except ValueError as error:
                raise _invalid(self._name, self._line_at(self._at), error) from None
            else:
                if self._ended or end < len(self._text) - _LONGEST_TOKEN:
                    self._at = end
                    return value
            self._read_on()

    def _is_cut_off(self, error: json.JSONDecodeError) -> bool:
        return error.pos >= len(self._text) - _LONGEST_TOKEN or error.msg.startswith("Unterminated string")

    def _read_on(self) -> None:
        """Drop what was read, and read as much as is left, so that a large value is scanned a few times."""
        self._line = self._line_at(self._at)
        left = self._text[self._at :]
        if len(left) > LARGEST_VALUE:
            raise _invalid(self._name, self._line, f"a value has more than {LARGEST_VALUE:,} characters")
        piece = self._read_up_to(max(_PIECE, len(left)))
        self._ended = not piece
        self._text, self._at = left + piece, 0

    def _read_up_to(self, size: int) -> str:
        pieces: list[str] = []
        while size > 0 and (piece := self._read(size)):
            pieces.append(piece)
            size -= len(piece)
        return "".join(pieces)

    def _line_at(self, position: int) -> int:
        return self._line + self._text.count("\n", 0, position)
