"""The client: names, defaults and views over the rooms below. It adds no rules of its own.

A call is: find the operation, prepare a checked request, let the guards look at it,
exchange it for a reply. Everything before the exchange is pure, so ``dry_run`` and
``prepare`` show exactly what would be sent.
"""

from __future__ import annotations

import inspect
import os
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, TypeVar

from dynzuora import _parameters, _settings, _usage_log, _zuora
from dynzuora._http import Attempt, Headers, Request, Response, Secret
from dynzuora._names import canonical
from dynzuora._operations import CALL_OPTIONS, LEVELS, Document, Operation, load, warn_of
from dynzuora._operations.bodies import form_text
from dynzuora._ops import Ops
from dynzuora._text import visible
from dynzuora.errors import DynzuoraError, InvalidRequest, Problem, ReadOnly, UnknownOperation

if TYPE_CHECKING:
    from dynzuora import _bulk, _jobs
    from dynzuora._files import FileRows
    from dynzuora._operation_ids import OperationId
    from dynzuora._pagination import Items, Pages
    from dynzuora._search import Results
    from dynzuora._settings import Login
    from dynzuora._transport import Credentials, Limits, Transport

Listing = TypeVar("Listing", "Pages", "Items")

Timeout = float | tuple[float, float]


class Options(NamedTuple):
    """The options of one call, after the client's own defaults."""

    timeout: Timeout | None = None
    validate: str | None = None
    dry_run: bool | None = None
    idempotency_key: str | None = None
    track_id: str | None = None
    zuora_version: str | None = None
    entity: str | None = None
    headers: Mapping[str, str] | None = None
    orgs: tuple[str, ...] | None = None
    """A view's: no call takes it."""


class _OwnDocumentation:
    """``BoundOperation.__doc__``: the operation's; nothing on the class, or ``?`` would show that, too."""

    def __get__(self, operation: Operation | None, owner: type) -> str:
        return "" if operation is None else operation.describe()


class _Send:
    """``BoundOperation.__call__``. It looks like its operation: ``?`` shows what is called, too."""

    __doc__ = None  # nothing to add to the operation's own

    def __init__(self, operation: BoundOperation) -> None:
        self._operation = operation

    def __call__(
        self, *misplaced: Any, body: Any = None, params: Mapping[str, Any] | None = None, **arguments: Any
    ) -> Any:
        operation = self._operation
        if misplaced:
            by_name = operation.example_call().removeprefix(f'client.call("{operation.id}"')
            raise TypeError(
                f"{operation.id} takes its arguments by name: "
                f'client["{operation.id}"]({by_name.removeprefix(", ")}'
            )
        return operation._client.call(operation.id, body=body, params=params, **arguments)

    @property
    def __signature__(self) -> inspect.Signature:
        return self._operation.__signature__


class BoundOperation(Operation):
    # An operation of a client: calling it sends it; see `Client.call`.
    __doc__ = _OwnDocumentation()

    def __init__(self, operation: Operation, client: Client) -> None:
        super().__init__(operation._prepared, operation.id)
        self._operation = operation
        self._client = client

    @property
    def slice(self) -> Mapping[str, Any]:
        """The operation's part of the document, references kept. Never changed."""
        return self._operation.slice

    @property
    def dereferenced(self) -> Mapping[str, Any]:
        """The slice as a graph of shared nodes; only recursion stays a reference."""
        return self._operation.dereferenced

    @property
    def __call__(self) -> Any:
        return _Send(self)

    def __repr__(self) -> str:
        return visible(f"<Operation {self.id}: {self.method} {self.path} on {self._client.environment}>")


