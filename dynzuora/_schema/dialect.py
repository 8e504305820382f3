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

import functools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

from dynzuora._patterns import BOOLEAN_TEXT, INTEGER_TEXT, NUMBER_TEXT, any_case, longest, portable
from dynzuora._schema.arithmetic import exact
from dynzuora._schema.fields import Components, Knowledge, Place, Schema, not_written, parts, referred
from dynzuora._schema.numerals import text_limit

DRAFT = "http://json-schema.org/draft-07/schema#"
TYPES = ("string", "number", "integer", "boolean", "object", "array", "null")

NOT_WRITTEN = {"request": "readOnly", "response": "writeOnly"}
"""Direction → the flag of properties that need not be there in that direction."""

_TEXT_OF = {"number": NUMBER_TEXT, "integer": INTEGER_TEXT, "boolean": BOOLEAN_TEXT}
_NUMBER = re.compile(NUMBER_TEXT)
_TRUTH = {"true": True, "yes": True, "false": False, "no": False}

# An enum of 100,000 values as one expression takes seconds and megabytes to compile; above
# this many characters the usual spellings are listed instead.
_LONGEST_EXPRESSION = 20_000


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


class Form(NamedTuple):
    """Which draft-07 schema to make of a Schema Object.

    ``closed`` makes a *gate*, narrower, quicker to compile and to run: unknown names are
    refused, and of an enum only the usual spellings are taken. What passes the gate is
    valid and has no unknown field; what does not must be looked at again.
    """

    lenient: bool
    not_written: str
    closed: bool = False


# What a schema is to the value it applies to: all there is to say, or a branch of allOf, or
# of anyOf and oneOf. Only the whole knows all names that a field may have.
_WHOLE, _MERGED, _ALTERNATIVE = "", "/merged", "/alternative"


class _Site(NamedTuple):
    """Where a keyword is translated. ``around`` is the outermost schema for the same value."""

    schema: Schema
    result: dict[str, Any]
    form: Form
    role: str
    around: Schema


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
    return _Translator(knowledge or Knowledge(components), form).document(schema)


class _Translator:
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

    def node(self, schema: Any, form: Form, role: str = _WHOLE, around: Schema | None = None) -> Any:
        """Return ``schema`` translated, and remember what it was."""
        if not isinstance(schema, (dict, Mapping)):
            if not isinstance(schema, bool):
                self.skip(f"{schema!r} stands where a schema should")
            return schema is not False
        if isinstance(schema.get("$ref"), str):
            return self._reference(schema["$ref"], form, role)
        result: dict[str, Any] = {}
        self._sources[id(result)] = schema
        site = _Site(schema, result, form, role, around or schema)
        _type_and_enum(self, site)
        for keyword, value in schema.items():
            if keyword in _KEYWORDS:
                _KEYWORDS[keyword](self, site, value)
        if role is not _MERGED and form.lenient and "allOf" in schema:
            self._restrict_others(site)
        if role is _WHOLE and form.closed:
            self._close(site)
        return result

    def branches(self, site: _Site, schemas: Iterable[Any], role: str) -> list[Any]:
        return [self.node(each, site.form, role, site.around) for each in schemas]

    def also(self, site: _Site, addition: dict[str, Any], source: Schema | None = None) -> None:
        """Add to the translated schema, or beside it where one of the keywords is taken."""
        if site.result.keys().isdisjoint(addition):
            site.result.update(addition)
        else:
            self._sources[id(addition)] = source or site.schema
            site.result.setdefault("allOf", []).append(addition)

    def up_to(self, site: _Site, length: int, addition: dict[str, Any], source: Schema) -> None:
        """Add something that is only looked at in texts of at most ``length`` characters."""
        self._sources[id(addition)] = source
        self.also(site, {"if": {"maxLength": length}, "then": addition}, source)

    def skip(self, what: str) -> None:
        self._not_checked[what] = None

    def one_of(self, site: _Site, value: list[Any]) -> None:
        source = {key: site.schema[key] for key in ("oneOf", "discriminator") if key in site.schema}
        if site.form.lenient:
            self.also(site, {"anyOf": self.branches(site, value, _ALTERNATIVE)}, source)
        elif site.form.closed:
            # A narrower alternative could hide that two of them match: look again, always.
            self.also(site, {"not": {}}, source)
        else:
            site.result["oneOf"] = self.branches(site, value, _ALTERNATIVE)
            self._exact.append((site.result, "oneOf"))

    def negate(self, site: _Site, value: Any) -> None:
        site.result["not"] = self.node(value, self._letter)
        self._exact.append((site.result, "not"))

    def not_written(self, site: _Site, names: Iterable[str]) -> frozenset[str]:
        flag, lenient = site.form.not_written, site.form.lenient
        return not_written(names, site.around, self._components, flag, beside_references=lenient)

    def _reference(self, reference: str, form: Form, role: str) -> dict[str, Any]:
        target = referred(reference, self._components)
        if target is None:
            self.skip(f"{reference} leads nowhere")
            return {}
        if not form.closed and not (role is _MERGED and form.lenient and self._restrictions(target)):
            role = _WHOLE
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

    def restricts_others(self, site: _Site) -> bool:
        """Say whether ``additionalProperties`` is spoken for by the schema around (`_restrict_others`)."""
        return site.form.lenient and (site.role is _MERGED or "allOf" in site.schema)

    def _restrict_others(self, site: _Site) -> None:
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
                others = self._definition(f"additional/{number}", restriction, site.form, _WHOLE)
            addition = {"properties": dict.fromkeys(names, True), "additionalProperties": others}
            self.also(site, addition)

    def _restrictions(self, schema: Any) -> list[Any]:
        """Return every ``additionalProperties`` that allows less than anything, of the merged schemas."""
        found = self._restricting.get(id(schema))
        if found is None:
            merged = parts(schema, self._components, ("allOf",))
            additional = (part.schema.get("additionalProperties", True) for part in merged)
            found = self._restricting[id(schema)] = [each for each in additional if _restricts(each)]
        return found

    def _close(self, site: _Site) -> None:
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


