"""The words of a statement, and `Words`, which takes them one after the other."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from dynzuora.sandbox.sql.values import SqlError

DEEPEST = 40
"""How deep expressions and queries may be nested."""

MOST_OPERATORS = 900
"""SQLite takes expressions of at most 1,000 levels."""

_RESERVED = (
    "and as between by case cross distinct else end except exists extract fetch from full group having in "
    "inner intersect is join left like limit natural not null offset on or order outer right select then "
    "union using values when where window with"
)
RESERVED = frozenset(_RESERVED.split())
"""Words that are not names, unless they are quoted."""

_CLAUSES = ("having", "order", "limit", "offset", "fetch", "union", "except", "intersect", ";")
AFTER_ITEMS = frozenset({*_CLAUSES, "from", "where", "group"})
AFTER_KEY = frozenset({*_CLAUSES, ",", ")", "asc", "desc", "nulls", ""})

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


class Words:
    """The words of a statement; ``at`` is the index of the next one."""

    def __init__(self, statement: str) -> None:
        self.at = 0
        self._statement = statement
        self._words = words(statement)
        self._depth = self._operators = 0

    @property
    def word(self) -> Word:
        """The next word."""
        return self._words[self.at]

    @property
    def following(self) -> Word:
        """The word after the next."""
        return self._words[min(self.at + 1, len(self._words) - 1)]

    def error(self, message: str, word: Word | None = None) -> SqlError:
        """Return an error that says where: at ``word``, or the next one."""
        return SqlError(f"{place(self._statement, (word or self.word).position)}: {message}")

    def mismatch(self) -> SqlError:
        """Return the error of a next word that cannot stand here."""
        return self.error(f"mismatched input '{self.word.text}'")

    def next(self) -> Word:
        """Take the next word."""
        word = self.word
        self.at += word.kind != "end"
        return word

    def sees(self, *keys: str) -> bool:
        """Whether the next words are these."""
        return tuple(self.ahead(len(keys))) == keys

    def sees_name(self) -> bool:
        """Whether the next word is a name."""
        word = self.word
        return word.kind == "quoted" or (word.kind == "name" and word.key not in RESERVED)

    def operator(self) -> Word:
        """Take an operator: each makes the expression deeper, as SQLite sees it."""
        self._operators += 1
        if self._operators > MOST_OPERATORS:
            raise self.error("the statement has too many operators for the sandbox")
        return self.next()

    def take(self, *keys: str) -> bool:
        """Take the next words if they are these."""
        if self.sees(*keys):
            self.at += len(keys)
            return True
        return False

    def need(self, *keys: str) -> None:
        """Take the next words.

        Raises `SqlError` if they are others.
        """
        for key in keys:
            if not self.take(key):
                raise self.mismatch()

    def name(self) -> str:
        """Take a name, in lower case: Trino's names have no case."""
        if not self.sees_name():
            raise self.mismatch()
        return self.next().text.lower()

    def elements(self, read: Callable[[], Any]) -> list[Any]:
        """Return what ``read`` returns for each element of a list."""
        elements = [read()]
        while self.take(","):
            elements.append(read())
        return elements

    def more(self) -> Iterator[None]:
        """Yield once for each element of a list: the commas are taken here."""
        yield
        while self.take(","):
            yield

    def in_parentheses(self, read: Callable[[], Any]) -> Any:
        """Return what ``read`` returns between parentheses."""
        self.need("(")
        value = read()
        self.need(")")
        return value

    def count(self) -> int:
        """Take a whole number."""
        word = self.next()
        if not (word.kind == "number" and word.text.isdecimal() and len(word.text) < 19):
            raise self.error(f"mismatched input '{word.text}'", word)
        return int(word.text)

    def direction(self) -> str:
        """Take the direction of a key of ORDER BY; nulls are last both ways, as in Trino."""
        direction = "DESC" if self.take("desc") else "ASC"
        self.take("asc")
        first = self.take("nulls", "first")
        self.take("nulls", "last")
        return f"{direction} NULLS {'FIRST' if first else 'LAST'}"

    def deeper(self) -> None:
        """Note that what follows is nested in what is being read, until `shallower`."""
        self._depth += 1
        if self._depth > DEEPEST:
            raise self.error("the statement is nested too deeply for the sandbox")

    def shallower(self) -> None:
        """Note that it has been read."""
        self._depth -= 1

    def ahead(self, count: int) -> list[str]:
        """Return the keys of the next words."""
        return [word.key for word in self._words[self.at : self.at + count]]

    def end_of_items(self) -> int:
        """Return where the select list ends: what its names mean stands behind it, in FROM."""
        depth, at = 0, self.at
        while (word := self._words[at]).kind != "end":
            depth += (word.key == "(") - (word.key == ")")
            is_operator = word.key == "from" and self._words[at - 1].key == "distinct"
            if depth < 0 or (depth == 0 and word.key in AFTER_ITEMS and not is_operator):
                break
            at += 1
        return at
