"""Repair rules for one object of a document: a row each, by keyword.

A row names the type of a valid value, which the rule does not look at. A rule changes the
object in place and returns a message for every change.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from dynzuora._media_types import essence
from dynzuora._names import is_header_text
from dynzuora._patterns import longest, portable
from dynzuora._references import MISSING
from dynzuora.document.openapi31 import read_type_list
from dynzuora.document.shapes import REFERABLE, Location

Changes = Iterable[tuple[Location, str]]

#: Those of OpenAPI 3.0, and what a collectionFormat of Swagger 2.0 becomes.
STYLES = {
    "path": ("simple", "label", "matrix", "spaceDelimited", "pipeDelimited", "tabDelimited"),
    "query": ("form", "spaceDelimited", "pipeDelimited", "deepObject", "tabDelimited"),
    "header": ("simple", "spaceDelimited", "pipeDelimited"),
    "cookie": ("form",),
}

TYPES = frozenset({"string", "number", "integer", "boolean", "array", "object"})

#: Common names of types, and OpenAPI's equivalent.
_TYPE_NAMES: dict[str, dict[str, str]] = {
    "file": {"type": "string", "format": "binary"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
    "date-time": {"type": "string", "format": "date-time"},
    "uuid": {"type": "string", "format": "uuid"},
    "text": {"type": "string"},
    "str": {"type": "string"},
    "int": {"type": "integer"},
    "long": {"type": "integer"},
    "float": {"type": "number"},
    "double": {"type": "number"},
    "decimal": {"type": "number"},
    "bool": {"type": "boolean"},
    "list": {"type": "array"},
    "dict": {"type": "object"},
    "map": {"type": "object"},
}


class Rule(NamedTuple):
    """One row: the rule's name, the keyword of a shape that it repairs, and the repair."""

    name: str
    shape: str
    keyword: str
    #: The type of a valid value; None: the repair decides.
    valid: type | None
    repair: Callable[[dict[str, Any], str, Location], Changes]
    #: Only for schemas of JSON Schema 2020-12, or only for older ones.
    of_2020_12: bool | None = None


