"""Facts and rules → changes: one for each thing that changed, the worst verdict first.

What has one cause is one change: the same rule on the same schema, or the same difference in
the same part of many operations. A name that goes from everywhere at once is the document's
fault and said once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from dynzuora._text import cut
from dynzuora.comparison.changes import SEVERITIES, Change, Direction, Fact, Verdict, Witness
from dynzuora.comparison.facts import Comparison, Sighting
from dynzuora.comparison.rules import Rule, Rules
from dynzuora.comparison.schemas import REQUEST, RESPONSE
from dynzuora.comparison.values import text

#: From how many schemas a name has to go before the document and not the API lost it.
EVERYWHERE = 20

_DIRECTION: dict[int, Direction] = {0: "", REQUEST: "request", RESPONSE: "response"}

_LOST = {
    "property-removed": "property-lost-everywhere",
    "required-property-removed": "property-lost-everywhere",
    "property-added": "property-found-everywhere",
    "required-property-added": "property-found-everywhere",
}

Prove = Callable[[Sighting, Direction], Witness | None]


class _Cause(NamedTuple):
    """Sightings that are one change."""

    rule: Rule
    owner: str
    place: str
    sightings: list[Sighting]


def changes(comparison: Comparison, rules: Rules, prove: Prove) -> list[Change]:
    """Return every change, the worst and the farthest-reaching first."""
    causes = _causes(comparison, rules)
    judged = [_change(each, comparison, prove) for each in causes]
    return sorted(judged, key=_rank)


def _rank(change: Change) -> tuple[Any, ...]:
    """What puts changes in order, the same in every process: the fingerprint where all else is equal."""
    bad = SEVERITIES.index(change.severity)
    return bad, change.id, -len(change.operations), change.where, change.fingerprint


def _causes(comparison: Comparison, rules: Rules) -> Iterable[_Cause]:
    sightings = comparison.sightings()
    everywhere = _everywhere(comparison, sightings)
    said = _first_said(comparison, sightings)
    causes: dict[tuple[Any, ...], _Cause] = {}
    for each in sightings:
        id = everywhere.get((each.kind, each.field)) or said.get(each.kind, each.kind)
        rule = rules.by_id[id]
        if id != each.kind:
            key: tuple[Any, ...] = (id, "" if each.kind in said else each.field)
            cause = causes.setdefault(key, _Cause(rule, "", "the document", []))
        elif each.owner:
            cause = causes.setdefault((id, each.owner), _Cause(rule, each.owner, "", []))
        else:
            reach = tuple(sorted(each.reaches.items()))
            key = (id, each.place, reach, *(() if each.steps else (text(each.old), text(each.new))))
            cause = causes.setdefault(key, _Cause(rule, "", each.place, []))
        cause.sightings.append(each)
    return causes.values()


def _everywhere(comparison: Comparison, sightings: list[Sighting]) -> dict[tuple[str, str], str]:
    """Return (kind, name) → rule for each name that went from, or came to, every schema at once."""
    places: dict[tuple[str, str], set[tuple[Any, ...]]] = {}
    for each in sightings:
        if each.kind in _LOST:
            places.setdefault((_LOST[each.kind], each.field), set()).add((each.owner, each.place, each.steps))
    many = [key for key, found in places.items() if len(found) >= EVERYWHERE]
    if not many:
        return {}
    left = {
        "property-lost-everywhere": comparison.new.vocabulary.properties,
        "property-found-everywhere": comparison.old.vocabulary.properties,
    }
    return {
        (kind, name): rule
        for rule, name in many
        if name not in left[rule]
        for kind in _LOST
        if _LOST[kind] == rule
    }


class _Silence(NamedTuple):
    """What one document may say many times while the other never speaks of it."""

    rule: str
    """The rule that then takes the place of the kind's own."""
    word: str
    """The part of the vocabulary."""
    old_is_silent: bool
    counted: Callable[[list[Sighting]], int]
    """How often it is said: in so many places, or by so many operations."""


def _speakers(places: list[Sighting]) -> int:
    return _all(bits for each in places for bits in each.reaches.values()).bit_count()


_SAID = {
    "null-allowed": _Silence("null-declared", "null", True, len),
    "null-refused": _Silence("null-undeclared", "null", False, len),
    "security-added": _Silence("security-declared", "security", True, _speakers),
    "security-removed": _Silence("security-undeclared", "security", False, _speakers),
}


def _first_said(comparison: Comparison, sightings: list[Sighting]) -> dict[str, str]:
    """Return kind → rule where one document says many times what the other never says."""
    found = {}
    for kind, row in _SAID.items():
        silent = comparison.old if row.old_is_silent else comparison.new
        often = row.counted([each for each in sightings if each.kind == kind])
        if often >= EVERYWHERE and not getattr(silent.vocabulary, row.word):
            found[kind] = row.rule
    return found


