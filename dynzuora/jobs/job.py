"""The job itself: looks at the server, waits with a growing delay, says how to take it up again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlsplit

from dynzuora._names import canonical
from dynzuora._redaction import redacted
from dynzuora._text import visible
from dynzuora._warning import warn
from dynzuora.configuration import folders
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
    form,
    judge,
    kinds,
    named_values,
    values,
)
from dynzuora.model import Shape
from dynzuora.operation import Operation

_FIRST_DELAY = 1.0
_GROWTH = 1.5
_LONGEST_DELAY = 30.0
_FAILED_LOOKS = 10
"""How many looks in a row may fail before waiting fails; each has been repeated by the transport already."""

HOUR = 3600.0


class Call(Protocol):
    """Sends one operation, as `Client.call` does."""

    def __call__(
        self, operation: str, /, *, body: Any = None, params: Mapping[str, Any] | None = None
    ) -> Any: ...


class Means(NamedTuple):
    """What a job needs of a client: to call, to look at an address, to fetch files, and to wait."""

    call: Call
    look: Callable[[str], Any]
    """GET a path of this tenant."""
    save: Callable[..., Path]
    """Write a file, named by its id or address, to ``to``."""
    rows: Callable[[list[Callable[[str], Path]]], Any]
    """The rows of files, each written by one of these."""
    sleep: Callable[[float], None]
    clock: Callable[[], float]


class Job:
    """Work under way at the server. Its end is final; everything before is asked for anew.

    ``id`` is the server's, ``reply`` its last answer.
    """

    def __init__(
        self, kind: Kind, means: Means, ids: tuple[Any, ...], *, before: Any = None, reply: Any = None
    ) -> None:
        self.kind = kind
        self.reply = reply
        self._means = means
        self._ids = ids
        self._before = before
        self._verdict = Verdict("started", RUNNING)
        self._looks = 0
        self._told: set[str] = set()
        self._failure: JobFailed | None = None

    @property
    def id(self) -> Any:
        """The server's id of the job; a tuple where it is several objects."""
        return self._ids[0] if len(self._ids) == 1 else self._ids

    @property
    def status(self) -> str:
        """The server's word for the state, asked for now unless the job has ended."""
        if not self._has_ended:
            self._look()
        return self._verdict.state

    def wait(self, timeout: float | None = HOUR, *, progress: bool | None = None) -> Job:
        """Wait until the job ends, and return it.

        Looks at once, then after 1 s, then ever later, up to every 30 s. ``timeout`` is
        in seconds, None for as long as it takes. Ctrl-C leaves the job running.

        Raises `JobFailed` when it ends badly, `WaitTimeout` when it does not end in time.
        """
        clock, delay, failed = self._means.clock, _FIRST_DELAY, 0
        end = None if timeout is None else clock() + timeout
        try:
            with Meter(str(self), unit="looks", wanted=progress) as meter:
                while not self._has_ended:
                    try:
                        self._look()
                        failed = 0
                    except (TransportError, ApiError) as error:
                        failed += 1
                        if not _may_pass(error) or failed >= _FAILED_LOOKS:
                            error.add_note(self._how_to_go_on())
                            raise
                    meter.advance(1, note=visible(self._verdict.state))
                    if self._has_ended:
                        break
                    left = delay if end is None else end - clock()
                    if left <= 0:
                        raise WaitTimeout(
                            f"{self} has not ended in {timeout:g} s: {self._verdict.state or 'under way'}. "
                            + self._how_to_go_on(),
                            state=self._verdict.state,
                        )
                    self._means.sleep(min(delay, left))
                    delay = min(delay * _GROWTH, _LONGEST_DELAY)
        except KeyboardInterrupt:
            raise KeyboardInterrupt(f"{self} goes on. {self._how_to_go_on()}") from None
        if self._failure is not None:
            raise self._failure
        return self

    def result(self) -> Any:
        """Wait, and return what the job made: a value, another operation's reply, or its own last one."""
        self.wait()
        kind = self.kind
        if kind.result_operation:
            return self._means.call(kind.result_operation, params={kind.result_parameter: self.id})
        found = values(self.reply, kind.result) if kind.result else []
        return found[0] if found else self.reply

    def download(self, to: Any, *, unzip: bool = False) -> Path:
        """Wait, and write the file the job made to ``to``; see `Client.download`.

        A job of several files wants a folder. The file of a job of which only some rows
        failed can be had too.
        """
        files = self._files()
        if len(files) == 1:
            return self._means.save(files[0][1], to, signed=self.kind.signed, unzip=unzip)
        folder = Path(to)
        folder.mkdir(parents=True, exist_ok=True)
        for name, reference in files:
            self._means.save(reference, folder, signed=self.kind.signed, unzip=unzip, prefix=f"{name}-")
        return folder

    def rows(self) -> Any:
        """Wait, and return the rows of the file the job made, whatever its format and packing, lazily.

        The rows are iterated over, and have ``.first()``, ``.to_list()`` and ``.to_df()``.
        """
        return self._rows(self._files())

    def cancel(self) -> Any:
        """Ask the server to stop the job; `wait` then raises `JobFailed` with the state it ends in.

        Raises `DynzuoraError` where Zuora has no way to stop it.
        """
        if not self.kind.cancel:
            raise DynzuoraError(f"{self}: Zuora has no operation that stops it.")
        return self._means.call(
            self.kind.cancel, params={self.kind.cancel_parameter: self.id}, body=self.kind.cancel_body
        )

    def __str__(self) -> str:
        return visible(f"{self.kind.name} {', '.join(map(str, self._ids))}")

    def __repr__(self) -> str:
        return visible(f"<Job {self}: {self._verdict.state}>")

    def _repr_html_(self) -> str:
        from dynzuora.display import render
        from dynzuora.display.cards import flattened, work_card

        facts = {"why": str(self._failure or ""), **flattened(redacted(self.reply))}
        hint, ways = self._ways_on()
        card = work_card(str(self), self._verdict.state, facts, hint=hint, code=ways)
        return render("work", **card)

    # Inside

    @property
    def _has_ended(self) -> bool:
        return self._verdict.meaning in (GOOD, BAD)

    def _look(self) -> None:
        """Ask the server once, and keep what it says."""
        self._looks += 1
        seen = [self._ask(each) for each in self._ids]
        self.reply = seen[0][0] if len(seen) == 1 else [reply for reply, _ in seen]
        self._verdict = max((verdict for _, verdict in seen), key=lambda each: _WEIGHT[each.meaning])
        if self._verdict.meaning == UNKNOWN and form(self._verdict.state) not in self._told:
            self._told.add(form(self._verdict.state))
            warn(
                f"{self} is in a state that dynzuora does not know, {self._verdict.state!r}. It is looked at "
                f"again until it ends. If it is an end, say so in {folders.folder('config') / 'jobs.toml'}.",
                RequestWarning,
            )
        self._failure = self._failure_of_end()

    def _ask(self, identifier: Any) -> tuple[Any, Verdict]:
        kind = self.kind
        try:
            if kind.poll:
                reply = self._means.call(kind.poll, params={kind.parameter: identifier})
            else:
                reply = self._means.look(identifier)
        except JobFailed as error:  # the reply of a failed job is told by its shape already
            return error, Verdict(error.state or "failed", BAD)
        except NotFound:
            if not kind.gone:
                raise
            return None, judge(kind, None)
        return reply, judge(kind, reply, self._before, self._looks)

    def _failure_of_end(self) -> JobFailed | None:
        kind, state, reply = self.kind, self._verdict.state, self.reply
        if self._verdict.meaning == BAD:
            told = _texts(reply, kind.error)
            message = f"{self} ended as {state}." + (f" {' '.join(told)}" if told else "")
            reasons = (
                reply.reasons if isinstance(reply, JobFailed) else tuple(Reason("", each) for each in told)
            )
            if isinstance(reply, JobFailed):
                message += "".join(f" {each.message}" for each in reasons)
            return JobFailed(message, state=state, reply=reply, reasons=reasons)
        failed = values(reply, kind.failed_rows) if kind.failed_rows else []
        if self._verdict.meaning == GOOD and failed and failed[0] and str(failed[0]) != "0":
            try:
                rows = tuple(self._rows(list(named_values(reply, kind.file))))
                told_of = f"All {len(rows)} are in .rows of this error."
            except DynzuoraError as error:
                rows, told_of = (), f"Its result file could not be read: {error}"
            return JobFailed(
                f"{self} ended as {state}, but {failed[0]} rows failed. {told_of}",
                state=state,
                reply=reply,
                rows=rows,
            )
        return None

    def _rows(self, files: list[tuple[str, Any]]) -> Any:
        save = partial(self._means.save, signed=self.kind.signed)
        return self._means.rows([partial(save, each) for _, each in files])

    def _files(self) -> list[tuple[str, Any]]:
        try:
            self.wait()
        except JobFailed:
            if self._verdict.meaning != GOOD:
                raise
        found = [(n, v) for n, v in named_values(self.reply, self.kind.file) if v] if self.kind.file else []
        if not found:
            raise DynzuoraError(f"{self} made no file; .result() is all there is.")
        return found

    def _ways_on(self) -> tuple[str, tuple[str, ...]]:
        """What can be done with it now, as its display says it."""
        if not self._has_ended:
            return "Wait for it with", (".wait()",)
        if self._verdict.meaning == BAD:
            return "", ()
        made = self.kind.file and any(values(self.reply, self.kind.file))
        files = (".rows()", ".download(path)") if made else ()
        return "What it made:", (".result()", *files)

    def _how_to_go_on(self) -> str:
        if not self.kind.poll:
            return f"Look at it with client.request('GET', {self.id!r})."
        alike = [each for each in kinds() if each.poll == self.kind.poll]
        which = f", job={self.kind.name!r}" if len(alike) > 1 else ""
        shown = (
            f"client.submit({self.kind.poll!r}, params={{{self.kind.parameter!r}: {each!r}}}{which})"
            for each in self._ids
        )
        return f"Take it up again with {', '.join(shown)}."