def short(value: Any) -> str:
    """Return ``value`` as a message shows it."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _read_as(node: dict[str, Any], keyword: str, location: Location, replacement: Any, kind: str) -> Changes:
    """Replace a value that is not ``kind``; remove it where there is no replacement."""
    original = short(node[keyword])
    if replacement is MISSING:
        del node[keyword]
        return [(location, f"{keyword} is {original}, not {kind}; ignored.")]
    node[keyword] = replacement
    read = "text" if isinstance(replacement, str) else str(replacement).lower()
    return [(location, f"{keyword} is {original}; read as {read}.")]


# -- schemas ----------------------------------------------------------------------------


def _type_name(schema: dict[str, Any], keyword: str, location: Location) -> Changes:
    original = schema[keyword]
    if isinstance(original, str) and original in TYPES:
        return ()
    if isinstance(original, list):
        read_type_list(schema)
        return [(location, "type is a list, which OpenAPI 3.0 does not have; read as OpenAPI 3.1 means it.")]
    name = original.lower() if isinstance(original, str) else ""
    if name == "null":
        schema[keyword] = [name]
        read_type_list(schema)
        return [(location, "null is a type of OpenAPI 3.1; read as it means it.")]
    equivalent = {"type": name} if name in TYPES else _TYPE_NAMES.get(name)
    if equivalent is None:
        del schema[keyword]
        return [(location, f"{short(original)} is not a type; any value is allowed.")]
    schema.update({**equivalent, **{key: schema[key] for key in ("format",) if key in schema}})
    return [(location, f"{short(original)} is not a type; read as {equivalent['type']}.")]


def _text_enum(schema: dict[str, Any], keyword: str, location: Location) -> Changes:
    values = schema[keyword]
    if not isinstance(values, list) or not values:
        del schema[keyword]
        return [(location, f"enum is {short(values)}; any value is allowed.")]
    kind = schema.get("type")
    if kind != "string" and not (kind is None and any(isinstance(value, str) for value in values)):
        return ()
    # YAML 1.1 reads an unquoted Yes or No as a boolean.
    texts = [_as_text(value) if isinstance(value, (int, float)) else value for value in values]
    if texts == values:
        return ()
    schema[keyword] = list(dict.fromkeys(texts)) if all(map(_plain, texts)) else texts
    changed = ", ".join(repr(new) for old, new in zip(values, texts, strict=True) if old is not new)
    return [(location, f"an enum of strings contains other values; read as {changed}.")]


def _text_enum_of_strings(schema: dict[str, Any], keyword: str, location: Location) -> Changes:
    """Repair an enum only where the type makes other values meaningless: 2020-12 may mix them."""
    values = schema[keyword]
    if isinstance(values, list) and values and schema.get("type") != "string":
        return ()
    return _text_enum(schema, keyword, location)


#: Of JSON Schema 2020-12: in OpenAPI 3.0 and Swagger 2.0 they are not keywords.
_NEWER_KEYWORDS = (
    *("$anchor", "$dynamicAnchor", "$dynamicRef", "$id", "contains", "dependentRequired"),
    *("dependentSchemas", "else", "if", "maxContains", "minContains", "patternProperties"),
    *("prefixItems", "propertyNames", "then", "unevaluatedItems", "unevaluatedProperties"),
)


def _newer_keyword(schema: dict[str, Any], keyword: str, location: Location) -> Changes:
    del schema[keyword]
    return [(location, f"{keyword} is not a keyword before OpenAPI 3.1; ignored.")]


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return str(value)


def _plain(value: Any) -> bool:
    return value is None or isinstance(value, str)


def _typed_default(schema: dict[str, Any], keyword: str, location: Location) -> Changes:
    value = schema[keyword]
    kind = schema.get("type")
    if kind is None or _is_of_type(value, kind) or (value is None and schema.get("nullable") is True):
        return ()
    replacement = _converted(value, kind, schema.get("enum"))
    if replacement is MISSING:
        del schema[keyword]
        return [(location, f"the default {short(value)} is not of type {kind}; ignored.")]
    schema[keyword] = replacement
    return [(location, f"the default {short(value)} is not of type {kind}; read as {replacement!r}.")]


def _is_of_type(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    if isinstance(value, int):
        return kind in ("integer", "number")
    if isinstance(value, float):
        return kind == "number" or (kind == "integer" and value.is_integer())
    return isinstance(value, {"string": str, "array": list, "object": dict}.get(kind, ()))


def _converted(value: Any, kind: str, allowed: Any) -> Any:
    if kind == "string" and isinstance(value, bool):
        yes_or_no = _as_text(value)
        return yes_or_no if isinstance(allowed, list) and yes_or_no in allowed else str(value).lower()
    if kind == "string" and isinstance(value, (int, float)):
        return str(value)
    if kind in ("number", "integer") and isinstance(value, str):
        return _number(value, whole=kind == "integer")
    if kind == "boolean" and isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower(), MISSING)
    return MISSING


def _number(text: str, *, whole: bool = False) -> Any:
    match = re.fullmatch(r"\s*([+-]?[0-9]+)(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?\s*", text)
    if match is None or len(text) > 400:
        return MISSING
    if match[2] is None and match[3] is None:
        return int(match[1])
    return MISSING if whole else float(text)


def _required_names(schema: dict[str, Any], keyword: str, location: Location) -> Changes:
    names = schema[keyword]
    if not isinstance(names, list):
        return _read_as(schema, keyword, location, MISSING, "a list of names")
    properties = schema.get("properties")
    known = properties.keys() if isinstance(properties, dict) else ()
    # A number is the name of a property that is written alike: YAML reads 200 as text where it is a key.
    kept = [str(name) for name in names if isinstance(name, str) or _is_number_of(name, known)]
    if kept == names:
        return ()
    schema[keyword] = kept
    return [(location, f"required lists {short(names)}; only names are kept.")]


def _is_number_of(name: Any, known: Iterable[str]) -> bool:
    return isinstance(name, (int, float)) and not isinstance(name, bool) and str(name) in known


_FRACTIONAL = ("maximum", "minimum", "multipleOf")
_LIMITS = ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties", *_FRACTIONAL)


def _limit(schema: dict[str, Any], keyword: str, location: Location) -> Changes:
    value = schema[keyword]
    if isinstance(value, float) and keyword in _FRACTIONAL:
        return ()
    if isinstance(value, int) and not isinstance(value, bool):
        return ()  # as YAML can write one: 0o17
    number = _number(value) if isinstance(value, str) else MISSING
    if isinstance(value, float) and value.is_integer():
        number = int(value)
    return _read_as(schema, keyword, location, number, "a number")


def _exclusive(schema: dict[str, Any], keyword: str, location: Location) -> Changes:
    value = schema[keyword]
    if not isinstance(value, (int, float)):
        return _read_as(schema, keyword, location, MISSING, "true or false")
    schema[keyword.removeprefix("exclusive").lower()], schema[keyword] = value, True
    return [(location, f"{keyword} is a number, which OpenAPI 3.0 does not have; read as in 3.1.")]


def _flag(node: dict[str, Any], keyword: str, location: Location) -> Changes:
    flag = {"true": True, "false": False}.get(str(node[keyword]).lower(), MISSING)
    return _read_as(node, keyword, location, flag, "true or false")


def _text(node: dict[str, Any], keyword: str, location: Location) -> Changes:
    value = node[keyword]
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return _read_as(node, keyword, location, str(value) if is_number else MISSING, "text")


def _checkable_pattern(schema: dict[str, Any], keyword: str, location: Location) -> Changes:
    value = schema[keyword]
    if not isinstance(value, str):
        del schema[keyword]
        return [(location, f"the pattern {short(value)} is not text; ignored.")]
    if portable(value) is None:
        why = "engines read it differently, or it could run for hours"
        return [(location, f"the pattern {short(value)} is not checked: {why}.")]
    limit = longest(value)
    if limit is not None and not _is_at_most(schema.get("maxLength"), limit):
        return [
            (location, f"the pattern {short(value)} is only checked in text of at most {limit:,} characters.")
        ]
    return ()


def _is_at_most(value: Any, limit: int) -> bool:
    return isinstance(value, int) and value <= limit


def _object_discriminator(schema: dict[str, Any], keyword: str, location: Location) -> Changes:
    value = schema[keyword]
    if isinstance(value, dict) and isinstance(value.get("propertyName"), str):
        return ()
    if isinstance(value, str):
        schema[keyword] = {"propertyName": value}
        return [(location, f"discriminator is {value!r}; read as the name of the property.")]
    del schema[keyword]
    return [(location, f"discriminator is {short(value)} and does not name a property; ignored.")]


def _no_reference(node: dict[str, Any], keyword: str, location: Location) -> Changes:
    # Not called where a reference is allowed.
    return [(location, f"$ref is {short(node.pop(keyword))}, which is not a reference here; ignored.")]


# -- parameters, bodies, responses ------------------------------------------------------


def _style(node: dict[str, Any], keyword: str, location: Location) -> Changes:
    where = str(node.get("in", "header")).lower()
    if node["style"] not in STYLES.get(where, (node["style"],)) and not is_raw_cookie(node):
        style = node.pop("style")
        yield location, f"a {where} parameter cannot have the style {short(style)}; ignored."


def is_raw_cookie(parameter: dict[str, Any]) -> bool:
    """Whether a parameter is a cookie in the style that OpenAPI 3.2 has for them."""
    return (parameter.get("in"), parameter.get("style")) == ("cookie", "cookie")


def _location(node: dict[str, Any], keyword: str, location: Location) -> Changes:
    original = node[keyword]
    lower = original.lower() if isinstance(original, str) else ""
    if original != lower and lower in STYLES:
        node["in"] = lower
        yield location, f"in is {short(original)}; read as {lower!r}."
    if node["in"] == "path" and node.get("required") is not True:
        node["required"] = True
        yield location, "a path parameter is always required; read as required."
    if "schema" not in node and "content" not in node:
        # As in Swagger 2.0, or without any type.
        original = {
            key: node.pop(key) for key in ("type", "format", "items", "enum", "default") if key in node
        }
        node["schema"] = original or {"type": "string"}
        yield location, f"a parameter without a schema; read as {short(node['schema'])}."


def _media_types(node: dict[str, Any], keyword: str, location: Location) -> Changes:
    content = node[keyword]
    if not isinstance(content, dict):  # reported as a misplaced value
        return
    merged: dict[str, Any] = {}
    for name, entry in content.items():
        plain = essence(name)
        if not is_header_text(plain):
            yield ((location, keyword), name), f"{short(name)} is not a media type; ignored."
            continue
        if plain not in merged:
            merged[plain] = entry
            continue
        if not isinstance(merged[plain], dict) or not isinstance(entry, dict):  # null, mostly
            merged[plain] = entry if isinstance(entry, dict) else merged[plain]
            continue
        where = ((location, "content"), name)
        if _merge_entry(merged[plain], entry):
            yield where, f"a second entry for {plain}; merged with the first."
        else:
            yield where, f"a second entry for {plain} with another schema; the first schema counts."
    node["content"] = merged


def _merge_entry(into: dict[str, Any], entry: dict[str, Any]) -> bool:
    agree = True
    for key, value in entry.items():
        if key not in into:
            into[key] = value
        elif key == "schema" and into[key] != value:
            agree = False
        elif key == "examples" and isinstance(value, dict) and isinstance(into[key], dict):
            into[key] = {**into[key], **{name: value[name] for name in value if name not in into[key]}}
    return agree


def _statuses(node: dict[str, Any], keyword: str, location: Location) -> Changes:
    responses = node[keyword]
    if not isinstance(responses, dict):
        return
    kept: dict[str, Any] = {}
    for status, response in responses.items():
        if status.startswith("x-"):
            continue
        code = "default" if status.lower() == "default" else status.strip().upper()
        if code != "default" and not re.fullmatch(r"[1-5]([0-9]{2}|XX)", code):
            yield ((location, "responses"), status), f"{status!r} is not an HTTP status; ignored."
        else:
            if code != status:
                yield (
                    ((location, "responses"), status),
                    f"{status!r} is not an HTTP status; read as {code!r}.",
                )
            kept.setdefault(code, response)
    node["responses"] = kept


def _tag_names(node: dict[str, Any], keyword: str, location: Location) -> Changes:
    original = node[keyword]
    listed = original if isinstance(original, list) else [original]
    names = [name for name in listed if isinstance(name, str)]
    if names != original:
        node["tags"] = names
        yield location, f"tags are {short(original)}; read as {short(names)}."


# -- the table --------------------------------------------------------------------------

RULES = (
    *(
        Rule("misplaced-reference", shape, "$ref", None, _no_reference)
        for shape in sorted(REFERABLE | {"media type"})
    ),
    Rule("type-name", "schema", "type", None, _type_name),
    Rule("yes-no-enum", "schema", "enum", None, _text_enum, of_2020_12=False),
    Rule("yes-no-enum", "schema", "enum", None, _text_enum_of_strings, of_2020_12=True),
    *(
        Rule("newer-keyword", "schema", keyword, None, _newer_keyword, of_2020_12=False)
        for keyword in _NEWER_KEYWORDS
    ),
    Rule("typed-default", "schema", "default", None, _typed_default),
    Rule("required-names", "schema", "required", None, _required_names),
    *(Rule("numeric-limit", "schema", keyword, int, _limit) for keyword in _LIMITS),
    *(
        Rule("exclusive-limit", "schema", keyword, bool, _exclusive)
        for keyword in ("exclusiveMinimum", "exclusiveMaximum")
    ),
    *(
        Rule("flag", "schema", keyword, bool, _flag)
        for keyword in ("nullable", "readOnly", "writeOnly", "uniqueItems", "deprecated")
    ),
    *(Rule("text", "schema", keyword, str, _text) for keyword in ("format", "title", "description")),
    Rule("pattern", "schema", "pattern", None, _checkable_pattern),
    Rule("discriminator", "schema", "discriminator", None, _object_discriminator),
    *(
        row
        for shape in ("parameter", "header")
        for row in (
            Rule("flag", shape, "required", bool, _flag),
            Rule("flag", shape, "explode", bool, _flag),
            Rule("text", shape, "description", str, _text),
            Rule("style", shape, "style", None, _style),
            Rule("media-type", shape, "content", None, _media_types),
        )
    ),
    Rule("parameter-location", "parameter", "in", None, _location),
    Rule("text", "parameter", "name", str, _text),
    Rule("flag", "request body", "required", bool, _flag),
    Rule("text", "request body", "description", str, _text),
    Rule("media-type", "request body", "content", None, _media_types),
    Rule("text", "response", "description", str, _text),
    Rule("media-type", "response", "content", None, _media_types),
    Rule("flag", "operation", "deprecated", bool, _flag),
    Rule("text", "operation", "summary", str, _text),
    Rule("text", "operation", "description", str, _text),
    Rule("tags", "operation", "tags", None, _tag_names),
    Rule("status", "operation", "responses", None, _statuses),
)
