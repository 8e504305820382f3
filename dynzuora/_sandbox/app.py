"""The sandbox itself: a WSGI application with state, made from any document.

A request goes one way: read → route → fault → credentials → entity → check → do → show.
One lock round the doing, so that threads see whole changes; waiting ("slow") happens
outside it. Everything is deterministic: ids, numbers, times and tokens are counted.
"""

from __future__ import annotations

import hashlib
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from dynzuora import _json, _paging, _zuora

from . import effects, families, faults, handlers, reading, refusals, rules, specials, store, tenant
from .endpoint import Endpoint
from .faults import Fault, Faults, LostAnswer
from .handlers import Call, Outcome
from .ledger import Ledger
from .reading import Received
from .refusals import Refusal, not_found, refusal
from .routing import Router
from .tokens import LIFETIME, Tokens

if TYPE_CHECKING:
    from dynzuora._operations import Document

ENTITY_HEADERS = ("zuora-entity-ids", "entityid", "entityname")
COMPRESSED_FROM = 1000
"""Bytes. Zuora compresses answers that are longer, for callers that can read it."""


class Entry(NamedTuple):
    """One line of the log. ``applied`` says whether something was changed, answer or not."""

    method: str
    path: str
    status: int
    applied: bool
    operation: str


class _Reply(NamedTuple):
    status: int
    headers: dict[str, str]
    content: bytes
    applied: bool = False
    operation: str = ""


