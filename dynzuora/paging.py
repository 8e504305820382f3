"""Paging styles: how a list comes in pages, inferred from the schemas of its operation.

`infer` looks at three things: the declared query parameters, the top-level properties
of the reply, and which of those are arrays of rows. The rules are a table, tried from the
top; a new style is a new row. No I/O; a slice may have its references resolved or not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from dynzuora._media_types import is_json_sequence
from dynzuora._zuora import ENVELOPE, NOT_ROWS
from dynzuora.model import OperationModel, Shape


class PagingStyle(NamedTuple):
    """How to get the next page, if there is one; ``why`` says what in the document shows it.

    ``items`` is the property that holds the rows. ``size`` is the query parameter of the
    page size, ``size_default`` and ``size_max`` its declared limits. ``position`` is the
    query parameter of the next page, declared or not, and ``next`` the dotted path of its
    link, cursor or locator in the reply.
    """

    name: str
    why: str
    items: str = ""
    size: str = ""
    size_default: int | None = None
    size_max: int | None = None
    position: str = ""
    next: str = ""

    @property
    def is_list(self) -> bool:
        """Whether the reply has rows under ``items``."""
        return self.name in LISTS

    @property
    def is_file(self) -> bool:
        """Whether the response is a file, whose lines may be rows."""
        return self.name in FILES

    @property
    def by_locator(self) -> bool:
        """Whether the next page is requested by another operation, with a locator in its body."""
        return self.name == "query-locator"

    @property
    def by_number(self) -> bool:
        """Whether pages are requested by number and the reply does not link to the next."""
        return self.name == "page-number"

    @property
    def is_capped(self) -> bool:
        """Whether there is one page, which may lack rows."""
        return self.name == "capped"


class _Facts(NamedTuple):
    query: Mapping[str, Shape]
    properties: Mapping[str, Shape]
    arrays: tuple[str, ...]
    media_types: tuple[str, ...]
    has_schema: bool
    root_is_array: bool
    takes_accept: bool
    last_literal: str


class _Rule(NamedTuple):
    name: str
    applies: Callable[[_Facts], bool]
    why: str
    position: str = ""
    next: str = ""


RULES = (
    _Rule(
        "stream",
        lambda f: any(map(is_json_sequence, f.media_types)),
        "the response has one record per line",
    ),
    _Rule("file", lambda f: not f.has_schema, "the response has no JSON schema"),
    _Rule(
        "query-locator",
        lambda f: {"queryLocator", "done"} <= f.properties.keys(),
        "the reply has queryLocator and done",
        "queryLocator",
        "queryLocator",
    ),
    _Rule(
        "pagination.next_page",
        lambda f: "pagination" in f.properties and "next_page" in f.properties["pagination"].properties,
        "the reply has pagination.next_page",
        "page",
        "pagination.next_page",
    ),
    _Rule(
        "cursor",
        lambda f: "nextPage" in f.properties and "cursor" in f.query,
        "the reply has nextPage and the query takes cursor",
        "cursor",
        "nextPage",
    ),
    _Rule(
        "cursor",
        lambda f: "nextPageCursor" in f.properties and "cursor" in f.query,
        "the reply has nextPageCursor and the query takes cursor",
        "cursor",
        "nextPageCursor",
    ),
    _Rule(
        "cursor",
        lambda f: "cursor" in f.properties and "cursor" in f.query,
        "the reply and the query have cursor",
        "cursor",
        "cursor",
    ),
    _Rule("nextPage-url", lambda f: "nextPage" in f.properties, "the reply has nextPage", "page", "nextPage"),
    _Rule(
        "next-link",
        lambda f: "next" in f.properties and bool({"start", "limit"} & f.query.keys()),
        "the reply has next and the query takes start or limit",
        "start",
        "next",
    ),
    _Rule(
        "cursor-last-id",
        lambda f: {"cursor", "pageSize"} <= f.query.keys() and _only_rows(f),
        "the query takes cursor and pageSize, the reply has no link: the last row's id is the cursor",
        "cursor",
    ),
    _Rule(
        "page-number",
        lambda f: {"page", "pageSize"} <= f.query.keys() and len(f.arrays) == 1,
        "the query takes page and pageSize, the reply has one array and no link",
        "page",
    ),
    _Rule(
        "capped",
        lambda f: "pageSize" in f.query and _only_rows(f),
        "the query takes pageSize, the reply has one array and no link",
    ),
    _Rule(
        "unpaged-list",
        lambda f: f.root_is_array or _only_rows(f),
        "the reply is one array and its envelope",
    ),
    _Rule("stream", lambda f: f.takes_accept, "an Accept header chooses the form of the records"),
    _Rule("single", lambda f: True, "the reply is one object"),
)

LISTS = frozenset({rule.name for rule in RULES} - {"stream", "file", "single"})
FILES = frozenset({"stream", "file"})
"""Styles of a response that is a file, whose lines may be rows."""

SIZES = ("pageSize", "limit", "page_length", "page_size", "per_page")
"""Query parameters that choose the page size."""

REPLY_SIZES = ("pageSize", "page_size")
"""Properties in which a reply gives the page size that the server has applied."""

MORE, DONE = "hasMore", "done"
"""Properties that say whether there is a next page: ``hasMore`` if so, ``done`` if not."""

QUERY = "queryString"
"""The field of a body that contains a ZOQL query."""

LARGEST = {"cursor-last-id": 1000, "next-link": 100}
"""Paging style → the largest page, where a document declares none. Source: the API reference's prose."""


