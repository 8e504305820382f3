"""The WSGI application: read, route, fault, authenticate, select the entity, validate, perform, show.

One lock is held while a request is performed, so that threads see whole changes; the fault
"slow" waits outside it. Everything is deterministic: ids, numbers, times and tokens are
counted.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from dynzuora import _zuora
from dynzuora._routing import Route, Router
from dynzuora.http import BEARER, NOBODY, Scheme
from dynzuora.model import Shape
from dynzuora.sandbox import (
    endings,
    families,
    faults,
    handlers,
    object_query,
    played,
    reading,
    refusals,
    rules,
    specials,
    store,
    tenant,
    writing,
)
from dynzuora.sandbox.endpoint import Endpoint
from dynzuora.sandbox.faults import Fault, Faults, LostAnswer
from dynzuora.sandbox.handlers import Call, Outcome
from dynzuora.sandbox.ledger import Ledger
from dynzuora.sandbox.reading import Received
from dynzuora.sandbox.refusals import Refusal, not_found, refusal
from dynzuora.sandbox.tokens import LIFETIME, Tokens
from dynzuora.sandbox.writing import Reply

if TYPE_CHECKING:
    from dynzuora.operation import Document

ENTITY_HEADERS = ("zuora-entity-ids", "entityid", "entityname")

LONGEST_LOG = 100_000
"""The most requests in the log, and the most idempotency keys; beyond that, the older half is dropped."""


class LoggedRequest(NamedTuple):
    """A request in the log.

    ``status`` is 0 if the connection was dropped. ``applied`` says whether a request other
    than GET was performed, even if the caller never saw the response.
    """

    method: str
    path: str
    status: int
    applied: bool
    operation: str


class Sandbox:
    """A simulated tenant: every operation of ``document`` responds, and changes persist in memory.

    ``faults`` makes selected requests fail (see ``dynzuora.sandbox.faults``). ``rows`` fills
    lists with invented rows up to that number. ``token_lifetime`` is in seconds; ``clock`` and
    ``sleep`` serve the age of tokens and the fault "slow".

    ``store`` is the state, ``log`` the requests so far; ``tokens.revoke()`` invalidates all tokens.
    """

    def __init__(
        self,
        document: Document,
        *,
        faults: Any = None,
        rows: int = 0,
        token_lifetime: float = LIFETIME,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        index = document.prepared.index
        self.document = document
        self.sleep = sleep
        self.log: list[LoggedRequest] = []
        self._rules = rules.load()
        self._router = Router((identifier, entry.method, entry.path) for identifier, entry in index.items())
        self._families = families.load(index, self._rules)
        self.store = store.Store(self._rules, self._id_style, tenant.load())
        self.tokens = Tokens(self.store.entities, clock, token_lifetime)
        self._rows = rows
        self._endpoints: dict[str, Endpoint] = {}
        self._faults = Faults(faults, index, self._endpoint, self._rules)
        self._notes: dict[Any, Any] = {}
        self._replays: dict[str, tuple[str, Reply]] = {}
        self._requests = 0
        self._lock = threading.RLock()

    def __repr__(self) -> str:
        return (
            f"<Sandbox of {self.document.title!r} {self.document.version}: {self._requests} requests so far>"
        )

    def __call__(self, environ: Mapping[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Respond to a request, as WSGI defines.

        Raises `LostAnswer` if a fault drops the connection; servers then close it.
        """
        fault: Fault | None = None
        try:
            request = reading.received(environ)
        except Refusal as refused:
            reply = self._refused(refused, environ["REQUEST_METHOD"], environ["PATH_INFO"])
        else:
            with self._lock:
                fault, reply = self._answer(request)
            reply = writing.compressed(reply, request)
        if fault is not None and fault.name == "slow":
            environ.get("dynzuora.sleep", self.sleep)(float(fault.options.get("seconds", 1)))
        if fault is not None and fault.name in ("lost_answer", "lost_request"):
            raise LostAnswer(f"Connection dropped by the fault {fault.name}.")
        headers = {**reply.headers, "Content-Length": str(len(reply.content))}
        start_response(reply.line, list(headers.items()))
        return [reply.content]

    def _answer(self, request: Received) -> tuple[Fault | None, Reply]:
        route = self._router.find(request.method, request.path)
        if route and route.parameters and (request.method, request.path) == ("POST", _zuora.TOKEN_PATH):
            route = None  # a template such as /{a}/{b} must not hide the token endpoint
        operation = route.operations.get(request.method, "") if route else ""
        fault = self._faults.next(operation)
        try:
            if fault is not None and fault.name == "lost_request":
                reply = Reply(0, {}, b"")
            elif route is None or not operation:
                reply = self._unrouted(request, route)
            else:
                reply = self._once(request, operation, lambda: self._routed(request, operation, route, fault))
        except Refusal as refused:
            reply = self._refused(refused, request.method, request.path)
        if fault is not None and fault.name == "lost_answer":
            reply = reply._replace(status=0)
        self._remember(request, reply, operation)
        return fault, reply._replace(headers={**reply.headers, **self._headers(request)})

    def _routed(self, request: Received, operation: str, route: Route, fault: Fault | None) -> Reply:
        endpoint = self._endpoint(operation)
        if fault is not None:
            self._fail(fault)
            if fault.name == "html_504" and not fault.options.get("applied"):
                return writing.gateway_timeout()
        if endpoint.special == "token":
            endpoint.read(request, {})
            return writing.plain(200, self.tokens.issue())
        if endpoint.operation.scheme != NOBODY:
            self._authenticate(request, endpoint.operation.scheme)
        call = Call(
            endpoint,
            endpoint.read(request, route.parameters),
            self._ledger(request, endpoint),
            request,
            self._rows,
            faults.job_end(fault),
            faults.failed_rows(fault),
            self._notes,
        )
        outcome = _perform(call)
        if fault is not None:
            outcome = outcome._replace(value=faults.distorted(fault, outcome.value, request.url))
        reply = writing.written(outcome, endpoint.answer, request)
        if fault is not None and fault.name == "html_504":
            reply = writing.gateway_timeout()
        return reply._replace(applied=request.method != "GET")

    def _ledger(self, request: Received, endpoint: Endpoint) -> Ledger:
        entity = self._entity(request, endpoint)
        return Ledger(self.store, self._families, entity, lambda: endpoint.body_stand_ins, self._fields_of)

    def _fail(self, fault: Fault) -> None:
        refused = faults.before(fault)
        if refused is None:
            return
        if fault.name == "401":
            self.tokens.revoke()
        raise refused

    def _unrouted(self, request: Received, route: Route | None) -> Reply:
        """Respond to paths that are in no document: open files, and the status of a usage import."""
        if route is not None:
            raise refusal(45, f"{request.path} does not support {request.method}.")
        if (request.method, request.path) == ("POST", _zuora.TOKEN_PATH):
            return writing.plain(200, self.tokens.issue())
        if request.method == "GET":
            if request.path.startswith(endings.OPEN_FILES):
                return self._open_file(request)
            if request.path.startswith("/v1/usage/") and request.path.endswith("/status"):
                return self._usage_status(request)
        raise refusal(40, f"There is no {request.path} in this document.", shape="message")

    def _open_file(self, request: Received) -> Reply:
        identifier = request.path.removeprefix(endings.OPEN_FILES).partition("/")[0]
        file = self.store.lookup(identifier)
        if file is None or file.content is None:
            raise not_found("file", identifier)
        outcome = specials.content_of(file)
        headers = {"Content-Type": outcome.media_type, **outcome.headers}
        return writing.ranged(Reply(200, headers, file.content), request)

    def _usage_status(self, request: Received) -> Reply:
        self._authenticate(request)
        identifier = request.path.split("/")[3]
        job = self.store.lookup(identifier)
        if job is None or job.kind != "usageimport":
            raise not_found("usage import", identifier)
        ledger = Ledger(self.store, self._families, job.entity)
        return writing.plain(200, specials.usage_status(ledger, job))

    def _authenticate(self, request: Received, scheme: Scheme = BEARER) -> None:
        message = self.tokens.fault(request.headers)
        if message and not request.has_key(scheme):
            headers = {"WWW-Authenticate": 'Bearer realm="sandbox"'}
            raise refusal(11, message, shape="message", headers=headers)

    def _entity(self, request: Received, endpoint: Endpoint) -> str:
        """Return the id of the request's entity.

        Raises `Refusal` for one that the tenant does not have.
        """
        requested = next((request.headers[name] for name in ENTITY_HEADERS if request.headers.get(name)), "")
        if not requested or requested in endpoint.header_stand_ins:
            return self.store.home
        form = requested.replace("-", "").lower()
        for record in self.store.records("entity"):
            if record.id == form or requested in (record.value("name"), record.value("displayname")):
                return str(record.id)
        ids = ", ".join(self.store.entities)
        raise refusal(10, f"This tenant has no entity {requested!r}. Its entities are {ids}.")

    def _once(self, request: Received, operation: str, do: Callable[[], Reply]) -> Reply:
        """Perform the request, or repeat the earlier response to the same idempotency key."""
        header = "idempotency-key"
        key = request.headers.get(header, "")
        if not key:
            return do()
        if request.method not in ("POST", "PATCH") and header not in self._endpoint(operation).header_names:
            raise refusal(20, f"Idempotency-Key is not supported with {request.method}.")
        fingerprint = hashlib.sha256(f"{request.method} {request.path}\0".encode() + request.body).hexdigest()
        replay = self._replays.get(key)
        if replay is None:
            reply = do()
            self._replays[key] = fingerprint, reply
            return reply
        if replay[0] != fingerprint:
            raise refusal(20, "This Idempotency-Key was used for another request.", status=422)
        return replay[1]._replace(applied=False)

    def _remember(self, request: Received, reply: Reply, operation: str) -> None:
        self._requests += 1
        path = f"{request.path}?{request.query}" if request.query else request.path
        self.log.append(LoggedRequest(request.method, path, reply.status, reply.applied, operation))
        if len(self.log) > LONGEST_LOG:
            del self.log[: LONGEST_LOG // 2]
        if len(self._replays) > LONGEST_LOG:
            for key in list(self._replays)[: LONGEST_LOG // 2]:
                del self._replays[key]

    def _refused(self, refused: Refusal, method: str, path: str) -> Reply:
        status, body = refusals.answer(self._rules, path, method, refused)
        reply = writing.plain(status, body)
        return reply._replace(headers={**reply.headers, **refused.headers})

    def _headers(self, request: Received) -> dict[str, str]:
        digest = hashlib.md5(f"request {self._requests}".encode(), usedforsecurity=False).hexdigest()
        headers = {
            # A second later than the last change: what is read up to this time has all changes so far.
            "Date": format_datetime((self.store.now + timedelta(seconds=1)).replace(tzinfo=UTC), usegmt=True),
            _zuora.REQUEST_ID_HEADER: str(UUID(digest)),
            _zuora.LIMIT_HEADERS["rate"]: "50000, 50000;w=60",
            _zuora.LIMIT_HEADERS["rate_remaining"]: str(max(0, 50000 - self._requests)),
            _zuora.LIMIT_HEADERS["rate_reset"]: "60",
            "Concurrency-Limit-Type": "Default",
            _zuora.LIMIT_HEADERS["concurrency"]: "40",
            _zuora.LIMIT_HEADERS["concurrency_remaining"]: "39",
        }
        track = request.headers.get(_zuora.TRACK_ID_HEADER.lower(), "")
        if 0 < len(track) <= _zuora.TRACK_ID_LONGEST:  # the response's header has the same limit
            headers[_zuora.TRACK_ID_HEADER] = track
        return headers

    def _endpoint(self, operation: str) -> Endpoint:
        endpoint = self._endpoints.get(operation)
        if endpoint is None:
            entry = self.document.prepared.index[operation]
            special = self._rules.special.get(f"{entry.method} {entry.path}", "")
            endpoint = Endpoint(
                self.document.operations[operation], self._families, special, self._rules.numbers
            )
            self._endpoints[operation] = endpoint
        return endpoint

    def _id_style(self, kind: str) -> str:
        """Return the style of the ids of a kind: that of the rules, else what the document declares."""
        collection = dict(self._families.collections).get(kind, "")
        style = rules.by_prefix(self._rules.ids, collection, "")
        return style or families.id_style(self.document, self._families, kind)

    def _fields_of(self, kind: str) -> Mapping[str, Shape]:
        """Return the fields of a kind's CRUD object by name, or else those that Object Query shows."""
        reads = [
            (identifier, entry)
            for prefix in ("/v1/object/", object_query.PATHS)
            for identifier, entry in self.document.prepared.index.items()
            if entry.method == "GET" and entry.path.startswith(prefix) and entry.path.endswith("}")
        ]
        for identifier, entry in reads:
            if self._families.of(entry.method, entry.path, False, "").kind == kind:
                fields = self._endpoint(identifier).answer.shape.properties
                return {
                    name: field for name, field in fields.items() if not (field.is_array or field.properties)
                }
        return {}


def _perform(call: Call) -> Outcome:
    media_type = specials.stream_type(call)
    if media_type:
        return specials.stream(call, media_type)
    special = specials.SPECIALS.get(call.endpoint.special)
    if special:
        return special(call)
    return played.perform(call, call.ledger.rules.played) or handlers.perform(call)
