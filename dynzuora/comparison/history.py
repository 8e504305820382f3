"""The history of one operation, or of one field in it, over any number of versions of the document.

Each version is read by itself as a set of plain states of the operation; the history is the
difference between one version and the next. The command ``dynzuora history`` prints it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from dynzuora._names import canonical, nearest
from dynzuora.comparison import matching
from dynzuora.comparison.differences import Comparison
from dynzuora.comparison.rules import shipped
from dynzuora.comparison.shapes import Shape, Version
from dynzuora.comparison.verdicts import changes, value_text
from dynzuora.document import Prepared, prepare
from dynzuora.errors import SpecError, UnknownOperation
from dynzuora.model import Schema, schema_of

_SUFFIXES = (".json", ".yaml", ".yml")

#: Fields below this depth are not searched: recursion only repeats itself there.
_DEEPEST = 12

#: At most this many locations of a field are followed.
_MOST_LOCATIONS = 200


class Event(NamedTuple):
    """One change of it in one version."""

    version: str
    kind: str
    """added, removed, moved, renamed, became-required, became-optional, type, values, nullable, deprecated…
    or the id of a rule."""
    where: str
    message: str
    old: Any = None
    new: Any = None


class State(NamedTuple):
    """A field in one location, in one version."""

    required: bool
    type: str
    values: tuple[Any, ...]
    nullable: bool
    deprecated: bool

    def __str__(self) -> str:
        words = [self.type, "required" if self.required else "optional"]
        words += ["may be null"] if self.nullable else []
        words += ["deprecated"] if self.deprecated else []
        words += [f"one of {value_text(list(self.values))}"] if self.values else []
        return ", ".join(words)


class History(NamedTuple):
    """The changes, oldest first, and the versions compared."""

    operation: str
    field: str
    versions: tuple[str, ...]
    events: tuple[Event, ...]
    unread: Mapping[str, str]
    """Files that could not be read, and why."""

    def __repr__(self) -> str:
        subject = f"{self.operation} {self.field}".strip()
        return f"<History of {subject}: {len(self.events)} events in {len(self.versions)} versions>"

    def to_text(self) -> str:
        """Return one line for each event, and one for each file that could not be read."""
        wide = max((len(event.version) for event in self.events), default=0)
        lines = [f"{event.version:{wide}}  {_line(event)}" for event in self.events]
        lines += [f"not read: {name}: {why}" for name, why in self.unread.items()]
        return "\n".join(lines)


def _line(event: Event) -> str:
    return f"{event.where}: {event.message}" if event.where else event.message


def history(operation: str, field: str = "", *, folder: Path | str | Iterable[Any]) -> History:
    """Return the history of an operation, or of the parameters and properties called ``field`` in it.

    ``folder`` holds the documents, or is the documents themselves.

    Raises:
        UnknownOperation: no version has it.
        SpecError: there is no document to read.
    """
    prepared, unread = _read(folder)
    chain = _chain(operation, prepared)
    events: list[Event] = []
    before: tuple[Prepared, str] | None = None
    for document, id in chain:
        events += _step(before, (document, id) if id else None, document.version, field)
        before = (document, id) if id else None
    versions = tuple(document.version for document in prepared)
    if field and not any(event.where for event in events):
        near = nearest(
            field, {name for document, id in chain if id for name in _named(document.slice(id))}, limit=3
        )
        hint = f" Did you mean {', '.join(near)}?" if near else ""
        raise SpecError(f"{operation} has no field {field!r} in any of {', '.join(versions)}.{hint}")
    return History(operation, field, versions, tuple(events), unread)


def _named(cut: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of the parameters and of every property of an operation."""
    yield from (parameter["name"] for parameter in cut["parameters"])
    rest: list[Any] = [cut]
    while rest:
        node = rest.pop()
        if isinstance(node, Mapping):
            properties = node.get("properties")
            yield from properties if isinstance(properties, Mapping) else ()
        rest += node.values() if isinstance(node, Mapping) else node if isinstance(node, list) else ()


