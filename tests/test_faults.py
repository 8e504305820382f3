"""The same program against the sandbox in process and over HTTP, while the server misbehaves."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest

import dynzuora
from dynzuora import errors
from dynzuora.sandbox import Sandbox
from dynzuora.sandbox.server import make_server

Tenant = Callable[[Any], AbstractContextManager[tuple[dynzuora.Client, Sandbox]]]

PAYMENT = {
    "accountId": "A00000001",
    "amount": 10,
    "currency": "USD",
    "effectiveDate": "2026-01-31",
    "type": "External",
    "paymentMethodId": "2c92c0fb78532b0001785a38f6427976",
}


@contextmanager
def in_process(faults: Any) -> Iterator[tuple[dynzuora.Client, Sandbox]]:
    with dynzuora.Client.sandbox(faults=faults) as client:
        adapter: Any = client._connection.adapter
        yield client, adapter.sandbox


@contextmanager
def over_http(faults: Any) -> Iterator[tuple[dynzuora.Client, Sandbox]]:
    sandbox = Sandbox(dynzuora.load(), faults=faults)
    server = make_server(sandbox)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{server.port}"
    entity = sandbox.store.entities[0]
    try:
        with dynzuora.Client(
            environment=url, client_id="0" * 36, client_secret="fake", entity=entity
        ) as client:
            client._connection.sleep = lambda seconds: None
            yield client, sandbox
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(params=[in_process, over_http], ids=["in process", "over HTTP"])
def tenant(request: pytest.FixtureRequest) -> Tenant:
    made: Tenant = request.param
    return made


def asked(sandbox: Sandbox, operation: str) -> list[Any]:
    return [entry for entry in sandbox.log if entry.operation == operation]


def test_a_program_runs_unchanged(tenant: Tenant) -> None:
    with tenant(None) as (client, _):
        numbers = {"prefix": "DE-", "startNumber": 1}
        body = {
            "sequenceSets": [{"name": "DE", "invoice": numbers, "creditMemo": numbers, "debitMemo": numbers}]
        }
        key = client.call("POST_SequenceSets", body=body)["sequenceSets"][0]["id"]
        client.call("PUT_SequenceSet", id=key, body={"invoice": {"startNumber": 9}})
        assert client.call("GET_SequenceSet", id=key)["invoice"] == {"prefix": "DE-", "startNumber": 9}
        client.call("DELETE_SequenceSet", id=key)
        with pytest.raises(errors.NotFound):
            client.call("GET_SequenceSet", id=key)


@pytest.mark.parametrize(
    ("fault", "attempts"),
    [
        ("429", ["HTTP 429", "HTTP 200"]),
        ("lock_contention", ["HTTP 200", "HTTP 200"]),
        ("401", ["HTTP 401", "HTTP 200"]),
    ],
)
def test_what_is_refused_as_a_whole_is_repeated(tenant: Tenant, fault: str, attempts: list[str]) -> None:
    with tenant({"POST_CreatePayment": fault}) as (client, sandbox):
        reply = client.call("POST_CreatePayment", body=PAYMENT)
        assert [each.outcome for each in reply.meta.attempts] == attempts
        assert [entry.applied for entry in asked(sandbox, "POST_CreatePayment")] == [False, True]


def test_a_lost_answer_is_told_and_the_payment_is_made_once(tenant: Tenant) -> None:
    with tenant({"POST_CreatePayment": "lost_answer"}) as (client, sandbox):
        with pytest.raises(errors.TransportError) as caught:
            client.call("POST_CreatePayment", body=PAYMENT)
        assert caught.value.may_have_been_applied
        assert [entry.applied for entry in asked(sandbox, "POST_CreatePayment")] == [True]


def test_with_a_key_a_lost_answer_is_asked_for_again_and_the_payment_is_made_once(tenant: Tenant) -> None:
    with tenant({"POST_CreatePayment": "lost_answer"}) as (client, _):
        before = len(client.call("GET_RetrieveAllPayments")["payments"])
        client.call("POST_CreatePayment", body=PAYMENT, idempotency_key="k-1")
        assert len(client.call("GET_RetrieveAllPayments")["payments"]) == before + 1


def test_success_false_is_an_error_and_is_not_repeated(tenant: Tenant) -> None:
    with tenant({"POST_CreatePayment": "success_false"}) as (client, sandbox):
        with pytest.raises(errors.ApiError):
            client.call("POST_CreatePayment", body=PAYMENT)
        assert len(asked(sandbox, "POST_CreatePayment")) == 1


def test_an_unknown_fault_names_the_nearest() -> None:
    with pytest.raises(Exception, match="lost_answer"):
        dynzuora.Client.sandbox(faults={"POST_CreatePayment": "lost_anser"})
