"""Lists: every one pages, by its own style, through as many rows as are wanted, each exactly once."""

from __future__ import annotations

import csv
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from dynzuora import paging
from tests.generated import parameters_for
from tests.sandbox_tenant import ORIGIN, Tenant

TABLE = Path(__file__).parent / "data" / "paging-2020-12-10.tsv"
ROWS = 95


def lists() -> list[str]:
    with TABLE.open(newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", restval=""))
    return [row["operation"] for row in rows if row["items"] and row["operation"].startswith(("GET", "Get"))]


@pytest.fixture(scope="module")
def tenant() -> Tenant:
    return Tenant(rows=ROWS)


def rows_of(tenant: Tenant, operation, **query) -> list[dict]:
    """Go through a list as its style wants it; 20 pages are all, since a link back would never end."""
    style = paging.infer(operation.dereferenced)
    url = operation.prepare(params=parameters_for(operation, required_only=True) | query).url
    rows: list[dict] = []
    for page in range(2, 22):
        reply = tenant.value("GET", url)
        rows += reply[style.items]
        following = NEXT[style.name](reply, url, page, rows, style)
        if following is None:
            return rows
        url = following
    raise AssertionError(f"{operation.id} does not end")


def linked(name):
    def follow(reply, url, page, rows, style):
        link = reply
        for step in name.split("."):
            link = link.get(step) if isinstance(link, dict) else None
        assert link is None or link.startswith(ORIGIN + "/")
        return link

    return follow


def with_query(url, **changes):
    parts = urlsplit(url)
    query = "&".join(f"{name}={value}" for name, value in {**dict(parse_qsl(parts.query)), **changes}.items())
    return f"{parts.path}?{query}"


def numbered(reply, url, page, rows, style):
    return with_query(url, page=page) if reply[style.items] else None


def by_last_id(reply, url, page, rows, style):
    return with_query(url, cursor=rows[-1]["Id"]) if len(rows) < reply["count"] else None


def whole(reply, url, page, rows, style):
    return None


NEXT = {
    "nextPage-url": linked("nextPage"),
    "next-link": linked("next"),
    "pagination.next_page": linked("pagination.next_page"),
    "page-number": numbered,
    "cursor-last-id": by_last_id,
    "capped": whole,
    "unpaged-list": whole,
}


@pytest.mark.parametrize("identifier", lists())
def test_every_list_pages_through_95_rows_exactly_once_each(tenant, identifier):
    operation = tenant.sandbox.document.operations[identifier]
    style = paging.infer(operation.dereferenced)
    largest = {style.size: style.size_max} if style.size_max else {}
    rows = rows_of(tenant, operation, **largest)
    assert len(rows) == ROWS
    identifiers = [each.get("id") or each.get("Id") or each.get("key") for each in rows]
    if identifiers[0] is not None:
        assert len(set(map(str, identifiers))) == ROWS


def test_the_links_keep_the_filters_and_the_size():
    page = Tenant(rows=ROWS).value("GET", "/v1/payments?pageSize=7&status=Processed")
    assert page["nextPage"] == f"{ORIGIN}/v1/payments?status=Processed&pageSize=7&page=2"
    assert {each["status"] for each in page["payments"]} == {"Processed"}


@pytest.mark.parametrize(
    ("size", "length"),
    [("", 20), ("5", 5), ("40", 40), ("500", 40), ("0", 20), ("-3", 20), ("many", 20)],
    ids=["default", "small", "largest", "too large", "zero", "negative", "no number"],
)
def test_a_page_size_is_capped_and_an_invalid_one_forgiven(tenant, size, length):
    assert len(tenant.value("GET", f"/v1/orders?pageSize={size}")["orders"]) == length


def test_without_rows_a_list_holds_what_the_tenant_holds():
    tenant = Tenant()
    assert len(tenant.value("GET", "/v1/orders")["orders"]) == 4
    assert len(tenant.value("GET", "/v1/hostedpages")["hostedpages"]) == 1


def test_a_created_row_comes_to_those_that_were_made_up():
    tenant = Tenant(rows=3)
    assert len(tenant.value("GET", "/v1/accounting-codes")["accountingCodes"]) == 3
    tenant.value("POST", "/v1/accounting-codes", json={"name": "Petty cash", "type": "Cash"})
    codes = tenant.value("GET", "/v1/accounting-codes")["accountingCodes"]
    assert [len(codes), codes[2]["name"]] == [4, "Petty cash"]


def test_a_row_that_was_made_up_can_be_read_changed_and_deleted():
    tenant = Tenant(rows=5)
    last = tenant.value("GET", "/v1/payments")["payments"][-1]
    path = f"/v1/payments/{last['id']}"
    tenant.value("PUT", path, json={"comment": "seen"})
    assert tenant.value("GET", path)["comment"] == "seen"
    tenant.value("DELETE", path)
    assert tenant.get(path).status_code == 404
    assert len(tenant.value("GET", "/v1/payments")["payments"]) == 4


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("status=Processed", ["P-00000001", "P-00000002", "P-00000003"]),
        ("amount=49", ["P-00000001"]),
        ("type=External&currency=EUR", ["P-00000003"]),
        ("unappliedAmount=0", ["P-00000001", "P-00000002"]),
        ("sort=amount", ["P-00000002", "P-00000003", "P-00000001"]),
        ("sort=-amount", ["P-00000001", "P-00000003", "P-00000002"]),
        ("sort=-type,%2Bnumber", ["P-00000002", "P-00000001", "P-00000003"]),
    ],
)
def test_payments_are_filtered_by_property_and_sorted_in_zuoras_way(query, numbers):
    payments = Tenant().value("GET", f"/v1/payments?{query}")["payments"]
    assert [each["number"] for each in payments] == numbers


