"""Search of operations by words; tolerates typos.

The first search builds an index of the document: the words of each operation's id, path,
tags, summary, parameters and body fields, weighted by where they occur. A word of the query
that is not in the index is replaced by the most similar ones that are.
"""

from __future__ import annotations

import difflib
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from weakref import WeakKeyDictionary

from dynzuora._names import canonical, singular, split_words
from dynzuora._zuora import ALSO_CALLED
from dynzuora.display import render, text_table
from dynzuora.display.cards import table
from dynzuora.model import OperationModel

if TYPE_CHECKING:
    from dynzuora.operation import Document

WEIGHTS: Final[Mapping[str, float]] = {
    "id": 4.0,
    "summary": 3.0,
    "also called": 3.0,
    "tag": 2.5,
    "path": 2.5,
    "verb": 1.5,
    "parameter": 1.2,
    "field": 1.0,
}
"""Field of an operation → the weight of a word in it, in the order that results list them."""

_VERBS: Final[Mapping[str, tuple[str, ...]]] = {
    "GET": ("get", "list", "show", "find", "read", "retrieve", "all", "every"),
    "POST": ("create", "add", "new", "post"),
    "PUT": ("update", "change", "edit", "put"),
    "PATCH": ("update", "change", "edit", "patch"),
    "DELETE": ("delete", "remove"),
}
"""Method → words that people use for it."""

_NAMES: Final = ("parameter", "field")
"""Fields whose names are also indexed whole: ``startNumber`` besides its two words."""

_IGNORED: Final = frozenset(
    {"a", "an", "and", "any", "are", "by", "do", "each", "for", "from", "how", "i", "in", "is", "me", "my"}
    | {"of", "on", "or", "our", "the", "this", "to", "v", "what", "which", "with", "1"}
)
_CLOSE: Final = 0.75
_AS_CLOSE: Final = 0.08
_PREFIX: Final = 0.7
_BESIDE_EXACT: Final = 0.4
_WHOLE: Final = 3.0
_TYPO: Final = 0.6
_SHORTEST_PREFIX: Final = 3
_EXACT: Final = 6.0
_EVERY: Final = frozenset({"list", "all", "every"})
"""Words that ask for a list, as a plural noun does."""


class Match(NamedTuple):
    """A matching operation. ``found_in`` lists the words of the document that matched."""

    id: str
    method: str
    path: str
    summary: str
    found_in: str
    score: float


class Results(list[Any]):
    """The operations that match a search, best first: a list displayed as a table."""

    def __init__(self, operations: Iterable[Any], matches: Sequence[Match], query: str, total: int) -> None:
        super().__init__(operations)
        self.matches = tuple(matches)
        self.query = query
        self.total = total

    @property
    def heading(self) -> str:
        """The number of matches, and how many of them are listed."""
        best = "" if self.total == len(self) else f", best {len(self)} listed"
        return f"{self.total} operation{'' if self.total == 1 else 's'} for {self.query!r}{best}"

    def __repr__(self) -> str:
        if not self:
            return f"No operation matches {self.query!r}."
        columns = ("id", "method", "path", "summary", "found in")
        rows = [(match.id, match.method, match.path, match.summary, match.found_in) for match in self.matches]
        return f"{self.heading}\n{text_table(columns, rows)}"

    def _repr_html_(self) -> str:
        rows = [
            {"id": match.id, "method": match.method, "path": match.path, "summary": match.summary}
            | {"found in": match.found_in}
            for match in self.matches
        ]
        heading = self.heading if self else f"No operation matches {self.query!r}."
        return render("operations", heading=heading, table=table(rows))


def search(document: Document, words: str, limit: int = 20) -> tuple[tuple[Match, ...], int]:
    """Return the best ``limit`` matches and the total number of matches."""
    matches = _index_of(document).matches(words, document.operations.id_of(words))
    return matches[:limit], len(matches)


_indexes: WeakKeyDictionary[Document, _Index] = WeakKeyDictionary()


def _index_of(document: Document) -> _Index:
    """Return the document's index, built once."""
    index = _indexes.get(document)
    if index is None:
        index = _indexes[document] = _Index(document)
    return index


class _Hit(NamedTuple):
    """An occurrence of a word of the query: its score, field and spelling in the document."""

    score: float
    field: str
    word: str


