"""Lists that come in pages: envelopes (`Pages`) or rows (`Items`), fetched as they are taken.

A link in a reply is never requested. Only its query is laid over the query of the first
request, so every page comes from the same operation on the same host, with the size that
was asked for. What was read is never lost: a run that fails stays where it is, can be
taken further, and its ``resume_token`` starts another run at the same row.
"""

from __future__ import annotations

import base64
import hashlib
import json
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Self, TypeVar
from urllib.parse import quote, unquote_plus, urlsplit

from dynzuora import _paging, _zuora
from dynzuora._http import Request
from dynzuora._names import canonical
from dynzuora._paging import PagingStyle
from dynzuora.errors import InvalidRequest, PagingError, Problem, RequestWarning

if TYPE_CHECKING:
    import pandas

    from dynzuora._operations import Operation
    from dynzuora._progress import Meter

OPTIONS = ("limit", "progress", "resume")
"""What iteration takes besides the call options."""

LARGEST = {"cursor-last-id": 1000, "next-link": 100}
"""Paging style → the largest page, where a document declares none. Source: the API reference's prose."""

MOST_EMPTY_PAGES = 100
"""Empty pages in a row that each promise more; after these it is a loop, whatever the links say."""

_LINKS = frozenset({"nextPage-url", "next-link", "pagination.next_page"})
_QUERY_CHARACTERS = "!$'()*+,;:@/?=&%-._~"

Element = TypeVar("Element")


class Plan(NamedTuple):
    """One list: the request of its first page, how to send one, and how the next is told."""

    operation: Operation
    style: PagingStyle
    request: Request
    send: Callable[[Request], Any]
    more: Callable[[str], Request]
    floats: bool = False

    @property
    def follows(self) -> bool:
        """Whether a further page may be asked for. A write is never sent again for its next page."""
        return self.request.method == "GET" or self.style.name == "query-locator"


class Page(NamedTuple):
    """One reply, the rows in it, and its number in this run."""

    reply: Any
    rows: Sequence[Any]
    number: int


def checked_style(operation: Operation) -> PagingStyle:
    """Return how ``operation`` pages.

    Raises `InvalidRequest` where it gives no rows.
    """
    style = _paging.infer(operation.slice)
    if style.is_list:
        return style
    instead = _INSTEAD.get(style.name, "use client.call")
    raise InvalidRequest.of(
        operation.id, [Problem("", f"has no rows to go through: {style.why}; {instead}.")]
    )


_INSTEAD = {"stream": "use client.download", "file": "use client.download"}


def with_size(
    operation: Operation, style: PagingStyle, params: Mapping[str, Any], limit: int | None
) -> dict[str, Any]:
    """Return ``params`` with the largest page size, or ``limit`` if that is less, where none is given."""
    largest = style.size_max or LARGEST.get(style.name)
    form = canonical(style.size)
    if not style.size or largest is None or any(canonical(name) == form for name in params):
        return dict(params)
    return {**params, style.size: min(largest, limit) if limit else largest}


def continuation(operation: Operation, operations: Mapping[str, Operation]) -> Operation:
    """Return the operation that takes a query locator: this one, or its neighbour in the same folder."""
    folder = operation.path.rpartition("/")[0]
    near = (each for each in operations if _folder(operations[each]) == (operation.method, folder))
    for candidate in (operation, *(operations[each] for each in near)):
        if "queryLocator" in _body_properties(candidate):
            return candidate
    raise PagingError(
        f"{operation.id}: no operation below {folder} takes the queryLocator of its replies.",
        operation_id=operation.id,
    )


def _folder(operation: Operation) -> tuple[str, str]:
    return operation.method, operation.path.rpartition("/")[0]


def _body_properties(operation: Operation) -> Mapping[str, Any]:
    content = operation.slice.get("requestBody", {}).get("content", {})
    schema = content.get(operation.media_type, {}).get("schema", {})
    return _paging.properties(schema, operation.slice["components"]["schemas"])


