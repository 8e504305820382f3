"""Whatever a server sends: a typed error that shows how it began, or a value that is written down here.

One table of faults over real sockets, met by every way of the client that reads an answer.
"""

from __future__ import annotations

import contextlib
import gzip
import subprocess
import sys
import threading
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import dynzuora
from dynzuora import errors
from dynzuora.http import Headers, Request
from dynzuora.transport import Policy, Transport
from tests.servers import OK, Answer, Seen, Server, running, script


class Fault(NamedTuple):
    """An answer; the error it makes, and what that says; or else the value that it is."""

    answer: Answer
    error: type[errors.DynzuoraError] | None
    says: Any


def body(content: bytes, media_type: str = "application/json", **headers: str) -> Answer:
    fields = {name.replace("_", "-"): text for name, text in headers.items()}
    return Answer(200, content=content, headers={"Content-Type": media_type, **fields})


def packed(content: bytes, encoding: str = "gzip") -> Answer:
    return Answer(200, content=content, headers={"Content-Encoding": encoding})


def raw(*pieces: bytes, status: bytes = b"HTTP/1.1 200 OK", length: bytes = b"") -> Answer:
    """Write a status line, a length or none, JSON's media type, and then whatever is given."""
    head = status + b"\r\nContent-Type: application/json\r\n"
    head += b"Content-Length: " + length + b"\r\n" if length else b""
    return Answer(write=lambda file: file.write(head + b"".join(pieces)))


def chunked(*pieces: bytes) -> Answer:
    return raw(b"Transfer-Encoding: chunked\r\n\r\n", *pieces)


def endless(before: bytes, piece: bytes) -> Answer:
    """Never stop writing; the client has to."""

    def write(file: Any) -> None:
        file.write(before)
        while True:
            file.write(piece)

    return Answer(write=write)


GOOD = b'{"a": 1}'
PAGE = b"<!doctype html><title>Sign in</title>"
HEAD = b"HTTP/1.1 200 OK\r\n"
BROKEN, UNREADABLE = errors.TransportError, errors.ServerError

