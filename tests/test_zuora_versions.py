"""Versions of the server as data: the table, warnings before a call is sent, and the comparison."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import dynzuora
from dynzuora import Client, _zuora_versions
from dynzuora.comparison import Diff
from dynzuora.comparison.shapes import Version
from dynzuora.comparison.usage.keys import keys, reply, request_body
from dynzuora.document import prepare
from dynzuora.errors import RequestWarning
from dynzuora.shell import shell

CHANGES = _zuora_versions.changes()
DOCUMENT = prepare("2020-12-10")

# The table


def test_the_facts_are_in_the_order_of_their_versions() -> None:
    orders = [_zuora_versions.order(change.since) for change in CHANGES]
    assert None not in orders and orders == sorted(orders)  # type: ignore[type-var]


def ids() -> set[str]:
    return {id for change in CHANGES for id in change.operations if " " not in id}


@pytest.mark.filterwarnings("ignore::dynzuora.errors.SpecWarning")
def test_every_operation_of_the_table_is_one_of_the_vendor_s(full_spec: Callable[[str], Path]) -> None:
    assert ids() - prepare(full_spec("2026-05-01")).index.keys() == set()


def fields() -> Iterator[Any]:
    for change in CHANGES:
        for id in change.operations:
            if id in DOCUMENT.index and change.field:
                yield pytest.param(id, change, id=f"{id} {change.field} {change.since}")


@pytest.mark.parametrize(("id", "change"), [*fields()])
def test_a_field_of_the_table_is_in_the_document(id: str, change: _zuora_versions.VersionChange) -> None:
    version = Version(DOCUMENT, frozenset({id}))
    place = (request_body if change.part == "request" else reply)(version.slices[id])
    for name in change.field.replace("[]", "").split("."):
        assert place is not None
        assert name in keys(place, version).properties
        place = keys(place, version).properties[name]


@pytest.mark.parametrize(
    ("earlier", "later"),
    [("186.0", "196.0"), ("99", "186.0"), ("337.0", "2024-05-20"), ("2024-05-20", "2025-08-12")],
)
def test_versions_have_an_order(earlier: Any, later: Any) -> None:
    first, second = _zuora_versions.order(earlier), _zuora_versions.order(later)
    assert first is not None and second is not None and first < second


@pytest.mark.parametrize("text", ["", "latest", "1.2.3", "2024-13-01", "2024-05", "-1", "nan", "."])
def test_what_is_no_version_has_no_order(text: str) -> None:
    assert _zuora_versions.order(text) is None


# Before a call is sent

SUBSCRIPTION = {
    "accountKey": "A1",
    "contractEffectiveDate": "2026-01-01",
    "subscribeToRatePlans": [{"productRatePlanId": "1"}],
    "termType": "EVERGREEN",
}
CANCELLATION = {"cancellationPolicy": "EndOfCurrentTerm", "invoiceCollect": True}
CHARGES = {"accountId": "1", "comment": "on the memo itself, where it stays"}
PREVIEW = {**SUBSCRIPTION, "previewAccountInfo": {"billCycleDay": 1, "currency": "EUR"}}


def notes(operation: str, version: Any, body: dict[str, Any]) -> list[tuple[str, str]]:
    request = Client.sandbox().prepare(operation, body=body, zuora_version=version, validate="off")
    return [(problem.path, problem.message.partition(": ")[2]) for problem in request.warnings]


@pytest.mark.parametrize(
    ("operation", "version", "body", "expected"),
    [
        pytest.param(
            *("POST_Subscription", "2024-05-20", SUBSCRIPTION | {"invoiceCollect": True}),
            [("body.invoiceCollect", "since 196.0 it is collect.")],
            id="dropped",
        ),
        pytest.param(
            *("POST_Subscription", "195.0", SUBSCRIPTION | {"collect": True}),
            [("body.collect", "it came with 196.0; before, it was invoiceCollect.")],
            id="not there yet",
        ),
        pytest.param(
            *("POST_Subscription", "186.0", SUBSCRIPTION | {"invoice": True, "runBilling": True}),
            [("body.runBilling", "it came with 211.0."), ("body.invoice", "it came with 196.0.")],
            id="neither of two",
        ),
        pytest.param(
            *("POST_Subscription", "200.0", SUBSCRIPTION | {"collect": True, "invoice": True}),
            [],
            id="between",
        ),
        pytest.param(
            *("POST_CreditMemoFromPrpc", 257, CHARGES | {"charges": [{"chargeId": "1"}, {"comment": "x"}]}),
            [
                ("body.charges[0].chargeId", "since 257.0 it is productRatePlanChargeId."),
                ("body.charges[1].comment", "since 257.0 it is description."),
            ],
            id="in a list",
        ),
        pytest.param(
            *("POST_PreviewSubscription", "2025-08-12", PREVIEW | {"previewType": "InvoiceItem"}),
            [
                (
                    "body.previewType",
                    "since 207.0 it is one of LegalDoc, ChargeMetrics, LegalDocChargeMetrics.",
                )
            ],
            id="a value",
        ),
        pytest.param(
            *("POST_PreviewSubscription", "2025-08-12", PREVIEW | {"previewType": "ChargeMetrics"}),
            [],
            id="a value of both",
        ),
        pytest.param("POST_Account", "future", {"invoiceCollect": True}, [], id="an unknown version"),
        pytest.param("POST_Order", "2025-08-12", {"invoiceCollect": True}, [], id="another operation"),
        pytest.param("POST_Subscription", None, {"invoiceCollect": True}, [], id="the tenant's version"),
    ],
)
def test_a_body_is_held_against_its_version(
    operation: str, version: Any, body: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert notes(operation, version, body) == expected


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        pytest.param("186.0", [], id="a field of that version"),
        pytest.param("2024-05-20", ["body.invoiceCollect", "body.invoiceCollect"], id="no field of that one"),
        pytest.param(None, ["body.invoiceCollect"], id="the tenant's version"),
    ],
)
def test_a_field_of_the_version_is_not_called_unknown(version: str | None, expected: list[str]) -> None:
    body = SUBSCRIPTION | {"renewalTerm": 12, "invoiceCollect": True}
    request = Client.sandbox("latest").prepare("POST_Subscription", body=body, zuora_version=version)
    assert [problem.path for problem in request.warnings] == expected


def test_a_call_warns_before_it_is_sent() -> None:
    client = Client.sandbox(zuora_version="2024-05-20")
    with pytest.warns(
        RequestWarning, match=r"body.invoiceCollect: is not in Zuora-Version 2024-05-20"
    ) as rows:
        client.call("PUT_CancelSubscription", subscription_key="A-S1", body=CANCELLATION, dry_run=True)
    assert [Path(row.filename).name for row in rows] == [Path(__file__).name]


# The comparison


@pytest.fixture(scope="module")
def upgrade() -> Diff:
    return dynzuora.diff("2020-12-10", "2020-12-10", zuora_version=("200.0", "2025-08-12"))


def test_what_lies_between_two_versions_is_compared(upgrade: Diff) -> None:
    changes = {(change.pointer, change.where): change for change in upgrade.changes}
    where = "POST_Order: since version 223.0, reply.subscriptionNumbers"
    change = changes["#/paths/~1v1~1orders/post", where]
    assert (change.id, change.severity, change.direction) == ("version-field", "breaking", "response")
    assert change.message == "replaced by subscriptions"
    assert not any("invoiceCollect" in change.where for change in upgrade.changes)  # gone since 196.0


def test_the_way_back_is_compared_too() -> None:
    back = dynzuora.diff("2020-12-10", "2020-12-10", zuora_version=("211.0", "186.0"))
    of_renewals = {c.where: c.message for c in back.breaking if "PUT_RenewSubscription" in c.operations}
    assert of_renewals == {
        "before version 196.0, body.collect": "replaced by invoiceCollect",
        "before version 211.0, body.targetDate": "replaced by invoiceTargetDate",
        "before version 211.0, body.runBilling": "not there",
    }


def test_statuses_of_failures_change_for_all_but_actions_and_crud(upgrade: Diff) -> None:
    [change] = [change for change in upgrade.changes if change.id == "version-errors"]
    paths = {id: DOCUMENT.index[id].path for id in DOCUMENT.index}
    assert set(change.operations) == {
        id
        for id, path in paths.items()
        if path.startswith("/v1/") and not id.startswith(("Action_", "Object_"))
    }


def test_the_same_version_changes_nothing() -> None:
    assert not dynzuora.diff("2020-12-10", "2020-12-10", zuora_version=("211.0", "211.0"))


CODE = """
from dynzuora import Client
import requests