class Client:
    """A connection to one tenant: ``client.call("GET_SequenceSets", pageSize=20)``.

    ``spec`` is a document (a version, path, URL, bytes, mapping or `Document`), the
    bundled default when None. ``environment`` is a key such as ``"SBX"`` or an own
    base URL; without it ``ZUORA_BASE_URL`` and ``ZUORA_ENV`` are read.
    ``validate`` is ``"standard"``, ``"strict"`` or ``"off"``. Numbers with a fraction
    are Decimal unless ``floats``. ``timeout`` is in seconds, one number or (connect,
    read); ``deadline`` is seconds for a whole call, repeats and waits included;
    ``retries`` the most repeats after a first try. ``idempotency`` puts a key on each POST
    and PATCH, so that these may be repeated too: only for servers that honour it.
    ``usage_log`` is a file that gets the names each call uses, for ``dynzuora diff``. With
    ``dry_run`` calls return the `Request` and send nothing.

    A client is a context manager and thread-safe; it does not pickle.

    Raises `DynzuoraError` when no environment is named.
    """

    def __init__(
        self,
        spec: Any = None,
        environment: str | None = None,
        *,
        client_id: str | None = None,
        client_secret: str | None = None,
        token: str | None = None,
        profile: str | None = None,
        entity: str | None = None,
        overlay: Any = None,
        aliases: Mapping[str, str] | None = None,
        validate: str = "standard",
        floats: bool = False,
        timeout: Timeout | None = None,
        deadline: float | None = None,
        retries: int = 4,
        idempotency: bool = False,
        read_only: bool | None = None,
        allow_writes: bool = False,
        dry_run: bool = False,
        zuora_version: str | None = None,
        transport: Any = None,
        usage_log: str | os.PathLike[str] | None = None,
        on_attempt: Callable[[Request, Attempt], None] | None = None,
    ) -> None:
        self.document: Document = load(_no_environment(spec), overlay=overlay)
        self._profile = profile
        self._login: dict[str, str | Secret | None] = {
            "token": Secret(token) if token else None,
            "client_id": client_id,
            "client_secret": Secret(client_secret) if client_secret else None,
        }
        settings = self._settled(environment, entity, zuora_version)
        self._environment = settings.environment
        self._settings = settings
        self._aliases = dict(aliases or {})
        _check_numbers(timeout=timeout, deadline=deadline, retries=retries)
        if validate not in LEVELS:
            raise ValueError(f"validate={validate!r}: choose one of {', '.join(LEVELS)}.")
        if self._environment == _settings.SANDBOX and transport is None:
            raise DynzuoraError("environment='sandbox' has no tenant behind it: use Client.sandbox().")
        self._defaults = Options(
            timeout=timeout,
            validate=validate,
            dry_run=dry_run,
            entity=settings.entity,
            zuora_version=settings.zuora_version,
        )
        self._floats = floats
        self._deadline = deadline
        self._retries = retries
        self._idempotency = idempotency
        self._read_only = _is_read_only(read_only, allow_writes, self._environment, os.environ)
        self._usage_log = usage_log
        self._adapter = transport
        self._on_attempt = on_attempt
        self._sleep: Callable[[float], None] = time.sleep
        """Waits between two attempts at a call, two looks at a job, two tries at a file."""
        self._shared = _Shared()

    @classmethod
    def sandbox(cls, spec: Any = None, *, faults: Any = None, read_only: bool | None = None) -> Client:
        """Return a client of an in-process tenant: stateful, writable, no account, no socket.

        ``faults`` makes it fail on demand, for tests of your own:
        ``{"POST_CreatePayment": "lost_answer"}``, or a list of rules such as
        ``{"operation": "*", "fault": "429", "times": 2}`` (see ``docs/safety.md``). Waits
        between repeats are skipped.

        >>> client = Client.sandbox(faults={"GET_Account": "lock_contention"})
        >>> [each.outcome for each in client.call("GET_Account", account_key="A00000001").meta.attempts]
        ['HTTP 200', 'HTTP 200']
        """
        from dynzuora import _sandbox

        document = load(spec)
        application = _sandbox.Sandbox(document, faults=faults)
        client = cls(
            document,
            _settings.SANDBOX.key,
            client_id="0" * 36,
            client_secret="sandbox",
            entity=application.store.entities[0],
            transport=_sandbox.adapter(application),
            read_only=read_only,
        )
        client._sleep = lambda seconds: None  # its jobs go on when they are looked at
        return client

    def _settled(
        self, environment: str | None, entity: str | None, zuora_version: str | None
    ) -> _settings.Settings:
        if environment == _settings.SANDBOX.key:
            return _settings.Settings(_settings.SANDBOX, "the arguments", entity, zuora_version)
        return _settings.settle(
            {"environment": environment, "entity": entity, "zuora_version": zuora_version},
            os.environ,
            self._read_profile,
            wants_profile=bool(self._profile or os.environ.get("DYNZUORA_PROFILE")),
        )

    def _read_profile(self) -> tuple[str, _settings.Profile]:
        from dynzuora import _profiles

        return _profiles.chosen(self._profile, os.environ)

    # What it is

    @property
    def environment(self) -> str:
        """The environment's key, or the host of an own URL."""
        return self._environment.key

    @property
    def read_only(self) -> bool:
        """Whether writes are refused. Made with the client; there is no way to lift it afterwards."""
        return self._read_only

    @property
    def base_url(self) -> str:
        """Where every request goes."""
        return self._environment.url

    @property
    def operations(self) -> Mapping[str, Operation]:
        """Every operation of the document, unbound."""
        return self.document.operations

    @cached_property
    def ops(self) -> Ops:
        """Every operation as an attribute that can be called."""
        bound = {each: BoundOperation(op, self) for each, op in self.document.operations.items()}
        return Ops(bound, self._operation)

    def __getitem__(self, identifier: OperationId | str) -> BoundOperation:
        return self.ops[identifier]

    if not TYPE_CHECKING:  # a checker would take any name for one that is there

        def __getattr__(self, name: str) -> NoReturn:
            plain = f"{type(self).__name__!r} object has no attribute {name!r}"
            if name.startswith("_") or "document" not in self.__dict__:  # IPython and pickle ask for much
                raise AttributeError(plain, name=name, obj=self)
            try:
                meant = self._operation(name).id
            except UnknownOperation:
                raise AttributeError(plain, name=name, obj=self) from None
            raise AttributeError(
                f'{plain}: operations are client.ops.{meant}(…) and client.call("{meant}", …).'
            )

    def _ipython_key_completions_(self) -> list[str]:
        return list(self.document.operations)

    def __repr__(self) -> str:
        loud = "PRODUCTION " if self._environment.production else ""
        writes = "read-only" if self.read_only else "writes allowed"
        return (
            f"<Client {loud}{self.environment} ({self._environment.name}), {self.document.version}, "
            f"{len(self.document.operations)} operations, {writes}>"
        )

    def _repr_html_(self) -> str:
        from dynzuora._display import render

        return render(
            "client",
            environment=self.environment,
            name=self._environment.name,
            url=self.base_url,
            production=self._environment.production,
            read_only=self.read_only,
            dry_run=bool(self._defaults.dry_run),
            entity=self._defaults.entity or "",
            title=self.document.title,
            version=self.document.version,
            operations=len(self.document.operations),
            tags=len(self.document.prepared.tags),
        )

    # Calling

    def call(
        self,
        operation: OperationId | str,
        /,
        *,
        body: Any = None,
        params: Mapping[str, Any] | None = None,
        **arguments: Any,
    ) -> Any:
        """Check, send and return the reply of one operation, or raise one clear error.

        ``operation`` is an operationId or ``"GET /v1/sequence-sets"``. The other
        arguments are its parameters, in any spelling equal without punctuation and
        case, and the call options: timeout, validate, dry_run, idempotency_key,
        track_id, zuora_version, entity, headers. ``params`` always means parameters.

        Returns a `Reply` (a dict, list, str or bytes with ``.meta``), or the `Request`
        with ``dry_run``.

        Raises `InvalidRequest` before sending, `ApiError` for a refusal,
        `TransportError` without an answer, `AuthError`, `ReadOnly`.

        >>> from dynzuora import Client
        >>> Client.sandbox().call("GET_SequenceSets", page_size=1)["sequenceSets"][0]["name"]
        'DEFAULT'
        """
        found = self._operation(operation)
        options, params = self._split(found, params, arguments)
        request = self._prepare(found, body, params, options)
        warn_of(request.warnings, request.operation_id, stacklevel=2)
        if self._usage_log is not None:
            _usage_log.append(self._usage_log, found.id, params, body)
        return self._send(self._keyed(request), options)

    def prepare(
        self,
        operation: OperationId | str,
        /,
        *,
        body: Any = None,
        params: Mapping[str, Any] | None = None,
        validate: str | None = None,
        **parameters: Any,
    ) -> Request:
        """Return the request that `call` would send, without credentials and without sending it."""
        found = self._operation(operation)
        options, params = self._split(found, params, {**parameters, "validate": validate})
        return self._keyed(self._prepare(found, body, params, options))

    def pages(
        self,
        operation: OperationId | str,
        /,
        *,
        body: Any = None,
        params: Mapping[str, Any] | None = None,
        **arguments: Any,
    ) -> Pages:
        """Return the replies of a list, one for each page, fetched as they are taken.

        Takes what `items` takes; ``limit`` counts pages.
        """
        from dynzuora import _pagination

        return self._run(_pagination.Pages, operation, body, params, arguments)

    def items(
        self,
        operation: OperationId | str,
        /,
        *,
        body: Any = None,
        params: Mapping[str, Any] | None = None,
        **arguments: Any,
    ) -> Items | FileRows:
        """Return the rows of a list, fetched page by page as they are taken.

        Besides what `call` takes: ``limit``, the most rows; ``progress``, True or False
        where the default (a bar after a second, if somebody looks) will not do; and
        ``resume``, the ``resume_token`` of another run. Pages are as large as the server
        allows unless the size is given. ZOQL pages the same way. The rows of an operation
        that answers with a file (charge metrics, a description, CSV) are the file's.

        Raises `InvalidRequest` before anything is sent; while rows are taken `PagingError`
        and what `call` raises.

        >>> from dynzuora import Client
        >>> Client.sandbox().items("GET_SequenceSets").first()["name"]
        'DEFAULT'
        """
        from dynzuora import _pagination, _paging

        if _paging.infer(self._operation(operation).slice).name in _paging.FILES:
            return self._rows_of_file(operation, body, params, arguments)
        return self._run(_pagination.Items, operation, body, params, arguments)

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        **options: Any,
    ) -> Any:
        """Send any request to this tenant, whether the document knows the endpoint or not.

        ``path`` begins with ``/``; ``query`` values are sent as form parameters; ``body``
        is JSON, or bytes as they are. Credentials, retries and errors are those of `call`.
        """
        unknown = [name for name in options if name not in CALL_OPTIONS]
        if unknown:
            raise TypeError(f"request() takes no option {unknown[0]!r}; pass parameters as query=.")
        chosen = self._options(options)
        request = _raw_request(method, path, query or {}, body)
        return self._send(self._keyed(self._addressed(request, chosen)), chosen)

    # What comes in many pieces

    def submit(
        self,
        operation: OperationId | str,
        /,
        *,
        body: Any = None,
        params: Mapping[str, Any] | None = None,
        job: str = "",
        **arguments: Any,
    ) -> Any:
        """Start a job and return it at once, a `Job` to wait for: ``client.submit(…).wait().rows()``.

        Given the operation that *shows* a job, takes up one that is under way:
        ``client.submit("GET_DataQueryJob", job_id="…")``. ``job`` names the kind of job
        where that operation shows several.

        Raises `InvalidRequest`, before anything is sent, where the operation starts no job.

        >>> from dynzuora import Client
        >>> job = Client.sandbox().submit("POST_BillingPreviewRun", body={"targetDate": "2026-02-01"})
        >>> job.wait().status
        'Completed'
        """
        from dynzuora import _jobs

        found = self._operation(operation)
        options, params = self._split(found, params, arguments)
        start = partial(self.call, found.id, body=body, params=params, **_given(options))
        return _jobs.submit(found, self.operations, self._means(options), body, params, start, job)

    def download(
        self,
        operation: OperationId | str,
        /,
        to: str | os.PathLike[str],
        *,
        body: Any = None,
        params: Mapping[str, Any] | None = None,
        unzip: bool = False,
        progress: bool | None = None,
        **arguments: Any,
    ) -> Any:
        """Write what an operation answers to the file or into the folder ``to``, and return its path.

        ``operation`` may be what a reply gives for a file, a path of this tenant or an
        https address: another host's is shown no credentials. What breaks is gone on with
        where the server allows, in a later call too. ``unzip`` unpacks gzip and ZIP.
        Returns the `Request` with ``dry_run``.
        """
        if "://" in operation or operation.startswith("/"):
            return self._save(self._options(arguments), operation, to, unzip=unzip, progress=progress)
        found = self._operation(operation)
        options, params = self._split(found, params, arguments)
        request = self._prepare(found, body, params, options)
        return self._write(request, options, to, name=found.id, unzip=unzip, progress=progress)

    def map(
        self,
        operation: OperationId | str,
        calls: Iterable[Mapping[str, Any]],
        workers: int = 8,
        journal: str | os.PathLike[str] | None = None,
        *,
        progress: bool | None = None,
    ) -> _bulk.Map:
        """Make many calls of one operation on ``workers`` threads; return their results lazily, in order.

        Each of ``calls`` is a mapping of call arguments: ``{"account_key": "A1"}`` or
        ``{"body": {…}}``. A call that fails is a result with an ``error``. An operation
        that takes rows (Actions, sequence sets, custom object records) is sent as many
        rows at once as Zuora takes, and each *row* is a result. A run that was stopped
        goes on where it was, given the same ``calls`` and ``journal``.

        >>> from dynzuora import Client
        >>> calls = [{"account_key": key} for key in ("A00000001", "A00000002", "none")]
        >>> [type(each.error).__name__ for each in Client.sandbox().map("GET_Account", calls)]
        ['NoneType', 'NoneType', 'NotFound']
        """
        from dynzuora import _bulk

        found = self._operation(operation)
        means = _bulk.Means(
            call=partial(self.call, found.id),
            concurrency=self._shared.connection(self)[0].concurrency,
            reads=_only_reads(found.method, found.id),
            keyed=self._idempotency and found.method in _zuora.IDEMPOTENT_METHODS,
            place=f"{self.base_url} {self._defaults.entity or ''}",
        )
        return _bulk.Map(found, calls, means, workers=workers, journal=journal, progress=progress)

    def search(self, words: str, *, limit: int = 20) -> Results:
        """Return the operations that ``words`` mean, best first, typing errors forgiven.

        Looked at are id, path, tag, summary and the names of parameters and body fields.

        >>> from dynzuora import Client
        >>> Client.sandbox().search("cancle subscription")[0].id
        'PUT_CancelSubscription'
        """
        from dynzuora import _search

        matches, total = _search.search(self.document, words, limit)
        return _search.Results([self[each.id] for each in matches], matches, words, total)

    def template(self, operation: OperationId | str, *, required_only: bool = False) -> Any:
        """Return a body for ``operation`` to fill in, valid as it stands; None where it takes none.

        The document's own example where it has one that is valid, else one made from the schema.

        >>> from dynzuora import Client
        >>> Client.sandbox().template("PUT_EntityConnectionsAccept") is None
        True
        """
        return self._operation(operation).template(required_only=required_only)

    # Views

    def with_entity(self, entity: str) -> Client:
        """Return a client of another entity of the same tenant: same token, same connections."""
        return self._view(_defaults=self._defaults._replace(entity=entity))

    def with_orgs(self, orgs: Sequence[str]) -> Client:
        """Return a client of these organisations of the same tenant.

        For one call give its header, as any operation takes it: ``zuora_org_ids=[...]``.
        """
        if not orgs or isinstance(orgs, str):
            raise ValueError("with_orgs takes a list of organisation ids with at least one id in it.")
        return self._view(_defaults=self._defaults._replace(orgs=tuple(orgs)))

    def _view(self, **changes: Any) -> Client:
        view = object.__new__(type(self))
        view.__dict__.update({**self.__dict__, **changes})
        view.__dict__.pop("ops", None)  # those belong to the client that the view was taken from
        return view

    # Life

    def close(self) -> None:
        """Close the connections. Views share them."""
        self._shared.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __reduce__(self) -> Any:
        raise TypeError(
            "a Client is not pickled or deep-copied; make one from the same arguments where it is needed."
        )

    # Inside

    def _operation(self, name: str) -> Operation:
        if isinstance(name, Operation):
            name = name.id
        return self.document.operations.resolve(name, self._aliases)

    def _split(
        self, operation: Operation, params: Mapping[str, Any] | None, arguments: Mapping[str, Any]
    ) -> tuple[Options, dict[str, Any]]:
        """Tell call options from parameters; a name that is both is the caller's to settle."""
        _refuse_ambiguous(operation, CALL_OPTIONS, params, arguments)
        options = {name: value for name, value in arguments.items() if name in CALL_OPTIONS}
        rest = {name: value for name, value in arguments.items() if name not in CALL_OPTIONS}
        doubled = [name for name in rest if params and name in params]
        if doubled:
            raise TypeError(f"{doubled[0]} stands in params= and among the arguments; give it once.")
        return self._options(options), {**(params or {}), **rest}

    def _run(
        self,
        kind: type[Listing],
        name: str,
        body: Any,
        params: Mapping[str, Any] | None,
        arguments: Mapping[str, Any],
    ) -> Listing:
        """Return a run over the pages or the rows of a list, checked and not yet begun."""
        from dynzuora import _pagination, _progress

        found = self._operation(name)
        _refuse_ambiguous(found, _pagination.OPTIONS, params, arguments)
        limit, progress, resume = (arguments.get(each) for each in _pagination.OPTIONS)
        limit = _pagination.checked_limit(found, limit)
        rows = None if kind is _pagination.Pages else limit
        rest = {each: value for each, value in arguments.items() if each not in _pagination.OPTIONS}
        options, params = self._split(found, params, rest)
        style = _pagination.checked_style(found)
        request = self._prepare(found, body, _pagination.with_size(found, style, params, rows), options)
        warn_of(request.warnings, request.operation_id, stacklevel=3)
        following = partial(_pagination.continuation, found, self.document.operations)
        plan = _pagination.Plan(
            found,
            style,
            request,
            send=lambda page: self._send(self._keyed(page), options),
            more=lambda locator: self._prepare(following(), {style.next: locator}, {}, options),
            floats=self._floats,
        )
        return kind(plan, _progress.Meter(found.id, total=rows, wanted=progress), limit, resume)

    def _options(self, given: Mapping[str, Any]) -> Options:
        chosen = {name: value for name, value in given.items() if value is not None}
        return self._defaults._replace(**chosen) if chosen else self._defaults

    def _prepare(
        self, operation: Operation, body: Any, params: Mapping[str, Any], options: Options
    ) -> Request:
        if operation.id in _zuora.CHECKSUMS:
            from dynzuora import _files

            body = _files.with_checksum(body, *_zuora.CHECKSUMS[operation.id])
        request = operation.prepare(body, params=params, validate=options.validate or "standard")
        return self._addressed(request, options)

    def _addressed(self, request: Request, options: Options) -> Request:
        """Put the base URL, the option headers and the caller's own headers on a request."""
        headers: dict[str, str] = {}
        for option, header in _zuora.OPTION_HEADERS.items():
            value = getattr(options, option, None)
            if value is not None and header not in request.headers:
                headers[header] = _header_text(request, option, header, value)
        for name, value in _own_headers(request, options.headers).items():
            headers[name] = _header_text(request, name, name, value)
        return request._replace(url=self.base_url + request.url, headers=request.headers | headers)

    def _keyed(self, request: Request) -> Request:
        """Put an idempotency key on a request that may carry one, made once for all its attempts."""
        header = _zuora.OPTION_HEADERS["idempotency_key"]
        if (
            not self._idempotency
            or request.method not in _zuora.IDEMPOTENT_METHODS
            or header in request.headers
        ):
            return request
        return request._replace(headers=request.headers | {header: os.urandom(16).hex()})

    def _rows_of_file(
        self, operation: str, body: Any, params: Mapping[str, Any] | None, arguments: dict[str, Any]
    ) -> FileRows:
        """Return the rows of an operation that answers with a file."""
        from dynzuora import _files

        limit = arguments.pop("limit", None)
        if arguments.pop("resume", None):
            raise TypeError(f"{operation} answers with one file, which has no resume token.")
        self.prepare(
            operation, body=body, params=params, **{k: v for k, v in arguments.items() if k != "progress"}
        )
        save = partial(self.download, operation, body=body, params=params, **arguments)
        return _files.FileRows([save], floats=self._floats, limit=limit)

    def _means(self, options: Options) -> _jobs.Means:
        """Return what a job needs: polls carry the options of its start but for what belongs to one call."""
        from dynzuora import _files, _jobs

        # What it asks with is the server's own id: checking it could only lose a job that has begun.
        again = _given(options._replace(idempotency_key=None, dry_run=None, validate="off"))

        return _jobs.Means(
            call=partial(self.call, **again),
            look=lambda path: self.request("GET", path, **again),
            save=partial(self._save, options),
            rows=partial(_files.FileRows, floats=self._floats),
            sleep=self._sleep,
            clock=time.monotonic,
        )

    def _save(self, options: Options, reference: Any, to: Any, *, signed: bool = False, **how: Any) -> Any:
        """Write the file that ``reference`` names: an id, a path of this tenant, or an address."""
        from dynzuora import _files

        where = _files.reference(str(reference), self.base_url, signed=signed)
        if where.id:
            params = {_zuora.FILES_PARAMETER: where.id}
            request = self._prepare(self._operation(_zuora.FILES_OPERATION), None, params, options)
        else:
            request = Request("GET", where.url, Headers({"Accept": "*/*"}), None, "download")
            if not where.elsewhere:
                path = where.url.removeprefix(self.base_url)
                request = self._addressed(request._replace(url=path), options)
        return self._write(request, options, to, name=where.name, elsewhere=where.elsewhere, **how)

    def _write(
        self,
        request: Request,
        options: Options,
        to: Any,
        *,
        name: str,
        elsewhere: bool = False,
        **how: Any,
    ) -> Any:
        from dynzuora import _files

        if options.dry_run:
            return request

        def fetch(fields: Mapping[str, str], receive: Any) -> Any:
            asked = request._replace(headers=request.headers | fields)
            return self._send(asked, options, receive=receive, elsewhere=elsewhere)

        def check(headers: Headers, content: bytes) -> None:
            from dynzuora import _responses

            if not elsewhere:
                _responses.refuse_failure(request, Response(200, headers, content))

        url = request.url.partition("?")[0] if elsewhere else request.url  # a signature is new each time
        key = f"{request.method} {url} {request.body!r}"
        return _files.save(fetch, to, check=check, key=key, name=name, sleep=self._sleep, **how)

    def _send(
        self, request: Request, options: Options, *, receive: Any = None, elsewhere: bool = False
    ) -> Any:
        if options.dry_run:
            return request
        reads = _only_reads(request.method, request.operation_id)
        if self.read_only and not reads:
            raise ReadOnly(
                _READ_ONLY.format(name=request.operation_id or request.method, client=self),
                operation_id=request.operation_id,
            )
        from dynzuora import _responses  # not needed to prepare

        judge = partial(_responses.interpret, request, floats=self._floats, environment=self.environment)
        transport, credentials = self._shared.connection(self)
        if request.url == self.base_url + _zuora.TOKEN_PATH:
            credentials = None  # Zuora refuses a token request that carries another credential
        if elsewhere:
            credentials = None  # a pre-signed address is its own proof
        elif options.entity is None and credentials is not None:
            self._shared.warn_of_entities(credentials, request)
        return transport.exchange(
            request,
            judge,
            credentials,
            limits=self._limits(options.timeout, transport.limits),
            reads=reads,
            receive=receive,
            elsewhere=elsewhere,
        )

    def _limits(self, timeout: Timeout | None, limits: Limits) -> Limits:
        if timeout is None:
            return limits
        _check_numbers(timeout=timeout)
        connect, read = timeout if isinstance(timeout, tuple) else (timeout, timeout)
        return limits._replace(connect=connect, read=read)

    def _found_login(self) -> Login:
        return _settings.login(
            self._login,
            os.environ,
            self._read_profile,
            self._environment,
            wants_profile=bool(self._profile or os.environ.get("DYNZUORA_PROFILE")),
        )

    def _open(self) -> tuple[Transport, Credentials | None]:
        """Make the transport and the credentials, at the first call."""
        import random

        from dynzuora import _transport

        policy = _transport.Policy(self._sleep, random.random, time.monotonic, most=self._retries + 1)
        limits = _transport.Limits(deadline=self._deadline)
        transport = _transport.Transport(
            self.base_url, policy, limits=limits, adapter=self._adapter, on_attempt=self._on_attempt
        )
        return transport, _credentials(self._found_login(), transport, self)


