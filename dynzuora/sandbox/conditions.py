"""Refusals of actions by the state of a record and by the policy in the body; rows of ``zuora.toml``."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from dynzuora._names import canonical
from dynzuora.sandbox.amounts import money
from dynzuora.sandbox.refusals import Reason, Refusal
from dynzuora.sandbox.rules import Condition
from dynzuora.sandbox.store import Record


def check(
    condition: Condition | None, record: Record, body: Mapping[str, Any], stand_ins: Collection[str]
) -> None:
    """Raise a `Refusal` with every reason why the action cannot be performed.

    An invented record has no state, and a value of ``stand_ins``, which are the texts that the
    document itself shows, is no policy.
    """
    if condition is None:
        return
    reasons = [*_of_state(condition, record), *_of_policies(condition, body, stand_ins)]
    if reasons:
        raise Refusal(*reasons)


def _of_state(condition: Condition, record: Record) -> Iterator[Reason]:
    status = _state(record.value("status") or "")
    if record.invented or not status:
        return
    is_barred = status in map(_state, condition.never)
    if is_barred or (condition.only and status not in map(_state, condition.only)):
        wanted = f"; it must be {' or '.join(condition.only)}" if condition.only else ""
        action = condition.verb.rpartition("=")[2]
        yield Reason(
            30,
            f"The {record.kind} {record.number or record.id} is {record.value('status')}{wanted}: "
            f"{action} is not possible.",
        )
    amounts = [money(record.value(canonical(name))) for name in condition.equal]
    if len({*amounts}) > 1:
        whole, left = amounts
        yield Reason(
            30,
            f"Of {whole} of the {record.kind} {record.number or record.id} {whole - left} has been applied: "
            f"{condition.verb} is not possible.",
        )


def _state(text: object) -> str:
    return canonical(str(text)).replace("cancelled", "canceled")


def _of_policies(
    condition: Condition, body: Mapping[str, Any], stand_ins: Collection[str]
) -> Iterator[Reason]:
    for field, values in condition.policies.items():
        value = body.get(field)
        if value is None or value in stand_ins:
            continue
        if value not in values:
            yield Reason(20, f"{field} must be {', '.join(values)}; {value!r} is not.")
            continue
        for required in values[value]:
            if body.get(required) in (None, ""):
                yield Reason(22, f"{required} is required if {field} is {value}.")
