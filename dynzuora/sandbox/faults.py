"""Faults on demand: ``faults=`` says which operations fail, how, and how often.

A fault rule is a mapping::

    {"operation": "POST_CreatePayment", "fault": "lock_contention", "times": 2}

``operation`` is an operation id or ``"*"``. ``times`` (default 1, None for always) is the
number of requests that fail, ``after`` (default 0) the number of requests before them that
do not. The other keys belong to the fault (see `FAULTS`). Short forms: one rule instead of a
list, and ``{"POST_CreatePayment": "lock_contention"}``. If several rules match a request,
the first that is not used up applies. A fault that an operation cannot have, such as a next
link without pages, is an error in a rule for that operation and ignored in a rule for
``"*"``. All errors are raised at once, as a `DynzuoraError`, before the first request.

=================  ===========================================  ==========================
fault              what the caller sees                         keys
=================  ===========================================  ==========================
429                HTTP 429 with Retry-After, not applied       retry_after
401                HTTP 401, and the token is revoked           —
lock_contention    refused, category 50, not applied            —
refused            refused with a code of your choice           category, message, status
success_false      HTTP 200, success false, not applied         category, message
server_error_500   HTTP 500, not applied                        —
html_504           HTTP 504 with HTML from a gateway            applied (default false)
lost_answer        applied, then the connection drops           —
lost_request       the connection drops, not applied            —
slow               a delayed response                           seconds
partial_failure    some rows of a batch fail                    rows (positions, [0])
job_ends           the job ends in this state                   end
success_text       success is the text "true"                   —
no_flag            the success flag is missing                  —
foreign_next       the next link points to another host         —
repeated_page      the next link leads back to the same page    —
=================  ===========================================  ==========================
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from dynzuora._names import nearest
from dynzuora.errors import DynzuoraError
from dynzuora.sandbox.endpoint import Endpoint
from dynzuora.sandbox.refusals import CATEGORIES, Refusal, refusal
from dynzuora.sandbox.rules import JobRule, Rules
from dynzuora.sandbox.showing import SUCCESS


class LostAnswer(ConnectionError):
    """A dropped connection: werkzeug closes the socket, the adapter raises requests' own error."""


class Fault(NamedTuple):
    """One fault that applies to a request."""

    name: str
    options: Mapping[str, Any]


