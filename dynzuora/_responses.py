"""Status, headers and body → a `Reply` or the right error. Pure.

Zuora says no in more than a dozen shapes, many of them under HTTP 200, and declares
few of them: so a failure is told by the *shape* of the body, in the order of the
table `_SHAPES`, and only then by the status. Numbers with a fraction are Decimal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from dynzuora import _json, _redaction, _zuora, errors
from dynzuora._http import Attempt, Headers, Request, Response
from dynzuora.errors import ApiError, AuthError, DynzuoraError, JobFailed, PartialFailure, Problem, Reason

_SHOWN = 200
"""How many characters of a body that nobody understands an error shows."""


class Meta(NamedTuple):
    """What came with a reply: ``elapsed`` in seconds, each attempt, and warnings about the request."""

    status: int
    headers: Headers
    request: Request
    elapsed: float
    attempts: tuple[Attempt, ...]
    warnings: tuple[Problem, ...]

    @property
    def request_id(self) -> str:
        """Zuora's id of this call, for their support; empty when it sent none."""
        return self.headers.get(_zuora.REQUEST_ID_HEADER, "")

    @property
    def track_id(self) -> str:
        """The caller's own id as the server echoed it; empty when there was none."""
        return self.headers.get(_zuora.TRACK_ID_HEADER, "")

    @property
    def limits(self) -> Limits:
        """What the server said of its rate and concurrency limits with this reply."""
        return limits_of(self.headers)


class Limits(NamedTuple):
    """What is left of the server's limits; None where it did not say.

    ``rate_reset`` is in seconds. Zuora counts calls per minute, hour and day, and calls
    at work at the same time; it refreshes the latter about once a second.
    """

    rate: int | None = None
    rate_remaining: int | None = None
    rate_reset: int | None = None
    concurrency: int | None = None
    concurrency_remaining: int | None = None


def limits_of(headers: Mapping[str, str]) -> Limits:
    """Return the limits that reply headers tell; of a list such as ``50000, 50000;w=60`` the first number.

    >>> limits_of(Headers({"RateLimit-Limit": "2250000, 50000;w=60", "RateLimit-Remaining": "49999"}))
    Limits(rate=2250000, rate_remaining=49999, rate_reset=None, concurrency=None, concurrency_remaining=None)
    """
    return Limits(*(_first_number(headers.get(name, "")) for name in _zuora.LIMIT_HEADERS))


def _first_number(text: str) -> int | None:
    digits = text.partition(",")[0].partition(";")[0].strip()
    return int(digits) if digits.isdecimal() and len(digits) < 19 else None


class Reply:
    """A reply of the server: plain data with ``.meta``. Its classes differ only in what they hold."""

    meta: Meta

    def __reduce_ex__(self, protocol: Any) -> Any:
        return _restore, (type(self), self._plain(), self.meta)

    def _repr_html_(self) -> str:
        from dynzuora._cards import reply_card
        from dynzuora._display import render

        meta = self.meta
        about = {
            "operation": _name(meta.request),
            "status": str(meta.status),
            "request_id": meta.request_id,
            "elapsed": f"{meta.elapsed:.2f} s",
        }
        return render("reply", **reply_card(_redaction.redacted(self._plain()), **about))

    def _plain(self) -> Any:
        raise NotImplementedError


class ObjectReply(Reply, dict[str, Any]):
    """A JSON object; an empty body is an empty one. Its repr shows no secret; the data does."""

    def __repr__(self) -> str:
        return repr(_redaction.redacted(dict(self)))

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.pretty(_redaction.redacted(dict(self)))  # IPython lays a dict out in lines

    def copy(self) -> ObjectReply:
        """Return a shallow copy with the same ``.meta``."""
        return _restore(ObjectReply, dict(self), self.meta)  # type: ignore[no-any-return]  # serves pickle, too

    def _plain(self) -> dict[str, Any]:
        return dict(self)


