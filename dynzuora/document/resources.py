"""References of JSON Schema 2020-12 as JSON pointers: ``$id``, ``$anchor``, ``$dynamicRef``.

A schema with an ``$id`` is a resource of its own, and references below it are relative to it.
Each reference that means something in the document by URI or by anchor becomes a pointer to
it. Where the way to a ``$dynamicRef`` decides what it means, each way gets its own copies.

https://json-schema.org/draft/2020-12/json-schema-core#section-8.2
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote, urljoin

from dynzuora._references import MISSING, SCHEMAS, look_up, unescape, way_of, written
from dynzuora.document.reading import copied
from dynzuora.document.shapes import Location, location_of, reference, tokens, walk

_Way = tuple[str, ...]

_DATA = frozenset({"const", "default", "enum", "example", "examples"})
"""Keywords whose value is not a schema, whatever it looks like."""


class _Reference(NamedTuple):
    """A reference: the object that it is, and where that stands."""

    node: dict[str, Any]
    way: _Way


class Resources:
    """The schema resources of one document, and the references in them."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self._bases: dict[_Way, str] = {}
        self._ids: dict[str, _Way] = {"": ()}
        self._anchors: dict[tuple[str, str], _Way] = {}
        #: Resource → name → its schema with that ``$dynamicAnchor``.
        self._dynamic: dict[str, dict[str, _Way]] = {}
        self._references: list[_Reference] = []
        self._dynamic_references: list[_Reference] = []
        #: References that a ``$dynamicRef`` became.
        self.added: set[str] = set()

    def add(self, schema: dict[str, Any], location: Location) -> None:
        """Take note of the names of ``schema``."""
        if schema.keys().isdisjoint(("$id", "$anchor", "$dynamicAnchor")):
            return
        way = tokens(location)
        if isinstance(schema.get("$id"), str):
            uri = _absolute(self.base(way[:-1]), schema["$id"]).partition("#")[0]
            self._bases[way] = uri
            self._ids.setdefault(uri, way)
        base = self.base(way)
        for keyword in ("$anchor", "$dynamicAnchor"):
            name = schema.get(keyword)
            if isinstance(name, str):
                self._anchors.setdefault((base, name), way)
                if keyword == "$dynamicAnchor":
                    self._dynamic.setdefault(base, {}).setdefault(name, way)

    def refer(self, node: dict[str, Any], location: Location) -> None:
        """Take note of the references that ``node`` is."""
        if reference(node) is not None:
            self._references.append(_Reference(node, tokens(location)))
        if isinstance(node.get("$dynamicRef"), str):
            self._dynamic_references.append(_Reference(node, tokens(location)))

    def localize(self) -> set[str]:
        """Rewrite the references as pointers; return them."""
        self._localize_references()
        if any([self._settled(node, way) for node, way in self._dynamic_references]):
            Copies(self).make()
        return self.added.union(node["$ref"] for node, _ in self._references)

    def _localize_references(self) -> None:
        for node, way in self._references if self.named else ():
            target = self._target(self.base(way), node["$ref"])
            if target is not None:
                node["$ref"] = pointer_of(target)

    def localize_file(self) -> dict[str, str]:
        """Rewrite the references in a file of schemas, whatever is around them, and take its URIs out.

        Return its URIs and its anchors, each with the pointer to what it names.
        """
        waiting: list[tuple[Any, Location]] = [(self.document, None)]
        while waiting:
            node, location = waiting.pop()
            if isinstance(node, dict):
                self.add(node, location)
                if reference(node) is not None:
                    self._references.append(_Reference(node, tokens(location)))
                waiting += [(node[key], (location, key)) for key in node if key not in _DATA]
            elif isinstance(node, list):
                waiting += [(item, (location, str(number))) for number, item in enumerate(node)]
        self._localize_references()
        for way in self._bases:
            del look_up(self.document, way)["$id"]
        names = {f"#{name}": way for (_, name), way in self._anchors.items()}
        return {name: pointer_of(way) for name, way in (names | self._ids).items()}

    @property
    def named(self) -> bool:
        """Whether any schema has a URI or an anchor."""
        return len(self._ids) > 1 or bool(self._anchors)

    def base(self, way: _Way) -> str:
        """Return the URI that references at ``way`` are relative to."""
        if self._bases:
            for end in range(len(way), 0, -1):
                if way[:end] in self._bases:
                    return self._bases[way[:end]]
        return ""

    def anchors(self, way: _Way) -> Mapping[str, _Way]:
        """Return the dynamic anchors of the resource at ``way``."""
        return self._dynamic.get(self.base(way), {})

    def inner(self, way: _Way, below: _Way) -> Iterable[_Way]:
        """Return the resources that are entered between ``way`` and ``below``, which is below it."""
        return (below[:end] for end in range(len(way) + 1, len(below) + 1) if below[:end] in self._bases)

    def _target(self, base: str, target: str) -> _Way | None:
        """Return where ``target`` leads in the document; None where it leads elsewhere."""
        uri, _, fragment = _absolute(base, target).partition("#")
        root = self._ids.get(uri)
        fragment = unquote(fragment)
        if root is None or not fragment:
            return root
        if not fragment.startswith("/"):
            return self._anchors.get((uri, fragment))
        return (*root, *map(unescape, fragment.split("/")[1:]))

    def _settled(self, node: dict[str, Any], way: _Way) -> bool:
        """Rewrite a ``$dynamicRef``; return whether the way to it decides what it means."""
        base = self.base(way)
        target = self._target(base, node["$dynamicRef"])
        if target is None or look_up(self.document, target) is MISSING:
            return False  # and `unsupported` names it
        name = node["$dynamicRef"].partition("#")[2]
        several = sum(name in names for names in self._dynamic.values()) > 1
        if several and self.anchors(target).get(name) == target:
            node["$dynamicRef"] = pointer_of(target)
            return True
        del node["$dynamicRef"]
        self.mean(node, pointer_of(target))
        return False

    def mean(self, node: dict[str, Any], target: str) -> None:
        """Add to ``node`` the reference that its ``$dynamicRef`` was."""
        self.added.add(target)
        node["allOf"] = [*node.get("allOf", ()), {"$ref": target}]


