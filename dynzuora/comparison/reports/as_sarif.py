"""The report as SARIF 2.1.0, for code scanning: https://docs.oasis-open.org/sarif/sarif/v2.1.0/."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from dynzuora.comparison.changes import ChangeSet
from dynzuora.comparison.reports import view

if TYPE_CHECKING:
    from dynzuora.comparison.usage.results import SourceLocation, UsageResult

_LEVELS = {"breaking": "error", "warning": "warning", "info": "note", "unresolved": "note"}


def sarif(diff: ChangeSet, usage: UsageResult | None = None) -> str:
    """Return a log of one run: its results are the changes, or with ``usage`` what breaks that code."""
    results = list(_changes(diff) if usage is None else _findings(usage))
    rules = sorted({result["ruleId"] for result in results})
    for result in results:
        result["ruleIndex"] = rules.index(result["ruleId"])
    driver = {
        "name": "dynzuora",
        "rules": [{"id": rule, "shortDescription": {"text": rule.replace("-", " ")}} for rule in rules],
    }
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"dynzuora/{diff.old.label}..{diff.new.label}"},
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    log = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return dumps(log, ensure_ascii=True, indent=1) + "\n"


def _changes(diff: ChangeSet) -> Iterator[dict[str, Any]]:
    for change in diff.changes:
        place = {"logicalLocations": [{"fullyQualifiedName": change.where}]}
        message = f"{change.where}: {view.sentence(change.message)}"
        yield _result(change.id, change.severity, message, place, change.fingerprint)


def _findings(usage: UsageResult) -> Iterator[dict[str, Any]]:
    for finding in usage.findings:
        place = _place(finding.location)
        message = view.with_advice(finding)
        yield _result(finding.rule, finding.severity, message, place, finding.fingerprint)
    for row in usage.unresolved:
        message = f"{row.why}: {row.code}".rstrip(": ")
        yield _result("unresolved", "unresolved", message, _place(row.location), "")


def _result(
    rule: str, severity: str, message: str, place: Mapping[str, Any], fingerprint: str
) -> dict[str, Any]:
    result = {
        "ruleId": rule,
        "level": _LEVELS[severity],
        "message": {"text": message},
        "locations": [dict(place)],
    }
    if fingerprint:
        result["partialFingerprints"] = {"dynzuora/v1": fingerprint}
    return result


def _place(location: SourceLocation) -> dict[str, Any]:
    path = Path(location.path)
    uri = path.as_uri() if path.is_absolute() else quote(path.as_posix())
    physical: dict[str, Any] = {"artifactLocation": {"uri": uri}}
    if location.cell:  # a line of a cell is no line of the file
        name = f"cell {location.cell} line {location.line}"
        return {"physicalLocation": physical, "logicalLocations": [{"name": name}]}
    return {"physicalLocation": physical | {"region": {"startLine": location.line}}}
