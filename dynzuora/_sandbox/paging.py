"""A list cut into pages: which rows, and the link that leads to the next ones.

One function per paging style in a table. Links point at the sandbox's own host and keep
the request's query. A page size above the declared maximum is capped and an invalid one
falls back to the default, as Zuora does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from dynzuora._paging import PagingStyle
from dynzuora._sandbox.reading import Received, whole

DEFAULT_SIZE = 20
LARGEST_SIZE = 1000
"""The page size where the document declares none, and the cap where it declares no maximum."""


class Page(NamedTuple):
    """The rows of one page, and what the reply says beside them."""

    rows: Sequence[Any]
    beside: Mapping[str, Any] = {}


def cut(style: PagingStyle, rows: Sequence[Any], request: Received, key: Callable[[Any], str]) -> Page:
    """Return the page of ``rows`` that ``request`` asks for; ``key`` tells a row's id for a cursor."""
    query = dict(request.pairs)
    return _STYLES.get(style.name, _whole)(style, rows, request, query, key)


def _size(style: PagingStyle, query: Mapping[str, str]) -> int:
    largest = style.size_max or LARGEST_SIZE
    wanted = whole(query.get(style.size or "pageSize", "")) or style.size_default or DEFAULT_SIZE
    return min(wanted, largest)


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    found = whole(query.get(name, ""))
    return default if found is None else found


def _link(request: Received, **changes: Any) -> str:
    query = [(name, value) for name, value in request.pairs if name not in changes]
    query += [(name, str(value)) for name, value in changes.items()]
    return f"{request.origin}{request.path}?{urlencode(query, quote_via=quote)}"


def _by_page(
    style: PagingStyle, rows: Sequence[Any], request: Received, query: dict[str, str], key: Any
) -> Page:
    size, page = _size(style, query), max(1, _number(query, "page", 1))
    more = len(rows) > page * size
    chosen = rows[(page - 1) * size : page * size]
    if style.name == "page-number":
        return Page(chosen)
    link = _link(request, **{style.size or "pageSize": size, "page": page + 1}) if more else None
    if style.name == "pagination.next_page":
        beside = {"page": page, "page_length": size} | ({"next_page": link} if link else {})
        return Page(chosen, {"pagination": beside})
    return Page(chosen, {"nextPage": link})


def _by_start(
    style: PagingStyle, rows: Sequence[Any], request: Received, query: dict[str, str], key: Any
) -> Page:
    size, start = _size(style, query), max(1, _number(query, "start", 1))
    chosen = rows[start - 1 : start - 1 + size]
    more = len(rows) > start - 1 + size
    return Page(chosen, {"next": _link(request, start=start + size, **{style.size: size}) if more else None})


def _by_cursor(
    style: PagingStyle, rows: Sequence[Any], request: Received, query: dict[str, str], key: Any
) -> Page:
    size, cursor = _size(style, query), query.get("cursor", "")
    start = next((at + 1 for at, row in enumerate(rows) if key(row) == cursor), 0) if cursor else 0
    chosen = rows[start : start + size]
    more = len(rows) > start + size
    if style.next:
        return Page(chosen, {style.next: key(chosen[-1]) if more else None, "hasMore": more})
    return Page(chosen, {"count": len(rows)})


def _capped(
    style: PagingStyle, rows: Sequence[Any], request: Received, query: dict[str, str], key: Any
) -> Page:
    return Page(rows[: _size(style, query)])


def _whole(
    style: PagingStyle, rows: Sequence[Any], request: Received, query: dict[str, str], key: Any
) -> Page:
    return Page(rows, {"count": len(rows), "size": len(rows)})


_STYLES: dict[str, Callable[[PagingStyle, Sequence[Any], Received, dict[str, str], Any], Page]] = {
    "nextPage-url": _by_page,
    "page-number": _by_page,
    "pagination.next_page": _by_page,
    "next-link": _by_start,
    "cursor": _by_cursor,
    "cursor-last-id": _by_cursor,
    "capped": _capped,
}
