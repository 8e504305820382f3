"""The result of a comparison as plain values: facts, judged changes, and the set of them.

Frozen and comparable; nothing here computes or formats. One `Change` is one root cause: one
rule on one thing (a schema, a parameter, an operation), however many operations it reaches
and however many facts it rests on.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from dynzuora._zuora import OPTION_HEADERS

if TYPE_CHECKING:
    from dynzuora.document import Prepared

Severity = Literal["breaking", "warning", "info"]
Direction = Literal["request", "response", "both", ""]

#: Worst first.
SEVERITIES: tuple[Severity, ...] = ("breaking", "warning", "info")


class Fact(NamedTuple):
    """One difference between the documents, without opinion."""

    kind: str
    """The id of the rule that judges it: ``property-removed``."""
    pointer: str
    """A JSON pointer into the new document, or into the old one for what was removed."""
    where: str
    """The same location for people: ``POSTAccountType.billToContact.city``."""
    old: Any
    """The old value; None if there was none."""
    new: Any
    """The new value; None if there is none."""
    field: str = ""
    """The property, parameter or header it is about; may be empty."""


class Witness(NamedTuple):
    """A value that one document accepts and the other rejects, as checked by jsonschema."""

    value: Any
    where: str
    """The location of the schema it was checked against, as in `Fact.where`."""
    valid: Literal["old", "new"]
    """The document that accepts ``value``; the other rejects it."""
    problem: str
    """Why the other rejects it."""


class Verdict(NamedTuple):
    """How severe a change is in one direction, and why."""

    direction: Direction
    severity: Severity
    why: str


class Change(NamedTuple):
    """One change, judged, with every operation it reaches."""

    id: str
    """The rule: ``operation-removed``, ``property-removed``, ``max-length-set``…"""
    severity: Severity
    """The most severe of `verdicts`."""
    direction: Direction
    """Which messages it affects: ``both`` for a schema that requests and responses share, empty for
    what is in neither (an operation)."""
    where: str
    """The schema and the path in it (``Account.name``), or the operation and its part."""
    operations: tuple[str, ...]
    """The ids of the operations it reaches: the old document's, and the new id of an added one."""
    old: Any
    new: Any
    message: str
    """One sentence: what changed."""
    why: str
    """One sentence: the reason for the worst verdict."""
    fingerprint: str
    """Twelve hex digits that identify the change across reports."""
    area: str = ""
    """document, operation, parameter, body, response, header, schema, security, sent or version."""
    pointer: str = ""
    field: str = ""
    """The property, parameter or header it is about; empty for several (see `facts`)."""
    tags: tuple[str, ...] = ()
    """The tags of ``operations``, in the document's order."""
    verdicts: tuple[Verdict, ...] = ()
    facts: tuple[Fact, ...] = ()
    witness: Witness | None = None


class Move(NamedTuple):
    """Something that was renamed or moved."""

    kind: str
    """operation-id, operation-path, path-parameter, parameter, schema or property."""
    where: str
    """Where it is, as in `Fact.where`; empty for operations and schemas."""
    old: str
    new: str


class Signature(NamedTuple):
    """The Python arguments of one operation in both documents: ``page: int | None = None``."""

    operation: str
    old: tuple[str, ...]
    new: tuple[str, ...]


class Side(NamedTuple):
    """One of the two documents."""

    title: str
    version: str
    operations: int
    zuora_version: str = ""
    """The version of the server, where such are compared, too."""

    @property
    def label(self) -> str:
        """The version of the document, with that of the server."""
        header = OPTION_HEADERS["zuora_version"]
        return f"{self.version} ({header} {self.zuora_version})" if self.zuora_version else self.version


def sides(old: Prepared, new: Prepared, zuora_version: tuple[str, str] = ("", "")) -> tuple[Side, Side]:
    """Return what a report says about the documents."""
    before, after = (
        Side(prepared.title, prepared.version, len(prepared.index), version)
        for prepared, version in zip((old, new), zuora_version, strict=True)
    )
    return before, after


class ChangeSet(NamedTuple):
    """Everything that changed between two documents, the worst first."""

    old: Side
    new: Side
    changes: tuple[Change, ...] = ()
    moves: tuple[Move, ...] = ()
    aliases: Mapping[str, str] = MappingProxyType({})
    """Old operation id, or old method and path → new id, for ``Client(aliases=diff.aliases)``."""
    surface: tuple[Signature, ...] = ()
    """The operations whose Python arguments changed."""
    not_compared: tuple[str, ...] = ()
    """Operations, webhooks and callbacks that one of the documents does not describe validly."""

    @property
    def breaking(self) -> tuple[Change, ...]:
        """The changes that break a caller."""
        return self.of("breaking")

    def of(self, severity: Severity) -> tuple[Change, ...]:
        """Return the changes of one severity."""
        return tuple(change for change in self.changes if change.severity == severity)

    def __bool__(self) -> bool:
        return bool(self.changes)
