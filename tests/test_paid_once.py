"""Whatever a server and a network do, and however often a run is killed: a payment is made once, at most.

The server below keeps results by idempotency key for 24 hours, successes and refusals alike, as
Zuora's guide to idempotent requests has it. A schedule says what becomes of each request.
"""

from __future__ import annotations

import errno
import json
import os
import tempfile
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

import dynzuora
from dynzuora import errors
from tests.servers import OK, Answer, Seen, Server, refused, running
from tests.test_bulk import DOCUMENT, post

HOUR = 3600.0
START = 1_800_000_000.0

HTML = {"Content-Type": "text/html"}
LOST = Answer(lost=True)

NOT_LOOKED_AT = {
    "lost request": LOST,
    "limited": Answer(429, {"message": "slow down"}, headers={"Retry-After": "1"}),
    "limited by code": refused(50000070),
    "unavailable": Answer(503, content=b"<html>busy</html>", headers=HTML),
}
"""What never reaches the tenant, so that no key keeps it."""

REFUSED = {
    "locked": refused(53200050),
    "locked, as a conflict": refused(53200050, 409),
    "invalid": refused(53200020, 400),
    "broken": refused(53200060, 500),
}
"""What the tenant says without doing anything; a key keeps it."""

LOST_ANSWERS = {
    "lost answer": LOST,
    "gateway timeout": Answer(504, content=b"<html>late</html>", headers=HTML),
    "unavailable after all": Answer(503, content=b"<html>busy</html>", headers=HTML),
    "still at it": LOST,
}
"""What comes instead of the answer of a request that is done."""

IN_PROGRESS = Answer(409, {"message": "The request with this key is in progress."})

EVENTS = ("ok", "broken after all", *NOT_LOOKED_AT, *REFUSED, *LOST_ANSWERS)


class Tenant:
    """Does each payment that no key has asked for yet, or refuses it, as the schedule says."""

    def __init__(self) -> None:
        self.now = START
        self.events: deque[str] = deque()
        self.commits: Counter[int] = Counter()
        self.kept: dict[str, tuple[float, Answer]] = {}
        self.at_it: set[str] = set()
        self.last: dict[int, str] = {}

    def __call__(self, seen: Seen) -> Answer:
        key, n = seen.headers.get("Idempotency-Key", ""), json.loads(seen.body)["n"]
        what = self.events.popleft() if self.events else "ok"
        self.last[n] = key
        if what in NOT_LOOKED_AT:
            return NOT_LOOKED_AT[what]
        if key in self.at_it:
            self.at_it.discard(key)
            return IN_PROGRESS
        until, answer = self.kept.get(key, (0.0, OK))
        if not key or self.now >= until:
            answer = self.done(n, what)
            self.kept[key] = (self.now + 24 * HOUR, answer)
        if key and what == "still at it":
            self.at_it.add(key)
        return LOST_ANSWERS.get(what, answer)

    def done(self, n: int, what: str) -> Answer:
        if what in REFUSED:
            return REFUSED[what]
        self.commits[n] += 1
        return refused(53200060, 500) if what == "broken after all" else OK

    def refuses(self, n: int) -> bool:
        """Whether the last key of an item keeps a refusal, so that asking again with it is in vain."""
        return self.kept.get(self.last.get(n, ""), (0.0, OK))[1] != OK


class Run(NamedTuple):
    """One run: how long after the one before, what becomes of its requests, and when it is killed."""

    hours: float = 0.0
    events: Sequence[str] = ()
    killed_at: int = 1000
    part: int = 0


RUNS = st.lists(
    st.builds(
        Run,
        st.sampled_from([0.0, 0.0, 1.0, 12.0, 30.0]),
        st.lists(st.sampled_from(EVENTS), max_size=8),
        st.one_of(st.just(1000), st.integers(1, 6)),
        st.sampled_from([0, 1, 40]),
    ),
    min_size=1,
    max_size=4,
)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running(lambda seen: OK) as server:
        yield server


def client_of(server: Server, **how: Any) -> dynzuora.Client:
    client = dynzuora.Client(DOCUMENT, server.url, token="fake-t0ken", **how)
    client._connection.sleep = lambda seconds: None
    return client


