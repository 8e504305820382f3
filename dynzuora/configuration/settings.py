"""Where a client points and who it is there: argument, profile asked for, variable, default profile.

Pure: the process's variables and the profile are passed in. Nothing falls back to the
document's ``servers``, which anybody may have written, and a profile's secret goes
nowhere but to the profile's own environment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from dynzuora import _zuora
from dynzuora._names import canonical, nearest
from dynzuora._origins import LOOPBACK
from dynzuora.errors import Advice, DynzuoraError
from dynzuora.http import Secret

ARGUMENTS = "the arguments"
"""The source that needs no naming: the caller has just written it."""

_PROCESS = "the environment variables"


SANDBOX = _zuora.Environment("sandbox", "in-process sandbox", "https://sandbox.invalid", False)
"""The environment of `Client.sandbox`; ``.invalid`` can never be a real host (RFC 2606)."""


Profile = Mapping[str, str]
Source = tuple[str, Mapping[str, str | Secret | None]]
"""Where a value may come from: the source's name for people, and what it says by field."""

VARIABLES = {
    "base_url": "ZUORA_BASE_URL",
    "environment": "ZUORA_ENV",
    "client_id": "ZUORA_CLIENT_ID",
    "client_secret": "ZUORA_CLIENT_SECRET",
    "token": "ZUORA_TOKEN",
    "access_key_id": "ZUORA_ACCESS_KEY_ID",
    "secret_access_key": "ZUORA_SECRET_ACCESS_KEY",
    "entity": "ZUORA_ENTITY",
}
"""Field → the process's variable for it."""


class Settings(NamedTuple):
    """Where to, in which entity, and which source said so."""

    environment: _zuora.Environment
    source: str
    entity: str | None = None
    zuora_version: str | None = None


class Login(NamedTuple):
    """What proves who asks: a token, an id with its secret, or an access key pair."""

    kind: str
    source: str
    name: str
    secret: Secret


def variables_source(variables: Mapping[str, str]) -> Source:
    """Return the process's variables as a source."""
    return _PROCESS, {field: variables.get(name) for field, name in VARIABLES.items()}


class Sources(NamedTuple):
    """Where settings come from, best first: arguments, a profile asked for, variables, the default profile.

    ``profile`` is called only where it is needed, or asked for by name (``wants_profile``):
    then it precedes the variables.
    """

    arguments: Mapping[str, str | Secret | None]
    variables: Mapping[str, str]
    profile: Callable[[], tuple[str, Profile]]
    wants_profile: bool = False

    def settings(self) -> Settings:
        """Return where a client points.

        Raises `DynzuoraError` when no source names an environment, listing the keys.
        """
        sources: list[Source] = [(ARGUMENTS, self.arguments), variables_source(self.variables)]
        if self.arguments.get("environment") == SANDBOX.key:
            return Settings(SANDBOX, ARGUMENTS, *_entity_and_version(sources[:1]))
        named = any(says.get(key) for _, says in sources for key in ("environment", "base_url"))
        if self.wants_profile or not named:
            name, values = self.profile()
            sources.insert(1 if self.wants_profile else 2, (f"profile {name}", values))
        for source, says in sources:
            text = _text(says.get("base_url") or says.get("environment"))
            if text:
                return Settings(_named(text, source), source, *_entity_and_version(sources))
        raise DynzuoraError(
            "No environment was named.",
            advice=Advice(
                "environment", (", ".join(f"{each.key} ({each.name})" for each in _zuora.ENVIRONMENTS),)
            ),
        )

    def login(self, environment: _zuora.Environment) -> Login:
        """Return what to log in with: the first source that has a whole pair, or a token, wins.

        Raises `DynzuoraError` when none has, or when only another environment's profile does.
        """
        elsewhere = ""
        halves: list[str] = []

        def of(source: str, says: Mapping[str, str | Secret | None]) -> Login | None:
            halves.extend(_halves(source, says))
            return _login_of(source, says)

        def of_profile() -> Login | None:
            nonlocal elsewhere
            name, values = self.profile()
            found = _login_of(f"profile {name}", values)
            text = values.get("base_url") or values.get("environment")
            if found and not (text and _named(text, f"profile {name}") == environment):
                elsewhere = f" Profile {name} has some for {text}; they are not sent elsewhere."
                return None
            halves.extend(_halves(f"profile {name}", values))
            return found

        sources: list[Callable[[], Login | None]] = [
            lambda: of(ARGUMENTS, self.arguments),
            lambda: of(*variables_source(self.variables)),
        ]
        sources.insert(1 if self.wants_profile else 2, of_profile)
        for source in sources:
            if found := source():
                return found
        raise DynzuoraError(
            f"There are no {'whole ' if halves else ''}credentials for {environment.key}."
            f"{elsewhere}{''.join(halves)}",
            advice=Advice("credentials"),
        )


