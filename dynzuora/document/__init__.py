"""Find, read, check, repair and resolve a document; hand out one slice per operation.

Names are loaded at first touch: a warm start needs the index and a few slices, and
none of what prepares them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynzuora import _lazy

if TYPE_CHECKING:
    from dynzuora.document.facts_only import facts, facts_text
    from dynzuora.document.loading import prepare, repaired
    from dynzuora.document.prepared import DocumentWarning, Entry, Prepared
    from dynzuora.document.resolution import dereferenced
    from dynzuora.document.sources import DEFAULT_VERSION, Known, known
    from dynzuora.document.store import add

__all__ = [
    "DEFAULT_VERSION",
    "DocumentWarning",
    "Entry",
    "Known",
    "Prepared",
    "add",
    "dereferenced",
    "facts",
    "facts_text",
    "known",
    "prepare",
    "repaired",
]

__getattr__ = _lazy.exports(
    __name__,
    {
        "DEFAULT_VERSION": "sources",
        "DocumentWarning": "prepared",
        "Entry": "prepared",
        "Known": "sources",
        "Prepared": "prepared",
        "add": "store",
        "dereferenced": "resolution",
        "facts": "facts_only",
        "facts_text": "facts_only",
        "known": "sources",
        "prepare": "loading",
        "repaired": "loading",
    },
)
