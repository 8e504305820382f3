"""What an operation asks for as proof of who calls: its security requirements, as one place for a token."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from dynzuora.http import BEARER, Scheme

_NAME = re.compile(r"[A-Za-z0-9._~-]+")
"""Names that mean the same in a header, a query, a cookie and a shell."""


def scheme(slice: Mapping[str, Any]) -> Scheme:
    """Return where an operation wants its token.

    Of the schemes that it takes, bearer counts first, since every login has such a token, and
    then the first that one token is enough for. Bearer too where it names none, or none that is known here.

    >>> key = {"type": "apiKey", "in": "header", "name": "token"}
    >>> scheme({"security": [{"Key": []}], "securitySchemes": {"Key": key}})
    Scheme(place='header', name='token')
    """
    schemes = slice.get("securitySchemes") or {}
    ways = [[_scheme(schemes.get(name)) for name in way] for way in slice.get("security") or ()]
    if any(BEARER in way for way in ways):
        return BEARER
    return next((way[0] for way in ways if len(way) == 1 and way[0] is not None), BEARER)


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