_WEIGHT = {GOOD: 0, RUNNING: 1, UNKNOWN: 2, BAD: 3}
"""Of several objects, the one that keeps the job from a good end speaks for all."""


def _may_pass(error: TransportError | ApiError) -> bool:
    return isinstance(error, TransportError) or error.retryable or error.status >= 500


def _texts(reply: Any, paths: tuple[str, ...]) -> list[str]:
    return [str(each) for path in paths for each in values(reply, path) if each not in (None, "")]


# Starting


def submit(
    operation: Operation,
    operations: Mapping[str, Operation],
    means: Means,
    body: Any,
    params: Mapping[str, Any],
    start: Callable[[], Any],
    job: str,
    *,
    dry_run: bool,
) -> Any:
    """Start a job and return it; or take one up again, where ``operation`` is what shows its state.

    ``start`` sends the operation; ``job`` names the kind where several are possible. Of a
    ``dry_run`` its `Request` is all there is.

    Raises `InvalidRequest`, before anything is sent, where no job is known.
    """
    known = [kind for kind in kinds() if not kind.poll or kind.poll in operations]
    kind = _chosen([each for each in known if each.is_started_by(operation.id, body)], job, operation)
    if kind is None:
        polled = _chosen([each for each in known if each.poll == operation.id], job, operation)
        if polled is not None:
            if dry_run:
                return start()
            polled = fitted(polled, operation, operations)
            return Job(polled, means, (_argument(operation, params, polled.parameter),))
        kind = inferred(operation, operations)
    if kind is None:
        raise InvalidRequest.of(
            operation.id, [Problem("", _NO_JOB.format(folders.folder("config") / "jobs.toml"))]
        )
    if dry_run:
        return start()
    kind = fitted(kind, operation, operations)
    before = _status_before(kind, means, operation, params)
    reply = start()
    return Job(kind, means, _ids(kind, operation, params, reply), before=before, reply=reply)


