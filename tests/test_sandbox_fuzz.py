"""The sandbox among fuzzers: garbage gets an HTTP answer or a closed connection, never a traceback."""

from __future__ import annotations

import logging
import random
import socket
import threading
from collections.abc import Iterator

import pytest

from dynzuora.operation import load
from dynzuora.sandbox import Sandbox
from dynzuora.sandbox.server import make_server

SEED = 20201210
METHODS = [
    "GET",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "HEAD",
    "OPTIONS",
    "TRACE",
    "CONNECT",
    "G\x00T",
    "",
    "get",
]
NINES = "9" * 5000
PATHS = [
    *(
        "/",
        "*",
        "",
        "//",
        "/v1/accounts/%ff",
        "/v1/accounts/%",
        "/v1/accounts/..%2f",
        "/v1/../v1",
        "/" + "a/" * 3000,
    ),
    *(
        "/v1/accounts/%00",
        "/v1/orders?page=-1&pageSize=x",
        f"/v1/orders?page={NINES}",
        "/v1/orders?sort=-%00,+,,",
    ),
    *(
        "http://evil.example/v1/orders",
        "http://[",
        "/v1/files/x",
        "/oauth/token",
        "/v1/orders?" + "a=b&" * 2000,
    ),
    *("/v1/object/account/A00000001", "/v1/action/query", "/v1/usage", "/workflows?page=0&page_length=0"),
    *(
        "/v1/accounts/A00000001",
        "/objects/records/default/x?q=%27",
        "/v1/sequence-sets",
        "/v1/describe/%3Cx%3E",
    ),
]
HEADERS = [
    *(
        "Content-Length: 0",
        "Content-Length: -1",
        "Content-Length: x",
        f"Content-Length: {NINES}",
        "Content-Length: 9",
    ),
    *(
        "Transfer-Encoding: chunked",
        "Transfer-Encoding: gzip, chunked",
        "Content-Encoding: gzip",
        "Content-Encoding: x",
    ),
    *(
        "Content-Type: multipart/form-data",
        "Content-Type: multipart/form-data; boundary=b",
        "Content-Type: \x01",
    ),
    *(
        "Content-Type: application/json",
        "Content-Type: application/x-www-form-urlencoded",
        "Content-Type: text/csv",
    ),
    *(
        "Range: bytes=-",
        f"Range: bytes={NINES}-",
        "Range: bytes=5-1",
        "Accept: ;;,,",
        "Accept-Encoding: gzip",
    ),
    *(
        "Expect: 100-continue",
        "Host: evil.example",
        "Host:",
        "Zuora-Entity-Ids: x",
        "Zuora-Track-Id: " + "x" * 100,
    ),
    *("Idempotency-Key: k", "Connection: keep-alive", "nonsense", ": x", "X: " + "y" * 70_000, "X\x00: y"),
]
BODIES = [
    *(b"", b"{}", b"[]", b"null", b'"x"', b"{", b"\xff\xfe", b"[" * 5000, b'{"a":' * 900 + b"1" + b"}" * 900),
    *(b"5\r\nhello\r\n0\r\n\r\n", b"zz\r\n", b"-1\r\n", b"ffffffffffffffff\r\nx", b"0\r\n\r\n"),
    *(b"--b\r\nContent-Disposition: form-data; name=x\r\n\r\ny\r\n--b--\r\n", b"--b\r\n\r\n--b--", b"--b"),
    *(b"--b\r\nContent-Disposition: form-data; filename=x\r\n\r\na\rb\0\r\n--b--\r\n", b"a=b&a=c&%=%"),
    *(b'{"queryString": "select * from Account where Id like \'%%%%%%%%%%%%%%%%x\'"}', b'{"a": 1e999999999}'),
    *(
        b'{"amount": "NaN", "initialTerm": "1E+999", "objects": [null, 1, []], "type": []}',
        b'{"a": "\\ud800"}',
    ),
    bytes(range(256)),
]


@pytest.fixture
def served(caplog: pytest.LogCaptureFixture) -> Iterator[tuple[int, str]]:
    """A sandbox behind a socket: its port and a token."""
    sandbox = Sandbox(load("2020-12-10"))
    server = make_server(sandbox)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server.port, sandbox.tokens.issue()["access_token"]
    server.shutdown()
    thread.join()
    server.server_close()


def exchange(port: int, content: bytes) -> bytes:
    """Send bytes, say that there are no more, and return all that comes back."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        answer = b""
        try:
            connection.sendall(content)
            connection.shutdown(socket.SHUT_WR)
            while piece := connection.recv(65536):
                answer += piece
        except TimeoutError:
            raise
        except OSError:  # it may hang up before all is said
            pass
        return answer


def request(chance: random.Random, token: str) -> bytes:
    lines = [f"{chance.choice(METHODS[:5] * 4 + METHODS)} {chance.choice(PATHS)} HTTP/1.1"]
    lines += ["Host: 127.0.0.1"] * chance.choice([1, 1, 1, 0, 2])
    lines += [f"Authorization: Bearer {token}"] * chance.choice([1, 1, 1, 0])
    lines += chance.sample(HEADERS, chance.randrange(5))
    body = chance.choice(BODIES)
    if chance.random() < 0.6:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def garbage(chance: random.Random, token: str) -> bytes:
    content = bytearray(request(chance, token))
    for _ in range(chance.randrange(1, 20)):
        content[chance.randrange(len(content))] = chance.randrange(256)
    return bytes(content[: chance.randrange(len(content) + 1)]) if chance.random() < 0.3 else bytes(content)


def fuzz(
    port: int, token: str, times: int, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    chance = random.Random(SEED)
    good = f"GET /v1/entities HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n"
    for number in range(times):
        content = chance.choice([request, garbage])(chance, token)
        answer = exchange(port, content)
        told = [each.getMessage() for each in caplog.records if each.levelno >= logging.ERROR]
        assert (told, capfd.readouterr().err) == ([], ""), content[:3000]
        assert not answer or answer.lower().startswith((b"http/1.", b"<!doctype", b"{")), content[:3000]
        assert b" 500 " not in answer[:40], content[:3000]
        if number % 50 == 0:
            assert exchange(port, good.encode()).startswith(b"HTTP/1.1 200 OK")
    assert exchange(port, good.encode()).startswith(b"HTTP/1.1 200 OK")


def test_garbage_gets_an_answer_or_a_closed_connection(served, caplog, capfd) -> None:
    fuzz(*served, 300, caplog, capfd)


@pytest.mark.slow
def test_much_garbage_gets_an_answer_or_a_closed_connection(served, caplog, capfd) -> None:
    fuzz(*served, 5000, caplog, capfd)
