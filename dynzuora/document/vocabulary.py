"""The words of a document's operations, gathered when it is prepared: a search reads nothing else.

Words are lower case and singular. Of names (parameters, fields of bodies and replies) it is
kept which operations have them, so that the words of a name are stored once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dynzuora._names import tokens
from dynzuora.document.shapes import METHODS
from dynzuora.model import OperationModel

KINDS = ("parameter", "field", "reply")
"""What a name belongs to: a parameter, the request's body or the body of a success."""

_SHORTEST_PART = 3


def vocabulary(operations: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the words of operations, which are given as slices.

    ``ids``, ``titles``, ``paths``, ``tags`` and ``prose`` have an entry for each operation, all
    but ``ids`` as words with spaces between them. ``names`` has rows of name, its words, and for
    each of ``KINDS`` the positions of the operations that have it.
    """
    rows: dict[str, list[str]] = {"ids": [], "titles": [], "paths": [], "tags": [], "prose": []}
    names: dict[str, tuple[list[int], ...]] = {}
    for position, operation in enumerate(operations):
        rows["ids"].append(operation["id"])
        rows["titles"].append(_joined([*_title(operation["id"]), *_title(operation["summary"])]))
        static = [part for part in operation["path"].split("/") if not part.startswith("{")]
        rows["paths"].append(_joined(word for part in static for word in tokens(part)))
        rows["tags"].append(_joined(word for tag in operation["tags"] for word in tokens(tag)))
        rows["prose"].append(_joined(tokens(operation.get("description", ""))))
        if not operation.get("fault"):
            for kind, found in enumerate(_names(operation)):
                for name in found:
                    names.setdefault(name, ([], [], []))[kind].append(position)
    return {
        **rows,
        "titles": _with_parts(rows),
        "names": [[name, " ".join(tokens(name)), *positions] for name, positions in names.items()],
    }


def _joined(words: Iterable[str]) -> str:
    return " ".join(dict.fromkeys(words))


_METHODS = frozenset({*METHODS, "object", "action"})


def _title(text: str) -> list[str]:
    """Return the words of an id or a summary without the method that it begins with."""
    words = tokens(text)
    while len(words) > 1 and words[0] in _METHODS:
        words = words[1:]
    return words


def _with_parts(rows: Mapping[str, list[str]]) -> list[str]:
    """Return the titles with the parts of words that others write apart: ``paymentgateways``."""
    known = {word for name in ("titles", "paths", "tags") for row in rows[name] for word in row.split()}
    parts: dict[str, list[str]] = {}
    for word in known:
        for cut in range(_SHORTEST_PART, len(word) - _SHORTEST_PART + 1):
            if word[:cut] in known and word[cut:] in known:
                parts[word] = [word[:cut], word[cut:]]
    return [
        _joined(part for word in title.split() for part in parts.get(word, [word]))
        for title in rows["titles"]
    ]


def _names(operation: Mapping[str, Any]) -> tuple[Iterable[str], ...]:
    model = OperationModel(operation)
    bodies = (model.body.schema, model.reply.schema)
    fields = (
        dict.fromkeys(name for schema in model.schemas.below(body) for name in schema.get("properties", ()))
        for body in bodies
    )
    return (dict.fromkeys(parameter["name"] for parameter in operation["parameters"]), *fields)