def _entity_and_version(sources: list[Source]) -> tuple[str | None, str | None]:
    entity, version = (_first(sources, field) for field in ("entity", "zuora_version"))
    return entity, version


def _first(sources: list[Source], field: str) -> str | None:
    return next((text for _, says in sources if (text := _text(says.get(field)))), None)


def _text(value: str | Secret | None) -> str | None:
    return value.reveal() if isinstance(value, Secret) else value


_LOGINS = (
    ("token", None, "token"),
    ("oauth", "client_id", "client_secret"),
    ("keys", "access_key_id", "secret_access_key"),
)
"""Kind of login, the field of its name and that of its secret; in this order in each source."""


def _login_of(source: str, says: Mapping[str, str | Secret | None]) -> Login | None:
    for kind, name_field, secret_field in _LOGINS:
        name = _text(says.get(name_field)) if name_field else ""
        secret = _text(says.get(secret_field))
        if secret and name is not None:
            return Login(kind, source, name, Secret(secret))
    return None


def _halves(source: str, says: Mapping[str, str | Secret | None]) -> Iterator[str]:
    """Yield a sentence for each pair of which ``source`` has one half only."""
    for _, *pair in _LOGINS:
        there = [each for each in pair if each and says.get(each)]
        missing = [each for each in pair if each and not says.get(each)]
        if there and missing:
            lacks, has = (_called(each, source) for each in (missing[0], there[0]))
            yield f" {lacks} is missing; {has} comes from {source}."


def _called(field: str, source: str) -> str:
    return VARIABLES[field] if source == _PROCESS else field


def is_read_only(
    read_only: bool | None, allow_writes: bool, environment: _zuora.Environment, variables: Mapping[str, str]
) -> bool:
    """Production may only be read until somebody says otherwise; a read-only wish always wins."""
    if read_only or variables.get("ZUORA_READ_ONLY", "").lower() in ("1", "true", "yes", "on"):
        return True
    return environment.production and not allow_writes


def _named(text: str, source: str) -> _zuora.Environment:
    if not isinstance(text, str):
        raise DynzuoraError(f"An environment is text, not {type(text).__name__}{_from(source)}.")
    if "://" in text:
        return _own_url(text, source)
    for each in _zuora.ENVIRONMENTS:
        if canonical(text) in (canonical(each.key), canonical(each.name)):
            return each
    names = [each.key for each in _zuora.ENVIRONMENTS]
    close = nearest(text, names)
    hint = f" Did you mean {close[0]}?" if close else ""
    raise DynzuoraError(
        f"There is no environment {text!r}{_from(source)}.{hint} "
        f"Choose one of {', '.join(names)}, or a base URL."
    )


def _from(source: str) -> str:
    return "" if source == ARGUMENTS else f" (from {source})"


def check_base(environment: _zuora.Environment, paths: Iterable[str]) -> None:
    """Refuse a base URL whose end is how the document's paths begin, as in ``https://host/v1``.

    Raises `DynzuoraError` where most paths would be doubled to ``/v1/v1/…``.
    """
    base, slash, last = environment.url.rpartition("/")
    if base.endswith("/"):  # of https://
        return
    doubled = [path.startswith(f"/{last}/") for path in paths]
    if sum(doubled) * 2 > len(doubled):
        raise DynzuoraError(
            f"The base URL {environment.url} ends in {slash}{last}, and so begin the document's paths: "
            f"{slash}{last}{slash}{last}/… would be asked for. Give {base}."
        )


def _own_url(text: str, source: str) -> _zuora.Environment:
    """Return an environment for the caller's own URL: production, unless it is this machine."""
    for each in _zuora.ENVIRONMENTS:
        if text.rstrip("/") == each.url:
            return each
    try:
        parts = urlsplit(text)
        port = parts.port  # raises for what is no port
    except ValueError as error:
        raise DynzuoraError(
            f"This base URL{_from(source)} cannot be read: {error}. "
            f"Give one like {_zuora.ENVIRONMENTS[0].url}."
        ) from None
    loopback = parts.hostname in LOOPBACK
    if (
        parts.scheme not in ("http", "https")
        or not parts.hostname
        or port == 0
        or parts.username
        or parts.query
        or parts.fragment
    ):
        raise DynzuoraError(
            f"{parts.scheme}://…{_from(source)} is no base URL. Give one like {_zuora.ENVIRONMENTS[0].url}."
        )
    if parts.scheme == "http" and not loopback:
        raise DynzuoraError(
            f"http://{parts.hostname}{_from(source)} would send the token in the clear. "
            "Use https; http is taken for this machine only."
        )
    return _zuora.Environment(
        parts.netloc, "loopback" if loopback else "own URL", text.rstrip("/"), not loopback
    )