class Walk:
    """Where a run is. A failure leaves it there, so that the next try asks for the same page again."""

    def __init__(self, plan: Plan, meter: Meter, start: str = "") -> None:
        self.plan = plan
        self.meter = meter
        self.position = start
        """What is laid over the first request: a query, or a locator; empty for the first page."""
        self.page: Page | None = None
        self.ended = False
        self.rows_read = 0
        self._number = 0
        self._visited = {self._place(start)}
        self._contents: set[bytes] = set()
        self._empty = 0

    def fetch(self) -> Page:
        """Return the page at this position, asking for it when it is not there yet."""
        if self.page is None:
            reply = self.plan.send(self._request())
            rows = [reply] if isinstance(reply, Request) else self.rows_of(reply)
            self._check_new(rows)
            self._number += 1
            self.rows_read += len(rows)
            self.page = Page(reply, rows, self._number)
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
        self._visited.add(place)
        self.position, self.page = following, None

    def following(self) -> str | None:
        """Return the position after this page, None at the end."""
        page = self.fetch()
        if not self.plan.follows or isinstance(page.reply, Request) or not isinstance(page.reply, Mapping):
            return None
        step = _STEPS.get(self.plan.style.name)
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
        return {name: unquote_plus(raw.partition("=")[2]) for name, raw in _pairs(query)}

    def sizes(self, page: Page) -> set[int]:
        """Return every number of rows that may mean a full page here.

        Zuora caps a size without a word, so a page is short only if no known size explains it.
        """
        style, asked = self.plan.style, self.query().get(self.plan.style.size, "")
        known = {style.size_default, style.size_max, LARGEST.get(style.name)}
        known |= {page.reply.get("pageSize"), page.reply.get("page_size")}
        known |= {int(asked)} if asked.isdecimal() else set()
        return {each for each in known if type(each) is int and each > 0}

    def is_promised_more(self, page: Page) -> bool:
        """Whether the reply counts more rows than were read, as ``count`` or ``total``."""
        counts = [page.reply.get(name) for name in ("count", "total")]
        return any(type(each) is int and each > self.rows_read for each in counts)

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
        own = [raw for name, raw in _pairs(self._request().url.partition("?")[2]) if name == size]
        others = [raw for name, raw in _pairs(position) if not own or name != size]
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

    def _check_new(self, rows: Sequence[Any]) -> None:
        """Refuse a page that was read before under another link.

        Rows without an identity may well be alike: a page with two such rows proves nothing,
        and neither does a query's, which selects the columns.
        """
        self._empty = 0 if rows else self._empty + 1
        if self._empty > MOST_EMPTY_PAGES:
            raise self.error(f"{self._empty} empty pages, each promising more.")
        if not rows or self.plan.style.name == "query-locator":
            return
        texts = [repr(each) for each in rows]
        if len(set(texts)) < len(texts):
            return
        content = hashlib.blake2b("\n".join(texts).encode("utf-8", "replace"), digest_size=16).digest()
        if content in self._contents:
            raise self.error(f"page {self._number + 1} holds the rows of a page that was already read.")
        self._contents.add(content)

    def _total(self, reply: Any) -> int | None:
        is_query = self.plan.style.name == "query-locator" and isinstance(reply, Mapping)
        size = reply.get("size") if is_query else None
        return size if isinstance(size, int) else None

    def _end(self) -> None:
        self.ended = True
        page, style = self.page, self.plan.style
        if style.name == "capped" and page and not is_short(page, self.sizes(page)):
            warnings.warn(
                f"{self.plan.operation.id}: this list ends after {len(page.rows)} rows whether or not there "
                "are more, and has no way to go on. Narrow it with its filters.",
                RequestWarning,
                stacklevel=5,
            )


def is_short(page: Page, sizes: set[int]) -> bool:
    """Whether a page has fewer rows than any size that it may have been cut to."""
    return bool(sizes) and len(page.rows) < max(sizes) and len(page.rows) not in sizes


