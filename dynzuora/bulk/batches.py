"""Operations that take many rows: split rows into requests, and assign results to rows. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from dynzuora import _zuora
from dynzuora.errors import InvalidRequest, PartialFailure, Problem
from dynzuora.replies import failures

Call = Mapping[str, Any]


def chunks(operation_id: str, batch: _zuora.Batch, calls: Iterable[Call]) -> Iterator[Call]:
    """Yield calls of at most as many rows as the operation accepts, in order; rows are taken lazily.

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
    """Return the result of each row: its part of the reply, and its error."""
    if isinstance(error, PartialFailure):
        return _partial(rows, error)
    if error is not None:
        return [(None, error)] * len(rows)
    listed = reply.get(batch.results) if batch.results and isinstance(reply, Mapping) else reply
    if isinstance(listed, list) and len(listed) == len(rows):
        return [(result, None) for result in listed]
    return [(None, None)] * len(rows)  # a reply without results, such as an empty one


def _partial(rows: list[Any], error: PartialFailure) -> list[tuple[Any, Exception | None]]:
    errors = failures.errors_of_items(error)
    if len(error.results) == len(rows):
        return [(result, errors.get(index)) for index, result in enumerate(error.results)]
    # Custom object records: the reply has the rows to send again; the others were applied only by a 5xx.
    by_key = {_key(result.get("record")): errors[index] for index, result in enumerate(error.results)}
    others = None if error.status >= 500 else error
    return [(None, by_key.get(_key(row), others)) for row in rows]


def _key(row: Any) -> str:
    """Return what identifies a row: its id, its name in an object of rows, or its whole content."""
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
    paths = " or ".join(f"body.{path}" for path in batch.rows)
    example = "[…]"
    for name in reversed(batch.rows[0].split(".")):
        example = f'{{"{name}": {example}}}'
    message = f'must contain the rows, but is missing. Write each call as {{"body": {example}}}.'
    raise InvalidRequest.of(operation_id, [Problem(paths, message)])


def _with(call: Call, path: list[str], rows: Any) -> Call:
    """Return ``call`` with other rows in its body."""

    def put(value: Mapping[str, Any], names: list[str]) -> dict[str, Any]:
        inner = put(value[names[0]], names[1:]) if len(names) > 1 else rows
        return {**value, names[0]: inner}

    return {**call, "body": put(call["body"], path)}