class ArrayReply(Reply, list[Any]):
    """A JSON array."""

    def _plain(self) -> list[Any]:
        return list(self)


class ValueReply(Reply):
    """A bare JSON text, number, boolean or null, as ``.value``."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def _plain(self) -> Any:
        return self.value

    def __eq__(self, other: object) -> bool:
        return bool(self.value == (other.value if isinstance(other, ValueReply) else other))

    __hash__ = None  # type: ignore[assignment]  # as mutable as what it holds

    def __repr__(self) -> str:
        return f"ValueReply({self.value!r})"


class TextReply(Reply, str):
    """A text that is not JSON."""

    def _plain(self) -> str:
        return str.__str__(self)


class BinaryReply(Reply, bytes):
    """Bytes, whole."""

    def _plain(self) -> bytes:
        return bytes.__add__(b"", self)


def _restore(kind: type[Any], value: Any, meta: Meta) -> Any:
    reply = kind(value)
    reply.meta = meta
    return reply


def interpret(request: Request, response: Response, *, floats: bool = False, environment: str = "") -> Reply:
    """Return the reply that this response is.

    Raises `ApiError` or a subclass, `AuthError` or `PartialFailure` where it says no,
    and `ServerError` where it is not what it claims to be.
    """
    value, kind = _read(request, response, floats)
    failure = _failure(value, response.status)
    if failure is not None:
        raise error_of(request, response, failure, value, environment)
    meta = Meta(
        response.status, response.headers, request, response.elapsed, response.attempts, request.warnings
    )
    return _restore(kind, value, meta)  # type: ignore[no-any-return]  # _restore also serves pickle


def refuse_failure(request: Request, response: Response) -> None:
    """Raise what `interpret` would for a body that says no; a body that is anything else is a file's."""
    try:
        value, _ = _read(request, response, False)
    except errors.ServerError:
        return
    failure = _failure(value, response.status)
    if failure is not None:
        raise error_of(request, response, failure, value)


def _read(request: Request, response: Response, floats: bool) -> tuple[Any, type[Any]]:
    """Return the body's value and the class of reply that holds it."""
    content = response.content
    if not content.strip():
        return {}, ObjectReply
    media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if media_type.endswith("json") or (not media_type and content.lstrip()[:1] in (b"{", b"[")):
        try:
            value = _json.decode(content, floats=floats)
        except ValueError as error:
            if response.status >= 400:  # a gateway that mislabels its page: the status says enough
                return _text(content), TextReply
            raise _unreadable(request, response, f"is no JSON: {error}") from None
        return value, _KINDS.get(type(value), ValueReply)
    if media_type.startswith("text/") or media_type.endswith("xml"):
        text = _text(content)
        wanted = request.headers.get("Accept", "*/*")
        if (
            response.status < 400
            and media_type == "text/html"
            and "html" not in wanted
            and "*/*" not in wanted
        ):
            raise _unreadable(request, response, "is an HTML page where data was expected")
        return text, TextReply
    return content, BinaryReply


_KINDS: dict[type, type] = {dict: ObjectReply, list: ArrayReply}


def _text(content: bytes) -> str:
    return content.decode("utf-8-sig", "replace")


def _unreadable(request: Request, response: Response, what: str) -> errors.ServerError:
    start = _text(response.content[: 4 * _SHOWN])[:_SHOWN]
    return errors.ServerError(
        f"{_name(request)}: the body of the HTTP {response.status} {what}. It begins {start!r}. "
        "A proxy or gateway may have answered in Zuora's place; check the address.",
        operation_id=request.operation_id,
        status=response.status,
        headers=response.headers,
        body=start,
        request_id=response.headers.get(_zuora.REQUEST_ID_HEADER, ""),
    )


