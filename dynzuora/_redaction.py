"""The one redactor: what is secret in headers, bodies and URLs shows ``***`` wherever it is shown.

Used by curl lines, logs, errors and everything else that people read. It knows names,
never values: which they are is a table in `dynzuora._zuora`.
"""

from __future__ import annotations

import re
from typing import Any

from dynzuora import _zuora
from dynzuora._names import canonical

MASK = "***"

_FIELDS = frozenset(map(canonical, _zuora.SECRET_FIELDS))
_HEADERS = frozenset(
    {"authorization", "cookie", "set-cookie", "proxy-authorization"}
    | {header.lower() for header in _zuora.ACCESS_KEY_HEADERS}
)
_PAIR = re.compile(r"(?P<name>[^&=?#\s\"]+)=(?P<value>[^&#\s\"]*)")
_MEMBER = re.compile(r'(?P<name>"[^"\\]*")\s*:\s*(?:"(?:[^"\\]|\\.)*"?|[^,}\]\s]+)')
"""A member of a JSON object as text, its value whole or cut off."""


def is_secret_header(name: str) -> bool:
    """Whether a header field's value must not be shown."""
    return name.lower() in _HEADERS


def is_secret_field(name: str) -> bool:
    """Whether the value of a body field or parameter must not be shown."""
    return canonical(name) in _FIELDS


def redacted(value: Any) -> Any:
    """Return a copy of a plain value with every secret field masked.

    >>> redacted({"name": "A", "cardNumber": "4111"})
    {'name': 'A', 'cardNumber': '***'}
    """
    if isinstance(value, dict):
        return {name: MASK if is_secret_field(name) else redacted(item) for name, item in value.items()}
    if isinstance(value, list):
        return [redacted(item) for item in value]
    return value


def members_of(text: str) -> str:
    """Return JSON, whole, cut off or misspelt, with the value of each secret name masked."""
    return _MEMBER.sub(_masked_member, text)


def _masked_member(match: re.Match[str]) -> str:
    return f"{match['name']}: {MASK}" if is_secret_field(match["name"]) else match[0]


def pairs_of(text: str) -> str:
    """Return a form, query or URL with the value of each secret name masked."""
    return _PAIR.sub(lambda m: f"{m['name']}={MASK}" if is_secret_field(m["name"]) else m[0], text)
