"""Inheritance by a discriminator on the parent, written out as alternatives.

A parent names a property, its children refer to it in ``allOf``, and which child a value is stands
in the value (OpenAPI 3.0.4, 4.8.25; Swagger 2.0, Schema Object, ``discriminator``). Nothing in the
parent leads to the children, so a schema that is read as it stands takes any value for one of them.
Here the parent becomes what it means, for everything that reads schemas::

    Pet:       allOf: [Pet.base]   anyOf: [Cat where kind is "cat", Dog where kind is "Dog", …]
    Pet.base:  the parent as it stood, to which the ``allOf`` of the children now lead

The name of a child is the key that ``mapping`` has for it, else the value that it demands of the
property itself, else the name of its component. A child that has children is treated likewise.
Alternatives that a schema lists itself are told apart in the same way (`tell_apart`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dynzuora._names import canonical
from dynzuora._references import SCHEMAS, look_up, way_of, written
from dynzuora.document.shapes import reference, walk
from dynzuora.document.targets import Targets

_KEPT = ("title", "description", "deprecated", "nullable", "readOnly", "writeOnly", "externalDocs")
_ALTERNATIVES = ("oneOf", "anyOf")

Schema = dict[str, Any]


def write_out(document: dict[str, Any], targets: Targets) -> None:
    """Write out every inheritance by discriminator in ``document``, in place."""
    schemas = look_up(document, ("components", "schemas"))
    if not isinstance(schemas, dict) or not any("discriminator" in schema for schema in schemas.values()):
        return
    tree = _Tree(targets, schemas)
    parents = {name: property for name in tree.roots for name, property in tree.parents(name)}
    if not parents:
        return
    bases = {name: _free(f"{name}.base", schemas) for name in parents}
    instead = {name: tree.written_out(name, property, bases) for name, property in parents.items()}
    _redirect(document, tree, bases)
    for name, schema in instead.items():
        base = schemas[name]
        schemas[bases[name]] = {key: base[key] for key in base if key not in _dropped(base, schema)}
        schemas[name] = schema


def _dropped(base: Schema, instead: Schema) -> set[str]:
    return {"discriminator", *(() if "anyOf" not in instead else _ALTERNATIVES)} & base.keys()


class _Tree:
    """Which component inherits from which."""

    def __init__(self, targets: Targets, schemas: dict[str, Schema]) -> None:
        self._document = targets
        self._schemas = schemas
        self.children: dict[str, list[str]] = {}
        for name, schema in schemas.items():
            for parent in dict.fromkeys(filter(None, map(self.component, _members(schema)))):
                self.children.setdefault(parent, []).append(name)
        self.roots = [name for name in schemas if self.property(name)]

    def property(self, name: str) -> str:
        """The property that a component's discriminator names, empty without one."""
        return _property(self._schemas[name])

    def component(self, schema: Schema) -> str | None:
        """The component that a schema is a reference to, not one that is only another reference."""
        name, seen = _component(schema), set[str]()
        while name in self._schemas and name not in seen and (further := _component(self._schemas[name])):
            seen.add(name)
            name = further
        return name

    def parents(self, root: str) -> Iterator[tuple[str, str]]:
        """Yield the components of a family that others inherit from, each with the property that tells."""
        property = self.property(root)
        schema = self._schemas[root]
        if any(word in schema for word in _ALTERNATIVES) and not self.children.get(root):
            return  # the alternatives are written out already
        if self.children.get(root) or self._mapping(root):
            yield root, property
        for name in self.descendants(root):
            if self.children.get(name) and not self.property(name):
                yield name, property

    def descendants(self, name: str) -> list[str]:
        """The components that inherit from ``name``; below one with another discriminator, that tells."""
        own = self.property(name)
        result: dict[str, None] = {}
        waiting = list(reversed(self.children.get(name, ())))
        while waiting:
            child = waiting.pop()
            if child == name or child in result:
                continue
            result[child] = None
            if self.property(child) in ("", own):
                waiting += reversed(self.children.get(child, ()))
        return list(result)

    def written_out(self, name: str, property: str, bases: Mapping[str, str]) -> Schema:
        """Return what a parent means."""
        schema, root = self._schemas[name], self._root_of(name, property)
        mapping, allowed = self._mapping(root), self._allowed(self._schemas[root], property)
        heirs = self.descendants(name)
        mapped = [child for child in mapping.values() if child in heirs or (name == root and child)]
        alternatives: list[Schema] = []
        taken: set[Any] = set()
        for child in dict.fromkeys([*mapped, *heirs]):
            if child != name:
                values = self._values(child, property, mapping, allowed)
                taken.update(values)
                target = child if self.property(child) not in ("", property) else bases.get(child, child)
                alternatives.append(
                    _alternative(child, target, property, {"enum": values} if values else None)
                )
        own = self._values(name, property, mapping, allowed)
        if name == root:  # the value of a child that is not in this document, and one that is nobody's
            own += [key for key, target in mapping.items() if not target]
            own += [value for value in allowed or () if value not in taken and value not in own]
        if own:
            alternatives.append(_alternative(name, bases[name], property, {"enum": own}))
        if default := self._named(_discriminator(self._schemas[root]).get("defaultMapping")):
            others = {"not": {"enum": [*taken, *own]}}  # OpenAPI 3.2, 4.25
            alternatives.append(_alternative(default, bases.get(default, default), property, others))
        return {
            **{key: schema[key] for key in _KEPT if key in schema},
            "allOf": [{"$ref": SCHEMAS + written(bases[name])}],
            "anyOf": alternatives,
            "discriminator": {
                "propertyName": property,
                **({"mapping": self._targets(name)} if self._targets(name) else {}),
            },
        }

    def _root_of(self, name: str, property: str) -> str:
        if self.property(name):
            return name
        above = (root for root in self.roots if self.property(root) == property)
        return next((root for root in above if name in self.descendants(root)), name)

    def _targets(self, name: str) -> dict[str, Any]:
        mapping = _discriminator(self._schemas[name]).get("mapping")
        return mapping if isinstance(mapping, dict) else {}

    def _mapping(self, name: str) -> dict[Any, str]:
        """Value → the component it stands for, empty where that is none of this document."""
        declared = _declared(self._document, self._schemas[name], self.property(name)) or {}
        is_whole = declared.get("type") == "integer"  # the keys of a mapping are text
        return {
            int(key) if is_whole and str(key).isdecimal() else str(key): self._named(target)
            for key, target in self._targets(name).items()
        }

    def _named(self, target: Any) -> str:
        name = _component({"$ref": target}) or str(target)
        return name if name in self._schemas else ""

    def _values(
        self, child: str, property: str, mapping: Mapping[Any, str], allowed: list[Any] | None
    ) -> list[Any]:
        """The values that stand for a child; none where nothing tells."""
        mapped = [key for key, target in mapping.items() if target == child]
        if mapped:
            return mapped
        if self.property(child) != property:
            for member in (self._schemas[child], *_members(self._schemas[child])):
                if reference(member) is None and (demanded := self._allowed(member, property)):
                    return list(demanded)
        if allowed is None or child in allowed:
            return [child]
        return [value for value in allowed if canonical(str(value)) == canonical(child)]

    def _allowed(self, schema: Schema, property: str) -> list[Any] | None:
        """The values that a schema lists for a property of its own, None where it lists none."""
        declared = _declared(self._document, schema, property)
        if declared is None:
            return None
        listed = [declared["const"]] if "const" in declared else declared.get("enum")
        if not isinstance(listed, list):
            return None
        return [value for value in listed if not isinstance(value, dict | list)] or None  # those name nothing


