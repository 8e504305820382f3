"""The value of an expression: one function per kind of syntax, in one table.

Every part of every expression is evaluated, for a use may stand anywhere; only the
kinds in the table have a value, all others are unknown.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from dynzuora.comparison.usage import containers
from dynzuora.comparison.usage.calls import (
    ATTRIBUTES,
    METHODS,
    OPERATION_OBJECTS,
    Arguments,
    call,
)
from dynzuora.comparison.usage.values import (
    UNKNOWN,
    Bound,
    Class,
    Constant,
    Entry,
    Function,
    Handle,
    Instance,
    Listing,
    Method,
    Reply,
    Scope,
    Table,
    Unknown,
    Value,
    joined,
    options,
)

if TYPE_CHECKING:
    from dynzuora.comparison.usage.tracing import Tracer


def evaluate(tracer: Tracer, node: ast.expr, scope: Scope) -> Value:
    """Return what ``node`` stands for."""
    kind = _KINDS.get(type(node))
    if kind is not None and tracer.spend():
        return kind(tracer, node, scope)
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            evaluate(tracer, child, scope)
    return UNKNOWN


# Names and what hangs on them


def _name(tracer: Tracer, node: Any, scope: Scope) -> Value:
    found = scope.get(node.id)
    if found is None or found == Constant(None):  # from elsewhere, or to be filled in by somebody
        return joined((found or UNKNOWN, tracer.guess(node.id)))
    return found


def _attribute(tracer: Tracer, node: Any, scope: Scope) -> Value:
    return attribute(tracer, evaluate(tracer, node.value, scope), node.attr, node)


def attribute(tracer: Tracer, value: Value, name: str, node: ast.AST | None = None) -> Value:
    """Return ``value.name``."""
    return joined(_attribute_of(tracer, each, name, node) for each in options(value))


def _attribute_of(tracer: Tracer, value: Value, name: str, node: ast.AST | None = None) -> Value:
    if isinstance(value, Handle):
        return _of_handle(tracer, value, name)
    if isinstance(value, Instance):
        return _of_instance(tracer, value, name)
    if isinstance(value, Class):
        return value.scope.names.get(name, UNKNOWN)
    if isinstance(value, Constant):  # the value of a member of an enumeration
        return value if name == "value" else UNKNOWN
    if isinstance(value, Bound):
        return value if name == "prepare" else UNKNOWN
    if isinstance(value, Reply):
        return containers.attribute_of_reply(tracer, node, value, name)
    if isinstance(value, Unknown):
        return _of_unknown(tracer, name)
    return UNKNOWN


def _of_handle(tracer: Tracer, handle: Handle, name: str) -> Value:
    if handle.kind == "client" and (name in METHODS or name == "request"):
        return Method(name, handle.sure)
    known = ATTRIBUTES.get((handle.kind, name))
    if isinstance(known, Handle):
        return known._replace(sure=handle.sure)
    if handle.kind == "tags":
        return Handle("tag", handle.sure)
    if handle.kind in OPERATION_OBJECTS and (handle.sure or tracer.is_id(name)):
        return Bound(Constant(name), handle.sure)
    return UNKNOWN


def _of_instance(tracer: Tracer, instance: Instance, name: str) -> Value:
    found = instance.attributes.get(name) or instance.of.scope.names.get(name)
    if isinstance(found, Function):
        method = found._replace(self=instance)
        return tracer.run(method, (), ()) if _is_property(found) else method
    if found is None or found in (UNKNOWN, Constant(None)):
        return joined((found or UNKNOWN, tracer.guess(name)))
    return found


def _is_property(function: Function) -> bool:
    decorators = getattr(function.node, "decorator_list", ())
    return any(ast.unparse(each).split(".")[-1] in ("property", "cached_property") for each in decorators)


def _of_unknown(tracer: Tracer, name: str) -> Value:
    """An attribute of something unknown may still be a client's: ``self.client``, ``app.zuora.ops``."""
    if name in METHODS:
        return Method(name, False)
    if name in ("ops", "operations"):
        return Handle("ops", False)
    return tracer.guess(name)


