"""Keywords that hold conditions (``if``, ``contains``, ``patternProperties``…), compared as a whole.

Which of two conditions accepts more cannot be told from how they are written, so only a value
decides. This module says that they differ, and has the values that may show it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from dynzuora._patterns import sample
from dynzuora._references import Components, resolve
from dynzuora.comparison.shapes import CONDITIONS, PROSE, text
from dynzuora.comparison.values import Row
from dynzuora.model import Schema, parts

_MOST_NAMES = 4
_ANY_VALUES: tuple[Any, ...] = ("text", 1, True, None, {})


def condition_differences(old: Schema, new: Schema, *components: Components) -> Iterator[Row]:
    """Yield what changed in the conditions of two schemas."""
    stated = [_conditions(schema, named) for schema, named in zip((old, new), components, strict=True)]
    for keyword in CONDITIONS:
        was, now = (side[keyword] for side in stated)
        if was and now and is_same(was, now, *components):
            continue
        if was or now:
            kind = "exclusion" if keyword == "not" else "condition"
            change = "changed" if was and now else "set" if now else "dropped"
            yield f"{kind}-{change}", _shown(keyword, was), _shown(keyword, now)


def _shown(keyword: str, stated: list[Schema]) -> Any:
    if keyword == "not":
        stated = [row["not"] for row in stated]
    return None if not stated else stated[0] if len(stated) == 1 else stated


def _conditions(schema: Schema, components: Components) -> dict[str, list[Schema]]:
    """Return keyword → each condition that ``schema`` and what it is made of state with it."""
    stated: dict[str, list[Schema]] = {keyword: [] for keyword in CONDITIONS}
    for _, part in parts(schema, components):
        for keyword in CONDITIONS.keys() & part.keys():
            row = {word: part[word] for word in (keyword, *CONDITIONS[keyword]) if word in part}
            if not _is_idle(keyword, row) and row not in stated[keyword]:
                stated[keyword].append(row)
    return stated


def _is_idle(keyword: str, row: Schema) -> bool:
    """Whether a condition holds for every value."""
    if keyword in ("not", "contains"):
        return False
    return len(row) == 1 if keyword == "if" else row[keyword] in (True, {}, [])


def is_same(old: Any, new: Any, old_components: Components, new_components: Components) -> bool:
    """Whether two schemas or parts of operations say the same with all that they refer to, prose apart."""
    waiting, seen = [(old, new, False)], set()
    while waiting:
        was, now, has_names = waiting.pop()
        if isinstance(was, Mapping) and isinstance(now, Mapping):
            was, now = resolve(was, old_components)[1], resolve(now, new_components)[1]
        if (id(was), id(now)) in seen:
            continue
        seen.add((id(was), id(now)))
        if isinstance(was, Mapping) and isinstance(now, Mapping):
            words = [side.keys() if has_names else side.keys() - PROSE for side in (was, now)]
            if words[0] != words[1]:
                return False
            waiting += ((was[word], now[word], not has_names and word in _NAMING) for word in words[0])
        elif isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
            waiting += ((*pair, False) for pair in zip(was, now, strict=True))
        elif text(was) != text(now):
            return False
    return True


_NAMING = frozenset({"properties", "patternProperties", "dependentSchemas", "dependentRequired"})
"""Keywords under which any word is a name."""


def candidates(
    words: list[Schema], starts: list[Any], example: Callable[[Schema], Any], components: Components
) -> Iterator[Any]:
    """Yield values for the conditions among ``words``, made from values without regard to them."""
    objects = [start for start in starts if isinstance(start, dict)] or [{}]
    lists = [start for start in starts if isinstance(start, list)] or [[]]
    for own in words:
        if not CONDITIONS.keys().isdisjoint(own):
            yield from _lists(own, lists, example)
            yield from _objects(own, objects, example, components)


def _lists(own: Schema, starts: list[list[Any]], example: Callable[[Schema], Any]) -> Iterator[list[Any]]:
    if "contains" in own:
        item = example(own["contains"])
        most = max(own.get("minContains", 1), own.get("maxContains", 1))
        for count in range(min(int(most), 20) + 2):
            yield [item] * count
            yield from ([*start, *[item] * count] for start in starts)
        yield from ([value] * max(own.get("minItems", 1), 1) for value in _ANY_VALUES)
    first = [example(schema) for schema in own.get("prefixItems", ())]
    for position in range(len(first)):
        yield first[: position + 1]
        yield from ([*first[:position], value, *first[position + 1 :]] for value in _ANY_VALUES)
    if first or "unevaluatedItems" in own:
        yield from ([*(first or start), value] for start in starts for value in _ANY_VALUES)


def _objects(
    own: Schema, starts: list[dict[str, Any]], example: Callable[[Schema], Any], components: Components
) -> Iterator[dict[str, Any]]:
    named = {
        name: [example(schema), *_ANY_VALUES]
        for pattern, schema in own.get("patternProperties", {}).items()
        if (name := sample(pattern)) is not None
    }
    if "propertyNames" in own:
        names = own["propertyNames"]
        length = int(names.get("maxLength", 20)) + 1 if isinstance(names, Mapping) else 1
        named |= {name: ["text"] for name in ("a", "A", "1", "x" * min(length, 1_000), str(example(names)))}
    if "unevaluatedProperties" in own:
        named["somethingElse"] = list(_ANY_VALUES)
    for start in starts:
        yield from ({**start, name: value} for name, values in named.items() for value in values)
    mentioned = _mentioned(own, example, components)
    for start in starts:
        for values in itertools.product(*([*mentioned[name], ...] for name in mentioned)):
            changed = {**start, **dict(zip(mentioned, values, strict=True))}
            yield {name: value for name, value in changed.items() if value is not ...}


def _mentioned(own: Schema, example: Callable[[Schema], Any], components: Components) -> dict[str, list[Any]]:
    """Return name → values of the properties that conditions on the same value speak of."""
    names: dict[str, list[Any]] = {}
    for trigger, needed in own.get("dependentRequired", {}).items():
        names |= {name: names.get(name, []) for name in (trigger, *needed)}
    for trigger in own.get("dependentSchemas", {}):
        names.setdefault(trigger, [])
    schemas = [*own.get("dependentSchemas", {}).values(), *(own.get(word) for word in ("if", "then", "else"))]
    for schema in schemas:
        for _, part in parts(schema, components) if isinstance(schema, Mapping) else ():
            names |= {name: names.get(name, []) for name in part.get("required", ())}
            for name, inner in part.get("properties", {}).items():
                names.setdefault(name, []).append(example(inner))
    return {
        name: [*values, *(() if values else ("text",)), *(() if len(names) > 2 else (1, None))]
        for name, values in itertools.islice(names.items(), _MOST_NAMES)
    }
