"""Ranking: BM25 over the words of operations, by the field they stand in (Robertson and Zaragoza, 2009).

A query is cut into concepts: a phrase of ``words.tsv`` with its meanings, or a single word. An
operation gets for each concept the best of its meanings; a word that no operation has takes
nothing away. The sum counts more where the concepts cover the operation's title, and where its
method is the one that the query's verb asks for. Pure.
"""

from __future__ import annotations

import difflib
import itertools
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from dynzuora._names import canonical, route, singular, split_words, tokens
from dynzuora.search.words import IGNORED, LONGEST, Meaning, Phrase, meanings, significant

WEIGHTS: Final[Mapping[str, float]] = {
    "also called": 6.0,
    "title": 5.0,
    "path": 1.5,
    "tag": 1.5,
    "parameter": 0.7,
    "reply": 0.5,
    "description": 0.4,
    "field": 0.35,
}
"""Field of an operation → the weight of a word in it."""

VERBS: Final[Mapping[str, frozenset[str]]] = {
    "GET": frozenset({"get", "list", "show", "find", "view", "read", "retrieve", "all", "every", "see"}),
    "POST": frozenset({"create", "add", "new", "make", "generate"}),
    "PUT": frozenset({"update", "change", "edit", "modify", "adjust"}),
    "PATCH": frozenset({"update", "change", "edit", "modify", "patch"}),
    "DELETE": frozenset({"delete", "remove", "drop"}),
}
"""Method → the verbs that ask for it."""

EVERY: Final = frozenset({"list", "all", "every"})
"""Words that ask for a list, as a plural noun does."""

OBJECTS: Final = "/object/"
"""In the paths of CRUD operations, which the vendor advises against where there is another
(https://developer.zuora.com/v1-api-reference/api/, "CRUD" operations)."""

_GENERIC: Final = frozenset[str]().union(*VERBS.values())
STARTS: Final = frozenset({"run", "start", "submit", "upload", "import", "export", "record", "connect"})
"""Verbs that ask for POST as the first word of a query, and are words like others anywhere else."""

_K: Final = 1.2
_B: Final = 0.75
_VERB: Final = 0.25
_ID: Final = 14.0
_WHOLE: Final = 8.0
_AS_TYPED, _MEANT, _PREFIX, _TYPO = 1.0, 0.9, 0.7, 0.6
_LEAST: Final = 0.3
"""The share of the best score below which a result is none."""
_CLOSE: Final = 0.75
_AS_CLOSE: Final = 0.05
_SHORTEST_PREFIX: Final = 3

NUMBERS: Final[Mapping[str, float]] = {
    "k": _K,
    "b": _B,
    "verb": _VERB,
    "id": _ID,
    "whole": _WHOLE,
    "asTyped": _AS_TYPED,
    "meant": _MEANT,
    "prefix": _PREFIX,
    "typo": _TYPO,
    "least": _LEAST,
    "close": _CLOSE,
    "asClose": _AS_CLOSE,
    "shortestPrefix": _SHORTEST_PREFIX,
}
"""The numbers above, for the script of a page, which ranks in the same way."""


class Hit(NamedTuple):
    """A concept found in an operation: its score, the field and the word there."""

    score: float
    field: str
    words: tuple[str, ...]


class Ranked(NamedTuple):
    """An operation that a query finds, with what was found where."""

    id: str
    score: float
    hits: tuple[Hit, ...]


class _Concept(NamedTuple):
    words: Phrase
    meanings: tuple[tuple[Meaning, float], ...]


