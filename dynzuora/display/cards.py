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
from decimal import Decimal
from typing import Any, Final

from dynzuora._media_types import is_structured
from dynzuora._names import argument_names
from dynzuora._text import cut, visible
from dynzuora.model import ANYTHING, Content, OperationModel, Shape, schema_of

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
    model = OperationModel(operation)
    parameter_rows = [
        _parameter_row(parameter, model.schemas.of(schema_of(parameter))) for parameter in parameters
    ]
    parameter_rows.sort(key=lambda row: not row["required"])  # stable: the document's order within each half
    body = _body(operation["requestBody"], model.body) if operation.get("requestBody") else None
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
        "responses": _responses(model),
        "example": python_example(operation, parameters, with_body=bool(body)),
    }


def python_example(operation: Json, parameters: Sequence[Json], *, with_body: bool) -> str:
    """Return a call of the operation as Python text that runs, with its required arguments."""
    schemas = OperationModel(operation).schemas
    arguments = [_quoted(operation["id"])]
    names = argument_names((parameter["name"], parameter["in"]) for parameter in operation["parameters"])
    keywords = {
        (parameter["name"], parameter["in"]): name
        for parameter, name in zip(operation["parameters"], names, strict=True)
    }
    for parameter in parameters:
        if parameter.get("required"):
            value = _example_value(parameter, schemas.of(schema_of(parameter)))
            arguments.append(f"{keywords[parameter['name'], parameter['in']]}={_quoted(value)}")
    if with_body:
        arguments.append(f"body=client.template({_quoted(operation['id'])}, required_only=True)")
    return f"client.call({', '.join(arguments)})"


def error_card(
    title: str,
    message: str,
    listed: Sequence[Json] = (),
    *,
    hint: str = "",
    facts: Json | None = None,
) -> dict[str, Any]:
    """Return an error: its message, its reasons or problems as rows, and other facts."""
    return {
        "title": title,
        "message": message,
        "table": table(listed),
        "hint": hint,
        "facts": {key: cell(fact) for key, fact in (facts or {}).items() if fact not in (None, "", ())},
    }


def shell_example(operation_id: str, parameters: Sequence[Json], body: Json | None) -> str:
    """Return a call of the operation with its required arguments, as the shell takes it, a body first."""
    words = ["dynzuora call", shlex.quote(operation_id)]
    for parameter in parameters:
        if parameter["required"]:
            words += _shell_words(parameter["name"], parameter["example"])
    lines = []
    if body and is_structured(body["media_type"]):
        lines.append(f"dynzuora show {shlex.quote(operation_id)} --template --required-only > body.json")
        words.append("--body @body.json")
    elif body:
        words.append("--body @FILE")
    return "\n".join([*lines, " ".join(words)])