def _read(folder: Path | str | Iterable[Any]) -> tuple[list[Prepared], dict[str, str]]:
    """Return the documents, oldest version first, and the files that are not documents."""
    unread: dict[str, str] = {}
    documents: list[Prepared] = []
    if isinstance(folder, str | Path):
        sources: list[Any] = [path for path in sorted(Path(folder).glob("*")) if path.suffix in _SUFFIXES]
    else:
        sources = list(folder)
    for source in sources:
        try:
            documents.append(prepare(getattr(source, "prepared", source)))
        except SpecError as error:
            unread[str(source)] = str(error)
    if not documents:
        why = "; ".join(unread.values()) or f"no file that ends with {', '.join(_SUFFIXES)}"
        raise SpecError(f"{folder}: holds no OpenAPI document ({why}).")
    return sorted(documents, key=lambda document: document.version), unread


def _chain(operation: str, prepared: list[Prepared]) -> list[tuple[Prepared, str]]:
    """Return each document with the id of the operation in it, empty if it lacks it."""
    ids = [operation if operation in document.index else "" for document in prepared]
    if not any(ids):
        candidates = {id for document in prepared for id in document.index}
        near = nearest(operation, candidates, limit=3)
        hint = f" Did you mean {', '.join(near)}?" if near else ""
        versions = ", ".join(document.version for document in prepared)
        raise UnknownOperation(
            f"No operation {operation} in any of {versions}.{hint}", name=operation, nearest=near
        )
    steps = [*range(1, len(prepared)), *range(len(prepared) - 2, -1, -1)]
    for number in steps:
        other = number - 1 if number and ids[number - 1] and not ids[number] else number + 1
        if ids[number] or not 0 <= other < len(prepared) or not ids[other]:
            continue
        first, second = sorted((number, other))
        for pair in matching.operations(prepared[first].index, prepared[second].index):
            if (pair.old if other == first else pair.new) == ids[other]:
                ids[number] = pair.new if other == first else pair.old
    return list(zip(prepared, ids, strict=True))


def _step(
    before: tuple[Prepared, str] | None, after: tuple[Prepared, str] | None, version: str, field: str
) -> Iterator[Event]:
    """Yield the changes from one version to the next."""
    if after is None:
        if before is not None:
            yield Event(version, "removed", "", f"{before[1]} was removed")
        return
    entry = after[0].index[after[1]]
    here = f"{entry.method} {entry.path}"
    if before is None:
        yield Event(version, "added", "", f"{after[1]} was added: {here}", None, here)
    elif before[1] != after[1]:
        yield Event(version, "renamed", "", f"{before[1]} was renamed to {after[1]}", before[1], after[1])
    if before is not None:
        entry = before[0].index[before[1]]
        there = f"{entry.method} {entry.path}"
        if there != here:
            yield Event(version, "moved", "", f"moved from {there} to {here}", there, here)
    if field:
        yield from _of_field(_states(before, field), _states(after, field), version)
    elif before is not None:
        yield from _of_operation(before, after, version)


_NOTED_HERE = ("operation-moved", "operation-id-changed")


def _of_operation(before: tuple[Prepared, str], after: tuple[Prepared, str], version: str) -> Iterator[Event]:
    sides = [Version(document, frozenset({id})) for document, id in (before, after)]
    comparison = Comparison(*sides)
    for change in changes(comparison, shipped(), lambda *_: None):
        if change.id not in _NOTED_HERE and change.area != "document":
            where = change.where.removeprefix(f"{before[1]}: ").removeprefix(before[1])
            yield Event(version, change.id, where, change.message, change.old, change.new)


# -- one field --------------------------------------------------------------------------------------


def _of_field(olds: Mapping[str, State], news: Mapping[str, State], version: str) -> Iterator[Event]:
    removed = [where for where in olds if where not in news]
    added = [where for where in news if where not in olds]
    if len(removed) == len(added) == 1 and olds[removed[0]].type == news[added[0]].type:
        was, now = removed.pop(), added.pop()
        yield Event(version, "moved", now, f"moved here from {was}", was, now)
        yield from _of_states(olds[was], news[now], now, version)
    for where in removed:
        yield Event(version, "removed", where, "was removed", str(olds[where]), None)
    for where in added:
        yield Event(version, "added", where, f"was added: {news[where]}", None, str(news[where]))
    for where in olds:
        if where in news:
            yield from _of_states(olds[where], news[where], where, version)