def _refuse_ambiguous(
    operation: Operation,
    options: Sequence[str],
    params: Mapping[str, Any] | None,
    arguments: Mapping[str, Any],
) -> None:
    """Refuse a name that is an option and a parameter, unless ``params`` says which is which."""
    given = [name for name in options if arguments.get(name) is not None]
    if not given:
        return
    settled = {canonical(name) for name in params or ()}
    own = {canonical(p.name) for p in operation.parameters} - settled
    for name in given:
        if canonical(name) in own:
            raise TypeError(
                f"{name} is a call option and a parameter of {operation.id}: "
                "give the parameter in params={...}."
            )


_READ_ONLY = (
    "{name} may change something, and this client may only read: {client}. "
    "Make the client with allow_writes=True if that is what you want. Nothing was sent."
)


class _Shared:
    """What a client and its views have in common: one transport, one token."""

    def __init__(self) -> None:
        import threading

        self._lock = threading.Lock()
        self._connection: tuple[Transport, Credentials | None] | None = None
        self._warned = False

    def connection(self, client: Client) -> tuple[Transport, Credentials | None]:
        if self._connection is None:
            with self._lock:
                if self._connection is None:
                    self._connection = client._open()
        return self._connection

    def warn_of_entities(self, credentials: Credentials, request: Request) -> None:
        """Warn once when the token reaches several entities and none was chosen."""
        if self._warned:
            return
        self._warned = True
        entities = [each for each in credentials.scope if each.startswith(_zuora.ENTITY_SCOPE)]
        if len(entities) > 1:
            note = (
                f"this token reaches {len(entities)} entities and none was chosen, so Zuora works "
                "in the default one. Choose with client.with_entity(id): "
                + ", ".join(each.removeprefix(_zuora.ENTITY_SCOPE) for each in entities)
            )
            warn_of([Problem("entity", note)], request.operation_id or request.method, stacklevel=4)

    def close(self) -> None:
        if self._connection is not None:
            self._connection[0].close()


