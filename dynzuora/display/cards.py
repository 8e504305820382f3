"""What the faces show: an operation or a reply as plain values.

Shell, notebook and pages print the same facts, so the facts are chosen here once, as
dicts, lists and text; `display` only lays them out. Everything is capped, and what
is left out is counted, so that a huge body or reply never floods a screen. Takes
slices and JSON values, knows no type of this package and imports nothing heavy:
``dynzuora show`` works without prance and jinja2.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import Any, Final

from dynzuora._media_types import is_structured, rank
from dynzuora._names import argument_names
from dynzuora._references import described, name_of
from dynzuora._text import visible

Json = Mapping[str, Any]

DEPTH: Final = 4
FIELDS: Final = 250
ROWS: Final = 50
COLUMNS: Final = 12
CELL: Final = 120
TEXT: Final = 2_000
CURL: Final = 4_000
ALLOWED: Final = 12

_BLANK: Final = "…"
"""What an example has where only the caller knows the value."""

_LIMITS: Final = (
    ("minLength", "at least {} characters"),
    ("maxLength", "at most {} characters"),
    ("minimum", "at least {}"),
    ("maximum", "at most {}"),
    ("minItems", "at least {} items"),
    ("maxItems", "at most {} items"),
    ("pattern", "matches {}"),
)


def operation_card(operation: Json, parameters: Sequence[Json]) -> dict[str, Any]:
    """Return what there is to know about one operation, from its slice and its own Parameter Objects."""
    components = operation.get("components", {}).get("schemas", {})
    parameter_rows = [_parameter_row(each, components) for each in parameters]
    parameter_rows.sort(key=lambda row: not row["required"])  # stable: the document's order within each half
    body = _body(operation.get("requestBody"), components)
    return {
        "id": operation["id"],
        "method": operation["method"],
        "path": operation["path"],
        "summary": operation["summary"],
        "description": operation.get("description", "").strip(),
        "tags": list(operation.get("tags", ())),
        "deprecated": operation.get("deprecated", False),
        "fault": operation.get("fault", ""),
        "parameters": parameter_rows,
        "body": body,
        "responses": _answers(operation.get("responses", {}), components),
        "example": python_example(operation, parameters, with_body=bool(body)),
    }


def python_example(operation: Json, parameters: Sequence[Json], *, with_body: bool) -> str:
    """Return a call of the operation as Python text that runs, with its required arguments."""
    components = operation.get("components", {}).get("schemas", {})
    arguments = [_quoted(operation["id"])]
    names = argument_names((each["name"], each["in"]) for each in operation["parameters"])
    keywords = {
        (each["name"], each["in"]): name for each, name in zip(operation["parameters"], names, strict=True)
    }
    for each in parameters:
        if each.get("required"):
            value = _example_value(each, described(schema_of(each), components), components)
            arguments.append(f"{keywords[each['name'], each['in']]}={_quoted(value)}")
    if with_body:
        arguments.append(f"body=client.template({_quoted(operation['id'])})")
    return f"client.call({', '.join(arguments)})"


def error_card(
    title: str,
    message: str,
    listed: Sequence[Json] = (),
    *,
    hint: str = "",
    facts: Json | None = None,
) -> dict[str, Any]:
    """Return what went wrong: a sentence, its reasons or problems as rows, and what else is known."""
    return {
        "title": title,
        "message": message,
        "table": table(listed),
        "hint": hint,
        "facts": {key: cell(each) for key, each in (facts or {}).items() if each not in (None, "", ())},
    }


def shell_example(operation_id: str, parameters: Sequence[Json], body: Json | None) -> str:
    """Return a call of the operation with its required arguments, as the shell takes it, a body first."""
    words = ["dynzuora call", shlex.quote(operation_id)]
    for each in parameters:
        if each["required"]:
            words += _shell_words(each["name"], each["example"])
    lines = []
    if body and is_structured(body["media_type"]):
        lines.append(f"dynzuora show {shlex.quote(operation_id)} --template > body.json")
        words.append("--body @body.json")
    elif body:
        words.append("--body @FILE")
    return "\n".join([*lines, " ".join(words)])


def work_card(
    title: str, state: str, facts: Json | None = None, *, hint: str = "", code: Sequence[str] = ()
) -> dict[str, Any]:
    """Return something under way: what it is, how far it is, what is known, and how to go on.

    ``code`` are the ways to go on, any of them.
    """
    known = {key: cell(each) for key, each in (facts or {}).items() if each not in (None, "")}
    return {
        "title": title,
        "state": state,
        "facts": dict(list(known.items())[:ROWS]),
        "facts_left_out": max(0, len(known) - ROWS),
        "hint": hint,
        "code": code,
    }


_PYTHON_TYPES: Final = {
    "string": "str",
    "integer": "int",
    "number": "Decimal",
    "boolean": "bool",
    "array": "list",
    "object": "dict",
}


def python_type(schema: Json) -> str:
    """Return what a signature says of a schema: ``int``, ``Literal['A', 'B']``, or ``Any``."""
    choices = schema.get("enum", ())
    if choices and all(isinstance(each, str) for each in choices):
        return f"Literal[{', '.join(map(repr, choices))}]"
    return _PYTHON_TYPES.get(str(schema.get("type")), "Any")


def type_text(schema: Json, components: Json) -> str:
    """Return a schema's type in a few words: ``string (date)``, ``array of Invoice``."""
    name = _reference_name(schema)
    if name:
        target = components.get(name, {})
        return name if _is_container(target) else type_text(target, components)
    if "allOf" in schema and len(schema["allOf"]) == 1 and "properties" not in schema:
        return type_text(schema["allOf"][0], components)
    for keyword in ("oneOf", "anyOf"):
        if keyword in schema:
            return " or ".join(dict.fromkeys(type_text(each, components) for each in schema[keyword]))
    kind = schema.get("type") or ("object" if _is_container(schema) else "any")
    if kind == "array":
        return f"array of {type_text(schema.get('items', {}), components)}"
    return f"{kind} ({schema['format']})" if "format" in schema else str(kind)