class Failure(NamedTuple):
    """What an error body says, whatever its shape."""

    reasons: tuple[Reason, ...] = ()
    process_id: str = ""
    results: tuple[Any, ...] = ()
    failed: tuple[int, ...] = ()
    error: str = ""
    """The class of error where the shape alone tells it."""
    state: str = ""
    """A failed job's own word for it."""


def _failure(value: Any, status: int) -> Failure | None:
    """Return what the body says went wrong, or None where nothing did."""
    for matches, read in _SHAPES:
        if matches(value, status):
            return read(value)
    return Failure() if status >= 300 else None


def _is_false(value: Any) -> bool:
    return value is False or (isinstance(value, str) and value.lower() == "false")


def _says_no(value: Any) -> bool:
    return isinstance(value, dict) and any(_is_false(value.get(flag)) for flag in _zuora.SUCCESS_FLAGS)


def _items(value: Any) -> list[Any]:
    """Return the per-item results of a batch reply, empty where it is none."""
    if isinstance(value, dict) and len(value) == 1 and isinstance(value.get("results"), list):
        value = value["results"]
    return value if isinstance(value, list) and all(isinstance(item, dict) for item in value) else []


def _reasons(entries: Any) -> tuple[Reason, ...]:
    """Read reasons whatever they are called: code/Code/status, message/Message/title, or bare text."""
    if isinstance(entries, (str, dict)):
        entries = [entries]
    reasons = []
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict):
            low = {str(key).lower(): item for key, item in entry.items()}
            code = low.get("code", low.get("status", ""))
            reasons.append(Reason(str(code), str(low.get("message") or low.get("title") or "")))
        else:
            reasons.append(Reason("", str(entry)))
    return tuple(reasons)


def _read_flagged(value: dict[str, Any]) -> Failure:
    low = {str(key).lower(): item for key, item in value.items()}
    found = _reasons(low.get("reasons") or low.get("errors") or low.get("details") or ())
    if not found and (low.get("message") or low.get("code")):
        found = _reasons(value)
    return Failure(found, str(low.get("processid") or low.get("requestid") or ""))


def _read_items(value: Any) -> Failure:
    items = _items(value)
    failed = tuple(index for index, item in enumerate(items) if _says_no(item))
    found = tuple(reason for index in failed for reason in _read_flagged(items[index]).reasons)
    return Failure(found, "", tuple(items), failed)


def _read_message(value: dict[str, Any]) -> Failure:
    own = _reasons(value) if value.get("message") or value.get("code") else ()
    details = value.get("details")
    if isinstance(details, list) and any(isinstance(each, dict) and "record" in each for each in details):
        return Failure(own + _reasons(details), "", tuple(details), tuple(range(len(details))))
    return Failure(own + _reasons(details))


def _is_failed_job(value: Any, status: int) -> bool:
    """Whether a finished job carries a result that says no, itself under ``success: true``."""
    if not isinstance(value, dict) or ("result" not in value and "errors" not in value):
        return False
    return str(value.get("status")).lower() == "failed" or _says_no(value.get("result"))


def _read_job(value: dict[str, Any]) -> Failure:
    inner = value.get("result")
    found = _read_flagged(inner) if isinstance(inner, dict) else Failure()
    told = _reasons(value["errors"]) if value.get("errors") else ()
    return found._replace(
        reasons=found.reasons or told, error="JobFailed", state=str(value.get("status") or "")
    )


def _batch(value: Any) -> list[tuple[int, Any]]:
    """Return (status, body) of each reply inside a batch of requests; its status is text, ``200 OK``."""
    if not isinstance(value, dict) or not isinstance(value.get("responses"), list):
        return []
    inner = [each.get("response") for each in value["responses"] if isinstance(each, dict)]
    texts = [
        (str(each.get("status", "")).partition(" ")[0], each.get("body"))
        for each in inner
        if isinstance(each, dict)
    ]
    return [(int(text), body) for text, body in texts if text.isdecimal()]


