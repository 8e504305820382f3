"""OpenAPI 3.0 Schema Objects as JSON Schema draft-07, to the letter or leniently.

Leniency is data: the lenient schema is a schema like any other, so every engine can run
it and two engines can be compared. What changes:

=====================  ==========================================================
``type: string``       also takes numbers and true/false
``enum``               in any case; Yes/No and true/false stand for each other
``type: number`` etc.  also takes text that reads as one ("1.50", "true")
``minimum`` etc.       hold for such text, too, unless it has an exponent ("1e3")
anything               may be null
``oneOf``              becomes ``anyOf``: leniency makes alternatives overlap
``required``           without the names that are readOnly
=====================  ==========================================================

Lengths, counts and ranges still hold, and so do containers and required fields.

``format`` is never asserted. Of 328 date-time examples in Zuora's document of 2020-12-10,
245 read ``2020-12-10 23:30:00``: no T and no zone, which RFC 3339 refuses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

from dynzuora._references import Components, referred
from dynzuora.model import Schema, parts
from dynzuora.schema.fields import Knowledge, Place, not_written
from dynzuora.schema.keywords import (
    ALTERNATIVE,
    KEYWORDS,
    MERGED,
    WHOLE,
    Form,
    Site,
    restricts,
    type_and_enum,
)

DRAFT = "http://json-schema.org/draft-07/schema#"

NOT_WRITTEN = {"request": "readOnly", "response": "writeOnly"}
"""Direction → the flag of properties that need not be there in that direction."""


class Translation(NamedTuple):
    """A draft-07 schema and what is needed to speak of it in the document's words.

    ``sources`` finds the document's schema by the id of the translated one;
    ``references`` are the translated ``$ref`` nodes with the schema they stand for;
    ``not_checked`` says what is in the document and in no engine.
    """

    schema: dict[str, Any]
    sources: Mapping[int, Schema]
    references: tuple[tuple[dict[str, Any], Any], ...]
    not_checked: tuple[str, ...]


def strict_schema(schema: Schema, components: Components, *, direction: str = "request") -> dict[str, Any]:
    """Return the letter of ``schema`` as a draft-07 document."""
    return translate(schema, components, Form(False, NOT_WRITTEN[direction])).schema


def standard_schema(schema: Schema, components: Components, *, direction: str = "request") -> dict[str, Any]:
    """Return ``schema`` with the leniency described above as a draft-07 document."""
    return translate(schema, components, Form(True, NOT_WRITTEN[direction])).schema


def translate(
    schema: Schema, components: Components, form: Form, *, knowledge: Knowledge | None = None
) -> Translation:
    """Return ``schema`` and every component it reaches, in the given form."""
    return Translator(knowledge or Knowledge(components), form).document(schema)


class Translator:
    def __init__(self, knowledge: Knowledge, form: Form) -> None:
        self._knowledge = knowledge
        self._components = knowledge.components
        self._form = form
        letter = form._replace(lenient=False, closed=False)
        self._letter = form if form == letter else letter
        self._custom_name = f"(?:{'|'.join(map(re.escape, knowledge.suffixes))})$"
        self._restricting: dict[int, list[Any]] = {}
        self._numbers: dict[int, int] = {}
        self._definitions: dict[str, Any] = {}
        self._waiting: list[tuple[str, Any, Form, str]] = []
        self._sources: dict[int, Schema] = {}
        self._references: list[tuple[dict[str, Any], str]] = []
        self._not_checked: dict[str, None] = {}
        self._exact: list[tuple[dict[str, Any], str]] = []

    def document(self, schema: Schema) -> Translation:
        root = self.node(schema, self._form)
        while self._waiting:
            name, each, form, role = self._waiting.pop()
            self._definitions[name] = self.node(each, form, role)
        self._break_circles()
        if self._not_checked:
            self._loosen_exact()
        result: dict[str, Any] = {"$schema": DRAFT, "allOf": [root]}
        if self._definitions:
            result["definitions"] = self._definitions
        references = tuple((node, self._definitions[name]) for node, name in self._references if node)
        return Translation(result, self._sources, references, tuple(self._not_checked))

    def node(self, schema: Any, form: Form, role: str = WHOLE, around: Schema | None = None) -> Any:
        """Return ``schema`` translated, and remember what it was."""
        if not isinstance(schema, (dict, Mapping)):
            if not isinstance(schema, bool):
                self.skip(f"{schema!r} stands where a schema should")
            return schema is not False
        if isinstance(schema.get("$ref"), str):
            return self._reference(schema["$ref"], form, role)
        result: dict[str, Any] = {}
        self._sources[id(result)] = schema
        site = Site(schema, result, form, role, around or schema)
        type_and_enum(self, site)
        for keyword, value in schema.items():
            if keyword in KEYWORDS:
                KEYWORDS[keyword](self, site, value)
        if role is not MERGED and form.lenient and "allOf" in schema:
            self._restrict_others(site)
        if role is WHOLE and form.closed:
            self._close(site)
        return result

    def branches(self, site: Site, schemas: Iterable[Any], role: str) -> list[Any]:
        return [self.node(each, site.form, role, site.around) for each in schemas]

    def also(self, site: Site, addition: dict[str, Any], source: Schema | None = None) -> None:
        """Add to the translated schema, or beside it where one of the keywords is taken."""
        if site.result.keys().isdisjoint(addition):
            site.result.update(addition)
        else:
            self._sources[id(addition)] = source or site.schema
            site.result.setdefault("allOf", []).append(addition)

    def up_to(self, site: Site, length: int, addition: dict[str, Any], source: Schema) -> None:
        """Add something that is only looked at in texts of at most ``length`` characters."""
        self._sources[id(addition)] = source
        self.also(site, {"if": {"maxLength": length}, "then": addition}, source)

    def skip(self, what: str) -> None:
        self._not_checked[what] = None

    def one_of(self, site: Site, value: list[Any]) -> None:
        source = {key: site.schema[key] for key in ("oneOf", "discriminator") if key in site.schema}
        if site.form.lenient:
            self.also(site, {"anyOf": self.branches(site, value, ALTERNATIVE)}, source)
        elif site.form.closed:
            # A narrower alternative could hide that two of them match: look again, always.
            self.also(site, {"not": {}}, source)
        else:
            site.result["oneOf"] = self.branches(site, value, ALTERNATIVE)
            self._exact.append((site.result, "oneOf"))

    def negate(self, site: Site, value: Any) -> None:
        site.result["not"] = self.node(value, self._letter)
        self._exact.append((site.result, "not"))

    def not_written(self, site: Site, names: Iterable[str]) -> frozenset[str]:
        flag, lenient = site.form.not_written, site.form.lenient
        return not_written(names, site.around, self._components, flag, beside_references=lenient)

    def _reference(self, reference: str, form: Form, role: str) -> dict[str, Any]:
        target = referred(reference, self._components)
        if target is None:
            self.skip(f"{reference} leads nowhere")
            return {}
        if not form.closed and not (role is MERGED and form.lenient and self._restrictions(target)):
            role = WHOLE
        name = reference.rpartition("/schemas/")[2] + (role if form is self._form else "/letter")
        return self._definition(name, target, form, role)

    def _definition(self, name: str, schema: Any, form: Form, role: str) -> dict[str, Any]:
        """Return a reference to ``schema``, which is translated later: it may contain this place."""
        if name not in self._definitions:
            self._definitions[name] = None
            self._waiting.append((name, schema, form, role))
        node = {"$ref": "#/definitions/" + quote(name.replace("~", "~0").replace("/", "~1"), safe="~")}
        self._references.append((node, name))
        return node

    def restricts_others(self, site: Site) -> bool:
        """Say whether ``additionalProperties`` is spoken for by the schema around (`_restrict_others`)."""
        return site.form.lenient and (site.role is MERGED or "allOf" in site.schema)

    def _restrict_others(self, site: Site) -> None:
        """Let ``additionalProperties`` be about the names that no merged schema declares.

        By the letter it is about all names its own schema does not declare. Zuora merges
        ``DataAccessControlField`` (other names are strings) into the new account of an order,
        which by the letter could then have no contact.
        """
        restrictions = self._restrictions(site.schema)
        if not restrictions:
            return
        names = Place([site.schema], self._knowledge).declared
        for restriction in restrictions:
            others: Any = False
            if restriction is not False:
                number = self._numbers.setdefault(id(restriction), len(self._numbers) + 1)
                others = self._definition(f"additional/{number}", restriction, site.form, WHOLE)
            addition = {"properties": dict.fromkeys(names, True), "additionalProperties": others}
            self.also(site, addition)

    def _restrictions(self, schema: Any) -> list[Any]:
        """Return every ``additionalProperties`` that allows less than anything, of the merged schemas."""
        found = self._restricting.get(id(schema))
        if found is None:
            merged = parts(schema, self._components, ("allOf",))
            additional = (part.schema.get("additionalProperties", True) for part in merged)
            found = self._restricting[id(schema)] = [each for each in additional if restricts(each)]
        return found

    def _close(self, site: Site) -> None:
        """Refuse unknown names. Every schema for the same value counts, so they are gathered here."""
        if site.schema.keys().isdisjoint(("properties", "allOf", "anyOf", "oneOf")):
            return
        place = Place([site.schema], self._knowledge)
        if place.names is None:
            return
        properties = site.result.setdefault("properties", {})
        for name in place.names:
            properties.setdefault(name, True)
        site.result["additionalProperties"] = False
        if self._knowledge.suffixes and not self._restrictions(site.schema):
            site.result["patternProperties"] = {"__" if place.custom else self._custom_name: True}

    def _loosen_exact(self) -> None:
        """Something is left out, so schemas take too much: a ``not`` or ``oneOf`` would refuse too much."""
        for result, keyword in self._exact:
            schemas = result.pop(keyword)
            if keyword == "oneOf":
                result.setdefault("allOf", []).append({"anyOf": schemas})
            self.skip(f"{keyword}, because something below it is not checked")

    def _break_circles(self) -> None:
        """A schema that refers to itself without going deeper says nothing, and no engine ends on it."""
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


def _references_in_place(schema: Any) -> Iterator[dict[str, Any]]:
    if not isinstance(schema, dict):
        return
    if "$ref" in schema:
        yield schema
        return
    for keyword in ("allOf", "anyOf", "oneOf"):
        for branch in schema.get(keyword, ()):
            yield from _references_in_place(branch)
    yield from _references_in_place(schema.get("not"))
