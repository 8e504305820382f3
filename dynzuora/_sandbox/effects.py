"""What one change brings with it in Zuora: an order makes a subscription, an applied memo lowers a balance.

A thin layer over the roles, so that the usual jobs end as they would on a tenant. It
does sums of what was sent; it knows no proration, no tax and no rating.
"""

from __future__ import annotations

import calendar
import contextlib
import csv
import io
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from dynzuora._sandbox import files, showing, zoql
from dynzuora._sandbox.jobs import Job
from dynzuora._sandbox.ledger import Ledger
from dynzuora._sandbox.reading import Upload
from dynzuora._sandbox.store import Record

Values = dict[str, Any]

MASKED = {"cardnumber": 4, "creditcardnumber": 4, "achaccountnumber": 4, "bankaccountnumber": 4, "iban": 4}
NEVER_KEPT = frozenset({"securityCode", "CreditCardSecurityCode", "cardSecurityCode", "password"})


# --- before and after a creation ------------------------------------------------------


def prepared(ledger: Ledger, kind: str, values: Mapping[str, Any]) -> Values:
    """Return what is kept of the values sent: no secrets, and what follows from them."""
    kept: Values = _without_secrets(values)
    follow = _PREPARED.get(kind)
    return follow(ledger, kept) if follow else kept


def created(ledger: Ledger, record: Record) -> None:
    """Do what follows from a new record."""
    follow = _CREATED.get(record.kind)
    if follow:
        follow(ledger, record)


