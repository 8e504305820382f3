"""The checks of ``dynzuora doctor``: configuration, folders, profiles, login and clock.

Findings are plain values in the order a person would check, and never contain a secret.
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
from dynzuora.configuration import folders, profiles, settings
from dynzuora.errors import DynzuoraError

_CLOCK_TOLERANCE = 300.0
"""Seconds this machine's clock may differ from the server's; beyond that, tokens expire at the wrong time."""

_NETWORK_VARIABLES = (
    "HTTPS_PROXY",
    "https_proxy",
    "NO_PROXY",
    "no_proxy",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
)


class Finding(NamedTuple):
    """The result of one check. ``ok`` is None if it is only informative."""

    subject: str
    text: str
    ok: bool | None = None


def examine(
    make_client: Callable[[], Client | None],
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    say: Callable[[DynzuoraError], str] = str,
) -> Iterator[Finding]:
    """Yield findings, without those that an earlier fault makes impossible.

    ``make_client`` returns None if no account is selected; ``say`` turns an error into text.
    """
    yield Finding("dynzuora", f"{dynzuora.__version__} on Python {platform.python_version()}")
    for kind in ("config", "data", "cache"):
        yield _folder(kind)
    yield _profile_file(say)
    for name in _NETWORK_VARIABLES:
        if name in os.environ:
            yield Finding(name, "set, and used for every request")
    try:
        client = make_client()
    except DynzuoraError as error:
        yield Finding("environment", say(error), False)
        return
    if client is None:
        yield Finding("environment", "not set: use --env NAME, --profile NAME or --sandbox")
        return
    settings = client._settings
    yield Finding("environment", f"{client!r}, from {settings.source}: {client.base_url}")
    yield Finding("document", f"{client.document.title} {client.document.version}", True)
    yield Finding("entity", settings.entity or "not set")
    yield from _login(client, say, now)


def _folder(kind: str) -> Finding:
    path = folders.folder(kind)
    subject = f"{kind} folder"
    parent = next((folder for folder in path.parents if folder.exists()), path)
    if not path.exists() and not parent.is_dir():
        return Finding(subject, f"{path} cannot be created: {parent} is not a folder", False)
    if not path.exists():
        return Finding(subject, f"{path} (does not exist yet)")
    if not os.access(path, os.W_OK):  # the cache is optional
        return Finding(subject, f"{path} is not writable and is not used", True if kind == "cache" else None)
    return Finding(subject, str(path), True)


def _profile_file(say: Callable[[DynzuoraError], str]) -> Finding:
    try:
        names = list(profiles.load())
    except DynzuoraError as error:
        return Finding("profiles", say(error), False)
    if not profiles.is_private():
        return Finding("profiles", f"other users can read {profiles.path()}: run chmod 600 on it.", False)
    return Finding("profiles", f"{', '.join(names) or 'none'} in {profiles.path()}", True)


def _login(
    client: Client, say: Callable[[DynzuoraError], str], now: Callable[[], datetime]
) -> Iterator[Finding]:
    try:
        login = client._connection.find_login()
        yield Finding("credentials", f"{login.kind} from {login.source}", True)
        if login.kind != "oauth":
            return
        reply = client._connection.fetch_token()
    except DynzuoraError as error:
        yield Finding("token", say(error), False)
        return
    yield _token(reply)
    if client._connection.environment != settings.SANDBOX:  # which has a time of its own
        yield _clock(reply.meta.headers, now())


def _token(reply: Mapping[str, Any]) -> Finding:
    scope = str(reply.get("scope") or "").split()
    entities = sum(entity.startswith(ENTITY_SCOPE) for entity in scope)
    if not reply.get("access_token"):
        return Finding("token", "the reply contains no token", False)
    return Finding("token", f"valid for {reply.get('expires_in', '?')} s, {entities} entities", True)


def _clock(headers: Mapping[str, str], now: datetime) -> Finding:
    try:
        server_time = parsedate_to_datetime(headers.get("Date", ""))
    except (TypeError, ValueError):
        return Finding("clock", "not checked: the server sent no Date header")
    difference = abs((now - server_time).total_seconds())
    if difference > _CLOCK_TOLERANCE:
        return Finding("clock", f"{difference:.0f} s off the server's: set this machine's clock.", False)
    return Finding("clock", f"{difference:.0f} s off the server's", True)
