"""Requests that no document describes: only what would corrupt one is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from dynzuora import _json, parameters
from dynzuora.errors import InvalidRequest, Problem
from dynzuora.http import Headers, Request
from dynzuora.operation.bodies import form_text


def raw_request(method: str, path: str, query: Mapping[str, Any], body: Any) -> Request:
    """Return the request for a percent-encoded ``path``; ``body`` is JSON, or bytes as they are.

    Raises `InvalidRequest`.
    """
    name = f"{str(method).upper()} {path}"
    problems = [Problem(argument, message) for argument, message in _faults(method, path)]
    content: bytes | None = None
    headers = {"Accept": "application/json, */*"}
    try:
        if isinstance(body, bytes):
            content = body  # the caller sets its media type in headers=
        elif isinstance(body, str):
            problems.append(
                Problem("body", "must be a mapping or list to send as JSON, or bytes; not a string.")
            )
        elif body is not None:
            content, headers["Content-Type"] = _json.encode(_json.plain(body)), "application/json"
        text = form_text(query)
    except _json.InvalidJson as error:
        problems += error.problems
    except parameters.ParameterError as error:
        problems.append(Problem("query", error.message))
    if problems:
        raise InvalidRequest.of(name, problems)
    return Request(method.upper(), path + (f"?{text}" if text else ""), Headers(headers), content)


def _faults(method: object, path: object) -> Iterator[tuple[str, str]]:
    if not isinstance(method, str) or not _METHOD.fullmatch(method):
        yield "method", "is not an HTTP method, such as GET, POST, PUT, PATCH or DELETE."
    if not isinstance(path, str) or not _PATH.fullmatch(path):
        yield "path", "must begin with one /, be percent-encoded and have no query; use query=."
    elif not {".", ".."}.isdisjoint(re.split(r"/|\\|%2f|%5c", path.lower().replace("%2e", "."))):
        yield "path", "has a dot segment, which would change the path."


_METHOD = re.compile("[A-Za-z]+")
_PATH = re.compile(r"/(?!/)[!\"$->@-\[\]-~]*")  # ASCII without ?, # and \
