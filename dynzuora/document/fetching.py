"""Fetching a document from a URL: the one connection that is opened outside the transport.

The transport talks to a tenant with its credentials. A document comes
from anywhere, before any tenant is known, so it is fetched apart: no credentials (not
even from ``.netrc``), no redirect to another origin, a time limit and a size limit.
"""

from __future__ import annotations

from urllib.parse import urljoin

from dynzuora._origins import origin
from dynzuora.document.reading import MAX_BYTES
from dynzuora.document.sources import shown
from dynzuora.errors import SpecError

#: Seconds to connect, and between two pieces.
TIMEOUT = (10, 60)

_REDIRECTS = 5


def fetch(url: str, *, limit: int = MAX_BYTES) -> bytes:
    """Return what stands at ``url``.

    Raises:
        SpecError: there is no answer, or not this one.
    """
    import requests

    name = shown(url)
    first = origin(url)
    try:
        with requests.Session() as session:
            for _ in range(_REDIRECTS):
                # An explicit auth keeps requests from looking into .netrc.
                with session.get(
                    url,
                    timeout=TIMEOUT,
                    stream=True,
                    allow_redirects=False,
                    auth=lambda request: request,
                ) as response:
                    if response.is_redirect:
                        url = urljoin(url, response.headers["Location"])
                        if origin(url) != first:
                            raise SpecError(
                                f"{name} redirects to {shown(url)}, another place. "
                                "If you trust it, give that URL.",
                                source=name,
                            )
                        continue
                    if response.status_code != 200:
                        raise SpecError(
                            f"{name} answers {response.status_code} {response.reason}. "
                            "If it needs a login, download the document and give the file.",
                            source=name,
                        )
                    return _content(response, limit, name)
            raise SpecError(f"{name} redirects more than {_REDIRECTS} times.", source=name)
    except requests.RequestException as error:
        raise SpecError(f"{name} cannot be fetched ({type(error).__name__}).", source=name) from error


def _content(response: object, limit: int, name: str) -> bytes:
    content = bytearray()
    for piece in response.iter_content(65536):  # type: ignore[attr-defined]  # requests is imported late
        content += piece
        if len(content) > limit:
            raise SpecError(f"{name} has more than {limit:,} bytes; it is not a document.", source=name)
    return bytes(content)
