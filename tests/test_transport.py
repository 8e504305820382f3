"""The one room that opens connections: where it goes, what it keeps, when it stops."""

from __future__ import annotations

import datetime
import gzip
import logging
import multiprocessing
import re
import socket
import ssl
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme

from dynzuora import Client, errors
from dynzuora.http import Headers, Part, Request, Secret
from dynzuora.replies import interpret
from dynzuora.transport import Bearer, Limits, Policy, Transport
from tests.servers import OK, Answer, Server, running, script

TOKEN = Bearer(Secret("fake-t0ken"))


def transport(url: str, **more: Any) -> Transport:
    policy = Policy(lambda seconds: None, lambda: 0.0, time.monotonic, most=more.pop("most", 1))
    return Transport(url, policy, **more)


def get(url: str, path: str = "/v1/things", *, to: str = "", **more: Any) -> Any:
    request = Request("GET", f"{to or url}{path}", Headers({"Accept": "*/*"}), None, "GET_Things")
    return exchange(url, request, **more)


def exchange(url: str, request: Request, *, credentials: Any = TOKEN, **more: Any) -> Any:
    sender = transport(url, **more)
    try:
        return sender.exchange(request, lambda reply: interpret(request, reply), credentials)
    finally:
        sender.close()


# Where it goes


def test_a_url_of_another_origin_is_never_sent() -> None:
    with running(script(OK)) as server, running(script(OK)) as other:
        with pytest.raises(errors.TransportError, match=f"refused to send to {other.url}"):
            get(server.url, to=other.url)
        assert (server.seen, other.seen) == ([], [])


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    with running(script(OK)) as other:
        answer = Answer(status, content=b"", headers={"Location": f"{other.url}/v1/things"})
        with running(script(answer)) as server:
            with pytest.raises(errors.ApiError) as caught:
                get(server.url)
            assert (caught.value.status, len(server.seen), other.seen) == (status, 1, [])


def test_netrc_is_never_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password fake-secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with running(script(OK)) as server:
        get(server.url)
        assert server.seen[0].headers["Authorization"] == "Bearer fake-t0ken"


def test_cookies_are_not_kept() -> None:
    answer = Answer(200, {}, headers={"Set-Cookie": "session=1; Path=/"})
    with running(script(answer, OK)) as server:
        sender = transport(server.url)
        for _ in range(2):
            request = Request("GET", f"{server.url}/v1", Headers(), None, "x")
            sender.exchange(request, lambda reply: reply, TOKEN)
        sender.close()
        assert [each.headers.get("Cookie") for each in server.seen] == [None, None]


def test_a_configured_proxy_is_used_and_sees_no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    with forward_proxy() as (address, requests_seen):
        monkeypatch.setenv("HTTPS_PROXY", f"http://{address}")
        monkeypatch.setenv("NO_PROXY", "")
        with pytest.raises(errors.TransportError):
            get("https://rest.invalid")
    assert requests_seen[0].startswith(b"CONNECT rest.invalid:443 HTTP/1.")
    assert b"fake-t0ken" not in b"".join(requests_seen)


@contextmanager
def forward_proxy() -> Iterator[tuple[str, list[bytes]]]:
    """A proxy that takes a CONNECT, keeps it, and refuses."""
    seen: list[bytes] = []
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listening.accept()
        with connection:
            seen.append(connection.recv(65536))
            connection.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{listening.getsockname()[1]}", seen
    finally:
        thread.join(5)
        listening.close()


# Whom it trusts


def tls(authority: trustme.CA, *names: str, **more: Any) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names, **more).configure_cert(context)
    return context


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    trusted = trustme.CA()
    bundle = tmp_path / "ca.pem"
    trusted.cert_pem.write_to_path(str(bundle))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    return trusted


def test_a_tenant_with_a_good_certificate_is_trusted(authority: trustme.CA) -> None:
    with running(script(OK), tls(authority, "127.0.0.1")) as server:
        assert get(server.url) == {"success": True}


def yesterday() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)


@pytest.mark.parametrize("fault", ["wrong name", "expired", "unknown authority"])
def test_a_tenant_with_a_bad_certificate_is_refused_and_sees_nothing(
    authority: trustme.CA, fault: str
) -> None:
    context = {
        "wrong name": lambda: tls(authority, "elsewhere.invalid"),
        "expired": lambda: tls(authority, "127.0.0.1", not_after=yesterday()),
        "unknown authority": lambda: tls(trustme.CA(), "127.0.0.1"),
    }[fault]()
    with running(script(OK), context) as server:
        with pytest.raises(errors.TransportError) as caught:
            get(server.url)
        assert (caught.value.may_have_been_applied, server.seen) == (False, [])


