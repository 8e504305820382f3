"""The sandbox over a real socket, and through the adapter without one: the same answers."""

from __future__ import annotations

import gzip
import http.client
import re
import socket
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from dynzuora.operation import load
from dynzuora.sandbox import Sandbox, reading
from dynzuora.sandbox.server import make_server, serve
from tests.sandbox_tenant import Tenant

ACCOUNT = "/v1/accounts/A00000001"


class Served:
    """A sandbox behind a socket, and a session that calls it."""

    def __init__(self, **options) -> None:
        self.sandbox = Sandbox(load("2020-12-10"), **options)
        self.server = make_server(self.sandbox)
        self.port = self.server.port
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Authorization"] = f"Bearer {self.sandbox.tokens.issue()['access_token']}"

    def request(self, method, path, **options):
        return self.session.request(method, f"http://127.0.0.1:{self.port}{path}", timeout=10, **options)

    def close(self):
        self.session.close()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def served() -> Iterator[Served]:
    served = Served()
    yield served
    served.close()


@pytest.mark.parametrize(
    ("method", "path", "options"),
    [
        ("GET", "/v1/orders?pageSize=2", {}),
        ("GET", "/v1/accounts/A%2F1", {}),
        ("GET", "/v1/subscriptions/A-S00000001", {}),
        ("POST", "/v1/sequence-sets", {"json": {"sequenceSets": []}}),
        ("PUT", ACCOUNT, {"json": {"name": "Ämber"}}),
        ("POST", "/v1/usage", {"files": {"file": ("u.csv", b"A,B\n1,\0\n")}}),
        ("DELETE", "/v1/payments/nope", {}),
        ("GET", "/v1/describe/Account", {}),
    ],
    ids=lambda value: value if isinstance(value, str) and value.startswith("/") else None,
)
def test_http_and_in_process_give_the_same_answer(served, method, path, options):
    far, near = served.request(method, path, **options), Tenant().request(method, path, **options)
    assert far.status_code == near.status_code
    assert far.text.replace(f"http://127.0.0.1:{served.port}", "https://sandbox.invalid") == near.text
    ours = ("Content-Type", "Content-Encoding", "Zuora-Request-Id", "RateLimit-Limit")
    assert [far.headers.get(name) for name in ours] == [near.headers.get(name) for name in ours]


def test_a_key_with_a_slash_stays_one_segment_over_http(served):
    reasons = served.request("GET", "/v1/accounts/A%2F1").json()["reasons"]
    assert reasons[0]["message"] == "There is no account 'A/1'."


def test_a_lost_answer_is_a_closed_socket():
    served = Served(faults={"operation": "PUT_Account", "fault": "lost_answer"})
    try:
        with pytest.raises(requests.ConnectionError):
            served.request("PUT", ACCOUNT, json={"crmId": "done"})
        assert served.sandbox.store.find("account", "A00000001")["crmId"] == "done"
        assert served.request("GET", ACCOUNT).ok
    finally:
        served.close()


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", ""])
def test_a_request_in_another_name_is_refused(served, host):
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=10)
    connection.request("GET", "/", headers={"Host": host})
    assert connection.getresponse().status == 403
    connection.close()


def test_no_web_page_is_allowed_in(served):
    answer = served.request("OPTIONS", ACCOUNT, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 405
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]


def test_a_body_beyond_the_cap_is_refused_unread(served, monkeypatch):
    monkeypatch.setattr(reading, "LARGEST_BODY", 1000)
    answer = served.request("PUT", ACCOUNT, json={"notes": "x" * 2000})
    assert (answer.status_code, answer.headers["Connection"]) == (413, "close")
    assert served.request("GET", ACCOUNT).ok


def test_the_length_alone_is_enough_to_refuse_a_body(served):
    token = served.session.headers["Authorization"]
    head = f"PUT {ACCOUNT} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {token}\r\n"
    with socket.create_connection(("127.0.0.1", served.port), timeout=60) as connection:
        connection.sendall(f"{head}Content-Length: {10**12}\r\n\r\n".encode())  # and never a body
        assert connection.recv(65536).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("part", [b"form-data", b'form-data; filename="x"', b""])
def test_a_part_of_a_form_without_a_name_is_refused(served, part):
    body = b"--b\r\nContent-Disposition: %s\r\n\r\nx\r\n--b--\r\n" % part
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    answer = served.request("POST", "/v1/usage", data=body, headers=headers)
    assert (answer.status_code, answer.json()["reasons"][0]["code"] % 100) == (400, 90)


def test_a_compressed_body_is_read_and_a_bomb_is_not(served, monkeypatch):
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    packed = gzip.compress(b'{"crmId": "packed"}')
    assert served.request("PUT", ACCOUNT, data=packed, headers=headers).ok
    assert served.sandbox.store.find("account", "A00000001")["crmId"] == "packed"
    monkeypatch.setattr(reading, "LARGEST_BODY", 100_000)
    bomb = gzip.compress(b" " * 10_000_000)
    assert served.request("PUT", ACCOUNT, data=bomb, headers=headers).status_code == 413
    assert served.request("PUT", ACCOUNT, data=b"no gzip", headers=headers).status_code == 400


def test_a_body_in_chunks_is_read(served):
    pieces = (each for each in (b'{"crmId": ', b'"pieces"}'))
    headers = {"Content-Type": "application/json"}
    assert served.request("PUT", ACCOUNT, data=pieces, headers=headers).ok
    assert served.sandbox.store.find("account", "A00000001")["crmId"] == "pieces"


