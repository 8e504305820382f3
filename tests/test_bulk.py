"""Many calls: in order, each at most once, as many at a time as the server likes, in little memory."""

from __future__ import annotations

import io
import itertools
import json
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests
from requests.adapters import BaseAdapter

import dynzuora
from dynzuora import errors
from dynzuora.bulk import Journal, MapResult
from dynzuora.transport import Concurrency
from tests.clocks import Clock
from tests.documents import body_of, document, operation, parameter
from tests.servers import OK, Answer, Seen, Server, refused, running

ROWS = {"type": "object", "properties": {"type": {"type": "string"}, "objects": {"type": "array"}}}
BULK = document(
    {
        "/v1/things/{key}": {
            "get": operation("GET_Thing", parameter("key", "path")),
            "put": operation("PUT_Thing", parameter("key", "path")),
            "delete": operation("DELETE_Thing", parameter("key", "path")),
        },
        "/v1/things": {"post": operation("POST_Thing", requestBody=body_of("application/json", {}))},
        "/v1/action/update": {
            "post": operation("Action_POSTupdate", requestBody=body_of("application/json", ROWS))
        },
        "/v1/sequence-sets": {
            "post": operation("POST_SequenceSets", requestBody=body_of("application/json", {}))
        },
        "/objects/batch/default/{object}": {
            "post": operation(
                "POST_CustomObjectRecordsBatchUpdateOrDelete",
                parameter("object", "path"),
                requestBody=body_of("application/json", {}),
            )
        },
    }
)
DOCUMENT = dynzuora.load(BULK)


@contextmanager
def tenant(answers: Callable[[Seen], Answer], **more: Any) -> Iterator[tuple[dynzuora.Client, Server]]:
    more = {"token": "fake-t0ken", "retries": 0, **more}
    with running(answers) as server, dynzuora.Client(DOCUMENT, server.url, **more) as client:
        yield client, server


class InProcess(BaseAdapter):
    """Answers at once, without a socket."""

    def __init__(self, answer: Callable[[str], tuple[int, bytes]]) -> None:
        super().__init__()
        self.answer = answer

    def send(self, request: Any, **how: Any) -> requests.Response:
        from urllib3 import HTTPResponse

        status, content = self.answer(request.url)
        reply = requests.Response()
        reply.status_code = status
        reply.headers["Content-Type"] = "application/json"
        reply.raw = HTTPResponse(io.BytesIO(content), status=status, preload_content=False)
        return reply

    def close(self) -> None:
        """Nothing is open."""


def in_process(answer: Callable[[str], tuple[int, bytes]] = lambda url: (200, b'{"success":true}')) -> Any:
    transport = InProcess(answer)
    return dynzuora.Client(
        DOCUMENT, "https://in.invalid", token="t", retries=0, transport=transport, allow_writes=True
    )


def keys(count: int) -> Iterator[dict[str, str]]:
    return ({"key": str(index)} for index in range(count))


def echo(seen: Seen) -> Answer:
    return Answer(200, {"key": seen.path.rpartition("/")[2]})


# In order


def test_results_come_in_the_order_of_the_calls_whoever_is_first() -> None:
    later = threading.Event()

    def first_is_last(url: str) -> tuple[int, bytes]:
        key = url.rpartition("/")[2]
        if key == "20":
            later.set()
        if key == "0":
            assert later.wait(30)
        return 200, b'{"key": "%s"}' % key.encode()

    found = list(in_process(first_is_last).map("GET_Thing", keys(100), workers=8))
    assert found == [MapResult(i, {"key": str(i)}, {"key": str(i)}, None) for i in range(100)]


def test_nothing_is_sent_before_a_result_is_asked_for() -> None:
    with tenant(echo) as (client, server):
        client.map("GET_Thing", keys(5))
        assert server.seen == []


def test_one_failing_item_in_a_thousand_is_reported_with_its_index() -> None:
    def answer(url: str) -> tuple[int, bytes]:
        fails = int(url.rpartition("/")[2]) % 1000 == 999
        return (
            (400, b'{"success":false,"reasons":[{"code":50000020,"message":"no"}]}')
            if fails
            else (200, b"{}")
        )

    failed = [each for each in in_process(answer).map("GET_Thing", keys(3000)) if each.error]
    assert [each.index for each in failed] == [999, 1999, 2999]
    assert {type(each.error) for each in failed} == {errors.ValidationFailed}