def _of_states(old: State, new: State, where: str, version: str) -> Iterator[Event]:
    if old.required != new.required:
        kind = "became-required" if new.required else "became-optional"
        yield Event(version, kind, where, kind.replace("-", " "), old.required, new.required)
    if old.type != new.type:
        yield Event(
            version, "type", where, f"the type changed from {old.type} to {new.type}", old.type, new.type
        )
    if set(old.values) != set(new.values):
        yield Event(version, "values", where, _of_values(old.values, new.values), old.values, new.values)
    if old.nullable != new.nullable:
        message = "may now be null" if new.nullable else "may no longer be null"
        yield Event(version, "nullable", where, message, old.nullable, new.nullable)
    if old.deprecated != new.deprecated:
        message = "is deprecated" if new.deprecated else "is no longer deprecated"
        yield Event(version, "deprecated", where, message, old.deprecated, new.deprecated)


def _of_values(old: tuple[Any, ...], new: tuple[Any, ...]) -> str:
    if not old:
        return f"only these values are now allowed: {value_text(list(new))}"
    if not new:
        return f"any value is now allowed; before, only {value_text(list(old))}"
    added, removed = (
        [value for value in new if value not in old],
        [value for value in old if value not in new],
    )
    words = [f"now also allowed: {value_text(added)}"] if added else []
    return "; ".join([*words, f"no longer allowed: {value_text(removed)}"] if removed else words)


def _states(side: tuple[Prepared, str] | None, field: str) -> dict[str, State]:
    """Return location → state of everything in the operation that is called ``field``."""
    if side is None:
        return {}
    document, id = side
    version = Version(document, frozenset({id}))
    cut = version.slices[id]
    form = canonical(field)
    states: dict[str, State] = {}
    for parameter in cut["parameters"]:
        if canonical(parameter["name"]) == form:
            where = f"{parameter['in']} parameter {parameter['name']}"
            states[where] = _state(
                version, schema_of(parameter), parameter["required"], bool(parameter.get("deprecated"))
            )
    search = _Search(version, form, states)
    roots = [("body", cut.get("requestBody", {}))]
    roots += [(f"response {status}", response) for status, response in cut.get("responses", {}).items()]
    for where, holder in roots:
        for media in holder.get("content", {}).values():
            search.into(media.get("schema", {}), where)
    return states


class _Search:
    """Searches a schema and everything below it for a property, each schema once."""

    def __init__(self, version: Version, form: str, states: dict[str, State]) -> None:
        self.version, self.form, self.states = version, form, states
        self.above: list[int] = []
        self.hopeless: set[int] = set()

    def into(self, schema: Schema, where: str) -> bool:
        """Note every location below ``schema``; return whether there is one."""
        schema = self.version.resolved(schema)[1]
        if id(schema) in self.hopeless or id(schema) in self.above or len(self.above) > _DEEPEST:
            return False
        self.above.append(id(schema))
        shape = self.version.shape(schema)
        matches = [
            self._property(name, member.schema, shape, where) for name, member in shape.properties.items()
        ]
        if "items" in shape.words:
            matches.append(self.into(shape.words["items"], f"{where}[]"))
        additional = self.version.additional(shape)
        if isinstance(additional, Mapping):
            matches.append(self.into(additional, f"{where}.*"))
        matches += [self.into(member, where) for _, members in shape.alternatives for member in members]
        self.above.pop()
        if not any(matches):
            self.hopeless.add(id(schema))
        return any(matches)

    def _property(self, name: str, schema: Schema, shape: Shape, where: str) -> bool:
        here = f"{where}.{name}"
        is_it = canonical(name) == self.form
        if is_it and len(self.states) < _MOST_LOCATIONS:
            self.states.setdefault(here, _state(self.version, schema, name in shape.required))
        return self.into(schema, here) or is_it


def _state(version: Version, schema: Schema, required: bool, deprecated: bool = False) -> State:
    shape = version.shape(schema)
    values = tuple(shape.words.get("enum", ()))
    deprecated = deprecated or "deprecated" in shape.words
    return State(required, shape.type or "any", values, "nullable" in shape.words, deprecated)
