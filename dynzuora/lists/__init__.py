"""Lists that come in pages: envelopes (`Pages`) or rows (`Items`), fetched as they are taken.

A link in a reply is never requested. Only its query is laid over the query of the first
request, so every page comes from the same operation on the same host, with the size that
was asked for. What was read is never lost: a run that fails stays where it is, can be
taken further, and its ``resume_token`` starts another run at the same row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynzuora import _lazy

if TYPE_CHECKING:
    from dynzuora.lists.plans import (
        OPTIONS,
        Plan,
        checked_limit,
        checked_style,
        continuation,
        first_page,
        with_size,
    )
    from dynzuora.lists.runs import Items, Pages, merged

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

__getattr__ = _lazy.exports(
    __name__,
    {
        "Items": "runs",
        "OPTIONS": "plans",
        "Pages": "runs",
        "Plan": "plans",
        "checked_limit": "plans",
        "checked_style": "plans",
        "continuation": "plans",
        "first_page": "plans",
        "merged": "runs",
        "with_size": "plans",
    },
)
