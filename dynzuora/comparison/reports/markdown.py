"""The report for a pull request: the verdict first, details folded, never longer than a comment may be.

Everything that a document says is escaped or put in code, so that it neither formats,
nor links, nor mentions anybody.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from dynzuora._text import cut, visible
from dynzuora.comparison.changes import Change, Diff, Severity
from dynzuora.comparison.reports import view

if TYPE_CHECKING:
    from dynzuora.comparison.usage import Usage

LONGEST = 60_000
"""GitHub refuses comments above 65,536 characters."""

_FIRST = 10
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|~$>-])")


def prose(text: object) -> str:
    """Return text that Markdown shows as it is."""
    escaped = _SPECIAL.sub(r"\\\1", visible(text))
    return escaped.replace("&", "&amp;").replace("<", "&lt;").replace("@", "&#64;").replace("://", "&#58;//")


def code(text: object, limit: int = 100) -> str:
    """Return text as a code span, whatever quotes it holds."""
    shown = cut(visible(text), limit).replace("|", "¦") or " "
    longest = max((len(each) for each in re.findall("`+", shown)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def markdown(diff: Diff, usage: Usage | None = None) -> str:
    """Return the report as GitHub-flavoured Markdown, at most `LONGEST` characters."""
    parts = [
        f"## {prose(diff.new.title)}: {code(diff.old.version)} → {code(diff.new.version)}",
        _summary(diff),
        *(_usage(usage) if usage is not None else []),
        _first(diff.of("breaking")),
        _section(diff, "breaking"),
        _section(diff, "warning"),
        _aliases(diff) if diff.aliases else "",
        _section(diff, "info"),
    ]
    return _fitted([each for each in parts if each])


def _section(diff: Diff, severity: Severity) -> str:
    changes = diff.of(severity)
    return _folded(f"{view.TITLES[severity]} ({len(changes):,})", _groups(changes))


def _summary(diff: Diff) -> str:
    numbers = [
        f"**{len(diff.of('breaking')):,} breaking**",
        f"{len(diff.of('warning')):,} warnings",
        f"{len(diff.of('info')):,} notes",
        f"{diff.old.operations:,} → {diff.new.operations:,} operations",
    ]
    return " · ".join(numbers) if diff.changes else "Nothing changed."


def _first(changes: Sequence[Change]) -> str:
    """The first breaking changes in full view; those of the same kind are one line."""
    lines = []
    for key, members in view.grouped(changes).items():
        if key in view.ONLY_NAMED:
            lines.append(f"- **{view.AREAS[key]}**: {len(members):,}")
        else:
            lines += [_line(each) for each in members]
    shown = lines[:_FIRST]
    if len(lines) > _FIRST:
        shown.append(f"- … {len(lines) - _FIRST:,} more below")
    return "\n".join(shown)


def _line(change: Change) -> str:
    reached = f" ({view.count(len(change.operations), 'operation')})" if len(change.operations) > 1 else ""
    direction = f" _{change.direction}_" if change.direction else ""
    return f"- {code(change.where)}{direction} {prose(view.sentence(change.message))}{reached}"


def _usage(usage: Usage) -> list[str]:
    parts = [f"### Your code: {view.lines_to_change(usage)}"]
    if usage.findings:
        rows = ["| where | what | write instead |", "|---|---|---|"]
        for each in usage.findings:
            may = "may break: " if each.severity != "breaking" else ""
            instead = (code if view.is_code(each.instead) else prose)(each.instead)
            rows.append(f"| {code(each.place)} | {may}{prose(each.reason)} | {instead} |")
        parts.append("\n".join(rows))
    parts.append(f"{view.what_was_read(usage)}.")
    open_ones = [
        f"- {code(each.place)} {prose(each.why)}" + (f": {code(each.text)}" if each.text else "")
        for each in usage.unresolved
    ]
    parts.append(_folded(f"Not resolved ({len(open_ones):,}): look at these yourself", open_ones))
    return parts


def _groups(changes: Sequence[Change]) -> Iterator[str]:
    for key, members in view.grouped(changes).items():
        yield f"\n#### {view.AREAS[key]} ({len(members):,})\n"
        if key in view.ONLY_NAMED:
            for tag, same in view.by_tag(members).items():
                names = ", ".join(code(each.where) for each in same)
                yield f"- {prose(tag) or 'untagged'}: {names}"
        else:
            for change in members:
                yield _line(change)
                if change.witness is not None:
                    value = code(view.compact(change.witness.value, 100))
                    yield f"  - {view.WITNESS[change.witness.valid]}: {value}"


def _aliases(diff: Diff) -> str:
    pairs = [f"    {view.quoted(old)}: {view.quoted(new)}," for old, new in sorted(diff.aliases.items())]
    text = "\n".join(["Client(aliases={", *pairs, "})"]).replace("```", "'''")
    return _folded(f"Aliases for old names ({len(pairs):,})", ["```python", text, "```"])


def _folded(title: str, lines: Iterable[str]) -> str:
    """A ``<details>`` block; its lines come last when the report has to be cut."""
    body = "\n".join(lines)
    return f"<details><summary>{title}</summary>\n\n{body.strip()}\n\n</details>" if body else ""


def _fitted(parts: Sequence[str]) -> str:
    """Join the parts, cutting the lines of folded ones from the last until it is short enough."""
    kept = list(parts)
    for number in range(len(kept) - 1, -1, -1):
        excess = sum(len(each) + 2 for each in kept) - LONGEST
        if excess <= 0:
            break
        kept[number] = _shortened(kept[number], excess)
    return "\n\n".join(kept) + "\n"


def _shortened(part: str, excess: int) -> str:
    """Return ``part`` without its last lines, still well-formed, with a word about what is missing."""
    head, *lines = part.split("\n")
    end = lines[-2:] if part.endswith("</details>") else []
    body = lines[: len(lines) - len(end)]
    left_out = 0
    gone = 0
    while body and gone < excess + 80:
        gone += len(body.pop()) + 1
        left_out += 1
    if "```python" in body:
        body.append("```")
    note = f"\n… {view.count(left_out, 'line')} left out; the HTML and JSON reports have everything."
    return "\n".join([head, *body, note, *end])
