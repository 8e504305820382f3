"""Which requests are repeated, how often and after what wait: counted at a real server."""

from __future__ import annotations

import re
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest
import requests
import urllib3
from requests.adapters import BaseAdapter

import dynzuora
from dynzuora import errors
from dynzuora.http import Headers, Request
from dynzuora.replies import interpret
from dynzuora.transport import Limits, Policy, Transport, retries
from tests.clocks import Clock
from tests.servers import OK, Answer, Seen, refused, running, script

LOST = Answer(lost=True)
SERVER_BROKE = Answer(500, {"message": "broke"})
UNAVAILABLE = Answer(503, content=b"<html>busy</html>", headers={"Content-Type": "text/html"})
GATEWAY_TIMEOUT = Answer(504, content=b"", headers={"Content-Type": "text/html"})
LOCKED = refused(53500050)
LOCK_BY_SYMBOL = Answer(200, {"Success": False, "Errors": [{"Code": "LOCK_COMPETITION", "Message": "busy"}]})
INTERNAL = refused(50000060)
TEMPORARY = refused(50000061)
CROWDED = refused(50000070)
EXTERNAL = refused(53500099)
LIMITED = Answer(429, content=b"")
WRONG = refused(53500020, 400)
FORBIDDEN = refused(50000010)

#        outcome          GET DELETE PUT POST keyed read-only POST
TABLE = [
    ("lost answer", LOST, (5, 5, 1, 1, 5, 5)),
    ("500", SERVER_BROKE, (5, 5, 1, 1, 5, 5)),
    ("503", UNAVAILABLE, (5, 5, 1, 1, 5, 5)),
    ("504", GATEWAY_TIMEOUT, (5, 5, 1, 1, 5, 5)),
    ("category 50", LOCKED, (5, 5, 5, 5, 5, 5)),
    ("a lock by its symbol", LOCK_BY_SYMBOL, (5, 5, 5, 5, 5, 5)),
    ("category 60", INTERNAL, (2, 2, 1, 1, 2, 2)),
    ("category 61", TEMPORARY, (5, 5, 5, 5, 5, 5)),
    ("category 70", CROWDED, (5, 5, 5, 5, 5, 5)),
    ("category 99", EXTERNAL, (2, 1, 1, 1, 1, 2)),
    ("429", LIMITED, (5, 5, 5, 5, 5, 5)),
    ("category 20", WRONG, (1, 1, 1, 1, 1, 1)),
    ("category 10", FORBIDDEN, (1, 1, 1, 1, 1, 1)),
]
ASKERS = [
    ("GET", False, False),
    ("DELETE", False, False),
    ("PUT", False, False),
    ("POST", False, False),
    ("POST", True, False),
    ("POST", False, True),
]


def transport(url: str, clock: Clock, **more: Any) -> Transport:
    return Transport(url, Policy(clock.sleep, lambda: 1.0, clock), **more)


def request(url: str, method: str = "GET", *, keyed: bool = False) -> Request:
    headers = {"Idempotency-Key": "k"} if keyed else {}
    return Request(method, f"{url}/v1/payments", Headers(headers), b"{}" if method != "GET" else None, "Any")


def exchange(url: str, clock: Clock, asked: Request, **more: Any) -> Any:
    limits = more.pop("limits", None)
    sender = transport(url, clock, **more)
    try:
        return sender.exchange(asked, lambda reply: interpret(asked, reply), None, limits=limits)
    finally:
        sender.close()


@pytest.mark.parametrize(
    ("answer", "asker", "expected"),
    [
        pytest.param(answer, asker, count, id=f"{name}-{asker[0]}{'-keyed' * asker[1]}{'-reads' * asker[2]}")
        for name, answer, counts in TABLE
        for asker, count in zip(ASKERS, counts, strict=True)
    ],
)
def test_the_server_sees_as_many_requests_as_the_table_says(
    answer: Answer, asker: tuple[str, bool, bool], expected: int
) -> None:
    method, keyed, reads = asker
    with running(script(answer)) as server:
        asked = request(server.url, method, keyed=keyed)
        sender = transport(server.url, Clock())
        with pytest.raises(errors.DynzuoraError):
            sender.exchange(asked, lambda reply: interpret(asked, reply), None, reads=reads)
        sender.close()
        assert len(server.seen) == expected


def test_a_payment_whose_answer_is_lost_is_committed_exactly_once() -> None:
    committed: list[bytes] = []

    def pay(seen: Seen) -> Answer:
        committed.append(seen.body)
        return LOST

    with running(pay) as server, pytest.raises(errors.TransportError) as caught:
        exchange(server.url, Clock(), request(server.url, "POST"))
    assert (committed, caught.value.may_have_been_applied) == ([b"{}"], True)


