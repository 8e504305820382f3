"""Differences and rules → changes: one for each root cause, the worst first.

One root cause is the same rule on the same schema, or the same difference in the same part of
many operations. A name that disappears everywhere at once is a fault of the document and is
reported once.
"""

from __future__ import annotations

import functools
import hashlib
import json
import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from dynzuora._text import cut
from dynzuora.comparison.changes import SEVERITIES, Change, Direction, Fact, Verdict, Witness
from dynzuora.comparison.differences import Comparison, Difference
from dynzuora.comparison.rules import Proof, Rule, Rules
from dynzuora.comparison.schemas import REQUEST, RESPONSE
from dynzuora.comparison.values import text

EVERYWHERE = 20
"""A name that disappears from this many schemas was lost by the document, not by the API."""

_DIRECTION: dict[int, Direction] = {0: "", REQUEST: "request", RESPONSE: "response"}

_LOST = {
    "property-removed": "property-lost-everywhere",
    "required-property-removed": "property-lost-everywhere",
    "property-added": "property-found-everywhere",
    "required-property-added": "property-found-everywhere",
}

Prove = Callable[[Difference, Direction], Witness | None]
"""A difference and a direction → a witness, if there is one."""


class _Cause(NamedTuple):
    """Differences that are one change."""

    rule: Rule
    owner: str
    part: str
    differences: list[Difference]


def changes(comparison: Comparison, rules: Rules, prove: Prove) -> list[Change]:
    """Return every change, the worst and the farthest-reaching first."""
    causes = list(_causes(comparison, rules))
    judge = _Judge(rules.proof, prove, causes)
    parts = (part for cause in causes for part in judge.parts(cause))
    return sorted((_change(cause, comparison, judge) for cause in parts), key=_rank)


class _Judge:
    """Decides by a value where schemas differ: a witness makes a change breaking.

    Without one it is a warning at most, unless its rule is settled (``[proof]`` in rules.toml).
    """

    def __init__(self, proof: Proof, prove: Prove, causes: Iterable[_Cause]) -> None:
        self._proof = proof
        self._prove = prove
        self._witnesses: dict[tuple[int, str], Witness | None] = {}
        self._expected: dict[tuple[int, int, str], list[tuple[Difference, bool]]] = {}
        """The two schemas that decide, and a direction → the differences that may account for a witness,
        each with whether it does so by policy."""
        for cause in causes:
            for direction, (severity, _) in cause.rule.verdicts.items():
                is_settled = direction in cause.rule.settled and severity != "breaking"
                for row in cause.differences if is_settled or severity == "breaking" else ():
                    if row.schemas is not None:
                        self._expected.setdefault((*row.judges, direction), []).append((row, is_settled))

    def witness(self, row: Difference, direction: Direction) -> Witness | None:
        """Return a value that proves that a difference breaks callers in that direction."""
        bit = REQUEST if direction == "request" else RESPONSE
        if row.schemas is None or bit not in row.reach:
            return None
        key = (id(row), direction)
        if key not in self._witnesses:
            self._witnesses[key] = self._prove(row, direction)
        return self._witnesses[key]

    def parts(self, cause: _Cause) -> list[_Cause]:
        """Return ``cause``, in two where a value proves some of its differences against the rule."""
        milder = [
            direction
            for direction, (severity, _) in cause.rule.verdicts.items()
            if severity != "breaking" and direction and direction not in cause.rule.settled
        ]
        proved = [row for row in cause.differences if any(self._surprise(row, side) for side in milder)]
        others = [row for row in cause.differences if row not in proved]
        return [cause._replace(differences=rows) for rows in (proved, others) if rows]

    def _surprise(self, row: Difference, direction: Direction) -> Witness | None:
        """Return a witness of a difference that should not break, unless another accounts for it."""
        witness = self.witness(row, direction)
        if witness is None:
            return None
        others = self._expected.get((*row.judges, direction), ())
        return None if any(self._accounts(*other, direction, witness) for other in others) else witness

    def _accounts(self, row: Difference, is_settled: bool, direction: Direction, witness: Witness) -> bool:
        """Whether a difference that is judged by its rule is what another's witness shows."""
        if self.witness(row, direction) is None:
            return False
        if not is_settled:
            return True
        if row.field and row.field in (row.old, row.new) and not _has_name(witness.value, row.field):
            return False
        return not row.frames or self._prove(row._replace(frames=()), direction) is not None

    def verdict(self, rule: Rule, verdict: Verdict, rows: list[Difference]) -> tuple[Verdict, Witness | None]:
        """Return the verdict that counts, and its witness."""
        direction, severity, why = verdict
        is_settled = direction in rule.settled
        if not any(row.schemas for row in rows) or (is_settled and severity != "breaking"):
            return verdict, None
        find = self.witness if severity == "breaking" else self._surprise
        witness = next(filter(None, (find(row, direction) for row in rows)), None)
        if witness is not None and severity != "breaking":
            return Verdict(direction, "breaking", getattr(self._proof, direction)), witness
        if witness is None and severity == "breaking" and not is_settled:
            return Verdict(direction, "warning", f"{why} {self._proof.missing}"), None
        return verdict, witness


