"""Find operations by words, typing errors forgiven.

One index per document, made at the first search: every word of an operation's id,
path, tag, summary, parameters and body fields, with the weight of the place it stands
in. A word of the query that no operation has is read as the nearest that one has.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from dynzuora._names import canonical, singular, split_words
from dynzuora._zuora import ALSO_CALLED
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
"""Place → what a word there is worth; the order is that in which a place is named as the reason."""

_VERBS: Final[Mapping[str, tuple[str, ...]]] = {
    "GET": ("get", "list", "show", "find", "read", "retrieve", "all", "every"),
    "POST": ("create", "add", "new", "post"),
    "PUT": ("update", "change", "edit", "put"),
    "PATCH": ("update", "change", "edit", "patch"),
    "DELETE": ("delete", "remove"),
}
"""Method → what people say for it."""

_NAMES: Final = ("parameter", "field")
"""Places whose names are also known whole: ``startNumber`` is one word besides being two."""

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
"""Words that ask for a whole list, as a noun in the plural does."""


class Match(NamedTuple):
    """One operation that was found. ``found_in`` has the words of the document that were meant."""

    id: str
    method: str
    path: str
    summary: str
    found_in: str
    score: float


class Results(list[Any]):
    """The operations that a search found, best first: a list that shows itself as a table."""

    def __init__(self, operations: Iterable[Any], matches: Sequence[Match], query: str, total: int) -> None:
        super().__init__(operations)
        self.matches = tuple(matches)
        self.query = query
        self.total = total

    @property
    def heading(self) -> str:
        """How many there are, and how many of them are here."""
        shown = "" if self.total == len(self) else f", the best {len(self)} here"
        return f"{self.total} operation{'' if self.total == 1 else 's'} for {self.query!r}{shown}"

    def __repr__(self) -> str:
        from dynzuora.display import text_table

        if not self:
            return f"No operation for {self.query!r}."
        columns = ("id", "method", "path", "summary", "found in")
        rows = [(each.id, each.method, each.path, each.summary, each.found_in) for each in self.matches]
        return f"{self.heading}\n{text_table(columns, rows)}"

    def _repr_html_(self) -> str:
        from dynzuora.display import render
        from dynzuora.display.cards import table

        rows = [
            {"id": each.id, "method": each.method, "path": each.path, "summary": each.summary}
            | {"found in": each.found_in}
            for each in self.matches
        ]
        heading = self.heading if self else f"No operation for {self.query!r}."
        return render("operations", heading=heading, table=table(rows))


def search(document: Document, words: str, limit: int = 20) -> tuple[tuple[Match, ...], int]:
    """Return the best ``limit`` matches and how many there are in all."""
    found = _index_of(document).matches(words)
    return found[:limit], len(found)


def _index_of(document: Document) -> _Index:
    """Return the document's index, made once and kept beside its operations."""
    index: _Index | None = document.__dict__.get("_search_index")
    if index is None:
        index = document.__dict__["_search_index"] = _Index(document)
    return index


class _Hit(NamedTuple):
    """Where the document has a word of the query: its own word, and what that is worth."""

    score: float
    place: str
    word: str


