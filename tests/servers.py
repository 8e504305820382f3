"""A tenant that misbehaves on purpose: a real HTTP server, one scripted answer per request.

Every request that arrives is kept in ``seen``, whatever becomes of its answer, so a
test can count what the server must have done.
"""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple


class Seen(NamedTuple):
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Answer(NamedTuple):
    """One answer: JSON unless ``content`` is given; ``lost`` closes the connection instead."""

    status: int = 200
    body: Any = None
    content: bytes | None = None
    headers: Mapping[str, str] = {}
    lost: bool = False
    write: Callable[[Any], None] | None = None
    """Writes the raw bytes of the answer to the connection itself."""


OK = Answer(200, {"success": True})


def refused(code: int, status: int = 200, **headers: str) -> Answer:
    """An error in Zuora's usual shape."""
    reasons = [{"code": code, "message": "scripted"}]
    return Answer(status, {"success": False, "processId": "P", "reasons": reasons}, headers=headers)


class Server:
    """What a test sees of the server: its address, what arrived, and what it is to answer."""

    def __init__(self, answers: Callable[[Seen], Answer]) -> None:
        self.seen: list[Seen] = []
        self.answers = answers
        self.url = ""
        self.lock = threading.Lock()
        self.close: Callable[[], None] = lambda: None

    def stop(self) -> None:
        """Take no more connections: whoever comes now is refused."""
        self.close()

    def paths(self, prefix: str = "/v1") -> list[str]:
        """The paths of the requests that arrived below ``prefix``."""
        return [each.path for each in self.seen if each.path.startswith(prefix)]


def script(*answers: Answer) -> Callable[[Seen], Answer]:
    """Answer each request in turn, the last one for ever; tokens are always given."""
    left = list(answers)

    def answer(seen: Seen) -> Answer:
        if seen.path == "/oauth/token":
            return Answer(200, {"access_token": "t0ken", "expires_in": 3599, "token_type": "bearer"})
        return left.pop(0) if len(left) > 1 else left[0]

    return answer


@contextmanager
def running(answers: Callable[[Seen], Answer], context: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Run a server on 127.0.0.1 until the block ends."""
    server = Server(answers)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # headers and body are two writes: without this, 40 ms each time

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            seen = Seen(self.command, self.path, dict(self.headers.items()), body)
            with server.lock:
                server.seen.append(seen)
                answer = server.answers(seen)
            if answer.lost:
                self.close_connection = True
                return
            if answer.write is not None:
                self.close_connection = True
                answer.write(self.wfile)
                return
            content = json.dumps(answer.body).encode() if answer.content is None else answer.content
            self.send_response(answer.status)
            for name, value in {"Content-Type": "application/json", **answer.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

        def log_message(self, *_: Any) -> None:
            """Keep standard error for the tests."""

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that hangs up is part of the tests."""

    http = Quiet(("127.0.0.1", 0), Handler)
    if context is not None:
        http.socket = context.wrap_socket(http.socket, server_side=True)
    server.url = f"{'https' if context else 'http'}://127.0.0.1:{http.server_address[1]}"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()

    def close() -> None:
        http.shutdown()
        http.server_close()
        thread.join()

    server.close = close
    try:
        yield server
    finally:
        close()
