"""What changed in the values a schema takes: types, limits, lists of values, and the rest of its words.

Pure functions from two shapes to (kind, old, new). A limit that does not apply to the type
is no limit, and a word in its default is no word: `shapes` has left both out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from dynzuora.comparison.shapes import Shape
from dynzuora.model import LOWER, UPPER

Difference = tuple[str, Any, Any]


def type_change(old: str, new: str) -> str:
    """Return the kind of a change of type; empty when there is none."""
    if old == new:
        return ""
    olds, news = set(old.split(" and ")), set(new.split(" and "))
    if not new or (old, new) == ("integer", "number") or news < olds:
        return "type-widened"
    if not old or (old, new) == ("number", "integer") or olds < news:
        return "type-narrowed"
    return "type-changed"


def of_words(old: Shape, new: Shape, *, prose: bool) -> Iterator[Difference]:
    """Yield what changed in the words that do not decide which values are taken."""
    if old.words is new.words:
        return
    was, now = "deprecated" in old.words, "deprecated" in new.words
    if was != now:
        yield "property-deprecated" if now else "property-undeprecated", was, now
    yield from _discriminator(old.words.get("discriminator"), new.words.get("discriminator"))
    if prose:
        for word in ("title", "description"):
            if old.words.get(word) != new.words.get(word):
                yield "description-changed", old.words.get(word), new.words.get(word)


def _discriminator(old: Any, new: Any) -> Iterator[Difference]:
    old_name, new_name = (each and each.get("propertyName") for each in (old, new))
    if old_name != new_name:
        kind = "added" if not old_name else "removed" if not new_name else "changed"
        yield f"discriminator-{kind}", old_name, new_name
    elif old_name:
        old_names, new_names = (each.get("mapping", {}).keys() for each in (old, new))
        if old_names - new_names:
            yield "discriminator-mapping-removed", sorted(old_names - new_names), None
        if new_names - old_names:
            yield "discriminator-mapping-added", None, sorted(new_names - old_names)


def of_values(old: Shape, new: Shape) -> Iterator[Difference]:
    """Yield what changed in the values that both take, of a type that did not change for the worse."""
    before, after = old.words, new.words
    if before == after:
        return
    if ("nullable" in before) != ("nullable" in after):
        nullable = "nullable" in after
        yield ("null-allowed" if nullable else "null-refused"), not nullable, nullable
    yield from _enum(before.get("enum"), after.get("enum"))
    for word in UPPER:
        yield from _limit(word, before, after, upper=True)
    for word in LOWER:
        yield from _limit(word, before, after, upper=False)
    yield from _multiple(before.get("multipleOf"), after.get("multipleOf"))
    if ("uniqueItems" in before) != ("uniqueItems" in after):
        unique = "uniqueItems" in after
        yield ("unique-items-set" if unique else "unique-items-dropped"), not unique, unique
    for word, kinds in _SET_CHANGED_DROPPED.items():
        was, now = before.get(word), after.get(word)
        if word in before and word in after and text(was) != text(now):
            yield (_NUMBER_FORMATS.get((was, now), kinds[1]) if word == "format" else kinds[1]), was, now
        elif word in after and word not in before:
            yield kinds[0], None, now
        elif word in before and word not in after:
            yield kinds[2], was, None


_SET_CHANGED_DROPPED = {
    "pattern": ("pattern-set", "pattern-changed", "pattern-dropped"),
    "format": ("format-set", "format-changed", "format-dropped"),
    "default": ("default-added", "default-changed", "default-removed"),
    "not": ("exclusion-set", "exclusion-changed", "exclusion-dropped"),
}

_NUMBER_FORMATS: dict[tuple[Any, Any], str] = {
    ("int32", "int64"): "format-widened",
    ("int64", "int32"): "format-narrowed",
    ("float", "double"): "format-widened",
    ("double", "float"): "format-narrowed",
}


def text(value: Any) -> str:
    """Return ``value`` so that equal JSON is equal text, 1 and 1.0 included, 1 and true not."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(value, sort_keys=True, default=str)


#: What YAML takes for a boolean comes back as any of these; one in place of another is no change.
_DAMAGED = [
    (was, now)
    for words in (("Yes", "True", "true", True), ("No", "False", "false", False))
    for was in words
    for now in words
    if was is not now
]


def _enum(old: Any, new: Any) -> Iterator[Difference]:
    if old is None and new is None:
        return
    if old is None:
        yield "enum-set", None, new
    elif new is None:
        yield "enum-dropped", old, None
    else:
        olds, news = set(map(text, old)), set(map(text, new))
        gone = [each for each in old if text(each) not in news]
        come = [each for each in new if text(each) not in olds]
        for was, now in _DAMAGED:
            if was in gone and now in come:
                gone.remove(was)
                come.remove(now)
        if gone:
            yield "enum-value-removed", gone, None
        if come:
            yield "enum-value-added", None, come


_EXCLUSIVE = {"maximum": "exclusiveMaximum", "minimum": "exclusiveMinimum"}


def _limit(word: str, old: Any, new: Any, *, upper: bool) -> Iterator[Difference]:
    was, now = old.get(word), new.get(word)
    if was is None and now is None:
        return
    name = _kebab(word)
    if was is None:
        yield f"{name}-set", None, now
    elif now is None:
        yield f"{name}-dropped", was, None
    else:
        exclusive = _EXCLUSIVE.get(word, "")
        sign = -1 if upper else 1
        before = (was, sign * bool(old.get(exclusive)))
        after = (now, sign * bool(new.get(exclusive)))
        if before != after:
            shown = _shown(was, before[1], upper), _shown(now, after[1], upper)
            yield f"{name}-{'raised' if after > before else 'lowered'}", *shown


def _shown(limit: Any, exclusive: int, upper: bool) -> Any:
    return f"{'below' if upper else 'above'} {limit}" if exclusive else limit


def _kebab(word: str) -> str:
    return "".join(f"-{each.lower()}" if each.isupper() else each for each in word)


def _multiple(old: Any, new: Any) -> Iterator[Difference]:
    if old == new:
        return
    was, now = (None if each is None else Decimal(str(each)) for each in (old, new))
    if was is None or (now is not None and now % was == 0):
        yield "multiple-of-narrowed", old, new
    elif now is None or was % now == 0:
        yield "multiple-of-widened", old, new
    else:
        yield "multiple-of-changed", old, new
