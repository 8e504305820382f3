"""Jobs inferred from the document: a POST that returns an id for a GET with a status.

The GET's path is the POST's with one more parameter. Its status counts only if its values
are those of a job: an account's "active" ends nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from dynzuora._zuora import PROCESS_IDS
from dynzuora.jobs.kinds import Kind, form
from dynzuora.model import Shape

WORDS = {
    "running": "accepted generating inprogress pending posting postinprogress processing queued running "
    "started stopping submitted waiting",
    "good": "complete completed done finished generated posted processed ready succeeded success successful",
    "bad": "aborted canceled error errored expired failed failure rejected stopped terminated timedout",
}
"""Meaning → usual names of states."""

_STATES = {meaning: tuple(words.split()) for meaning, words in WORDS.items()}
_STATUS_NAMES = ("status", "state", "jobstatus", "querystatus", "importstatus", "runstatus")
_JOB_PATH = re.compile(r"(jobs?|runs?|exports?|imports?|bulk|batch|async)$")
"""A collection with such a name holds jobs, even if its status has no enum."""


class Outline(NamedTuple):
    """What inference needs of an operation."""

    id: str
    method: str
    path: str
    properties: Mapping[str, Shape]
    """Dotted path → shape, at the top level of the successful reply and within its ``data``."""


def infer(start: Outline, others: Iterable[Outline]) -> Kind | None:
    """Return the kind of job that ``start`` starts, None if the document does not show one."""
    if start.method != "POST":
        return None
    for poll in others:
        parameter = re.fullmatch(re.escape(start.path.rstrip("/")) + r"/\{([^}]+)\}", poll.path)
        if poll.method != "GET" or parameter is None:
            continue
        identifier, status = _id(start, parameter[1]), _status(poll)
        if identifier and status:
            return Kind(
                f"{start.id} (inferred)",
                (start.id,),
                id=identifier,
                poll=poll.id,
                parameter=parameter[1],
                status=(status,),
                running=_STATES["running"],
                good=_STATES["good"],
                bad=_STATES["bad"],
                error=tuple(path for path in poll.properties if _is_message(path)),
            )
    return None


def _id(start: Outline, parameter: str) -> str:
    """Return the path of the property that is the poll's parameter."""
    last = {path: form(path.rpartition(".")[2]) for path in start.properties}
    for candidate in (form(parameter), "id"):
        for path, name in last.items():
            if name == candidate:
                return path
    candidates = {path: name for path, name in last.items() if name not in PROCESS_IDS}
    endings = [path for path, name in candidates.items() if name.endswith(("id", "key", "number"))]
    return endings[0] if len(endings) == 1 else ""


def _status(poll: Outline) -> str:
    for path, shape in poll.properties.items():
        if form(path.rpartition(".")[2]) not in _STATUS_NAMES:
            continue
        states = {form(state) for state in shape.enum}
        if states:
            is_job = bool(states & set(_STATES["running"])) and bool(states & set(_STATES["good"]))
        else:
            is_job = bool(_JOB_PATH.search(poll.path.rpartition("/{")[0]))
        if is_job:
            return path
    return ""


def _is_message(path: str) -> bool:
    return form(path.rpartition(".")[2]) in ("errormessage", "statusreason", "failurereason", "errors")
