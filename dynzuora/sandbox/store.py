"""The tenant's records by entity and kind, found by id, natural number or a key property.

Deterministic: ids come from counters, times from a clock that ticks once per change. Not
thread-safe; the application locks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from dynzuora import _redaction
from dynzuora._names import canonical
from dynzuora.sandbox.rules import Rules

START = datetime(2026, 1, 2, 9, 0, 0)
"""The start of the sandbox's own clock; with a wall clock, two runs would differ."""

TENANT = ""
"""The entity that shared kinds live in."""


class Record(Mapping[str, Any]):
    """An object: ``kind``, ``id``, ``number`` and its properties, found by any spelling.

    ``invented`` marks a record that was not created but is an example of its kind.
    """

    def __init__(self, kind: str, entity: str, identifier: Any, number: str, now: datetime) -> None:
        self.kind = kind
        self.entity = entity
        self.id = identifier
        self.number = number
        self.created = now
        self.updated = now
        self.invented = False
        self.content: bytes | None = None
        self.job: Any = None
        self.changes = 0
        self.shown: dict[Any, Any] = {}
        self._values: dict[str, Any] = {}
        self._names: dict[str, str] = {}

    def __getitem__(self, name: str) -> Any:
        return self._values[canonical(name)]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names.values())

    def __len__(self) -> int:
        return len(self._values)

    def __bool__(self) -> bool:
        return True  # even without properties

    def __repr__(self) -> str:
        return f"<{self.kind} {self.id} {self.number} {dict(self)!r}>"

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def value(self, form: str) -> Any:
        """Return the property with the canonical name ``form``, None if there is none."""
        return self._values.get(form)

    def put(self, values: Mapping[str, Any]) -> None:
        """Merge ``values`` without secrets: objects deeply; null clears, anything else replaces."""
        self.changes += 1
        for name, value in _without_secrets(values).items():
            form = canonical(name)
            if value is None:
                self._values.pop(form, None)
                self._names.pop(form, None)
            else:
                self._values[form] = merged(self._values.get(form), value)
                self._names.setdefault(form, name)

    def replace(self, values: Mapping[str, Any]) -> None:
        """Replace all properties by ``values``."""
        self._values.clear()
        self._names.clear()
        self.put(values)


def _without_secrets(value: Any) -> Any:
    """Return what a tenant keeps: of a number the last four characters, of a code nothing."""
    if isinstance(value, Mapping):
        numbers = _redaction.bank_account_names(value)
        return {
            name: _masked(item) if name in numbers or _redaction.is_number(name) else _without_secrets(item)
            for name, item in value.items()
            if not _redaction.is_code(name)
        }
    return [_without_secrets(item) for item in value] if isinstance(value, list) else value


def _masked(value: Any) -> Any:
    text = str(value)
    return None if value is None else "*" * (len(text) - 4) + text[-4:]


def merged(old: Any, new: Any) -> Any:
    """Return ``old`` with ``new`` merged as a merge patch (RFC 7396): objects deeply, null clears."""
    if not isinstance(new, Mapping):
        return new
    result = dict(old) if isinstance(old, Mapping) else {}
    for name, value in new.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