FAULTS = {
    # what the body says
    "empty": Fault(body(b""), None, {}),
    "byte order mark": Fault(body(b"\xef\xbb\xbf" + GOOD), None, {"a": 1}),
    "one key twice": Fault(body(b'{"a": 0, "a": 1}'), None, {"a": 1}),
    "half a character": Fault(body(b'{"a": "\\ud800"}'), None, {"a": "\ufffd"}),
    "a list": Fault(body(b"[1, 2]"), None, [1, 2]),
    "a text": Fault(body(b'"text"'), None, "text"),
    "a null": Fault(body(b"null"), None, None),
    "JSON called text": Fault(body(GOOD, "text/plain"), None, {"a": 1}),
    "JSON called a picture": Fault(body(GOOD, "image/png"), None, {"a": 1}),
    "plain text": Fault(body(b"done", "text/plain"), None, "done"),
    "a picture": Fault(body(b"\x89PNG\r\n", "image/png"), None, b"\x89PNG\r\n"),
    "NaN": Fault(
        body(b'{"a": NaN}'), UNREADABLE, """is not valid JSON: NaN is not JSON. It begins '{"a": NaN}'."""
    ),
    "5,000 digits": Fault(body(b'{"a": %s}' % (b"9" * 5000)), UNREADABLE, """It begins '{"a": 99999"""),
    "a giant exponent": Fault(
        body(b'{"a": 1e99999999999999999999}'), UNREADABLE, "a number with too large an exponent"
    ),
    "100,000 levels": Fault(body(b"[" * 100_000), UNREADABLE, "nested too deeply to read. It begins '[[[[["),
    "300 levels": Fault(body(b'{"a":' * 300 + b"1" + b"}" * 300), UNREADABLE, "deeper than 200 levels"),
    "no UTF-8": Fault(body(b'{"a": "\xff"}'), UNREADABLE, """It begins '{"a":"\ufffd"}'."""),
    "UTF-16": Fault(body(GOOD.decode().encode("utf-16")), None, {"a": 1}),
    "JSON cut off": Fault(body(GOOD[:-1]), UNREADABLE, """It begins '{"a": 1'."""),
    "two values": Fault(body(GOOD + GOOD), UNREADABLE, "is not valid JSON: Extra data"),
    "a page": Fault(
        body(PAGE, "text/html"), UNREADABLE, "is an HTML page where data was expected. It begins '<!d"
    ),
    "a page that says JSON": Fault(
        body(PAGE), UNREADABLE, "It begins '<!doctype html><title>Sign in</title>'."
    ),
    "a secret, cut off": Fault(
        body(b'{"access_token": "fake-t0'), UNREADABLE, """It begins '{"access_token": ***'"""
    ),
    # how long it is
    "longer than it is": Fault(
        raw(b"\r\n", GOOD, length=b"50"), BROKEN, """What came begins '{"a":1}'. Reading"""
    ),
    "shorter than it is": Fault(raw(b"\r\n", GOOD, length=b"5"), UNREADABLE, """It begins '{"a":'."""),
    "two lengths": Fault(
        raw(b"Content-Length: 9\r\n\r\n", GOOD, length=b"8"), BROKEN, "the connection broke"
    ),
    "a length below nothing": Fault(raw(b"\r\n", GOOD, length=b"-1"), None, {"a": 1}),
    "a length of 5,000 digits": Fault(raw(b"\r\n", GOOD, length=b"9" * 5000), None, {"a": 1}),
    "no length": Fault(raw(b"\r\n", GOOD), None, {"a": 1}),
    "a chunk of no size": Fault(chunked(b"zz\r\n"), BROKEN, "What came begins 'zz"),
    "a chunk below nothing": Fault(chunked(b"-1\r\n", GOOD), BROKEN, "the connection broke"),
    "a chunk cut off": Fault(chunked(b"8\r\n", GOOD[:5]), BROKEN, "What came begins"),
    "chunks without an end": Fault(
        chunked(b"8\r\n", GOOD, b"\r\n"), BROKEN, """What came begins '{"a":1}'."""
    ),
    "a chunk of gigabytes": Fault(chunked(b"ffffffffffff\r\n", GOOD), BROKEN, """begins '{"a":1}'."""),
    # how it is packed
    "no gzip": Fault(packed(b"nope"), BROKEN, "a body that is not packed as it says, came from"),
    "gzip cut off": Fault(
        packed(gzip.compress(GOOD)[:-9]), BROKEN, "a body that is packed, and cut off, came from"
    ),
    "gzip with a tail": Fault(packed(gzip.compress(GOOD) + b"tail"), BROKEN, "not packed as it says"),
    "gzip in two": Fault(packed(gzip.compress(GOOD[:3]) + gzip.compress(GOOD[3:])), None, {"a": 1}),
    "gzip in gzip": Fault(packed(gzip.compress(gzip.compress(GOOD)), "gzip, gzip"), None, {"a": 1}),
    "gzip of something else": Fault(
        packed(gzip.compress(GOOD), "gzip, gzip"), BROKEN, "not packed as it says"
    ),
    "deflate": Fault(packed(zlib.compress(GOOD), "deflate"), None, {"a": 1}),
    "brotli": Fault(
        body(b"\x0f\x03\x80", Content_Encoding="br"), UNREADABLE, "packed as 'br', which nobody asked for"
    ),
    "a coding that changes nothing": Fault(packed(GOOD, "aws-chunked"), None, {"a": 1}),
    # what is before it
    "no HTTP": Fault(
        Answer(write=lambda file: file.write(b"220 mail\r\n")), BROKEN, r"begins '220 mail\r\n'"
    ),
    "nothing": Fault(Answer(lost=True), BROKEN, "the connection broke"),
    "a status of words": Fault(raw(b"\r\n", GOOD, status=b"HTTP/1.1 fine"), BROKEN, "the connection broke"),
    "200 fields": Fault(raw(b"X: y\r\n" * 200, b"\r\n", GOOD), BROKEN, "the connection broke"),
    "fields without end": Fault(endless(HEAD, b"X: y\r\n"), BROKEN, "the connection broke"),
    "a field of 100,000": Fault(
        raw(b"X: %s\r\n\r\n" % (b"y" * 100_000), GOOD), BROKEN, "the connection broke"
    ),
    "a field without end": Fault(endless(HEAD + b"X: ", b"y" * 1000), BROKEN, "the connection broke"),
    "a status without end": Fault(endless(b"HTTP/1.1 200 ", b"y" * 1000), BROKEN, "the connection broke"),
    "wait without end": Fault(endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), BROKEN, "(TooMuchHeader)"),
}


