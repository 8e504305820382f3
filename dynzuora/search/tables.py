"""What the pages need to rank as `Index` does: the words of a document, and the tables behind a rank."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dynzuora.search import index
from dynzuora.search.words import IGNORED, LONGEST, meanings

if TYPE_CHECKING:
    from dynzuora.document import Prepared


def tables(prepared: Prepared) -> dict[str, Any]:
    """Return plain JSON values: the vocabulary, the routes, and every table and number of `search.index`."""
    return {
        "vocabulary": prepared.vocabulary(),
        "routes": [[entry.method, entry.path] for entry in prepared.index.values()],
        "phrases": [[" ".join(phrase), meant] for phrase, meant in meanings().items()],
        "fields": index.WEIGHTS,
        "verbs": {method: sorted(verbs) for method, verbs in index.VERBS.items()},
        "every": sorted(index.EVERY),
        "starts": sorted(index.STARTS),
        "ignored": sorted(IGNORED),
        "objects": index.OBJECTS,
        "n": {**index.NUMBERS, "longest": LONGEST},
    }
