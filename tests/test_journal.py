"""A journalled run pays once: after lost answers, full disks, kills, a clock set back, a fork."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import dynzuora
from dynzuora import errors
from dynzuora.bulk import Journal, MapResult
from tests.documents import document, operation, parameter
from tests.servers import OK, Answer, Seen, refused, running
from tests.test_bulk import DOCUMENT, counted, head_of, in_process, keys, must_not_be_asked, post, tenant

HTML = Answer(503, content=b"<html>busy</html>", headers={"Content-Type": "text/html"})
LOST = Answer(lost=True)
LOCKED = refused(50000050)
LIMITED = Answer(429, {"message": "slow down"})

posix = pytest.mark.skipif(os.name == "nt", reason="POSIX only")


def in_turn(*answers: Answer) -> Callable[[Seen], Answer]:
    """Answer each request in turn, then always with success."""
    left = iter(answers)
    return lambda seen: next(left, OK)


def key_of(seen: Seen) -> str:
    return seen.headers.get("Idempotency-Key", "")


def errors_of(results: list[MapResult]) -> list[str]:
    return [type(result.error).__name__ if result.error else "" for result in results]


# What every try of an item did


def test_a_write_that_was_answered_503_is_not_sent_again(tmp_path: Path) -> None:
    with tenant(in_turn(HTML)) as (client, server):
        runs = [list(client.map("POST_Thing", post(1), journal=tmp_path / "j")) for _ in range(3)]
        assert len(server.seen) == 1
    assert [errors_of(run) for run in runs] == [["TemporaryError"]] * 3
    [again] = runs[2]
    assert again.error is not None
    assert again.error.may_have_been_applied
    assert str(again.error) == (
        "POST_Thing failed: HTTP 503: the body begins '<html>busy</html>'. It was not sent again: it has no "
        "idempotency key. It may have been done: look before you send it again."
    )


def test_a_lost_answer_is_not_forgotten_when_later_tries_are_refused(tmp_path: Path) -> None:
    with tenant(in_turn(LOST, *[LIMITED] * 4), idempotency=True, retries=4) as (client, server):
        client._connection.sleep = lambda seconds: None
        [first] = client.map("POST_Thing", post(1), journal=tmp_path / "j")
        [second] = client.map("POST_Thing", post(1), journal=tmp_path / "j")
        assert (len(server.seen), len(set(map(key_of, server.seen)))) == (6, 1)
    assert (errors_of([first]), second.error, second.reply) == (["RateLimited"], None, {"success": True})


def test_what_an_earlier_run_may_have_done_stays_in_doubt_however_later_ones_are_refused(
    tmp_path: Path,
) -> None:
    with tenant(in_turn(LOST, LOCKED, LIMITED, refused(50000020, 400)), idempotency=True) as (client, server):
        runs = [list(client.map("POST_Thing", post(1), journal=tmp_path / "j")) for _ in range(5)]
        assert len(set(map(key_of, server.seen))) == 1
    assert [errors_of(run) for run in runs] == [
        ["TransportError"], ["LockContention"], ["RateLimited"], ["ValidationFailed"], [""]
    ]  # fmt: skip
    assert [run[0].error.may_have_been_applied for run in runs[:4]] == [True] * 4
    assert str(runs[1][0].error) == (
        "POST_Thing failed: HTTP 200, lock contention: scripted (50000050) (process id P). An earlier run "
        "sent it, too. It may have been done: look before you send it again."
    )


def test_what_was_surely_refused_is_sent_again_with_a_new_key(tmp_path: Path) -> None:
    with tenant(in_turn(LOCKED), idempotency=True) as (client, server):
        runs = [list(client.map("POST_Thing", post(1), journal=tmp_path / "j")) for _ in range(2)]
        assert len(set(map(key_of, server.seen))) == 2
    assert [errors_of(run) for run in runs] == [["LockContention"], [""]]


def test_a_call_that_was_not_valid_is_checked_again(tmp_path: Path) -> None:
    for _ in range(2):
        [result] = in_process(must_not_be_asked).map("GET_Thing", [{"kee": "1"}], journal=tmp_path / "j")
        assert isinstance(result.error, errors.InvalidRequest)


@pytest.mark.parametrize(
    ("name", "call", "again"),
    [("DELETE_Thing", {"key": "0"}, 2), ("PUT_Thing", {"key": "0"}, 1), ("GET_Thing", {"key": "0"}, 2)],
)
def test_a_lost_answer_is_asked_for_again_where_that_is_safe(
    name: str, call: dict[str, Any], again: int, tmp_path: Path
) -> None:
    with tenant(in_turn(LOST)) as (client, server):
        for _ in range(2):
            list(client.map(name, [call], journal=tmp_path / "j"))
        assert len(server.seen) == again


def test_a_refusal_is_judged_the_same_with_and_without_a_journal(tmp_path: Path) -> None:
    mislabelled = Answer(
        200,
        content=b'{"success":false,"reasons":[{"code":53200030,"message":"no"}]}',
        headers={"Content-Type": "text/plain"},
    )
    with tenant(lambda seen: mislabelled) as (client, _):
        runs = [list(client.map("POST_Thing", post(1), journal=file)) for file in (None, tmp_path / "j")]
    assert [errors_of(run) for run in runs] == [["RuleViolation"]] * 2


def test_a_lock_is_met_with_a_new_key_within_a_run_and_the_journal_has_it(tmp_path: Path) -> None:
    with tenant(in_turn(LOCKED, LOST, LIMITED), idempotency=True, retries=2) as (client, server):
        client._connection.sleep = lambda seconds: None
        for _ in range(2):
            [result] = client.map("POST_Thing", post(1), journal=tmp_path / "j")
        first, second, *others = map(key_of, server.seen)
    assert (result.error, first != second, others) == (None, True, [second] * 2)


@pytest.mark.parametrize(
    "own",
    [
        {"idempotency_key": "mine"},
        {"Idempotency-Key": "mine"},
        {"params": {"Idempotency-Key": "mine"}},
        {"headers": {"Idempotency-Key": "mine"}},
    ],
)
@pytest.mark.parametrize("idempotency", [True, False])
def test_a_caller_s_own_key_is_used_again_and_never_renewed(
    own: dict[str, Any], idempotency: bool, tmp_path: Path
) -> None:
    calls = [{"body": {"n": 0}, **own}]
    with tenant(in_turn(LOST, LOCKED), idempotency=idempotency, retries=0) as (client, server):
        for _ in range(3):
            [result] = client.map("POST_Thing", calls, journal=tmp_path / "j")
        assert (result.error, list(map(key_of, server.seen))) == (None, ["mine"] * 3)


def test_a_put_in_doubt_is_not_sent_again_though_it_declares_a_key(tmp_path: Path) -> None:
    key = parameter("Idempotency-Key", "header")
    spec = document({"/things": {"put": operation("PUT_Thing", key)}})
    with running(in_turn(LOST)) as server:
        options: dict[str, Any] = {"token": "fake-t0ken", "retries": 0, "allow_writes": True}
        client = dynzuora.Client(spec, server.url, **options)
        for _ in range(2):
            [result] = client.map("PUT_Thing", [{"idempotency_key": "mine"}], journal=tmp_path / "j")
        sent = [key_of(seen) for seen in server.seen]
    assert sent == ["mine"]
    assert "a PUT is not repeated, even under the same idempotency key" in str(result.error)


# The clock


@pytest.mark.parametrize(
    ("hours", "sent"),
    [(0, 1), (22.9, 1), (23.1, 0), (1000, 0), (-0.01, 1), (-1, 0), (-1000, 0)],
)
def test_a_key_is_used_again_while_the_server_surely_knows_it(
    hours: float, sent: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1_800_000_000.0
    monkeypatch.setattr("time.time", lambda: now)
    with tenant(in_turn(LOST), idempotency=True) as (client, server):
        list(client.map("POST_Thing", post(1), journal=tmp_path / "j"))
        now += hours * 3600
        [result] = client.map("POST_Thing", post(1), journal=tmp_path / "j")
        assert len(server.seen) == 1 + sent
    assert result.error is None if sent else result.error.may_have_been_applied


def test_a_key_does_not_live_longer_for_being_used_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1_800_000_000.0
    monkeypatch.setattr("time.time", lambda: now)
    with tenant(in_turn(LOST, LOST, LOST), idempotency=True) as (client, server):
        for _ in range(4):
            list(client.map("POST_Thing", post(1), journal=tmp_path / "j"))
            now += 10 * 3600
        assert len(server.seen) == 3


def test_a_clock_behind_another_item_s_start_makes_no_key_good_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1_800_000_000.0
    monkeypatch.setattr("time.time", lambda: now)
    with tenant(lambda seen: LOST, idempotency=True) as (client, server):
        list(client.map("POST_Thing", post(1), journal=tmp_path / "j"))
        now += 30 * 3600
        list(client.map("POST_Thing", post(2), journal=tmp_path / "j"))
        now -= 20 * 3600
        list(client.map("POST_Thing", post(2), journal=tmp_path / "j"))
        assert counted(server) == Counter({0: 1, 1: 1})


# A disk that is full


class Disk:
    """Stands in for ``os.write``, which a full disk lets write a part of a line, or nothing."""

    def __init__(self, bad: Callable[[int], bool], part: int = 0) -> None:
        self.bad = bad
        self.part = part
        self.count = 0
        self.really = os.write
        self.lock = threading.Lock()

    def __call__(self, file: int, line: bytes) -> int:
        with self.lock:
            self.count += 1
            bad = self.bad(self.count)
        if not bad:
            return self.really(file, line)
        if not self.part:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return self.really(file, line[: self.part])


def run_on(client: dynzuora.Client, count: int, file: Path, **how: Any) -> tuple[list[MapResult], Any]:
    """Return the results of a run, and the error that ended it."""
    results: list[MapResult] = []
    try:
        results.extend(client.map("POST_Thing", post(count), journal=file, **how))
    except errors.JournalError as error:
        return results, error
    return results, None


@pytest.mark.parametrize("part", [0, 1, 30])
@pytest.mark.parametrize("bad", range(1, 12))
def test_a_full_disk_at_any_write_stops_the_run_and_no_item_is_paid_twice_or_lost(
    bad: int, part: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tenant(lambda seen: OK) as (client, server):
        monkeypatch.setattr("os.write", Disk(lambda count: count >= bad, part))
        first: list[MapResult] = []
        stopped = None
        try:
            first, stopped = run_on(client, 5, tmp_path / "j", workers=1)
        except errors.JournalError as error:  # the disk was full before the run began
            stopped = error
        monkeypatch.undo()
        paid = counted(server)
        second, error = run_on(client, 5, tmp_path / "j", workers=1)
        assert set(counted(server).values()) == {1}
    assert [(result.error, result.reply) for result in first] == [(None, {"success": True})] * len(first)
    assert {result.index for result in first} == set(paid)  # what was paid is handed out
    assert (error, [result.index for result in second]) == (None, list(range(5)))
    in_doubt = {result.index for result in second if result.error}
    assert in_doubt == (set(stopped.unwritten) if stopped else set())
    assert not [result for result in (*first, *second) if result.error and result.reply]
    assert (stopped is None) == (bad == 12)


def test_half_a_line_is_taken_back_before_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(tmp_path / "j", {"operation": "x"})
    with monkeypatch.context() as patch:
        patch.setattr("os.write", Disk(lambda count: True, part=20))
        with pytest.raises(errors.JournalError, match=r"cannot be written: the disk is full\.$"):
            journal.finish(0, "d", {"a": 1}, None)
    journal.finish(1, "d", {"a": 1}, None)
    journal.close()
    assert (tmp_path / "j").read_text() == (
        '{"journal":1,"operation":"x"}\n{"done":1,"digest":"d","reply":{"a":1}}\n'
    )


def test_a_run_that_stops_says_which_results_its_journal_does_not_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tenant(lambda seen: OK) as (client, _):
        monkeypatch.setattr("os.write", Disk(lambda count: count == 5))  # head, started, done, started, here
        results, stopped = run_on(client, 5, tmp_path / "j", workers=1)
    assert [result.index for result in results] == [0, 1]
    assert (stopped.path, stopped.unwritten) == (str(tmp_path / "j"), (1,))
    assert str(stopped) == (
        f"The journal {tmp_path / 'j'} cannot be written: No space left on device. The run stopped: no other "
        "call was sent. The results of 1 (counted from 0) were returned but are not in the journal: a "
        "resumed run treats them as sent, outcome unknown."
    )


def test_rows_of_a_batch_that_is_not_in_the_journal_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = [{"body": {"type": "Account", "objects": [{"n": n} for n in range(120)]}}]
    with tenant(lambda seen: Answer(200, [{"Success": True}] * 50)) as (client, server):
        monkeypatch.setattr("os.write", Disk(lambda count: count == 5))
        results = client.map("Action_POSTupdate", calls, journal=tmp_path / "j", workers=1)
        taken = [next(results).index for _ in range(100)]
        with pytest.raises(errors.JournalError) as stopped:
            next(results)
    assert (taken, stopped.value.unwritten, len(server.seen)) == (
        list(range(100)), tuple(range(50, 100)), 2
    )  # fmt: skip


def test_a_disk_that_does_not_flush_sends_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(file: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with tenant(lambda seen: OK) as (client, server):
        results = client.map("POST_Thing", post(3), journal=tmp_path / "j")
        monkeypatch.setattr("os.fsync", refuse)
        with pytest.raises(errors.JournalError, match=r"cannot be written: Input/output error\."):
            list(results)
        assert server.seen == []


LIMITED_FILE = """
import os, resource, signal, sys, dynzuora, dynzuora.replies, dynzuora.transport
from tests.test_bulk import BULK, post
url, folder = sys.argv[1:]
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
client = dynzuora.Client(BULK, url, token="fake-t0ken", retries=0)
for number, most in enumerate([700, 1234, 2000]):
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        try:
            for result in client.map("POST_Thing", post(60)[20 * number:][:20], 4, f"{folder}/{number}"):
                assert result.error is None, result
        except dynzuora.errors.JournalError as error:
            print(*error.unwritten, flush=True)
            os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
