"""Follow a script from its first statement to its last and note each use of an operation.

Statements run in order, once; loops over what is written out run once per element, a
function runs where it is called, with what it is given there, and by itself when nobody
here calls it. Nothing of the script is ever executed.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from dynzuora._text import cut
from dynzuora.comparison.usage import sources, statements
from dynzuora.comparison.usage.expressions import attribute, evaluate
from dynzuora.comparison.usage.values import (
    UNKNOWN,
    Bound,
    Class,
    Constant,
    Doubt,
    Entry,
    Function,
    Handle,
    Instance,
    Listing,
    Place,
    Reply,
    Scope,
    Table,
    Use,
    Value,
    element,
    joined,
    options,
)

_BUDGET = 200_000
"""Expressions evaluated before a file is given up; a thousand lines take about ten thousand."""
_DEEPEST = 8
_MOST_TURNS = 60

Resolve = Callable[[str], str]
"""A name of an operation → its id in the old document, empty when there is none."""


def uses_in(source: sources.Source, resolve: Resolve, ids: Iterable[str]) -> tuple[list[Use], list[Doubt]]:
    """Return the uses of operations in one file, and what could not be read."""
    tracer = Tracer(source, resolve, frozenset(ids), _modules_beside(source, resolve))
    scope = Scope()
    tracer.execute(source.statements, scope)
    tracer.run_uncalled()
    doubts = [*source.doubts, *dict.fromkeys(tracer.doubts)]
    if tracer.exhausted:
        doubts.append(Doubt(Place(source.path, 1), "", "is too long to be followed to its end"))
    return tracer.uses, doubts


def _modules_beside(source: sources.Source, resolve: Resolve) -> Callable[[str], Scope | None]:
    """Return a function from a module's name to what it binds, for modules near a file; each is read once."""
    known: dict[Path, Scope | None] = {}

    def scope_of(module: str) -> Scope | None:
        inside = Path(*module.split(".")).with_suffix(".py") if module else Path("__init__.py")
        for folder in list(Path(source.path).parents)[:3]:
            path = folder / inside
            if path in known:
                return known[path]
            if path.is_file():
                known[path] = None  # it may import the one that imports it
                beside = sources.read(path)
                scope = Scope()
                Tracer(beside, resolve, frozenset(), scope_of).execute(beside.statements, scope)
                known[path] = scope
                return scope
        return None

    return scope_of


def _is_data(value: Value) -> bool:
    """Whether a value means the same in another file: functions know where they are written."""
    if isinstance(value, Class):
        return not any(isinstance(each, Function) for each in value.scope.names.values())
    return all(isinstance(each, Constant | Table | Listing | Handle) for each in options(value))