def laid_over(url: str, query: str) -> str:
    """Return ``url`` with the parameters of ``query`` in place of its own of the same names."""
    path, _, own = url.partition("?")
    over = _pairs(quote(query, safe=_QUERY_CHARACTERS))
    names = {name for name, _ in over}
    parts = [raw for name, raw in _pairs(own) if name not in names] + [raw for _, raw in over]
    return f"{path}?{'&'.join(parts)}" if parts else path


def _pairs(query: str) -> list[tuple[str, str]]:
    """Return (decoded name, raw ``name=value``) of each parameter."""
    return [(unquote_plus(raw.partition("=")[0]), raw) for raw in query.split("&") if raw]


# How each style tells where the next page is. A new style is a row in the table below.


def _by_link(walk: Walk, page: Page) -> str | None:
    link = _at(page.reply, walk.plan.style.next)
    if link in (None, ""):
        return None
    if not isinstance(link, str):
        raise walk.error(f"its {walk.plan.style.next} is no link but {type(link).__name__}.")
    try:
        parts = urlsplit(link)
        own = urlsplit(walk.plan.request.url)
        foreign = parts.netloc and _host(parts) != _host(own)
    except ValueError:
        raise walk.error(f"its {walk.plan.style.next} is no address.") from None
    if foreign:
        raise walk.error(
            f"page {page.number} leads to another host, {parts.hostname}; this client belongs to "
            f"{own.hostname}. Nothing was sent there."
        )
    if not parts.query:
        raise walk.error(f"its {walk.plan.style.next} has no query, so it does not say where to go on.")
    return parts.query


def _host(parts: Any) -> tuple[str, int | None]:
    """Return host and port; a port that is only the scheme's own is none."""
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    return (parts.hostname or "").lower(), None if parts.port == usual else parts.port


def _by_number(walk: Walk, page: Page) -> str | None:
    if not page.rows or (is_short(page, walk.sizes(page)) and not walk.is_promised_more(page)):
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
    told = page.reply.get("hasMore")
    if told is not None and not _is_true(told):
        return False
    if cursor in (None, ""):
        if _is_true(told):
            raise walk.error(f"page {page.number} says there is more and not where.")
        return False
    return True


def _by_last_id(walk: Walk, page: Page) -> str | None:
    reply, position = page.reply, walk.plan.style.position
    if reply.get("cursor") or reply.get("hasMore") is not None:
        return (
            f"{position}={quote(str(reply['cursor']), safe='')}"
            if _is_more(walk, page, reply.get("cursor"))
            else None
        )
    if not page.rows or (is_short(page, walk.sizes(page)) and not walk.is_promised_more(page)):
        return None
    last = page.rows[-1]
    found = [last[name] for name in last if canonical(name) == "id"] if isinstance(last, Mapping) else []
    if not found or found[0] in (None, ""):
        raise walk.error(f"the last row of page {page.number} has no id, which would lead to the next page.")
    return f"{position}={quote(str(found[0]), safe='')}"


def _by_locator(walk: Walk, page: Page) -> str | None:
    locator, done = page.reply.get("queryLocator"), page.reply.get("done")
    if _is_true(done):
        return None
    if locator in (None, ""):
        if done is not None:
            raise walk.error(f"page {page.number} says there is more and has no queryLocator.")
        return None
    return str(locator)


_STEPS: Mapping[str, Callable[[Walk, Page], str | None]] = {
    **dict.fromkeys(_LINKS, _by_link),
    "page-number": _by_number,
    "cursor": _by_cursor,
    "cursor-last-id": _by_last_id,
    "query-locator": _by_locator,
}
"""Paging style → where its next page is; styles that are not here have none."""


def _at(reply: Mapping[str, Any], path: str) -> Any:
    value: Any = reply
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _is_true(value: Any) -> bool:
    return value is True or str(value).lower() == "true"


