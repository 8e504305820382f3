"""How fast and how large `client.map` is: against plain requests, and over a million items.

Run as ``python -m benchmarks.bulk``. A server in a process of its own answers each GET
after 50 ms; the million items need no socket.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests

import dynzuora
from tests.test_bulk import DOCUMENT, growth, keys

CALLS, THREADS, ROUNDS = 200, 40, 5


class Slow(BaseHTTPRequestHandler):
    """Answers after 50 ms."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        time.sleep(0.05)
        content = b'{"success":true}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Keep standard error clean."""


def plain(url: str) -> float:
    local = threading.local()

    def get(index: int) -> object:
        if not hasattr(local, "session"):
            local.session = requests.Session()
        return local.session.get(f"{url}/v1/things/{index}").json()

    start = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(get, range(CALLS)))
    return time.perf_counter() - start


def mapped(url: str) -> float:
    with dynzuora.Client(DOCUMENT, url, token="fake-t0ken") as client:
        client.call("GET_Thing", key="warm")
        start = time.perf_counter()
        results = list(client.map("GET_Thing", keys(CALLS), workers=THREADS))
        took = time.perf_counter() - start
    assert [each.error for each in results] == [None] * CALLS
    return took


def main() -> None:
    ThreadingHTTPServer.request_queue_size = CALLS
    server = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    url = f"http://127.0.0.1:{server.server_address[1]}"
    child = os.fork()
    if child == 0:
        server.serve_forever()
    try:
        times = [(plain(url), mapped(url)) for _ in range(ROUNDS)]
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    best = [min(each) for each in zip(*times, strict=True)]
    print(f"{CALLS} GETs of 50 ms on {THREADS} threads: requests {best[0]:.3f} s, map {best[1]:.3f} s")
    print(f"map reaches {best[0] / best[1]:.0%} of requests")
    start = time.perf_counter()
    grown = growth(1_000_000)
    print(f"1,000,000 items: {grown / 1e6:.1f} MB above the start, {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
