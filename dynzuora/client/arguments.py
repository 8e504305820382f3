"""Turn the arguments of `Client` into its document, tenant and login, or a stand-in for the tenant."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from dynzuora import _warning, _zuora
from dynzuora.configuration import settings
from dynzuora.errors import DynzuoraError, SpecWarning
from dynzuora.http import Secret
from dynzuora.operation import Document

if TYPE_CHECKING:
    from dynzuora.client.stand_ins import StandIn

Provider = Callable[[], str | tuple[str, float]]
"""A function of the caller that returns a token, or a token and the seconds that it lasts."""


def stand_in_for(
    document: Document, environment: str | None, transport: Any, replay: str | os.PathLike[str] | None
) -> StandIn | None:
    """Return the replacement for the tenant: a recording, or the sandbox if ``ZUORA_ENV`` selects it."""
    is_sandbox = environment == settings.SANDBOX.key and transport is not None  # one that the program made
    if replay is None and (is_sandbox or not settings.is_sandbox(os.environ)):
        return None
    from dynzuora.client import stand_ins

    return stand_ins.forced(document) if replay is None else stand_ins.replayed(replay)


def checked_spec(spec: Any) -> Any:
    """Return ``spec``.

    Raises `DynzuoraError` if it is the name of an environment, since the document comes first.
    """
    if isinstance(spec, str) and any(spec.upper() == environment.key for environment in _zuora.ENVIRONMENTS):
        raise DynzuoraError(
            f"{spec!r} is an environment, but the first argument of Client is the document: "
            f"use Client(environment={spec.upper()!r})."
        )
    return spec


def warn_of_losses(document: Document) -> None:
    """Warn if the user's own document was repaired in a way that may matter."""
    if not document.prepared.bundled and (losses := document.losses):
        things = "1 thing was" if len(losses) == 1 else f"{len(losses):,} things were"
        _warning.warn(
            f"{document.prepared.source}: {things} repaired or left out. The first is {losses[0]}. "
            "client.document.warnings lists them all.",
            SpecWarning,
        )


class Tenant(NamedTuple):
    """The tenant of a client: its settings, and how to log in. ``provider`` is the caller's, if any."""

    settings: settings.Settings
    find_login: Callable[[], settings.Login]
    has_keys: bool
    provider: Provider | None

    @property
    def environment(self) -> _zuora.Environment:
        return self.settings.environment


def tenant_of(
    document: Document,
    *,
    profile: str | None,
    client_secret: str | None,
    token: str | Provider | None,
    token_url: str | bool | None,
    **arguments: str | None,
) -> Tenant:
    """Return the tenant that the arguments name; what they leave out is looked up.

    Raises `DynzuoraError` if no environment is set, TypeError if ``token`` is neither text nor a function.
    """
    provider = token if callable(token) else None
    if not (provider or token is None or isinstance(token, str)):
        raise TypeError(f"token= must be text, or a function that returns it, not {type(token).__name__}.")
    login_url = _token_url(document, token_url)
    sources = settings.Sources(
        {
            **arguments,
            "token": Secret(token) if isinstance(token, str) and token else None,
            "client_secret": Secret(client_secret) if client_secret else None,
            "token_url": login_url,
        },
        os.environ,
        partial(_select_profile, profile),
        wants_profile=bool(profile or os.environ.get("DYNZUORA_PROFILE")),
    )
    chosen = sources.settings()
    environment = chosen.environment
    address = settings.token_address(environment, login_url, settings.ARGUMENTS)
    settings.check_base(environment, (entry.path for entry in document.prepared.index.values()))
    if provider is None:
        return Tenant(chosen, partial(sources.login, environment), sources.has_keys(environment), None)
    login = settings.Login("token", "the function token=", "", Secret(""), address)
    return Tenant(chosen, lambda: login, has_keys=False, provider=provider)


def _token_url(document: Document, token_url: str | bool | None) -> str | None:
    """Return the token URL that the caller names; True names the document's.

    Raises `DynzuoraError` if the document has none, or several.
    """
    if token_url is None or isinstance(token_url, str):
        return token_url or None
    if token_url is not True:
        raise ValueError(f"token_url={token_url!r}: must be a URL, a path, or True for the document's own.")
    urls = document.token_urls
    if len(urls) == 1:
        return urls[0]
    named = f"{len(urls)} token URLs: {', '.join(urls)}" if urls else "no token URL for client credentials"
    raise DynzuoraError(f"The document has {named}. Pass the one you trust as token_url=.")


def _select_profile(name: str | None) -> tuple[str, settings.Profile]:
    from dynzuora.configuration import profiles

    return profiles.select(name, os.environ)