def _read_batch(value: dict[str, Any]) -> Failure:
    replies = _batch(value)
    failed = tuple(index for index, (status, _) in enumerate(replies) if status >= 400)
    told = tuple(
        reason for index in failed for reason in (_failure(replies[index][1], 400) or Failure()).reasons
    )
    return Failure(told, "", tuple(value["responses"]), failed)


Shape = tuple[Callable[[Any, int], bool], Callable[[Any], Failure]]

_SHAPES: tuple[Shape, ...] = (
    # {success: false, processId, reasons: [{code, message}]}; {Success: false, Errors: [{Code, Message}]}
    (lambda value, status: _says_no(value), _read_flagged),
    # [{Success: false, Errors}, {Success: true, Id}], bare or under "results"
    (lambda value, status: any(_says_no(item) for item in _items(value)), _read_items),
    # {status: "Failed", success: true, errors: "…", result: {success: false, reasons}}
    (_is_failed_job, _read_job),
    # {responses: [{response: {status: "400 Bad Request", body}}]}
    (lambda value, _: any(status >= 400 for status, _ in _batch(value)), _read_batch),
    # 404 {done: true, records: {}, size: 0}: CRUD's way to say that there is no such object
    (
        lambda value, status: (
            status == 404 and isinstance(value, dict) and "done" in value and "size" in value
        ),
        lambda value: Failure(error="NotFound"),
    ),
    # {reasons: […]} without a flag, {errors: […]} or {Errors: […]}
    (
        lambda value, status: (
            status >= 400 and isinstance(value, dict) and bool({"reasons", "errors", "Errors"} & set(value))
        ),
        _read_flagged,
    ),
    # {code, message, details}, {message}, {error, error_description}
    (
        lambda value, status: (
            status >= 400 and isinstance(value, dict) and bool({"message", "code"} & set(value))
        ),
        _read_message,
    ),
    (
        lambda value, status: status >= 400 and isinstance(value, dict) and "error" in value,
        lambda value: Failure((Reason(str(value["error"]), str(value.get("error_description") or "")),)),
    ),
)
"""Shape of a body → what it says, first match wins."""


def error_of(
    request: Request, response: Response, failure: Failure, value: Any, environment: str = ""
) -> DynzuoraError:
    """Return the exception for a failure: its class by code, then symbol, then status."""
    value = _redaction.redacted(value)
    code = failure.reasons[0].code if failure.reasons else ""
    category = _category(code)
    name = _error_name(failure, category, response.status)
    fields: dict[str, Any] = {
        "operation_id": request.operation_id,
        "status": response.status,
        "code": code,
        "category": category,
        "reasons": failure.reasons,
        "process_id": failure.process_id,
        "request_id": response.headers.get(_zuora.REQUEST_ID_HEADER, ""),
        "track_id": response.headers.get(_zuora.TRACK_ID_HEADER, ""),
        "retryable": not failure.results and name in _zuora.RETRYABLE_ERRORS,
        "retry_after": retry_after(response.headers),
        "headers": response.headers,
        "body": value,
        "attempts": response.attempts,
    }
    message = _message(request, response, failure, name, category, environment)
    if failure.results:
        return PartialFailure(message, **fields, results=failure.results, failed=failure.failed)
    if name == "AuthError":
        return AuthError(message, **fields, environment=environment)
    if name == "JobFailed":
        return JobFailed(message, **fields, state=failure.state)
    kind: type[ApiError] = getattr(errors, name)
    return kind(message, **fields)


