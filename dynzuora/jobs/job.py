"""`Job`: polls the server with growing delays, and says how to resume waiting elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from dynzuora._names import canonical
from dynzuora._redaction import redacted
from dynzuora._text import visible
from dynzuora._warning import warn
from dynzuora.configuration import folders
from dynzuora.display import render
from dynzuora.display.cards import flattened, work_card
from dynzuora.display.progress import Meter
from dynzuora.errors import (
    ApiError,
    DynzuoraError,
    InvalidRequest,
    JobFailed,
    NotFound,
    Problem,
    Reason,
    RequestWarning,
    TransportError,
    WaitTimeout,
)
from dynzuora.jobs import inferring
from dynzuora.jobs.kinds import (
    BAD,
    GOOD,
    RUNNING,
    UNKNOWN,
    Kind,
    Verdict,
    files,
    form,
    judge,
    kinds,
    matching,
    value_of,
    values,
)
from dynzuora.model import Shape
from dynzuora.operation import Operation, raw_request

if TYPE_CHECKING:
    from dynzuora.operation.caller import Caller

_FIRST_DELAY = 1.0
_GROWTH = 1.5
_LONGEST_DELAY = 30.0
_FAILED_POLLS = 10
"""How many polls in a row may fail before waiting fails; the transport has retried each already."""

HOUR = 3600.0


class Job:
    """A job on the server. Once it has ended, its state is final; until then, it is polled.

    ``reply`` is the server's last reply about it.
    """

    def __init__(
        self,
        kind: Kind,
        caller: Caller,
        ids: tuple[Any, ...],
        *,
        carried: Mapping[str, Any] | None = None,
        before: Any = None,
        reply: Any = None,
    ) -> None:
        """``carried`` has the parameters of the poll besides the id."""
        self.kind = kind
        self.reply = reply
        self._caller = caller
        self._ids = ids
        self._carried = dict(carried or {})
        self._before = before
        self._verdict = Verdict("started", RUNNING) if ids else Verdict("done at once", GOOD)
        self._polls = 0
        self._warned: set[str] = set()
        self._failure: JobFailed | None = None

    @property
    def id(self) -> Any:
        """The server's id of the job; a tuple if it consists of several objects."""
        return self._ids[0] if len(self._ids) == 1 else self._ids or None

    @property
    def status(self) -> str:
        """The server's name for the current state; polls unless the job has ended."""
        if not self._has_ended:
            self._poll()
        return self._verdict.state

    def wait(self, timeout: float | None = HOUR, *, progress: bool | None = None) -> Job:
        """Wait until the job ends, and return it.

        Polls at once, then after 1 s, and then with growing delays of up to 30 s. ``timeout``
        is in seconds, None for no limit. Ctrl-C leaves the job running.

        Raises `JobFailed` if it fails, `WaitTimeout` if it does not end in time.
        """
        clock, delay, failed = self._caller.clock, _FIRST_DELAY, 0
        end = None if timeout is None else clock() + timeout
        try:
            with Meter(str(self), unit="polls", enabled=progress) as meter:
                while not self._has_ended:
                    try:
                        self._poll()
                        failed = 0
                    except (TransportError, ApiError) as error:
                        failed += 1
                        if not _is_temporary(error) or failed >= _FAILED_POLLS:
                            error.add_note(self._how_to_resume())
                            raise
                    meter.advance(1, note=visible(self._verdict.state))
                    if self._has_ended:
                        break
                    left = delay if end is None else end - clock()
                    if left <= 0:
                        raise WaitTimeout(
                            f"{self} has not ended within {timeout:g} s: {self._verdict.state or 'running'}. "
                            + self._how_to_resume(),
                            state=self._verdict.state,
                        )
                    self._caller.sleep(min(delay, left))
                    delay = min(delay * _GROWTH, _LONGEST_DELAY)
        except KeyboardInterrupt:
            raise KeyboardInterrupt(f"{self} is still running. {self._how_to_resume()}") from None
        if self._failure is not None:
            raise self._failure
        return self

    def result(self) -> Any:
        """Wait, and return the result: a value, another operation's reply, or the job's last reply."""
        self.wait()
        kind = self.kind
        if kind.result_operation:
            return self._caller.call(kind.result_operation, params={kind.result_parameter: self.id})
        results = values(self.reply, kind.result) if kind.result else []
        return results[0] if results else self.reply

    def download(self, to: Any, *, unzip: bool = False) -> Path:
        """Wait, and download the job's file to ``to``; see `Client.download`.

        If there are several files, ``to`` must be a folder. The file is available even if
        some of the job's rows failed.
        """
        named = self._files()
        if len(named) == 1:
            path: Path = self._caller.save(named[0][1], to, signed=self.kind.signed, unzip=unzip)
            return path
        folder = Path(to)
        folder.mkdir(parents=True, exist_ok=True)
        for name, reference in named:
            self._caller.save(reference, folder, signed=self.kind.signed, unzip=unzip, prefix=f"{name}-")
        return folder

    def rows(self) -> Any:
        """Wait, and return the rows of the job's files as `FileRows`, in any format and compression.

        Iterate over them, or use ``.first()``, ``.to_list()`` or ``.to_df()``. See `files` for those
        of each file.
        """
        return self._rows(self._files())

    def files(self) -> dict[str, Any]:
        """Wait, and return name → `FileRows` of each of the job's files, downloaded when read.

        The names are those of the parts of the job, such as an aggregate query's queries.
        """
        return {name: self._rows([(name, reference)]) for name, reference in self._files()}

    def cancel(self) -> Any:
        """Ask the server to cancel the job; `wait` then raises `JobFailed` with its final state.

        Raises `DynzuoraError` if Zuora has no operation to cancel it.
        """
        if not self.kind.cancel:
            raise DynzuoraError(f"{self}: Zuora has no operation to cancel it.")
        return self._caller.call(
            self.kind.cancel, params={self.kind.cancel_parameter: self.id}, body=self.kind.cancel_body
        )

    def __str__(self) -> str:
        return visible(f"{self.kind.name} {', '.join(map(str, self._ids))}".rstrip())

    def __repr__(self) -> str:
        return visible(f"<Job {self}: {self._verdict.state}>")

    def _repr_html_(self) -> str:
        facts = {"why": str(self._failure or ""), **flattened(redacted(self.reply))}
        hint, ways = self._next_steps()
        card = work_card(str(self), self._verdict.state, facts, hint=hint, code=ways)
        return render("work", **card)

    @property
    def _has_ended(self) -> bool:
        return self._verdict.meaning in (GOOD, BAD)

    def _poll(self) -> None:
        """Poll the server once."""
        self._polls += 1
        polls = [self._poll_object(identifier) for identifier in self._ids]
        self.reply = polls[0][0] if len(polls) == 1 else [reply for reply, _ in polls]
        self._verdict = max((verdict for _, verdict in polls), key=lambda verdict: _WEIGHT[verdict.meaning])
        if self._verdict.meaning == UNKNOWN and form(self._verdict.state) not in self._warned:
            self._warned.add(form(self._verdict.state))
            warn(
                f"{self} is in an unknown state, {self._verdict.state!r}. Polling continues until it ends. "
                f"If this is a final state, add it to {folders.folder('config') / 'jobs.toml'}.",
                RequestWarning,
            )
        self._failure = self._failure_of_end()

    def _poll_object(self, identifier: Any) -> tuple[Any, Verdict]:
        kind = self.kind
        try:
            if kind.poll:
                reply = self._caller.call(kind.poll, params=self._poll_parameters(identifier))
                if kind.match:
                    reply = matching(reply, kind.match, identifier) or {}
            else:
                request = raw_request("GET", identifier, {}, None)
                reply = self._caller.send(self._caller.addressed(request))
        except JobFailed as error:  # replies recognizes the reply of a failed job
            return error, Verdict(error.state or "failed", BAD)
        except NotFound:
            if not kind.gone:
                raise
            return None, judge(kind, None)
        return reply, judge(kind, reply, self._before, self._polls)

    def _poll_parameters(self, identifier: Any) -> dict[str, Any]:
        own = {} if self.kind.match else {self.kind.parameter: identifier}
        return {**self._carried, **own}

    def _failure_of_end(self) -> JobFailed | None:
        kind, state, reply = self.kind, self._verdict.state, self.reply
        if self._verdict.meaning == BAD:
            texts = _texts(reply, kind.error)
            message = f"{self} ended as {state}." + (f" {' '.join(texts)}" if texts else "")
            reasons = (
                reply.reasons if isinstance(reply, JobFailed) else tuple(Reason("", text) for text in texts)
            )
            if isinstance(reply, JobFailed):
                message += "".join(f" {reason.message}" for reason in reasons)
            return JobFailed(message, state=state, reply=reply, reasons=reasons)
        failed = values(reply, kind.failed_rows) if kind.failed_rows else []
        if self._verdict.meaning == GOOD and failed and failed[0] and str(failed[0]) != "0":
            try:
                rows = tuple(self._rows(files(kind, reply)))
                hint = f"All {len(rows)} are in .rows of this error." if kind.file else ""
            except DynzuoraError as error:
                rows, hint = (), f"Its result file could not be read: {error}"
            return JobFailed(
                f"{self} ended as {state}, but {failed[0]} rows failed. {hint}".rstrip(),
                state=state,
                reply=reply,
                rows=rows,
            )
        return None

    def _rows(self, named: list[tuple[str, Any]]) -> Any:
        return self._caller.rows([reference for _, reference in named], signed=self.kind.signed)

    def _files(self) -> list[tuple[str, Any]]:
        try:
            self.wait()
        except JobFailed:
            if self._verdict.meaning != GOOD:
                raise
        kind = self.kind
        references = files(kind, self.reply)
        if not references:
            raise DynzuoraError(f"{self} has no file; use .result().")
        if not kind.file_operation:
            return references
        return [
            (
                name,
                value_of(
                    self._caller.call(kind.file_operation, params={kind.file_parameter: key}), kind.file_url
                ),
            )
            for name, key in references
        ]

    def _next_steps(self) -> tuple[str, tuple[str, ...]]:
        """Return what can be done with the job now: a hint, and code."""
        if not self._has_ended:
            return "Wait for it with", (".wait()",)
        if self._verdict.meaning == BAD:
            return "", ()
        named = files(self.kind, self.reply)
        ways = (".rows()", ".download(path)") if named else ()
        return "Get its result with", (".result()", *ways, *((".files()",) if len(named) > 1 else ()))

    def _how_to_resume(self) -> str:
        if not self.kind.poll:
            return f"Poll it with client.request('GET', {self.id!r})."
        if self.kind.match:
            return f"Poll it with client.call({self.kind.poll!r}, params={self._carried!r})."
        alike = [kind for kind in kinds() if kind.poll == self.kind.poll]
        which = f", job={self.kind.name!r}" if len(alike) > 1 else ""
        ways = (
            f"client.submit({self.kind.poll!r}, "
            f"params={ ({**self._carried, self.kind.parameter: identifier})!r}{which})"
            for identifier in self._ids
        )
        return f"Resume with {', '.join(ways)}."


