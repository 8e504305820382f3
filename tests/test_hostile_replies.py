"""Good JSON that is not what it should be, anywhere in a reply: a value, or a typed error; and it ends.

Each list of each paging style and each kind of job is answered as it should be, but for one
or two places, where something else stands.
"""

from __future__ import annotations

import contextlib
import copy
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import dynzuora
from dynzuora import errors
from dynzuora.jobs import Kind
from dynzuora.jobs.kinds import kinds
from tests.generated import parameters_for
from tests.job_kinds import CURRENT
from tests.lists import tenant
from tests.servers import Answer, Seen, running

NINES = "9" * 5000
ODD = [
    *(None, True, False, 0, -1, 7, 10**4000, 1.5, 1e300, "", "x", "true", "0", NINES, "\u0663", "\ud800"),
    *(
        [],
        {},
        [None],
        [[]],
        [1, "x", {}],
        {"": None},
        {"id": []},
        {"id": NINES},
        [{}, {}],
        {"success": False},
    ),
    *("?", "?page", "?page=%ff", f"?page={NINES}", f"?pageSize={NINES}", "?page=2&page=3", "?start=\u0663"),
    *(
        "https://[",
        "//elsewhere.invalid/x?page=2",
        "http://127.0.0.1:99999/?page=2",
        "/v1/../x?page=2",
        "../..",
    ),
]
MOST_REQUESTS = 400


def changed(value: Any, way: tuple[int, ...], odd: Any) -> Any:
    """Return ``value`` with something odd at the end of a way, which at each level picks a member."""
    members = (
        list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    )
    if not way or not members:
        return odd
    value, member = copy.copy(value), members[way[0] % len(members)]
    value[member] = changed(value[member], way[1:], odd)
    return value


ways = st.lists(st.integers(0, 9), max_size=4).map(tuple)
edits = st.lists(st.tuples(st.integers(1, 3), ways, st.sampled_from(ODD)), min_size=1, max_size=2)
often = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@contextlib.contextmanager
def nothing_bare() -> Iterator[None]:
    with warnings.catch_warnings(), contextlib.suppress(errors.DynzuoraError):
        warnings.simplefilter("ignore", errors.RequestWarning)
        yield


LISTS = [
    "GET_Sets",
    "GET_Events",
    "GET_Flows",
    "GET_Records",
    "GET_Objects",
    "GET_Jobs",
    "GET_Whole",
    "GET_Parts",
]


@pytest.mark.parametrize("name", [*LISTS, "Action_POSTquery"])
def test_a_list_with_something_odd_in_it_ends_with_rows_or_a_typed_error(name: str) -> None:
    asked = 0
    chosen: list[Any] = []

    def spoil(reply: dict[str, Any], seen: Seen) -> Any:
        nonlocal asked
        asked += 1
        for number, way, odd in chosen:
            if number <= asked:  # from that page on
                reply = changed(reply, way, odd)
        return Answer(200, reply)

    more: dict[str, Any] = {"params": {"key": "k"}} if name == "GET_Parts" else {}
    if name == "Action_POSTquery":
        more = {"body": {"queryString": "select Id from Account"}}

    @often
    @given(edits=edits)
    def ends(edits: list[Any]) -> None:
        nonlocal asked
        chosen[:], asked = edits, 0
        with nothing_bare():
            client.items(name, **more).to_list()
        asked = 0
        with nothing_bare():
            list(client.pages(name, **more))
        assert asked < MOST_REQUESTS

    with tenant(95, spoil) as (client, _):
        ends()


def nested(path: str, value: Any) -> Any:
    for name in reversed(path.split(".")):
        value = [value] if name == "*" else {name: value}
    return value


def merged(one: Any, other: Any) -> Any:
    if isinstance(one, dict) and isinstance(other, dict):
        return {**other, **{name: merged(each, other.get(name, each)) for name, each in one.items()}}
    return one


def shape_of(kind: Kind) -> tuple[Any, ...]:
    """What of a kind of job decides how its replies are read."""
    files = tuple(kind.file)
    return kind.status, kind.error, kind.failed_rows, kind.result, files, bool(kind.address), bool(kind.when)


def good_reply(kind: Kind) -> Any:
    reply: Any = {"success": True}
    for path, value in (
        *((each, (*kind.good, "7")[0]) for each in kind.status),
        *((each, "told") for each in kind.error),
        *((each, "7") for each in (kind.id, *kind.file, kind.result) if each),
        *((each, "0") for each in (kind.failed_rows,) if each),
        *((each, "/v1/looked-at/7") for each in (kind.address,) if each),
    ):
        reply = merged(reply, nested(path, value))
    return reply


@pytest.mark.parametrize("name", [*{shape_of(each): each.name for each in kinds()}.values()])
def test_a_job_with_something_odd_in_it_ends_with_a_result_or_a_typed_error(
    name: str, tmp_path: Path
) -> None:
    kind = next(each for each in kinds() if each.name == name)
    good, chosen, asked = good_reply(kind), [], 0

    def answers(seen: Seen) -> Answer:
        nonlocal asked
        asked += 1
        reply = good
        for number, way, odd in chosen:
            if number <= asked:
                reply = changed(reply, way, odd)
        return Answer(200, reply)

    @often
    @given(edits=edits)
    def ends(edits: list[Any]) -> None:
        nonlocal asked
        chosen[:], asked = edits, 0
        with nothing_bare():
            job = client.submit(kind.start[0], params=params, body=dict(kind.when), job=name, validate="off")
            job.wait(timeout=0)
            for use in (job.result, lambda: list(job.rows()), lambda: job.download(tmp_path)):
                with nothing_bare():
                    use()
        assert asked < MOST_REQUESTS

    with running(answers) as server:
        client = dynzuora.Client(
            "2026-05-01" if name in CURRENT else "2020-12-10",
            server.url,
            token="fake-token",
            retries=0,
            allow_writes=True,
        )
        client._connection.sleep = lambda seconds: None
        params = parameters_for(client.operations[kind.start[0]], required_only=True)
        with client:
            ends()
