"""A value that one document accepts and the other refuses, for each breaking change of a schema.

Candidates are made from what changed; which of them proves it is jsonschema's word alone. A
change that no candidate proves has no witness: then the verdict rests on the rule.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, NamedTuple

from dynzuora.comparison.changes import Direction, Witness
from dynzuora.comparison.facts import Sighting
from dynzuora.comparison.shapes import Version
from dynzuora.model import Schema
from dynzuora.schema import Checker, example

_Reason = Callable[["_Case"], Iterator[Any]]

#: So many candidates are tried for one change.
_MOST = 12

#: Beyond this a string is no help to anybody who reads a report.
_LONGEST = 70_000

_MOST_ITEMS = 2_000


class _Case(NamedTuple):
    """One change of a schema, seen from the side that takes more."""

    sighting: Sighting
    wide: Version
    """The document that has to accept the value."""
    narrow: Version
    accepting: Schema
    refusing: Schema
    direction: Literal["request", "response"]

    def example(self, *, required_only: bool = False) -> Any:
        """Return a value that the accepting side takes."""
        return _example(self, self.accepting, required_only=required_only)


def prove(old: Version, new: Version, sighting: Sighting, direction: Direction) -> Witness | None:
    """Return a value that proves a breaking verdict, or None when there is none."""
    if sighting.schemas is None or direction not in ("request", "response"):
        return None
    before, after = sighting.schemas
    if direction == "request":
        case = _Case(sighting, old, new, before, after, "request")
    else:
        case = _Case(sighting, new, old, after, before, "response")
    accepting = _checker(case.wide, case.accepting, case.direction)
    refusing = _checker(case.narrow, case.refusing, case.direction)
    where = (sighting.owner or sighting.place) + sighting.path
    for value in itertools.islice(_candidates(case), _MOST):
        problems = refusing.problems(value, "value")
        if problems and not accepting.problems(value, "value"):
            valid: Literal["old", "new"] = "old" if direction == "request" else "new"
            return Witness(value, where, valid, str(problems[0].message))
    return None


def _checker(version: Version, schema: Schema, direction: Literal["request", "response"]) -> Checker:
    ranged = _in_range(version, schema)
    return Checker(ranged, version.components, level="strict", direction=direction, engine="jsonschema")


def _candidates(case: _Case) -> Iterator[Any]:
    """Yield values that may prove the case, the most telling first."""
    kind = case.sighting.kind
    for start, reason in _REASONS.items():
        if kind.startswith(start):
            yield from reason(case)
    yield case.example(required_only=True)
    yield case.example()


def _of_limits(case: _Case) -> Iterator[Any]:
    """Yield values just beyond the limit of the side that refuses."""
    words = case.narrow.shape(case.refusing).words
    limit = case.sighting.kind.rpartition("-")[0]
    if limit == "max-length" and words.get("maxLength", _LONGEST) < _LONGEST:
        yield "x" * (words["maxLength"] + 1)
    elif limit == "min-length":
        yield "x" * (words.get("minLength", 1) - 1)
    elif limit in ("maximum", "minimum") and limit in words:
        step = 1 if limit == "maximum" else -1
        yield from (words[limit], words[limit] + step, words[limit] + step / 2)
    elif limit == "max-items" and words.get("maxItems", _MOST_ITEMS) < _MOST_ITEMS:
        yield _items(case, words["maxItems"] + 1)
    elif limit == "min-items":
        yield _items(case, words.get("minItems", 1) - 1)
    elif limit == "unique-items":
        yield _items(case, 1) * 2
    elif limit == "multiple-of" and "multipleOf" in words:
        step = case.wide.shape(case.accepting).words.get("multipleOf", words["multipleOf"] / 2)
        yield from (step * number for number in range(1, 5))
    elif limit == "max-properties":
        yield from _with_fields(case, words.get("maxProperties", 0) + 1)
    elif limit == "min-properties":
        yield {}


def _with_fields(case: _Case, number: int) -> Iterator[Any]:
    """Yield an object with so many fields."""
    wide = case.wide.shape(case.accepting)
    named = case.wide.additional(wide)
    value = _example(case, named, required_only=True) if isinstance(named, Mapping) else "text"
    yield {f"field{each}": value for each in range(1, min(number, _MOST_ITEMS) + 1)}


def _example(case: _Case, schema: Schema, *, required_only: bool = False) -> Any:
    components = case.wide.components
    return example(schema, required_only=required_only, direction=case.direction, components=components)


def _items(case: _Case, number: int) -> list[Any]:
    """Return a list of ``number`` items that the accepting side takes."""
    schema = case.wide.shape(case.accepting).words.get("items", {})
    item = _example(case, schema, required_only=True)
    same = [item] * number
    if number < 2 or not case.wide.shape(case.accepting).words.get("uniqueItems"):
        return same
    type = case.wide.shape(schema).type
    return [f"{item}{each}" if type in ("string", "") else each for each in range(number)]


def _of_enums(case: _Case) -> Iterator[Any]:
    allowed = case.wide.shape(case.accepting).words.get("enum", [])
    refused = case.narrow.shape(case.refusing).words.get("enum", [])
    yield from (each for each in allowed if each not in refused)
    if refused:
        yield "Something else" if isinstance(refused[0], str) else max(refused) + 1


def _of_null(case: _Case) -> Iterator[Any]:
    yield None


#: Formats of numbers → the largest value; jsonschema does not know them.
_RANGES = {"int32": 2**31 - 1, "int64": 2**63 - 1, "float": 3.4028235e38}


def _in_range(version: Version, schema: Schema) -> Schema:
    """Return ``schema`` with the range that its format means."""
    most = _RANGES.get(version.shape(schema).words.get("format", ""))
    return {"allOf": [schema, {"minimum": -most - 1, "maximum": most}]} if most else schema


def _of_formats(case: _Case) -> Iterator[Any]:
    yield from (2**31, 2**63, 1e39)


def _of_exclusions(case: _Case) -> Iterator[Any]:
    """Yield what the refusing side excludes."""
    excluded = case.narrow.shape(case.refusing).words.get("not")
    if isinstance(excluded, Mapping):
        yield example(excluded, direction=case.direction, components=case.narrow.components)


def _of_required(case: _Case) -> Iterator[Any]:
    """Yield objects without the property that the refusing side insists on."""
    for required_only in (True, False):
        value = case.example(required_only=required_only)
        if isinstance(value, Mapping):
            left_out = {case.sighting.field, str(case.sighting.new), str(case.sighting.old)}
            yield {name: each for name, each in value.items() if name != case.sighting.field}
            yield {name: each for name, each in value.items() if name not in left_out}


def _of_fields(case: _Case) -> Iterator[Any]:
    """Yield objects with a field that the refusing side does not allow."""
    wide = case.wide.shape(case.accepting)
    name = case.sighting.field if case.sighting.kind.startswith("property-") else "somethingElse"
    properties = wide.properties
    named = properties[name].schema if name in properties else case.wide.additional(wide)
    values = [_example(case, named)] if isinstance(named, Mapping) else ["text", 1, True, [], {}]
    for required_only in (True, False):
        whole = case.example(required_only=required_only)
        if isinstance(whole, Mapping):
            yield from ({**whole, name: each} for each in values)


def _of_alternatives(case: _Case) -> Iterator[Any]:
    """Yield an example of every alternative of the side that takes more."""
    wide = case.wide.shape(case.accepting)
    for _, members in wide.alternatives:
        for each in members:
            for required_only in (False, True):
                yield _example(case, each, required_only=required_only)


def _of_types(case: _Case) -> Iterator[Any]:
    yield case.example()
    if case.wide.shape(case.accepting).type in ("number", ""):
        yield 0.5
    if not case.wide.shape(case.accepting).type:
        yield from ("text", 1, True, [], {})


#: What a kind begins with → the candidates for it.
_REASONS: dict[str, _Reason] = {
    "type-": _of_types,
    "null-": _of_null,
    "enum-": _of_enums,
    "format-": _of_formats,
    "max": _of_limits,
    "min": _of_limits,
    "multiple-of-": _of_limits,
    "unique-items-": _of_limits,
    "required-property-": _of_required,
    "property-became-": _of_required,
    "property-forbidden": _of_fields,
    "additional-properties-": _of_fields,
    "alternative": _of_alternatives,
    "exclusion-": _of_exclusions,
    "pattern-": _of_types,
}