# When it stops


def drip(file: Any) -> None:
    file.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n")
    for _ in range(100):
        file.write(b" ")
        file.flush()
        threading.Event().wait(0.02)


def test_the_deadline_holds_against_a_server_that_drips() -> None:
    told = pytest.raises(errors.Timeout, match="no whole answer in time")
    with running(script(Answer(write=drip))) as server, told:
        get(server.url, limits=Limits(deadline=0.2))


def test_silence_is_a_timeout_that_says_whether_it_may_have_been_done() -> None:
    release = threading.Event()
    with running(script(Answer(write=lambda file: release.wait(5) and None))) as server:
        request = Request("POST", f"{server.url}/v1/payments", Headers(), b"{}", "POST_Payment")
        with pytest.raises(errors.Timeout) as caught:
            exchange(server.url, request, limits=Limits(read=0.1))
        release.set()
    assert (
        str(caught.value),
        caught.value.may_have_been_applied,
        isinstance(caught.value, TimeoutError),
    ) == (
        f"POST_Payment: no answer in time from {server.url} (TimeoutError). "
        "It may have been done: look before you send it again.",
        True,
        True,
    )


def test_a_body_larger_than_the_cap_stops_being_read() -> None:
    bomb = gzip.compress(b" " * 10_000_000)
    answer = Answer(200, content=bomb, headers={"Content-Encoding": "gzip"})
    told = r"larger than 1,000,000 bytes. What came begins ' +'. Use client.download"
    with running(script(answer)) as server, pytest.raises(errors.TransportError, match=told):
        get(server.url, limits=Limits(body=1_000_000))


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"nonsense\r\n\r\n",
        b"",
    ],
    ids=["cut off", "bad gzip", "bad chunk", "no HTTP", "nothing"],
)
def test_a_broken_answer_is_a_transport_error(raw: bytes) -> None:
    with running(script(Answer(write=lambda file: file.write(raw)))) as server:
        with pytest.raises(errors.TransportError) as caught:
            get(server.url)
        assert "Reading again is safe" in str(caught.value)


def test_an_error_never_shows_the_query() -> None:
    with running(script(Answer(lost=True))) as server, pytest.raises(errors.TransportError) as caught:
        get(server.url, "/v1/things?token=fake-secret")
    assert "fake-secret" not in str(caught.value)


# What it sends


def test_a_compressed_answer_is_read() -> None:
    answer = Answer(200, content=gzip.compress(b'{"a": 1}'), headers={"Content-Encoding": "gzip"})
    with running(script(answer)) as server:
        assert get(server.url) == {"a": 1}
        assert "gzip" in server.seen[0].headers["Accept-Encoding"]


def test_a_body_is_compressed_when_its_header_says_so() -> None:
    with running(script(OK)) as server:
        headers = Headers({"Content-Encoding": "gzip", "Content-Type": "application/json"})
        exchange(server.url, Request("POST", f"{server.url}/v1/orders", headers, b'{"a":1}', "x"))
        assert gzip.decompress(server.seen[0].body) == b'{"a":1}'


def test_a_multipart_body_opens_its_files_when_it_is_sent(tmp_path: Path) -> None:
    path = tmp_path / "usage.csv"
    path.write_bytes(b"a,b\n")
    parts = (Part("file", path, "usage.csv", "text/csv"), Part("params", b"{}", None, "application/json"))
    with running(script(OK)) as server:
        exchange(server.url, Request("POST", f"{server.url}/v1/usage", Headers(), parts, "POST_Usage"))
        body = server.seen[0].body
    assert b'name="file"; filename="usage.csv"\r\nContent-Type: text/csv\r\n\r\na,b\n\r\n' in body
    assert b'name="params"\r\nContent-Type: application/json\r\n\r\n{}\r\n' in body


def test_each_attempt_is_one_line_in_the_log_without_query_or_body(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "dynzuora"), running(script(OK)) as server:
        get(server.url, "/v1/things?name=private")
    assert [record.getMessage() for record in caplog.records if record.name == "dynzuora"] == [
        f"GET_Things GET {server.url}/v1/things attempt 1: HTTP 200"
    ]