class Store:
    """The records of a tenant. ``home`` is the default entity of requests.

    ``id_style`` returns the style of the ids of a kind: ``hex``, ``uuid`` or ``integer``.
    """

    def __init__(self, rules: Rules, id_style: Callable[[str], str], tenant: Mapping[str, Any]) -> None:
        self.rules = rules
        self._id_style = cache(id_style)
        self._shelves: dict[tuple[str, str], dict[Any, Record]] = {}
        self._by_id: dict[str, Record] = {}
        self._by_number: dict[tuple[str, str, str], Record] = {}
        self._inventions: dict[tuple[str, str], list[Record | None]] = {}
        self._counters: dict[str, int] = {}
        self.models: dict[tuple[int, bool], tuple[Any, Any]] = {}
        """What every invented record of a shape has, by the shape's id and whether it has an example."""
        self.now = START
        self.entities: tuple[str, ...] = tuple(entity["id"] for entity in tenant["records"]["entity"])
        self.home = self.entities[0]
        self._load(TENANT, tenant["records"])
        for entity, records in tenant["entities"].items():
            self._load(entity, records)

    def records(self, kind: str, entity: str | None = None) -> list[Record]:
        """Return the records of ``kind`` in order of creation, by default of the home entity."""
        return list(self._shelves.get(self._shelf_key(kind, entity), {}).values())

    def find(self, kind: str, key: Any, entity: str | None = None, *, under: str = "") -> Record | None:
        """Return the record whose id or natural number is ``key``, or whose property ``under`` is."""
        shelf_key = self._shelf_key(kind, entity)
        shelf = self._shelves.get(shelf_key, {})
        record = shelf.get(str(key)) or self._by_number.get((*shelf_key, str(key)))
        if record is None and under:
            form = canonical(under)
            record = next(
                (candidate for candidate in shelf.values() if str(candidate.value(form)) == str(key)), None
            )
        if record is None:
            invented = filter(None, self._inventions.get(shelf_key, ()))
            record = next(
                (candidate for candidate in invented if str(key) in (str(candidate.id), candidate.number)),
                None,
            )
        return record

    def lookup(self, identifier: Any) -> Record | None:
        """Return the record of any kind and entity that has this id."""
        return self._by_id.get(str(identifier))

    def add(
        self,
        kind: str,
        values: Mapping[str, Any],
        entity: str | None = None,
        *,
        identifier: Any = None,
        number: str = "",
    ) -> Record:
        """Add a record: the values sent, and the initial values of its kind."""
        self._tick()
        shelf_key = self._shelf_key(kind, entity)
        about = self.rules.kind(kind)
        values_by_form = {canonical(name): value for name, value in values.items()}
        chosen_number = number or next(
            (str(values_by_form[name]) for name in about.number.names if values_by_form.get(name)), ""
        )
        record = Record(
            kind,
            shelf_key[0],
            identifier or self.new_id(kind),
            chosen_number or self._new_number(kind, shelf_key),
            self.now,
        )
        record.put(about.born)
        record.put(values)
        self._shelve(shelf_key, record)
        return record

    def change(self, record: Record, values: Mapping[str, Any]) -> None:
        """Merge ``values`` into a record."""
        self._tick()
        record.updated = self.now
        record.put(values)

    def remove(self, record: Record) -> None:
        """Remove a record."""
        self._tick()
        shelf_key = self._shelf_key(record.kind, record.entity)
        inventions = self._inventions.get(shelf_key, [])
        if record in inventions:
            inventions[inventions.index(record)] = None
            return
        self._shelves[shelf_key].pop(str(record.id), None)
        self._by_id.pop(str(record.id), None)
        self._by_number.pop((*shelf_key, record.number), None)

    def invent(self, kind: str, count: int, entity: str | None = None) -> list[Record]:
        """Return the first ``count`` invented records without those deleted since; always the same."""
        shelf_key = self._shelf_key(kind, entity)
        inventions = self._inventions.setdefault(shelf_key, [])
        for ordinal in range(len(inventions) + 1, count + 1):
            name = identifier(self._id_style(kind), f"{shelf_key[0]} {kind} example", 8000 + ordinal)
            number = self.rules.kind(kind).number
            text = f"{number.prefix}{9 * 10 ** (number.digits - 1) + ordinal}" if number.names else ""
            record = Record(kind, shelf_key[0], name, text, START)
            record.invented = True
            record.put({"key": f"{kind}-{ordinal}"})
            inventions.append(record)
        return [record for record in inventions[:count] if record]

    def new_id(self, kind: str) -> Any:
        """Return a new id for a record, or for an object inside a record."""
        style = self._id_style(kind)
        counter = style if style == "integer" else kind  # no two records of any kind have one id
        return identifier(style, kind, self.count(f"id {counter}"))

    def count(self, name: str) -> int:
        """Return the next value of a counter, from 1."""
        self._counters[name] = self._counters.get(name, 0) + 1
        return self._counters[name]

    def _load(self, entity: str, kinds: Mapping[str, Iterable[Mapping[str, Any]]]) -> None:
        for kind, rows in kinds.items():
            for row in rows:
                values = {name: value for name, value in row.items() if name not in ("id", "key")}
                self.add(kind, values, entity, identifier=row["id"], number=row.get("key", ""))

    def _shelf_key(self, kind: str, entity: str | None) -> tuple[str, str]:
        if self.rules.kind(kind).shared:
            return TENANT, kind
        return (self.home if entity is None else entity), kind

    def _shelve(self, shelf_key: tuple[str, str], record: Record) -> None:
        self._shelves.setdefault(shelf_key, {})[str(record.id)] = record
        if isinstance(record.id, str):
            self._by_id[record.id] = record
        if record.number:
            self._by_number[(*shelf_key, record.number)] = record

    def _new_number(self, kind: str, shelf_key: tuple[str, str]) -> str:
        number = self.rules.kind(kind).number
        if not number.names:
            return ""
        while True:
            text = f"{number.prefix}{self.count(f'number {shelf_key}'):0{number.digits}d}"
            if (*shelf_key, text) not in self._by_number:
                return text

    def _tick(self) -> None:
        self.now += timedelta(seconds=1)


def identifier(style: str, kind: str, ordinal: int) -> Any:
    """Return the ``ordinal``-th id of a kind: unique, and the same in every run."""
    if style == "integer":
        return 1000 + ordinal
    digest = hashlib.md5(f"{kind} {ordinal}".encode(), usedforsecurity=False).hexdigest()
    return str(UUID(digest)) if style == "uuid" else digest
