"""The exceptions of dynzuora. Each carries data and says what went wrong, where, and how to fix it.

::

    DynzuoraError
    ├── SpecError                 the OpenAPI document is invalid
    ├── UnknownOperation          no operation has that name (also a KeyError)
    ├── InvalidRequest            refused before sending, with all problems at once
    ├── ReadOnly                  a write on a read-only client
    ├── TransportError            no usable response; see ``may_have_been_applied``
    │   └── Timeout               (also a TimeoutError)
    ├── AuthError                 no token, or the server refuses the credentials
    ├── ApiError                  the server reported an error
    │   ├── PermissionDenied      category 10
    │   ├── ValidationFailed      categories 20, 21, 22, 23, 27, 90
    │   ├── RuleViolation         category 30
    │   ├── NotFound              category 40
    │   ├── MethodNotAllowed      category 45
    │   ├── LockContention        category 50
    │   ├── ServerError           category 60
    │   ├── TemporaryError        category 61
    │   ├── RateLimited           category 70, HTTP 429
    │   ├── IntegrationError      category 99
    │   └── PartialFailure        some items of a batch failed; ``results`` has all of them
    ├── PagingError               a list's pages repeat or lead elsewhere
    ├── JobFailed                 a job, or some of its rows, failed
    ├── WaitTimeout               a job did not end in time (also a TimeoutError)
    ├── FileError                 a file cannot be read, unpacked or written
    ├── TableError                a value is not of the type that a table's schema promises
    └── JournalError              a bulk run's journal is invalid or can no longer be written

The text of an exception is for people and may change; test and log its fields. Exceptions
contain no secrets. Mistakes in the Python of a call are a TypeError or ValueError.

Two warnings do not stop anything: ``RequestWarning``, for a request that is sent although the
server will drop or misread a part of it, and ``SpecWarning``, for a problem in a document that
was worked around.
"""

from __future__ import annotations

import copy
import re
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from types import TracebackType
from typing import Any, NamedTuple

from dynzuora._redaction import MASK, is_secret_field
from dynzuora._text import visible_lines

__all__ = [
    "Advice",
    "ApiError",
    "AuthError",
    "DynzuoraError",
    "FileError",
    "IntegrationError",
    "InvalidRequest",
    "JobFailed",
    "JournalError",
    "LockContention",
    "MethodNotAllowed",
    "NotFound",
    "PagingError",
    "PartialFailure",
    "PermissionDenied",
    "Problem",
    "RateLimited",
    "ReadOnly",
    "Reason",
    "RequestWarning",
    "RuleViolation",
    "ServerError",
    "SpecError",
    "SpecWarning",
    "TableError",
    "TemporaryError",
    "Timeout",
    "TransportError",
    "UnknownOperation",
    "ValidationFailed",
    "WaitTimeout",
]


class Advice(NamedTuple):
    """What to do about an error, as data, so that Python and the shell each word it their own way.

    ``kind`` is a row of `PYTHON_WORDS`, or of the table of another face.
    """

    kind: str
    values: tuple[str, ...] = ()

    def said(self, words: Mapping[str, str]) -> str:
        """Return the advice in the words of a face."""
        return words[self.kind].format(*self.values)


PYTHON_WORDS: Mapping[str, str] = {
    "allow-writes": "Make the client with allow_writes=True if that is what you want.",
    "body": "Pass the payload as body=.",
    "body-field": 'It is a field of the body: pass it in body={{"{0}": …}}.',
    "call": "Use client.call.",
    "call-option": "Did you mean {0}?",
    "credentials": (
        "Pass client_id= and client_secret= (or token=), set ZUORA_CLIENT_ID and ZUORA_CLIENT_SECRET, or "
        "make a profile with `dynzuora profile add`. Client.sandbox() needs none."
    ),
    "describe": 'Learned on {1}; client.describe("{0}", refresh=True) learns it again.',
    "download": "Use client.download to write it to a file.",
    "category": "{0}",
    "every-page": 'client.items("{0}", …) reads the rows of every page.',
    "entity": "Choose with client.with_entity(id): {0}",
    "environment": (
        "Pass environment= (or set ZUORA_ENV) to one of {0}, or to a base URL. Client.sandbox() needs none."
    ),
    "file": "Give a path that exists, bytes or a file object.",
    "file-kinds": "Pass a path, bytes, a file object or (name, content[, type]).",
    "key-used": "The key was used with another request: take a new one.",
    "list": "List them with dynzuora.operations.",
    "look": "It may have been done: look before you send it again.",
    "look-earlier": "An earlier try of {0} may have been done: look before you send it again.",
    "more-problems": ", in .problems",
    "replace": "Pass replace=True to put this one in its place.",
    "request": 'A path that no document has, or one that is filled in: client.request("{0}", "{1}").',
    "sandbox": "Use Client.sandbox().",
    "part-header": (
        'Give it behind the part: (file name or None, content, media type or None, {{"{0}": "…"}}).'
    ),
    "token": 'Pass token="{0}", or correct the security of the document with an overlay.',
    "template": 'See client.template("{0}").',
}
"""Kind of advice → its wording in Python."""


