"""Bill runs: an account's recurring charges as draft invoices, posting them, and canceling.

Each period that begins by the target date is billed in full and once; there is no proration,
tax, rating of usage, or one-time charge.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from dynzuora.sandbox.amounts import money, months_later, objects
from dynzuora.sandbox.ledger import Ledger
from dynzuora.sandbox.store import Record

MONTHS = {"Month": 1, "Quarter": 3, "Semi_Annual": 6, "Annual": 12}
"""Billing period → its months; charges of other periods are not billed."""

MOST_PERIODS = 120
"""The most periods of one charge in one bill run."""


class _Line(NamedTuple):
    subscription: Record
    plan: Mapping[str, Any]
    charge: Mapping[str, Any]
    start: str
    end: str

    @property
    def amount(self) -> Decimal:
        return money(self.charge.get("price"))


def bill(ledger: Ledger, run: Record) -> None:
    """Make the invoices of a bill run that has just completed; posted ones with ``AutoPost``."""
    today = str(ledger.store.now.date())
    target = _day(run.value("targetdate"), today)
    for account in _accounts(ledger, run):
        lines = [
            line
            for subscription in ledger.children(account, "subscription")
            if subscription.value("status") == "Active"
            for line in _lines(ledger, subscription, target)
        ]
        if lines:
            _invoice(ledger, run, account, lines, _day(run.value("invoicedate"), today), target)
    if run.value("autopost") in (True, "true"):
        post(ledger, run)
        ledger.store.change(run, {"Status": "Posted"})


def post(ledger: Ledger, run: Record) -> None:
    """Post the invoices of a bill run."""
    for invoice in _invoices(ledger, run):
        ledger.store.change(invoice, {"status": "Posted"})


def cancel(ledger: Ledger, run: Record) -> None:
    """Remove the invoices of a bill run, with their items."""
    for invoice in _invoices(ledger, run):
        for item in ledger.children(invoice, "invoiceitem"):
            ledger.store.remove(item)
        ledger.store.remove(invoice)


def _invoices(ledger: Ledger, run: Record) -> list[Record]:
    return [invoice for invoice in ledger.records("invoice") if invoice.value("billrunid") == run.id]


def _accounts(ledger: Ledger, run: Record) -> list[Record]:
    """Return the active accounts that a bill run names by id, or by batch and bill cycle day."""
    if key := run.value("accountid"):
        account = ledger.find("account", key)
        return [account] if account else []
    wanted = {"batch": run.value("batch"), "billcycleday": run.value("billcycleday")}
    chosen = {form: str(value) for form, value in wanted.items() if value not in (None, "", *_ALL)}
    return [
        account
        for account in ledger.records("account")
        if account.value("status") == "Active"
        and all(str(account.value(form)) == value for form, value in chosen.items())
    ]


_ALL = ("AllBatches", "AllBillCycleDays")


def _lines(ledger: Ledger, subscription: Record, target: str) -> Iterator[_Line]:
    """Return a line for each period of a recurring charge that begins by ``target`` and is not billed."""
    billed = {
        (item.value("chargeid"), item.value("servicestartdate")) for item in ledger.records("invoiceitem")
    }
    for plan in objects(subscription.value("rateplans")):
        for charge in objects(plan.get("ratePlanCharges")):
            months = MONTHS.get(str(charge.get("billingPeriod")), 0)
            first = charge.get("effectiveStartDate") or subscription.value("contracteffectivedate")
            if charge.get("type") != "Recurring" or not months or _day(first, "") == "":
                continue
            for ordinal in range(MOST_PERIODS):
                start = months_later(first, ordinal * months)
                if start > min(target, str(subscription.value("termenddate") or target)):
                    break
                end = date.fromisoformat(months_later(first, (ordinal + 1) * months)) - timedelta(days=1)
                if (charge.get("id"), start) not in billed:
                    yield _Line(subscription, plan, charge, start, str(end))


def _invoice(ledger: Ledger, run: Record, account: Record, lines: list[_Line], day: str, target: str) -> None:
    amount = sum((line.amount for line in lines), Decimal(0))
    invoice = ledger.add(
        "invoice",
        {
            "accountId": account.id,
            "accountNumber": account.number,
            "currency": account.value("currency"),
            "billRunId": run.id,
            "invoiceDate": day,
            "dueDate": day,
            "targetDate": target,
            "amount": amount,
            "amountWithoutTax": amount,
            "taxAmount": 0,
            "balance": amount,
        },
    )
    for line in lines:
        ledger.add(
            "invoiceitem",
            {
                "invoiceId": invoice.id,
                "invoiceNumber": invoice.number,
                "accountId": account.id,
                "subscriptionId": line.subscription.id,
                "subscriptionNumber": line.subscription.number,
                "productName": line.plan.get("productName"),
                "productRatePlanChargeId": line.charge.get("productRatePlanChargeId"),
                "chargeId": line.charge.get("id"),
                "chargeName": line.charge.get("name"),
                "chargeAmount": line.amount,
                "taxAmount": 0,
                "quantity": 1,
                "unitPrice": line.amount,
                "serviceStartDate": line.start,
                "serviceEndDate": line.end,
                "balance": line.amount,
                "processingType": "Charge",
            },
        )


def _day(value: Any, default: str) -> str:
    try:
        return str(date.fromisoformat(str(value)[:10]))
    except ValueError:
        return default
