"""The sandbox over HTTP, on this machine only.

werkzeug's threaded development server: good for tests and trying things, and never for
more. Only loopback addresses are served, and only requests that name one as their host,
so that no web page can reach the sandbox by a name that it points here itself.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler
from werkzeug.serving import make_server as make_werkzeug_server

if TYPE_CHECKING:
    from dynzuora._sandbox.app import Sandbox

HOST_NAMES = ("127.0.0.1", "localhost", "[::1]")


class _Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:
        """Stay silent: the sandbox keeps its own log."""

    def connection_dropped(self, error: BaseException, environ: Any = None) -> None:
        """Hang up: a fault wants the answer lost."""
        self.close_connection = True


def make_server(sandbox: Sandbox, port: int = 0, host: str = "127.0.0.1") -> BaseWSGIServer:
    """Return a server that is bound but does not serve yet; port 0 picks a free one.

    Raises ValueError for an address other machines could reach.
    """
    if host != "localhost" and not _is_loopback(host):
        raise ValueError(f"The sandbox is served on this machine only; {host} is not a loopback address.")
    return make_werkzeug_server(host, port, _Guarded(sandbox), threaded=True, request_handler=_Handler)


def serve(sandbox: Sandbox, port: int, host: str = "127.0.0.1") -> None:
    """Serve until Ctrl-C."""
    server = make_server(sandbox, port, host)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()


class _Guarded:
    """The sandbox behind a check of the Host header."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def __call__(self, environ: Mapping[str, Any], start_response: Any) -> Iterable[bytes]:
        name = environ.get("HTTP_HOST", "").lower()
        host = name.rpartition(":")[0] if name.rpartition(":")[2].isdecimal() else name
        if host not in HOST_NAMES:
            content = b'{"message":"This sandbox answers to 127.0.0.1 and localhost only."}'
            headers = [("Content-Type", "application/json"), ("Content-Length", str(len(content)))]
            start_response("403 Forbidden", headers)
            return [content]
        return self._sandbox(environ, start_response)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
