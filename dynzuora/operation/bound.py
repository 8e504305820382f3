"""`BoundOperation`: an operation of a client. Calling it sends it; ``?`` shows the operation's own help."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dynzuora._text import visible
from dynzuora.operation.operation import Documentation, Operation

if TYPE_CHECKING:
    import inspect

    from dynzuora.operation.caller import Caller


class BoundOperation(Operation):
    # The class has no docstring: `?` on an operation would show it, too.
    __doc__ = Documentation("")

    def __init__(self, operation: Operation, caller: Caller) -> None:
        super().__init__(operation._prepared, operation.id)
        self._operation = operation
        self._caller = caller

    @property
    def slice(self) -> Mapping[str, Any]:
        """The operation's part of the document, references kept. Never changed."""
        return self._operation.slice

    @property
    def dereferenced(self) -> Mapping[str, Any]:
        """The slice as a graph of shared nodes; only recursion stays a reference."""
        return self._operation.dereferenced

    @property
    def __call__(self) -> Any:  # a property, since `?` shows the signature of what it returns
        return _Send(self, self._caller)

    def __repr__(self) -> str:
        return visible(f"<Operation {self.id}: {self.method} {self.path} on {self._caller.environment.key}>")


class _Send:
    """``BoundOperation.__call__``, with the signature of its operation."""

    __doc__ = None  # `?` would show it beside the operation's

    def __init__(self, operation: Operation, caller: Caller) -> None:
        self._operation = operation
        self._caller = caller

    def __call__(
        self, *positional: Any, body: Any = None, params: Mapping[str, Any] | None = None, **arguments: Any
    ) -> Any:
        operation = self._operation
        if positional:
            example = operation.example_call().removeprefix(f'client.call("{operation.id}"')
            raise TypeError(
                f"{operation.id} takes its arguments by name: "
                f'client["{operation.id}"]({example.removeprefix(", ")}'
            )
        return self._caller.call(operation.id, body=body, params=params, **arguments)

    @property
    def __signature__(self) -> inspect.Signature:
        return self._operation.__signature__
