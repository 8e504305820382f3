"""A client's environment and credentials, from arguments, a chosen profile, variables or the default profile.

Pure: environment variables and profiles are passed in. There is no fallback to the
document's ``servers``, which could name any host, and a profile's secret is sent only to
that profile's environment.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, NamedTuple
from urllib.parse import SplitResult, urlsplit

from dynzuora import _zuora
from dynzuora._names import canonical, nearest
from dynzuora._origins import LOOPBACK
from dynzuora.errors import Advice, DynzuoraError
from dynzuora.http import Secret

ARGUMENTS = "the arguments"
"""A source that messages leave out: the caller has just written it."""

_PROCESS = "the environment variables"


SANDBOX = _zuora.Environment("sandbox", "in-process sandbox", "https://sandbox.invalid", False)
"""The environment of `Client.sandbox`; a host below ``.invalid`` cannot exist (RFC 2606)."""


Profile = Mapping[str, str]
Source = tuple[str, Mapping[str, str | Secret | None]]
"""The name of a source of settings, and its values by field."""

VARIABLES = {
    "base_url": "ZUORA_BASE_URL",
    "environment": "ZUORA_ENV",
    "client_id": "ZUORA_CLIENT_ID",
    "client_secret": "ZUORA_CLIENT_SECRET",
    "token": "ZUORA_TOKEN",
    "access_key_id": _zuora.ACCESS_KEY_VARIABLES[0],
    "secret_access_key": _zuora.ACCESS_KEY_VARIABLES[1],
    "token_url": "ZUORA_TOKEN_URL",
    "entity": "ZUORA_ENTITY",
}
"""Field → environment variable."""


class Settings(NamedTuple):
    """The environment and entity of a client, and the source of the environment."""

    environment: _zuora.Environment
    source: str
    entity: str | None = None
    zuora_version: str | None = None


class Login(NamedTuple):
    """Credentials: a token, an OAuth client id and secret, or an access key pair.

    ``token_url`` is where an OAuth client gets its tokens.
    """

    kind: str
    source: str
    name: str
    secret: Secret
    token_url: str = ""


def variables_source(variables: Mapping[str, str]) -> Source:
    """Return the environment variables as a source."""
    return _PROCESS, {field: variables.get(name) for field, name in VARIABLES.items()}


class Sources(NamedTuple):
    """The sources of settings, in order: arguments, a chosen profile, variables, the default profile.

    ``profile`` loads the profile when it is needed. With ``wants_profile`` it was chosen by
    name and precedes the variables.
    """

    arguments: Mapping[str, str | Secret | None]
    variables: Mapping[str, str]
    profile: Callable[[], tuple[str, Profile]]
    wants_profile: bool = False

    def settings(self) -> Settings:
        """Return the settings of a client.

        Raises `DynzuoraError`, with the valid keys, if no source has an environment.
        """
        sources: list[Source] = [(ARGUMENTS, self.arguments), variables_source(self.variables)]
        if self.arguments.get("environment") == SANDBOX.key:
            return Settings(SANDBOX, ARGUMENTS, *_entity_and_version(sources[:1]))
        named = any(values.get(key) for _, values in sources for key in ("environment", "base_url"))
        if self.wants_profile or not named:
            name, profile = self.profile()
            sources.insert(1 if self.wants_profile else 2, (f"profile {name}", profile))
        for source, values in sources:
            text = _text(values.get("base_url") or values.get("environment"))
            if text:
                return Settings(_environment(text, source), source, *_entity_and_version(sources))
        raise DynzuoraError(
            "No environment is set.",
            advice=Advice(
                "environment",
                (
                    ", ".join(
                        f"{environment.key} ({environment.name})" for environment in _zuora.ENVIRONMENTS
                    ),
                ),
            ),
        )

    def has_keys(self, environment: _zuora.Environment) -> bool:
        """Whether the login is a pair of access keys. Only variables have one: no profile is read for it."""
        login = _login_of(*variables_source(self.variables))
        return login is not None and login.kind == "keys" and self.login(environment).kind == "keys"

    def login(self, environment: _zuora.Environment) -> Login:
        """Return the credentials of the first source that has a token or a complete pair.

        Its token URL is the caller's own, else the one beside the credentials, else the environment's.
        No other source's: a secret is sent only where its owner has it sent.

        Raises `DynzuoraError` if none has, or only a profile of another environment.
        """
        elsewhere = ""
        halves: list[str] = []

        def of(source: str, values: Mapping[str, str | Secret | None]) -> Login | None:
            halves.extend(_halves(source, values))
            return _login_of(source, values)

        def of_profile() -> Login | None:
            nonlocal elsewhere
            name, values = self.profile()
            login = _login_of(f"profile {name}", values)
            text = values.get("base_url") or values.get("environment")
            if login and not (text and _environment(text, f"profile {name}") == environment):
                elsewhere = f" Profile {name} has some for {text}; they are not sent to other hosts."
                return None
            halves.extend(_halves(f"profile {name}", values))
            return login

        sources: list[Callable[[], Login | None]] = [
            lambda: of(ARGUMENTS, self.arguments),
            lambda: of(*variables_source(self.variables)),
        ]
        sources.insert(1 if self.wants_profile else 2, of_profile)
        for source in sources:
            if login := source():
                own = _text(self.arguments.get("token_url"))
                url, origin = (own, ARGUMENTS) if own else (login.token_url, login.source)
                return login._replace(token_url=token_address(environment, url, origin))
        raise DynzuoraError(
            f"There are no {'complete ' if halves else ''}credentials for {environment.key}."
            f"{elsewhere}{''.join(halves)}",
            advice=Advice("credentials"),
        )


def _entity_and_version(sources: list[Source]) -> tuple[str | None, str | None]:
    entity, version = (_first(sources, field) for field in ("entity", "zuora_version"))
    return entity, version


def _first(sources: list[Source], field: str) -> str | None:
    return next((text for _, values in sources if (text := _text(values.get(field)))), None)


def _text(value: str | Secret | None) -> str | None:
    return value.reveal() if isinstance(value, Secret) else value


_LOGINS = (
    ("token", None, "token"),
    ("oauth", "client_id", "client_secret"),
    ("keys", "access_key_id", "secret_access_key"),
)
"""Kind of login, its name field and its secret field, in order of preference."""


def _login_of(source: str, values: Mapping[str, str | Secret | None]) -> Login | None:
    for kind, name_field, secret_field in _LOGINS:
        name = _text(values.get(name_field)) if name_field else ""
        secret = _text(values.get(secret_field))
        if secret and name is not None:
            return Login(kind, source, name, Secret(secret), _text(values.get("token_url")) or "")
    return None


def _halves(source: str, values: Mapping[str, str | Secret | None]) -> Iterator[str]:
    """Yield a sentence for each pair of which ``source`` has only one half."""
    for _, *pair in _LOGINS:
        present = [field for field in pair if field and values.get(field)]
        missing = [field for field in pair if field and not values.get(field)]
        if present and missing:
            yield (
                f" {_spelling(missing[0], source)} is missing; "
                f"{_spelling(present[0], source)} comes from {source}."
            )


def _spelling(field: str, source: str) -> str:
    return VARIABLES[field] if source == _PROCESS else field


def is_sandbox(variables: Mapping[str, str]) -> bool:
    """Whether every client of this process is to use a sandbox, whatever its arguments say."""
    return canonical(variables.get(VARIABLES["environment"], "")) == SANDBOX.key


def is_read_only(
    read_only: bool | None, allow_writes: bool, environment: _zuora.Environment, variables: Mapping[str, str]
) -> bool:
    """Whether writes are refused: in production by default, and wherever read-only is set."""
    if read_only or variables.get("ZUORA_READ_ONLY", "").lower() in ("1", "true", "yes", "on"):
        return True
    return environment.production and not allow_writes


def _environment(text: str, source: str) -> _zuora.Environment:
    if not isinstance(text, str):
        raise DynzuoraError(f"environment must be text, not {type(text).__name__}{_from(source)}.")
    if "://" in text:
        return _own_url(text, source)
    for environment in _zuora.ENVIRONMENTS:
        if canonical(text) in (canonical(environment.key), canonical(environment.name)):
            return environment
    names = [environment.key for environment in _zuora.ENVIRONMENTS]
    close = nearest(_PRODUCTION.sub("prod", canonical(text)), names)
    hint = f" Did you mean {close[0]}?" if close else ""
    raise DynzuoraError(
        f"There is no environment {text!r}{_from(source)}.{hint} "
        f"Choose one of {', '.join(names)}, or a base URL."
    )


_PRODUCTION: Final = re.compile("production|live")
"""What PROD and its neighbours are called: without it, PROD_NA would be nearer than PROD."""


def _from(source: str) -> str:
    return "" if source == ARGUMENTS else f" (from {source})"


def check_base(environment: _zuora.Environment, paths: Iterable[str]) -> None:
    """Refuse a base URL that ends as the document's paths begin, such as ``https://host/v1``.

    Raises `DynzuoraError` if most paths would become ``/v1/v1/…``.
    """
    base, slash, last = environment.url.rpartition("/")
    if base.endswith("/"):  # of https://
        return
    doubled = [path.startswith(f"/{last}/") for path in paths]
    if sum(doubled) * 2 > len(doubled):
        raise DynzuoraError(
            f"The base URL {environment.url} ends in {slash}{last}, and the document's paths start with it: "
            f"requests would go to {slash}{last}{slash}{last}/… Use {base}."
        )


def _own_url(text: str, source: str) -> _zuora.Environment:
    """Return an environment for a base URL: production, unless it is this machine."""
    for environment in _zuora.ENVIRONMENTS:
        if text.rstrip("/") == environment.url:
            return environment
    parts = _safe_url(text, source, "base URL", _zuora.ENVIRONMENTS[0].url)
    loopback = parts.hostname in LOOPBACK
    return _zuora.Environment(
        parts.netloc, "loopback" if loopback else "own URL", text.rstrip("/"), not loopback
    )


def token_address(environment: _zuora.Environment, text: str | None, source: str) -> str:
    """Return the URL that gives an OAuth client its tokens; a path is one of the environment's own.

    Raises `DynzuoraError` for what is neither, and for http to another machine.
    """
    if text and "://" in text:
        _safe_url(text, source, "token URL", _zuora.ENVIRONMENTS[0].url + _zuora.TOKEN_PATH)
        return text
    return f"{environment.url}/{(text or _zuora.TOKEN_PATH).lstrip('/')}"


def _safe_url(text: str, source: str, noun: str, example: str) -> SplitResult:
    """Return the parts of a URL that secrets may be sent to. Raises `DynzuoraError` for any other."""
    try:
        parts = urlsplit(text)
        port = parts.port  # raises for an invalid port
    except ValueError as error:
        raise DynzuoraError(
            f"This {noun}{_from(source)} is invalid: {error}. Use one like {example}."
        ) from None
    more = (parts.username, parts.query, parts.fragment)
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0 or any(more):
        raise DynzuoraError(f"{parts.scheme}://…{_from(source)} is not a {noun}. Use one like {example}.")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise DynzuoraError(
            f"http://{parts.hostname}{_from(source)} would send the token unencrypted. "
            "Use https; http is accepted for this machine only."
        )
    return parts
