"""Actions on records, by the last segment of a path: apply, cancel, renew, scrub."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dynzuora.sandbox.amounts import Values, money, months_later, months_of, move
from dynzuora.sandbox.creations import prepared
from dynzuora.sandbox.ledger import Ledger
from dynzuora.sandbox.store import Record


def _apply(ledger: Ledger, source: Record, body: Mapping[str, Any]) -> None:
    move(ledger, source, body, 1)


def _unapply(ledger: Ledger, source: Record, body: Mapping[str, Any]) -> None:
    move(ledger, source, body, -1)


def _transfer(ledger: Ledger, payment: Record, body: Mapping[str, Any]) -> None:
    ledger.store.change(payment, {"accountId": body.get("accountId")})


def _write_off(ledger: Ledger, invoice: Record, body: Mapping[str, Any]) -> Values:
    """Write off an invoice with a posted credit memo of its balance."""
    balance = money(invoice.value("balance"))
    values = prepared(ledger, "creditmemo", {"invoiceId": invoice.id, "effectiveDate": body.get("memoDate")})
    memo = ledger.add("creditmemo", {**values, "status": "Posted"})
    _apply(ledger, memo, {"invoices": [{"invoiceId": invoice.id, "amount": balance}]})
    return {"creditMemo": {"id": memo.id}}


def _reverse(ledger: Ledger, invoice: Record, body: Mapping[str, Any]) -> Values:
    values = _write_off(ledger, invoice, body)
    ledger.store.change(invoice, {"reversed": True})
    return values


def _generate(ledger: Ledger, account: Record, body: Mapping[str, Any]) -> Values:
    """Create a draft invoice for an account, posted if ``autoPost`` is true."""
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
    day = body.get("cancellationEffectiveDate") or subscription.value("termenddate")
    ledger.store.change(
        subscription, {"status": "Cancelled", "cancelledDate": day, "subscriptionEndDate": day}
    )


def _renew_subscription(ledger: Ledger, subscription: Record, body: Mapping[str, Any]) -> None:
    start = subscription.value("termenddate") or str(ledger.store.now.date())
    months = months_of(subscription.value("renewalterm"))
    ledger.store.change(
        subscription,
        {"status": "Active", "termStartDate": start, "termEndDate": months_later(start, months)},
    )


def _suspend(ledger: Ledger, subscription: Record, body: Mapping[str, Any]) -> None:
    day = body.get("suspendSpecificDate") or str(ledger.store.now.date())
    ledger.store.change(subscription, {"status": "Suspended", "suspendDate": day})


def _resume(ledger: Ledger, subscription: Record, body: Mapping[str, Any]) -> None:
    day = body.get("resumeSpecificDate") or str(ledger.store.now.date())
    ledger.store.change(subscription, {"status": "Active", "resumeDate": day})


def _scrub(ledger: Ledger, person: Record, body: Mapping[str, Any]) -> None:
    """Clear personal data; keep ids, numbers, status and type."""
    identifying = {name for name in person if name.lower().endswith(("id", "number", "status", "type"))}
    ledger.store.change(person, dict.fromkeys(set(person) - identifying))


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
