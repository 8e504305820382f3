"""Whether a reply is all there is: lists with another page, and expanded ones that were cut off."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from dynzuora import _zuora, paging
from dynzuora._names import canonical
from dynzuora.errors import Problem
from dynzuora.lists.query_strings import pairs

if TYPE_CHECKING:
    from dynzuora.operation import Operation


def may_have_more(operation: Operation, params: Mapping[str, Any], reply: Any) -> bool:
    """Whether a reply has a next page, or is full where the API would not say that there is one."""
    style = operation.paging
    if not isinstance(reply, Mapping) or not style.is_list or reply.get(paging.DONE) is True:
        return False
    if style.next:
        return bool(paging.at(reply, style.next)) and reply.get(paging.MORE) is not False
    rows = len(reply.get(style.items, ())) if style.position else 0
    if not rows:
        return False
    form = canonical(style.size)
    size = next((value for name, value in params.items() if canonical(name) == form), style.size_default)
    return rows >= (size or sys.maxsize)


def cut_off(operation: Operation, reply: Any) -> list[Problem]:
    """Return a problem if lists of expanded objects in a reply are as long as its page size."""
    rows = reply.get(operation.paging.items) if operation.paging.is_list else [reply]
    terms = full(operation, reply.meta.request.url, rows or ())
    return [Problem("reply", message(terms))] if terms else []


def full(operation: Operation, url: str, rows: Iterable[Any]) -> list[str]:
    """Return the ``expand[]`` terms of a URL whose lists in ``rows`` are as long as its page size."""
    if not operation.path.startswith(_zuora.OBJECT_QUERY_PATHS):
        return []
    values: dict[str, list[str]] = {}
    for name, raw in pairs(url.partition("?")[2]):
        values.setdefault(name, []).append(unquote_plus(raw.partition("=")[2]))
    terms = [term for value in values.get(_zuora.EXPAND_PARAMETER, ()) for term in value.split(",") if term]
    sizes = [int(size) for name in paging.SIZES for size in values.get(name, ()) if size.isdecimal()]
    most = sizes[0] if sizes else operation.paging.size_default or _zuora.OBJECT_QUERY_PAGE_SIZE
    return [term for term in terms if _is_full(rows, term, most)]


def _is_full(rows: Iterable[Any], term: str, most: int) -> bool:
    first, _, rest = term.partition(".")
    for row in rows:
        if not isinstance(row, Mapping):
            continue
        inner = next((value for name, value in row.items() if canonical(name) == canonical(first)), None)
        members = inner if isinstance(inner, list) else [inner]
        if rest:
            if _is_full(members, rest, most):
                return True
        elif isinstance(inner, list) and len(inner) == most:
            return True
    return False


def message(terms: Iterable[str]) -> str:
    """Return what to say about such lists."""
    return (
        f"has expanded {', '.join(terms)}: a list is as long as the page size, at which expanded lists end; "
        "there may be more. Set a larger pageSize (99 at most), or query those objects by themselves."
    )