def _credentials(found: Login, transport: Transport, client: Client) -> Credentials:
    """Return the credentials that a login makes."""
    from dynzuora import _transport

    if not all(character.isascii() and character.isprintable() for character in found.secret.reveal()):
        raise DynzuoraError(
            f"The secret from {found.source} holds a line break or another character that no header carries. "
            "Was it read from a file? Strip it."
        )
    if found.kind == "token":
        return _transport.Bearer(found.secret)
    if found.kind == "keys":
        names = _zuora.ACCESS_KEY_HEADERS
        return _transport.KeyPair(dict(zip(names, (Secret(found.name), found.secret), strict=True)))
    return _transport.OAuth(partial(fetch_token, found, transport, client), time.monotonic)


def fetch_token(found: Login, transport: Transport, client: Client) -> Any:
    """Return the token endpoint's reply; never log or show it.

    Raises `AuthError` when the credentials are refused.
    """
    from dynzuora import _responses

    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    request = Request(
        "POST", client.base_url + _zuora.TOKEN_PATH, Headers(headers), None, _zuora.TOKEN_OPERATION
    )
    judge = partial(_responses.interpret, request, environment=client.environment)
    reply = transport.exchange(request._replace(body=_token_form(found)), judge, None, reads=True)
    return reply if isinstance(reply, dict) else {}


