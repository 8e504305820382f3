"""Proves a breaking change of a schema by a value that one document accepts and the other rejects.

The rules explain a change, the witness decides: every difference between schemas is tried in
each direction it reaches. Candidates come from what the two schemas say; jsonschema alone
decides which of them is a proof.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from dynzuora.comparison.candidates import LENGTHS, RANGES, UNKNOWN, Candidates, Side
from dynzuora.comparison.changes import Direction, Witness
from dynzuora.comparison.differences import Difference
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
        versions = (self.old, self.new) if is_request else (self.new, self.old)
        case = _Case(difference, *versions, is_request=is_request)
        where = (difference.owner or difference.part) + difference.path
        for value in itertools.islice(case.candidates(), _MOST_CANDIDATES):
            if not case.seems_proof(value):
                continue
            problem = case.proof(value)
            if problem is not None:
                return Witness(value, where, "old" if is_request else "new", problem)
        return None


class _Case:
    """One difference in one direction: ``wide`` must accept a witness, ``narrow`` reject it."""

    def __init__(self, difference: Difference, wide: Version, narrow: Version, *, is_request: bool) -> None:
        self.difference = difference
        self.wide, self.narrow, self.is_request = wide, narrow, is_request
        self.direction: Literal["request", "response"] = "request" if is_request else "response"
        frames = difference.frames
        schemas = frames[0].schemas if frames else difference.schemas
        assert schemas is not None
        self.judges = self._sides(schemas)
        """The schemas that decide: the outermost of those that only count together."""
        accepting, rejecting = self.judges
        self._accepting, self._rejecting = self._of_length(accepting), self._in_range(rejecting)
        flag = NOT_WRITTEN[self.direction]
        self._accepts = Rules(wide.components, flag)
        self._rejects = Rules(narrow.components, flag)

    def _sides(self, schemas: tuple[Schema, Schema]) -> tuple[Side, Side]:
        old, new = schemas
        accepting, rejecting = (old, new) if self.is_request else (new, old)
        return Side(self.wide, accepting), Side(self.narrow, rejecting)

    def _in_range(self, side: Side) -> Schema:
        """Return the schema, where the range that its format implies is at stake with that."""
        is_at_stake = self.difference.kind in ("format-narrowed", "format-widened")
        most = RANGES.get(side.shape.words.get("format", "")) if is_at_stake else None
        return {"allOf": [side.schema, {"minimum": -most - 1, "maximum": most}]} if most else side.schema

    def _of_length(self, side: Side) -> Schema:
        """Return the schema, where a length is at stake with the one that its format implies, if any."""
        is_at_stake = self.difference.kind.startswith(("min-length-", "max-length-"))
        length = LENGTHS.get(side.shape.words.get("format", "")) if is_at_stake else None
        if length is None:
            return self._in_range(side)
        return {"allOf": [side.schema, {"minLength": length, "maxLength": length}]}

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

    def seems_proof(self, value: Any) -> bool:
        """Whether one side seems to accept ``value`` and the other to reject it, however it is read."""
        return fits(self._accepting, value, self._accepts) and not any(
            fits(self._rejecting, reading, self._rejects) for reading in self._readings(value)
        )

    def proof(self, value: Any) -> str | None:
        """Return why the rejecting side rejects ``value``, as jsonschema says; None if it is no proof."""
        if self._checker(self._accepting, self.wide).problems(value, "value"):
            return None
        rejecting = self._checker(self._rejecting, self.narrow)
        problem = None
        for reading in self._readings(value):
            problems = rejecting.problems(reading, "value")
            if not problems:
                return None
            problem = problem or str(problems[0].message)
        return problem

    def _readings(self, value: Any) -> list[Any]:
        return readings(value) if self.difference.is_text else [value]

    def _checker(self, schema: Schema, version: Version) -> Checker:
        components, direction = version.components, self.direction
        return Checker(schema, components, level="strict", direction=direction, engine="jsonschema")
