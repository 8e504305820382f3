"""The walk from page to page. After a failure it stays on its page, so that it can be repeated."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dynzuora import _zuora
from dynzuora._warning import warn
from dynzuora.errors import PagingError, RequestWarning
from dynzuora.http import Request
from dynzuora.lists import incomplete
from dynzuora.lists.following import STEPS
from dynzuora.lists.page import Page, paging_error
from dynzuora.lists.plans import Plan
from dynzuora.lists.query_strings import merge_query, pairs

if TYPE_CHECKING:
    from dynzuora.display.progress import Meter

MOST_EMPTY_PAGES = 100
"""Empty pages in a row that each promise more; after these, the list is taken for a loop."""

MOST_EQUAL_PAGES = 100
"""Numbered pages in a row with the same rows; after these, the server is taken to ignore the number."""

_LARGE, _SAMPLE = 64, 16
"""Rows above which a page is known by a sample, and how many are in it."""


class Walk:
    """The position of a run. After a failure, the next attempt requests the same page."""

    def __init__(self, plan: Plan, meter: Meter, start: str = "", taken: int = 0) -> None:
        self.plan = plan
        self.meter = meter
        self.position = start
        """The query to merge into the first request, or a locator; empty for the first page."""
        self.taken = taken
        """How many rows of the current page the caller has taken."""
        self.page: Page | None = None
        self.ended = False
        self.rows_read = 0
        self._number = 0
        self._visited = {self._identity(start)}
        self._contents: set[bytes] = set()
        self._empty = 0
        self._last_content = b""
        self._equal = 0
        self._cut_off: set[str] = set()

    def fetch(self) -> Page:
        """Return the current page; request it if necessary."""
        if self.page is None:
            request = self._request()
            if not self._number:
                self.meter.start()
            reply = self.plan.caller.send(request)
            rows = [reply] if isinstance(reply, Request) else self.rows_of(reply)
            content = self._new_content(rows)
            # Set first, because Ctrl-C may interrupt between any two lines.
            self.page = Page(self.plan, request, reply, rows, self._number + 1, self.rows_read + len(rows))
            self._contents |= content
            self._number += 1
            self.rows_read += len(rows)
            self.meter.advance(len(rows), total=self._total(reply), note=f"page {self._number}")
            self._warn_of_expanded(request, rows)
        return self.page

    def turn(self) -> None:
        """Move to the next page, or to the end.

        Raises `PagingError` if the next page is unknown or was already read; the walk does not move.
        """
        following = self.following()
        if following is None:
            self._end()
            return
        identity = self._identity(following)
        if identity in self._visited:
            raise self._error(f"page {self._number} leads back to a page already read ({following}).")
        self.position, self.page, self.taken = following, None, 0
        self._visited.add(identity)

    def following(self) -> str | None:
        """Return the position of the next page, None at the end."""
        page = self.fetch()
        if not self.plan.follows or isinstance(page.reply, Request) or not isinstance(page.reply, Mapping):
            return None
        step = STEPS.get(self.plan.style.name)
        position = step(page) if step else None
        return None if position is None else self._with_size(page.request, position)

    def _error(self, message: str) -> PagingError:
        return paging_error(self.plan, message)

    def _request(self) -> Request:
        if not self.position:
            return self.plan.request
        if self.plan.style.by_locator:
            return self.plan.request_of(self.position)
        first = self.plan.request  # whose idempotency key is for itself only
        return first._replace(
            url=merge_query(first.url, self.position),
            headers=first.headers.without(_zuora.OPTION_HEADERS["idempotency_key"]),
        )

    def _identity(self, position: str) -> str:
        """Return what identifies a page: the same query in another order is the same page."""
        if self.plan.style.by_locator:
            return position
        _, _, query = merge_query(self.plan.request.url, position).partition("?")
        return "&".join(sorted(query.split("&")))

    def _with_size(self, request: Request, position: str) -> str:
        """Keep the page size of the request: pages of different sizes overlap or leave gaps."""
        size = self.plan.style.size
        if not size or self.plan.style.by_locator:
            return position
        own = [raw for name, raw in pairs(request.url.partition("?")[2]) if name == size]
        others = [raw for name, raw in pairs(position) if not own or name != size]
        return "&".join([*own, *others])

    def rows_of(self, reply: Any) -> Sequence[Any]:
        """Return the rows of a reply.

        Raises `PagingError` if they are not a list.
        """
        items = self.plan.style.items
        rows = reply if not items else reply.get(items) if isinstance(reply, Mapping) else None
        if isinstance(rows, list):
            return rows
        if not rows and isinstance(reply, Mapping):
            return []  # Zuora omits an empty list, or sends {} for it
        raise self._error(f"{items or 'the reply'} is not a list but {type(rows).__name__}.")

    def _new_content(self, rows: Sequence[Any]) -> set[bytes]:
        """Return the digest of a page; refuse rows already read under another position.

        Of a large page some rows spread over it stand for all, since writing out every one takes as
        long as decoding it.

        A page with two equal rows proves nothing, since rows without an id may be equal, unless
        it comes for every page number. Nor does a page of a query, which selects its columns.
        """
        self._empty = 0 if rows else self._empty + 1
        if self._empty > MOST_EMPTY_PAGES:
            raise self._error(f"{self._empty} pages in a row were empty but promised more rows.")
        if not rows or self.plan.style.by_locator:
            return set()
        sample = rows if len(rows) <= _LARGE else [*rows[:: len(rows) // _SAMPLE], rows[-1]]
        texts = [repr(row) for row in sample]
        text = "\n".join([str(len(rows)), *texts])
        content = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).digest()
        if len(set(texts)) < len(texts):
            self._equal = self._equal + 1 if content == self._last_content else 1
            self._last_content = content
            if self._equal > MOST_EQUAL_PAGES and self.plan.style.by_number:
                raise self._error(f"{self._equal} pages in a row have the same rows.")
            return set()
        if content in self._contents:
            raise self._error(f"page {self._number + 1} has the same rows as an earlier page.")
        return {content}

    def _total(self, reply: Any) -> int | None:
        """Return the number of rows, if a query's reply has it and there is no limit."""
        is_query = self.plan.style.by_locator and isinstance(reply, Mapping)
        size = reply.get("size") if is_query and self.meter.total is None else None
        return size if isinstance(size, int) else None

    def _warn_of_expanded(self, request: Request, rows: Sequence[Any]) -> None:
        """Warn, once, of lists of expanded objects that may have been cut off."""
        new = {*incomplete.full(self.plan.operation, request.url, rows)} - self._cut_off
        if new:
            self._cut_off |= new
            warn(f"{self.plan.operation.id}: {incomplete.message(sorted(new))}", RequestWarning)

    def _end(self) -> None:
        self.ended = True
        page, style = self.page, self.plan.style
        if style.is_capped and page and isinstance(page.reply, Mapping) and not page.is_short():
            warn(
                f"{self.plan.operation.id}: the list may be incomplete: the API returns at most "
                f"{len(page.rows)} rows and has no further pages. Use filters to narrow it.",
                RequestWarning,
            )
