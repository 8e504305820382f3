"""Each answer belongs to one call, and is read the way requests reads it, whoever made it."""

from __future__ import annotations

import gzip
import io
import ssl
from pathlib import Path
from typing import Any
from unittest.mock import create_autospec

import pytest
import requests
import trustme
import urllib3
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3.contrib import pyopenssl

import dynzuora
from dynzuora import errors
from dynzuora.http import Headers, Request
from dynzuora.replies import interpret
from dynzuora.transport import Policy, Transport
from dynzuora.transport.connections import ObservedAdapter
from tests.clocks import Clock
from tests.servers import Answer, running, script
from tests.wires import answer, resets, says, wire

EARLY = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
STRAY = answer(b'{"forged": 1}')


def transport(url: str, **more: Any) -> Transport:
    clock = Clock()
    return Transport(url, Policy(clock.sleep, lambda: 1.0, clock, most=1), **more)


def request(url: str, name: str = "A1", method: str = "GET", body: bytes | None = None) -> Request:
    return Request(method, f"{url}/v1/accounts/{name}", Headers(), body, "GET_Account")


def replies(url: str, *names: str) -> list[Any]:
    """What each of some calls, one after the other, got."""
    sender, found = transport(url), []
    for name in names:
        asked = request(url, name)
        try:
            found.append(sender.exchange(asked, lambda reply, asked=asked: interpret(asked, reply), None))
        except errors.DynzuoraError as error:
            found.append(type(error).__name__)
    sender.close()
    return found


A1, A2 = {"id": "A1"}, {"id": "A2"}
FIRST, SECOND = answer(b'{"id": "A1"}'), answer(b'{"id": "A2"}')


@pytest.mark.parametrize(
    ("first", "connections"),
    [
        ((EARLY, FIRST), 1),
        ((EARLY * 50 + FIRST,), 1),
        ((b"HTTP/1.1 100 Continue\r\n\r\n", EARLY, b"HTTP/1.1 102 Processing\r\n\r\n", FIRST), 1),
        ((FIRST + EARLY,), 2),
        ((FIRST + STRAY,), 2),
        ((FIRST + b"\r\n",), 2),
        ((FIRST[:-1], b"}more than was promised"), 2),
    ],
    ids=["103", "many", "several kinds", "103 behind it", "another answer", "an empty line", "a longer body"],
)
def test_each_call_gets_its_own_answer(first: tuple[bytes, ...], connections: int) -> None:
    with wire(says(b"".join(first)), says(SECOND)) as server:
        assert (replies(server.url, "A1", "A2"), server.connections) == ([A1, A2], connections)


@pytest.mark.parametrize(
    ("first", "told"),
    [
        (b"HTTP/1.1 204 No Content\r\n\r\nforged", {}),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n" + STRAY, {}),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n" + STRAY, "TransportError"),
    ],
    ids=["a body of a 204", "behind the last chunk", "101"],
)
def test_what_is_odd_ends_the_connection(first: bytes, told: Any) -> None:
    with wire(says(first), says(SECOND)) as server:
        assert (replies(server.url, "A1", "A2"), server.connections) == ([told, A2], 2)


def test_an_answer_that_comes_before_the_whole_request_is_the_last_of_its_connection() -> None:
    def too_large(connection: Any) -> bool:
        connection.sendall(answer(b"{}", b"413 Content Too Large"))
        return resets(connection)

    with wire(too_large, says(SECOND), most=10) as server:
        sender = transport(server.url)
        large = request(server.url, "A1", "POST", b"x" * 10_000_000)
        with pytest.raises(errors.DynzuoraError):
            sender.exchange(large, lambda reply: interpret(large, reply), None)
        asked = request(server.url, "A2")
        assert sender.exchange(asked, lambda reply: interpret(asked, reply), None) == A2
        sender.close()
        assert server.connections == 2


