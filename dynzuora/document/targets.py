"""What the references of a document lead to.

A reference means what stands at its place *as the document was written*. Repairs remove
parameters, respell media types and statuses and add slashes to paths, so every reference
that goes deeper than a component is pinned to its object before the first of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dynzuora._references import MISSING, look_up, way_of
from dynzuora.document.shapes import reference

#: References to references, one after another.
_LONGEST_CHAIN = 10


class Targets:
    """The targets of references, as text: those that are pinned, and what else the document holds."""

    def __init__(self, document: dict[str, Any], pinned: Mapping[str, Any] | None = None) -> None:
        self.document = document
        self._pinned = dict(pinned or {})

    def pin(self, references: Iterable[str]) -> None:
        """Keep what each of ``references`` leads to now, whatever is moved later."""
        for target in references:
            if target not in self._pinned and (way := way_of(target)) is not None and is_deep(way):
                node = self._through_references(way)
                if node is not MISSING:
                    self._pinned[target] = node

    def at(self, target: str) -> Any:
        """Return what ``target`` points to, ``MISSING`` where that is nothing or outside the document."""
        if target in self._pinned:
            return self._pinned[target]
        way = way_of(target)
        return MISSING if way is None else look_up(self.document, way)

    def of(self, node: Any) -> dict[str, Any] | None:
        """Return the object that ``node`` is or refers to; None where there is none."""
        for _ in range(_LONGEST_CHAIN):
            if not isinstance(node, dict):
                return None
            target = reference(node)
            if target is None:
                return node
            node = self.at(target)
        return None

    def has(self, target: str) -> bool:
        """Return whether following ``target`` ends at an object."""
        seen: set[str] = set()
        while target not in seen:
            seen.add(target)
            node = self.at(target)
            if not isinstance(node, dict):
                return False
            further = reference(node)
            if further is None:
                return True
            target = further
        return False

    def _through_references(self, way: tuple[str, ...]) -> Any:
        """Look ``way`` up, also where it leads on behind a reference: bundlers write such pointers."""
        node: Any = self.document
        for token in way:
            further = look_up(node, (token,))
            if further is MISSING and isinstance(node, dict) and reference(node) is not None:
                further = look_up(self.of(node), (token,))
            if further is MISSING:
                return MISSING
            node = further
        return node


def is_deep(way: tuple[str, ...]) -> bool:
    """Return whether ``way`` leads to something else than a whole component."""
    return len(way) != 3 or way[0] != "components"
