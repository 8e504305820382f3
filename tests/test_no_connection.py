"""What is wrong on this machine is told in words with the setting to look at, and is not tried again."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
import trustme

from dynzuora import errors
from dynzuora.http import Headers, Request
from dynzuora.replies import interpret
from dynzuora.transport import Policy, Transport
from tests import wires
from tests.clocks import Clock
from tests.servers import OK, Answer, running, script
from tests.wires import hangs_up, says, wire

SETTINGS = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def exchange(url: str, method: str = "POST", **more: Any) -> Any:
    clock = Clock()
    sender = Transport(url, Policy(clock.sleep, lambda: 1.0, clock), **more)
    request = Request(method, f"{url}/v1/payments", Headers(), b"{}", "Any")
    try:
        return sender.exchange(request, lambda reply: interpret(request, reply), None)
    finally:
        sender.close()


def failure(url: str, method: str = "POST", **more: Any) -> errors.TransportError:
    with pytest.raises(errors.TransportError) as caught:
        exchange(url, method, **more)
    return caught.value


def told(error: errors.TransportError) -> tuple[str, str, bool, int]:
    return str(error), error.outcome, error.may_have_been_applied, len(error.attempts)


def local(url: str, words: str) -> tuple[str, str, bool, int]:
    return f"Any: no connection to {url}: {words} Nothing was sent.", "local", False, 1


# Certificates and the authorities to trust


def context(authority: trustme.CA, name: str) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(made)
    return made


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "REQUESTS_CA_BUNDLE names {path}, which is not there."),
        ("no certificates\n", "REQUESTS_CA_BUNDLE names {path}, which holds no certificates."),
    ],
    ids=["missing", "not one"],
)
def test_a_file_of_authorities_that_cannot_be_used_is_named(
    content: str | None, words: str, method: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(path))
    with running(script(OK), context(trustme.CA(), "127.0.0.1")) as server:
        assert told(failure(server.url, method)) == local(server.url, words.format(path=path))


@pytest.mark.parametrize(
    ("name", "trusted", "why"),
    [
        ("elsewhere.invalid", True, "IP address mismatch, certificate is not valid for '127.0.0.1'"),
        ("127.0.0.1", False, "unable to get local issuer certificate"),
    ],
    ids=["another name", "an unknown authority"],
)
def test_a_certificate_that_is_not_trusted_is_looked_at_once(
    name: str, trusted: bool, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    (authority if trusted else trustme.CA()).cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    with running(script(OK), context(authority, name)) as server:
        words = f"its certificate is not one that is trusted ({why}). Does it need REQUESTS_CA_BUNDLE?"
        assert (told(failure(server.url)), server.seen) == (local(server.url, words), [])


def test_tls_to_a_port_that_speaks_none_is_told() -> None:
    def answers_in_the_clear(connection: socket.socket) -> bool:
        connection.recv(65536)
        return says(wires.answer(b"", b"400 Bad Request"), then=False)(connection)

    with wire(before=answers_in_the_clear) as server:
        url = server.url.replace("http:", "https:")
        assert told(failure(url)) == local(url, "no TLS is spoken there. Is it http://, or another port?")


def test_a_server_that_hangs_up_before_tls_is_open_was_sent_nothing_and_is_tried_again() -> None:
    with wire(hangs_up, before=hangs_up) as server:
        error = failure(server.url.replace("http:", "https:"))
        assert (error.outcome, error.may_have_been_applied, server.connections) == ("not sent", False, 5)


# Names


@pytest.mark.parametrize(
    ("code", "outcome", "words", "tries"),
    [
        (socket.EAI_NONAME, "local", "its name is not found. Is there a network, a proxy?", 1),
        (
            socket.EAI_AGAIN,
            "not sent",
            "its name could not be looked up just now. Is there a network, a proxy? (5 tries)",
            5,
        ),
    ],
    ids=["no such name", "not now"],
)
def test_a_name_that_is_not_found_is_asked_for_again_only_where_that_may_help(
    code: int, outcome: str, words: str, tries: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look_up(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(code, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    url = "https://rest.invalid"
    expected = (f"Any: no connection to {url}: {words} Nothing was sent.", outcome, False, tries)
    assert told(failure(url)) == expected


def test_a_name_with_a_part_of_64_letters_is_told() -> None:
    url = f"https://{'a' * 64}.example"
    words = "its name is not valid: a part of it is empty or longer than 63 letters."
    assert told(failure(url)) == local(url, words)


# Proxies


@contextmanager
def proxy(answer: bytes, target: str = "") -> Iterator[tuple[str, list[str]]]:
    """A proxy that answers CONNECT so, and leads to ``target`` whatever was asked for."""

    def lead(connection: socket.socket) -> bool:
        connection.sendall(answer)
        if target:
            host, _, port = target.rpartition("/")[2].partition(":")
            with socket.create_connection((host, int(port))) as other:
                there = threading.Thread(target=pump, args=(connection, other), daemon=True)
                there.start()
                pump(other, connection)
                there.join(5)
        return False

    with wire(lead) as server:
        yield server.url, server.seen


def pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while piece := source.recv(65536):
            sink.sendall(piece)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        return


OPEN = b"HTTP/1.1 200 Connection established\r\n\r\n"


def refusal(status: bytes) -> bytes:
    return b"HTTP/1.1 %s\r\nContent-Length: 0\r\n\r\n" % status


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            refusal(b"407 Proxy Authentication Required"),
            "the proxy {proxy} wants a name and a password. Put them into HTTPS_PROXY: "
            "http://name:password@host:port.",
        ),
        (
            refusal(b"403 Forbidden"),
            "the proxy {proxy} refuses to lead there (OSError: Tunnel connection failed: 403 Forbidden). "
            "Look at HTTPS_PROXY and NO_PROXY.",
        ),
    ],
    ids=["407", "403"],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_proxy_that_refuses_is_asked_once(
    answer: bytes, words: str, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with proxy(answer) as (address, seen):
        monkeypatch.setenv("HTTPS_PROXY", address.replace("//", "//user:fake-secret@"))
        url = "https://rest.test"
        assert told(failure(url, method)) == local(url, words.format(proxy=address))
        assert seen == ["CONNECT rest.test:443 HTTP/1.0"] or seen == ["CONNECT rest.test:443 HTTP/1.1"]


def test_a_proxy_that_cannot_lead_there_just_now_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with proxy(refusal(b"502 Bad Gateway")) as (address, seen):
        monkeypatch.setenv("HTTPS_PROXY", address)
        error = failure("https://rest.test")
        assert (error.outcome, error.may_have_been_applied, len(seen)) == ("not sent", False, 5)


@pytest.mark.parametrize("setting", ["http://", "http://[bad", "telnet://proxy.invalid:23"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_proxy_setting_that_is_no_address_is_named(
    setting: str, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", setting)
    url = "https://rest.test"
    words = "https_proxy is not the address of a proxy, such as http://host:port."
    assert told(failure(url, method)) == local(url, words)


def test_a_socks_proxy_without_its_package_names_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: Any, **__: Any) -> Any:  # what requests puts in the class's place
        raise requests.exceptions.InvalidSchema("Missing dependencies for SOCKS support.")

    monkeypatch.setattr("requests.adapters.SOCKSProxyManager", missing)
    monkeypatch.setenv("HTTPS_PROXY", "socks5://127.0.0.1:1080")
    url = "https://rest.test"
    words = "HTTPS_PROXY names a SOCKS proxy, and those need PySocks: pip install 'requests[socks]'."
    assert told(failure(url)) == local(url, words)


def test_a_proxy_that_is_not_there_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:fake-secret@127.0.0.1:{port}")
    url = "https://rest.test"
    assert told(failure(url)) == (
        f"Any: no connection to {url}: the proxy http://127.0.0.1:{port} does not take the connection "
        "(Connection refused). Look at HTTPS_PROXY. (5 tries) Nothing was sent.",
        "not sent",
        False,
        5,
    )


@pytest.fixture
def beyond(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Answer], Any]:
    """Return a function that makes a payment at https://rest.test, behind a proxy, with one answer."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))

    def pay(answer: Answer) -> Any:
        with running(script(answer), context(authority, "rest.test")) as server:
            with proxy(OPEN, server.url) as (address, _):
                monkeypatch.setenv("HTTPS_PROXY", address)
                try:
                    result: Any = exchange("https://rest.test")
                except errors.TransportError as error:
                    result = error
            return result, len(server.seen)

    return pay


