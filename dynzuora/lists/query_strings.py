"""Merging queries as text, so that the caller's parameters are sent exactly as written."""

from __future__ import annotations

from urllib.parse import SplitResult, quote, unquote_plus

_QUERY_CHARACTERS = "!$'()*+,;:@/?=&%-._~"


def merge_query(url: str, query: str) -> str:
    """Return ``url`` with the parameters of ``query``, which replace those of the same names."""
    path, _, own = url.partition("?")
    new = pairs(quote(query, safe=_QUERY_CHARACTERS))
    names = {name for name, _ in new}
    parts = [raw for name, raw in pairs(own) if name not in names] + [raw for _, raw in new]
    return f"{path}?{'&'.join(parts)}" if parts else path


def pairs(query: str) -> list[tuple[str, str]]:
    """Return (decoded name, raw ``name=value``) of each parameter."""
    return [(unquote_plus(raw.partition("=")[0]), raw) for raw in query.split("&") if raw]


def host(parts: SplitResult) -> tuple[str, int | None]:
    """Return host and port; the scheme's default port is None."""
    default = {"http": 80, "https": 443}.get(parts.scheme)
    return (parts.hostname or "").lower(), None if parts.port == default else parts.port
