"""The keywords of a Schema Object, one row each: the type of its value, and its 2020-12 equivalent.

An invalid keyword is left out and reported; the others are still checked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, Protocol, TypeGuard

from dynzuora._patterns import longest, portable
from dynzuora.model import Schema
from dynzuora.schema.arithmetic import exact
from dynzuora.schema.leniency import lenient_enum, lenient_type
from dynzuora.schema.numerals import text_limit

TYPES = ("string", "number", "integer", "boolean", "object", "array", "null")


class Variant(NamedTuple):
    """Which schema of 2020-12 to make of a Schema Object.

    ``prefilter`` makes a narrower schema that is quicker to compile and to run: unknown names
    are refused, and of an enum only the usual spellings are accepted. What passes it is valid
    and has no unknown field; what does not has to be checked again.
    """

    lenient: bool
    not_written: str
    prefilter: bool = False


# The role of a schema for its value: the whole, or a branch of allOf, or of anyOf and oneOf.
# Only the whole knows every name that a field may have.
WHOLE, MERGED, ALTERNATIVE = "", "/merged", "/alternative"


class Site(NamedTuple):
    """Where a keyword is translated. ``around`` is the outermost schema for the same value."""

    schema: Schema
    result: dict[str, Any]
    variant: Variant
    role: str
    around: Schema


class Translator(Protocol):
    """What a keyword may ask of the translator."""

    def node(self, schema: Any, variant: Variant) -> Any:
        """Return ``schema`` translated."""

    def branches(self, site: Site, schemas: Iterable[Any], role: str) -> list[Any]:
        """Return the branches of ``allOf``, ``anyOf`` or ``oneOf`` translated."""

    def also(self, site: Site, addition: dict[str, Any], source: Schema | None = None) -> None:
        """Add keywords to the translated schema."""

    def up_to(self, site: Site, length: int, addition: dict[str, Any], source: Schema) -> None:
        """Add keywords for text of at most ``length`` characters."""

    def apart(self, site: Site, addition: dict[str, Any], source: Schema | None = None) -> None:
        """Add keywords in an ``allOf``, apart from all others."""

    def skip(self, what: str) -> None:
        """Record something that is not checked."""

    def one_of(self, site: Site, value: list[Any]) -> None:
        """Translate ``oneOf``."""

    def strict(self, schema: Any) -> Any:
        """Return ``schema`` translated without leniency, for where accepting more would refuse more."""

    def exact(self, result: dict[str, Any], keyword: str) -> None:
        """Record a keyword to drop if anything turns out not to be checked."""

    def not_written(self, site: Site, names: Iterable[str]) -> frozenset[str]:
        """Return those of ``names`` that are not required in this direction."""

    def restricts_others(self, site: Site) -> bool:
        """Return whether ``additionalProperties`` is handled elsewhere."""


def type_and_enum(translator: Translator, site: Site) -> None:
    types = _types(translator, site.schema)
    values = _enum(translator, site.schema, types)
    if site.variant.lenient and values is not None:
        translator.also(site, lenient_enum(values, types, listed=site.variant.prefilter))
        return
    if types and site.variant.lenient:
        site.result.update(lenient_type(tuple(types)))
    elif types:
        site.result.update(_strict_type(types, site.schema))
    if values is not None:
        site.result["enum"] = values


def _types(translator: Translator, schema: Schema) -> list[str]:
    declared = schema.get("type", [])
    types = declared if isinstance(declared, list) else [declared]
    if all(name in TYPES for name in types):
        return types
    translator.skip(f"type {declared!r}")
    return []


def _enum(translator: Translator, schema: Schema, types: list[str]) -> list[Any] | None:
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    if values is None and "enum" not in schema:
        return None
    if not isinstance(values, list) or not values:
        translator.skip(f"enum {values!r}")
        return None
    if types in (["array"], ["object"]) and not any(isinstance(value, (list, dict)) for value in values):
        translator.skip(f"an enum of scalars where type is {types[0]}")
        return None
    return values


def _strict_type(types: list[str], schema: Schema) -> dict[str, Any]:
    if schema.get("nullable") is True and "null" not in types:
        types = [*types, "null"]
    return {"type": types[0] if len(types) == 1 else types}


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_count(value: Any) -> TypeGuard[float]:
    return _is_number(value) and value >= 0 and value == int(value)


def _is_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


def _is_map(value: Any) -> bool:
    return isinstance(value, Mapping)


def _is_schemas(value: Any) -> bool:
    return isinstance(value, list) and bool(value)


_Keyword = Callable[[Translator, Site, Any], None]


def _guarded(keyword: str, well_formed: Callable[[Any], bool], translate_it: _Keyword) -> _Keyword:
    """Leave out and report the keyword where its value is invalid."""

    def guarded(translator: Translator, site: Site, value: Any) -> None:
        if well_formed(value):
            translate_it(translator, site, value)
        else:
            translator.skip(f"{keyword} {value!r}"[:120])

    return guarded


def _keep(keyword: str) -> _Keyword:
    def keep(_: Translator, site: Site, value: Any) -> None:
        site.result[keyword] = value

    return keep


def _length(keyword: str) -> _Keyword:
    def keep(_: Translator, site: Site, value: Any) -> None:
        if not _is_text_of_another_type(site):
            site.result[keyword] = int(value)

    return keep


def _pattern(translator: Translator, site: Site, value: str) -> None:
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


def _is_text_of_another_type(site: Site) -> bool:
    """Return whether text is only accepted by leniency ("12.50"): limits of text do not apply to it."""
    return site.variant.lenient and site.schema.get("type") in ("number", "integer", "boolean")


def _limit(keyword: str, exclusive: str) -> _Keyword:
    """In 3.0 ``exclusiveMinimum`` is true or false and changes ``minimum``; in 2020-12 it is a number."""

    def limit(translator: Translator, site: Site, value: Any) -> None:
        name = exclusive if site.schema.get(exclusive) is True else keyword
        site.result[name] = value
        _limit_texts(translator, site, name, value)

    return limit


def _exclusive_limit(keyword: str) -> _Keyword:
    def limit(translator: Translator, site: Site, value: Any) -> None:
        if not isinstance(value, bool):
            site.result[keyword] = value
            _limit_texts(translator, site, keyword, value)

    return limit


def _limit_texts(translator: Translator, site: Site, keyword: str, value: Any) -> None:
    """Apply the limit of a number to numbers written as text, where only leniency accepts text."""
    if not _is_text_of_another_type(site):
        return
    pattern = text_limit(keyword, exact(value))
    if pattern is not None:
        translator.also(site, {"pattern": pattern}, {keyword: value})


def _required(translator: Translator, site: Site, value: list[str]) -> None:
    dropped = translator.not_written(site, value)
    names = [name for name in dict.fromkeys(value) if name not in dropped]
    if names:
        site.result["required"] = names


def _properties(translator: Translator, site: Site, value: Mapping[str, Any]) -> None:
    site.result["properties"] = {
        name: translator.node(schema, site.variant) for name, schema in value.items()
    }


def _items(translator: Translator, site: Site, value: Any) -> None:
    site.result["items"] = translator.node(value, site.variant)


def _additional(translator: Translator, site: Site, value: Any) -> None:
    if restricts(value) and translator.restricts_others(site):
        return
    if restricts(value) and not all(map(is_checked_name, site.schema.get("patternProperties", ()))):
        translator.skip("additionalProperties, because names beside it are not checked")
        return
    site.result["additionalProperties"] = translator.node(value, site.variant)


def _all_of(translator: Translator, site: Site, value: list[Any]) -> None:
    site.result.setdefault("allOf", []).extend(translator.branches(site, value, MERGED))


def _any_of(translator: Translator, site: Site, value: list[Any]) -> None:
    translator.also(site, {"anyOf": translator.branches(site, value, ALTERNATIVE)}, {"anyOf": value})


def _one_of(translator: Translator, site: Site, value: list[Any]) -> None:
    translator.one_of(site, value)


def _negate(translator: Translator, site: Site, value: Any) -> None:
    site.result["not"] = translator.strict(value)
    translator.exact(site.result, "not")


# --- what only JSON Schema 2020-12 has -------------------------------------------------------


def _prefix_items(translator: Translator, site: Site, value: list[Any]) -> None:
    site.result["prefixItems"] = [translator.node(schema, site.variant) for schema in value]


def _contains(translator: Translator, site: Site, value: Any) -> None:
    most, least = site.schema.get("maxContains"), site.schema.get("minContains")
    lower = {"minContains": int(least)} if _is_count(least) else {}
    translator.apart(site, {"contains": translator.node(value, site.variant), **lower})
    if not _is_count(most):
        return
    if site.variant.prefilter:
        translator.apart(site, _NEVER)
        return
    addition = {"contains": translator.strict(value), "minContains": 0, "maxContains": int(most)}
    translator.apart(site, addition)
    translator.exact(addition, "contains")


_NEVER: dict[str, Any] = {"not": {}}
"""Accepts nothing: in a prefilter, where a narrower schema could accept more."""


def _pattern_properties(translator: Translator, site: Site, value: Mapping[str, Any]) -> None:
    result = site.result.setdefault("patternProperties", {})
    for pattern, schema in value.items():
        if is_checked_name(pattern):
            result[portable(pattern)] = translator.node(schema, site.variant)
        else:
            translator.skip(f"properties with names matching {pattern!r}"[:120])


def is_checked_name(pattern: str) -> bool:
    """Return whether a pattern of ``patternProperties`` is checked."""
    return portable(pattern) is not None and (longest(pattern) or _LONGEST_NAME) >= _LONGEST_NAME


_LONGEST_NAME = 200
"""A pattern that is too slow for names of this length is not checked."""


def _property_names(translator: Translator, site: Site, value: Any) -> None:
    translator.apart(site, {"propertyNames": translator.strict(value)})


def _condition(translator: Translator, site: Site, value: Any) -> None:
    """Translate ``if``, ``then`` and ``else``.

    Leniently, a value that fits ``if`` in some lenient spelling may fit ``then`` in place of ``else``.
    """
    then, other = site.schema.get("then", True), site.schema.get("else", True)
    if site.variant.prefilter:
        translator.apart(site, _NEVER)
        return
    addition: dict[str, Any] = {"if": translator.strict(value)}
    [then_branch] = translator.branches(site, [then], ALTERNATIVE)
    [else_branch] = translator.branches(site, [other], ALTERNATIVE)
    if site.variant.lenient and other is not True:
        [lenient] = translator.branches(site, [value], ALTERNATIVE)
        else_branch = {"anyOf": [else_branch, {"allOf": [lenient, then_branch]}]}
    addition |= {"then": then_branch, "else": else_branch}
    translator.apart(
        site, addition, {key: site.schema[key] for key in ("then", "else") if key in site.schema}
    )
    translator.exact(addition, "if")


def _dependent_required(translator: Translator, site: Site, value: Mapping[str, Any]) -> None:
    site.result["dependentRequired"] = {
        name: [other for other in dict.fromkeys(names) if other not in translator.not_written(site, names)]
        for name, names in value.items()
        if _is_names(names)
    }


def _dependent_schemas(translator: Translator, site: Site, value: Mapping[str, Any]) -> None:
    branches = translator.branches(site, value.values(), ALTERNATIVE)
    site.result["dependentSchemas"] = dict(zip(value, branches, strict=True))


def _unevaluated(keyword: str) -> _Keyword:
    def unevaluated(translator: Translator, site: Site, value: Any) -> None:
        if site.variant.prefilter and value is not True:
            translator.apart(site, _NEVER)
            return
        site.result[keyword] = translator.node(value, site.variant)
        translator.exact(site.result, keyword)

    return unevaluated


def _is_schema(value: Any) -> bool:
    return isinstance(value, (Mapping, bool))


def restricts(additional: Any) -> bool:
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
    ("oneOf", _is_schemas, _one_of),
    ("not", _is_schema, _negate),
    ("prefixItems", _is_schemas, _prefix_items),
    ("contains", _is_schema, _contains),
    ("patternProperties", _is_map, _pattern_properties),
    ("propertyNames", _is_schema, _property_names),
    ("if", _is_schema, _condition),
    ("dependentRequired", _is_map, _dependent_required),
    ("dependentSchemas", _is_map, _dependent_schemas),
    ("unevaluatedProperties", _is_schema, _unevaluated("unevaluatedProperties")),
    ("unevaluatedItems", _is_schema, _unevaluated("unevaluatedItems")),
)

_SHAPES: dict[str, Callable[[Any], bool]] = {
    **{keyword: shape for keyword, shape, _ in _ROWS},
    **dict.fromkeys(("minContains", "maxContains"), _is_count),
}


def well_formed(keyword: str, value: Any) -> bool:
    """Return whether ``value`` is valid for ``keyword``."""
    return _SHAPES[keyword](value)


KEYWORDS: dict[str, _Keyword] = {keyword: _guarded(keyword, shape, row) for keyword, shape, row in _ROWS}

_CONSTRAINING = frozenset((*KEYWORDS, "type", "enum", "const", "$ref"))
