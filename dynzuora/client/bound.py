"""An operation of a client: calling it sends it, and ``?`` shows the operation, not the machinery."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dynzuora._text import visible
from dynzuora.operation import Operation

if TYPE_CHECKING:
    from dynzuora.client.client import Client


class _OwnDocumentation:
    """``BoundOperation.__doc__``: the operation's; nothing on the class, or ``?`` would show that, too."""

    def __get__(self, operation: Operation | None, owner: type) -> str:
        return "" if operation is None else operation.describe()


class _Send:
    """``BoundOperation.__call__``. It looks like its operation: ``?`` shows what is called, too."""

    __doc__ = None  # nothing to add to the operation's own

    def __init__(self, operation: BoundOperation) -> None:
        self._operation = operation

    def __call__(
        self, *misplaced: Any, body: Any = None, params: Mapping[str, Any] | None = None, **arguments: Any
    ) -> Any:
        operation = self._operation
        if misplaced:
            by_name = operation.example_call().removeprefix(f'client.call("{operation.id}"')
            raise TypeError(
                f"{operation.id} takes its arguments by name: "
                f'client["{operation.id}"]({by_name.removeprefix(", ")}'
            )
        return operation._client.call(operation.id, body=body, params=params, **arguments)

    @property
    def __signature__(self) -> inspect.Signature:
        return self._operation.__signature__


class BoundOperation(Operation):
    # An operation of a client: calling it sends it; see `Client.call`.
    __doc__ = _OwnDocumentation()

    def __init__(self, operation: Operation, client: Client) -> None:
        super().__init__(operation._prepared, operation.id)
        self._operation = operation
        self._client = client

    @property
    def slice(self) -> Mapping[str, Any]:
        """The operation's part of the document, references kept. Never changed."""
        return self._operation.slice

    @property
    def dereferenced(self) -> Mapping[str, Any]:
        """The slice as a graph of shared nodes; only recursion stays a reference."""
        return self._operation.dereferenced

    @property
    def __call__(self) -> Any:
        return _Send(self)

    def __repr__(self) -> str:
        return visible(f"<Operation {self.id}: {self.method} {self.path} on {self._client.environment}>")
