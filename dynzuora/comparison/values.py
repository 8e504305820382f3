"""Compare which values two schemas accept: types, limits, enums, and the remaining keywords.

Pure functions from two shapes to (kind, old, new). Limits that do not apply to the type, and
keywords that only repeat their default, are not here: `shapes` leaves them out.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from dynzuora.comparison.shapes import Shape
from dynzuora.comparison.shapes import text as text
from dynzuora.model import LOWER, UPPER

Row = tuple[str, Any, Any]
"""Kind, old value, new value."""


def type_change(old: str, new: str, *, is_text: bool = False) -> str:
    """Return the kind of a change of type; empty if there is none.

    ``is_text``: values are written as text, which any text is, and some of it a number.
    """
    if old == new:
        return ""
    if is_text and "string" in (old, new) and {old, new} <= _WRITTEN:
        return "type-widened" if new == "string" else "type-narrowed"
    old_types, new_types = set(old.split(" and ")), set(new.split(" and "))
    if not new or (old, new) == ("integer", "number") or new_types < old_types:
        return "type-widened"
    if not old or (old, new) == ("number", "integer") or old_types < new_types:
        return "type-narrowed"
    return "type-changed"


_WRITTEN = {"string", "number", "integer", "boolean"}
"""Types whose values are written as text as they are."""


def keyword_differences(
    old: Shape, new: Shape, *, descriptions: bool = False, is_text: bool = False
) -> Iterator[Row]:
    """Yield what changed in the keywords of a schema as a whole, whichever it stands for."""
    if old.words is new.words:
        return
    if not is_text and _is_any(old) == _is_any(new):
        yield from _null(old, new)
    was, now = "deprecated" in old.words, "deprecated" in new.words
    if was != now:
        yield "property-deprecated" if now else "property-undeprecated", was, now
    yield from _discriminator(old.words.get("discriminator"), new.words.get("discriminator"))
    yield from _keyword("default", old.words, new.words)
    if descriptions:
        for word in ("title", "description"):
            if old.words.get(word) != new.words.get(word):
                yield "description-changed", old.words.get(word), new.words.get(word)


def _discriminator(old: Any, new: Any) -> Iterator[Row]:
    old_name, new_name = (value and value.get("propertyName") for value in (old, new))
    if old_name != new_name:
        kind = "added" if not old_name else "removed" if not new_name else "changed"
        yield f"discriminator-{kind}", old_name, new_name
    elif old_name:
        old_names, new_names = (value.get("mapping", {}).keys() for value in (old, new))
        if old_names - new_names:
            yield "discriminator-mapping-removed", sorted(old_names - new_names), None
        if new_names - old_names:
            yield "discriminator-mapping-added", None, sorted(new_names - old_names)


def value_differences(old: Shape, new: Shape) -> Iterator[Row]:
    """Yield what changed in the values that two schemas of one type accept."""
    before, after = old.words, new.words
    if before == after:
        return
    yield from _enum(before.get("enum"), after.get("enum"))
    for word in UPPER:
        yield from _limit(word, before, after, upper=True)
    for word in LOWER:
        yield from _limit(word, before, after, upper=False)
    yield from _multiple(before.get("multipleOf"), after.get("multipleOf"))
    if ("uniqueItems" in before) != ("uniqueItems" in after):
        unique = "uniqueItems" in after
        yield ("unique-items-set" if unique else "unique-items-dropped"), not unique, unique
    for word in ("pattern", "format"):
        yield from _keyword(word, before, after)


def _null(old: Shape, new: Shape) -> Iterator[Row]:
    was, now = _takes_null(old), _takes_null(new)
    listed = old.words.get("nullable"), new.words.get("nullable")
    if listed in (("listed", "not listed"), ("not listed", "listed")):
        was, now = (word == "listed" for word in listed)
    if was != now:
        yield ("null-allowed" if now else "null-refused"), was, now


def _takes_null(shape: Shape) -> bool:
    return "nullable" in shape.words or _is_any(shape)


def _is_any(shape: Shape) -> bool:
    return not (shape.type or "enum" in shape.words or shape.alternatives)


def is_listed(old: Shape, new: Shape) -> bool:
    """Whether one side takes anything and the other lists its values, which says their type as well."""
    any_side, other = (old, new) if _is_any(old) else (new, old)
    return _is_any(any_side) and "enum" in other.words


def _keyword(word: str, before: Any, after: Any) -> Iterator[Row]:
    kinds = _SET_CHANGED_DROPPED[word]
    was, now = before.get(word), after.get(word)
    if word in before and word in after:
        if text(was) != text(now):
            yield (_NUMBER_FORMATS.get((was, now), kinds[1]) if word == "format" else kinds[1]), was, now
    elif word in after:
        yield kinds[0], None, now
    elif word in before:
        yield kinds[2], was, None


_SET_CHANGED_DROPPED = {
    "pattern": ("pattern-set", "pattern-changed", "pattern-dropped"),
    "format": ("format-set", "format-changed", "format-dropped"),
    "default": ("default-added", "default-changed", "default-removed"),
}

_NUMBER_FORMATS: dict[tuple[Any, Any], str] = {
    ("int32", "int64"): "format-widened",
    ("int64", "int32"): "format-narrowed",
    ("float", "double"): "format-widened",
    ("double", "float"): "format-narrowed",
}


#: YAML reads ``Yes`` and ``No`` as booleans, so any of these may stand for the same value.
_YAML_BOOLEANS = [
    (was, now)
    for words in (("Yes", "True", "true", True), ("No", "False", "false", False))
    for was in words
    for now in words
    if was is not now
]


def _enum(old: Any, new: Any) -> Iterator[Row]:
    if old is None and new is None:
        return
    if old is None:
        yield "enum-set", None, new
    elif new is None:
        yield "enum-dropped", old, None
    else:
        old_texts, new_texts = set(map(text, old)), set(map(text, new))
        removed = [value for value in old if text(value) not in new_texts]
        added = [value for value in new if text(value) not in old_texts]
        for was, now in _YAML_BOOLEANS:
            if was in removed and now in added:
                removed.remove(was)
                added.remove(now)
        if removed and added and len(removed) == len(old):
            yield "enum-replaced", removed, added
            return
        if removed:
            yield "enum-value-removed", removed, None
        if added:
            yield "enum-value-added", None, added


_EXCLUSIVE = {"maximum": "exclusiveMaximum", "minimum": "exclusiveMinimum"}


def _limit(word: str, old: Any, new: Any, *, upper: bool) -> Iterator[Row]:
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
            kind = f"{name}-{'raised' if after > before else 'lowered'}"
            yield kind, _limit_text(was, before[1], upper), _limit_text(now, after[1], upper)


def _limit_text(limit: Any, exclusive: int, upper: bool) -> Any:
    return f"{'below' if upper else 'above'} {limit}" if exclusive else limit


def _kebab(word: str) -> str:
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in word)


def _multiple(old: Any, new: Any) -> Iterator[Row]:
    if old == new:
        return
    was, now = (None if value is None else Decimal(str(value)) for value in (old, new))
    if was is None or (now is not None and now % was == 0):
        yield "multiple-of-narrowed", old, new
    elif now is None or was % now == 0:
        yield "multiple-of-widened", old, new
    else:
        yield "multiple-of-changed", old, new