class Problem(NamedTuple):
    """One problem of a request: where, the value, and what is allowed.

    ``path`` is the location as the caller wrote it (``body.billToContact.country``, ``pageSize``);
    ``message`` is a sentence that follows the path.
    """

    path: str
    message: str
    found: Any = None
    allowed: tuple[Any, ...] = ()
    nearest: str | None = None
    advice: Advice | None = None

    def in_words(self, words: Mapping[str, str]) -> str:
        """Return the problem as a sentence after its location, with its advice worded by ``words``."""
        text = f"{self.path}: {self.message}" if self.path else self.message
        text = _advised(text, self.advice, words)
        return f"{text} Did you mean {self.nearest}?" if self.nearest else text

    def __str__(self) -> str:
        return self.in_words(PYTHON_WORDS)


def _advised(text: str, advice: Advice | None, words: Mapping[str, str]) -> str:
    return f"{text} {advice.said(words)}".rstrip() if advice else text


_MOST_LISTED = 20
_SEGMENT_ENDS = re.compile(r"""[.\[\]'"]""")
_LONGEST_FOUND = 200
_LONGEST_FOUND_BITS = 4096
_KEPT = (str, int, float, Decimal, date, type(None))


class Reason(NamedTuple):
    """One reason of an error reply. ``code`` is text, whatever JSON type it came as."""

    code: str
    message: str


_ABOUT = (
    *("operation_id", "status", "code", "request_id", "track_id", "process_id", "retryable", "retry_after"),
    *("may_have_been_applied", "environment", "state", "source", "pointer", "url"),
)
"""The fields that an error shows in a notebook, beside its message and its reasons."""


def _sentence(problem: Problem) -> str:
    """Return a problem's message, without its location."""
    return str(problem._replace(path=""))


class RequestWarning(UserWarning):
    """Part of a request that the server would silently drop or misread."""

    operation_id: str = ""
    problem: Problem | None = None

    @classmethod
    def of(cls, operation_id: str, problem: Problem) -> RequestWarning:
        """Build the message from the problem."""
        warning = cls(f"{operation_id}: {problem}")
        warning.operation_id, warning.problem = operation_id, problem
        return warning

    def in_words(self, words: Mapping[str, str]) -> str:
        """Return the message with its advice worded by ``words``."""
        return f"{self.operation_id}: {self.problem.in_words(words)}" if self.problem else str(self)


class SpecWarning(UserWarning):
    """A fault of a document or its environment that was worked around."""


class DynzuoraError(Exception):
    """The root of every exception raised by dynzuora.

    Subclasses take keyword fields; copy and pickle keep them. ``advice`` is what to do about it,
    where Python and the shell differ.
    """

    advice: Advice | None = None
    request: Any = None
    """The `Request` that was sent, without credentials; None if none was, and for a login."""

    def __init__(self, message: str = "", **fields: Any) -> None:
        super().__init__(message)
        self.__dict__.update(fields)

    def in_words(self, words: Mapping[str, str]) -> str:
        """Return the message with its advice worded by ``words``."""
        message = str(self.args[0]) if self.args else ""
        return visible_lines(_advised(message, self.advice, words))  # it may quote other people's text

    def __str__(self) -> str:
        return self.in_words(PYTHON_WORDS)

    @property
    def url(self) -> str:
        """Where the request went, secrets masked; empty where there is none."""
        return self.request.shown_url if self.request is not None else ""

    def curl(self) -> str:
        """Return the request as a curl command, as `Request.curl` does; empty where there is none."""
        return self.request.curl() if self.request is not None else ""

    def _render_traceback_(self) -> list[str]:
        """Return the lines that IPython shows: the caller's own, and the message.

        The frames of the package do not help its callers; ``%xmode Verbose`` shows everything.
        """
        renderer = sys.modules["IPython"].get_ipython().InteractiveTB
        error, trace = self, self.__traceback__
        if renderer.mode != "Verbose":
            error, trace = copy.copy(self), _callers(trace)
            error.__cause__ = None  # the message covers it
        lines: list[str] = renderer.structured_traceback(type(self), error, trace, tb_offset=1)
        return lines

    def _repr_html_(self) -> str:
        from dynzuora.display import render  # which nothing but a notebook needs
        from dynzuora.display.cards import error_card

        about = {name: getattr(self, name, None) for name in _ABOUT}
        problems = getattr(self, "problems", ())[:_MOST_LISTED]
        rows = [{"where": problem.path, "what": _sentence(problem)} for problem in problems]
        rows = rows or [reason._asdict() for reason in getattr(self, "reasons", ())]
        message, hint = str(self), ""
        if len(rows) < 2:  # the sentence covers it
            rows = []
        elif problems:  # the table has them
            message, *lines = message.split("\n")
            hint = " ".join(line.strip() for line in lines if not line.startswith("  - "))
        return render("error", **error_card(type(self).__name__, message, rows, hint=hint, facts=about))


