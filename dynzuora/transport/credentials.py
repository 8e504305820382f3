"""Credentials, added to a request at the last moment and never displayed.

A token is fetched once, however many threads need it: the first that finds it stale renews it
under a lock, and the others see by its generation that it is new.
"""

from __future__ import annotations

import base64
import copy
import math
import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple, Protocol
from urllib.parse import quote

from dynzuora import _forks
from dynzuora._names import is_header_text
from dynzuora.errors import AuthError, DynzuoraError
from dynzuora.http import BEARER, KEYS, Headers, Scheme, Secret

_EARLIEST = 225.0
"""Seconds before its expiry at which a token is renewed, or half its life if that is less."""


class Token(NamedTuple):
    """A bearer token, when to renew it by the monotonic clock, and its scope."""

    secret: Secret
    renew_at: float
    scope: tuple[str, ...] = ()
    generation: int = 0


class Proof(NamedTuple):
    """What is added to a request to prove who asks: header fields, and text to end the query with."""

    headers: Headers = Headers()
    query: str = ""


def proof(token: str, scheme: Scheme = BEARER) -> Proof:
    """Return ``token`` where a security scheme has it.

    Basic authentication takes ``user:password``, or what that is in Base64 (RFC 7617, 2).
    """
    write = _WRITTEN.get(scheme.place)
    name, value = scheme.written(write(token) if write else token)
    return Proof(query=value) if name == "?" else Proof(Headers({name: value}))


def _basic(token: str) -> str:
    return base64.b64encode(token.encode()).decode() if ":" in token else token


_WRITTEN: Mapping[str, Callable[[str], str]] = {
    "basic": _basic,
    "query": partial(quote, safe=""),
    "cookie": partial(quote, safe="!#$&'()*+-./:<=>?@[]^_`{|}~"),
}
"""How a token is written, by the place; elsewhere it is written as it is. Cookies: RFC 6265, 4.1.1."""


class Credentials(Protocol):
    """What a transport needs of credentials: the proof for a request, and a new one after a 401."""

    @property
    def scope(self) -> tuple[str, ...]:
        """The scope that the server granted; empty if it named none."""

    def carries(self, scheme: Scheme) -> bool:
        """Whether these credentials can be sent as ``scheme`` says."""

    def proof(self, scheme: Scheme = BEARER) -> tuple[Proof, int]:
        """Return what is added to a request with ``scheme``, which they carry, and its generation."""

    def renewed(self, generation: int) -> bool:
        """Get newer credentials than ``generation``; return False if there are none."""


class Bearer:
    """A token that the caller supplied, sent where the operation wants it. It cannot be renewed."""

    scope: tuple[str, ...] = ()

    def __init__(self, token: Secret) -> None:
        self._token = token

    def carries(self, scheme: Scheme) -> bool:
        return scheme != KEYS

    def proof(self, scheme: Scheme = BEARER) -> tuple[Proof, int]:
        return proof(self._token.reveal(), scheme), 0

    def renewed(self, generation: int) -> bool:
        return False

    def __repr__(self) -> str:
        return "Bearer(***)"


class KeyPair:
    """The older pair of headers, whose names the caller supplies."""

    scope: tuple[str, ...] = ()

    def __init__(self, fields: Mapping[str, Secret]) -> None:
        self._fields = dict(fields)

    def carries(self, scheme: Scheme) -> bool:
        return scheme == KEYS

    def proof(self, scheme: Scheme = KEYS) -> tuple[Proof, int]:
        return Proof(Headers({name: value.reveal() for name, value in self._fields.items()})), 0

    def renewed(self, generation: int) -> bool:
        return False

    def __repr__(self) -> str:
        return f"KeyPair({', '.join(self._fields)})"