def infer(operation: Mapping[str, Any]) -> PagingStyle:
    """Return the paging style of a slice."""
    facts = _facts(operation)
    rule = next(rule for rule in RULES if rule.applies(facts))
    if rule.name not in LISTS:
        return PagingStyle(rule.name, rule.why)
    items = _items(facts)
    if not items and not facts.root_is_array:
        return PagingStyle("single", f"{rule.why}, but no array of rows")
    size = next((name for name in SIZES if name in facts.query), "") if rule.name != "query-locator" else ""
    limits = facts.query[size].words if size else {}
    return PagingStyle(
        rule.name,
        rule.why,
        items,
        size,
        _integer(limits.get("default")),
        _integer(limits.get("maximum")),
        rule.position,
        rule.next,
    )


def row_shape(operation: OperationModel, style: PagingStyle) -> Shape | None:
    """Return the shape of one row of a list; None if the document does not describe it."""
    reply = operation.reply.shape
    rows = reply.properties.get(style.items) if style.items else reply
    return rows.items if rows else None


def at(reply: Mapping[str, Any], path: str) -> Any:
    """Return the value at a dotted path of a reply, None if there is none."""
    value: Any = reply
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _facts(slice: Mapping[str, Any]) -> _Facts:
    operation = OperationModel(slice)
    reply = operation.reply
    properties = reply.shape.properties if reply.has_json_schema else {}
    return _Facts(
        query=operation.parameters("query"),
        properties=properties,
        arrays=tuple(name for name, shape in properties.items() if name not in NOT_ROWS and shape.is_array),
        media_types=operation.media_types,
        has_schema=reply.has_json_schema,
        root_is_array=reply.has_json_schema and reply.shape.is_array,
        takes_accept="accept" in slice,
        last_literal=next(_literals(slice["path"]), ""),
    )


def _only_rows(facts: _Facts) -> bool:
    return len(facts.arrays) == 1 and facts.properties.keys() <= ENVELOPE | {*facts.arrays}


def _items(facts: _Facts) -> str:
    if len(facts.arrays) == 1:
        return facts.arrays[0]
    for name in ("data", "records", facts.last_literal):
        if name in facts.arrays:
            return name
    return ""


def _literals(path: str) -> Iterator[str]:
    """Yield the literal segments from the last to the first, ``rate-plans`` as ``ratePlans``."""
    for segment in reversed(path.strip("/").split("/")):
        if not segment.startswith("{"):
            first, *others = segment.replace("_", "-").split("-")
            yield first + "".join(word.capitalize() for word in others)


def _integer(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
