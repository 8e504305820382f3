"""Calls of the API by URL: ``requests.get(BASE + "/v1/accounts/" + key)``, by whatever library or wrapper.

A call is one of an operation if its name or an argument says the method and another argument is
the address of one. So no list of HTTP libraries is needed, and a wrapper that cannot be read
(``api.rest_request("GET", "v1/object/export")``) is as good as one that can.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from dynzuora.comparison.usage import texts
from dynzuora.comparison.usage.documents import Documents
from dynzuora.comparison.usage.results import SourceLocation
from dynzuora.comparison.usage.sources import Source
from dynzuora.comparison.usage.texts import Address

HTTP_METHODS: Final = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})

_WORDS: Final = re.compile(r"[a-z]+|[A-Z][a-z]*|[A-Z]+")
_SENDING: Final = frozenset({"request", "urlopen", "fetch", "call"})
"""Words in the name of a function that sends a request whose method another argument says."""

URLS: Final = frozenset({"url", "uri", "path", "endpoint", "address"})
"""Last words in the name of a function that makes a URL of what it is given."""

_LIBRARY: Final = re.compile(
    r"(?:^|\.)_*(?:requests|httpx|aiohttp|urllib3?|session|http)"
    r"\.(?:\w+\.)*(?:\w*request|get|post|put|patch|delete)$|(?:^|\.)urlopen$",
    re.IGNORECASE,
)

_LOOPBACK: Final = ("localhost", "127.0.0.1", "[::1]")


def callee(node: ast.Call) -> str:
    """Return what is called, as it is written; empty for what is no name."""
    return dotted(node.func)


def dotted(function: ast.expr) -> str:
    """Return a name with what it hangs on, as it is written."""
    names: list[str] = []
    while isinstance(function, ast.Attribute):
        names.append(function.attr)
        function = function.value
    if isinstance(function, ast.Name):
        names.append(function.id)
    return ".".join(reversed(names))


def method_of(name: str, arguments: Iterable[object]) -> str | None:
    """Return the HTTP method that a call says, empty if it is a request of any; None if it is none.

    An argument (``"GET"``) says more than the function's name (``rest_get``, ``urlopen``).
    """
    words = words_of(name)
    if not words or words[-1] in URLS:
        return None
    for argument in arguments:
        method = str(argument).upper()
        if method in HTTP_METHODS:
            return method
    for word in words:
        if word.upper() in HTTP_METHODS:
            return word.upper()
    return "" if words[-1] in _SENDING else None


def words_of(name: str) -> list[str]:
    """Return the words of the last name in a dotted one, in small letters."""
    return [word.lower() for word in _WORDS.findall(name.rpartition(".")[2])]


def is_library(name: str) -> bool:
    """Whether what is called is part of an HTTP library, by its name."""
    return bool(_LIBRARY.search(name))


class Match(NamedTuple):
    """The operations at an address, and what is known about it."""

    operations: Mapping[str, str]
    """Method → id. Empty if neither document has one there."""
    location: SourceLocation
    """Where the path is written."""
    address: Address
    is_sure: bool
    """Whether it is this API's, and not another one's with such a path."""


def match(
    text: texts.Pieces, method: str, documents: Documents, source: Source, *, name: str, is_request: bool
) -> Match | None:
    """Return what the URL in ``text`` leads to; None if it looks like no URL of the API.

    ``name`` is what the text is handed to; ``is_request`` says whether that sends a request.
    """
    is_spoken_of = bool(documents.words.search(name))
    unknown: Match | None = None
    may_go_on = name.endswith("startswith")  # `path.startswith("/files/")`
    for address in texts.addresses(text):
        is_ours = bool(documents.words.search(address.host))
        is_named = bool(address.host.replace("\0", "").strip("."))  # a gap may be any host
        if is_named and not is_ours and not address.host.startswith(_LOOPBACK):
            return Match({}, address.location(0), address, False)
        has_base = address.is_below or bool(address.host)
        has_prefix = f"{documents.prefix}/" in address.path
        is_path = address.is_rooted or "/" in address.path[1:] or (address.is_below and is_library(name))
        is_long = address.is_rooted and len(address.path.replace("/{}", "").split("/")) > 2  # "/oauth/token"
        if not has_prefix and not (is_path and (has_base or is_spoken_of or is_long or source.has_base)):
            continue
        is_bare = source.has_base or (is_request and (address.is_below or is_spoken_of))
        operations, start = documents.operations_at(address, method, bare=is_bare, may_go_on=may_go_on)
        is_sure = is_ours or is_spoken_of or source.is_related
        if operations:
            return Match(operations, address.location(start), address, is_sure)
        at = len(documents.prefix) if f"{address.path}/".startswith(f"{documents.prefix}/") else 0
        if is_request and (is_ours or has_prefix) and address.path[at:].strip("/{}"):
            unknown = unknown or Match({}, address.location(at), address, is_sure)
    return unknown
