"""What callers hold: an iterator over pages or rows, taken once, from the front."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from dynzuora.errors import PagingError
from dynzuora.http import Request
from dynzuora.lists import styles
from dynzuora.lists.plans import Plan, selected
from dynzuora.lists.tokens import Token, fingerprint
from dynzuora.lists.walking import Page, Walk

if TYPE_CHECKING:
    import pandas

    from dynzuora.display.progress import Meter

Element = TypeVar("Element")


class _Run(Generic[Element]):
    """What `Pages` and `Items` share: they are taken once, from the front."""

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
        found = self._peek()
        if not found:
            self._walk.meter.close()
            raise StopIteration
        self._walk.taken += self._weight(self._walk.fetch())
        if self._left is not None:
            self._left -= 1
        return found[0]

    def first(self) -> Element | None:
        """Return the next one without taking it, None where there is none."""
        found = self._peek()
        return found[0] if found else None

    def to_list(self) -> list[Element]:
        """Take all that is left. After a failure call it again: it goes on and gives everything."""
        for each in self:
            self._kept.append(each)
        kept, self._kept = self._kept, []
        return kept

    def to_df(self, *, floats: bool | None = None) -> pandas.DataFrame:
        """Take all rows that are left as a pandas DataFrame.

        Dates are parsed, nested fields are dotted columns, columns stand in the order they
        first appear. Amounts are Decimal, exact to the digit, unless ``floats``.
        """
        from dynzuora.lists import frames

        rows = self._all_rows()
        return frames.frame(
            rows,
            styles.row_shape(self._plan.operation.model, self._plan.style),
            order=selected(self._plan),
            floats=self._plan.floats if floats is None else floats,
        )

    @property
    def resume_token(self) -> str | None:
        """A text for ``resume=`` that goes on just here, in another process too; None at the end."""
        walk, taken = self._walk, self._walk.taken
        if walk.ended:
            return None
        position = walk.position
        if walk.page is not None and taken >= self._length(walk.page):
            try:
                following = walk.following()
            except PagingError:
                following = position  # the page itself, all of it taken
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
                self._tell(error)
                raise
        return []

    def _tell(self, error: BaseException) -> None:
        """Say on an error what was read before it, and how to go on."""
        self._walk.meter.close()
        if self._walk.rows_read:
            error.add_note(
                f"{self._walk.rows_read:,} rows were read before this. They are not lost: .to_list() or "
                "iteration goes on from there, and so does another run with "
                f"resume={self.resume_token!r}."
            )

    def _length(self, page: Page) -> int:
        """How many rows of a page are to be taken."""
        return len(page.rows)

    def _weight(self, page: Page) -> int:
        """How many rows of a page one element is."""
        raise NotImplementedError

    def _element(self, page: Page, index: int) -> Element:
        raise NotImplementedError

    def _all_rows(self) -> list[Any]:
        raise NotImplementedError

    def __repr__(self) -> str:
        walk = self._walk
        state = "all read" if walk.ended else "more to read" if walk.rows_read else "nothing read yet"
        return f"<{type(self).__name__} of {self._plan.operation.id}: {walk.rows_read:,} rows, {state}>"

    def _repr_html_(self) -> str:
        from dynzuora.display import render
        from dynzuora.display.cards import work_card

        walk = self._walk
        title = f"{type(self).__name__} of {self._plan.operation.id}"
        if walk.ended:
            card = work_card(title, f"{walk.rows_read:,} rows, all read")
        else:
            state = (
                f"{walk.rows_read:,} rows read, maybe more to come" if walk.rows_read else "nothing read yet"
            )
            ways = (".first()", ".to_list()", ".to_df()", "for each in …:")
            card = work_card(title, state, hint="Take them with", code=ways)
        return render("work", **card)


class Pages(_Run[Any]):
    """The replies of a list, one for each page, fetched as they are taken."""

    def _length(self, page: Page) -> int:
        return max(len(page.rows), 1)  # an empty page is a page

    def _weight(self, page: Page) -> int:
        return self._length(page)

    def _element(self, page: Page, index: int) -> Any:
        return page.reply

    def _all_rows(self) -> list[Any]:
        return [row for reply in self.to_list() for row in self._walk.rows_of(reply)]


class Items(_Run[Any]):
    """The rows of a list, fetched page by page as they are taken."""

    def _weight(self, page: Page) -> int:
        return 1

    def _element(self, page: Page, index: int) -> Any:
        return page.rows[index]

    def _all_rows(self) -> list[Any]:
        return self.to_list()


def merged(pages: Pages) -> Any:
    """Return one reply with the rows of every page and no way to more, as if the list had no pages."""
    style = pages._plan.style
    replies: Iterator[Any] = iter(pages)
    whole: Any = next(replies)
    if isinstance(whole, Request) or not isinstance(whole, Mapping):
        return whole
    rows = list(whole.get(style.items) or ())
    for reply in replies:
        rows += reply.get(style.items) or ()
    envelope = {name: each for name, each in whole.items() if name != style.next}
    if isinstance(envelope.get("pagination"), Mapping):
        envelope["pagination"] = {
            name: each for name, each in envelope["pagination"].items() if f"pagination.{name}" != style.next
        }
    if style.name == "query-locator":
        envelope["done"] = True
    return {**envelope, style.items: rows}
