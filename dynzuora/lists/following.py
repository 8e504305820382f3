"""Where the next page of a list is, by paging style. ``STEPS`` has a row per style."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import SplitResult, quote, urlsplit

from dynzuora import paging
from dynzuora._names import canonical
from dynzuora.lists.page import Page
from dynzuora.lists.query_strings import host

_LINKS = frozenset({"nextPage-url", "next-link", "pagination.next_page"})


def _by_link(page: Page) -> str | None:
    name = page.plan.style.next
    link = paging.at(page.reply, name)
    if link in (None, ""):
        return None
    if not isinstance(link, str):
        raise page.error(f"{name} is of type {type(link).__name__}, not a link.")
    try:
        parts = urlsplit(link)
        own = urlsplit(page.plan.request.url)
        foreign = parts.netloc and host(parts) != host(own)
    except ValueError:
        raise page.error(f"{name} is not a valid URL.") from None
    if foreign:
        raise page.error(
            f"page {page.number} links to another host, {_shown(parts, own)}, but this client belongs to "
            f"{_shown(own, parts)}. Nothing was sent there."
        )
    if not parts.query:
        raise page.error(f"{name} has no query, so it does not say which page is next.")
    return parts.query


def _shown(parts: SplitResult, other: SplitResult) -> str:
    """Return the host of a URL, with its port if only that distinguishes it from the other."""
    if parts.hostname != other.hostname:
        return str(parts.hostname)
    return f"{parts.hostname}:{parts.port or {'http': 80, 'https': 443}.get(parts.scheme)}"


def _by_number(page: Page) -> str | None:
    if page.is_last_by_length():
        return None
    name = page.plan.style.position
    text = page.query().get(name, "")
    return f"{name}={(int(text) if text.isdecimal() else _first_number(page, name)) + 1}"


def _first_number(page: Page, name: str) -> int:
    parameters = page.plan.operation.parameters
    default = next(
        (parameter.schema.get("default") for parameter in parameters if parameter.name == name), None
    )
    return default if type(default) is int else 1


def _by_cursor(page: Page) -> str | None:
    cursor = page.reply.get(page.plan.style.next)
    return _position(page, cursor) if _has_more(page, cursor) else None


def _has_more(page: Page, cursor: Any) -> bool:
    """Whether there is a next page; ``hasMore`` decides if the reply has it."""
    more = page.reply.get(paging.MORE)
    if more is not None and not _is_true(more):
        return False
    if cursor in (None, ""):
        if _is_true(more):
            raise page.error(f"page {page.number} says there are more rows but has no cursor to them.")
        return False
    return True


def _by_last_id(page: Page) -> str | None:
    reply = page.reply
    if reply.get("cursor") or reply.get(paging.MORE) is not None:
        cursor = reply.get("cursor")
        return _position(page, cursor) if _has_more(page, cursor) else None
    if page.is_last_by_length():
        return None
    last = page.rows[-1]
    ids = [last[name] for name in last if canonical(name) == "id"] if isinstance(last, Mapping) else []
    if not ids or ids[0] in (None, ""):
        raise page.error(
            f"the last row of page {page.number} has no id, which is the cursor to the next page."
        )
    return _position(page, ids[0])


def _position(page: Page, cursor: Any) -> str:
    return f"{page.plan.style.position}={quote(str(cursor), safe='')}"


def _by_locator(page: Page) -> str | None:
    name = page.plan.style.next
    locator, done = page.reply.get(name), page.reply.get(paging.DONE)
    if _is_true(done):
        return None
    if locator in (None, ""):
        if done is not None:
            raise page.error(f"page {page.number} says there are more rows but has no {name}.")
        return None
    return str(locator)


STEPS: Mapping[str, Callable[[Page], str | None]] = {
    **dict.fromkeys(_LINKS, _by_link),
    "page-number": _by_number,
    "cursor": _by_cursor,
    "cursor-last-id": _by_last_id,
    "query-locator": _by_locator,
}
"""Paging style → the position of the next page, None at the end; other styles have one page."""


def _is_true(value: Any) -> bool:
    return value is True or str(value).lower() == "true"