def test_a_call_that_is_wrong_is_its_own_item_s_error() -> None:
    calls = [{"key": "1"}, {"kee": "2"}, {"key": "3"}]
    found = list(in_process().map("GET_Thing", calls))
    assert [type(each.error) for each in found] == [type(None), errors.InvalidRequest, type(None)]


def test_an_error_of_the_input_comes_after_the_results_before_it() -> None:
    def broken() -> Iterator[dict[str, str]]:
        yield from keys(3)
        raise OSError("the file ended")

    results = in_process().map("GET_Thing", broken())
    assert [next(results).index for _ in range(3)] == [0, 1, 2]
    with pytest.raises(OSError, match="the file ended"):
        next(results)


def test_endless_input_is_taken_no_further_than_a_window_ahead() -> None:
    taken = itertools.count()
    results = in_process().map(
        "GET_Thing", ({"key": str(next(taken))} for _ in itertools.repeat(0)), workers=4
    )
    assert [next(results).index for _ in range(10)] == list(range(10))
    assert next(taken) <= 10 + 32
    results.close()
    assert threading_map_names() == []


def threading_map_names() -> list[str]:
    end = time.monotonic() + 5
    while (names := [t.name for t in threading.enumerate() if t.name.startswith("dynzuora map")]) and (
        time.monotonic() < end
    ):
        time.sleep(0.01)
    return names


def test_a_dropped_run_stops_its_threads() -> None:
    for _ in in_process().map("GET_Thing", keys(10_000)):
        break
    assert threading_map_names() == []


def test_workers_work_at_the_same_time() -> None:
    together = threading.Barrier(4, timeout=10)

    def answer(url: str) -> tuple[int, bytes]:
        together.wait()
        return 200, b"{}"

    assert len(list(in_process(answer).map("GET_Thing", keys(8), workers=4))) == 8


# In little memory


def growth(count: int) -> int:
    """Bytes that the process is larger after ``count`` items than after the first few."""
    process = psutil.Process()
    results = in_process().map("GET_Thing", keys(count))
    start = 0
    for result in results:
        assert result.error is None
        if result.index == 1000:
            start = process.memory_info().rss
    return int(process.memory_info().rss) - start


def test_memory_stays_flat_over_many_items() -> None:
    assert growth(20_000) < 20_000_000


@pytest.mark.slow
def test_memory_stays_flat_over_hundreds_of_thousands_of_items() -> None:
    assert growth(200_000) < 30_000_000


# As many at a time as the server likes


def test_without_a_word_of_the_server_there_is_no_limit() -> None:
    assert Concurrency(Clock()).allowed == float("inf")


def test_what_is_left_of_the_concurrency_limit_is_the_limit() -> None:
    gate = Concurrency(Clock())
    for _ in range(3):
        gate.enter(lambda: False)
    gate.note({"Concurrency-Limit-Remaining": "4"})
    assert gate.allowed == 7
    gate.note({"Concurrency-Limit-Remaining": "0"})
    assert gate.allowed == 2


def in_thread(*calls: Callable[[], Any]) -> None:
    """Do one thing after another on a thread of its own."""
    thread = threading.Thread(target=lambda: [call() for call in calls])
    thread.start()
    thread.join()


def test_a_refusal_halves_the_limit_and_successes_raise_it_again() -> None:
    gate = Concurrency(Clock())
    for _ in range(8):
        gate.enter(lambda: False)
    gate.refused(None)
    assert gate.allowed == 4
    gate.refused(None)
    assert gate.allowed == 2
    for _ in range(2):
        gate.note({})
    assert gate.allowed == 2 + 1 / 2 + 1 / 2.5


def test_refusals_of_one_burst_halve_the_limit_once() -> None:
    gate = Concurrency(Clock())
    enter = lambda: gate.enter(lambda: False)  # noqa: E731
    for _ in range(7):
        in_thread(enter)
    in_thread(enter, lambda: in_thread(enter, lambda: gate.refused(None)), lambda: gate.refused(None))
    assert gate.allowed == 4.5


def test_one_call_is_always_allowed() -> None:
    gate = Concurrency(Clock())
    gate.note({"Concurrency-Limit-Remaining": "0"})
    gate.refused(None)
    assert gate.allowed == 1


