"""Schema Objects as JSON Schema draft 2020-12, strict or lenient.

OpenAPI 3.0 has words of its own for some of it; those of 3.1 are 2020-12 already.

The lenient schema is a schema like any other (decision 3), so any engine can run it and two
engines can be compared. What changes:

=====================  ==========================================================
``type: string``       also takes numbers and true/false
``enum``               in any case; Yes/No and true/false are interchangeable
``type: number`` etc.  also takes text that spells one ("1.50", "true")
``minimum`` etc.       apply to such text, unless it has an exponent ("1e3")
anything               may be null
``oneOf``              becomes ``anyOf``: lenient alternatives overlap
``required``           without the names that are readOnly
=====================  ==========================================================

Lengths, counts, ranges, containers and required fields are checked as ever.

``format`` is never asserted. Of 328 date-time examples in Zuora's document of 2020-12-10,
245 have the form ``2020-12-10 23:30:00``, which RFC 3339 does not allow.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

from dynzuora._references import Components, referred
from dynzuora.model import IN_PLACE, Schema, parts
from dynzuora.schema.fields import Knowledge, SchemaLocation, not_written
from dynzuora.schema.keywords import (
    ALTERNATIVE,
    KEYWORDS,
    MERGED,
    WHOLE,
    Site,
    Variant,
    restricts,
    type_and_enum,
)

DRAFT = "https://json-schema.org/draft/2020-12/schema"

NOT_WRITTEN = {"request": "readOnly", "response": "writeOnly"}
"""Direction → the flag of properties that are not required in that direction."""


class Translation(NamedTuple):
    """A schema of 2020-12, with what is needed to report problems in the document's words.

    ``sources`` maps the id of a translated schema to the document's own; ``references`` are
    the translated ``$ref`` nodes with their targets; ``not_checked`` names what the document
    says that no engine checks.
    """

    schema: dict[str, Any]
    sources: Mapping[int, Schema]
    references: tuple[tuple[dict[str, Any], Any], ...]
    not_checked: tuple[str, ...]


def strict_schema(schema: Schema, components: Components, *, direction: str = "request") -> dict[str, Any]:
    """Return ``schema`` as a document of JSON Schema 2020-12, without leniency."""
    return translate(schema, components, Variant(False, NOT_WRITTEN[direction])).schema


def standard_schema(schema: Schema, components: Components, *, direction: str = "request") -> dict[str, Any]:
    """Return ``schema`` as a document of JSON Schema 2020-12, with the leniency described above."""
    return translate(schema, components, Variant(True, NOT_WRITTEN[direction])).schema


def translate(
    schema: Schema, components: Components, variant: Variant, *, knowledge: Knowledge | None = None
) -> Translation:
    """Return ``schema`` and every component it reaches, in that variant."""
    return _Translator(knowledge or Knowledge(components), variant).document(schema)


class _Translator:
    """Translates one schema; see `dynzuora.schema.keywords.Translator` for what keywords may ask of it."""

    def __init__(self, knowledge: Knowledge, variant: Variant) -> None:
        self._knowledge = knowledge
        self._components = knowledge.components
        self._variant = variant
        strict = variant._replace(lenient=False, prefilter=False)
        self._strict = variant if variant == strict else strict
        self._custom_name = f"(?:{'|'.join(map(re.escape, knowledge.suffixes))})$"
        self._restricting: dict[int, list[Any]] = {}
        self._numbers: dict[int, int] = {}
        self._definitions: dict[str, Any] = {}
        self._waiting: list[tuple[str, Any, Variant, str]] = []
        self._sources: dict[int, Schema] = {}
        self._references: list[tuple[dict[str, Any], str]] = []
        self._not_checked: dict[str, None] = {}
        self._exact_keywords: list[tuple[dict[str, Any], str]] = []

    def document(self, schema: Schema) -> Translation:
        root = self.node(schema, self._variant)
        while self._waiting:
            name, component, variant, role = self._waiting.pop()
            self._definitions[name] = self.node(component, variant, role)
        self._break_circles()
        if self._not_checked:
            self._loosen_exact_keywords()
        result: dict[str, Any] = {"$schema": DRAFT, "allOf": [root]}
        if self._definitions:
            result["$defs"] = self._definitions
        references = tuple((node, self._definitions[name]) for node, name in self._references if node)
        return Translation(result, self._sources, references, tuple(self._not_checked))

    def node(self, schema: Any, variant: Variant, role: str = WHOLE, around: Schema | None = None) -> Any:
        """Return the translated schema, and remember where it came from."""
        if not isinstance(schema, (dict, Mapping)):
            if not isinstance(schema, bool):
                self.skip(f"{schema!r} where a schema belongs")
            return schema is not False
        if isinstance(schema.get("$ref"), str):
            return self._reference(schema["$ref"], variant, role)
        result: dict[str, Any] = {}
        self._sources[id(result)] = schema
        site = Site(schema, result, variant, role, around or schema)
        type_and_enum(self, site)
        for keyword, value in schema.items():
            if keyword in KEYWORDS:
                KEYWORDS[keyword](self, site, value)
        if role is not MERGED and variant.lenient and "allOf" in schema:
            self._restrict_others(site)
        if role is WHOLE and variant.prefilter:
            self._close(site)
        return result

    def branches(self, site: Site, schemas: Iterable[Any], role: str) -> list[Any]:
        return [self.node(schema, site.variant, role, site.around) for schema in schemas]

    def also(self, site: Site, addition: dict[str, Any], source: Schema | None = None) -> None:
        """Add keywords to the translated schema, in an ``allOf`` where one of them is taken."""
        if site.result.keys().isdisjoint(addition):
            site.result.update(addition)
        else:
            self._sources[id(addition)] = source or site.schema
            site.result.setdefault("allOf", []).append(addition)

    def apart(self, site: Site, addition: dict[str, Any], source: Schema | None = None) -> None:
        """Add keywords in an ``allOf``, apart from all others."""
        self._sources[id(addition)] = source or site.schema
        site.result.setdefault("allOf", []).append(addition)

    def up_to(self, site: Site, length: int, addition: dict[str, Any], source: Schema) -> None:
        """Add keywords that only apply to text of at most ``length`` characters."""
        self._sources[id(addition)] = source
        self.also(site, {"if": {"maxLength": length}, "then": addition}, source)

    def skip(self, what: str) -> None:
        self._not_checked[what] = None

    def one_of(self, site: Site, value: list[Any]) -> None:
        source = {key: site.schema[key] for key in ("oneOf", "discriminator") if key in site.schema}
        if site.variant.lenient:
            self.also(site, {"anyOf": self.branches(site, value, ALTERNATIVE)}, source)
        elif site.variant.prefilter:
            # A narrower alternative could hide that two of them match, so never accept here.
            self.also(site, {"not": {}}, source)
        else:
            site.result["oneOf"] = self.branches(site, value, ALTERNATIVE)
            self._exact_keywords.append((site.result, "oneOf"))

    def strict(self, schema: Any) -> Any:
        return self.node(schema, self._strict)

    def exact(self, result: dict[str, Any], keyword: str) -> None:
        self._exact_keywords.append((result, keyword))

    def not_written(self, site: Site, names: Iterable[str]) -> frozenset[str]:
        flag, lenient = site.variant.not_written, site.variant.lenient
        return not_written(names, site.around, self._components, flag, beside_references=lenient)

    def _reference(self, reference: str, variant: Variant, role: str) -> dict[str, Any]:
        target = referred(reference, self._components)
        if target is None:
            self.skip(f"{reference} points to nothing")
            return {}
        if not variant.prefilter and not (role is MERGED and variant.lenient and self._restrictions(target)):
            role = WHOLE
        name = reference.rpartition("/schemas/")[2] + (role if variant is self._variant else "/strict")
        return self._definition(name, target, variant, role)

    def _definition(self, name: str, schema: Any, variant: Variant, role: str) -> dict[str, Any]:
        """Return a reference to ``schema``, which is translated later: it may be recursive."""
        if name not in self._definitions:
            self._definitions[name] = None
            self._waiting.append((name, schema, variant, role))
        node = {"$ref": "#/$defs/" + quote(name.replace("~", "~0").replace("/", "~1"), safe="~")}
        self._references.append((node, name))
        return node

    def restricts_others(self, site: Site) -> bool:
        """Return whether the enclosing schema handles ``additionalProperties`` (`_restrict_others`)."""
        return site.variant.lenient and (site.role is MERGED or "allOf" in site.schema)

    def _restrict_others(self, site: Site) -> None:
        """Apply ``additionalProperties`` only to names that no merged schema declares.

        Strictly, it applies to every name its own schema does not declare. Zuora merges
        ``DataAccessControlField`` (other names are strings) into the new account of an order,
        which strictly could then have no contact.
        """
        restrictions = self._restrictions(site.schema)
        if not restrictions:
            return
        location = SchemaLocation([site.schema], self._knowledge)
        names, patterns = location.declared, [pattern.pattern for pattern in location.patterns]
        for restriction in restrictions:
            others: Any = False
            if restriction is not False:
                number = self._numbers.setdefault(id(restriction), len(self._numbers) + 1)
                others = self._definition(f"additional/{number}", restriction, site.variant, WHOLE)
            addition = {"properties": dict.fromkeys(names, True), "additionalProperties": others}
            if patterns:
                addition["patternProperties"] = dict.fromkeys(patterns, True)
            self.also(site, addition)

    def _restrictions(self, schema: Any) -> list[Any]:
        """Return every ``additionalProperties`` of the merged schemas that restricts something."""
        restrictions = self._restricting.get(id(schema))
        if restrictions is None:
            merged = parts(schema, self._components, ("allOf",))
            additional = (part.schema.get("additionalProperties", True) for part in merged)
            restrictions = self._restricting[id(schema)] = [
                restriction for restriction in additional if restricts(restriction)
            ]
        return restrictions

    def _close(self, site: Site) -> None:
        """Refuse unknown names; the names of all schemas for the same value are collected here."""
        if site.schema.keys().isdisjoint(("properties", "patternProperties", *IN_PLACE)):
            return
        if site.result.get("additionalProperties") is False:
            return  # closed by its own word, also to names that only its branches declare
        location = SchemaLocation([site.schema], self._knowledge)
        if location.names is None:
            return
        properties = site.result.setdefault("properties", {})
        for name in location.names:
            properties.setdefault(name, True)
        site.result["additionalProperties"] = False
        if self._knowledge.suffixes and not self._restrictions(site.schema):
            patterns = site.result.setdefault("patternProperties", {})
            patterns.setdefault("__" if location.containers else self._custom_name, True)

    def _loosen_exact_keywords(self) -> None:
        """Drop ``not``, ``oneOf`` and their like.

        Below them, a keyword that is not checked would refuse valid values.
        """
        for result, keyword in self._exact_keywords:
            schemas = result.pop(keyword)
            for beside in _BESIDE.get(keyword, ()):
                result.pop(beside, None)
            if keyword == "oneOf":
                result.setdefault("allOf", []).append({"anyOf": schemas})
            self.skip(f"{keyword}, because something below it is not checked")

    def _break_circles(self) -> None:
        """Cut references that lead back to themselves without going deeper: no engine terminates on them."""
        target_of = {id(node): name for node, name in self._references}
        finished: set[str] = set()

        def visit(name: str, above: tuple[str, ...]) -> None:
            for node in _references_in_place(self._definitions[name]):
                target = target_of[id(node)]
                if target in above:
                    node.clear()
                    self.skip(f"#/components/schemas/{target} refers to itself")
                elif target not in finished:
                    visit(target, (*above, target))
            finished.add(name)

        for name in self._definitions:
            if name not in finished:
                visit(name, (name,))


#: Keywords that say nothing without another.
_BESIDE = {"if": ("then", "else"), "contains": ("minContains", "maxContains")}


def _references_in_place(schema: Any) -> Iterator[dict[str, Any]]:
    if not isinstance(schema, dict):
        return
    if "$ref" in schema:
        yield schema
        return
    for keyword in ("allOf", "anyOf", "oneOf"):
        for branch in schema.get(keyword, ()):
            yield from _references_in_place(branch)
    for branch in schema.get("dependentSchemas", {}).values():
        yield from _references_in_place(branch)
    for keyword in ("not", "if", "then", "else"):
        yield from _references_in_place(schema.get(keyword))
