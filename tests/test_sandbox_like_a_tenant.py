"""A sandbox refuses what a tenant refuses, bills what a tenant bills, and shows the same types."""

from __future__ import annotations

import inspect
from decimal import Decimal
from typing import Any

import pytest

from dynzuora import Client, errors
from dynzuora.operation import load
from tests.documents import body_of, document, operation, parameter
from tests.sandbox_examples import compared, summary
from tests.sandbox_tenant import Tenant


@pytest.fixture
def tenant() -> Tenant:
    return Tenant()


@pytest.fixture
def client() -> Client:
    return Client.sandbox()


def reasons(tenant: Tenant, method: str, path: str, **options: Any) -> list[tuple[int, str]]:
    """Return the category and message of each reason of a refusal."""
    answer = tenant.request(method, path, **options)
    return [(reason["code"] % 100, reason["message"]) for reason in answer.json()["reasons"]]


# --- states and policies ----------------------------------------------------------------

SUBSCRIPTION = "/v1/subscriptions/A-S00000001"
POLICIES = "Today, SpecificDate, FixedPeriodsFromToday, FixedPeriodsFromSuspendDate"


@pytest.mark.parametrize(
    ("verb", "body", "refused"),
    [
        (
            "cancel",
            {"cancellationPolicy": "Nope"},
            [
                (
                    20,
                    "body.cancellationPolicy: expected one of 'EndOfCurrentTerm', 'EndOfLastInvoicePeriod', "
                    "'SpecificDate'; got 'Nope'.",
                )
            ],
        ),
        (
            "cancel",
            {"cancellationPolicy": "SpecificDate"},
            [(22, "cancellationEffectiveDate is required if cancellationPolicy is SpecificDate.")],
        ),
        (
            "suspend",
            {"suspendPolicy": "FixedPeriodsFromToday", "suspendPeriods": 1, "resumePolicy": "Never"},
            [
                (22, "suspendPeriodsType is required if suspendPolicy is FixedPeriodsFromToday."),
                (20, f"resumePolicy must be {POLICIES}; 'Never' is not."),
            ],
        ),
        (
            "resume",
            {"resumePolicy": "Today"},
            [
                (
                    30,
                    "The subscription A-S00000001 is Active; it must be Suspended: resume is not possible.",
                )
            ],
        ),
    ],
    ids=["unknown policy", "policy without its date", "every reason at once", "wrong state"],
)
def test_an_action_is_refused_for_its_policy_or_the_state(tenant, verb, body, refused):
    assert reasons(tenant, "PUT", f"{SUBSCRIPTION}/{verb}", json=body) == refused


def test_a_subscription_is_cancelled_once(tenant):
    body = {"cancellationPolicy": "EndOfCurrentTerm"}
    tenant.value("PUT", f"{SUBSCRIPTION}/cancel", json=body)
    assert reasons(tenant, "PUT", f"{SUBSCRIPTION}/cancel", json=body) == [
        (30, "The subscription A-S00000001 is Cancelled: cancel is not possible.")
    ]


def test_only_a_canceled_memo_is_deleted(tenant):
    memo = tenant.value("GET", "/v1/creditmemos?pageSize=1")["creditmemos"][0]
    [(category, message)] = reasons(tenant, "DELETE", f"/v1/creditmemos/{memo['id']}")
    assert (category, message.partition(";")[2]) == (30, " it must be Cancelled: delete is not possible.")
    assert tenant.get(f"/v1/creditmemos/{memo['id']}").ok


def test_an_invoice_with_payments_is_not_reversed(tenant):
    listed = tenant.value("GET", "/v1/transactions/invoices/accounts/A00000001")["invoices"]
    paid = next(invoice for invoice in listed if invoice["balance"] != invoice["amount"])
    [(category, message)] = reasons(tenant, "PUT", f"/v1/invoices/{paid['id']}/reverse", json={})
    assert (category, message.partition(" has been applied")[1:]) == (
        30,
        (" has been applied", ": reverse is not possible."),
    )


