"""A Zuora tenant for trying things: a WSGI application with state, made from any document.

In process it is reached through `adapter` (no socket), over HTTP through `sandbox.server`. What
no document says of Zuora stands in ``zuora.toml``, what the tenant holds in ``tenant.json``.
Not imitated: balances beyond simple sums, proration, tax, rating, uniqueness rules.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynzuora.sandbox.app import Entry, Sandbox

if TYPE_CHECKING:
    from requests.adapters import BaseAdapter

__all__ = ["Entry", "Sandbox", "adapter"]


def adapter(sandbox: Sandbox) -> BaseAdapter:
    """Return an adapter for a requests session that calls ``sandbox`` in this process."""
    from dynzuora.sandbox.in_process import SandboxAdapter

    return SandboxAdapter(sandbox)
