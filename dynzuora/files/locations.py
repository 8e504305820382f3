"""The location of a file: how a reply names it, and the request that downloads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit

from dynzuora import _zuora
from dynzuora.errors import DynzuoraError
from dynzuora.http import Headers, Request

if TYPE_CHECKING:
    from dynzuora.operation.caller import Caller


class Download(NamedTuple):
    """The request of a file, and the file's name if the server sends none."""

    request: Request
    name: str


class FileLocation(NamedTuple):
    """The location of a file: its ``id`` or ``url``; ``elsewhere`` if it is fetched without credentials."""

    id: str = ""
    url: str = ""
    elsewhere: bool = False
    name: str = "download"


def reference(text: str, base_url: str, *, signed: bool = False) -> FileLocation:
    """Return the location of a file that a reply names by id, path or URL.

    A URL of a file by id is fetched by id from the client's own host, so that the token
    never goes to another host. Raises `DynzuoraError` for text that is not a URL.
    """
    try:
        parts = urlsplit(text)
        text.encode(), parts.port  # what a connection would need fails here
    except ValueError as error:
        raise DynzuoraError(f"{text.partition('?')[0]!r} is not the URL of a file: {error}.") from None
    name = unquote(parts.path.rstrip("/").rpartition("/")[2]) or "download"
    _, marker, identifier = parts.path.rpartition(_zuora.FILES_PATH)
    if marker and identifier and "/" not in identifier and not (signed and parts.query):
        return FileLocation(id=unquote(identifier), name=identifier)
    if not parts.scheme and not text.startswith("/"):
        return FileLocation(id=text, name=text)
    url = text if parts.scheme else base_url + text
    is_own = url.startswith(base_url + "/")
    return FileLocation(url=url, elsewhere=signed or not is_own, name=name)


def referenced(caller: Caller, text: str, *, signed: bool = False) -> Download:
    """Return the download of a file that a reply names by id, path or URL.

    ``signed`` says that a URL is its own proof, so that no credentials are sent.
    """
    location = reference(text, caller.environment.url, signed=signed)
    if location.id:
        params = {_zuora.FILES_PARAMETER: location.id}
        return Download(caller.prepare(_zuora.FILES_OPERATION, None, params), location.name)
    url = location.url if location.elsewhere else location.url.removeprefix(caller.environment.url)
    headers = Headers({"Accept": "*/*"})
    request = Request("GET", url, headers, None, "download", elsewhere=location.elsewhere)
    return Download(caller.addressed(request), location.name)
