"""What each kind of statement does to the names around it, in one table.

All branches are followed, and a name is afterwards what any of them made it. Of a kind that
is not in the table, only the parts are followed.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from dynzuora.comparison.usage.client_surface import GENERATED
from dynzuora.comparison.usage.containers import attribute
from dynzuora.comparison.usage.expressions import operated
from dynzuora.comparison.usage.interpreter import Interpreter
from dynzuora.comparison.usage.values import (
    UNKNOWN,
    Class,
    ClientPart,
    Constant,
    DictValue,
    Function,
    Instance,
    Scope,
    Value,
    joined,
    options,
)


def _assign(interpreter: Interpreter, node: Any, scope: Scope) -> None:
    value = interpreter.evaluate(node.value, scope)
    for target in node.targets:
        interpreter.bind(target, value, scope)


def _annotated(interpreter: Interpreter, node: Any, scope: Scope) -> None:
    value = interpreter.evaluate(node.value, scope) if node.value is not None else UNKNOWN
    interpreter.bind(
        node.target, interpreter.annotated(node.annotation) if value == UNKNOWN else value, scope
    )


def _augmented(interpreter: Interpreter, node: Any, scope: Scope) -> None:
    before = interpreter.evaluate(node.target, scope)
    value = operated(node.op, before, interpreter.evaluate(node.value, scope))
    interpreter.bind(node.target, value, scope)


def _import(interpreter: Interpreter, node: Any, scope: Scope) -> None:
    for alias in node.names:
        top, is_top = alias.name.split(".")[0], not alias.asname and "." in alias.name
        if (top if not alias.asname else alias.name) == "dynzuora":  # `import dynzuora.errors` binds it, too
            value: Value = ClientPart("module")
        elif GENERATED.match(alias.name.encode()):
            value = ClientPart("generated")
        else:
            value = UNKNOWN if is_top else _module(interpreter, alias.name)
        scope.names[alias.asname or top] = value


def _module(interpreter: Interpreter, name: str) -> Value:
    """Return a module beside this file."""
    scope = interpreter.modules(name)
    return Class(name, scope) if scope else UNKNOWN


def _import_from(interpreter: Interpreter, node: Any, scope: Scope) -> None:
    module = None if node.module == "dynzuora" else interpreter.modules(node.module or "")
    for alias in node.names:
        name = alias.asname or alias.name
        if node.module == "dynzuora":
            value = attribute(interpreter, ClientPart("module"), alias.name)
        elif GENERATED.match((node.module or "").encode()) and module is None:
            value = ClientPart("generated")
        else:
            value = module.names.get(alias.name, UNKNOWN) if module else UNKNOWN
            if value == UNKNOWN:
                value = _module(interpreter, ".".join(filter(None, (node.module, alias.name))))
            value = value if value != UNKNOWN else interpreter.guess(name)
        scope.names[name] = value


def _for(interpreter: Interpreter, node: Any, scope: Scope) -> None:
    before = dict(scope.names)
    for value in interpreter.turns(interpreter.evaluate(node.iter, scope)):
        interpreter.bind(node.target, value, scope)
        interpreter.execute(node.body, scope)
    _merge(scope, before)
    interpreter.execute(node.orelse, scope)


def _while(interpreter: Interpreter, node: Any, scope: Scope) -> None:
    before = dict(scope.names)
    interpreter.evaluate(node.test, scope)
    interpreter.execute(node.body, scope)
    _merge(scope, before)
    interpreter.execute(node.orelse, scope)


def _if(interpreter: Interpreter, node: Any, scope: Scope) -> None:
    interpreter.evaluate(node.test, scope)
    before = dict(scope.names)
    interpreter.execute(node.body, scope)
    after = scope.names
    scope.names = before
    interpreter.execute(node.orelse, scope)
    _merge(scope, after)


def _merge(scope: Scope, other: Mapping[str, Value]) -> None:
    """Let each name be what it is here or in ``other``."""
    for name, value in other.items():
        here = scope.names.get(name)
        scope.names[name] = value if here is None or here is value else joined((value, here))


def _try(interpreter: Interpreter, node: Any, scope: Scope) -> None:
    before = dict(scope.names)
    interpreter.execute(node.body, scope)
    _merge(scope, before)
    _branches(interpreter, [handler.body for handler in node.handlers] + [node.orelse], scope)
    interpreter.execute(node.finalbody, scope)


def _match(interpreter: Interpreter, node: Any, scope: Scope) -> None:
    interpreter.evaluate(node.subject, scope)
    _branches(interpreter, [case.body for case in node.cases], scope)


def _branches(interpreter: Interpreter, branches: Iterable[list[ast.stmt]], scope: Scope) -> None:
    """Run each branch from the same start; a name is afterwards what any of them made it."""
    start = dict(scope.names)
    ends = []
    for branch in branches:
        scope.names = dict(start)
        interpreter.execute(branch, scope)
        ends.append(scope.names)
    scope.names = start
    for end in ends:
        _merge(scope, end)


def _delete(interpreter: Interpreter, node: Any, scope: Scope) -> None:
    for target in node.targets:
        if isinstance(target, ast.Subscript):
            key = interpreter.evaluate(target.slice, scope)
            for holder in options(interpreter.evaluate(target.value, scope)):
                if isinstance(holder, DictValue) and isinstance(key, Constant):
                    holder.fields.pop(str(key.value), None)


def _with(interpreter: Interpreter, node: Any, scope: Scope) -> None:
    for manager in node.items:
        value = interpreter.evaluate(manager.context_expr, scope)
        if manager.optional_vars is not None:
            interpreter.bind(manager.optional_vars, value, scope)
    interpreter.execute(node.body, scope)


def _function(interpreter: Interpreter, node: Any, scope: Scope) -> None:
    for part in (*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)):
        # `@app.get("/v1/accounts")` serves, and asks nobody.
        is_route = part in node.decorator_list and isinstance(part, ast.Call)
        for value in part.args if is_route else [part]:
            interpreter.evaluate(value, scope)
    scope.names[node.name] = interpreter.define(Function(node, scope, interpreter.source))


def _class(interpreter: Interpreter, node: Any, scope: Scope) -> None:
    inside = Scope(scope)
    for base in node.bases:
        inherited = interpreter.evaluate(base, scope)
        if isinstance(inherited, Class):
            inside.names |= inherited.scope.names
    new = scope.names[node.name] = Class(node.name, inside)
    interpreter.execute(node.body, inside)
    instance = Instance(new)
    for value in inside.names.values():
        if isinstance(value, Function):  # if nothing calls it, it is run on an object of its class
            interpreter.define(value._replace(self=instance))


def _global(interpreter: Interpreter, node: Any, scope: Scope) -> None:
    *_, outermost = (scope, *scope.around())
    scope.elsewhere |= dict.fromkeys(node.names, outermost)


def _nonlocal(interpreter: Interpreter, node: Any, scope: Scope) -> None:
    for name in node.names:
        holders = (outer for outer in scope.around() if name in outer.names)
        scope.elsewhere[name] = next(holders, scope)


def _return(interpreter: Interpreter, node: Any, scope: Scope) -> None:
    if node.value is not None:
        scope.returned.append(interpreter.evaluate(node.value, scope))


_Handler = Callable[[Interpreter, Any, Scope], None]
STATEMENTS: Final[Mapping[type[ast.stmt], _Handler]] = {
    ast.AnnAssign: _annotated,
    ast.Assign: _assign,
    ast.AsyncFor: _for,
    ast.AsyncFunctionDef: _function,
    ast.AsyncWith: _with,
    ast.AugAssign: _augmented,
    ast.ClassDef: _class,
    ast.Delete: _delete,
    ast.For: _for,
    ast.FunctionDef: _function,
    ast.Global: _global,
    ast.If: _if,
    ast.Import: _import,
    ast.ImportFrom: _import_from,
    ast.Match: _match,
    ast.Nonlocal: _nonlocal,
    ast.Return: _return,
    ast.Try: _try,
    ast.While: _while,
    ast.With: _with,
}