def pointer_of(way: _Way) -> str:
    """Return ``way`` as a reference."""
    return "#" + "".join("/" + written(token) for token in way)


def _absolute(base: str, target: str) -> str:
    """Return ``target`` as a URI. (``urljoin`` loses the base of a fragment where that is a URN.)"""
    return f"{base}{target}" if target.startswith("#") else urljoin(base, target)


#: Name → the schema that a ``$dynamicRef`` to it means on one way.
_Scope = dict[str, _Way]


class Copies:
    """Copies of the schemas that reach a ``$dynamicRef``, one for each scope that leads to them.

    The outermost resource on the way to a ``$dynamicRef`` that has an anchor of its name
    decides what it means.
    """

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._document = resources.document
        self._names: dict[tuple[_Way, str], str] = {}
        self._reach: dict[_Way, bool] = {}

    def make(self) -> None:
        """Let every reference to a schema from outside of one lead to a copy where it matters."""
        entries = [
            (node, location)
            for shape, parent, at in list(walk(self._document))
            if shape in ("media type", "parameter", "header") and isinstance(parent.get("schema"), dict)
            for node, location in [(parent["schema"], (at, "schema"))]
        ]
        for schema, location in entries:
            way = tokens(location)
            self._rewrite(schema, way, self._entered({}, way))

    def _entered(self, scope: _Scope, way: _Way) -> _Scope:
        return {**self._resources.anchors(way), **scope}

    def _rewrite(self, schema: dict[str, Any], way: _Way, scope: _Scope) -> None:
        """Point the references in ``schema``, in place, to copies for ``scope``."""
        for _, node, location in list(walk(schema, "schema", location_of(*way))):
            here = tokens(location)
            own = scope
            for resource in self._resources.inner(way, here):
                own = self._entered(own, resource)
            if isinstance(node.get("$dynamicRef"), str):
                self._mean(node, own)
            elif (target := reference(node)) is not None and (to := way_of(target)) and self._reaches(to, ()):
                node["$ref"] = self._copy(to, own)

    def _mean(self, node: dict[str, Any], scope: _Scope) -> None:
        """Replace a ``$dynamicRef`` by what it means in ``scope``, unless it points to nothing."""
        static = way_of(node["$dynamicRef"]) or ()
        names = self._resources.anchors(static)
        name = next((name for name, way in names.items() if way == static), None)
        if name is None:
            return
        del node["$dynamicRef"]
        target = self._copy(scope.get(name, static), scope)
        self._resources.mean(node, target)

    def _copy(self, way: _Way, scope: _Scope) -> str:
        """Return a reference to the schema at ``way`` as it is in ``scope``."""
        if not self._reaches(way, ()):
            return pointer_of(way)
        scope = self._entered(scope, way)
        key = (way, json.dumps(sorted(scope.items())))
        if key not in self._names:
            schemas = self._document.setdefault("components", {}).setdefault("schemas", {})
            base = way[-1] if way else "schema"
            number = 2
            while f"{base}_{number}" in schemas:
                number += 1
            self._names[key] = name = f"{base}_{number}"
            copy: dict[str, Any] = copied(look_up(self._document, way))
            schemas[name] = copy
            self._rewrite(copy, way, scope)
        return SCHEMAS + written(self._names[key])

    def _reaches(self, way: _Way, above: tuple[_Way, ...]) -> bool:
        """Return whether the schema at ``way`` reaches a ``$dynamicRef``."""
        if way not in self._reach:
            self._reach[way] = False
            waiting, seen = [way], {way}
            while waiting:
                schema = look_up(self._document, waiting.pop())
                if not isinstance(schema, dict):
                    continue
                for _, node, _ in walk(schema, "schema"):
                    if "$dynamicRef" in node:
                        self._reach[way] = True
                        return True
                    target = reference(node)
                    to = None if target is None else way_of(target)
                    if to is not None and to not in seen:
                        seen.add(to)
                        waiting.append(to)
        return self._reach[way]
