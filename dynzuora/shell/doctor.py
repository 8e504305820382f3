"""What a client would do here and why: which source won, where files lie, whether a token comes.

Findings are plain values, made in the order a person would check. No secret enters one.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

import dynzuora
from dynzuora._zuora import ENTITY_SCOPE
from dynzuora.client import Client
from dynzuora.configuration import folders, profiles
from dynzuora.errors import DynzuoraError

_CLOCK_TOLERANCE = 300.0
"""Seconds that the clock here may differ from the server's before tokens seem to expire early."""

_NETWORK_VARIABLES = (
    "HTTPS_PROXY",
    "https_proxy",
    "NO_PROXY",
    "no_proxy",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
)


class Finding(NamedTuple):
    """One thing that was looked at. ``ok`` is None where it is only worth knowing."""

    subject: str
    text: str
    ok: bool | None = None


def examine(
    make_client: Callable[[], Client | None],
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    told: Callable[[DynzuoraError], str] = str,
) -> Iterator[Finding]:
    """Yield findings; a later one that an earlier fault makes impossible is left out.

    No client means that no account was named. ``told`` says an error in the words of a face.
    """
    yield Finding("dynzuora", f"{dynzuora.__version__} on Python {platform.python_version()}")
    for kind in ("config", "data", "cache"):
        yield _folder(kind)
    yield _profile_file(told)
    for name in _NETWORK_VARIABLES:
        if name in os.environ:
            yield Finding(name, "is set and will be used")
    try:
        client = make_client()
    except DynzuoraError as error:
        yield Finding("environment", told(error), False)
        return
    if client is None:
        yield Finding("environment", "none chosen: use --env NAME or --profile NAME, or try --sandbox")
        return
    settings = client._settings
    yield Finding("environment", f"{client!r}, from {settings.source}: {client.base_url}")
    yield Finding("document", f"{client.document.title} {client.document.version}", True)
    yield Finding("entity", settings.entity or "none chosen")
    yield from _login(client, told, now)


def _folder(kind: str) -> Finding:
    path = folders.folder(kind)
    above = next((each for each in path.parents if each.exists()), path)
    if not path.exists() and not above.is_dir():
        return Finding(f"{kind} folder", f"{path} cannot be made: {above} is no folder", False)
    if not path.exists():
        return Finding(f"{kind} folder", f"{path} (not there yet)")
    if not os.access(path, os.W_OK):
        return Finding(
            f"{kind} folder", f"{path} cannot be written; it will be done without", kind == "cache" or None
        )
    return Finding(f"{kind} folder", str(path), True)


def _profile_file(told: Callable[[DynzuoraError], str]) -> Finding:
    try:
        names = list(profiles.every())
    except DynzuoraError as error:
        return Finding("profiles", told(error), False)
    if not profiles.is_private():
        return Finding("profiles", f"others can read {profiles.path()}: chmod 600 it.", False)
    return Finding("profiles", f"{', '.join(names) or 'none'} in {profiles.path()}", True)


def _login(
    client: Client, told: Callable[[DynzuoraError], str], now: Callable[[], datetime]
) -> Iterator[Finding]:
    try:
        found = client._connection.find_login()
        yield Finding("credentials", f"{found.kind} from {found.source}", True)
        if found.kind != "oauth":
            return
        reply = client._connection.fetch_token(found)
    except DynzuoraError as error:
        yield Finding("token", told(error), False)
        return
    yield _token(reply)
    yield _clock(reply.meta.headers, now())


def _token(reply: Mapping[str, Any]) -> Finding:
    scope = str(reply.get("scope") or "").split()
    entities = sum(each.startswith(ENTITY_SCOPE) for each in scope)
    good = bool(reply.get("access_token"))
    told = (
        f"good for {reply.get('expires_in', '?')} s, {entities} entities" if good else "the reply holds none"
    )
    return Finding("token", told, good)


def _clock(headers: Mapping[str, str], now: datetime) -> Finding:
    try:
        there = parsedate_to_datetime(headers.get("Date", ""))
    except (TypeError, ValueError):
        return Finding("clock", "the server sent no date to compare with")
    apart = abs((now - there).total_seconds())
    if apart > _CLOCK_TOLERANCE:
        return Finding("clock", f"{apart:.0f} s away from the server's: set this machine's clock.", False)
    return Finding("clock", f"{apart:.0f} s away from the server's", True)
