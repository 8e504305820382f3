"""What changed between two schemas, each pair of components compared once.

A pair remembers what it found and which pairs it leads to; whoever reaches a pair reaches
what that leads to. So recursion ends by itself, and the number of operations costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from dynzuora.comparison import matching, values
from dynzuora.comparison.shapes import Shape, Version
from dynzuora.model import Property, Schema

REQUEST, RESPONSE, BOTH = 1, 2, 3
"""Directions as bits: what is read-only is not in requests, what is write-only not in responses."""

Steps = tuple[str, ...]
"""A way into a schema, as the tokens of a JSON pointer."""


class Finding(NamedTuple):
    """One difference between two schemas, and the two places where it was found."""

    kind: str
    owner: str
    """The component that says it; empty for a schema that stands in an operation."""
    steps: Steps
    old: Any
    new: Any
    field: str
    seen: int
    """The directions it is seen in."""
    schemas: tuple[Schema, Schema]
    """The old and the new schema, for a witness."""


class Place(NamedTuple):
    """Where the comparison stands: in which component, how deep, and seen by whom."""

    owner: str
    steps: Steps
    seen: int

    def into(self, *steps: str) -> Place:
        return Place(self.owner, self.steps + steps, self.seen)


class Pair:
    """Two schemas in the same place, what differs between them and where they lead."""

    def __init__(self, number: int, old: Schema, new: Schema, place: Place) -> None:
        self.number = number
        self.old, self.new, self.place = old, new, place
        self.findings: list[Finding] = []
        self.edges: dict[int, int] = {}
        """Number of the other pair → the directions that see it."""


Choices = tuple[str, tuple[Schema, ...]]
"""``oneOf`` or ``anyOf`` with its members."""

_Note = Callable[..., None]


class Schemas:
    """Compares schemas of two versions, component pair by component pair."""

    def __init__(self, old: Version, new: Version, *, prose: bool = False) -> None:
        self.old, self.new = old, new
        self.prose = prose
        self.pairs: list[Pair] = []
        self.renamed: dict[str, str] = {}
        self._numbers: dict[tuple[str | int, str | int], int] = {}

    def pair(self, old: Schema, new: Schema, place: Place) -> int:
        """Return the number of the pair of ``old`` and ``new``, compared now if it was not yet."""
        first = len(self.pairs)
        number = self._number(old, new, place)
        waiting = first
        while waiting < len(self.pairs):
            each = self.pairs[waiting]
            self._compare(each, each.old, each.new, each.place)
            waiting += 1
        return number

    def _number(self, old: Schema, new: Schema, place: Place) -> int:
        old_name, new_name = self.old.resolved(old)[0], self.new.resolved(new)[0]
        key = (old_name or id(old), new_name or id(new))
        if key not in self._numbers:
            self._numbers[key] = len(self.pairs)
            if old_name and new_name and old_name != new_name:
                if self._is_renamed(old_name, new_name):
                    self.renamed.setdefault(old_name, new_name)
                    place = Place(old_name, (), BOTH)
            elif (old_name or new_name) and self._is_one_thing(old_name, new_name):
                place = Place(old_name or new_name, (), BOTH)
            self.pairs.append(Pair(len(self.pairs), old, new, place._replace(seen=BOTH)))
        return self._numbers[key]

    def _is_one_thing(self, old_name: str, new_name: str) -> bool:
        """Whether the pair is one component, be it written out now or made of what was written out."""
        if old_name == new_name:
            return True
        return old_name not in self.new.components if old_name else new_name not in self.old.components

    def _is_renamed(self, old_name: str, new_name: str) -> bool:
        """Whether a schema lives on under another name: neither name is known to the other side."""
        if old_name in self.new.components or new_name in self.old.components:
            return False
        old, new = self.old.components.get(old_name, {}), self.new.components.get(new_name, {})
        return matching.likeness(self.old.shape(old), self.new.shape(new)) >= matching.LIKE

    def _next(self, pair: Pair, old: Schema, new: Schema, place: Place) -> None:
        """Compare what stands in ``pair``; what is referred to, or made by merging, is its own pair."""
        if "$ref" in old or "$ref" in new or "allOf" in old or "allOf" in new:
            number = self._number(old, new, place)
            pair.edges[number] = pair.edges.get(number, 0) | place.seen
        else:
            self._compare(pair, old, new, place)

    def _compare(self, pair: Pair, old: Schema, new: Schema, place: Place) -> None:
        before, after = self.old.shape(old), self.new.shape(new)
        field = field_of(place.steps)

        def note(
            kind: str, was: Any, now: Any, name: str = field, at: Place = place, seen: int = BOTH
        ) -> None:
            if seen & at.seen:
                finding = Finding(kind, at.owner, at.steps, was, now, name, seen & at.seen, (old, new))
                pair.findings.append(finding)

        for kind, was, now in values.of_words(before, after, prose=self.prose):
            note(kind, was, now)
        if bool(before.alternatives) != bool(after.alternatives) and _is_wrapped(before, after):
            self._members(pair, _choices(before, old), _choices(after, new), place, note)
            return
        change = values.type_change(before.type, after.type)
        if change:
            note(change, before.type or "any", after.type or "any")
            return
        for kind, was, now in values.of_values(before, after):
            note(kind, was, now)
        items = before.words.get("items", {}), after.words.get("items", {})
        if before.type == "array" and any(items):
            self._next(pair, *items, place.into("items"))
        if before.properties or after.properties or before.required or after.required:
            self._properties(pair, before, after, place, note)
        if before.type in ("object", ""):
            self._additional(pair, before, after, place, note)
        for was, now in zip(before.alternatives, after.alternatives, strict=False):
            self._members(pair, was, now, place, note)
        common = min(len(before.alternatives), len(after.alternatives))
        for _, members in before.alternatives[common:]:
            note("alternatives-dropped", [self._name(self.old, each) for each in members], None)
        for _, members in after.alternatives[common:]:
            note("alternatives-set", None, [self._name(self.new, each) for each in members])

    # -- objects ------------------------------------------------------------------------

    def _properties(self, pair: Pair, before: Shape, after: Shape, place: Place, note: _Note) -> None:
        gone = [name for name in before.properties if name not in after.properties]
        come = [name for name in after.properties if name not in before.properties]
        renamed: dict[str, str] = {}
        if gone and come:
            renamed = matching.renamed(
                {name: self.old.shape(before.properties[name].schema) for name in gone},
                {name: self.new.shape(after.properties[name].schema) for name in come},
            )
        for name, old in before.properties.items():
            new_name = renamed.get(name, name)
            new = after.properties.get(new_name)
            at = self._at(place, old, new, name)
            seen_old = self._seen(self.old, old.schema)
            if new is None:
                self._one_sided(name, before, after, seen_old, note, at, gone=True)
                continue
            seen_new = self._seen(self.new, new.schema)
            needed_old = seen_old if name in before.required else 0
            needed_new = seen_new if new_name in after.required else 0
            if new_name != name:
                needed = needed_old | needed_new
                both = seen_old | seen_new
                note("required-property-renamed", name, new_name, name, at, needed)
                note("property-renamed", name, new_name, name, at, both & ~needed)
            else:
                for kind in _visibility(seen_old, seen_new):
                    note(kind, None, None, name, at)
                note("property-became-required", False, True, name, at, needed_new & ~needed_old & seen_old)
                note("property-became-optional", True, False, name, at, needed_old & ~needed_new & seen_new)
            inner = at._replace(seen=at.seen & seen_old & seen_new)
            if inner.seen:
                self._next(pair, old.schema, new.schema, inner)
        for name in come:
            if name not in renamed.values():
                new = after.properties[name]
                seen = self._seen(self.new, new.schema)
                at = self._at(place, None, new, name)
                self._one_sided(name, after, before, seen, note, at, gone=False)
        bare = (before.required ^ after.required) - before.properties.keys() - after.properties.keys()
        for name in sorted(bare):
            at = place.into("properties", name)
            if name in after.required:
                note("property-became-required", False, True, name, at)
            else:
                note("property-became-optional", True, False, name, at)

    def _at(self, place: Place, old: Property | None, new: Property | None, name: str) -> Place:
        """Return where a property stands: in the component ``allOf`` took it from, if it changed there."""
        if old and new:
            owner = old.owner or new.owner
            there = old.owner == new.owner or self._is_one_thing(old.owner, new.owner)
        else:
            owner = (old or new or Property({}, "")).owner
            version = self.new if old else self.old
            other = version.components.get(owner)
            there = other is None or name not in version.shape(other).properties
        if owner and there:
            return Place(owner, ("properties", name), place.seen)
        return place.into("properties", name)

    def _one_sided(
        self, name: str, here: Shape, there: Shape, seen: int, note: _Note, at: Place, *, gone: bool
    ) -> None:
        """Say that a property is on one side only: gone from the new one, or come to it."""
        version = self.new if gone else self.old
        if any(name in version.shape(each).properties for _, all in there.alternatives for each in all):
            return
        closed = there.words.get("additionalProperties") is False
        needed = seen if name in here.required and name not in there.required else 0
        plain = ("property-removed", "property-added")
        needs = ("required-property-removed", "required-property-added")
        shut = ("property-forbidden", "property-admitted")
        values = (name, None) if gone else (None, name)
        side = 0 if gone else 1
        note(needs[side], *values, name, at, needed)
        note((shut if closed else plain)[side], *values, name, at, seen if closed else seen & ~needed)

    def _seen(self, version: Version, schema: Schema) -> int:
        words = version.shape(schema).words
        return (RESPONSE if words.get("readOnly") else BOTH) & (REQUEST if words.get("writeOnly") else BOTH)

    def _additional(self, pair: Pair, before: Shape, after: Shape, place: Place, note: _Note) -> None:
        old = self.old.additional(before)
        new = self.new.additional(after)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            self._next(pair, old, new, place.into("additionalProperties"))
        elif _openness(old) != _openness(new):
            note(f"additional-properties-{_ADDITIONAL[_openness(old), _openness(new)]}", old, new)

    # -- alternatives -------------------------------------------------------------------

    def _members(self, pair: Pair, old: Choices, new: Choices, place: Place, note: _Note) -> None:
        """Compare the members of two lists of alternatives, in whatever order they stand."""
        (old_word, olds), (new_word, news) = old, new
        partners = matching.alternatives(self.old, self.new, olds, news)
        for number, each in enumerate(olds):
            at = place.into(old_word, str(number)) if len(olds) > 1 else place
            if number in partners:
                self._next(pair, each, news[partners[number]], at)
            else:
                note("alternative-removed", self._name(self.old, each), None, at=at)
        for number, each in enumerate(news):
            if number not in partners.values():
                at = place.into(new_word, str(number)) if len(news) > 1 else place
                note("alternative-added", None, self._name(self.new, each), at=at)

    def _name(self, version: Version, schema: Schema) -> str:
        shape = version.shape(schema)
        shown = shape.type or "any"
        return version.resolved(schema)[0] or f"{shown} {{{', '.join(shape.properties)}}}".replace(" {}", "")


def _choices(shape: Shape, schema: Schema) -> Choices:
    return shape.alternatives[0] if shape.alternatives else ("oneOf", (schema,))


def _is_wrapped(before: Shape, after: Shape) -> bool:
    """Whether one side is nothing but alternatives, so that the other is one of them."""
    plain, wrapped = (after, before) if before.alternatives else (before, after)
    if len(wrapped.alternatives) > 1 or wrapped.properties or wrapped.required:
        return False
    return wrapped.type in ("", plain.type) and (plain.type != "" or bool(plain.properties))


def _visibility(old: int, new: int) -> list[str]:
    kinds = []
    for word, direction in (("read-only", REQUEST), ("write-only", RESPONSE)):
        if old & direction and not new & direction:
            kinds.append(f"{word}-added")
        elif new & direction and not old & direction:
            kinds.append(f"{word}-removed")
    return kinds


_ADDITIONAL = {
    ("open", "closed"): "closed",
    ("some", "closed"): "closed",
    ("closed", "open"): "opened",
    ("closed", "some"): "opened",
    ("open", "some"): "narrowed",
    ("some", "open"): "widened",
}


def _openness(additional: Any) -> str:
    return "some" if isinstance(additional, Mapping) else "closed" if additional is False else "open"


def parsed(steps: Steps) -> list[tuple[str, str]]:
    """Return the steps as (keyword, name or number); ``items`` and the like have none."""
    result = []
    tokens = iter(steps)
    for keyword in tokens:
        result.append((keyword, next(tokens, "") if keyword in ("properties", "oneOf", "anyOf") else ""))
    return result


def field_of(steps: Steps) -> str:
    """Return the name of the innermost property on the way."""
    return next((name for keyword, name in reversed(parsed(steps)) if keyword == "properties"), "")


_TEXT = {"properties": ".{}", "items": "[]", "additionalProperties": ".*", "oneOf": "<{}>", "anyOf": "<{}>"}


def path_text(steps: Steps) -> str:
    """Return the way as people write it: ``.orders[].amount``."""
    return "".join(_TEXT.get(keyword, ".{}").format(name) for keyword, name in parsed(steps))