@pytest.mark.parametrize(
    "tell",
    [
        lambda gate: gate.refused(30.0),
        lambda gate: gate.note({"RateLimit-Remaining": "0, 0;w=60", "RateLimit-Reset": "30"}),
    ],
    ids=["Retry-After", "RateLimit"],
)
def test_a_pause_the_server_asks_for_is_kept(tell: Callable[[Concurrency], None]) -> None:
    clock = Clock()
    gate = Concurrency(clock)
    tell(gate)
    looks = iter([False, True])
    assert not gate.enter(lambda: next(looks))
    clock.now += 31
    assert gate.enter(lambda: False)


def test_the_limit_settles_around_what_the_server_takes() -> None:
    """Sixteen threads in step, at a server that takes three at a time and refuses the fourth."""
    gate = Concurrency(Clock())
    threads = [ThreadPoolExecutor(1) for _ in range(16)]
    refused = []
    for _ in range(100):
        running = threads[: min(16, int(gate.allowed))] if gate.allowed < 16 else threads
        for thread in running:
            assert thread.submit(gate.enter, lambda: False).result()
        for position, thread in enumerate(running):
            told = (gate.note, {}) if position < 3 else (gate.refused, None)
            thread.submit(*told).result()
            thread.submit(gate.leave).result()
        refused.append(max(0, len(running) - 3))
    for thread in threads:
        thread.shutdown()
    assert refused[:2] == [13, 3]
    assert Counter(refused[2:]) == {0: 79, 1: 19}


def test_a_run_learns_the_limit_of_its_server_from_the_first_refusal() -> None:
    lock, met = threading.Lock(), threading.Barrier(16)
    seen = []

    def answer(url: str) -> tuple[int, bytes]:
        with lock:
            seen.append(url)
            first = len(seen) <= 16
        if first:
            met.wait(30)
        return (429, b'{"success":false,"reasons":[{"code":50000070}]}') if first else (200, b"{}")

    client = in_process(answer)
    results = list(client.map("GET_Thing", keys(60), workers=16))
    assert [type(each.error).__name__ for each in results if each.error] == ["RateLimited"] * 16
    assert client._connection.concurrency.allowed < 16


# With a journal


def post(count: int) -> list[dict[str, Any]]:
    return [{"body": {"n": index}} for index in range(count)]


def counted(server: Server) -> Counter[int]:
    return Counter(json.loads(each.body)["n"] for each in server.seen if each.body)


def test_a_run_that_is_done_is_not_done_again_and_gives_its_results_again(tmp_path: Path) -> None:
    def answer(seen: Seen) -> Answer:
        n = json.loads(seen.body)["n"]
        return refused(50000020, 400) if n == 3 else Answer(200, content=b'{"n": %d, "amount": 0.10}' % n)

    with tenant(answer) as (client, server):
        first = list(client.map("POST_Thing", post(6), journal=tmp_path / "j"))
        again = list(client.map("POST_Thing", post(6), journal=tmp_path / "j"))
        assert counted(server) == Counter(range(6))
    assert [(a.index, a.call, a.reply) for a in again] == [(f.index, f.call, f.reply) for f in first]
    assert again[0].reply == {"n": 0, "amount": Decimal("0.10")}
    assert (type(again[3].error), str(again[3].error)) == (type(first[3].error), str(first[3].error))
    assert again[3].error.code == "50000020"


def test_a_longer_run_does_the_rest(tmp_path: Path) -> None:
    with tenant(lambda seen: OK) as (client, server):
        list(client.map("POST_Thing", post(3), journal=tmp_path / "j"))
        assert len(list(client.map("POST_Thing", post(5), journal=tmp_path / "j"))) == 5
        assert counted(server) == Counter(range(5))


def test_what_was_certainly_not_done_is_done_next_time(tmp_path: Path) -> None:
    answers = iter([refused(50000050), refused(50000070), OK])
    with tenant(lambda seen: next(answers)) as (client, server):
        found = [list(client.map("POST_Thing", post(1), journal=tmp_path / "j")) for _ in range(3)]
        assert [type(one.error) for [one] in found] == [errors.LockContention, errors.RateLimited, type(None)]
        assert counted(server) == Counter({0: 3})


def test_a_read_whose_answer_was_lost_is_done_next_time(tmp_path: Path) -> None:
    lost = iter([Answer(lost=True)] * 2)
    with tenant(lambda seen: next(lost, OK), retries=1) as (client, server):
        found = [list(client.map("GET_Thing", keys(1), journal=tmp_path / "j")) for _ in range(2)]
        assert [type(one.error) for [one] in found] == [errors.TransportError, type(None)]
        assert len(server.seen) == 3


