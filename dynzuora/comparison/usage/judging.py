"""What of the uses breaks: each is looked up in the old document and in the new one.

A finding is something that the old document has or accepts and the new one has not,
at the very place where the code says it. What the code leaves open is a doubt, and
listed only where the two documents differ in what it is about.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from operator import attrgetter
from typing import Any

from dynzuora._names import canonical, nearest, route
from dynzuora.comparison.changes import Fact
from dynzuora.comparison.shapes import Version
from dynzuora.comparison.usage.documents import (
    Documents,
    allowed,
    argument,
    bare,
    family,
    parameters,
    refusal,
    same,
    sample,
    short,
    words,
)
from dynzuora.comparison.usage.findings import SEVERITY_OF, Finding
from dynzuora.comparison.usage.keys import (
    Keys,
    Located,
    elements,
    keys,
    reply,
    request_body,
    resolved,
    row_lists,
)
from dynzuora.comparison.usage.values import (
    Constant,
    Doubt,
    Entry,
    Key,
    Listing,
    Place,
    Table,
    Use,
    options,
)
from dynzuora.model import schema_of

_ID_ONLY = frozenset({"template", "handed"})
"""Uses of which nothing but the operation is known."""


def judged(uses: Iterable[Use], documents: Documents) -> tuple[list[Finding], list[Doubt]]:
    """Return what breaks, in the order of the code, and what could not be told."""
    findings: dict[Finding, None] = {}
    doubts: dict[Doubt, None] = {}
    for use in uses:
        judge = Judge(use, documents)
        findings |= dict.fromkeys(judge.findings())
        doubts |= dict.fromkeys(judge.doubts())
    return sorted(findings, key=attrgetter("place.order")), list(doubts)


class Judge:
    """One use against both documents."""

    def __init__(self, use: Use, documents: Documents) -> None:
        self.use = use
        self.documents = documents
        self.now = documents.current(use.operation)

    def findings(self) -> Iterator[Finding]:
        """Return what breaks at this use."""
        if self.use.operation not in self.documents.old.index:
            return  # written for the new document
        if not self.now:
            yield self._gone()
            return
        if (
            self.documents.new.index[self.now].fault
            and not self.documents.old.index[self.use.operation].fault
        ):
            fault = self.documents.new.index[self.now].fault
            yield self._finding(
                self.use.place, "", "operation-unusable", f"the new document is broken there: {fault}", ""
            )
            return
        if self.now != self.use.operation and not self.use.by_route:
            reason = f"{self.use.operation} is called {self.now} now"
            yield self._finding(self.use.place, "", "operation-renamed", reason, f'"{self.now}"')
        if self.documents.old.index[self.use.operation].fault:
            return
        if self.use.by_route:
            yield from self._route()
        if self.use.how not in _ID_ONLY:
            yield from self._arguments()
            yield from self._body()
            yield from self._reply()

    def doubts(self) -> Iterator[Doubt]:
        """Return what is open about this use, if it matters: the operation is not what it was."""
        known = self.documents.old.index.get(self.use.operation)
        if not self.use.doubts or not self.now or known is None or known.fault:
            return
        if self.documents.new.index[self.now].fault:
            return
        for doubt in self.use.doubts:
            if not same(*self._sides, doubt.about):
                yield doubt

    @cached_property
    def _sides(self) -> tuple[Version, Version]:
        return self.documents.sides(self.use.operation, self.now)

    @cached_property
    def _slices(self) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        before, after = self._sides
        return before.slices[self.use.operation], after.slices[self.now]

    def _finding(self, place: Place, subject: str, rule: str, reason: str, instead: str) -> Finding:
        linked = tuple(self._linked(subject, rule))
        return Finding(place, self.use.operation, subject, rule, SEVERITY_OF[rule], reason, instead, linked)

    def _linked(self, subject: str, rule: str) -> Iterator[str]:
        """The fingerprints of the changes that are about the same thing."""
        name = subject.rpartition(".")[2].rpartition(" ")[2]
        place = self._place_of(subject)
        direction = "response" if subject.startswith("reply") else "request"
        for change in self.documents.changes_of(self.use.operation):
            if not name:
                if rule.startswith("operation") and change.area == "operation":
                    yield change.fingerprint
            elif change.direction in (direction, "both", "") and (
                change.field == name or any(f.field == name or place in _places(f) for f in change.facts)
            ):
                yield change.fingerprint

    # The operation

    def _gone(self) -> Finding:
        entry = self.documents.old.index[self.use.operation]
        alike = [
            name
            for name, each in self.documents.new.index.items()
            if each.method == entry.method and set(each.tags) & set(entry.tags)
        ]
        close = nearest(self.use.operation, alike, limit=2)
        reason = f"{self.use.operation} ({entry.method} {entry.path}) is gone"
        return self._finding(
            self.use.place, "", "operation-removed", reason, f"perhaps {' or '.join(close)}" if close else ""
        )

    def _route(self) -> Iterator[Finding]:
        before, after = self.documents.old.index[self.use.operation], self.documents.new.index[self.now]
        routes = {route(f"{each.method} {each.path}") for each in (before, after)}
        if len(routes) > 1:
            reason = f"{before.method} {before.path} is {after.method} {after.path} now"
            instead = after.path if self.use.how == "request" else f"{after.method} {after.path}"
            yield self._finding(self.use.place, "", "operation-renamed", reason, f'"{instead}"')

    # Arguments

    def _arguments(self) -> Iterator[Finding]:
        before, after = (parameters(each) for each in self._slices)
        for name, entry in self.use.arguments.items():
            was = before.get(canonical(name))
            if was is None:
                continue
            now = after.get(canonical(name))
            if now is not None:
                yield from self._fields(
                    f"argument {name}", entry, Located(schema_of(was)), Located(schema_of(now))
                )
                continue
            fresh = {each["name"]: each for form, each in after.items() if form not in before}
            new = self._renamed_parameter(was, fresh)
            if new:
                reason = f"the {was['in']} parameter {was['name']} is called {new} now"
                instead = f"{argument(self._slices[1], new, was['in'])}=…"
                yield self._finding(entry.place, f"argument {name}", "argument-renamed", reason, instead)
            else:
                reason = f"{self.now} has no parameter {was['name']} any more"
                yield self._finding(
                    entry.place, f"argument {name}", "argument-removed", reason, "leave it out"
                )
        yield from self._missing_arguments(before, after)

    def _renamed_parameter(self, was: Mapping[str, Any], fresh: Mapping[str, Mapping[str, Any]]) -> str:
        alike = [name for name, each in fresh.items() if each["in"] == was["in"]]
        moved = self.documents.renamed(("parameter", "path-parameter"), was["name"], alike)
        if moved:
            return moved
        if was["in"] == "path":
            paths = [
                self.documents.old.index[self.use.operation].path,
                self.documents.new.index[self.now].path,
            ]
            before, after = ([each for each in path.split("/") if each.startswith("{")] for path in paths)
            same_place = dict(zip(before, after, strict=False)) if len(before) == len(after) else {}
            return same_place.get(f"{{{was['name']}}}", "").strip("{}")
        return next(iter(nearest(was["name"], alike)), "")

    def _missing_arguments(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Finding]:
        if self.use.open:
            return
        given = set(map(canonical, self.use.arguments))
        renamed = {
            canonical(
                self._renamed_parameter(
                    before[form], {p["name"]: p for f, p in after.items() if f not in before}
                )
            )
            for form in given
            if form in before and form not in after
        }
        for form, each in after.items():
            was = before.get(form)
            if not each["required"] or form in given or form in renamed or (was and was["required"]):
                continue
            verb = "became required" if was else "is new and required"
            reason = f"the {each['in']} parameter {each['name']} {verb}"
            written = argument(self._slices[1], each["name"], each["in"])
            instead = f"add {written}={sample(schema_of(each), self._sides[1])}"
            subject = f"argument {each['name']}"
            yield self._finding(self.use.place, subject, "argument-required", reason, instead)

    # Body

    def _body(self) -> Iterator[Finding]:
        before, after = self._slices
        was, now = request_body(before), request_body(after)
        body = self.use.body
        if body is None:
            newly = after.get("requestBody", {}).get("required") and not before.get("requestBody", {}).get(
                "required"
            )
            if newly and not self.use.open:
                reason = "a body became required" if "requestBody" in before else "a body is required now"
                yield self._finding(self.use.place, "body", "body-required", reason, "body={…}")
            return
        if "requestBody" in before and "requestBody" not in after:
            reason = f"{self.now} takes no body any more"
            yield self._finding(body.place, "body", "body-not-taken", reason, "leave it out")
        elif was is not None and now is not None:
            yield from self._fields("body", body, was, now)

    def _fields(self, path: str, entry: Entry, was: Located, now: Located) -> Iterator[Finding]:
        """Compare what is written in a body with what both documents say there."""
        for each in options(entry.value):
            if isinstance(each, Listing):
                inside = [elements(side, part) for side, part in zip((was, now), self._sides, strict=True)]
                for element in each.elements:
                    yield from self._fields(path, Entry(element, entry.place), *inside)
            elif isinstance(each, Table):
                yield from self._table(path, each, each.place or entry.place, was, now)
            else:
                yield from self._value(path, Entry(each, entry.place), was, now)

    def _table(self, path: str, table: Table, place: Place, was: Located, now: Located) -> Iterator[Finding]:
        before, after = keys(was, self._sides[0]), keys(now, self._sides[1])
        renamed = set()
        for name, entry in table.entries.items():
            if name not in before.properties:
                continue
            if name in after.properties:
                yield from self._fields(
                    f"{path}.{name}", entry, before.properties[name], after.properties[name]
                )
            elif not after.says_nothing:
                new = self._renamed_key(name, before, after)
                renamed.add(new)
                subject = f"{path}.{name}"
                if new:
                    reason = f"{subject} is called {new} now"
                    yield self._finding(entry.place, subject, "field-renamed", reason, f'"{new}": …')
                else:
                    reason = f"{self.now} takes no {subject} any more"
                    yield self._finding(entry.place, subject, "field-removed", reason, "leave it out")
        if table.open:
            return
        for name in sorted(after.required - table.entries.keys() - renamed):
            if name in before.required or name not in after.properties:
                continue
            verb = "became required" if name in before.properties else "is new and required"
            example = sample(after.properties[name].schema, self._sides[1])
            yield self._finding(
                place, f"{path}.{name}", "field-required", f"{path}.{name} {verb}", f'add "{name}": {example}'
            )

    def _renamed_key(self, name: str, before: Keys, after: Keys) -> str:
        fresh = [each for each in after.properties if each not in before.properties]
        return self.documents.renamed(("property",), name, fresh) or next(iter(nearest(name, fresh)), "")

    # Values

    def _value(self, subject: str, entry: Entry, was: Located, now: Located) -> Iterator[Finding]:
        old, new = resolved(was, self._sides[0]), resolved(now, self._sides[1])
        if bare(old.schema) == bare(new.schema):
            return
        for each in options(entry.value):
            if isinstance(each, Constant) and each.value is not None:
                before, after = (
                    (located.schema, side.components)
                    for located, side in zip((old, new), self._sides, strict=True)
                )
                if why := refusal(each.value, before, after, subject):
                    words_now = self._sides[1].shape(new.schema).words
                    told = "" if "enum" in words_now else f": {why}"
                    reason = f"{short(each.value)} is not allowed for {subject} any more{told}"
                    instead = allowed(words_now, each.value)
                    yield self._finding(each.place or entry.place, subject, "value-refused", reason, instead)
            elif not isinstance(each, Constant | Table | Listing):
                pointers = {old.pointer, new.pointer, now.pointer, was.pointer}
                yield from self._may_be_refused(subject, entry.place, pointers)

    def _may_be_refused(self, subject: str, place: Place, pointers: set[str]) -> Iterator[Finding]:
        """A value that the code computes, where the comparison says that fewer values are accepted now."""
        known = pointers | {self._place_of(subject)}
        for change in self.documents.changes_of(self.use.operation):
            # Whether a field has to be there is no matter of its value.
            if change.area != "schema" or change.severity != "breaking" or "property-" in change.id:
                continue
            if change.direction != "response" and any(not known.isdisjoint(_places(f)) for f in change.facts):
                reason = f"{subject}: {change.message}"
                finding = self._finding(place, subject, "value-may-be-refused", reason, "check the value")
                yield finding._replace(changes=(change.fingerprint,))
                return

    def _place_of(self, subject: str) -> str:
        """Return what a comparison calls the subject: ``query parameter status`` for an argument."""
        kind, _, name = subject.partition(" ")
        found = parameters(self._slices[0]).get(canonical(name)) if kind == "argument" else None
        return f"{found['in']} parameter {found['name']}" if found else subject

    # Reply

    def _reply(self) -> Iterator[Finding]:
        before, after = self._slices
        was, now = reply(before), reply(after)
        if was is None or now is None:
            return
        for key in self.use.reads:
            for start in self._starts(was, key):
                found = list(self._read(key, start, was, now))
                yield from found
                if found:
                    break

    def _starts(self, was: Located, key: Key) -> list[tuple[str, ...]]:
        """Where a path begins: at the top, or, for ``client.items``, in a row."""
        if self.use.how != "items":
            return [()]
        return row_lists(was, self._sides[0]) or [()]

    def _read(self, key: Key, start: tuple[str, ...], was: Located, now: Located) -> Iterator[Finding]:
        """Walk both documents along the keys; the last step is what this read is about."""
        path = (*start, *key.path)
        for number, name in enumerate(path):
            before, after = keys(was, self._sides[0]), keys(now, self._sides[1])
            last = number == len(path) - 1
            if name not in before.properties or after.says_nothing:
                return
            subject = ".".join(("reply", *path[: number + 1]))
            if name not in after.properties:
                if last or number < len(start):
                    yield self._key_gone(key, subject, name, before, after)
                return
            was, now = before.properties[name], after.properties[name]
            if last:
                yield from self._key_changed(key, subject, name, (before, after), (was, now))

    def _key_gone(self, key: Key, subject: str, name: str, before: Keys, after: Keys) -> Finding:
        new = self._renamed_key(name, before, after)
        if new:
            reason = f"{subject} is called {new} now"
            return self._finding(key.place, subject, "reply-key-renamed", reason, f'["{new}"]')
        reason = f"the reply of {self.now} has no {subject.removeprefix('reply.')} any more"
        return self._finding(key.place, subject, "reply-key-removed", reason, "")

    def _key_changed(
        self,
        key: Key,
        subject: str,
        name: str,
        both: tuple[Keys, Keys],
        places: tuple[Located, Located],
    ) -> Iterator[Finding]:
        before, after = both
        types = [keys(each, part).types for each, part in zip(places, self._sides, strict=True)]
        if all(types) and not family(types[0]) & family(types[1]):
            reason = f"{subject} was {words(types[0])} and is {words(types[1])} now"
            yield self._finding(
                key.place, subject, "reply-type-changed", reason, f"read it as {words(types[1])}"
            )
        if name in before.required and name not in after.required and not key.lenient:
            reason = f"{subject} may be absent now"
            yield self._finding(key.place, subject, "reply-key-optional", reason, f'.get("{name}")')


def _places(fact: Fact) -> tuple[str, ...]:
    """Return the names of the place of a fact. Several operations share what has only the last of them."""
    where = fact.where.rpartition(": ")[2].replace("[]", "")
    return fact.pointer, fact.pointer.removesuffix("/items"), where
