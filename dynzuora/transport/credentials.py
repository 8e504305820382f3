"""Credentials, added to a request at the last moment and never displayed.

A token is fetched once, however many threads need it: the first that finds it stale renews it
under a lock, and the others see by its generation that it is new.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

from dynzuora import _forks
from dynzuora.errors import AuthError, DynzuoraError
from dynzuora.http import Headers, Secret

_EARLIEST = 225.0
"""Seconds before its expiry at which a token is renewed, or half its life if that is less."""


class Token(NamedTuple):
    """A bearer token, when to renew it by the monotonic clock, and its scope."""

    secret: Secret
    renew_at: float
    scope: tuple[str, ...] = ()
    generation: int = 0


class Credentials(Protocol):
    """What a transport needs of credentials: header fields, and new ones after a 401."""

    @property
    def scope(self) -> tuple[str, ...]:
        """The scope that the server granted; empty if it named none."""

    def fields(self) -> tuple[Headers, int]:
        """Return the header fields, whose repr shows no secret, and their generation."""

    def renewed(self, generation: int) -> bool:
        """Get newer credentials than ``generation``; return False if there are none."""


class Bearer:
    """A token that the caller supplied. It cannot be renewed."""

    scope: tuple[str, ...] = ()

    def __init__(self, token: Secret) -> None:
        self._token = token

    def fields(self) -> tuple[Headers, int]:
        return Headers({"Authorization": f"Bearer {self._token.reveal()}"}), 0

    def renewed(self, generation: int) -> bool:
        return False

    def __repr__(self) -> str:
        return "Bearer(***)"


class KeyPair:
    """The older pair of headers, whose names the caller supplies."""

    scope: tuple[str, ...] = ()

    def __init__(self, fields: Mapping[str, Secret]) -> None:
        self._fields = dict(fields)

    def fields(self) -> tuple[Headers, int]:
        return Headers({name: value.reveal() for name, value in self._fields.items()}), 0

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

    def fields(self) -> tuple[Headers, int]:
        token = self.token
        return Headers({"Authorization": f"Bearer {token.secret.reveal()}"}), token.generation

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
        if not (text.isascii() and text.isprintable()):
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
