"""Find, read, check, repair and resolve a document; hand out one slice per operation."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .prepared import DocumentWarning, Entry, Prepared, in_memory

__all__ = ["DocumentWarning", "Entry", "Prepared", "dereferenced", "prepare"]


def prepare(source: Any, *, overlay: Any = None, external_files: bool = False) -> Prepared:
    """Return ``source`` in its prepared form."""
    from .preparing import prepared_files

    if isinstance(source, Prepared):
        return source
    name = "mapping"
    if not isinstance(source, Mapping):
        path = Path(source)
        if not path.exists():
            path = Path(os.environ.get("DYNZUORA_FULL_SPECS", "specs")) / f"zuora-{source}.json"
        name, source = str(path), json.loads(path.read_bytes())
    return in_memory(prepared_files(source), source=name)


def dereferenced(slice: Mapping[str, Any]) -> dict[str, Any]:
    """Return the slice as a graph of shared nodes; recursion stays a reference."""
    from prance.util.resolver import RESOLVE_INTERNAL, RefResolver, keep_ref_on_recursion

    resolver = RefResolver(
        dict(slice),
        "file:///slice",
        resolve_types=RESOLVE_INTERNAL,
        recursion_limit_handler=keep_ref_on_recursion,
    )
    resolver.resolve_references()
    result: dict[str, Any] = resolver.specs
    return result
