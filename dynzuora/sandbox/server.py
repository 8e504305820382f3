"""The sandbox over HTTP, on this machine only.

Uses werkzeug's threaded development server, which is for tests and experiments. It listens
on the loopback address and accepts only requests with a loopback Host header, so that no web
page can reach the sandbox through a DNS name of its own (DNS rebinding).
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler
from werkzeug.serving import make_server as make_werkzeug_server

from dynzuora.errors import DynzuoraError
from dynzuora.sandbox.framing import Body

if TYPE_CHECKING:
    from dynzuora.sandbox.app import Sandbox

HOST = "127.0.0.1"
HOST_NAMES = (HOST, "localhost")
PAGE_HEADERS = (
    ("Content-Type", "text/html; charset=utf-8"),
    ("Content-Security-Policy", "frame-ancestors 'none'"),
    ("X-Content-Type-Options", "nosniff"),
    ("Cache-Control", "no-store"),
)


class _Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:
        """Log nothing: the sandbox has its own log."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing: werkzeug would parse the URL for it, and fail on an invalid one."""

    def make_environ(self) -> dict[str, Any]:
        """Return the environ with a body that is read by us, in bounds."""
        environ = super().make_environ()
        environ["wsgi.input"] = Body(self.rfile, self.headers)
        environ["wsgi.input_terminated"] = True
        return environ

    def run_wsgi(self) -> None:
        """Respond; refuse an invalid URL such as ``http://[``, which would raise in werkzeug."""
        try:
            urlsplit(self.path)
        except ValueError:
            self.send_error(HTTPStatus.BAD_REQUEST)
            return
        super().run_wsgi()

    def connection_dropped(self, error: BaseException, environ: Any = None) -> None:
        """Close the connection, for a fault that loses the response."""
        self.close_connection = True


def make_server(sandbox: Sandbox, port: int = 0, *, page: Callable[[], str] | None = None) -> BaseWSGIServer:
    """Return a server that is bound but not yet serving; port 0 picks a free port.

    ``page`` returns the HTML file for ``/``; it is called once, at the first request for it.

    Raises `DynzuoraError` if the port is in use.
    """
    try:
        bound = socket.create_server((HOST, port))  # werkzeug would end the process
    except OSError as error:
        raise DynzuoraError(
            f"Cannot serve the sandbox on port {port}: {error.strerror}. "
            "Choose another port, or 0 for a free one."
        ) from error
    application = _Guarded(sandbox, page)
    with bound:
        return make_werkzeug_server(
            HOST, port, application, threaded=True, request_handler=_Handler, fd=bound.fileno()
        )


def serve(
    sandbox: Sandbox,
    port: int,
    *,
    page: Callable[[], str] | None = None,
    ready: Callable[[int], object] = lambda port: None,
) -> None:
    """Serve until Ctrl-C; call ``ready`` with the port once it is bound."""
    server = make_server(sandbox, port, page=page)
    try:
        ready(server.port)
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()


class _Guarded:
    """The sandbox and its HTML file, behind a check of the Host header.

    No header allows another origin to read responses or to frame the file.
    """

    def __init__(self, sandbox: Sandbox, page: Callable[[], str] | None) -> None:
        self._sandbox = sandbox
        self._page = page
        self._lock = threading.Lock()
        self._html = b""

    def __call__(self, environ: Mapping[str, Any], start_response: Any) -> Iterable[bytes]:
        name = environ.get("HTTP_HOST", "").lower()
        host = name.rpartition(":")[0] if name.rpartition(":")[2].isdecimal() else name
        if host not in HOST_NAMES:
            content = b'{"message":"This sandbox accepts requests for 127.0.0.1 and localhost only."}'
            headers = [("Content-Type", "application/json"), ("Content-Length", str(len(content)))]
            start_response("403 Forbidden", headers)
            return [content]
        if self._page and environ["PATH_INFO"] == "/" and environ["REQUEST_METHOD"] in ("GET", "HEAD"):
            content = self._content(self._page)
            start_response("200 OK", [*PAGE_HEADERS, ("Content-Length", str(len(content)))])
            return [content] if environ["REQUEST_METHOD"] == "GET" else []
        return self._sandbox(environ, start_response)

    def _content(self, page: Callable[[], str]) -> bytes:
        with self._lock:
            self._html = self._html or page().encode()
            return self._html
