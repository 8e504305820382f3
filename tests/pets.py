"""The small document that comparisons are shown on, and ways to change it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

CORPUS: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parent / "data/diff/corpus.yaml").read_text(encoding="utf-8")
)


def pets(**version: str) -> dict[str, Any]:
    """Return the document of the corpus, of another version if one is given."""
    document: dict[str, Any] = copy.deepcopy(CORPUS["base"])
    document["info"].update(version)
    return document


def changed(
    document: Mapping[str, Any],
    set: Mapping[str, Any] | None = None,
    remove: tuple[str, ...] | list[str] = (),
) -> dict[str, Any]:
    """Return a copy of ``document`` with values set and removed; paths as the corpus writes them."""
    result: dict[str, Any] = copy.deepcopy(dict(document))
    for path, value in (set or {}).items():
        holder, key = _place(result, path)
        holder[key] = copy.deepcopy(value)
    for path in remove:
        holder, key = _place(result, path)
        del holder[key]
    return result


def _place(document: Any, path: str) -> tuple[Any, Any]:
    first, *rest = path.split(".")
    *way, last = [*CORPUS["places"][first], *rest]
    for key in way:
        document = document[int(key)] if isinstance(document, list) else document[key]
    return document, int(last) if isinstance(document, list) else last
