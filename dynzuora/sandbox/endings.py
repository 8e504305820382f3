"""Results of jobs: a file, a result, or the reason of a failure."""

from __future__ import annotations

import contextlib
import csv
import io
from collections.abc import Callable, Mapping

from dynzuora.sandbox import billing, files, sql, zoql
from dynzuora.sandbox.amounts import Values, money, without_nulls
from dynzuora.sandbox.creations import prepared
from dynzuora.sandbox.jobs import Job
from dynzuora.sandbox.ledger import Ledger
from dynzuora.sandbox.reading import Upload
from dynzuora.sandbox.refusals import Refusal, refusal
from dynzuora.sandbox.store import Record


def finish(ledger: Ledger, record: Record, job: Job) -> None:
    """Create the result of a job that has just ended."""
    if not job.is_good:
        _fail(record, f"The sandbox was asked to end this job as {job.end}.")
        return
    end = _ENDS.get((record.kind, job.rule.started))
    if end:
        try:
            end(ledger, record)
        except Refusal as refused:  # a query that cannot be run
            ledger.store.change(record, {job.rule.field: job.rule.failed})
            _fail(record, str(refused))


def _fail(record: Record, reason: str) -> None:
    record.put({"errorMessage": reason, "statusReason": reason, "errors": reason})


def keep_file(ledger: Ledger, owner: Record, upload: Upload) -> None:
    """Store an uploaded file; ``owner`` refers to it, or is the file itself."""
    about = {"name": upload.name, "fileName": upload.name, "fileContentType": upload.media_type}
    if owner.kind == "file":
        owner.put(about)
        owner.content = upload.content
        return
    file = ledger.add("file", {**about, f"{owner.kind}Id": owner.id})
    file.content = upload.content
    owner.put({**about, "fileId": file.id, "size": len(upload.content)})


def new_file(ledger: Ledger, owner: Record, name: str, content: bytes) -> Record:
    """Store a generated file."""
    file = ledger.add("file", {"name": name, f"{owner.kind}Id": owner.id})
    file.content = content
    return file


def _query_result(ledger: Ledger, job: Record) -> None:
    try:
        result = sql.rows(sql.Catalog(ledger), str(job.value("query") or ""), ledger.store.now)
    except sql.SqlError as error:
        raise refusal(20, str(error)) from None
    form = str(job.value("outputformat") or "JSON").upper()
    if form == "JSON":
        if twice := {name for name in result.columns if result.columns.count(name) > 1}:
            message = (
                f"Several columns are named {min(twice)!r}, and JSON keeps one of them: add an alias (AS)"
            )
            raise refusal(20, message)
        content = files.lines(dict(zip(result.columns, row, strict=True)) for row in result.rows)
    else:
        delimiter = job.value("columnseparator") or files.DELIMITERS.get(form, ",")
        content = files.delimited(result.columns, result.rows, str(delimiter))
    name = f"{job.id}.{form.lower()}"
    packing = str(job.value("compression") or "NONE").upper()
    if packing == "GZIP":
        name, content = f"{name}.gz", files.gzipped(content)
    elif packing == "ZIP":
        name, content = f"{name}.zip", files.zipped(name, content)
    file = new_file(ledger, job, name, content)
    job.put(
        {
            "dataFile": f"{ORIGIN}{OPEN_FILES}{file.id}/{name}",
            "outputRows": len(result.rows),
            "processingTime": 42,
        }
    )


ORIGIN = "sandbox:origin"
"""Placeholder in stored URLs for the sandbox's address, replaced when they are shown."""

OPEN_FILES = "/sandbox/files/"
"""Files below this path need no token, like pre-signed URLs."""


def _export_result(ledger: Ledger, job: Record) -> None:
    content = files.table(zoql.rows(ledger, str(job.value("query") or ""), takes_all=True))
    name = f"{job.value('name') or 'export'}.csv"
    if job.value("zip") in (True, "true"):
        name, content = f"{name}.zip", files.zipped(name, content)
    file = new_file(ledger, job, name, content)
    job.put({"FileId": file.id, "Size": len(content)})


def _import_result(ledger: Ledger, job: Record) -> None:
    rows = _uploaded_rows(ledger, job)
    file = new_file(ledger, job, "result.csv", files.table([{**row, "Status": "Imported"} for row in rows]))
    job.put(
        {"ImportedCount": len(rows), "TotalCount": len(rows), "ResultResourceUrl": f"/v1/files/{file.id}"}
    )


