"""Resume tokens: a position in a list as text, from which another process can resume."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import NamedTuple

from dynzuora import _zuora
from dynzuora.errors import InvalidRequest, Problem
from dynzuora.lists.plans import Plan
from dynzuora.lists.query_strings import pairs


class Token(NamedTuple):
    """A position in a list. Contains no secret."""

    operation: str
    arguments: str
    position: str
    taken: int

    def text(self) -> str:
        """Return the token as URL-safe text."""
        return (
            base64.urlsafe_b64encode(json.dumps([*self], separators=(",", ":")).encode()).decode().rstrip("=")
        )

    @classmethod
    def of(cls, text: str, plan: Plan) -> Token:
        """Return the token that ``text`` encodes.

        Raises `InvalidRequest` unless it belongs to the operation and arguments of ``plan``.
        """
        try:
            operation, arguments, position, taken = json.loads(
                base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            )
            token = cls(str(operation), str(arguments), str(position), max(0, int(taken)))
        except (ValueError, TypeError):
            raise _refused(plan, "is not a resume token; use .resume_token of the earlier run.") from None
        if token.operation != plan.operation.id:
            raise _refused(plan, f"belongs to {token.operation}.")
        if token.arguments != fingerprint(plan):
            raise _refused(plan, "belongs to other arguments, another environment or another entity.")
        return token


def _refused(plan: Plan, message: str) -> InvalidRequest:
    return InvalidRequest.of(plan.operation.id, [Problem("resume", message)])


def fingerprint(plan: Plan) -> str:
    """Return a digest of what identifies a list: URL, filters, body and entity, not the page size."""
    request = plan.request
    path, _, query = request.url.partition("?")
    filters = sorted(raw for name, raw in pairs(query) if name != plan.style.size)
    scope = [request.headers.get(_zuora.OPTION_HEADERS[option], "") for option in ("entity", "orgs")]
    text = json.dumps([request.method, path, filters, repr(request.body), scope])
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
