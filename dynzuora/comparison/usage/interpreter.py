"""What the handlers of statements, expressions and calls share: the state of one file, and each other.

The handlers call one another in circles, as the code they follow does. They do so through this
class, which `tracing.Tracer` completes.
"""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator

from dynzuora._text import cut
from dynzuora.comparison.usage.documents import Documents
from dynzuora.comparison.usage.results import SourceLocation, Unresolved
from dynzuora.comparison.usage.sources import Source
from dynzuora.comparison.usage.values import (
    UNKNOWN,
    Arguments,
    Class,
    ClientPart,
    Constant,
    Function,
    Instance,
    Scope,
    Use,
    Value,
)

_BUDGET = 100_000
"""Expressions evaluated before a file is given up; a thousand lines take about ten thousand."""

Modules = Callable[[str], Scope | None]
"""Name of a module → what it binds; None if it is not beside the file."""


class Interpreter(ABC):
    """The state of one file: its uses, what is unresolved, and what it defines."""

    def __init__(self, source: Source, documents: Documents, modules: Modules) -> None:
        self.source = source
        self.modules = modules
        self.uses: list[Use] = []
        self.unresolved: list[Unresolved] = []
        self.defined: dict[ast.AST, Function] = {}
        self.documents = documents
        self.handled: set[SourceLocation] = set()
        """Where texts are written that a request was sent to."""
        self.requests: dict[Unresolved, bool] = {}
        """Requests → whether the address was known in any run."""
        self._budget = _BUDGET

    @property
    def is_exhausted(self) -> bool:
        return self._budget <= 0

    def spend(self) -> bool:
        """Take one step off the budget; False if it is used up."""
        self._budget -= 1
        return self._budget > 0

    def location(self, node: ast.AST) -> SourceLocation:
        return self.source.location(getattr(node, "lineno", 1))

    def locate(self, node: ast.AST, text: str) -> SourceLocation:
        """Return where a part of a text is written."""
        return self.source.location(self.source.line_with(text, node))

    def code(self, node: ast.AST) -> str:
        """Return the code of ``node`` on one line, cut if it is long."""
        return cut(" ".join(ast.unparse(node).split()), 80)

    def note(self, node: ast.AST, why: str) -> None:
        """Note that something in the file is unresolved."""
        self.unresolved.append(Unresolved(self.location(node), self.code(node), why))

    def note_request(self, node: ast.Call, is_known: bool) -> None:
        """Note a request whose address is known, or not in this run."""
        row = Unresolved(self.location(node), self.code(node), "the address of this request is computed")
        if self.source.is_related:
            self.requests[row] = is_known or self.requests.get(row, False)

    def operation(self, name: Value) -> str:
        """Return the id of the operation that a value names; empty if it names none."""
        return (
            self.documents.resolve(name.value)
            if isinstance(name, Constant) and isinstance(name.value, str)
            else ""
        )

    def is_id(self, name: object) -> bool:
        return isinstance(name, str) and name in self.documents.old.index

    def guess(self, name: str) -> Value:
        """Return what a name from elsewhere probably is: ``client`` or ``zuora_client``."""
        return ClientPart("client") if name.lower().split("_")[-1] == "client" else UNKNOWN

    def define(self, function: Function) -> Function:
        self.defined[function.node] = function
        return function

    @abstractmethod
    def evaluate(self, node: ast.expr, scope: Scope) -> Value:
        """Return what an expression stands for."""

    @abstractmethod
    def execute(self, body: Iterable[ast.stmt], scope: Scope) -> None:
        """Run statements for what they bind and use."""

    @abstractmethod
    def bind(self, target: ast.AST, value: Value, scope: Scope) -> None:
        """Do what an assignment of ``value`` to ``target`` does."""

    @abstractmethod
    def run(self, function: Function, arguments: Arguments) -> Value:
        """Return what a call of a function of this file returns; its uses are noted on the way."""

    @abstractmethod
    def instance(self, of: Class, arguments: Arguments) -> Instance:
        """Return a new object of a class of this file."""

    @abstractmethod
    def turns(self, iterable: Value) -> Iterator[Value]:
        """Yield what a loop over ``iterable`` binds; once for what is not written out."""

    @abstractmethod
    def annotated(self, annotation: ast.expr | None) -> Value:
        """Return what an annotation says: ``client: dynzuora.Client | None``."""
