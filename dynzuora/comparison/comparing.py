"""The whole comparison: from two prepared documents to a `ChangeSet`."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator

from dynzuora._garbage import gc_paused
from dynzuora.comparison.changes import Change, ChangeSet, Move, sides
from dynzuora.comparison.differences import Comparison
from dynzuora.comparison.matching import bare
from dynzuora.comparison.rules import Rules
from dynzuora.comparison.shapes import Version
from dynzuora.comparison.surface import signatures
from dynzuora.comparison.verdicts import changes
from dynzuora.comparison.witness import Prover
from dynzuora.document import Prepared

#: Rule → the kind of the move it reports.
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


@gc_paused()
def compare(
    old: Prepared,
    new: Prepared,
    rules: Rules,
    *,
    descriptions: bool = False,
    today: datetime.date | None = None,
    zuora_version: tuple[str, str] = ("", ""),
) -> ChangeSet:
    """Return what changed from ``old`` to ``new``, judged by ``rules``."""
    comparison = Comparison(
        Version(old), Version(new), descriptions=descriptions, zuora_version=zuora_version
    )
    every = changes(comparison, rules, Prover(comparison.old, comparison.new))
    day = today or datetime.date.today()
    return ChangeSet(
        *sides(old, new, zuora_version),
        tuple(change for change in every if rules.accepted(change, day) is None),
        moves=tuple(_moves(every)),
        aliases=_aliases(comparison),
        surface=tuple(signatures(comparison)),
        not_compared=tuple(comparison.not_compared),
    )


def _aliases(comparison: Comparison) -> dict[str, str]:
    """Return old → new for each id or path of the old document that is unknown to the new one."""
    old, new = comparison.old.prepared.index, comparison.new.prepared.index
    routes = {(entry.method, bare(entry.path)) for entry in new.values()}
    aliases = {pair.old: pair.new for pair in comparison.pairs if pair.old not in new}
    for pair in comparison.pairs:
        entry = old[pair.old]
        if (entry.method, bare(entry.path)) not in routes:
            aliases[f"{entry.method} {entry.path}"] = pair.new
    return aliases


def _moves(changes: Iterable[Change]) -> Iterator[Move]:
    for change in changes:
        if change.id in _MOVES:
            is_whole = change.area == "operation" or change.id == "schema-renamed"
            for fact in change.facts:
                yield Move(_MOVES[change.id], "" if is_whole else fact.where, str(fact.old), str(fact.new))
