"""What is known of a list before anything is sent: how it pages, how large, how it goes on."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from dynzuora._names import canonical
from dynzuora.errors import Advice, InvalidRequest, PagingError, Problem
from dynzuora.http import Request
from dynzuora.lists import styles
from dynzuora.lists.styles import PagingStyle

if TYPE_CHECKING:
    from dynzuora.operation import Operation

OPTIONS = ("limit", "progress", "resume")
"""What iteration takes besides the call options."""


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


def checked_style(operation: Operation) -> PagingStyle:
    """Return how ``operation`` pages.

    Raises `InvalidRequest` where it gives no rows.
    """
    style = operation.paging
    if style.is_list:
        return style
    advice = Advice("download" if style.name in styles.FILES else "call")
    raise InvalidRequest.of(
        operation.id, [Problem("", f"has no rows to go through: {style.why}.", advice=advice)]
    )


def checked_limit(operation: Operation, limit: Any) -> int | None:
    """Return ``limit``.

    Raises `InvalidRequest` unless it is a number that can be counted to.
    """
    if limit is None or (type(limit) is int and limit >= 0):
        return limit
    raise InvalidRequest.of(operation.id, [Problem("limit", f"{limit!r} is no number to count to.", limit)])


def with_size(
    operation: Operation, style: PagingStyle, params: Mapping[str, Any], limit: int | None
) -> dict[str, Any]:
    """Return ``params`` with the largest page size, or ``limit`` if that is less, where none is given."""
    largest = style.size_max or styles.LARGEST.get(style.name)
    form = canonical(style.size)
    if not style.size or largest is None or any(canonical(name) == form for name in params):
        return dict(params)
    return {**params, style.size: min(largest, limit) if limit else largest}


def first_page(operation: Operation, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of the first page: ``params``, and the page size where there is one to choose."""
    return with_size(operation, operation.paging, params, None)


def continuation(operation: Operation, operations: Mapping[str, Operation]) -> Operation:
    """Return the operation that takes a query locator: this one, or its neighbour in the same folder."""
    locator = operation.paging.next
    folder = operation.path.rpartition("/")[0]
    near = (each for each in operations if _folder(operations[each]) == (operation.method, folder))
    for candidate in (operation, *(operations[each] for each in near)):
        if locator in candidate.model.body.shape.properties:
            return candidate
    raise PagingError(
        f"{operation.id}: no operation below {folder} takes the {locator} of its replies.",
        operation_id=operation.id,
    )


def _folder(operation: Operation) -> tuple[str, str]:
    return operation.method, operation.path.rpartition("/")[0]


def selected(plan: Plan) -> tuple[str, ...]:
    """Return the fields that a ZOQL query selects: a field that is null is missing from its row."""
    if plan.style.name != "query-locator" or not isinstance(plan.request.body, bytes):
        return ()
    text = str(json.loads(plan.request.body).get(styles.QUERY, ""))
    words = text.replace(",", " , ").split()
    lower = [each.lower() for each in words]
    if lower[:1] != ["select"] or "from" not in lower:
        return ()
    return tuple(each for each in words[1 : lower.index("from")] if each != ",")
