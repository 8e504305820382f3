"""A job that no row describes, read off the document: a start whose id fits a GET with a status.

The GET's path is the start's with one parameter more, and its status counts only with
words that a job uses: an account is active, which is no end of anything.
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
"""What states usually mean."""

_STATES = {meaning: tuple(words.split()) for meaning, words in WORDS.items()}
_STATUS_NAMES = ("status", "state", "jobstatus", "querystatus", "importstatus", "runstatus")
_JOB_PATH = re.compile(r"(jobs?|runs?|exports?|imports?|bulk|batch|async)$")
"""A collection of such a name holds jobs even where its status has no enum to tell by."""


class Candidate(NamedTuple):
    """What inference looks at in one operation."""

    id: str
    method: str
    path: str
    properties: Mapping[str, Shape]
    """Dotted path → shape, of the reply's top level and of an object ``data`` in it."""


def infer(start: Candidate, others: Iterable[Candidate]) -> Kind | None:
    """Return the kind of job that ``start`` starts, None where the document does not tell."""
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
                error=tuple(each for each in poll.properties if _is_message(each)),
            )
    return None


def _id(start: Candidate, parameter: str) -> str:
    """Return the path of the property that the poll's parameter means."""
    last = {path: form(path.rpartition(".")[2]) for path in start.properties}
    for wanted in (form(parameter), "id"):
        for path, name in last.items():
            if name == wanted:
                return path
    told = {path: name for path, name in last.items() if name not in PROCESS_IDS}
    endings = [path for path, name in told.items() if name.endswith(("id", "key", "number"))]
    return endings[0] if len(endings) == 1 else ""


def _status(poll: Candidate) -> str:
    for path, shape in poll.properties.items():
        if form(path.rpartition(".")[2]) not in _STATUS_NAMES:
            continue
        states = {form(each) for each in shape.enum}
        if states:
            is_job = bool(states & set(_STATES["running"])) and bool(states & set(_STATES["good"]))
        else:
            is_job = bool(_JOB_PATH.search(poll.path.rpartition("/{")[0]))
        if is_job:
            return path
    return ""


def _is_message(path: str) -> bool:
    return form(path.rpartition(".")[2]) in ("errormessage", "statusreason", "failurereason", "errors")
