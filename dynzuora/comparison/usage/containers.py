"""Tables, lists and replies: what reading an item gives, and what their methods do.

The tables and lists of a script are followed as they change; every key read from a
reply is noted with the uses it came from.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from dynzuora.comparison.usage.calls import OPERATION_OBJECTS, Arguments
from dynzuora.comparison.usage.values import (
    UNKNOWN,
    Bound,
    Class,
    Constant,
    Entry,
    Function,
    Handle,
    Key,
    Listing,
    Reply,
    Table,
    Unknown,
    Value,
    element,
    joined,
    options,
)

if TYPE_CHECKING:
    from dynzuora.comparison.usage.tracing import Tracer


def item(tracer: Tracer, node: ast.expr, value: Value, key: Value, *, lenient: bool = False) -> Value:
    """Return ``value[key]``; reading a reply is noted."""
    if isinstance(value, Reply):
        return _item_of_reply(tracer, node, value, key, lenient)
    return joined(_item(tracer, value, each) for each in options(key))


def _item(tracer: Tracer, value: Value, key: Value) -> Value:
    if isinstance(value, Table):
        if isinstance(key, Constant):
            entry = value.entries.get(str(key.value))
            return entry.value if entry else UNKNOWN
        return joined(entry.value for entry in value.entries.values())
    if isinstance(value, Listing):
        if isinstance(key, Constant) and isinstance(key.value, int) and not value.open:
            inside = -len(value.elements) <= key.value < len(value.elements)
            return value.elements[key.value] if inside else UNKNOWN
        return element(value)
    if isinstance(value, Handle):
        sure = value.sure and value.kind != "tags"
        return Bound(key, sure) if value.kind in (*OPERATION_OBJECTS, "client") else UNKNOWN
    if isinstance(value, Class):
        return value.scope.names.get(str(getattr(key, "value", "")), UNKNOWN)
    if isinstance(value, Unknown) and isinstance(key, Constant) and tracer.is_id(key.value):
        return Bound(key, False)
    return UNKNOWN


def _item_of_reply(tracer: Tracer, node: ast.expr, reply: Reply, key: Value, lenient: bool) -> Value:
    if reply.kind in ("pages", "results"):
        return reply._replace(kind="reply")
    names = [each.value for each in options(key) if isinstance(each, Constant)]
    if isinstance(key, Listing):  # df[["id", "balance"]]
        names = [each.value for each in key.elements if isinstance(each, Constant)]
    texts = [name for name in names if isinstance(name, str)]
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
        return reply
    if not names:
        if key == UNKNOWN and isinstance(node, ast.Subscript):
            tracer.doubt_about(reply.uses, node, "the key read from its reply is computed", "responses")
        return UNKNOWN
    if not texts:
        return reply  # an index: lists are passed silently
    for name in texts:
        found = Key((*reply.path, name), tracer.place(getattr(node, "slice", node)), lenient)
        for use in reply.uses:
            use.reads.append(found)
    if isinstance(key, Listing):
        return reply
    return joined(reply._replace(path=(*reply.path, name)) for name in texts)


_KEEPING = frozenset({"to_list", "first", "result", "wait", "copy"})
"""Methods of replies and of what is lazy that keep the same keys."""


def call_of_reply(tracer: Tracer, node: ast.Call, reply: Reply, name: str, arguments: Arguments) -> Value:
    """Return what a method of a reply gives; those of a data frame take names of columns."""
    if name == "to_df":
        return reply._replace(kind="frame")
    if reply.kind != "frame":
        return reply if name in _KEEPING else UNKNOWN
    named = [*arguments.positional, *(entry.value for _, entry in arguments.keywords)]
    for value in named:
        for each in options(value):
            columns = [Constant(key) for key in each.entries] if isinstance(each, Table) else [each]
            for column in columns:
                if isinstance(column, Listing) or (isinstance(column, Constant) and _is_text(column)):
                    item(tracer, node, reply, column)
                elif isinstance(column, Function):
                    tracer.run(column, (reply,), ())
    return reply


def attribute_of_reply(tracer: Tracer, node: ast.AST | None, reply: Reply, name: str) -> Value:
    """``result.reply`` of a bulk call; ``frame.balance`` is a column."""
    if reply.kind == "frame" and isinstance(node, ast.expr):
        return item(tracer, node, reply, Constant(name))
    return reply._replace(kind="reply") if name == "reply" else UNKNOWN


def _is_text(value: Constant) -> bool:
    return isinstance(value.value, str)


def _get_from_reply(tracer: Tracer, node: ast.Call, receiver: Value, arguments: Arguments) -> Value:
    key = arguments.positional[0] if arguments.positional else UNKNOWN
    found = item(tracer, node.args[0] if node.args else node, receiver, key, lenient=True)
    default = arguments.positional[1] if len(arguments.positional) > 1 else UNKNOWN
    return joined((found, default)) if isinstance(default, Table | Listing) and found == UNKNOWN else found


def _get_from_table(tracer: Tracer, node: ast.Call, receiver: Value, arguments: Arguments) -> Value:
    key = arguments.positional[0] if arguments.positional else UNKNOWN
    return item(tracer, node, receiver, key)


def _update_table(tracer: Tracer, node: ast.Call, receiver: Table, arguments: Arguments) -> Value:
    for each in arguments.positional:
        for option in options(each):
            receiver.update(option)
    for name, entry in arguments.keywords:
        receiver.update(Table({name: entry}) if name else entry.value)
    return UNKNOWN


def _set_default(tracer: Tracer, node: ast.Call, receiver: Table, arguments: Arguments) -> Value:
    key, value, *_ = [*arguments.positional, UNKNOWN, UNKNOWN]
    if not isinstance(key, Constant):
        receiver.open = True
        return UNKNOWN
    made = Entry(value, tracer.place(node.args[0]))
    return receiver.entries.setdefault(str(key.value), made).value


def _items_of_table(tracer: Tracer, node: ast.Call, receiver: Table, arguments: Arguments) -> Value:
    pairs = [Listing([Constant(key), entry.value]) for key, entry in receiver.entries.items()]
    return Listing(pairs, open=receiver.open)


def _values_of_table(tracer: Tracer, node: ast.Call, receiver: Table, arguments: Arguments) -> Value:
    return Listing([entry.value for entry in receiver.entries.values()], open=receiver.open)


def _keys_of_table(tracer: Tracer, node: ast.Call, receiver: Table, arguments: Arguments) -> Value:
    return Listing([Constant(key) for key in receiver.entries], open=receiver.open)


def _copy_of_table(tracer: Tracer, node: ast.Call, receiver: Table, arguments: Arguments) -> Value:
    return receiver.copy()


def _pop_from_table(tracer: Tracer, node: ast.Call, receiver: Table, arguments: Arguments) -> Value:
    key = arguments.positional[0] if arguments.positional else UNKNOWN
    entry = receiver.entries.pop(str(key.value), None) if isinstance(key, Constant) else None
    return entry.value if entry else UNKNOWN


def _append(tracer: Tracer, node: ast.Call, receiver: Listing, arguments: Arguments) -> Value:
    receiver.elements += arguments.positional
    return UNKNOWN


def _extend(tracer: Tracer, node: ast.Call, receiver: Listing, arguments: Arguments) -> Value:
    for each in arguments.positional:
        if isinstance(each, Listing):
            receiver.elements += each.elements
        else:
            receiver.open = True
    return UNKNOWN


def _sort_rows(tracer: Tracer, node: ast.Call, receiver: Value, arguments: Arguments) -> Value:
    """``rows.sort(key=…)``: the function is called with a row."""
    key = arguments.keyword("key")
    if key and isinstance(key.value, Function):
        tracer.run(key.value, (receiver,), ())
    return UNKNOWN


_Method = Callable[["Tracer", ast.Call, Any, Arguments], Value]
METHODS_OF: Final[Mapping[tuple[type, str], _Method]] = {
    (Reply, "get"): _get_from_reply,
    (Reply, "pop"): _get_from_reply,
    (Reply, "sort"): _sort_rows,
    (Table, "get"): _get_from_table,
    (Table, "update"): _update_table,
    (Table, "setdefault"): _set_default,
    (Table, "items"): _items_of_table,
    (Table, "values"): _values_of_table,
    (Table, "keys"): _keys_of_table,
    (Table, "copy"): _copy_of_table,
    (Table, "pop"): _pop_from_table,
    (Listing, "append"): _append,
    (Listing, "extend"): _extend,
    (Listing, "copy"): lambda tracer, node, receiver, arguments: receiver,
}
"""(what, method) → what it does; the tables and lists of a script are followed as they change."""
