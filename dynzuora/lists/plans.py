"""A list before anything is sent: its paging style, page size, and how to request further pages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from dynzuora import paging
from dynzuora._names import canonical
from dynzuora.errors import Advice, InvalidRequest, PagingError, Problem
from dynzuora.http import Request
from dynzuora.paging import PagingStyle

if TYPE_CHECKING:
    from dynzuora.operation import Operation
    from dynzuora.operation.caller import Caller


class Plan(NamedTuple):
    """A list: its operation and paging style, and the request of its first page."""

    caller: Caller
    operation: Operation
    style: PagingStyle
    request: Request

    @property
    def follows(self) -> bool:
        """Whether further pages may be requested. A write is never repeated for its next page."""
        return self.request.method == "GET" or self.style.by_locator

    def request_of(self, locator: str) -> Request:
        """Return the request for the page of a query locator."""
        following = continuation(self.operation, self.caller.operations)
        caller = self.caller.with_options(idempotency_key=None)  # it is the first request's
        return caller.prepare(following, {self.style.next: locator}, {})


def planned(
    caller: Caller, operation: Operation, body: Any, params: Mapping[str, Any], most_rows: int | None
) -> Plan:
    """Return a list with a checked first request; its pages are as large as ``most_rows`` allows.

    Raises `InvalidRequest` if ``operation`` does not return a list.
    """
    style = checked_style(operation)
    sized = with_size(operation, style, params, most_rows)
    return Plan(caller, operation, style, caller.checked(operation, body, sized, names=params))


def checked_style(operation: Operation) -> PagingStyle:
    """Return the paging style of ``operation``.

    Raises `InvalidRequest` if it does not return a list.
    """
    style = operation.paging
    if style.is_list:
        return style
    advice = Advice("download" if style.is_file else "call")
    raise InvalidRequest.of(
        operation.id, [Problem("", f"does not return a list: {style.why}.", advice=advice)]
    )


def check_rows(operation: Operation) -> None:
    """Raise `InvalidRequest` if ``operation`` returns neither a list nor a file of rows."""
    if not operation.paging.is_file:
        checked_style(operation)


def checked_limit(operation: Operation, limit: Any) -> int | None:
    """Return ``limit``.

    Raises `InvalidRequest` unless it is None or a non-negative integer.
    """
    if limit is None or (type(limit) is int and limit >= 0):
        return limit
    raise InvalidRequest.of(
        operation.id, [Problem("limit", f"must be a non-negative integer, not {limit!r}.", limit)]
    )


def with_size(
    operation: Operation, style: PagingStyle, params: Mapping[str, Any], limit: int | None
) -> dict[str, Any]:
    """Return ``params``; without a page size, the largest one is added, or ``limit`` if that is less."""
    largest = style.size_max or paging.LARGEST.get(style.name)
    form = canonical(style.size)
    if not style.size or largest is None or any(canonical(name) == form for name in params):
        return dict(params)
    return {**params, style.size: min(largest, limit) if limit else largest}


def first_page(operation: Operation, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of the first page as `Pages` requests it: with the largest page size."""
    return with_size(operation, operation.paging, params, None)


def continuation(operation: Operation, operations: Mapping[str, Operation]) -> Operation:
    """Return the operation that accepts a query locator: this one, or one beside it in the same path."""
    locator = operation.paging.next
    parent = _parent(operation)
    siblings = (identifier for identifier in operations if _parent(operations[identifier]) == parent)
    for candidate in (operation, *(operations[identifier] for identifier in siblings)):
        if locator in candidate.model.body.shape.properties:
            return candidate
    raise PagingError(
        f"{operation.id}: no operation below {parent[1]} accepts the {locator} of its replies.",
        operation_id=operation.id,
    )


def _parent(operation: Operation) -> tuple[str, str]:
    """Return an operation's method and its path without the last segment."""
    return operation.method, operation.path.rpartition("/")[0]


def selected(plan: Plan) -> tuple[str, ...]:
    """Return the fields that a ZOQL query selects; rows lack fields that are null."""
    if not plan.style.by_locator or not isinstance(plan.request.body, bytes):
        return ()
    return selected_fields(str(json.loads(plan.request.body).get(paging.QUERY, "")))


def selected_fields(text: str) -> tuple[str, ...]:
    """Return the fields that the text of a ZOQL query selects."""
    words = text.replace(",", " , ").split()
    lower = [word.lower() for word in words]
    if lower[:1] != ["select"] or "from" not in lower:
        return ()
    return tuple(word for word in words[1 : lower.index("from")] if word != ",")
