"""A walk from page to page that stays where it is when something fails."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote_plus

from dynzuora._warning import warn
from dynzuora.errors import PagingError, RequestWarning
from dynzuora.http import Request
from dynzuora.lists import styles
from dynzuora.lists.following import STEPS
from dynzuora.lists.plans import Plan
from dynzuora.lists.queries import laid_over, pairs

if TYPE_CHECKING:
    from dynzuora.display.progress import Meter

MOST_EMPTY_PAGES = 100
"""Empty pages in a row that each promise more; after these it is a loop, whatever the links say."""

MOST_EQUAL_PAGES = 100
"""Pages in a row of the same rows, asked for by number; after these the server heeds no number."""


class Page(NamedTuple):
    """One reply, the rows in it, and its number in this run."""

    reply: Any
    rows: Sequence[Any]
    number: int


class Walk:
    """Where a run is. A failure leaves it there, so that the next try asks for the same page again."""

    def __init__(self, plan: Plan, meter: Meter, start: str = "", taken: int = 0) -> None:
        self.plan = plan
        self.meter = meter
        self.position = start
        """What is laid over the first request: a query, or a locator; empty for the first page."""
        self.taken = taken
        """How many rows of the page at this position the caller has."""
        self.page: Page | None = None
        self.ended = False
        self.rows_read = 0
        self._number = 0
        self._visited = {self._place(start)}
        self._contents: set[bytes] = set()
        self._empty = 0
        self._last_content = b""
        self._equal = 0

    def fetch(self) -> Page:
        """Return the page at this position, asking for it when it is not there yet."""
        if self.page is None:
            reply = self.plan.send(self._request())
            rows = [reply] if isinstance(reply, Request) else self.rows_of(reply)
            content = self._new_content(rows)
            self.page = Page(reply, rows, self._number + 1)  # first: Ctrl-C may come between any two lines
            self._contents |= content
            self._number += 1
            self.rows_read += len(rows)
            self.meter.advance(len(rows), total=self._total(reply), note=f"page {self._number}")
        return self.page

    def turn(self) -> None:
        """Go on to the next page, or to the end.

        Raises `PagingError` when the reply leads nowhere good; the walk stays where it is.
        """
        following = self.following()
        if following is None:
            self._end()
            return
        place = self._place(following)
        if place in self._visited:
            raise self.error(f"page {self._number} leads back to a page that was already read ({following}).")
        self.position, self.page, self.taken = following, None, 0
        self._visited.add(place)

    def following(self) -> str | None:
        """Return the position after this page, None at the end."""
        page = self.fetch()
        if not self.plan.follows or isinstance(page.reply, Request) or not isinstance(page.reply, Mapping):
            return None
        step = STEPS.get(self.plan.style.name)
        found = step(self, page) if step else None
        return None if found is None else self._with_size(found)

    def error(self, what: str) -> PagingError:
        """Return the error of a list that cannot be followed."""
        return PagingError(
            f"{self.plan.operation.id}: {what} Nothing more can be read from here.",
            operation_id=self.plan.operation.id,
        )

    def query(self) -> dict[str, str]:
        """Return the query of the page at this position, decoded."""
        _, _, query = self._request().url.partition("?")
        return {name: unquote_plus(raw.partition("=")[2]) for name, raw in pairs(query)}

    def sizes(self, page: Page) -> set[int]:
        """Return every number of rows that may mean a full page here.

        Zuora caps a size without a word, so a page is short only if no known size explains it.
        """
        style, asked = self.plan.style, self.query().get(self.plan.style.size, "")
        known = {style.size_default, style.size_max, styles.LARGEST.get(style.name)}
        known |= {page.reply.get(name) for name in styles.SIZES_TOLD}
        known |= {int(asked)} if asked.isdecimal() else set()
        return {each for each in known if type(each) is int and each > 0}

    def is_promised_more(self, page: Page) -> bool:
        """Whether the reply counts more rows than were read, as ``count`` or ``total``."""
        counts = [page.reply.get(name) for name in ("count", "total")]
        return any(type(each) is int and each > self.rows_read for each in counts)

    def is_short(self, page: Page) -> bool:
        """Whether a page has fewer rows than any size that it may have been cut to."""
        sizes = self.sizes(page)
        return bool(sizes) and len(page.rows) < max(sizes) and len(page.rows) not in sizes

    def _request(self) -> Request:
        if not self.position:
            return self.plan.request
        if self.plan.style.name == "query-locator":
            return self.plan.more(self.position)
        return self.plan.request._replace(url=laid_over(self.plan.request.url, self.position))

    def _place(self, position: str) -> str:
        """Return what tells a page from another: the same query in another order is the same page."""
        if self.plan.style.name == "query-locator":
            return position
        _, _, query = laid_over(self.plan.request.url, position).partition("?")
        return "&".join(sorted(query.split("&")))

    def _with_size(self, position: str) -> str:
        """Keep the size that was asked for: pages of two sizes overlap or leave gaps."""
        size = self.plan.style.size
        if not size or self.plan.style.name == "query-locator":
            return position
        own = [raw for name, raw in pairs(self._request().url.partition("?")[2]) if name == size]
        others = [raw for name, raw in pairs(position) if not own or name != size]
        return "&".join([*own, *others])

    def rows_of(self, reply: Any) -> Sequence[Any]:
        """Return the rows of a reply, or raise `PagingError` where they are none."""
        items = self.plan.style.items
        rows = reply if not items else reply.get(items) if isinstance(reply, Mapping) else None
        if isinstance(rows, list):
            return rows
        if not rows and isinstance(reply, Mapping):
            return []  # Zuora leaves out, or sends {} for, a list of nothing
        what = f"its {items}" if items else "the reply"
        raise self.error(f"{what} should be a list and is {type(rows).__name__}.")

    def _new_content(self, rows: Sequence[Any]) -> set[bytes]:
        """Return what to know this page by; refuse one that was read before under another link.

        Rows without an identity may well be alike: a page with two such rows proves nothing,
        unless it comes for each number; and neither does a query's, which selects the columns.
        """
        self._empty = 0 if rows else self._empty + 1
        if self._empty > MOST_EMPTY_PAGES:
            raise self.error(f"{self._empty} empty pages, each promising more.")
        if not rows or self.plan.style.name == "query-locator":
            return set()
        texts = [repr(each) for each in rows]
        content = hashlib.blake2b("\n".join(texts).encode("utf-8", "replace"), digest_size=16).digest()
        if len(set(texts)) < len(texts):
            self._equal = self._equal + 1 if content == self._last_content else 1
            self._last_content = content
            if self._equal > MOST_EQUAL_PAGES and self.plan.style.name == "page-number":
                raise self.error(f"{self._equal} pages in a row hold the same rows.")
            return set()
        if content in self._contents:
            raise self.error(f"page {self._number + 1} holds the rows of a page that was already read.")
        return {content}

    def _total(self, reply: Any) -> int | None:
        """Return how many rows there are, where a reply says so and no limit was set."""
        is_query = self.plan.style.name == "query-locator" and isinstance(reply, Mapping)
        size = reply.get("size") if is_query and self.meter.total is None else None
        return size if isinstance(size, int) else None

    def _end(self) -> None:
        self.ended = True
        page, style = self.page, self.plan.style
        if style.name == "capped" and page and isinstance(page.reply, Mapping) and not self.is_short(page):
            warn(
                f"{self.plan.operation.id}: this list ends after {len(page.rows)} rows whether or not there "
                "are more, and has no way to go on. Narrow it with its filters.",
                RequestWarning,
            )
