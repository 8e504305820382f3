"""Which field names a document knows at each place of a body, to find the misspelt ones.

JSON Schema lets every unknown name pass and the server drops it in silence, so this is
a question of its own. A *place* stands for all schemas that apply to one value at once
(``allOf``, ``anyOf``, ``oneOf`` and what they refer to); its children are made when a
body first goes there, so a deep document costs what its bodies use.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from dynzuora._patterns import portable
from dynzuora._references import Components, resolve
from dynzuora.model import IN_PLACE, Part, Schema, parts

Step = str | int

_CONSTRAINING = frozenset(
    (
        "properties",
        "required",
        "additionalProperties",
        "minProperties",
        "maxProperties",
        "enum",
        "items",
        "not",
        "patternProperties",
        "propertyNames",
        "unevaluatedProperties",
        "dependentRequired",
    )
)


_ITEMS = ("items", "prefixItems", "contains", "unevaluatedItems")

#: ``false``, as documents of 3.1 are converted.
_NEVER: Mapping[str, Any] = {"not": {}}


def not_written(
    names: Iterable[str],
    schema: Schema,
    components: Components,
    flag: str,
    *,
    beside_references: bool = False,
) -> frozenset[str]:
    """Return those of ``names`` that ``flag`` (readOnly or writeOnly) takes out of this direction.

    By the letter of 3.0 a flag that stands beside a ``$ref`` is not there.
    """

    def flagged(each: Any) -> bool:
        own = resolve(each, components)[1]
        return any(
            isinstance(schema, (dict, Mapping)) and schema.get(flag) is True
            for schema in ((own, each) if beside_references else (own,))
        )

    wanted = frozenset(names)
    found: set[str] = set()
    for part in parts(schema, components, IN_PLACE) if wanted else ():
        properties = part.schema.get("properties")
        if isinstance(properties, (dict, Mapping)):
            found |= {name for name in wanted & properties.keys() if flagged(properties[name])}
    return frozenset(found)


class Knowledge(NamedTuple):
    """What tells fields apart besides the schemas themselves.

    ``suffixes`` end the names of custom fields. ``containers`` are parts of the names of
    components that declare room for custom fields and nothing else: merged into an account,
    ``AccountObjectCustomFields`` does not make a misspelt ``billCycleDay`` right.
    """

    components: Components
    suffixes: tuple[str, ...] = ()
    containers: tuple[str, ...] = ()


class SchemaLocation:
    """The names known at one place. ``names`` is None where any name will do.

    ``containers`` are the components, made for that, that declare custom fields here.
    """

    __slots__ = (
        *("_additional", "_items", "_knowledge", "_patterns", "_properties"),
        *("children", "containers", "names"),
    )

    def __init__(self, schemas: list[Any], knowledge: Knowledge) -> None:
        self._knowledge = knowledge
        self._properties: dict[str, list[Any]] = {}
        self._patterns: dict[re.Pattern[str], list[Any]] = {}
        self._additional: list[Any] = []
        self._items: list[Any] = []
        self.children: dict[str | None, SchemaLocation] = {}
        self.containers: list[str] = []
        takes_any_name = False
        for schema in schemas:
            for part in parts(schema, knowledge.components, IN_PLACE):
                takes_any_name |= self._add(part)
        declares = self._properties or self._patterns
        self.names = None if takes_any_name or not declares else frozenset(self._properties)

    def _add(self, part: Part) -> bool:
        """Take in one schema; return whether it opens the object to any name."""
        schema = part.schema
        properties = schema.get("properties")
        if isinstance(properties, (dict, Mapping)):
            for name, each in properties.items():
                self._properties.setdefault(name, []).append(each)
        for keyword in _ITEMS:
            if keyword in schema:
                value = schema[keyword]
                self._items += value if isinstance(value, list) else [value]
        if "patternProperties" in schema and self._add_patterns(schema["patternProperties"]):
            return True
        additional = schema.get("additionalProperties", schema.get("unevaluatedProperties", False))
        if additional is not False and additional != _NEVER:
            if additional is not True:
                self._additional.append(additional)
            if properties or not any(each in part.owner for each in self._knowledge.containers):
                return True
            self.containers.append(part.owner)
        alternatives = [*(schema.get("anyOf") or ()), *(schema.get("oneOf") or ())]
        return any(map(self._takes_anything, alternatives))

    def _add_patterns(self, patterns: Any) -> bool:
        """Take in ``patternProperties``; return whether one of them cannot be told."""
        for pattern, schema in patterns.items() if isinstance(patterns, Mapping) else ():
            text = portable(pattern)
            if text is None:
                return True
            self._patterns.setdefault(re.compile(text), []).append(schema)
        return False

    def _takes_anything(self, branch: Any) -> bool:
        return all(
            part.schema.get("type", "object") == "object" and part.schema.keys().isdisjoint(_CONSTRAINING)
            for part in parts(branch, self._knowledge.components, IN_PLACE)
        )

    def child(self, name: str | None) -> SchemaLocation:
        """Return the place below the field ``name``; None stands for every item of a list."""
        place = self.children.get(name)
        if place is None:
            schemas = self._items if name is None else self._schemas_of(name)
            place = self.children[name] = SchemaLocation(schemas, self._knowledge)
        return place

    def _schemas_of(self, name: str) -> list[Any]:
        matching = [
            each for pattern, schemas in self._patterns.items() if pattern.search(name) for each in schemas
        ]
        return [*self._properties.get(name, () if matching else self._additional), *matching]

    @property
    def components(self) -> Components:
        """What references are looked up in."""
        return self._knowledge.components

    @property
    def patterns(self) -> Iterable[re.Pattern[str]]:
        """The patterns of names that have a schema here."""
        return self._patterns

    @property
    def declared(self) -> Iterable[str]:
        """The names that have a schema here, whether or not others will do too."""
        return self._properties

    def knows(self, name: str) -> bool:
        """Say whether a field may be called ``name`` here."""
        if self.names is None or name in self.names or name.endswith(self._knowledge.suffixes):
            return True
        if any(pattern.search(name) for pattern in self._patterns):
            return True
        # Where custom fields are declared there are more kinds of them: ``region__h``.
        return bool(self.containers) and (not self._knowledge.suffixes or "__" in name)


class Stranger(NamedTuple):
    """A field nobody knows: the steps to it, its value, the names known there."""

    steps: tuple[Step, ...]
    value: Any
    known: frozenset[str]


def strangers(value: Any, place: SchemaLocation) -> list[Stranger]:
    """Return every field of ``value`` that no schema knows."""
    return [stranger._replace(steps=stranger.steps[::-1]) for stranger in _strangers(value, place) or ()]


def _strangers(value: Any, place: SchemaLocation) -> list[Stranger] | None:
    """Return the strangers, the steps to each from the inside out; None where there are none.

    This runs over every body that does not pass the prefilter. Plain values have no subclasses,
    so the class decides; and steps are put together only on the way back.
    """
    found: list[Stranger] | None = None
    children = place.children
    entries: Iterable[tuple[Any, Any]] = ()
    in_list = value.__class__ is list
    if in_list:
        entries = enumerate(value)
    elif value.__class__ is dict:
        entries = value.items()
        names = place.names
        if names is not None and not value.keys() <= names:
            unknown = [Stranger((name,), value[name], names) for name in value if not place.knows(name)]
            found = unknown or None
    for step, item in entries:
        kind = item.__class__
        if kind is dict or kind is list:
            key: str | None = None if in_list else step
            below = _strangers(item, children.get(key) or place.child(key))
            if below is not None:
                found = found or []
                found += [each._replace(steps=(*each.steps, step)) for each in below]
    return found