# --- type and enum: the two keywords that leniency changes -----------------------------------


def _type_and_enum(translator: _Translator, site: _Site) -> None:
    types = _types(translator, site.schema)
    values = _enum(translator, site.schema, types)
    if site.form.lenient and values is not None:
        translator.also(site, _lenient_enum(values, types, listed=site.form.closed))
        return
    if types and site.form.lenient:
        site.result.update(_lenient_type(tuple(types)))
    elif types:
        site.result.update(_strict_type(types, site.schema))
    if values is not None:
        site.result["enum"] = values


def _types(translator: _Translator, schema: Schema) -> list[str]:
    declared = schema.get("type", [])
    types = declared if isinstance(declared, list) else [declared]
    if all(each in TYPES for each in types):
        return types
    translator.skip(f"type {declared!r}")
    return []


def _enum(translator: _Translator, schema: Schema, types: list[str]) -> list[Any] | None:
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    if values is None and "enum" not in schema:
        return None
    if not isinstance(values, list) or not values:
        translator.skip(f"enum {values!r}")
        return None
    if types in (["array"], ["object"]) and not any(isinstance(each, (list, dict)) for each in values):
        translator.skip(f"an enum of single values where type is {types[0]}")
        return None
    return values


def _strict_type(types: list[str], schema: Schema) -> dict[str, Any]:
    if schema.get("nullable") is True and "null" not in types:
        types = [*types, "null"]
    return {"type": types[0] if len(types) == 1 else types}


@functools.cache
def _lenient_type(types: tuple[str, ...]) -> dict[str, Any]:
    if "string" in types:
        return {"type": list(dict.fromkeys((*types, "string", "number", "boolean", "null")))}
    texts = [_TEXT_OF[each] for each in types if each in _TEXT_OF]
    if not texts:
        return {"type": list(dict.fromkeys((*types, "null")))}
    pattern = texts[0] if len(texts) == 1 else "|".join(f"(?:{text})" for text in texts)
    return {"type": list(dict.fromkeys((*types, "string", "null"))), "pattern": pattern}


