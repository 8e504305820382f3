"""A Zuora tenant for trying things: a WSGI application with state, made from any document.

In process it is reached through `adapter` (no socket), over HTTP through `serve`. What
no document says of Zuora stands in ``zuora.toml``, what the tenant holds in ``tenant.json``.
Not imitated: balances beyond simple sums, proration, tax, rating, uniqueness rules.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynzuora._sandbox.app import Entry, Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable

    from requests.adapters import BaseAdapter
    from werkzeug.serving import BaseWSGIServer

__all__ = ["Entry", "Sandbox", "adapter", "make_server", "serve"]


def adapter(sandbox: Sandbox) -> BaseAdapter:
    """Return an adapter for a requests session that calls ``sandbox`` in this process."""
    from dynzuora._sandbox.in_process import SandboxAdapter

    return SandboxAdapter(sandbox)


def make_server(
    sandbox: Sandbox, port: int = 0, host: str = "127.0.0.1", *, page: Callable[[], str] | None = None
) -> BaseWSGIServer:
    """Return a loopback HTTP server for ``sandbox``, bound and not yet serving; port 0 picks a free one.

    ``page`` gives the HTML shown at ``/``, if there is to be one.
    """
    from dynzuora._sandbox import server

    return server.make_server(sandbox, port, host, page=page)


def serve(
    sandbox: Sandbox,
    port: int,
    host: str = "127.0.0.1",
    *,
    page: Callable[[], str] | None = None,
    ready: Callable[[int], object] = lambda port: None,
) -> None:
    """Serve ``sandbox`` on a loopback address until Ctrl-C; ``ready`` is told the port once it is bound."""
    from dynzuora._sandbox import server

    server.serve(sandbox, port, host, page=page, ready=ready)
