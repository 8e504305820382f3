"""A recording held against a document: which calls and which replies another version refuses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote

from dynzuora import _redaction
from dynzuora._routing import Router
from dynzuora.errors import InvalidRequest, Problem
from dynzuora.operation import Document, Operation
from dynzuora.parameters import parse
from dynzuora.recording.tries import Try
from dynzuora.replies import failures
from dynzuora.schema import Checker

_FILE = "download"
"""The operation of a request for a file by the link in a reply, which no document declares."""


class Refusal(NamedTuple):
    """What a document refuses of recorded calls: ``part`` is ``operation``, ``request`` or ``reply``.

    ``operation`` is the recorded id, or the method and path of a call that had none; ``calls``
    counts those with this problem.
    """

    operation: str
    part: str
    problem: str
    calls: int


class Judge:
    """Finds the operations of recorded calls in a document, by method and path, and checks them."""

    def __init__(self, document: Document) -> None:
        self._document = document
        entries = document.prepared.index.items()
        self._router = Router((id, entry.method, entry.path) for id, entry in entries)
        self._checkers: dict[str, Checker] = {}

    def operation(self, entry: Try) -> Operation | None:
        """Return the operation of a recorded call, whatever its id was; None if there is none."""
        route = self._router.find(entry.method, entry.path.partition("?")[0])
        id = route.operations.get(entry.method) if route else None
        return self._document.operations[id] if id else None

    def of_request(self, entry: Try, operation: Operation) -> Iterator[str]:
        """Yield what the operation refuses of the request, each problem as a sentence."""
        body = entry.body.value if entry.body.form else None
        is_upload = "multipart/" in entry.headers.get("Content-Type", "")
        params = self._arguments(entry, operation)
        try:
            operation.prepare(body, params=params, validate="standard")
        except InvalidRequest as error:
            for problem in error.problems:
                if not (is_upload and problem.path.startswith("body")):
                    yield from _shown(problem)

    def of_reply(self, entry: Try, operation: Operation) -> tuple[Problem, ...]:
        """Return in what the reply of a success is not what the operation declares."""
        reply = operation.model.reply
        if not (200 <= entry.status < 300 and entry.response.form == "json" and reply.has_json_schema):
            return ()
        value = entry.response.value
        if failures.failure_of(value, entry.status) is not None:
            return ()
        if operation.id not in self._checkers:
            self._checkers[operation.id] = Checker(reply.schema, operation.components, direction="response")
        return self._checkers[operation.id].problems(value, "reply")

    def _arguments(self, entry: Try, operation: Operation) -> dict[str, Any]:
        path, _, query = entry.path.partition("?")
        route = self._router.find(entry.method, path)
        given = {name: unquote(text) for name, text in (route.parameters if route else {}).items()}
        arguments: dict[str, Any] = {}
        declared = set()
        for parameter in operation.parameters:
            declared.add(parameter.name)
            value: Any = given.get(parameter.name) if parameter.location == "path" else None
            if parameter.location == "query":
                value = parse(parameter.definition, query)
            elif parameter.location == "header" and parameter.name in entry.headers:
                value = parse(parameter.definition, entry.headers[parameter.name])
            if value is not None:
                arguments[parameter.keyword] = value
        for name, value in parse_qsl(query, keep_blank_values=True):
            if name not in declared and name.partition("[")[0] not in declared:
                arguments[name] = value
        return arguments


def refused(tries: Iterable[Try], document: Document) -> list[Refusal]:
    """Return what a document refuses of recorded calls, in their order; equal refusals are one."""
    judge = Judge(document)
    counts: Counter[tuple[str, str, str]] = Counter()
    for entry in tries:
        called = f"{entry.method} {entry.path.partition('?')[0]}"
        name = entry.operation or called
        operation = judge.operation(entry)
        if operation is None:
            if entry.operation != _FILE:
                counts[name, "operation", f"{document.version} has no {called}."] += 1
            continue
        for problem in judge.of_request(entry, operation):
            counts[name, "request", problem] += 1
        for fault in judge.of_reply(entry, operation):
            for problem in _shown(fault):
                counts[name, "reply", problem] += 1
    return [Refusal(*key, calls) for key, calls in counts.items()]


def _shown(problem: Problem) -> Iterator[str]:
    """Yield a problem as a sentence, unless it is about a secret, which the recording does not have."""
    if _redaction.MASK not in str(problem.found):
        yield str(problem)
