"""How a changed operation is called from Python, before and now."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .changes import Signature

if TYPE_CHECKING:
    from .facts import Comparison


def signatures(comparison: Comparison) -> Iterator[Signature]:
    return iter(())