def _has_name(value: Any, name: str) -> bool:
    """Whether an object anywhere in ``value`` has a property of that name."""
    if isinstance(value, Mapping):
        return name in value or any(_has_name(inner, name) for inner in value.values())
    return isinstance(value, list) and any(_has_name(item, name) for item in value)


def _rank(change: Change) -> tuple[Any, ...]:
    """Return the sort key; the fingerprint makes the order the same in every process."""
    severity = SEVERITIES.index(change.severity)
    return severity, change.id, -len(change.operations), change.where, change.fingerprint


def _causes(comparison: Comparison, rules: Rules) -> Iterable[_Cause]:
    differences = comparison.differences()
    everywhere = _everywhere(comparison, differences)
    first_stated = _first_stated(comparison, differences)
    causes: dict[tuple[Any, ...], _Cause] = {}
    for row in differences:
        id = everywhere.get((row.kind, row.field)) or first_stated.get(row.kind, row.kind)
        rule = rules.by_id[id]
        if id != row.kind:
            key: tuple[Any, ...] = (id, "" if row.kind in first_stated else row.field)
            cause = causes.setdefault(key, _Cause(rule, "", "the document", []))
        elif row.owner:
            cause = causes.setdefault((id, row.owner), _Cause(rule, row.owner, "", []))
        else:
            reach = tuple(sorted(row.reach.items()))
            key = (id, row.part, reach, *(() if row.steps else (text(row.old), text(row.new))))
            cause = causes.setdefault(key, _Cause(rule, "", row.part, []))
        cause.differences.append(row)
    return causes.values()


def _everywhere(comparison: Comparison, differences: list[Difference]) -> dict[tuple[str, str], str]:
    """Return (kind, name) → rule for each name that all schemas lost, or gained, at once."""
    locations: dict[tuple[str, str], set[tuple[Any, ...]]] = {}
    for row in differences:
        if row.kind in _LOST:
            locations.setdefault((_LOST[row.kind], row.field), set()).add((row.owner, row.part, row.steps))
    many = [key for key, schemas in locations.items() if len(schemas) >= EVERYWHERE]
    elsewhere = {
        "property-lost-everywhere": comparison.new,
        "property-found-everywhere": comparison.old,
    }
    names = {
        rule: version.undeclared(name for each, name in many if each == rule)
        for rule, version in elsewhere.items()
    }
    return {
        (kind, name): rule
        for rule, name in many
        if name in names[rule]
        for kind in _LOST
        if _LOST[kind] == rule
    }


class _Silence(NamedTuple):
    """Something that one document may state many times while the other never does."""

    rule: str
    """The rule that then replaces that of the kind."""
    word: str
    """The property of `Version` that tells."""
    old_is_silent: bool
    count: Callable[[list[Difference]], int]
    """How often it is stated: in how many locations, or by how many operations."""


def _operation_count(differences: list[Difference]) -> int:
    return _union(bits for row in differences for bits in row.reach.values()).bit_count()


_SILENCES = {
    "null-allowed": _Silence("null-declared", "null", True, len),
    "null-refused": _Silence("null-undeclared", "null", False, len),
    "security-added": _Silence("security-declared", "security", True, _operation_count),
    "security-removed": _Silence("security-undeclared", "security", False, _operation_count),
}


def _first_stated(comparison: Comparison, differences: list[Difference]) -> dict[str, str]:
    """Return kind → rule for what one document states many times and the other never."""
    rules = {}
    for kind, silence in _SILENCES.items():
        silent = comparison.old if silence.old_is_silent else comparison.new
        count = silence.count([row for row in differences if row.kind == kind])
        if count >= EVERYWHERE and not getattr(silent, silence.word):
            rules[kind] = silence.rule
    return rules


