"""Values that fit a schema to the letter: made up, or put together from what is at hand.

Deterministic: the same schema always gives the same value. Every value is a candidate
that is tried against the schema (`fitting`), so a rule nobody thought of here makes an
example poorer and never wrong: what cannot be made is left out where it may be.
"""

from __future__ import annotations

import contextlib
import copy
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from dynzuora import _json
from dynzuora._names import singular
from dynzuora._references import Components, resolve
from dynzuora.model import Schema
from dynzuora.schema import scalars
from dynzuora.schema.dialect import NOT_WRITTEN
from dynzuora.schema.fields import not_written
from dynzuora.schema.fitting import Rules, distinct, enum_of, fits, limit, limits, types_of

_DEEPEST = 6
"""Below so many levels an example holds only what is required."""

_LARGEST = 3_000
"""After so many values an example goes on with what is required: some documents lead everywhere."""

_ENDLESS = 120
"""With so many schemas above a value there will be no end."""

_MOST_CHOICES = 48
"""So many combinations of alternatives are tried before a schema counts as impossible."""


class _Impossible:
    """There is no value, or none that ends."""


_NOTHING = _Impossible()


class _Source(NamedTuple):
    """A value to take from. ``names``: what it has belongs into the result; else it only advises."""

    value: Any
    names: bool = True


def example(
    schema: Any,
    *,
    required_only: bool = False,
    direction: str = "request",
    prefer: Sequence[Any] = (),
    components: Components | None = None,
) -> Any:
    """Return a value that is valid under `strict_schema`: the first of ``prefer`` that is, or one made up.

    The document's own examples, defaults and enums come first. ``components`` resolve the
    references a graph still holds; without them recursion ends there.

    >>> example({"type": "object", "properties": {"currency": {"type": "string", "maxLength": 3}}})
    {'currency': 'USD'}
    """
    maker = _Maker(components or {}, direction, lists=True)
    for each in () if required_only else prefer:
        if fits(schema, each, maker.rules):
            return copy.deepcopy(each)
    sources = tuple(_Source(each, names=not required_only) for each in prefer)
    return maker.result(schema, sources, fill=not required_only)


def compose(
    schema: Any,
    *sources: Any,
    fill: bool = True,
    direction: str = "response",
    components: Components | None = None,
) -> Any:
    """Return a value valid under `strict_schema` that takes each part from the first source that fits there.

    Objects are put together name by name and lists item by item. ``fill`` makes up the
    optional properties that no source has.

    >>> pet = {"properties": {"name": {"type": "string"}, "legs": {"type": "integer"}}, "required": ["legs"]}
    >>> compose(pet, {"name": 7, "legs": 3}, {"name": "Ada"}, fill=False)
    {'name': 'Ada', 'legs': 3}
    """
    maker = _Maker(components or {}, direction, lists=fill)
    return maker.result(schema, tuple(map(_Source, sources)), fill=fill)


class _Place(NamedTuple):
    """Where a value is made: the name of its property, the schemas above it, and whether to fill it."""

    name: str
    fill: bool
    above: tuple[int, ...] = ()


