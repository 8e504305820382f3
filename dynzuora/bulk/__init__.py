"""Many calls of one operation: on threads, in order, in bounded memory, each at most once.

`Map` takes calls as its results are taken, never more than a window ahead, so that
endless input is no trouble. A journal on disk says of each item that it was started
and what came of it: what a killed run may have done is not done again.
"""

from dynzuora.bulk.journal import Journal
from dynzuora.bulk.mapping import Map, MapResult, Means

__all__ = ["Journal", "Map", "MapResult", "Means"]
