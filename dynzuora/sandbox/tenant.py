"""The initial tenant of a sandbox: the records of a small invented company."""

from __future__ import annotations

from importlib import resources
from typing import Any

from dynzuora import _json


def load() -> dict[str, Any]:
    """Return ``tenant.json``: shared records, and records by entity and kind."""
    text = resources.files(__package__).joinpath("tenant.json").read_bytes()
    result: dict[str, Any] = _json.decode(text)
    return result
