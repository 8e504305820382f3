"""Which requests are repeated, how often and after what wait: counted at a real server."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

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

IN_PROGRESS = Answer(409, {"message": "in progress"})
LOCKED_409 = refused(53500050, 409)
KEY_USED = Answer(422, {"message": "used before"})
TOO_SLOW = Answer(408, content=b"")
LOCKED_423 = Answer(423, content=b"")
TOO_EARLY = Answer(425, content=b"")
ONE_ROW_LOCKED = Answer(
    200, [{"Success": False, "Errors": [{"Code": "LOCK_COMPETITION", "Message": "busy"}]}]
)
TWO_ROWS = Answer(200, [*ONE_ROW_LOCKED.body, {"Success": True, "Id": "1"}])
UNREADABLE = Answer(200, content=b"{", headers={"Content-Type": "application/json"})

#        outcome          GET DELETE PUT POST its own key, the client's key, a POST that reads
TABLE = [
    ("lost answer", LOST, (5, 5, 1, 1, 5, 5, 5)),
    ("500", SERVER_BROKE, (5, 5, 1, 1, 5, 5, 5)),
    ("503", UNAVAILABLE, (5, 5, 1, 1, 5, 5, 5)),
    ("504", GATEWAY_TIMEOUT, (5, 5, 1, 1, 5, 5, 5)),
    ("408", TOO_SLOW, (5, 5, 1, 1, 5, 5, 5)),
    ("423", LOCKED_423, (5, 5, 1, 1, 5, 5, 5)),
    ("425", TOO_EARLY, (5, 5, 1, 1, 5, 5, 5)),
    ("409 to a key", IN_PROGRESS, (1, 1, 1, 1, 5, 5, 1)),
    ("422 to a key", KEY_USED, (1, 1, 1, 1, 1, 1, 1)),
    ("category 50", LOCKED, (5, 5, 5, 5, 1, 5, 5)),
    ("category 50 as a 409", LOCKED_409, (5, 5, 5, 5, 1, 5, 5)),
    ("a lock by its symbol", LOCK_BY_SYMBOL, (5, 5, 5, 5, 1, 5, 5)),
    ("a lock in the only row", ONE_ROW_LOCKED, (5, 5, 5, 5, 1, 5, 5)),
    ("a lock in one row of two", TWO_ROWS, (1, 1, 1, 1, 1, 1, 1)),
    ("category 60", INTERNAL, (2, 2, 1, 1, 1, 1, 2)),
    ("category 61", TEMPORARY, (5, 5, 5, 5, 1, 5, 5)),
    ("category 70", CROWDED, (5, 5, 5, 5, 5, 5, 5)),
    ("category 99", EXTERNAL, (2, 1, 1, 1, 1, 1, 2)),
    ("429", LIMITED, (5, 5, 5, 5, 5, 5, 5)),
    ("category 20", WRONG, (1, 1, 1, 1, 1, 1, 1)),
    ("category 10", FORBIDDEN, (1, 1, 1, 1, 1, 1, 1)),
    ("no JSON", UNREADABLE, (1, 1, 1, 1, 1, 1, 1)),
]
ASKERS = [
    ("GET", "", False),
    ("DELETE", "", False),
    ("PUT", "", False),
    ("POST", "", False),
    ("POST", "given", False),
    ("POST", "own", False),
    ("POST", "", True),
]
DOUBTFUL = {
    *("lost answer", "500", "503", "504", "408", "423", "425", "409 to a key", "category 60", "category 99"),
    *("no JSON", "a lock in one row of two"),
}
"""What leaves open whether a write was done, or done in part. A 409 does so to a key only."""


def transport(url: str, clock: Clock, **more: Any) -> Transport:
    return Transport(url, Policy(clock.sleep, lambda: 1.0, clock), **more)


def request(url: str, method: str = "GET", *, key: str = "") -> Request:
    headers = {"Idempotency-Key": key} if key else {}
    return Request(method, f"{url}/v1/payments", Headers(headers), b"{}" if method != "GET" else None, "Any")


def exchange(url: str, clock: Clock, asked: Request, **more: Any) -> Any:
    limits = more.pop("limits", None)
    sender = transport(url, clock, **more)
    try:
        return sender.exchange(asked, lambda reply: interpret(asked, reply), None, limits=limits)
    finally:
        sender.close()


def renewed(asked: Request) -> Request:
    """The request under the next key: k, kk, kkk, …"""
    return asked._replace(headers=asked.headers | {"Idempotency-Key": asked.headers["Idempotency-Key"] + "k"})


@pytest.mark.parametrize(
    ("name", "answer", "asker", "expected"),
    [
        pytest.param(name, answer, asker, count, id=f"{name}-{asker[0]}{asker[1]}{'-reads' * asker[2]}")
        for name, answer, counts in TABLE
        for asker, count in zip(ASKERS, counts, strict=True)
    ],
)
def test_the_server_sees_as_many_requests_as_the_table_says(
    name: str, answer: Answer, asker: tuple[str, str, bool], expected: int
) -> None:
    method, key, reads = asker
    with running(script(answer)) as server:
        asked = request(server.url, method, key=key and "k")
        sender = transport(server.url, Clock())
        with pytest.raises(errors.DynzuoraError) as caught:
            rekey = renewed if key == "own" else None
            sender.exchange(asked, lambda reply: interpret(asked, reply), None, reads=reads, rekey=rekey)
        sender.close()
        doubtful = name in DOUBTFUL and not (method == "GET" or reads or (name == "409 to a key" and not key))
        assert (len(server.seen), caught.value.may_have_been_applied) == (expected, doubtful)


def test_a_payment_whose_answer_is_lost_is_committed_exactly_once() -> None:
    committed: list[bytes] = []

    def pay(seen: Seen) -> Answer:
        committed.append(seen.body)
        return LOST

    with running(pay) as server, pytest.raises(errors.TransportError) as caught:
        exchange(server.url, Clock(), request(server.url, "POST"))
    assert (committed, caught.value.may_have_been_applied) == ([b"{}"], True)


def keys_of(*answers: Answer, own: bool) -> tuple[list[str], Any]:
    """The keys that a payment was sent under, and its reply or error."""
    with running(script(*answers)) as server:
        asked = request(server.url, "POST", key="k")
        sender = transport(server.url, Clock())
        try:
            result: Any = sender.exchange(
                asked, lambda reply: interpret(asked, reply), None, rekey=renewed if own else None
            )
        except errors.DynzuoraError as error:
            result = error
        sender.close()
        return [each.headers["Idempotency-Key"] for each in server.seen], result


@pytest.mark.parametrize(
    ("answers", "own", "keys"),
    [
        pytest.param((LOCKED, OK), True, ["k", "kk"], id="own: a refusal is kept, so another key"),
        pytest.param((LOCKED, OK), False, ["k"], id="given: a refusal is kept, so an error"),
        pytest.param((LIMITED, OK), True, ["k", "kk"], id="own: another key after a limit"),
        pytest.param((LIMITED, OK), False, ["k", "k"], id="given: a limit is kept by no key"),
        pytest.param((LOST, OK), True, ["k", "k"], id="own: the same after a lost answer"),
        pytest.param((LOST, IN_PROGRESS, OK), True, ["k"] * 3, id="own: asked again while in progress"),
        pytest.param((LOST, IN_PROGRESS, OK), False, ["k"] * 3, id="given: asked again while in progress"),
        pytest.param((LOST, LIMITED, OK), True, ["k"] * 3, id="own: the same after a limit in doubt"),
        pytest.param((LOST, LOCKED, OK), True, ["k"] * 2, id="own: a kept refusal in doubt ends it"),
        pytest.param((LOCKED, LOST, OK), True, ["k", "kk", "kk"], id="own: another key, then kept"),
        pytest.param((LOCKED, LOST, LOCKED, OK), True, ["k", "kk", "kk"], id="own: in doubt for good"),
    ],
)
def test_the_client_s_own_key_is_renewed_only_while_nothing_can_have_been_done(
    answers: tuple[Answer, ...], own: bool, keys: list[str]
) -> None:
    assert keys_of(*answers, own=own)[0] == keys


@pytest.mark.parametrize(
    ("answers", "doubt"),
    [
        ((IN_PROGRESS,), True),
        ((LOST, LOCKED), True),
        ((LOST, WRONG), True),
        ((LOCKED,), False),
        ((KEY_USED,), False),
    ],
    ids=["in progress", "lost, then a lock", "lost, then a refusal", "a lock", "a key used before"],
)
def test_an_error_under_a_given_key_says_whether_it_may_have_been_done(
    answers: tuple[Answer, ...], doubt: bool
) -> None:
    _, error = keys_of(*answers, own=False)
    assert (error.may_have_been_applied, "It may have been done: look" in str(error)) == (doubt, doubt)


def test_a_key_used_with_another_request_is_told_so() -> None:
    _, error = keys_of(KEY_USED, own=False)
    assert str(error).endswith("The key was used with another request: take a new one.")


@pytest.mark.parametrize(
    ("answers", "asker"),
    [
        ((LOST, LOCKED), ("DELETE", "")),
        ((LOST, LIMITED), ("POST", "k")),
        ((UNAVAILABLE, WRONG), ("DELETE", "")),
        ((LOST, FORBIDDEN), ("DELETE", "")),
        ((UNAVAILABLE,), ("POST", "")),
        ((LOST, Answer(401, {"message": "no"})), ("DELETE", "")),
    ],
    ids=["a lock", "a limit", "a refusal", "no permission", "503 alone", "401"],
)
def test_no_error_denies_what_an_earlier_try_left_open(
    answers: tuple[Answer, ...], asker: tuple[str, str]
) -> None:
    method, key = asker
    with running(script(*answers)) as server, pytest.raises(errors.DynzuoraError) as caught:
        exchange(server.url, Clock(), request(server.url, method, key=key))
    text = str(caught.value)
    assert caught.value.may_have_been_applied
    assert text.endswith("It may have been done: look before you send it again.")
    assert "Nothing was" not in text and "send it again;" not in text


def test_a_server_that_is_gone_at_the_second_try_denies_nothing() -> None:
    with running(script(LOST)) as server:
        policy = Policy(lambda seconds: server.stop(), lambda: 1.0, Clock())
        asked = request(server.url, "DELETE")
        with pytest.raises(errors.TransportError) as caught:
            Transport(server.url, policy).exchange(asked, lambda reply: reply, None)
    assert (caught.value.may_have_been_applied, "Nothing was sent." in str(caught.value)) == (True, False)
    assert str(caught.value).endswith(
        "This time nothing was sent. An earlier try may have been done: look before you send it again."
    )


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_answer_that_trips_whoever_reads_it_is_no_bare_exception(method: str) -> None:
    def interpret_badly(reply: Any) -> Any:
        raise UserWarning("made an error")

    with running(script(OK)) as server, pytest.raises(errors.TransportError, match="UserWarning") as caught:
        sender = transport(server.url, Clock())
        sender.exchange(request(server.url, method), interpret_badly, None)
    sender.close()
    assert (caught.value.may_have_been_applied, len(server.seen)) == (method == "POST", 1)


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_what_may_have_been_done_is_not_called_retryable(method: str) -> None:
    with running(script(UNAVAILABLE)) as server, pytest.raises(errors.TemporaryError) as caught:
        exchange(server.url, Clock(), request(server.url, method))
    assert caught.value.retryable is (method == "GET")


def test_a_keyed_payment_is_repeated_with_the_same_key_and_body() -> None:
    with running(script(LOST, LOST, OK)) as server:
        exchange(server.url, Clock(), request(server.url, "POST", key="k"))
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


def test_waits_are_full_jitter_under_a_doubling_bound() -> None:
    clock = Clock()
    with running(script(LOCKED, LOCKED, LOCKED, LOCKED, OK)) as server:
        exchange(server.url, clock, request(server.url))
    assert clock.slept == [1.0, 2.0, 4.0, 8.0]  # random() is 1.0 here: the bounds themselves


NOON = 1_800_000_000.0  # Fri, 15 Jan 2027 08:00:00 GMT


def limited(**headers: str) -> Answer:
    return Answer(429, {}, headers={name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize(
    ("answer", "waited"),
    [
        (limited(Retry_After="7"), 7.0),
        (limited(Retry_After="Fri, 15 Jan 2027 08:00:09 GMT"), 9.0),
        (limited(Retry_After="Friday, 15-Jan-27 08:00:09 GMT"), 9.0),
        (limited(Retry_After="Fri, 15 Jan 2027 07:00:00 GMT"), 1.0),
        (limited(RateLimit_Reset="20"), 20.0),
        (limited(RateLimit_Reset="20.5"), 20.5),
        (limited(RateLimit_Reset="20, 5;w=60"), 20.0),
        (limited(Retry_After="3", RateLimit_Reset="20"), 3.0),
        (limited(Retry_After="soon"), 1.0),
    ],
    ids=[
        *("seconds", "a date", "an old date format", "a date gone by", "a reset", "a reset with a fraction"),
        *("a reset for two windows", "both", "no number"),
    ],
)
def test_the_server_says_how_long_to_wait(answer: Answer, waited: float) -> None:
    clock = Clock()
    with running(script(answer, OK)) as server:
        asked = request(server.url)
        policy = Policy(clock.sleep, lambda: 1.0, clock, wall=lambda: NOON)
        sender = Transport(server.url, policy)
        sender.exchange(asked, lambda reply: interpret(asked, reply), None)
        sender.close()
    assert clock.slept == [waited]


@pytest.mark.parametrize(
    ("answer", "limits", "asked"),
    [
        (limited(Retry_After="3600"), Limits(), 3600.0),
        (limited(RateLimit_Reset="61"), Limits(), 61.0),
        (limited(Retry_After="9" * 5000), Limits(), 1e19 - 1),
        (limited(Retry_After="30"), Limits(deadline=20.0), 30.0),
        (Answer(503, {}, headers={"Retry-After": "3600"}), Limits(), 3600.0),
    ],
    ids=["an hour", "a reset", "for ever", "beyond the deadline", "503"],
)
def test_a_longer_wait_than_anybody_would_wait_is_an_error_at_once(
    answer: Answer, limits: Limits, asked: float
) -> None:
    clock = Clock()
    with running(script(answer)) as server:
        with pytest.raises(errors.ApiError) as caught:
            exchange(server.url, clock, request(server.url), limits=limits)
        assert (caught.value.retry_after, len(server.seen), clock.slept) == (asked, 1, [])


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
    rows = [line.split("|")[2:8] for line in text.splitlines() if re.fullmatch(r"\|[^|]+(\| \d ){6}\|", line)]
    assert [tuple(map(int, row)) for row in rows] == list(retries._TABLE.values())