def check(tenant: Tenant, n: int, error: Exception | None) -> None:
    """What is said of a payment is true of it."""
    assert tenant.commits[n] <= 1
    if error is None:
        assert tenant.commits[n] == 1
    elif not getattr(error, "may_have_been_applied", True):
        assert tenant.commits[n] == 0, error


def one_run(client: dynzuora.Client, tenant: Tenant, run: Run, count: int, path: Path) -> list[Any]:
    """Run until the end or until a kill: nothing is written, nothing begun from then on."""
    really, left = os.write, run.killed_at

    def write(file: int, line: bytes) -> int:
        nonlocal left
        left -= 1
        if left > 0:
            return really(file, line)
        if run.part and left == 0:
            return really(file, line[: run.part])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    tenant.now += run.hours * HOUR
    tenant.events = deque(run.events)
    results = []
    with (
        mock.patch("os.write", write),
        mock.patch("os.fsync", lambda file: None),
        mock.patch("time.time", lambda: tenant.now),
    ):
        try:
            for result in client.map("POST_Thing", post(count), workers=1, journal=path):
                check(tenant, result.index, result.error)
                results.append(result)
        except errors.JournalError:
            event("killed")
    return results


@pytest.mark.parametrize("keyed", [True, False], ids=["keyed", "plain"])
@settings(derandomize=True, max_examples=80)
@given(runs=RUNS, count=st.integers(1, 3))
@example(runs=[Run(events=["lost answer", *["limited"] * 4])], count=1)
@example(runs=[Run(events=["unavailable after all"])], count=1)
@example(runs=[Run(events=["lost answer"] * 5), Run(20.0, ["lost answer"] * 5), Run(20.0)], count=1)
@example(runs=[Run(events=["locked", "lost answer"], killed_at=4)], count=1)
def test_an_item_is_paid_at_most_once_in_any_number_of_runs(
    server: Server, keyed: bool, runs: list[Run], count: int
) -> None:
    tenant = server.answers = Tenant()
    with tempfile.TemporaryDirectory() as folder, client_of(server, idempotency=keyed) as client:
        for run in (*runs, Run(), Run()):
            results = one_run(client, tenant, run, count, Path(folder, "j"))
    assert [result.index for result in results] == list(range(count))
    if keyed and sum(run.hours for run in runs) < 23:
        paid = {result.index for result in results if result.error is None}
        assert paid == {n for n in range(count) if not tenant.refuses(n)}


@pytest.mark.parametrize("how", ["own key", "given key", "no key"])
@settings(derandomize=True, max_examples=120)
@given(events=st.lists(st.sampled_from(EVENTS), max_size=6))
def test_a_call_pays_at_most_once_and_says_nothing_that_is_not_so(
    server: Server, how: str, events: list[str]
) -> None:
    tenant = server.answers = Tenant()
    tenant.events = deque(events)
    given = {"idempotency_key": "given"} if how == "given key" else {}
    with client_of(server, idempotency=how == "own key") as client:
        try:
            client.call("POST_Thing", body={"n": 0}, **given)
        except errors.DynzuoraError as error:
            check(tenant, 0, error)
        else:
            check(tenant, 0, None)


TRANSIENT = ("lost request", "limited", "lost answer", "gateway timeout", "unavailable", "still at it")


@settings(derandomize=True, max_examples=80)
@given(events=st.lists(st.sampled_from(TRANSIENT), max_size=4), locks=st.integers(0, 4))
def test_with_enough_tries_a_payment_under_the_client_s_own_key_is_made_exactly_once(
    server: Server, events: list[str], locks: int
) -> None:
    tenant = server.answers = Tenant()
    tenant.events = deque(["locked"] * (locks if len(events) + locks <= 4 else 0) + events)
    in_progress = events.count("still at it")  # asked for once more after each
    with client_of(server, idempotency=True) as client:
        try:
            client.call("POST_Thing", body={"n": 0})
        except errors.DynzuoraError:
            assert len(tenant.events) == 0
            assert in_progress
            client.call("POST_Thing", body={"n": 0}, idempotency_key=tenant.last[0])
    assert tenant.commits == Counter({0: 1})
