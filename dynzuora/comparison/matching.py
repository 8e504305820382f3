"""Pairs the operations, parameters, properties and alternatives of two documents.

Equal names are certain; the rest is paired by similarity, the best pair first. Similarity is
symmetric, so comparing in the other direction gives the same pairs.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from dynzuora._names import canonical, split_words
from dynzuora.comparison.shapes import Shape, Version
from dynzuora.document import Entry
from dynzuora.model import Schema

SIMILAR = 0.5
"""The least `similarity` of two schemas that may be one under two names."""

_SIMILAR_NAMES = 0.75
"""The least `name_similarity` of what may have been renamed."""

_BRACES = re.compile(r"\{([^{}]*)\}")


class OperationPair(NamedTuple):
    """One operation in both documents."""

    old: str
    new: str


def operations(old: Mapping[str, Entry], new: Mapping[str, Entry]) -> list[OperationPair]:
    """Pair the operations: by id, then by method and path, then by a spelling of the id.

    An id that changed places with another is of no help: both of its routes are still served.
    """
    old_routes = {_route(id, entry) for id, entry in old.items()}
    new_routes = {_route(id, entry) for id, entry in new.items()}
    pairs = [
        OperationPair(id, id)
        for id in old
        if id in new
        and not (
            _route(id, old[id]) != _route(id, new[id])
            and _route(id, old[id]) in new_routes
            and _route(id, new[id]) in old_routes
        )
    ]
    for key in (_route, _spelling):
        old_ids, new_ids = {pair.old for pair in pairs}, {pair.new for pair in pairs}
        new_by_key = _unique(key, {id: entry for id, entry in new.items() if id not in new_ids})
        old_by_key = _unique(key, {id: entry for id, entry in old.items() if id not in old_ids})
        pairs += [OperationPair(id, new_by_key[it]) for it, id in old_by_key.items() if it in new_by_key]
    return pairs


def _unique(
    key: Callable[[str, Entry], tuple[str, str]], entries: Mapping[str, Entry]
) -> dict[tuple[str, str], str]:
    groups: dict[tuple[str, str], list[str]] = {}
    for id, entry in entries.items():
        groups.setdefault(key(id, entry), []).append(id)
    return {value: ids[0] for value, ids in groups.items() if len(ids) == 1}


def _route(id: str, entry: Entry) -> tuple[str, str]:
    return entry.method, bare(entry.path)


def _spelling(id: str, entry: Entry) -> tuple[str, str]:
    return entry.method, canonical(id)


def bare(path: str) -> str:
    """Return ``path`` without the names of its parameters."""
    return _BRACES.sub("{}", path)


def path_parameters(old: str, new: str) -> dict[str, str]:
    """Return old → new name of the path parameters: by position, or else only equal names."""
    old_names, new_names = _BRACES.findall(old), _BRACES.findall(new)
    if bare(old) == bare(new):
        return dict(zip(old_names, new_names, strict=True))
    partners = {name: name for name in old_names if name in new_names}
    removed = [name for name in old_names if name not in partners]
    added = [name for name in new_names if name not in partners]
    if len(old_names) == len(new_names) and len(removed) == len(added):
        partners |= dict(zip(removed, added, strict=True))
    return partners


def similarity(old: Shape, new: Shape) -> float:
    """Return how similar two schemas are, from 0 to 1: by type, property names and enum values."""
    if old.type != new.type:
        return 0.0
    old_marks = set(old.properties) | {f"={value}" for value in old.words.get("enum", ())}
    new_marks = set(new.properties) | {f"={value}" for value in new.words.get("enum", ())}
    if not old_marks and not new_marks:
        return 1.0
    return 2 * len(old_marks & new_marks) / (len(old_marks) + len(new_marks))


def name_similarity(old: str, new: str) -> float:
    """Return how similar two names are, from 0 to 1, case and punctuation ignored."""
    first, second = sorted((canonical(old), canonical(new)))
    if first == second:
        return 1.0
    return difflib.SequenceMatcher(None, first, second, autojunk=False).ratio()


def _best(scores: Iterator[tuple[float, str, str]]) -> dict[str, str]:
    """Return the pairs with the best scores, each name at most once."""
    pairs: dict[str, str] = {}
    for _, old, new in sorted(scores, key=lambda row: (-row[0], sorted(row[1:]))):
        if old not in pairs and new not in pairs.values():
            pairs[old] = new
    return pairs


def renamed(old: Mapping[str, Shape], new: Mapping[str, Shape]) -> dict[str, str]:
    """Return old → new name of what was renamed: both the names and the schemas are similar."""

    def scores() -> Iterator[tuple[float, str, str]]:
        for old_name, old_shape in old.items():
            for new_name, new_shape in new.items():
                if similarity(old_shape, new_shape) < SIMILAR:  # which is quicker to tell than the names
                    continue
                score = name_similarity(old_name, new_name)
                if score >= _SIMILAR_NAMES and _has_same_words(old_name, new_name):
                    yield score, old_name, new_name

    return _best(scores())


def _has_same_words(old: str, new: str) -> bool:
    """Whether the words differ in spelling only, unlike those of ``startDate`` and ``endDate``."""
    old_words, new_words = ([word.lower() for word in split_words(name)] for name in (old, new))
    removed = [word for word in old_words if word not in new_words]
    added = [word for word in new_words if word not in old_words]
    if canonical(old) == canonical(new) or not removed or not added:
        return True
    return all(any(name_similarity(word, other) >= _SIMILAR_NAMES for other in added) for word in removed)


def alternatives(
    old: Version, new: Version, olds: Sequence[Schema], news: Sequence[Schema]
) -> dict[int, int]:
    """Return old → new number of the alternatives that match: by name, exactly, or by similarity."""
    pairs: dict[int, int] = {}

    def unpaired() -> Iterator[tuple[int, int]]:
        for number in range(len(olds)):
            for other in range(len(news)):
                if number not in pairs and other not in pairs.values():
                    yield number, other

    for number, other in unpaired():
        name = old.resolved(olds[number])[0]
        if name and name == new.resolved(news[other])[0]:
            pairs[number] = other
    for number, other in unpaired():
        if "$ref" not in olds[number] and _normal_form(olds[number]) == _normal_form(news[other]):
            pairs[number] = other
    scores = (
        (similarity(old.shape(olds[number]), new.shape(news[other])), str(number), str(other))
        for number, other in list(unpaired())
    )
    best = _best(row for row in scores if row[0] >= SIMILAR)
    return pairs | {int(number): int(other) for number, other in best.items()}


def _normal_form(node: Any) -> str:
    """Return a schema as text that does not depend on the order of keys and lists."""
    if isinstance(node, list):
        return f"[{','.join(sorted(map(_normal_form, node)))}]"
    if not isinstance(node, Mapping):
        return json.dumps(node)
    if len(node) == 1 and isinstance(all_of := node.get("allOf"), list) and len(all_of) == 1:
        return _normal_form(all_of[0])  # an ``allOf`` of one says no more than its member
    return f"{{{','.join(f'{name}:{_normal_form(node[name])}' for name in sorted(node))}}}"
