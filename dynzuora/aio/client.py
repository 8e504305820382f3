"""`AsyncClient`: the methods of `Client`, awaited. Their signatures are the client's own."""

from __future__ import annotations

import functools
from collections.abc import Callable, Coroutine, Mapping
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Concatenate, NamedTuple, ParamSpec, Self, TypeVar, cast

from dynzuora.aio.results import AsyncJob, AsyncMap, AsyncRows, AsyncSync, awaited
from dynzuora.aio.running import Runner
from dynzuora.client import Client
from dynzuora.jobs import Job
from dynzuora.operation import Document, Operation
from dynzuora.operation.bound import BoundOperation
from dynzuora.ops import Ops

if TYPE_CHECKING:
    from dynzuora import _zuora
    from dynzuora._operation_ids import OperationId
    from dynzuora.recording.drift import Drift
    from dynzuora.search import Results
    from dynzuora.sync import Sync

P = ParamSpec("P")
Result = TypeVar("Result")

_WORKERS = 100
"""Calls at once: Zuora admits 40 to 200 of a tenant."""


def _like(
    make: Callable[P, Client],
) -> Callable[[Callable[..., Result]], Callable[Concatenate[Any, P], Result]]:
    """Give a function the arguments that make a `Client`."""

    def typed(function: Callable[..., Result]) -> Callable[Concatenate[Any, P], Result]:
        twin: Any = Client.__init__ if make is Client else vars(Client)["sandbox"].__func__
        like: Callable[Concatenate[Any, P], Result] = functools.wraps(twin, assigned=("__doc__",))(function)
        return like

    return typed


def _rows(method: Callable[Concatenate[Client, P], Any]) -> Callable[Concatenate[AsyncClient, P], AsyncRows]:
    @functools.wraps(method)
    def start(self: AsyncClient, /, *arguments: P.args, **named: P.kwargs) -> AsyncRows:
        return AsyncRows(partial(method, self._client, *arguments, **named), self._runner)

    return start


def _map(method: Callable[Concatenate[Client, P], Any]) -> Callable[Concatenate[AsyncClient, P], AsyncMap]:
    @functools.wraps(method)
    def start(self: AsyncClient, /, *arguments: P.args, **named: P.kwargs) -> AsyncMap:
        return AsyncMap(partial(method, self._client, *arguments, **named), self._runner)

    return start


def _view(
    method: Callable[Concatenate[Client, P], Client],
) -> Callable[Concatenate[AsyncClient, P], AsyncClient]:
    @functools.wraps(method)
    def view(self: AsyncClient, /, *arguments: P.args, **named: P.kwargs) -> AsyncClient:
        return self._over(method(self._client, *arguments, **named), self._runner)

    return view


def _job(
    method: Callable[Concatenate[Client, P], Any],
) -> Callable[Concatenate[AsyncClient, P], Coroutine[Any, Any, Any]]:
    @functools.wraps(method)
    async def start(self: AsyncClient, /, *arguments: P.args, **named: P.kwargs) -> Any:
        job = await self._run(lambda client: method(client, *arguments, **named))
        return AsyncJob(job, self._runner) if isinstance(job, Job) else job  # or the Request of a dry run

    return start


def _sync(
    method: Callable[Concatenate[Client, P], Sync],
) -> Callable[Concatenate[AsyncClient, P], Coroutine[Any, Any, AsyncSync]]:
    @functools.wraps(method)
    async def run(self: AsyncClient, /, *arguments: P.args, **named: P.kwargs) -> AsyncSync:
        work = partial(method, self._client, *arguments, **named)
        return AsyncSync(await self._runner.run(work, long=True), self._runner)

    return run