class _Index:
    """Word → the operations that have it, each with the best place it stands in."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._entries = document.prepared.index
        self._places: dict[str, dict[str, str]] = {}
        self._spelling: dict[str, str] = {}
        self._simple: set[str] = set()
        known: dict[tuple[bool, str], frozenset[str]] = {}
        for identifier in self._entries:
            for place, text in _texts(document, identifier):  # best place first, so the first one stays
                key = place in _NAMES, text
                words = known.get(key)  # one field's name stands in hundreds of bodies
                if words is None:
                    words = known[key] = self._words(text, is_name=place in _NAMES)
                for word in words:
                    self._places.setdefault(word, {}).setdefault(identifier, place)

    def _words(self, text: str, *, is_name: bool) -> frozenset[str]:
        """Return the words of a text; what is a name is a word as a whole, too."""
        words = set(tokens(text)) - _IGNORED
        self._simple |= words
        if is_name:
            words.add(canonical(text))
            self._spelling.setdefault(canonical(text), text)
        return frozenset(words)

    def matches(self, query: str) -> tuple[Match, ...]:
        """Return what has the most of the words, best first."""
        found = [hits for word in self._asked(query) if (hits := self._hits(word))]
        reached = Counter(identifier for hits in found for identifier in hits)
        most = max(reached.values(), default=0)
        names = {canonical(chunk) for chunk in query.split()} & set(self._spelling)
        names = {each for each in names if not self._simple & {each, singular(each)}}
        whole = [self._hits(name, _WHOLE) for name in sorted(names)]
        words = [each for each in tokens(query) if each not in _IGNORED]
        listed = _listed(query, words)
        ranked = [
            self._match(
                identifier,
                [hits[identifier] for hits in [*whole, *found] if identifier in hits],
                _EXACT * (self._says(identifier, words) + self._lists(identifier, listed)),
            )
            for identifier in self._entries
            if reached[identifier] == most > 0
        ]
        meant = self._document.operations.id_of(query)
        return tuple(
            sorted(ranked, key=lambda each: (each.id != meant, -each.score, len(tokens(each.id))))
        )  # stable: the document's order among equals

    def _says(self, identifier: str, words: Sequence[str]) -> bool:
        """Whether an operation's summary is these words and no others."""
        return words == [each for each in tokens(self._entries[identifier].summary) if each not in _IGNORED]

    def _lists(self, identifier: str, listed: Sequence[str]) -> bool:
        """Whether an operation reads the whole list of what is asked for: its path ends in that."""
        entry = self._entries[identifier]
        if not listed or entry.method != "GET" or entry.path.endswith("}"):
            return False
        segments = entry.path.split("/")
        return any(tokens("/".join(segments[start:])) == listed for start in range(len(segments)))

    def _asked(self, query: str) -> list[str]:
        """Return the words of a query, what is written together taken apart: ``autopay`` → auto, pay."""
        asked = [part for word in tokens(query) if word not in _IGNORED for part in self._parts(word)]
        return list(dict.fromkeys(asked))

    def _parts(self, word: str) -> tuple[str, ...]:
        if word not in self._simple:
            for cut in range(2, len(word) - 1):
                parts = word[:cut], singular(word[cut:])
                if all(each in self._simple for each in parts):
                    return parts
        return (word,)

    def _hits(self, word: str, weight: float = 1.0) -> dict[str, _Hit]:
        """Return what one word of the query finds in each operation that has it."""
        hits: dict[str, _Hit] = {}
        for known, quality in self._meant(word):
            for identifier, place in self._places[known].items():
                score = WEIGHTS[place] * quality
                if identifier not in hits or score > hits[identifier].score:
                    hits[identifier] = _Hit(score, place, known)
        rarity = weight * (1 + math.log(len(self._entries) / len(hits))) if hits else 0
        return {each: hit._replace(score=hit.score * rarity) for each, hit in hits.items()}

    def _meant(self, word: str) -> list[tuple[str, float]]:
        """Return the known words that a word of the query means, with how surely."""
        meant = [(word, 1.0)] if word in self._places else []
        if len(word) < _SHORTEST_PREFIX:
            return meant
        quality = _BESIDE_EXACT if meant else _PREFIX
        meant += [(each, quality) for each in self._places if each.startswith(word) and each != word]
        return meant or self._nearly(word)

    def _nearly(self, word: str) -> list[tuple[str, float]]:
        import difflib

        near = [each for each in self._places if abs(len(each) - len(word)) <= 2]
        close = difflib.get_close_matches(word, near, n=4, cutoff=_CLOSE)
        rated = [(each, difflib.SequenceMatcher(None, word, each).ratio()) for each in close]
        best = max((ratio for _, ratio in rated), default=0)
        return [(each, _TYPO * ratio) for each, ratio in rated if ratio > best - _AS_CLOSE]

    def _match(self, identifier: str, hits: Sequence[_Hit], exact: float) -> Match:
        entry = self._entries[identifier]
        reasons: dict[str, list[str]] = {}
        for hit in hits:
            known = reasons.setdefault(hit.place, [])
            if not any(hit.word in canonical(each) for each in known):
                known.append(self._spelling.get(hit.word, hit.word) if hit.place in _NAMES else hit.word)
        found_in = "; ".join(f"{place}: {', '.join(reasons[place])}" for place in WEIGHTS if place in reasons)
        score = exact + sum(hit.score for hit in hits)
        return Match(identifier, entry.method, entry.path, entry.summary, found_in, round(score, 2))


def _listed(query: str, words: Sequence[str]) -> list[str]:
    """Return what a query wants a list of: ``list all payments``, ``payments`` → payment; else nothing."""
    things = [each for each in words if each not in _VERBS["GET"]]
    last = query.split()[-1].lower() if things else ""
    is_plural = bool(things) and last != things[-1] and singular(last) == things[-1]
    return things if is_plural or _EVERY & set(words) else []


def tokens(text: str) -> list[str]:
    """Return the words of a name or a sentence: ``creditMemoIds`` → credit, memo, id."""
    return [singular(word.lower()) for word in split_words(text)]


def _texts(document: Document, identifier: str) -> Iterator[tuple[str, str]]:
    """Yield the texts of an operation with their places, in the order of `WEIGHTS`."""
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
    yield from (("parameter", each["name"]) for each in part["parameters"])
    operation = OperationModel(part)
    for schema in operation.schemas.below(operation.body.schema):
        yield from (("field", name) for name in schema.get("properties", ()))
