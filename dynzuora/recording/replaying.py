"""Replaying: an adapter for requests that answers from a recording, with no server."""

from __future__ import annotations

import os
import threading
from collections import defaultdict
from difflib import get_close_matches
from io import BytesIO
from typing import Any, NoReturn
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse

from dynzuora import _json, _redaction, _zuora
from dynzuora.errors import DynzuoraError
from dynzuora.recording.tries import Content, Try, key_of, read

_ENTITY = _zuora.OPTION_HEADERS["entity"]


class ReplayAdapter(HTTPAdapter):
    """Answers each request with what its call got when it was recorded.

    Calls with the same arguments get their answers in the order in which they were recorded,
    the last one again and again. ``base`` is the address that the client has.

    Raises what `read` raises.
    """

    def __init__(self, path: str | os.PathLike[str], base: str) -> None:
        super().__init__(max_retries=0)
        self._path = os.fspath(path)
        self._base = base
        self._lock = threading.Lock()
        self._tries: defaultdict[tuple[str, str, str], list[Try]] = defaultdict(list)
        for entry in read(path):
            self._tries[entry.key].append(entry)

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """Return the recorded response.

        Raises requests' `ReadTimeout` or `ConnectionError` where that was recorded, and
        `DynzuoraError` for a call that was not.
        """
        if urlsplit(request.url or "").path == _zuora.TOKEN_PATH:
            return self._response(request, 200, {}, _json.encode(_TOKEN))
        played = self._next(request)
        if played.failure:
            failures = {"Timeout": requests.ReadTimeout}
            kind = failures.get(played.failure, requests.ConnectionError)
            raise kind(f"{self._path} has a {played.failure} here.", request=request)
        return self._response(
            request, played.status, dict(played.response_headers), played.response.content()
        )

    def _next(self, request: requests.PreparedRequest) -> Try:
        path = _redaction.in_text((request.url or "").removeprefix(self._base))
        content = request.body.encode() if isinstance(request.body, str) else request.body
        is_form = str(request.headers.get("Content-Type", "")).startswith("multipart/")
        body = Content.of(content) if isinstance(content, bytes) and not is_form else Content()
        key = key_of(request.method or "", path, body)
        with self._lock:
            tries = self._tries.get(key)
            if not tries:
                self._miss(key)
            entity = request.headers.get(_ENTITY)
            same = [entry for entry in tries if entry.headers.get(_ENTITY) == entity] or tries
            if len(same) > 1:
                tries.remove(same[0])
            return same[0]

    def _miss(self, key: tuple[str, str, str]) -> NoReturn:
        method, path, body = key
        asked = f"{method} {path}"
        if any(other[:2] == key[:2] for other in self._tries):
            hint = "It has this call with another body."
        else:
            recorded = sorted({f"{method} {path}" for method, path, _ in self._tries})
            close = get_close_matches(asked, recorded, n=1, cutoff=0.6)
            hint = f"It has {close[0]}." if close else f"It has {len(recorded)} other calls."
        raise DynzuoraError(
            f"{self._path} does not have {asked}{' with this body' if body else ''}, and nothing was sent. "
            f"{hint} Client(record=…) records it."
        )

    def _response(
        self, request: requests.PreparedRequest, status: int, headers: dict[str, str], content: bytes
    ) -> requests.Response:
        raw = HTTPResponse(
            body=BytesIO(b"" if request.method == "HEAD" else content),
            headers=headers,
            status=status,
            preload_content=False,
            decode_content=False,
            request_method=request.method,
        )
        return self.build_response(request, raw)


_TOKEN = {"access_token": "replayed", "token_type": "bearer", "expires_in": 86400, "scope": ""}
