"""The client: public methods, call options, and the caller behind them.

A call: find the operation, prepare a checked request, apply the guards, exchange it for a
reply. Nothing is sent before the exchange, so ``dry_run`` and ``prepare`` show exactly what
would be sent.
"""

from dynzuora.client.client import Client
from dynzuora.operation.bound import BoundOperation

__all__ = ["BoundOperation", "Client"]