def _callers(trace: TracebackType | None) -> TracebackType | None:
    """Return a traceback without the frames of this package."""
    if trace is None:
        return None
    rest = _callers(trace.tb_next)
    if trace.tb_frame.f_globals.get("__name__", "").partition(".")[0] == __package__:
        return rest
    return TracebackType(rest, trace.tb_frame, trace.tb_lasti, trace.tb_lineno)


class SpecError(DynzuoraError):
    """The OpenAPI document, or part of it, cannot be used; or an overlay, or a file of rules.

    ``source`` is the document or file as the user named it, ``pointer`` the JSON pointer of
    the fault (empty if there is none).
    """

    source: str = ""
    pointer: str = ""


class UnknownOperation(DynzuoraError, KeyError):
    """No operation has that name. ``nearest`` holds the closest ids, best first."""

    name: str = ""
    nearest: tuple[str, ...] = ()

    __str__ = DynzuoraError.__str__  # KeyError would show the repr


class InvalidRequest(DynzuoraError):
    """The request is invalid by the document and was not sent.

    ``problems`` holds every fault; the message shows the first 20.
    """

    operation_id: str = ""
    problems: tuple[Problem, ...] = ()

    @classmethod
    def of(
        cls, operation_id: str, problems: Sequence[Problem], advice: Advice | None = None
    ) -> InvalidRequest:
        """Build the message from the problems: one line for one, a list for several."""
        kept = tuple(map(without_secrets, problems))
        message = _listed(operation_id, kept, PYTHON_WORDS)
        return cls(message, operation_id=operation_id, problems=kept, advice=advice)

    def in_words(self, words: Mapping[str, str]) -> str:
        """Return the problems, each with its advice, and what to do about them, worded by ``words``."""
        if not self.problems:
            return super().in_words(words)
        message = _listed(self.operation_id, self.problems, words)
        apart = "\n" if len(self.problems) > 1 else " "
        return visible_lines(f"{message}{apart}{self.advice.said(words)}" if self.advice else message)


def _listed(operation_id: str, problems: Sequence[Problem], words: Mapping[str, str]) -> str:
    if len(problems) == 1:
        return f"{operation_id}: {problems[0].in_words(words)}"
    lines = [f"\n  - {problem.in_words(words)}" for problem in problems[:_MOST_LISTED]]
    if more := len(problems) - len(lines):
        lines.append(f"\n  … and {more:,} more{words['more-problems']}")
    return f"{operation_id}: {len(problems):,} problems, nothing was sent{''.join(lines)}"


def without_secrets(problem: Problem) -> Problem:
    """Return the problem with a ``found`` that is safe to keep, log and pickle."""
    value = problem.found
    if value is not None and any(map(is_secret_field, _SEGMENT_ENDS.split(problem.path))):
        return problem._replace(found=MASK)
    if isinstance(value, str) and (problem.path == "body" or len(value) > _LONGEST_FOUND):
        return problem._replace(found=f"a string of {len(value)} characters")
    if isinstance(value, (bytes, bytearray)):
        return problem._replace(found=f"{len(value)} bytes")
    if isinstance(value, int) and value.bit_length() > _LONGEST_FOUND_BITS:
        return problem._replace(found="a number without end")
    return problem if isinstance(value, _KEPT) else problem._replace(found=f"a {type(value).__name__}")


class ReadOnly(DynzuoraError):
    """A request that may change something, on a client that may only read. Nothing was sent."""

    operation_id: str = ""


