"""The client: names, defaults and views over the rooms below. It adds no rules of its own.

A call is: find the operation, prepare a checked request, let the guards look at it,
exchange it for a reply. Everything before the exchange is pure, so ``dry_run`` and
``prepare`` show exactly what would be sent.
"""

from dynzuora.client.bound import BoundOperation
from dynzuora.client.client import Client

__all__ = ["BoundOperation", "Client"]
