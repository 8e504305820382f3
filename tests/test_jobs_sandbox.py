"""Every job of the table against a tenant that plays it: the good end, and each bad one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import dynzuora
from dynzuora import errors
from dynzuora.jobs.kinds import form
from tests.job_kinds import CURRENT, KINDS

USAGE = ("usage.csv", b"ACCOUNT_ID,UOM,QTY,STARTDATE\nA00000001,Each,1,01/02/2026\n")
QUERY = {
    "query": "select id from account",
    "outputFormat": "CSV",
    "compression": "ZIP",
    "output": {"target": "S3"},
}
Client = dynzuora.Client


def first(client: Client, operation: str, name: str = "id", **params: Any) -> Any:
    row = client.items(operation, **params).first()
    assert row is not None
    return row[name]


def invoice(client: Client) -> Any:
    return first(client, "GET_TransactionInvoice", account_key="A00000001")


def memo(client: Client, kind: str) -> Any:
    items = [
        {
            "skuName": "x",
            "amount": 5,
            "invoiceItemId": first(client, "GET_InvoiceItems", invoice_id=invoice(client)),
        }
    ]
    return client.call(
        f"POST_{kind}MemoFromInvoice", params={"invoiceId": invoice(client)}, body={"items": items}
    )["id"]


def bill_run(client: Client) -> Any:
    body = {"InvoiceDate": "2026-02-01", "TargetDate": "2026-02-01", "Batch": "Batch1"}
    return client.submit("Object_POSTBillRun", body=body)


def journal_run(client: Client) -> Any:
    return client.submit("POST_JournalRun", body=client.template("POST_JournalRun"))


def mass(client: Client) -> Any:
    body = {"file": ("a.csv", b"Account Number\nA1\n"), "params": {"actionType": "UpdateAccountingCodes"}}
    return client.submit("POST_MassUpdater", body=body)


def account(client: Client) -> Any:
    return client.call("Object_POSTAccount", body=client.template("Object_POSTAccount", required_only=True))[
        "Id"
    ]


STARTS: dict[str, tuple[str, Callable[[Client], dict[str, Any]]]] = {
    "data query": ("POST_DataQueryJob", lambda c: {"body": QUERY}),
    "order": (
        "POST_CreateOrderAsynchronously",
        lambda c: {
            "body": {"orderDate": "2026-01-02", "existingAccountNumber": "A00000001", "subscriptions": []}
        },
    ),
    "export": (
        "Object_POSTExport",
        lambda c: {"body": {"Query": "select Id from Account", "Format": "csv", "Name": "x"}},
    ),
    "import": (
        "Object_POSTImport",
        lambda c: {"body": {"ImportType": "Usage", "Name": "n", "File": USAGE}},
    ),
    "usage upload": ("POST_Usage", lambda c: {"body": {"file": USAGE}}),
    "mass updater": (
        "POST_MassUpdater",
        lambda c: {"body": {"file": USAGE, "params": {"actionType": "UpdateAccountingCodes"}}},
    ),
    "mass updater stop": ("PUT_MassUpdater", lambda c: {"bulk_key": mass(c).id}),
    "billing preview run": ("POST_BillingPreviewRun", lambda c: {"body": {"targetDate": "2026-02-01"}}),
    "bill run": (
        "Object_POSTBillRun",
        lambda c: {"body": {"InvoiceDate": "2026-02-01", "TargetDate": "2026-02-01", "Batch": "Batch1"}},
    ),
    "bill run post": (
        "Object_PUTBillRun",
        lambda c: {"id": bill_run(c).wait().id, "body": {"Status": "Posted"}},
    ),
    "bill run cancel": (
        "Object_PUTBillRun",
        lambda c: {"id": bill_run(c).id, "body": {"Status": "Canceled"}},
    ),
    "payment run": (
        "POST_PaymentRun",
        lambda c: {"body": c.template("POST_PaymentRun", required_only=True)},
    ),
    "journal run": ("POST_JournalRun", lambda c: {"body": c.template("POST_JournalRun")}),
    "journal run cancel": ("PUT_JournalRun", lambda c: {"jr_number": journal_run(c).wait().id}),
    "journal run delete": ("DELETE_JournalRun", lambda c: {"jr_number": journal_run(c).wait().id}),
    "trial balance": ("PUT_RunTrialBalance", lambda c: {"ap_id": first(c, "GET_AllAccountingPeriods")}),
    "billing document file deletion": (
        "POST_BillingDocumentFilesDeletionJob",
        lambda c: {"body": {"accountIds": ["a"]}},
    ),
    "workflow run": ("POST_Run_Workflow", lambda c: {"workflow_id": first(c, "GET_Workflows")}),
    "credit memo PDF": ("POST_CreditMemoPDF", lambda c: {"credit_memo_id": memo(c, "Credit")}),
    "debit memo PDF": ("POST_DebitMemoPDF", lambda c: {"debit_memo_id": memo(c, "Debit")}),
    "credit memo post": ("PUT_PostCreditMemo", lambda c: {"credit_memo_id": memo(c, "Credit")}),
    "credit memo cancel": ("PUT_CancelCreditMemo", lambda c: {"credit_memo_id": memo(c, "Credit")}),
    "debit memo post": ("PUT_PostDebitMemo", lambda c: {"debit_memo_id": memo(c, "Debit")}),
    "debit memo cancel": ("PUT_CancelDebitMemo", lambda c: {"debit_memo_id": memo(c, "Debit")}),
    "account deletion": ("Object_DELETEAccount", lambda c: {"id": account(c)}),
}
"""Kind → the operation that starts it, and the arguments that a tenant as it is takes."""

NOT_PLAYED = {"invoice generation", "credit memo creation", "debit memo creation"}
"""Started without an object of its own (Actions), or done at once by the sandbox."""

BAD = {
    "data query": ["failed", "cancelled"],
    "order": ["Failed"],
    "export": ["Canceled", "Failed"],
    "import": ["Failed", "Canceled"],
    "usage upload": ["Canceled", "Failed"],
    "mass updater": ["Stopped", "Failed"],
    "billing preview run": ["Error", "Canceled"],
    "bill run": ["Error", "Canceled"],
    "bill run post": ["Completed", "Error"],
    "payment run": ["Error", "Canceled"],
    "journal run": ["Error", "Cancelled"],
    "journal run cancel": ["Error"],
    "trial balance": ["Error"],
    "billing document file deletion": ["Error"],
    "workflow run": ["Stopped", "Error"],
}


def start(client: Client, name: str) -> Any:
    operation, arguments = STARTS[name]
    job = client.submit(operation, **arguments(client))
    assert job.kind.name == name
    return job


def test_every_kind_of_job_is_here() -> None:
    assert {*STARTS, *NOT_PLAYED, *CURRENT} == set(KINDS)


@pytest.mark.parametrize("name", STARTS)
def test_each_job_comes_to_its_good_end(name: str) -> None:
    job = start(Client.sandbox(), name)
    assert job.wait(timeout=600) is job
    ends = {form(each) for each in KINDS[name].good} or {"gone", "ready"}
    assert form(job.status) in ends


@pytest.mark.parametrize(("name", "end"), [(name, end) for name, ends in BAD.items() for end in ends])
def test_each_job_that_ends_badly_is_a_failure(name: str, end: str) -> None:
    operation, _ = STARTS[name]
    client = Client.sandbox(faults={"operation": operation, "fault": "job_ends", "end": end})
    with pytest.raises(errors.JobFailed) as caught:
        start(client, name).wait()
    assert form(caught.value.state) == form(end)


FILES = [name for name in STARTS if KINDS[name].file and name != "trial balance"]


@pytest.mark.parametrize("name", FILES)
def test_each_job_that_makes_a_file_lets_it_be_had(name: str, tmp_path: Any) -> None:
    path = start(Client.sandbox(), name).download(tmp_path / "file", unzip=True)
    assert path.stat().st_size > 0


def test_a_job_is_taken_up_again_by_what_it_says() -> None:
    client = Client.sandbox()
    job = start(client, "data query")
    with pytest.raises(errors.WaitTimeout) as caught:
        job.wait(timeout=0)
    again = eval(str(caught.value).partition(" Resume with ")[2].rstrip("."), {"client": client})
    assert again.wait().rows().to_list() == job.rows().to_list() != []


def test_cancelling_stops_the_job() -> None:
    job = start(Client.sandbox(), "data query")
    job.cancel()
    with pytest.raises(errors.JobFailed, match="ended as cancelled"):
        job.wait()


def test_an_outage_while_waiting_is_no_end() -> None:
    faults = {"operation": "GET_DataQueryJob", "fault": "html_504", "times": 2}
    client = Client.sandbox(faults=faults)
    client._connection._retries = 0
    assert start(client, "data query").wait().status == "completed"


@pytest.mark.parametrize(
    ("operation", "arguments", "sent"),
    [
        ("POST_CreditMemoPDF", {"credit_memo_id": "c1"}, ("POST", "/v1/creditmemos/c1/pdfs")),
        ("GET_DataQueryJob", {"job_id": "q" * 36}, ("GET", f"/query/jobs/{'q' * 36}")),
    ],
)
def test_of_a_dry_run_the_request_is_all_there_is(
    operation: str, arguments: dict[str, str], sent: tuple[str, str]
) -> None:
    client = Client.sandbox()
    request = client.submit(operation, dry_run=True, **arguments)
    assert (request.method, request.url.removeprefix(client.base_url)) == sent
    assert client._connection.adapter.sandbox.log == []


def test_polls_keep_the_entity_of_their_start() -> None:
    client = Client.sandbox()
    other = client.items("GET_Entities").to_list()[1]["id"]
    job = client.submit("POST_DataQueryJob", body=QUERY, entity=other)
    assert job.wait().status == "completed"


def test_with_dry_run_a_start_is_only_shown() -> None:
    request = Client.sandbox().submit("POST_DataQueryJob", body=QUERY, dry_run=True)
    assert request.method == "POST"


def test_the_idempotency_key_of_a_start_does_not_stop_the_download_of_its_file() -> None:
    client = Client.sandbox()
    job = client.submit("POST_BillingPreviewRun", body={"targetDate": "2026-02-01"}, idempotency_key="k")
    assert len(job.rows().to_list()) > 0


def test_a_job_that_is_started_in_spite_of_a_dry_run_client_is_polled() -> None:
    client = Client.sandbox()
    client._caller = client._caller.with_options(dry_run=True)
    job = client.submit("POST_BillingPreviewRun", body={"targetDate": "2026-02-01"}, dry_run=False)
    assert job.wait(timeout=60).status == "Completed"


def test_a_job_that_never_ends_is_given_up_without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client.sandbox()
    job = client.submit("POST_DataQueryJob", body=QUERY)
    polls: list[str] = []
    monkeypatch.setattr(job, "_poll", lambda: polls.append("in_progress"))
    with pytest.raises(errors.WaitTimeout, match="has not ended within 3600 s"):
        job.wait()
    assert 120 < len(polls) < 140  # 30 s apart