def client_of(server: Server, **more: Any) -> dynzuora.Client:
    options = {"token": "fake-token", "retries": 0, "allow_writes": True, **more}
    client = dynzuora.Client(environment=server.url, **options)
    client._connection.sleep = lambda seconds: None
    return client


@pytest.mark.parametrize("fault", [pytest.param(each, id=name) for name, each in FAULTS.items()])
def test_each_fault_is_a_typed_error_with_its_beginning_or_a_known_value(fault: Fault) -> None:
    with running(script(fault.answer)) as server, client_of(server) as client:
        if fault.error is None:
            reply = client.call("GET_SequenceSets")
            assert (getattr(reply, "value", reply), reply.meta.status) == (fault.says, 200)
            return
        with pytest.raises(fault.error) as caught:
            client.call("GET_SequenceSets")
    assert fault.says in str(caught.value)
    assert len(str(caught.value)) < 1000


def first_good(*answers: Answer) -> Callable[[Seen], Answer]:
    return script(Answer(200, {"success": True, "id": "7", "data": {"id": "7"}}), *answers)


def by_items(client: dynzuora.Client, folder: Path) -> Any:
    return client.items("GET_SequenceSets").to_list()


def by_pages(client: dynzuora.Client, folder: Path) -> Any:
    return list(client.pages("GET_SequenceSets"))


def by_job(client: dynzuora.Client, folder: Path) -> Any:
    return client.submit("POST_DataQueryJob", body={"query": "SHOW TABLES"}).wait(timeout=None)


def by_download(client: dynzuora.Client, folder: Path) -> Any:
    try:
        return client.download("GET_Files", file_id="7", to=folder / "file").read_bytes()
    except BaseException:
        assert not (folder / "file").exists()
        raise


def by_map(client: dynzuora.Client, folder: Path) -> Any:
    [result] = client.map("GET_SequenceSets", [{}], workers=1)
    if result.error is not None:
        raise result.error
    return result.reply


WAYS = {"items": by_items, "pages": by_pages, "job": by_job, "download": by_download, "map": by_map}


@pytest.mark.filterwarnings("ignore:.*packed as:dynzuora.errors.RequestWarning")
@pytest.mark.parametrize("way", [pytest.param(each, id=name) for name, each in WAYS.items()])
@pytest.mark.parametrize("fault", [pytest.param(each, id=name) for name, each in FAULTS.items()])
def test_no_way_of_reading_lets_a_bare_exception_out(fault: Fault, way: Any, tmp_path: Path) -> None:
    answers = first_good(fault.answer) if way is by_job else script(fault.answer)
    with running(answers) as server, client_of(server) as client:
        try:
            way(client, tmp_path)
        except errors.DynzuoraError as error:
            assert len(str(error)) < 2000
            return
    assert fault.error is None or way is by_download  # which keeps what is not JSON: it is a file


def held(file: Any) -> None:
    """Answer nothing until the client hangs up."""
    file.flush()
    threading.Event().wait(30)


def dripping(before: bytes, piece: bytes) -> Answer:
    """Write a little now and then, for ever: no pause is as long as a timeout."""

    def write(file: Any) -> None:
        file.write(before)
        while True:
            file.write(piece)
            file.flush()
            threading.Event().wait(0.01)

    return Answer(write=write)


CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
SLOW = {
    "a status": (b"", b"H"),
    "a field": (HEAD + b"X: ", b"y"),
    "fields": (HEAD, b"X: y\r\n"),
    "a body": (HEAD + b"\r\n", b" "),
    "chunks": (CHUNKED, b"1\r\n \r\n"),
    "the size of a chunk": (CHUNKED, b"0"),
    "the end of chunks": (CHUNKED + b"0\r\n", b"X: y\r\n"),
    "patience": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
}


@pytest.mark.parametrize(("before", "piece"), [pytest.param(*each, id=name) for name, each in SLOW.items()])
def test_the_deadline_ends_an_answer_that_drips(before: bytes, piece: bytes) -> None:
    with running(script(dripping(before, piece))) as server, client_of(server, deadline=0.3) as client:
        with pytest.raises(errors.Timeout, match="answer in time") as caught:
            client.call("GET_SequenceSets")
        assert not caught.value.may_have_been_applied  # it only reads


