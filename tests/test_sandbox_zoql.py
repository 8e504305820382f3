"""Actions and ZOQL in the sandbox."""

from __future__ import annotations

import pytest

from tests.sandbox_tenant import Tenant


@pytest.fixture
def tenant() -> Tenant:
    return Tenant()


def test_actions_succeed_or_fail_row_by_row(tenant):
    rows = [{"Name": "One", "Currency": "USD"}, {"Name": "Two", "Currency": "USD"}]
    body = {"type": "Account", "objects": rows}
    made = tenant.value("POST", "/v1/action/create", json=body)
    assert [each["Success"] for each in made] == [True, True]
    changes = [
        {"Id": made[0]["Id"], "Name": "Uno", "fieldsToNull": ["Currency"]},
        {"Id": "nope", "Name": "x"},
    ]
    changed = tenant.value("POST", "/v1/action/update", json={"type": "Account", "objects": changes})
    assert changed[0] == {"Success": True, "Id": made[0]["Id"]}
    assert changed[1]["Errors"][0]["Code"] == "INVALID_ID"
    assert dict(tenant.sandbox.store.find("account", made[0]["Id"])).get("Currency") is None
    ids = [each["Id"] for each in made]
    deleted = tenant.value("POST", "/v1/action/delete", json={"type": "Account", "ids": ids})
    assert deleted == [{"success": True, "id": each} for each in ids]


def test_more_than_fifty_objects_in_one_action_are_refused(tenant):
    body = {"type": "Account", "objects": [{"Name": str(number)} for number in range(51)]}
    answer = tenant.post("/v1/action/create", json=body)
    assert answer.status_code == 400
    assert "the maximum per request is 50" in answer.json()[0]["Errors"][0]["Message"]


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("select AccountNumber from Account", ["A00000001", "A00000002", "A00000003"]),
        ("select AccountNumber from Account where Name = 'Cobalt Kite Studio'", ["A00000003"]),
        ("select AccountNumber from Account where Balance > 50", ["A00000003"]),
        ("select AccountNumber from Account where Currency != 'USD'", ["A00000002"]),
        ("select AccountNumber from Account where AutoPay = true and Batch = 'Batch1'", ["A00000001"]),
        (
            "select AccountNumber from Account where Batch = 'Batch2' or Balance >= 490",
            ["A00000002", "A00000003"],
        ),
        ("select AccountNumber from Account where Name like 'Blue%'", ["A00000002"]),
        ("select AccountNumber from Account where ParentId = null limit 1", ["A00000001"]),
        ("select AccountNumber from Account where ParentId != null", []),
    ],
    ids=["all", "equal", "greater", "not", "and", "or", "like", "null", "not null"],
)
def test_zoql_answers_simple_questions(tenant, query, numbers):
    reply = tenant.value("POST", "/v1/action/query", json={"queryString": query})
    assert [each["AccountNumber"] for each in reply["records"]] == numbers
    assert (reply["done"], reply["size"]) == (True, len(numbers))


def test_a_field_without_a_value_is_missing_from_its_zoql_row(tenant):
    query = {"queryString": "select Id, ParentId, Name from Account where AccountNumber = 'A00000001'"}
    [row] = tenant.value("POST", "/v1/action/query", json=query)["records"]
    assert row.keys() == {"Id", "Name"}


def test_a_long_zoql_result_goes_on_behind_a_locator(tenant):
    query = {"queryString": "select InvoiceNumber from Invoice", "conf": {"batchSize": 2}}
    page = tenant.value("POST", "/v1/action/query", json=query)
    rows = page["records"]
    while not page["done"]:
        page = tenant.value("POST", "/v1/action/queryMore", json={"queryLocator": page["queryLocator"]})
        rows += page["records"]
    assert [each["InvoiceNumber"] for each in rows] == [f"INV0000000{number}" for number in range(1, 6)]


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("delete everything", id="not a query"),
        pytest.param("select * from Account", id="every field"),
        pytest.param("select Id from Account order by Name", id="order"),
        pytest.param("select Id from Account where Currency in ('USD')", id="in"),
        pytest.param("select Currency from Account group by Currency", id="group"),
        pytest.param("select Id from Account join Invoice on Id = AccountId", id="join"),
        pytest.param("select Id from Account where Id = (select Id from Account)", id="subquery"),
        pytest.param("describe Account", id="describe"),
    ],
)
def test_zoql_that_is_not_understood_is_refused(tenant, query):
    answer = tenant.post("/v1/action/query", json={"queryString": query})
    assert answer.status_code == 400
    assert answer.json()["message"].startswith("MALFORMED_QUERY")


@pytest.mark.parametrize("field", ["count(*)", "count(Id)", "distinct Currency", "Name alias", "Nope"])
def test_zoql_has_fields_only(tenant, field):
    answer = tenant.post("/v1/action/query", json={"queryString": f"select {field} from Account"})
    assert answer.json()["message"] == f"INVALID_FIELD: invalid field for query: account.{field}."
