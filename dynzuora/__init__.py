"""A client for Zuora's Billing REST API, built at run time from its OpenAPI document.

>>> import dynzuora
>>> client = dynzuora.Client.sandbox()
>>> client.call("GET_SequenceSets", page_size=20)["success"]
True

Importing the package performs no I/O: each public name is loaded when it is first
used (PEP 562), and a document when its operations are.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dynzuora import errors
    from dynzuora.aio import AsyncClient
    from dynzuora.client import Client
    from dynzuora.comparison import diff
    from dynzuora.http import Request
    from dynzuora.operation import Document, Operation, load
    from dynzuora.operation.filters import where
    from dynzuora.replies import Reply

    operations: Mapping[str, Operation]
    """Every operation of the bundled default document by its operationId."""

__version__ = "0.1.0"

__all__ = [
    "AsyncClient",
    "Client",
    "Document",
    "Operation",
    "Reply",
    "Request",
    "diff",
    "errors",
    "load",
    "operations",
    "where",
]

_HOMES = {
    "AsyncClient": "aio",
    "Client": "client",
    "Document": "operation",
    "Operation": "operation",
    "Reply": "replies",
    "Request": "http",
    "diff": "comparison",
    "load": "operation",
    "where": "operation.filters",
}
"""Public name → the part it comes from."""


def __getattr__(name: str) -> Any:
    if name == "operations":
        value = import_module("dynzuora.operation").load().operations
    elif name == "errors":
        value = import_module("dynzuora.errors")
    elif name in _HOMES:
        value = getattr(import_module(f"dynzuora.{_HOMES[name]}"), name)
    else:
        raise AttributeError(f"module 'dynzuora' has no attribute {name!r}")
    globals()[name] = value
    if name in ("Client", "AsyncClient"):
        _greet_ipython()
    return value


def _greet_ipython() -> None:
    """Enable completion of operation ids if IPython is running."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is not None:
        load_ipython_extension(shell)


def load_ipython_extension(shell: Any) -> None:
    """Complete operation ids and argument names in ``shell``: ``%load_ext dynzuora``."""
    import_module("dynzuora.editors.jupyter").register(shell)


def unload_ipython_extension(shell: Any) -> None:
    """Undo `load_ipython_extension`: ``%unload_ext dynzuora``."""
    import_module("dynzuora.editors.jupyter").unregister(shell)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
