"""`ClientCaller`: makes the calls of a client, from an operation and its arguments to the reply.

Nothing is sent before `send`, so ``prepare`` and ``dry_run`` show exactly what would be sent.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from dynzuora import _json, _warning, _zuora
from dynzuora._media_types import is_json
from dynzuora.calls import Options
from dynzuora.client.connection import Connection
from dynzuora.client.options import addressed, filled, has, separated
from dynzuora.errors import Advice, Problem, ReadOnly
from dynzuora.http import Request, only_reads
from dynzuora.operation import Document, Operation, merged, warn_of

if TYPE_CHECKING:
    from pathlib import Path

    from dynzuora.custom_fields import ObjectFields
    from dynzuora.files import FileRows
    from dynzuora.transport import Concurrency


class ClientCaller(NamedTuple):
    """The caller of a client or view; `operation.caller.Caller` documents what others use of it."""

    document: Document
    connection: Connection
    options: Options
    aliases: Mapping[str, str]
    floats: bool
    idempotency: bool
    read_only: bool
    usage_log: str | os.PathLike[str] | None

    @property
    def environment(self) -> _zuora.Environment:
        return self.connection.environment

    @property
    def operations(self) -> Mapping[str, Operation]:
        return self.document.operations

    @property
    def slots(self) -> Concurrency:
        return self.connection.concurrency

    def sleep(self, seconds: float) -> None:
        self.connection.sleep(seconds)

    def clock(self) -> float:
        return self.connection.clock()

    def with_options(self, **options: Any) -> ClientCaller:
        return self._replace(options=self.options._replace(**options))

    def operation(self, name: Operation | str) -> Operation:
        """Return the operation called ``name``, which may be an alias.

        Raises `UnknownOperation`.
        """
        return self.document.operations.resolve(
            name.id if isinstance(name, Operation) else name, self.aliases
        )

    def separate(
        self, operation: Operation, params: Mapping[str, Any] | None, arguments: Mapping[str, Any]
    ) -> tuple[ClientCaller, dict[str, Any]]:
        """Return the caller with the call options among ``arguments``, and the operation's parameters."""
        values, parameters = separated(operation, params, arguments)
        options = self.options.over(values)
        caller = self if options is self.options else self._replace(options=options)
        return caller, dict(merged(operation.id, params, parameters))

    # Before it is sent

    def prepare(self, operation: Operation | str, body: Any, params: Mapping[str, Any]) -> Request:
        operation = self.operation(operation) if isinstance(operation, str) else operation
        if operation.id in _zuora.CHECKSUMS:
            from dynzuora import files

            body = files.with_checksum(body, *_zuora.CHECKSUMS[operation.id])
        params = filled(operation, params, self.options)
        key = operation.header(_KEY) if self.idempotency else None
        # The client's own key is put on when the request is sent; until then, one stands in for it.
        stands_in = key is not None and key.required and not has(params, key)
        if key is not None and stands_in:
            params = {**params, key.keyword: _random_key()}
        request = operation.prepare(body, params=params, validate=self.options.validate or "standard")
        if isinstance(request.body, bytes) and _CUSTOM_FIELD in request.body:
            notes = self._misspelt_fields(operation, request.body, request.headers.get("Content-Type", ""))
            request = request._replace(warnings=(*request.warnings, *notes)) if notes else request
        return _with_version_notes(self.addressed(_without_key(request) if stands_in else request))

    def _misspelt_fields(self, operation: Operation, body: bytes, media_type: str) -> tuple[Problem, ...]:
        """Return the custom fields of a body that the tenant does not have, as far as it is known."""
        if self.options.validate == "off" or not is_json(media_type) or self.connection.objects.empty:
            return ()
        from dynzuora import custom_fields

        content = operation.model.body
        content = content.only(media_type) if media_type in content.content else content
        return custom_fields.problems(_json.decode(body), content.schema, operation.components, self.known)

    def known(self, name: str) -> ObjectFields | None:
        """Return what is known of an object of the tenant; None if it was not described."""
        return self.connection.objects.get(name, self.options.entity)

    def describe(self, name: str, *, refresh: bool) -> ObjectFields:
        """Return an object of the tenant, described now if that is wanted or it is not known."""
        described = None if refresh else self.known(name)
        if described is None:
            from dynzuora.custom_fields import describing

            described = describing.described(self, name)
            self.connection.objects.put(described, self.options.entity)
        return described

    def custom_fields(self, operation: Operation) -> list[str]:
        """Return the names of the known custom fields that the body of an operation may have."""
        if not operation.has_body or self.connection.objects.empty:
            return []
        from dynzuora import custom_fields

        return custom_fields.names_in(operation.model.body.schema, operation.components, self.known)

    def template(self, operation: Operation, *, required_only: bool) -> Any:
        """Return a body to fill in, with the custom fields of the tenant that are known."""
        body = operation.template(required_only=required_only)
        if required_only or not isinstance(body, (dict, list)) or self.connection.objects.empty:
            return body
        from dynzuora import custom_fields

        return custom_fields.filled(body, operation.model.body.schema, operation.components, self.known)

    def checked(
        self,
        operation: Operation,
        body: Any,
        params: Mapping[str, Any],
        *,
        names: Iterable[str] | None = None,
    ) -> Request:
        request = self.prepare(operation, body, params)
        warn_of(request.warnings, request.operation_id)
        if self.usage_log is not None:
            self._log_usage(self.usage_log, operation.id, params if names is None else names, body)
        return request

    def addressed(self, request: Request) -> Request:
        scheme = self.connection.scheme(request.scheme)
        return addressed(request, self.environment.url, self.options, scheme)

    def chooses_key(self, operation: Operation) -> bool:
        return self.idempotency and (
            operation.method in _zuora.IDEMPOTENT_METHODS or operation.header(_KEY) is not None
        )

    def keyed(self, request: Request) -> Request:
        """Return a request with an idempotency key, if the client chooses one for it."""
        if not self.idempotency or _KEY in request.headers:
            return request
        operation = self.operations.get(request.operation_id)
        chooses = self.chooses_key(operation) if operation else request.method in _zuora.IDEMPOTENT_METHODS
        return _with_new_key(request) if chooses else request

    def _log_usage(self, path: Any, operation_id: str, names: Iterable[str], body: Any) -> None:
        """Log which names a call uses; warn if the log cannot be written."""
        from dynzuora.client import usage_log

        try:
            usage_log.append(path, operation_id, names, body)
        except OSError as error:
            _warning.warn(f"usage_log {path} cannot be written: {error.strerror}.", RuntimeWarning)

    # Sending

    def call(
        self,
        name: str,
        renew: Callable[[], str] | None = None,
        /,
        *,
        body: Any = None,
        params: Mapping[str, Any] | None = None,
        **arguments: Any,
    ) -> Any:
        operation = self.operation(name)
        caller, parameters = self.separate(operation, params, arguments)
        reply = caller.send(caller.checked(operation, body, parameters), renew=renew)
        _note_more(operation, parameters, reply)
        return reply

    def send(self, request: Request, *, receive: Any = None, renew: Callable[[], str] | None = None) -> Any:
        """Send a request: refuse a write of a read-only client, and choose the idempotency key.

        Raises `ReadOnly`, and what `Connection.exchange` raises.
        """
        unkeyed, request = request, request if receive is not None else self.keyed(request)
        rekey = None
        if renew or request is not unkeyed:
            rekey = partial(_with_new_key, renew=renew or _random_key)
        if self.options.dry_run:
            return request
        if self.read_only and not only_reads(request.method, request.operation_id):
            raise ReadOnly(
                f"{request.operation_id or request.method} may change something, and this client of "
                f"{self.environment.key} ({self.environment.name}) is read-only. Nothing was sent.",
                operation_id=request.operation_id,
                advice=Advice("allow-writes"),
            )
        return self.connection.exchange(
            request, self.options, floats=self.floats, receive=receive, rekey=rekey
        )

    # Files

    def save(
        self, reference: Any, to: str | os.PathLike[str], *, signed: bool = False, **options: Any
    ) -> Path | Request:
        from dynzuora import files

        return files.save(self, files.referenced(self, str(reference), signed=signed), to, **options)

    def rows(self, references: Iterable[Any], *, signed: bool = False) -> FileRows:
        from dynzuora import files

        return files.FileRows(
            self, [files.referenced(self, str(reference), signed=signed) for reference in references]
        )


