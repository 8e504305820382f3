"""The report for a pull request: the summary first, details folded, short enough for a comment.

Everything that comes from a document is escaped or put in code, so that it cannot format
text, make links or mention people.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from dynzuora._text import cut, visible
from dynzuora.comparison.changes import Change, ChangeSet, Severity
from dynzuora.comparison.reports import view

if TYPE_CHECKING:
    from dynzuora.comparison.usage.results import UsageResult

LONGEST = 60_000
"""GitHub rejects comments above 65,536 characters."""

_FIRST = 10
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|~$>-])")


def prose(text: object) -> str:
    """Return text escaped for Markdown."""
    escaped = _SPECIAL.sub(r"\\\1", visible(text))
    return escaped.replace("&", "&amp;").replace("<", "&lt;").replace("@", "&#64;").replace("://", "&#58;//")


def code(text: object, limit: int = 100) -> str:
    """Return text as a code span, even if it contains backticks."""
    line = cut(visible(text), limit).replace("|", "¦") or " "
    longest = max(map(len, re.findall("`+", line)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def markdown(diff: ChangeSet, usage: UsageResult | None = None) -> str:
    """Return the report as GitHub-flavoured Markdown, at most `LONGEST` characters."""
    parts = [
        f"## {prose(diff.new.title)}: {code(diff.old.label)} → {code(diff.new.label)}",
        _summary(diff),
        *(_usage(usage) if usage is not None else []),
        _first(diff.of("breaking")),
        _section(diff, "breaking"),
        _section(diff, "warning"),
        _aliases(diff) if diff.aliases else "",
        _section(diff, "info"),
        prose(view.not_compared(diff)),
    ]
    return _fitted([part for part in parts if part])


def _section(diff: ChangeSet, severity: Severity) -> str:
    changes = diff.of(severity)
    return _folded(f"{view.TITLES[severity]} ({len(changes):,})", _groups(changes))


def _summary(diff: ChangeSet) -> str:
    numbers = [
        f"**{len(diff.of('breaking')):,} breaking**",
        f"{len(diff.of('warning')):,} warnings",
        f"{len(diff.of('info')):,} notes",
        f"{diff.old.operations:,} → {diff.new.operations:,} operations",
    ]
    return " · ".join(numbers) if diff.changes else "Nothing changed."


def _first(changes: Sequence[Change]) -> str:
    """Return the first breaking changes, unfolded; added and removed operations are only counted."""
    lines = []
    for key, members in view.grouped(changes).items():
        if key in view.ONLY_NAMED:
            lines.append(f"- **{view.AREAS[key]}**: {len(members):,}")
        else:
            lines += map(_line, members)
    if len(lines) > _FIRST:
        lines[_FIRST:] = [f"- … {len(lines) - _FIRST:,} more below"]
    return "\n".join(lines)


def _line(change: Change) -> str:
    number = f" ({view.count(len(change.operations), 'operation')})" if len(change.operations) > 1 else ""
    direction = f" _{change.direction}_" if change.direction else ""
    return f"- {code(change.where)}{direction} {prose(view.sentence(change.message))}{number}"


def _usage(usage: UsageResult) -> list[str]:
    parts = [f"### Your code: {view.lines_to_change(usage)}"]
    if usage.findings:
        rows = ["| where | what | write instead |", "|---|---|---|"]
        for finding in usage.findings:
            may = "may break: " if finding.severity != "breaking" else ""
            instead = (code if view.is_code(finding.instead) else prose)(finding.instead)
            rows.append(f"| {code(finding.location)} | {may}{prose(finding.reason)} | {instead} |")
        parts.append("\n".join(rows))
    parts.append(f"{view.files_read(usage)}.")
    lines = [
        f"- {code(unresolved.location)} {prose(unresolved.why)}"
        + (f": {code(unresolved.code)}" if unresolved.code else "")
        for unresolved in usage.unresolved
    ]
    parts.append(_folded(f"Unresolved ({len(lines):,}): check these yourself", lines))
    return parts


def _groups(changes: Sequence[Change]) -> Iterator[str]:
    for key, members in view.grouped(changes).items():
        yield f"\n#### {view.AREAS[key]} ({len(members):,})\n"
        if key in view.ONLY_NAMED:
            for tag, tagged in view.by_tag(members).items():
                names = ", ".join(code(change.where) for change in tagged)
                yield f"- {prose(tag) or 'untagged'}: {names}"
        else:
            for change in members:
                yield _line(change)
                if change.witness is not None:
                    value = code(view.compact(change.witness.value, 100))
                    yield f"  - {view.WITNESS[change.witness.valid]}: {value}"


def _aliases(diff: ChangeSet) -> str:
    pairs = [f"    {view.quoted(old)}: {view.quoted(new)}," for old, new in sorted(diff.aliases.items())]
    text = "\n".join(["Client(aliases={", *pairs, "})"]).replace("```", "'''")
    return _folded(f"Aliases for old names ({len(pairs):,})", ["```python", text, "```"])


def _folded(title: str, lines: Iterable[str]) -> str:
    """Return a ``<details>`` block, whose last lines go first when the report must be cut."""
    body = "\n".join(lines)
    return f"<details><summary>{title}</summary>\n\n{body.strip()}\n\n</details>" if body else ""


def _fitted(parts: Sequence[str]) -> str:
    """Join the parts, shortened from the last one on until they fit."""
    result = list(parts)
    for number in reversed(range(len(result))):
        excess = sum(len(part) + 2 for part in result) - LONGEST
        if excess <= 0:
            break
        result[number] = _shortened(result[number], excess)
    return "\n\n".join(result) + "\n"


def _shortened(part: str, excess: int) -> str:
    """Return ``part`` without its last lines, still well-formed, with a note on how many are missing."""
    head, *lines = part.split("\n")
    end = lines[-2:] if part.endswith("</details>") else []
    body = lines[: len(lines) - len(end)]
    omitted = 0
    freed = 0
    while body and freed < excess + 80:
        freed += len(body.pop()) + 1
        omitted += 1
    if "```python" in body:
        body.append("```")
    note = f"\n… {view.count(omitted, 'line')} omitted; the HTML and JSON reports are complete."
    return "\n".join([head, *body, note, *end])
