"""Queries laid over each other as text, so that what the caller wrote is sent as it was written."""

from __future__ import annotations

from urllib.parse import SplitResult, quote, unquote_plus

_QUERY_CHARACTERS = "!$'()*+,;:@/?=&%-._~"


def laid_over(url: str, query: str) -> str:
    """Return ``url`` with the parameters of ``query`` in place of its own of the same names."""
    path, _, own = url.partition("?")
    over = pairs(quote(query, safe=_QUERY_CHARACTERS))
    names = {name for name, _ in over}
    parts = [raw for name, raw in pairs(own) if name not in names] + [raw for _, raw in over]
    return f"{path}?{'&'.join(parts)}" if parts else path


def pairs(query: str) -> list[tuple[str, str]]:
    """Return (decoded name, raw ``name=value``) of each parameter."""
    return [(unquote_plus(raw.partition("=")[0]), raw) for raw in query.split("&") if raw]


def host(parts: SplitResult) -> tuple[str, int | None]:
    """Return host and port; a port that is only the scheme's own is none."""
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    return (parts.hostname or "").lower(), None if parts.port == usual else parts.port