def work_card(
    title: str, state: str, facts: Json | None = None, *, hint: str = "", code: Sequence[str] = ()
) -> dict[str, Any]:
    """Return something in progress: its title, state, facts, and how to continue.

    ``code`` are the ways to go on, any of them.
    """
    facts_shown = {key: cell(fact) for key, fact in (facts or {}).items() if fact not in (None, "")}
    return {
        "title": title,
        "state": state,
        "facts": dict(list(facts_shown.items())[:ROWS]),
        "facts_left_out": max(0, len(facts_shown) - ROWS),
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
    if choices and all(isinstance(choice, str) for choice in choices):
        return f"Literal[{', '.join(map(repr, choices))}]"
    return _PYTHON_TYPES.get(str(schema.get("type")), "Any")


def type_text(shape: Shape) -> str:
    """Return a schema's type in a few words: ``string (date)``, ``array of Invoice``."""
    if shape.name and shape.is_container:
        return shape.name
    if shape.alternatives and not shape.properties:
        members = (member for _, members in shape.alternatives for member in members)
        return " or ".join(dict.fromkeys(map(type_text, members)))
    kind = shape.type or "any"
    if kind == "array":
        return f"array of {type_text(shape.items or ANYTHING)}"
    return f"{kind} ({shape.format})" if shape.format else kind


def field_tree(shape: Shape, *, depth: int = DEPTH) -> dict[str, Any]:
    """Return the fields of a body as nested rows, down to ``depth`` and ``FIELDS`` rows.

    Each row is ``name, type, required, allowed, note, fields``; a schema that contains
    itself ends in a row whose note says so.
    """
    budget = [FIELDS]
    fields = _fields(shape, frozenset(), depth, budget)
    return {"fields": fields, "left_out": max(0, -budget[0])}


def reply_card(value: Any, **meta: Any) -> dict[str, Any]:
    """Return a reply's scalars and its rows as a table, beside what ``meta`` says about it."""
    name, listed = rows(value)
    scalars = {}
    if isinstance(value, Mapping):
        beside = {key: item for key, item in value.items() if key != name or not listed}
        scalars = {key: cell(scalar) for key, scalar in flattened(beside).items()}
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
        for key, items in value.items():
            if isinstance(items, list) and any(isinstance(item, Mapping) for item in items):
                return key, items
    return "", []


def table(listed: Sequence[Any]) -> dict[str, Any]:
    """Return rows as columns and cells of text, capped, with the numbers of rows and columns left out.

    A row's own fields come before those of the objects in it.
    """
    flat = [flattened(row) for row in listed[:ROWS]]
    names = columns_of(flat)
    columns = names[:COLUMNS]
    return {
        "columns": columns,
        "rows": [[cell(row[name]) if name in row else "" for name in columns] for row in flat],
        "rows_left_out": len(listed) - len(flat),
        "columns_left_out": len(names) - len(columns),
    }


def columns_of(flat: Sequence[Json]) -> list[str]:
    """Return the columns of flattened rows, a row's own fields before those of the objects in it."""
    names = dict.fromkeys(name for row in flat for name in row)
    return sorted(names, key=lambda name: "." in name)


_SINGLE: Final = frozenset({str, int, float, bool, type(None), Decimal, list})


def flattened(row: Any) -> dict[str, Any]:
    """Return one row without nesting: ``{"a": {"b": 1}}`` becomes ``{"a.b": 1}``; lists stay."""
    if not isinstance(row, Mapping):
        return {"value": row}
    flat: dict[str, Any] = {}
    for key, item in row.items():
        if type(item) in _SINGLE:  # most are; asking an ABC takes ten times as long
            flat[str(key)] = item
        elif isinstance(item, Mapping) and item:
            flat.update({f"{key}.{inner}": value for inner, value in flattened(item).items()})
        else:
            flat[str(key)] = item
    return flat


def cell(value: Any, *, limit: int = CELL) -> str:
    """Return a value as one line of text, cut at ``limit`` characters."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        text = "{" + ", ".join(f"{key}: {cell(item, limit=limit)}" for key, item in value.items()) + "}"
    elif isinstance(value, list):
        text = "[" + ", ".join(cell(item, limit=limit) for item in value) + "]"
    elif isinstance(value, bytes):
        text = f"{len(value):,} bytes"
    else:
        text = visible(" ".join(str(value).split()))
    return cut(text, limit)


def _parameter_row(parameter: Json, shape: Shape) -> dict[str, Any]:
    return {
        "name": parameter["name"],
        "location": parameter["in"],
        "required": parameter.get("required", False),
        "type": type_text(shape),
        "allowed": _allowed(shape),
        "note": _note(shape),
        "description": parameter.get("description", "").strip(),
        "example": _example_value(parameter, shape),
    }


def _example_value(parameter: Json, shape: Shape) -> Any:
    """A value for an example line: the document's, else one that only shows the type."""
    for source in (parameter, shape.words):
        if "example" in source:
            return source["example"]
    if shape.enum:
        return shape.enum[0]
    if shape.is_array:
        item = shape.items or ANYTHING
        return [] if item.is_array else [_example_value({}, item)]
    by_type: dict[str, Any] = {"integer": 1, "number": 1, "boolean": True, "object": {}}
    by_format = {"date": "2026-01-31", "date-time": "2026-01-31T00:00:00Z"}
    return by_type.get(shape.type, by_format.get(shape.format, _BLANK))


def _body(request_body: Json, content: Content) -> dict[str, Any]:
    return {
        "required": request_body.get("required", False),
        "media_type": content.media_type,
        "type": type_text(content.shape),
        **field_tree(content.shape),
    }


def _responses(model: OperationModel) -> list[dict[str, Any]]:
    """Return the response of each status; fields only for that of the success."""
    return [
        {"status": status, "type": _content_type_text(response)}
        | field_tree(response.shape if status == model.reply.status else ANYTHING)
        for status, response in model.responses.items()
    ]


def _fields(shape: Shape, above: frozenset[str], depth: int, budget: list[int]) -> list[dict[str, Any]]:
    """The rows below ``shape``. ``above`` names the components being shown, to end recursion."""
    if shape.component in above:
        return []
    above |= {shape.component, *(part.owner for part in shape.parts)} - {""}
    if shape.items:
        return _fields(shape.items, above, depth, budget)
    names = sorted(shape.properties, key=lambda name: name not in shape.required)
    rows = [
        row
        for name in names
        for row in _field_row(name, shape.properties[name], above, depth, budget, name in shape.required)
    ]
    for _, members in shape.alternatives:
        for position, member in enumerate(members, 1):
            if member.is_container:
                rows += _field_row(f"(choice {position})", member, above, depth, budget)
    return rows


def _field_row(
    name: str, shape: Shape, above: frozenset[str], depth: int, budget: list[int], required: bool = False
) -> list[dict[str, Any]]:
    budget[0] -= 1
    if budget[0] < 0:
        return []
    element = _element(shape)
    note, below = _note(shape), []
    if element.name in above:
        note = f"again {element.name}, as above"
    elif element.is_container and depth <= 1:
        note = note or "more fields, not shown"
    elif element.is_container:
        below = _fields(shape, above, depth - 1, budget)
    return [
        {
            "name": name,
            "type": type_text(shape),
            "required": required,
            "allowed": _allowed(shape.items or shape),
            "note": note,
            "fields": below,
        }
    ]


def _element(shape: Shape) -> Shape:
    """The items of a list, or of a list of lists; the shape itself if it is not a list."""
    for _ in range(DEPTH):
        shape = shape.items or shape
    return shape


def _allowed(shape: Shape) -> list[str]:
    values = [cell(choice) for choice in shape.enum]
    if len(values) <= ALLOWED:
        return values
    return [*values[:ALLOWED], f"… {len(values) - ALLOWED} more"]


def _note(shape: Shape) -> str:
    words = shape.words
    parts = [text.format(words[keyword]) for keyword, text in _LIMITS if keyword in words]
    if "default" in words:
        parts.append(f"default {cell(words['default'])}")
    return ", ".join(parts)


def _content_type_text(content: Content) -> str:
    return f"{content.media_type}: {type_text(content.shape)}" if content.schema else content.media_type


def _quoted(value: Any) -> str:
    """A value as Python text, in double quotes like the rest of the documentation."""
    if isinstance(value, list):
        return f"[{', '.join(map(_quoted, value))}]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def _shell_words(name: str, value: Any) -> list[str]:
    """A parameter as words of the shell: a list is its name several times, an object is JSON."""
    if isinstance(value, list):
        return [word for item in value for word in _shell_words(name, item)]
    if isinstance(value, Mapping):
        return [f"{shlex.quote(name)}:={shlex.quote(json.dumps(value, ensure_ascii=False, default=str))}"]
    text = cell(value)
    return [f"{shlex.quote(name)}={text if text == _BLANK else shlex.quote(text)}"]
