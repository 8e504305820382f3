"""Compare two versions of a document: facts, then verdicts by a table of rules, then reports.

Both documents are compared as they are prepared: read the same way whatever their format,
repaired, parameters merged, media types and references in one spelling. So a difference
that is left is one that somebody can notice.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dynzuora._diff.changes import Change, Diff, Fact, Move, Side, Signature, Verdict, Witness
from dynzuora._diff.rules import Rule, Rules, RulesError
from dynzuora._document import Prepared, prepare

__all__ = [
    "Change",
    "Diff",
    "Fact",
    "Move",
    "Rule",
    "Rules",
    "RulesError",
    "Side",
    "Signature",
    "Verdict",
    "Witness",
    "diff",
]


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
    from dynzuora._diff.comparing import compared

    return compared(_prepared(old), _prepared(new), rules=rules, prose=descriptions, today=today)


def _prepared(source: Any) -> Prepared:
    return prepare(getattr(source, "prepared", source))
