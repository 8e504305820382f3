"""Search of operations by the words of the trade; tolerates typos.

What can be found was gathered when the document was prepared (`document.vocabulary`); what
people call it is a table (``words.tsv``); `index` ranks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakKeyDictionary

from dynzuora._names import canonical, tokens
from dynzuora.display import render, text_table
from dynzuora.search.index import WEIGHTS, Hit, Index

if TYPE_CHECKING:
    from dynzuora.document import Prepared
    from dynzuora.operation import Document

__all__ = ["Match", "Results", "search", "tokens"]


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
        from dynzuora.display.cards import table  # which is not needed to search

        rows = [
            {"id": match.id, "method": match.method, "path": match.path, "summary": match.summary}
            | {"found in": match.found_in}
            for match in self.matches
        ]
        heading = self.heading if self else f"No operation matches {self.query!r}."
        return render("operations", heading=heading, table=table(rows))


def search(document: Document | Prepared, words: str, limit: int = 20) -> tuple[tuple[Match, ...], int]:
    """Return the best ``limit`` matches and the total number of matches."""
    prepared: Prepared = getattr(document, "prepared", document)  # type: ignore[arg-type]  # itself
    index = _index_of(prepared)
    ranked = index.ranked(words)
    matches = []
    for identifier, score, hits in ranked[:limit]:
        entry = prepared.index[identifier]
        reasons = _reasons(index, identifier, hits)
        matches.append(Match(identifier, entry.method, entry.path, entry.summary, reasons, score))
    return tuple(matches), len(ranked)


_indexes: WeakKeyDictionary[Prepared, Index] = WeakKeyDictionary()


def _index_of(prepared: Prepared) -> Index:
    """Return the document's index, built once."""
    index = _indexes.get(prepared)
    if index is None:
        routes = [(entry.method, entry.path) for entry in prepared.index.values()]
        index = _indexes[prepared] = Index(prepared.vocabulary(), routes)
    return index


def _reasons(index: Index, identifier: str, hits: Iterable[Hit]) -> str:
    """Return what was found where: ``id: sequence, set; field: startNumber``."""
    own = set(tokens(identifier))
    reasons: dict[str, list[str]] = {}
    for hit in hits:
        for word in index.spelled(identifier, hit):
            field = hit.field if hit.field != "title" else "id" if word in own else "summary"
            listed = reasons.setdefault(field, [])
            if not any(canonical(word) in canonical(other) for other in listed):
                listed.append(word)
    order = ("also called", "id", "summary", *list(WEIGHTS)[2:])
    return "; ".join(f"{field}: {', '.join(reasons[field])}" for field in order if field in reasons)
