"""The report as one HTML file that works offline, and as a notebook shows it.

jinja2 fills it in with autoescape on. A content security policy forbids every request, and
every script and style but the file's own. To keep the file small, operations are written
as ranges of numbers (a change may reach three hundred), and all but the first facts are
packed (there are thousands); the script unpacks them when an entry is opened.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from dynzuora import display
from dynzuora._text import cut, visible
from dynzuora.comparison.changes import SEVERITIES, Change, ChangeSet, Fact, Severity
from dynzuora.comparison.reports import view
from dynzuora.display import html_file

if TYPE_CHECKING:
    from dynzuora.comparison.usage.results import UsageResult

_MOST_FACTS = 6
_MOST_MESSAGE = 240
_MOST_NAMES = 6
_NOTEBOOK_ROWS = 15


def html(diff: ChangeSet, usage: UsageResult | None = None) -> str:
    """Return the report as one HTML file: search, filters, deep links, dark mode, print."""
    style, script = (Markup(display.render(f"diff_{name}")) for name in ("style", "script"))
    numbers = _numbers(diff)
    tags = sorted({tag for change in diff.changes for tag in change.tags}, key=str.casefold)
    return display.render(
        "diff",
        title=visible(diff.new.title),
        old=visible(diff.old.label),
        new=visible(diff.new.label),
        old_title=visible(diff.old.title),
        counts=[
            {"key": severity, "title": view.TITLES[severity], "number": f"{len(diff.of(severity)):,}"}
            for severity in SEVERITIES
        ],
        facts_line=_facts_line(diff),
        usage=_usage(usage) if usage is not None else None,
        sections=[
            _section(severity, diff.of(severity), numbers, tags)
            for severity in SEVERITIES
            if diff.of(severity)
        ],
        tags=list(map(visible, tags)),
        operations=list(map(visible, numbers)),
        aliases=[(visible(old), visible(new)) for old, new in sorted(diff.aliases.items())],
        not_compared=visible(view.not_compared(diff)),
        surface=[
            {
                "operation": visible(signature.operation),
                "old": _arguments(signature.old, signature.new),
                "new": _arguments(signature.new, signature.old),
            }
            for signature in diff.surface
        ],
        names=Markup(html_file.script_json(list(map(visible, numbers)))),
        facts=Markup(html_file.packed(_more_facts(diff))),
        style=style,
        script=script,
        policy=html_file.policy(style=style, script=script),
    )


def _more_facts(diff: ChangeSet) -> dict[str, list[tuple[str, ...]]]:
    """Return fingerprint → the facts that are not shown at once."""
    return {
        change.fingerprint: [tuple(_fact(fact).values()) for fact in change.facts[_MOST_FACTS:]]
        for change in diff.changes
        if len(change.facts) > _MOST_FACTS
    }


def _numbers(diff: ChangeSet) -> dict[str, int]:
    """Return each operation that a change reaches → its number in the file."""
    names = {name for change in diff.changes for name in change.operations}
    return {name: number for number, name in enumerate(sorted(names, key=str.casefold))}


def ranges(numbers: Sequence[int]) -> str:
    """Return numbers as ascending ranges.

    >>> ranges([0, 1, 2, 5, 7, 8])
    '0-2 5 7-8'
    """
    parts: list[list[int]] = []
    for number in sorted(numbers):
        if parts and parts[-1][1] == number - 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return " ".join(f"{first}-{last}" if last > first else str(first) for first, last in parts)


def _arguments(arguments: Sequence[str], others: Sequence[str]) -> list[dict[str, Any]]:
    """Return the arguments of one document's signature, each with whether the other lacks it."""
    return [{"text": visible(argument), "changed": argument not in others} for argument in arguments]


def _facts_line(diff: ChangeSet) -> list[str]:
    rules = [change.id for change in diff.changes]
    kinds = [move.kind for move in diff.moves]
    numbers = (
        (rules.count("operation-removed"), "removed"),
        (rules.count("operation-added"), "added"),
        (kinds.count("operation-path"), "moved to another path"),
        (kinds.count("operation-id"), "with a new id"),
    )
    counts = [f"{number:,} {words}" for number, words in numbers if number]
    return [f"{diff.old.operations:,} → {diff.new.operations:,} operations", *counts]


