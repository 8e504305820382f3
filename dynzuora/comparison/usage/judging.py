"""What breaks: each use is looked up in the old document and in the new one.

A finding is something that the old document has or accepts and the new one does not, at the
line where the code says it. What the code leaves open is reported only if the documents
differ in what it is about.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from operator import attrgetter
from typing import Any

from dynzuora._names import canonical, nearest
from dynzuora.comparison.changes import Fact
from dynzuora.comparison.conditions import is_same
from dynzuora.comparison.usage.documents import (
    Documents,
    agree,
    argument,
    literal,
    parameters,
    rejection,
    replacement,
    sample,
)
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
from dynzuora.comparison.usage.results import SEVERITY_OF, SourceLocation, Unresolved, UsageFinding
from dynzuora.comparison.usage.server_versions import affected
from dynzuora.comparison.usage.values import Constant, DictValue, Item, ListValue, ReplyKey, Use, options
from dynzuora.model import schema_of

_ID_ONLY = frozenset({"template", "handed", "mention"})
"""Uses of which only the operation is known."""


def judge(uses: Iterable[Use], documents: Documents) -> tuple[list[UsageFinding], list[Unresolved]]:
    """Return what breaks, in the order of the code, and what could not be decided."""
    findings: dict[UsageFinding, None] = {}
    unresolved: dict[Unresolved, None] = {}
    for use in uses:
        if use.operation not in documents.old.index:
            continue  # written for the new document
        judged = _Judge(use, documents)
        findings |= dict.fromkeys(judged.findings())
        unresolved |= dict.fromkeys(judged.unresolved())
    return sorted(findings, key=attrgetter("location.order")), list(unresolved)


class _Judge:
    """One use of an operation of the old document."""

    def __init__(self, use: Use, documents: Documents) -> None:
        self.use = use
        self.documents = documents
        self.id = documents.new_id(use.operation)
        """The operation's new id; empty if it was removed."""
        self.old_entry = documents.old.index[use.operation]
        new_fault = documents.new.index[self.id].fault if self.id else ""
        self.is_readable = bool(self.id) and not self.old_entry.fault and not new_fault
        """Whether both documents describe it well enough to compare."""
        if self.is_readable:
            self.versions = self.old_version, self.new_version = documents.versions(use.operation, self.id)
            self.old = self.old_version.slices[use.operation]
            self.new = self.new_version.slices[self.id]

    def findings(self) -> Iterator[UsageFinding]:
        """Yield what breaks."""
        if not self.id:
            if not any(map(self.documents.new_id, self.use.others)):
                yield self._removed()
            return
        if not self.old_entry.fault and not self.is_readable:
            reason = f"the new document is too broken to use it: {self.documents.new.index[self.id].fault}"
            yield self._finding(self.use.location, "", "operation-unusable", reason)
            return
        yield from self._name()
        if self.is_readable and self.use.how not in _ID_ONLY:
            yield from self._arguments()
            yield from self._body()
            yield from self._reply()
            for row in affected(self.use, self.documents.version_changes(self.use.operation, self.id)):
                yield self._finding(*row)

    def unresolved(self) -> Iterator[Unresolved]:
        """Yield what is open about the use, if the documents differ in it."""
        if not self.id and any(map(self.documents.new_id, self.use.others)):
            yield from (row._replace(why=f"{row.why}; it was removed") for row in self.use.unresolved)
        for row in self.use.unresolved if self.is_readable else ():
            if not agree(*self.versions, row.about):
                yield row

    def _finding(
        self, location: SourceLocation, subject: str, rule: str, reason: str, instead: str = ""
    ) -> UsageFinding:
        changes = tuple(self._changes(subject, rule))
        severity = SEVERITY_OF[rule]
        return UsageFinding(location, self.use.operation, subject, rule, severity, reason, instead, changes)

    def _changes(self, subject: str, rule: str) -> Iterator[str]:
        """Yield the fingerprints of the changes that are about the same thing."""
        name = subject.rpartition(".")[2].rpartition(" ")[2]
        where = self._where(subject) if subject else ""
        direction = "response" if subject.startswith("reply") else "request"
        for change in self.documents.changes_of(self.use.operation):
            if not name:
                if rule.startswith("operation") and change.area == "operation":
                    yield change.fingerprint
            elif change.direction in (direction, "both", "") and (
                change.field == name or any(f.field == name or where in _wheres(f) for f in change.facts)
            ):
                yield change.fingerprint

    def _where(self, subject: str) -> str:
        """Return what a comparison calls the subject: ``query parameter status`` for an argument."""
        kind, _, name = subject.partition(" ")
        parameter = parameters(self.old).get(canonical(name)) if kind == "argument" else None
        return f"{parameter['in']} parameter {parameter['name']}" if parameter else subject

    # The operation

    def _removed(self) -> UsageFinding:
        id, old = self.use.operation, self.old_entry
        candidates = [
            name
            for name, entry in self.documents.new.index.items()
            if entry.method == old.method and set(entry.tags) & set(old.tags)
        ]
        close = nearest(id, candidates, limit=2)
        reason = f"{id} ({old.method} {old.path}) was removed"
        instead = f"perhaps {' or '.join(close)}" if close else ""
        return self._finding(self.use.location, "", "operation-removed", reason, instead)

    def _name(self) -> Iterator[UsageFinding]:
        """Yield a finding if the name that is written no longer leads to the operation."""
        use, new = self.use, self.documents.new.index[self.id]
        if self.documents.new_names.operation_id(use.name) == self.id and not (
            use.is_exact and use.name != self.id
        ):
            return
        if use.is_by_route:
            route = f"{new.method} {new.path}"
            reason = f"{self.old_entry.method} {self.old_entry.path} is now {route}"
            instead = new.path if use.how == "request" else route
        else:
            is_renamed = self.id != use.operation
            reason = (
                f"{use.operation} was renamed to {self.id}"
                if is_renamed
                else f"{use.name} no longer stands for {self.id}"
            )
            instead = self.id
        yield self._finding(use.location, "", "operation-renamed", reason, f'"{instead}"')

    # Arguments

    def _arguments(self) -> Iterator[UsageFinding]:
        before, after = parameters(self.old), parameters(self.new)
        added = {parameter["name"]: parameter for form, parameter in after.items() if form not in before}
        new_names = set()
        for name, item in self.use.arguments.items():
            form, subject = canonical(name), f"argument {name}"
            old = before.get(form)
            if old is None:
                continue
            if form in after:
                schemas = (Located(schema_of(parameter)) for parameter in (old, after[form]))
                yield from self._fields(subject, item, *schemas)
            elif new_name := self._new_parameter_name(old, added):
                new_names.add(canonical(new_name))
                reason = f"the {old['in']} parameter {old['name']} was renamed to {new_name}"
                instead = f"{argument(self.new, new_name, old['in'])}=…"
                yield self._finding(item.location, subject, "argument-renamed", reason, instead)
            else:
                reason = f"{self.id} no longer has a parameter {old['name']}"
                yield self._finding(item.location, subject, "argument-removed", reason, "remove it")
        if not self.use.open:
            yield from self._missing_arguments(before, after, new_names)

    def _new_parameter_name(self, old: Mapping[str, Any], added: Mapping[str, Mapping[str, Any]]) -> str:
        candidates = [name for name, parameter in added.items() if parameter["in"] == old["in"]]
        moved = self.documents.renamed(("parameter", "path-parameter"), old["name"], candidates)
        if moved:
            return moved
        if old["in"] == "path":
            paths = self.old_entry.path, self.documents.new.index[self.id].path
            before, after = ([part for part in path.split("/") if part.startswith("{")] for path in paths)
            by_position = dict(zip(before, after, strict=True)) if len(before) == len(after) else {}
            return by_position.get(f"{{{old['name']}}}", "").strip("{}")
        return next(iter(nearest(old["name"], candidates)), "")

    def _missing_arguments(
        self, before: Mapping[str, Any], after: Mapping[str, Any], new_names: set[str]
    ) -> Iterator[UsageFinding]:
        present = {*map(canonical, self.use.arguments), *new_names}
        for form, new in after.items():
            old = before.get(form)
            if not new["required"] or form in present or (old and old["required"]):
                continue
            reason = f"the {new['in']} parameter {new['name']} {_NOW_REQUIRED[old is not None]}"
            name = argument(self.new, new["name"], new["in"])
            instead = f"add {name}={sample(schema_of(new), self.new_version)}"
            subject = f"argument {new['name']}"
            yield self._finding(self.use.location, subject, "argument-required", reason, instead)

    # Body

    def _body(self) -> Iterator[UsageFinding]:
        before, after = (slice.get("requestBody", {}) for slice in (self.old, self.new))
        old, new = request_body(self.old), request_body(self.new)
        body = self.use.body
        if body is None:
            if after.get("required") and not before.get("required") and not self.use.open:
                reason = "a body is now required"
                yield self._finding(self.use.location, "body", "body-required", reason, "body={…}")
        elif "requestBody" in self.old and "requestBody" not in self.new:
            reason = f"{self.id} no longer takes a body"
            yield self._finding(body.location, "body", "body-not-taken", reason, "remove it")
        elif old is not None and new is not None:
            yield from self._fields("body", body, old, new)

    def _fields(self, path: str, item: Item, old: Located, new: Located) -> Iterator[UsageFinding]:
        """Compare a written value with what both documents say about it."""
        for option in options(item.value):
            if isinstance(option, ListValue):
                inner = elements(old, self.old_version), elements(new, self.new_version)
                for element in option.elements:
                    yield from self._fields(path, Item(element, item.location), *inner)
            elif isinstance(option, DictValue):
                yield from self._dict(path, option, option.location or item.location, old, new)
            else:
                yield from self._value(path, Item(option, item.location), old, new)

    def _dict(
        self, path: str, fields: DictValue, location: SourceLocation, old: Located, new: Located
    ) -> Iterator[UsageFinding]:
        before, after = keys(old, self.old_version), keys(new, self.new_version)
        present = set(fields.fields)
        for name, item in fields.fields.items():
            subject = f"{path}.{name}"
            if name not in before.properties:
                continue
            if name in after.properties:
                yield from self._fields(subject, item, before.properties[name], after.properties[name])
            elif not after.says_nothing:
                if new_name := self._new_key(name, before, after):
                    present.add(new_name)
                    rule, instead = "field-renamed", f'"{new_name}": …'
                    reason = f"{subject} was renamed to {new_name}"
                else:
                    rule, instead = "field-removed", "remove it"
                    reason = f"{self.id} no longer takes {subject}"
                yield self._finding(item.location, subject, rule, reason, instead)
        for name in sorted(after.required - present) if not fields.open else ():
            if name in before.required or name not in after.properties:
                continue
            subject = f"{path}.{name}"
            reason = f"{subject} {_NOW_REQUIRED[name in before.properties]}"
            instead = f'add "{name}": {sample(after.properties[name].schema, self.new_version)}'
            yield self._finding(location, subject, "field-required", reason, instead)

    def _new_key(self, name: str, before: Keys, after: Keys) -> str:
        added = [key for key in after.properties if key not in before.properties]
        return self.documents.renamed(("property",), name, added) or next(iter(nearest(name, added)), "")

    # Values

    def _value(self, subject: str, item: Item, old: Located, new: Located) -> Iterator[UsageFinding]:
        before, after = resolved(old, self.old_version), resolved(new, self.new_version)
        if is_same(before.schema, after.schema, self.old_version.components, self.new_version.components):
            return
        value = item.value
        if not isinstance(value, Constant):
            pointers = {before.pointer, after.pointer, old.pointer, new.pointer, self._where(subject)}
            yield from self._computed(subject, item.location, pointers)
        elif value.value is not None:
            sides = (before.schema, self.old_version), (after.schema, self.new_version)
            if why := rejection(value.value, *sides, subject):
                words = self.new_version.shape(after.schema).words
                detail = "" if "enum" in words else f": {why}"
                reason = f"{subject} no longer accepts {literal(value.value)}{detail}"
                instead = replacement(words, value.value)
                location = value.location or item.location
                yield self._finding(location, subject, "value-refused", reason, instead)

    def _computed(self, subject: str, location: SourceLocation, wheres: set[str]) -> Iterator[UsageFinding]:
        """Yield a finding for a computed value if the new document accepts fewer values there."""
        for change in self.documents.changes_of(self.use.operation):
            # A change of whether a field is required is not about its value.
            if change.area != "schema" or change.severity != "breaking" or "property-" in change.id:
                continue
            is_same_schema = any(not wheres.isdisjoint(_wheres(fact)) for fact in change.facts)
            if change.direction != "response" and is_same_schema:
                reason = f"{subject}: {change.message}"
                finding = self._finding(location, subject, "value-may-be-refused", reason, "check the value")
                yield finding._replace(changes=(change.fingerprint,))
                return

    # Reply

    def _reply(self) -> Iterator[UsageFinding]:
        old, new = reply(self.old), reply(self.new)
        if old is None or new is None:
            return
        starts: list[tuple[str, ...]] = [()]
        if self.use.how == "items":  # its keys start in a row
            starts = row_lists(old, self.old_version) or starts
        for key in self.use.keys:
            for start in starts:
                findings = list(self._key(key, start, old, new))
                yield from findings
                if findings:
                    break

    def _key(
        self, key: ReplyKey, start: tuple[str, ...], old: Located, new: Located
    ) -> Iterator[UsageFinding]:
        """Follow a key in both documents; only its last step, or one of ``start``, is judged."""
        path = (*start, *key.path)
        for number, name in enumerate(path):
            before, after = keys(old, self.old_version), keys(new, self.new_version)
            is_last = number == len(path) - 1
            if name not in before.properties or after.says_nothing:
                return
            subject = ".".join(("reply", *path[: number + 1]))
            if name not in after.properties:
                if is_last or number < len(start):
                    yield self._key_removed(key, subject, self._new_key(name, before, after))
                return
            old, new = before.properties[name], after.properties[name]
        old_types, new_types = keys(old, self.old_version).types, keys(new, self.new_version).types
        if old_types and new_types and not _comparable(old_types) & _comparable(new_types):
            reason = f"{subject} changed from {_type_text(old_types)} to {_type_text(new_types)}"
            instead = f"read it as {_type_text(new_types)}"
            yield self._finding(key.location, subject, "reply-type-changed", reason, instead)
        if name in before.required and name not in after.required and not key.is_lenient:
            reason = f"{subject} may now be missing"
            yield self._finding(key.location, subject, "reply-key-optional", reason, f'.get("{name}")')

    def _key_removed(self, key: ReplyKey, subject: str, new_name: str) -> UsageFinding:
        if new_name:
            reason, instead = f"{subject} was renamed to {new_name}", f'["{new_name}"]'
            return self._finding(key.location, subject, "reply-key-renamed", reason, instead)
        reason = f"the reply of {self.id} no longer has {subject.removeprefix('reply.')}"
        return self._finding(key.location, subject, "reply-key-removed", reason)


_NOW_REQUIRED = {False: "was added and is required", True: "is now required"}
"""Whether it existed before → what happened."""


def _wheres(fact: Fact) -> tuple[str, ...]:
    """Return the names of the location of a fact; operations that share a change share the last of them."""
    where = fact.where.rpartition(": ")[2].replace("[]", "")
    return fact.pointer, fact.pointer.removesuffix("/items"), where


def _comparable(types: Iterable[str]) -> set[str]:
    return {"number" if type == "integer" else type for type in types}


def _type_text(types: Iterable[str]) -> str:
    return " or ".join(f"{'an' if type[0] in 'aio' else 'a'} {type}" for type in sorted(types))
