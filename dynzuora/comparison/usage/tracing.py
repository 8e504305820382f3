"""Follow a script from its first statement to its last and note each use of an operation.

Statements run in order, once. A loop over a written-out list runs once per element; a function
runs where it is called, with the arguments of the call, and by itself if nothing calls it. The
script itself is never executed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

from dynzuora.comparison.usage import sources
from dynzuora.comparison.usage.client_surface import ATTRIBUTES
from dynzuora.comparison.usage.documents import Documents
from dynzuora.comparison.usage.expressions import EXPRESSIONS
from dynzuora.comparison.usage.interpreter import Interpreter, Modules
from dynzuora.comparison.usage.mentions import mentions
from dynzuora.comparison.usage.results import SourceLocation, Unresolved
from dynzuora.comparison.usage.statements import STATEMENTS
from dynzuora.comparison.usage.values import (
    UNKNOWN,
    Arguments,
    Class,
    ClientPart,
    Constant,
    DictValue,
    Function,
    Instance,
    Item,
    ListValue,
    ReplyValue,
    Scope,
    Use,
    Value,
    element,
    identity,
    joined,
    options,
)

_DEEPEST = 8
_MOST_TURNS = 60


class Library:
    """The modules that files import from beside them; each is read once."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._scopes: dict[Path, Scope | None] = {}
        self._requests: dict[Unresolved, bool] = {}

    def uses_in(self, source: sources.Source) -> tuple[list[Use], list[Unresolved]]:
        """Return the uses of operations in one file, and what could not be read."""
        tracer = Tracer(source, self._documents, self._beside(source))
        tracer.execute(source.statements, Scope())
        tracer.run_uncalled()
        for row, is_known in tracer.requests.items():
            self._requests[row] = is_known or self._requests.get(row, False)
        uses = tracer.uses
        if self._documents.may_have_path(source.text.encode("utf-8", "replace"), bare=True):
            uses += mentions(source, self._documents, tracer.handled)
        unresolved = [*source.unresolved, *dict.fromkeys(tracer.unresolved)]
        if tracer.is_exhausted:
            row = Unresolved(SourceLocation(source.path, 1), "", "is too long to be read to its end")
            unresolved.append(row)
        return uses, unresolved

    @property
    def unknown_requests(self) -> set[Unresolved]:
        """The requests whose address is not known in any run of any file."""
        return {row for row, is_known in self._requests.items() if not is_known}

    def _beside(self, source: sources.Source) -> Modules:
        """Return a function that finds the modules near a file."""
        folders = list(Path(source.path).parents)[:3]

        def scope_of(module: str) -> Scope | None:
            name = Path(*module.split(".")) if module else Path()
            paths = (name.with_suffix(".py"), name / "__init__.py") if module else (Path("__init__.py"),)
            for path in (folder / path for folder in folders for path in paths):
                if path not in self._scopes:
                    self._scopes[path] = None  # it may import the module that imports it
                    if path.is_file():
                        beside, scope = sources.read(path), Scope()
                        tracer = Tracer(beside, self._documents, self._beside(beside))
                        self._scopes[path] = scope
                        tracer.execute(beside.statements, scope)
                known = self._scopes[path]
                if known is not None:
                    return known
            return None

        return scope_of