def field_tree(schema: Json, components: Json, *, depth: int = DEPTH) -> dict[str, Any]:
    """Return the fields of a body as nested rows, down to ``depth`` and ``FIELDS`` rows.

    Each row is ``name, type, required, allowed, note, fields``; a schema that contains
    itself ends in a row whose note says so.
    """
    budget = [FIELDS]
    fields = _fields(schema, components, (), depth, budget)
    return {"fields": fields, "left_out": max(0, -budget[0])}


def reply_card(value: Any, **meta: Any) -> dict[str, Any]:
    """Return a reply's scalars and its rows as a table, beside what ``meta`` says about it."""
    name, listed = rows(value)
    scalars = {}
    if isinstance(value, Mapping):
        beside = {key: each for key, each in value.items() if key != name or not listed}
        scalars = {key: cell(each) for key, each in flattened(beside).items()}
    elif not listed:
        scalars = {"": cell(value, limit=TEXT)}
    return {
        "meta": meta,
        "scalars": dict(list(scalars.items())[:ROWS]),
        "scalars_left_out": max(0, len(scalars) - ROWS),
        "name": name,
        "table": table(listed),
    }


def rows(value: Any) -> tuple[str, list[Any]]:
    """Return the list a reply is about and its name: the first list of objects in it, else nothing."""
    if isinstance(value, list):
        return "", value
    if isinstance(value, Mapping):
        for key, each in value.items():
            if isinstance(each, list) and any(isinstance(item, Mapping) for item in each):
                return key, each
    return "", []


def table(listed: Sequence[Any]) -> dict[str, Any]:
    """Return rows as columns and cells of text, capped, with the numbers of what is left out.

    A row's own fields come before those of the objects in it.
    """
    flat = [flattened(each) for each in listed[:ROWS]]
    names = columns_of(flat)
    shown = names[:COLUMNS]
    return {
        "columns": shown,
        "rows": [[cell(row[name]) if name in row else "" for name in shown] for row in flat],
        "rows_left_out": len(listed) - len(flat),
        "columns_left_out": len(names) - len(shown),
    }


