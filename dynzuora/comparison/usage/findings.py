"""What is said of a use that breaks: where, what, why, and what to write instead."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import NamedTuple

from dynzuora.comparison.changes import Severity
from dynzuora.comparison.usage.values import Place


class Finding(NamedTuple):
    """One line of the caller's code that the new document breaks."""

    place: Place
    operation: str
    subject: str
    """What of the use it is about: ``argument pageSize``, ``body.name``, ``reply.id``, or nothing."""
    rule: str
    severity: Severity
    reason: str
    instead: str
    """What to write there now; empty where nothing takes its place."""
    changes: tuple[str, ...] = ()
    """Fingerprints of the changes it comes from."""

    @property
    def fingerprint(self) -> str:
        """Twelve hex digits that stay the same while lines move."""
        identity = "\0".join((self.place.path, self.operation, self.subject, self.rule))
        return hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()[:12]


SEVERITY_OF: Mapping[str, Severity] = {
    "operation-removed": "breaking",
    "operation-renamed": "breaking",
    "operation-unusable": "breaking",
    "argument-removed": "breaking",
    "argument-renamed": "breaking",
    "argument-required": "breaking",
    "body-required": "breaking",
    "body-not-taken": "breaking",
    "field-removed": "breaking",
    "field-renamed": "breaking",
    "field-required": "breaking",
    "value-refused": "breaking",
    "value-may-be-refused": "warning",
    "reply-key-removed": "breaking",
    "reply-key-renamed": "breaking",
    "reply-key-optional": "warning",
    "reply-type-changed": "breaking",
}
"""What may happen to a use → how bad it is."""