def _token_form(found: Login) -> bytes:
    grant = {
        "client_id": found.name,
        "client_secret": found.secret.reveal(),
        "grant_type": "client_credentials",
    }
    return form_text(grant).encode("ascii")


def _given(options: Options) -> dict[str, Any]:
    """Return the options that are set, as arguments of a call."""
    given = {name: getattr(options, name) for name in CALL_OPTIONS}
    return {name: value for name, value in given.items() if value is not None}


def _no_environment(spec: Any) -> Any:
    """Return ``spec``, unless it is the name of an environment: the first argument is the document."""
    if isinstance(spec, str) and any(spec.upper() == each.key for each in _zuora.ENVIRONMENTS):
        raise DynzuoraError(
            f"{spec!r} is an environment, and the first argument of Client is the document: "
            f"Client(environment={spec.upper()!r})."
        )
    return spec


def _only_reads(method: str, operation_id: str) -> bool:
    return method in ("GET", "HEAD", "OPTIONS") or operation_id in _zuora.READ_ONLY_OPERATIONS


def _is_read_only(
    read_only: bool | None, allow_writes: bool, environment: _zuora.Environment, variables: Mapping[str, str]
) -> bool:
    """Production may only be read until somebody says otherwise; a read-only wish always wins."""
    if read_only or variables.get("ZUORA_READ_ONLY", "").lower() in ("1", "true", "yes", "on"):
        return True
    return environment.production and not allow_writes


