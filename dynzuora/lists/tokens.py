"""A place in a list as text, so that another process can go on there."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import NamedTuple

from dynzuora import _zuora
from dynzuora.errors import InvalidRequest, Problem
from dynzuora.lists.plans import Plan
from dynzuora.lists.queries import pairs


class Token(NamedTuple):
    """A place in a list, as text that outlives the process. It holds no secret."""

    operation: str
    arguments: str
    position: str
    taken: int

    def text(self) -> str:
        """Return the token as one word."""
        return (
            base64.urlsafe_b64encode(json.dumps([*self], separators=(",", ":")).encode()).decode().rstrip("=")
        )

    @classmethod
    def of(cls, text: str, plan: Plan) -> Token:
        """Read a token.

        Raises `InvalidRequest` unless it belongs to the operation and arguments of ``plan``.
        """
        try:
            operation, arguments, position, taken = json.loads(
                base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            )
            token = cls(str(operation), str(arguments), str(position), max(0, int(taken)))
        except (ValueError, TypeError):
            raise _refused(plan, "is no resume token; take .resume_token of the run to go on with.") from None
        if token.operation != plan.operation.id:
            raise _refused(plan, f"belongs to {token.operation}.")
        if token.arguments != fingerprint(plan):
            raise _refused(plan, "belongs to other arguments, another environment or another entity.")
        return token


def _refused(plan: Plan, message: str) -> InvalidRequest:
    return InvalidRequest.of(plan.operation.id, [Problem("resume", message)])


def fingerprint(plan: Plan) -> str:
    """Return what tells one list from another: address, filters, body, entity; not the page size."""
    request = plan.request
    path, _, query = request.url.partition("?")
    filters = sorted(raw for name, raw in pairs(query) if name != plan.style.size)
    scope = [request.headers.get(_zuora.OPTION_HEADERS[each], "") for each in ("entity", "orgs")]
    text = json.dumps([request.method, path, filters, repr(request.body), scope])
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
