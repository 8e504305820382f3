"""Repairs by rule: what is wrong in a document in a way that can be told without knowing it.

Each rule is a row: what it looks at, a function that changes the object in place
and a sentence for everything it did. Nothing here raises, and nothing is repaired
in silence. Faults of one document in particular belong in an overlay.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from dynzuora._document.openapi31 import read_type_list
from dynzuora._document.prepared import DocumentWarning
from dynzuora._document.shapes import (
    LIST,
    MAP,
    METHODS,
    MISSING,
    ONE,
    REFERABLE,
    Place,
    look_up,
    pointer,
    reference,
    walk_everything,
    way_of,
)
from dynzuora._patterns import longest, portable
from dynzuora._text import ACTING, visible

#: What the repairs leave on an operation for those who cut it: the values of a dropped
#: Accept header, and why the operation cannot be used.
ACCEPT, FAULT = "x-dynzuora-accept", "x-dynzuora-fault"

#: https://spec.openapis.org/oas/v3.0.4#fixed-fields-for-use-with-schema: a header parameter
#: of one of these names "SHALL be ignored".
RESERVED_HEADERS = frozenset({"accept", "content-type", "authorization"})

STYLES = {
    "path": ("simple", "label", "matrix"),
    "query": ("form", "spaceDelimited", "pipeDelimited", "deepObject"),
    "header": ("simple",),
    "cookie": ("form",),
}

_TYPES = frozenset({"string", "number", "integer", "boolean", "array", "object"})

#: Names people write for a type, and what OpenAPI calls it.
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

Said = Iterable[tuple[Place, str]]


class Repair(NamedTuple):
    """One rule: its name, the keyword of which shape it looks at, and what it does there."""

    rule: str
    shape: str
    keyword: str
    repair: Callable[[dict[str, Any], Place], Said]


def repair(document: dict[str, Any]) -> list[DocumentWarning]:
    """Repair ``document`` in place and say what was done."""
    warnings: list[DocumentWarning] = []

    def misfit(value: Any, held: str, shape: str, place: Place) -> Any:
        instead = _fitting(value, held, shape)
        done = "left out" if instead is MISSING else f"read as {_short(instead)}"
        found = "null" if value is None else _short(value)
        message = f"{found} where {'an object' if held is ONE else 'a ' + held} belongs; {done}."
        warnings.append(DocumentWarning("misplaced-value", pointer(place), message))
        return instead

    for where, message in _framed(document):
        warnings.append(DocumentWarning("frame", pointer(where), message))
    for shape, node, place in walk_everything(document, misfit):
        rules = _LOCAL.get(shape)
        if rules is None or (shape in REFERABLE and reference(node) is not None):
            continue
        for each in rules:
            if each.keyword in node:
                for where, message in each.repair(node, place):
                    warnings.append(DocumentWarning(each.rule, pointer(where), message))
    for rule, repair_paths in _PATH_RULES:
        for where, message in repair_paths(document):
            warnings.append(DocumentWarning(rule, pointer(where), message))
    return warnings


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _fitting(value: Any, held: str, shape: str) -> Any:
    """Return what a value that is not what its keyword holds was meant to be, or MISSING."""
    if held is MAP:
        return MISSING
    if held is LIST:
        if shape == "parameter" and isinstance(value, dict):
            return list(value.values())
        return [value] if isinstance(value, dict) else MISSING
    if shape == "schema":
        if isinstance(value, str) and value.lower() in _TYPES:
            return {"type": value.lower()}
        if isinstance(value, list) and value and all(isinstance(each, dict) for each in value):
            return value[0] if len(value) == 1 else {"anyOf": value}
        return {"not": {}} if value is False else {}
    if isinstance(value, str) and shape in ("tag", "server"):
        return {"name" if shape == "tag" else "url": value}
    if value is None and shape in ("response", "media type", "path item", "example"):
        return {}
    return MISSING


# -- schemas ----------------------------------------------------------------------------


def _known_type(schema: dict[str, Any], place: Place) -> Said:
    found = schema["type"]
    if found in _TYPES if isinstance(found, str) else False:
        return
    if isinstance(found, list):
        read_type_list(schema)
        yield place, "type is a list, which OpenAPI 3.0 does not have; read as OpenAPI 3.1 means it."
        return
    name = found.lower() if isinstance(found, str) else ""
    meant = {"type": name} if name in _TYPES else _TYPE_NAMES.get(name)
    if meant is None:
        del schema["type"]
        yield place, f"{_short(found)} is no type; any value is taken."
    else:
        schema.update({**meant, **{key: schema[key] for key in ("format",) if key in schema}})
        yield place, f"{_short(found)} is no type; read as {meant['type']}."


def _text_enum(schema: dict[str, Any], place: Place) -> Said:
    values = schema["enum"]
    if not isinstance(values, list) or not values:
        del schema["enum"]
        yield place, f"enum is {_short(values)}; any value is taken."
        return
    kind = schema.get("type")
    if kind != "string" and not (kind is None and any(isinstance(each, str) for each in values)):
        return
    # YAML 1.1 reads an unquoted Yes or No as a boolean. (type() and not isinstance, twice:
    # a schema in nine has an enum, and a boolean is an integer to Python.)
    meant = [_as_text(each) if type(each) in (bool, int, float) else each for each in values]
    if meant == values:
        return
    schema["enum"] = list(dict.fromkeys(meant)) if all(map(_plain, meant)) else meant
    lost = ", ".join(repr(new) for old, new in zip(values, meant, strict=True) if old is not new)
    yield place, f"an enum of texts held values of another type; read as {lost}."


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return str(value)


def _plain(value: Any) -> bool:
    return value is None or isinstance(value, str)


def _typed_default(schema: dict[str, Any], place: Place) -> Said:
    value = schema["default"]
    kind = schema.get("type")
    if kind is None or _is_of_type(value, kind) or (value is None and schema.get("nullable") is True):
        return
    meant = _converted(value, kind, schema.get("enum"))
    if meant is MISSING:
        del schema["default"]
        yield place, f"the default {_short(value)} is no {kind}; left out."
    else:
        schema["default"] = meant
        yield place, f"the default {_short(value)} is no {kind}; read as {meant!r}."


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


def _required_names(schema: dict[str, Any], place: Place) -> Said:
    names = schema["required"]
    if isinstance(names, list):
        kept = [each for each in names if isinstance(each, str)]
        if len(kept) == len(names):
            return
        schema["required"] = kept
        yield place, f"required lists {_short(names)}; only names are kept."
    else:
        del schema["required"]
        yield place, f"required is {_short(names)} and not a list of names; left out."


def _limit(keyword: str) -> Callable[[dict[str, Any], Place], Said]:
    def limit(schema: dict[str, Any], place: Place) -> Said:
        value = schema[keyword]
        if type(value) is int or (type(value) is float and keyword in _FRACTIONAL):
            return
        meant = _number(value) if isinstance(value, str) else MISSING
        if type(value) is float and value.is_integer():
            meant = int(value)
        if meant is MISSING:
            del schema[keyword]
            yield place, f"{keyword} is {_short(value)} and not a number; left out."
        else:
            schema[keyword] = meant
            yield place, f"{keyword} is {_short(value)}; read as {meant}."

    return limit


_FRACTIONAL = frozenset({"minimum", "maximum", "multipleOf"})
_LIMITS = ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties")


def _exclusive(keyword: str, inclusive: str) -> Callable[[dict[str, Any], Place], Said]:
    def exclusive(schema: dict[str, Any], place: Place) -> Said:
        value = schema[keyword]
        if isinstance(value, bool):
            return
        if isinstance(value, (int, float)):
            schema[inclusive], schema[keyword] = value, True
            yield place, f"{keyword} is a number, which OpenAPI 3.0 does not have; read as in 3.1."
        else:
            del schema[keyword]
            yield place, f"{keyword} is {_short(value)} and not true or false; left out."

    return exclusive


def _flag(keyword: str) -> Callable[[dict[str, Any], Place], Said]:
    def flag(node: dict[str, Any], place: Place) -> Said:
        value = node[keyword]
        if isinstance(value, bool):
            return
        meant = {"true": True, "false": False}.get(str(value).lower())
        if meant is None:
            del node[keyword]
            yield place, f"{keyword} is {_short(value)} and not true or false; left out."
        else:
            node[keyword] = meant
            yield place, f"{keyword} is {_short(value)}; read as {str(meant).lower()}."

    return flag


def _text(keyword: str) -> Callable[[dict[str, Any], Place], Said]:
    def text(node: dict[str, Any], place: Place) -> Said:
        value = node[keyword]
        if isinstance(value, str):
            return
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            node[keyword] = str(value)
            yield place, f"{keyword} is {_short(value)}; read as text."
        else:
            del node[keyword]
            yield place, f"{keyword} is {_short(value)} and not text; left out."

    return text


def _checkable_pattern(schema: dict[str, Any], place: Place) -> Said:
    value = schema["pattern"]
    if not isinstance(value, str):
        del schema["pattern"]
        yield place, f"the pattern {_short(value)} is not text; left out."
    elif portable(value) is None:
        why = "no regular expression that means one thing everywhere, or one that could run for hours"
        yield place, f"the pattern {_short(value)} is not checked: it is {why}."
    elif (limit := longest(value)) is not None and not _is_at_most(schema.get("maxLength"), limit):
        yield place, f"the pattern {_short(value)} is checked in texts of at most {limit:,} characters only."


def _is_at_most(value: Any, limit: int) -> bool:
    return isinstance(value, int) and value <= limit


def _object_discriminator(schema: dict[str, Any], place: Place) -> Said:
    value = schema["discriminator"]
    if isinstance(value, dict) and isinstance(value.get("propertyName"), str):
        return
    if isinstance(value, str):
        schema["discriminator"] = {"propertyName": value}
        yield place, f"discriminator is {value!r}; read as the name of the property."
    else:
        del schema["discriminator"]
        yield place, f"discriminator is {_short(value)} and names no property; left out."


def _no_reference(node: dict[str, Any], place: Place) -> Said:
    # Never met where a reference may stand, because there it hides the rest of its object.
    yield place, f"$ref is {_short(node.pop('$ref'))}, which is no reference here; left out."


# -- parameters, bodies, responses ------------------------------------------------------


def _style(node: dict[str, Any], place: Place) -> Said:
    location = str(node.get("in", "header")).lower()
    if node["style"] not in STYLES.get(location, (node["style"],)):
        found = node.pop("style")
        yield place, f"a {location} parameter cannot have the style {_short(found)}; left out."


def _located(node: dict[str, Any], place: Place) -> Said:
    found = node["in"]
    lower = found.lower() if isinstance(found, str) else ""
    if found != lower and lower in STYLES:
        node["in"] = lower
        yield place, f"in is {_short(found)}; read as {lower!r}."
    if node["in"] == "path" and node.get("required") is not True:
        node["required"] = True
        yield place, "a path parameter is always required; read as required."
    if "schema" not in node and "content" not in node:
        # The way Swagger 2.0 wrote it, or nothing at all.
        found = {key: node.pop(key) for key in ("type", "format", "items", "enum", "default") if key in node}
        node["schema"] = found or {"type": "string"}
        yield place, f"a parameter without a schema; read as {_short(node['schema'])}."


def _media_types(node: dict[str, Any], place: Place) -> Said:
    content = node["content"]
    if not isinstance(content, dict):  # said by the misfit rule
        return
    merged: dict[str, Any] = {}
    for name, entry in content.items():
        plain = media_type(name)
        if plain not in merged:
            merged[plain] = entry
            continue
        if not isinstance(merged[plain], dict) or not isinstance(entry, dict):  # null, mostly
            merged[plain] = entry if isinstance(entry, dict) else merged[plain]
            continue
        where = ((place, "content"), name)
        if _merge_entry(merged[plain], entry):
            yield where, f"a second entry for {plain}; the two are read as one."
        else:
            yield where, f"a second entry for {plain} with another schema; the first schema counts."
    node["content"] = merged


def media_type(name: str) -> str:
    """Return the media type without parameters, in lower case."""
    return name.partition(";")[0].strip().lower()


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


def _statuses(node: dict[str, Any], place: Place) -> Said:
    responses = node["responses"]
    if not isinstance(responses, dict):
        return
    kept: dict[str, Any] = {}
    for status, response in responses.items():
        if status.startswith("x-"):
            continue
        meant = "default" if status.lower() == "default" else status.strip().upper()
        if meant != "default" and not re.fullmatch(r"[1-5]([0-9]{2}|XX)", meant):
            yield ((place, "responses"), status), f"{status!r} is no HTTP status; left out."
        else:
            if meant != status:
                yield ((place, "responses"), status), f"{status!r} is no HTTP status; read as {meant!r}."
            kept.setdefault(meant, response)
    node["responses"] = kept


def _tag_names(node: dict[str, Any], place: Place) -> Said:
    found = node["tags"]
    meant = found if isinstance(found, list) else [found]
    names = [each for each in meant if isinstance(each, str)]
    if names != found:
        node["tags"] = names
        yield place, f"tags are {_short(found)}; read as {_short(names)}."


# -- paths ------------------------------------------------------------------------------


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any], dict[str, Any]]]:
    for path, item in document["paths"].items():
        if isinstance(item, dict):
            for method in METHODS:
                if isinstance(item.get(method), dict):
                    yield path, method, item, item[method]


def _framed(document: dict[str, Any]) -> Said:
    """Give the document its outermost objects, so that everything below can be found by name."""
    info = document.get("info")
    if not isinstance(info, dict):
        document["info"] = info = {}
    for key, instead in (("title", "Untitled"), ("version", "unversioned")):
        found = info.get(key)
        if isinstance(found, (int, float)) and not isinstance(found, bool):
            info[key] = str(found)
        elif not isinstance(found, str) or not found.strip():
            info[key] = instead
            yield (((None, "info"), key)), f"no {key}; called {instead!r}."
        elif ACTING.search(found) or "\n" in found:
            info[key] = visible(found)
            yield (((None, "info"), key)), f"{_short(found)} holds what is no text; written as escapes."
    paths = document.get("paths")
    if not isinstance(paths, dict):
        document["paths"] = paths = {}
        yield (None, "paths"), "no paths, so there are no operations."
    for path in list(paths):
        item = paths.pop(path)
        if path.startswith("x-"):
            continue
        rooted = path if path.startswith("/") or f"/{path}" in paths else f"/{path}"
        paths[rooted] = item
        if rooted != path:
            yield ((None, "paths"), path), "a path begins with a slash; read so."
        if isinstance(item, dict):
            yield from _lower_methods(rooted, item)


def _lower_methods(path: str, item: dict[str, Any]) -> Said:
    for key in [key for key in item if key not in METHODS and key.lower() in METHODS]:
        if key.lower() not in item:
            item[key.lower()] = item.pop(key)
            yield _at(path, key), f"{key!r} is no method; read as {key.lower()!r}."


def _at(path: str, method: str, *rest: str) -> Place:
    place: Place = (((None, "paths"), path), method)
    for token in rest:
        place = (place, token)
    return place


def _usable_paths(document: dict[str, Any]) -> Said:
    for path, method, _, operation in _operations(document):
        if not path.startswith("/") or path.startswith("//") or re.search(r"[?#\\\s\x00-\x1f]", path):
            operation[FAULT] = "its path is not the path of a URL"
            yield _at(path, method), "the path is not the path of a URL; the operation cannot be used."


def _unique_ids(document: dict[str, Any]) -> Said:
    taken = {
        operation["operationId"]
        for _, _, _, operation in _operations(document)
        if isinstance(operation.get("operationId"), str)
    }
    seen: set[str] = set()
    numbers: dict[str, int] = {}  # of each name: from where on to look for one that is free
    for path, method, _, operation in _operations(document):
        found = operation.get("operationId")
        if isinstance(found, str) and found.strip() and found not in seen:
            seen.add(found)
            continue
        named = isinstance(found, str) and bool(found.strip())
        id = base = str(found) if named else derived_id(method, path)
        while id in taken or id in seen:
            numbers[base] = number = numbers.get(base, 1) + 1
            id = f"{base}_{number}"
        operation["operationId"] = id
        seen.add(id)
        what = f"a second operation named {found!r}" if named else "an operation without an id"
        yield _at(path, method), f"{what}; called {id!r}."


def derived_id(method: str, path: str) -> str:
    """Return the id of an operation that has none: ``get /v1/a/{b}`` → ``get_v1_a_b``."""
    return "_".join([method, *re.findall(r"\w+", path, re.ASCII)])


def _usable_parameters(document: dict[str, Any]) -> Said:
    for path, item in document["paths"].items():
        if "parameters" in item:
            yield from _kept_parameters(document, path, item, None)
    for path, method, item, operation in _operations(document):
        if "parameters" in operation:
            yield from _kept_parameters(document, path, operation, method)
        known = [
            target
            for each in (*item.get("parameters", ()), *operation.get("parameters", ()))
            if (target := _target(document, each)) is not None
        ]
        named = {each.get("name") for each in known if each.get("in") == "path"}
        for name in placeholders(path):
            if name not in named:
                missing = {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
                operation.setdefault("parameters", []).append(missing)
                named.add(name)
                yield _at(path, method), f"the path parameter {name!r} is described nowhere; read as text."


def placeholders(path: str) -> list[str]:
    """Return the names in braces."""
    return re.findall(r"\{([^{}/]+)\}", path)


def _target(document: dict[str, Any], node: Any) -> dict[str, Any] | None:
    """Return the object behind a reference, or None where there is none."""
    for _ in range(10):
        if not isinstance(node, dict):
            return None
        target = reference(node)
        if target is None:
            return node
        way = way_of(target)
        node = None if way is None else look_up(document, way)
    return None


def _kept_parameters(document: dict[str, Any], path: str, holder: dict[str, Any], method: str | None) -> Said:
    kept: list[Any] = []
    seen: set[tuple[str, str]] = set()
    for number, each in enumerate(holder["parameters"]):
        target = _target(document, each)
        if target is None:  # dangling, and named when references are resolved
            kept.append(each)
            continue
        at = (
            _at(path, method, "parameters", str(number))
            if method
            else ((((None, "paths"), path), "parameters"), str(number))
        )
        name, location = target.get("name"), target.get("in")
        if not isinstance(name, str) or not name:
            yield at, "a parameter without a name; left out."
        elif location not in tuple(STYLES):  # a tuple, because it may be of any type
            yield at, f"{name}: in is {_short(location)}, which is no place for a parameter; left out."
        elif location == "header" and name.lower() in RESERVED_HEADERS:
            if name.lower() == "accept":
                holder[ACCEPT] = _texts(target)
            yield at, f"OpenAPI reserves the header {name}: it is not the caller's to set; left out."
        elif location == "path" and name not in placeholders(path):
            yield at, f"the path has no {{{name}}}; the parameter is left out."
        elif (name, location) in seen:
            yield at, f"a second {location} parameter {name!r}; the first counts."
        else:
            seen.add((name, location))
            kept.append(each)
    holder["parameters"] = kept


def _texts(parameter: dict[str, Any]) -> list[str]:
    schema = parameter.get("schema")
    values = schema.get("enum") if isinstance(schema, dict) else None
    return [each for each in values if isinstance(each, str)] if isinstance(values, list) else []


# -- the tables -------------------------------------------------------------------------

REPAIRS = (
    *(
        Repair("misplaced-reference", shape, "$ref", _no_reference)
        for shape in sorted(REFERABLE | {"media type"})
    ),
    Repair("type-name", "schema", "type", _known_type),
    Repair("yes-no-enum", "schema", "enum", _text_enum),
    Repair("typed-default", "schema", "default", _typed_default),
    Repair("required-names", "schema", "required", _required_names),
    *(Repair("numeric-limit", "schema", each, _limit(each)) for each in (*_LIMITS, *sorted(_FRACTIONAL))),
    Repair("exclusive-limit", "schema", "exclusiveMinimum", _exclusive("exclusiveMinimum", "minimum")),
    Repair("exclusive-limit", "schema", "exclusiveMaximum", _exclusive("exclusiveMaximum", "maximum")),
    *(
        Repair("flag", "schema", each, _flag(each))
        for each in ("nullable", "readOnly", "writeOnly", "uniqueItems", "deprecated")
    ),
    *(Repair("text", "schema", each, _text(each)) for each in ("format", "title", "description")),
    Repair("pattern", "schema", "pattern", _checkable_pattern),
    Repair("discriminator", "schema", "discriminator", _object_discriminator),
    *(
        row
        for shape in ("parameter", "header")
        for row in (
            Repair("flag", shape, "required", _flag("required")),
            Repair("flag", shape, "explode", _flag("explode")),
            Repair("text", shape, "description", _text("description")),
            Repair("style", shape, "style", _style),
            Repair("media-type", shape, "content", _media_types),
        )
    ),
    Repair("parameter-location", "parameter", "in", _located),
    Repair("flag", "request body", "required", _flag("required")),
    Repair("text", "request body", "description", _text("description")),
    Repair("media-type", "request body", "content", _media_types),
    Repair("text", "response", "description", _text("description")),
    Repair("media-type", "response", "content", _media_types),
    Repair("flag", "operation", "deprecated", _flag("deprecated")),
    Repair("text", "operation", "summary", _text("summary")),
    Repair("text", "operation", "description", _text("description")),
    Repair("tags", "operation", "tags", _tag_names),
    Repair("status", "operation", "responses", _statuses),
)

_LOCAL: dict[str, tuple[Repair, ...]] = {
    shape: tuple(each for each in REPAIRS if each.shape == shape)
    for shape in {each.shape for each in REPAIRS}
}

_PATH_RULES: tuple[tuple[str, Callable[[dict[str, Any]], Said]], ...] = (
    ("path", _usable_paths),
    ("operation-id", _unique_ids),
    ("parameters", _usable_parameters),
)