def test_the_deadline_ends_silence() -> None:
    told = pytest.raises(errors.Timeout, match="no answer in time")
    with running(script(Answer(write=held))) as server, client_of(server, deadline=0.3) as client, told:
        client.call("GET_SequenceSets")


def test_an_answer_that_drips_ends_without_a_deadline_too() -> None:
    clock = iter(range(0, 10**6, 100))
    policy = Policy(lambda seconds: None, lambda: 0.0, lambda: float(next(clock)), most=1)
    with running(script(dripping(HEAD + b"X: ", b"y"))) as server:
        sender = Transport(server.url, policy)
        request = Request("GET", f"{server.url}/v1/things", Headers(), None, "GET_Things")
        with pytest.raises(errors.Timeout, match="in time"):
            sender.exchange(request, lambda reply: reply, None)
        sender.close()


MEMORY = 1_000_000_000
BOMBS = """
import resource, sys
import dynzuora
client = dynzuora.Client(environment=sys.argv[1], token="fake-token", retries=0)
client.call("GET_SequenceSets")  # everything is imported before the limit
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[2]),) * 2)
for name in sys.argv[3:]:
    try:
        client.request("GET", "/v1/" + name)
    except dynzuora.errors.DynzuoraError as error:
        print(name, type(error).__name__, str(error)[-80:])
"""


def zeros(megabytes: int) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    return b"".join([*(packer.compress(bytes(2**20)) for _ in range(megabytes)), packer.flush()])


@pytest.mark.slow
def test_bombs_are_put_out_in_bounded_memory() -> None:
    bomb = zeros(2000)
    answers = {
        "/v1/gzip": packed(bomb),
        "/v1/twice": packed(gzip.compress(bomb), "gzip, gzip"),
        "/v1/endless": endless(HEAD + b"\r\n", b" " * 2**20),
        "/v1/chunks": endless(
            HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"100000\r\n%s\r\n" % (b" " * 2**20)
        ),
        "/v1/header": endless(HEAD, b"X: " + b"y" * 60_000 + b"\r\n"),
    }
    names = [each.removeprefix("/v1/") for each in answers]
    with running(lambda seen: answers.get(seen.path, OK)) as server:
        command = [sys.executable, "-c", BOMBS, server.url, str(MEMORY), *names]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    told = [line.split()[:2] for line in done.stdout.splitlines()]
    assert (told, done.stderr) == ([[name, "TransportError"] for name in names], "")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("foreign", [True, False], ids=["to another host", "to its own"])
def test_a_redirect_is_followed_nowhere_and_nothing_of_the_caller_travels(status: int, foreign: bool) -> None:
    with running(script(OK)) as other, running(lambda seen: answer) as server:
        headers = {"Location": f"{other.url if foreign else server.url}/v1/else", "Set-Cookie": "a=b"}
        answer = Answer(status, content=PAGE, headers=headers)
        with client_of(server) as client, pytest.raises(errors.ApiError, match=f"HTTP {status}"):
            client.call("POST_Account", body={"name": "A"}, validate="off")
        assert (other.seen, [each.path for each in server.seen]) == ([], ["/v1/accounts"])


def test_stray_bytes_behind_an_answer_are_nobody_s_answer() -> None:
    stray = b'HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{"forged": 1}'
    first = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}" + stray
    answers = script(Answer(write=lambda file: file.write(first)), OK)
    with running(answers) as server, client_of(server, retries=2) as client:
        assert [client.call("GET_SequenceSets") for _ in range(2)] == [{}, {"success": True}]


