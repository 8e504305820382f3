"""Object Query in the sandbox: filters, order, fields and expanded objects, as in the vendor's guide."""

from __future__ import annotations

from typing import Any

import pytest

from dynzuora import Client, errors
from tests.documents import document, operation, parameter

TEXTS = {"type": "array", "items": {"type": "string"}}
ARRAYS = [parameter(f"{name}[]", schema=TEXTS) for name in ("filter", "fields", "sort", "expand")]


def object_of(*names: str, **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {**{name: {"type": "string"} for name in names}, **more}}


ACCOUNT = object_of(
    *("id", "name", "accountNumber", "batch", "currency", "parentId", "billToId"),
    balance={"type": "number"},
    billTo=object_of("id", "firstName", "city"),
    subscriptions={"type": "array", "items": object_of("id", "status", "termType")},
)
PAGE = {"type": "object", "properties": {"data": {"type": "array", "items": ACCOUNT}}}
PAGE["properties"]["nextPage"] = {"type": "string"}


def reply(schema: dict[str, Any]) -> dict[str, Any]:
    return {"200": {"description": "", "content": {"application/json": {"schema": schema}}}}


SIZES = {"type": "integer", "maximum": 99, "default": 10}
DOCUMENT = document(
    {
        "/object-query/accounts": {
            "get": operation(
                "queryAccounts",
                *(parameter("pageSize", schema=SIZES), parameter("cursor"), *ARRAYS),
                responses=reply(PAGE),
            )
        },
        "/object-query/accounts/{key}": {
            "get": operation("queryAccount", parameter("key", "path"), *ARRAYS, responses=reply(ACCOUNT))
        },
        "/object-query/subscriptions/{key}": {
            "get": operation("querySubscription", parameter("key", "path"), responses=reply(object_of("id")))
        },
    }
)


@pytest.fixture(scope="module")
def client() -> Client:
    return Client.sandbox(DOCUMENT)


def names(client: Client, **params: Any) -> list[str]:
    """Return the first words of the names of the accounts that a query selects."""
    params = {f"{name}[]": value for name, value in params.items()}
    rows = client.call("queryAccounts", params=params)["data"]
    return [row["name"].partition(" ")[0] for row in rows]


@pytest.mark.parametrize(
    ("filters", "selected"),
    [
        (["currency.EQ:EUR"], ["Blue"]),
        (["currency.EQ:eur"], ["Blue"]),
        (["currency.NE:EUR"], ["Amber", "Cobalt"]),
        (["balance.GT:49"], ["Cobalt"]),
        (["balance.GE:49.0"], ["Amber", "Cobalt"]),
        (["balance.LT:49"], ["Blue"]),
        (["balance.LE:49"], ["Amber", "Blue"]),
        (["name.SW:blue h"], ["Blue"]),
        (["accountNumber.IN:[A00000001,A00000003]"], ["Amber", "Cobalt"]),
        (["parentId.EQ:null"], ["Amber", "Blue", "Cobalt"]),
        (["parentId.NE:null"], []),
        (["batch.EQ:Batch1", "balance.GT:100"], ["Cobalt"]),
        (["region__c.EQ:North"], []),
    ],
    ids=lambda value: " and ".join(value) if value and "." in value[0] else "",
)
def test_every_condition_of_a_filter_holds(client, filters, selected):
    assert names(client, filter=filters) == selected


@pytest.mark.parametrize(
    ("order", "selected"),
    [("balance.DESC", ["Cobalt", "Amber", "Blue"]), ("name.asc", ["Amber", "Blue", "Cobalt"])],
)
def test_rows_are_sorted_by_a_field(client, order, selected):
    assert names(client, sort=[order]) == selected


@pytest.mark.parametrize(
    ("params", "reasons"),
    [
        ({"filter[]": ["nope.EQ:1"]}, ["filter[]: nope is not a field of account"]),
        (
            {"filter[]": ["name.LIKE:A"]},
            ["filter[]: LIKE is not one of EQ, NE, LT, GT, LE, GE, SW, IN in 'name.LIKE:A'"],
        ),
        ({"filter[]": ["name=A"]}, ["filter[]: 'name=A' is not field.OP:value"]),
        ({"filter[]": ["name.IN:A"]}, ["filter[]: IN takes a list such as [a,b] in 'name.IN:A'"]),
        (
            {"sort[]": ["nope.ASC"], "account.fields[]": ["id", "zip"], "billto.fields[]": ["zip"]},
            [
                "sort[]: nope is not a field of account",
                "account.fields[]: zip is not a field of account",
                "billto.fields[]: zip is not a field of billto",
            ],
        ),
        ({"sort[]": ["name"]}, ["sort[]: 'name' is not field.ASC or field.DESC"]),
        ({"sort[]": ["name.ASC", "id.ASC"]}, ["sort[] takes one field"]),
    ],
    ids=["field", "operator", "condition", "list", "every reason at once", "order", "two orders"],
)
def test_a_query_of_what_does_not_exist_is_refused(client, params, reasons):
    with pytest.raises(errors.ApiError) as caught:
        client.call("queryAccounts", params=params, validate="off")
    assert caught.value.status == 400
    assert [reason.message.rstrip(".") for reason in caught.value.reasons] == reasons


def test_only_the_fields_asked_for_are_shown(client):
    params = {"account.fields[]": ["accountNumber", "currency"], "filter[]": ["currency.EQ:EUR"]}
    assert client.call("queryAccounts", params=params)["data"] == [
        {"accountNumber": "A00000002", "currency": "EUR"}
    ]


def test_an_object_is_shown_only_if_it_is_expanded(client):
    plain = client.call("queryAccount", key="A00000001", params={"fields[]": ["name"]})
    params = {"fields[]": ["name"], "expand[]": ["billto"], "billto.fields[]": ["city"]}
    expanded = client.call("queryAccount", key="A00000001", params=params)
    assert plain == {"name": "Amber Orchard Ltd"}
    assert expanded == {"name": "Amber Orchard Ltd", "billTo": {"city": "Leeds"}}


@pytest.mark.filterwarnings("ignore:.*has expanded:dynzuora.errors.RequestWarning")
def test_an_expanded_list_is_cut_at_the_page_size(client):
    params = {"fields[]": ["name"], "expand[]": ["subscriptions"], "subscriptions.fields[]": ["termType"]}
    [row] = client.call("queryAccounts", params={**params, "pageSize": 1})["data"]
    assert row == {"name": "Amber Orchard Ltd", "subscriptions": [{"termType": "TERMED"}]}


def test_pages_of_a_query_keep_its_filter(client):
    rows = client.items("queryAccounts", params={"filter[]": ["currency.EQ:USD"], "pageSize": 1})
    assert [row["accountNumber"] for row in rows] == ["A00000001", "A00000003"]


@pytest.mark.parametrize("version", ["2020-12-10", "2021-08-20"])
def test_a_data_query_is_found_again_in_every_version(version):
    body = {"query": "select Id from Account", "outputFormat": "JSON", "compression": "NONE"}
    job = Client.sandbox(version).submit("POST_DataQueryJob", body={**body, "output": {"target": "S3"}})
    assert job.wait().status == "completed"
