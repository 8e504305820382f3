"""What changed between two documents, without opinion: every difference once, with all it reaches.

Operations are paired first and compared in `operations`, the schemas they lead to in
`schemas`. Which operations a schema reaches is computed afterwards, by following the pairs,
with one bit per operation.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, NamedTuple

from dynzuora import _zuora_versions
from dynzuora._references import SCHEMAS, escape
from dynzuora.comparison import matching
from dynzuora.comparison.operations import OperationComparison, SentComparison, as_sent
from dynzuora.comparison.schemas import (
    REQUEST,
    RESPONSE,
    Frame,
    SchemaLocation,
    SchemaPair,
    Schemas,
    Steps,
    path_text,
)
from dynzuora.comparison.shapes import Version, is_same_leaf
from dynzuora.comparison.values import text
from dynzuora.model import Schema


class Difference(NamedTuple):
    """One difference, and the operations it reaches."""

    kind: str
    owner: str
    """The component it is in; may be empty."""
    part: str
    """The operation, or the part of one, if it is not in a component."""
    steps: Steps
    old: Any
    new: Any
    field: str
    reach: Mapping[int, int]
    """Direction bit (0 for none) → the operations as bits."""
    schemas: tuple[Schema, Schema] | None = None
    pointer: str = ""
    frames: tuple[Frame, ...] = ()
    is_text: bool = False

    @property
    def judges(self) -> tuple[int, int]:
        """What identifies the old and the new schema that decide whether a value proves it."""
        old, new = self.frames[0].schemas if self.frames else self.schemas or ((), ())
        return id(old), id(new)

    @property
    def path(self) -> str:
        """The path into the schema, as people write it."""
        return path_text(self.steps)


class _Root(NamedTuple):
    """Where an operation leads to a schema."""

    pair: int
    operation: int
    direction: int
    part: str
    pointer: str


class Comparison:
    """Two versions, their operations paired, and every difference between them."""

    def __init__(
        self,
        old: Version,
        new: Version,
        *,
        descriptions: bool = False,
        zuora_version: tuple[str, str] = ("", ""),
    ) -> None:
        self.old, self.new = old, new
        self._version_changes = tuple(_zuora_versions.between(*zuora_version)) if all(zuora_version) else ()
        self.schemas = Schemas(old, new, descriptions=descriptions)
        self.pairs = [
            pair
            for pair in matching.operations(old.prepared.index, new.prepared.index)
            if pair.old in old.slices and pair.new in new.slices
        ]
        partners = {pair.new for pair in self.pairs}
        self.ids = [*old.slices, *(id for id in new.slices if id not in partners)]
        """Ids by the number of their bit: all of the old document, then the added ones."""
        self._numbers = {id: number for number, id in enumerate(old.slices)}
        self._roots: list[_Root] = []
        self._differences: dict[tuple[Any, ...], Difference] = {}
        self.not_compared: list[str] = []
        """Operations, and what the server sends, that a document does not describe validly."""
        self._operation = 0
        self._pointers = ("", "")
        self._compare()

    def operations(self, bits: int) -> tuple[str, ...]:
        """Return the ids that ``bits`` stand for."""
        ids = []
        while bits:
            lowest = bits & -bits
            ids.append(self.ids[lowest.bit_length() - 1])
            bits ^= lowest
        return tuple(ids)

    def differences(self) -> list[Difference]:
        """Return every difference; the same one in several operations is one."""
        return list(self._differences.values())

    def _compare(self) -> None:
        self._servers()
        old_ids = {pair.old for pair in self.pairs}
        for id, slice in self.old.slices.items():
            if id not in old_ids:
                self._select(self._numbers[id], slice, slice)
                self._note("operation-removed", id, f"{slice['method']} {slice['path']}", None, field=id)
        for number, id in enumerate(self.ids[len(self.old.slices) :], len(self.old.slices)):
            slice = self.new.slices[id]
            self._select(number, slice, slice)
            self._note("operation-added", id, None, f"{slice['method']} {slice['path']}", field=id)
        for pair in self.pairs:
            old, new = self.old.slices[pair.old], self.new.slices[pair.new]
            self._select(self._numbers[pair.old], old, new)
            self._documents(pair)
            OperationComparison(old, new, self.schemas, self._note, self._enter).compare()
            if old.get("fault") or new.get("fault"):
                self.not_compared.append(pair.old)
            self._server_versions(pair)
        self._sent()
        self._collect_schemas()

    def _sent(self) -> None:
        """Compare what the server sends, but for operations that are gone, or new, themselves."""
        partners = {pair.old: pair.new for pair in self.pairs}
        before = {key._replace(owner=partners.get(key.owner, key.owner)): key for key in self.old.sent}
        gone = {id for id in self.old.slices if id not in partners}
        new_ids = set(self.new.slices) - set(partners.values())
        for key in dict.fromkeys((*before, *self.new.sent)):
            if key.owner in gone or key.owner in new_ids:
                continue
            thing = "callback" if key.owner else "webhook"
            self._operation = len(self.ids)
            self.ids.append(str(before.get(key, key)))
            old = self.old.sent[before[key]] if key in before else None
            new = self.new.sent.get(key)
            self._pointers = (old or new or {})["pointer"], (new or old or {})["pointer"]
            if old is None or new is None:
                kind = f"{thing}-added" if old is None else f"{thing}-removed"
                values = (None, key.name) if old is None else (key.name, None)
                self._note(kind, self.ids[-1], *values, field=key.name)
            elif old.get("fault") or new.get("fault"):
                self.not_compared.append(self.ids[-1])
            else:
                SentComparison(old, new, self.schemas, self._note_sent, self._enter_sent).compare()

    def _note_sent(
        self, kind: str, part: str, old: Any, new: Any, *, field: str = "", direction: int = 0, at: str = ""
    ) -> None:
        direction = _OPPOSITE[direction]
        self._note(as_sent(kind), part, old, new, field=field, direction=direction, at=at)

    def _enter_sent(
        self, old: Schema, new: Schema, direction: int, part: str, at: str, *, is_text: bool = False
    ) -> None:
        self._enter(old, new, _OPPOSITE[direction], part, at, is_text=is_text)

    def _documents(self, pair: matching.OperationPair) -> None:
        """Note an operation that another document of a set has now."""
        old, new = self.old.prepared, self.new.prepared
        sources = old.source_of(pair.old), new.source_of(pair.new)
        is_same = sources[0] == sources[1] and self._are_named_sets
        if old.number_of(pair.old) != new.number_of(pair.new) and not is_same:
            self._note("operation-in-other-document", pair.old, *sources)

    @functools.cached_property
    def _are_named_sets(self) -> bool:
        """Whether both sides are sets of documents whose names tell them apart."""
        sets = (self.old.prepared, self.new.prepared)
        places = [{(one.number_of(id), one.source_of(id)) for id in one.index} for one in sets]
        return all(1 < len({source for _, source in names}) == len(names) for names in places)

    def _server_versions(self, pair: matching.OperationPair) -> None:
        """Note what a version of the server changes."""
        for change in self._version_changes:
            if any(
                change.concerns(id, f"{entry.method} {entry.path}")
                for id, entry in (
                    (pair.old, self.old.prepared.index[pair.old]),
                    (pair.new, self.new.prepared.index[pair.new]),
                )
            ):
                direction = REQUEST if change.part == "request" else RESPONSE
                place = f"{change.place}.{change.field}" if change.field else "failures"
                kind = (
                    f"version-{change.kind}" if change.new or change.kind != "field" else "version-no-field"
                )
                values = change.old or None, change.new or None
                part = f"{change.when}, {place}"
                name = change.field.rpartition(".")[2]
                self._note(kind, part, *values, field=name, direction=direction)

    def _select(self, number: int, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        """Make an operation the one that `_note` and `_enter` are about."""
        self._operation = number
        self._pointers = (old["pointer"], new["pointer"])

    def _servers(self) -> None:
        olds = {url.rstrip("/"): url for url in self.old.prepared.servers}
        news = {url.rstrip("/"): url for url in self.new.prepared.servers}
        rows: list[tuple[str, str | None, str | None]]
        rows = [("server-removed", url, None) for key, url in olds.items() if key not in news]
        rows += [("server-added", None, url) for key, url in news.items() if key not in olds]
        for kind, old, new in rows:
            self._add(Difference(kind, "", "servers", (), old, new, "", {0: 0}, pointer="#/servers"))

    def _note(
        self, kind: str, part: str, old: Any, new: Any, *, field: str = "", direction: int = 0, at: str = ""
    ) -> None:
        reach = {direction: 1 << self._operation}
        pointer = self._pointers[new is not None] + at
        self._add(Difference(kind, "", part, (), old, new, field, reach, pointer=pointer))

    def _enter(
        self, old: Schema, new: Schema, direction: int, part: str, at: str, *, is_text: bool = False
    ) -> None:
        if not self.schemas.descriptions and is_same_leaf(old, new):
            return
        pair = self.schemas.pair(old, new, is_text=is_text)
        self._roots.append(_Root(pair, self._operation, direction, part, self._pointers[1] + at))

    def _add(self, difference: Difference) -> None:
        values = text(difference.old), text(difference.new), difference.field
        key = (*difference[:4], *values, difference.is_text)
        same = self._differences.get(key)
        if same is not None:
            reach = dict(same.reach)
            for direction, bits in difference.reach.items():
                reach[direction] = reach.get(direction, 0) | bits
            difference = same._replace(reach=reach)
        self._differences[key] = difference

    def _collect_schemas(self) -> None:
        pairs = self.schemas.pairs
        reached = _reached(pairs, self._roots)
        parts = _parts(pairs, self._roots)
        for pair in pairs:
            if pair.number not in reached:
                continue
            part, at = parts.get(pair.number, ("", ""))
            for row in pair.differences:
                reach = _by_direction(reached[pair.number], row.directions)
                if reach:
                    start = SCHEMAS + escape(row.owner) if row.owner else at
                    pointer = start + "".join(f"/{escape(step)}" for step in row.steps)
                    where = (row.owner, "" if row.owner else part, row.steps)
                    values = (row.old, row.new, row.field)
                    difference = Difference(row.kind, *where, *values, reach, row.schemas, pointer)
                    self._add(difference._replace(frames=row.frames, is_text=pair.way.is_text))
        for old_name, new_name in self.schemas.renamed.items():
            for pair in pairs:
                is_it = pair.location == SchemaLocation(old_name) and pair.number in reached
                if is_it and self.new.resolved(pair.new)[0] == new_name:
                    reach = _by_direction(reached[pair.number])
                    values = (old_name, new_name, "")
                    pointer = SCHEMAS + escape(new_name)
                    self._add(Difference("schema-renamed", old_name, "", (), *values, reach, pointer=pointer))


_OPPOSITE = {0: 0, REQUEST: RESPONSE, RESPONSE: REQUEST}


def _by_direction(bits: list[int], directions: int = REQUEST | RESPONSE) -> dict[int, int]:
    rows = zip((REQUEST, RESPONSE), bits, strict=True)
    return {direction: operations for direction, operations in rows if directions & direction and operations}


def _reached(pairs: list[SchemaPair], roots: list[_Root]) -> dict[int, list[int]]:
    """Return, for each pair, the operations that lead to it: as bits, in requests and in responses."""
    reached: dict[int, list[int]] = {}
    pending: dict[int, None] = {}
    for root in roots:
        bits = reached.setdefault(root.pair, [0, 0])
        bits[root.direction == RESPONSE] |= 1 << root.operation
        pending[root.pair] = None
    while pending:
        number = next(iter(pending))
        del pending[number]
        bits = reached[number]
        for other, directions in pairs[number].edges.items():
            other_bits = reached.setdefault(other, [0, 0])
            request = other_bits[0] | (bits[0] if directions & REQUEST else 0)
            response = other_bits[1] | (bits[1] if directions & RESPONSE else 0)
            if [request, response] != other_bits:
                other_bits[:] = request, response
                pending[other] = None
    return reached


def _parts(pairs: list[SchemaPair], roots: list[_Root]) -> dict[int, tuple[str, str]]:
    """Return, for each pair outside of a component, the part and pointer that lead to it first."""
    parts: dict[int, tuple[str, str]] = {}
    for root in roots:
        pending = [root.pair]
        while pending:
            number = pending.pop()
            if number not in parts and not pairs[number].location.owner:
                parts[number] = (root.part, root.pointer)
                pending += pairs[number].edges
    return parts
