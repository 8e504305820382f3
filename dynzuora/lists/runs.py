"""`Pages` and `Items`: one-pass iterators over the pages or rows of a list."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from dynzuora import paging
from dynzuora.display import render
from dynzuora.display.cards import work_card
from dynzuora.errors import PagingError
from dynzuora.http import Request
from dynzuora.lists import amounts
from dynzuora.lists.page import Page
from dynzuora.lists.plans import Plan, checked_limit, planned, selected
from dynzuora.lists.tokens import Token, fingerprint
from dynzuora.lists.walking import Walk
from dynzuora.tables.tabular import RowTypes, Tabular

if TYPE_CHECKING:
    from dynzuora.display.progress import Meter
    from dynzuora.operation import Operation
    from dynzuora.operation.caller import Caller

Element = TypeVar("Element")


class _Run(Tabular, Generic[Element]):
    """The base of `Pages` and `Items`."""

    _noun: str

    def __init__(self, plan: Plan, meter: Meter, limit: int | None = None, resume: str | None = None) -> None:
        """``limit`` counts elements; ``resume`` is the token of another run."""
        token = Token.of(resume, plan) if resume else Token("", "", "", 0)
        self._plan = plan
        self._walk = Walk(plan, meter, token.position, token.taken)
        self._left = limit
        self._kept: list[Element] = []

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Element:
        elements = self._peek()
        if not elements:
            self._walk.meter.close()
            raise StopIteration
        self._walk.taken += self._weight(self._walk.fetch())
        if self._left is not None:
            self._left -= 1
        return elements[0]

    def first(self) -> Element | None:
        """Return the next one without taking it, None at the end."""
        elements = self._peek()
        return elements[0] if elements else None

    @property
    def waits(self) -> bool:
        return not self.ready

    def to_list(self) -> list[Element]:
        """Take and return the rest. After a failure, call it again: it resumes and returns everything."""
        self._refuse_if_collecting()
        for element in self:
            self._kept.append(element)
        elements, self._kept = self._kept, []
        return elements

    @property
    def ready(self) -> bool:
        """Whether taking the next one sends nothing."""
        page, more = self._walk.page, self._left is None or self._left > 0
        return page is not None and more and self._walk.taken < self._length(page)

    @property
    def resume_token(self) -> str | None:
        """Text for ``resume=`` to resume here, even in another process; None at the end."""
        walk, taken = self._walk, self._walk.taken
        if walk.ended:
            return None
        position = walk.position
        if walk.page is not None and taken >= self._length(walk.page):
            try:
                following = walk.following()
            except PagingError:
                following = position  # this page, with all its rows taken
            else:
                taken = 0
            if following is None:
                return None
            position = following
        return Token(self._plan.operation.id, fingerprint(self._plan), position, taken).text()

    def _peek(self) -> list[Element]:
        """Return the next element in a list, or an empty one at the end."""
        walk = self._walk
        while not walk.ended and (self._left is None or self._left > 0):
            try:
                page = walk.fetch()
                if walk.taken < self._length(page):
                    return [self._element(page, walk.taken)]
                walk.turn()
            except BaseException as error:
                self._add_note(error)
                raise
        return []

    def _add_note(self, error: BaseException) -> None:
        """Add to an error how many rows were read, and how to resume."""
        self._walk.meter.close()
        if self._walk.rows_read:
            error.add_note(
                f"{self._walk.rows_read:,} rows were read before this and are kept: iterate again or call "
                f".to_list() to resume, or start another run with resume={self.resume_token!r}."
            )

    def _length(self, page: Page) -> int:
        """Return how many rows of a page there are to take."""
        return len(page.rows)

    def _weight(self, page: Page) -> int:
        """Return how many rows of a page one element has."""
        raise NotImplementedError

    def _element(self, page: Page, index: int) -> Element:
        raise NotImplementedError

    def _row_types(self) -> RowTypes:
        plan = self._plan
        row = paging.row_shape(plan.operation.model, plan.style)
        return RowTypes(row, selected(plan), plan.caller.floats)

    def __repr__(self) -> str:
        walk = self._walk
        state = "all read" if walk.ended else "more to read" if walk.rows_read else "nothing read yet"
        return f"<{type(self).__name__} of {self._plan.operation.id}: {walk.rows_read:,} rows, {state}>"

    def _repr_html_(self) -> str:
        walk = self._walk
        title = f"{type(self).__name__} of {self._plan.operation.id}"
        if walk.ended:
            card = work_card(title, f"{walk.rows_read:,} rows, all read")
        else:
            state = (
                f"{walk.rows_read:,} rows read, there may be more" if walk.rows_read else "nothing read yet"
            )
            ways = (".first()", ".to_list()", ".to_df()", ".to_parquet(path)", f"for {self._noun} in …:")
            card = work_card(title, state, hint="Read them with", code=ways)
        return render("work", **card)


class Pages(_Run[Any]):
    """The pages of a list, one reply each, requested as they are taken."""

    _noun = "page"

    def _length(self, page: Page) -> int:
        return max(len(page.rows), 1)  # an empty page is a page

    def _weight(self, page: Page) -> int:
        return self._length(page)

    def _element(self, page: Page, index: int) -> Any:
        return page.reply

    def _row_batches(self) -> Iterator[list[Any]]:
        kept, self._kept = self._kept, []
        for reply in itertools.chain(kept, self):
            yield [*self._walk.rows_of(reply)]


class Items(_Run[Any]):
    """The rows of a list, requested page by page as they are taken."""

    _noun = "row"

    def columns(self) -> list[str]:
        """Return the dotted names of the rows' fields: the document's, then others on the page at hand.

        A query's are those that it selects. Later pages may have others.
        """
        from dynzuora.tables import frames

        self._peek()
        page = self._walk.page
        return frames.columns(
            page.rows if page else (),
            paging.row_shape(self._plan.operation.model, self._plan.style),
            order=selected(self._plan),
        )

    def _weight(self, page: Page) -> int:
        return 1

    def _element(self, page: Page, index: int) -> Any:
        return amounts.make_exact(page.rows[index], self._numbers)

    @cached_property
    def _numbers(self) -> amounts.Places:
        types = self._row_types()
        return {} if types.floats else amounts.places(types.row)

    def _row_batches(self) -> Iterator[list[Any]]:
        kept, self._kept = self._kept, []
        if kept:
            yield kept
        while self._peek():
            page, start = self._walk.fetch(), self._walk.taken
            end = len(page.rows) if self._left is None else min(len(page.rows), start + self._left)
            self._walk.taken = end
            if self._left is not None:
                self._left -= end - start
            yield [*page.rows[start:end]]
        self._walk.meter.close()


Run = TypeVar("Run", Pages, Items)


def start(
    kind: type[Run],
    caller: Caller,
    operation: Operation,
    body: Any,
    params: Mapping[str, Any],
    *,
    limit: int | None = None,
    progress: bool | None = None,
    resume: str | None = None,
) -> Run:
    """Return `Pages` or `Items` of a list, checked; nothing is sent yet. ``limit`` counts its elements.

    Raises `InvalidRequest` for arguments, a limit or a resume token that are not valid.
    """
    from dynzuora.display.progress import Meter

    limit = checked_limit(operation, limit)
    most_rows = None if kind is Pages else limit
    plan = planned(caller, operation, body, params, most_rows)
    return kind(plan, Meter(operation.id, total=most_rows, enabled=progress), limit, resume)


def merged(pages: Pages) -> Any:
    """Return one reply with the rows of all pages and no link to more."""
    style = pages._plan.style
    replies: Iterator[Any] = iter(pages)
    whole: Any = next(replies)
    if isinstance(whole, Request) or not isinstance(whole, Mapping):
        return whole
    rows = list(whole.get(style.items) or ())
    for reply in replies:
        rows += reply.get(style.items) or ()
    envelope = {name: value for name, value in whole.items() if name != style.next}
    if isinstance(envelope.get("pagination"), Mapping):
        envelope["pagination"] = {
            name: value
            for name, value in envelope["pagination"].items()
            if f"pagination.{name}" != style.next
        }
    if style.by_locator:
        envelope[paging.DONE] = True
    return {**envelope, style.items: rows}
