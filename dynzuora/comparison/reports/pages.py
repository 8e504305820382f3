"""The report as one HTML file that needs no network, and as a notebook shows it.

The page is filled by jinja2 with autoescape on. A content security policy forbids every
request, and every script and style but the two that the page was made with. What makes a
page heavy is put in when an entry is opened: operations are ranges of numbers (a change
may reach three hundred), and all but the first facts are packed (there are thousands).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dynzuora import display
from dynzuora._text import cut, visible
from dynzuora.comparison.changes import SEVERITIES, Change, Diff, Severity, Signature
from dynzuora.comparison.reports import view
from dynzuora.display import html_file

if TYPE_CHECKING:
    from dynzuora.comparison.usage import Usage

_MOST_FACTS = 6
_MOST_MESSAGE = 240
_MOST_NAMES = 6
_NOTEBOOK_ROWS = 15


def html(diff: Diff, usage: Usage | None = None) -> str:
    """Return the report as one HTML file: search, filters, deep links, dark mode, print."""
    from markupsafe import Markup  # comes with jinja2

    style, script = (Markup(display.render(f"diff_{each}")) for each in ("style", "script"))
    numbers = _numbers(diff)
    tags = sorted({tag for each in diff.changes for tag in each.tags}, key=str.casefold)
    return display.render(
        "diff",
        title=visible(diff.new.title),
        old=visible(diff.old.version),
        new=visible(diff.new.version),
        old_title=visible(diff.old.title),
        counts=[
            {"key": each, "title": view.TITLES[each], "number": f"{len(diff.of(each)):,}"}
            for each in SEVERITIES
        ],
        facts_line=_facts_line(diff),
        usage=_usage(usage) if usage is not None else None,
        sections=[_section(diff, each, numbers, tags) for each in SEVERITIES if diff.of(each)],
        tags=[visible(each) for each in tags],
        operations=list(map(visible, numbers)),
        aliases=[(visible(old), visible(new)) for old, new in sorted(diff.aliases.items())],
        surface=[
            {"operation": visible(each.operation), "old": sides[0], "new": sides[1]}
            for each in diff.surface
            for sides in [_sides(each)]
        ],
        names=Markup(html_file.script_json(list(map(visible, numbers)))),
        facts=Markup(html_file.packed(_more_facts(diff))),
        style=style,
        script=script,
        policy=html_file.policy(style=style, script=script),
    )


def _more_facts(diff: Diff) -> dict[str, list[tuple[str, ...]]]:
    """Fingerprint → the facts that the page does not show at once."""
    return {
        each.fingerprint: [tuple(_fact(fact).values()) for fact in each.facts[_MOST_FACTS:]]
        for each in diff.changes
        if len(each.facts) > _MOST_FACTS
    }


def _numbers(diff: Diff) -> dict[str, int]:
    """Every operation that a change reaches → its number on the page."""
    found = {name for each in diff.changes for name in each.operations}
    return {name: number for number, name in enumerate(sorted(found, key=str.casefold))}


def ranges(numbers: Sequence[int]) -> str:
    """Return ascending numbers as text.

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


def _sides(signature: Signature) -> list[list[dict[str, Any]]]:
    """The parameters of a signature before and now, each with whether the other side has it."""
    return [
        [{"text": visible(each), "changed": each not in other} for each in side]
        for side, other in ((signature.old, signature.new), (signature.new, signature.old))
    ]


def _facts_line(diff: Diff) -> list[str]:
    rules = [each.id for each in diff.changes]
    numbers = (
        (rules.count("operation-removed"), "gone"),
        (rules.count("operation-added"), "new"),
        (sum(each.kind == "operation-path" for each in diff.moves), "on another path"),
        (sum(each.kind == "operation-id" for each in diff.moves), "under another id"),
    )
    told = [f"{number:,} {words}" for number, words in numbers if number]
    return [f"{diff.old.operations:,} → {diff.new.operations:,} operations", *told]


