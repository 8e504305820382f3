"""The words of a statement, and where each stands."""

from __future__ import annotations

import re
from typing import NamedTuple

from dynzuora.sandbox.sql.values import SqlError

_WORD = re.compile(
    r"(?P<space>\s+|--[^\n]*|/\*.*?\*/)"
    r"|(?P<text>'(?:[^']|'')*')"
    r'|(?P<quoted>"(?:[^"]|"")*")'
    r"|(?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?)"
    r"|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<sign><>|!=|<=|>=|\|\||[-+*/%(),.;=<>])",
    re.DOTALL,
)


class Word(NamedTuple):
    """A word: its kind (``name``, ``quoted``, ``text``, ``number``, ``sign``, ``end``) and its position.

    ``text`` has no quotes; ``key`` is a keyword, name or sign in lower case, empty for literals.
    """

    kind: str
    text: str
    key: str
    position: int


def words(statement: str) -> list[Word]:
    """Return the words of a statement, ending in one of the kind ``end``.

    Raises `SqlError`.
    """
    result: list[Word] = []
    position = 0
    while position < len(statement):
        match = _WORD.match(statement, position)
        if match is None:
            raise SqlError(f"{place(statement, position)}: mismatched input '{statement[position]}'")
        kind, text = str(match.lastgroup), match.group()
        if kind in ("text", "quoted"):
            text = text[1:-1].replace(text[0] * 2, text[0])
        if kind != "space":
            key = text.lower() if kind in ("name", "sign") else ""
            result.append(Word(kind, text, key, position))
        position = match.end()
    return [*result, Word("end", "<EOF>", "", len(statement))]


def place(statement: str, position: int) -> str:
    """Return a position as Trino writes it: lines and columns from 1."""
    before = statement[:position]
    return f"line {before.count(chr(10)) + 1}:{position - (before.rfind(chr(10)) + 1) + 1}"