def columns_of(flat: Sequence[Json]) -> list[str]:
    """Return the columns of flattened rows, a row's own fields before those of the objects in it."""
    names = dict.fromkeys(name for row in flat for name in row)
    return sorted(names, key=lambda name: "." in name)


def flattened(row: Any) -> dict[str, Any]:
    """Return one row without nesting: ``{"a": {"b": 1}}`` becomes ``{"a.b": 1}``; lists stay."""
    if not isinstance(row, Mapping):
        return {"value": row}
    flat: dict[str, Any] = {}
    for key, each in row.items():
        if isinstance(each, Mapping) and each:
            flat.update({f"{key}.{inner}": value for inner, value in flattened(each).items()})
        else:
            flat[str(key)] = each
    return flat


def cell(value: Any, *, limit: int = CELL) -> str:
    """Return a value as one line of text, cut at ``limit`` characters."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        text = "{" + ", ".join(f"{key}: {cell(each, limit=limit)}" for key, each in value.items()) + "}"
    elif isinstance(value, list):
        text = "[" + ", ".join(cell(each, limit=limit) for each in value) + "]"
    elif isinstance(value, bytes):
        text = f"{len(value):,} bytes"
    else:
        text = visible(" ".join(str(value).split()))
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _parameter_row(parameter: Json, components: Json) -> dict[str, Any]:
    schema = schema_of(parameter)
    resolved = described(schema, components)
    return {
        "name": parameter["name"],
        "location": parameter["in"],
        "required": parameter.get("required", False),
        "type": type_text(schema, components),
        "allowed": _allowed(resolved),
        "note": _note(resolved),
        "description": parameter.get("description", "").strip(),
        "example": _example_value(parameter, resolved, components),
    }


def schema_of(parameter: Json) -> Json:
    """Return the schema of a Parameter Object, whether it stands there or below a media type."""
    if "schema" in parameter:
        schema: Json = parameter["schema"]
        return schema
    return next((each.get("schema", {}) for each in parameter.get("content", {}).values()), {})


def _example_value(parameter: Json, schema: Json, components: Json) -> Any:
    """A value for an example line: the document's, else one that only shows the type."""
    for source in (parameter, schema):
        if "example" in source:
            return source["example"]
    if schema.get("enum"):
        return schema["enum"][0]
    if schema.get("type") == "array":
        item = described(schema.get("items", {}), components)
        return [] if item.get("type") == "array" else [_example_value({}, item, components)]
    by_type: dict[str, Any] = {"integer": 1, "number": 1, "boolean": True, "object": {}}
    by_format = {"date": "2026-01-31", "date-time": "2026-01-31T00:00:00Z"}
    return by_type.get(schema.get("type", ""), by_format.get(schema.get("format", ""), _BLANK))


def _body(request_body: Json | None, components: Json) -> dict[str, Any] | None:
    if not request_body:
        return None
    contents: Mapping[str, Json] = request_body.get("content", {})
    media_type = min(contents, key=rank, default="")
    schema: Json = contents[media_type].get("schema", {}) if contents else {}
    return {
        "required": request_body.get("required", False),
        "media_type": media_type,
        "type": type_text(schema, components),
        **field_tree(schema, components),
    }


def _answers(responses: Json, components: Json) -> list[dict[str, Any]]:
    """Return what each status brings; the fields only of the first that means success."""
    succeeds = next((status for status in sorted(responses) if status[0] in "2d"), None)
    return [
        {"status": status, "type": _content_type_text(each, components)}
        | field_tree(_content_of(each)[1] if status == succeeds else {}, components)
        for status, each in responses.items()
    ]


