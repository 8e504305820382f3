"""The sandbox without a socket: an adapter for requests that calls the application directly.

The response is a real urllib3 response, so streaming, decompression and ``raw`` work as
over HTTP.
"""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse

from dynzuora.sandbox.app import Sandbox
from dynzuora.sandbox.faults import LostAnswer


class SandboxAdapter(HTTPAdapter):
    """Sends requests to a `Sandbox` in this process."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__(max_retries=0)
        self.sandbox = sandbox

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Return the sandbox's response.

        Raises requests' `ConnectionError` for a dropped connection and, without waiting,
        `ReadTimeout` for a response slower than ``timeout``.
        """
        read_timeout = timeout[1] if isinstance(timeout, tuple) else timeout
        started: list[Any] = []
        environ = _environ(request)
        if read_timeout is not None:
            environ["dynzuora.sleep"] = lambda seconds: self._wait(seconds, float(read_timeout), request)
        try:
            content = b"".join(
                self.sandbox(environ, lambda status, headers: started.extend((status, headers)))
            )
        except LostAnswer as error:
            raise requests.ConnectionError(error, request=request) from error
        status, headers = started
        code, _, reason = status.partition(" ")
        raw = HTTPResponse(
            body=BytesIO(b"" if request.method == "HEAD" else content),
            headers=headers,
            status=int(code),
            reason=reason,
            preload_content=False,
            decode_content=False,
            request_method=request.method,
        )
        return self.build_response(request, raw)

    def _wait(self, seconds: float, read_timeout: float, request: requests.PreparedRequest) -> None:
        if seconds > read_timeout:
            raise requests.ReadTimeout(f"No response within {read_timeout} s.", request=request)
        self.sandbox.sleep(seconds)


def _environ(request: requests.PreparedRequest) -> dict[str, Any]:
    address = urlsplit(request.url or "")
    body = _bytes(request.body)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(address.path).decode("latin-1"),
        "QUERY_STRING": address.query,
        "dynzuora.raw_path": address.path + (f"?{address.query}" if address.query else ""),
        "SERVER_NAME": address.hostname or "sandbox",
        "SERVER_PORT": str(address.port or (443 if address.scheme == "https" else 80)),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_HOST": address.netloc.rpartition("@")[2],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": address.scheme,
        "wsgi.input": BytesIO(body),
        "wsgi.multithread": True,
    }
    for name, value in request.headers.items():
        key = name.upper().replace("-", "_")
        text = value.decode("latin-1") if isinstance(value, bytes) else value
        if key == "CONTENT_TYPE":
            environ[key] = text
        elif key not in ("CONTENT_LENGTH", "HOST"):
            environ[f"HTTP_{key}"] = text
    return environ


def _bytes(body: Any) -> bytes:
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, (bytes, bytearray)):
        return bytes(body)
    content: bytes = body.read() if hasattr(body, "read") else b"".join(body)
    return content