_WEIGHT = {GOOD: 0, RUNNING: 1, UNKNOWN: 2, BAD: 3}
"""Of several objects, the one with the greatest weight decides."""


def _is_temporary(error: TransportError | ApiError) -> bool:
    return isinstance(error, TransportError) or error.retryable or error.status >= 500


def _texts(reply: Any, paths: tuple[str, ...]) -> list[str]:
    return [str(value) for path in paths for value in values(reply, path) if value not in (None, "")]


def submit(caller: Caller, operation: Operation, body: Any, params: Mapping[str, Any], job: str = "") -> Any:
    """Start a job and return it, or resume one if ``operation`` is the one that polls it.

    ``job`` names the kind if several are possible. A dry run returns the `Request`.

    Raises `InvalidRequest`, before anything is sent, if the operation starts no known job.
    """
    operations = caller.operations
    # The options of the start apply to each poll, but for those of one request. Polls use the server's
    # own ids: to validate them could only lose a running job.
    polling = caller.with_options(idempotency_key=None, dry_run=False, validate="off")
    candidates = [kind for kind in kinds() if not kind.poll or kind.poll in operations]
    startable = [candidate for candidate in candidates if candidate.is_started_by(operation.id, body)]
    kind = _chosen(startable, job, operation)
    if kind is None:
        polled = _chosen(
            [kind for kind in candidates if kind.poll == operation.id and not kind.match], job, operation
        )
        if polled is not None:
            if caller.options.dry_run:
                return caller.call(operation.id, body=body, params=params)
            polled = fitted(polled, operation, operations)
            carried = {name: _argument(operation, params, name) for name in polled.carried}
            return Job(polled, polling, (_argument(operation, params, polled.parameter),), carried=carried)
        kind = inferred(operation, operations)
    if kind is None:
        raise InvalidRequest.of(
            operation.id, [Problem("", _NO_JOB.format(folders.folder("config") / "jobs.toml"))]
        )
    if caller.options.dry_run:
        return caller.call(operation.id, body=body, params=params)
    kind = fitted(kind, operation, operations)
    before = _status_before(kind, polling, operation, params)
    reply = caller.call(operation.id, body=body, params=params)
    carried = {name: _argument(operation, params, name) for name in kind.carried}
    ids = _ids(kind, operation, params, reply)
    return Job(kind, polling, ids, carried=carried, before=before, reply=reply)


