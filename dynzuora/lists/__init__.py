"""Paged lists as iterators: `Pages` yields replies, `Items` yields rows, requested as they are taken.

A link in a reply is never requested as it is. Its query is merged into the query of the
first request, so every page comes from the same operation on the same host, with the same
page size. A run that fails keeps its position and can be continued; its ``resume_token``
starts another run at the same row. ``Client.pages`` and ``Client.items`` create both;
``Operation.paging`` says how an operation pages.
"""

from dynzuora.lists.expansion import cut_off
from dynzuora.lists.plans import check_rows, checked_limit, first_page, may_have_more, selected_fields
from dynzuora.lists.runs import Items, Pages, merged, start

__all__ = [
    "Items",
    "Pages",
    "check_rows",
    "checked_limit",
    "cut_off",
    "first_page",
    "may_have_more",
    "merged",
    "selected_fields",
    "start",
]
