"""The twelve jobs of the notebook, each short, and each with the effect on the tenant that it is for."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pandas")

NOTEBOOK = Path(__file__).parent.parent / "notebooks" / "02-twelve-jobs.ipynb"
CELLS = [cell for cell in json.loads(NOTEBOOK.read_text("utf-8"))["cells"] if cell["cell_type"] == "code"]
SCRIPTS = ["".join(cell["source"]) for cell in CELLS]


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The names that the notebook leaves behind, run from top to bottom in an empty folder."""
    names: dict[str, Any] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("notebook"))
        for number, script in enumerate(SCRIPTS):
            exec(compile(script, f"job {number}", "exec"), names)
            if number == 1:  # a later one bills
                names["kept_by_1"] = {kind: records(names, kind) for kind in ("invoice", "invoiceitem")}
        names["folder"] = Path.cwd()
    return names


@pytest.fixture
def kept(names: dict[str, Any]) -> Callable[..., list[Any]]:
    """Return what the tenant holds of a kind, past the API."""
    return lambda kind, entity=None: records(names, kind, entity)


def records(names: dict[str, Any], kind: str, entity: str | None = None) -> list[Any]:
    return list(names["client"]._connection.adapter.sandbox.store.records(kind, entity))


def test_there_are_twelve_and_none_is_longer_than_fifteen_lines() -> None:
    assert len(SCRIPTS[1:]) == 12
    assert max(len(script.splitlines()) for script in SCRIPTS) <= 15


def test_1_every_invoice_item_and_pdf_is_there(names: Any) -> None:
    kept = names["kept_by_1"]
    invoices = [each for each in kept["invoice"] if each.value("accountnumber") == "A00000001"]
    assert set(names["invoices"]["invoiceNumber"]) == {each.number for each in invoices}
    ids = {each.id for each in invoices}
    expected = {each.id for each in kept["invoiceitem"] if each.value("invoiceid") in ids}
    assert {each["id"] for each in names["items"]} == expected
    files = [names["folder"] / each for each in names["files"]]
    assert files
    assert all(each.read_bytes().startswith(b"%PDF") for each in files)


def test_2_the_account_its_subscription_and_the_order_are_there(names: Any, kept: Any) -> None:
    created = names["created"]
    [account] = [each for each in kept("account") if each.number == created["accountNumber"]]
    assert account["name"] == "Ember & Sons"
    assert [each.number for each in kept("order")][-1] == created["orderNumber"]
    subscriptions = [each for each in kept("subscription") if each.value("accountnumber") == account.number]
    assert [each.number for each in subscriptions] == created["subscriptionNumbers"]


def test_3_and_4_every_account_is_a_row_and_balances_are_exact(names: Any, kept: Any) -> None:
    balances = {each.number: each.value("balance") or 0 for each in kept("account")}
    frame, accounts = names["frame"], names["accounts"]
    assert dict(zip(accounts["AccountNumber"], accounts["Balance"], strict=True)).keys() == balances.keys()
    assert set(frame["accountNumber"]) == set(balances)
    assert Decimal("49.00") in set(frame["balance"])


def test_5_the_export_has_a_line_for_each_account(names: Any, kept: Any) -> None:
    lines = (names["folder"] / names["path"]).read_text().splitlines()
    assert (lines[0], {each.partition(",")[0] for each in lines[1:]}) == (
        "Id,Name",
        {each.id for each in kept("account")},
    )


def test_6_the_credit_memo_is_posted_and_applied_to_the_cent(names: Any, kept: Any) -> None:
    [memo] = [each for each in kept("creditmemo") if each.id == names["memo"]["id"]]
    assert (memo["status"], memo["amount"], memo["appliedAmount"]) == (
        "Posted",
        Decimal("10.10"),
        Decimal("10.10"),
    )


def test_7_the_subscription_is_cancelled(kept: Any) -> None:
    [subscription] = [each for each in kept("subscription") if each.number == "A-S00000002"]
    assert subscription["status"] == "Cancelled"


def test_8_every_account_has_the_custom_field(names: Any, kept: Any) -> None:
    assert {each["Region__c"] for each in kept("account")} == {"EMEA"}
    assert (len(names["results"]), names["failed"]) == (len(kept("account")), [])


def test_9_one_sequence_set_was_added_and_changed(names: Any, kept: Any) -> None:
    added = [each for each in kept("sequenceset") if each.id not in {one["id"] for one in names["before"]}]
    assert [(each["name"], each["invoice"]["prefix"]) for each in added] == [("FRANCE", "FRA-")]
    assert added[0]["creditMemo"] == {"prefix": "FR-", "startNumber": 100}


def test_10_the_entities_are_connected(names: Any, kept: Any) -> None:
    [connection] = [each for each in kept("entityconnection") if each.id == names["request"]["id"]]
    assert connection["status"] == "Connected"


def test_11_the_bill_run_is_posted(names: Any, kept: Any) -> None:
    [run] = [each for each in kept("billrun") if each.id == names["run"].id]
    assert run["Status"] == "Posted"
    assert len(names["expected"]) >= 3


def test_12_the_usage_is_there_and_the_mass_action_did_every_row(names: Any, kept: Any) -> None:
    usage = kept("usage")[-1]
    assert (usage["accountNumber"], usage["quantity"]) == ("A00000001", 12)
    assert [each["Success"] for each in names["rows"]] == ["true"]
