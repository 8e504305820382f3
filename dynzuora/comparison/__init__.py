"""Compare two versions of a document: facts, then verdicts by a table of rules, then reports.

Both documents are compared as they are prepared: read the same way whatever their format,
repaired, parameters merged, media types and references in one spelling. So a difference
that is left is one that somebody can notice.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dynzuora.comparison.changes import Change, Diff, Fact, Move, Side, Signature, Verdict, Witness, side
from dynzuora.document import Prepared, prepare

if TYPE_CHECKING:
    from dynzuora.comparison.rules import Rule, Rules

__all__ = [
    "Change",
    "Diff",
    "Fact",
    "Move",
    "Rule",
    "Rules",
    "Side",
    "Signature",
    "Verdict",
    "Witness",
    "diff",
]


def __getattr__(name: str) -> Any:
    if name not in ("Rule", "Rules"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from dynzuora.comparison import rules

    return getattr(rules, name)


def diff(
    old: Any,
    new: Any,
    *,
    rules: Path | str | Mapping[str, Any] | None = None,
    descriptions: bool = False,
    today: datetime.date | None = None,
) -> Diff:
    """Return what changed from ``old`` to ``new``: versions, paths, URLs, mappings, or documents.

    ``rules`` is a file that overrides severities and accepts single changes until a day;
    ``descriptions`` asks for changes of prose as well.
    """
    documents = before, after = _prepared(old), _prepared(new)
    unchanged = before.digest == after.digest
    # A file of rules is read even where nothing changed: what is wrong with it is said.
    book = None if unchanged and rules is None else _rules(rules)
    if unchanged or book is None:  # nothing that compares is loaded
        return Diff(side(before), side(after), documents=documents)
    from dynzuora.comparison.comparing import compared

    return compared(before, after, book, prose=descriptions, today=today)


def _rules(given: Path | str | Mapping[str, Any] | None) -> Rules:
    from dynzuora.comparison.rules import rules

    return rules(given)


def _prepared(source: Any) -> Prepared:
    return prepare(getattr(source, "prepared", source))
