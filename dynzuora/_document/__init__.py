"""Find, read, check, repair and resolve a document; hand out one slice per operation.

Names are loaded at first touch: a warm start needs the index and a few slices, and
none of what prepares them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dynzuora._document.facts_only import facts, facts_text
    from dynzuora._document.loading import prepare, repaired
    from dynzuora._document.prepared import DocumentWarning, Entry, Prepared
    from dynzuora._document.resolution import dereferenced
    from dynzuora._document.sources import DEFAULT_VERSION, Known, known
    from dynzuora._document.store import add

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

#: Where each name is.
_HOMES = {
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
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
