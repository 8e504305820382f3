"""Paged lists as iterators: `Pages` yields replies, `Items` yields rows, requested as they are taken.

A link in a reply is never requested as it is. Its query is merged into the query of the
first request, so every page comes from the same operation on the same host, with the same
page size. A run that fails keeps its position and can be continued; its ``resume_token``
starts another run at the same row. ``Client.pages`` and ``Client.items`` create both;
``Operation.paging`` says how an operation pages.

Names are imported at first use: `call` needs `may_have_more` and `cut_off` only.
"""

from typing import TYPE_CHECKING

from dynzuora import _lazy

if TYPE_CHECKING:
    from dynzuora.lists.incomplete import cut_off as cut_off
    from dynzuora.lists.incomplete import may_have_more as may_have_more
    from dynzuora.lists.plans import check_rows as check_rows
    from dynzuora.lists.plans import checked_limit as checked_limit
    from dynzuora.lists.plans import first_page as first_page
    from dynzuora.lists.plans import selected_fields as selected_fields
    from dynzuora.lists.runs import Items as Items
    from dynzuora.lists.runs import Pages as Pages
    from dynzuora.lists.runs import merged as merged
    from dynzuora.lists.runs import start as start

_HOMES = {
    "Items": "runs",
    "Pages": "runs",
    "check_rows": "plans",
    "checked_limit": "plans",
    "cut_off": "incomplete",
    "first_page": "plans",
    "may_have_more": "incomplete",
    "merged": "runs",
    "selected_fields": "plans",
    "start": "runs",
}
__all__ = list(_HOMES)
__getattr__ = _lazy.exports(__name__, _HOMES)