@pytest.mark.parametrize(
    ("link", "says"),
    [
        ("{own}/v1/orders?page=1", "leads back to a page already read"),
        ("https://elsewhere.invalid/v1/orders?page=2", "links to another host, elsewhere.invalid"),
        ("//elsewhere.invalid/v1/orders?page=2", "links to another host"),
        (
            "http://127.0.0.1:1/v1/orders?page=2",
            r"another host, 127\.0\.0\.1:1, but this client belongs to 127\.0\.0\.1:\d{2}",
        ),
        ("https://[", "is not a valid URL"),
        ("{own}/v1/orders", "does not say which page is next"),
    ],
    ids=["a circle", "another host", "another host without scheme", "another port", "no address", "no query"],
)
def test_a_next_link_that_leads_astray_is_told_and_not_followed(link: str, says: str) -> None:
    def answers(seen: Seen) -> Answer:
        rows = [{"orderNumber": str(len(server.seen))}]
        return Answer(200, {"success": True, "orders": rows, "nextPage": link.format(own=server.url)})

    with running(answers) as server, client_of(server) as client:
        with pytest.raises(errors.PagingError, match=says):
            client.items("GET_AllOrders").to_list()
        assert len(server.seen) <= 2


TOKENS = {
    "a line break": b'{"access_token": "fake\\r\\nX: y", "expires_in": 1}',
    "no ASCII": b'{"access_token": "fak\xc3\xa9", "expires_in": 1}',
    "half a character": b'{"access_token": "\\ud800", "expires_in": 1}',
    "a number": b'{"access_token": 1}',
    "a list": b"[1]",
    "cut off": b'{"access_token": "fake',
}


@pytest.mark.parametrize("content", [pytest.param(each, id=name) for name, each in TOKENS.items()])
def test_a_token_that_is_none_is_an_error_that_does_not_show_it(content: bytes) -> None:
    with running(lambda seen: body(content)) as server:
        client = dynzuora.Client(environment=server.url, client_id="0" * 36, client_secret="fake-secret")
        client._connection.sleep = lambda seconds: None
        with client, pytest.raises(errors.DynzuoraError) as caught:
            client.call("GET_SequenceSets")
        assert "fake" not in str(caught.value)


def test_a_token_of_any_life_is_used() -> None:
    def answers(seen: Seen) -> Answer:
        token = b'{"access_token": "fake-token", "expires_in": 1%s}' % (b"0" * 400)
        return body(token) if seen.path == "/oauth/token" else OK

    with running(answers) as server:
        client = dynzuora.Client(environment=server.url, client_id="0" * 36, client_secret="fake-secret")
        with client:
            assert client.call("GET_SequenceSets") == {"success": True}


def test_a_cookie_is_neither_kept_nor_sent() -> None:
    with running(
        script(Answer(200, {"success": True}, headers={"Set-Cookie": "session=1; Path=/"}))
    ) as server:
        with client_of(server) as client:
            for _ in range(2):
                assert client.call("GET_SequenceSets") == {"success": True}
        assert ["Cookie" in each.headers for each in server.seen] == [False, False]


FIELDS = [
    *("Retry-After", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "Date", "Location"),
    *("Concurrency-Limit-Limit", "Concurrency-Limit-Remaining", "Zuora-Request-Id", "Zuora-Track-Id"),
    *("Content-Type", "Content-Encoding", "Content-Disposition", "Content-Range", "ETag", "Last-Modified"),
]
WORDS = {
    "5,000 digits": "9" * 5000,
    "no number": "nan",
    "below nothing": "-1",
    "no ASCII": "\xb2\xe9",
    "nothing": "",
    "marks": ";,=\"*'",
    "an encoded word": "attachment; filename*=utf-9''%ff; =?x?b?=?=",
    "a bare tab": "\t",
}


@pytest.mark.filterwarnings("ignore:.*packed as:dynzuora.errors.RequestWarning")
@pytest.mark.parametrize("name", FIELDS)
@pytest.mark.parametrize("value", [pytest.param(each, id=name) for name, each in WORDS.items()])
def test_no_header_lets_a_bare_exception_out(name: str, value: str, tmp_path: Path) -> None:
    answers = script(
        Answer(429, {}, headers={name: value}), Answer(200, {"success": True}, headers={name: value})
    )
    with running(answers) as server, client_of(server, retries=1) as client:
        waits: list[float] = []
        client._connection.sleep = waits.append
        with contextlib.suppress(errors.DynzuoraError):
            reply = client.call("GET_SequenceSets")
            assert len(repr(reply.meta.limits)) < 300
        with contextlib.suppress(errors.DynzuoraError):
            assert client.download("GET_Files", file_id="7", to=tmp_path).parent == tmp_path
    assert all(0 <= each <= 60 for each in waits)
