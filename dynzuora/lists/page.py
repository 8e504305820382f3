"""One page of a list: the reply, its rows, and what they say about further pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import unquote_plus

from dynzuora import paging
from dynzuora.errors import PagingError
from dynzuora.http import Request
from dynzuora.lists.plans import Plan
from dynzuora.lists.query_strings import pairs


class Page(NamedTuple):
    """A reply and its rows. ``number`` and ``rows_read`` count this page and those before it in the run."""

    plan: Plan
    request: Request
    reply: Any
    rows: Sequence[Any]
    number: int
    rows_read: int

    def query(self) -> dict[str, str]:
        """Return the query of the request, decoded."""
        _, _, query = self.request.url.partition("?")
        return {name: unquote_plus(raw.partition("=")[2]) for name, raw in pairs(query)}

    def sizes(self) -> set[int]:
        """Return every number of rows that a full page may have.

        Zuora caps page sizes silently, so a page is short only if no known size explains its length.
        """
        style, requested = self.plan.style, self.query().get(self.plan.style.size, "")
        sizes = {style.size_default, style.size_max, paging.LARGEST.get(style.name)}
        sizes |= {self.reply.get(name) for name in paging.REPLY_SIZES}
        sizes |= {int(requested)} if requested.isdecimal() else set()
        return {size for size in sizes if type(size) is int and size > 0}

    def is_short(self) -> bool:
        """Whether the page has fewer rows than any size it may have been capped to."""
        sizes = self.sizes()
        return bool(sizes) and len(self.rows) < max(sizes) and len(self.rows) not in sizes

    def is_last_by_length(self) -> bool:
        """Whether the page is empty or short, and the reply counts no further rows."""
        counts = [self.reply.get(name) for name in ("count", "total")]
        promises_more = any(type(count) is int and count > self.rows_read for count in counts)
        return not self.rows or (self.is_short() and not promises_more)

    def error(self, message: str) -> PagingError:
        """Return the error of a page that cannot be followed."""
        return paging_error(self.plan, message)


def paging_error(plan: Plan, message: str) -> PagingError:
    """Return the error of a list that cannot be read further."""
    return PagingError(
        f"{plan.operation.id}: {message} The list cannot be read further.", operation_id=plan.operation.id
    )