def test_a_posted_memo_is_not_canceled_before_it_is_unposted(tenant):
    [memo] = tenant.value("GET", "/v1/creditmemos?pageSize=1")["creditmemos"]
    path = f"/v1/creditmemos/{memo['id']}"
    assert memo["status"] == "Posted"
    [(category, message)] = reasons(tenant, "PUT", f"{path}/cancel")
    assert (category, message.partition(";")[2]) == (30, " it must be Draft: cancel is not possible.")
    tenant.value("PUT", f"{path}/unpost")
    assert tenant.value("PUT", f"{path}/cancel")["status"] == "Canceled"


# --- bill runs --------------------------------------------------------------------------

RUN = {"Batch": "Batch1", "InvoiceDate": "2026-03-31", "TargetDate": "2026-03-31"}
OF_RUN = "select InvoiceNumber, Amount, Status from Invoice where InvoiceDate = '2026-03-31'"


def invoices(client: Client) -> list[tuple[str, Decimal, str]]:
    rows = client.items("Action_POSTquery", body={"queryString": OF_RUN})
    return [(row["InvoiceNumber"], row["Amount"], row["Status"]) for row in rows]


def test_a_bill_run_makes_invoices_and_posts_them(client):
    run = client.submit("Object_POSTBillRun", body=RUN).wait()
    # February's comb fee is billed already, March's is not; the watch fee is billed from January on
    assert invoices(client) == [("INV00000006", Decimal("289.00"), "Draft")]
    client.submit("Object_PUTBillRun", id=run.id, body={"Status": "Posted"}).wait()
    assert invoices(client) == [("INV00000006", Decimal("289.00"), "Posted")]
    with pytest.raises(errors.ApiError, match="is Posted: Canceled is not possible"):
        client.call("Object_PUTBillRun", id=run.id, body={"Status": "Canceled"})


def test_a_second_bill_run_bills_nothing_twice(client):
    client.submit("Object_POSTBillRun", body=RUN).wait()
    client.submit("Object_POSTBillRun", body=RUN).wait()
    assert invoices(client) == [("INV00000006", Decimal("289.00"), "Draft")]


def test_canceling_a_bill_run_removes_its_invoices(client):
    run = client.submit("Object_POSTBillRun", body=RUN).wait()
    client.submit("Object_PUTBillRun", id=run.id, body={"Status": "Canceled"}).wait()
    assert invoices(client) == []


# --- queries ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("select Nope, Id from Account", "INVALID_FIELD: invalid field for query: account.Nope."),
        ("select Id from Account where Nope = 1", "INVALID_FIELD: invalid field for query: account.Nope."),
        ("select Id from Nope", "INVALID_TYPE: invalid type for query: Nope."),
    ],
    ids=["field", "condition", "object"],
)
def test_zoql_of_what_does_not_exist_is_refused(tenant, query, message):
    answer = tenant.post("/v1/action/query", json={"queryString": query})
    assert (answer.status_code, answer.json()) == (400, {"message": message})


def test_an_export_of_what_does_not_exist_fails(client):
    export = client.submit(
        "Object_POSTExport", body={"Format": "csv", "Name": "x", "Query": "select Nope from Account"}
    )
    with pytest.raises(errors.JobFailed, match="INVALID_FIELD"):
        export.wait()


# --- the client -------------------------------------------------------------------------


def test_a_client_of_a_sandbox_takes_the_options_of_any_client():
    login = {"client_id", "client_secret", "token", "token_url", "profile"}
    connection = login | {"self", "environment", "transport"}
    options = dict(inspect.signature(Client.__init__).parameters)
    own = dict(inspect.signature(Client.sandbox).parameters)
    del own["faults"]
    assert {name: option.replace(annotation=None) for name, option in own.items()} == {
        name: option.replace(annotation=None) for name, option in options.items() if name not in connection
    }


def test_the_options_of_a_sandbox_have_their_effect(tmp_path):
    attempts: list[Any] = []
    client = Client.sandbox(
        aliases={"mine": "GET_Account"},
        floats=True,
        on_attempt=lambda request, attempt: attempts.append(request.operation_id),
        usage_log=tmp_path / "usage.json",
    )
    assert client.call("mine", account_key="A00000001")["basicInfo"]["name"] == "Amber Orchard Ltd"
    assert attempts == ["createToken", "GET_Account"]
    assert "GET_Account" in (tmp_path / "usage.json").read_text("utf-8")
    assert Client.sandbox(dry_run=True).call("GET_Account", account_key="A00000001").method == "GET"


