"""An operation in a few lines: one level of fields, the required ones first, and where there are more."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from dynzuora._names import nearest
from dynzuora.display.cards import field_tree, type_text
from dynzuora.errors import InvalidRequest, Problem
from dynzuora.model import ANYTHING, Shape

if TYPE_CHECKING:
    from dynzuora.operation import Operation

_STEP = re.compile(r"\(choice \d+\)|[^.\[\]]+|\[\d+\]")


def described(operation: Operation, field: str = "") -> str:
    """Return what an operation takes and returns, or the fields below ``field``.

    ``field`` is a path as error messages write it: ``body.subscriptions[0].orderActions``, ``reply``.

    Raises `InvalidRequest` if the operation does not have the field.
    """
    if field:
        return "\n".join([f"{operation.id}, {field}", *_fields(_below(operation, field), field)])
    card = operation.card()
    lines = [f"{operation.id}: {operation.method} {operation.path}", operation.summary]
    lines += ["Deprecated."] if card["deprecated"] else []
    lines += ["Parameters (* is required)"] if card["parameters"] else []
    for row in card["parameters"]:
        lines.append(_line(row["name"], row["required"], row["type"], *_remarks(row)))
    if body := card["body"]:
        need = "required" if body["required"] else "optional"
        lines += [f"Body: {body['media_type']}, {need} (* is required)"]
        lines += _fields(operation.model.body.shape, "body")
    reply = operation.model.reply
    if reply.has_json_schema:
        lines.append(f"Reply: {type_text(reply.shape)} - more: reply")
    return "\n".join(filter(None, lines))


def _below(operation: Operation, field: str) -> Shape:
    root, *steps = (step for step in _STEP.findall(field) if not step.startswith("["))
    roots = {"reply": operation.model.reply.shape}
    if operation.has_body:
        roots["body"] = operation.model.body.shape
    shape = roots.get(root)
    allowed: Iterable[str] = roots
    walked = [root]
    for step in steps:
        if shape is None:
            break
        children = _children(shape)
        shape, allowed = children.get(step), children
        walked.append(step)
    if shape is None:
        names = tuple(allowed)
        close = nearest(walked[-1], names)
        message = f"{operation.id} does not have this field. Use one of: {', '.join(names) or '(none)'}."
        path = ".".join(walked)
        raise InvalidRequest.of("describe", [Problem(path, message, nearest=close[0] if close else None)])
    return shape


def _children(shape: Shape) -> dict[str, Shape]:
    """The fields of an object, or of the items of a list, and its alternatives as cards name them."""
    shape = _element(shape)
    children = dict(shape.fields)
    for _, members in shape.alternatives:
        children |= {f"(choice {number})": member for number, member in enumerate(members, 1)}
    return children


def _element(shape: Shape) -> Shape:
    while shape.items:
        shape = shape.items
    return shape


def _fields(shape: Shape, path: str) -> list[str]:
    children = _children(shape)
    lines = []
    for row in field_tree(_element(shape), depth=1)["fields"]:
        remarks = _remarks(row)
        if _children(children.get(row["name"], ANYTHING)):
            remarks = [remark for remark in remarks if not remark.startswith("more fields")]
            remarks.append(f"more: {path}.{row['name']}")
        lines.append(_line(row["name"], row["required"], row["type"], *remarks))
    return lines or ["  (no fields are declared)"]


def _remarks(row: dict[str, object]) -> list[str]:
    allowed = row["allowed"]
    values = [" | ".join(map(str, allowed))] if isinstance(allowed, list) and allowed else []
    return [*values, str(row["note"])] if row["note"] else values


def _line(name: str, required: bool, type: str, *remarks: str) -> str:
    return "  " + " - ".join([f"{name}{'*' if required else ''}: {type}", *remarks])
