"""The value of an expression: one function per kind of syntax, in one table.

Kinds that are not in the table are unknown, but their parts are evaluated: a use may be
anywhere.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from dynzuora.comparison.usage import texts
from dynzuora.comparison.usage.calls import call
from dynzuora.comparison.usage.containers import METHODS_OF, attribute, attribute_of, call_of_reply, item
from dynzuora.comparison.usage.http_calls import HTTP_METHODS, dotted
from dynzuora.comparison.usage.interpreter import Interpreter
from dynzuora.comparison.usage.values import (
    UNKNOWN,
    Arguments,
    Constant,
    DictValue,
    Function,
    Instance,
    Item,
    ListValue,
    ReplyValue,
    Scope,
    Sender,
    Text,
    Value,
    joined,
    of_each,
    options,
    pieces,
    text,
)

# Names and what hangs on them


def _name(interpreter: Interpreter, node: Any, scope: Scope) -> Value:
    value = scope.get(node.id)
    if value is None or value == Constant(None):  # from elsewhere, or to be set by other code
        return joined((value or UNKNOWN, interpreter.guess(node.id)))
    return value


def _attribute(interpreter: Interpreter, node: Any, scope: Scope) -> Value:
    value = attribute(interpreter, interpreter.evaluate(node.value, scope), node.attr, node)
    if value == UNKNOWN and node.attr.upper() in HTTP_METHODS:
        return Sender(dotted(node))
    return value


def _subscript(interpreter: Interpreter, node: Any, scope: Scope) -> Value:
    value, key = interpreter.evaluate(node.value, scope), interpreter.evaluate(node.slice, scope)
    return of_each(value, lambda option: item(interpreter, node, option, key))


# Calls


def _call(interpreter: Interpreter, node: Any, scope: Scope) -> Value:
    if not isinstance(node.func, ast.Attribute):
        function = interpreter.evaluate(node.func, scope)
        return call(interpreter, node, function, _arguments(interpreter, node, scope))
    receiver = interpreter.evaluate(node.func.value, scope)
    arguments = _arguments(interpreter, node, scope)
    return of_each(receiver, lambda option: _call_method(interpreter, node, option, arguments))


def _call_method(interpreter: Interpreter, node: ast.Call, receiver: Value, arguments: Arguments) -> Value:
    assert isinstance(node.func, ast.Attribute)
    name = node.func.attr
    if isinstance(receiver, Instance) and not receiver.has(name) and name.upper() in HTTP_METHODS:
        request = attribute_of(interpreter, receiver, "request")  # of a session with its own
        if isinstance(request, Function):
            method = Constant(name.upper())
            return call(
                interpreter, node, request, arguments._replace(positional=(method, *arguments.positional))
            )
    handler = METHODS_OF.get((type(receiver), name))
    if handler is not None:
        return handler(interpreter, node, receiver, arguments)
    if isinstance(receiver, ReplyValue):
        return call_of_reply(interpreter, node, receiver, name, arguments)
    return call(interpreter, node, attribute_of(interpreter, receiver, name), arguments)


def _arguments(interpreter: Interpreter, node: ast.Call, scope: Scope) -> Arguments:
    positional: list[Value] = []
    for argument in node.args:
        if isinstance(argument, ast.Starred):
            spread = interpreter.evaluate(argument.value, scope)
            positional += spread.elements if isinstance(spread, ListValue) else [UNKNOWN]
        else:
            positional.append(interpreter.evaluate(argument, scope))
    keywords = tuple(
        (keyword.arg, Item(interpreter.evaluate(keyword.value, scope), interpreter.location(keyword)))
        for keyword in node.keywords
    )
    return Arguments(tuple(positional), keywords)


# Literals


def _constant(interpreter: Interpreter, node: Any, scope: Scope) -> Value:
    return Constant(node.value, interpreter.location(node))


def _dict(interpreter: Interpreter, node: Any, scope: Scope) -> Value:
    result = DictValue(location=interpreter.location(node))
    for key_node, value_node in zip(node.keys, node.values, strict=True):
        value = interpreter.evaluate(value_node, scope)
        if key_node is None:
            for option in options(value):
                result.update(option)
            continue
        for key in options(interpreter.evaluate(key_node, scope)):
            if isinstance(key, Constant):
                result.fields[str(key.value)] = Item(value, interpreter.location(key_node))
            else:
                result.open = True
    return result


def _sequence(interpreter: Interpreter, node: Any, scope: Scope) -> Value:
    result = ListValue()
    for element in node.elts:
        if isinstance(element, ast.Starred):
            result.extend(interpreter.evaluate(element.value, scope))
        else:
            result.elements.append(interpreter.evaluate(element, scope))
    return result


def _text(interpreter: Interpreter, node: Any, scope: Scope) -> Value:
    """An f-string is known as far as its parts are."""
    results: list[texts.Pieces] = [()]
    for part in node.values:
        is_formatted = isinstance(part, ast.FormattedValue)
        if not is_formatted:
            value: Value = Constant(part.value, interpreter.locate(node, part.value))
        else:
            value = interpreter.evaluate(part.value, scope)
        values = list(options(value))
        has_format = is_formatted and (part.format_spec or part.conversion != -1)
        parts = [(texts.GAP,)] if has_format else [pieces(value) for value in values]
        results = [texts.concatenated(text, more) for text in results for more in parts][:_MOST_TEXTS]
    return joined(map(text, results))


_MOST_TEXTS = 50


def _binary(interpreter: Interpreter, node: Any, scope: Scope) -> Value:
    left, right = interpreter.evaluate(node.left, scope), interpreter.evaluate(node.right, scope)
    return operated(node.op, left, right)


def operated(operator: ast.operator, left: Value, right: Value) -> Value:
    """Return the value of ``left | right``, ``left + right``, ``left % right`` or ``left / right``."""
    if isinstance(operator, ast.BitOr) and isinstance(left, DictValue):
        union = left.copy()
        union.update(right)
        return union
    if isinstance(operator, ast.Add) and isinstance(left, ListValue):
        if not isinstance(right, ListValue):
            return UNKNOWN
        return ListValue(left.elements + right.elements, open=left.open or right.open)
    if isinstance(operator, ast.Mod):
        return joined(map(text, (_interpolated(one, right) for one in options(left))))
    pairs = [(one, other) for one in options(left) for other in options(right)][:_MOST_TEXTS]
    if isinstance(operator, ast.Add):
        return joined(_concatenated(*pair) for pair in pairs)
    if isinstance(operator, ast.Div):  # of `yarl.URL`
        return joined(text(texts.joined("/", map(pieces, pair))) for pair in pairs)
    return UNKNOWN


def _concatenated(left: Value, right: Value) -> Value:
    numbers = [
        value for value in (left, right) if isinstance(value, Constant) and type(value.value) is not str
    ]
    return UNKNOWN if numbers else text(texts.concatenated(pieces(left), pieces(right)))


def _interpolated(template: Value, right: Value) -> texts.Pieces:
    if not isinstance(template, Constant | Text):
        return (texts.GAP,)
    if isinstance(right, DictValue):
        named = {name: pieces(item.value) for name, item in right.fields.items()}
        return texts.interpolated(template.pieces, (), named)
    values = right.elements if isinstance(right, ListValue) else [right]
    return texts.interpolated(template.pieces, map(pieces, values), {})


# Choices and comprehensions


def _either(interpreter: Interpreter, node: Any, scope: Scope) -> Value:
    interpreter.evaluate(node.test, scope)
    return joined((interpreter.evaluate(node.body, scope), interpreter.evaluate(node.orelse, scope)))


def _any_of(interpreter: Interpreter, node: Any, scope: Scope) -> Value:
    """``a or b`` is either; an empty default such as ``{}`` is not worth mentioning."""
    values = [interpreter.evaluate(value, scope) for value in node.values]
    return joined([value for value in values if not _is_empty(value)] or values)


def _is_empty(value: Value) -> bool:
    if not isinstance(value, DictValue | ListValue):
        return False
    return not value.open and not (value.fields if isinstance(value, DictValue) else value.elements)


def _comprehension(interpreter: Interpreter, node: Any, scope: Scope) -> Value:
    result = ListValue(_produced(interpreter, node, node.generators, Scope(scope)))
    return result if result.elements else ListValue(open=True)


def _dict_comprehension(interpreter: Interpreter, node: Any, scope: Scope) -> Value:
    result = DictValue(location=interpreter.location(node))
    for key, value in _produced(interpreter, node, node.generators, Scope(scope)):
        if isinstance(key, Constant):
            result.fields[str(key.value)] = Item(value, interpreter.location(node))
        else:
            result.open = True
    return result


def _produced(
    interpreter: Interpreter, node: Any, generators: list[ast.comprehension], scope: Scope
) -> Iterator[Any]:
    if not generators:
        if isinstance(node, ast.DictComp):
            yield interpreter.evaluate(node.key, scope), interpreter.evaluate(node.value, scope)
        else:
            yield interpreter.evaluate(node.elt, scope)
        return
    first, *rest = generators
    for value in interpreter.turns(interpreter.evaluate(first.iter, scope)):
        interpreter.bind(first.target, value, scope)
        for test in first.ifs:
            interpreter.evaluate(test, scope)
        yield from _produced(interpreter, node, rest, scope)


def _lambda(interpreter: Interpreter, node: Any, scope: Scope) -> Value:
    return interpreter.define(Function(node, scope, interpreter.source))


def _named(interpreter: Interpreter, node: Any, scope: Scope) -> Value:
    value = interpreter.evaluate(node.value, scope)
    interpreter.bind(node.target, value, scope)
    return value


def _awaited(interpreter: Interpreter, node: Any, scope: Scope) -> Value:
    return interpreter.evaluate(node.value, scope)


def _yielded(interpreter: Interpreter, node: Any, scope: Scope) -> Value:
    if node.value is not None:
        value = interpreter.evaluate(node.value, scope)
        # For its caller, what a generator yields is a list.
        scope.returned.append(value if isinstance(node, ast.YieldFrom) else ListValue([value]))
    return UNKNOWN


_Handler = Callable[[Interpreter, Any, Scope], Value]
EXPRESSIONS: Final[Mapping[type[ast.expr], _Handler]] = {
    ast.Attribute: _attribute,
    ast.Await: _awaited,
    ast.BinOp: _binary,
    ast.BoolOp: _any_of,
    ast.Call: _call,
    ast.Constant: _constant,
    ast.Dict: _dict,
    ast.DictComp: _dict_comprehension,
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
