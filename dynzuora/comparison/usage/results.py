"""What reading the caller's code gives, as plain values."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import NamedTuple

from dynzuora.comparison.changes import Severity


class SourceLocation(NamedTuple):
    """A line of a file. ``cell`` counts all cells of a notebook from 1; 0 in a script."""

    path: str
    line: int
    cell: int = 0

    @property
    def order(self) -> tuple[str, int, int]:
        """The sort key that gives the order of the code."""
        return self.path, self.cell, self.line

    def __str__(self) -> str:
        return f"{self.path}:cell {self.cell} line {self.line}" if self.cell else f"{self.path}:{self.line}"


class UsageFinding(NamedTuple):
    """One line of the caller's code that the new document breaks."""

    location: SourceLocation
    operation: str
    subject: str
    """What it is about: ``argument pageSize``, ``body.name``, ``reply.id``, or empty for the operation."""
    rule: str
    severity: Severity
    reason: str
    instead: str
    """What to write there; empty if nothing replaces it."""
    changes: tuple[str, ...] = ()
    """Fingerprints of the changes behind it."""

    @property
    def fingerprint(self) -> str:
        """Twelve hex digits that stay the same when lines move."""
        identity = "\0".join((self.location.path, self.operation, self.subject, self.rule))
        return hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()[:12]


class Unresolved(NamedTuple):
    """Something that could not be read from the code."""

    location: SourceLocation
    code: str
    why: str
    about: str = ""
    """The part of the operation it is about: ``parameters``, ``requestBody``, ``responses``, or empty for
    all of it."""


class Place(NamedTuple):
    """A place in the code that uses an operation."""

    location: SourceLocation
    operation: str
    how: str
    """The client's method; ``request`` by URL, ``generated`` by a generated client, ``log``, or ``handed`` or
    ``mention`` where an id or a path is written and its call cannot be followed."""

    def order(self) -> tuple[object, ...]:
        """Return the sort key that gives the order of the code."""
        return (*self.location.order, self.operation, self.how)


class UsageResult(NamedTuple):
    """What a new version means for the code that was read."""

    files: tuple[str, ...]
    uses: int
    """How many calls of operations were found."""
    operations: tuple[str, ...]
    """The operations that are used, in the order of the old document."""
    findings: tuple[UsageFinding, ...]
    unresolved: tuple[Unresolved, ...]
    places: tuple[Place, ...] = ()
    """Where each operation is used, in the order of the code."""

    @property
    def breaking(self) -> tuple[UsageFinding, ...]:
        """The findings that break the code, without those that may."""
        return tuple(finding for finding in self.findings if finding.severity == "breaking")


_BREAKING = """
    operation-removed operation-renamed operation-unusable argument-removed argument-renamed
    argument-required body-required body-not-taken field-removed field-renamed field-required
    value-refused reply-key-removed reply-key-renamed reply-type-changed
"""
_MAY_BREAK = "value-may-be-refused reply-key-optional"

SEVERITY_OF: Mapping[str, Severity] = {
    **dict.fromkeys(_BREAKING.split(), "breaking"),
    **dict.fromkeys(_MAY_BREAK.split(), "warning"),
}
"""Rule of a finding → severity. A use breaks or it does not, so there is no direction."""
