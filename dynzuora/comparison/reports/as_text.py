"""The report for a terminal: breaking changes first, one line each; notes are only counted.

Wrapped to the terminal's width, but neither wrapped nor coloured in a pipe, so that
``grep`` finds whole entries.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from dynzuora._text import visible
from dynzuora.comparison.changes import SEVERITIES, Change, ChangeSet
from dynzuora.comparison.reports import view

if TYPE_CHECKING:
    from dynzuora.comparison.usage.results import UsageFinding, UsageResult

_STYLES = {"breaking": "\x1b[1;31m", "warning": "\x1b[33m", "info": "\x1b[2m", "strong": "\x1b[1m"}
_PLAIN = "\x1b[0m"
_MOST_ALIASES = 20


class Writer:
    """Collects lines of text, wrapped to ``width`` and coloured if asked."""

    def __init__(self, width: int | None, color: bool) -> None:
        self._width = width
        self._color = color
        self.lines: list[str] = []

    def add(self, text: str, indent: int = 0, style: str = "") -> None:
        """Add one paragraph with a hanging indent of two."""
        if self._width is None:
            lines = [" " * indent + text]
        else:
            lines = textwrap.wrap(
                text,
                max(self._width, 40),
                initial_indent=" " * indent,
                subsequent_indent=" " * (indent + 2),
                break_on_hyphens=False,
            )
        for line in lines or [""]:
            bare = line.lstrip()
            start = line[: len(line) - len(bare)]
            colored = self._color and style and bare
            self.lines.append(f"{start}{_STYLES[style]}{bare}{_PLAIN}" if colored else line)

    def gap(self) -> None:
        if self.lines and self.lines[-1]:
            self.lines.append("")

    def __str__(self) -> str:
        return "\n".join(self.lines).rstrip() + "\n"


def text(
    diff: ChangeSet, usage: UsageResult | None = None, *, width: int | None = None, color: bool = False
) -> str:
    """Return the report as text, wrapped to ``width``; with ``usage``, only what concerns that code."""
    writer = Writer(width, color)
    old, new = diff.old, diff.new
    title = visible(new.title)
    writer.add(f"{title}: {visible(old.label)} → {visible(new.label)}", style="strong")
    counts = [f"{len(diff.of(severity)):,} {view.TITLES[severity].lower()}" for severity in SEVERITIES]
    writer.add(f"{old.operations:,} → {new.operations:,} operations · {' · '.join(counts)}")
    if usage is not None:
        _usage(writer, usage)
        _aliases(writer, {old: new for old, new in diff.aliases.items() if old in usage.operations})
        return str(writer)
    _severe(writer, "breaking", diff.of("breaking"))
    _severe(writer, "warning", diff.of("warning"))
    _notes(writer, diff.of("info"))
    _aliases(writer, diff.aliases)
    if diff.not_compared:
        writer.gap()
        writer.add(visible(view.not_compared(diff)))
    return str(writer)


def usage_text(usage: UsageResult) -> str:
    """Return the part of the report that is about the caller's code."""
    writer = Writer(None, False)
    _usage(writer, usage)
    return str(writer)


def _usage(writer: Writer, usage: UsageResult) -> None:
    writer.gap()
    heading = f"Your code: {view.lines_to_change(usage)} ({view.files_read(usage)})"
    writer.add(heading, style="breaking" if usage.breaking else "strong")
    for finding in usage.findings:
        _finding(writer, finding)
    if usage.unresolved:
        writer.gap()
        heading = f"Unresolved ({len(usage.unresolved):,}); check these yourself"
        writer.add(heading, indent=2, style="warning")
        for unresolved in usage.unresolved:
            code = f": {visible(unresolved.code)}" if unresolved.code else ""
            writer.add(f"{visible(unresolved.location)}  {visible(unresolved.why)}{code}", indent=4)


def _finding(writer: Writer, finding: UsageFinding) -> None:
    may = "may break: " if finding.severity != "breaking" else ""
    line = f"{visible(finding.location)}  {visible(finding.operation)}: {may}{visible(finding.reason)}"
    writer.add(line, indent=2)
    if finding.instead:
        writer.add(f"→ {visible(finding.instead)}", indent=6)


def _severe(writer: Writer, severity: str, changes: Sequence[Change]) -> None:
    if not changes:
        return
    writer.gap()
    writer.add(f"{view.TITLES[severity]} ({len(changes):,})", style=severity)
    for key, members in view.grouped(changes).items():
        writer.gap()
        writer.add(f"{view.AREAS[key]} ({len(members):,})", indent=2, style="strong")
        if key in view.ONLY_NAMED:
            _named(writer, members)
        else:
            for change in members:
                _entry(writer, change)


def _named(writer: Writer, changes: Iterable[Change]) -> None:
    for tag, members in view.by_tag(changes).items():
        names = ", ".join(visible(change.where) for change in members)
        writer.add(f"{visible(tag) or 'untagged'} ({len(members):,}): {names}", indent=4)


def _entry(writer: Writer, change: Change) -> None:
    writer.add(f"{visible(change.where)}: {view.sentence(change.message)}", indent=4)
    number = view.count(len(change.operations), "operation") if len(change.operations) > 1 else ""
    details = " · ".join(filter(None, (change.direction, number)))
    operations = view.reach(change, 3) if change.area != "operation" else ""
    if details or operations:
        writer.add(": ".join(filter(None, (details, operations))), indent=6, style="info")
    if change.witness is not None:
        value = view.compact(change.witness.value, 100)
        writer.add(f"{view.WITNESS[change.witness.valid]}: {value}", indent=6, style="info")


def _notes(writer: Writer, changes: Sequence[Change]) -> None:
    if not changes:
        return
    writer.gap()
    writer.add(f"Notes ({len(changes):,}); --format html or json lists them", style="strong")
    counts = Counter(change.id for change in changes)
    for rule, number in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        writer.add(f"{number:6,}  {rule}", indent=2)


def _aliases(writer: Writer, aliases: Mapping[str, str]) -> None:
    if not aliases:
        return
    writer.gap()
    writer.add("These aliases keep old names working", style="strong")
    items = [f"{view.quoted(old)}: {view.quoted(new)}" for old, new in sorted(aliases.items())]
    more = ", …" if len(items) > _MOST_ALIASES else ""
    writer.add(f"Client(aliases={{{', '.join(items[:_MOST_ALIASES])}{more}}})", 2)
