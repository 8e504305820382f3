"""A comparison as plain values, the same for every format, and how values become short text.

Names, messages and values come from documents that nobody here wrote: `visible` takes
the characters out that a terminal or a browser would act upon instead of showing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from dynzuora._text import cut, visible
from dynzuora.comparison.changes import SEVERITIES, Change, Diff, Fact

if TYPE_CHECKING:
    from dynzuora.comparison.usage import Doubt, Finding, Place, Usage

FORMAT = "dynzuora-diff"
FORMAT_VERSION = 1

TITLES = {"breaking": "Breaking", "warning": "Warnings", "info": "Notes"}
"""Severity → heading."""

AREAS: Mapping[str, str] = {
    "operation-removed": "Operations that are gone",
    "operation-added": "Operations that are new",
    "operation-moved": "Operations that moved",
    "operation": "Operations",
    "parameter": "Parameters",
    "header": "Headers",
    "body": "Bodies",
    "response": "Responses",
    "schema": "Schemas",
    "security": "Security",
    "document": "The document",
}
"""A rule or an area → heading, in the order in which they are shown."""


_KINDS = {"operation-id-changed": "operation-moved"}
"""A rule → the one it is shown with."""

ONLY_NAMED = frozenset({"operation-removed", "operation-added"})
"""Rules whose changes say nothing but which operation: shown as names below their tags."""

WITNESS = {"old": "taken before, refused now", "new": "possible now, not before"}
"""The document that accepts a witness → what that means."""


def group(change: Change) -> str:
    """Return the key in `AREAS` under which a change stands."""
    kind = _KINDS.get(change.id, change.id)
    return kind if kind in AREAS else change.area


def grouped(changes: Iterable[Change]) -> dict[str, list[Change]]:
    """Return changes below the keys of `AREAS`, empty ones left out."""
    found: dict[str, list[Change]] = {each: [] for each in AREAS}
    for change in changes:
        found[group(change)].append(change)
    return {key: members for key, members in found.items() if members}


def by_tag(changes: Iterable[Change]) -> dict[str, list[Change]]:
    """Return changes below their first tag."""
    found: dict[str, list[Change]] = {}
    for change in changes:
        found.setdefault(change.tags[0] if change.tags else "", []).append(change)
    return dict(sorted(found.items()))


def report(diff: Diff, usage: Usage | None = None) -> dict[str, Any]:
    """Return the whole comparison as ``report.schema.json`` describes it."""
    result: dict[str, Any] = {
        "format": FORMAT,
        "formatVersion": FORMAT_VERSION,
        "old": _side(diff.old),
        "new": _side(diff.new),
        "summary": {severity: len(diff.of(severity)) for severity in SEVERITIES},
        "changes": [_change(each) for each in diff.changes],
        "moves": [each._asdict() for each in diff.moves],
        "aliases": dict(diff.aliases),
        "surface": [each._asdict() for each in diff.surface],
    }
    if usage is not None:
        result["usage"] = {
            "files": list(usage.files),
            "uses": usage.uses,
            "operations": list(usage.operations),
            "findings": [_finding(each) for each in usage.findings],
            "unresolved": [_doubt(each) for each in usage.unresolved],
        }
    return result


def _side(side: Any) -> dict[str, Any]:
    return {"title": side.title, "version": side.version, "operations": side.operations}


def _change(change: Change) -> dict[str, Any]:
    values = change._asdict()
    values["verdicts"] = [each._asdict() for each in change.verdicts]
    values["facts"] = [each._asdict() for each in change.facts]
    values["witness"] = change.witness._asdict() if change.witness else None
    return values


def _place(place: Place) -> dict[str, Any]:
    return {"file": place.path, "cell": place.cell or None, "line": place.line}


def _finding(finding: Finding) -> dict[str, Any]:
    values = _place(finding.place) | finding._asdict() | {"fingerprint": finding.fingerprint}
    del values["place"]
    return values


def _doubt(doubt: Doubt) -> dict[str, Any]:
    return _place(doubt.place) | {"code": doubt.text, "why": doubt.why}


def as_json(diff: Diff, usage: Usage | None = None) -> str:
    """Return the report as JSON in ASCII, so that no character of a document acts on who prints it."""
    return json.dumps(report(diff, usage), ensure_ascii=True, indent=1, default=_plain) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset | tuple):
        return sorted(value, key=str)
    return str(value)


# Text


def compact(value: Any, limit: int = 120) -> str:
    """Return a JSON value as one line, cut where it is long."""
    return cut(visible(json.dumps(value, ensure_ascii=False, default=_plain)), limit)


def quoted(name: str) -> str:
    """Return a name as a literal that Python and JSON read alike."""
    return json.dumps(visible(name), ensure_ascii=False)


def short(value: Any, limit: int) -> str:
    """Return a value for a table: a text as it is, anything else as JSON."""
    return cut(visible(value), limit) if isinstance(value, str) else compact(value, limit)


def count(number: int, one: str) -> str:
    """Return ``1 operation``, ``1,200 operations``."""
    return f"{number:,} {one if number == 1 else one + 's'}"


def reach(change: Change, most: int) -> str:
    """Return the operations a change reaches, the first ones by name."""
    named = ", ".join(visible(each) for each in change.operations[:most])
    left = len(change.operations) - most
    return f"{named} and {left:,} more" if left > 0 else named


def was_and_is(fact: Change | Fact, limit: int = 120) -> tuple[str, str]:
    """Return the old and the new value as text; empty where there is none, or only the name again."""
    old, new = (
        "" if each is None or each == fact.field else short(each, limit) for each in (fact.old, fact.new)
    )
    return old, new


def what_was_read(usage: Usage) -> str:
    """Return ``3 files read, 12 uses of 5 operations``."""
    files, uses = count(len(usage.files), "file"), count(usage.uses, "use")
    return f"{files} read, {uses} of {count(len(usage.operations), 'operation')}"


def lines_to_change(usage: Usage) -> str:
    """Return ``3 lines to change``, or that nothing breaks."""
    lines = len({each.place for each in usage.findings})
    return f"{count(lines, 'line')} to change" if lines else "nothing breaks"


def is_code(instead: str) -> bool:
    """Whether what to write instead is code that can be pasted, not words about it."""
    return bool(re.match(r"""["'.\[{]|\w+=""", instead))


def sentence(message: str) -> str:
    """Return a message as a sentence."""
    text = visible(message)
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."