class TransportError(DynzuoraError):
    """There is no usable response.

    ``may_have_been_applied`` is true if the server may have done the work, at this try or an earlier
    one: check before you send a payment again. It is false for a request that only reads.
    ``outcome`` is the row of the table in ``docs/safety.md``: ``"local"`` if something on this machine
    must be fixed first, ``"not sent"``, ``"unknown"``, ``"final"``.
    """

    operation_id: str = ""
    may_have_been_applied: bool = False
    outcome: str = ""
    attempts: tuple[Any, ...] = ()
    """Every try, as on ``reply.meta.attempts``."""


class Timeout(TransportError, TimeoutError):
    """No response in time; the server may still be working on it."""


class AuthError(DynzuoraError):
    """The server gave no token, or refuses it.

    ``may_have_been_applied`` is true if an earlier try of the same call may have been done.
    """

    status: int | None = None
    environment: str = ""
    operation_id: str = ""
    reasons: tuple[Reason, ...] = ()
    request_id: str = ""
    may_have_been_applied: bool = False
    attempts: tuple[Any, ...] = ()
    """Every try, as on ``reply.meta.attempts``."""


class ApiError(DynzuoraError):
    """The server reported an error. Catch a subclass to distinguish causes.

    ``code`` is the first reason's code as text, ``category`` its last two digits as
    an integer if it has eight, ``retryable`` whether a retry can help and do no harm.
    ``may_have_been_applied`` is true if the work may have been done, at this try or an
    earlier one.
    """

    operation_id: str = ""
    status: int = 0
    code: str = ""
    category: int | None = None
    reasons: tuple[Reason, ...] = ()
    process_id: str = ""
    request_id: str = ""
    track_id: str = ""
    retryable: bool = False
    may_have_been_applied: bool = False
    retry_after: float | None = None
    headers: Mapping[str, str] = {}
    body: Any = None
    """The reply's body as plain data, secrets masked."""
    attempts: tuple[Any, ...] = ()
    """Every try, as on ``reply.meta.attempts``."""


class PermissionDenied(ApiError):
    """The user or tenant lacks a permission or feature."""


class ValidationFailed(ApiError):
    """A value, field or parameter is missing, unknown or malformed."""


class RuleViolation(ApiError):
    """A business rule forbids it."""


class NotFound(ApiError):
    """The object does not exist."""


class MethodNotAllowed(ApiError):
    """The resource does not accept this method."""


class LockContention(ApiError):
    """Another request holds the object; the whole request was refused."""


class ServerError(ApiError):
    """An internal error on the server."""


class TemporaryError(ApiError):
    """The server is temporarily unavailable."""


class RateLimited(ApiError):
    """Too many requests. ``retry_after`` is the number of seconds to wait, if the server said so."""


class IntegrationError(ApiError):
    """A gateway or tax service behind Zuora failed; a card may have been charged."""


class PartialFailure(ApiError):
    """Some items of a batch failed and others did not.

    ``results`` holds the server's result for each item, in the order sent; ``failed`` the
    positions of those that failed.
    """

    results: tuple[Any, ...] = ()
    failed: tuple[int, ...] = ()


class PagingError(DynzuoraError):
    """A list cannot be followed: its pages repeat, or lead to another host or nowhere."""

    operation_id: str = ""


class JobFailed(DynzuoraError):
    """A job failed. ``state`` is the server's word for it, ``reply`` its last reply.

    ``rows`` is the result file, row by row, of a job in which some rows failed.
    """

    state: str = ""
    reply: Any = None
    rows: tuple[Mapping[str, Any], ...] = ()
    reasons: tuple[Reason, ...] = ()


class WaitTimeout(DynzuoraError, TimeoutError):
    """A job did not end in time; it is still running on the server."""

    state: str = ""


class FileError(DynzuoraError):
    """A file cannot be read, unpacked or written; ``line`` is counted from 1, and 0 if it is not known."""

    path: str = ""
    line: int = 0


class TableError(DynzuoraError):
    """A value is not of the type that a table's schema promises.

    ``column`` is its dotted name, ``value`` the value as text, masked where it may be a secret.
    """

    column: str = ""
    value: str = ""


class JournalError(DynzuoraError):
    """The journal of a bulk run cannot be opened, read or written; the run stopped.

    ``unwritten`` has the index of each result that was returned but is not in the journal:
    those were sent, and a resumed run treats them as started, outcome unknown.
    """

    path: str = ""
    unwritten: tuple[int, ...] = ()
