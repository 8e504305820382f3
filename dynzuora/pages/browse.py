"""A whole document as one HTML file to look at: search, operation cards, schema trees.

The operations by tag are plain HTML, everything else is packed for the script, which lays
out a card when one is opened: the list paints at once, and a schema that contains itself is no trouble.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from dynzuora import _json, display
from dynzuora._media_types import is_json
from dynzuora.comparison.changes import SEVERITIES
from dynzuora.display import cards, html_file

if TYPE_CHECKING:
    from dynzuora.comparison import Diff
    from dynzuora.comparison.changes import Change
    from dynzuora.operation import Document, Operation

UNTAGGED: Final = "untagged"
_WHOLE_OPERATIONS: Final = {"operation-added": "new", "operation-removed": "gone"}


def page(document: Document, *, changes: Diff | None = None, live: bool = False) -> str:
    """Return the document as one HTML file that needs no network.

    ``changes`` is a comparison that ends in ``document``: what it reaches gets a badge.
    ``live`` is for the page that the sandbox serves: a form per operation calls it.
    """
    from markupsafe import Markup  # comes with jinja2

    style, script = (Markup(display.render(f"browse_{each}")) for each in ("style", "script"))
    operations = document.operations
    reached = _reached(changes) if changes else {}
    return display.render(
        "browse",
        title=document.title,
        old=changes.old.version if changes else "",
        version=document.version,
        number=f"{len(operations):,}",
        counts=_counts(changes) if changes else [],
        tags=_by_tag(document, reached),
        gone=_gone(changes) if changes else [],
        live=live,
        contents=Markup(html_file.packed(_contents(document, changes, reached, live=live))),
        style=style,
        script=script,
        policy=html_file.policy(style=style, script=script, calls_its_origin=live),
    )


def _by_tag(document: Document, reached: Mapping[str, list[Change]]) -> list[dict[str, Any]]:
    """The rows of the list, each under the first of its tags, in the document's order of tags."""
    groups: dict[str, list[dict[str, Any]]] = {each: [] for each in document.prepared.tags}
    for name, entry in document.prepared.index.items():
        groups.setdefault(next(iter(entry.tags), UNTAGGED), []).append(
            {
                "id": name,
                "method": entry.method,
                "path": entry.path,
                "summary": entry.summary,
                "badges": _badges(reached.get(name, [])),
            }
        )
    return [{"name": name, "operations": rows} for name, rows in groups.items() if rows]


def _contents(
    document: Document, changes: Diff | None, reached: Mapping[str, list[Change]], *, live: bool
) -> dict[str, Any]:
    """What the script reads: operations as their slices say, the schemas once for all of them."""
    operations: dict[str, Any] = {}
    schemas: dict[str, Any] = {}
    for name, entry in document.prepared.index.items():
        if entry.fault:
            operations[name] = {
                "id": name,
                "fault": entry.fault,
                "parameters": [],
                "shared": [],
                "examples": [],
            }
            continue
        each = document.operations[name]
        schemas.update(each.slice.get("components", {}).get("schemas", {}))
        operations[name] = _operation(each)
    numbers = {each.fingerprint: number for number, each in enumerate(changes.changes)} if changes else {}
    return {
        "live": live,
        "operations": operations,
        "schemas": schemas,
        "changes": [_told(each) for each in changes.changes] if changes else [],
        "reached": {name: [numbers[each.fingerprint] for each in found] for name, found in reached.items()},
    }


def _operation(operation: Operation) -> dict[str, Any]:
    own = [each.definition for each in operation.parameters]
    return {
        **{keyword: value for keyword, value in operation.slice.items() if keyword != "components"},
        "parameters": own,
        "shared": [each for each in operation.slice["parameters"] if each not in own],
        "examples": _examples(operation),
        "template": _template(operation),
    }


def _examples(operation: Operation) -> list[str]:
    card = operation.card()
    return [card["example"], cards.shell_example(card["id"], card["parameters"], card["body"])]


def _template(operation: Operation) -> str:
    """A body to fill in, as text; empty where there is none or the schema gives none."""
    if not operation.has_body or not is_json(operation.media_type):
        return ""
    return _json.encode(operation.template(), indent=2).decode()


def _reached(changes: Diff) -> dict[str, list[Change]]:
    """Operation, as the new document calls it → the changes that reach it, worst first."""
    found: dict[str, list[Change]] = {}
    for change in changes.changes:
        for name in change.operations if change.id != "operation-removed" else ():
            found.setdefault(changes.aliases.get(name, name), []).append(change)
    return found


def _badges(changes: list[Change]) -> list[dict[str, str]]:
    """A whole operation's badge, else one per severity with the number of changes."""
    if whole := [_WHOLE_OPERATIONS[each.id] for each in changes if each.id in _WHOLE_OPERATIONS]:
        return [{"kind": whole[0], "text": whole[0]}]
    numbers = {each: sum(change.severity == each for change in changes) for each in SEVERITIES}
    return [{"kind": each, "text": f"{number:,} {each}"} for each, number in numbers.items() if number]


def _counts(changes: Diff) -> list[dict[str, str]]:
    return [{"key": each, "number": f"{len(changes.of(each)):,}"} for each in SEVERITIES]


def _gone(changes: Diff) -> list[dict[str, str]]:
    return [
        {"id": name, "message": change.message}
        for change in changes.changes
        if change.id == "operation-removed"
        for name in change.operations
    ]


def _told(change: Change) -> list[str]:
    return [change.severity, change.direction, change.where, change.message]
