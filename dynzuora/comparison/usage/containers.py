"""Items, attributes and methods of values: of dicts and lists, clients, objects and replies.

The dicts and lists of a script are followed as they change; every key read from a reply is
noted with the uses that it came from.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any, Final

from dynzuora.calls import METHODS
from dynzuora.comparison.usage import texts
from dynzuora.comparison.usage.client_surface import ATTRIBUTES, HOLDERS
from dynzuora.comparison.usage.interpreter import Interpreter
from dynzuora.comparison.usage.results import Unresolved
from dynzuora.comparison.usage.values import (
    UNKNOWN,
    Arguments,
    BoundOperation,
    Choice,
    Class,
    ClientMethod,
    ClientPart,
    Constant,
    DictValue,
    Function,
    Instance,
    Item,
    ListValue,
    ReplyKey,
    ReplyValue,
    Text,
    Unknown,
    Value,
    element,
    joined,
    of_each,
    options,
    pieces,
    text,
)

# Items


def item(
    interpreter: Interpreter, node: ast.expr, value: Value, key: Value, *, lenient: bool = False
) -> Value:
    """Return ``value[key]``; reading a reply is noted."""
    if isinstance(value, ReplyValue):
        return _item_of_reply(interpreter, node, value, key, lenient)
    return of_each(key, lambda option: _item(interpreter, value, option))


def _item(interpreter: Interpreter, value: Value, key: Value) -> Value:
    if isinstance(value, DictValue):
        if isinstance(key, Constant):
            field = value.fields.get(str(key.value))
            return field.value if field else UNKNOWN
        return joined(field.value for field in value.fields.values())
    if isinstance(value, ListValue):
        if isinstance(key, Constant) and isinstance(key.value, int) and not value.open:
            inside = -len(value.elements) <= key.value < len(value.elements)
            return value.elements[key.value] if inside else UNKNOWN
        return element(value)
    if isinstance(value, ClientPart) and value.kind in (*HOLDERS, "client"):
        is_exact = value.kind == "operations"
        return BoundOperation(key, value.is_certain, is_exact)
    if isinstance(value, Class):
        return value.scope.names.get(str(getattr(key, "value", "")), UNKNOWN)
    if isinstance(value, Unknown) and isinstance(key, Constant) and interpreter.is_id(key.value):
        return BoundOperation(key, False)
    return UNKNOWN


def _item_of_reply(
    interpreter: Interpreter, node: ast.expr, reply: ReplyValue, key: Value, lenient: bool
) -> Value:
    if reply.kind in ("pages", "results"):
        return reply._replace(kind="reply")
    subscript = node.slice if isinstance(node, ast.Subscript) else None
    if isinstance(subscript, ast.Slice):
        return reply
    columns = isinstance(key, ListValue)  # df[["id", "balance"]]
    keys = key.elements if isinstance(key, ListValue) else options(key)
    constants = [option.value for option in keys if isinstance(option, Constant)]
    if not constants:
        if isinstance(key, Unknown | Text) and subscript:
            why = "the key read from its reply is computed"
            row = Unresolved(interpreter.location(node), interpreter.code(node), why, "responses")
            for use in reply.uses:
                use.unresolved.append(row)
        return UNKNOWN
    names = [value for value in constants if isinstance(value, str)]
    if not names:
        return reply  # an index: lists are skipped
    for name in names:
        location = interpreter.location(subscript or node)
        for use in reply.uses:
            use.keys.append(ReplyKey((*reply.path, name), location, lenient))
    return reply if columns else joined(reply._replace(path=(*reply.path, name)) for name in names)


# Attributes


def attribute(interpreter: Interpreter, value: Value, name: str, node: ast.AST | None = None) -> Value:
    """Return ``value.name``."""
    return of_each(value, lambda option: attribute_of(interpreter, option, name, node))


def attribute_of(interpreter: Interpreter, value: Value, name: str, node: ast.AST | None = None) -> Value:
    """Return ``value.name`` of what is not a choice."""
    if isinstance(value, ClientPart):
        return _of_client(interpreter, value, name)
    if isinstance(value, Instance):
        return _of_instance(interpreter, value, name)
    if isinstance(value, Class):
        return value.scope.names.get(name, UNKNOWN)
    if isinstance(value, Constant):  # the value of a member of an enumeration
        return value if name == "value" else UNKNOWN
    if isinstance(value, BoundOperation):
        return value if name == "prepare" else UNKNOWN
    if isinstance(value, ReplyValue):
        if value.kind == "frame" and isinstance(node, ast.expr):  # frame.balance is a column
            return item(interpreter, node, value, Constant(name))
        # `reply` is of a result of `client.map`; the others are of a response of an HTTP library.
        return value._replace(kind="reply") if name in ("reply", "content", "text") else UNKNOWN
    return _of_unknown(interpreter, name) if isinstance(value, Unknown) else UNKNOWN


def computed_attribute(interpreter: Interpreter, value: Value, name: Value) -> Value:
    """Return ``getattr(value, name)``."""
    texts = [str(option.value) for option in options(name) if isinstance(option, Constant)]
    if texts:
        return joined(attribute(interpreter, value, text) for text in texts)
    if any(option == ClientPart("ops") for option in options(value)):
        return BoundOperation(UNKNOWN, True)
    return UNKNOWN


def _of_client(interpreter: Interpreter, part: ClientPart, name: str) -> Value:
    if part.kind == "client" and (name in METHODS or name == "request"):
        return ClientMethod(name, part.is_certain)
    if (part.kind, name) in ATTRIBUTES:
        return ATTRIBUTES[part.kind, name]._replace(is_certain=part.is_certain)
    if part.kind == "generated":
        return part
    if part.kind == "tags":
        return ClientPart("tag", part.is_certain)
    if part.kind in HOLDERS and (part.is_certain or interpreter.is_id(name)):
        return BoundOperation(Constant(name), part.is_certain, is_exact=True)
    return UNKNOWN


def _of_instance(interpreter: Interpreter, instance: Instance, name: str) -> Value:
    value = instance.attributes.get(name) or instance.of.scope.names.get(name)
    if isinstance(value, Function):
        method = value._replace(self=instance)
        return interpreter.run(method, Arguments()) if _is_property(value) else method
    if value is None or value in (UNKNOWN, Constant(None)):
        return joined((value or UNKNOWN, interpreter.guess(name)))
    return value


def _is_property(function: Function) -> bool:
    decorators = getattr(function.node, "decorator_list", ())
    return any(ast.unparse(node).split(".")[-1] in ("property", "cached_property") for node in decorators)


def _of_unknown(interpreter: Interpreter, name: str) -> Value:
    """Something unknown may lead to a client: ``self.client``, ``app.zuora.ops``."""
    if name in METHODS:
        return ClientMethod(name, False)
    if name in ("ops", "operations"):
        return ClientPart("ops", False)
    return interpreter.guess(name)


# Methods


_SAME_KEYS = frozenset({"to_list", "first", "result", "wait", "copy", "json", "read", "decode"})
"""Methods of replies and lazy lists whose result has the same keys."""


def call_of_reply(
    interpreter: Interpreter, node: ast.Call, reply: ReplyValue, name: str, arguments: Arguments
) -> Value:
    """Return what a method of a reply returns; those of a data frame take names of columns."""
    if name == "to_df":
        return reply._replace(kind="frame")
    for option in options(Choice(tuple(arguments.values))):
        if isinstance(option, Function):  # `rows.sort(key=…)`, `frame.apply(…)`
            interpreter.run(option, Arguments((reply,)))
        elif reply.kind == "frame":
            columns = map(Constant, option.fields) if isinstance(option, DictValue) else [option]
            for column in columns:
                is_name = isinstance(column, Constant) and isinstance(column.value, str)
                if is_name or isinstance(column, ListValue):
                    item(interpreter, node, reply, column)
    return reply if reply.kind == "frame" or name in _SAME_KEYS else UNKNOWN


def _get_from_reply(
    interpreter: Interpreter, node: ast.Call, reply: ReplyValue, arguments: Arguments
) -> Value:
    written = node.args[0] if node.args else node
    value, default = item(interpreter, written, reply, arguments.get(0), lenient=True), arguments.get(1)
    has_default = isinstance(default, DictValue | ListValue)
    return joined((value, default)) if has_default and value == UNKNOWN else value


def _get(interpreter: Interpreter, node: ast.Call, receiver: DictValue, arguments: Arguments) -> Value:
    return item(interpreter, node, receiver, arguments.get(0))


def _update(interpreter: Interpreter, node: ast.Call, receiver: DictValue, arguments: Arguments) -> Value:
    for value in arguments.positional:
        for option in options(value):
            receiver.update(option)
    for name, field in arguments.keywords:
        receiver.update(DictValue({name: field}) if name else field.value)
    return UNKNOWN


def _set_default(
    interpreter: Interpreter, node: ast.Call, receiver: DictValue, arguments: Arguments
) -> Value:
    key = arguments.get(0)
    if not isinstance(key, Constant):
        receiver.open = True
        return UNKNOWN
    default = Item(arguments.get(1), interpreter.location(node.args[0]))
    return receiver.fields.setdefault(str(key.value), default).value


def _items(interpreter: Interpreter, node: ast.Call, receiver: DictValue, arguments: Arguments) -> Value:
    pairs = [ListValue([Constant(key), field.value]) for key, field in receiver.fields.items()]
    return ListValue(pairs, open=receiver.open)


def _pop(interpreter: Interpreter, node: ast.Call, receiver: DictValue, arguments: Arguments) -> Value:
    key = arguments.get(0)
    field = receiver.fields.pop(str(key.value), None) if isinstance(key, Constant) else None
    return field.value if field else UNKNOWN


def _append(interpreter: Interpreter, node: ast.Call, receiver: ListValue, arguments: Arguments) -> Value:
    receiver.elements += arguments.positional
    return UNKNOWN


def _extend(interpreter: Interpreter, node: ast.Call, receiver: ListValue, arguments: Arguments) -> Value:
    receiver.extend(arguments.get(0))
    return UNKNOWN


def _format(
    interpreter: Interpreter, node: ast.Call, receiver: Constant | Text, arguments: Arguments
) -> Value:
    named = {name: pieces(item.value) for name, item in arguments.keywords if name}
    return text(texts.formatted(receiver.pieces, map(pieces, arguments.positional), named))


def _substitute(
    interpreter: Interpreter, node: ast.Call, receiver: Constant | Text, arguments: Arguments
) -> Value:
    mapping = arguments.get(0)
    fields = mapping.fields if isinstance(mapping, DictValue) else {}
    keywords = (*fields.items(), *arguments.keywords)
    return _format(interpreter, node, receiver, Arguments((), keywords))


def _join(interpreter: Interpreter, node: ast.Call, receiver: Constant, arguments: Arguments) -> Value:
    parts = arguments.get(0)
    known = parts.elements if isinstance(parts, ListValue) and not parts.open else [UNKNOWN]
    return text(texts.joined(str(receiver.value), map(pieces, known)))


_MethodHandler = Callable[[Interpreter, ast.Call, Any, Arguments], Value]
METHODS_OF: Final[Mapping[tuple[type, str], _MethodHandler]] = {
    **{
        (kind, name): lambda interpreter, node, receiver, arguments: receiver
        for kind in (Constant, Text)
        for name in ("encode", "lower", "lstrip", "removesuffix", "replace", "rstrip", "strip")
    },
    (Constant, "format"): _format,
    (Text, "format"): _format,
    **{(kind, f"{safe}substitute"): _substitute for kind in (Constant, Text) for safe in ("", "safe_")},
    (Constant, "join"): _join,
    (ReplyValue, "get"): _get_from_reply,
    (ReplyValue, "pop"): _get_from_reply,
    (DictValue, "get"): _get,
    (DictValue, "update"): _update,
    (DictValue, "setdefault"): _set_default,
    (DictValue, "items"): _items,
    (DictValue, "values"): lambda interpreter, node, receiver, arguments: ListValue(
        [field.value for field in receiver.fields.values()], open=receiver.open
    ),
    (DictValue, "keys"): lambda interpreter, node, receiver, arguments: ListValue(
        map(Constant, receiver.fields), open=receiver.open
    ),
    (DictValue, "copy"): lambda interpreter, node, receiver, arguments: receiver.copy(),
    (DictValue, "pop"): _pop,
    (DictValue, "encode"): lambda interpreter, node, receiver, arguments: receiver,
    (ListValue, "append"): _append,
    (ListValue, "extend"): _extend,
    (ListValue, "copy"): lambda interpreter, node, receiver, arguments: receiver,
}
"""(type, method) → what it does."""