class AsyncClient:
    """A connection to one tenant for asyncio: ``await client.call("GET_SequenceSets", pageSize=20)``.

    Arguments and methods are those of `Client`. What returns at once there is awaited; ``items``,
    ``pages``, ``query`` and ``map`` are asynchronous iterators.

    It runs a `Client` on threads, at most 100 calls at once; `of` sets another number. Cancelling a
    task closes the connection of its call. The CancelledError has ``may_have_been_applied``: true if
    the first byte of a request that may change something had gone. So has the ``__cause__`` of the
    TimeoutError of ``asyncio.timeout``.

    A client may be used in several event loops. It is an asynchronous context manager.
    """

    @_like(Client)
    def __init__(self, *arguments: Any, **named: Any) -> None:
        self._begin(Client(*arguments, **named), Runner(_WORKERS))

    @classmethod
    def of(cls, client: Client, *, workers: int = _WORKERS) -> Self:
        """Return an asynchronous client over ``client``, with the same token, connections and quota.

        ``workers`` is how many calls run at once. Raises ValueError if it is less than 1.
        """
        return cls._over(client, Runner(workers))

    @classmethod
    @_like(Client.sandbox)
    def sandbox(cls, *arguments: Any, **named: Any) -> AsyncClient:
        return cls.of(Client.sandbox(*arguments, **named))

    @classmethod
    def _over(cls, client: Client, runner: Runner) -> Self:
        made = cls.__new__(cls)
        made._begin(client, runner)
        return made

    def _begin(self, client: Client, runner: Runner) -> None:
        self._client = client
        self._runner = runner
        self._caller = client._caller
        self.document: Document = client.document

    # Properties

    @property
    def environment(self) -> str:
        """The environment's key, or the host of a base URL."""
        return self._client.environment

    @property
    def read_only(self) -> bool:
        """Whether writes are refused. It cannot be changed afterwards."""
        return self._client.read_only

    @property
    def base_url(self) -> str:
        """The URL that all requests begin with."""
        return self._client.base_url

    @property
    def operations(self) -> Mapping[str, Operation]:
        """Every operation of the document, unbound."""
        return self._client.operations

    @cached_property
    def ops(self) -> Ops:
        """Every operation as an attribute that can be called and awaited."""
        caller: Any = _Caller(self._caller.environment, self.call)
        bound = {id: BoundOperation(operation, caller) for id, operation in self.operations.items()}
        return Ops(bound, self._caller.operation)

    def __getitem__(self, identifier: OperationId | str) -> BoundOperation:
        return self.ops[identifier]

    if not TYPE_CHECKING:  # a type checker would accept any name
        __getattr__ = Client.__getattr__

    _ipython_key_completions_ = Client._ipython_key_completions_

    def __repr__(self) -> str:
        return repr(self._client).replace("<Client", "<AsyncClient", 1)

    def _repr_html_(self) -> str:
        return self._client._repr_html_()

    # Methods

    @functools.wraps(Client.drift)
    def drift(self) -> Drift:
        return self._client.drift()

    call = awaited(Client.call)
    prepare = awaited(Client.prepare)
    request = awaited(Client.request)
    download = awaited(Client.download)
    template = awaited(Client.template)
    describe = awaited(Client.describe)
    submit = _job(Client.submit)
    sync = _sync(Client.sync)
    pages = _rows(Client.pages)
    items = _rows(Client.items)
    query = _rows(Client.query)
    map = _map(Client.map)
    with_entity = _view(Client.with_entity)
    with_orgs = _view(Client.with_orgs)

    @functools.wraps(Client.search)
    async def search(self, words: str, *, limit: int = 20) -> Results:
        return await self._run(lambda _: Client.search(cast("Client", self), words, limit=limit))

    async def close(self) -> None:
        """Close the connections, which views share.

        Calls under way end with a `TransportError` that says whether they may have been done.
        """
        self._runner.close()
        self._client.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _run(self, work: Callable[[Any], Result]) -> Result:
        return await self._runner.run(partial(work, self._client))


class _Caller(NamedTuple):
    """What a `BoundOperation` needs."""

    environment: _zuora.Environment
    call: Callable[..., Any]