_NO_JOB = (
    "starts no job: neither a built-in kind nor the document describes one. Nothing was sent. "
    "Use client.call, or describe the job in {}."
)


def inferred(operation: Operation, operations: Mapping[str, Operation]) -> Kind | None:
    """Return the kind of job inferred from the document, None if it shows none."""
    below = (
        other
        for other in operations.values()
        if other.method == "GET" and other.path.startswith(operation.path) and other.path.endswith("}")
    )
    return inferring.infer(_outline(operation), map(_outline, below))


def _outline(operation: Operation) -> inferring.Outline:
    shapes: dict[str, Shape] = {}
    for name, shape in operation.model.reply.shape.properties.items():
        shapes[name] = shape
        if name == "data":
            shapes |= {f"data.{field}": inner for field, inner in shape.properties.items()}
    return inferring.Outline(operation.id, operation.method, operation.path, shapes)


def fitted(kind: Kind, start: Operation, operations: Mapping[str, Operation]) -> Kind:
    """Return the kind with its parameters named as in this version of the document."""
    of: dict[str, tuple[Operation | None, str]] = {
        "argument": (start, kind.argument),
        "parameter": (operations.get(kind.poll), kind.parameter),
        "result_parameter": (operations.get(kind.result_operation), kind.result_parameter),
        "cancel_parameter": (operations.get(kind.cancel), kind.cancel_parameter or kind.parameter),
    }
    names: dict[str, Any] = {field: _own_name(*target) for field, target in of.items()}
    return kind._replace(**names)