def test_a_keyed_payment_is_repeated_with_the_same_key_and_body() -> None:
    with running(script(LOST, LOST, OK)) as server:
        exchange(server.url, Clock(), request(server.url, "POST", keyed=True))
        sent = [(each.headers["Idempotency-Key"], each.body) for each in server.seen]
    assert sent == [("k", b"{}")] * 3


def test_a_connection_that_never_opened_applied_nothing() -> None:
    with running(script(OK)) as server:
        url = server.url
    with pytest.raises(errors.TransportError) as caught:
        exchange(url, Clock(), request(url, "POST"))
    assert (type(caught.value), caught.value.may_have_been_applied) == (errors.TransportError, False)
    assert str(caught.value) == (
        f"Any: no connection to {url}: nothing takes connections there. Is the address right, "
        "and its port? (5 tries) Nothing was sent."
    )


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (
            requests.ConnectionError(socket.gaierror(-2, "Name or service not known")),
            "its name is not found. Is there a network, a proxy?",
        ),
        (
            requests.exceptions.ProxyError(socket.gaierror(-2, "Name or service not known")),
            "the proxy does not lead there. Look at HTTPS_PROXY.",
        ),
        (
            requests.exceptions.SSLError(ssl.SSLCertVerificationError("self-signed")),
            "its certificate is not one that is trusted. Does it need REQUESTS_CA_BUNDLE?",
        ),
        (requests.ConnectTimeout(), "nobody answers there. Is there a network, a proxy?"),
        (
            requests.ConnectionError(urllib3.exceptions.NewConnectionError(None, "unreachable")),
            "nobody answers there. Is there a network, a proxy?",
        ),
    ],
    ids=["name", "proxy", "certificate", "time", "no way there"],
)
def test_why_there_is_no_connection_is_said_in_words(broken: Exception, said: str) -> None:
    class Broken(BaseAdapter):
        def send(self, *_: Any, **__: Any) -> Any:
            raise broken

        def close(self) -> None: ...

    url = "https://x.invalid"
    with pytest.raises(errors.TransportError) as caught:
        exchange(url, Clock(), request(url, "POST"), adapter=Broken())
    assert str(caught.value) == f"Any: no connection to {url}: {said} (5 tries) Nothing was sent."


def test_waits_are_full_jitter_under_a_doubling_bound() -> None:
    clock = Clock()
    with running(script(LOCKED, LOCKED, LOCKED, LOCKED, OK)) as server:
        exchange(server.url, clock, request(server.url))
    assert clock.slept == [1.0, 2.0, 4.0, 8.0]  # random() is 1.0 here: the bounds themselves


def test_retry_after_is_honoured_up_to_a_minute() -> None:
    clock = Clock()
    answers = [Answer(429, {}, headers={"Retry-After": each}) for each in ("7", "86400")]
    with running(script(*answers, OK)) as server:
        exchange(server.url, clock, request(server.url))
    assert clock.slept == [7.0, 60.0]


def test_no_repeat_begins_that_the_deadline_would_cut() -> None:
    clock = Clock()
    with running(script(LOCKED)) as server:
        with pytest.raises(errors.LockContention):
            exchange(server.url, clock, request(server.url), limits=Limits(deadline=5.0))
        assert (clock.slept, len(server.seen)) == ([1.0, 2.0], 3)


def test_an_outage_spends_the_quota_and_successes_refill_it() -> None:
    quota = retries.Quota(capacity=12)
    assert [quota.draw() for _ in range(3)] == [True, True, False]
    for _ in range(3):
        quota.refill()
    assert [quota.draw(), quota.draw()] == [True, False]


def test_attempts_are_listed_on_the_reply() -> None:
    with running(script(LOCKED, OK)) as server:
        reply = exchange(server.url, Clock(), request(server.url))
    assert [tuple(each) for each in reply.meta.attempts] == [(1, "HTTP 200", 0.0), (2, "HTTP 200", 1.0)]


def test_retries_zero_tries_once() -> None:
    with running(script(LOCKED)) as server:
        client = dynzuora.Client(environment=server.url, token="fake-token", retries=0)
        with client, pytest.raises(errors.LockContention):
            client.request("GET", "/v1/payments")
        assert len(server.paths()) == 1


def test_the_documentation_shows_the_table_as_it_is() -> None:
    text = (Path(__file__).parent.parent / "docs" / "safety.md").read_text("utf-8")
    rows = [line.split("|")[2:7] for line in text.splitlines() if re.fullmatch(r"\|[^|]+(\| \d ){5}\|", line)]
    assert [tuple(map(int, row)) for row in rows] == list(retries._TABLE.values())
