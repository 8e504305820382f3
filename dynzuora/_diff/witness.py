"""A value that one document accepts and the other refuses, for each breaking change of a schema."""

from __future__ import annotations

from .changes import Direction, Witness
from .facts import Sighting
from .shapes import Version


class Witnesses:
    def __init__(self, old: Version, new: Version) -> None:
        self.old, self.new = old, new

    def prove(self, sighting: Sighting, direction: Direction) -> Witness | None:
        return None
