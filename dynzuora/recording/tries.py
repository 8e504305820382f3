"""The lines of a recording: one try each, as a value and as JSON."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from typing import Any, NamedTuple, Self

from dynzuora import _json, _redaction
from dynzuora.errors import DynzuoraError
from dynzuora.http import EndedAttempt, Headers, Request, Response

_UNPACKED = ("Content-Encoding", "Content-Length", "Transfer-Encoding")
"""Headers that are about the bytes on the wire; a recording has the content."""


class Content(NamedTuple):
    """A body without secrets: ``form`` is ``json``, ``text`` or ``base64``, or empty where there is none."""

    form: str = ""
    value: Any = None

    @classmethod
    def of(cls, content: bytes) -> Self:
        """Return the content of a body."""
        if not content:
            return cls()
        try:
            return cls("json", _redaction.redacted(_json.decode(content)))
        except ValueError:
            pass
        try:
            return cls("text", _redaction.in_text(content.decode("utf-8")))
        except UnicodeDecodeError:
            return cls("base64", base64.b64encode(_redaction.redacted(content)).decode("ascii"))

    def content(self) -> bytes:
        """Return the body."""
        if self.form == "json":
            return _json.encode(self.value)
        return base64.b64decode(self.value) if self.form == "base64" else str(self.value or "").encode()

    @property
    def key(self) -> str:
        """The same text for the same content, in whatever order objects have their members."""
        return repr(_ordered(self.value)) if self.form == "json" else str(self.value or "")


class Try(NamedTuple):
    """A request, and the response or the failure that came of it.

    ``path`` is relative to the tenant's address, with the query; whole if it is another host's.
    ``failure`` names the `TransportError` where there was no response.
    """

    operation: str
    method: str
    path: str
    headers: Headers
    body: Content
    status: int = 0
    response_headers: Headers = Headers()
    response: Content = Content()
    failure: str = ""

    @classmethod
    def of(cls, request: Request, attempt: EndedAttempt, base: str, streamed: bytes = b"") -> Self:
        """Return the try of a request to the tenant at ``base``.

        ``streamed`` is the content of a response that was downloaded.
        """
        answer = attempt.response or Response(0, Headers(), b"")
        headers = answer.headers
        for name in _UNPACKED:
            headers = headers.without(name)
        return cls(
            request.operation_id,
            request.method,
            _redaction.in_text(request.url.removeprefix(base)),
            Headers(request.headers.redacted()),
            Content.of(request.body) if isinstance(request.body, bytes) else Content(),
            answer.status,
            Headers(headers.redacted()),
            Content.of(answer.content or streamed),
            "" if attempt.response else type(attempt.error).__name__,
        )

    @classmethod
    def from_json(cls, line: Mapping[str, Any]) -> Self:
        """Return the try of a line. Raises KeyError, TypeError or AttributeError for what is none."""
        request, response = line["request"], line.get("response") or {}
        return cls(
            str(line["operation"]),
            str(request["method"]),
            str(request["path"]),
            Headers(request.get("headers")),
            _content(request),
            int(response.get("status", 0)),
            Headers(response.get("headers")),
            _content(response),
            str(line.get("failure", "")),
        )

    def to_json(self) -> bytes:
        """Return the line."""
        request = {"method": self.method, "path": self.path, "headers": dict(self.headers)}
        line: dict[str, Any] = {"operation": self.operation, "request": request | _member(self.body)}
        if self.failure:
            line["failure"] = self.failure
        else:
            response = {"status": self.status, "headers": dict(self.response_headers)}
            line["response"] = response | _member(self.response)
        return _json.encode(line) + b"\n"

    @property
    def key(self) -> tuple[str, str, str]:
        """What the same call has again: its method, its path and query in any order, its body."""
        return key_of(self.method, self.path, self.body)


def key_of(method: str, path: str, body: Content) -> tuple[str, str, str]:
    """Return the key of a request, as `Try.key`."""
    path, mark, query = path.partition("?")
    return method, path + mark + "&".join(sorted(query.split("&"))), body.key


def read(path: str | os.PathLike[str]) -> list[Try]:
    """Return the tries of a recording, in their order.

    Raises `DynzuoraError` if it cannot be read or is not a recording.
    """
    try:
        with open(path, "rb") as file:
            lines = file.read().splitlines()
    except OSError as error:
        raise DynzuoraError(f"replay={os.fspath(path)!r} cannot be read: {error.strerror}.") from None
    tries = []
    for number, line in enumerate(lines, 1):
        try:
            tries.append(Try.from_json(_json.decode(line)))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise DynzuoraError(
                f"{os.fspath(path)}: line {number} is not a recorded call. "
                "Client(record=FILE) writes such a file."
            ) from None
    return tries


def _member(content: Content) -> dict[str, Any]:
    return {content.form: content.value} if content.form else {}


def _content(members: Mapping[str, Any]) -> Content:
    form = next((form for form in ("json", "text", "base64") if form in members), "")
    return Content(form, members.get(form))


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return sorted((name, _ordered(item)) for name, item in value.items())
    return [_ordered(item) for item in value] if isinstance(value, list) else value
