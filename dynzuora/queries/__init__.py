"""Queries: SQL by Data Query, ZOQL, or AQuA, as one iterator over typed rows.

``Client.query`` returns a `Query`, which sends nothing before its first row is taken. `engine_of`
decides which engine answers a statement, `bound` puts values into one, and `declared` finds
the types of its columns in the document.
"""

from dynzuora.queries.query import Query, start
from dynzuora.queries.statements import bound, engine_of, names

__all__ = ["Query", "bound", "engine_of", "names", "start"]