class Tracer:
    """The state of one file's tracing: what was used, what was doubtful, what was defined."""

    def __init__(
        self,
        source: sources.Source,
        resolve: Resolve,
        ids: frozenset[str],
        modules: Callable[[str], Scope | None],
    ) -> None:
        self._modules = modules
        self._source = source
        self._resolve = resolve
        self._ids = ids
        self._left = _BUDGET
        self._running: list[ast.AST] = []
        self._defined: dict[ast.AST, Function] = {}
        self._called: set[ast.AST] = set()
        self.uses: list[Use] = []
        self.doubts: list[Doubt] = []

    # What it knows

    @property
    def exhausted(self) -> bool:
        return self._left <= 0

    def spend(self) -> bool:
        """Take one step off the budget; False when it is used up."""
        self._left -= 1
        return self._left > 0

    def place(self, node: ast.AST) -> Place:
        return self._source.place(getattr(node, "lineno", 1))

    def text(self, node: ast.AST) -> str:
        """Return the code of ``node`` on one line, cut where it is long."""
        return cut(" ".join(ast.unparse(node).split()), 80)

    def doubt(self, node: ast.AST, why: str) -> None:
        self.doubts.append(Doubt(self.place(node), self.text(node), why))

    def doubt_about(self, uses: Iterable[Use], node: ast.AST, why: str, about: str) -> None:
        for use in uses:
            use.doubts.append(Doubt(self.place(node), self.text(node), why, about))

    def module(self, name: str) -> Value:
        """Return a module beside this file, as far as it holds data."""
        scope = self._modules(name)
        if scope is None:
            return UNKNOWN
        data = Scope()
        data.names = {each: value for each, value in scope.names.items() if _is_data(value)}
        return Class(name, data)

    def imported(self, module: str, name: str) -> Value:
        """Return what a module beside this file holds under ``name``, if that is data."""
        scope = self._modules(module)
        found = scope.names.get(name, UNKNOWN) if scope else UNKNOWN
        return found if _is_data(found) else UNKNOWN

    def operation(self, name: Value) -> str:
        """Return the id that a value names, empty when it names none."""
        if isinstance(name, Constant) and isinstance(name.value, str):
            return self._resolve(name.value)
        return ""

    def is_id(self, name: Any) -> bool:
        return isinstance(name, str) and name in self._ids

    def guess(self, name: str) -> Value:
        """Return what a name from elsewhere probably is: ``client``, ``zuora_client``."""
        return Handle("client") if name.lower().split("_")[-1] == "client" else UNKNOWN

    def attributes(self, value: Value, name: Value) -> Value:
        """Return ``getattr(value, name)``."""
        found = [each for each in options(name) if isinstance(each, Constant)]
        if found:
            return joined(attribute(self, value, str(each.value)) for each in found)
        if any(isinstance(each, Handle) and each.sure for each in options(value)):
            return joined(Bound(UNKNOWN, True) for each in options(value) if each == Handle("ops"))
        return UNKNOWN

    # Statements

    def execute(self, body: Iterable[ast.stmt], scope: Scope) -> None:
        """Run statements for what they bind and use."""
        for each in body:
            known = statements.KINDS.get(type(each), Tracer._execute_parts)
            try:
                known(self, each, scope)
            except RecursionError:
                self.doubts.append(Doubt(self.place(each), "", "is too deep to be followed"))

    def _execute_parts(self, node: ast.AST, scope: Scope) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                evaluate(self, child, scope)
            elif isinstance(child, ast.stmt):
                self.execute([child], scope)
            else:
                self._execute_parts(child, scope)

    def bind(self, target: ast.AST, value: Value, scope: Scope) -> None:
        """Do what an assignment of ``value`` to ``target`` does."""
        if isinstance(target, ast.Name):
            scope.bind(target.id, value)
        elif isinstance(target, ast.Tuple | ast.List):
            self._unpack(target.elts, value, scope)
        elif isinstance(target, ast.Starred):
            self.bind(target.value, Listing(open=True), scope)
        elif isinstance(target, ast.Attribute):
            for holder in options(evaluate(self, target.value, scope)):
                if isinstance(holder, Instance):
                    known = holder.attributes.get(target.attr)
                    holder.attributes[target.attr] = joined([*([known] if known else []), value])
        elif isinstance(target, ast.Subscript):
            self._put(target, value, scope)

    def _unpack(self, targets: list[ast.expr], value: Value, scope: Scope) -> None:
        held = [each for each in options(value) if isinstance(each, Listing)]
        for number, target in enumerate(targets):
            found = [each.elements[number] for each in held if number < len(each.elements)]
            if not found and isinstance(value, Reply):
                found = [value]  # `for number, row in frame.iterrows()`
            self.bind(target, joined(found), scope)

    def _put(self, target: ast.Subscript, value: Value, scope: Scope) -> None:
        key = evaluate(self, target.slice, scope)
        for holder in options(evaluate(self, target.value, scope)):
            if not isinstance(holder, Table):
                continue
            for each in options(key):
                if isinstance(each, Constant):
                    holder.entries[str(each.value)] = Entry(value, self.place(target.slice))
                else:
                    holder.open = True

    def turns(self, iterable: Value) -> Iterator[Value]:
        """Return what a loop over ``iterable`` binds, turn by turn; one turn for what is not written out."""
        if isinstance(iterable, Listing) and not iterable.open and 0 < len(iterable.elements) <= _MOST_TURNS:
            yield from list(iterable.elements)
        else:
            yield element(iterable)

    # Functions and classes

    def defined(self, function: Function) -> Function:
        self._defined[function.node] = function
        return function

    def run(
        self, function: Function, positional: Iterable[Value], keywords: Iterable[tuple[str | None, Entry]]
    ) -> Value:
        """Return what a call of a function of this file gives; its uses are noted on the way."""
        node = function.node
        self._called.add(node)
        if node in self._running or len(self._running) >= _DEEPEST or not self.spend():
            return UNKNOWN
        scope = Scope(function.scope)
        given = ([function.self] if function.self is not None else []) + list(positional)
        self._bind_parameters(node.args, given, list(keywords), scope, function.scope)
        self._running.append(node)
        try:
            if isinstance(node, ast.Lambda):
                return evaluate(self, node.body, scope)
            self.execute(node.body, scope)
        finally:
            self._running.pop()
        return joined(scope.returned)

    def _bind_parameters(
        self,
        parameters: ast.arguments,
        positional: list[Value],
        keywords: list[tuple[str | None, Entry]],
        scope: Scope,
        outside: Scope,
    ) -> None:
        named = {name: entry.value for name, entry in keywords if name}
        spread = [entry.value for name, entry in keywords if name is None]
        places = [*parameters.posonlyargs, *parameters.args]
        defaults = [None] * (len(places) - len(parameters.defaults)) + parameters.defaults
        defaults += parameters.kw_defaults
        for number, (each, default) in enumerate(
            zip([*places, *parameters.kwonlyargs], defaults, strict=True)
        ):
            if number < len(places) and number < len(positional):
                value = positional[number]
            elif each.arg in named:
                value = named[each.arg]
            else:
                value = evaluate(self, default, outside) if default is not None else UNKNOWN
            scope.names[each.arg] = self._declared(each, value)
        if parameters.vararg:
            scope.names[parameters.vararg.arg] = Listing(positional[len(places) :], open=not positional)
        if parameters.kwarg:
            own = {each.arg for each in (*places, *parameters.kwonlyargs)}
            rest = Table({name: entry for name, entry in keywords if name and name not in own})
            rest.open = not positional and not keywords  # nobody calls it here
            for option in options(joined(spread)) if spread else ():
                rest.update(option)
            scope.names[parameters.kwarg.arg] = rest

    def _declared(self, parameter: ast.arg, value: Value) -> Value:
        """A parameter that nobody gives is what its annotation or its name says."""
        if value not in (UNKNOWN, Constant(None)):
            return value
        told = self.annotated(parameter.annotation)
        told = told if told != UNKNOWN else self.guess(parameter.arg)
        return told if told != UNKNOWN else value

    def annotated(self, annotation: ast.expr | None) -> Value:
        """Return what an annotation says: ``client: dynzuora.Client | None``."""
        text = ast.unparse(annotation) if annotation is not None else ""
        is_client = text.strip("\"'").split(" ")[0].split(".")[-1] == "Client"
        return Handle("client") if is_client else UNKNOWN

    def instance(
        self, of: Class, positional: Iterable[Value], keywords: Iterable[tuple[str | None, Entry]]
    ) -> Instance:
        """Return a new object of a class of this file."""
        made = Instance(of)
        start = of.scope.names.get("__init__")
        if isinstance(start, Function):
            self.run(start._replace(self=made), positional, keywords)
        else:  # a data class: its fields in order, or by name
            fields = [name for name, value in of.scope.names.items() if not isinstance(value, Function)]
            made.attributes |= dict(zip(fields, positional, strict=False))
            made.attributes |= {name: entry.value for name, entry in keywords if name}
        return made

    def run_uncalled(self) -> None:
        """Run the functions that nothing in the file calls, in the order in which they stand."""
        for _ in range(3):  # running one may define others
            for node, function in list(self._defined.items()):
                if node not in self._called:
                    self.run(function, (), ())
