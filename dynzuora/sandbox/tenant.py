"""The initial tenant of a sandbox: the records of a small invented company."""

from __future__ import annotations

from typing import Any

from dynzuora import _json
from dynzuora._packaged import packaged


def load() -> dict[str, Any]:
    """Return ``tenant.json``: shared records, and records by entity and kind."""
    text = packaged("sandbox", "tenant.json").read_bytes()
    result: dict[str, Any] = _json.decode(text)
    return result