def _usage_result(ledger: Ledger, job: Record) -> None:
    for row in _uploaded_rows(ledger, job):
        account = ledger.find("account", row.get("ACCOUNT_ID", ""))
        ledger.add(
            "usage",
            without_nulls(
                {
                    "accountId": account.id if account else None,
                    "accountNumber": account.number if account else row.get("ACCOUNT_ID"),
                    "unitOfMeasure": row.get("UOM"),
                    "uom": row.get("UOM"),
                    "quantity": money(row.get("QTY")),
                    "startDateTime": row.get("STARTDATE"),
                    "subscriptionNumber": row.get("SUBSCRIPTION_ID") or None,
                    "status": "Pending",
                    "sourceName": job.value("filename"),
                }
            ),
        )


def _mass_result(ledger: Ledger, job: Record) -> None:
    rows = _uploaded_rows(ledger, job)
    content = files.zipped("result.csv", files.table([{**row, "Success": True} for row in rows]))
    file = new_file(ledger, job, "result.zip", content)
    job.put(
        {
            "totalCount": len(rows),
            "processedCount": len(rows),
            "successCount": len(rows),
            "errorCount": 0,
            "outputURL": f"/v1/files/{file.id}",
            "outputType": "url",
            "outputSize": len(content),
        }
    )


def _preview_result(ledger: Ledger, job: Record) -> None:
    rows = [
        {
            "Account Number": record.number,
            "Account Name": record.value("name"),
            "Amount": record.value("balance") or 0,
        }
        for record in ledger.records("account")
    ]
    file = new_file(ledger, job, "preview.zip", files.zipped("preview.csv", files.table(rows)))
    job.put(
        {"resultFileUrl": f"/v1/files/{file.id}", "totalAccounts": len(rows), "succeededAccounts": len(rows)}
    )


def _order_result(ledger: Ledger, job: Record) -> None:
    """Perform an asynchronous order; a preview, which has no account, just succeeds."""
    result: Values = {"success": True}
    if job.value("previewoptions") is None:
        values = {name: job[name] for name in job if name not in ("status", "previewOptions")}
        order = ledger.add("order", prepared(ledger, "order", values))
        result |= {
            name: order[name] for name in order if name not in ("customFields", "description", "orderDate")
        }
        result |= {"orderNumber": order.number, "orderId": order.id}
    job.put({"result": result})


def _trial_balance(ledger: Ledger, period: Record) -> None:
    file = new_file(
        ledger, period, "trial-balance.csv", files.table([{"Account": "Cash", "Debit": 0, "Credit": 0}])
    )
    period.put({"fileIds": {"revenueDetailCsvFileId": file.id}, "runTrialBalanceEnd": f"{ledger.store.now}"})


def _memo_pdf(ledger: Ledger, memo: Record) -> None:
    file = new_file(ledger, memo, f"{memo.number}.pdf", files.pdf(memo.number))
    memo.put({"latestPDFFileId": file.id, "pdfState": None})


def _workflow_run(ledger: Ledger, run: Record) -> None:
    counts = {"error": 0, "pending": 0, "processing": 0, "queued": 0, "stopped": 0, "success": 1, "total": 1}
    run.put({"tasks": counts, "finishedAt": f"{ledger.store.now}"})


_ENDS: Mapping[tuple[str, str], Callable[[Ledger, Record], None]] = {
    ("accountingperiod", "run-trial-balance"): _trial_balance,
    ("asyncjob", ""): _order_result,
    ("billingpreviewrun", ""): _preview_result,
    ("billrun", ""): billing.bill,
    ("billrun", "Status=Canceled"): billing.cancel,
    ("billrun", "cancel"): billing.cancel,
    ("billrun", "Status=Posted"): billing.post,
    ("billrun", "post"): billing.post,
    ("creditmemo", "pdfs"): _memo_pdf,
    ("dataquery", ""): _query_result,
    ("debitmemo", "pdfs"): _memo_pdf,
    ("export", ""): _export_result,
    ("import", ""): _import_result,
    ("massupdate", ""): _mass_result,
    ("usageimport", ""): _usage_result,
    ("workflow", "run"): _workflow_run,
}


def _uploaded_rows(ledger: Ledger, job: Record) -> list[dict[str, str]]:
    upload = ledger.find("file", job.value("fileid") or "")
    text = (upload.content or b"").decode("utf-8-sig", "replace") if upload else ""
    rows: list[dict[str, str]] = []
    with contextlib.suppress(csv.Error):  # invalid CSV is imported up to the error
        rows.extend(csv.DictReader(io.StringIO(text, newline=""), restkey="", restval=""))
    return [{name: value for name, value in row.items() if name} for row in rows]
