"""Object Query: filters as values, what is said of wrong ones, and lists that may be cut off."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from dynzuora import Client, errors, where
from dynzuora.errors import RequestWarning
from tests.test_sandbox_object_query import DOCUMENT


@pytest.fixture(scope="module")
def client() -> Client:
    return Client.sandbox(DOCUMENT)


NINE = datetime(2024, 1, 1, 9, tzinfo=timezone(timedelta(hours=2)))


@pytest.mark.parametrize(
    ("conditions", "filters"),
    [
        ({"currency": "CAD"}, ("currency.EQ:CAD",)),
        ({"currency": "CAD", "balance__gt": Decimal("10.50")}, ("currency.EQ:CAD", "balance.GT:10.50")),
        ({"balance__in": [1e20, 1e-7, 19.99]}, ("balance.IN:[100000000000000000000,0.0000001,19.99]",)),
        ({"updateddate__lt": NINE}, ("updateddate.LT:2024-01-01T07:00:00Z",)),
        ({"lastinvoicedate__ge": date(2024, 4, 22)}, ("lastinvoicedate.GE:2024-04-22",)),
        ({"name__in": ["Amy", "Bella"]}, ("name.IN:[Amy,Bella]",)),
        ({"parentid": None, "autopay": True}, ("parentid.EQ:null", "autopay.EQ:true")),
        ({"Region__c": "North", "Region__c__ne": 7}, ("Region__c.EQ:North", "Region__c.NE:7")),
        ({}, ()),
    ],
)
def test_conditions_become_filters(conditions: dict[str, Any], filters: tuple[str, ...]) -> None:
    assert where(**conditions) == filters


@pytest.mark.parametrize(
    ("conditions", "message"),
    [
        (
            {"balance__gtt": 1},
            "balance__gtt: GTT is not one of EQ, NE, LT, GT, LE, GE, SW, IN. Did you mean GT?",
        ),
        ({"name__in": "Amy"}, "name__in takes a list of values, not 'Amy'."),
        ({"name__in": ["a,b"]}, "name__in: a value of IN cannot contain a comma."),
        ({"name": ["a"]}, r"name: a filter cannot have the value ['a']."),
        ({"balance__ge": math.nan}, "balance__ge: a filter cannot have the value Decimal('NaN')."),
        (
            {"balance__in": [Decimal("inf")]},
            "balance__in: a filter cannot have the value Decimal('Infinity').",
        ),
    ],
)
def test_conditions_that_no_filter_can_say_are_refused(conditions: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError) as caught:
        where(**conditions)
    assert str(caught.value) == message


def test_filters_select_rows(client: Client) -> None:
    rows = client.items("queryAccounts", filter=where(currency="USD", balance__gt=100)).to_list()
    assert [row["name"] for row in rows] == ["Cobalt Kite Studio"]


def test_filters_that_are_none_are_all_named_before_anything_is_sent(client: Client) -> None:
    with pytest.raises(errors.InvalidRequest) as caught:
        client.prepare("queryAccounts", filter=["currency=CAD", "balance.GTT:1", "name.EQ:x"])
    assert [problem.message for problem in caught.value.problems] == [
        "is not a filter such as currency.EQ:CAD; dynzuora.where writes them.",
        "GTT is not one of EQ, NE, LT, GT, LE, GE, SW, IN. Did you mean GT?",
    ]


def test_a_filter_by_an_unknown_field_is_told_with_the_nearest(client: Client) -> None:
    with pytest.warns(RequestWarning, match=r"filters by curency, .* Did you mean currency\?"):
        client.call("queryAccounts", filter=where(curency="CAD"), validate="standard", dry_run=True)


def test_filters_by_custom_fields_and_with_validate_off_are_taken_as_they_are(client: Client) -> None:
    request = client.prepare("queryAccounts", filter=where(Region__c="x"))
    assert request.warnings == ()
    assert client.prepare("queryAccounts", filter=["anything"], validate="off").warnings == ()


def test_fields_of_expanded_objects_are_taken(client: Client) -> None:
    query = {"account.fields[]": ["id"], "billto.fields[]": ["city"], "expand[]": ["billto"]}
    row = client.items("queryAccounts", params=query).first()
    assert (sorted(row), sorted(row["billTo"])) == (["billTo", "id"], ["city"])


def test_a_full_list_of_expanded_objects_warns_that_there_may_be_more(client: Client) -> None:
    with pytest.warns(RequestWarning, match="has expanded subscriptions: .* there may be more"):
        reply = client.call("queryAccounts", params={"expand[]": ["subscriptions"], "pageSize": 1})
    assert "expanded subscriptions" in reply.meta.warnings[-1].message
    with pytest.warns(RequestWarning, match="queryAccounts: has expanded subscriptions"):
        client.items("queryAccounts", params={"expand[]": ["subscriptions"], "pageSize": 1}).to_list()


def test_shorter_lists_of_expanded_objects_do_not_warn(client: Client) -> None:
    rows = client.items("queryAccounts", params={"expand[]": ["subscriptions"]}).to_list()
    assert max(len(row["subscriptions"]) for row in rows) > 0
