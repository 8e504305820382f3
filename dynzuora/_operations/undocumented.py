"""Requests that no document describes: only what would corrupt one is refused, for nothing else is known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dynzuora import _json, _parameters
from dynzuora._http import Headers, Request
from dynzuora._operations.bodies import form_text
from dynzuora.errors import InvalidRequest, Problem


def raw_request(method: str, path: str, query: Mapping[str, Any], body: Any) -> Request:
    """Return the request for a percent-encoded ``path``; ``body`` is JSON, or bytes as they are.

    Raises `InvalidRequest`.
    """
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
