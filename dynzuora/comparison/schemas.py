"""Compare schemas: each pair of components once, however many operations use it.

A pair keeps its differences and the pairs it leads to, so whatever reaches a pair reaches
those as well. Recursion therefore ends by itself, and the number of operations costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Protocol

from dynzuora._references import is_place
from dynzuora.comparison import conditions, matching, values
from dynzuora.comparison.shapes import CONDITIONS, NOTHING_FITS, SILENT, Shape, Version, is_leaf, is_same_leaf
from dynzuora.model import Property, Schema

REQUEST, RESPONSE, BOTH = 1, 2, 3
"""Directions as bits: read-only properties are not in requests, write-only ones not in responses."""

Steps = tuple[str, ...]
"""A path into a schema, as the tokens of a JSON pointer."""

Alternatives = tuple[str, tuple[Schema, ...]]
"""``oneOf`` or ``anyOf`` with its members."""


_ANYTHING: Schema = {}


class Frame(NamedTuple):
    """A schema that decides only together with what is below it, and the step that leads down."""

    schemas: tuple[Schema, Schema]
    """The old and the new one."""
    step: Steps
    """Empty for an alternative, which is about the same value."""


class SchemaDifference(NamedTuple):
    """One difference between the schemas of a pair."""

    kind: str
    owner: str
    """The component it is in; empty for a schema that is written in an operation."""
    steps: Steps
    old: Any
    new: Any
    field: str
    directions: int
    schemas: tuple[Schema, Schema]
    """The old and the new schema, for a witness."""
    frames: tuple[Frame, ...]
    """What a witness has to pass as well, the outermost first."""


class SchemaLocation(NamedTuple):
    """Where the comparison is: in which component, how deep in it, and in which directions."""

    owner: str = ""
    steps: Steps = ()
    directions: int = BOTH
    frames: tuple[Frame, ...] = ()

    def into(self, *steps: str) -> SchemaLocation:
        return SchemaLocation(self.owner, self.steps + steps, self.directions, self.frames)


class SchemaWay(NamedTuple):
    """How a pair is compared."""

    is_text: bool = False
    """Values are written as text: in parameters, headers and forms."""
    is_inner: bool = False
    """Null, defaults and the like are compared where a schema leads here."""


class SchemaPair:
    """Two schemas that stand for each other, what differs between them, and where they lead."""

    def __init__(
        self, number: int, old: Schema, new: Schema, location: SchemaLocation, way: SchemaWay
    ) -> None:
        self.number = number
        self.old, self.new, self.location, self.way = old, new, location, way
        self.differences: list[SchemaDifference] = []
        self.edges: dict[int, int] = {}
        """Number of another pair → the directions in which this one leads to it."""


class _Note(Protocol):
    """Adds a difference of the schemas at hand; by default of the location and field at hand."""

    def __call__(
        self,
        kind: str,
        was: Any,
        now: Any,
        field: str = ...,
        at: SchemaLocation = ...,
        directions: int = ...,
    ) -> None: ...


class Schemas:
    """Compares schemas of two versions, one pair of components at a time."""

    def __init__(self, old: Version, new: Version, *, descriptions: bool = False) -> None:
        self.old, self.new = old, new
        self.descriptions = descriptions
        self.pairs: list[SchemaPair] = []
        self.renamed: dict[str, str] = {}
        """Old → new name of each renamed component."""
        self._numbers: dict[tuple[str | int, str | int, SchemaWay], int] = {}

    def pair(self, old: Schema, new: Schema, *, is_text: bool = False) -> int:
        """Return the number of the pair of ``old`` and ``new``; it is compared at the first call."""
        following = len(self.pairs)
        number = self._number(old, new, SchemaLocation(), SchemaWay(is_text))
        while following < len(self.pairs):
            pair = self.pairs[following]
            self._compare(pair, pair.old, pair.new, pair.location, is_inner=pair.way.is_inner)
            following += 1
        return number

    def _number(self, old: Schema, new: Schema, location: SchemaLocation, way: SchemaWay) -> int:
        old_name, new_name = self.old.resolved(old)[0], self.new.resolved(new)[0]
        key = (old_name or id(old), new_name or id(new), way)
        old_name, new_name = self.old.original(old_name), self.new.original(new_name)
        if key not in self._numbers:
            self._numbers[key] = len(self.pairs)
            if old_name or new_name:
                location = location._replace(frames=())
            if old_name and new_name and old_name != new_name:
                if self._is_renamed(old_name, new_name):
                    self.renamed.setdefault(old_name, new_name)
                    location = SchemaLocation(old_name)
            elif (old_name or new_name) and self._is_same_component(old_name, new_name):
                location = SchemaLocation(old_name or new_name)
            location = location._replace(directions=BOTH)
            self.pairs.append(SchemaPair(len(self.pairs), old, new, location, way))
        return self._numbers[key]

    def _is_same_component(self, old_name: str, new_name: str) -> bool:
        """Whether the pair is one component, even if one of the documents writes it inline."""
        if old_name == new_name:
            return True
        return old_name not in self.new.components if old_name else new_name not in self.old.components

    def _is_renamed(self, old_name: str, new_name: str) -> bool:
        """Whether a component was renamed: neither document has the other's name, and they are alike."""
        if is_place(old_name) or is_place(new_name):
            return False
        if old_name in self.new.components or new_name in self.old.components:
            return False
        old, new = self.old.components.get(old_name, {}), self.new.components.get(new_name, {})
        return matching.similarity(self.old.shape(old), self.new.shape(new)) >= matching.SIMILAR

    def _descend(
        self,
        pair: SchemaPair,
        old: Schema,
        new: Schema,
        location: SchemaLocation,
        *,
        is_inner: bool = False,
    ) -> None:
        """Compare what ``pair`` contains; references and merged schemas are pairs of their own."""
        if not self.descriptions and is_same_leaf(old, new):
            return  # at once, which is nearly always
        if "$ref" in old or "$ref" in new or "allOf" in old or "allOf" in new:
            way = SchemaWay(pair.way.is_text, is_inner)
            number = self._number(old, new, location, way)
            pair.edges[number] = pair.edges.get(number, 0) | location.directions
        else:
            self._compare(pair, old, new, location, is_inner=is_inner)

    def _compare(
        self, pair: SchemaPair, old: Schema, new: Schema, location: SchemaLocation, *, is_inner: bool
    ) -> None:
        before, after = self.old.shape(old), self.new.shape(new)
        innermost = field_of(location.steps)
        is_text = pair.way.is_text

        def note(
            kind: str,
            was: Any,
            now: Any,
            field: str = innermost,
            at: SchemaLocation = location,
            directions: int = BOTH,
        ) -> None:
            if directions := directions & at.directions:
                row = (kind, at.owner, at.steps, was, now, field, directions, (old, new), location.frames)
                pair.differences.append(SchemaDifference(*row))

        if not is_inner:
            for row in values.keyword_differences(
                before, after, descriptions=self.descriptions, is_text=is_text
            ):
                note(*row)
        old_inner, new_inner = self.old.only(old), self.new.only(new)
        if old_inner is not old or new_inner is not new:
            if self.old.resolved(old_inner)[0] != self.new.resolved(new_inner)[0]:
                old_inner = self.old.resolved(old)[1] if old_inner is old else old_inner
                new_inner = self.new.resolved(new)[1] if new_inner is new else new_inner
            self._descend(pair, old_inner, new_inner, location, is_inner=True)
            return
        is_conditional = not CONDITIONS.keys().isdisjoint((*before.words, *after.words))
        if location.frames or before.alternatives or after.alternatives or is_conditional:
            location = location._replace(frames=(*location.frames, Frame((old, new), ())))
        if bool(before.alternatives) != bool(after.alternatives) and _is_wrapped(before, after):
            self._members(pair, _choices(before, old), _choices(after, new), location, note)
            return
        kind = values.type_change(before.type, after.type, is_text=is_text)
        if kind and not values.is_listed(before, after):
            note(kind, before.type or "any", after.type or "any")
            if kind == "type-changed":
                return  # nothing that is said of the one applies to the other
        for row in values.value_differences(before, after):
            note(*row)
        if is_conditional:
            for row in conditions.condition_differences(old, new, self.old.components, self.new.components):
                note(*row)
        items = before.words.get("items", {}), after.words.get("items", {})
        if any(items) and {before.type, after.type} <= {"array", ""}:
            self._descend(pair, *items, _below(location, "items"))
        if before.properties or after.properties or before.required or after.required:
            self._properties(pair, before, after, location, note)
        if {before.type, after.type} <= {"object", ""}:
            self._additional(pair, before, after, location, note)
        for old_choices, new_choices in zip(before.alternatives, after.alternatives, strict=False):
            self._members(pair, old_choices, new_choices, location, note)
        common = min(len(before.alternatives), len(after.alternatives))
        for _, members in before.alternatives[common:]:
            note("alternatives-dropped", [self._label(self.old, member) for member in members], None)
        for _, members in after.alternatives[common:]:
            note("alternatives-set", None, [self._label(self.new, member) for member in members])

    # -- objects ------------------------------------------------------------------------

    def _properties(
        self, pair: SchemaPair, before: Shape, after: Shape, location: SchemaLocation, note: _Note
    ) -> None:
        partners = self._partners(before, after)
        for name in before.properties:
            if name in partners:
                self._property(pair, name, partners[name], before, after, location, note)
            else:
                self._one_sided(pair, name, before, after, location, note, is_removed=True)
        for name in after.properties:
            if name not in partners.values():
                self._one_sided(pair, name, after, before, location, note, is_removed=False)
        undeclared = (before.required ^ after.required) - before.properties.keys() - after.properties.keys()
        for name in sorted(undeclared):
            is_required = name in after.required
            kind = "property-became-required" if is_required else "property-became-optional"
            note(kind, not is_required, is_required, name, location.into("properties", name))

    def _partners(self, before: Shape, after: Shape) -> dict[str, str]:
        """Return old → new name of each property that both sides have."""
        partners = {name: name for name in before.properties if name in after.properties}
        removed = [name for name in before.properties if name not in partners]
        added = [name for name in after.properties if name not in partners]
        if removed and added:
            partners |= matching.renamed(
                {name: self.old.shape(before.properties[name].schema) for name in removed},
                {name: self.new.shape(after.properties[name].schema) for name in added},
            )
        return partners

    def _property(
        self,
        pair: SchemaPair,
        name: str,
        new_name: str,
        before: Shape,
        after: Shape,
        location: SchemaLocation,
        note: _Note,
    ) -> None:
        old, new = before.properties[name], after.properties[new_name]
        is_same = new_name == name and (name in before.required) == (name in after.required)
        if is_same and not self.descriptions and is_same_leaf(old.schema, new.schema):
            return  # at once, which is nearly always
        at = self._location_of(name, old, new, location)
        if (old.schema == NOTHING_FITS) != (new.schema == NOTHING_FITS):
            self._forbidden(name, at, note, is_now=new.schema == NOTHING_FITS)
            return
        old_directions, new_directions = _directions(self.old, old.schema), _directions(self.new, new.schema)
        old_required = old_directions if name in before.required else 0
        new_required = new_directions if new_name in after.required else 0
        if new_name != name:
            required = old_required | new_required
            optional = (old_directions | new_directions) & ~required
            note("required-property-renamed", name, new_name, name, at, required)
            note("property-renamed", name, new_name, name, at, optional)
        else:
            for kind in _visibility(old_directions, new_directions):
                note(kind, None, None, name, at)
            became_required = new_required & ~old_required
            became_optional = old_required & ~new_required
            note("property-became-required", False, True, name, at, became_required)
            note("property-became-optional", True, False, name, at, became_optional)
        frames = _below(location, "properties", name).frames
        directions = at.directions & old_directions & new_directions
        inner = SchemaLocation(at.owner, at.steps, directions, frames)
        if inner.directions:
            self._descend(pair, old.schema, new.schema, inner)

    def _location_of(
        self, name: str, old: Property | None, new: Property | None, location: SchemaLocation
    ) -> SchemaLocation:
        """Return where a property is: in the component that ``allOf`` took it from, if it changed there."""
        if old and new:
            owner = old.owner or new.owner
            changed_there = old.owner == new.owner or self._is_same_component(old.owner, new.owner)
        else:
            owner = (old or new or Property({}, "")).owner
            version = self.new if old else self.old
            other = version.components.get(owner)
            changed_there = other is None or name not in version.shape(other).properties
        if owner and changed_there:
            return SchemaLocation(owner, ("properties", name), location.directions)
        return location.into("properties", name)

    def _one_sided(
        self,
        pair: SchemaPair,
        name: str,
        side: Shape,
        other: Shape,
        location: SchemaLocation,
        note: _Note,
        *,
        is_removed: bool,
    ) -> None:
        """Note a property that only ``side`` has; an alternative of ``other`` may have it as well."""
        version, other_version = (self.old, self.new) if is_removed else (self.new, self.old)
        this = side.properties[name]
        directions = _directions(version, this.schema)
        at = self._location_of(name, this if is_removed else None, None if is_removed else this, location)
        if this.schema == NOTHING_FITS:
            if other_version.additional(other) is not False:
                self._forbidden(name, at, note, is_now=not is_removed)
            return
        required = directions if name in side.required else 0
        other_required = directions if name in other.required else 0
        kind = "property-became-optional" if is_removed else "property-became-required"
        if self._is_in_alternatives(name, other_version, other):
            note(kind, is_removed, not is_removed, name, at, required & ~other_required)
            return
        additional = other_version.additional(other)
        if isinstance(additional, Mapping) and other_version.is_room(other):
            additional = True
        was, now = (name, None) if is_removed else (None, name)
        newly = required & ~other_required
        note(f"required-property-{'removed' if is_removed else 'added'}", was, now, name, at, newly)
        if additional is False:
            note("property-forbidden" if is_removed else "property-admitted", was, now, name, at, directions)
        else:
            kind = "property-removed" if is_removed else "property-added"
            note(kind, was, now, name, at, directions & ~newly)
        kind = "property-became-required" if is_removed else "property-became-optional"
        note(kind, not is_removed, is_removed, name, at, other_required & ~required)
        if name in other.required and additional is True:
            additional = _ANYTHING  # which was promised, of whatever kind
        if isinstance(additional, Mapping):
            both = (this.schema, additional) if is_removed else (additional, this.schema)
            frames = _below(location, "properties", name).frames
            self._descend(pair, *both, at._replace(directions=at.directions & directions, frames=frames))

    def _forbidden(self, name: str, at: SchemaLocation, note: _Note, *, is_now: bool) -> None:
        """Note a property that one side declares as false: it is not allowed there."""
        kind, was, now = ("forbidden", name, None) if is_now else ("admitted", None, name)
        note(f"property-{kind}", was, now, name, at)

    def _is_in_alternatives(self, name: str, version: Version, shape: Shape) -> bool:
        schemas = (schema for _, schemas in shape.alternatives for schema in schemas)
        return any(name in version.shape(schema).properties for schema in schemas)

    def _additional(
        self, pair: SchemaPair, before: Shape, after: Shape, location: SchemaLocation, note: _Note
    ) -> None:
        old, new = self.old.additional(before), self.new.additional(after)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            self._descend(pair, old, new, _below(location, "additionalProperties"))
        elif _openness(old) != _openness(new):
            note(f"additional-properties-{_ADDITIONAL[_openness(old), _openness(new)]}", old, new)

    # -- alternatives -------------------------------------------------------------------

    def _members(
        self, pair: SchemaPair, old: Alternatives, new: Alternatives, location: SchemaLocation, note: _Note
    ) -> None:
        """Compare the members of two lists of alternatives, in any order."""
        (old_word, old_members), (new_word, new_members) = old, new
        if old_word != new_word and len(old_members) > 1 and len(new_members) > 1:
            note(f"alternatives-{'exclusive' if new_word == 'oneOf' else 'overlapping'}", old_word, new_word)
        partners = matching.alternatives(self.old, self.new, old_members, new_members)
        for number, member in enumerate(old_members):
            at = location.into(old_word, str(number)) if len(old_members) > 1 else location
            if number in partners:
                self._descend(pair, member, new_members[partners[number]], at)
            else:
                note("alternative-removed", self._label(self.old, member), None, at=at)
        for number, member in enumerate(new_members):
            if number not in partners.values():
                at = location.into(new_word, str(number)) if len(new_members) > 1 else location
                note("alternative-added", None, self._label(self.new, member), at=at)

    def _label(self, version: Version, schema: Schema) -> str:
        """Return what a message calls a schema: its name, or its type and properties."""
        if name := version.resolved(schema)[0]:
            return name
        shape = version.shape(schema)
        properties = f" {{{', '.join(shape.properties)}}}" if shape.properties else ""
        return (shape.type or "any") + properties