def tell_apart(schema: Schema, targets: Targets) -> None:
    """Let each alternative that has the property of a discriminator demand its value, in place.

    Where that may be any text, a value matches all of them at once, or one that is not meant.
    """
    discriminator, property = _discriminator(schema), _property(schema)
    mapping = discriminator.get("mapping")
    values: dict[str, list[str]] = {}
    for value, target in mapping.items() if isinstance(mapping, dict) else ():
        values.setdefault(_component({"$ref": target}) or str(target), []).append(str(value))
    default = discriminator.get("defaultMapping")
    for keyword in _ALTERNATIVES if property else ():
        for number, member in enumerate(_members(schema, keyword)):
            name = _component(member)
            if name and default not in (name, reference(member)) and _is_open(targets, member, property):
                narrowed = {"enum": values.get(name, [name])}
                schema[keyword][number] = _alternative(name, name, property, narrowed)


def _is_open(targets: Targets, schema: Schema, property: str) -> bool:
    """Whether a schema has a property that is any text."""
    declared = list(_declarations(targets, schema, property))
    return bool(declared) and all(
        {"enum", "const"}.isdisjoint(each) and each.get("type", "string") == "string" for each in declared
    )


def _declarations(targets: Targets, schema: Schema, property: str, depth: int = 0) -> Iterator[Schema]:
    """Yield what a schema and those in its ``allOf`` say of a property."""
    known = targets.of(schema)
    if known is not None and depth < _DEEPEST:
        if (own := _declared(targets, known, property)) is not None:
            yield own
        for member in _members(known):
            yield from _declarations(targets, member, property, depth + 1)


