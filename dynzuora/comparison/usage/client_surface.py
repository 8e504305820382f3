"""The public face of the client as tables: what leads to operations, and which results are replies."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from dynzuora.calls import METHODS
from dynzuora.comparison.usage.values import ClientPart

ATTRIBUTES: Final[Mapping[tuple[str, str], ClientPart]] = {
    ("module", "Client"): ClientPart("Client"),
    ("module", "AsyncClient"): ClientPart("Client"),
    ("module", "load"): ClientPart("load"),
    ("module", "operations"): ClientPart("operations"),
    ("Client", "sandbox"): ClientPart("Client"),
    ("Client", "of"): ClientPart("Client"),
    ("document", "operations"): ClientPart("operations"),
    ("client", "operations"): ClientPart("operations"),
    ("client", "document"): ClientPart("document"),
    ("client", "ops"): ClientPart("ops"),
    ("client", "with_entity"): ClientPart("Client"),
    ("client", "with_orgs"): ClientPart("Client"),
    ("ops", "by_tag"): ClientPart("tags"),
}
"""(part, attribute) → the part it is."""

CALLS: Final[Mapping[str, ClientPart]] = {"Client": ClientPart("client"), "load": ClientPart("document")}
"""Part → what calling it returns."""

HOLDERS: Final = frozenset({"ops", "tag", "operations"})
"""Parts that have operations as attributes or items."""


REPLIES: Final = frozenset({"reply", "pages", "rows", "results", "job"})
"""Results of a client's methods that are or lead to replies, see ``calls.METHODS``."""

GENERATED: Final = re.compile(rb"\b(?:zuora_sdk|openapi_client|swagger_client|zuora_client)\b")
"""Modules of generated clients: the official SDK's, and what generators call theirs."""

_METHODS = "|".join((*METHODS, "request", "ops", "operations", "document")).encode()
_SENDING: Final = (
    ((b"dynzuora", b"urlopen"), re.compile(b"dynzuora|urlopen")),
    ((b": client", b".client"), re.compile(rb":\s*[\"']?(?:\w+\.)*client\b")),
    ((b"client",), re.compile(rb"client\b[\w.()\[\]]*\s*\.\s*(?:" + _METHODS + rb")\b")),
    (
        (b"requests.", b"httpx.", b"aiohttp.", b"urllib.", b"urllib3.", b"session.", b"http."),
        re.compile(
            rb"(?:requests|httpx|aiohttp|urllib3?|session|http)\.(?:\w+\.)*"
            rb"(?:\w*request|get|post|put|patch|delete)\b"
        ),
    ),
)
"""What code that sends requests has, each with words of which it has one; in small letters."""


def may_send(text: bytes) -> bool:
    """Whether code may send a request, by this client or an HTTP library, whatever it names."""
    text = text.lower()
    return any(any(word in text for word in words) and sign.search(text) for words, sign in _SENDING)


MANGLED: Final = re.compile(
    r"(?:g_et|p_ost|p_ut|d_elete|p_atch)[a-z]*_|action_pos_t|object_(?:get|post|put|delete)_"
)
"""Names of methods that only an older generated client has: ``g_et_account``."""