def _without_secrets(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {
            name: _masked(name, _without_secrets(each))
            for name, each in value.items()
            if name not in NEVER_KEPT
        }
    return [_without_secrets(each) for each in value] if isinstance(value, list) else value


def _masked(name: str, value: Any) -> Any:
    shown = MASKED.get(name.lower())
    return "*" * (len(value) - shown) + value[-shown:] if shown and isinstance(value, str) else value


def _connection(ledger: Ledger, values: Values) -> Values:
    return {**values, "sourceEntityId": ledger.entity}


def _subscription(ledger: Ledger, values: Values) -> Values:
    start = str(values.get("contractEffectiveDate") or ledger.store.now.date())
    months = _months(values.get("initialTerm"))
    values.setdefault("subscriptionStartDate", start)
    values.setdefault("termStartDate", start)
    values.setdefault("termEndDate", _months_later(start, months))
    plans = values.pop("subscribeToRatePlans", None)
    if isinstance(plans, list):
        values["ratePlans"] = [_rate_plan(ledger, each) for each in objects(plans)]
    return values


def _rate_plan(ledger: Ledger, plan: Mapping[str, Any]) -> Values:
    found = ledger.find("productrateplan", plan.get("productRatePlanId", ""))
    product = ledger.referred(found, "product") if found else None
    result: Values = {"id": ledger.store.name_for("rateplan"), **plan, "ratePlanCharges": []}
    if found is not None:
        result |= {"ratePlanName": found.value("name"), "productId": found.value("productid")}
        for charge in ledger.children(found, "productrateplancharge"):
            result["ratePlanCharges"].append(
                {
                    "id": ledger.store.name_for("rateplancharge"),
                    "number": f"C-{ledger.store.count('charge number') + 100:08d}",
                    "productRatePlanChargeId": charge.id,
                    **{
                        name: charge[name]
                        for name in ("name", "type", "model", "price", "uom")
                        if name in charge
                    },
                }
            )
    if product is not None:
        result |= {"productName": product.value("name"), "productSku": product.number}
    return result


def _memo_from_invoice(ledger: Ledger, values: Values) -> Values:
    invoice = ledger.find("invoice", values.get("invoiceId", ""))
    values.setdefault("effectiveDate", str(ledger.store.now.date()))
    lines = objects(values.get("items") or values.get("charges"))
    amount = sum((_money(each.get("amount") or each.get("memoItemAmount")) for each in lines), Decimal(0))
    if invoice is not None:
        values |= {"referredInvoiceId": invoice.id, "source": "AdhocFromInvoice", "sourceId": invoice.number}
        for name in ("accountId", "accountNumber", "currency"):
            if (known := invoice.value(name.lower())) is not None:
                values.setdefault(name, known)
        amount = amount or _money(invoice.value("balance"))
    open_amount = {"unappliedAmount": amount} if "creditmemo" in values else {"balance": amount}
    return {**values, "amount": amount, **open_amount}


def _credit_memo(ledger: Ledger, values: Values) -> Values:
    result = _memo_from_invoice(ledger, {**values, "creditmemo": True})
    del result["creditmemo"]
    return _auto_posted(result)


def _debit_memo(ledger: Ledger, values: Values) -> Values:
    return _auto_posted(_memo_from_invoice(ledger, values))


def _auto_posted(values: Values) -> Values:
    return {**values, "status": "Posted"} if values.get("autoPost") in (True, "true") else values


def _payment(ledger: Ledger, values: Values) -> Values:
    amount = _money(values.get("amount"))
    return {"unappliedAmount": amount, **values} if "amount" in values else values


def _refund(ledger: Ledger, values: Values) -> Values:
    source = ledger.find("payment", values.get("paymentId", "")) or ledger.find(
        "creditmemo", values.get("creditmemoId", values.get("creditMemoId", ""))
    )
    amount = _money(values.get("totalAmount") or values.get("amount"))
    if source is not None and amount:
        _add(ledger, source, refundAmount=amount, unappliedAmount=-amount)
    return values


def _order(ledger: Ledger, values: Values) -> Values:
    account = ledger.find("account", values.get("existingAccountNumber", ""))
    new = values.pop("newAccount", None)
    if isinstance(new, Mapping):
        account = ledger.add("account", new)
        created(ledger, account)
    if account is not None:
        values |= {"accountId": account.id, "accountNumber": account.number}
        values |= {"currency": account.value("currency") or "USD"}
    values["subscriptions"] = [
        _ordered(ledger, account, each) for each in objects(values.get("subscriptions"))
    ]
    numbers = [each["subscriptionNumber"] for each in values["subscriptions"] if "subscriptionNumber" in each]
    found = [record for each in numbers if (record := ledger.find("subscription", each))]
    return {
        **values,
        "subscriptionNumbers": numbers,
        "subscriptionIds": [each.id for each in found],
    }


def _ordered(ledger: Ledger, account: Record | None, wanted: Mapping[str, Any]) -> Values:
    """Do the actions of an order to one subscription; return the order's line for it."""
    subscription = ledger.find("subscription", wanted.get("subscriptionNumber", ""))
    for action in objects(wanted.get("orderActions")):
        kind = str(action.get("type", ""))
        if kind == "CreateSubscription":
            subscription = _created_by_order(ledger, account, wanted, action)
        elif subscription is not None and kind in _ORDER_ACTIONS:
            ledger.store.change(subscription, {"status": _ORDER_ACTIONS[kind]})
    if subscription is None:
        return dict(wanted)
    return {
        **wanted,
        "subscriptionNumber": subscription.number,
        "subscriptionId": subscription.id,
        "status": subscription.value("status"),
    }


_ORDER_ACTIONS = {
    "CancelSubscription": "Cancelled",
    "Suspend": "Suspended",
    "Resume": "Active",
    "RenewSubscription": "Active",
    "TermsAndConditions": "Active",
    "AddProduct": "Active",
    "UpdateProduct": "Active",
    "RemoveProduct": "Active",
}


def _created_by_order(
    ledger: Ledger, account: Record | None, wanted: Mapping[str, Any], action: Mapping[str, Any]
) -> Record:
    detail = action.get("createSubscription") or {}
    term = (detail.get("terms") or {}).get("initialTerm") or {}
    effective = next(
        (each.get("triggerDate") for each in objects(action.get("triggerDates")) if each.get("triggerDate")),
        None,
    )
    values: Values = {
        "contractEffectiveDate": effective or term.get("startDate"),
        "initialTerm": term.get("period"),
        "termType": term.get("termType"),
        "autoRenew": (detail.get("terms") or {}).get("autoRenew"),
        "subscribeToRatePlans": detail.get("subscribeToRatePlans"),
        "customFields": wanted.get("customFields"),
        "subscriptionNumber": detail.get("subscriptionNumber") or wanted.get("subscriptionNumber"),
    }
    if account is not None:
        values |= {"accountId": account.id, "accountNumber": account.number}
    return ledger.add("subscription", prepared(ledger, "subscription", _known(values)))


def _after_account(ledger: Ledger, account: Record) -> None:
    """Give a new account its contacts, card and first subscription, where they were sent with it."""
    for role in ("billToContact", "soldToContact"):
        contact = account.value(role.lower())
        if isinstance(contact, Mapping):
            kept = ledger.add("contact", {**contact, "accountId": account.id})
            account.put({f"{role}Id": kept.id})
    card = account.value("creditcard")
    if isinstance(card, Mapping):
        method = ledger.add("paymentmethod", {**card, "type": "CreditCard", "accountId": account.id})
        account.put({"paymentMethodId": method.id, "defaultPaymentMethodId": method.id, "creditCard": None})
    wanted = account.value("subscription")
    if isinstance(wanted, Mapping):
        values = prepared(
            ledger, "subscription", {**wanted, "accountId": account.id, "accountNumber": account.number}
        )
        subscription = ledger.add("subscription", values)
        account.put({"subscription": None})
        account.put({"subscriptionId": subscription.id, "subscriptionNumber": subscription.number})


def _after_memo(ledger: Ledger, memo: Record) -> None:
    """Give a memo its items."""
    for line in objects(memo.value("items") or memo.value("charges")):
        amount = _money(line.get("amount") or line.get("memoItemAmount"))
        tie = {f"{memo.kind}Id": memo.id, "amount": amount, "unappliedAmount": amount}
        source = {"sourceItemId": line["invoiceItemId"]} if line.get("invoiceItemId") else {}
        ledger.add(f"{memo.kind}item", {**line, **tie, **source})
    memo.put({"items": None, "charges": None})


def _after_payment(ledger: Ledger, payment: Record) -> None:
    body = {name: payment.value(name.lower()) for name in ("invoices", "debitMemos")}
    payment.put({"invoices": None, "debitMemos": None})
    if any(body.values()):
        _apply(ledger, payment, _known(body))


_PREPARED: Mapping[str, Callable[[Ledger, Values], Values]] = {
    "creditmemo": _credit_memo,
    "debitmemo": _debit_memo,
    "entityconnection": _connection,
    "order": _order,
    "payment": _payment,
    "refund": _refund,
    "subscription": _subscription,
}
_CREATED: Mapping[str, Callable[[Ledger, Record], None]] = {
    "account": _after_account,
    "creditmemo": _after_memo,
    "debitmemo": _after_memo,
    "payment": _after_payment,
}


# --- actions --------------------------------------------------------------------------


def _apply(ledger: Ledger, source: Record, body: Mapping[str, Any]) -> None:
    _move(ledger, source, body, 1)


def _unapply(ledger: Ledger, source: Record, body: Mapping[str, Any]) -> None:
    _move(ledger, source, body, -1)


def _move(ledger: Ledger, source: Record, body: Mapping[str, Any], sign: int) -> None:
    """Apply a payment or credit memo to invoices and debit memos, or take it back."""
    for listed, kind in (("invoices", "invoice"), ("debitMemos", "debitmemo")):
        for line in objects(body.get(listed)):
            target = ledger.find(kind, line.get(f"{kind}Id") or line.get("debitMemoId") or "")
            amount = sign * _money(line.get("amount"))
            if target is not None:
                _add(ledger, target, balance=-amount)
                tie = {f"{source.kind}Id": source.id, f"{kind}Id": target.id}
                ledger.add(f"{source.kind}part", {**tie, "amount": amount})
            _add(ledger, source, appliedAmount=amount, unappliedAmount=-amount)


def _transfer(ledger: Ledger, payment: Record, body: Mapping[str, Any]) -> None:
    ledger.store.change(payment, {"accountId": body.get("accountId")})


def _write_off(ledger: Ledger, invoice: Record, body: Mapping[str, Any]) -> Values:
    """Write an invoice off, or reverse it: a posted credit memo over its balance, applied to it."""
    balance = _money(invoice.value("balance"))
    values = prepared(ledger, "creditmemo", {"invoiceId": invoice.id, "effectiveDate": body.get("memoDate")})
    memo = ledger.add("creditmemo", {**values, "status": "Posted"})
    _apply(ledger, memo, {"invoices": [{"invoiceId": invoice.id, "amount": balance}]})
    return {"creditMemo": {"id": memo.id}}


def _reverse(ledger: Ledger, invoice: Record, body: Mapping[str, Any]) -> Values:
    done = _write_off(ledger, invoice, body)
    ledger.store.change(invoice, {"reversed": True})
    return done


def _generate(ledger: Ledger, account: Record, body: Mapping[str, Any]) -> Values:
    """Make a draft invoice for an account, posted at once where that is asked for."""
    today = str(ledger.store.now.date())
    status = "Posted" if body.get("autoPost") in (True, "true") else "Draft"
    invoice = ledger.add(
        "invoice",
        {
            "accountId": account.id,
            "accountNumber": account.number,
            "invoiceDate": body.get("effectiveDate") or today,
            "targetDate": body.get("targetDate") or today,
            "status": status,
        },
    )
    return {"creditMemos": [], "invoices": [{"id": invoice.id}]}


def _cancel_subscription(ledger: Ledger, subscription: Record, body: Mapping[str, Any]) -> None:
    when = body.get("cancellationEffectiveDate") or subscription.value("termenddate")
    ledger.store.change(
        subscription, {"status": "Cancelled", "cancelledDate": when, "subscriptionEndDate": when}
    )


def _renew_subscription(ledger: Ledger, subscription: Record, body: Mapping[str, Any]) -> None:
    start = subscription.value("termenddate") or str(ledger.store.now.date())
    months = _months(subscription.value("renewalterm"))
    ledger.store.change(
        subscription,
        {"status": "Active", "termStartDate": start, "termEndDate": _months_later(start, months)},
    )


def _suspend(ledger: Ledger, subscription: Record, body: Mapping[str, Any]) -> None:
    when = body.get("suspendSpecificDate") or str(ledger.store.now.date())
    ledger.store.change(subscription, {"status": "Suspended", "suspendDate": when})


def _resume(ledger: Ledger, subscription: Record, body: Mapping[str, Any]) -> None:
    when = body.get("resumeSpecificDate") or str(ledger.store.now.date())
    ledger.store.change(subscription, {"status": "Active", "resumeDate": when})


def _scrub(ledger: Ledger, person: Record, body: Mapping[str, Any]) -> None:
    """Blank what is personal; who it belongs to, and its state, stay."""
    kept = {name for name in person if name.lower().endswith(("id", "number", "status", "type"))}
    ledger.store.change(person, dict.fromkeys(set(person) - kept))


ACTIONS: Mapping[tuple[str, str], Callable[[Ledger, Record, Mapping[str, Any]], Values | None]] = {
    ("account", "generate"): _generate,
    ("contact", "scrub"): _scrub,
    ("creditmemo", "apply"): _apply,
    ("creditmemo", "unapply"): _unapply,
    ("invoice", "reverse"): _reverse,
    ("invoice", "write-off"): _write_off,
    ("payment", "apply"): _apply,
    ("payment", "transfer"): _transfer,
    ("payment", "unapply"): _unapply,
    ("paymentmethod", "scrub"): _scrub,
    ("subscription", "cancel"): _cancel_subscription,
    ("subscription", "renew"): _renew_subscription,
    ("subscription", "resume"): _resume,
    ("subscription", "suspend"): _suspend,
}


# --- the ends of jobs -----------------------------------------------------------------


def finish(ledger: Ledger, record: Record, job: Job) -> None:
    """Leave behind what a job that has just ended leaves: a file, a result, a reason."""
    if not job.is_good:
        reason = f"The sandbox was told to end this job as {job.end}."
        record.put({"errorMessage": reason, "statusReason": reason, "errors": reason})
        return
    end = _ENDS.get((record.kind, job.rule.started))
    if end:
        end(ledger, record)


def keep_file(ledger: Ledger, owner: Record, upload: Upload) -> None:
    """Keep an uploaded file; the record it came with refers to it, or is it."""
    about = {"name": upload.name, "fileName": upload.name, "fileContentType": upload.media_type}
    if owner.kind == "file":
        owner.put(about)
        owner.content = upload.content
        return
    kept = ledger.add("file", {**about, f"{owner.kind}Id": owner.id})
    kept.content = upload.content
    owner.put({**about, "fileId": kept.id, "size": len(upload.content)})


def new_file(ledger: Ledger, owner: Record, name: str, content: bytes) -> Record:
    """Keep a file that the sandbox made."""
    kept = ledger.add("file", {"name": name, f"{owner.kind}Id": owner.id})
    kept.content = content
    return kept


def _query_result(ledger: Ledger, job: Record) -> None:
    rows = zoql.rows(ledger, str(job.value("query") or ""))
    form = str(job.value("outputformat") or "JSON").upper()
    if form == "JSON":
        content = files.lines(rows)
    else:
        delimiter = job.value("columnseparator") or files.DELIMITERS.get(form, ",")
        content = files.table(rows, str(delimiter))
    name = f"{job.id}.{form.lower()}"
    packing = str(job.value("compression") or "NONE").upper()
    if packing == "GZIP":
        name, content = f"{name}.gz", files.gzipped(content)
    elif packing == "ZIP":
        name, content = f"{name}.zip", files.zipped(name, content)
    kept = new_file(ledger, job, name, content)
    job.put(
        {"dataFile": f"{ORIGIN}{OPEN_FILES}{kept.id}/{name}", "outputRows": len(rows), "processingTime": 42}
    )


ORIGIN = "sandbox:origin"
"""Stands in a stored URL for wherever the sandbox is reached; filled in when it is shown."""

OPEN_FILES = "/sandbox/files/"
"""Files below here need no token, as a pre-signed URL needs none."""


def _export_result(ledger: Ledger, job: Record) -> None:
    content = files.table(zoql.rows(ledger, str(job.value("query") or "")))
    name = f"{job.value('name') or 'export'}.csv"
    if job.value("zip") in (True, "true"):
        name, content = f"{name}.zip", files.zipped(name, content)
    kept = new_file(ledger, job, name, content)
    job.put({"FileId": kept.id, "Size": len(content)})


def _import_result(ledger: Ledger, job: Record) -> None:
    rows = _uploaded_rows(ledger, job)
    kept = new_file(ledger, job, "result.csv", files.table([{**row, "Status": "Imported"} for row in rows]))
    job.put(
        {"ImportedCount": len(rows), "TotalCount": len(rows), "ResultResourceUrl": f"/v1/files/{kept.id}"}
    )


def _usage_result(ledger: Ledger, job: Record) -> None:
    for row in _uploaded_rows(ledger, job):
        account = ledger.find("account", row.get("ACCOUNT_ID", ""))
        ledger.add(
            "usage",
            _known(
                {
                    "accountId": account.id if account else None,
                    "accountNumber": account.number if account else row.get("ACCOUNT_ID"),
                    "unitOfMeasure": row.get("UOM"),
                    "uom": row.get("UOM"),
                    "quantity": _money(row.get("QTY")),
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
    kept = new_file(ledger, job, "result.zip", content)
    job.put(
        {
            "totalCount": len(rows),
            "processedCount": len(rows),
            "successCount": len(rows),
            "errorCount": 0,
            "outputURL": f"/v1/files/{kept.id}",
            "outputType": "url",
            "outputSize": len(content),
        }
    )


def _preview_result(ledger: Ledger, job: Record) -> None:
    rows = [
        {
            "Account Number": each.number,
            "Account Name": each.value("name"),
            "Amount": each.value("balance") or 0,
        }
        for each in ledger.records("account")
    ]
    kept = new_file(ledger, job, "preview.zip", files.zipped("preview.csv", files.table(rows)))
    job.put(
        {"resultFileUrl": f"/v1/files/{kept.id}", "totalAccounts": len(rows), "succeededAccounts": len(rows)}
    )


def _order_result(ledger: Ledger, job: Record) -> None:
    """Do the order that waited; a preview, which names no account to do it for, only succeeds."""
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
    kept = new_file(
        ledger, period, "trial-balance.csv", files.table([{"Account": "Cash", "Debit": 0, "Credit": 0}])
    )
    period.put({"fileIds": {"revenueDetailCsvFileId": kept.id}, "runTrialBalanceEnd": f"{ledger.store.now}"})


def _memo_pdf(ledger: Ledger, memo: Record) -> None:
    kept = new_file(ledger, memo, f"{memo.number}.pdf", files.pdf(memo.number))
    memo.put({"latestPDFFileId": kept.id, "pdfState": None})


def _workflow_run(ledger: Ledger, run: Record) -> None:
    counts = {"error": 0, "pending": 0, "processing": 0, "queued": 0, "stopped": 0, "success": 1, "total": 1}
    run.put({"tasks": counts, "finishedAt": f"{ledger.store.now}"})


_ENDS: Mapping[tuple[str, str], Callable[[Ledger, Record], None]] = {
    ("accountingperiod", "run-trial-balance"): _trial_balance,
    ("asyncjob", ""): _order_result,
    ("billingpreviewrun", ""): _preview_result,
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
    with contextlib.suppress(csv.Error):  # what is no CSV is imported as far as it is one
        rows.extend(csv.DictReader(io.StringIO(text, newline=""), restkey="", restval=""))
    return [{name: each for name, each in row.items() if name} for row in rows]


# --- sums -----------------------------------------------------------------------------


def _add(ledger: Ledger, record: Record, **amounts: Decimal) -> None:
    changes = {name: _money(record.value(name.lower())) + amount for name, amount in amounts.items()}
    ledger.store.change(record, changes)


def _money(value: Any) -> Decimal:
    try:
        amount = Decimal(str(value)) if value not in (None, "") else Decimal(0)
    except ArithmeticError:
        return Decimal(0)
    return amount if showing.is_ordinary(amount) else Decimal(0)


def _months(value: Any) -> int:
    """Return the months of a term: a year where what was sent is no number of them."""
    number = int(_money(value))
    return number if 0 < number <= _LONGEST_TERM else 12


_LONGEST_TERM = 1200


def _months_later(start: str, months: int) -> str:
    try:
        first = date.fromisoformat(start[:10])
    except ValueError:
        return start
    year, month = divmod(first.month - 1 + months, 12)
    year, month = min(first.year + year, date.max.year), month + 1
    return str(date(year, month, min(first.day, calendar.monthrange(year, month)[1])))


def objects(value: Any) -> list[Mapping[str, Any]]:
    """Return the objects in a list; a null among them, or no list at all, is none."""
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def _known(values: Mapping[str, Any]) -> Values:
    return {name: value for name, value in values.items() if value is not None}