class _Maker:
    def __init__(self, components: Components, direction: str, *, lists: bool) -> None:
        self.rules = Rules(components, NOT_WRITTEN[direction])
        self._lists = lists
        self._left = _LARGEST

    def result(self, schema: Any, sources: tuple[_Source, ...], *, fill: bool) -> Any:
        made = self.make(schema, sources, _Place("", fill))
        if made is _NOTHING and self.rules.only_one:
            # Alternatives that overlap wherever they are right: nothing sensible fits only one.
            self.rules, self._left = self.rules._replace(only_one=False), _LARGEST
            return self.result(schema, sources, fill=fill)
        return None if made is _NOTHING else made

    def make(self, schema: Any, sources: tuple[_Source, ...], place: _Place) -> Any:
        """Return a value for ``schema``, or `_NOTHING`."""
        self._left -= 1
        if self._left < -_LARGEST or len(place.above) > _ENDLESS:
            return _NOTHING
        schema = resolve(schema, self.rules.components)[1]
        if schema is None:
            return _NOTHING  # recursion ends here, and nobody knows what would be right
        if not isinstance(schema, Mapping):
            schema = {} if schema is not False else {"not": {}}
        for source in sources:
            if isinstance(source.value, (dict, list)):
                break  # put together from its parts below
            if fits(schema, source.value, self.rules):
                return source.value
        own = tuple(self._own(schema))
        if not any(each.names for each in sources) and place.fill:
            for each in own:
                if fits(schema, each, self.rules):
                    return copy.deepcopy(each)
            if any(isinstance(each, dict) for each in own):  # right but for some of its parts
                sources, place = (*sources, *map(_Source, own)), place._replace(fill=False)
        sources = (*sources, *(_Source(each, names=False) for each in own))
        for parts in self._choices(schema, sources):
            for candidate in self._candidates(parts, sources, place):
                if fits(schema, candidate, self.rules):
                    return candidate
        whole = (copy.deepcopy(each.value) for each in sources if fits(schema, each.value, self.rules))
        return next(whole, _NOTHING)

    def _own(self, schema: Schema) -> Iterator[Any]:
        """Yield the examples and defaults a schema has itself; some are JSON inside a text."""
        for keyword in ("example", "default"):
            if keyword in schema:
                value = schema[keyword]
                if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
                    with contextlib.suppress(ValueError):  # as text it is a candidate all the same
                        yield _json.decode(value)
                yield value

    # --- which schemas apply at once ---------------------------------------------------------

    def _choices(self, schema: Schema, sources: tuple[_Source, ...]) -> Iterator[list[Schema]]:
        """Yield the schemas that apply at once, for each choice of alternatives; the best known first."""
        choices = list(itertools.islice(self._combinations([schema], [], ()), _MOST_CHOICES))
        if len(choices) > 1:
            names = {name for each in sources if isinstance(each.value, dict) for name in each.value}
            choices.sort(key=lambda parts: -len(names & _properties(parts).keys()))
        yield from choices

    def _combinations(
        self, waiting: Sequence[Any], chosen: list[Schema], seen: tuple[int, ...]
    ) -> Iterator[list[Schema]]:
        if not waiting:
            yield chosen
            return
        schema, rest = resolve(waiting[0], self.rules.components)[1], waiting[1:]
        if not isinstance(schema, Mapping) or id(schema) in seen:
            if schema is not None and schema is not False:
                yield from self._combinations(rest, chosen, seen)
            return
        alternatives = [each for each in (limit(schema, "anyOf"), limit(schema, "oneOf")) if each]
        for picked in itertools.product(*alternatives):
            more = [*(limit(schema, "allOf") or ()), *picked, *rest]
            yield from self._combinations(more, [*chosen, schema], (*seen, id(schema)))

    # --- candidates --------------------------------------------------------------------------

    def _candidates(self, parts: list[Schema], sources: tuple[_Source, ...], place: _Place) -> Iterator[Any]:
        values = [each.value for each in sources]
        for part in parts:
            values += enum_of(part) or ()
            values += self._own(part)
        whole = place.fill and not any(each.names for each in sources)
        yield from (copy.deepcopy(each) for each in values if whole or not isinstance(each, (dict, list)))
        for kind in _kinds(parts, sources):
            if kind == "object":
                yield from self._objects(parts, sources, place)
            elif kind == "array":
                yield from self._arrays(parts, sources, place)
            else:
                yield from scalars.candidates(kind, parts, place.name)

    def _objects(
        self, parts: list[Schema], sources: tuple[_Source, ...], place: _Place
    ) -> Iterator[dict[str, Any]]:
        least = min(max(limits(parts, "minProperties"), default=0), _most_made(place))
        ways = [place, place._replace(fill=False)]
        if least and not place.fill:
            ways.append(place._replace(fill=True))
        for way in ways:
            made = self._object(parts, sources, way)
            if made is not None:
                yield made
                yield self._enlarged(made, parts, least, way)
        if made is not None:
            yield {name: made[name] for name in self._required(parts) if name in made}

    def _object(
        self, parts: list[Schema], sources: tuple[_Source, ...], place: _Place
    ) -> dict[str, Any] | None:
        """Return an object, None where something required cannot be made."""
        given = [each for each in sources if isinstance(each.value, dict)]
        named = {name for each in given if each.names for name in each.value}
        properties = _properties(parts)
        required = self._required(parts)
        ids = _containers(parts)
        again = any(each in place.above for each in ids)
        fill = place.fill and not again and len(place.above) < _DEEPEST
        result: dict[str, Any] = {}
        for name in dict.fromkeys((*properties, *required, *sorted(named - properties.keys()))):
            filled = fill and self._left > 0 and not self._is_not_written(properties.get(name))
            if not filled and name not in named and name not in required:
                continue
            if again and name not in named and max(map(place.above.count, ids)) > 1:
                return None  # required of itself, without an end
            below = _Place(name, fill, (*place.above, *ids))
            its = tuple(each._replace(value=each.value[name]) for each in given if name in each.value)
            made = self._property(name, parts, properties, its, below, made_up=fill or name in required)
            if made is _NOTHING and name in required:
                return None
            hollow = made in ({}, []) and name not in named and name not in required
            if made is not _NOTHING and not hollow:
                result[name] = made
        return result

    def _property(
        self,
        name: str,
        parts: list[Schema],
        properties: Mapping[str, list[Any]],
        sources: tuple[_Source, ...],
        place: _Place,
        *,
        made_up: bool,
    ) -> Any:
        schema = _together([*properties.get(name, ()), *_additional(name, parts)])
        if not made_up and not any(isinstance(each.value, (dict, list)) for each in sources):
            taken = (each.value for each in sources if fits(schema, each.value, self.rules))
            return next(taken, _NOTHING)
        return self.make(schema, sources, place)

    def _enlarged(
        self, value: dict[str, Any], parts: list[Schema], least: int, place: _Place
    ) -> dict[str, Any]:
        """Return ``value`` with names nobody asked for, because there must be ``least``."""
        result = dict(value)
        for number in range(1, 1 + least - len(value)):
            below = place._replace(name=f"field{number}", above=(*place.above, *_containers(parts)))
            made = self._property(below.name, parts, {}, (), below, made_up=True)
            if made is not _NOTHING:
                result[below.name] = made
        return result

    def _required(self, parts: list[Schema]) -> list[str]:
        names = dict.fromkeys(name for part in parts for name in limit(part, "required") or ())
        dropped = not_written(names, {"allOf": parts}, self.rules.components, self.rules.not_written)
        return [name for name in names if name not in dropped]

    def _is_not_written(self, schemas: Iterable[Any] | None) -> bool:
        flag = self.rules.not_written
        found = (resolve(each, self.rules.components)[1] for each in schemas or ())
        return any(isinstance(each, Mapping) and each.get(flag) is True for each in found)

    def _arrays(
        self, parts: list[Schema], sources: tuple[_Source, ...], place: _Place
    ) -> Iterator[list[Any]]:
        items = _together(limits(parts, "items"))
        least = min(max(limits(parts, "minItems"), default=0), _most_made(place))
        most = min(limits(parts, "maxItems"), default=None)
        ids = _containers(parts)
        again = any(each in place.above for each in ids)
        below = place._replace(name=singular(place.name), above=(*place.above, *ids))
        given = [each for each in sources if isinstance(each.value, list)]
        made: list[Any] = []
        for source in given[:1]:
            values = source.value if source.names else source.value[:1]
            composed = (self.make(items, (source._replace(value=each),), below) for each in values)
            made = [each for each in composed if each is not _NOTHING][:most]
        wanted = max(least, 1) if self._lists and not again and not (given and given[0].names) else least
        if not made and wanted > 0:
            one = self.make(items, (), below)
            made = [] if one is _NOTHING else [one]
        yield self._grown(made, items, wanted, below)
        yield _without_twins(made)
        yield []

    def _grown(self, made: list[Any], items: Any, wanted: int, place: _Place) -> list[Any]:
        """Return ``made`` with as many more as are wanted, different ones where there are any."""
        result = list(made)
        if len(result) >= wanted:
            return result
        result = _without_twins(result)
        for number in range(2, 2 * wanted + 2):
            if len(result) >= wanted:
                break
            for other in self._others(items, number, place):
                if distinct([*result, other]):
                    result.append(other)
                    break
        while result and len(result) < wanted:
            result.append(copy.deepcopy(result[0]))
        return result

    def _others(self, items: Any, number: int, place: _Place) -> Iterator[Any]:
        """Yield items unlike the first: another enum value, the next number, a name with a number."""
        for parts in self._choices({"allOf": [items]}, ()):
            for kind in _kinds(parts, ()):
                if kind == "object":
                    yield from self._varied_objects(parts, number, place)
                elif kind != "array":
                    found: list[Any] = [each for part in parts for each in enum_of(part) or ()]
                    found += scalars.variations(kind, parts, place.name, number)
                    yield from (each for each in found if fits(items, each, self.rules))

    def _varied_objects(self, parts: list[Schema], number: int, place: _Place) -> Iterator[Any]:
        ids = _containers(parts)
        base = self._object(parts, (), place)
        if base is None or any(each in place.above for each in ids):
            return
        if not fits({"allOf": parts}, base, self.rules):
            return  # another value in one place does not right it, and there are many to try
        for name in base:
            below = place._replace(name=name, above=(*place.above, *ids))
            for schema in _properties(parts).get(name, ()):
                for value in self._others(schema, number, below):
                    varied = {**base, name: value}
                    if fits({"allOf": parts}, varied, self.rules):
                        yield varied