"""


@posix
def test_a_journal_that_reached_the_limit_of_a_file_can_be_read_again(tmp_path: Path) -> None:
    with tenant(lambda seen: OK) as (client, server):
        arguments = [sys.executable, "-c", LIMITED_FILE, server.url, str(tmp_path)]
        done = subprocess.run(arguments, capture_output=True, text=True)
        assert (done.stderr, done.returncode) == ("", 0)
        for number, unwritten in enumerate(done.stdout.splitlines()):
            calls = post(60)[20 * number :][:20]
            results = list(client.map("POST_Thing", calls, journal=tmp_path / str(number)))
            assert " ".join(str(result.index) for result in results if result.error) == unwritten
        assert (number, counted(server)) == (2, Counter(range(60)))


# A kill, a file that was cut


KILLED = """
import os, random, signal, sys, threading, dynzuora, dynzuora.replies, dynzuora.transport
from tests.test_bulk import BULK, post
url, folder = sys.argv[1:]
client = dynzuora.Client(BULK, url, token="fake-t0ken", retries=0, idempotency=True)
client.prepare("POST_Thing", body={})  # now, rather than in each child
really, lock = os.write, threading.Lock()

def killed(seed):
    chance = random.Random(seed)
    left, part = chance.randint(1, 21), chance.choice([0.0, 0.3, 0.9, 1.0])

    def write(file, line):
        nonlocal left
        with lock:
            left -= 1
            if left == 0:
                really(file, line[: int(len(line) * part)])
                os.kill(os.getpid(), signal.SIGKILL)
            return really(file, line)

    os.write = write
    calls = post(200)[10 * seed :][:10]
    list(client.map("POST_Thing", calls, workers=3, journal=f"{folder}/{seed}"))

