"""Example values that are strictly valid: made up, or composed of values at hand.

Deterministic: the same schema always gives the same value. Every value is a candidate that
is tried against the schema (`fitting`), so a keyword that is not handled here makes an
example poorer, never invalid: what cannot be made is left out where it is optional.
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
from dynzuora.schema.fitting import Rules, distinct, enum_of, fits, limit, limits, of_pattern, types_of

_DEEPEST = 6
"""Below this level an example has only required fields."""

_LARGEST = 3_000
"""After this many values an example adds only required fields: some schemas reach the whole document."""

_ENDLESS = 120
"""Schemas above a value; more means a recursion that does not end."""

_MOST_CHOICES = 48
"""Combinations of alternatives tried before a schema counts as impossible."""


class _Impossible:
    """There is no value, or only an infinite one."""


_NOTHING = _Impossible()


class _Source(NamedTuple):
    """A value to take parts from. ``names``: its fields belong in the result; otherwise it only suggests.

    ``valid``: it was made for this very schema, so that nothing of it needs to be tried.
    """

    value: Any
    names: bool = True
    valid: bool = False


def example(
    schema: Any,
    *,
    required_only: bool = False,
    direction: str = "request",
    prefer: Sequence[Any] = (),
    components: Components | None = None,
) -> Any:
    """Return a strictly valid value: the first of ``prefer`` that is, or one made up.

    The document's own examples, defaults and enums come first. ``components`` resolve
    references; without them, values end where a reference begins.

    >>> example({"type": "object", "properties": {"currency": {"type": "string", "maxLength": 3}}})
    {'currency': 'USD'}
    """
    maker = _Maker(components or {}, direction, lists=True)
    for candidate in () if required_only else prefer:
        if fits(schema, candidate, maker.rules):
            return copy.deepcopy(candidate)
    sources = tuple(_Source(value, names=not required_only) for value in prefer)
    return maker.result(schema, sources, fill=not required_only)


def compose(
    schema: Any,
    *sources: Any,
    fill: bool = True,
    direction: str = "response",
    components: Components | None = None,
    model: Any = None,
) -> Any:
    """Return a strictly valid value that takes each part from the first source that is valid there.

    Objects are composed field by field and lists item by item. ``fill`` makes up optional
    properties that no source has. ``model`` is a valid value from before: what no source touches
    is copied from it.

    >>> pet = {"properties": {"name": {"type": "string"}, "legs": {"type": "integer"}}, "required": ["legs"]}
    >>> compose(pet, {"name": 7, "legs": 3}, {"name": "Ada"}, fill=False)
    {'name': 'Ada', 'legs': 3}
    """
    maker = _Maker(components or {}, direction, lists=fill)
    models = () if model is None else (_Source(model, valid=True),)
    return maker.result(schema, (*map(_Source, sources), *models), fill=fill)


class _Location(NamedTuple):
    """Where a value goes: the name of its property, whether to fill it, and the ids of the schemas above."""

    name: str
    fill: bool
    above: tuple[int, ...] = ()


class _Maker:
    def __init__(self, components: Components, direction: str, *, lists: bool) -> None:
        self.rules = Rules(components, NOT_WRITTEN[direction])
        self._lists = lists
        self._left = _LARGEST

    def result(self, schema: Any, sources: tuple[_Source, ...], *, fill: bool) -> Any:
        value = self.make(schema, sources, _Location("", fill))
        if value is _NOTHING and self.rules.only_one:
            # Alternatives that always overlap: no sensible value is valid for exactly one.
            self.rules, self._left = self.rules._replace(only_one=False), _LARGEST
            return self.result(schema, sources, fill=fill)
        return None if value is _NOTHING else value

    def make(self, schema: Any, sources: tuple[_Source, ...], location: _Location) -> Any:
        """Return a value for ``schema``, or `_NOTHING`."""
        if len(sources) == 1 and sources[0].valid:
            return copy.deepcopy(sources[0].value)
        self._left -= 1
        if self._left < -_LARGEST or len(location.above) > _ENDLESS:
            return _NOTHING
        schema = resolve(schema, self.rules.components)[1]
        if schema is None:
            return _NOTHING  # a reference that cannot be resolved
        if not isinstance(schema, Mapping):
            schema = {} if schema is not False else {"not": {}}
        for source in sources:
            if isinstance(source.value, (dict, list)):
                break  # composed of its parts below
            if fits(schema, source.value, self.rules):
                return source.value
        own = tuple(self._own(schema))
        if not any(source.names for source in sources) and location.fill:
            for candidate in own:
                if fits(schema, candidate, self.rules):
                    return copy.deepcopy(candidate)
            if any(isinstance(candidate, dict) for candidate in own):  # valid except for some of its parts
                sources, location = (*sources, *map(_Source, own)), location._replace(fill=False)
        sources = (*sources, *(_Source(candidate, names=False) for candidate in own))
        for parts in self._choices(schema, sources):
            for candidate in self._candidates(parts, sources, location):
                if fits(schema, candidate, self.rules):
                    return candidate
        whole = (copy.deepcopy(source.value) for source in sources if fits(schema, source.value, self.rules))
        return next(whole, _NOTHING)

    def _own(self, schema: Schema) -> Iterator[Any]:
        """Yield the schema's own examples and defaults; some are JSON inside a string."""
        for keyword in ("example", "default"):
            if keyword in schema:
                value = schema[keyword]
                if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
                    with contextlib.suppress(ValueError):  # it is still a candidate as text
                        yield _json.decode(value)
                yield value

    # --- which schemas apply together ---------------------------------------------------------

    def _choices(self, schema: Schema, sources: tuple[_Source, ...]) -> Iterator[list[Schema]]:
        """Yield the schemas that apply together, for each choice of alternatives; the best match first."""
        choices = list(itertools.islice(self._combinations([schema], [], ()), _MOST_CHOICES))
        if len(choices) > 1:
            names = {name for source in sources if isinstance(source.value, dict) for name in source.value}
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
        alternatives = [branches for branches in (limit(schema, "anyOf"), limit(schema, "oneOf")) if branches]
        if "if" in schema:
            alternatives.append([{"allOf": [schema["if"], schema.get("then", {})]}, schema.get("else", {})])
        dependent = (limit(schema, "dependentSchemas") or {}).values()
        for picked in itertools.product(*alternatives):
            more = [*(limit(schema, "allOf") or ()), *dependent, *picked, *rest]
            yield from self._combinations(more, [*chosen, schema], (*seen, id(schema)))

    # --- candidates --------------------------------------------------------------------------

    def _candidates(
        self, parts: list[Schema], sources: tuple[_Source, ...], location: _Location
    ) -> Iterator[Any]:
        values = [source.value for source in sources]
        for part in parts:
            values += enum_of(part) or ()
            values += self._own(part)
        whole = location.fill and not any(source.names for source in sources)
        yield from (copy.deepcopy(value) for value in values if whole or not isinstance(value, (dict, list)))
        for kind in _kinds(parts, sources):
            if kind == "object":
                yield from self._objects(parts, sources, location)
            elif kind == "array":
                yield from self._arrays(parts, sources, location)
            else:
                yield from scalars.candidates(kind, parts, location.name)

    def _objects(
        self, parts: list[Schema], sources: tuple[_Source, ...], location: _Location
    ) -> Iterator[dict[str, Any]]:
        least = min(max(limits(parts, "minProperties"), default=0), _most_made(location))
        ways = [location, location._replace(fill=False)]
        if least and not location.fill:
            ways.append(location._replace(fill=True))
        for way in ways:
            value = self._object(parts, sources, way)
            if value is not None:
                yield value
                yield self._enlarged(value, parts, least, way)
        if value is not None:
            yield {name: value[name] for name in self._required(parts) if name in value}

    def _object(
        self, parts: list[Schema], sources: tuple[_Source, ...], location: _Location
    ) -> dict[str, Any] | None:
        """Return an object, None where a required field cannot be made."""
        objects = [source for source in sources if isinstance(source.value, dict)]
        named = {name for source in objects if source.names for name in source.value}
        properties = _properties(parts)
        required = self._required(parts)
        ids = _containers(parts)
        again = any(id in location.above for id in ids)
        fill = location.fill and not again and len(location.above) < _DEEPEST
        result: dict[str, Any] = {}
        for name in dict.fromkeys((*properties, *required, *sorted(named - properties.keys()))):
            filled = fill and self._left > 0 and not self._is_not_written(properties.get(name))
            if not filled and name not in named and name not in required:
                continue
            if again and name not in named and max(map(location.above.count, ids)) > 1:
                return None  # it requires itself, without end
            below = _Location(name, fill, (*location.above, *ids))
            its = tuple(
                source._replace(value=source.value[name]) for source in objects if name in source.value
            )
            value = self._property(name, parts, properties, its, below, made_up=fill or name in required)
            if value is _NOTHING and name in required:
                return None
            hollow = value in ({}, []) and name not in named and name not in required
            if value is not _NOTHING and not hollow:
                result[name] = value
        return result

    def _property(
        self,
        name: str,
        parts: list[Schema],
        properties: Mapping[str, list[Any]],
        sources: tuple[_Source, ...],
        location: _Location,
        *,
        made_up: bool,
    ) -> Any:
        schema = _together([*properties.get(name, ()), *_additional(name, parts)])
        if not made_up and not any(isinstance(source.value, (dict, list)) for source in sources):
            taken = (source.value for source in sources if fits(schema, source.value, self.rules))
            return next(taken, _NOTHING)
        return self.make(schema, sources, location)

    def _enlarged(
        self, value: dict[str, Any], parts: list[Schema], least: int, location: _Location
    ) -> dict[str, Any]:
        """Return ``value`` with extra fields, up to ``least``."""
        result = dict(value)
        for number in range(1, 1 + least - len(value)):
            below = location._replace(name=f"field{number}", above=(*location.above, *_containers(parts)))
            name = next((name for name in self._names(parts, number) if name not in result), below.name)
            extra = self._property(name, parts, {}, (), below, made_up=True)
            if extra is not _NOTHING:
                result[name] = extra
        return result

    def _names(self, parts: list[Schema], number: int) -> Iterator[str]:
        """Yield names for one more field, where a schema says what names are like."""
        allowed = limits(parts, "propertyNames")
        patterns = [pattern for part in parts for pattern in limit(part, "patternProperties") or ()]
        for schema in (*allowed, *({"pattern": pattern} for pattern in patterns)):
            candidates = [*(enum_of(schema) or ()), *scalars.variations("string", [schema], "", number)]
            yield from (
                name
                for name in candidates
                if isinstance(name, str) and fits({"allOf": [*allowed, schema]}, name, self.rules)
            )

    def _required(self, parts: list[Schema]) -> list[str]:
        names = dict.fromkeys(name for part in parts for name in limit(part, "required") or ())
        for part in parts:
            for name, others in (limit(part, "dependentRequired") or {}).items():
                names.update(dict.fromkeys(others if name in names else ()))
        dropped = not_written(names, {"allOf": parts}, self.rules.components, self.rules.not_written)
        return [name for name in names if name not in dropped]

    def _is_not_written(self, schemas: Iterable[Any] | None) -> bool:
        flag = self.rules.not_written
        targets = (resolve(schema, self.rules.components)[1] for schema in schemas or ())
        return any(isinstance(schema, Mapping) and schema.get(flag) is True for schema in targets)

    def _arrays(
        self, parts: list[Schema], sources: tuple[_Source, ...], location: _Location
    ) -> Iterator[list[Any]]:
        items = _together(limits(parts, "items"))
        least = min(max(limits(parts, "minItems"), default=0), _most_made(location))
        most = min(limits(parts, "maxItems"), default=None)
        ids = _containers(parts)
        again = any(id in location.above for id in ids)
        below = location._replace(name=singular(location.name), above=(*location.above, *ids))
        lists = [source for source in sources if isinstance(source.value, list)]
        result: list[Any] = []
        yield from self._tuples(parts, lists, least, below)
        for source in lists[:1]:
            values = source.value if source.names else source.value[:1]
            composed = (self.make(items, (source._replace(value=value),), below) for value in values)
            result = [item for item in composed if item is not _NOTHING][:most]
        count = max(least, 1) if self._lists and not again and not (lists and lists[0].names) else least
        if not result and count > 0:
            one = self.make(items, (), below)
            result = [] if one is _NOTHING else [one]
        yield self._grown(result, items, count, below)
        yield _without_duplicates(result)
        yield []

    def _tuples(
        self, parts: list[Schema], sources: list[_Source], least: int, location: _Location
    ) -> Iterator[list[Any]]:
        """Yield lists whose first items have schemas of their own, or that have to contain something."""
        items = limits(parts, "items")
        columns = itertools.zip_longest(*limits(parts, "prefixItems"), fillvalue={})
        result: list[Any] = []
        for number, schemas in enumerate(columns):
            values = (source for source in sources if number < len(source.value))
            its = tuple(source._replace(value=source.value[number]) for source in values)
            item = self.make(_together(list(schemas)), its, location)
            if item is _NOTHING:
                break
            result.append(item)
        if result:
            yield self._grown(result, _together(items), least, location)
            yield result
        for contained in limits(parts, "contains"):
            one = self.make(_together([contained, *items]), (), location)
            if one is not _NOTHING:
                count = max(least, *limits(parts, "minContains"), 1)
                yield self._grown([*result, one], _together([contained, *items]), count, location)

    def _grown(self, values: list[Any], items: Any, count: int, location: _Location) -> list[Any]:
        """Return ``values`` extended to ``count``, with different items where there are any."""
        result = list(values)
        if len(result) >= count:
            return result
        result = _without_duplicates(result)
        for number in range(2, 2 * count + 2):
            if len(result) >= count:
                break
            for other in self._others(items, number, location):
                if distinct([*result, other]):
                    result.append(other)
                    break
        while result and len(result) < count:
            result.append(copy.deepcopy(result[0]))
        return result

    def _others(self, items: Any, number: int, location: _Location) -> Iterator[Any]:
        """Yield items that differ from the first: another enum value, the next number."""
        for parts in self._choices({"allOf": [items]}, ()):
            for kind in _kinds(parts, ()):
                if kind == "object":
                    yield from self._varied_objects(parts, number, location)
                elif kind != "array":
                    candidates: list[Any] = [value for part in parts for value in enum_of(part) or ()]
                    candidates += scalars.variations(kind, parts, location.name, number)
                    yield from (value for value in candidates if fits(items, value, self.rules))

    def _varied_objects(self, parts: list[Schema], number: int, location: _Location) -> Iterator[Any]:
        ids = _containers(parts)
        base = self._object(parts, (), location)
        if base is None or any(id in location.above for id in ids):
            return
        if not fits({"allOf": parts}, base, self.rules):
            return  # changing one field does not make it valid, and there are many to try
        for name in base:
            below = location._replace(name=name, above=(*location.above, *ids))
            for schema in _properties(parts).get(name, ()):
                for value in self._others(schema, number, below):
                    varied = {**base, name: value}
                    if fits({"allOf": parts}, varied, self.rules):
                        yield varied


