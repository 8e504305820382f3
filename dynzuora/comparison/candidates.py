"""Values that may tell two schemas apart: at their limits, just beyond them, and of each kind they name.

First those that show best what one kind of change does, then those that do not depend on which
keyword differs. Every value is tried by whoever asks, so a keyword that is not handled makes a
proof harder to find, never wrong.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Literal, NamedTuple

from dynzuora._patterns import sample
from dynzuora.comparison import conditions
from dynzuora.comparison.shapes import Shape, Version
from dynzuora.model import Schema, parts
from dynzuora.schema import example, surely_valid
from dynzuora.schema.fitting import enum_of, types_of

_DEEPEST = 3
"""Values are varied down to this level."""

_LONGEST = 70_000
"""Longer texts do not help whoever reads a report."""

_MOST_ITEMS = 2_000

_MOST_BRANCHES = 12
_MOST_NAMES = 12
_MOST_OF_A_FIELD = 30
_MOST_LOOKED_AT = 300

UNKNOWN = "somethingElse"
"""The name of a property that no document declares."""

ONE_OF_EACH_TYPE: tuple[Any, ...] = ("text", 1, 0.5, True, [], {}, None)

RANGES = {"int32": 2**31 - 1, "int64": 2**63 - 1, "float": 3.4028235e38}
"""Number format → the largest value, which jsonschema does not check."""

LENGTHS = {"uuid": 36, "date": 10}
"""Text format → how long each value of it is (RFC 9562, 4; RFC 3339, 5.6)."""

_OF_FORMATS = ("not-of-this-format", "2026-01-31", "2026-01-31T09:30:00Z", "billing@example.com")


class Side(NamedTuple):
    """A schema of one of the two documents."""

    version: Version
    schema: Schema

    @property
    def shape(self) -> Shape:
        return self.version.shape(self.schema)

    def branches(self) -> list[Side]:
        """Return what a value may be: the schema itself, or with each of its alternatives."""
        shape = self.shape
        members = [member for _, group in shape.alternatives for member in group]
        if not members:
            return [self]
        is_plain = not (shape.type or shape.properties or shape.required)
        branches: list[Side] = []
        for member in members:
            schema = member if is_plain else {"allOf": [self.schema, member]}
            inner = Side(self.version, member).branches()
            branches += [self._replace(schema=schema)] if len(inner) == 1 else inner
        return branches[:_MOST_BRANCHES]

    def words(self) -> Iterator[Mapping[str, Any]]:
        """Yield the keywords of the schema, of its alternatives and of what it excludes, each apart."""
        waiting, seen = [self.schema], 0
        while waiting and seen < _MOST_BRANCHES:
            schema = waiting.pop()
            shape = self.version.shape(schema)
            seen += 1
            yield shape.words
            if "allOf" in schema:  # of several patterns the shape has one
                members = parts(schema, self.version.components)
                yield from (part.schema for part in members if "pattern" in part.schema)
            waiting += [member for _, group in shape.alternatives for member in group]
            if isinstance(shape.words.get("not"), Mapping):
                waiting.append(shape.words["not"])

    def types(self) -> set[str]:
        """Return the types to make values of: those that are declared, none of what lists its values.

        Integers count as numbers. True, False and null are always tried.
        """
        types = {"number", "string", "array", "object"}
        for part in parts(self.schema, self.version.components):
            if enum_of(part.schema) is not None:
                return set()
            declared = types_of(part.schema)
            if declared:
                types &= {"number" if name == "integer" else name for name in declared}
        return types

    def of_items(self) -> Side:
        schema: Schema = next((words["items"] for words in self.words() if words.get("items")), {})
        return self._replace(schema=schema)

    def of_property(self, name: str) -> Side:
        """Return the side of a property, declared or not; of all its schemas, where alternatives differ."""
        schemas: dict[int, Schema] = {}
        for side in (self, *self.branches()):
            if name in side.shape.properties:
                schema = side.shape.properties[name].schema
                schemas.setdefault(id(schema), schema)
        if schemas:
            several = list(schemas.values())
            return self._replace(schema=several[0] if len(several) == 1 else {"anyOf": several})
        additional = self.version.additional(self.shape)
        return self._replace(schema=additional if isinstance(additional, Mapping) else {})


class Candidates:
    """Makes values that ``wide`` may accept and ``narrow`` may reject."""

    def __init__(self, wide: Side, narrow: Side, direction: Literal["request", "response"]) -> None:
        self.wide, self.narrow, self.direction = wide, narrow, direction

    def telling(self, kind: str, names: tuple[str, ...] = ()) -> Iterator[Any]:
        """Yield the values that show best what a change of that kind does to the properties ``names``."""
        for prefix, make in _TELLING.items():
            if kind.startswith(prefix):
                yield from make(self, kind, names)
        if not kind.startswith("null-"):
            yield self._example(self.wide)
            yield self._example(self.wide, required_only=False)

    def values(self, names: Iterable[str] = ()) -> Iterator[Any]:
        """Yield values, the simplest first, each once; objects are varied in ``names``, if there are any."""
        seen: set[str] = set()
        for value in self._of(self.wide, self.narrow, tuple(dict.fromkeys(filter(None, names))), 0):
            key = _encode(value)
            if key not in seen:
                seen.add(key)
                yield value

    def _of(self, wide: Side, narrow: Side, names: tuple[str, ...], depth: int) -> Iterator[Any]:
        words = [*wide.words(), *narrow.words()]
        for own in words:
            yield from own.get("enum", ())
        types = wide.types()
        if "number" in types:
            yield from _numbers(words)
        if "string" in types:
            yield from _texts(words)
        yield from (True, False, None)
        if "array" in types:
            yield from self._lists(wide, narrow, words, depth)
        if "object" in types:
            for branch in wide.branches():
                if branch.shape.type in ("object", ""):
                    yield from self._objects(branch, narrow, words, names, depth)
        for own in words:
            if isinstance(own.get("not"), Mapping):
                yield self._example(narrow._replace(schema=own["not"]))

    def _example(self, side: Side, *, required_only: bool = True) -> Any:
        return example(
            side.schema,
            required_only=required_only,
            direction=self.direction,
            components=side.version.components,
        )

    # -- by the kind of a change ----------------------------------------------------------

    def _beyond(self, kind: str, _: tuple[str, ...]) -> Iterator[Any]:
        """Yield values just beyond the limit of the rejecting side."""
        words, limit = self.narrow.shape.words, kind.rpartition("-")[0]
        if limit == "max-length" and words.get("maxLength", _LONGEST) < _LONGEST:
            yield "x" * (int(words["maxLength"]) + 1)
        elif limit == "min-length":
            yield "x" * (int(words.get("minLength", 1)) - 1)
        elif limit in ("maximum", "minimum") and limit in words:
            step = 1 if limit == "maximum" else -1
            yield from (words[limit], words[limit] + step, words[limit] + step / 2)
        elif limit == "max-items" and words.get("maxItems", _MOST_ITEMS) < _MOST_ITEMS:
            yield self._items(int(words["maxItems"]) + 1)
        elif limit == "min-items":
            yield self._items(int(words.get("minItems", 1)) - 1)
        elif limit == "unique-items":
            yield self._items(1) * 2
        elif limit == "multiple-of" and "multipleOf" in words:
            step = self.wide.shape.words.get("multipleOf", words["multipleOf"] / 2)
            yield from (step * number for number in range(1, 5))
        elif limit == "max-properties":
            side = self.wide.of_property(UNKNOWN)
            value = self._example(side) if side.schema else "text"
            count = min(int(words.get("maxProperties", 0)) + 1, _MOST_ITEMS)
            yield {f"field{number}": value for number in range(1, count + 1)}
        elif limit == "min-properties":
            yield {}

    def _items(self, number: int) -> list[Any]:
        """Return a list of ``number`` items that the accepting side accepts."""
        item = self._example(self.wide.of_items())
        if number < 2 or not self.wide.shape.words.get("uniqueItems"):
            return [item] * number
        return _distinct(item, number)

    def _unlisted(self, _: str, __: tuple[str, ...]) -> Iterator[Any]:
        listed = self.narrow.shape.words.get("enum", [])
        yield from (value for value in self.wide.shape.words.get("enum", []) if value not in listed)
        yield "Something else"
        yield from (max(listed) + 1 for _ in listed[:1] if all(type(value) is int for value in listed))

    def _null(self, _: str, __: tuple[str, ...]) -> Iterator[Any]:
        yield None

    def _out_of_range(self, _: str, __: tuple[str, ...]) -> Iterator[Any]:
        yield from (2**31, 2**63, 1e39)

    def _excluded(self, _: str, __: tuple[str, ...]) -> Iterator[Any]:
        excluded = self.narrow.shape.words.get("not")
        if isinstance(excluded, Mapping):
            yield self._example(self.narrow._replace(schema=excluded), required_only=False)

    def _of_conditions(self, _: str, __: tuple[str, ...]) -> Iterator[Any]:
        words = [*self.narrow.words(), *self.wide.words()]
        starts = [self._example(self.wide, required_only=only) for only in (True, False)]
        for side in (self.narrow, self.wide):

            def example(schema: Schema, side: Side = side) -> Any:
                return self._example(side._replace(schema=schema))

            yield from conditions.candidates(words, starts, example, side.version.components)

    def _without(self, _: str, names: tuple[str, ...]) -> Iterator[Any]:
        """Yield objects without a property that the rejecting side requires."""
        for required_only in (True, False):
            value = self._example(self.wide, required_only=required_only)
            if isinstance(value, Mapping):
                yield {name: field for name, field in value.items() if name != names[0]}
                yield {name: field for name, field in value.items() if name not in names}

    def _with(self, kind: str, names: tuple[str, ...]) -> Iterator[Any]:
        """Yield objects with a property that the rejecting side does not allow."""
        name = names[0] if kind.startswith("property-") and names else UNKNOWN
        side = self.wide.of_property(name)
        values = [self._example(side, required_only=False)] if side.schema else ONE_OF_EACH_TYPE[:-1]
        for required_only in (True, False):
            start = self._example(self.wide, required_only=required_only)
            if isinstance(start, Mapping):
                yield from ({**start, name: value} for value in values)

    def _alternatives(self, _: str, __: tuple[str, ...]) -> Iterator[Any]:
        for _, members in self.wide.shape.alternatives:
            for member in members:
                for required_only in (False, True):
                    yield self._example(self.wide._replace(schema=member), required_only=required_only)

    def _of_type(self, _: str, __: tuple[str, ...]) -> Iterator[Any]:
        yield self._example(self.wide, required_only=False)
        if self.wide.shape.type in ("number", ""):
            yield 0.5
        if not self.wide.shape.type:
            yield from ONE_OF_EACH_TYPE[:-1]

    # -- lists ----------------------------------------------------------------------------

    def _lists(
        self, wide: Side, narrow: Side, words: list[Mapping[str, Any]], depth: int
    ) -> Iterator[list[Any]]:
        yield []
        base = self._example(wide)
        if isinstance(base, list) and base:
            yield base
        inner = wide.of_items(), narrow.of_items()
        values = _some(self._of(*inner, (), depth + 1), 40, depth) if depth < _DEEPEST else []
        first = self._example(inner[0])
        values = [first, *values] if first is not None else values
        counts = {1, 2}
        for own in words:
            counts |= {
                own[word] + step for word in ("minItems", "maxItems") if word in own for step in (-1, 0, 1)
            }
        fixed = base if isinstance(base, list) else []
        for value in values[:1]:
            for count in sorted(counts):
                if 0 < count <= _MOST_ITEMS:
                    yield [value] * int(count)
                    yield [*values[:count], *_distinct(value, count - len(values))]
                    yield _distinct(value, count)
        if any(own.get("uniqueItems") for own in words):
            different = _different(wide.of_items(), values)
            yield from (different[: int(count)] for count in sorted(counts) if count > 1)
        for value in values:
            yield [value, *fixed[1:]]
            yield [value, value]
            yield [*fixed[:1], value]

    # -- objects --------------------------------------------------------------------------

    def _objects(
        self,
        wide: Side,
        narrow: Side,
        words: list[Mapping[str, Any]],
        names: tuple[str, ...],
        depth: int,
    ) -> Iterator[dict[str, Any]]:
        yield {}
        base = self._example(wide)
        bases = [base] if isinstance(base, dict) else []
        yield from bases
        names = names or self._names(wide, narrow)
        for name in names:
            for value in bases:
                yield {other: field for other, field in value.items() if other != name}
            if depth < _DEEPEST:
                inner = wide.of_property(name), narrow.of_property(name)
                fields = self._of(*inner, (), depth + 1)
                first = self._example(inner[0])
                for field in [first, *_some(fields, _MOST_OF_A_FIELD, depth)]:
                    yield from ({**value, name: field} for value in bases or [{}])
                    if bases and bases[0].keys() - {name}:
                        yield {name: field}
        full = self._example(wide, required_only=False) if depth < 2 else None
        if isinstance(full, dict):
            yield full
            for name in names:
                yield {other: field for other, field in full.items() if other != name}
        additional = wide.version.additional(wide.shape)
        if isinstance(additional, Mapping):
            inner = wide._replace(schema=additional), narrow.of_property(UNKNOWN)
            others = _some(self._of(*inner, (), depth + 1), 30, depth) if depth < _DEEPEST else []
            others = [self._example(inner[0]), *others]
        else:
            others = [] if additional is False else list(ONE_OF_EACH_TYPE)
        for value in bases or [{}]:
            for own in words:
                for count in {own.get("maxProperties", 0) + 1, own.get("minProperties", 0)}:
                    if others and len(value) < count <= _MOST_ITEMS:
                        more = {
                            f"field{number}": others[0] for number in range(1, int(count) - len(value) + 1)
                        }
                        yield {**value, **more}
            yield from ({**value, UNKNOWN: other} for other in others)

    def _names(self, wide: Side, narrow: Side) -> tuple[str, ...]:
        names = dict.fromkeys(sorted(narrow.shape.required))
        for side in narrow.branches():
            names |= dict.fromkeys(sorted(side.shape.required))
        names |= dict.fromkeys(wide.shape.properties)
        declared = {name for side in (wide, *wide.branches()) for name in side.shape.properties}
        return tuple(name for name in names if name in declared)[:_MOST_NAMES]


_encode = json.JSONEncoder(default=str).encode


def _some(values: Iterator[Any], most: int, depth: int) -> list[Any]:
    """Return the first values; at the top those of each type, for what comes last may be what tells."""
    if depth:
        return list(itertools.islice(values, most))
    by_type: dict[type, list[Any]] = {}
    for value in itertools.islice(values, _MOST_LOOKED_AT):
        by_type.setdefault(type(value), []).append(value)
    return [value for same in by_type.values() for value in same[: most // 3]]


def _different(side: Side, values: list[Any]) -> list[Any]:
    """Return the values that a schema accepts, each once."""
    accepted = {
        _encode(value): value for value in values if surely_valid(side.schema, value, side.version.components)
    }
    return list(accepted.values())


def _distinct(value: Any, count: int) -> list[Any]:
    """Return ``count`` values that differ from each other."""
    if isinstance(value, str):
        return [f"{value}{number}" for number in range(count)]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return [value] * max(count, 0)
    return [value + number for number in range(count)]


def _numbers(words: list[Mapping[str, Any]]) -> Iterator[float]:
    limits = [own[word] for own in words for word in ("minimum", "maximum") if word in own]
    steps = [own["multipleOf"] for own in words if own.get("multipleOf")]
    ranges = [RANGES[own["format"]] for own in words if own.get("format") in RANGES]
    for limit in limits:
        yield from (limit, limit + 1, limit - 1, limit + 0.5, limit - 0.5, limit + 0.25, limit - 0.25)
    for first, second in itertools.pairwise(sorted(limits)):
        yield (first + second) / 2
    for step in steps:
        for start in (0, *limits):
            whole = start // step
            yield from (_plain(step * (whole + number)) for number in (1, 2, 3, 4, 0, -1, 5, 6))
    for first, second in itertools.combinations(steps, 2):
        yield _plain(first * second)
    yield from (1, 0, -1, 0.5, 2, 3, 7, 1000, -1000, 10**9)
    yield from (value + 1 if value < 2**64 else value * 3 for value in ranges)


def _plain(number: float) -> float:
    number = round(number, 9)
    return int(number) if number == int(number) else number


def _texts(words: list[Mapping[str, Any]]) -> Iterator[str]:
    lengths = {
        own[word] + step
        for own in words
        for word in ("minLength", "maxLength")
        if word in own
        for step in (-1, 0, 1)
    }
    sizes = sorted(int(length) for length in lengths if 0 <= length <= _LONGEST)
    patterns = list(dict.fromkeys(own["pattern"] for own in words if "pattern" in own))
    for first, second in itertools.permutations(patterns[:4], 2):
        yield (sample(first) or "") + (sample(second) or "")
    for own in words:
        if "pattern" in own:
            samples = (sample(own["pattern"], extra) for extra in (0, 1, 2, *sizes))
            for text in dict.fromkeys(text for text in samples if text is not None):
                yield text
                yield from (text.ljust(size, text[-1:] or "x")[:size] for size in sizes)
                yield from (text.rjust(size, text[:1] or "x")[-size or size :] for size in sizes)
                yield from (
                    text[:-1],
                    text + text[-1:],
                    text[1:],
                    text.lower(),
                    text.upper(),
                    text.swapcase(),
                )
                yield from (text.replace("0", "7"), text.replace("a", "k"), text.replace("A", "K"))
    yield from ("x" * size for size in sizes)
    yield from ("Something else", "a", "A", "1", "", "10", "true", "-", "é")
    if any("format" in own for own in words):
        yield from _OF_FORMATS


#: Prefix of a kind → the values that show best what such a change does.
_TELLING: dict[str, Callable[[Candidates, str, tuple[str, ...]], Iterator[Any]]] = {
    "type-": Candidates._of_type,
    "null-": Candidates._null,
    "enum-": Candidates._unlisted,
    "format-": Candidates._out_of_range,
    "max": Candidates._beyond,
    "min": Candidates._beyond,
    "multiple-of-": Candidates._beyond,
    "unique-items-": Candidates._beyond,
    "required-property-": Candidates._without,
    "property-became-": Candidates._without,
    "property-forbidden": Candidates._with,
    "property-admitted": Candidates._with,
    "additional-properties-": Candidates._with,
    "alternative": Candidates._alternatives,
    "exclusion-": Candidates._excluded,
    "condition-": Candidates._of_conditions,
    "pattern-": Candidates._of_type,
}