class Tracer(Interpreter):
    """Dispatches statements and expressions to their handlers, and runs functions."""

    def __init__(self, source: sources.Source, documents: Documents, modules: Modules) -> None:
        super().__init__(source, documents, modules)
        self._running: list[ast.AST] = []
        self._called: set[ast.AST] = set()
        self._file = source
        self._elsewhere: dict[tuple[object, ...], Value] = {}
        """A function of another file and its arguments → what it returns: it is followed once for each."""

    def evaluate(self, node: ast.expr, scope: Scope) -> Value:
        handler = EXPRESSIONS.get(type(node))
        if handler is not None and self.spend():
            return handler(self, node, scope)
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.evaluate(child, scope)
        return UNKNOWN

    def execute(self, body: Iterable[ast.stmt], scope: Scope) -> None:
        for statement in body:
            handler = STATEMENTS.get(type(statement), Tracer._execute_parts)
            try:
                handler(self, statement, scope)
            except RecursionError:
                row = Unresolved(self.location(statement), "", "is nested too deeply to be followed")
                self.unresolved.append(row)

    def _execute_parts(self, node: ast.AST, scope: Scope) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.evaluate(child, scope)
            elif isinstance(child, ast.stmt):
                self.execute([child], scope)
            else:
                self._execute_parts(child, scope)

    def run_uncalled(self) -> None:
        """Run the functions that nothing in the file calls, in the order of the code."""
        for _ in range(3):  # running one may define others
            for node, function in list(self.defined.items()):
                if node not in self._called:
                    self.run(function, Arguments())

    # Assignments

    def bind(self, target: ast.AST, value: Value, scope: Scope) -> None:
        if isinstance(target, ast.Name):
            scope.bind(target.id, value)
        elif isinstance(target, ast.Tuple | ast.List):
            self._unpack(target.elts, value, scope)
        elif isinstance(target, ast.Starred):
            self.bind(target.value, ListValue(open=True), scope)
        elif isinstance(target, ast.Attribute):
            for holder in options(self.evaluate(target.value, scope)):
                if isinstance(holder, Instance):
                    before = holder.attributes.get(target.attr)
                    holder.attributes[target.attr] = joined([*([before] if before else []), value])
        elif isinstance(target, ast.Subscript):
            self._put(target, value, scope)

    def _unpack(self, targets: list[ast.expr], value: Value, scope: Scope) -> None:
        lists = [option.elements for option in options(value) if isinstance(option, ListValue)]
        for number, target in enumerate(targets):
            parts = [elements[number] for elements in lists if number < len(elements)]
            if not parts and isinstance(value, ReplyValue):
                parts = [value]  # `for number, row in frame.iterrows()`
            self.bind(target, joined(parts), scope)

    def _put(self, target: ast.Subscript, value: Value, scope: Scope) -> None:
        key = self.evaluate(target.slice, scope)
        for holder in options(self.evaluate(target.value, scope)):
            if not isinstance(holder, DictValue):
                continue
            for option in options(key):
                if isinstance(option, Constant):
                    holder.fields[str(option.value)] = Item(value, self.location(target.slice))
                else:
                    holder.open = True

    def turns(self, iterable: Value) -> Iterator[Value]:
        elements = iterable.elements if isinstance(iterable, ListValue) and not iterable.open else []
        if 0 < len(elements) <= _MOST_TURNS:
            yield from list(elements)
        else:
            yield element(iterable)

    # Functions and classes

    def run(self, function: Function, arguments: Arguments) -> Value:
        node = function.node
        self._called.add(node)
        if node in self._running or len(self._running) >= _DEEPEST or not self.spend():
            return UNKNOWN
        if function.source is self._file:
            return self._run(function, arguments)
        key = (node, *map(identity, (function.self or UNKNOWN, *arguments.values)))
        if key not in self._elsewhere:
            self._elsewhere[key] = self._run(function, arguments)
        return self._elsewhere[key]

    def _run(self, function: Function, arguments: Arguments) -> Value:
        node = function.node
        if function.self is not None:
            arguments = arguments._replace(positional=(function.self, *arguments.positional))
        scope = Scope(function.scope)
        self._bind_parameters(node.args, arguments, scope, function.scope)
        self._running.append(node)
        outside, self.source = self.source, function.source
        try:
            if isinstance(node, ast.Lambda):
                return self.evaluate(node.body, scope)
            self.execute(node.body, scope)
        finally:
            self._running.pop()
            self.source = outside
        return joined(scope.returned)

    def _bind_parameters(
        self, parameters: ast.arguments, arguments: Arguments, scope: Scope, outside: Scope
    ) -> None:
        positional, keywords = arguments
        by_position = [*parameters.posonlyargs, *parameters.args]
        defaults = [None] * (len(by_position) - len(parameters.defaults)) + parameters.defaults
        defaults += parameters.kw_defaults
        every = [*by_position, *parameters.kwonlyargs]
        for number, (parameter, default) in enumerate(zip(every, defaults, strict=True)):
            keyword = arguments.keyword(parameter.arg)
            if number < min(len(by_position), len(positional)):
                value = positional[number]
            elif keyword:
                value = keyword.value
            else:
                value = self.evaluate(default, outside) if default is not None else UNKNOWN
            scope.names[parameter.arg] = self._declared(parameter, value)
        if parameters.vararg:
            rest = positional[len(by_position) :]
            scope.names[parameters.vararg.arg] = ListValue(rest, open=not positional)
        if parameters.kwarg:
            own = {parameter.arg for parameter in every}
            extra = DictValue({name: item for name, item in keywords if name and name not in own})
            extra.open = not positional and not keywords  # nothing calls it here
            spread = [item.value for name, item in keywords if name is None]
            for option in options(joined(spread)) if spread else ():
                extra.update(option)
            scope.names[parameters.kwarg.arg] = extra

    def _declared(self, parameter: ast.arg, value: Value) -> Value:
        """Return the value of a parameter; without one, what its annotation or name says."""
        if value not in (UNKNOWN, Constant(None)):
            return value
        for declared in (self.annotated(parameter.annotation), self.guess(parameter.arg)):
            if declared != UNKNOWN:
                return declared
        return value

    def annotated(self, annotation: ast.expr | None) -> Value:
        text = ast.unparse(annotation) if annotation is not None else ""
        name = text.strip("\"'").split(" ")[0].split(".")[-1]
        is_client = ATTRIBUTES.get(("module", name)) == ClientPart("Client")
        return ClientPart("client") if is_client else UNKNOWN

    def instance(self, of: Class, arguments: Arguments) -> Instance:
        new = Instance(of)
        start = of.scope.names.get("__init__")
        if isinstance(start, Function):
            self.run(start._replace(self=new), arguments)
        else:  # a data class: its fields in order, or by name
            fields = [name for name, value in of.scope.names.items() if not isinstance(value, Function)]
            new.attributes |= dict(zip(fields, arguments.positional, strict=False))
            new.attributes |= {name: item.value for name, item in arguments.keywords if name}
        return new
