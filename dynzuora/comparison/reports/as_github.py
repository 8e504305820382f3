"""The report as GitHub's workflow commands: annotations at the lines of the caller's own code.

https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions: one command a
line, with percent-encoding of its own. GitHub shows ten errors and ten warnings a step, so the
worst come first and notes about the documents are not listed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynzuora._text import visible
from dynzuora.comparison.changes import ChangeSet
from dynzuora.comparison.reports import view

if TYPE_CHECKING:
    from dynzuora.comparison.usage.results import SourceLocation, UsageResult

_LEVELS = {"breaking": "error", "warning": "warning", "unresolved": "notice"}


def github(diff: ChangeSet, usage: UsageResult | None = None) -> str:
    """Return one annotation a line; with ``usage``, those of that code."""
    if usage is None:
        changes = (*diff.of("breaking"), *diff.of("warning"))
        lines = [
            _command(change.severity, f"{change.where}: {view.sentence(change.message)}", change.id)
            for change in changes
        ]
    else:
        lines = [
            _command(finding.severity, view.with_advice(finding), finding.rule, finding.location)
            for finding in sorted(usage.findings, key=lambda finding: finding.severity != "breaking")
        ]
        lines += [
            _command("unresolved", f"{row.why}: {row.code}".rstrip(": "), "unresolved", row.location)
            for row in usage.unresolved
        ]
    return "".join(f"{line}\n" for line in lines)


def _command(severity: str, message: str, title: str, location: SourceLocation | None = None) -> str:
    properties = {"title": f"dynzuora {title}"}
    if location is not None:
        properties = {"file": location.path, "line": str(location.line)} | properties
        if location.cell:  # a line of a cell is no line of the file
            del properties["line"]
            message = f"cell {location.cell}, line {location.line}: {message}"
    written = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{_LEVELS[severity]} {written}::{_data(message)}"


def _data(text: str) -> str:
    return visible(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
