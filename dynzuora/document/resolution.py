"""Resolve references with prance, inside the document and nowhere else.

prance gets a copy in which only references are visible: everything else that might look
like one (an example, a default, a property *named* ``$ref``) is boxed. It gets no reference
that leaves the document; `external` decides before what may be read from outside.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dynzuora.document.shapes import LIST, MAP, ONE, REFERABLE, SHAPES, SHELLS
from dynzuora.document.targets import Targets


class _Box:
    """Something that prance neither reads nor copies."""

    __slots__ = ("content",)

    def __init__(self, content: Any) -> None:
        self.content = content

    def __deepcopy__(self, memo: object) -> _Box:
        return self


class _Fresh(dict[str, Any]):
    """A document made for prance only, which it need not copy."""

    def __deepcopy__(self, memo: object) -> _Fresh:
        return self


#: Replaces ``$ref`` where it is a name, not the keyword.
_NAMED = "\0$ref"

_Refer = Callable[[dict[str, Any], str, str], Any]
_Shapes = Mapping[str, Mapping[str, tuple[str, str]]]


def dereferenced(slice: Mapping[str, Any]) -> dict[str, Any]:
    """Return a slice as a graph of shared objects. Recursion stays a reference; never change it."""
    boxed = _boxed(dict(slice), "slice", SHAPES, lambda node, target, shape: {"$ref": target})
    result: dict[str, Any] = _unboxed(_by_prance(boxed), {})
    return result


def resolved(targets: Targets, wanted: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Return what each reference in ``wanted`` (reference → the shape it must have) stands for.

    Parameters, bodies, responses and headers come back complete; the schemas in them
    are the document's own objects, with their references. One that points to nothing
    or to itself is missing from the result.
    """
    reachable = {target: shape for target, shape in wanted.items() if targets.has(target)}
    if not reachable:
        return {}
    # A slot for each target: JSON pointers become names that need no escaping.
    slots = {target: str(number) for number, target in enumerate(reachable)}
    waiting = dict(reachable)

    def refer(node: dict[str, Any], target: str, shape: str) -> Any:
        if not targets.has(target):
            return _Box(node)
        if target not in slots:
            slots[target] = str(len(slots))
            waiting[target] = shape
        return {"$ref": f"#/{slots[target]}"}

    skeleton: dict[str, Any] = {}
    while waiting:
        target, shape = waiting.popitem()
        node = targets.at(target)
        skeleton[slots[target]] = _boxed(node, shape, SHELLS, refer)
    graph = _by_prance(skeleton)
    opened: dict[int, Any] = {}
    return {target: _unboxed(graph[slots[target]], opened) for target in reachable}


def _by_prance(document: dict[str, Any]) -> dict[str, Any]:
    from prance.util.resolver import RESOLVE_INTERNAL, RefResolver, keep_ref_on_recursion

    resolver = RefResolver(
        _Fresh(document),
        "file:///document",  # a name only; never opened
        resolve_types=RESOLVE_INTERNAL,
        recursion_limit_handler=keep_ref_on_recursion,
    )
    resolver.resolve_references()
    return dict(resolver.specs)


def _boxed(node: Any, shape: str, shapes: _Shapes, refer: _Refer) -> Any:
    """Return a copy of ``node`` in which only references are visible."""
    if not isinstance(node, dict):
        return _Box(node)
    if "$ref" in node and shape in REFERABLE and isinstance(node["$ref"], str):
        return refer(node, node["$ref"], shape)
    fields = shapes[shape]
    copy: dict[str, Any] = {}
    for key, value in node.items():
        held, child = fields.get(key, ("", ""))
        if held is MAP and isinstance(value, dict):
            copy[key] = {
                _NAMED if name == "$ref" else name: _boxed(member, child, shapes, refer)
                for name, member in value.items()
            }
        elif held is LIST and isinstance(value, list):
            copy[key] = [_boxed(member, child, shapes, refer) for member in value]
        elif held is ONE and isinstance(value, dict):
            copy[key] = _boxed(value, child, shapes, refer)
        else:
            boxed = _Box(value) if isinstance(value, (dict, list)) else value
            copy[_NAMED if key == "$ref" else key] = boxed
    return copy


def _unboxed(node: Any, opened: dict[int, Any]) -> Any:
    """Open every box below ``node``, in place; a shared object is opened once."""
    stack = [node]
    while stack:
        item = stack.pop()
        if id(item) in opened:
            continue
        opened[id(item)] = item
        if isinstance(item, dict):
            if _NAMED in item:
                renamed = [("$ref" if key == _NAMED else key, item[key]) for key in item]
                item.clear()
                item.update(renamed)
            for key, value in item.items():
                if type(value) is _Box:
                    item[key] = value.content
                elif isinstance(value, (dict, list)):
                    stack.append(value)
        else:
            for number, value in enumerate(item):
                if type(value) is _Box:
                    item[number] = value.content
                elif isinstance(value, (dict, list)):
                    stack.append(value)
    return node
