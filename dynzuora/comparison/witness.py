"""Proves a breaking change of a schema by a value that one document accepts and the other rejects.

The rules explain a change, the witness decides: every difference between schemas is tried in
each direction it reaches. Candidates come from what the two schemas say; jsonschema alone
decides which of them is a proof.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

from dynzuora.comparison.candidates import RANGES, UNKNOWN, Candidates, Side
from dynzuora.comparison.changes import Direction, Witness
from dynzuora.comparison.facts import Difference
from dynzuora.comparison.shapes import Version
from dynzuora.comparison.written import readings
from dynzuora.model import Schema
from dynzuora.schema import Checker, example
from dynzuora.schema.dialect import NOT_WRITTEN
from dynzuora.schema.fitting import Rules, fits

_MOST_CANDIDATES = 400
"""At most this many candidates are tried for one difference and direction."""


class Prover:
    """Looks for witnesses of differences between two documents."""

    def __init__(self, old: Version, new: Version) -> None:
        self.old, self.new = old, new

    def __call__(self, difference: Difference, direction: Direction) -> Witness | None:
        """Return a value that proves that ``difference`` breaks callers, or None if no candidate does."""
        if difference.schemas is None or direction not in ("request", "response"):
            return None
        is_request = direction == "request"
        case = _Case(
            difference,
            *((self.old, self.new) if is_request else (self.new, self.old)),
            is_request=is_request,
            direction="request" if is_request else "response",
        )
        where = (difference.owner or difference.part) + difference.path
        for value in itertools.islice(case.candidates(), _MOST_CANDIDATES):
            if not (case.is_taken(value) and case.is_refused(value)):
                continue
            problem = case.proof(value)
            if problem is not None:
                return Witness(value, where, "old" if is_request else "new", problem)
        return None


class _Case(NamedTuple):
    """One difference in one direction: ``wide`` must accept a witness, ``narrow`` reject it."""

    difference: Difference
    wide: Version
    narrow: Version
    is_request: bool
    direction: Literal["request", "response"]

    def _sides(self, schemas: tuple[Schema, Schema]) -> tuple[Side, Side]:
        old, new = schemas
        accepting, rejecting = (old, new) if self.is_request else (new, old)
        return Side(self.wide, accepting), Side(self.narrow, rejecting)

    @property
    def judges(self) -> tuple[Side, Side]:
        """The schemas that decide: the outermost of those that only count together."""
        frames = self.difference.frames
        schemas = frames[0].schemas if frames else self.difference.schemas
        assert schemas is not None
        return self._sides(schemas)

    def candidates(self) -> Iterator[Any]:
        """Yield values that may prove the case, as the outermost schema takes them."""
        row = self.difference
        assert row.schemas is not None
        made = Candidates(*self._sides(row.schemas), self.direction)
        names: tuple[str, ...] = ()
        if row.kind.startswith("additional-properties-"):
            names = (UNKNOWN,)
        elif row.kind.startswith(("property-", "required-property-")):
            names = (row.field, *(name for name in (row.old, row.new) if isinstance(name, str)))
        values = made.telling(row.kind, names)
        if not row.kind.startswith("null-"):
            values = itertools.chain(values, made.values(names))
        lifted: Iterator[Any] = map(self._lifted, values)
        if row.frames:
            lifted = itertools.chain(lifted, Candidates(*self.judges, self.direction).values())
        for value in lifted:
            if not row.is_text or value not in (None, [], {}):
                yield value

    def _lifted(self, value: Any) -> Any:
        """Return ``value`` where it belongs in a value of the outermost schema."""
        for frame in reversed(self.difference.frames):
            if not frame.step:
                continue
            side = self._sides(frame.schemas)[0]
            base = example(
                side.schema, required_only=True, direction=self.direction, components=side.version.components
            )
            if frame.step[0] == "items":
                value = [value, *(base[1:] if isinstance(base, list) else ())]
            else:
                name = frame.step[1] if len(frame.step) > 1 else UNKNOWN
                value = {**(base if isinstance(base, Mapping) else {}), name: value}
        return value

    def is_taken(self, value: Any) -> bool:
        """Whether the accepting side seems to accept ``value``."""
        return self._fits(self.judges[0], value)

    def is_refused(self, value: Any) -> bool:
        """Whether the rejecting side seems to reject ``value`` however it is read."""
        values = readings(value) if self.difference.is_text else [value]
        return not any(self._fits(self.judges[1], reading) for reading in values)

    def _fits(self, side: Side, value: Any) -> bool:
        rules = Rules(side.version.components, NOT_WRITTEN[self.direction])
        return fits(self._in_range(side), value, rules)

    def _in_range(self, side: Side) -> Schema:
        """Return the schema, where the range that its format implies is at stake with that."""
        is_at_stake = self.difference.kind in ("format-narrowed", "format-widened")
        most = RANGES.get(side.shape.words.get("format", "")) if is_at_stake else None
        return {"allOf": [side.schema, {"minimum": -most - 1, "maximum": most}]} if most else side.schema

    def proof(self, value: Any) -> str | None:
        """Return why the rejecting side rejects ``value``, as jsonschema says; None if it is no proof."""
        accepting, rejecting = (self._checker(side) for side in self.judges)
        if accepting.problems(value, "value"):
            return None
        problem = None
        for reading in readings(value) if self.difference.is_text else [value]:
            problems = rejecting.problems(reading, "value")
            if not problems:
                return None
            problem = problem or str(problems[0].message)
        return problem

    def _checker(self, side: Side) -> Checker:
        return Checker(
            self._in_range(side),
            side.version.components,
            level="strict",
            direction=self.direction,
            engine="jsonschema",
        )