def _section(
    severity: Severity, changes: Sequence[Change], numbers: Mapping[str, int], tags: Sequence[str]
) -> dict[str, Any]:
    groups = []
    tag_numbers = {tag: number for number, tag in enumerate(tags)}
    for key, members in view.grouped(changes).items():
        bare = key in view.ONLY_NAMED
        parts = view.by_tag(members).items() if bare else [("", members)]
        groups.append(
            {
                "key": key,
                "title": view.AREAS[key],
                "number": f"{len(members):,}",
                "bare": bare,
                "parts": [
                    {
                        "tag": visible(tag) or "untagged",
                        "number": f"{len(tagged):,}",
                        "entries": [_entry(change, numbers, tag_numbers) for change in tagged],
                    }
                    for tag, tagged in parts
                ],
            }
        )
    return {
        "key": severity,
        "title": view.TITLES[severity],
        "number": f"{len(changes):,}",
        "groups": groups,
    }


def _entry(change: Change, numbers: Mapping[str, int], tags: Mapping[str, int]) -> dict[str, Any]:
    facts = change.facts if len(change.facts) > 1 else ()
    old, new = ("", "") if facts else view.old_and_new(change)
    witness = change.witness
    names = list(map(visible, change.operations[:_MOST_NAMES]))
    return {
        "fingerprint": change.fingerprint,
        "rule": change.id,
        "where": visible(change.where),
        "message": cut(view.sentence(change.message), _MOST_MESSAGE),
        "direction": change.direction,
        "operations": ranges([numbers[name] for name in change.operations]),
        "reach": view.count(len(change.operations), "operation") if change.operations else "",
        "names": names,
        "more": len(change.operations) - len(names),
        "tags": ranges([tags[tag] for tag in change.tags]),
        "old": old,
        "new": new,
        "verdicts": [verdict._asdict() for verdict in change.verdicts],
        "witness": {
            "words": view.WITNESS[witness.valid],
            "value": view.compact(witness.value, 400),
            "problem": visible(witness.problem),
        }
        if witness
        else None,
        "facts": [_fact(fact) for fact in facts[:_MOST_FACTS]],
        "facts_left": f"{len(facts) - _MOST_FACTS:,}" if len(facts) > _MOST_FACTS else "",
    }


def _fact(fact: Fact) -> dict[str, str]:
    old, new = view.old_and_new(fact, 80)
    return {"where": visible(fact.where), "old": old, "new": new}


def _usage(usage: UsageResult) -> dict[str, Any]:
    return {
        "heading": view.lines_to_change(usage),
        "read": view.files_read(usage),
        "findings": [
            {
                "location": visible(finding.location),
                "operation": visible(finding.operation),
                "severity": finding.severity,
                "reason": visible(finding.reason),
                "instead": visible(finding.instead),
                "instead_is_code": view.is_code(finding.instead),
                "changes": finding.changes[:3],
                "fingerprint": finding.fingerprint,
            }
            for finding in usage.findings
        ],
        "unresolved": [
            {
                "location": visible(unresolved.location),
                "why": visible(unresolved.why),
                "code": visible(unresolved.code),
            }
            for unresolved in usage.unresolved
        ],
    }


def notebook(diff: ChangeSet) -> str:
    """Return what a notebook shows: tables that need neither style sheet nor script."""
    breaking = [change for change in diff.breaking if change.id not in view.ONLY_NAMED]
    removed = [change for change in diff.changes if change.id == "operation-removed"]
    return display.render(
        "diff_notebook",
        title=visible(diff.new.title),
        old=visible(diff.old.label),
        new=visible(diff.new.label),
        counts=[(f"{len(diff.of(severity)):,}", view.TITLES[severity].lower()) for severity in SEVERITIES],
        facts_line=_facts_line(diff),
        removed=[
            (visible(tag) or "untagged", [visible(change.where) for change in tagged])
            for tag, tagged in view.by_tag(removed).items()
        ],
        removed_number=f"{len(removed):,}",
        rows=[
            {
                "where": visible(change.where),
                "message": view.sentence(change.message),
                "direction": change.direction,
                "reach": view.reach(change, 1),
            }
            for change in breaking[:_NOTEBOOK_ROWS]
        ],
        rows_number=f"{len(breaking):,}",
        rows_left=f"{len(breaking) - _NOTEBOOK_ROWS:,}" if len(breaking) > _NOTEBOOK_ROWS else "",
        moved=view.count(len(diff.aliases), "old name"),
        aliases=[(visible(old), visible(new)) for old, new in sorted(diff.aliases.items())],
    )


def usage_notebook(usage: UsageResult) -> str:
    """Return what a notebook shows of the code that breaks."""
    return display.render("diff_usage", usage=_usage(usage))
