"""Rows for operations that take many at once: cut into requests, results put back to their rows. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from dynzuora import _zuora
from dynzuora.errors import InvalidRequest, PartialFailure, Problem
from dynzuora.replies import failures

Call = Mapping[str, Any]


def chunks(operation_id: str, batch: _zuora.Batch, calls: Iterable[Call]) -> Iterator[Call]:
    """Yield calls of at most as many rows as the operation takes, in order; rows are taken as needed.

    Raises `InvalidRequest` for a call without rows.
    """
    for call in calls:
        path, rows = _find(operation_id, batch, call)
        iterator = iter(rows.items() if isinstance(rows, Mapping) else rows)
        while chunk := list(islice(iterator, batch.most)):
            yield _with(call, path, dict(chunk) if isinstance(rows, Mapping) else chunk)


def rows_of(operation_id: str, batch: _zuora.Batch, call: Call) -> list[Any]:
    """Return the rows of one call; those of an object are objects of one member."""
    _, rows = _find(operation_id, batch, call)
    return [{key: value} for key, value in rows.items()] if isinstance(rows, Mapping) else list(rows)


def results(
    batch: _zuora.Batch, rows: list[Any], reply: Any, error: Exception | None
) -> list[tuple[Any, Exception | None]]:
    """Return what came of each row: its part of the reply, and its error."""
    if isinstance(error, PartialFailure):
        return _partial(rows, error)
    if error is not None:
        return [(None, error)] * len(rows)
    listed = reply.get(batch.results) if batch.results and isinstance(reply, Mapping) else reply
    if isinstance(listed, list) and len(listed) == len(rows):
        return [(each, None) for each in listed]
    return [(None, None)] * len(rows)  # a reply that says nothing of single rows, as an empty one


def _partial(rows: list[Any], error: PartialFailure) -> list[tuple[Any, Exception | None]]:
    found = failures.errors_of_items(error)
    if len(error.results) == len(rows):
        return [(each, found.get(index)) for index, each in enumerate(error.results)]
    # Custom object records: the reply names the rows to send again, and only a 5xx did the others.
    named = {_key(each.get("record")): found[index] for index, each in enumerate(error.results)}
    others = None if error.status >= 500 else error
    return [(None, named.get(_key(row), others)) for row in rows]


def _key(row: Any) -> str:
    """Return what tells a row from others: its id, or the name it has in an object of rows, or all of it."""
    if not isinstance(row, Mapping):
        return str(row)
    if len(row) == 1 and isinstance(next(iter(row.values())), Mapping):
        return str(next(iter(row)))
    return str(row.get("Id") or row.get("id") or sorted((str(k), str(v)) for k, v in row.items()))


def _find(operation_id: str, batch: _zuora.Batch, call: Call) -> tuple[list[str], Any]:
    for path in batch.rows:
        names = path.split(".")
        value: Any = call.get("body")
        for name in names:
            value = value.get(name) if isinstance(value, Mapping) else None
        if value is not None and not isinstance(value, (str, bytes)):
            return names, value
    wanted = " or ".join(f"body.{path}" for path in batch.rows)
    form = "[…]"
    for name in reversed(batch.rows[0].split(".")):
        form = f'{{"{name}": {form}}}'
    said = f'holds the rows, and is not there. Give each call like {{"body": {form}}}.'
    raise InvalidRequest.of(operation_id, [Problem(wanted, said)])


def _with(call: Call, path: list[str], rows: Any) -> Call:
    """Return ``call`` with other rows in its body."""

    def put(value: Mapping[str, Any], names: list[str]) -> dict[str, Any]:
        inner = put(value[names[0]], names[1:]) if len(names) > 1 else rows
        return {**value, names[0]: inner}

    return {**call, "body": put(call["body"], path)}
