"""The public face of the client as tables: what leads to operations, and which methods call one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from dynzuora.comparison.usage.values import ClientPart

ATTRIBUTES: Final[Mapping[tuple[str, str], ClientPart]] = {
    ("module", "Client"): ClientPart("Client"),
    ("module", "load"): ClientPart("load"),
    ("module", "operations"): ClientPart("operations"),
    ("Client", "sandbox"): ClientPart("Client"),
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


class Method(NamedTuple):
    """A method of a client whose first argument names an operation."""

    reply: str = ""
    """The kind of its `ReplyValue`; empty if it has none."""
    own: frozenset[str] = frozenset()
    """Keywords of the method itself. (Call options are not parameters of any operation either.)"""


_ITERATION: Final = frozenset({"limit", "progress", "resume"})

METHODS: Final[Mapping[str, Method]] = {
    "call": Method("reply"),
    "download": Method("", frozenset({"to", "unzip", "progress"})),
    "items": Method("rows", _ITERATION),
    "map": Method("results"),
    "pages": Method("pages", _ITERATION),
    "prepare": Method(),
    "submit": Method("job", frozenset({"job"})),
    "template": Method(),
}
