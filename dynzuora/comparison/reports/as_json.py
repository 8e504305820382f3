"""The report as JSON, as ``report.schema.json`` describes it: the public format for other programs."""

from __future__ import annotations

from json import dumps
from typing import TYPE_CHECKING, Any

from dynzuora.comparison.changes import SEVERITIES, Change, ChangeSet
from dynzuora.comparison.reports.view import plain

if TYPE_CHECKING:
    from dynzuora.comparison.usage.results import SourceLocation, Unresolved, UsageFinding, UsageResult

FORMAT = "dynzuora-diff"
FORMAT_VERSION = 1


def json(diff: ChangeSet, usage: UsageResult | None = None) -> str:
    """Return the report in ASCII, so that no character of a document acts on the terminal that prints it."""
    return dumps(report(diff, usage), ensure_ascii=True, indent=1, default=plain) + "\n"


def report(diff: ChangeSet, usage: UsageResult | None = None) -> dict[str, Any]:
    """Return the whole comparison as ``report.schema.json`` describes it."""
    result: dict[str, Any] = {
        "format": FORMAT,
        "formatVersion": FORMAT_VERSION,
        "old": diff.old._asdict(),
        "new": diff.new._asdict(),
        "summary": {severity: len(diff.of(severity)) for severity in SEVERITIES},
        "changes": [_change(change) for change in diff.changes],
        "moves": [move._asdict() for move in diff.moves],
        "aliases": dict(diff.aliases),
        "surface": [signature._asdict() for signature in diff.surface],
        "notCompared": list(diff.not_compared),
    }
    if usage is not None:
        result["usage"] = {
            "files": list(usage.files),
            "uses": usage.uses,
            "operations": list(usage.operations),
            "findings": [_finding(finding) for finding in usage.findings],
            "unresolved": [_unresolved(unresolved) for unresolved in usage.unresolved],
            "places": [
                _location(place.location) | {"operation": place.operation, "how": place.how}
                for place in usage.places
            ],
        }
    return result


def _change(change: Change) -> dict[str, Any]:
    return change._asdict() | {
        "verdicts": [verdict._asdict() for verdict in change.verdicts],
        "facts": [fact._asdict() for fact in change.facts],
        "witness": change.witness._asdict() if change.witness else None,
    }


def _location(location: SourceLocation) -> dict[str, Any]:
    return {"file": location.path, "cell": location.cell or None, "line": location.line}


def _finding(finding: UsageFinding) -> dict[str, Any]:
    values = finding._asdict() | {"fingerprint": finding.fingerprint}
    return _location(values.pop("location")) | values


def _unresolved(unresolved: Unresolved) -> dict[str, Any]:
    return _location(unresolved.location) | {"code": unresolved.code, "why": unresolved.why}