def _section(
    diff: Diff, severity: Severity, numbers: Mapping[str, int], tags: Sequence[str]
) -> dict[str, Any]:
    groups = []
    places = {tag: number for number, tag in enumerate(tags)}
    for key, members in view.grouped(diff.of(severity)).items():
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
                        "number": f"{len(same):,}",
                        "entries": [_entry(each, numbers, places) for each in same],
                    }
                    for tag, same in parts
                ],
            }
        )
    return {
        "key": severity,
        "title": view.TITLES[severity],
        "number": f"{len(diff.of(severity)):,}",
        "groups": groups,
    }


def _entry(change: Change, numbers: Mapping[str, int], tags: Mapping[str, int]) -> dict[str, Any]:
    facts = change.facts if len(change.facts) > 1 else ()
    old, new = ("", "") if facts else view.was_and_is(change)
    witness = change.witness
    names = [visible(each) for each in change.operations[:_MOST_NAMES]]
    return {
        "fingerprint": change.fingerprint,
        "rule": change.id,
        "where": visible(change.where),
        "message": cut(view.sentence(change.message), _MOST_MESSAGE),
        "direction": change.direction,
        "operations": ranges([numbers[each] for each in change.operations]),
        "reach": view.count(len(change.operations), "operation") if change.operations else "",
        "names": names,
        "more": len(change.operations) - len(names),
        "tags": ranges([tags[each] for each in change.tags]),
        "old": old,
        "new": new,
        "verdicts": [each._asdict() for each in change.verdicts],
        "witness": {
            "words": view.WITNESS[witness.valid],
            "value": view.compact(witness.value, 400),
            "problem": visible(witness.problem),
        }
        if witness
        else None,
        "facts": [_fact(each) for each in facts[:_MOST_FACTS]],
        "facts_left": f"{len(facts) - _MOST_FACTS:,}" if len(facts) > _MOST_FACTS else "",
    }


def _fact(fact: Any) -> dict[str, str]:
    old, new = view.was_and_is(fact, 80)
    return {"where": visible(fact.where), "old": old, "new": new}


def _usage(usage: Usage) -> dict[str, Any]:
    return {
        "heading": view.lines_to_change(usage),
        "read": view.what_was_read(usage),
        "findings": [
            {
                "place": visible(each.place),
                "operation": visible(each.operation),
                "severity": each.severity,
                "reason": visible(each.reason),
                "instead": visible(each.instead),
                "instead_is_code": view.is_code(each.instead),
                "changes": each.changes[:3],
                "fingerprint": each.fingerprint,
            }
            for each in usage.findings
        ],
        "unresolved": [
            {"place": visible(each.place), "why": visible(each.why), "code": visible(each.text)}
            for each in usage.unresolved
        ],
    }


def notebook(diff: Diff) -> str:
    """Return what a notebook shows: tables only, readable without style sheet and script."""
    named = [each for each in diff.breaking if each.id not in view.ONLY_NAMED]
    gone = [each for each in diff.changes if each.id == "operation-removed"]
    return display.render(
        "diff_notebook",
        title=visible(diff.new.title),
        old=visible(diff.old.version),
        new=visible(diff.new.version),
        counts=[(f"{len(diff.of(each)):,}", view.TITLES[each].lower()) for each in SEVERITIES],
        facts_line=_facts_line(diff),
        gone=[
            (visible(tag) or "untagged", [visible(each.where) for each in same])
            for tag, same in view.by_tag(gone).items()
        ],
        gone_number=f"{len(gone):,}",
        rows=[
            {
                "where": visible(each.where),
                "message": view.sentence(each.message),
                "direction": each.direction,
                "reach": view.reach(each, 1),
            }
            for each in named[:_NOTEBOOK_ROWS]
        ],
        rows_number=f"{len(named):,}",
        rows_left=f"{len(named) - _NOTEBOOK_ROWS:,}" if len(named) > _NOTEBOOK_ROWS else "",
        moved=view.count(len(diff.aliases), "old name"),
        aliases=[(visible(old), visible(new)) for old, new in sorted(diff.aliases.items())],
    )


def usage_notebook(usage: Usage) -> str:
    """Return what a notebook shows of the uses that break."""
    return display.render("diff_usage", usage=_usage(usage))
