"""The whole comparison: from two prepared documents to a `Diff`."""

from __future__ import annotations

import datetime
import functools
from collections.abc import Iterable

from dynzuora._garbage import waiting
from dynzuora.comparison.changes import Change, Diff, Move, side
from dynzuora.comparison.facts import Comparison
from dynzuora.comparison.matching import bare
from dynzuora.comparison.rules import Rules
from dynzuora.comparison.shapes import Version
from dynzuora.comparison.surface import signatures
from dynzuora.comparison.verdicts import changes
from dynzuora.comparison.witness import prove
from dynzuora.document import Prepared

#: Rule → the kind of move that it tells.
_MOVES = {
    "operation-moved": "operation-path",
    "operation-id-changed": "operation-id",
    "path-parameter-renamed": "path-parameter",
    "parameter-renamed": "parameter",
    "required-parameter-renamed": "parameter",
    "parameter-relocated": "parameter",
    "schema-renamed": "schema",
    "property-renamed": "property",
    "required-property-renamed": "property",
}


@waiting()
def compared(
    old: Prepared, new: Prepared, book: Rules, *, prose: bool = False, today: datetime.date | None = None
) -> Diff:
    """Return what changed from ``old`` to ``new``, judged by ``book``."""
    comparison = Comparison(Version(old), Version(new), prose=prose)
    found = changes(comparison, book, functools.partial(prove, comparison.old, comparison.new))
    day = today or datetime.date.today()
    kept = tuple(each for each in found if book.accepted(each, day) is None)
    return Diff(
        side(old),
        side(new),
        kept,
        moves=tuple(_moves(found)),
        aliases=_aliases(comparison),
        surface=tuple(signatures(comparison)),
        documents=(old, new),
    )


def _aliases(comparison: Comparison) -> dict[str, str]:
    """Return old → new for every name that a caller may use and the new document does not know."""
    old, new = comparison.old.prepared.index, comparison.new.prepared.index
    taken = {(entry.method, bare(entry.path)) for entry in new.values()}
    aliases = {pair.old: pair.new for pair in comparison.pairs if pair.old not in new}
    for pair in comparison.pairs:
        entry = old[pair.old]
        if (entry.method, bare(entry.path)) not in taken:
            aliases[f"{entry.method} {entry.path}"] = pair.new
    return aliases


def _moves(found: Iterable[Change]) -> Iterable[Move]:
    for change in found:
        if change.id in _MOVES:
            for fact in change.facts:
                whole = change.area == "operation" or change.id == "schema-renamed"
                yield Move(_MOVES[change.id], "" if whole else fact.where, str(fact.old), str(fact.new))