def test_a_result_shows_no_secret() -> None:
    result = MapResult(0, {"body": {"cardNumber": "4111111111111111"}}, {"password": "fake-sentinel"})
    for shown in (repr(result), result._repr_html_()):
        assert "4111111111111111" not in shown and "fake-sentinel" not in shown


def test_a_dry_run_counts_for_nothing(tmp_path: Path) -> None:
    dry = [{**each, "dry_run": True} for each in keys(2)]
    with tenant(echo) as (client, server):
        shown = [each.reply.method for each in client.map("GET_Thing", dry, journal=tmp_path / "j")]
        again = client.map("GET_Thing", [{**each} for each in dry], journal=tmp_path / "j")
        assert (shown, [each.reply.method for each in again], server.seen) == (["GET"] * 2, ["GET"] * 2, [])


def lost_once() -> Callable[[Seen], Answer]:
    answers = iter([Answer(lost=True)])
    return lambda seen: next(answers, OK)


UNKNOWN = {"POST_Thing": {"body": {"n": 0}}, "PUT_Thing": {"key": "0"}}


@pytest.mark.parametrize("name", UNKNOWN)
def test_a_write_of_which_nobody_knows_is_never_repeated(name: str, tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j", head_of(name, "https://in.invalid"))
    from dynzuora.bulk.journal import digest_of

    journal.start(0, digest_of(UNKNOWN[name]))
    journal.close()
    [result] = in_process(must_not_be_asked).map(name, [UNKNOWN[name]], journal=tmp_path / "j")
    assert isinstance(result.error, errors.TransportError)
    assert result.error.may_have_been_applied
    assert "item 0 was being sent when an earlier run stopped" in str(result.error)


def head_of(name: str, url: str) -> dict[str, str]:
    return {"operation": name, "at": f"{url} "}


def must_not_be_asked(url: str) -> tuple[int, bytes]:
    raise AssertionError(url)


@pytest.mark.parametrize("name", ["GET_Thing", "DELETE_Thing"])
def test_what_may_be_repeated_is(name: str, tmp_path: Path) -> None:
    from dynzuora.bulk.journal import digest_of

    journal = Journal(tmp_path / "j", head_of(name, "https://in.invalid"))
    journal.start(0, digest_of({"key": "0"}))
    journal.close()
    [result] = in_process().map(name, [{"key": "0"}], journal=tmp_path / "j")
    assert result.error is None


def test_a_write_with_a_key_is_repeated_with_the_same_key(tmp_path: Path) -> None:
    with tenant(lost_once(), idempotency=True) as (client, server):
        from dynzuora.bulk.journal import digest_of

        journal = Journal(tmp_path / "j", head_of("POST_Thing", server.url))
        journal.start(0, digest_of(post(1)[0]), "the-key")
        journal.close()
        server.answers = lambda seen: OK
        [result] = client.map("POST_Thing", post(1), journal=tmp_path / "j")
        assert result.error is None
        assert [each.headers["Idempotency-Key"] for each in server.seen] == ["the-key"]


def test_a_key_that_the_server_has_forgotten_is_not_used_again(tmp_path: Path) -> None:
    from dynzuora.bulk.journal import digest_of

    old = {"started": 0, "digest": digest_of(post(1)[0]), "time": time.time() - 24 * 3600, "key": "old"}
    head = {"journal": 1, **head_of("POST_Thing", "https://in.invalid")}
    (tmp_path / "j").write_text(json.dumps(head) + "\n" + json.dumps(old) + "\n")
    [result] = in_process(must_not_be_asked).map("POST_Thing", post(1), journal=tmp_path / "j")
    assert isinstance(result.error, errors.TransportError)


def test_other_calls_than_the_journal_s_are_refused(tmp_path: Path) -> None:
    list(in_process().map("GET_Thing", keys(2), journal=tmp_path / "j"))
    with pytest.raises(ValueError, match="another call as item 1"):
        list(in_process().map("GET_Thing", [{"key": "0"}, {"key": "x"}], journal=tmp_path / "j"))


def test_another_operation_or_tenant_s_journal_is_refused(tmp_path: Path) -> None:
    list(in_process().map("GET_Thing", keys(2), journal=tmp_path / "j"))
    with pytest.raises(errors.DynzuoraError, match="belongs to another run"):
        in_process().map("DELETE_Thing", keys(2), journal=tmp_path / "j")
    with pytest.raises(errors.DynzuoraError, match="belongs to another run"):
        in_process().with_entity("e").map("GET_Thing", keys(2), journal=tmp_path / "j")


def test_a_journal_in_use_is_refused(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j", {"operation": "x", "at": ""})
    with pytest.raises(errors.DynzuoraError, match="is in use by another run"):
        Journal(tmp_path / "j", {"operation": "x", "at": ""})
    journal.close()
    Journal(tmp_path / "j", {"operation": "x", "at": ""}).close()


def test_a_torn_last_line_is_cut_off(tmp_path: Path) -> None:
    list(in_process().map("GET_Thing", keys(2), journal=tmp_path / "j"))
    whole = (tmp_path / "j").read_bytes()
    (tmp_path / "j").write_bytes(whole + b'{"done": 2, "dig')
    Journal(tmp_path / "j", head_of("GET_Thing", "https://in.invalid")).close()
    assert (tmp_path / "j").read_bytes() == whole


def test_a_file_that_is_no_journal_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "j").write_text("Dear diary\n")
    with pytest.raises(errors.DynzuoraError, match="is not a journal"):
        Journal(tmp_path / "j", {})
    assert (tmp_path / "j").read_text() == "Dear diary\n"


def test_a_journal_is_its_user_s_own(tmp_path: Path) -> None:
    list(in_process().map("GET_Thing", keys(1), journal=tmp_path / "j"))
    assert stat.S_IMODE((tmp_path / "j").stat().st_mode) == 0o600


KILLED = """
import sys, dynzuora
from tests.test_bulk import BULK, post
url, journal, keyed = sys.argv[1:]
client = dynzuora.Client(BULK, url, token="fake-t0ken", retries=0, idempotency=keyed == "keyed")
for result in client.map("POST_Thing", post(300), workers=6, journal=journal):
    pass
"""


@pytest.mark.parametrize("keyed", ["keyed", "plain"])
def test_a_killed_run_resumed_from_its_journal_does_each_item_once(keyed: str, tmp_path: Path) -> None:
    applied: Counter[int] = Counter()
    by_key: set[str] = set()
    reached = threading.Event()

    def apply(seen: Seen) -> Answer:
        """A server that counts what it does, and knows a key that it has seen."""
        if len(seen.body) < int(seen.headers["Content-Length"]):
            return OK  # killed between head and body: no server does half a request
        key = seen.headers.get("Idempotency-Key", "")
        if not key or key not in by_key:
            by_key.add(key)
            applied[json.loads(seen.body)["n"]] += 1
        if len(applied) >= 100:
            reached.set()
        return OK

    with tenant(apply, idempotency=keyed == "keyed") as (client, server):
        arguments = [sys.executable, "-c", KILLED, server.url, str(tmp_path / "j"), keyed]
        process = subprocess.Popen(arguments, stderr=subprocess.DEVNULL)
        assert reached.wait(60)
        process.kill()
        process.wait()
        results = list(client.map("POST_Thing", post(300), workers=6, journal=tmp_path / "j"))
    assert [each.index for each in results] == list(range(300))
    unknown = {each.index for each in results if each.error}
    if keyed == "keyed":
        assert (applied, unknown) == (Counter(range(300)), set())
    else:  # without a key at most once: what is not known is said, and not sent again
        assert set(applied.values()) == {1}
        assert set(range(300)) - set(applied) <= unknown
        assert len(unknown) <= 6
    assert os.path.getsize(tmp_path / "j") > 0


# Stopped

INTERRUPTED = """
import dynzuora, sys, time
from tests.test_bulk import BULK, post
client = dynzuora.Client(BULK, sys.argv[1], token="fake-t0ken", retries=0)
try:
    for result in client.map("POST_Thing", post(100_000), workers=4, journal=sys.argv[2]):
        pass
except KeyboardInterrupt as stopped:
    print(stopped)
"""


def test_ctrl_c_stops_within_a_second_and_says_what_was_done(tmp_path: Path) -> None:
    hanging = threading.Event()

    def apply(seen: Seen) -> Answer:
        if json.loads(seen.body)["n"] == 50:
            hanging.set()
            return Answer(write=lambda out: time.sleep(30))
        return OK

    with tenant(apply) as (_, server):
        arguments = [sys.executable, "-c", INTERRUPTED, server.url, str(tmp_path / "j")]
        process = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
        assert hanging.wait(60)
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        told, _ = process.communicate(timeout=20)  # the server hangs for longer
    assert "calls were done, 0 of them failed. The outcome of calls 50 (counted from 0) is unknown." in told
    assert f"Resume with the same calls and journal='{tmp_path / 'j'}'" in told


# Rows, as many at once as fit


def results_for(seen: Seen) -> Answer:
    body = json.loads(seen.body)
    done = [
        {"Success": False, "Errors": [{"Code": "INVALID_VALUE", "Message": "no"}]}
        if each["n"] % 60 == 59
        else {"Success": True, "Id": str(each["n"])}
        for each in body["objects"]
    ]
    return Answer(200, done)


def test_rows_are_sent_fifty_at_a_time_and_each_has_its_own_result() -> None:
    rows = [{"n": index} for index in range(130)]
    with tenant(results_for) as (client, server):
        found = list(client.map("Action_POSTupdate", [{"body": {"type": "Account", "objects": iter(rows)}}]))
        sent = [json.loads(each.body) for each in server.seen]
    assert sorted(len(each["objects"]) for each in sent) == [30, 50, 50]
    assert {each["type"] for each in sent} == {"Account"}
    assert [each.index for each in found] == list(range(130))
    assert [each.call for each in found] == rows
    assert [each.reply["Id"] for each in found if not each.error] == [
        str(index) for index in range(130) if index % 60 != 59
    ]
    assert {each.index: (type(each.error), each.error.code) for each in found if each.error} == {
        59: (errors.ValidationFailed, "INVALID_VALUE"),
        119: (errors.ValidationFailed, "INVALID_VALUE"),
    }


def test_rows_of_endless_input_are_taken_as_they_are_needed() -> None:
    taken = itertools.count()
    rows = ({"n": next(taken)} for _ in itertools.repeat(0))
    with tenant(lambda seen: Answer(200, [{"Success": True}] * 50)) as (client, _):
        results = client.map("Action_POSTupdate", [{"body": {"type": "Account", "objects": rows}}], workers=2)
        assert [next(results).index for _ in range(120)] == list(range(120))
        assert next(taken) <= 50 * (2 + 32 + 1)
        results.close()


def test_a_batch_that_is_refused_is_every_row_s_error() -> None:
    body = {"sequenceSets": [{"name": str(index)} for index in range(150)]}
    with tenant(lambda seen: refused(50000020, 400)) as (client, server):
        found = list(client.map("POST_SequenceSets", [{"body": body}]))
        sizes = {len(json.loads(each.body)["sequenceSets"]) for each in server.seen}  # in either order
    assert (sizes, len(server.seen)) == ({100, 50}, 2)
    assert [type(each.error) for each in found] == [errors.ValidationFailed] * 150


def test_custom_object_rows_that_the_server_names_are_the_ones_to_send_again() -> None:
    answer = Answer(
        500,
        {
            "code": "71000061",
            "message": "temporary",
            "details": [{"code": "71000061", "message": "busy", "record": {"Id": "b", "n": 2}}],
        },
    )
    records = {"a": {"n": 1}, "b": {"n": 2}}
    body = {"action": {"type": "update", "records": records}}
    with tenant(lambda seen: answer) as (client, _):
        calls = [{"object": "thing", "body": body}]
        found = list(client.map("POST_CustomObjectRecordsBatchUpdateOrDelete", calls))
    assert [(each.call, type(each.error)) for each in found] == [
        ({"a": {"n": 1}}, type(None)),
        ({"b": {"n": 2}}, errors.TemporaryError),
    ]


def test_rows_are_resumed_by_the_batch(tmp_path: Path) -> None:
    rows = [{"n": index} for index in range(120)]
    calls = [{"body": {"type": "Account", "objects": rows}}]
    with tenant(results_for) as (client, server):
        first = list(client.map("Action_POSTupdate", calls, journal=tmp_path / "j"))
        again = list(client.map("Action_POSTupdate", calls, journal=tmp_path / "j"))
        assert len(server.seen) == 3
    assert [(each.index, each.reply, str(each.error)) for each in again] == [
        (each.index, each.reply, str(each.error)) for each in first
    ]


def test_a_call_without_its_rows_is_refused_by_name() -> None:
    with pytest.raises(errors.InvalidRequest) as caught:
        list(in_process().map("POST_SequenceSets", [{"body": {"name": "DE"}}]))
    assert str(caught.value) == (
        "POST_SequenceSets: body.sequenceSets: must contain the rows, but is missing. "
        'Write each call as {"body": {"sequenceSets": […]}}.'
    )
