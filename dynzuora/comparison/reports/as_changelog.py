"""The report as a section of a changelog, with the headings of https://keepachangelog.com/en/1.1.0/."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynzuora._text import visible
from dynzuora.comparison.changes import Change, ChangeSet
from dynzuora.comparison.reports import view
from dynzuora.comparison.reports.as_markdown import code, prose

if TYPE_CHECKING:
    from dynzuora.comparison.usage.results import UsageResult

_THINGS = frozenset({"operation", "tag", "parameter", "body", "type", "status", "header", "property"})
"""What is added or removed as a whole; a new value of an enum is a change of its property."""

_HEADINGS = ("Added", "Changed", "Deprecated", "Removed", "Security")


def changelog(diff: ChangeSet, usage: UsageResult | None = None) -> str:
    """Return ``## [NEW]`` with one line a change, the breaking ones first; with ``usage``, of its."""
    used = set(usage.operations) if usage is not None else None
    sections: dict[str, list[str]] = {heading: [] for heading in _HEADINGS}
    for change in diff.changes:
        if used is None or not used.isdisjoint(change.operations):
            sections[_heading(change)].append(_line(change))
    parts = [f"## [{visible(diff.new.label)}]"]
    parts += [f"### {heading}\n\n" + "\n".join(lines) for heading, lines in sections.items() if lines]
    return "\n\n".join(parts if len(parts) > 1 else [*parts, "Nothing changed."]) + "\n"


def _heading(change: Change) -> str:
    if change.area == "security":
        return "Security"
    thing, _, last = change.id.rpartition("-")
    if thing.rpartition("-")[2] not in _THINGS:
        return "Changed"
    return {"added": "Added", "removed": "Removed", "deprecated": "Deprecated"}.get(last, "Changed")


def _line(change: Change) -> str:
    breaking = "**Breaking:** " if change.severity == "breaking" else ""
    number = len(change.operations)
    reach = f" ({view.count(number, 'operation')})" if number > 1 else ""
    return f"- {breaking}{code(change.where)}: {prose(view.sentence(change.message))}{reach}"
