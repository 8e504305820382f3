"""Many calls of one operation: on threads, in order, in bounded memory, each applied at most once.

`Map` takes calls as its results are taken, never more than a window ahead, so its input may
be endless. A journal on disk records that each item was started and how it ended: what a
killed run may have applied is not applied again.
"""

from dynzuora.bulk.journal import Journal
from dynzuora.bulk.mapping import Map, MapResult

__all__ = ["Journal", "Map", "MapResult"]