def _change(cause: _Cause, comparison: Comparison, prove: Prove) -> Change:
    rule, first = cause.rule, cause.sightings[0]
    reached: dict[int, int] = {}
    for each in cause.sightings:
        for bit, bits in each.reaches.items():
            reached[bit] = reached.get(bit, 0) | bits
    verdicts = _verdicts(rule, reached)
    operations = comparison.operations(_all(reached.values()))
    directions = [each.direction for each in verdicts if each.direction]
    facts = tuple(_fact(each, operations) for each in cause.sightings)
    alone = len(facts) == 1
    return Change(
        id=rule.id,
        severity=verdicts[0].severity,
        direction="both" if len(directions) > 1 else directions[0] if directions else "",
        where=facts[0].where if alone else cause.owner or _prefixed(cause.place, operations),
        operations=operations,
        old=first.old if alone else [each.old for each in cause.sightings],
        new=first.new if alone else [each.new for each in cause.sightings],
        message=_message(rule, cause.sightings),
        why=verdicts[0].why,
        fingerprint=_fingerprint(rule, cause, operations),
        area=rule.area,
        pointer=facts[0].pointer,
        field=first.field if len({each.field for each in cause.sightings}) == 1 else "",
        tags=_tags(comparison, operations),
        verdicts=tuple(verdicts),
        facts=facts,
        witness=_witness(cause, verdicts, prove),
    )


def _fact(sighting: Sighting, operations: tuple[str, ...]) -> Fact:
    where = (sighting.owner or _prefixed(sighting.place, operations)) + sighting.path
    return Fact(sighting.kind, sighting.pointer, where, sighting.old, sighting.new, sighting.field)


def _tags(comparison: Comparison, operations: tuple[str, ...]) -> tuple[str, ...]:
    old, new = comparison.old.prepared.index, comparison.new.prepared.index
    entries = (old.get(id) or new[id] for id in operations)
    return tuple(dict.fromkeys(tag for entry in entries for tag in entry.tags))


def _witness(cause: _Cause, verdicts: list[Verdict], prove: Prove) -> Witness | None:
    """Return the first witness that proves a breaking verdict."""
    for verdict in verdicts:
        if verdict.severity != "breaking":
            continue
        bit = REQUEST if verdict.direction == "request" else RESPONSE
        for each in cause.sightings:
            witness = prove(each, verdict.direction) if each.schemas and bit in each.reaches else None
            if witness is not None:
                return witness
    return None


def _verdicts(rule: Rule, reached: Mapping[int, int]) -> list[Verdict]:
    verdicts = []
    for direction, (severity, why) in rule.verdicts.items():
        if not direction or any(bits and _DIRECTION[bit] == direction for bit, bits in reached.items()):
            verdicts.append(Verdict(direction, severity, why))
    return sorted(verdicts, key=lambda each: SEVERITIES.index(each.severity))


def _all(values: Iterable[int]) -> int:
    bits = 0
    for each in values:
        bits |= each
    return bits


def _prefixed(place: str, operations: tuple[str, ...]) -> str:
    """Return the place with its operation, when it is one operation's."""
    if len(operations) == 1 and place != operations[0]:
        return f"{operations[0]}: {place}"
    return place


def _message(rule: Rule, sightings: list[Sighting]) -> str:
    """Return what changed, of several things the first three."""
    if rule.area == "document" or len(sightings) == 1:
        return _said(rule, sightings[0])
    shown = [
        f"{each.path.removeprefix('.')}: {_said(rule, each)}" if each.path else _said(rule, each)
        for each in sightings[:3]
    ]
    more = len(sightings) - len(shown)
    return "; ".join(shown) + (f"; and {more} more" if more else "")


def _said(rule: Rule, sighting: Sighting) -> str:
    return rule.say.format(
        field=sighting.field,
        old=shown(sighting.old),
        new=shown(sighting.new),
        place=sighting.place or sighting.owner,
    )


def shown(value: Any) -> str:
    """Return ``value`` as a message shows it."""
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple):
        words = [shown(each) for each in value[:8]]
        return ", ".join(words) + (f" and {len(value) - 8} more" if len(value) > 8 else "")
    return cut(json.dumps(value, ensure_ascii=False, default=str), 80)


def _fingerprint(rule: Rule, cause: _Cause, operations: tuple[str, ...]) -> str:
    """Return what names the change for good: the rule, the thing, and what it was and is."""
    facts = sorted((each.path, text(each.old), text(each.new)) for each in cause.sightings)
    reached = () if cause.owner else operations
    whole = json.dumps([rule.id, cause.owner, cause.place, reached, facts])
    return hashlib.sha256(whole.encode()).hexdigest()[:12]
