"""A simulated Zuora tenant: a WSGI application with state, generated from a document.

::

    from dynzuora import load
    from dynzuora.sandbox import Sandbox, adapter
    from dynzuora.sandbox.server import make_server

    sandbox = Sandbox(load(), faults={"GET_Account": "lock_contention"})
    session.mount("https://", adapter(sandbox))   # requests, in this process, no socket
    make_server(sandbox).serve_forever()          # HTTP on 127.0.0.1

``Client.sandbox()`` does the first for a client. Behaviour comes from the document's paths
and schemas; what Zuora does beyond them is data in ``zuora.toml`` and, for a few endpoints,
code in ``specials`` and ``actions``. The initial records are in ``tenant.json``. Not simulated:
proration, tax, rating, uniqueness rules, and balances beyond simple sums.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynzuora.sandbox.app import LoggedRequest, Sandbox

if TYPE_CHECKING:
    from requests.adapters import BaseAdapter

__all__ = ["LoggedRequest", "Sandbox", "adapter"]


def adapter(sandbox: Sandbox) -> BaseAdapter:
    """Return an adapter for a requests session that calls ``sandbox`` in this process."""
    from dynzuora.sandbox.in_process import SandboxAdapter

    return SandboxAdapter(sandbox)
