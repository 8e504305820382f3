"""What all formats share: headings, groups, and values as short text.

Names, messages and values come from documents that nobody here wrote: `visible` takes
out the characters that a terminal or a browser would act on instead of showing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from dynzuora._text import cut, visible
from dynzuora.comparison.changes import Change, ChangeSet, Fact

if TYPE_CHECKING:
    from dynzuora.comparison.usage.results import UsageFinding, UsageResult

TITLES = {"breaking": "Breaking", "warning": "Warnings", "info": "Notes"}
"""Severity → heading."""

AREAS: Mapping[str, str] = {
    "operation-removed": "Removed operations",
    "operation-added": "New operations",
    "operation-moved": "Moved operations",
    "operation": "Operations",
    "parameter": "Parameters",
    "header": "Headers",
    "body": "Bodies",
    "response": "Responses",
    "schema": "Schemas",
    "security": "Security",
    "sent": "Webhooks and callbacks",
    "version": "Versions of the server",
    "document": "The document",
}
"""A rule or an area → heading, in the order of the report."""

_KINDS = {"operation-id-changed": "operation-moved"}
"""A rule → the rule it is listed with."""

ONLY_NAMED = frozenset({"operation-removed", "operation-added"})
"""Rules whose changes only name an operation: listed as names, by tag."""

WITNESS = {"old": "no longer accepted", "new": "newly possible"}
"""The document that accepts a witness → its label."""


def not_compared(diff: ChangeSet) -> str:
    """Return the sentence about what was not compared; empty if everything was."""
    if not diff.not_compared:
        return ""
    return f"Not compared, for a document does not describe them validly: {', '.join(diff.not_compared)}."


def group(change: Change) -> str:
    """Return the key in `AREAS` under which a change is listed."""
    kind = _KINDS.get(change.id, change.id)
    return kind if kind in AREAS else change.area


def grouped(changes: Iterable[Change]) -> dict[str, list[Change]]:
    """Return changes by key of `AREAS`, without empty groups."""
    groups: dict[str, list[Change]] = {key: [] for key in AREAS}
    for change in changes:
        groups[group(change)].append(change)
    return {key: members for key, members in groups.items() if members}


def by_tag(changes: Iterable[Change]) -> dict[str, list[Change]]:
    """Return changes by their first tag."""
    groups: dict[str, list[Change]] = {}
    for change in changes:
        groups.setdefault(change.tags[0] if change.tags else "", []).append(change)
    return dict(sorted(groups.items()))


def plain(value: Any) -> Any:
    """Return a value that `json` cannot write as one that it can."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset | tuple):
        return sorted(value, key=str)
    return str(value)


# Text


def compact(value: Any, limit: int = 120) -> str:
    """Return a JSON value on one line, at most ``limit`` characters of it."""
    return cut(visible(json.dumps(value, ensure_ascii=False, default=plain)), limit)


def quoted(name: str) -> str:
    """Return a name as a literal that Python and JSON read alike."""
    return json.dumps(visible(name), ensure_ascii=False)


def short(value: Any, limit: int) -> str:
    """Return a value for a table: text as it is, anything else as JSON."""
    return cut(visible(value), limit) if isinstance(value, str) else compact(value, limit)


def count(number: int, one: str) -> str:
    """Return ``1 operation``, ``1,200 operations``."""
    return f"{number:,} {one if number == 1 else one + 's'}"


def reach(change: Change, most: int) -> str:
    """Return the operations that a change reaches, at most ``most`` by name."""
    names = ", ".join(map(visible, change.operations[:most]))
    rest = len(change.operations) - most
    return f"{names} and {rest:,} more" if rest > 0 else names


def old_and_new(fact: Change | Fact, limit: int = 120) -> tuple[str, str]:
    """Return the old and the new value as text; empty if there is none, or it only repeats the name."""
    old, new = (
        "" if value is None or value == fact.field else short(value, limit) for value in (fact.old, fact.new)
    )
    return old, new


def files_read(usage: UsageResult) -> str:
    """Return ``3 files read, 12 uses of 5 operations``."""
    files, uses = count(len(usage.files), "file"), count(usage.uses, "use")
    return f"{files} read, {uses} of {count(len(usage.operations), 'operation')}"


def lines_to_change(usage: UsageResult) -> str:
    """Return ``3 lines to change``, or that nothing breaks, as far as something was found."""
    lines = len({finding.location for finding in usage.findings})
    if lines:
        return f"{count(lines, 'line')} to change"
    if not usage.uses:
        return "no use of an operation was found"
    return "nothing that can be followed breaks" if usage.unresolved else "nothing breaks"


def with_advice(finding: UsageFinding) -> str:
    """Return a finding as one line: the operation, the reason, and what to write instead."""
    may = "may break: " if finding.severity != "breaking" else ""
    instead = f" → {visible(finding.instead)}" if finding.instead else ""
    return f"{visible(finding.operation)}: {may}{visible(finding.reason)}{instead}"


def is_code(instead: str) -> bool:
    """Whether ``instead`` is code to paste rather than advice."""
    return bool(re.match(r"""["'.\[{]|\w+=""", instead))


def sentence(message: str) -> str:
    """Return a message as a sentence."""
    text = visible(message)
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."
