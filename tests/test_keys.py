"""Whatever a server that keeps results by key does: no payment is made twice, and none is denied.

The server is a model: a schedule of troubles, and what a tenant does with idempotency keys
(kept for good, a refusal like a success; 409 while the first request is under way).
"""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from requests.adapters import BaseAdapter

from dynzuora import errors
from dynzuora.http import Headers, Request
from dynzuora.replies import interpret
from dynzuora.transport import Policy, Transport
from tests.clocks import Clock

PAID = (200, {"success": True})
LOCKED = (200, {"success": False, "reasons": [{"code": 53500050, "message": "busy"}]})
LOCKED_409 = (409, LOCKED[1])
TROUBLES = {
    "the request is lost": "nothing",
    "the answer is lost": "work",
    "503 before work": "nothing",
    "503 after work": "work",
    "in progress, then work": "work",
    "429": "nothing",
    "a lock": "refuse",
    "a lock as a 409": "refuse",
    "a lock whose answer is lost": "refuse",
}
"""What goes wrong with a request → what the server does before."""


class Tenant(BaseAdapter):
    """Answers by a schedule, then as it should."""

    def __init__(self, schedule: list[str], keeps_keys: bool = True) -> None:
        super().__init__()
        self.schedule = list(schedule)
        self.kept: dict[str, tuple[int, Any]] = {}
        self.commits = 0
        self.asked = 0
        self.keeps_keys = keeps_keys

    def close(self) -> None: ...

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:
        self.asked += 1
        trouble = self.schedule.pop(0) if self.schedule else ""
        key = request.headers.get("Idempotency-Key", "")
        does = TROUBLES.get(trouble, "work")
        result = self.result(key, does) if does != "nothing" else PAID
        if "is lost" in trouble:
            raise requests.ConnectionError("the connection broke")
        if trouble.startswith("503"):
            return answer(503, None)
        if trouble == "429":
            return answer(429, {})
        if trouble == "in progress, then work":
            return answer(409, {"message": "in progress"}) if key else answer(*result)
        if trouble == "a lock as a 409" and result is LOCKED:
            result = LOCKED_409
        return answer(*result)

    def result(self, key: str, does: str) -> tuple[int, Any]:
        """Do the work or refuse it, once for a key."""
        if key in self.kept:
            return self.kept[key]
        result = LOCKED if does == "refuse" else PAID
        self.commits += result is PAID
        if key and self.keeps_keys:
            self.kept[key] = result
        return result


def answer(status: int, body: Any) -> requests.Response:
    response = requests.Response()
    response.status_code = status
    response.headers["Content-Type"] = "application/json"
    response._content = b"" if body is None else json.dumps(body).encode()
    return response


def pay(tenant: Tenant, key: str) -> Any:
    """Make a payment under the client's own key, one that is given, or none; return reply or error."""
    made = iter(f"key-{number}" for number in range(100))

    def rekeyed(request: Request) -> Request:
        return request._replace(headers=Headers({"Idempotency-Key": next(made)}))

    request = Request("POST", "https://rest.test/v1/payments", Headers(), b"{}", "Any")
    if key == "own":
        request = rekeyed(request)
    elif key == "given":
        request = request._replace(headers=Headers({"Idempotency-Key": "mine"}))
    clock = Clock()
    sender = Transport("https://rest.test", Policy(clock.sleep, lambda: 1.0, clock), adapter=tenant)
    rekey = rekeyed if key == "own" else None
    try:
        return sender.exchange(request, lambda reply: interpret(request, reply), None, rekey=rekey)
    except errors.DynzuoraError as error:
        return error


SCHEDULES = st.lists(st.sampled_from(sorted(TROUBLES)), max_size=6)


@settings(max_examples=500, derandomize=True)
@given(SCHEDULES, st.sampled_from(["own", "given", "none"]))
def test_a_payment_is_made_at_most_once_and_never_denied(schedule: list[str], key: str) -> None:
    tenant = Tenant(schedule)
    result = pay(tenant, key)
    assert tenant.commits <= 1
    if isinstance(result, Exception):
        assert result.may_have_been_applied or tenant.commits == 0
    else:
        assert tenant.commits == 1


UNKNOWN = frozenset(TROUBLES) - {"429", "a lock", "a lock as a 409"}


@settings(max_examples=500, derandomize=True)
@given(st.lists(st.sampled_from(sorted(TROUBLES)), max_size=4))
def test_with_enough_tries_a_payment_under_the_client_s_own_key_is_made_exactly_once(
    schedule: list[str],
) -> None:
    tenant = Tenant(schedule)
    result = pay(tenant, "own")
    doubtful = next((index for index, each in enumerate(schedule) if each in UNKNOWN), len(schedule))
    kept_refusal = any("lock" in each for each in schedule[doubtful:])
    if not kept_refusal:  # a refusal that a key keeps, where nobody can say what came of an earlier try
        assert (result, tenant.commits) == ({"success": True}, 1)


@settings(max_examples=300, derandomize=True)
@given(SCHEDULES)
def test_a_payment_without_a_key_is_made_at_most_once_by_a_server_that_knows_none(
    schedule: list[str],
) -> None:
    tenant = Tenant(schedule, keeps_keys=False)
    pay(tenant, "none")
    assert tenant.commits <= 1


@pytest.mark.parametrize("key", ["own", "given"])
def test_a_payment_in_progress_is_waited_for(key: str) -> None:
    tenant = Tenant(["the answer is lost", "in progress, then work", "in progress, then work"])
    assert (pay(tenant, key), tenant.commits, tenant.asked) == ({"success": True}, 1, 4)
