"""Amounts, terms and applications of payments and memos, by simple sums: no proration, tax or rating."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from dynzuora.sandbox import showing
from dynzuora.sandbox.ledger import Ledger
from dynzuora.sandbox.refusals import not_found, refusal
from dynzuora.sandbox.store import Record

Values = dict[str, Any]


def add(ledger: Ledger, record: Record, **amounts: Decimal) -> None:
    changes = {name: money(record.value(name.lower())) + amount for name, amount in amounts.items()}
    ledger.store.change(record, changes)


def money(value: Any) -> Decimal:
    try:
        amount = Decimal(str(value)) if value not in (None, "") else Decimal(0)
    except ArithmeticError:
        return Decimal(0)
    return amount if showing.is_ordinary(amount) else Decimal(0)


def months_of(value: Any) -> int:
    """Return the months of a term, 12 for an invalid number."""
    number = int(money(value))
    return number if 0 < number <= _LONGEST_TERM else 12


_LONGEST_TERM = 1200


def months_later(start: str, months: int) -> str:
    try:
        first = date.fromisoformat(start[:10])
    except ValueError:
        return start
    year, month = divmod(first.month - 1 + months, 12)
    year, month = min(first.year + year, date.max.year), month + 1
    return str(date(year, month, min(first.day, calendar.monthrange(year, month)[1])))


def objects(value: Any) -> list[Mapping[str, Any]]:
    """Return the objects in a list; anything else is skipped."""
    return [element for element in value if isinstance(element, Mapping)] if isinstance(value, list) else []


def without_nulls(values: Mapping[str, Any]) -> Values:
    return {name: value for name, value in values.items() if value is not None}


def move(ledger: Ledger, source: Record, body: Mapping[str, Any], sign: int) -> None:
    """Apply a payment or credit memo to invoices and debit memos, or unapply it with a ``sign`` of -1.

    Raises `Refusal` as `settled` does, before any change.
    """
    left = money(source.value("unappliedamount" if sign > 0 else "appliedamount"))
    for target, share in settled(ledger, body, left, sign):
        amount = sign * share
        if _is_rated(target):
            add(ledger, target, balance=-amount)
        references = {f"{source.kind}Id": source.id, f"{target.kind}Id": target.id}
        ledger.add(f"{source.kind}part", {**references, "amount": amount})
        add(ledger, source, appliedAmount=amount, unappliedAmount=-amount)


def settled(ledger: Ledger, body: Mapping[str, Any], left: Decimal, sign: int = 1) -> list[Line]:
    """Return the lines of a body: records, and the amount of ``left`` to apply to each.

    Raises `Refusal` for a missing record, and for more than is left or open.
    """
    lines = [
        (target, _amount(line))
        for listed, kind, word in _TARGETS
        for line in objects(body.get(listed))
        if (target := _target(ledger, kind, word, line)) is not None
    ]
    shares: dict[Record, Decimal] = {}
    for target, amount in lines:
        shares[target] = shares.get(target, Decimal(0)) + amount
    refuse_above(left, sum(shares.values(), Decimal(0)), "unapplied" if sign > 0 else "applied")
    for target, amount in shares.items():
        if _is_rated(target):
            balance = money(target.value("balance"))
            available = balance if sign > 0 else money(target.value("amount")) - balance
            refuse_above(available, amount, f"{'open' if sign > 0 else 'applied'} at {target.number}")
    return lines


Line = tuple[Record, Decimal]
_TARGETS = (("invoices", "invoice", "invoice"), ("debitMemos", "debitmemo", "debitMemo"))


def _target(ledger: Ledger, kind: str, word: str, line: Mapping[str, Any]) -> Record | None:
    """Return the record that a line names; None if its key is an example from the document."""
    key = str(line.get(f"{word}Id") or line.get(f"{word}Number") or "")
    record = ledger.find(kind, key)
    if record is None and key not in ledger.stand_ins():
        raise not_found(kind, key) if key else refusal(22, f"{word}Id is required.")
    return record


def _amount(line: Mapping[str, Any]) -> Decimal:
    amount = money(line.get("amount"))
    if amount < 0:
        raise refusal(20, f"amount must not be negative, but is {amount}.")
    return amount


def _is_rated(record: Record) -> bool:
    """Whether the record has an amount; the sandbox does no rating, so its invoices may be over 0."""
    return bool(money(record.value("amount")))


def refuse_above(available: Decimal, amount: Decimal, where: str) -> None:
    """Raise a `Refusal` if the amount exceeds what is available."""
    if amount > available:
        raise refusal(30, f"Only {available} of {amount} is {where}.")
