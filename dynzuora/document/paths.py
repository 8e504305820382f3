"""Repair rules that need the whole document: its outermost objects, paths and operations.

Like the rules for one object (`rules`), each changes the document in place and yields what
it did.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote

from dynzuora._names import is_header_name
from dynzuora._text import acting, visible
from dynzuora.document.dialects import family, is_of_2020_12
from dynzuora.document.rules import STYLES, Changes, short
from dynzuora.document.shapes import HTTP_METHODS, Location
from dynzuora.document.targets import Targets

#: Notes of the repairs, for slicing: the values of a removed Accept header and why an operation
#: cannot be used; on a path item, its path, where another one has that key.
ACCEPT, FAULT, PATH = "x-dynzuora-accept", "x-dynzuora-fault", "x-dynzuora-path"

#: https://spec.openapis.org/oas/v3.0.4#fixed-fields-for-use-with-schema: a header parameter
#: of one of these names "SHALL be ignored".
RESERVED_HEADERS = frozenset({"accept", "content-type", "authorization"})

#: What the connection and the message's framing decide, never a value of a call (RFC 9110,
#: 7.2, 7.6.1, 8.6 and 10.1.1; RFC 9112, 6).
CONNECTION_HEADERS = frozenset(
    {
        *("host", "content-length", "transfer-encoding", "te", "trailer", "expect"),
        *("connection", "keep-alive", "proxy-connection", "proxy-authorization", "upgrade"),
    }
)


# -- paths ------------------------------------------------------------------------------


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any], dict[str, Any]]]:
    for path, item in document["paths"].items():
        if isinstance(item, dict):
            for method in HTTP_METHODS:
                if isinstance(item.get(method), dict):
                    yield path, method, item, item[method]


_MIDNIGHT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})T00:00:00(?:\.0+)?(?:Z|[+-]00:00)?")
"""What readers of YAML make of a date, for example ``version: 2021-08-12``."""


#: What an address has before its path.
_ORIGIN = re.compile(r"https?://[^/?#{}]*", re.IGNORECASE)


def complete_frame(document: dict[str, Any]) -> Changes:
    """Add the outermost objects that are missing, so that later code can rely on them."""
    info = document.get("info")
    if not isinstance(info, dict):
        document["info"] = info = {}
    for key, instead in (("title", "Untitled"), ("version", "unversioned")):
        text = info.get(key)
        if isinstance(text, (int, float)) and not isinstance(text, bool):
            info[key] = str(text)
        elif not isinstance(text, str) or not text.strip():
            info[key] = instead
            yield (((None, "info"), key)), f"no {key}; called {instead!r}."
        elif midnight := _MIDNIGHT.fullmatch(text):
            info[key] = midnight[1]
            yield (
                (((None, "info"), key)),
                f"{text} is a date that a tool wrote as a moment; read as {midnight[1]}.",
            )
        elif not (text.isascii() and text.isprintable()) and (acting().search(text) or "\n" in text):
            info[key] = visible(text)
            yield (((None, "info"), key)), f"{short(text)} holds control characters; written as escapes."
    paths = document.get("paths")
    if not isinstance(paths, dict):
        what = "no paths" if paths is None else f"{short(paths)} where an object belongs"
        document["paths"] = paths = {}
        yield (None, "paths"), f"{what}, so there are no operations."
    for path in list(paths):
        item = paths.pop(path)
        if path.startswith("x-"):
            continue
        origin = _ORIGIN.match(path)
        bare = path[origin.end() :] if origin else path
        rooted = bare if bare.startswith("/") else f"/{bare}"
        if rooted != path and rooted in paths:
            rooted = path
        paths[rooted] = item
        if rooted != path:
            problem = f"an address; read as the path {rooted}" if origin else "a path must begin with a slash"
            yield ((None, "paths"), path), f"{problem}." if origin else f"{problem}; read with one."
        if isinstance(item, dict):
            yield from _lower_methods(rooted, item)


def _lower_methods(path: str, item: dict[str, Any]) -> Changes:
    for key in [key for key in item if key not in HTTP_METHODS and key.lower() in HTTP_METHODS]:
        if key.lower() not in item:
            item[key.lower()] = item.pop(key)
            yield _at(path, key), f"{key!r} is not a method; read as {key.lower()!r}."
        else:
            del item[key]
            yield _at(path, key), f"{key!r} is not a method, and {key.lower()!r} is here too; ignored."


def real_path(path: str, item: dict[str, Any]) -> str:
    """Return the path of the path item with the key ``path``."""
    return str(item.get(PATH, path))


def _at(path: str, method: str, *rest: str) -> Location:
    location: Location = (((None, "paths"), path), method)
    for token in rest:
        location = (location, token)
    return location


#: One ``name=value`` of a query written into a path; the value is a placeholder or a constant.
_PAIR = re.compile(r"(?P<name>[^{}&=#\s\\]+)(?:=\{(?P<key>[^{}/]+)\}|=?(?P<value>[^{}&=#\s\\]*))")

#: The end of a path that is a URI Template of a query (RFC 6570, 3.2.8 and 3.2.9).
_EXPANSION = re.compile(r"\{([?&])([\w.,%*-]+)\}(?=#|$)")


def _query_of(expansion: re.Match[str]) -> str:
    """Return ``?a={a}&b={b}`` for ``{?a,b}``."""
    names = (name.rstrip("*") for name in expansion[2].split(","))
    return expansion[1] + "&".join(f"{name}={{{name}}}" for name in names)


def _more_than_paths(document: dict[str, Any], targets: Targets) -> Changes:
    """Read ``/a?b={c}`` as the path ``/a`` with a query parameter ``b``, and ``/a#b`` as ``/a``.

    Vendors write so what several operations share a path and a method; a fragment is not sent
    (RFC 9110, 7.1).
    """
    paths = document["paths"]
    renamed: dict[str, str] = {}

    def move(path: str, item: dict[str, Any], bare: str) -> None:
        if bare in paths or bare in renamed.values():
            item[PATH] = bare
        else:
            renamed[path] = bare

    for path, item in paths.items():
        address, hash_, _ = _EXPANSION.sub(_query_of, path).partition("#")
        bare, question, query = address.partition("?")
        if not isinstance(item, dict) or not bare.startswith("/"):
            continue
        if hash_:
            move(path, item, address)
            yield ((None, "paths"), path), "holds a fragment, which is not sent; read without it."
        if not question:
            continue
        pairs = [_PAIR.fullmatch(text) for text in query.split("&") if text]
        matches = [pair for pair in pairs if pair is not None]
        if len(matches) == len(pairs) and all(map(unquote, (pair["name"] for pair in matches))):
            move(path, item, bare)
            _move_to_query(targets, item, bare, matches, required=not _EXPANSION.search(path))
            names = ", ".join(unquote(pair["name"]) for pair in matches) or "none"
            yield ((None, "paths"), path), f"holds a query; read as query parameters: {names}."
    if renamed:
        paths = {renamed.get(path, path): item for path, item in paths.items()}
    if any(isinstance(item, dict) and PATH in item for item in paths.values()):
        # The operation with the bare path comes first: "GET /a" means it.
        paths = dict(sorted(paths.items(), key=lambda pair: isinstance(pair[1], dict) and PATH in pair[1]))
    document["paths"] = paths


def _move_to_query(
    targets: Targets, item: dict[str, Any], bare: str, pairs: list[re.Match[str]], *, required: bool
) -> None:
    """Make the parameters of a path item and its operations those of the query in its path."""
    keys = {pair["key"]: unquote(pair["name"]) for pair in pairs if pair["key"]}
    in_path = set(placeholders(bare))
    holders = [item, *(item[method] for method in HTTP_METHODS if isinstance(item.get(method), dict))]
    described: set[Any] = set()
    for holder in holders:
        parameters = holder.get("parameters", [])
        for number, parameter in enumerate(parameters):
            target = targets.of(parameter)
            if target is None:
                continue
            name = target.get("name")
            if target.get("in") == "path" and name in keys and name not in in_path:
                schema = {key: value for key, value in target.items() if key not in ("style", "explode")}
                parameters[number] = {
                    **schema,
                    "name": keys[name],
                    "in": "query",
                    "required": required,
                }
                described.add(keys[name])
            elif target.get("in") == "query":
                described.add(name)
    for pair in pairs:
        name = unquote(pair["name"])
        if name not in described:
            schema = (
                {"type": "string"} if pair["key"] else {"type": "string", "enum": [unquote(pair["value"])]}
            )
            parameter = {"name": name, "in": "query", "required": required, "schema": schema}
            item.setdefault("parameters", []).append(parameter)


_IS_PATH = re.compile(r"/(?!/)[^?#\\\s\x00-\x1f]*")


def _usable_paths(document: dict[str, Any], _targets: Targets) -> Changes:
    for path, method, item, operation in _operations(document):
        bare = real_path(path, item)
        if not _IS_PATH.fullmatch(bare):
            operation[FAULT] = "its path is not the path of a URL"
        elif "{}" in bare:
            operation[FAULT] = "its path has a parameter without a name"
        else:
            continue
        yield _at(path, method), f"{operation[FAULT].replace('its', 'the', 1)}; the operation cannot be used."


def _ambiguous_paths(document: dict[str, Any], _targets: Targets) -> Changes:
    first: dict[tuple[str, str], str] = {}
    for path, method, item, _ in _operations(document):
        if PATH in item:
            continue  # said with its query or fragment
        same = first.setdefault((re.sub(r"\{[^{}/]*\}", "{}", path), method), path)
        if same != path:
            yield (
                _at(path, method),
                f"differs from {same} only in the names of its parameters; the server decides between them.",
            )


def _unique_ids(document: dict[str, Any], _targets: Targets) -> Changes:
    taken = {
        operation["operationId"]
        for _, _, _, operation in _operations(document)
        if isinstance(operation.get("operationId"), str)
    }
    seen: set[str] = set()
    numbers: dict[str, int] = {}  # name → the last number tried
    for path, method, _, operation in _operations(document):
        name = operation.get("operationId")
        if isinstance(name, str) and name.strip() and name not in seen:
            seen.add(name)
            continue
        named = isinstance(name, str) and bool(name.strip())
        id = base = str(name) if named else derived_id(method, path)
        while id in taken or id in seen:
            numbers[base] = number = numbers.get(base, 1) + 1
            id = f"{base}_{number}"
        operation["operationId"] = id
        seen.add(id)
        what = f"a second operation named {name!r}" if named else "an operation without an id"
        yield _at(path, method), f"{what}; called {id!r}."


def derived_id(method: str, path: str) -> str:
    """Return the id of an operation that has none: ``get /v1/a/{b}`` → ``get_v1_a_b``."""
    return "_".join([method, *re.findall(r"\w+", path, re.ASCII)])


def _usable_parameters(document: dict[str, Any], targets: Targets) -> Changes:
    named: dict[str, set[Any]] = {}
    for path, item in document["paths"].items():
        if "parameters" in item:
            yield from _kept_parameters(targets, path, item, item, None)
            named[path] = _in_path(targets, item)
    for path, method, item, operation in _operations(document):
        if "parameters" in operation:
            yield from _kept_parameters(targets, path, item, operation, method)
        described = named.get(path, set()) | _in_path(targets, operation)
        for name in placeholders(real_path(path, item)):
            if name not in described:
                missing = {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
                operation.setdefault("parameters", []).append(missing)
                described.add(name)
                yield _at(path, method), f"the path parameter {name!r} is not described; read as text."


def _in_path(targets: Targets, holder: dict[str, Any]) -> set[Any]:
    """Return the names of the path parameters that a path or an operation describes."""
    parameters = map(targets.of, holder.get("parameters", ()))
    return {each.get("name") for each in parameters if each is not None and each.get("in") == "path"}


def placeholders(path: str) -> list[str]:
    """Return the names in braces."""
    return re.findall(r"\{([^{}/]+)\}", path)


def _kept_parameters(
    targets: Targets, path: str, item: dict[str, Any], holder: dict[str, Any], method: str | None
) -> Changes:
    in_path = placeholders(real_path(path, item))
    kept: list[Any] = []
    seen: set[tuple[str, str]] = set()
    for number, parameter in enumerate(holder["parameters"]):
        target = targets.of(parameter)
        if target is None:  # dangling, and reported when references are resolved
            kept.append(parameter)
            continue
        at = (
            _at(path, method, "parameters", str(number))
            if method
            else ((((None, "paths"), path), "parameters"), str(number))
        )
        name, location = target.get("name"), target.get("in")
        if not isinstance(name, str) or not name:
            yield at, "a parameter without a name; ignored."
        elif location == "querystring" and is_of_2020_12(family(targets.document)):
            kept.append(parameter)  # of 3.2: refused where the operation is cut
        elif location not in tuple(STYLES):  # a tuple: the value may be unhashable
            yield at, f"{name}: in is {short(location)}, which is invalid; the parameter is ignored."
        elif location == "header" and name.lower() in RESERVED_HEADERS:
            if name.lower() == "accept":
                holder[ACCEPT] = _texts(target)
            yield at, f"OpenAPI reserves the header {name}; the parameter is ignored."
        elif location == "header" and name.lower() in CONNECTION_HEADERS:
            yield at, f"the header {name} belongs to the connection; the parameter is ignored."
        elif location == "header" and not is_header_name(name):
            yield at, f"{short(name)} is not the name of a header; the parameter is ignored."
        elif location == "path" and name not in in_path:
            yield at, f"the path has no {{{name}}}; the parameter is ignored."
        elif (name, location) in seen:
            yield at, f"a second {location} parameter {name!r}; ignored."
        else:
            seen.add((name, location))
            kept.append(parameter)
    holder["parameters"] = kept


def _texts(parameter: dict[str, Any]) -> list[str]:
    schema = parameter.get("schema")
    values = schema.get("enum") if isinstance(schema, dict) else None
    return [value for value in values if isinstance(value, str)] if isinstance(values, list) else []


def _beyond_31(document: dict[str, Any], _targets: Targets) -> Changes:
    if not is_of_2020_12(family(document)):
        return
    if "$self" in document:
        yield (None, "$self"), "$self is not followed: references relative to it point to nothing."
    for path, item in document["paths"].items():
        others = item.get("additionalOperations") if isinstance(item, dict) else None
        if isinstance(others, dict):
            names = (
                f"{method} ({other.get('operationId', 'without an id')})"
                if isinstance(other, dict)
                else method
                for method, other in others.items()
            )
            where = ((None, "paths"), path), "additionalOperations"
            yield (
                where,
                f"additionalOperations, of OpenAPI 3.2, is not supported: {', '.join(names)} cannot be used.",
            )


PATH_RULES: tuple[tuple[str, Callable[[dict[str, Any], Targets], Changes]], ...] = (
    ("openapi-3.2", _beyond_31),
    ("path", _more_than_paths),
    ("path", _usable_paths),
    ("ambiguous-path", _ambiguous_paths),
    ("operation-id", _unique_ids),
    ("parameters", _usable_parameters),
)