def errors_of_items(error: PartialFailure) -> dict[int, ApiError]:
    """Return the error of each item that failed, by its position among the results."""
    found: dict[int, ApiError] = {}
    for index in error.failed:
        item = error.results[index]
        failure = _read_flagged(item) if isinstance(item, dict) else Failure()
        code = failure.reasons[0].code if failure.reasons else ""
        category = _category(code)
        name = _error_name(failure, category, error.status)
        told = "; ".join(
            f"{each.message} ({each.code})" if each.code else each.message for each in failure.reasons
        )
        kind: type[ApiError] = getattr(errors, name if name != "AuthError" else "ApiError")
        found[index] = kind(
            f"{error.operation_id}: item {index} failed. {told}".rstrip(),
            operation_id=error.operation_id,
            status=error.status,
            code=code,
            category=category,
            reasons=failure.reasons,
            request_id=error.request_id,
            retryable=name in _zuora.RETRYABLE_ERRORS,
            body=item,
        )
    return found


def _category(code: str) -> int | None:
    """Return the last two digits of an eight-digit code, where Zuora gives them a meaning."""
    if len(code) == 8 and code.isdecimal() and not code.startswith("9"):
        return int(code[-2:])
    return None


def _error_name(failure: Failure, category: int | None, status: int) -> str:
    if failure.error:
        return failure.error
    if category in _zuora.CATEGORIES:
        return _zuora.CATEGORIES[category].error
    for code, message in failure.reasons:
        if _zuora.LOCK_WORDS in message.lower():
            return "LockContention"
        if code in _zuora.SYMBOLIC_CODES:
            return _zuora.SYMBOLIC_CODES[code]
        if code.startswith("9000") and len(code) == 8:
            return "AuthError"
    return _zuora.STATUSES.get(
        status, "ServerError" if status >= 500 else "ValidationFailed" if status >= 400 else "ApiError"
    )


def _message(
    request: Request, response: Response, failure: Failure, name: str, category: int | None, environment: str
) -> str:
    words = [f"{_name(request)} failed: HTTP {response.status}"]
    if failure.results:
        words[0] = f"{_name(request)}: {len(failure.failed)} of {len(failure.results)} items failed"
    meaning = _zuora.CATEGORIES.get(category) if category is not None else None
    told = [
        f"{reason.message or 'no message'} ({reason.code})" if reason.code else reason.message
        for reason in failure.reasons
    ]
    if told:
        words[0] += f", {meaning.meaning}" if meaning else ""
        words.append("; ".join(told[:5]) + (f"; and {len(told) - 5} more" if len(told) > 5 else ""))
    elif response.content:
        words.append(f"the body begins {_text(response.content[: 4 * _SHOWN])[:_SHOWN]!r}")
    text = ": ".join(words).rstrip(".") + "."
    text += _version_hint(request, category)
    if meaning and meaning.advice:
        text += f" {meaning.advice}"
    elif name == "AuthError":
        text += f" Check the credentials and that they belong to {environment or 'this environment'}."
    wait = retry_after(response.headers)
    if wait is not None:
        text += f" The server asks to wait {wait:g} s."
    ids = (
        [f"request id {response.headers[_zuora.REQUEST_ID_HEADER]}"]
        if _zuora.REQUEST_ID_HEADER in response.headers
        else []
    )
    ids += [f"process id {failure.process_id}"] if failure.process_id else []
    return text + (f" ({', '.join(ids)})" if ids else "")


def _version_hint(request: Request, category: int | None) -> str:
    """Say so where a field that was refused exists only on one side of an API version."""
    if category not in _zuora.FIELD_CATEGORIES or not isinstance(request.body, bytes):
        return ""
    if _zuora.OPTION_HEADERS["zuora_version"] in request.headers:
        return ""
    named = sorted(each for each in _zuora.VERSIONED_FIELDS if f'"{each}"'.encode() in request.body)
    if not named:
        return ""
    return f" {', '.join(named)} depend(s) on zuora_version; none was sent, which means the oldest."


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds of ``Retry-After``, or None; a date is for proxies and is not read."""
    text = headers.get("Retry-After", "").strip()
    return float(text) if text.isdecimal() else None


def _name(request: Request) -> str:
    return request.operation_id or f"{request.method} {request.url.partition('?')[0]}"
