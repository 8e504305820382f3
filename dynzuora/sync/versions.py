"""Which version of each row was written last, as digests: what the overlap reads again is not repeated.

An object of the overlap may change without a new date, so a row is new if its *content* differs
from the last one of its id, whatever its date says.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from dynzuora import _json
from dynzuora._names import canonical

_SIZE = 12
"""Bytes of each digest: of a billion rows, two are taken for one with a probability below 10^-10."""

Days = Mapping[str, str]
"""Day → base64 of the digests of id and content of each row that changed on that day."""


class Versions:
    """The last version of each row that may be read again: those that changed on ``since`` or later.

    ``since`` is a day like 2026-01-31; rows whose last change is unknown are always kept.
    """

    def __init__(self, days: Days | None = None, since: str = "") -> None:
        self.since = since
        self._rows: dict[bytes, tuple[str, bytes]] = {}
        for day, text in (days or {}).items():
            for identity, content in _pairs(base64.b64decode(text)):
                self._rows[identity] = day, content

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, row: Mapping[str, Any], changed: str) -> bool:
        """Note a row whose last change is in its column ``changed``; return whether it is a new version."""
        content = _digest({name: value for name, value in row.items() if value is not None})
        identity = next((value for name, value in row.items() if canonical(name) == "id"), None)
        key = content if identity is None else _digest(identity)
        if self._rows.get(key, ("", b""))[1] == content:
            return False
        day = str(row.get(changed) or "")[:10]
        if not day or day >= self.since:
            self._rows[key] = day, content
        return True

    def days(self) -> Days:
        """Return the versions as the state keeps them."""
        days: dict[str, list[bytes]] = {}
        for identity, (day, content) in self._rows.items():
            if not day or day >= self.since:
                days.setdefault(day, []).append(identity + content)
        return {day: base64.b64encode(b"".join(days[day])).decode() for day in sorted(days)}


def _pairs(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    for start in range(0, len(content), 2 * _SIZE):
        yield content[start : start + _SIZE], content[start + _SIZE : start + 2 * _SIZE]


def _digest(value: Any) -> bytes:
    text = _json.encode(dict(sorted(value.items())) if isinstance(value, dict) else value)
    return hashlib.blake2b(text, digest_size=_SIZE).digest()
