"""A record of which operations, arguments and body fields a program uses: names, never values.

One JSON line per call, for ``dynzuora diff --used-by``. Each line is appended by a single
write, so threads and processes may share a file. Only its owner can read it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from typing import Any

_DEEPEST = 20


def append(path: str | os.PathLike[str], operation_id: str, arguments: Iterable[str], body: Any) -> None:
    """Append one call to the log; a pipe without a reader is an error.

    Raises OSError if the file cannot be written.
    """
    line = {"operation": operation_id, "arguments": sorted(arguments), "body": sorted(set(fields(body)))}
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    flags |= getattr(os, "O_NONBLOCK", 0)
    descriptor = os.open(path, flags, 0o600)
    try:
        os.write(descriptor, json.dumps(line).encode() + b"\n")
    finally:
        os.close(descriptor)


def fields(body: Any, path: str = "", depth: int = 0) -> Iterator[str]:
    """Yield the dotted name of every field of a body; items of a list have the name of the list.

    >>> list(fields({"a": [{"b": 1}, {"c": 2}]}))
    ['a', 'a.b', 'a.c']
    """
    if depth > _DEEPEST:
        return
    if isinstance(body, dict):
        for name, value in body.items():
            field = f"{path}.{name}" if path else str(name)
            yield field
            yield from fields(value, field, depth + 1)
    elif isinstance(body, (list, tuple)):
        for item in body:
            yield from fields(item, path, depth + 1)
