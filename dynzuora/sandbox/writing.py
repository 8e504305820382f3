"""Responses: status, headers and bytes, with ranges and compression as in Zuora."""

from __future__ import annotations

import zlib
from http import HTTPStatus
from typing import Any, NamedTuple

from dynzuora import _json
from dynzuora._media_types import is_json, is_text
from dynzuora.sandbox import endings
from dynzuora.sandbox.endpoint import Answer
from dynzuora.sandbox.handlers import Outcome
from dynzuora.sandbox.reading import Received, whole

JSON = "application/json; charset=utf-8"

COMPRESSED_FROM = 1000
"""Bytes. Zuora compresses longer responses for callers that accept it."""


class Reply(NamedTuple):
    """A response. ``applied`` says whether the request was performed."""

    status: int
    headers: dict[str, str]
    content: bytes
    applied: bool = False

    @property
    def line(self) -> str:
        """The status line for WSGI."""
        try:
            return f"{self.status} {HTTPStatus(self.status).phrase}"
        except ValueError:
            return f"{self.status} "


def plain(status: int, value: Any) -> Reply:
    """Return a JSON reply."""
    return Reply(status, {"Content-Type": JSON}, _json.encode(value))


def gateway_timeout() -> Reply:
    """Return a gateway's response to a timeout."""
    content = b"<html><body><h1>504 Gateway Time-out</h1></body></html>"
    return Reply(504, {"Content-Type": "text/html; charset=utf-8"}, content)


def written(outcome: Outcome, answer: Answer, request: Received) -> Reply:
    """Return an operation's outcome as a response of the media type that it declares."""
    status = outcome.status or answer.status
    headers = dict(outcome.headers)
    if outcome.content is not None:
        return ranged(
            Reply(status, {"Content-Type": outcome.media_type, **headers}, outcome.content), request
        )
    if outcome.status is not None:
        return plain(status, outcome.value)
    if status == 204 or not answer.media_types:
        return Reply(status, headers, b"")
    if not answer.media_type:
        return Reply(status, {"Content-Type": answer.media_types[0], **headers}, b"sandbox\n")
    content = _json.encode(outcome.value).replace(endings.ORIGIN.encode(), request.origin.encode())
    return Reply(status, {"Content-Type": f"{answer.media_type}; charset=utf-8", **headers}, content)


def ranged(reply: Reply, request: Received) -> Reply:
    """Return the part of a file that a Range header requests."""
    unit, _, span = request.headers.get("range", "").partition("=")
    first, _, last = span.partition("-")
    start, end, size = whole(first), whole(last), len(reply.content)
    if unit != "bytes" or start is None or reply.status != 200:
        return reply
    end = size - 1 if end is None else min(end, size - 1)
    if start >= size or start > end:
        return Reply(416, {"Content-Range": f"bytes */{size}"}, b"")
    headers = {**reply.headers, "Content-Range": f"bytes {start}-{end}/{size}"}
    return Reply(206, headers, reply.content[start : end + 1])


def compressed(reply: Reply, request: Received) -> Reply:
    """Compress a long response for a caller that accepts it."""
    can_read = "gzip" in request.headers.get("accept-encoding", "")
    label = reply.headers.get("Content-Type", "")
    if (
        not can_read
        or not (is_json(label) or is_text(label))
        or len(reply.content) <= COMPRESSED_FROM
        or reply.status == 206
    ):
        return reply
    packer = zlib.compressobj(1, wbits=31)
    content = packer.compress(reply.content) + packer.flush()
    return reply._replace(content=content, headers={**reply.headers, "Content-Encoding": "gzip"})
