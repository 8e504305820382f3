"""Fetch a document from a URL, the only connection besides the transport's.

The transport talks to a tenant with its credentials. A document may come from anywhere and
before there is a tenant, so it is fetched without credentials (not even from ``.netrc``),
without redirects to another origin, and with limits of time and size.
"""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urljoin

import requests

from dynzuora._origins import origin, without_secrets
from dynzuora.document.reading import MAX_BYTES
from dynzuora.errors import SpecError

#: Seconds to connect, and between two chunks.
TIMEOUT = (10, 60)

_REDIRECTS = 5


class Fetched(NamedTuple):
    """The content at an address, and what its server calls this version of it (RFC 9110 section 8.8)."""

    content: bytes
    etag: str
    last_modified: str


def fetch(url: str, *, limit: int = MAX_BYTES) -> bytes:
    """Return the content at ``url``.

    Raises:
        SpecError: there is no response, or not a document.
    """
    answer = fetch_changed(url, limit=limit)
    assert answer is not None  # nothing was asked of the server that it could answer 304 to
    return answer.content


def fetch_changed(
    url: str, *, etag: str = "", last_modified: str = "", limit: int = MAX_BYTES
) -> Fetched | None:
    """Return the content at ``url``; None if it is still what ``etag`` and ``last_modified`` were of.

    Raises:
        SpecError: there is no response, or not a document.
    """
    headers = {"If-None-Match": etag, "If-Modified-Since": last_modified}
    headers = {header: value for header, value in headers.items() if value}
    name = without_secrets(url)
    own_origin = origin(url)
    try:
        with requests.Session() as session:
            for _ in range(_REDIRECTS):
                # An explicit auth keeps requests from looking into .netrc.
                with session.get(
                    url,
                    headers=headers,
                    timeout=TIMEOUT,
                    stream=True,
                    allow_redirects=False,
                    auth=lambda request: request,
                ) as response:
                    if response.is_redirect:
                        url = urljoin(url, response.headers["Location"])
                        if origin(url) != own_origin:
                            raise SpecError(
                                f"{name} redirects to {without_secrets(url)}, another server. "
                                "If you trust it, pass that URL.",
                                source=name,
                            )
                        continue
                    if response.status_code == 304 and headers:
                        return None
                    if response.status_code != 200:
                        raise SpecError(
                            f"{name} responded {response.status_code} {response.reason}. "
                            "If it needs a login, download the document and pass the file.",
                            source=name,
                        )
                    content = _content(response, limit, name)
                    tags = (response.headers.get(header, "") for header in ("ETag", "Last-Modified"))
                    return Fetched(content, *tags)
            raise SpecError(f"{name} redirects more than {_REDIRECTS} times.", source=name)
    except requests.RequestException as error:
        raise SpecError(f"{name} cannot be fetched ({type(error).__name__}).", source=name) from error


def _content(response: object, limit: int, name: str) -> bytes:
    content = bytearray()
    for chunk in response.iter_content(65536):  # type: ignore[attr-defined]  # requests is imported late
        content += chunk
        if len(content) > limit:
            raise SpecError(
                f"{name} has more than {limit:,} bytes, which is too large for a document.", source=name
            )
    return bytes(content)