def _fields(
    schema: Json, components: Json, above: tuple[str, ...], depth: int, budget: list[int]
) -> list[dict[str, Any]]:
    """The rows below ``schema``. ``above`` names the components being shown, to end recursion."""
    name = _reference_name(schema)
    if name in above:
        return []
    if name:
        return _fields(components.get(name, {}), components, (*above, name), depth, budget)
    if schema.get("type") == "array" or "items" in schema:
        return _fields(schema.get("items", {}), components, above, depth, budget)
    found = []
    required = set(schema.get("required", ()))
    for each in schema.get("allOf", ()):
        required.update(described(each, components).get("required", ()))
        found += _fields(each, components, above, depth, budget)
    for property_name, each in schema.get("properties", {}).items():
        found += _field_row((property_name, each), components, above, depth, budget)
    for row in found:
        row["required"] = row["required"] or row["name"] in required
    found.sort(key=lambda row: not row["required"])
    for keyword in ("oneOf", "anyOf"):
        for position, each in enumerate(schema.get(keyword, ()), 1):
            if _is_container(described(each, components)):
                found += _field_row((f"(choice {position})", each), components, above, depth, budget)
    return found


def _field_row(
    field: tuple[str, Json], components: Json, above: tuple[str, ...], depth: int, budget: list[int]
) -> list[dict[str, Any]]:
    name, schema = field
    budget[0] -= 1
    if budget[0] < 0:
        return []
    resolved = described(schema, components)
    element = described(resolved.get("items", {}), components) if "items" in resolved else resolved
    target = _element_name(schema, components)
    note, below = _note(resolved), []
    if target in above:
        note = f"again {target}, as above"
    elif _is_container(element) and depth <= 1:
        note = note or "more fields, not shown"
    elif _is_container(element):
        below = _fields(schema, components, above, depth - 1, budget)
    return [
        {
            "name": name,
            "type": type_text(schema, components),
            "required": False,
            "allowed": _allowed(element),
            "note": note,
            "fields": below,
        }
    ]


def _element_name(schema: Json, components: Json) -> str:
    """The component that ``schema`` is, or is an array of."""
    name = _reference_name(schema)
    target = components.get(name, {}) if name else schema
    if "items" in target:
        return _element_name(target["items"], components)
    return name


def _reference_name(schema: Json) -> str:
    reference = schema.get("$ref", "")
    return name_of(reference) if isinstance(reference, str) else ""


def _is_container(schema: Json) -> bool:
    return any(keyword in schema for keyword in ("properties", "allOf", "oneOf", "anyOf", "items"))


def _allowed(schema: Json) -> list[str]:
    values = [cell(each) for each in schema.get("enum", ()) if each is not None]
    if len(values) <= ALLOWED:
        return values
    return [*values[:ALLOWED], f"… {len(values) - ALLOWED} more"]


def _note(schema: Json) -> str:
    parts = [text.format(schema[keyword]) for keyword, text in _LIMITS if keyword in schema]
    if "default" in schema:
        parts.append(f"default {cell(schema['default'])}")
    return ", ".join(parts)


def _content_type_text(response: Json, components: Json) -> str:
    media_type, schema = _content_of(response)
    return f"{media_type}: {type_text(schema, components)}" if schema else media_type


def _content_of(response: Json) -> tuple[str, Json]:
    """Return the first media type of an answer and its schema."""
    for media_type, content in response.get("content", {}).items():
        return str(media_type), content.get("schema") or {}
    return "", {}


def _quoted(value: Any) -> str:
    """A value as Python text, in double quotes like the rest of the documentation."""
    if isinstance(value, list):
        return f"[{', '.join(map(_quoted, value))}]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def _shell_words(name: str, value: Any) -> list[str]:
    """A parameter as words of the shell: a list is its name several times, an object is JSON."""
    if isinstance(value, list):
        return [word for each in value for word in _shell_words(name, each)]
    if isinstance(value, Mapping):
        return [f"{shlex.quote(name)}:={shlex.quote(json.dumps(value, ensure_ascii=False, default=str))}"]
    text = cell(value)
    return [f"{shlex.quote(name)}={text if text == _BLANK else shlex.quote(text)}"]
