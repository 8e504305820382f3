"""The pages' applications, each in the framework that it is written for."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.pages import blocks, text

pytestmark = pytest.mark.slow


def application(framework: str) -> dict[str, Any]:
    """Return the names that the page's example defines."""
    pytest.importorskip(framework, reason=f"{framework} is not installed")
    [code] = blocks(text("docs/applications.md"), f"python {framework}")
    names: dict[str, Any] = {"__name__": "application"}
    exec(code, names)
    return names


def test_flask_answers_with_the_reply_or_the_error() -> None:
    browser = application("flask")["app"].test_client()
    found, missing = browser.get("/accounts/A00000001"), browser.get("/accounts/none")
    assert (found.status_code, found.json["basicInfo"]["name"]) == (200, "Amber Orchard Ltd")
    assert (missing.status_code, missing.json) == (404, {"error": "Account not found."})


def test_fastapi_awaits_the_reply() -> None:
    app = application("fastapi")["app"]
    from fastapi.testclient import TestClient

    with TestClient(app) as browser:
        reply = browser.get("/accounts/A00000001")
    assert (reply.status_code, reply.json()["basicInfo"]["name"]) == (200, "Amber Orchard Ltd")


def test_a_celery_task_that_is_delivered_twice_pays_once() -> None:
    names = application("celery")
    client, pay = names["client"], names["pay"]
    account = client.call("GET_Account", account_key="A00000001")["basicInfo"]["id"]
    payment = {"accountId": account, "type": "External", "amount": "10.10", "currency": "USD"}
    payment |= {"effectiveDate": "2026-02-01", "paymentMethodId": "1"}
    ids = [pay.apply([payment], task_id="delivered-twice").get() for _ in range(2)]
    amounts = [row["amount"] for row in client.items("GET_RetrieveAllPayments") if row["id"] == ids[0]]
    assert (len(set(ids)), list(map(Decimal, amounts))) == (1, [Decimal("10.10")])
