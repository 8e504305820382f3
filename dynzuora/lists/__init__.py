"""Paged lists as iterators: `Pages` yields replies, `Items` yields rows, requested as they are taken.

A link in a reply is never requested as it is. Its query is merged into the query of the
first request, so every page comes from the same operation on the same host, with the same
page size. A run that fails keeps its position and can be continued; its ``resume_token``
starts another run at the same row. ``Client.pages`` and ``Client.items`` create both;
``Operation.paging`` says how an operation pages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynzuora import _lazy

if TYPE_CHECKING:
    from dynzuora.lists.plans import (
        Plan,
        checked_limit,
        checked_style,
        continuation,
        first_page,
        may_have_more,
        with_size,
    )
    from dynzuora.lists.runs import Items, Pages, merged

__all__ = [
    "Items",
    "Pages",
    "Plan",
    "checked_limit",
    "checked_style",
    "continuation",
    "first_page",
    "may_have_more",
    "merged",
    "with_size",
]

__getattr__ = _lazy.exports(
    __name__,
    {
        "Items": "runs",
        "Pages": "runs",
        "Plan": "plans",
        "checked_limit": "plans",
        "checked_style": "plans",
        "continuation": "plans",
        "first_page": "plans",
        "may_have_more": "plans",
        "merged": "runs",
        "with_size": "plans",
    },
)