def _own_name(operation: Operation | None, name: str) -> str:
    """Return ``name`` if the operation has it, else the name of its only path parameter."""
    if operation is None or not name:
        return name
    if any(canonical(parameter.name) == canonical(name) for parameter in operation.parameters):
        return name
    in_path = [parameter.name for parameter in operation.parameters if parameter.location == "path"]
    return in_path[0] if len(in_path) == 1 else name


def _chosen(possible: list[Kind], name: str, operation: Operation) -> Kind | None:
    if name:
        possible = [kind for kind in possible if canonical(kind.name) == canonical(name)]
    if len(possible) > 1:
        names = ", ".join(repr(kind.name) for kind in possible)
        problem = Problem("job", f"is ambiguous for {operation.id}; choose one of {names}.")
        raise InvalidRequest.of(operation.id, [problem])
    return possible[0] if possible else None


def _argument(operation: Operation, params: Mapping[str, Any], name: str) -> Any:
    arguments = [value for spelling, value in params.items() if canonical(spelling) == canonical(name)]
    if not arguments:
        raise InvalidRequest.of(operation.id, [Problem(name, "is required.")])
    return arguments[0]


def _path_of(address: str) -> str:
    """Return the path and query of a URL of this tenant, empty if it is invalid."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _status_before(kind: Kind, caller: Caller, operation: Operation, params: Mapping[str, Any]) -> Any:
    """Return the status before the start, if only its change shows that the job ended."""
    if not kind.changed:
        return None
    reply = caller.call(kind.poll, params={kind.parameter: _argument(operation, params, kind.argument)})
    states = [state for path in kind.status for state in values(reply, path)]
    return states[0] if states else None


def _ids(kind: Kind, operation: Operation, params: Mapping[str, Any], reply: Any) -> tuple[Any, ...]:
    if kind.argument:
        return (_argument(operation, params, kind.argument),)
    if kind.address:
        ids = [path for address in values(reply, kind.address) if (path := _path_of(str(address)))]
    else:
        ids = values(reply, kind.id)
    if not ids and not kind.at_once:
        raise JobFailed(
            f"{operation.id} was accepted, but its reply has no {kind.address or kind.id}: the job may be "
            "running, but cannot be polled.",
            reply=reply,
        )
    return tuple(ids)