# Subscripts


def _subscript(tracer: Tracer, node: Any, scope: Scope) -> Value:
    value = evaluate(tracer, node.value, scope)
    key = evaluate(tracer, node.slice, scope)
    return joined(containers.item(tracer, node, each, key) for each in options(value))


# Calls


def _call(tracer: Tracer, node: Any, scope: Scope) -> Value:
    if not isinstance(node.func, ast.Attribute):
        function = evaluate(tracer, node.func, scope)
        return call(tracer, node, function, _arguments(tracer, node, scope))
    receiver = evaluate(tracer, node.func.value, scope)
    arguments = _arguments(tracer, node, scope)
    return joined(_call_method(tracer, node, each, arguments) for each in options(receiver))


def _call_method(tracer: Tracer, node: ast.Call, receiver: Value, arguments: Arguments) -> Value:
    assert isinstance(node.func, ast.Attribute)
    name = node.func.attr
    known = containers.METHODS_OF.get((type(receiver), name))
    if known is not None:
        return known(tracer, node, receiver, arguments)
    if isinstance(receiver, Reply):
        return containers.call_of_reply(tracer, node, receiver, name, arguments)
    return call(tracer, node, _attribute_of(tracer, receiver, name), arguments)


def _arguments(tracer: Tracer, node: ast.Call, scope: Scope) -> Arguments:
    positional: list[Value] = []
    for each in node.args:
        if isinstance(each, ast.Starred):
            spread = evaluate(tracer, each.value, scope)
            positional += spread.elements if isinstance(spread, Listing) else [UNKNOWN]
        else:
            positional.append(evaluate(tracer, each, scope))
    keywords = tuple(
        (each.arg, Entry(evaluate(tracer, each.value, scope), tracer.place(each))) for each in node.keywords
    )
    return Arguments(tuple(positional), keywords)


# Literals


def _constant(tracer: Tracer, node: Any, scope: Scope) -> Value:
    return Constant(node.value, tracer.place(node))


def _dict(tracer: Tracer, node: Any, scope: Scope) -> Value:
    table = Table(place=tracer.place(node))
    for key, value in zip(node.keys, node.values, strict=True):
        held = evaluate(tracer, value, scope)
        if key is None:
            for each in options(held):
                table.update(each)
            continue
        for name in options(evaluate(tracer, key, scope)):
            if isinstance(name, Constant):
                table.entries[str(name.value)] = Entry(held, tracer.place(key))
            else:
                table.open = True
    return table


def _sequence(tracer: Tracer, node: Any, scope: Scope) -> Value:
    listing = Listing()
    for each in node.elts:
        if isinstance(each, ast.Starred):
            spread = evaluate(tracer, each.value, scope)
            if isinstance(spread, Listing):
                listing.elements += spread.elements
                listing.open |= spread.open
            else:
                listing.open = True
        else:
            listing.elements.append(evaluate(tracer, each, scope))
    return listing


def _text(tracer: Tracer, node: Any, scope: Scope) -> Value:
    """An f-string is known when each of its parts is."""
    texts = [""]
    for part in node.values:
        inner = part.value if isinstance(part, ast.FormattedValue) else part
        found = list(options(evaluate(tracer, inner, scope)))
        formatted = isinstance(part, ast.FormattedValue) and (part.format_spec or part.conversion != -1)
        if formatted or not all(isinstance(each, Constant) for each in found):
            texts = []
        texts = [text + str(getattr(each, "value", "")) for text in texts for each in found][:_MOST_TEXTS]
    return joined(Constant(each) for each in texts)


_MOST_TEXTS = 50


def _binary(tracer: Tracer, node: Any, scope: Scope) -> Value:
    left, right = evaluate(tracer, node.left, scope), evaluate(tracer, node.right, scope)
    if isinstance(node.op, ast.BitOr) and isinstance(left, Table):
        merged = left.copy()
        merged.update(right)
        return merged
    if isinstance(node.op, ast.Add):
        if not isinstance(left, Listing):
            return joined(_concatenated(one, other) for one in options(left) for other in options(right))
        if isinstance(left, Listing) and isinstance(right, Listing):
            return Listing(left.elements + right.elements, open=left.open or right.open)
    return UNKNOWN