for seed in range(20):
    child = os.fork()
    if child == 0:
        killed(seed)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
"""


@posix
def test_a_run_killed_at_any_of_twenty_writes_pays_each_item_once(tmp_path: Path) -> None:
    bank = Bank()
    with tenant(bank, idempotency=True) as (client, server):
        arguments = [sys.executable, "-c", KILLED, server.url, str(tmp_path)]
        done = subprocess.run(arguments, capture_output=True, text=True)
        assert (done.stderr, done.returncode) == ("", 0)
        for seed in range(20):
            calls = post(200)[10 * seed :][:10]
            results = list(client.map("POST_Thing", calls, workers=3, journal=tmp_path / str(seed)))
            assert [result.error for result in results] == [None] * 10
    assert bank.commits == Counter(range(200))


class Bank:
    """Does what a new key asks for, and gives the result of a known one again."""

    def __init__(self) -> None:
        self.commits: Counter[int] = Counter()
        self.keys: set[str] = set()

    def __call__(self, seen: Seen) -> Answer:
        if len(seen.body) == int(seen.headers["Content-Length"]) and key_of(seen) not in self.keys:
            self.keys.add(key_of(seen))
            self.commits[json.loads(seen.body)["n"]] += 1
        return OK


def recorded(tmp_path: Path) -> bytes:
    """A journal of three items: done, refused and in doubt."""
    with tenant(in_turn(OK, refused(50000020, 400), LOST)) as (client, server):
        list(client.map("POST_Thing", post(3), journal=tmp_path / "j", workers=1))
        return (tmp_path / "j").read_bytes().replace(server.url.encode(), b"https://in.invalid")


def test_a_journal_cut_anywhere_behind_its_last_start_can_be_read(tmp_path: Path) -> None:
    whole = recorded(tmp_path)
    last, client = whole.rindex(b'{"unknown"'), in_process(must_not_be_asked)
    for end in range(last, len(whole) + 1):
        (tmp_path / "j").write_bytes(whole[:end])
        results = list(client.map("POST_Thing", post(3), journal=tmp_path / "j"))
        assert errors_of(results) == ["", "ValidationFailed", "TransportError"]
        assert (tmp_path / "j").read_bytes() == (whole if end == len(whole) else whole[:last])


def test_half_a_line_with_the_next_one_behind_it_is_passed_over(tmp_path: Path) -> None:
    lines = recorded(tmp_path).splitlines(keepends=True)
    lines[2:2] = [b'{"done":0,"digest":"12']  # what a full disk left
    (tmp_path / "j").write_bytes(b"".join(lines))
    results = list(in_process(must_not_be_asked).map("POST_Thing", post(3), journal=tmp_path / "j"))
    assert errors_of(results) == ["", "ValidationFailed", "TransportError"]


@pytest.mark.parametrize(
    ("place", "line"),
    [
        (1, b"Dear diary\n"),
        (1, b"\0\0\0\0\n"),
        (1, b'{"started":0,"dig\n'),
        (1, b"[]\n"),
        (0, b'{"journal":2}\n'),
        (0, b'{"journal":1,"oper\n'),
        (0, b"Dear diary"),
    ],
)
def test_a_damaged_journal_stops_the_run_and_is_left_as_it_is(
    place: int, line: bytes, tmp_path: Path
) -> None:
    lines = recorded(tmp_path).splitlines(keepends=True)
    damaged = b"".join([*lines[:place], line, *lines[place:]] if line.endswith(b"\n") else [line])
    (tmp_path / "j").write_bytes(damaged)
    with pytest.raises(errors.JournalError):
        in_process(must_not_be_asked).map("POST_Thing", post(3), journal=tmp_path / "j")
    assert (tmp_path / "j").read_bytes() == damaged


def test_a_head_that_was_cut_off_is_written_again(tmp_path: Path) -> None:
    head = recorded(tmp_path).splitlines(keepends=True)[0]
    for end in range(len(head)):
        (tmp_path / "j").write_bytes(head[:end])
        Journal(tmp_path / "j", head_of("POST_Thing", "https://in.invalid")).close()
        assert (tmp_path / "j").read_bytes() == head


# What is kept


SECRETIVE = {"success": True, "cardNumber": "4111111111111111", "list": [{"password": "fake-sentinel"}]}
MASKED = {"success": True, "cardNumber": "***", "list": [{"password": "***"}]}


def test_a_journal_keeps_no_secret_and_its_result_says_so(tmp_path: Path) -> None:
    with tenant(lambda seen: Answer(200, SECRETIVE)) as (client, _):
        [first] = client.map("POST_Thing", post(1), journal=tmp_path / "j")
        [again] = client.map("POST_Thing", post(1), journal=tmp_path / "j")
    assert (first.reply, first.redacted, again.reply, again.redacted) == (SECRETIVE, False, MASKED, True)
    assert repr(again).endswith(": done, redacted by the journal>")
    for secret in (b"4111111111111111", b"fake-sentinel"):
        assert secret not in (tmp_path / "j").read_bytes()


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        (Answer(200, {"a": 1}), ({"a": 1}, False)),
        (Answer(200, content=b"\xff\xd8", headers={"Content-Type": "image/jpeg"}), ({"bytes": 2}, True)),
        (Answer(200, content=b"all well", headers={"Content-Type": "text/plain"}), ("all well", False)),
        (
            Answer(200, content=b"password=fake-sentinel&a=1", headers={"Content-Type": "text/plain"}),
            ("password=***&a=1", True),
        ),
    ],
    ids=["object", "bytes", "text", "text with a secret"],
)
def test_what_a_resumed_run_gives_of_a_reply(answer: Answer, kept: tuple[Any, bool], tmp_path: Path) -> None:
    with tenant(lambda seen: answer) as (client, _):
        for _ in range(2):
            [result] = client.map("GET_Thing", keys(1), journal=tmp_path / "j")
    assert (result.reply, result.redacted) == kept


# Stopped, forked, ended


def test_a_call_that_was_not_begun_when_the_run_was_closed_is_not_sent(tmp_path: Path) -> None:
    """A thread that has passed the last look whether it is wanted finds the journal closed."""
    with tenant(lambda seen: OK) as (client, server):
        results = client.map("POST_Thing", post(1), journal=tmp_path / "j", workers=1)
        real, entered, closed = client._connection.concurrency.enter, threading.Event(), threading.Event()

        def enter(unwanted: Callable[[], bool]) -> bool:
            real(unwanted)
            entered.set()
            return closed.wait(30)

        client._connection.concurrency.enter = enter  # type: ignore[method-assign]
        thread = threading.Thread(target=lambda: list(results))
        thread.start()
        assert entered.wait(30)
        results.close()
        closed.set()
        thread.join(30)
        assert server.seen == []


def test_a_run_that_was_closed_gives_no_more(tmp_path: Path) -> None:
    results = in_process().map("GET_Thing", keys(5))
    next(results)
    results.close()
    assert list(results) == []


def test_what_ends_a_thread_ends_its_item(tmp_path: Path) -> None:
    def leave(*_: object) -> None:
        raise SystemExit

    with running(lambda seen: OK) as server:
        client = dynzuora.Client(DOCUMENT, server.url, token="t", on_attempt=leave)
        [result] = client.map("GET_Thing", keys(1))
    assert str(result.error) == "the call ended with SystemExit(): it may have been done."


def test_results_before_a_call_that_is_another_come_first(tmp_path: Path) -> None:
    client = in_process()
    list(client.map("GET_Thing", keys(3), journal=tmp_path / "j"))
    results = client.map("GET_Thing", [{"key": "0"}, {"key": "x"}], journal=tmp_path / "j")
    assert next(results).index == 0
    with pytest.raises(ValueError, match="another call as item 1"):
        next(results)


@posix
def test_a_fork_lets_go_of_the_journal_whoever_holds_its_lock(tmp_path: Path) -> None:
    client = in_process()
    results = client.map("POST_Thing", post(3), journal=tmp_path / "j", workers=1)
    next(results)
    journal = results._journal
    assert journal is not None
    with journal._lock, journal._flushing:
        child = os.fork()
        if child == 0:
            try:
                signal.alarm(60)  # for a child that waits for a lock
                assert len(list(client.map("POST_Thing", post(3), journal=tmp_path / "own"))) == 3
                with pytest.raises(errors.DynzuoraError, match="belongs to the parent process"):
                    next(results)
                results.close()
                os._exit(0)
            finally:
                os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert len(list(results)) == 2


@posix
def test_a_closed_journal_is_free_while_a_new_child_still_has_it_open(tmp_path: Path) -> None:
    results = in_process().map("POST_Thing", post(3), journal=tmp_path / "j")
    files = [file for file in range(3, 512) if is_open_at(file, tmp_path / "j")]
    shared = [os.dup(file) for file in files]  # as a fork does
    try:
        assert len(list(results)) == 3
        assert len(list(in_process().map("POST_Thing", post(3), journal=tmp_path / "j"))) == 3
    finally:
        for file in shared:
            os.close(file)
    assert len(shared) == 2


def is_open_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except OSError:
        return False


@posix
def test_a_fork_that_lives_on_does_not_keep_the_journal_locked(tmp_path: Path) -> None:
    results = in_process().map("POST_Thing", post(3), journal=tmp_path / "j")
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            signal.alarm(60)
            os.close(writer)
            os.read(reader, 1)  # until the parent is through
        finally:
            os._exit(0)
    assert len(list(results)) == 3
    assert len(list(in_process().map("POST_Thing", post(3), journal=tmp_path / "j"))) == 3
    os.close(writer)
    os.close(reader)
    os.waitpid(child, 0)
