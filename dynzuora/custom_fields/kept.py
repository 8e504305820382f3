"""The objects of a tenant that were learned: in memory, and in a private file each.

A folder belongs to one login at one address (and entity), so that what is learned of a
sandbox is never believed of production. A file that cannot be read is learned again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from dynzuora.configuration.folders import folder, write_whole
from dynzuora.custom_fields.objects import Field, ObjectFields


class TenantObjects:
    """What is known of the objects of one tenant.

    ``tenant`` returns the address and the login as text, None where nothing is to be kept; it
    is called when it is first needed.
    """

    def __init__(self, tenant: Callable[[], str | None]) -> None:
        self._tenant = tenant
        self._folders: dict[str, Path | None] = {}
        self._known: dict[tuple[str, str], ObjectFields | None] = {}

    @property
    def empty(self) -> bool:
        """Whether nothing was ever learned, here or by another process of this user."""
        return not self._known and not os.path.isdir(_root())

    def get(self, name: str, entity: str | None = None) -> ObjectFields | None:
        """Return what is known of an object; None if it was not learned."""
        key = entity or "", name
        if key not in self._known:
            self._known[key] = self._read(*key)
        return self._known[key]

    def put(self, learned: ObjectFields, entity: str | None = None) -> None:
        """Remember an object, in a file if the tenant is known and the folder can be written."""
        self._known[entity or "", learned.name] = learned
        path = self._path(entity or "", learned.name)
        if path is not None:
            with contextlib.suppress(OSError):
                for private in (path.parent.parent, path.parent):
                    private.mkdir(mode=0o700, parents=True, exist_ok=True)
                write_whole(path, _written(learned))

    def names(self, entity: str | None = None) -> list[str]:
        """Return the names of the objects that are known."""
        names = {name for of, name in self._known if of == (entity or "")}
        path = self._path(entity or "", "x")
        with contextlib.suppress(OSError):
            for file in path.parent.glob("*.json") if path is not None else ():
                if (learned := _read(file)) is not None:
                    names.add(learned.name)
        return sorted(names)

    def _read(self, entity: str, name: str) -> ObjectFields | None:
        path = self._path(entity, name)
        learned = None if path is None else _read(path)
        return learned if learned is not None and learned.name == name else None

    def _path(self, entity: str, name: str) -> Path | None:
        if entity not in self._folders:
            tenant = self._tenant()
            text = f"{tenant}\n{entity}"
            digest = hashlib.sha256(text.encode()).hexdigest()[:32]
            self._folders[entity] = None if tenant is None else _root() / digest
        parent = self._folders[entity]
        return None if parent is None else parent / f"{quote(name, safe='')}.json"


def _root() -> Path:
    return folder("cache") / "fields"


def _written(learned: ObjectFields) -> bytes:
    content = {
        "name": learned.name,
        "learned": learned.learned,
        "fields": [f._asdict() for f in learned.fields],
    }
    return json.dumps(content, indent=1).encode()


def _read(path: Path) -> ObjectFields | None:
    """Return the object in a file; None if it is missing or is not what was written."""
    try:
        content = json.loads(path.read_bytes())
        fields = tuple(_field(**field) for field in content["fields"])
        return ObjectFields(str(content["name"]), fields, str(content["learned"]))
    except (OSError, ValueError, TypeError, LookupError):
        return None


def _field(options: list[str], contexts: list[str], **values: Any) -> Field:
    return Field(options=tuple(options), contexts=tuple(contexts), **values)