class Token(NamedTuple):
    """A place in a list, as text that outlives the process. It holds no secret."""

    operation: str
    arguments: str
    position: str
    taken: int

    def text(self) -> str:
        """Return the token as one word."""
        return (
            base64.urlsafe_b64encode(json.dumps([*self], separators=(",", ":")).encode()).decode().rstrip("=")
        )

    @classmethod
    def of(cls, text: str, plan: Plan) -> Token:
        """Read a token.

        Raises `InvalidRequest` unless it belongs to the operation and arguments of ``plan``.
        """
        try:
            operation, arguments, position, taken = json.loads(
                base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            )
            token = cls(str(operation), str(arguments), str(position), int(taken))
        except (ValueError, TypeError):
            raise _refused(plan, "is no resume token; take .resume_token of the run to go on with.") from None
        if token.operation != plan.operation.id:
            raise _refused(plan, f"belongs to {token.operation}.")
        if token.arguments != fingerprint(plan):
            raise _refused(plan, "belongs to other arguments, another environment or another entity.")
        return token


def _refused(plan: Plan, message: str) -> InvalidRequest:
    return InvalidRequest.of(plan.operation.id, [Problem("resume", message)])


def fingerprint(plan: Plan) -> str:
    """Return what tells one list from another: address, filters, body, entity; not the page size."""
    request = plan.request
    path, _, query = request.url.partition("?")
    pairs = sorted(raw for name, raw in _pairs(query) if name != plan.style.size)
    scope = [request.headers.get(_zuora.OPTION_HEADERS[each], "") for each in ("entity", "orgs")]
    text = json.dumps([request.method, path, pairs, repr(request.body), scope])
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


class _Run(Generic[Element]):
    """What `Pages` and `Items` share: they are taken once, from the front."""

    def __init__(self, plan: Plan, meter: Meter, limit: int | None = None, resume: str | None = None) -> None:
        token = Token.of(resume, plan) if resume else Token("", "", "", 0)
        self._plan = plan
        self._walk = Walk(plan, meter, token.position)
        self._taken = token.taken
        self._left = limit
        self._kept: list[Element] = []

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Element:
        found = self._peek()
        if not found:
            self._walk.meter.close()
            raise StopIteration
        self._taken += self._weight(self._walk.fetch())
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
        from dynzuora import _frames

        rows = self._all_rows()
        return _frames.frame(
            rows,
            *row_schema(self._plan),
            order=selected(self._plan),
            floats=self._plan.floats if floats is None else floats,
        )

    @property
    def resume_token(self) -> str | None:
        """A text for ``resume=`` that goes on just here, in another process too; None at the end."""
        walk, taken = self._walk, self._taken
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
                if self._taken < self._length(page):
                    return [self._element(page, self._taken)]
                walk.turn()
            except BaseException as error:
                self._tell(error)
                raise
            self._taken = 0
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


def row_schema(plan: Plan) -> tuple[Mapping[str, Any], Mapping[str, Mapping[str, Any]]]:
    """Return the schema of one row, and the components its references name."""
    slice_ = plan.operation.slice
    components = slice_["components"]["schemas"]
    content = _paging.success(slice_)[1].get("content", {})
    schema = content.get(_paging.json_media_type(content), {}).get("schema", {})
    if plan.style.items:
        schema = _paging.properties(schema, components).get(plan.style.items, {})
    return _paging.resolved(schema, components).get("items", {}), components


def selected(plan: Plan) -> tuple[str, ...]:
    """Return the fields that a ZOQL query selects: a field that is null is missing from its row."""
    if plan.style.name != "query-locator" or not isinstance(plan.request.body, bytes):
        return ()
    text = str(json.loads(plan.request.body).get("queryString", ""))
    words = text.replace(",", " , ").split()
    lower = [each.lower() for each in words]
    if lower[:1] != ["select"] or "from" not in lower:
        return ()
    return tuple(each for each in words[1 : lower.index("from")] if each != ",")