def test_bodies_are_logged_only_on_request_and_then_without_secrets(caplog: pytest.LogCaptureFixture) -> None:
    request_body = b'{"amount":1,"cardNumber":"4111"}'

    def logged() -> list[str]:
        caplog.clear()
        with running(script(OK)) as server:
            exchange(server.url, Request("POST", f"{server.url}/v1", Headers({"X": "1"}), request_body, "P"))
        return [
            each.getMessage()
            for each in caplog.records
            if each.name.startswith("dynzuora") and each.levelno < 20
        ]

    with caplog.at_level(logging.DEBUG, "dynzuora"):
        quiet = logged()
        with caplog.at_level(logging.DEBUG, "dynzuora.bodies"):
            loud = logged()
    bodies = [re.findall("body='(.*?)'", text) for text in loud]
    assert (quiet, bodies) == (["P POST Headers({'X': '1'})"], [[], ['{"amount":1,"cardNumber":"***"}']])


def test_on_attempt_hears_how_every_attempt_ended() -> None:
    heard: list[Any] = []
    with running(script(Answer(503, content=b""), Answer(lost=True), OK)) as server:
        reply = get(server.url, most=3, on_attempt=lambda request, attempt: heard.append(attempt))
    assert [(attempt.number, attempt.outcome, type(attempt.error).__name__) for attempt in heard] == [
        (1, "HTTP 503", "TemporaryError"),
        (2, "TransportError", "TransportError"),
        (3, "HTTP 200", "NoneType"),
    ]
    assert [attempt.response and attempt.response.status for attempt in heard] == [503, None, 200]
    assert heard[2].reply is reply and heard == list(reply.meta.attempts)


def test_on_attempt_gets_no_token() -> None:
    heard: list[Any] = []
    with Client.sandbox(on_attempt=lambda request, attempt: heard.append(attempt)) as client:
        client.call("GET_SequenceSets")
    assert [(attempt.response is None, attempt.reply is None) for attempt in heard] == [
        (True, True),
        (False, False),
    ]


@pytest.mark.parametrize("as_errors", [False, True], ids=["warnings shown", "warnings made errors"])
@pytest.mark.parametrize("answer", [OK, Answer(200, {"success": False})], ids=["done", "refused"])
def test_an_on_attempt_that_raises_hides_nothing(
    answer: Answer, as_errors: bool, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(request: Request, attempt: Any) -> None:
        raise KeyError("the caller's own")

    with running(script(answer)) as server, warnings.catch_warnings(record=not as_errors) as issued:
        warnings.simplefilter("error" if as_errors else "always")
        try:
            result: Any = get(server.url, on_attempt=broken)
        except errors.ApiError as error:
            result = error.body
    assert result == answer.body
    assert [record.getMessage() for record in caplog.records if record.levelno > 30] == ["on_attempt raised"]
    told = [str(each.message) for each in issued or ()]
    assert (
        told == []
        if as_errors
        else told == ['on_attempt raised KeyError: "the caller\'s own". The call continues.']
    )


def test_bodies_are_logged_for_whoever_asked_before_the_first_call(tmp_path: Path) -> None:
    code = (
        "import logging, sys, dynzuora\n"
        "logging.basicConfig(stream=sys.stdout, format='%(name)s %(message)s')\n"
        "logging.getLogger('dynzuora').setLevel(logging.DEBUG)\n"
        "if len(sys.argv) > 1: logging.getLogger('dynzuora.bodies').setLevel(logging.DEBUG)\n"
        "dynzuora.Client.sandbox().call('GET_SequenceSets')\n"
    )
    logged = [
        subprocess.run([sys.executable, "-c", code, *more], capture_output=True, text=True, check=True).stdout
        for more in ([], ["bodies"])
    ]
    assert [text.count("dynzuora.bodies Request(GET ") for text in logged] == [0, 1]


def send_in_child(sender: Transport, server: Server, found: Any) -> None:
    request = Request("GET", f"{server.url}/v1", Headers(), None, "x")
    found.put(sender.exchange(request, lambda reply: reply.status, TOKEN))


def test_a_forked_child_opens_connections_of_its_own() -> None:
    with running(script(OK)) as server:
        sender = transport(server.url)
        request = Request("GET", f"{server.url}/v1", Headers(), None, "x")
        sender.exchange(request, lambda reply: reply, TOKEN)
        own = sender._sender._session()
        fork = multiprocessing.get_context("fork")
        found: Any = fork.Queue()
        child = fork.Process(target=send_in_child, args=(sender, server, found))
        child.start()
        assert found.get(timeout=10) == 200
        child.join(10)
        assert sender._sender._session() is own
        sender.close()