def _with_version_notes(request: Request) -> Request:
    """Add a warning for each field of a body that the API does not have in the request's version.

    The document is of one version: what it does not know may well be a field of this one.
    """
    version = request.headers.get(_VERSION)
    if version is None or not isinstance(request.body, bytes):
        return request
    from dynzuora import _zuora_versions

    notes = _zuora_versions.notes(request.operation_id, version, request.body)
    accepted = _zuora_versions.accepted(request.operation_id, version, request.body)
    warnings = (problem for problem in request.warnings if problem.path not in accepted)
    return request._replace(warnings=(*warnings, *notes)) if notes or accepted else request


def _note_more(operation: Operation, params: Mapping[str, Any], reply: Any) -> None:
    """Add a warning to a reply that is one page of more."""
    if not (isinstance(reply, dict) and any(isinstance(value, list) for value in reply.values())):
        return
    from dynzuora import lists

    problems = []
    if lists.may_have_more(operation, params, reply):
        advice = Advice("every-page", (operation.id,))
        problems.append(Problem("reply", "is one page; there may be more rows.", advice=advice))
    if cut_off := lists.cut_off(operation, reply):
        warn_of(cut_off, operation.id)
        problems += cut_off
    if problems:
        reply.meta = reply.meta._replace(warnings=(*reply.meta.warnings, *problems))  # type: ignore[attr-defined]


_CUSTOM_FIELD = _zuora.CUSTOM_FIELD_SUFFIXES[0].encode()

_KEY = _zuora.OPTION_HEADERS["idempotency_key"]
_VERSION = _zuora.OPTION_HEADERS["zuora_version"]


def _random_key() -> str:
    return os.urandom(16).hex()


def _without_key(request: Request) -> Request:
    return request._replace(headers=request.headers.without(_KEY))


def _with_new_key(request: Request, renew: Callable[[], str] = _random_key) -> Request:
    return request._replace(headers=request.headers | {_KEY: renew()})
