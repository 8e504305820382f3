"""The records as one entity sees them, and their relations: an invoice has its account's name.

Relations are not declared. ``accountNumber`` is resolved from the account that ``accountId``
or ``accountKey`` names; a list "by account" has the rows that contain the account's id or
number anywhere. Ids are unique across kinds, so that is exact.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from dynzuora._names import canonical, singular
from dynzuora._references import MISSING
from dynzuora.model import Shape
from dynzuora.sandbox.families import Families
from dynzuora.sandbox.rules import Rules
from dynzuora.sandbox.store import Record, Store

USER = "9f3c5d7e1a2b4c6d8e0f1a2b3c4d5e6f"
"""The id of the tenant's only user, who created everything."""

_REFERENCES = ("id", "key", "number")


class Ledger:
    """The store as one entity sees it.

    ``stand_ins`` returns the texts in the document's examples of the request body: keys of no object.
    ``fields_of`` returns the fields of a kind's CRUD object by name.
    """

    def __init__(
        self,
        store: Store,
        families: Families,
        entity: str,
        stand_ins: Callable[[], Collection[str]] = tuple,
        fields_of: Callable[[str], Mapping[str, Shape]] = lambda kind: {},
    ) -> None:
        self.store = store
        self.families = families
        self.rules: Rules = store.rules
        self.entity = entity
        self.stand_ins = stand_ins
        self.fields_of = fields_of

    def records(self, kind: str) -> list[Record]:
        """Return the records of a kind, oldest first."""
        return self.store.records(kind, self.entity)

    def find(self, kind: str, key: Any, *, under: str = "") -> Record | None:
        """Return the record that ``key`` names: its id, its number, or its property ``under``."""
        return self.store.find(kind, key, self.entity, under=under)

    def add(self, kind: str, values: Mapping[str, Any], **more: Any) -> Record:
        """Add a new record."""
        return self.store.add(kind, values, self.entity, **more)

    def is_stateful(self, kind: str) -> bool:
        """Whether objects of this kind exist or can be created, so that an unknown key is a 404."""
        return kind in self.families.created or bool(self.records(kind))

    def resolve(self, record: Record, form: str) -> Any:
        """Return the value of the property with the canonical name ``form``, or `MISSING`."""
        kind, about = record.kind, self.rules.kind(record.kind)
        if form in ("id", f"{kind}id"):
            return record.id
        if record.number and (form in about.number.names or form == f"{kind}number"):
            return record.number
        for name in (form, form.removeprefix(kind), f"{kind}{form}", about.other.get(form, "")):
            if name and (value := record.value(name)) is not None:
                return value
        if about.other.get(form) in ("id", f"{kind}id"):
            return record.id
        if about.other.get(form) in about.number.names:
            return record.number or MISSING
        if form in about.links:
            return about.links[form].format(id=record.id)
        if form in self.rules.audit and not record.invented:
            return self._audit(record, self.rules.audit[form])
        return self._from_another(record, form)

    def referred(self, record: Record, stem: str) -> Record | None:
        """Return the record of kind ``stem`` that ``record`` names by id, key or number."""
        kind = self.rules.aliases.get(stem, stem)
        for suffix in _REFERENCES:
            if (key := record.value(stem + suffix)) is not None:
                return self.find(kind, key)
        return None

    def mentions(self, record: Record, key: str, parent: Record | None) -> bool:
        """Whether ``record`` contains ``key``, or the id or number of ``parent``, anywhere."""
        keys = {key} if parent is None else {str(parent.id), parent.number, key} - {""}
        return record is parent or _holds(record, keys)

    def children(self, record: Record, kind: str) -> list[Record]:
        """Return the records of ``kind`` that belong to ``record``."""
        return [child for child in self.records(kind) if self.mentions(child, str(record.id), record)]

    def _audit(self, record: Record, part: str) -> Any:
        if part in ("creator", "updater"):
            return USER
        return (record.created if part == "created" else record.updated).strftime("%Y-%m-%d %H:%M:%S")

    def _from_another(self, record: Record, form: str) -> Any:
        """Resolve a property such as ``accountname`` from the account that the record names."""
        for suffix in (*_REFERENCES, "name", "currency"):
            stem = form.removesuffix(suffix)
            if stem == form or not stem or self.rules.aliases.get(stem, stem) not in self.families.kinds:
                continue
            other = self.referred(record, stem)
            if other is None or other is record:
                continue
            if suffix in ("name", "currency"):
                return MISSING if other.value(suffix) is None else other.value(suffix)
            return other.id if suffix == "id" else other.number or other.id
        return MISSING

    def kind_of(self, name: str) -> str:
        """Return the kind that a property or a ZOQL table names: ``Invoices`` → ``invoice``."""
        word = singular(canonical(name))
        return self.rules.aliases.get(word, word)


def _holds(value: Any, keys: set[str]) -> bool:
    if isinstance(value, Mapping):
        return any(_holds(element, keys) for element in value.values())
    if isinstance(value, list):
        return any(_holds(element, keys) for element in value)
    return isinstance(value, (str, int)) and str(value) in keys