_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""A header field's name (RFC 9110, 5.6.2)."""

_NOT_THE_CALLERS = frozenset(
    {"authorization", "connection", "content-length", "cookie", "host", "transfer-encoding"}
    | {name.lower() for name in _zuora.ACCESS_KEY_HEADERS}
)
"""Headers that say who asks or how a message is framed: the client's own."""


def _own_headers(request: Request, headers: Mapping[str, str] | None) -> Mapping[str, str]:
    """Return the caller's headers; raise for one whose name cannot be sent or is not theirs to set."""
    if headers is None:
        return {}
    if not isinstance(headers, Mapping):
        raise TypeError(f"headers= takes a mapping of names to texts, not a {type(headers).__name__}.")
    problems = []
    for name in headers:
        if not isinstance(name, str) or not _TOKEN.fullmatch(name):
            problems.append(Problem("headers", f"{name!r} is no header name."))
        elif name.lower() in _NOT_THE_CALLERS:
            problems.append(Problem("headers", f"{name} is set by the client and cannot be given."))
    if problems:
        raise InvalidRequest.of(request.operation_id or request.method, problems)
    return headers


def _check_numbers(*, timeout: Any = None, deadline: Any = None, retries: Any = 0) -> None:
    """Raise ValueError for a timeout or deadline that is no number of seconds, or for retries below 0."""
    seconds = [*timeout] if isinstance(timeout, tuple) else [timeout]
    if isinstance(timeout, tuple) and len(timeout) != 2:
        raise ValueError(f"timeout={timeout!r}: give seconds, or (seconds to connect, seconds to read).")
    for name, value in [*(("timeout", each) for each in seconds), ("deadline", deadline)]:
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if value is not None and not (number and 0 < value < _LONGEST_WAIT):
            raise ValueError(f"{name}={value!r}: give seconds as a number above 0.")
    if not isinstance(retries, int) or isinstance(retries, bool) or retries < 0:
        raise ValueError(f"retries={retries!r}: give a whole number from 0.")