class Index:
    """The words of a document's operations, ready to be ranked. Knows the document only by its words."""

    def __init__(self, vocabulary: Mapping[str, Any], routes: Sequence[tuple[str, str]]) -> None:
        """``routes`` has method and path of each operation, in the order of the vocabulary."""
        self._ids: Sequence[str] = vocabulary["ids"]
        self._positions = {identifier: position for position, identifier in enumerate(self._ids)}
        self._routes = routes
        self._titles = [frozenset(title.split()) - _GENERIC for title in vocabulary["titles"]]
        self._paths = [frozenset(path.split()) for path in vocabulary["paths"]]
        self._names: Sequence[Sequence[Any]] = vocabulary["names"]
        self._plain: dict[str, list[tuple[int, str]]] = {}
        for field, name in (
            ("title", "titles"),
            ("path", "paths"),
            ("tag", "tags"),
            ("description", "prose"),
        ):
            for position, words in enumerate(vocabulary[name]):
                for word in words.split():
                    self._plain.setdefault(word, []).append((position, field))
        self._named: dict[str, list[Sequence[Any]]] = {}
        for row in self._names:
            for word in row[1].split():
                self._named.setdefault(word, []).append(row)
        self._exact = {canonical(identifier): position for position, identifier in enumerate(self._ids)}
        self._sizes = {kind: self._sizes_of(column) for column, kind in _COLUMNS.items()}
        self._rarities: dict[str, float] = {}
        self._worths: dict[frozenset[str], float] = {}
        self._found: dict[str, Mapping[int, Hit]] = {}

    def _sizes_of(self, column: int) -> list[float]:
        """Return for each operation how many names it has, measured by the mean."""
        counts = [0] * len(self._ids)
        for row in self._names:
            for position in row[column]:
                counts[position] += 1
        mean = sum(counts) / max(1, len(counts)) or 1
        return [1 - _B + _B * count / mean for count in counts]

    def ranked(self, query: str) -> tuple[Ranked, ...]:
        """Return the operations that a query finds, best first; one that is named exactly is the first."""
        words = significant(query)
        concepts = [self._understood(concept) for concept in _concepts(words)]
        verbs = {meaning[0] for concept in concepts for meaning, _ in concept.meanings if _is_verb(meaning)}
        if words and words[0] in STARTS:
            verbs.add("create")
        hits: dict[int, list[Hit]] = {}
        covered: dict[int, float] = {}
        total = 0.0
        for concept in concepts:
            best = self._hits(concept)
            asks = all(_is_verb(meaning) for meaning, _ in concept.meanings)
            worth = 0.0 if asks else max((hit.score for hit in best.values()), default=0.0)
            total += worth
            for position, hit in best.items():
                hits.setdefault(position, []).append(hit)
                share = 1.0 if hit.field in ("title", "path", "also called") else 0.5
                covered[position] = covered.get(position, 0.0) + worth * share
        for hit_of in self._whole_names(query):
            for position, hit in hit_of.items():
                hits.setdefault(position, []).insert(0, hit)
        lists = _asks_for_list(query, words)
        found = [
            Ranked(
                self._ids[position],
                round(
                    sum(hit.score for hit in listed)
                    * self._likeness(position, listed)
                    * (0.6 + 0.4 * (covered.get(position, 0.0) / total if total else 1))
                    * self._manner(position, verbs, lists=lists),
                    2,
                ),
                tuple(listed),
            )
            for position, listed in hits.items()
        ]
        exact = self._named_exactly(query)
        if exact is not None and exact not in hits:
            found.append(Ranked(self._ids[exact], 0.0, ()))
        named = self._ids[exact] if exact is not None else None
        least = _LEAST * max((ranked.score for ranked in found), default=0.0)
        found = [ranked for ranked in found if ranked.score >= least or ranked.id == named]
        return tuple(
            sorted(
                found,
                key=lambda ranked: (ranked.id != named, -ranked.score, self._positions[ranked.id]),
            )
        )

    def _named_exactly(self, query: str) -> int | None:
        """Return the operation whose id or route the query is, however it is spelled."""
        _, _, path = query.strip().partition(" ")
        if path.startswith("/"):
            wanted = route(query)
            routes = (route(f"{method} {path}") for method, path in self._routes)
            return next((position for position, known in enumerate(routes) if known == wanted), None)
        return self._exact.get(canonical(query))

    def _likeness(self, position: int, hits: Iterable[Hit]) -> float:
        """Return how much of the operation's title, or of its path, was asked for: 0.5 to 1."""
        if any(hit.field == "also called" for hit in hits):
            return 1.0
        words = {word for hit in hits for word in hit.words}
        title = self._share(self._titles[position], words)
        return 0.5 + 0.5 * max(title, 0.9 * self._share(self._paths[position], words))

    def _share(self, own: frozenset[str], words: set[str]) -> float:
        """Return the share of ``words`` in an operation's own, each counted by its rarity."""
        whole = self._worths.get(own)
        if whole is None:
            whole = self._worths[own] = sum(map(self._rarity, own))
        return sum(map(self._rarity, own & words)) / whole if whole else 0.0

    def _manner(self, position: int, verbs: set[str], *, lists: bool) -> float:
        """Return how well method and kind of path fit what the query asks to be done."""
        method, path = self._routes[position]
        wanted = {method for method, words in VERBS.items() if words & verbs}
        factor = (1.2 if method in wanted else 0.9) if wanted else 1.08 if method == "GET" else 1.0
        if method == "GET":
            one = path.endswith("}")
            factor *= (0.95 if one else 1.12) if lists else 1.02 if one and wanted else 1.0
        return factor * (0.88 if OBJECTS in path else 1.0)

    # Concepts

    def _understood(self, concept: _Concept) -> _Concept:
        """Add the base form of a verb, and substitutes for a word that the document does not have."""
        word = concept.words[0]
        if len(concept.words) > 1 or len(concept.meanings) > 1:
            return concept
        table = meanings()
        for base in _bases(word):
            if self._is_known(base) or (base,) in table:
                others = ((meaning, _MEANT * _MEANT) for meaning in table.get((base,), ()))
                return concept._replace(meanings=(*concept.meanings, ((base,), _MEANT), *others))
        if self._is_known(word):
            return concept
        parts = self._parts(word)
        if parts:
            return _Concept(concept.words, ((parts, _AS_TYPED),))
        return _Concept(concept.words, tuple(self._similar(word)))

    def _is_known(self, word: str) -> bool:
        return word in self._plain or word in self._named

    def _parts(self, word: str) -> Phrase:
        """Return the known words that a word is made of: ``autopay`` → auto, pay."""
        for cut in range(2, len(word) - 1):
            parts = word[:cut], singular(word[cut:])
            if all(map(self._is_known, parts)):
                return parts
        return ()

    def _similar(self, word: str) -> Iterator[tuple[Meaning, float]]:
        if len(word) < _SHORTEST_PREFIX:
            return
        table = meanings()
        known = {*self._plain, *self._named, *(phrase[0] for phrase in table if len(phrase) == 1)}
        similar = [(other, _PREFIX) for other in sorted(known) if other.startswith(word)]
        similar = similar or [(other, _TYPO) for other in _nearest(word, known)]
        for other, quality in similar:
            yield (other,), quality
            yield from ((meaning, quality * _MEANT) for meaning in table.get((other,), ()))

    def _hits(self, concept: _Concept) -> dict[int, Hit]:
        """Return for each operation the best of a concept's meanings."""
        best: dict[int, Hit] = {}
        for meaning, quality in concept.meanings:
            verb = _is_verb(meaning)
            for position, hit in self._hits_of(meaning, concept.words):
                if verb and hit.field != "title":
                    continue  # only a title says what is done
                score = hit.score * quality * (_VERB if verb else 1.0)
                if position not in best or score > best[position].score:
                    best[position] = hit._replace(score=score)
        return best

    def _hits_of(self, meaning: Meaning, phrase: Phrase) -> Iterator[tuple[int, Hit]]:
        if isinstance(meaning, str):
            if meaning in self._positions:
                yield self._positions[meaning], Hit(_ID * len(phrase), "also called", (" ".join(phrase),))
            return
        by_word = [self._word(word) for word in meaning]
        for position in set().union(*by_word):
            hits = [hits[position] for hits in by_word if position in hits]
            strongest = max(hits, key=lambda hit: hit.score)
            words = tuple(word for hit in hits for word in hit.words)
            score = sum(hit.score for hit in hits) * len(hits) / len(by_word)
            yield position, Hit(score, strongest.field, words)

    def _word(self, word: str) -> Mapping[int, Hit]:
        """Return for each operation that has a word its score there (BM25F) and its weightiest field."""
        if word not in self._found:
            weights: dict[int, float] = {}
            fields: dict[int, str] = {}
            for position, field, weight in self._occurrences(word):
                weights[position] = weights.get(position, 0.0) + weight
                fields.setdefault(position, field)
            rarity = _rarity(len(self._ids), len(weights))
            self._found[word] = {
                position: Hit(weight * (_K + 1) / (weight + _K) * rarity, fields[position], (word,))
                for position, weight in weights.items()
            }
        return self._found[word]

    def _occurrences(self, word: str) -> Iterator[tuple[int, str, float]]:
        """Yield (operation, field, weight), the weightiest field first."""
        for position, field in self._plain.get(word, ()):
            yield position, field, WEIGHTS[field]
        rows = self._named.get(word, ())
        for column, kind in _COLUMNS.items():
            sizes = self._sizes[kind]
            for position in {position for row in rows for position in row[column]}:
                yield position, kind, WEIGHTS[kind] / sizes[position]

    def _rarity(self, word: str) -> float:
        """Return how rare a word of titles is among titles, paths, tags and prose."""
        rarity = self._rarities.get(word)
        if rarity is None:
            count = len({position for position, _ in self._plain[word]})
            rarity = self._rarities[word] = _rarity(len(self._ids), count)
        return rarity

    def _whole_names(self, query: str) -> Iterator[dict[int, Hit]]:
        """Yield the operations that have a name of the document that the query writes as a whole."""
        wanted = {canonical(part) for part in query.split() if len(split_words(part)) > 1}
        for row in self._names if wanted else ():
            if canonical(row[0]) in wanted:
                count = len({position for column in _COLUMNS for position in row[column]})
                score = _WHOLE * _rarity(len(self._ids), count)
                hits: dict[int, Hit] = {}
                for column, kind in _COLUMNS.items():
                    for position in row[column]:
                        hits.setdefault(position, Hit(score, kind, tuple(tokens(row[0]))))
                yield hits

    def spelled(self, position_of: str, hit: Hit) -> list[str]:
        """Return the words of a hit as the document has them: names as a whole."""
        column = next((column for column, kind in _COLUMNS.items() if kind == hit.field), None)
        if column is None:
            return list(hit.words)
        position = self._positions[position_of]
        words = set(hit.words)
        names = [row[0] for row in self._names if position in row[column] and words <= set(row[1].split())]
        return names[:1] or list(hit.words)


