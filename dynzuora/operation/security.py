"""What an operation asks for as proof of who calls: its security requirements, as one place for a token."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from dynzuora.http import BEARER, NOBODY, Scheme

_NAME = re.compile(r"[A-Za-z0-9._~-]+")
"""Names that mean the same in a header, a query, a cookie and a shell."""


def scheme(slice: Mapping[str, Any]) -> Scheme:
    """Return where an operation wants its token.

    Of the schemes that it takes, bearer counts first, since every login has such a token, then
    the first that one token is enough for, then the first of several that belong together: the
    others are the caller's. Bearer too where the document says nothing, or nothing that is known here.

    >>> key = {"type": "apiKey", "in": "header", "name": "token"}
    >>> scheme({"security": [{"Key": []}], "securitySchemes": {"Key": key}})
    Scheme(place='header', name='token')
    """
    if not any(slice.get("security", [BEARER])):
        return NOBODY  # an empty list, or only empty requirements
    schemes = slice.get("securitySchemes") or {}
    ways = [[_scheme(schemes.get(name)) for name in way] for way in slice.get("security") or ()]
    if any(BEARER in way for way in ways):
        return BEARER
    known = [[scheme for scheme in way if scheme is not None] for way in sorted(ways, key=len)]
    return next((way[0] for way in known if way), BEARER)


def token_urls(slices: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return the token URLs that the security schemes of operations name for client credentials.

    >>> flows = {"clientCredentials": {"tokenUrl": "/oauth/token"}}
    >>> token_urls([{"securitySchemes": {"Login": {"type": "oauth2", "flows": flows}}}])
    ('/oauth/token',)
    """
    urls = {}
    for slice in slices:
        for declared in (slice.get("securitySchemes") or {}).values():
            flows = declared.get("flows") if declared.get("type") == "oauth2" else None
            flow = flows.get("clientCredentials") if isinstance(flows, Mapping) else None
            url = flow.get("tokenUrl") if isinstance(flow, Mapping) else None
            if isinstance(url, str) and url:
                urls[url] = True
    return tuple(urls)


def _scheme(declared: Any) -> Scheme | None:
    """Return a Security Scheme Object as a `Scheme`; None where a token alone does not do."""
    if not isinstance(declared, Mapping):
        return None
    kind, name = declared.get("type"), declared.get("name")
    if kind in ("oauth2", "openIdConnect"):
        return BEARER
    if kind == "http":
        return {"bearer": BEARER, "basic": Scheme("basic")}.get(str(declared.get("scheme")).lower())
    if kind == "apiKey" and declared.get("in") in ("header", "query", "cookie") and isinstance(name, str):
        return Scheme(declared["in"], name) if _NAME.fullmatch(name) else None
    return None
