"""Work that takes a while: each look moves a job one state on, to its good end or to the one asked for."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile

import pytest

from dynzuora.sandbox import rules
from tests.sandbox_tenant import Tenant


@pytest.fixture
def tenant() -> Tenant:
    return Tenant()


USAGE = b"ACCOUNT_ID,UOM,QTY,STARTDATE\nA00000001,Jar,5,01/02/2026\nA00000002,Jar,7,01/03/2026\n"
QUERY = {"query": "select Id, Name from Account", "outputFormat": "JSON", "compression": "NONE"}
ORDER = {"orderDate": "2026-01-05", "existingAccountNumber": "A00000001", "subscriptions": []}
RUN = {"journalEntryDate": "2026-01-31", "targetStartDate": "2026-01-01", "targetEndDate": "2026-01-31"}

# name → (start, path of the id in its reply, poll, path of the state)
JOBS = {
    "data query": (
        ("POST", "/query/jobs", {"json": {**QUERY, "output": {"target": "S3"}}}),
        "data.id",
        "/query/jobs/{id}",
        "data.queryStatus",
    ),
    "order": (("POST", "/v1/async/orders", {"json": ORDER}), "jobId", "/v1/async-jobs/{id}", "status"),
    "export": (
        (
            "POST",
            "/v1/object/export",
            {"json": {"Format": "csv", "Name": "a", "Query": "select Id from Account"}},
        ),
        "Id",
        "/v1/object/export/{id}",
        "Status",
    ),
    "import": (
        (
            "POST",
            "/v1/object/import",
            {"files": {"File": ("a.csv", USAGE)}, "data": {"ImportType": "Usage", "Name": "a"}},
        ),
        "Id",
        "/v1/object/import/{id}",
        "Status",
    ),
    "usage": (
        ("POST", "/v1/usage", {"files": {"file": ("usage.csv", USAGE)}}),
        "checkImportStatus",
        "{id}",
        "importStatus",
    ),
    "mass updater": (
        ("POST", "/v1/bulk", {"files": {"file": ("mass.csv", USAGE)}, "data": {"params": "{}"}}),
        "bulkKey",
        "/v1/bulk/{id}",
        "status",
    ),
    "billing preview run": (
        ("POST", "/v1/billing-preview-runs", {"json": {"targetDate": "2026-02-01"}}),
        "billingPreviewRunId",
        "/v1/billing-preview-runs/{id}",
        "status",
    ),
    "bill run": (
        ("POST", "/v1/object/bill-run", {"json": {"InvoiceDate": "2026-02-01", "TargetDate": "2026-02-01"}}),
        "Id",
        "/v1/object/bill-run/{id}",
        "Status",
    ),
    "payment run": (
        ("POST", "/v1/payment-runs", {"json": {"targetDate": "2026-02-01"}}),
        "id",
        "/v1/payment-runs/{id}",
        "status",
    ),
    "journal run": (
        ("POST", "/v1/journal-runs", {"json": {**RUN, "transactionTypes": [{"type": "Invoice Item"}]}}),
        "journalRunNumber",
        "/v1/journal-runs/{id}",
        "status",
    ),
    "file deletion": (
        ("POST", "/v1/accounts/billing-documents/files/deletion-jobs", {"json": {"accountIds": ["a"]}}),
        "id",
        "/v1/accounts/billing-documents/files/deletion-jobs/{id}",
        "status",
    ),
    "workflow": (("POST", "/workflows/501/run", {"json": {}}), "id", "/workflows/{id}", "status"),
}

# name → (fault's operation, states to the good end, the bad ends)
ENDS = {
    "data query": ("POST_DataQueryJob", ["accepted", "in_progress", "completed"], ["failed", "cancelled"]),
    "order": ("POST_CreateOrderAsynchronously", ["Processing", "Processing", "Completed"], ["Failed"]),
    "export": ("Object_POSTExport", ["Pending", "Processing", "Completed"], ["Canceled", "Failed"]),
    "import": ("Object_POSTImport", ["Pending", "Processing", "Completed"], ["Failed", "Canceled"]),
    "usage": ("POST_Usage", ["Pending", "Processing", "Completed"], ["Canceled", "Failed"]),
    "mass updater": ("POST_MassUpdater", ["Pending", "Processing", "Completed"], ["Stopped", "Failed"]),
    "billing preview run": (
        "POST_BillingPreviewRun",
        ["Pending", "Processing", "Completed"],
        ["Error", "Canceled"],
    ),
    "bill run": ("Object_POSTBillRun", ["Pending", "Processing", "Completed"], ["Error", "Canceled"]),
    "payment run": ("POST_PaymentRun", ["Pending", "Processing", "Completed"], ["Error", "Canceled"]),
    "journal run": ("POST_JournalRun", ["Pending", "Processing", "Completed"], ["Error", "Cancelled"]),
    "file deletion": (
        "POST_BillingDocumentFilesDeletionJob",
        ["Pending", "Processing", "Completed"],
        ["Error"],
    ),
    "workflow": ("POST_Run_Workflow", ["Queued", "Processing", "Success"], ["Stopped", "Error"]),
}


def at(value, path):
    for step in path.split("."):
        value = value[step]
    return value


def started(tenant, name) -> str:
    """Start a job; return the path to poll."""
    (method, path, options), identifier, poll, _ = JOBS[name]
    return poll.format(id=at(tenant.value(method, path, **options), identifier))


def states(tenant, poll, field, looks=3):
    return [at(tenant.value("GET", poll), field) for _ in range(looks)]


@pytest.mark.parametrize("name", JOBS)
def test_a_job_goes_one_state_further_at_each_look(tenant, name):
    good = ENDS[name][1]
    assert states(tenant, started(tenant, name), JOBS[name][3], 4) == [*good, good[-1]]


@pytest.mark.parametrize(("name", "end"), [(name, end) for name, row in ENDS.items() for end in row[2]])
def test_a_fault_ends_a_job_badly(name, end):
    operation, good, _ = ENDS[name]
    tenant = Tenant(faults={"operation": operation, "fault": "job_ends", "end": end})
    assert states(tenant, started(tenant, name), JOBS[name][3]) == [*good[:-1], end]


def test_every_job_of_the_table_is_played_here():
    played = {
        "massupdate",
        "billingpreviewrun",
        "billrun",
        "paymentrun",
        "journalrun",
        "deletionjob",
        "workflow",
    }
    played |= {"dataquery", "asyncjob", "export", "import", "usageimport"}
    assert {each.kind for each in rules.load().jobs} - played == {
        "accountingperiod",
        "creditmemo",
        "debitmemo",
    }


def test_a_magic_word_in_the_request_ends_a_job_badly(tenant):
    body = {**QUERY, "query": "select Id from Account -- sandbox:failed", "output": {"target": "S3"}}
    identifier = tenant.value("POST", "/query/jobs", json=body)["data"]["id"]
    assert states(tenant, f"/query/jobs/{identifier}", "data.queryStatus")[-1] == "failed"


# --- what a job leaves behind -----------------------------------------------------------


def finished(tenant, name):
    poll = started(tenant, name)
    for _ in range(3):
        reply = tenant.value("GET", poll)
    return reply


@pytest.mark.parametrize(
    ("options", "unpacked"),
    [
        ({}, lambda content: [json.loads(line) for line in content.splitlines()]),
        ({"outputFormat": "CSV"}, lambda content: list(csv.DictReader(io.StringIO(content.decode())))),
        (
            {"outputFormat": "DSV", "columnSeparator": "|", "compression": "GZIP"},
            lambda content: list(
                csv.DictReader(io.StringIO(gzip.decompress(content).decode()), delimiter="|")
            ),
        ),
        (
            {"outputFormat": "TSV", "compression": "ZIP"},
            lambda content: list(csv.DictReader(io.StringIO(unzipped(content)), delimiter="\t")),
        ),
    ],
    ids=["json lines", "csv", "gzipped dsv", "zipped tsv"],
)
def test_the_file_of_a_data_query_needs_no_token(tenant, options, unpacked):
    body = {**QUERY, **options, "output": {"target": "S3"}}
    identifier = tenant.value("POST", "/query/jobs", json=body)["data"]["id"]
    for _ in range(3):
        done = tenant.value("GET", f"/query/jobs/{identifier}")["data"]
    tenant.headers["Authorization"] = ""
    rows = unpacked(tenant.get(done["dataFile"]).content)
    assert [each["Name"] for each in rows] == [
        "Amber Orchard Ltd",
        "Blue Heron Bakery GmbH",
        "Cobalt Kite Studio",
    ]
    assert done["outputRows"] == 3


def unzipped(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        [name] = archive.namelist()
        return archive.read(name).decode()


def test_a_deleted_data_query_is_cancelled(tenant):
    poll = started(tenant, "data query")
    assert tenant.value("DELETE", poll)["data"]["queryStatus"] == "cancelled"
    assert states(tenant, poll, "data.queryStatus", 2) == ["cancelled", "cancelled"]


COLUMN = {"Column": "name", "Type": "varchar", "Extra": "", "Comment": ""}


def test_tables_are_shown_and_described(tenant):
    for query, expected in (("SHOW TABLES", {"Table": "account"}), ("DESCRIBE account", COLUMN)):
        body = {**QUERY, "query": query, "output": {"target": "S3"}}
        identifier = tenant.value("POST", "/query/jobs", json=body)["data"]["id"]
        for _ in range(3):
            done = tenant.value("GET", f"/query/jobs/{identifier}")["data"]
        assert expected in [json.loads(line) for line in tenant.get(done["dataFile"]).text.splitlines()]


def test_an_asynchronous_order_is_done_when_its_job_is(tenant):
    before = len(tenant.sandbox.store.records("order"))
    poll = started(tenant, "order")
    assert len(tenant.sandbox.store.records("order")) == before
    for _ in range(3):
        done = tenant.value("GET", poll)
    assert (
        tenant.value("GET", f"/v1/orders/{done['result']['orderNumber']}")["order"]["status"] == "Completed"
    )


def test_starting_an_asynchronous_order_answers_202_and_says_where_to_look(tenant):
    answer = tenant.post("/v1/async/orders", json=ORDER)
    assert (answer.status_code, answer.headers["Location"]) == (202, f"/async-jobs/{answer.json()['jobId']}")


def test_an_export_leaves_a_csv_file(tenant):
    file = finished(tenant, "export")["FileId"]
    answer = tenant.get(f"/v1/files/{file}")
    assert (answer.headers["Content-Type"], len(answer.text.splitlines())) == ("text/csv", 4)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="a.csv"'


def test_a_usage_file_becomes_usage_when_its_import_is_complete(tenant):
    assert len(tenant.sandbox.store.records("usage")) == 3
    finished(tenant, "usage")
    rows = tenant.value("GET", "/v1/usage/accounts/A00000002")["usage"]
    assert (len(rows), rows[-1]["quantity"], rows[-1]["sourceName"]) == (2, 7, "usage.csv")


def test_a_mass_updater_tells_its_counts_and_where_the_result_is(tenant):
    done = finished(tenant, "mass updater")
    assert (done["totalCount"], done["errorCount"]) == ("2", "0")
    assert "Success" in unzipped(tenant.get(done["outputURL"]).content)


def test_a_mass_updater_can_be_stopped(tenant):
    poll = started(tenant, "mass updater")
    tenant.value("PUT", f"{poll}/stop")
    assert states(tenant, poll, "status", 2) == ["Stopping", "Stopped"]


@pytest.mark.parametrize("end", ["Posted", "Completed", "Error"])
def test_posting_a_bill_run_is_a_job_of_its_own(end):
    tenant = Tenant(faults={"operation": "Object_PUTBillRun", "fault": "job_ends", "end": end})
    poll = started(tenant, "bill run")
    states(tenant, poll, "Status")
    tenant.value("PUT", poll, json={"Status": "Posted"})
    assert states(tenant, poll, "Status") == ["PostInProgress", "PostInProgress", end]


def test_a_cancelled_bill_run_is_canceled_at_once(tenant):
    poll = started(tenant, "bill run")
    tenant.value("PUT", poll, json={"Status": "Canceled"})
    assert states(tenant, poll, "Status", 1) == ["Canceled"]


def test_cancelling_and_deleting_a_journal_run_take_their_time(tenant):
    poll = started(tenant, "journal run")
    tenant.value("PUT", f"{poll}/cancel")
    assert states(tenant, poll, "status", 2) == ["CancelInprogress", "Cancelled"]
    tenant.value("DELETE", poll)
    assert states(tenant, poll, "status", 1) == ["DeleteInprogress"]
    assert tenant.get(poll).status_code == 404


def test_a_trial_balance_leaves_its_files(tenant):
    period = tenant.value("GET", "/v1/accounting-periods")["accountingPeriods"][1]
    path = f"/v1/accounting-periods/{period['id']}"
    tenant.value("PUT", f"{path}/run-trial-balance")
    assert states(tenant, path, "runTrialBalanceStatus") == ["Pending", "Processing", "Completed"]
    file = tenant.value("GET", path)["fileIds"]["revenueDetailCsvFileId"]
    assert tenant.get(f"/v1/files/{file}").text.startswith("Account,")


@pytest.mark.parametrize(("kind", "path"), [("creditmemo", "creditmemos"), ("debitmemo", "debitmemos")])
def test_the_pdf_of_a_memo_is_there_after_a_while(tenant, kind, path):
    memo = f"/v1/{path}/{tenant.sandbox.store.records(kind)[0].id}"
    tenant.value("POST", f"{memo}/pdfs")
    assert "latestPDFFileId" not in tenant.value("GET", memo)
    file = tenant.value("GET", memo)["latestPDFFileId"]
    assert tenant.get(f"/v1/files/{file}").content.startswith(b"%PDF")


def test_a_deleted_account_is_gone(tenant):
    path = f"/v1/object/account/{tenant.sandbox.store.find('account', 'A00000003').id}"
    assert tenant.value("DELETE", path)["success"] is True
    assert tenant.get(path).json() == {"done": True, "records": [], "size": 0}


# --- files ------------------------------------------------------------------------------


def test_an_attachment_keeps_its_bytes_and_is_listed_with_its_object(tenant):
    query = {"associatedObjectType": "Account", "associatedObjectKey": "A00000001"}
    made = tenant.value("POST", "/v1/attachments", params=query, files={"file": ("scan.pdf", b"%PDF\0x")})
    assert tenant.get(f"/v1/files/{made['fileId']}").content == b"%PDF\0x"
    [listed] = tenant.value("GET", "/v1/attachments/Account/A00000001")["attachments"]
    assert (listed["id"], listed["fileName"]) == (made["id"], "scan.pdf")


def test_an_uploaded_invoice_file_comes_to_those_of_its_invoice(tenant):
    invoice = tenant.sandbox.store.records("invoice")[0].id
    made = tenant.value("POST", f"/v1/invoices/{invoice}/files", files={"file": ("own.pdf", b"%PDF-own")})
    assert tenant.get(f"/v1/files/{made['fileId']}").content == b"%PDF-own"
    assert len(tenant.value("GET", f"/v1/invoices/{invoice}/files")["invoiceFiles"]) == 2


def test_a_download_can_go_on_where_it_was_broken_off(tenant):
    file = tenant.sandbox.store.records("file")[0].id
    whole = tenant.get(f"/v1/files/{file}").content
    rest = tenant.get(f"/v1/files/{file}", headers={"Range": "bytes=10-"})
    assert (rest.status_code, rest.content) == (206, whole[10:])
    assert rest.headers["Content-Range"] == f"bytes 10-{len(whole) - 1}/{len(whole)}"
    beyond = tenant.get(f"/v1/files/{file}", headers={"Range": "bytes=99999-"})
    assert beyond.status_code == 416


def test_an_object_is_described_as_xml_and_an_unknown_one_refused_as_xml(tenant):
    answer = tenant.get("/v1/describe/Account")
    assert answer.headers["Content-Type"].startswith("text/xml")
    assert "<name>AccountNumber</name>" in answer.text
    unknown = tenant.get("/v1/describe/Spaceship")
    assert (unknown.status_code, unknown.text[:5]) == (404, "<?xml")