_LONGEST_WAIT = 10**6
"""Seconds; more than that no socket takes everywhere."""


def _track_id(value: Any, _: Request) -> str | Problem:
    if value is True:
        return os.urandom(16).hex()
    text = value if isinstance(value, str) else ""
    if (
        not text
        or not text.isascii()
        or len(text) > _zuora.TRACK_ID_LONGEST
        or set(text) & _zuora.TRACK_ID_FORBIDDEN
    ):
        return Problem(
            "track_id",
            f"{value!r} is no track id: at most {_zuora.TRACK_ID_LONGEST} US-ASCII characters "
            "without : ; \" '. track_id=True makes one.",
            text,
        )
    return text


def _idempotency_key(value: Any, request: Request) -> str | Problem:
    text = value if isinstance(value, str) else ""
    if request.method not in _zuora.IDEMPOTENT_METHODS:
        return Problem(
            "idempotency_key", f"is refused by Zuora on {request.method}; only POST and PATCH take one.", text
        )
    if not 0 < len(text) < _zuora.IDEMPOTENCY_KEY_LONGEST:
        return Problem(
            "idempotency_key",
            f"must be a text of 1 to {_zuora.IDEMPOTENCY_KEY_LONGEST - 1} characters.",
            value,
        )
    return text


_CHECKED_OPTIONS = {"track_id": _track_id, "idempotency_key": _idempotency_key}
"""Option → what its value must be, where a header's own rules do not tell."""