def _concatenated(left: Value, right: Value) -> Value:
    texts = [
        each.value for each in (left, right) if isinstance(each, Constant) and isinstance(each.value, str)
    ]
    return Constant("".join(texts)) if len(texts) == 2 else UNKNOWN


# Choices and comprehensions


def _either(tracer: Tracer, node: Any, scope: Scope) -> Value:
    evaluate(tracer, node.test, scope)
    return joined((evaluate(tracer, node.body, scope), evaluate(tracer, node.orelse, scope)))


def _any_of(tracer: Tracer, node: Any, scope: Scope) -> Value:
    """``a or b``: either; an empty or missing first one is not worth mentioning."""
    values = [evaluate(tracer, each, scope) for each in node.values]
    told = [each for each in values if not (isinstance(each, Table | Listing) and not _held(each))]
    return joined(told or values)


def _held(value: Table | Listing) -> bool:
    return bool(value.entries if isinstance(value, Table) else value.elements) or value.open


def _comprehension(tracer: Tracer, node: Any, scope: Scope) -> Value:
    found = Listing(_produced(tracer, node, node.generators, Scope(scope)))
    return found if found.elements else Listing(open=True)


def _table_comprehension(tracer: Tracer, node: Any, scope: Scope) -> Value:
    table = Table(place=tracer.place(node))
    for key, value in _produced(tracer, node, node.generators, Scope(scope)):
        if isinstance(key, Constant):
            table.entries[str(key.value)] = Entry(value, tracer.place(node))
        else:
            table.open = True
    return table


def _produced(tracer: Tracer, node: Any, generators: list[ast.comprehension], scope: Scope) -> Iterator[Any]:
    if not generators:
        if isinstance(node, ast.DictComp):
            yield evaluate(tracer, node.key, scope), evaluate(tracer, node.value, scope)
        else:
            yield evaluate(tracer, node.elt, scope)
        return
    first, *rest = generators
    for each in tracer.turns(evaluate(tracer, first.iter, scope)):
        tracer.bind(first.target, each, scope)
        for test in first.ifs:
            evaluate(tracer, test, scope)
        yield from _produced(tracer, node, rest, scope)


def _lambda(tracer: Tracer, node: Any, scope: Scope) -> Value:
    return tracer.defined(Function(node, scope))


def _named(tracer: Tracer, node: Any, scope: Scope) -> Value:
    value = evaluate(tracer, node.value, scope)
    tracer.bind(node.target, value, scope)
    return value


def _inner(tracer: Tracer, node: Any, scope: Scope) -> Value:
    return evaluate(tracer, node.value, scope)


def _yielded(tracer: Tracer, node: Any, scope: Scope) -> Value:
    if node.value is not None:
        value = evaluate(tracer, node.value, scope)
        # To its caller, what a generator gives is a list.
        scope.returned.append(value if isinstance(node, ast.YieldFrom) else Listing([value]))
    return UNKNOWN


_Kind = Callable[["Tracer", Any, Scope], Value]
_KINDS: Final[Mapping[type[ast.expr], _Kind]] = {
    ast.Attribute: _attribute,
    ast.Await: _inner,
    ast.BinOp: _binary,
    ast.BoolOp: _any_of,
    ast.Call: _call,
    ast.Constant: _constant,
    ast.Dict: _dict,
    ast.DictComp: _table_comprehension,
    ast.GeneratorExp: _comprehension,
    ast.IfExp: _either,
    ast.JoinedStr: _text,
    ast.Lambda: _lambda,
    ast.List: _sequence,
    ast.ListComp: _comprehension,
    ast.Name: _name,
    ast.NamedExpr: _named,
    ast.Set: _sequence,
    ast.SetComp: _comprehension,
    ast.Subscript: _subscript,
    ast.Tuple: _sequence,
    ast.Yield: _yielded,
    ast.YieldFrom: _yielded,
}
