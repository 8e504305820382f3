"""What asynchronous methods return for what goes on after them: rows, jobs and bulk runs."""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Protocol, Self, TypeVar

from dynzuora._cancelling import Cancellation
from dynzuora.jobs import Job
from dynzuora.tables.tabular import Tabular

if TYPE_CHECKING:
    from dynzuora.aio.running import Runner
    from dynzuora.bulk import Map, MapResult
    from dynzuora.sync import Sync

P = ParamSpec("P")
Owner = TypeVar("Owner")
Result = TypeVar("Result")

_END: Any = object()


class OnThreads(Protocol):
    """Something whose synchronous twin does the work."""

    async def _run(self, work: Callable[[Any], Result]) -> Result:
        """Return ``work(twin)``, run on a thread."""


def awaited(
    method: Callable[Concatenate[Owner, P], Result],
) -> Callable[Concatenate[Any, P], Coroutine[Any, Any, Result]]:
    """Return a method that awaits the synchronous twin's, with its signature and documentation."""

    @functools.wraps(method)
    async def run(self: OnThreads, /, *arguments: P.args, **named: P.kwargs) -> Result:
        return await self._run(lambda twin: method(twin, *arguments, **named))

    return run


class AsyncElements:
    """An asynchronous iterator over what a synchronous one yields, one at a time."""

    def __init__(self, start: Callable[[], Any], runner: Runner) -> None:
        """``start`` returns the synchronous iterator."""
        self._start = start
        self._runner = runner
        self._rows: Any = None
        self._lock = threading.Lock()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        if getattr(self._rows, "ready", False):  # read with its page: no need to ask a thread
            return next(self._rows)
        row = await self._run(lambda rows: next(rows, _END))
        if row is _END:
            raise StopAsyncIteration
        return row

    async def _run(self, work: Callable[[Any], Result]) -> Result:
        def locked() -> Result:
            with self._lock:  # a thread whose task was cancelled may not have ended
                if self._rows is None:
                    self._rows = self._start()
                return work(self._rows)

        return await self._runner.run(locked, long=True)

    def __repr__(self) -> str:
        name = type(self).__name__
        return f"<{name}: nothing read yet>" if self._rows is None else f"<{name} over {self._rows!r}>"


class AsyncRows(AsyncElements):
    """Rows or pages, requested as they are taken: ``async for row in client.items(…)``.

    Nothing is checked or sent before the first is taken, and no page is read ahead. Stopping early
    requests no further page. The methods are those of `Items`, awaited. After a failure or a
    cancellation, iterate again to resume.
    """

    async def first(self) -> Any:
        """Return the next one without taking it, None at the end."""
        return await self._run(lambda rows: rows.first())

    async def to_list(self) -> list[Any]:
        """Take and return the rest. After a failure, call it again: it resumes and returns everything."""
        rows: list[Any] = await self._run(lambda rows: rows.to_list())
        return rows

    async def columns(self) -> list[str]:
        """Return the dotted names of the rows' fields; later pages may have others."""
        columns: list[str] = await self._run(lambda rows: rows.columns())
        return columns

    to_df = awaited(Tabular.to_df)
    to_arrow = awaited(Tabular.to_arrow)
    to_polars = awaited(Tabular.to_polars)
    to_parquet = awaited(Tabular.to_parquet)

    @property
    def resume_token(self) -> str | None:
        """Text for ``resume=`` to resume here in another run; None before the first row and at the end."""
        token: str | None = getattr(self._rows, "resume_token", None)
        return token


class AsyncSync:
    """One incremental extraction, as `Sync`: with a target it has run, otherwise iterate over ``rows()``."""

    def __init__(self, sync: Sync, runner: Runner) -> None:
        self._sync = sync
        self._runner = runner

    @property
    def summary(self) -> Any:
        """What was written; None until the end of the run."""
        return self._sync.summary

    def rows(self) -> AsyncElements:
        """Return the new version of each row that has changed."""
        return AsyncElements(self._sync.rows, self._runner)

    def __repr__(self) -> str:
        return repr(self._sync)


class AsyncJob:
    """A job on the server, as `Job`: ``await job.wait()``. Cancelling a wait leaves the job running."""

    def __init__(self, job: Job, runner: Runner) -> None:
        self._job = job
        self._runner = runner

    @property
    def id(self) -> Any:
        """The server's id of the job; a tuple if it consists of several objects."""
        return self._job.id

    @property
    def kind(self) -> Any:
        """The kind of the job, as in ``jobs.toml``."""
        return self._job.kind

    @property
    def reply(self) -> Any:
        """The server's last reply about it."""
        return self._job.reply

    @property
    def status(self) -> Coroutine[Any, Any, str]:
        """The server's name for the current state, ``await job.status``; polls unless the job has ended."""
        return self._run(lambda job: str(job.status))

    @functools.wraps(Job.wait)
    async def wait(self, timeout: float | None = 3600.0, *, progress: bool | None = None) -> Self:
        await self._run(lambda job: job.wait(timeout, progress=progress))
        return self

    result = awaited(Job.result)
    download = awaited(Job.download)
    cancel = awaited(Job.cancel)

    def rows(self) -> AsyncRows:
        """Return the rows of the job's files; taking the first one waits for the job."""
        return AsyncRows(self._job.rows, self._runner)

    async def files(self) -> dict[str, AsyncRows]:
        """Wait, and return name → rows of each of the job's files, downloaded when read."""
        files: dict[str, Any] = await self._run(lambda job: job.files())
        return {name: AsyncRows(functools.partial(_same, rows), self._runner) for name, rows in files.items()}

    async def _run(self, work: Callable[[Job], Result]) -> Result:
        try:
            return await self._runner.run(lambda: work(self._job), long=True)
        except asyncio.CancelledError as error:
            error.add_note(self._job._how_to_resume())
            raise

    def __repr__(self) -> str:
        return repr(self._job)

    def _repr_html_(self) -> str:
        return self._job._repr_html_()


def _same(value: Result) -> Result:
    return value


class AsyncMap:
    """The results of many calls, lazily and in order: ``async for result in client.map(…)``.

    Iterate over it once. Cancelling the task that takes a result stops the run and closes the
    connections of its calls; the error says which outcomes are unknown. `aclose` stops it early.
    """

    def __init__(self, start: Callable[[], Map], runner: Runner) -> None:
        self._start = start
        self._runner = runner
        self._map: Map | None = None
        self._cancellation = Cancellation()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> MapResult:
        try:
            result: Any = await self._runner.run(self._next, self._cancellation, long=True)
        except asyncio.CancelledError as error:
            if self._map is not None:
                error.add_note(await asyncio.shield(self._runner.run(self._map._interrupted, long=True)))
            raise
        if result is _END:
            raise StopAsyncIteration
        return result  # type: ignore[no-any-return]  # or _END

    async def aclose(self) -> None:
        """Stop: start no other call. Calls that were sent are waited for, half a second at most."""
        if self._map is not None:
            await self._runner.run(self._map.close, long=True)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def _next(self) -> Any:
        if self._map is None:
            self._map = self._start()
        return next(self._map, _END)

    def __repr__(self) -> str:
        return repr(self._map) if self._map is not None else "<AsyncMap: nothing sent yet>"