class Key(NamedTuple):
    """The valid values of a key of a rule: a predicate, and its description."""

    accepts: Callable[[Any], bool]
    words: str


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_seconds(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < math.inf


_TEXT = Key(lambda value: isinstance(value, str), "text")
_SECONDS = Key(_is_seconds, "a non-negative number of seconds")
_CATEGORY = Key(
    lambda value: _is_count(value) and value in CATEGORIES, f"one of {', '.join(map(str, CATEGORIES))}"
)
_ROWS = Key(
    lambda value: isinstance(value, (list, tuple, set, frozenset)) and all(map(_is_count, value)),
    "a list of positions, counted from 0",
)

FAULTS: Mapping[str, Mapping[str, Key]] = {
    "429": {"retry_after": Key(_is_count, "a non-negative integer of seconds")},
    "401": {},
    "lock_contention": {},
    "refused": {
        "category": _CATEGORY,
        "message": _TEXT,
        "status": Key(
            lambda value: _is_count(value) and 200 <= value <= 599, "an HTTP status from 200 to 599"
        ),
    },
    "success_false": {"category": _CATEGORY, "message": _TEXT},
    "server_error_500": {},
    "html_504": {"applied": Key(lambda value: isinstance(value, bool), "True or False")},
    "lost_answer": {},
    "lost_request": {},
    "slow": {"seconds": _SECONDS},
    "partial_failure": {"rows": _ROWS},
    "job_ends": {"end": _TEXT},
    "success_text": {},
    "no_flag": {},
    "foreign_next": {},
    "repeated_page": {},
}
COMMON: Mapping[str, Key] = {
    "operation": _TEXT,
    "fault": _TEXT,
    "times": Key(
        lambda value: value is None or (_is_count(value) and value > 0),
        "a positive integer, or None for always",
    ),
    "after": Key(_is_count, "a non-negative integer"),
}


def _has_rows(endpoint: Endpoint, rules: Rules) -> bool:
    if endpoint.special in _BATCHES:
        return True
    answer, body = endpoint.answer.shape, endpoint.model.body
    if endpoint.family.role == "create":
        sent = body.shape.properties if body.has_json_schema else {}
        return any(shape.is_array and name in sent for name, shape in answer.properties.items())
    return answer.items is not None and endpoint.method != "GET"


def _starts_job(endpoint: Endpoint, rules: Rules) -> bool:
    return bool(_jobs(endpoint, rules))


def _jobs(endpoint: Endpoint, rules: Rules) -> list[JobRule]:
    """Return the jobs that an operation may start."""
    family = endpoint.family
    if endpoint.special == "run_workflow":
        return [job for job in rules.jobs if (job.kind, job.started) == ("workflow", "run")]
    own = [job for job in rules.jobs if job.kind == family.kind]
    if family.role == "update":
        return [job for job in own if "=" in job.started]
    started = {"create": "", "delete": "delete", "action": family.verb}
    return [job for job in own if family.role in started and job.started == started[family.role]]


def _has_flag(endpoint: Endpoint, rules: Rules) -> bool:
    return not endpoint.answer.shape.properties.keys().isdisjoint(SUCCESS)


def _has_links(endpoint: Endpoint, rules: Rules) -> bool:
    return endpoint.style.name in ("nextPage-url", "next-link", "pagination.next_page")


_BATCHES = frozenset({"action_create", "action_delete", "action_update", "record_batch"})

_NEEDS: Mapping[str, tuple[Callable[[Endpoint, Rules], bool], str]] = {
    "partial_failure": (_has_rows, "its reply has no rows that can fail individually"),
    "job_ends": (_starts_job, "it starts no job"),
    "success_text": (_has_flag, "its reply has no success flag"),
    "no_flag": (_has_flag, "its reply has no success flag"),
    "foreign_next": (_has_links, "its reply has no next link"),
    "repeated_page": (_has_links, "its reply has no next link"),
}
"""Fault → what an operation needs for it, and the message if it does not have that."""


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
    """The fault rules and what is left of them. Used under the sandbox's lock.

    ``endpoint`` finds an operation by id. Raises `DynzuoraError` with every invalid rule.
    """

    def __init__(
        self, definition: Any, operations: Iterable[str], endpoint: Callable[[str], Endpoint], rules: Rules
    ) -> None:
        self._endpoint = endpoint
        self._tables = rules
        identifiers = list(operations)
        listed = _listed(definition)
        mistakes = [mistake for rule in listed for mistake in self._mistakes(rule, identifiers)]
        if mistakes:
            raise DynzuoraError("faults: " + " ".join(mistakes))
        self._rules = [_read(rule) for rule in listed]

    def next(self, operation: str) -> Fault | None:
        """Return the fault of the next request of ``operation``, and count it."""
        for rule in self._rules:
            if self._fits(rule, operation) and rule.applies():
                return rule.fault
        return None

    def _fits(self, rule: _Rule, operation: str) -> bool:
        if rule.operation != "*":
            return rule.operation == operation
        return not operation or not self._lack(rule.fault.name, operation)

    def _lack(self, fault: str, operation: str) -> str:
        """Return what ``operation`` lacks for ``fault``, empty where it can have it."""
        has, words = _NEEDS.get(fault, (None, ""))
        return "" if has is None or has(self._endpoint(operation), self._tables) else words

    def _mistakes(self, rule: Any, operations: Sequence[str]) -> list[str]:
        if not isinstance(rule, Mapping):
            return [f"a rule must be a mapping with a fault, not {rule!r}."]
        fault, operation = rule.get("fault"), rule.get("operation", "*")
        if fault is None:
            return [f"the rule {dict(rule)!r} has no fault. Faults are {', '.join(FAULTS)}."]
        mistakes = []
        if not isinstance(fault, str) or fault not in FAULTS:
            mistakes.append(f"there is no fault {fault!r}.{_did_you_mean(fault, FAULTS)}")
        if operation != "*" and operation not in operations:
            mistakes.append(f"there is no operation {operation!r}.{_did_you_mean(operation, operations)}")
        if mistakes:
            return mistakes
        keys = {**COMMON, **FAULTS[fault]}
        for name, value in rule.items():
            if name not in keys:
                close = nearest(str(name), keys)
                hint = f" Did you mean {close[0]!r}?" if close else ""
                mistakes.append(f"{fault} takes no {name!r}; it takes {', '.join(sorted(keys))}.{hint}")
            elif not keys[name].accepts(value):
                mistakes.append(f"{fault}: {name} is {keys[name].words}, not {value!r}.")
        if operation != "*":
            mistakes += self._misfits(fault, operation, rule)
        return mistakes

    def _misfits(self, fault: str, operation: str, rule: Mapping[str, Any]) -> list[str]:
        lack = self._lack(fault, operation)
        if lack:
            return [f"{operation} cannot have {fault}: {lack}."]
        if fault != "job_ends" or not isinstance(rule.get("end", ""), str):
            return []
        ends = {end: None for job in _jobs(self._endpoint(operation), self._tables) for end in _ends(job)}
        end = rule.get("end", "")
        if end in ends:
            return []
        return [f"a job of {operation} cannot end as {end!r}.{_did_you_mean(end, ends)}"]


def _ends(job: JobRule) -> tuple[str, ...]:
    return (job.states[-1], *job.bad)


def before(fault: Fault) -> Refusal | None:
    """Return the refusal that ``fault`` causes before the request is performed, None if there is none."""
    options = fault.options
    if fault.name == "429":
        headers = {"Retry-After": str(options.get("retry_after", 1))}
        return refusal(70, "Too many requests.", headers=headers)
    if fault.name == "401":
        return refusal(11, "The token has expired.", shape="message")
    if fault.name == "lock_contention":
        return refusal(50, "The request failed due to lock competition; try again later.")
    if fault.name in ("refused", "success_false"):
        message = options.get("message", "The sandbox was asked to refuse this request.")
        return refusal(options.get("category", 30), message, status=options.get("status", 200))
    if fault.name == "server_error_500":
        return refusal(60, "An internal error occurred.", status=500)
    return None


def distorted(fault: Fault, value: Any, request_url: str) -> Any:
    """Return a reply as ``fault`` distorts it."""
    if not isinstance(value, dict):
        return value
    if fault.name == "success_text":
        return {name: "true" if name in SUCCESS else flag for name, flag in value.items()}
    if fault.name == "no_flag":
        return {name: field for name, field in value.items() if name not in SUCCESS}
    if fault.name == "foreign_next":
        return _with_links(value, lambda link: re.sub(r"^https?://[^/]+", "https://elsewhere.invalid", link))
    if fault.name == "repeated_page":
        return _with_links(value, lambda link: request_url)
    return value


def job_end(fault: Fault | None) -> str:
    """Return the final state that a fault sets for a job, empty for the normal one."""
    return str(fault.options.get("end", "")) if fault is not None and fault.name == "job_ends" else ""


def failed_rows(fault: Fault | None) -> frozenset[int]:
    """Return the positions of the rows that a batch must refuse."""
    if fault is None or fault.name != "partial_failure":
        return frozenset()
    return frozenset(fault.options.get("rows", [0]))


def _with_links(value: dict[str, Any], change: Any) -> dict[str, Any]:
    return {
        name: change(field) if name in ("nextPage", "next", "next_page") and field else _deeper(field, change)
        for name, field in value.items()
    }


def _deeper(value: Any, change: Any) -> Any:
    return _with_links(value, change) if isinstance(value, dict) else value


def _listed(definition: Any) -> Sequence[Any]:
    if not definition:
        return []
    if isinstance(definition, Mapping):
        if "fault" in definition:
            return [definition]
        return [
            {"operation": operation, **(fault if isinstance(fault, Mapping) else {"fault": fault})}
            for operation, fault in definition.items()
        ]
    if isinstance(definition, (list, tuple)):
        return definition
    raise DynzuoraError(f"faults: expected a rule or a list of rules, not {type(definition).__name__}.")


def _read(rule: Mapping[str, Any]) -> _Rule:
    name, times = rule["fault"], rule.get("times", 1)
    options = {key: value for key, value in rule.items() if key not in COMMON}
    return _Rule(
        rule.get("operation", "*"),
        Fault(name, options),
        math.inf if times is None else times,
        rule.get("after", 0),
    )


def _did_you_mean(name: object, candidates: Iterable[str]) -> str:
    close = nearest(str(name), candidates)
    names = list(candidates)
    listing = ", ".join(names[:_MOST_SHOWN]) + (", …" if len(names) > _MOST_SHOWN else "")
    return f" Did you mean {close[0]!r}?" if close else f" Known are {listing}."


_MOST_SHOWN = 20