def _properties(parts: list[Schema]) -> dict[str, list[Any]]:
    properties: dict[str, list[Any]] = {}
    for part in parts:
        for name, schema in (limit(part, "properties") or {}).items():
            properties.setdefault(name, []).append(schema)
    return properties


def _most_made(location: _Location) -> int:
    """Return the most items or fields of an example: nested lists multiply."""
    return (100, 10, 1)[min(len(location.above), 2)]


def _containers(parts: list[Schema]) -> tuple[int, ...]:
    """Return the ids of the schemas that contain others, to recognize recursion."""
    leads_on = ("properties", "additionalProperties", "patternProperties", "items", "prefixItems", "contains")
    return tuple(id(part) for part in parts if any(keyword in part for keyword in leads_on))


def _together(schemas: list[Any]) -> Any:
    return schemas[0] if len(schemas) == 1 else {"allOf": schemas} if schemas else {}


def _additional(name: str, parts: list[Schema]) -> Iterator[Any]:
    """Yield the ``additionalProperties`` of the schemas that do not declare ``name``."""
    for part in parts:
        matching = of_pattern(part, name)
        yield from matching
        if name not in (limit(part, "properties") or {}) and not matching:
            yield from limits([part], "additionalProperties", "unevaluatedProperties")


_HINTS = (
    (
        "object",
        (
            *("properties", "additionalProperties", "required", "minProperties", "maxProperties"),
            *("patternProperties", "propertyNames", "dependentRequired", "dependentSchemas"),
        ),
    ),
    ("array", ("items", "prefixItems", "contains", "minItems", "maxItems", "uniqueItems")),
    ("number", ("minimum", "maximum", "multipleOf")),
)


def _kinds(parts: list[Schema], sources: tuple[_Source, ...]) -> list[str]:
    """Return the types a value may have, the most likely first."""
    declared = [types for part in parts if (types := types_of(part))]
    containers = {
        "object" if isinstance(source.value, dict) else "array"
        for source in sources
        if isinstance(source.value, (dict, list)) and source.names
    }
    if declared:
        named = dict.fromkeys(name for types in declared for name in types)
        kinds = [name for name in named if all(_allows(types, name) for types in declared)]
    else:
        kinds = [kind for kind, hints in _HINTS if any(hint in part for part in parts for hint in hints)]
        kinds += [*sorted(containers), "string"]  # where any type is allowed, take what the sources have
    return sorted(kinds, key=lambda kind: (kind == "null", bool(containers) and kind not in containers))


def _allows(types: Sequence[str], kind: str) -> bool:
    return kind in types or (kind == "integer" and "number" in types)


def _without_duplicates(values: list[Any]) -> list[Any]:
    kept: list[Any] = []
    for value in values:
        if distinct([*kept, value]):
            kept.append(value)
    return kept