CHUNKED = "Transfer-Encoding: chunked"
JSON = '{"crmId": "x"}'


@pytest.mark.parametrize(
    ("headers", "body", "reason"),
    [
        pytest.param(CHUNKED, "FFFFFF\r\nshort", "it ends after 5 of 16777215 bytes", id="chunk too short"),
        pytest.param(CHUNKED, "-5\r\n12345\r\n0\r\n\r\n", "length of a chunk", id="negative chunk"),
        pytest.param(CHUNKED, "zz\r\n\r\n", "length of a chunk", id="chunk without a number"),
        pytest.param(CHUNKED, "3\r\n12345\r\n0\r\n\r\n", "not as long as it says", id="chunk too long"),
        pytest.param(CHUNKED, "2\n{}\n0\n\n", "does not end in CR LF", id="bare line feeds"),
        pytest.param(CHUNKED, "0" * 5000, "a line is too long", id="endless line"),
        pytest.param(CHUNKED, "0\r\n" + "a: b\r\n" * 200, "more than 100 trailers", id="endless trailers"),
        pytest.param(f"{CHUNKED}\r\nContent-Length: 2", "{}", "both Content-Length and", id="two framings"),
        pytest.param("Transfer-Encoding: gzip, chunked", "0\r\n\r\n", "gzip, chunked is not", id="coding"),
        pytest.param("Content-Length: 50", JSON, "it ends after 14 of 50 bytes", id="length too long"),
        pytest.param("Content-Length: 2\r\nContent-Length: 14", JSON, "2, 14|14, 2", id="two lengths"),
        pytest.param("Content-Length: x", JSON, "Content-Length 'x' is not a number", id="no length"),
    ],
)
def test_a_body_that_is_not_framed_as_it_says_is_refused_and_the_server_goes_on(
    served, headers, body, reason
):
    token = served.session.headers["Authorization"]
    head = f"PUT {ACCOUNT} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {token}\r\n{headers}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", served.port), timeout=60) as connection:
        connection.sendall(f"{head}{body}".encode())
        connection.shutdown(socket.SHUT_WR)
        reply = b"".join(iter(lambda: connection.recv(65536), b"")).decode()
    assert reply.startswith("HTTP/1.1 400 ")
    assert re.search(reason, reply)
    assert served.request("GET", ACCOUNT).ok


def test_a_request_with_too_many_rows_is_refused(served):
    answer = served.request("POST", "/v1/sequence-sets", json={"sequenceSets": [{}] * 500_000})
    assert answer.status_code == 413
    assert "more than 10,000 elements" in answer.text


def test_serving_tells_its_port_and_ends_quietly_at_ctrl_c(monkeypatch):
    from werkzeug.serving import BaseWSGIServer

    served = []

    def interrupted(server, poll_interval=0.5):
        served.append(server.port)
        raise KeyboardInterrupt

    monkeypatch.setattr(BaseWSGIServer, "serve_forever", interrupted)
    told = []
    serve(Sandbox(load("2020-12-10")), 0, ready=told.append)
    assert told == served != []


# --- without a socket -------------------------------------------------------------------


def test_a_long_answer_is_compressed_for_who_can_read_it_and_streams():
    tenant = Tenant(rows=40)
    answer = tenant.get("/v1/orders?pageSize=40", stream=True)
    assert answer.headers["Content-Encoding"] == "gzip"
    pieces = list(answer.iter_content(100))
    assert len(pieces) > 10
    assert b"".join(pieces).startswith(b"{")
    plain = tenant.get("/v1/orders?pageSize=40", headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    assert plain.content == b"".join(pieces)


def test_raw_bytes_can_be_read_as_from_a_socket():
    answer = Tenant().get("/v1/entities", stream=True, headers={"Accept-Encoding": "identity"})
    assert answer.raw.read(12) == b'{"success":t'
    assert int(answer.headers["Content-Length"]) == 12 + len(answer.raw.read())


def test_threads_lose_nothing_and_share_no_id():
    tenant = Tenant()
    containers = ("invoice", "creditMemo", "debitMemo", "payment", "refund")
    body = {
        "sequenceSets": [{"name": "X", **{each: {"prefix": "P", "startNumber": 1} for each in containers}}]
    }

    def make(_):
        return tenant.value("POST", "/v1/sequence-sets", json=body)["sequenceSets"][0]["id"]

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(make, range(80)))
    assert len(set(made)) == 80
    assert len(tenant.sandbox.store.records("sequenceset")) == 82


def test_two_runs_of_the_same_calls_give_the_same_bytes():
    def run():
        tenant = Tenant()
        body = {"name": "A", "currency": "USD", "billCycleDay": 1, "billToContact": CONTACT}
        made = tenant.post("/v1/accounts", json=body)
        return [made.content, made.headers, tenant.get("/v1/orders").content]

    assert run() == run()


CONTACT = {"firstName": "Elsa", "lastName": "Birch", "country": "France"}


def test_importing_the_sandbox_loads_no_server_and_no_html():
    import subprocess

    code = (
        "import sys, dynzuora.sandbox; from dynzuora.operation import load;"
        "dynzuora.sandbox.Sandbox(load('2020-12-10'));"
        "print(sorted({'werkzeug', 'requests', 'jinja2', 'jsonschema', 'prance'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
