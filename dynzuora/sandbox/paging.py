"""A list cut into pages: which rows, and the link that leads to the next ones.

One function per paging style in a table. Links point at the sandbox's own host and keep
the request's query. A page size above the declared maximum is capped and an invalid one
falls back to the default, as Zuora does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from dynzuora.lists.styles import PagingStyle
from dynzuora.sandbox.reading import Received, whole

DEFAULT_SIZE = 20
LARGEST_SIZE = 1000
"""The page size where the document declares none, and the cap where it declares no maximum."""


class Page(NamedTuple):
    """The rows of one page, and what the reply says beside them."""

    rows: Sequence[Any]
    beside: Mapping[str, Any] = {}


class _Asked(NamedTuple):
    """A request for a page of ``rows``; ``key`` tells a row's id for a cursor."""

    style: PagingStyle
    rows: Sequence[Any]
    request: Received
    key: Callable[[Any], str]

    @property
    def query(self) -> dict[str, str]:
        return dict(self.request.pairs)

    @property
    def size_name(self) -> str:
        return self.style.size or "pageSize"

    @property
    def size(self) -> int:
        wanted = whole(self.query.get(self.size_name, "")) or self.style.size_default or DEFAULT_SIZE
        return min(wanted, self.style.size_max or LARGEST_SIZE)

    def number(self, name: str) -> int:
        """The number of a page or row: 1 where none is asked for."""
        return max(1, whole(self.query.get(name, "")) or 1)

    def link(self, **changes: Any) -> str:
        query = [(name, value) for name, value in self.request.pairs if name not in changes]
        query += [(name, str(value)) for name, value in changes.items()]
        return f"{self.request.origin}{self.request.path}?{urlencode(query, quote_via=quote)}"


def cut(style: PagingStyle, rows: Sequence[Any], request: Received, key: Callable[[Any], str]) -> Page:
    """Return the page of ``rows`` that ``request`` asks for; ``key`` tells a row's id for a cursor."""
    return _STYLES.get(style.name, _whole)(_Asked(style, rows, request, key))


def _by_page(asked: _Asked) -> Page:
    size, page = asked.size, asked.number("page")
    chosen = asked.rows[(page - 1) * size : page * size]
    if asked.style.name == "page-number":
        return Page(chosen)
    more = len(asked.rows) > page * size
    link = asked.link(**{asked.size_name: size, "page": page + 1}) if more else None
    if asked.style.name == "pagination.next_page":
        beside = {"page": page, "page_length": size} | ({"next_page": link} if link else {})
        return Page(chosen, {"pagination": beside})
    return Page(chosen, {"nextPage": link})


def _by_start(asked: _Asked) -> Page:
    size, start = asked.size, asked.number("start")
    following = start + size
    more = len(asked.rows) >= following
    link = asked.link(**{asked.size_name: size, "start": following}) if more else None
    return Page(asked.rows[start - 1 : following - 1], {"next": link})


def _by_cursor(asked: _Asked) -> Page:
    size, cursor = asked.size, asked.query.get("cursor", "")
    keys = [asked.key(row) for row in asked.rows] if cursor else []
    start = keys.index(cursor) + 1 if cursor in keys else 0
    chosen = asked.rows[start : start + size]
    more = len(asked.rows) > start + size
    if asked.style.next:
        return Page(chosen, {asked.style.next: asked.key(chosen[-1]) if more else None, "hasMore": more})
    return Page(chosen, {"count": len(asked.rows)})


def _capped(asked: _Asked) -> Page:
    return Page(asked.rows[: asked.size])


def _whole(asked: _Asked) -> Page:
    return Page(asked.rows, {"count": len(asked.rows), "size": len(asked.rows)})


_STYLES: dict[str, Callable[[_Asked], Page]] = {
    "nextPage-url": _by_page,
    "page-number": _by_page,
    "pagination.next_page": _by_page,
    "next-link": _by_start,
    "cursor": _by_cursor,
    "cursor-last-id": _by_cursor,
    "capped": _capped,
}
