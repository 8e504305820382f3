"""Failures on demand: ``faults=`` says which operation fails how, and how often.

A rule is a mapping::

    {"operation": "POST_CreatePayment", "fault": "lock_contention", "times": 2}

``operation`` is an operation id or ``"*"``; ``times`` (default 1) counts the requests
that fail and ``after`` (default 0) those that pass before; ``"times": None`` fails for
ever. The other keys belong to the fault (`FAULTS` lists them). Short forms: one rule
instead of a list, and ``{"POST_CreatePayment": "lock_contention"}``. Where several rules
fit a request, the first that is not used up applies; the rest wait.

=================  ===========================================  ==========================
fault              what the caller sees                         keys
=================  ===========================================  ==========================
429                HTTP 429 with Retry-After, nothing done      retry_after
401                HTTP 401 and the token is dead               —
lock_contention    refused, category 50, nothing done           —
refused            refused with a code of your choice           category, message, status
success_false      HTTP 200, success false, nothing done        category, message
server_error_500   HTTP 500, nothing done                       —
html_504           HTTP 504 with HTML from a gateway            applied (default false)
lost_answer        the work is done, then the connection drops  —
lost_request       the connection drops, nothing done           —
slow               the answer takes its time                    seconds
partial_failure    some rows of a batch fail                    rows (positions, [0])
job_ends           the job that is started ends so              end
success_text       success is the text "true"                   —
no_flag            the success flag is missing                  —
foreign_next       the next link points at another host         —
repeated_page      the next link leads back to the same page    —
=================  ===========================================  ==========================
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from dynzuora._names import nearest
from dynzuora._sandbox.refusals import Refusal, refusal
from dynzuora._sandbox.showing import SUCCESS


class LostAnswer(ConnectionError):
    """The server hangs up. werkzeug closes the socket on it, the adapter raises requests' own error."""


class Fault(NamedTuple):
    """One fault that applies to a request."""

    name: str
    options: Mapping[str, Any]


FAULTS: Mapping[str, frozenset[str]] = {
    "429": frozenset({"retry_after"}),
    "401": frozenset(),
    "lock_contention": frozenset(),
    "refused": frozenset({"category", "message", "status"}),
    "success_false": frozenset({"category", "message"}),
    "server_error_500": frozenset(),
    "html_504": frozenset({"applied"}),
    "lost_answer": frozenset(),
    "lost_request": frozenset(),
    "slow": frozenset({"seconds"}),
    "partial_failure": frozenset({"rows"}),
    "job_ends": frozenset({"end"}),
    "success_text": frozenset(),
    "no_flag": frozenset(),
    "foreign_next": frozenset(),
    "repeated_page": frozenset(),
}
COMMON = frozenset({"operation", "fault", "times", "after"})


class _Rule:
    def __init__(self, operation: str, fault: Fault, times: float, after: int) -> None:
        self.operation = operation
        self.fault = fault
        self.left = times
        self.after = after

    def applies(self) -> bool:
        if self.after > 0:
            self.after -= 1
            return False
        if self.left <= 0:
            return False
        self.left -= 1
        return True


class Faults:
    """The rules still to come. Used under the sandbox's lock."""

    def __init__(self, rules: Any, operations: Iterable[str]) -> None:
        known = list(operations)
        self._rules = [_read(rule, known) for rule in _listed(rules)]

    def next(self, operation: str) -> Fault | None:
        """Return the fault of this request, used up by asking."""
        for rule in self._rules:
            if rule.operation in (operation, "*") and rule.applies():
                return rule.fault
        return None


def before(fault: Fault) -> Refusal | None:
    """Return the refusal that ``fault`` puts in the place of the work, None where the work is done."""
    options = fault.options
    if fault.name == "429":
        headers = {"Retry-After": str(options.get("retry_after", 1))}
        return refusal(70, "Too many requests.", headers=headers)
    if fault.name == "401":
        return refusal(11, "The token has expired.", shape="message")
    if fault.name == "lock_contention":
        return refusal(50, "The request failed due to lock competition; try again later.")
    if fault.name in ("refused", "success_false"):
        message = options.get("message", "The sandbox was told to refuse this.")
        return refusal(options.get("category", 30), message, status=options.get("status", 200))
    if fault.name == "server_error_500":
        return refusal(60, "An internal error occurred.", status=500)
    return None


def distorted(fault: Fault, value: Any, request_url: str) -> Any:
    """Return a good reply as ``fault`` spoils it."""
    if not isinstance(value, dict):
        return value
    if fault.name == "success_text":
        return {name: "true" if name in SUCCESS else each for name, each in value.items()}
    if fault.name == "no_flag":
        return {name: each for name, each in value.items() if name not in SUCCESS}
    if fault.name == "foreign_next":
        return _with_links(value, lambda link: re.sub(r"^https?://[^/]+", "https://elsewhere.invalid", link))
    if fault.name == "repeated_page":
        return _with_links(value, lambda link: request_url)
    return value


def job_end(fault: Fault | None) -> str:
    """Return the end that a job is to come to, empty for its own."""
    return str(fault.options.get("end", "")) if fault is not None and fault.name == "job_ends" else ""


def failed_rows(fault: Fault | None) -> frozenset[int]:
    """Return the positions of the rows that a batch is to refuse."""
    if fault is None or fault.name != "partial_failure":
        return frozenset()
    return frozenset(fault.options.get("rows", [0]))


def _with_links(value: dict[str, Any], change: Any) -> dict[str, Any]:
    return {
        name: change(each) if name in ("nextPage", "next", "next_page") and each else _deeper(each, change)
        for name, each in value.items()
    }


def _deeper(value: Any, change: Any) -> Any:
    return _with_links(value, change) if isinstance(value, dict) else value


def _listed(rules: Any) -> Sequence[Mapping[str, Any]]:
    if not rules:
        return []
    if isinstance(rules, Mapping):
        if "fault" in rules:
            return [rules]
        return [
            {"operation": operation, **(each if isinstance(each, Mapping) else {"fault": each})}
            for operation, each in rules.items()
        ]
    return list(rules)


def _read(rule: Mapping[str, Any], operations: Sequence[str]) -> _Rule:
    name = str(rule.get("fault", ""))
    if name not in FAULTS:
        raise ValueError(f"faults: there is no fault {name!r}.{_did_you_mean(name, FAULTS)}")
    operation = rule.get("operation", "*")
    if operation != "*" and operation not in operations:
        raise ValueError(
            f"faults: there is no operation {operation!r}.{_did_you_mean(operation, operations)}"
        )
    options = {key: value for key, value in rule.items() if key not in COMMON}
    for key in options.keys() - FAULTS[name]:
        allowed = sorted(COMMON | FAULTS[name])
        raise ValueError(f"faults: {name} takes no {key!r}; it takes {', '.join(allowed)}.")
    times = rule.get("times", 1)
    return _Rule(
        operation, Fault(name, options), float("inf") if times is None else times, rule.get("after", 0)
    )


def _did_you_mean(name: str, known: Iterable[str]) -> str:
    close = nearest(str(name), known)
    return f" Did you mean {close[0]!r}?" if close else f" Known are {', '.join(known)}."