def _lenient_enum(values: list[Any], types: list[str], *, listed: bool) -> dict[str, Any]:
    words: dict[str, str] = {}
    others: dict[str, Any] = {}
    for value in values:
        for word in _words(value, types):
            words.setdefault(word.lower(), word)
        for other in _others(value):
            others.setdefault(repr(other), other)
    if listed or sum(map(len, words)) > _LONGEST_EXPRESSION:
        spellings = (each for word in words.values() for each in _spellings(word))
        return {"enum": [*dict.fromkeys(spellings), *others.values(), None]}
    if not others:
        return {"type": ["string", "null"], "pattern": any_case(words.values())}
    if not words:
        return {"enum": [*others.values(), None]}
    text = {"type": "string", "pattern": any_case(words.values())}
    return {"anyOf": [text, {"enum": [*others.values(), None]}]}


def _words(value: Any, types: list[str]) -> tuple[str, ...]:
    """Return the texts that stand for an enum value. YAML made true and false of 41 Yes and No."""
    if isinstance(value, bool):
        word = "true" if value else "false"
        return (word,) if types == ["boolean"] else (word, "yes" if value else "no")
    if isinstance(value, str):
        return (value,)
    return () if value is None or isinstance(value, (list, dict)) else (str(value),)


def _others(value: Any) -> tuple[Any, ...]:
    """Return the values other than text that stand for an enum value."""
    if not isinstance(value, str):
        return () if value is None else (value,)
    if value.lower() in _TRUTH:
        return (_TRUTH[value.lower()],)
    if not _NUMBER.search(value):
        return ()
    return (int(value) if value.lstrip("+-").isdigit() else float(value),)


def _spellings(word: str) -> tuple[str, ...]:
    return (word, word.lower(), word.upper(), word.capitalize(), word.title(), word[:1].lower() + word[1:])


# --- the other keywords: one row each --------------------------------------------------------


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_count(value: Any) -> bool:
    return _is_number(value) and value >= 0 and value == int(value)


def _is_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _is_schemas(value: Any) -> bool:
    return isinstance(value, list) and bool(value)


_Keyword = Callable[[_Translator, _Site, Any], None]


def _guarded(keyword: str, well_formed: Callable[[Any], bool], translate_it: _Keyword) -> _Keyword:
    """A keyword that does not have the shape it must have is left out and reported."""

    def guarded(translator: _Translator, site: _Site, value: Any) -> None:
        if well_formed(value):
            translate_it(translator, site, value)
        else:
            translator.skip(f"{keyword} {value!r}"[:120])

    return guarded


def _keep(keyword: str) -> _Keyword:
    def keep(_: _Translator, site: _Site, value: Any) -> None:
        site.result[keyword] = value

    return keep


def _length(keyword: str) -> _Keyword:
    def keep(_: _Translator, site: _Site, value: Any) -> None:
        if not _is_text_of_another_type(site):
            site.result[keyword] = int(value)

    return keep


def _pattern(translator: _Translator, site: _Site, value: str) -> None:
    if _is_text_of_another_type(site):
        return
    pattern = portable(value)
    if pattern is None:
        translator.skip(f"pattern {value!r}"[:120])
        return
    limit = longest(value)
    most = site.schema.get("maxLength")
    if limit is None or (isinstance(most, int) and most <= limit):
        translator.also(site, {"pattern": pattern}, {"pattern": value})
    else:
        translator.skip(f"pattern {value!r}"[:80] + f" in texts of more than {limit} characters")
        translator.up_to(site, limit, {"pattern": pattern}, {"pattern": value})


def _is_text_of_another_type(site: _Site) -> bool:
    """The text is there because of leniency ("12.50"): what the document says of texts is not about it."""
    return site.form.lenient and site.schema.get("type") in ("number", "integer", "boolean")


def _limit(keyword: str, exclusive: str) -> _Keyword:
    """In 3.0 ``exclusiveMinimum`` is true or false and changes ``minimum``; in draft-07 it is a number."""

    def limit(translator: _Translator, site: _Site, value: Any) -> None:
        told = exclusive if site.schema.get(exclusive) is True else keyword
        site.result[told] = value
        _limit_texts(translator, site, told, value)

    return limit


def _exclusive_limit(keyword: str) -> _Keyword:
    def limit(translator: _Translator, site: _Site, value: Any) -> None:
        if not isinstance(value, bool):
            site.result[keyword] = value
            _limit_texts(translator, site, keyword, value)

    return limit


