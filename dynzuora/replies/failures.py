"""Turn the body of a failure into one error of the right class. Pure.

The server reports failures in more than a dozen shapes, many of them with HTTP 200, and declares
few of them. So a failure is recognized by the *shape* of its body, in the order of the table
`_zuora.FAILURE_SHAPES`, and only then by its status.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from dynzuora import _redaction, _zuora, errors
from dynzuora.errors import Advice, ApiError, AuthError, DynzuoraError, JobFailed, PartialFailure, Reason
from dynzuora.http import Request, Response, text_of

_SHOWN = 200
"""How many characters of an unknown body an error shows."""

_MOST_REASONS = 5


class Failure(NamedTuple):
    """The content of an error body, whatever its shape."""

    reasons: tuple[Reason, ...] = ()
    process_id: str = ""
    results: tuple[Any, ...] = ()
    failed: tuple[int, ...] = ()
    error: str = ""
    """The class of error where the shape alone decides it."""
    state: str = ""
    """The state that a failed job reports."""


def failure_of(value: Any, status: int) -> Failure | None:
    """Return the failure that a body reports, or None."""
    for fields, matches, read in _shapes(status):
        if matches(value, fields):
            return read(value)
    return None if 200 <= status < 300 else Failure()


def _is_false(value: Any) -> bool:
    return value is False or (isinstance(value, str) and value.lower() == "false")


def _says_no(value: Any) -> bool:
    return isinstance(value, dict) and any(_is_false(value.get(flag)) for flag in _zuora.SUCCESS_FLAGS)


def _items(value: Any) -> list[Any]:
    """Return the results of a batch reply, one per item; empty for any other reply."""
    if isinstance(value, dict) and len(value) == 1 and isinstance(value.get("results"), list):
        value = value["results"]
    return value if isinstance(value, list) and all(isinstance(item, dict) for item in value) else []


def _lowered(value: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(key).lower(): item for key, item in value.items()}


def _first(low: Mapping[str, Any], names: tuple[str, ...], nothing: Any = "") -> Any:
    """Return the first non-empty member with one of these names."""
    return next((low[name] for name in names if low.get(name)), nothing)


def _reasons(entries: Any) -> tuple[Reason, ...]:
    """Read reasons under any of their names, or bare text."""
    if isinstance(entries, (str, dict)):
        entries = [entries]
    return tuple(map(_reason, entries)) if isinstance(entries, list) else ()


def _reason(entry: Any) -> Reason:
    if not isinstance(entry, dict):
        return Reason("", _redaction.in_text(str(entry)))
    low = _lowered(entry)
    code = next((low[name] for name in _zuora.REASON_CODES if name in low), "")
    return Reason(str(code), _redaction.in_text(str(_first(low, _zuora.REASON_MESSAGES))))


def _read_envelope(value: dict[str, Any]) -> Failure:
    low = _lowered(value)
    reasons = _reasons(_first(low, _zuora.REASON_LISTS, ()))
    if not reasons and (low.get("message") or low.get("code")):
        reasons = _reasons(value)
    return Failure(reasons, str(_first(low, _zuora.PROCESS_IDS)))


def _read_items(value: Any) -> Failure:
    items = _items(value)
    failed = tuple(index for index, item in enumerate(items) if _says_no(item))
    reasons = tuple(reason for index in failed for reason in _read_envelope(items[index]).reasons)
    return Failure(reasons, "", tuple(items), failed)


def _read_message(value: dict[str, Any]) -> Failure:
    own = _reasons(value) if value.get("message") or value.get("code") else ()
    details = value.get("details")
    if isinstance(details, list) and any(
        isinstance(detail, dict) and "record" in detail for detail in details
    ):
        return Failure(own + _reasons(details), "", tuple(details), tuple(range(len(details))))
    return Failure(own + _reasons(details))


def _read_login(value: dict[str, Any]) -> Failure:
    return Failure((Reason(str(value["error"]), str(value.get("error_description") or "")),))


def _is_failed_job(value: Any, fields: frozenset[str]) -> bool:
    """Whether a finished job has a failed result, itself with ``success: true``."""
    if not _has_any(value, fields):
        return False
    return str(value.get("status")).lower() == "failed" or _says_no(value.get("result"))


def _read_job(value: dict[str, Any]) -> Failure:
    inner = value.get("result")
    failure = _read_envelope(inner) if isinstance(inner, dict) else Failure()
    errors = _reasons(value["errors"]) if value.get("errors") else ()
    return failure._replace(
        reasons=failure.reasons or errors, error="JobFailed", state=str(value.get("status") or "")
    )


def _batch(value: Any) -> list[tuple[int, Any]]:
    """Return (status, body) of each reply inside a batch of requests; its status is text, ``200 OK``."""
    if not isinstance(value, dict) or not isinstance(value.get("responses"), list):
        return []
    inner = [response.get("response") for response in value["responses"] if isinstance(response, dict)]
    texts = [
        (str(response.get("status", "")).partition(" ")[0], response.get("body"))
        for response in inner
        if isinstance(response, dict)
    ]
    return [(int(text), body) for text, body in texts if re.fullmatch("[1-9][0-9]{2}", text)]


def _read_batch(value: dict[str, Any]) -> Failure:
    replies = _batch(value)
    failed = tuple(index for index, (status, _) in enumerate(replies) if status >= 400)
    reasons = tuple(
        reason for index in failed for reason in (failure_of(replies[index][1], 400) or Failure()).reasons
    )
    return Failure(reasons, "", tuple(value["responses"]), failed)


def _has_any(value: Any, fields: frozenset[str]) -> bool:
    return isinstance(value, dict) and not fields.isdisjoint(value)


_TESTS: Mapping[str, Callable[[Any, frozenset[str]], bool]] = {
    "flag": lambda value, _: _says_no(value),
    "item": lambda value, _: any(map(_says_no, _items(value))),
    "job": _is_failed_job,
    "batch": lambda value, _: any(status >= 400 for status, _ in _batch(value)),
    "all": lambda value, fields: isinstance(value, dict) and fields <= value.keys(),
    "any": _has_any,
}
"""Name of a test in the table → the test."""

_READERS: Mapping[str, Callable[[Any], Failure]] = {
    "envelope": _read_envelope,
    "items": _read_items,
    "job": _read_job,
    "batch": _read_batch,
    "message": _read_message,
    "login": _read_login,
    "not found": lambda _: Failure(error="NotFound"),
}
"""Name of a reader in the table → the reader."""


@lru_cache(maxsize=64)
def _shapes(status: int) -> list[tuple[frozenset[str], Callable[..., bool], Callable[..., Failure]]]:
    """Return the rows of the table for a status: their fields, tests and readers."""
    return [
        (row.fields, _TESTS[row.test], _READERS[row.reader])
        for row in _zuora.FAILURE_SHAPES
        if row.least <= status <= row.most
    ]


def error_of(
    request: Request, response: Response, failure: Failure, value: Any, environment: str = ""
) -> DynzuoraError:
    """Return the exception for a failure: its class by code, then symbol, then status."""
    value = _redaction.redacted(value)
    code, category, name = _judged(failure, response.status)
    if request.operation_id == _zuora.TOKEN_OPERATION and response.status < 500 and name != "RateLimited":
        name = "AuthError"  # whatever the error, there is no token
    fields: dict[str, Any] = {
        "request": request.kept,
        "operation_id": request.operation_id,
        "status": response.status,
        "code": code,
        "category": category,
        "reasons": failure.reasons,
        "process_id": failure.process_id,
        "request_id": response.headers.get(_zuora.REQUEST_ID_HEADER, ""),
        "track_id": response.headers.get(_zuora.TRACK_ID_HEADER, ""),
        # One row is the whole request: if it failed, everything was refused.
        "retryable": len(failure.results) <= 1 and name in _zuora.RETRYABLE_ERRORS,
        "retry_after": response.retry_after,
        "headers": response.headers,
        "body": value,
        "attempts": response.attempts,
    }
    message = _message(request, response, failure, name, category, environment)
    meaning = _zuora.CATEGORIES.get(category) if category is not None else None
    if meaning is not None and meaning.advice and len(failure.results) <= 1:
        fields["advice"] = Advice("category", (meaning.advice,))
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
    return {index: _error_of_item(error, index) for index in error.failed}


def _error_of_item(error: PartialFailure, index: int) -> ApiError:
    item = error.results[index]
    failure = _read_envelope(item) if isinstance(item, dict) else Failure()
    code, category, name = _judged(failure, error.status)
    kind: type[ApiError] = getattr(errors, name if name != "AuthError" else "ApiError")
    why = f": {'; '.join(map(_sentence_part, failure.reasons))}" if failure.reasons else ""
    return kind(
        f"{error.operation_id}: item {index} failed{why}.",
        operation_id=error.operation_id,
        status=error.status,
        code=code,
        category=category,
        reasons=failure.reasons,
        request=error.request,
        request_id=error.request_id,
        retryable=name in _zuora.RETRYABLE_ERRORS,
        body=item,
    )


def _sentence_part(reason: Reason) -> str:
    """Return a reason as part of a sentence, without a full stop."""
    message = reason.message.removesuffix(".")
    return f"{message or 'no message'} ({reason.code})" if reason.code else message


def _judged(failure: Failure, status: int) -> tuple[str, int | None, str]:
    """Return the code of a failure, its category and the name of its error."""
    code = failure.reasons[0].code if failure.reasons else ""
    category = _category(code)
    return code, category, _error_name(failure, category, status)


def _category(code: str) -> int | None:
    """Return the category that a code ends with; None for a code of another form."""
    match = re.fullmatch(_zuora.CODE_WITH_CATEGORY, code)
    return int(match[1]) if match else None


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
        if re.fullmatch(_zuora.LOGIN_CODE, code):
            return "AuthError"
    return _zuora.STATUSES.get(
        status,
        "ServerError"
        if status >= 500 or status < 200
        else "ValidationFailed"
        if status >= 400
        else "ApiError",
    )


def _message(
    request: Request, response: Response, failure: Failure, name: str, category: int | None, environment: str
) -> str:
    words = [f"{name_of(request)} failed: HTTP {response.status}"]
    if failure.results:
        words[0] = f"{name_of(request)}: {len(failure.failed)} of {len(failure.results)} items failed"
    meaning = _zuora.CATEGORIES.get(category) if category is not None else None
    reasons = [_sentence_part(reason) for reason in failure.reasons]
    if reasons:
        words[0] += f", {meaning.meaning}" if meaning else ""
        more = len(reasons) - _MOST_REASONS
        words.append("; ".join(reasons[:_MOST_REASONS]) + (f"; and {more} more" if more > 0 else ""))
    elif response.content:
        words.append(f"the body begins {beginning(response)!r}")
    ids = (
        [f"request id {response.headers[_zuora.REQUEST_ID_HEADER]}"]
        if _zuora.REQUEST_ID_HEADER in response.headers
        else []
    )
    ids += [f"process id {failure.process_id}"] if failure.process_id else []
    text = ": ".join(words).rstrip(".") + (f" ({', '.join(ids)})" if ids else "") + "."
    text += _version_hint(request, category)
    if name == "AuthError" and not (meaning and meaning.advice):
        text += f" Check the credentials and that they belong to {environment or 'this environment'}."
    if response.status < 200:
        text += " That is an interim response: the outcome of the request is unknown."
    wait = response.retry_after
    if wait is not None:
        text += f" The server asks to wait {wait:g} s."
    return text


def _version_hint(request: Request, category: int | None) -> str:
    """Return a hint if a rejected field exists only on one side of an API version."""
    if category not in _zuora.FIELD_CATEGORIES or not isinstance(request.body, bytes):
        return ""
    if _zuora.OPTION_HEADERS["zuora_version"] in request.headers:
        return ""
    from dynzuora import _zuora_versions

    fields = _zuora_versions.dependent(request.operation_id, request.body)
    if not fields:
        return ""
    verb = "depends" if len(fields) == 1 else "depend"
    return (
        f" {', '.join(fields)} {verb} on zuora_version; none was sent, which means the tenant's own "
        f"({_zuora_versions.oldest()} unless it was upgraded)."
    )


def name_of(request: Request) -> str:
    """Return the name of a request in a message."""
    return request.operation_id or f"{request.method} {request.shown_url.partition('?')[0]}"


def beginning(response: Response) -> str:
    """Return the first characters of an unknown body, secrets masked."""
    return text_of(response.content, _SHOWN)
