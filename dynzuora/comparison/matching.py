"""Which operation, parameter, property or alternative of the old document is which of the new.

Names that stay are certain; the rest is paired by likeness, the best pair first. Likeness does
not depend on the order of the arguments, so a comparison the other way round finds the same.
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

#: How alike two schemas have to be to be one under two names, 0 to 1.
LIKE = 0.5

#: How alike two names have to be, when what they name is alike too.
_NAMES_LIKE = 0.75

_BRACES = re.compile(r"\{([^{}]*)\}")


class OperationPair(NamedTuple):
    """One operation in both documents."""

    old: str
    new: str


def operations(old: Mapping[str, Entry], new: Mapping[str, Entry]) -> list[OperationPair]:
    """Pair the operations: by id, then by method and path, then by a spelling of the id."""
    pairs = [OperationPair(id, id) for id in old if id in new]
    for key in (_address, _spelling):
        done_old, done_new = {each.old for each in pairs}, {each.new for each in pairs}
        left_new = _unique(key, {id: entry for id, entry in new.items() if id not in done_new})
        left_old = _unique(key, {id: entry for id, entry in old.items() if id not in done_old})
        pairs += [OperationPair(id, left_new[each]) for each, id in left_old.items() if each in left_new]
    return pairs


def _unique(
    key: Callable[[str, Entry], tuple[str, str]], entries: Mapping[str, Entry]
) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], list[str]] = {}
    for id, entry in entries.items():
        found.setdefault(key(id, entry), []).append(id)
    return {each: ids[0] for each, ids in found.items() if len(ids) == 1}


def _address(id: str, entry: Entry) -> tuple[str, str]:
    return entry.method, bare(entry.path)


def _spelling(id: str, entry: Entry) -> tuple[str, str]:
    return entry.method, canonical(id)


def bare(path: str) -> str:
    """Return ``path`` without the names of its parameters."""
    return _BRACES.sub("{}", path)


def path_parameters(old: str, new: str) -> dict[str, str]:
    """Return old → new name of the path parameters, by position; empty when that cannot be told."""
    olds, news = _BRACES.findall(old), _BRACES.findall(new)
    if bare(old) == bare(new):
        return dict(zip(olds, news, strict=True))
    left_old = [each for each in olds if each not in news]
    left_new = [each for each in news if each not in olds]
    same = {each: each for each in olds if each in news}
    if len(olds) == len(news) and len(left_old) == len(left_new):
        same |= dict(zip(left_old, left_new, strict=True))
    return same


def likeness(old: Shape, new: Shape) -> float:
    """Return how alike two schemas are, by their type, properties and values."""
    if old.type != new.type:
        return 0.0
    olds = set(old.properties) | {f"={each}" for each in old.words.get("enum", ())}
    news = set(new.properties) | {f"={each}" for each in new.words.get("enum", ())}
    if not olds and not news:
        return 1.0
    return 2 * len(olds & news) / (len(olds) + len(news))


def names(old: str, new: str) -> float:
    """Return how alike two names are; spelling apart from letters does not count."""
    first, second = sorted((canonical(old), canonical(new)))
    if first == second:
        return 1.0
    return difflib.SequenceMatcher(None, first, second, autojunk=False).ratio()


def _best(scores: Iterator[tuple[float, str, str]]) -> dict[str, str]:
    """Return the pairs with the best scores, each name once."""
    pairs: dict[str, str] = {}
    for _, old, new in sorted(scores, key=lambda each: (-each[0], sorted(each[1:]))):
        if old not in pairs and new not in pairs.values():
            pairs[old] = new
    return pairs


def renamed(old: Mapping[str, Shape], new: Mapping[str, Shape]) -> dict[str, str]:
    """Return old → new name of what is only called otherwise: both the names and the schemas are alike."""

    def scores() -> Iterator[tuple[float, str, str]]:
        for old_name, old_shape in old.items():
            for new_name, new_shape in new.items():
                if likeness(old_shape, new_shape) < LIKE:
                    continue
                score = names(old_name, new_name)
                if score >= _NAMES_LIKE and _same_words(old_name, new_name):
                    yield score, old_name, new_name

    return _best(scores())


def _same_words(old: str, new: str) -> bool:
    """Whether the names differ in spelling only: ``startDate`` and ``endDate`` have words of their own."""
    olds, news = ([word.lower() for word in split_words(name)] for name in (old, new))
    own_old = [each for each in olds if each not in news]
    own_new = [each for each in news if each not in olds]
    if canonical(old) == canonical(new) or not own_old or not own_new:
        return True
    return all(any(names(each, other) >= _NAMES_LIKE for other in own_new) for each in own_old)


def alternatives(
    old: Version, new: Version, olds: Sequence[Schema], news: Sequence[Schema]
) -> dict[int, int]:
    """Return number → number of the alternatives that are the same: by name, as a whole, by likeness."""
    pairs: dict[int, int] = {}

    def left() -> Iterator[tuple[int, int]]:
        for number in range(len(olds)):
            for other in range(len(news)):
                if number not in pairs and other not in pairs.values():
                    yield number, other

    for number, other in left():
        name = old.resolved(olds[number])[0]
        if name and name == new.resolved(news[other])[0] and number not in pairs:
            pairs[number] = other
    for number, other in left():
        if "$ref" not in olds[number] and _ordered(olds[number]) == _ordered(news[other]):
            pairs[number] = other
    scores = [
        (likeness(old.shape(olds[number]), new.shape(news[other])), str(number), str(other))
        for number, other in left()
    ]
    best = _best(each for each in scores if each[0] >= LIKE)
    return pairs | {int(number): int(other) for number, other in best.items()}


def _ordered(node: Any) -> str:
    """Return a schema as text that is the same in whatever order its keys and lists stand."""
    if isinstance(node, list):
        return f"[{','.join(sorted(map(_ordered, node)))}]"
    if not isinstance(node, Mapping):
        return json.dumps(node)
    if len(node) == 1 and isinstance(all_of := node.get("allOf"), list) and len(all_of) == 1:
        return _ordered(all_of[0])  # an ``allOf`` of one says no more than its member
    return f"{{{','.join(f'{name}:{_ordered(node[name])}' for name in sorted(node))}}}"
