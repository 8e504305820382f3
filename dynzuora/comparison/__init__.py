"""Compare two versions of a document: facts, then verdicts by a table of rules, then reports.

A product of its own; it needs no client and no account::

    from dynzuora.comparison import diff

    changes = diff("2020-12-10", "2021-08-20")      # versions, paths, URLs, mappings, documents
    for change in changes.breaking:
        print(change.where, change.message, change.witness)
    changes.to_html()                               # or to_text, to_markdown, to_json, to_sarif
    usage = changes.used_by("scripts/")             # the lines of your own code that break

Every value in a `Diff` is a named tuple of ``dynzuora.comparison.changes``. What a kind of
change means is a row of ``rules.toml``; ``diff(old, new, rules="own.toml")`` overrides it.
``dynzuora.comparison.history`` follows one operation or field over many versions.

Both documents are compared as they are prepared: read the same way whatever their format,
repaired, parameters merged, references and media types in one spelling. So every reported
difference is one that a caller can notice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynzuora import _lazy

if TYPE_CHECKING:
    from dynzuora.comparison.api import Diff, Usage, diff
    from dynzuora.comparison.changes import Change

__all__ = ["Change", "Diff", "Usage", "diff"]

__getattr__ = _lazy.exports(__name__, {"Change": "changes", "Diff": "api", "Usage": "api", "diff": "api"})