client = Client()
client.call("PUT_RenewSubscription", subscription_key="1", body={"invoice": True, "collect": True})
order = client.call("POST_Order", body={})
print(order["subscriptionNumbers"][0], order["orderNumber"])
body = {"comment": "stays", "charges": [{"chargeId": "1", "amount": 2}]}
client.call("POST_DebitMemoFromPrpc", body=body)
for item in client.items("GET_CreditMemoItems", credit_memo_id="1"):
    print(item["comment"], item["amount"])
url = "https://rest.zuora.com/v1/subscriptions/preview"
preview = requests.post(url, json={"previewType": "InvoiceItem"})
print(preview.json()["amount"], preview.json()["invoice"]["amount"])
for product in client.call("GET_Catalog")["products"]:
    print(product["productRatePlans"][0])
"""


def test_lines_of_code_that_a_version_of_the_server_breaks_are_found(upgrade: Diff, tmp_path: Path) -> None:
    (tmp_path / "code.py").write_text(CODE, "utf-8")
    usage = upgrade.used_by(tmp_path)
    assert [(row.location.line, row.rule, row.subject, row.instead) for row in usage.findings] == [
        (6, "field-renamed", "body.invoice", '"runBilling": …'),
        (8, "reply-key-renamed", "reply.subscriptionNumbers", '["subscriptions"]'),
        (9, "field-renamed", "body.charges.chargeId", '"productRatePlanChargeId": …'),
        (12, "reply-key-renamed", "reply.items.comment", '["description"]'),
        (
            14,
            "value-refused",
            "body.previewType",
            "one of 'LegalDoc', 'ChargeMetrics', 'LegalDocChargeMetrics'",
        ),
        (15, "reply-key-renamed", "reply.amount", '["invoice"]["amount"]'),
        (17, "reply-type-changed", "reply.products.productRatePlans", "read it as a URL"),
    ]
    assert all(row.changes for row in usage.findings)


@pytest.mark.parametrize(
    ("versions", "problem"),
    [
        pytest.param(("211.0", "new"), "'new' is not a version of the server; write a number", id="a word"),
        pytest.param("211.0", "must be two versions, (old, new)", id="one"),
    ],
)
def test_a_version_that_is_none_is_refused(versions: Any, problem: str) -> None:
    with pytest.raises(ValueError, match=re.escape(problem)):
        dynzuora.diff("2020-12-10", "2020-12-10", zuora_version=versions)


def test_versions_are_compared_without_naming_a_document(tmp_path: Path) -> None:
    (tmp_path / "code.py").write_text(CODE, "utf-8")
    words = ["diff", "--zuora-version", "196.0", "211.0", "--used-by", str(tmp_path), "--fail-on", "breaking"]
    result = CliRunner().invoke(shell, words)
    assert result.exit_code == 1
    assert "2020-12-10 (Zuora-Version 196.0) → 2020-12-10 (Zuora-Version 211.0)" in result.stdout
    assert "code.py:6  PUT_RenewSubscription" in result.stdout
    assert result.stderr == "Error: --fail-on breaking: 3 uses that break.\n"