def test_a_payment_goes_through_a_proxy(beyond: Any) -> None:
    assert beyond(OK) == ({"success": True}, 1)


def test_a_payment_whose_answer_is_lost_behind_a_proxy_is_made_once(beyond: Any) -> None:
    error, seen = beyond(Answer(lost=True))
    assert (seen, error.may_have_been_applied, error.outcome) == (1, True, "unknown")


def test_a_407_to_a_plain_request_is_the_proxy_s(monkeypatch: pytest.MonkeyPatch) -> None:
    with running(script(Answer(407, content=b""))) as server:
        monkeypatch.setenv("HTTP_PROXY", server.url)
        error = failure("http://rest.test")
        assert (error.outcome, error.may_have_been_applied, len(server.seen)) == ("local", False, 1)
        assert "Put them into HTTP_PROXY" in str(error)


def test_a_payment_that_a_plain_proxy_took_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    with running(script(Answer(lost=True))) as server:
        monkeypatch.setenv("HTTP_PROXY", server.url)
        error = failure("http://rest.test")
        assert (len(server.seen), error.may_have_been_applied) == (1, True)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.0.0.2"])
def test_this_machine_is_never_reached_through_a_proxy(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with running(script(OK)) as proxied, running(script(OK)) as server:
        monkeypatch.setenv("HTTP_PROXY", proxied.url)
        port = server.url.rpartition(":")[2]
        if host == "127.0.0.2":  # only Linux takes all of 127.0.0.0/8 for itself; nobody listens there
            assert failure(f"http://{host}:{port}").outcome == "not sent"
        else:
            assert exchange(f"http://{host}:{port}") == {"success": True}
        assert proxied.seen == []


# A fault of code


class Odd(requests.adapters.BaseAdapter):
    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def send(self, *_: Any, **__: Any) -> Any:
        raise self.error

    def close(self) -> None: ...


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("error", "tries"),
    [(AttributeError("'S' object has no attribute 'x'"), 1), (requests.ConnectionError("it broke"), 5)],
    ids=["a fault of code", "the network"],
)
def test_whatever_an_adapter_raises_is_told_and_counts_as_sent(
    error: Exception, tries: int, method: str
) -> None:
    failed = failure("https://rest.test", method, adapter=Odd(error))
    expected_tries = tries if method == "GET" else 1
    assert (failed.may_have_been_applied, len(failed.attempts)) == (method == "POST", expected_tries)
    assert f"({type(error).__name__}: {error})" in str(failed)
