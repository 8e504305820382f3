"""Objects and lists in brackets, ``name[key][0]=value``, for a style ``deepObject`` whose schema says more.

OpenAPI leaves undefined what ``deepObject`` makes of lists, of objects in objects and of single
values (3.0.4, 4.8.12.3). Vendors who declare such schemas mean the way of PHP and Rails, which is
the one here, and ``name=value``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl

from dynzuora._native import native
from dynzuora.model import Shape
from dynzuora.parameters.styles import ParameterError, encoded, without
from dynzuora.parameters.values import text, unsendable

_NESTED = re.compile(r"(?P<name>[^\[\]]*)(?P<keys>(?:\[[^\[\]]*\])+)")
_KEY = re.compile(r"\[([^\[\]]*)\]")
_MOST_KEYS = 100


def goes_beyond(shape: Shape) -> bool:
    """Whether a schema speaks of what ``deepObject`` has no rule for: a list, nesting, a single value."""
    members = (member for branch in shape.branches for member in branch.properties.values())
    return (
        any(branch.is_array for branch in shape.branches)
        or any(member.is_container or member.is_array for member in members)
        or _takes_single(shape)
    )


def _takes_single(shape: Shape) -> bool:
    return any(kind.types and {"object", "array"}.isdisjoint(kind.types) for kind in shape.kinds)


def written(name: str, value: Any, shape: Shape) -> str:
    """Return ``name[key]=value&…``. Raises `ParameterError` for what cannot be carried unchanged."""
    value = native(value)
    is_container = isinstance(value, (Mapping, list, tuple))
    if not (is_container or _takes_single(shape)):
        raise ParameterError("must be a mapping (style deepObject, name[key]=value).")
    return "&".join(f"{encoded(key)}={encoded(content)}" for key, content in _pairs(name, value))


def _pairs(name: str, value: Any) -> Iterator[tuple[str, str]]:
    waiting: list[tuple[str, Any]] = [(name, value)]
    while waiting:
        key, node = waiting.pop()
        if key.count("[") > _MOST_KEYS:
            raise ParameterError(f"has more than {_MOST_KEYS} levels.")
        if isinstance(node, (Mapping, list, tuple)):
            members = node.items() if isinstance(node, Mapping) else enumerate(node)
            waiting += [(f"{key}[{_key(each)}]", native(member)) for each, member in reversed(list(members))]
        elif node is not None:
            content = text(node)
            if content is None:
                raise ParameterError(f"{unsendable(node)}; use a string.")
            yield key, content


def _key(key: Any) -> str:
    for bracket in "[]":
        without(str(key), bracket, "style deepObject")
    return str(key)


def tree(name: str, query: str) -> dict[str, Any]:
    """Return the texts that a query carries so; lists are mappings from "0", "1", …"""
    root: dict[str, Any] = {}
    for key, content in parse_qsl(query, keep_blank_values=True):
        path = _NESTED.fullmatch(key)
        if path and path["name"] == name:
            _put(root, _KEY.findall(path["keys"]), content)
    return root


def _put(node: dict[str, Any], keys: list[str], content: str) -> None:
    for key in keys[: min(len(keys), _MOST_KEYS) - 1]:
        below = node.setdefault(key or str(len(node)), {})
        if not isinstance(below, dict):
            return
        node = below
    node[keys[-1] or str(len(node))] = content