_NO_JOB = (
    "starts no job that dynzuora knows, and the document does not show one. Nothing was sent. "
    "Use client.call, or describe the job in {}."
)


def inferred(operation: Operation, operations: Mapping[str, Operation]) -> Kind | None:
    """Return the kind of job that the document shows, None where it shows none."""
    below = (
        each
        for each in operations.values()
        if each.method == "GET" and each.path.startswith(operation.path) and each.path.endswith("}")
    )
    return inferring.infer(_candidate(operation), map(_candidate, below))


def _candidate(operation: Operation) -> inferring.Candidate:
    found: dict[str, Shape] = {}
    for name, shape in operation.model.reply.shape.properties.items():
        found[name] = shape
        if name == "data":
            found |= {f"data.{inner}": each for inner, each in shape.properties.items()}
    return inferring.Candidate(operation.id, operation.method, operation.path, found)


def fitted(kind: Kind, start: Operation, operations: Mapping[str, Operation]) -> Kind:
    """Return a kind whose parameters are called what this version of the document calls them."""
    of: dict[str, tuple[Operation | None, str]] = {
        "argument": (start, kind.argument),
        "parameter": (operations.get(kind.poll), kind.parameter),
        "result_parameter": (operations.get(kind.result_operation), kind.result_parameter),
        "cancel_parameter": (operations.get(kind.cancel), kind.cancel_parameter or kind.parameter),
    }
    names: dict[str, Any] = {field: _own_name(*each) for field, each in of.items()}
    return kind._replace(**names)


