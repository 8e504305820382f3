"""Fixtures that more than one test file needs."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def full_spec() -> Callable[[str], Path]:
    """Return a function from a version to the vendor's full document of that version."""
    folder = os.environ.get("DYNZUORA_FULL_SPECS")
    if not folder:
        pytest.skip("DYNZUORA_FULL_SPECS is not set")

    def find(version: str) -> Path:
        [path] = Path(folder).glob(f"zuora-{version}.*")
        return path

    return find
