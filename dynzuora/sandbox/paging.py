"""Pages of lists: their rows, and the link to the next page.

A table with one function per paging style. Links point to the sandbox's own host and keep
the request's query. As in Zuora, a page size above the maximum is capped and an invalid one
is replaced by the default.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from dynzuora.paging import PagingStyle
from dynzuora.sandbox.reading import Received, whole

DEFAULT_SIZE = 20
LARGEST_SIZE = 1000
"""The page size and its maximum, if the document declares none."""


class Page(NamedTuple):
    """The rows of one page, and other properties of the reply."""

    rows: Sequence[Any]
    beside: Mapping[str, Any] = {}


class _PageRequest(NamedTuple):
    """A request for a page of ``rows``; ``key`` returns a row's id, for cursors."""

    style: PagingStyle
    rows: Sequence[Any]
    received: Received
    key: Callable[[Any], str]

    @property
    def query(self) -> dict[str, str]:
        return dict(self.received.pairs)

    @property
    def size_name(self) -> str:
        return self.style.size or "pageSize"

    @property
    def size(self) -> int:
        size = whole(self.query.get(self.size_name, "")) or self.style.size_default or DEFAULT_SIZE
        return min(size, self.style.size_max or LARGEST_SIZE)

    def number(self, name: str) -> int:
        """Return the number of a page or row in the query, 1 by default."""
        return max(1, whole(self.query.get(name, "")) or 1)

    def link(self, **changes: Any) -> str:
        query = [(name, value) for name, value in self.received.pairs if name not in changes]
        query += [(name, str(value)) for name, value in changes.items()]
        return f"{self.received.origin}{self.received.path}?{urlencode(query, quote_via=quote)}"


def cut(style: PagingStyle, rows: Sequence[Any], request: Received, key: Callable[[Any], str]) -> Page:
    """Return the requested page of ``rows``; ``key`` returns a row's id, for cursors."""
    return _STYLES.get(style.name, _whole)(_PageRequest(style, rows, request, key))


def _by_page(request: _PageRequest) -> Page:
    size, page = request.size, request.number("page")
    chosen = request.rows[(page - 1) * size : page * size]
    if request.style.name == "page-number":
        return Page(chosen)
    more = len(request.rows) > page * size
    link = request.link(**{request.size_name: size, "page": page + 1}) if more else None
    if request.style.name == "pagination.next_page":
        beside = {"page": page, "page_length": size} | ({"next_page": link} if link else {})
        return Page(chosen, {"pagination": beside})
    return Page(chosen, {"nextPage": link})


def _by_start(request: _PageRequest) -> Page:
    size, start = request.size, request.number("start")
    following = start + size
    more = len(request.rows) >= following
    link = request.link(**{request.size_name: size, "start": following}) if more else None
    return Page(request.rows[start - 1 : following - 1], {"next": link})


def _by_cursor(request: _PageRequest) -> Page:
    size, cursor = request.size, request.query.get("cursor", "")
    keys = [request.key(row) for row in request.rows] if cursor else []
    start = keys.index(cursor) + 1 if cursor in keys else 0
    chosen = request.rows[start : start + size]
    more = len(request.rows) > start + size
    if request.style.next:
        return Page(chosen, {request.style.next: request.key(chosen[-1]) if more else None, "hasMore": more})
    return Page(chosen, {"count": len(request.rows)})


def _capped(request: _PageRequest) -> Page:
    return Page(request.rows[: request.size])


def _whole(request: _PageRequest) -> Page:
    return Page(request.rows, {"count": len(request.rows), "size": len(request.rows)})


_STYLES: dict[str, Callable[[_PageRequest], Page]] = {
    "nextPage-url": _by_page,
    "page-number": _by_page,
    "pagination.next_page": _by_page,
    "next-link": _by_start,
    "cursor": _by_cursor,
    "cursor-last-id": _by_cursor,
    "capped": _capped,
}
