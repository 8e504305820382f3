"""What changed between two documents, without opinion: every difference once, with all it reaches.

Operations are paired first; what stands in them is compared here, the schemas they lead to in
`schemas`. Which operations a schema reaches is computed afterwards, by following the pairs, with
one bit per operation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from dynzuora._references import SCHEMAS, escape
from dynzuora.comparison import matching, operations
from dynzuora.comparison.schemas import BOTH, REQUEST, RESPONSE, Pair, Place, Schemas, Steps, path_text
from dynzuora.comparison.shapes import Version
from dynzuora.comparison.values import text
from dynzuora.model import Schema


class Sighting(NamedTuple):
    """One difference and who sees it."""

    kind: str
    owner: str
    """The component it is in, or empty."""
    place: str
    """The operation or the part of one it is in, where it is in no component."""
    steps: Steps
    old: Any
    new: Any
    field: str
    reaches: Mapping[int, int]
    """Direction bit (0 for none) → the operations as bits."""
    schemas: tuple[Schema, Schema] | None = None
    pointer: str = ""

    @property
    def path(self) -> str:
        """The way into the schema, as people write it."""
        return path_text(self.steps)


class _Root(NamedTuple):
    """Where an operation enters the schemas."""

    number: int
    operation: int
    direction: int
    place: str
    pointer: str


class Comparison:
    """Two versions, their operations paired, and every difference between them."""

    def __init__(self, old: Version, new: Version, *, prose: bool = False) -> None:
        self.old, self.new, self.prose = old, new, prose
        self.schemas = Schemas(old, new, prose=prose)
        self.pairs = [
            each
            for each in matching.operations(old.prepared.index, new.prepared.index)
            if each.old in old.slices and each.new in new.slices
        ]
        partners = {each.new for each in self.pairs}
        self.ids = [*old.slices, *(id for id in new.slices if id not in partners)]
        """Ids by the number of their bit: all of the old document, then the added ones."""
        self._numbers = {id: number for number, id in enumerate(old.slices)}
        self._roots: list[_Root] = []
        self._sightings: dict[tuple[Any, ...], Sighting] = {}
        self._operation = 0
        self._pointers = ("", "")
        self._read()

    def operations(self, bits: int) -> tuple[str, ...]:
        """Return the ids that ``bits`` stand for."""
        return tuple(id for number, id in enumerate(self.ids) if bits >> number & 1)

    def sightings(self) -> list[Sighting]:
        """Return every difference; the same one in several places is one."""
        return list(self._sightings.values())

    # -- collecting ---------------------------------------------------------------------

    def _read(self) -> None:
        self._of_document()
        paired_old = {each.old for each in self.pairs}
        for id, cut in self.old.slices.items():
            if id not in paired_old:
                self._at(self._numbers[id], cut, cut)
                self.say("operation-removed", id, f"{cut['method']} {cut['path']}", None, field=id)
        for number, id in enumerate(self.ids[len(self.old.slices) :], len(self.old.slices)):
            cut = self.new.slices[id]
            self._at(number, cut, cut)
            self.say("operation-added", id, None, f"{cut['method']} {cut['path']}", field=id)
        for pair in self.pairs:
            old, new = self.old.slices[pair.old], self.new.slices[pair.new]
            self._at(self._numbers[pair.old], old, new)
            operations.OperationComparison(self, old, new).compare()
        self._of_schemas()

    def _at(self, number: int, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        self._operation = number
        self._pointers = (old["pointer"], new["pointer"])

    def _of_document(self) -> None:
        olds = {each.rstrip("/"): each for each in self.old.prepared.servers}
        news = {each.rstrip("/"): each for each in self.new.prepared.servers}
        for each, url in olds.items():
            if each not in news:
                self._of_server("server-removed", url, None)
        for each, url in news.items():
            if each not in olds:
                self._of_server("server-added", None, url)

    def _of_server(self, kind: str, old: str | None, new: str | None) -> None:
        self._add(Sighting(kind, "", "servers", (), old, new, "", {0: 0}, None, "#/servers"))

    def say(
        self, kind: str, place: str, old: Any, new: Any, *, field: str = "", direction: int = 0, at: str = ""
    ) -> None:
        """Note a difference of the operation at hand."""
        pointer = self._pointers[new is not None] + at
        self._add(
            Sighting(kind, "", place, (), old, new, field, {direction: 1 << self._operation}, None, pointer)
        )

    def enter(self, old: Schema, new: Schema, direction: int, place: str, at: str) -> None:
        number = self.schemas.pair(old, new, Place("", (), BOTH))
        self._roots.append(_Root(number, self._operation, direction, place, self._pointers[1] + at))

    def _add(self, sighting: Sighting) -> None:
        key = (*sighting[:4], text(sighting.old), text(sighting.new), sighting.field)
        known = self._sightings.get(key)
        if known is not None:
            reaches = dict(known.reaches)
            for direction, bits in sighting.reaches.items():
                reaches[direction] = reaches.get(direction, 0) | bits
            sighting = known._replace(reaches=reaches)
        self._sightings[key] = sighting

    def _of_schemas(self) -> None:
        pairs = self.schemas.pairs
        reached = _reached(pairs, self._roots)
        places = _places(pairs, self._roots)
        for pair in pairs:
            bits = reached.get(pair.number)
            if bits is None:
                continue
            place, at = places.get(pair.number, ("", ""))
            for each in pair.findings:
                seen = {
                    direction: bits[number]
                    for number, direction in enumerate((REQUEST, RESPONSE))
                    if each.seen & direction and bits[number]
                }
                if seen:
                    start = SCHEMAS + escape(each.owner) if each.owner else at
                    pointer = start + "".join(f"/{escape(step)}" for step in each.steps)
                    where = "" if each.owner else place
                    what = (each.kind, each.owner, where, each.steps, each.old, each.new, each.field)
                    self._add(Sighting(*what, seen, each.schemas, pointer))
        for old_name, new_name in self.schemas.renamed.items():
            self._of_renamed(old_name, new_name, reached)

    def _of_renamed(self, old_name: str, new_name: str, reached: Mapping[int, list[int]]) -> None:
        for pair in self.schemas.pairs:
            if pair.place == Place(old_name, (), BOTH) and pair.number in reached:
                if self.new.resolved(pair.new)[0] != new_name:
                    continue
                bits = reached[pair.number]
                seen = {d: bits[n] for n, d in enumerate((REQUEST, RESPONSE)) if bits[n]}
                pointer = SCHEMAS + escape(new_name)
                self._add(
                    Sighting("schema-renamed", old_name, "", (), old_name, new_name, "", seen, None, pointer)
                )


def _reached(pairs: list[Pair], roots: list[_Root]) -> dict[int, list[int]]:
    """Return, for each pair, the operations that reach it: as bits, in requests and in responses."""
    reached: dict[int, list[int]] = {}
    waiting: dict[int, None] = {}
    for root in roots:
        bits = reached.setdefault(root.number, [0, 0])
        bits[root.direction == RESPONSE] |= 1 << root.operation
        waiting[root.number] = None
    while waiting:
        number = next(iter(waiting))
        del waiting[number]
        bits = reached[number]
        for other, seen in pairs[number].edges.items():
            theirs = reached.setdefault(other, [0, 0])
            request = theirs[0] | (bits[0] if seen & REQUEST else 0)
            response = theirs[1] | (bits[1] if seen & RESPONSE else 0)
            if [request, response] != theirs:
                theirs[:] = request, response
                waiting[other] = None
    return reached


def _places(pairs: list[Pair], roots: list[_Root]) -> dict[int, tuple[str, str]]:
    """Return the place of each pair that belongs to no component: where it is entered first."""
    places: dict[int, tuple[str, str]] = {}
    for root in roots:
        waiting = [root.number]
        while waiting:
            number = waiting.pop()
            if number not in places and not pairs[number].place.owner:
                places[number] = (root.place, root.pointer)
                waiting += pairs[number].edges
    return places
