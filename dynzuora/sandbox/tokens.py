"""The OAuth tokens of the sandbox: issuing and checking them.

Any client id and secret are accepted. A token expires by the sandbox's clock or by
`Tokens.revoke`.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

LIFETIME = 3599
"""Seconds, as in Zuora's own example."""


class Tokens:
    """The valid tokens."""

    def __init__(self, entities: tuple[str, ...], clock: Callable[[], float], lifetime: float) -> None:
        self._scope = " ".join(
            ["user.9f3c5d7e1a2b4c6d8e0f1a2b3c4d5e6f"]
            + [f"entity.{UUID(entity)}" for entity in entities]
            + ["service.usage.write", "tenant.10042"]
        )
        self._clock = clock
        self._lifetime = lifetime
        self._good_until: dict[str, float] = {}
        self.issued = 0

    def issue(self) -> dict[str, Any]:
        """Return the reply of a token request."""
        self.issued += 1
        token = hashlib.sha256(f"sandbox token {self.issued}".encode()).hexdigest()[:32]
        self._good_until[token] = self._clock() + self._lifetime
        return {
            "access_token": token,
            "token_type": "bearer",
            "expires_in": self._lifetime,
            "scope": self._scope,
            "jti": token,
        }

    def revoke(self) -> None:
        """Invalidate all tokens issued so far."""
        self._good_until.clear()

    def fault(self, headers: Mapping[str, str]) -> str:
        """Return what is wrong with a request's credentials, empty if they are valid.

        A key pair in headers, or in Basic authentication, is accepted like a token.
        """
        if headers.get("apiaccesskeyid") and headers.get("apisecretaccesskey"):
            return ""
        scheme, _, credential = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            return "" if ":" in _decoded(credential) else "The Basic credentials are malformed."
        if scheme.lower() != "bearer":
            return "Authentication is required: send a token from POST /oauth/token."
        good_until = self._good_until.get(credential.strip())
        if good_until is None:
            return "This sandbox did not issue the token."
        return "" if self._clock() < good_until else "The token has expired."


def _decoded(credential: str) -> str:
    try:
        return base64.b64decode(credential, validate=True).decode("utf-8", "replace")
    except ValueError:
        return ""