def test_a_header_that_is_cut_off_is_no_answer() -> None:
    with wire(says(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n", then=False)) as server:
        assert replies(server.url, "A1") == ["TransportError"]


# Bodies of others' adapters


class Given(BaseAdapter):
    """An adapter that gives one response, made by somebody else."""

    def __init__(self, response: requests.Response) -> None:
        super().__init__()
        self.response = response

    def send(self, *_: Any, **__: Any) -> requests.Response:
        return self.response

    def close(self) -> None: ...


def response(**fields: Any) -> requests.Response:
    made = requests.Response()
    made.status_code = 200
    made.headers["Content-Type"] = "application/json"
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def packed() -> requests.Response:
    raw = urllib3.HTTPResponse(io.BytesIO(gzip.compress(b'{"id": "A1"}')), preload_content=False)
    made = response(raw=raw)
    made.headers["Content-Encoding"] = "gzip"
    return made


class Streaming:
    """A body that has what requests asks for, and no more."""

    def stream(self, amount: int, decode_content: bool = True) -> Any:
        yield b'{"id": '
        yield b'"A1"}'

    def close(self) -> None: ...


RESPONSES = {
    "content": lambda: response(_content=b'{"id": "A1"}'),
    "a file": lambda: response(raw=io.BytesIO(b'{"id": "A1"}')),
    "a stream": lambda: response(raw=Streaming()),
    "urllib3's": packed,
}


@pytest.mark.parametrize("name", RESPONSES)
def test_a_body_is_read_the_way_requests_reads_it(name: str) -> None:
    given = RESPONSES[name]()
    asked = request("https://rest.test")
    sender = transport("https://rest.test", adapter=Given(given))
    assert sender.exchange(asked, lambda reply: interpret(asked, reply), None) == A1
    assert given.json() == A1 if name != "urllib3's" else given.content == b'{"id": "A1"}'


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("raw", [None, object(), 7], ids=["nothing", "an object", "a number"])
def test_a_body_that_cannot_be_read_is_told_with_whether_it_may_have_been_done(raw: Any, method: str) -> None:
    asked = request("https://rest.test", method=method)
    sender = transport("https://rest.test", adapter=Given(response(raw=raw)))
    with pytest.raises(errors.TransportError, match="AttributeError") as caught:
        sender.exchange(asked, lambda reply: interpret(asked, reply), None)
    assert caught.value.may_have_been_applied == (method == "POST")


def test_an_adapter_made_of_its_specification_works() -> None:
    adapter = create_autospec(HTTPAdapter)
    adapter.send.return_value = response(_content=b'{"id": "A1"}')
    asked = request("https://rest.test")
    sender = transport("https://rest.test", adapter=adapter)
    assert sender.exchange(asked, lambda reply: interpret(asked, reply), None) == A1


def test_a_socket_that_pyopenssl_made_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with running(script(Answer(200, A1)), context) as server:
        pyopenssl.inject_into_urllib3()
        try:
            asked = request(server.url)
            sender = transport(server.url)
            limits = sender.limits._replace(deadline=100.0)  # so that the time left is set on the socket
            assert sender.exchange(asked, lambda reply: interpret(asked, reply), None, limits=limits) == A1
            sender.close()
        finally:
            pyopenssl.extract_from_urllib3()


def test_urllib3_without_read1_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in (urllib3.HTTPResponse, *urllib3.HTTPResponse.__mro__):
        if "read1" in vars(kind) and kind.__module__.startswith("urllib3"):  # from 2.2 on
            monkeypatch.delattr(kind, "read1")
    with running(script(Answer(200, A1))) as server:
        assert replies(server.url, "A1") == [A1]


# Adapters that tell


@pytest.mark.parametrize(
    ("adapter", "doubt"), [(HTTPAdapter, True), (ObservedAdapter, False)], ids=["any", "observed"]
)
def test_an_adapter_that_does_not_tell_counts_as_having_sent(adapter: Any, doubt: bool) -> None:
    with wire() as server:
        server.refuse()
        asked = request(server.url, method="POST", body=b"{}")
        with pytest.raises(errors.TransportError) as caught:
            transport(server.url, adapter=adapter()).exchange(asked, lambda reply: reply, None)
    assert caught.value.may_have_been_applied is doubt


# Downloads


def downloaded(answer: Answer, folder: Path) -> bytes:
    with (
        running(script(answer)) as server,
        dynzuora.Client(environment=server.url, token="fake-token") as client,
    ):
        return bytes(client.download("/v1/files/7x/content", to=folder / "a.csv").read_bytes())


@pytest.mark.parametrize("status", [200, 201, 202, 203, 206])
def test_a_download_is_written_whatever_success_it_comes_with(status: int, tmp_path: Path) -> None:
    headers = {"Content-Type": "text/csv"} | ({"Content-Range": "bytes 0-3/4"} if status == 206 else {})
    assert downloaded(Answer(status, content=b"a,b\n", headers=headers), tmp_path) == b"a,b\n"


@pytest.mark.parametrize("status", [204, 205])
def test_a_download_of_nothing_is_an_empty_file(status: int, tmp_path: Path) -> None:
    assert downloaded(Answer(status, content=b""), tmp_path) == b""
