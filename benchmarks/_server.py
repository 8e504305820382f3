"""A server on this machine that answers everything alike; its first line says where it is.

A request whose path begins with /slow is answered after 50 ms, as a far server would, and
/invoices/COUNT?page=1 with the first page of a list.
"""

from __future__ import annotations

import functools
import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SETS = b"""{"success": true, "sequenceSets": [
 {"id": "0001", "name": "US", "billRun": {"prefix": "US-B-", "startNumber": 2},
  "creditMemo": {"prefix": "US-CM-", "startNumber": 2}, "invoice": {"prefix": "US-I-", "startNumber": 2}},
 {"id": "0002", "name": "DE", "billRun": {"prefix": "DE-B-", "startNumber": 2},
  "creditMemo": {"prefix": "DE-CM-", "startNumber": 2}, "invoice": {"prefix": "DE-I-", "startNumber": 2}}]}"""


PAGE = 1000


@functools.lru_cache(maxsize=200)
def page_of(count: int, page: int) -> bytes:
    rows = [invoice(number) for number in range((page - 1) * PAGE, min(page * PAGE, count))]
    more = {"nextPage": f"/invoices/{count}?page={page + 1}"} if page * PAGE < count else {}
    return json.dumps({"invoices": rows, **more}).encode()


def invoice(number: int) -> dict[str, object]:
    day = number % 28 + 1
    return {
        "id": f"8ad0{number:028d}",
        "invoiceNumber": f"INV{number:08d}",
        "accountId": f"2c92{number % 999:028d}",
        "amount": number * 7919 % 1_000_000 / 100,
        "balance": number * 104_729 % 1_000_000 / 100,
        "invoiceDate": f"2026-01-{day:02d}",
        "updatedDate": f"2026-01-{day:02d} 10:11:12",
        "status": "Posted",
        "reversed": False,
        "currency": "USD",
    }


class Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65536  # head and content in one packet, or each answer waits for an acknowledgement

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if "/slow" in self.path:
            time.sleep(0.05)
        content = SETS
        if self.path.startswith("/invoices/"):
            count, _, page = self.path.removeprefix("/invoices/").partition("?page=")
            content = page_of(int(count), int(page or 1))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_PUT = do_DELETE = do_GET

    def log_message(self, *_: object) -> None:
        """Keep standard error clean."""


class Server(ThreadingHTTPServer):
    request_queue_size = 200
    daemon_threads = True


server = Server(("127.0.0.1", 0), Answers)
print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
server.serve_forever()