class Sandbox:
    """A tenant that is nobody's: every operation of ``document`` answers, and changes stay.

    ``faults`` makes chosen requests fail (see ``faults``). ``rows`` fills every list up
    to that many rows with invented ones. ``refuse_with`` is the HTTP status of a refusal
    in Zuora's modern envelope, None for the one its code stands for; API versions of 2020
    answered 200. ``clock`` and ``sleep`` are only for tokens' age and slow answers.

    ``store`` is the state, ``log`` every request so far, ``tokens.revoke()`` ends all sessions.
    """

    def __init__(
        self,
        document: Document,
        *,
        faults: Any = None,
        rows: int = 0,
        refuse_with: int | None = None,
        token_lifetime: float = LIFETIME,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        index = document.prepared.index
        self.document = document
        self.log: list[Entry] = []
        self._rules = rules.load()
        self._router = Router((identifier, each.method, each.path) for identifier, each in index.items())
        self._families = families.load(index, self._rules)
        self.store = store.Store(
            self._rules, store.id_styles(self._rules, self._families.collections), tenant.load()
        )
        self.tokens = Tokens(self.store.entities, clock, token_lifetime)
        self._faults = Faults(faults, index)
        self._rows = rows
        self._refuse_with = refuse_with
        self.sleep = sleep
        self._endpoints: dict[str, Endpoint] = {}
        self._notes: dict[Any, Any] = {}
        self._replays: dict[str, tuple[str, _Reply]] = {}
        self._lock = threading.RLock()

    def __repr__(self) -> str:
        return (
            f"<Sandbox of {self.document.title!r} {self.document.version}: {len(self.log)} requests so far>"
        )

    def __call__(self, environ: Mapping[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request, as WSGI wants it.

        Raises `LostAnswer` where a fault drops the connection; servers hang up on it.
        """
        fault: Fault | None = None
        try:
            request = reading.received(environ)
        except Refusal as refused:
            reply = self._refused(refused, environ["REQUEST_METHOD"], environ["PATH_INFO"])
            self.log.append(Entry(environ["REQUEST_METHOD"], environ["PATH_INFO"], reply.status, False, ""))
        else:
            with self._lock:
                fault, reply = self._answer(request)
            reply = _fitted(request, reply)
        if fault is not None and fault.name == "slow":
            environ.get("dynzuora.sleep", self.sleep)(float(fault.options.get("seconds", 1)))
        if fault is not None and fault.name in ("lost_answer", "lost_request"):
            raise LostAnswer("The sandbox was told to drop this connection.")
        phrase = HTTPStatus(reply.status).phrase if reply.status in HTTPStatus._value2member_map_ else ""
        headers = {**reply.headers, "Content-Length": str(len(reply.content))}
        start_response(f"{reply.status} {phrase}", list(headers.items()))
        return [reply.content]

    def _answer(self, request: Received) -> tuple[Fault | None, _Reply]:
        route = self._router.find(request.method, request.path)
        operation = route.operations.get(request.method, "") if route else ""
        fault = self._faults.next(operation)
        try:
            if fault is not None and fault.name == "lost_request":
                reply = _Reply(0, {}, b"")
            elif not operation:
                reply = self._unrouted(request, route is not None)
            else:
                reply = self._once(request, operation, lambda: self._routed(request, operation, route, fault))
        except Refusal as refused:
            reply = self._refused(refused, request.method, request.path)
        if fault is not None and fault.name == "lost_answer":
            reply = reply._replace(status=0)
        path = f"{request.path}?{request.query}" if request.query else request.path
        self.log.append(Entry(request.method, path, reply.status, reply.applied, operation))
        return fault, reply._replace(headers={**reply.headers, **self._headers(request)})

    def _routed(self, request: Received, operation: str, route: Any, fault: Fault | None) -> _Reply:
        endpoint = self._endpoint(operation)
        if fault is not None and (refused := faults.before(fault)):
            if fault.name == "401":
                self.tokens.revoke()
            raise refused
        if fault is not None and fault.name == "html_504" and not fault.options.get("applied"):
            return _gateway_timeout()
        if endpoint.special == "token":
            return self._token(request, endpoint)
        self._authenticate(request)
        ledger = Ledger(self.store, self._families, self._entity(request, endpoint))
        end = str(fault.options.get("end", "")) if fault and fault.name == "job_ends" else ""
        call = Call(
            endpoint,
            endpoint.read(request, route.parameters),
            ledger,
            request,
            self._rows,
            end,
            faults.failed_rows(fault),
            self._notes,
        )
        outcome = self._done(call)
        if fault is not None:
            url = f"{request.origin}{request.path}?{request.query}"
            outcome = outcome._replace(value=faults.distorted(fault, outcome.value, url))
        reply = self._written(outcome, endpoint, request)._replace(applied=request.method != "GET")
        if fault is not None and fault.name == "html_504":
            return _gateway_timeout()._replace(applied=reply.applied)
        return reply

    def _done(self, call: Call) -> Outcome:
        if call.endpoint.style.name == "stream" or call.request.headers.get("accept", "").startswith(_CSV):
            media_type = _negotiated(call)
            if media_type:
                return specials.stream(call, media_type)
        special = specials.SPECIALS.get(call.endpoint.special)
        return special(call) if special else handlers.perform(call)

    def _written(self, outcome: Outcome, endpoint: Endpoint, request: Received) -> _Reply:
        answer = endpoint.answer
        status = outcome.status or answer.status
        headers = dict(outcome.headers)
        if outcome.content is not None:
            return _ranged(
                _Reply(status, {"Content-Type": outcome.media_type, **headers}, outcome.content), request
            )
        if outcome.status is not None:
            return _plain(status, outcome.value)
        if status == 204 or not answer.media_types:
            return _Reply(status, headers, b"")
        if not answer.media_type:
            return _Reply(status, {"Content-Type": answer.media_types[0], **headers}, b"sandbox\n")
        content = _json.encode(outcome.value).replace(effects.ORIGIN.encode(), request.origin.encode())
        return _Reply(status, {"Content-Type": f"{answer.media_type}; charset=utf-8", **headers}, content)

    def _unrouted(self, request: Received, has_path: bool) -> _Reply:
        if has_path:
            raise refusal(45, f"{request.method} is not a method of {request.path}.")
        if request.path == "/" and request.method == "GET":
            from . import index

            return _Reply(200, {"Content-Type": "text/html; charset=utf-8"}, index.page(self))
        if request.path == _zuora.TOKEN_PATH and request.method == "POST":
            return _plain(200, self.tokens.issue())
        segments = request.path.split("/")
        if request.path.startswith(effects.OPEN_FILES) and len(segments) > 3:
            found = self.store.lookup(segments[3])
            if found is None or found.content is None:
                raise not_found("file", segments[3])
            outcome = specials.content_of(found)
            reply = _Reply(
                200, {"Content-Type": outcome.media_type, **outcome.headers}, outcome.content or b""
            )
            return _ranged(reply, request)
        if request.path.startswith("/v1/usage/") and segments[-1] == "status":
            self._authenticate(request)
            job = self.store.lookup(segments[3])
            if job is None or job.kind != "usageimport":
                raise not_found("usage import", segments[3])
            return _plain(200, specials.usage_status(Ledger(self.store, self._families, job.entity), job))
        raise refusal(40, f"There is no {request.path} in this document.", shape="message")

    def _token(self, request: Received, endpoint: Endpoint) -> _Reply:
        endpoint.read(request, {})
        return _plain(200, self.tokens.issue())

    def _authenticate(self, request: Received) -> None:
        fault = self.tokens.fault(request.headers)
        if fault:
            headers = {"WWW-Authenticate": 'Bearer realm="sandbox"'}
            raise refusal(11, fault, shape="message", headers=headers)

    def _entity(self, request: Received, endpoint: Endpoint) -> str:
        """Return the id of the entity that the request means.

        Raises `Refusal` for one that the tenant does not have.
        """
        wanted = next((request.headers[name] for name in ENTITY_HEADERS if request.headers.get(name)), "")
        if not wanted or wanted in endpoint.header_stand_ins:
            return str(self.store.home)
        form = wanted.replace("-", "").lower()
        for each in self.store.records("entity"):
            if each.id == form or wanted in (each.value("name"), each.value("displayname")):
                return str(each.id)
        known = ", ".join(self.store.entities)
        raise refusal(10, f"The entity {wanted!r} is not one of this tenant's; they are {known}.")

    def _once(self, request: Received, operation: str, do: Callable[[], _Reply]) -> _Reply:
        """Do what is asked, or repeat the answer given before to the same idempotency key."""
        key_header = "idempotency-key"
        key = request.headers.get(key_header, "")
        if not key:
            return do()._replace(operation=operation)
        if (
            request.method not in ("POST", "PATCH")
            and key_header not in self._endpoint(operation).header_names
        ):
            raise refusal(20, f"Idempotency-Key is not taken with {request.method}.")
        print_ = hashlib.sha256(
            b"\0".join([request.method.encode(), request.path.encode(), request.body])
        ).hexdigest()
        known = self._replays.get(key)
        if known is None:
            reply = do()
            self._replays[key] = print_, reply
            return reply
        if known[0] != print_:
            raise refusal(20, "The Idempotency-Key was used for another request.", status=422)
        return known[1]._replace(applied=False)

    def _refused(self, refused: Refusal, method: str, path: str) -> _Reply:
        status, body = refusals.answer(self._rules, path, method, refused)
        if (
            self._refuse_with
            and isinstance(body, dict)
            and body.get("success") is False
            and status in (400, 404)
        ):
            status = self._refuse_with
        return _plain(status, body)._replace(headers={"Content-Type": _JSON, **refused.headers})

    def _headers(self, request: Received) -> dict[str, str]:
        number = len(self.log)
        digest = hashlib.md5(f"request {number}".encode(), usedforsecurity=False).hexdigest()
        headers = {
            _zuora.REQUEST_ID_HEADER: str(UUID(digest)),
            "RateLimit-Limit": "50000, 50000;w=60",
            "RateLimit-Remaining": str(max(0, 50000 - number)),
            "RateLimit-Reset": "60",
            "Concurrency-Limit-Type": "Default",
            "Concurrency-Limit-Limit": "40",
            "Concurrency-Limit-Remaining": "39",
        }
        track = request.headers.get(_zuora.TRACK_ID_HEADER.lower())
        return {**headers, _zuora.TRACK_ID_HEADER: track} if track else headers

    def _endpoint(self, operation: str) -> Endpoint:
        found = self._endpoints.get(operation)
        if found is None:
            entry = self.document.prepared.index[operation]
            special = self._rules.special.get(f"{entry.method} {entry.path}", "")
            found = Endpoint(self.document.operations[operation], self._families, special, self._fields_of)
            self._endpoints[operation] = found
        return found

    def _fields_of(self, kind: str) -> dict[str, str]:
        """Return name and type of each field of a kind's CRUD object."""
        for identifier, entry in self.document.prepared.index.items():
            if entry.method == "GET" and entry.path.startswith("/v1/object/"):
                endpoint = self._endpoint(identifier)
                if endpoint.family.kind == kind:
                    schema = endpoint.answer.schema
                    return {
                        name: each.get("type", "text") for name, each in _paging.properties(schema).items()
                    }
        return {}


_JSON = "application/json; charset=utf-8"
_CSV = ("text/csv", "application/csv")
_STREAMS = ("json-seq", "jsonl", "ndjson", "csv")


def _negotiated(call: Call) -> str:
    """Return the media type of a stream that the Accept header asks for, empty for plain JSON."""
    declared = [each for each in call.endpoint.answer.media_types if any(form in each for form in _STREAMS)]
    for part in call.request.headers.get("accept", "*/*").split(","):
        wanted = part.partition(";")[0].strip().lower()
        if wanted == "*/*":
            return declared[0] if declared and call.endpoint.style.name == "stream" else ""
        if any(form in wanted for form in _STREAMS):
            return wanted
        if wanted in call.endpoint.answer.media_types:
            return ""
    return ""


def _plain(status: int, value: Any) -> _Reply:
    return _Reply(status, {"Content-Type": _JSON}, _json.encode(value))


def _gateway_timeout() -> _Reply:
    content = (
        b"<html><head><title>504 Gateway Time-out</title></head><body>504 Gateway Time-out</body></html>"
    )
    return _Reply(504, {"Content-Type": "text/html"}, content)


def _ranged(reply: _Reply, request: Received) -> _Reply:
    """Answer the rest of a file that a Range header asks for."""
    unit, _, span = request.headers.get("range", "").partition("=")
    first, _, last = span.partition("-")
    if unit != "bytes" or not first.isdecimal() or reply.status != 200:
        return reply
    start, size = int(first), len(reply.content)
    end = min(int(last), size - 1) if last.isdecimal() else size - 1
    if start >= size:
        return _Reply(416, {"Content-Range": f"bytes */{size}"}, b"")
    headers = {**reply.headers, "Content-Range": f"bytes {start}-{end}/{size}"}
    return _Reply(206, headers, reply.content[start : end + 1])


def _fitted(request: Received, reply: _Reply) -> _Reply:
    """Compress a long answer for a caller that can read it, as Zuora does."""
    can_read = "gzip" in request.headers.get("accept-encoding", "")
    is_text = reply.headers.get("Content-Type", "").startswith(("application/json", "text/"))
    if not can_read or not is_text or len(reply.content) <= COMPRESSED_FROM or reply.status == 206:
        return reply
    packer = zlib.compressobj(1, wbits=31)
    content = packer.compress(reply.content) + packer.flush()
    return reply._replace(content=content, headers={**reply.headers, "Content-Encoding": "gzip"})