def _limit_texts(translator: _Translator, site: _Site, keyword: str, value: Any) -> None:
    """Hold a number written as text to the limit of numbers, where the text is there by leniency alone."""
    if not _is_text_of_another_type(site):
        return
    pattern = text_limit(keyword, exact(value))
    if pattern is not None:
        translator.also(site, {"pattern": pattern}, {keyword: value})


def _required(translator: _Translator, site: _Site, value: list[str]) -> None:
    dropped = translator.not_written(site, value)
    names = [name for name in dict.fromkeys(value) if name not in dropped]
    if names:
        site.result["required"] = names


def _properties(translator: _Translator, site: _Site, value: Mapping[str, Any]) -> None:
    site.result["properties"] = {name: translator.node(each, site.form) for name, each in value.items()}


def _items(translator: _Translator, site: _Site, value: Any) -> None:
    site.result["items"] = translator.node(value, site.form)


def _additional(translator: _Translator, site: _Site, value: Any) -> None:
    if not translator.restricts_others(site):
        site.result["additionalProperties"] = translator.node(value, site.form)


def _all_of(translator: _Translator, site: _Site, value: list[Any]) -> None:
    site.result.setdefault("allOf", []).extend(translator.branches(site, value, _MERGED))


def _any_of(translator: _Translator, site: _Site, value: list[Any]) -> None:
    translator.also(site, {"anyOf": translator.branches(site, value, _ALTERNATIVE)}, {"anyOf": value})


def _not_in_this_dialect(keyword: str) -> _Keyword:
    def skip(translator: _Translator, _: _Site, value: Any) -> None:
        translator.skip(keyword)

    return skip


def _is_schema(value: Any) -> bool:
    return isinstance(value, (Mapping, bool))


def _restricts(additional: Any) -> bool:
    if not isinstance(additional, Mapping):
        return additional is False
    return not _CONSTRAINING.isdisjoint(additional)


_ROWS: tuple[tuple[str, Callable[[Any], bool], _Keyword], ...] = (
    ("minLength", _is_count, _length("minLength")),
    ("maxLength", _is_count, _length("maxLength")),
    ("pattern", lambda value: isinstance(value, str), _pattern),
    ("minItems", _is_count, _keep("minItems")),
    ("maxItems", _is_count, _keep("maxItems")),
    ("uniqueItems", lambda value: isinstance(value, bool), _keep("uniqueItems")),
    ("minProperties", _is_count, _keep("minProperties")),
    ("maxProperties", _is_count, _keep("maxProperties")),
    ("minimum", _is_number, _limit("minimum", "exclusiveMinimum")),
    ("maximum", _is_number, _limit("maximum", "exclusiveMaximum")),
    ("exclusiveMinimum", lambda value: isinstance(value, (int, float)), _exclusive_limit("exclusiveMinimum")),
    ("exclusiveMaximum", lambda value: isinstance(value, (int, float)), _exclusive_limit("exclusiveMaximum")),
    ("multipleOf", lambda value: _is_number(value) and value > 0, _keep("multipleOf")),
    ("required", _is_names, _required),
    ("properties", lambda value: isinstance(value, Mapping), _properties),
    ("additionalProperties", _is_schema, _additional),
    ("items", _is_schema, _items),
    ("allOf", _is_schemas, _all_of),
    ("anyOf", _is_schemas, _any_of),
    ("oneOf", _is_schemas, _Translator.one_of),
    ("not", _is_schema, _Translator.negate),
)
_NOT_IN_OPENAPI_3_0 = (
    *("patternProperties", "propertyNames", "contains", "prefixItems", "if", "dependentRequired"),
    *("dependentSchemas", "dependencies", "unevaluatedProperties", "unevaluatedItems", "$dynamicRef"),
)

_SHAPES = {keyword: shape for keyword, shape, _ in _ROWS}


def well_formed(keyword: str, value: Any) -> bool:
    """Say whether a keyword has a value of the shape it must have."""
    return _SHAPES[keyword](value)


_KEYWORDS: dict[str, _Keyword] = {
    **{keyword: _guarded(keyword, shape, row) for keyword, shape, row in _ROWS},
    **{keyword: _not_in_this_dialect(keyword) for keyword in _NOT_IN_OPENAPI_3_0},
}

_CONSTRAINING = frozenset((*_KEYWORDS, "type", "enum", "const", "$ref"))
