"""The tenant a sandbox begins with: a small invented company's books, the same in every run."""

from __future__ import annotations

from typing import Any

from dynzuora import _json
from dynzuora._packaged import packaged


def load() -> dict[str, Any]:
    """Return ``tenant.json``: shared records, then records by entity and kind."""
    text = packaged("sandbox", "tenant.json").read_bytes()
    result: dict[str, Any] = _json.decode(text)
    return result
