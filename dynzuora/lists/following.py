"""How each paging style tells where its next page is. A new style is a row of ``STEPS``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, quote, urlsplit

from dynzuora._names import canonical
from dynzuora.lists import styles
from dynzuora.lists.queries import host

if TYPE_CHECKING:
    from dynzuora.lists.walking import Page, Walk
    from dynzuora.operation import Operation

_LINKS = frozenset({"nextPage-url", "next-link", "pagination.next_page"})


def _by_link(walk: Walk, page: Page) -> str | None:
    link = styles.at(page.reply, walk.plan.style.next)
    if link in (None, ""):
        return None
    if not isinstance(link, str):
        raise walk.error(f"its {walk.plan.style.next} is no link but {type(link).__name__}.")
    try:
        parts = urlsplit(link)
        own = urlsplit(walk.plan.request.url)
        foreign = parts.netloc and host(parts) != host(own)
    except ValueError:
        raise walk.error(f"its {walk.plan.style.next} is no address.") from None
    if foreign:
        raise walk.error(
            f"page {page.number} leads to another host, {_shown(parts, own)}; this client belongs to "
            f"{_shown(own, parts)}. Nothing was sent there."
        )
    if not parts.query:
        raise walk.error(f"its {walk.plan.style.next} has no query, so it does not say where to go on.")
    return parts.query


def _shown(parts: SplitResult, other: SplitResult) -> str:
    """Return the host of an address, with its port where only that tells it from the other."""
    if parts.hostname != other.hostname:
        return str(parts.hostname)
    return f"{parts.hostname}:{parts.port or {'http': 80, 'https': 443}.get(parts.scheme)}"


def _by_number(walk: Walk, page: Page) -> str | None:
    if not page.rows or (walk.is_short(page) and not walk.is_promised_more(page)):
        return None
    name = walk.plan.style.position
    text = walk.query().get(name, "")
    number = int(text) if text.isdecimal() else _first_number(walk.plan.operation, name)
    return f"{name}={number + 1}"


def _first_number(operation: Operation, name: str) -> int:
    declared = next((p.schema.get("default") for p in operation.parameters if p.name == name), None)
    return declared if type(declared) is int else 1


def _by_cursor(walk: Walk, page: Page) -> str | None:
    cursor = page.reply.get(walk.plan.style.next)
    if not _is_more(walk, page, cursor):
        return None
    return f"{walk.plan.style.position}={quote(str(cursor), safe='')}"


def _is_more(walk: Walk, page: Page, cursor: Any) -> bool:
    """Whether there is a next page: ``hasMore`` decides where the reply has it."""
    told = page.reply.get(styles.MORE)
    if told is not None and not _is_true(told):
        return False
    if cursor in (None, ""):
        if _is_true(told):
            raise walk.error(f"page {page.number} says there is more and not where.")
        return False
    return True


def _by_last_id(walk: Walk, page: Page) -> str | None:
    reply, position = page.reply, walk.plan.style.position
    if reply.get("cursor") or reply.get(styles.MORE) is not None:
        return (
            f"{position}={quote(str(reply['cursor']), safe='')}"
            if _is_more(walk, page, reply.get("cursor"))
            else None
        )
    if not page.rows or (walk.is_short(page) and not walk.is_promised_more(page)):
        return None
    last = page.rows[-1]
    found = [last[name] for name in last if canonical(name) == "id"] if isinstance(last, Mapping) else []
    if not found or found[0] in (None, ""):
        raise walk.error(f"the last row of page {page.number} has no id, which would lead to the next page.")
    return f"{position}={quote(str(found[0]), safe='')}"


def _by_locator(walk: Walk, page: Page) -> str | None:
    name = walk.plan.style.next
    locator, done = page.reply.get(name), page.reply.get(styles.DONE)
    if _is_true(done):
        return None
    if locator in (None, ""):
        if done is not None:
            raise walk.error(f"page {page.number} says there is more and has no {name}.")
        return None
    return str(locator)


STEPS: Mapping[str, Callable[[Walk, Page], str | None]] = {
    **dict.fromkeys(_LINKS, _by_link),
    "page-number": _by_number,
    "cursor": _by_cursor,
    "cursor-last-id": _by_last_id,
    "query-locator": _by_locator,
}
"""Paging style → where its next page is; styles that are not here have none."""


def _is_true(value: Any) -> bool:
    return value is True or str(value).lower() == "true"