class _Index:
    """Word → the operations that have it, with the field of the greatest weight.

    Holds no reference to the document, whose lifetime is that of the index.
    """

    def __init__(self, document: Document) -> None:
        self._entries = document.prepared.index
        self._fields: dict[str, dict[str, str]] = {}
        self._spelling: dict[str, str] = {}
        self._simple: set[str] = set()
        words_of_texts: dict[tuple[bool, str], frozenset[str]] = {}
        for identifier in self._entries:
            for field, text in _texts(document, identifier):  # in order of weight, so the first is kept
                key = field in _NAMES, text
                words = words_of_texts.get(key)  # field names occur in hundreds of bodies
                if words is None:
                    words = words_of_texts[key] = self._words(text, is_name=field in _NAMES)
                for word in words:
                    self._fields.setdefault(word, {}).setdefault(identifier, field)

    def _words(self, text: str, *, is_name: bool) -> frozenset[str]:
        """Return the words of a text, and a name also as a whole."""
        words = set(tokens(text)) - _IGNORED
        self._simple |= words
        if is_name:
            words.add(canonical(text))
            self._spelling.setdefault(canonical(text), text)
        return frozenset(words)

    def matches(self, query: str, exact: str | None) -> tuple[Match, ...]:
        """Return the operations that match the most words, best first; ``exact`` comes first."""
        hits_by_word = [hits for word in self._query_words(query) if (hits := self._hits(word))]
        reached = Counter(identifier for hits in hits_by_word for identifier in hits)
        most = max(reached.values(), default=0)
        names = {canonical(chunk) for chunk in query.split()} & set(self._spelling)
        names = {name for name in names if not self._simple & {name, singular(name)}}
        whole = [self._hits(name, _WHOLE) for name in sorted(names)]
        words = [token for token in tokens(query) if token not in _IGNORED]
        listed = _listed(query, words)
        ranked = [
            self._match(
                identifier,
                [hits[identifier] for hits in [*whole, *hits_by_word] if identifier in hits],
                _EXACT * (self._says(identifier, words) + self._lists(identifier, listed)),
            )
            for identifier in self._entries
            if reached[identifier] == most > 0
        ]

        return tuple(
            sorted(ranked, key=lambda match: (match.id != exact, -match.score, len(tokens(match.id))))
        )  # stable: the document's order among equals

    def _says(self, identifier: str, words: Sequence[str]) -> bool:
        """Whether an operation's summary is exactly these words."""
        return words == [
            token for token in tokens(self._entries[identifier].summary) if token not in _IGNORED
        ]

    def _lists(self, identifier: str, listed: Sequence[str]) -> bool:
        """Whether an operation lists what the query asks for: whether its path ends in that."""
        entry = self._entries[identifier]
        if not listed or entry.method != "GET" or entry.path.endswith("}"):
            return False
        segments = entry.path.split("/")
        return any(tokens("/".join(segments[start:])) == listed for start in range(len(segments)))

    def _query_words(self, query: str) -> list[str]:
        """Return the words of a query, compounds split: ``autopay`` → auto, pay."""
        parts = [part for word in tokens(query) if word not in _IGNORED for part in self._parts(word)]
        return list(dict.fromkeys(parts))

    def _parts(self, word: str) -> tuple[str, ...]:
        if word not in self._simple:
            for cut in range(2, len(word) - 1):
                parts = word[:cut], singular(word[cut:])
                if all(part in self._simple for part in parts):
                    return parts
        return (word,)

    def _hits(self, word: str, weight: float = 1.0) -> dict[str, _Hit]:
        """Return operation → the best occurrence of one word of the query."""
        hits: dict[str, _Hit] = {}
        for indexed_word, quality in self._candidates(word):
            for identifier, field in self._fields[indexed_word].items():
                score = WEIGHTS[field] * quality
                if identifier not in hits or score > hits[identifier].score:
                    hits[identifier] = _Hit(score, field, indexed_word)
        rarity = weight * (1 + math.log(len(self._entries) / len(hits))) if hits else 0
        return {identifier: hit._replace(score=hit.score * rarity) for identifier, hit in hits.items()}

    def _candidates(self, word: str) -> list[tuple[str, float]]:
        """Return the indexed words that a word of the query may mean, and how well they match."""
        candidates = [(word, 1.0)] if word in self._fields else []
        if len(word) < _SHORTEST_PREFIX:
            return candidates
        quality = _BESIDE_EXACT if candidates else _PREFIX
        candidates += [
            (indexed_word, quality)
            for indexed_word in self._fields
            if indexed_word.startswith(word) and indexed_word != word
        ]
        return candidates or self._nearly(word)

    def _nearly(self, word: str) -> list[tuple[str, float]]:
        near = [indexed_word for indexed_word in self._fields if abs(len(indexed_word) - len(word)) <= 2]
        close = difflib.get_close_matches(word, near, n=4, cutoff=_CLOSE)
        rated = [(candidate, difflib.SequenceMatcher(None, word, candidate).ratio()) for candidate in close]
        best = max((ratio for _, ratio in rated), default=0)
        return [(candidate, _TYPO * ratio) for candidate, ratio in rated if ratio > best - _AS_CLOSE]

    def _match(self, identifier: str, hits: Sequence[_Hit], exact: float) -> Match:
        entry = self._entries[identifier]
        reasons: dict[str, list[str]] = {}
        for hit in hits:
            words = reasons.setdefault(hit.field, [])
            if not any(hit.word in canonical(word) for word in words):
                words.append(self._spelling.get(hit.word, hit.word) if hit.field in _NAMES else hit.word)
        found_in = "; ".join(f"{field}: {', '.join(reasons[field])}" for field in WEIGHTS if field in reasons)
        score = exact + sum(hit.score for hit in hits)
        return Match(identifier, entry.method, entry.path, entry.summary, found_in, round(score, 2))


def _listed(query: str, words: Sequence[str]) -> list[str]:
    """Return the words of what a query asks to list: ``all payments`` and ``payments`` → payment."""
    things = [thing for thing in words if thing not in _VERBS["GET"]]
    last = query.split()[-1].lower() if things else ""
    is_plural = bool(things) and last != things[-1] and singular(last) == things[-1]
    return things if is_plural or _EVERY & set(words) else []


def tokens(text: str) -> list[str]:
    """Return the words of a name or a sentence: ``creditMemoIds`` → credit, memo, id."""
    return [singular(word.lower()) for word in split_words(text)]


def _texts(document: Document, identifier: str) -> Iterator[tuple[str, str]]:
    """Yield (field, text) of an operation in the order of `WEIGHTS`."""
    entry = document.prepared.index[identifier]
    yield "id", identifier
    yield "summary", entry.summary
    yield "also called", ALSO_CALLED.get(identifier, "")
    yield "path", entry.path
    yield from (("tag", tag) for tag in entry.tags)
    yield "verb", " ".join(_VERBS.get(entry.method, ()))
    if entry.fault:
        return
    part = document.prepared.slice(identifier)
    yield from (("parameter", parameter["name"]) for parameter in part["parameters"])
    operation = OperationModel(part)
    for schema in operation.schemas.below(operation.body.schema):
        yield from (("field", name) for name in schema.get("properties", ()))
