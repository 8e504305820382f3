"""`Client`: the public methods, their documentation, and views. `ClientCaller` makes the calls."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from dynzuora.calls import ITERATION_OPTIONS, Options, check_level
from dynzuora.client.arguments import Provider, checked_spec, stand_in_for, tenant_of, warn_of_losses
from dynzuora.client.caller import ClientCaller
from dynzuora.client.connection import Connection
from dynzuora.client.options import by_name, check_numbers, separated, with_near_names
from dynzuora.configuration import settings
from dynzuora.display import render
from dynzuora.errors import Advice, DynzuoraError, UnknownOperation
from dynzuora.http import EndedAttempt, Request
from dynzuora.operation import Document, Operation, load, raw_request
from dynzuora.operation.bound import BoundOperation

if TYPE_CHECKING:
    from dynzuora import bulk
    from dynzuora._operation_ids import OperationId
    from dynzuora.custom_fields import ObjectFields
    from dynzuora.files import FileRows
    from dynzuora.lists import Items, Pages
    from dynzuora.ops import Ops
    from dynzuora.queries import Query
    from dynzuora.recording.drift import Drift
    from dynzuora.search import Results
    from dynzuora.sync import Batch, Sync


class Client:
    """A connection to one tenant: ``client.call("GET_SequenceSets", pageSize=20)``.

    Tenant and credentials:

    * ``spec``: the document, as `dynzuora.load` accepts it; None is the bundled default,
      ``"latest"`` the newest.
      ``overlay`` is applied to it, as by `dynzuora.load`.
    * ``environment``: a key such as ``"SBX"``, or a base URL. ``profile`` names a profile of
      ``dynzuora profile``. What neither sets is read from ``ZUORA_…`` variables, then from the
      profile ``default``; see ``docs/safety.md``.
    * ``client_id`` and ``client_secret``, or ``token``: a bearer token, or what the operation's
      security scheme takes, such as ``"user:password"``; or a function that returns one, or
      (token, seconds that it is valid), which is called when one is needed. ``token_url``: where
      the client id gets its tokens, a path or a URL; True is the one that the document names. None
      is ``/oauth/token`` of the environment, whatever the document says.
    * ``entity``: the id of an entity. ``zuora_version``: a date such as ``"2024-05-20"``, sent
      as ``Zuora-Version``.

    Calls:

    * ``validate``: ``"standard"`` (lenient, see ``docs/safety.md``), ``"strict"`` or ``"off"``.
      ``floats``: numbers with a fraction are floats, not Decimals.
    * ``aliases``: other names of operations, ``{"mine": "GET_SequenceSets"}``.
    * ``dry_run``: calls return the `Request` and send nothing.
    * ``read_only``: refuse requests that may change something. It is the default in production,
      unless ``allow_writes``; ``read_only=True`` always wins.

    Sending:

    * ``timeout``: seconds, or (connect seconds, read seconds); the default is (10, 130).
      ``deadline``: seconds for a whole call including retries; None for no limit. A response
      may take 600 s and have 256 MiB, unless it is downloaded.
    * ``retries``: the maximum number of retries, where ``docs/safety.md`` allows any.
      ``idempotency`` adds a key to each POST and PATCH so that they can be retried, too, and
      wherever the document declares one; only for servers that honour it.
    * ``headers``: sent with every call and every request for a token, such as a gateway's key; those
      of a call are added.
    * ``transport``: a requests adapter to use instead of the network.
    * ``usage_log``: a file to which each call appends the names it uses, for
      ``dynzuora diff --used-by``.
    * ``on_attempt``: called after each attempt, on its thread, with the `Request` (``.operation_id``)
      and the attempt: ``.number``, ``.outcome``, ``.waited`` in seconds, ``.response``, and
      ``.reply`` or ``.error``.
    * ``record``: a file to which each try is written, secrets masked. ``replay``: such a file, which
      answers instead of a tenant; nothing is sent, and no account is needed. See ``docs/recording.md``.

    With ``ZUORA_ENV=sandbox`` every client uses a sandbox in this process, whatever its arguments.

    A client is a context manager and thread-safe. It cannot be pickled.

    Raises `DynzuoraError` if no environment is set, `SpecError` if the document cannot be
    used, ValueError for an invalid argument, TypeError for an unknown one.
    """

    @with_near_names
    def __init__(
        self,
        spec: Any = None,
        environment: str | None = None,
        *,
        client_id: str | None = None,
        client_secret: str | None = None,
        token: str | Provider | None = None,
        token_url: str | Literal[True] | None = None,
        profile: str | None = None,
        entity: str | None = None,
        overlay: Any = None,
        aliases: Mapping[str, str] | None = None,
        validate: str = "standard",
        floats: bool = False,
        timeout: float | tuple[float, float] | None = None,
        deadline: float | None = None,
        retries: int = 4,
        idempotency: bool = False,
        headers: Mapping[str, str] | None = None,
        read_only: bool | None = None,
        allow_writes: bool = False,
        dry_run: bool = False,
        zuora_version: str | None = None,
        transport: Any = None,
        usage_log: str | os.PathLike[str] | None = None,
        on_attempt: Callable[[Request, EndedAttempt], None] | None = None,
        record: str | os.PathLike[str] | None = None,
        replay: str | os.PathLike[str] | None = None,
    ) -> None:
        self.document: Document = load(checked_spec(spec), overlay=overlay)
        warn_of_losses(self.document)
        stand_in = stand_in_for(self.document, environment, transport, replay)
        if stand_in is not None:
            transport, entity = stand_in.adapter, stand_in.settings.entity
            environment, client_id, client_secret = settings.SANDBOX.key, "0" * 36, "sandbox"
            profile = token = token_url = None
        tenant = tenant_of(
            self.document,
            environment=environment,
            entity=entity,
            zuora_version=zuora_version,
            profile=profile,
            client_id=client_id,
            client_secret=client_secret,
            token=token,
            token_url=token_url,
        )
        self._settings = tenant.settings
        if tenant.environment == settings.SANDBOX and transport is None:
            raise DynzuoraError("The environment 'sandbox' has no tenant.", advice=Advice("sandbox"))
        check_numbers(timeout=timeout, deadline=deadline, retries=retries)
        check_level(validate)
        self._connection = Connection(
            tenant.environment,
            tenant.find_login,
            has_keys=tenant.has_keys,
            provider=tenant.provider,
            headers=headers,
            deadline=deadline,
            retries=retries,
            adapter=transport,
            on_attempt=on_attempt,
        )
        self._caller = ClientCaller(
            self.document,
            self._connection,
            Options(
                timeout=timeout,
                validate=validate,
                dry_run=dry_run,
                entity=self._settings.entity,
                zuora_version=self._settings.zuora_version,
                headers=headers,
            ),
            aliases=dict(aliases or {}),
            floats=floats,
            idempotency=idempotency,
            read_only=settings.is_read_only(read_only, allow_writes, tenant.environment, os.environ),
            usage_log=usage_log,
        )
        if stand_in is not None:
            self._settings = stand_in.settings
            self._connection.skip_waiting()
        if record is not None:
            from dynzuora.recording.recorder import Recorder

            self._connection.record(Recorder(record, tenant.environment.url))

    @classmethod
    def sandbox(
        cls,
        spec: Any = None,
        *,
        faults: Any = None,
        entity: str | None = None,
        overlay: Any = None,
        aliases: Mapping[str, str] | None = None,
        validate: str = "standard",
        floats: bool = False,
        timeout: float | tuple[float, float] | None = None,
        deadline: float | None = None,
        retries: int = 4,
        idempotency: bool = False,
        headers: Mapping[str, str] | None = None,
        read_only: bool | None = None,
        allow_writes: bool = False,
        dry_run: bool = False,
        zuora_version: str | None = None,
        usage_log: str | os.PathLike[str] | None = None,
        on_attempt: Callable[[Request, EndedAttempt], None] | None = None,
        record: str | os.PathLike[str] | None = None,
        replay: str | os.PathLike[str] | None = None,
    ) -> Client:
        """Return a client of a simulated tenant in this process: stateful, writable, no account needed.

        ``faults`` makes it fail on demand, to test error handling:
        ``{"POST_CreatePayment": "lost_answer"}``, or a list of rules such as
        ``{"operation": "*", "fault": "429", "times": 2}`` (see ``docs/safety.md``). It does not
        wait between attempts. The other arguments are those of `Client`; ``entity`` is the
        tenant's first by default.

        >>> client = Client.sandbox(faults={"GET_Account": "lock_contention"})
        >>> reply = client.call("GET_Account", account_key="A00000001")
        >>> [attempt.outcome for attempt in reply.meta.attempts]
        ['HTTP 200', 'HTTP 200']
        """
        from dynzuora import sandbox

        document = load(checked_spec(spec), overlay=overlay)
        application = sandbox.Sandbox(document, faults=faults)
        client = cls(
            document,
            settings.SANDBOX.key,
            client_id="0" * 36,
            client_secret="sandbox",
            entity=entity or application.store.entities[0],
            transport=sandbox.adapter(application),
            aliases=aliases,
            validate=validate,
            floats=floats,
            timeout=timeout,
            deadline=deadline,
            retries=retries,
            idempotency=idempotency,
            headers=headers,
            read_only=read_only,
            allow_writes=allow_writes,
            dry_run=dry_run,
            zuora_version=zuora_version,
            usage_log=usage_log,
            on_attempt=on_attempt,
            record=record,
            replay=replay,
        )
        client._connection.skip_waiting()  # each poll advances the sandbox's jobs
        return client

    # Properties

    @property
    def environment(self) -> str:
        """The environment's key, or the host of a base URL."""
        return self._settings.environment.key

    @property
    def read_only(self) -> bool:
        """Whether writes are refused. It cannot be changed afterwards."""
        return self._caller.read_only

    @property
    def base_url(self) -> str:
        """The URL that all requests begin with."""
        return self._settings.environment.url

    @property
    def operations(self) -> Mapping[str, Operation]:
        """Every operation of the document, unbound."""
        return self.document.operations

    @cached_property
    def ops(self) -> Ops:
        """Every operation as an attribute that can be called."""
        from dynzuora.ops import Ops

        operations = self.document.operations.items()
        bound = {id: BoundOperation(operation, self._caller) for id, operation in operations}
        return Ops(bound, self._caller.operation)

    def __getitem__(self, identifier: OperationId | str) -> BoundOperation:
        return self.ops[identifier]

    if not TYPE_CHECKING:  # a type checker would accept any name

        def __getattr__(self, name: str) -> NoReturn:
            message = f"{type(self).__name__!r} object has no attribute {name!r}"
            if name.startswith("_") or "document" not in self.__dict__:  # as IPython and pickle ask for
                raise AttributeError(message, name=name, obj=self)
            try:
                id = self._caller.operation(name).id
            except UnknownOperation:
                raise AttributeError(message, name=name, obj=self) from None
            raise AttributeError(f'{message}: operations are client.ops.{id}(…) and client.call("{id}", …).')

    def _ipython_key_completions_(self) -> list[str]:
        return list(self.document.operations)

    def __repr__(self) -> str:
        environment = self._settings.environment
        loud = "PRODUCTION " if environment.production else ""
        writes = "read-only" if self.read_only else "writes allowed"
        newer = self.document.newer
        hint = f' ({newer} is newer: spec="latest")' if newer else ""
        return (
            f"<Client {loud}{self.environment} ({environment.name}), {self.document.version}{hint}, "
            f"{len(self.document.operations)} operations, {writes}>"
        )

    def _repr_html_(self) -> str:
        return render(
            "client",
            environment=self.environment,
            name=self._settings.environment.name,
            url=self.base_url,
            production=self._settings.environment.production,
            read_only=self.read_only,
            dry_run=bool(self._caller.options.dry_run),
            entity=self._caller.options.entity or "",
            title=self.document.title,
            version=self.document.version,
            newer=self.document.newer,
            operations=len(self.document.operations),
            tags=len(self.document.prepared.tags),
        )

    # Calls

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
        """Check and send the request of an operation, and return the reply.

        ``operation`` is an operationId or ``"GET /v1/sequence-sets"``. The other arguments
        are its parameters, whose case and punctuation do not matter, and the call options:
        timeout, validate, dry_run, idempotency_key, track_id, zuora_version, entity,
        headers. ``params`` always contains parameters.

        Returns a `Reply` (a dict, list, str or bytes with ``.meta``; with ``.value`` for
        another JSON value), or the `Request` in a dry run.

        Raises `InvalidRequest` before anything is sent, `ApiError` for a refusal,
        `TransportError` if there is no response, `AuthError`, `ReadOnly`.

        >>> from dynzuora import Client
        >>> Client.sandbox().call("GET_SequenceSets", page_size=1)["sequenceSets"][0]["name"]
        'DEFAULT'
        """
        return self._caller.call(operation, body=body, params=params, **arguments)

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
        """Return the request that `call` would send, without credentials.

        Raises `InvalidRequest`.
        """
        resolved = self._caller.operation(operation)
        caller, params = self._caller.separate(resolved, params, {**parameters, "validate": validate})
        return caller.keyed(caller.prepare(resolved, body, params))

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
        """Return the replies of a list, one for each page, requested as they are taken.

        Takes the arguments of `items`; ``limit`` counts pages. Raises what `items` raises.
        """
        from dynzuora import lists

        resolved = self._caller.operation(operation)
        iteration, arguments = separated(resolved, params, arguments, ITERATION_OPTIONS)
        caller, params = self._caller.separate(resolved, params, arguments)
        return lists.start(lists.Pages, caller, resolved, body, params, **iteration)

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
        """Return the rows of a list, requested page by page as they are taken.

        Takes the arguments of `call`, and ``limit``, the maximum number of rows;
        ``progress``, True or False instead of a bar after a second on a terminal; and
        ``resume``, the ``resume_token`` of another run. Pages have the largest size that the
        server allows, unless a size is set. ZOQL queries are paged, too. If the operation
        returns a file (charge metrics, a description, CSV), its rows are returned.

        Raises `InvalidRequest` before anything is sent; while rows are taken, `PagingError`
        and what `call` raises.

        >>> from dynzuora import Client
        >>> Client.sandbox().items("GET_SequenceSets").first()["name"]
        'DEFAULT'
        """
        resolved = self._caller.operation(operation)
        iteration, arguments = separated(resolved, params, arguments, ITERATION_OPTIONS)
        caller, params = self._caller.separate(resolved, params, arguments)
        if resolved.paging.is_file:
            from dynzuora import files

            return files.response_rows(caller, resolved, body, params, **iteration)
        from dynzuora import lists

        return lists.start(lists.Items, caller, resolved, body, params, **iteration)

    def request(
        self,
        /,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        **options: Any,
    ) -> Any:
        """Send a request to any endpoint of this tenant, even if the document does not describe it.

        ``path`` begins with ``/``; ``query`` values are form-encoded; ``body`` is sent as JSON,
        or as it is if it is bytes. ``options`` are the call options.

        Returns and raises what `call` does.
        """
        caller = self._caller._replace(options=self._caller.options.over(options))
        return caller.send(caller.addressed(raw_request(method, path, query or {}, body)))

    # Jobs, files and many calls

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
        """Start a job and return it at once, as a `Job`: ``client.submit(…).wait().rows()``.

        With the operation that *polls* a job, returns one that is already running:
        ``client.submit("GET_DataQueryJob", job_id="…")``. ``job`` names the kind of job if
        that operation polls several. Returns the `Request` in a dry run.

        Raises `InvalidRequest`, before anything is sent, if the operation starts no job, and
        what `call` raises.

        >>> from dynzuora import Client
        >>> job = Client.sandbox().submit("POST_BillingPreviewRun", body={"targetDate": "2026-02-01"})
        >>> job.wait().status
        'Completed'
        """
        from dynzuora import jobs

        resolved = self._caller.operation(operation)
        caller, params = self._caller.separate(resolved, params, arguments)
        return jobs.submit(caller, resolved, body, params, job)

    def query(
        self,
        text: str = "",
        /,
        *,
        engine: str | None = None,
        params: Mapping[str, Any] | None = None,
        job: str = "",
        limit: int | None = None,
        progress: bool | None = None,
        **options: Any,
    ) -> Query:
        """Return the rows of a query as they are read: ``client.query("select …").to_df()``.

        SQL goes to Data Query, in Trino's dialect. A statement with ``= null`` or ``!= null``, which is
        ZOQL's form, goes to ZOQL; ``engine``, ``"sql"`` or ``"zoql"``, decides otherwise, and ``"aqua"``
        runs ZOQL as an aggregate query, for more rows than a data query returns. ``params`` are the
        values of ``:name`` in the statement. ``job`` is the id of a job that already runs, instead of a
        statement; ``limit`` the maximum number of rows; ``progress`` as in `items`; ``options`` are the
        call options.

        SQL and AQuA are jobs: taking the first row starts one and waits for it. Ctrl-C leaves it
        running and says how to resume. Rows are dicts; a number that the document declares is a
        Decimal. As a query changes nothing, a read-only client sends it, too.

        Raises `InvalidRequest` for ``params`` that do not fit; while rows are taken, `JobFailed` with
        the server's message about the statement, `WaitTimeout`, and what `call` raises.

        >>> from dynzuora import Client
        >>> Client.sandbox().query("select count(*) as accounts from account").to_list()
        [{'accounts': 3}]
        """
        from dynzuora import queries

        caller = self._caller._replace(options=self._caller.options.over(options), read_only=False)
        return queries.start(
            caller,
            text,
            engine=engine,
            params=params,
            job=job,
            limit=limit,
            progress=progress,
        )

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
        """Write the response of an operation to the file, or into the folder, ``to``; return its path.

        ``operation`` may also be a path of this tenant or an https URL, as replies contain
        them; credentials are not sent to another host. An interrupted download resumes where
        the server supports it, even in a later call. ``unzip`` unpacks gzip and ZIP. Returns the
        `Request` in a dry run.

        Raises what `call` raises, and `DynzuoraError` if the file cannot be written.
        """
        if isinstance(operation, str) and ("://" in operation or operation.startswith("/")):
            if body is not None or params:
                raise TypeError("A URL or path is requested as it is; it takes no body= and no params=.")
            caller = self._caller._replace(options=self._caller.options.over(arguments))
            return caller.save(operation, to, unzip=unzip, progress=progress)
        from dynzuora import files

        resolved = self._caller.operation(operation)
        caller, params = self._caller.separate(resolved, params, arguments)
        response = files.Download(caller.checked(resolved, body, params), resolved.id)
        return files.save(caller, response, to, unzip=unzip, progress=progress)

    def sync(
        self,
        object: str,
        to: str | os.PathLike[str] | Callable[[Batch], Any] | None = None,
        state: str | os.PathLike[str] | None = None,
        *,
        columns: Sequence[str] | None = None,
        since: str | date | None = None,
        overlap: float | None = None,
        lag: float | None = None,
        window: float | None = None,
        engine: str = "sql",
        format: str = "ndjson",
        progress: bool | None = None,
    ) -> Sync:
        """Write what has changed in an object since the last run: each version of each row once.

        ``to`` is a folder, which gets a file for each batch (``Invoice/000001-….ndjson``), or a
        function that is called with each `Batch`. Without it, iterate over ``.rows()`` of the
        result. ``state`` is the file that records how far the object was read, by default in the
        folder; a run that dies anywhere loses nothing and repeats nothing. Several objects may
        have one state, but not several tenants.

        * ``columns``: names of columns; None is all, custom fields included, also those added later.
        * ``since``: where the first run begins, a date or time (UTC without a zone); None is the
          beginning. ``window``: read that many days at once: a data query returns at most 100,000 rows.
        * ``overlap``: days that are read again each time, since some objects change without a new
          date; ``lag``: minutes between the end of what is read and now, so that no transaction
          that is under way is missed. The defaults are those of ``dynzuora/sync/sync.toml``;
          the sandbox needs no lag.
        * ``engine``: ``"sql"``, a data query, has deleted rows too, with ``deleted`` true; ``"zoql"``
          and ``"aqua"`` have not, and the latter returns more rows than both. ``format``: of files,
          ``"ndjson"`` or ``"parquet"``.

        Returns a `Sync`, whose ``summary`` says what was written. A read-only client may sync.

        Raises `FileError` if the state is in use, or belongs to another tenant or engine, or a
        file cannot be written; `InvalidRequest` for an unknown column; what `submit` raises.

        >>> from dynzuora import Client
        >>> [row["Name"] for row in Client.sandbox().sync("Account", columns=["Name"]).rows()][:1]
        ['Amber Orchard Ltd']
        """
        from dynzuora import sync

        return sync.sync(
            self._caller._replace(read_only=False),  # its queries change nothing
            object,
            to,
            state,
            columns=columns,
            since=since,
            overlap=overlap,
            lag=lag,
            window=window,
            engine=engine,
            format=format,
            progress=progress,
        )

    def map(
        self,
        operation: OperationId | str,
        calls: Iterable[Mapping[str, Any]],
        workers: int = 8,
        journal: str | os.PathLike[str] | None = None,
        *,
        pages: bool = False,
        progress: bool | None = None,
    ) -> bulk.Map:
        """Make many calls of one operation on ``workers`` threads; return their results lazily, in order.

        Each of ``calls`` contains the arguments of a call: ``{"account_key": "A1"}`` or
        ``{"body": {…}}``. A failed call is a result with an ``error``. For an operation that
        takes many rows (Actions, sequence sets, custom object records), put them all into the
        body of one call, ``[{"body": {"sequenceSets": rows}}]``: they are sent in requests of the
        size that Zuora accepts, and each *row* is a result. A stopped run resumes with the same
        ``calls`` and ``journal``, a file.

        With ``pages``, every page of each call is read, and a result's ``reply`` is the list of all
        its rows, as `items` returns them; the calls may have a ``limit``.

        Raises `InvalidRequest` if the operation returns no rows, ValueError for ``pages`` with a
        ``journal``.

        >>> from dynzuora import Client
        >>> calls = [{"account_key": key} for key in ("A00000001", "A00000002", "none")]
        >>> [type(result.error).__name__ for result in Client.sandbox().map("GET_Account", calls)]
        ['NoneType', 'NoneType', 'NotFound']
        """
        from dynzuora import bulk

        resolved = self._caller.operation(operation)
        rows = None
        if pages:
            from dynzuora import lists

            lists.check_rows(resolved)
            rows = partial(self.items, resolved.id, progress=False)
        return bulk.Map(
            self._caller, resolved, calls, workers=workers, journal=journal, progress=progress, rows=rows
        )

    def search(self, words: str, *, limit: int = 20) -> Results:
        """Return the operations that match ``words``, best first; typos are tolerated.

        Searches ids, paths, tags, summaries, descriptions, and the names of parameters and of the
        fields of bodies and replies, by the words of the trade (*credit note*, *fx*).

        >>> from dynzuora import Client
        >>> Client.sandbox().search("cancle subscription")[0].id
        'PUT_CancelSubscription'
        """
        from dynzuora import search

        matches, total = search.search(self.document, words, limit)
        return search.Results([self[match.id] for match in matches], matches, words, total)

    def template(self, operation: OperationId | str, *, required_only: bool = False) -> Any:
        """Return a valid body for ``operation`` to fill in; None if it takes no body.

        It is the document's example if that is valid, else generated from the schema. The custom
        fields of objects that were described are in it, unless ``required_only``.

        >>> from dynzuora import Client
        >>> Client.sandbox().template("PUT_EntityConnectionsAccept") is None
        True
        """
        resolved = self._caller.operation(operation)
        return self._caller.template(resolved, required_only=required_only)

    def describe(self, object: str, *, refresh: bool = False) -> ObjectFields:
        """Return the fields of an object of the tenant, such as ``"Account"``, custom ones included.

        It is asked for once and then kept, for this login, in a private file of the cache folder;
        ``refresh`` asks again. From then on a misspelt custom field in a body is a warning, and
        `template` and completion know the fields.

        Raises what `call` raises: `NotFound` for an object that the tenant does not have.

        >>> from dynzuora import Client
        >>> [field.name for field in Client.sandbox().describe("Account") if field.type == "boolean"]
        ['AllowInvoiceEdit', 'CreditBalanceUsed']
        """
        return self._caller.describe(object, refresh=refresh)

    def drift(self) -> Drift:
        """Count, from the first use on, what replies have that the document does not: fields, types, values.

        Returns the same `Drift` each time: a table with ``to_df()``, and ``to_overlay()``, which
        corrects the document.

        >>> from dynzuora import Client
        >>> client = Client.sandbox()
        >>> drift = client.drift()
        >>> reply = client.call("GET_SequenceSets")
        >>> drift.rows
        []
        """
        return self._drift

    @cached_property
    def _drift(self) -> Drift:
        from dynzuora.recording.drift import Drift

        drift = Drift(self.document)
        self._connection.listen(drift)
        return drift

    # Views

    def with_entity(self, entity: str) -> Client:
        """Return a client of another entity of the same tenant, with the same token and connections."""
        return self._view(entity=entity)

    def with_orgs(self, orgs: Sequence[str]) -> Client:
        """Return a client of these organizations of the same tenant.

        A single call selects them with ``zuora_org_ids=[...]``, a header of any operation.

        Raises ValueError if ``orgs`` is empty or a string.
        """
        if not orgs or isinstance(orgs, str):
            raise ValueError("with_orgs takes a list with at least one organization id.")
        return self._view(orgs=tuple(orgs))

    def _view(self, **options: Any) -> Client:
        view = object.__new__(type(self))
        view.__dict__.update(self.__dict__, _caller=self._caller.with_options(**options))
        view.__dict__.pop("ops", None)  # bound to the original client
        return view

    def close(self) -> None:
        """Close the connections, which views share."""
        self._connection.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __reduce__(self) -> Any:
        raise TypeError("a Client cannot be pickled or deep-copied; create another one where you need it.")