def test_a_filter_by_what_is_no_number_finds_no_amount():
    tenant = Tenant()
    found = [tenant.value("GET", f"/v1/creditmemos?balance={each}")["creditmemos"] for each in ("--1", "40")]
    assert [len(each) for each in found] == [0, 1]


def test_the_word_null_asks_for_rows_without_a_value():
    memos = "/v1/creditmemos?referredInvoiceId="
    assert len(Tenant().value("GET", f"{memos}null")["creditmemos"]) == 0
    assert len(Tenant().value("GET", "/v1/payments?createdById=null")["payments"]) == 0


def test_entities_are_filtered_by_whether_they_are_provisioned():
    tenant = Tenant()
    tenant.value(
        "POST", "/v1/entities", json={"name": "Asia", "displayName": "Asia", "locale": "ja_JP"} | PLACE
    )
    names = [
        [each["name"] for each in tenant.value("GET", f"/v1/entities?provisioned={text}")["entities"]]
        for text in ("true", "false")
    ]
    assert names == [["Meadow Holdings", "Meadow Europe"], ["Asia"]]


PLACE = {"parentId": "5e0a1c2b3d4f46578a9b0c1d2e3f4051", "timezone": "Asia/Tokyo"}


def test_billing_documents_are_invoices_and_memos_in_one_list():
    tenant = Tenant()
    account = tenant.sandbox.store.find("account", "A00000003").id
    documents = tenant.value("GET", f"/v1/billing-documents?accountId={account}")["documents"]
    assert [(each["documentType"], each["documentNumber"]) for each in documents] == [
        ("Invoice", "INV00000005"),
        ("CreditMemo", "CM00000001"),
    ]


def test_a_list_below_an_object_that_is_not_there_is_a_404():
    assert Tenant().get("/v1/invoices/nope/items").status_code == 404


def test_custom_object_records_go_on_after_the_last_id_and_keep_every_field():
    tenant = Tenant()
    body = {"records": [{"name": f"n{number}", "weight__c": number} for number in range(5)]}
    made = tenant.value("POST", "/objects/records/default/crate", json=body)["records"]
    first = tenant.value("GET", "/objects/records/default/crate?pageSize=2")
    assert (first["count"], [each["weight__c"] for each in first["records"]]) == (5, [0, 1])
    rest = tenant.value("GET", f"/objects/records/default/crate?pageSize=9&cursor={made[1]['Id']}")
    assert [each["name"] for each in rest["records"]] == ["n2", "n3", "n4"]
    assert tenant.value("GET", "/objects/records/default/barrel")["records"] == []
