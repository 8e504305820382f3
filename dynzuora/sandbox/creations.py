"""Consequences of new records: an order creates a subscription, a memo has items.

A thin layer, so that common workflows behave as on a real tenant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from dynzuora.sandbox.amounts import (
    Values,
    add,
    money,
    months_later,
    months_of,
    move,
    objects,
    refuse_above,
    settled,
    without_nulls,
)
from dynzuora.sandbox.ledger import Ledger
from dynzuora.sandbox.store import Record


def prepared(ledger: Ledger, kind: str, values: Mapping[str, Any]) -> Values:
    """Return the values of a new record: those sent, and those derived from them."""
    prepare = _PREPARED.get(kind)
    return prepare(ledger, dict(values)) if prepare else dict(values)


def check(kind: str, owner: Record, values: Mapping[str, Any]) -> None:
    """Raise a `Refusal` for a refund of more than its payment or memo has unapplied."""
    left = owner.value("unappliedamount")
    if kind == "refund" and left is not None:
        refuse_above(money(left), _refunded(values), "unapplied")


def created(ledger: Ledger, record: Record) -> None:
    """Apply the consequences of a new record."""
    complete = _CREATED.get(record.kind)
    if complete:
        complete(ledger, record)


def _connection(ledger: Ledger, values: Values) -> Values:
    return {**values, "sourceEntityId": ledger.entity}


def _subscription(ledger: Ledger, values: Values) -> Values:
    start = str(values.get("contractEffectiveDate") or ledger.store.now.date())
    months = months_of(values.get("initialTerm"))
    values.setdefault("subscriptionStartDate", start)
    values.setdefault("termStartDate", start)
    values.setdefault("termEndDate", months_later(start, months))
    plans = values.pop("subscribeToRatePlans", None)
    if isinstance(plans, list):
        values["ratePlans"] = [_rate_plan(ledger, plan) for plan in objects(plans)]
    return values


def _rate_plan(ledger: Ledger, plan: Mapping[str, Any]) -> Values:
    plan_of_product = ledger.find("productrateplan", plan.get("productRatePlanId", ""))
    product = ledger.referred(plan_of_product, "product") if plan_of_product else None
    result: Values = {"id": ledger.store.new_id("rateplan"), **plan, "ratePlanCharges": []}
    if plan_of_product is not None:
        result |= {
            "ratePlanName": plan_of_product.value("name"),
            "productId": plan_of_product.value("productid"),
        }
        for charge in ledger.children(plan_of_product, "productrateplancharge"):
            result["ratePlanCharges"].append(
                {
                    "id": ledger.store.new_id("rateplancharge"),
                    "number": f"C-{ledger.store.count('charge number') + 100:08d}",
                    "productRatePlanChargeId": charge.id,
                    **{
                        name: charge[name]
                        for name in ("name", "type", "model", "price", "uom", "billingPeriod")
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
    amount = sum((money(line.get("amount") or line.get("memoItemAmount")) for line in lines), Decimal(0))
    if invoice is not None:
        values |= {"referredInvoiceId": invoice.id, "source": "AdhocFromInvoice", "sourceId": invoice.number}
        for name in ("accountId", "accountNumber", "currency"):
            if (value := invoice.value(name.lower())) is not None:
                values.setdefault(name, value)
        amount = amount or money(invoice.value("balance"))
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
    amount = money(values.get("amount"))
    settled(ledger, values, amount)  # refused before the payment exists
    return {"unappliedAmount": amount, **values} if "amount" in values else values


def _refund(ledger: Ledger, values: Values) -> Values:
    source = ledger.find("payment", values.get("paymentId", "")) or ledger.find(
        "creditmemo", values.get("creditmemoId", values.get("creditMemoId", ""))
    )
    if source is not None:
        amount = min(_refunded(values), money(source.value("unappliedamount")))
        add(ledger, source, refundAmount=amount, unappliedAmount=-amount)
    return values


def _refunded(values: Mapping[str, Any]) -> Decimal:
    return max(Decimal(0), money(values.get("totalAmount") or values.get("amount")))


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
        _ordered(ledger, account, item) for item in objects(values.get("subscriptions"))
    ]
    numbers = [item["subscriptionNumber"] for item in values["subscriptions"] if "subscriptionNumber" in item]
    records = [record for number in numbers if (record := ledger.find("subscription", number))]
    return {
        **values,
        "subscriptionNumbers": numbers,
        "subscriptionIds": [record.id for record in records],
    }


def _ordered(ledger: Ledger, account: Record | None, line: Mapping[str, Any]) -> Values:
    """Perform an order's actions on one subscription; return the order's line for it."""
    subscription = ledger.find("subscription", line.get("subscriptionNumber", ""))
    for action in objects(line.get("orderActions")):
        kind = str(action.get("type", ""))
        if kind == "CreateSubscription":
            subscription = _created_by_order(ledger, account, line, action)
        elif subscription is not None and kind in _ORDER_ACTIONS:
            ledger.store.change(subscription, {"status": _ORDER_ACTIONS[kind]})
    if subscription is None:
        return dict(line)
    return {
        **line,
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
    ledger: Ledger, account: Record | None, line: Mapping[str, Any], action: Mapping[str, Any]
) -> Record:
    detail = action.get("createSubscription") or {}
    term = (detail.get("terms") or {}).get("initialTerm") or {}
    effective = next(
        (
            trigger.get("triggerDate")
            for trigger in objects(action.get("triggerDates"))
            if trigger.get("triggerDate")
        ),
        None,
    )
    values: Values = {
        "contractEffectiveDate": effective or term.get("startDate"),
        "initialTerm": term.get("period"),
        "termType": term.get("termType"),
        "autoRenew": (detail.get("terms") or {}).get("autoRenew"),
        "subscribeToRatePlans": detail.get("subscribeToRatePlans"),
        "customFields": line.get("customFields"),
        "subscriptionNumber": detail.get("subscriptionNumber") or line.get("subscriptionNumber"),
    }
    if account is not None:
        values |= {"accountId": account.id, "accountNumber": account.number}
    return ledger.add("subscription", prepared(ledger, "subscription", without_nulls(values)))


def _after_account(ledger: Ledger, account: Record) -> None:
    """Create the contacts, card and first subscription that were sent with a new account."""
    for role in ("billToContact", "soldToContact"):
        contact = account.value(role.lower())
        if isinstance(contact, Mapping):
            contact_record = ledger.add("contact", {**contact, "accountId": account.id})
            account.put({f"{role}Id": contact_record.id})
    card = account.value("creditcard")
    if isinstance(card, Mapping):
        method = ledger.add("paymentmethod", {**card, "type": "CreditCard", "accountId": account.id})
        account.put({"paymentMethodId": method.id, "defaultPaymentMethodId": method.id, "creditCard": None})
    first_subscription = account.value("subscription")
    if isinstance(first_subscription, Mapping):
        values = prepared(
            ledger,
            "subscription",
            {**first_subscription, "accountId": account.id, "accountNumber": account.number},
        )
        subscription = ledger.add("subscription", values)
        account.put({"subscription": None})
        account.put({"subscriptionId": subscription.id, "subscriptionNumber": subscription.number})


def _after_memo(ledger: Ledger, memo: Record) -> None:
    """Create a memo's items."""
    for line in objects(memo.value("items") or memo.value("charges")):
        amount = money(line.get("amount") or line.get("memoItemAmount"))
        own = {f"{memo.kind}Id": memo.id, "amount": amount, "unappliedAmount": amount}
        source = {"sourceItemId": line["invoiceItemId"]} if line.get("invoiceItemId") else {}
        ledger.add(f"{memo.kind}item", {**line, **own, **source})
    memo.put({"items": None, "charges": None})


def _after_payment(ledger: Ledger, payment: Record) -> None:
    body = {name: payment.value(name.lower()) for name in ("invoices", "debitMemos")}
    payment.put({"invoices": None, "debitMemos": None})
    if any(body.values()):
        move(ledger, payment, without_nulls(body), 1)


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
