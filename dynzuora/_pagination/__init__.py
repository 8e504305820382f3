"""Lists that come in pages: envelopes (`Pages`) or rows (`Items`), fetched as they are taken.

A link in a reply is never requested. Only its query is laid over the query of the first
request, so every page comes from the same operation on the same host, with the size that
was asked for. What was read is never lost: a run that fails stays where it is, can be
taken further, and its ``resume_token`` starts another run at the same row.
"""

from dynzuora._pagination.plans import (
    OPTIONS,
    Plan,
    checked_limit,
    checked_style,
    continuation,
    first_page,
    with_size,
)
from dynzuora._pagination.runs import Items, Pages, merged

__all__ = [
    "OPTIONS",
    "Items",
    "Pages",
    "Plan",
    "checked_limit",
    "checked_style",
    "continuation",
    "first_page",
    "merged",
    "with_size",
]
