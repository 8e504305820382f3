"""What each kind of statement does to the names around it, in one table.

Both branches of a choice are taken, and a name is afterwards what either made of it. A
kind that is not in the table is run for its parts.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from dynzuora.comparison.usage.expressions import attribute, evaluate
from dynzuora.comparison.usage.values import (
    UNKNOWN,
    Class,
    Constant,
    Function,
    Handle,
    Instance,
    Scope,
    Table,
    Value,
    joined,
    options,
)

if TYPE_CHECKING:
    from dynzuora.comparison.usage.tracing import Tracer


def _assign(tracer: Tracer, node: Any, scope: Scope) -> None:
    value = evaluate(tracer, node.value, scope)
    for target in node.targets:
        tracer.bind(target, value, scope)


def _annotated(tracer: Tracer, node: Any, scope: Scope) -> None:
    value = evaluate(tracer, node.value, scope) if node.value is not None else UNKNOWN
    tracer.bind(node.target, tracer.annotated(node.annotation) if value == UNKNOWN else value, scope)


def _augmented(tracer: Tracer, node: Any, scope: Scope) -> None:
    read = ast.BinOp(ast.copy_location(_as_read(node.target), node.target), node.op, node.value)
    tracer.bind(node.target, evaluate(tracer, ast.copy_location(read, node), scope), scope)


def _as_read(target: ast.expr) -> ast.expr:
    if isinstance(target, ast.Name):
        return ast.Name(target.id, ast.Load())
    return target


def _import(tracer: Tracer, node: Any, scope: Scope) -> None:
    for each in node.names:
        name = each.asname or each.name.split(".")[0]
        bound = each.name if each.asname else name
        if bound == "dynzuora":  # which `import dynzuora.errors` binds as well
            scope.names[name] = Handle("module")
        else:
            scope.names[name] = tracer.module(bound) if bound == each.name else UNKNOWN


def _import_from(tracer: Tracer, node: Any, scope: Scope) -> None:
    for each in node.names:
        name = each.asname or each.name
        if node.module == "dynzuora":
            scope.names[name] = attribute(tracer, Handle("module"), each.name)
        else:
            found = tracer.imported(node.module or "", each.name)
            scope.names[name] = found if found != UNKNOWN else tracer.guess(name)


def _for(tracer: Tracer, node: Any, scope: Scope) -> None:
    before = dict(scope.names)
    for value in tracer.turns(evaluate(tracer, node.iter, scope)):
        tracer.bind(node.target, value, scope)
        tracer.execute(node.body, scope)
    _merge(scope, before)
    tracer.execute(node.orelse, scope)


def _while(tracer: Tracer, node: Any, scope: Scope) -> None:
    before = dict(scope.names)
    evaluate(tracer, node.test, scope)
    tracer.execute(node.body, scope)
    _merge(scope, before)
    tracer.execute(node.orelse, scope)


def _if(tracer: Tracer, node: Any, scope: Scope) -> None:
    evaluate(tracer, node.test, scope)
    before = dict(scope.names)
    tracer.execute(node.body, scope)
    after = scope.names
    scope.names = before
    tracer.execute(node.orelse, scope)
    _merge(scope, after)


def _merge(scope: Scope, other: Mapping[str, Value]) -> None:
    """Let each name be what it is here or in ``other``."""
    for name, value in other.items():
        here = scope.names.get(name)
        scope.names[name] = value if here is None or here is value else joined((value, here))


def _try(tracer: Tracer, node: Any, scope: Scope) -> None:
    before = dict(scope.names)
    tracer.execute(node.body, scope)
    _merge(scope, before)
    _branches(tracer, [each.body for each in node.handlers] + [node.orelse], scope)
    tracer.execute(node.finalbody, scope)


def _match(tracer: Tracer, node: Any, scope: Scope) -> None:
    evaluate(tracer, node.subject, scope)
    _branches(tracer, [each.body for each in node.cases], scope)


def _branches(tracer: Tracer, branches: Iterable[list[ast.stmt]], scope: Scope) -> None:
    """Run each branch from the same start; a name is afterwards what any of them made of it."""
    start = dict(scope.names)
    ends = []
    for branch in branches:
        scope.names = dict(start)
        tracer.execute(branch, scope)
        ends.append(scope.names)
    scope.names = start
    for end in ends:
        _merge(scope, end)


def _delete(tracer: Tracer, node: Any, scope: Scope) -> None:
    for target in node.targets:
        if isinstance(target, ast.Subscript):
            key = evaluate(tracer, target.slice, scope)
            for holder in options(evaluate(tracer, target.value, scope)):
                if isinstance(holder, Table) and isinstance(key, Constant):
                    holder.entries.pop(str(key.value), None)


def _with(tracer: Tracer, node: Any, scope: Scope) -> None:
    for each in node.items:
        value = evaluate(tracer, each.context_expr, scope)
        if each.optional_vars is not None:
            tracer.bind(each.optional_vars, value, scope)
    tracer.execute(node.body, scope)


def _function(tracer: Tracer, node: Any, scope: Scope) -> None:
    for each in (*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)):
        evaluate(tracer, each, scope)
    scope.names[node.name] = tracer.defined(Function(node, scope))


def _class(tracer: Tracer, node: Any, scope: Scope) -> None:
    inside = Scope(scope)
    for base in node.bases:
        inherited = evaluate(tracer, base, scope)
        if isinstance(inherited, Class):
            inside.names |= inherited.scope.names
    made = Class(node.name, inside)
    scope.names[node.name] = made
    tracer.execute(node.body, inside)
    alone = Instance(made)
    for value in inside.names.values():
        if isinstance(value, Function):  # should nobody call it, it is called on an object of its class
            tracer.defined(value._replace(self=alone))


def _global(tracer: Tracer, node: Any, scope: Scope) -> None:
    *_, outermost = (scope, *scope.around())
    scope.elsewhere |= dict.fromkeys(node.names, outermost)


def _nonlocal(tracer: Tracer, node: Any, scope: Scope) -> None:
    for name in node.names:
        holders = (each for each in scope.around() if name in each.names)
        scope.elsewhere[name] = next(holders, scope)


def _return(tracer: Tracer, node: Any, scope: Scope) -> None:
    if node.value is not None:
        scope.returned.append(evaluate(tracer, node.value, scope))


_Kind = Callable[["Tracer", Any, Scope], None]
KINDS: Final[Mapping[type[ast.stmt], _Kind]] = {
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