#: Of schemas in ``allOf``: deeper ones are in circles.
_DEEPEST = 10


def _discriminator(schema: Schema) -> Schema:
    discriminator = schema.get("discriminator")
    return discriminator if isinstance(discriminator, dict) else {}


def _property(schema: Schema) -> str:
    """Return the property that a discriminator names, empty without one."""
    named = _discriminator(schema).get("propertyName")
    return named if isinstance(named, str) else ""


def _declared(targets: Targets, schema: Schema, property: str) -> Schema | None:
    """Return what a schema says of a property of its own, None where it has none."""
    properties = schema.get("properties")
    return targets.of(properties.get(property)) if isinstance(properties, dict) else None


def _members(schema: Schema, keyword: str = "allOf") -> list[Schema]:
    """Return the members of a keyword, and those of an ``allOf`` within one."""
    members = schema.get(keyword)
    own = [member for member in members if isinstance(member, dict)] if isinstance(members, list) else []
    return own if keyword != "allOf" else [inner for member in own for inner in (member, *_members(member))]


def _component(schema: Mapping[str, Any]) -> str | None:
    """Return the name of the component that a schema is a reference to."""
    way = way_of(target) if (target := reference(schema)) is not None else None
    return way[2] if way is not None and len(way) == 3 and way[:2] == ("components", "schemas") else None


def _alternative(name: str, target: str, property: str, narrowed: Schema | None) -> Schema:
    """Return the schema of a child: ``title`` is its name, which its reference need not have."""
    properties = {"properties": {property: narrowed}} if narrowed else {}
    return {"title": name, "allOf": [{"$ref": SCHEMAS + written(target)}], **properties}


def _free(name: str, schemas: Mapping[str, Any]) -> str:
    while name in schemas:
        name += "_"
    return name


def _redirect(document: dict[str, Any], tree: _Tree, bases: Mapping[str, str]) -> None:
    """Let children inherit from the bases, and lead what pointed into a parent there too."""
    for parent, base in bases.items():
        for child in tree.children.get(parent, ()):
            for member in _members(look_up(document, ("components", "schemas", child))):
                if tree.component(member) == parent:
                    member["$ref"] = SCHEMAS + written(base)
    for _, node, _ in walk(document):
        target = reference(node)
        way = way_of(target) if target is not None else None
        if way is not None and len(way) > 3 and way[:2] == ("components", "schemas") and way[2] in bases:
            node["$ref"] = "#/" + "/".join(map(written, ("components", "schemas", bases[way[2]], *way[3:])))