_COLUMNS: Final[Mapping[int, str]] = {2: "parameter", 3: "field", 4: "reply"}
"""Column of a row of names → the field it is."""


def _bases(word: str) -> list[str]:
    """Return what an English verb may be without its ending: ``settled`` → settl, settle."""
    for ending in ("ing", "ed"):
        stem = word.removesuffix(ending)
        if stem != word and len(stem) > 2:
            return [*([stem[:-1]] if stem[-1] == stem[-2] else []), stem + "e", stem]
    return []


def _rarity(number: int, count: int) -> float:
    """Return BM25's inverse document frequency."""
    return math.log(1 + (number - count + 0.5) / (count + 0.5))


def _is_verb(meaning: Meaning) -> bool:
    return not isinstance(meaning, str) and len(meaning) == 1 and meaning[0] in _GENERIC


def _nearest(word: str, known: Iterable[str]) -> list[str]:
    """Return the known words that a misspelt one is most like; the first letter is seldom wrong."""
    near = sorted(other for other in known if abs(len(other) - len(word)) <= 2)
    for candidates in ([other for other in near if other[0] == word[0]], near):
        close = difflib.get_close_matches(word, candidates, n=4, cutoff=_CLOSE)
        rated = [(difflib.SequenceMatcher(None, word, other).ratio(), other) for other in close]
        best = max(rated, default=(0.0, ""))[0]
        if rated:
            return [other for ratio, other in rated if ratio > best - _AS_CLOSE]
    return []


