"""Proves a breaking change of a schema by a value that one document accepts and the other rejects.

Candidates are made from what changed; jsonschema alone decides which of them is a proof. If
none is, the change has no witness and its verdict rests on the rule.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, NamedTuple

from dynzuora.comparison.changes import Direction, Witness
from dynzuora.comparison.facts import Difference
from dynzuora.comparison.shapes import Version
from dynzuora.model import Schema
from dynzuora.schema import Checker, example

_Candidates = Callable[["_Case"], Iterator[Any]]

_MOST_CANDIDATES = 12
"""At most this many candidates are tried for one change."""

_LONGEST = 70_000
"""Longer strings do not help whoever reads a report."""

_MOST_ITEMS = 2_000


class _Case(NamedTuple):
    """One change of a schema: what should accept a witness, and what should reject it."""

    difference: Difference
    wide: Version
    """The document that must accept the value."""
    narrow: Version
    accepting: Schema
    rejecting: Schema
    direction: Literal["request", "response"]

    def example(self, *, required_only: bool = False) -> Any:
        """Return a value that the accepting side accepts."""
        return _example(self, self.accepting, required_only=required_only)


def prove(old: Version, new: Version, difference: Difference, direction: Direction) -> Witness | None:
    """Return a value that proves a breaking verdict, or None if no candidate does."""
    if difference.schemas is None or direction not in ("request", "response"):
        return None
    before, after = difference.schemas
    if direction == "request":
        case = _Case(difference, old, new, before, after, "request")
    else:
        case = _Case(difference, new, old, after, before, "response")
    accepting = _checker(case.wide, case.accepting, case.direction)
    rejecting = _checker(case.narrow, case.rejecting, case.direction)
    where = (difference.owner or difference.part) + difference.path
    for value in itertools.islice(_candidates(case), _MOST_CANDIDATES):
        problems = rejecting.problems(value, "value")
        if problems and not accepting.problems(value, "value"):
            valid: Literal["old", "new"] = "old" if direction == "request" else "new"
            return Witness(value, where, valid, str(problems[0].message))
    return None


def _checker(version: Version, schema: Schema, direction: Literal["request", "response"]) -> Checker:
    schema = _with_range(version, schema)
    return Checker(schema, version.components, level="strict", direction=direction, engine="jsonschema")


def _candidates(case: _Case) -> Iterator[Any]:
    """Yield values that may prove the case, the most promising first."""
    kind = case.difference.kind
    for prefix, candidates in _CANDIDATES.items():
        if kind.startswith(prefix):
            yield from candidates(case)
    yield case.example(required_only=True)
    yield case.example()


def _of_limits(case: _Case) -> Iterator[Any]:
    """Yield values just beyond the limit of the rejecting side."""
    words = case.narrow.shape(case.rejecting).words
    limit = case.difference.kind.rpartition("-")[0]
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
    """Yield an object with ``number`` fields."""
    wide = case.wide.shape(case.accepting)
    schema = case.wide.additional(wide)
    value = _example(case, schema, required_only=True) if isinstance(schema, Mapping) else "text"
    yield {f"field{count}": value for count in range(1, min(number, _MOST_ITEMS) + 1)}


def _example(case: _Case, schema: Schema, *, required_only: bool = False) -> Any:
    components = case.wide.components
    return example(schema, required_only=required_only, direction=case.direction, components=components)


def _items(case: _Case, number: int) -> list[Any]:
    """Return a list of ``number`` items that the accepting side accepts."""
    schema = case.wide.shape(case.accepting).words.get("items", {})
    item = _example(case, schema, required_only=True)
    if number < 2 or not case.wide.shape(case.accepting).words.get("uniqueItems"):
        return [item] * number
    is_text = case.wide.shape(schema).type in ("string", "")
    return [f"{item}{count}" if is_text else count for count in range(number)]


def _of_enums(case: _Case) -> Iterator[Any]:
    wide = case.wide.shape(case.accepting).words.get("enum", [])
    narrow = case.narrow.shape(case.rejecting).words.get("enum", [])
    yield from (value for value in wide if value not in narrow)
    if narrow:
        yield "Something else" if isinstance(narrow[0], str) else max(narrow) + 1


def _of_null(case: _Case) -> Iterator[Any]:
    yield None


_RANGES = {"int32": 2**31 - 1, "int64": 2**63 - 1, "float": 3.4028235e38}
"""Number format → the largest value, which jsonschema does not check."""


def _with_range(version: Version, schema: Schema) -> Schema:
    """Return ``schema`` with the range that its format implies."""
    most = _RANGES.get(version.shape(schema).words.get("format", ""))
    return {"allOf": [schema, {"minimum": -most - 1, "maximum": most}]} if most else schema


def _of_formats(case: _Case) -> Iterator[Any]:
    yield from (2**31, 2**63, 1e39)


def _of_exclusions(case: _Case) -> Iterator[Any]:
    """Yield a value that the rejecting side excludes."""
    excluded = case.narrow.shape(case.rejecting).words.get("not")
    if isinstance(excluded, Mapping):
        yield example(excluded, direction=case.direction, components=case.narrow.components)


def _of_required(case: _Case) -> Iterator[Any]:
    """Yield objects without the property that the rejecting side requires."""
    for required_only in (True, False):
        value = case.example(required_only=required_only)
        if isinstance(value, Mapping):
            names = {case.difference.field, str(case.difference.new), str(case.difference.old)}
            yield {name: field for name, field in value.items() if name != case.difference.field}
            yield {name: field for name, field in value.items() if name not in names}


def _of_fields(case: _Case) -> Iterator[Any]:
    """Yield objects with a field that the rejecting side does not allow."""
    wide = case.wide.shape(case.accepting)
    name = case.difference.field if case.difference.kind.startswith("property-") else "somethingElse"
    properties = wide.properties
    schema = properties[name].schema if name in properties else case.wide.additional(wide)
    values = [_example(case, schema)] if isinstance(schema, Mapping) else _ONE_OF_EACH_TYPE
    for required_only in (True, False):
        start = case.example(required_only=required_only)
        if isinstance(start, Mapping):
            yield from ({**start, name: value} for value in values)


_ONE_OF_EACH_TYPE: tuple[Any, ...] = ("text", 1, True, [], {})


def _of_alternatives(case: _Case) -> Iterator[Any]:
    """Yield an example of every alternative of the accepting side."""
    wide = case.wide.shape(case.accepting)
    for _, members in wide.alternatives:
        for member in members:
            for required_only in (False, True):
                yield _example(case, member, required_only=required_only)


def _of_types(case: _Case) -> Iterator[Any]:
    yield case.example()
    if case.wide.shape(case.accepting).type in ("number", ""):
        yield 0.5
    if not case.wide.shape(case.accepting).type:
        yield from _ONE_OF_EACH_TYPE


#: Prefix of a kind → its candidates.
_CANDIDATES: dict[str, _Candidates] = {
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