def _own_name(operation: Operation | None, name: str) -> str:
    """Return ``name`` where the operation has it, else the name of its only path parameter."""
    if operation is None or not name:
        return name
    if any(canonical(each.name) == canonical(name) for each in operation.parameters):
        return name
    in_path = [each.name for each in operation.parameters if each.location == "path"]
    return in_path[0] if len(in_path) == 1 else name


def _chosen(possible: list[Kind], name: str, operation: Operation) -> Kind | None:
    if name:
        possible = [each for each in possible if canonical(each.name) == canonical(name)]
    if len(possible) > 1:
        names = ", ".join(repr(each.name) for each in possible)
        problem = Problem("job", f"is one of several that {operation.id} shows; say which: {names}.")
        raise InvalidRequest.of(operation.id, [problem])
    return possible[0] if possible else None


def _argument(operation: Operation, params: Mapping[str, Any], name: str) -> Any:
    found = [value for each, value in params.items() if canonical(each) == canonical(name)]
    if not found:
        raise InvalidRequest.of(operation.id, [Problem(name, "is required.")])
    return found[0]


def _path_of(address: str) -> str:
    """Return the path and query of an address of this tenant, empty where it is none."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _status_before(kind: Kind, means: Means, operation: Operation, params: Mapping[str, Any]) -> Any:
    """Return the status from before the start, where only its change tells that the job ended."""
    if not kind.changed:
        return None
    reply = means.call(kind.poll, params={kind.parameter: _argument(operation, params, kind.argument)})
    found = [each for path in kind.status for each in values(reply, path)]
    return found[0] if found else None


def _ids(kind: Kind, operation: Operation, params: Mapping[str, Any], reply: Any) -> tuple[Any, ...]:
    if kind.argument:
        return (_argument(operation, params, kind.argument),)
    if kind.address:
        found = [each for told in values(reply, kind.address) if (each := _path_of(str(told)))]
    else:
        found = values(reply, kind.id)
    if not found:
        raise JobFailed(
            f"{operation.id} was accepted, but its reply has no {kind.address or kind.id}: it may be "
            "under way and cannot be looked at.",
            reply=reply,
        )
    return tuple(found)
