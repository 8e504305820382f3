"""Money, terms and lists of what was sent: added up, and nothing more. No proration, no tax, no rating."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from dynzuora._sandbox import showing
from dynzuora._sandbox.ledger import Ledger
from dynzuora._sandbox.store import Record

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
    """Return the months of a term: a year where what was sent is no number of them."""
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
    """Return the objects in a list; a null among them, or no list at all, is none."""
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def known(values: Mapping[str, Any]) -> Values:
    return {name: value for name, value in values.items() if value is not None}


def move(ledger: Ledger, source: Record, body: Mapping[str, Any], sign: int) -> None:
    """Apply a payment or credit memo to invoices and debit memos, or take it back."""
    for listed, kind in (("invoices", "invoice"), ("debitMemos", "debitmemo")):
        for line in objects(body.get(listed)):
            target = ledger.find(kind, line.get(f"{kind}Id") or line.get("debitMemoId") or "")
            amount = sign * money(line.get("amount"))
            if target is not None:
                add(ledger, target, balance=-amount)
                tie = {f"{source.kind}Id": source.id, f"{kind}Id": target.id}
                ledger.add(f"{source.kind}part", {**tie, "amount": amount})
            add(ledger, source, appliedAmount=amount, unappliedAmount=-amount)