def _change(cause: _Cause, comparison: Comparison, judge: _Judge) -> Change:
    rule, rows, first = cause.rule, cause.differences, cause.differences[0]
    reach: dict[int, int] = {}
    for row in rows:
        for direction, bits in row.reach.items():
            reach[direction] = reach.get(direction, 0) | bits
    judged = [judge.verdict(rule, verdict, rows) for verdict in _verdicts(rule, reach)]
    judged.sort(key=lambda pair: SEVERITIES.index(pair[0].severity))
    verdicts = [verdict for verdict, _ in judged]
    operations = comparison.operations(_union(reach.values()))
    directions = [verdict.direction for verdict in verdicts if verdict.direction]
    facts = tuple(_fact(row, operations) for row in rows)
    is_single = len(facts) == 1
    return Change(
        id=rule.id,
        severity=verdicts[0].severity,
        direction="both" if len(directions) > 1 else directions[0] if directions else "",
        where=facts[0].where if is_single else cause.owner or _prefixed(cause.part, operations),
        operations=operations,
        old=first.old if is_single else [row.old for row in rows],
        new=first.new if is_single else [row.new for row in rows],
        message=_message(rule, rows),
        why=verdicts[0].why,
        fingerprint=_fingerprint(rule, cause, operations),
        area=rule.area,
        pointer=facts[0].pointer,
        field=first.field if len({row.field for row in rows}) == 1 else "",
        tags=_tags(comparison, operations),
        verdicts=tuple(verdicts),
        facts=facts,
        witness=next((witness for _, witness in judged if witness is not None), None),
    )


def _fact(row: Difference, operations: tuple[str, ...]) -> Fact:
    where = (row.owner or _prefixed(row.part, operations)) + row.path
    return Fact(row.kind, row.pointer, where, row.old, row.new, row.field)


def _tags(comparison: Comparison, operations: tuple[str, ...]) -> tuple[str, ...]:
    old, new = comparison.old.prepared.index, comparison.new.prepared.index
    entries = (old.get(id) or new.get(id) for id in operations)
    return tuple(dict.fromkeys(tag for entry in entries if entry for tag in entry.tags))


def _verdicts(rule: Rule, reach: Mapping[int, int]) -> list[Verdict]:
    """Return the rule's verdicts for the directions it reaches."""
    directions = {_DIRECTION[bit] for bit, bits in reach.items() if bits} | {""}
    return [
        Verdict(direction, severity, why)
        for direction, (severity, why) in rule.verdicts.items()
        if direction in directions
    ]


def _union(values: Iterable[int]) -> int:
    return functools.reduce(operator.or_, values, 0)


def _prefixed(part: str, operations: tuple[str, ...]) -> str:
    """Return the part of an operation with the operation's id, if there is only one."""
    if len(operations) == 1 and part != operations[0]:
        return f"{operations[0]}: {part}"
    return part


def _message(rule: Rule, differences: list[Difference]) -> str:
    """Return what changed; of several differences the first three."""
    if rule.area == "document" or len(differences) == 1:
        return _text(rule, differences[0])
    texts = [
        f"{row.path.removeprefix('.')}: {_text(rule, row)}" if row.path else _text(rule, row)
        for row in differences[:3]
    ]
    more = len(differences) - len(texts)
    return "; ".join(texts) + (f"; and {more} more" if more else "")


def _text(rule: Rule, row: Difference) -> str:
    old, new = value_text(row.old), value_text(row.new)
    return rule.message.format(field=row.field, old=old, new=new, part=row.part or row.owner)


def value_text(value: Any) -> str:
    """Return ``value`` as it appears in a message."""
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple):
        words = list(map(value_text, value[:8]))
        return ", ".join(words) + (f" and {len(value) - 8} more" if len(value) > 8 else "")
    return cut(json.dumps(value, ensure_ascii=False, default=str), 80)


def _fingerprint(rule: Rule, cause: _Cause, operations: tuple[str, ...]) -> str:
    """Return what identifies the change in every report: the rule, where it is, the old and new values."""
    facts = sorted((row.path, text(row.old), text(row.new)) for row in cause.differences)
    identity = json.dumps([rule.id, cause.owner, cause.part, () if cause.owner else operations, facts])
    return hashlib.sha256(identity.encode()).hexdigest()[:12]
