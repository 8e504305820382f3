"""What the sandbox refuses, in the shape of the operation's family, with every fault at once."""

from __future__ import annotations

import pytest

from dynzuora.operation import load
from tests.documents import document as small
from tests.documents import operation
from tests.sandbox_tenant import Tenant


@pytest.fixture
def tenant() -> Tenant:
    return Tenant()


@pytest.fixture(scope="module")
def document():
    return load("2020-12-10")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (
            "/v1/accounts/nope",
            {
                "success": False,
                "processId": "5A4D0B0C00000000",
                "reasons": [{"code": 50000040, "message": "There is no account 'nope'."}],
            },
        ),
        ("/v1/object/account/nope", {"done": True, "records": [], "size": 0}),
        (
            "/events/event-triggers/nope",
            {"reasons": [{"code": "ObjectNotFound", "message": "There is no eventtrigger 'nope'."}]},
        ),
        ("/query/jobs/nope", {"code": 1001, "message": "There is no dataquery 'nope'."}),
        (
            "/workflows/77",
            {"errors": [{"code": "40", "status": "404", "title": "There is no workflow '77'."}]},
        ),
        ("/v1/nowhere", {"message": "There is no /v1/nowhere in this document."}),
    ],
    ids=["E1", "E9", "E4", "E5", "E8", "E7"],
)
def test_an_unknown_id_is_a_404_in_the_shape_of_its_family(tenant, path, body):
    answer = tenant.get(path)
    assert (answer.status_code, answer.json()) == (404, body)


def test_every_fault_of_a_request_is_named_at_once(tenant):
    body = {"name": 5, "billToContact": {}, "autoPay": "perhaps"}
    answer = tenant.post("/v1/accounts", json=body)
    assert answer.status_code == 400
    messages = [each["message"] for each in answer.json()["reasons"]]
    assert len(messages) >= 3
    assert any("currency" in each and "required" in each for each in messages)
    assert any("autoPay" in each for each in messages)
    assert {each["code"] for each in answer.json()["reasons"]} == {50000020, 50000022}


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ('{"n":5}', "filter.n: is 5; allowed: 3 or less."),
        ("x", "filter: expected an object, got a string of 1 character."),
    ],
    ids=["above the limit", "no JSON"],
)
def test_a_parameter_that_is_json_is_checked_like_any_other(sent, message):
    schema = {"type": "object", "properties": {"n": {"type": "integer", "maximum": 3}}}
    parameter = {"name": "filter", "in": "query", "content": {"application/json": {"schema": schema}}}
    tenant = Tenant(small({"/things": {"get": operation("GET_Things", parameter)}}))
    reasons = tenant.get("/things", params={"filter": sent}).json()["reasons"]
    assert reasons == [{"code": 50000027, "message": message}]


def test_a_crud_refusal_has_errors_in_capitals(tenant):
    answer = tenant.post("/v1/object/account", json={})
    assert (answer.status_code, answer.json()["Success"]) == (400, False)
    assert answer.json()["Errors"][0]["Code"] == "MISSING_REQUIRED_VALUE"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/action/create", {"type": "Account", "objects": [None]}),
        ("POST", "/v1/action/update", {"type": "Account", "objects": [None]}),
        ("POST", "/v1/orders", {"orderDate": "2026-01-05", "subscriptions": [None]}),
        ("PUT", "/v1/payments/P-00000001/apply", {"invoices": [None], "debitMemos": None}),
        ("POST", "/objects/batch/default/crate", {"action": None}),
    ],
    ids=lambda value: value if str(value).startswith("/") else None,
)
def test_nulls_where_nobody_expects_them_break_nothing(tenant, method, path, body):
    assert tenant.request(method, path, json=body).status_code in (200, 400)


def test_unknown_fields_are_dropped_silently_unless_the_caller_objects(tenant):
    body = {
        "UomName": "Crate",
        "DisplayedAs": "Crate",
        "DecimalPlaces": 0,
        "RoundingMode": "UP",
        "Colour": "red",
    }
    body["Active"] = True
    assert tenant.post("/v1/object/unit-of-measure", json=body).ok
    answer = tenant.post("/v1/object/unit-of-measure?rejectUnknownFields=true", json=body)
    assert (answer.status_code, answer.json()) == (400, {"message": "unrecognised fields: body.Colour"})


@pytest.mark.parametrize(
    ("options", "status", "code"),
    [
        ({"data": b"{", "headers": {"Content-Type": "application/json"}}, 400, 50000090),
        ({"data": b"<a/>", "headers": {"Content-Type": "text/xml"}}, 415, 50000020),
        ({}, 400, 50000022),
    ],
    ids=["no JSON", "wrong media type", "no body"],
)
def test_a_body_that_cannot_be_read_is_refused(tenant, options, status, code):
    answer = tenant.post("/v1/sequence-sets", **options)
    assert (answer.status_code, answer.json()["reasons"][0]["code"]) == (status, code)


def test_a_method_the_path_does_not_take_is_a_405(tenant):
    answer = tenant.delete("/v1/sequence-sets")
    assert (answer.status_code, answer.json()["reasons"][0]["code"]) == (405, 50000045)


def test_a_missing_query_parameter_is_named(tenant):
    answer = tenant.get("/v1/billing-documents")
    assert answer.json()["reasons"] == [
        {"code": 50000023, "message": "The query parameter accountId is required."}
    ]