def _concepts(words: Sequence[str]) -> list[_Concept]:
    """Cut the words of a query into phrases of the table, the longest first, and single words."""
    table = meanings()
    concepts: list[_Concept] = []
    start = 0
    while start < len(words):
        for length in range(min(LONGEST, len(words) - start), 0, -1):
            phrase = tuple(words[start : start + length])
            if length == 1 or phrase in table:
                concepts.append(_concept(phrase, table))
                start += length
                break
    cut = {concept.words for concept in concepts}
    pairs = [
        pair
        for pair in dict.fromkeys(itertools.combinations(words, 2))
        if words[0] in pair or words[0] in VERBS["GET"]  # else the query asks for something to be done
    ]
    concepts += [_concept(pair, table, 0.8) for pair in pairs if pair in table and pair not in cut]
    return concepts


def _concept(phrase: Phrase, table: Mapping[Phrase, Sequence[Meaning]], quality: float = 1.0) -> _Concept:
    typed = _AS_TYPED if len(phrase) == 1 else 0.8
    meant = _MEANT if len(phrase) == 1 else 0.95
    own: tuple[tuple[Meaning, float], ...] = ((phrase, typed * quality),)
    return _Concept(phrase, (*own, *((meaning, meant * quality) for meaning in table.get(phrase, ()))))


def _asks_for_list(query: str, words: Sequence[str]) -> bool:
    head = re.split(r"\b(?:of|for)\b", query.lower(), maxsplit=1)[0]
    last = (split_words(head) or [""])[-1]
    is_plural = bool(words) and last not in IGNORED and singular(last) != last
    return is_plural or bool(EVERY & set(words))
