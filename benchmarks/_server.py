"""A server on this machine that answers everything alike; its first line says where it is.

A request whose path begins with /slow is answered after 50 ms, as a far server would.
"""

from __future__ import annotations

import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SETS = b"""{"success": true, "sequenceSets": [
 {"id": "0001", "name": "US", "billRun": {"prefix": "US-B-", "startNumber": 2},
  "creditMemo": {"prefix": "US-CM-", "startNumber": 2}, "invoice": {"prefix": "US-I-", "startNumber": 2}},
 {"id": "0002", "name": "DE", "billRun": {"prefix": "DE-B-", "startNumber": 2},
  "creditMemo": {"prefix": "DE-CM-", "startNumber": 2}, "invoice": {"prefix": "DE-I-", "startNumber": 2}}]}"""


class Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65536  # head and content in one packet, or each answer waits for an acknowledgement

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if "/slow" in self.path:
            time.sleep(0.05)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(SETS)))
        self.end_headers()
        self.wfile.write(SETS)

    do_POST = do_PUT = do_DELETE = do_GET

    def log_message(self, *_: object) -> None:
        """Keep standard error clean."""


class Server(ThreadingHTTPServer):
    request_queue_size = 200
    daemon_threads = True


server = Server(("127.0.0.1", 0), Answers)
print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
server.serve_forever()