# --- JSON types -------------------------------------------------------------------------


def test_money_is_a_number_as_in_the_vendors_examples(client):
    rows = client.items("GET_TransactionInvoice", account_key="A00000003")
    assert [(row["amount"], row["balance"] > 0) for row in rows] == [(Decimal("490.00"), True)]
    assert client.call("GET_Account", account_key="A00000003")["metrics"]["balance"] == Decimal("490.00")


@pytest.mark.parametrize(
    ("declared", "example", "shown"),
    [
        ({"type": "string", "format": "decimal"}, None, 1),
        ({"type": "string", "format": "decimal"}, "1", "1"),
        ({"type": "string"}, None, "1"),
        ({"type": "string"}, 3, 1),
        ({"type": "string", "enum": ["1", "2"]}, 3, "1"),
    ],
    ids=["amount", "amount shown as text", "text", "text shown as a number", "enum"],
)
def test_the_type_of_a_reply_field_is_that_of_its_example_or_by_its_format(declared, example, shown):
    media = {"schema": {"type": "object", "properties": {"size": declared}}}
    media |= {} if example is None else {"example": {"size": example}}
    reply = {"200": {"description": "", "content": {"application/json": media}}}
    new = {"type": "object", "properties": {"id": {"type": "string"}, "size": {"type": "string"}}}
    made = {"200": {"description": "", "content": {"application/json": {"schema": new}}}}
    paths = {
        "/things": {
            "post": operation("make-thing", requestBody=body_of("application/json", new), responses=made)
        },
        "/things/{id}": {"get": operation("get-thing", parameter("id", "path"), responses=reply)},
    }
    client = Client.sandbox(document(paths))
    key = client.call("make-thing", body={"size": "1"})["id"]
    assert client.call("get-thing", id=key) == {"size": shown}


def test_balances_are_numbers_to_compare(client):
    invoices = list(client.items("GET_TransactionInvoice", account_key="A00000001"))
    assert [invoice["invoiceNumber"] for invoice in invoices if invoice["balance"] > 0] == ["INV00000002"]
    assert {type(invoice[name]) for invoice in invoices for name in ("amount", "balance")} <= {int, Decimal}


SPELLED_BY_THE_SCHEMA = {
    ("Object_DELETEBillRun", ".Id", ".id"),
    ("Object_DELETEBillRun", ".Success", ".success"),
    ("Object_DELETEPayment", ".Id", ".id"),
    ("Object_DELETEPayment", ".Success", ".success"),
    ("GET_TransactionPayment", ".payments[].accountId", ".payments[].accountID"),
    ("GET_TransactionPayment", ".payments[].paymentMethodId", ".payments[].paymentMethodID"),
    ("GET_WorkflowExport", ".workflow.callout_trigger", ".workflow.calloutTrigger"),
    ("GET_WorkflowExport", ".workflow.ondemand_trigger", ".workflow.ondemandTrigger"),
    ("GET_WorkflowExport", ".workflow.scheduled_trigger", ".workflow.scheduledTrigger"),
}
"""(operation, field of its example, the same field in its schema) where the document contradicts itself.

The tenant can only send one of them, and the document does not say which; replies follow the schema.
"""


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::dynzuora.errors.RequestWarning")
@pytest.mark.parametrize("shown", ["full", "facts only"])
def test_replies_have_the_fields_types_and_spellings_of_the_vendors_examples(shown, full_spec, capsys):
    full = load(full_spec("2020-12-10"))
    fields = list(compared(full if shown == "full" else load("2020-12-10"), full))
    there = [field for field in fields if field.sandbox]
    with capsys.disabled():
        print(f"\nsandbox of 2020-12-10, {shown}, beside the examples: {summary(fields)}")
    assert sum(field.example == field.sandbox for field in there) >= 0.98 * len(there) > 2500
    assert len(there) >= 0.6 * len(fields)
    spelled = {(field.operation, field.path, field.spelled) for field in fields if field.spelled}
    in_a_list = {entry for entry in spelled if entry[0] == "GET_StoredCredentialProfiles"}
    assert spelled - in_a_list == SPELLED_BY_THE_SCHEMA
    # The schema has one profile where the example has a list of them.
    assert {path.replace("[]", "") for _, path, _ in in_a_list} == {path for _, _, path in in_a_list}