class OAuth:
    """Client credentials: one token at a time, shared by every thread and view.

    ``fetch`` sends the token request and returns its reply; ``clock`` is monotonic.
    """

    def __init__(self, fetch: Callable[[], Mapping[str, Any]], clock: Callable[[], float]) -> None:
        self._fetch = fetch
        self._clock = clock
        self._token: Token | None = None
        self._tries = 0
        self._failure: DynzuoraError | None = None
        self.after_fork()
        _forks.register(self)

    def after_fork(self) -> None:
        """Let the child fetch a token, even if a thread of its parent was about to."""
        self._lock = threading.Lock()

    @property
    def token(self) -> Token:
        """The current token, fetched or renewed if it is time."""
        token = self._token
        if token is None or self._clock() >= token.renew_at:
            token = self._renew(token.generation if token else 0)
        return token

    @property
    def scope(self) -> tuple[str, ...]:
        return self.token.scope

    def carries(self, scheme: Scheme) -> bool:
        """Whether ``scheme`` takes a bearer token, which is what a token endpoint gives.

        Swagger 2.0 can declare one only as an API key in the header ``Authorization``.
        """
        return scheme == BEARER or (scheme.place == "header" and scheme.name.lower() == "authorization")

    def proof(self, scheme: Scheme = BEARER) -> tuple[Proof, int]:
        token = self.token
        return proof(token.secret.reveal()), token.generation

    def renewed(self, generation: int) -> bool:
        self._renew(generation)
        return True

    def _renew(self, stale: int) -> Token:
        """Return a token newer than generation ``stale``, fetching it unless another thread just did."""
        tries = self._tries
        with self._lock:
            if self._token is not None and self._token.generation > stale:
                return self._token
            if self._tries > tries and self._failure is not None:
                raise copy.copy(self._failure)  # tried while this thread waited: no stampede
            self._failure = None
            try:
                self._token = self._read(self._fetch(), stale + 1)
            except DynzuoraError as error:
                self._failure = copy.copy(error)  # each caller may add to the error
                raise
            finally:
                self._tries += 1
            return self._token

    def _read(self, reply: Mapping[str, Any], generation: int) -> Token:
        text = reply.get("access_token")
        if not isinstance(text, str) or not text:
            raise AuthError("The token endpoint answered without an access_token; check the environment.")
        if not is_header_text(text):
            raise AuthError(
                "The token endpoint gave an access_token that no header carries; check the environment."
            )
        try:
            life = float(reply.get("expires_in", 0))
        except (TypeError, ValueError, OverflowError):
            life = 0.0
        renew_at = self._clock() + max(life - min(_EARLIEST, life / 2), 0.0)
        return Token(Secret(text), renew_at, tuple(str(reply.get("scope") or "").split()), generation)

    def __repr__(self) -> str:
        return "OAuth(***)"


class Provided(OAuth):
    """Tokens of the caller's own function, kept for the seconds it says, or until the server refuses one.

    One thread asks for all.
    """

    def __init__(self, provide: Callable[[], Any], clock: Callable[[], float]) -> None:
        super().__init__(partial(_provided, provide), clock)

    def carries(self, scheme: Scheme) -> bool:
        return scheme != KEYS

    def proof(self, scheme: Scheme = BEARER) -> tuple[Proof, int]:
        token = self.token
        return proof(token.secret.reveal(), scheme), token.generation

    def renewed(self, generation: int) -> bool:
        """Ask for another token; return False if it is the one that was refused."""
        refused = self.token
        token = self._renew(generation)
        return token.generation == refused.generation or token.secret.reveal() != refused.secret.reveal()

    def __repr__(self) -> str:
        return "Provided(***)"


def _provided(provide: Callable[[], Any]) -> Mapping[str, Any]:
    """Return the caller's token as a token endpoint would; without a number of seconds, it never ends."""
    try:
        given = provide()
    except DynzuoraError:
        raise
    except Exception as error:  # its text may hold a secret, and stays with the cause
        name = type(error).__name__
        raise AuthError(f"The function passed as token= raised {name}; see the cause.") from error
    token, seconds = given if isinstance(given, tuple) and len(given) == 2 else (given, math.inf)
    if not token or not is_header_text(token):
        what = type(token).__name__ if not isinstance(token, str) else "a text that no header carries"
        raise AuthError(f"The function passed as token= must return a token as text; it returned {what}.")
    return {"access_token": token, "expires_in": seconds}
