"""`Client`: what users call. Each method finds, prepares, and hands on to the room that knows how."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from dynzuora import _warning, _zuora
from dynzuora.calls import ITERATION_OPTIONS
from dynzuora.client import usage_log
from dynzuora.client.bound import BoundOperation
from dynzuora.client.connection import Connection, only_reads
from dynzuora.client.options import (
    Options,
    Timeout,
    addressed,
    by_name,
    check_numbers,
    told_apart,
    with_near_names,
)
from dynzuora.configuration import settings
from dynzuora.errors import Advice, DynzuoraError, ReadOnly, UnknownOperation
from dynzuora.http import Attempt, Headers, Request, Response, Secret
from dynzuora.operation import LEVELS, Document, Operation, load, merged, raw_request, warn_of
from dynzuora.ops import Ops

if TYPE_CHECKING:
    from dynzuora import bulk, jobs
    from dynzuora._operation_ids import OperationId
    from dynzuora.files import FileRows
    from dynzuora.lists import Items, Pages
    from dynzuora.search import Results

Listing = TypeVar("Listing", "Pages", "Items")


class Client:
    """A connection to one tenant: ``client.call("GET_SequenceSets", pageSize=20)``.

    Where and who:

    * ``spec``: the document, as `dynzuora.load` takes it; the bundled default when None.
      ``overlay`` is laid over it, as there.
    * ``environment``: a key such as ``"SBX"``, or an own base URL. ``profile`` names one of
      ``dynzuora profile``. What neither says is read from ``ZUORA_…`` variables, then from the
      profile ``default``; ``docs/safety.md`` has the order.
    * ``client_id`` and ``client_secret``, or ``token``, a bearer token got elsewhere.
    * ``entity``: the id of the entity to work in. ``zuora_version``: a date such as
      ``"2024-05-20"``, sent as ``Zuora-Version``.

    What a call is:

    * ``validate``: ``"standard"`` (lenient as documented), ``"strict"`` (the document's
      letter) or ``"off"``. ``floats``: numbers with a fraction as float, not Decimal.
    * ``aliases``: other names for operations, ``{"mine": "GET_SequenceSets"}``.
    * ``dry_run``: calls return the `Request` and send nothing.
    * ``read_only``: refuse what may change something. It is the default where the environment
      is production, and there ``allow_writes`` lifts it; ``read_only=True`` always wins.

    How it is sent:

    * ``timeout``: seconds, one number or (connect, read); 10 and 130 when None.
      ``deadline``: seconds for a whole call, repeats and waits included; none when None. No
      answer may take longer than 600 s or be larger than 256 MiB, which a download may.
    * ``retries``: the most repeats after a first try, where the table of ``docs/safety.md``
      allows any. ``idempotency`` puts a key on each POST and PATCH, so that these may be
      repeated, too: only for servers that honour it.
    * ``transport``: an adapter of requests that stands in for the network.
    * ``usage_log``: a file that gets the names each call uses, for ``dynzuora diff --used-by``.
    * ``on_attempt``: called with the `Request` and an attempt (``.number``, ``.outcome``,
      ``.waited`` in seconds) after each try, on the thread that made it.

    A client is a context manager and thread-safe; it does not pickle.

    Raises `DynzuoraError` when no environment is named, `SpecError` for a document that
    cannot be used, ValueError for an option that means nothing.
    """

    @with_near_names
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
        sources = settings.Sources(
            {
                "environment": environment,
                "entity": entity,
                "zuora_version": zuora_version,
                "token": Secret(token) if token else None,
                "client_id": client_id,
                "client_secret": Secret(client_secret) if client_secret else None,
            },
            os.environ,
            partial(_chosen_profile, profile),
            wants_profile=bool(profile or os.environ.get("DYNZUORA_PROFILE")),
        )
        chosen = sources.settings()
        self._settings = chosen
        settings.check_base(chosen.environment, (each.path for each in self.document.operations.values()))
        self._aliases = dict(aliases or {})
        check_numbers(timeout=timeout)
        if validate not in LEVELS:
            raise ValueError(f"validate={validate!r}: choose one of {', '.join(LEVELS)}.")
        if chosen.environment == settings.SANDBOX and transport is None:
            raise DynzuoraError(
                "The environment 'sandbox' has no tenant behind it.", advice=Advice("sandbox")
            )
        self._defaults = Options(
            timeout=timeout,
            validate=validate,
            dry_run=dry_run,
            entity=chosen.entity,
            zuora_version=chosen.zuora_version,
        )
        self._floats = floats
        self._idempotency = idempotency
        self._read_only = settings.is_read_only(read_only, allow_writes, chosen.environment, os.environ)
        self._usage_log = usage_log
        self._connection = Connection(
            chosen.environment,
            partial(sources.login, chosen.environment),
            floats=floats,
            deadline=deadline,
            retries=retries,
            adapter=transport,
            on_attempt=on_attempt,
        )

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
        from dynzuora import sandbox

        document = load(spec)
        application = sandbox.Sandbox(document, faults=faults)
        client = cls(
            document,
            settings.SANDBOX.key,
            client_id="0" * 36,
            client_secret="sandbox",
            entity=application.store.entities[0],
            transport=sandbox.adapter(application),
            read_only=read_only,
        )
        client._connection.sleep = lambda seconds: None  # its jobs go on when they are looked at
        return client

    # What it is

    @property
    def environment(self) -> str:
        """The environment's key, or the host of an own URL."""
        return self._settings.environment.key

    @property
    def read_only(self) -> bool:
        """Whether writes are refused. Made with the client; there is no way to lift it afterwards."""
        return self._read_only

    @property
    def base_url(self) -> str:
        """Where every request goes."""
        return self._settings.environment.url

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
        loud = "PRODUCTION " if self._settings.environment.production else ""
        writes = "read-only" if self.read_only else "writes allowed"
        return (
            f"<Client {loud}{self.environment} ({self._settings.environment.name}), {self.document.version}, "
            f"{len(self.document.operations)} operations, {writes}>"
        )

    def _repr_html_(self) -> str:
        from dynzuora.display import render

        return render(
            "client",
            environment=self.environment,
            name=self._settings.environment.name,
            url=self.base_url,
            production=self._settings.environment.production,
            read_only=self.read_only,
            dry_run=bool(self._defaults.dry_run),
            entity=self._defaults.entity or "",
            title=self.document.title,
            version=self.document.version,
            operations=len(self.document.operations),
            tags=len(self.document.prepared.tags),
        )

    # Calling

    @by_name
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
        return self._call(operation, None, body=body, params=params, **arguments)

    @by_name
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
        """Return the request that `call` would send, without credentials and without sending it.

        Takes what `call` takes. Raises `InvalidRequest`.
        """
        found = self._operation(operation)
        options, params = self._split(found, params, {**parameters, "validate": validate})
        return self._keyed(self._prepare(found, body, params, options))

    @by_name
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

        Takes what `items` takes; ``limit`` counts pages. Raises what `items` raises.
        """
        from dynzuora import lists

        return self._run(lists.Pages, self._operation(operation), body, params, arguments)

    @by_name
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
        from dynzuora import lists
        from dynzuora.lists import styles

        found = self._operation(operation)
        if found.paging.name in styles.FILES:
            return self._rows_of_file(found, body, params, arguments)
        return self._run(lists.Items, found, body, params, arguments)

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
        is JSON, or bytes as they are. Options, credentials, retries and errors are those of `call`.
        """
        chosen = self._defaults.over(options)
        request = raw_request(method, path, query or {}, body)
        return self._send(addressed(request, self.base_url, chosen), chosen)

    # What comes in many pieces

    @by_name
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

        Returns the `Request` with ``dry_run``.

        Raises `InvalidRequest`, before anything is sent, where the operation starts no job, and
        what `call` raises.

        >>> from dynzuora import Client
        >>> job = Client.sandbox().submit("POST_BillingPreviewRun", body={"targetDate": "2026-02-01"})
        >>> job.wait().status
        'Completed'
        """
        from dynzuora import jobs

        found = self._operation(operation)
        options, params = self._split(found, params, arguments)
        start = partial(self.call, found.id, body=body, params=params, **options.arguments())
        means, dry_run = self._means(options), bool(options.dry_run)
        return jobs.submit(found, self.operations, means, body, params, start, job, dry_run=dry_run)

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

        Raises what `call` raises, and `DynzuoraError` where the file cannot be written.
        """
        if isinstance(operation, str) and ("://" in operation or operation.startswith("/")):
            if body is not None or params:
                raise TypeError("An address is fetched as it is: it takes neither body= nor params=.")
            return self._save(self._defaults.over(arguments), operation, to, unzip=unzip, progress=progress)
        found = self._operation(operation)
        options, params = self._split(found, params, arguments)
        request = self._checked(found, body, params, options)
        return self._write(request, options, to, name=found.id, unzip=unzip, progress=progress)

    def map(
        self,
        operation: OperationId | str,
        calls: Iterable[Mapping[str, Any]],
        workers: int = 8,
        journal: str | os.PathLike[str] | None = None,
        *,
        progress: bool | None = None,
    ) -> bulk.Map:
        """Make many calls of one operation on ``workers`` threads; return their results lazily, in order.

        Each of ``calls`` is a mapping of call arguments: ``{"account_key": "A1"}`` or
        ``{"body": {…}}``. A call that fails is a result with an ``error``. An operation
        that takes rows (Actions, sequence sets, custom object records) is given them all in
        one call's body, ``[{"body": {"sequenceSets": rows}}]``: they are sent as many at once
        as Zuora takes, and each *row* is a result. A run that was stopped goes on where it
        was, given the same ``calls`` and ``journal``.

        >>> from dynzuora import Client
        >>> calls = [{"account_key": key} for key in ("A00000001", "A00000002", "none")]
        >>> [type(each.error).__name__ for each in Client.sandbox().map("GET_Account", calls)]
        ['NoneType', 'NoneType', 'NotFound']
        """
        from dynzuora import bulk

        found = self._operation(operation)
        means = bulk.Means(
            call=partial(self._call, found.id),
            concurrency=self._connection.concurrency,
            reads=only_reads(found.method, found.id),
            keyed=self._idempotency and found.method in _zuora.IDEMPOTENT_METHODS,
            place=f"{self.base_url} {self._defaults.entity or ''}",
            clock=time.time,
        )
        return bulk.Map(found, calls, means, workers=workers, journal=journal, progress=progress)

    def search(self, words: str, *, limit: int = 20) -> Results:
        """Return the operations that ``words`` mean, best first, typing errors forgiven.

        Looked at are id, path, tag, summary and the names of parameters and body fields.

        >>> from dynzuora import Client
        >>> Client.sandbox().search("cancle subscription")[0].id
        'PUT_CancelSubscription'
        """
        from dynzuora import search

        matches, total = search.search(self.document, words, limit)
        return search.Results([self[each.id] for each in matches], matches, words, total)

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
        Raises ValueError for no id at all.
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
        self._connection.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __reduce__(self) -> Any:
        raise TypeError(
            "a Client is not pickled or deep-copied; make one from the same arguments where it is needed."
        )

    # Inside

    def _call(
        self,
        operation: str,
        renew: Callable[[], str] | None,
        /,
        *,
        body: Any = None,
        params: Mapping[str, Any] | None = None,
        **arguments: Any,
    ) -> Any:
        """Do what `call` does. ``renew`` returns another idempotency key, where the first is ours, too."""
        found = self._operation(operation)
        options, params = self._split(found, params, arguments)
        return self._send(self._checked(found, body, params, options), options, renew=renew)

    def _operation(self, name: str) -> Operation:
        if isinstance(name, Operation):
            name = name.id
        return self.document.operations.resolve(name, self._aliases)

    def _split(
        self, operation: Operation, params: Mapping[str, Any] | None, arguments: Mapping[str, Any]
    ) -> tuple[Options, dict[str, Any]]:
        """Tell call options, put over the client's own, from parameters."""
        given, parameters = told_apart(operation, params, arguments)
        return self._defaults.over(given), dict(merged(operation.id, params, parameters))

    def _run(
        self,
        kind: type[Listing],
        operation: Operation,
        body: Any,
        params: Mapping[str, Any] | None,
        arguments: Mapping[str, Any],
    ) -> Listing:
        """Return a run over the pages or the rows of a list, checked and not yet begun."""
        from dynzuora import lists
        from dynzuora.display import progress

        wanted, rest = told_apart(operation, params, arguments, ITERATION_OPTIONS)
        limit = lists.checked_limit(operation, wanted.get("limit"))
        rows = None if kind is lists.Pages else limit
        options, params = self._split(operation, params, rest)
        style = lists.checked_style(operation)
        sized = lists.with_size(operation, style, params, rows)
        request = self._checked(operation, body, sized, options, named=params)
        following = partial(lists.continuation, operation, self.document.operations)
        plan = lists.Plan(
            operation,
            style,
            request,
            send=lambda page: self._send(page, options),
            more=lambda locator: self._prepare(following(), {style.next: locator}, {}, options),
            floats=self._floats,
        )
        meter = progress.Meter(operation.id, total=rows, enabled=wanted.get("progress"))
        return kind(plan, meter, limit, wanted.get("resume"))

    def _checked(
        self,
        operation: Operation,
        body: Any,
        params: Mapping[str, Any],
        options: Options,
        *,
        named: Iterable[str] | None = None,
    ) -> Request:
        """Return the request of a call to be made; what is odd in it is told, and its names are noted."""
        request = self._prepare(operation, body, params, options)
        warn_of(request.warnings, request.operation_id)
        if self._usage_log is not None:
            self._log_usage(self._usage_log, operation.id, params if named is None else named, body)
        return request

    def _prepare(
        self, operation: Operation, body: Any, params: Mapping[str, Any], options: Options
    ) -> Request:
        if operation.id in _zuora.CHECKSUMS:
            from dynzuora import files

            body = files.with_checksum(body, *_zuora.CHECKSUMS[operation.id])
        request = operation.prepare(body, params=params, validate=options.validate or "standard")
        return addressed(request, self.base_url, options)

    def _log_usage(self, path: Any, operation_id: str, names: Iterable[str], body: Any) -> None:
        """Note a call's names; a log that cannot be written is worth a warning and no more."""
        try:
            usage_log.append(path, operation_id, names, body)
        except OSError as error:
            _warning.warn(f"usage_log {path} cannot be written: {error.strerror}.", RuntimeWarning)

    def _keyed(self, request: Request) -> Request:
        """Put an idempotency key of the client's own on a request that it is to choose one for."""
        return _with_new_key(request) if self._chooses_key(request) else request

    def _chooses_key(self, request: Request) -> bool:
        may_carry_one = self._idempotency and request.method in _zuora.IDEMPOTENT_METHODS
        return may_carry_one and _KEY not in request.headers

    def _rows_of_file(
        self,
        operation: Operation,
        body: Any,
        params: Mapping[str, Any] | None,
        arguments: Mapping[str, Any],
    ) -> FileRows:
        """Return the rows of an operation that answers with a file, checked and not yet fetched."""
        from dynzuora import files, lists

        wanted, rest = told_apart(operation, params, arguments, ITERATION_OPTIONS)
        if wanted.get("resume"):
            raise TypeError(f"{operation.id} answers with one file, which has no resume token.")
        limit = lists.checked_limit(operation, wanted.get("limit"))
        options, params = self._split(operation, params, rest)
        request = self._checked(operation, body, params, options)
        save = partial(self._write, request, options, name=operation.id, progress=wanted.get("progress"))
        return files.FileRows([save], floats=self._floats, limit=limit)

    def _means(self, options: Options) -> jobs.Means:
        """Return what a job needs: polls carry the options of its start but for what belongs to one call."""
        from dynzuora import files, jobs

        # What it asks with is the server's own id: checking it could only lose a job that has begun.
        again = options._replace(idempotency_key=None, dry_run=None, validate="off").arguments()

        return jobs.Means(
            call=partial(self.call, **again),
            look=lambda path: self.request("GET", path, **again),
            save=partial(self._save, options),
            rows=partial(files.FileRows, floats=self._floats),
            sleep=self._connection.sleep,
            clock=time.monotonic,
        )

    def _save(self, options: Options, reference: Any, to: Any, *, signed: bool = False, **how: Any) -> Any:
        """Write the file that ``reference`` names: an id, a path of this tenant, or an address."""
        from dynzuora import files

        where = files.reference(str(reference), self.base_url, signed=signed)
        if where.id:
            params = {_zuora.FILES_PARAMETER: where.id}
            request = self._prepare(self._operation(_zuora.FILES_OPERATION), None, params, options)
        else:
            wanted = Headers(options.headers or {}).get("Accept", "*/*")
            headers = Headers({"Accept": wanted})
            request = Request("GET", where.url, headers, None, "download", elsewhere=where.elsewhere)
            if not where.elsewhere:
                path = where.url.removeprefix(self.base_url)
                request = addressed(request._replace(url=path), self.base_url, options)
        return self._write(request, options, to, name=where.name, **how)

    def _write(
        self,
        request: Request,
        options: Options,
        to: Any,
        *,
        name: str,
        **how: Any,
    ) -> Any:
        from dynzuora import files

        if options.dry_run:
            return request

        def fetch(fields: Mapping[str, str], receive: Any) -> Any:
            asked = request._replace(headers=request.headers | fields)
            return self._send(asked, options, receive=receive)

        def check(status: int, headers: Headers, content: bytes) -> None:
            from dynzuora import replies

            replies.refuse_file(request, Response(status, headers, content), self.environment)

        url = (
            request.url.partition("?")[0] if request.elsewhere else request.url
        )  # a signature is new each time
        key = f"{request.method} {url} {request.body!r}"
        return files.save(fetch, to, check=check, key=key, name=name, sleep=self._connection.sleep, **how)

    def _send(
        self,
        request: Request,
        options: Options,
        *,
        receive: Any = None,
        renew: Callable[[], str] | None = None,
    ) -> Any:
        chooses = receive is None and self._chooses_key(request)
        if chooses:
            request = _with_new_key(request)
        rekey = partial(_with_new_key, renew=renew or _random_key) if chooses or renew else None
        if options.dry_run:
            return request
        reads = only_reads(request.method, request.operation_id)
        if self.read_only and not reads:
            raise ReadOnly(
                _READ_ONLY.format(name=request.operation_id or request.method, client=self),
                operation_id=request.operation_id,
                advice=Advice("allow-writes"),
            )
        return self._connection.exchange(
            request, options, reads=reads, receive=receive, elsewhere=request.elsewhere, rekey=rekey
        )


_READ_ONLY = "{name} may change something, and this client may only read: {client}. Nothing was sent."


_KEY = _zuora.OPTION_HEADERS["idempotency_key"]


def _random_key() -> str:
    return os.urandom(16).hex()


def _with_new_key(request: Request, renew: Callable[[], str] = _random_key) -> Request:
    return request._replace(headers=request.headers | {_KEY: renew()})


def _no_environment(spec: Any) -> Any:
    """Return ``spec``, unless it is the name of an environment: the first argument is the document."""
    if isinstance(spec, str) and any(spec.upper() == each.key for each in _zuora.ENVIRONMENTS):
        raise DynzuoraError(
            f"{spec!r} is an environment, and the first argument of Client is the document: "
            f"Client(environment={spec.upper()!r})."
        )
    return spec


def _chosen_profile(name: str | None) -> tuple[str, settings.Profile]:
    from dynzuora.configuration import profiles

    return profiles.select(name, os.environ)