def _directions(version: Version, schema: Schema) -> int:
    """Return the directions in which a property is sent."""
    words = schema if is_leaf(schema) else version.shape(schema).words
    return (RESPONSE if words.get("readOnly") else BOTH) & (REQUEST if words.get("writeOnly") else BOTH)


def _choices(shape: Shape, schema: Schema) -> Alternatives:
    return shape.alternatives[0] if shape.alternatives else ("oneOf", (schema,))


def _is_wrapped(before: Shape, after: Shape) -> bool:
    """Whether one side consists of alternatives only, so that the other may be one of them."""
    plain, wrapped = (after, before) if before.alternatives else (before, after)
    if len(wrapped.alternatives) > 1 or wrapped.properties or wrapped.required:
        return False
    if wrapped.words.keys() - SILENT - {"type", "discriminator"}:
        return False
    return wrapped.type in ("", plain.type) and (plain.type != "" or bool(plain.properties))


def _below(location: SchemaLocation, *steps: str) -> SchemaLocation:
    """Return the location one step below, which the innermost frame leads to."""
    below = location.into(*steps)
    if not below.frames:
        return below
    *outer, frame = below.frames
    return below._replace(frames=(*outer, frame._replace(step=steps)))


def _visibility(old: int, new: int) -> Iterable[str]:
    for word, direction in (("read-only", REQUEST), ("write-only", RESPONSE)):
        if (old ^ new) & direction:
            yield f"{word}-added" if old & direction else f"{word}-removed"


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


def _parsed(steps: Steps) -> list[tuple[str, str]]:
    """Return the steps as (keyword, name or number); ``items`` and the like have neither."""
    result = []
    tokens = iter(steps)
    for keyword in tokens:
        result.append((keyword, next(tokens, "") if keyword in ("properties", "oneOf", "anyOf") else ""))
    return result


def field_of(steps: Steps) -> str:
    """Return the name of the innermost property of the path."""
    return next((name for keyword, name in reversed(_parsed(steps)) if keyword == "properties"), "")


_TEXT = {"properties": ".{}", "items": "[]", "additionalProperties": ".*", "oneOf": "<{}>", "anyOf": "<{}>"}


def path_text(steps: Steps) -> str:
    """Return the path as people write it: ``.orders[].amount``."""
    return "".join(_TEXT.get(keyword, ".{}").format(name) for keyword, name in _parsed(steps))
