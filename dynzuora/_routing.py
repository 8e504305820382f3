"""Routing of raw request paths to operations: a trie of segments, literals before parameters.

werkzeug's rules take 79 ms for 411 paths, this trie 1 ms. It also matches the *raw* path:
decoded, ``A-S%2F1`` would be two segments and a 404.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import unquote


class Route(NamedTuple):
    """The operation ids of a path by method, and the raw text of its parameters."""

    operations: dict[str, str]
    parameters: dict[str, str]


class Router:
    """Finds operations by raw path. Immutable."""

    def __init__(self, operations: Iterable[tuple[str, str, str]]) -> None:
        self._root = _Node()
        for identifier, method, path in operations:
            node, names = self._root, []
            for segment in path.strip("/").split("/"):
                if segment.startswith("{") and segment.endswith("}"):
                    names.append(segment)
                    node.any = node.any or _Node()
                    node = node.any
                else:
                    node = node.literals.setdefault(segment, _Node())
            node.ends.setdefault(method, (identifier, tuple(names)))

    def find(self, method: str, raw_path: str) -> Route | None:
        """Return the route of ``raw_path``, with the parameter names of the operation of ``method``."""
        values: list[str] = []
        node = _walk(self._root, raw_path.strip("/").split("/"), 0, values)
        if node is None:
            return None
        _, names = node.ends.get(method) or next(iter(node.ends.values()))
        operations = {other_method: identifier for other_method, (identifier, _) in node.ends.items()}
        pairs = (_values(*pair) for pair in zip(names, values, strict=True))
        return Route(operations, {name: value for pair in pairs for name, value in pair})


def _values(segment: str, value: str) -> Iterable[tuple[str, str]]:
    """Return the parameters of a segment and their values; a segment may have several: ``{a}:{b}``."""
    names = segment[1:-1].split("}")
    if len(names) == 1:
        return ((names[0], value),)
    pieces = re.split(r"\{[^{}]*\}", segment)
    match = re.fullmatch("(.+?)".join(map(re.escape, pieces)), value)
    names = [name.rpartition("{")[2] for name in names]
    return zip(names, match.groups() if match else [value] * len(names), strict=True)


class _Node:
    __slots__ = ("any", "ends", "literals")

    def __init__(self) -> None:
        self.literals: dict[str, _Node] = {}
        self.any: _Node | None = None
        self.ends: dict[str, tuple[str, tuple[str, ...]]] = {}


def _walk(node: _Node, segments: list[str], at: int, values: list[str]) -> _Node | None:
    if at == len(segments):
        return node if node.ends else None
    segment = segments[at]
    literal = node.literals.get(segment) or node.literals.get(unquote(segment))
    if literal is not None and (match := _walk(literal, segments, at + 1, values)):
        return match
    if node.any is None or not segment:
        return None
    values.append(segment)
    match = _walk(node.any, segments, at + 1, values)
    if match is None:
        values.pop()
    return match