def _properties(parts: list[Schema]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for part in parts:
        for name, schema in (limit(part, "properties") or {}).items():
            found.setdefault(name, []).append(schema)
    return found


def _most_made(place: _Place) -> int:
    """Return how many items or fields an example has at most: lists of lists multiply."""
    return (100, 10, 1)[min(len(place.above), 2)]


def _containers(parts: list[Schema]) -> tuple[int, ...]:
    """Return the identity of the schemas that lead further down, to know them again."""
    leads_on = ("properties", "additionalProperties", "items")
    return tuple(id(part) for part in parts if any(keyword in part for keyword in leads_on))


def _together(schemas: list[Any]) -> Any:
    return schemas[0] if len(schemas) == 1 else {"allOf": schemas} if schemas else {}


def _additional(name: str, parts: list[Schema]) -> Iterator[Any]:
    """Yield what schemas that do not name a property say of it."""
    for part in parts:
        if name not in (limit(part, "properties") or {}):
            yield from limits([part], "additionalProperties")


_HINTS = (
    ("object", ("properties", "additionalProperties", "required", "minProperties", "maxProperties")),
    ("array", ("items", "minItems", "maxItems", "uniqueItems")),
    ("number", ("minimum", "maximum", "multipleOf")),
)


def _kinds(parts: list[Schema], sources: tuple[_Source, ...]) -> list[str]:
    """Return the types a value may have, the likeliest first."""
    declared = [types for part in parts if (types := types_of(part))]
    wanted = {
        "object" if isinstance(each.value, dict) else "array"
        for each in sources
        if isinstance(each.value, (dict, list)) and each.names
    }
    if declared:
        named = dict.fromkeys(each for types in declared for each in types)
        kinds = [each for each in named if all(_allows(types, each) for types in declared)]
    else:
        kinds = [kind for kind, hints in _HINTS if any(hint in part for part in parts for hint in hints)]
        kinds += [*sorted(wanted), "string"]  # what is free to be anything is what is at hand
    return sorted(kinds, key=lambda kind: (kind == "null", bool(wanted) and kind not in wanted))


def _allows(types: Sequence[str], kind: str) -> bool:
    return kind in types or (kind == "integer" and "number" in types)


def _without_twins(values: list[Any]) -> list[Any]:
    kept: list[Any] = []
    for each in values:
        if distinct([*kept, each]):
            kept.append(each)
    return kept
