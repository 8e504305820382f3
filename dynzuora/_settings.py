"""Where a client points and what it is called there: argument, then variable, then profile.

Pure: the process's variables and the profile's values are passed in. It never falls
back to the document's ``servers``, which anybody may have written.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from dynzuora import _zuora
from dynzuora._names import canonical, nearest
from dynzuora.errors import DynzuoraError

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

SANDBOX = _zuora.Environment("sandbox", "in-process sandbox", "https://sandbox.invalid", False)
"""The environment of `Client.sandbox`; ``.invalid`` can never be a real host (RFC 2606)."""


class Settings(NamedTuple):
    """What a client was told, and which source told it."""

    environment: _zuora.Environment
    source: str


def environment_of(
    argument: str | None, variables: Mapping[str, str], profile: Mapping[str, str] | None = None
) -> Settings:
    """Return the environment that the first of argument, variables and profile names.

    Raises `DynzuoraError` when none does, listing the keys.
    """
    candidates = (
        (argument, "the argument"),
        (variables.get("ZUORA_BASE_URL"), "ZUORA_BASE_URL"),
        (variables.get("ZUORA_ENV"), "ZUORA_ENV"),
        ((profile or {}).get("base_url"), "the profile"),
        ((profile or {}).get("environment"), "the profile"),
    )
    for text, source in candidates:
        if text:
            return Settings(_named(text, source), source)
    raise DynzuoraError(
        "No environment was named. Pass environment= (or set ZUORA_ENV) to one of "
        + ", ".join(f"{each.key} ({each.name})" for each in _zuora.ENVIRONMENTS)
        + ", or to a base URL. Client.sandbox() needs none."
    )


def _named(text: str, source: str) -> _zuora.Environment:
    if "://" in text:
        return _own_url(text, source)
    for each in _zuora.ENVIRONMENTS:
        if canonical(text) in (canonical(each.key), canonical(each.name)):
            return each
    names = [each.key for each in _zuora.ENVIRONMENTS]
    close = nearest(text, names)
    hint = f" Did you mean {close[0]}?" if close else ""
    raise DynzuoraError(
        f"There is no environment {text!r} (from {source}).{hint} "
        f"Choose one of {', '.join(names)}, or a base URL."
    )


def _own_url(text: str, source: str) -> _zuora.Environment:
    """Return an environment for the caller's own URL: production, unless it is this machine."""
    for each in _zuora.ENVIRONMENTS:
        if text.rstrip("/") == each.url:
            return each
    parts = urlsplit(text)
    loopback = parts.hostname in _LOOPBACK
    if (
        parts.scheme not in ("http", "https")
        or not parts.hostname
        or parts.username
        or parts.query
        or parts.fragment
    ):
        raise DynzuoraError(
            f"{source}: {parts.scheme}://… is no base URL. Give one like https://rest.zuora.com."
        )
    if parts.scheme == "http" and not loopback:
        raise DynzuoraError(
            f"{source}: http://{parts.hostname} would send the token in the clear. Use https; "
            "http is taken for this machine only."
        )
    return _zuora.Environment(
        parts.netloc, "loopback" if loopback else "own URL", text.rstrip("/"), not loopback
    )