def _header_text(request: Request, option: str, header: str, value: Any) -> str:
    if option in _CHECKED_OPTIONS:
        value = _CHECKED_OPTIONS[option](value, request)
        if isinstance(value, Problem):
            raise InvalidRequest.of(request.operation_id or request.method, [value])
    definition = {"name": header, "in": "header", "style": "simple", "explode": False, "schema": {}}
    try:
        return _parameters.serialize(definition, value)
    except _parameters.ParameterError as error:
        raise InvalidRequest.of(
            request.operation_id or request.method, [Problem(option, error.message)]
        ) from None


def _raw_request(method: str, path: str, query: Mapping[str, Any], body: Any) -> Request:
    """Build a request that no document describes; only what would corrupt it is refused."""
    from dynzuora import _json

    name = f"{method.upper()} {path}"
    problems: list[Problem] = []
    if (
        not path.startswith("/")
        or path.startswith("//")
        or not path.isascii()
        or set(path) & set("?#\\ \r\n\t")
    ):
        problems.append(
            Problem("path", "must begin with one /, be percent-encoded and hold no query; use query=.")
        )
    if any(segment in (".", "..") for segment in path.lower().replace("%2e", ".").split("/")):
        problems.append(Problem("path", "has a dot segment, which would change where it leads."))
    content: bytes | None = None
    headers = {"Accept": "application/json, */*"}
    try:
        if isinstance(body, bytes):
            content = body  # its media type is the caller's to say, in headers=
        elif isinstance(body, str):
            problems.append(Problem("body", "is a text: pass a mapping or list to send as JSON, or bytes."))
        elif body is not None:
            content, headers["Content-Type"] = _json.encode(_json.plain(body)), "application/json"
        text = form_text(query)
    except _json.InvalidJson as error:
        problems += error.problems
    except _parameters.ParameterError as error:
        problems.append(Problem("query", error.message))
    if problems:
        raise InvalidRequest.of(name, problems)
    return Request(method.upper(), path + (f"?{text}" if text else ""), Headers(headers), content)
