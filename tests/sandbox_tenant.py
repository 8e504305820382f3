"""A session that speaks plain HTTP to a sandbox in this process, for the tests of the sandbox."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import requests

from dynzuora.operation import load
from dynzuora.sandbox import Sandbox, adapter

ORIGIN = "https://sandbox.invalid"


class Tenant(requests.Session):
    """Calls paths of a fresh sandbox with a good token; ``json`` of an answer keeps money exact."""

    def __init__(self, source: Any = "2020-12-10", **options: Any) -> None:
        super().__init__()
        self.trust_env = False
        self.sandbox = Sandbox(load(source), **options)
        self.mount(ORIGIN, adapter(self.sandbox))
        self.headers["Authorization"] = f"Bearer {self.sandbox.tokens.issue()['access_token']}"

    def request(self, method, url, **options):
        """Send to a path of the sandbox."""
        return super().request(method, url if "://" in url else ORIGIN + url, **options)

    def value(self, method: str, path: str, **options: Any) -> Any:
        """Return the JSON of an answer that must be a success."""
        answer = self.request(method, path, **options)
        assert answer.ok, answer.text
        return answer.json(parse_float=Decimal)


def numbered(name: str, prefix: str = "") -> dict[str, Any]:
    """Return a sequence set with every container a request must have."""
    kinds = ("invoice", "creditMemo", "debitMemo", "payment", "refund")
    return {"name": name, **{kind: {"prefix": f"{prefix}{kind}", "startNumber": 5} for kind in kinds}}
