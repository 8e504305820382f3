"""A document as one HTML file: search, operation cards, schema trees.

The list of operations is plain HTML, so it appears at once. Everything else is compressed
data, from which the script renders a card when it is opened; so recursive schemas are fine.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup

from dynzuora import _json, display
from dynzuora._media_types import is_json
from dynzuora.comparison.changes import SEVERITIES
from dynzuora.display import cards, html_file
from dynzuora.search.tables import tables

if TYPE_CHECKING:
    from dynzuora.comparison import Diff
    from dynzuora.comparison.changes import Change
    from dynzuora.operation import Document, Operation

UNTAGGED: Final = "untagged"
_WHOLE_OPERATIONS: Final = {"operation-added": "new", "operation-removed": "gone"}


def page(document: Document, *, changes: Diff | None = None, live: bool = False) -> str:
    """Return the document as one HTML file that works offline.

    ``changes`` is a comparison whose new side is ``document``; changed operations get a badge.
    ``live`` adds a form per operation that calls it, for the page that the sandbox serves.
    """
    style, script = (Markup(display.render(f"browse_{name}")) for name in ("style", "script"))
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
        searching=Markup(html_file.packed(tables(document.prepared))),
        style=style,
        script=script,
        policy=html_file.policy(style=style, script=script, calls_its_origin=live),
    )


def _by_tag(document: Document, reached: Mapping[str, list[Change]]) -> list[dict[str, Any]]:
    """Return the operations by their first tag, in the document's order of tags."""
    groups: dict[str, list[dict[str, Any]]] = {tag: [] for tag in document.prepared.tags}
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
    """Return the script's data: operations from their slices, and schemas once for all of them."""
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
        operation = document.operations[name]
        schemas.update(operation.slice.get("components", {}).get("schemas", {}))
        operations[name] = _operation(operation)
    numbers = {change.fingerprint: number for number, change in enumerate(changes.changes)} if changes else {}
    return {
        "live": live,
        "operations": operations,
        "schemas": schemas,
        "changes": [_change_row(change) for change in changes.changes] if changes else [],
        "reached": {
            name: [numbers[change.fingerprint] for change in reaching] for name, reaching in reached.items()
        },
    }


def _operation(operation: Operation) -> dict[str, Any]:
    own = [parameter.definition for parameter in operation.parameters]
    return {
        **{keyword: value for keyword, value in operation.slice.items() if keyword != "components"},
        "parameters": own,
        "shared": [parameter for parameter in operation.slice["parameters"] if parameter not in own],
        "examples": _examples(operation),
        "template": _template(operation),
    }


def _examples(operation: Operation) -> list[str]:
    card = operation.card()
    return [card["example"], cards.shell_example(card["id"], card["parameters"], card["body"])]


def _template(operation: Operation) -> str:
    """Return an example body as JSON text, empty if the operation has no JSON body."""
    if not operation.has_body or not is_json(operation.media_type):
        return ""
    return _json.encode(operation.template(), indent=2).decode()


def _reached(changes: Diff) -> dict[str, list[Change]]:
    """Return the operations' ids in the new document → their changes, worst first."""
    by_operation: dict[str, list[Change]] = {}
    for change in changes.changes:
        for name in change.operations if change.id != "operation-removed" else ():
            by_operation.setdefault(changes.aliases.get(name, name), []).append(change)
    return by_operation


def _badges(changes: list[Change]) -> list[dict[str, str]]:
    """Return the badge of a new or removed operation, else one per severity with a count."""
    if whole := [_WHOLE_OPERATIONS[change.id] for change in changes if change.id in _WHOLE_OPERATIONS]:
        return [{"kind": whole[0], "text": whole[0]}]
    numbers = {severity: sum(change.severity == severity for change in changes) for severity in SEVERITIES}
    return [
        {"kind": severity, "text": f"{number:,} {severity}"} for severity, number in numbers.items() if number
    ]


def _counts(changes: Diff) -> list[dict[str, str]]:
    return [{"key": severity, "number": f"{len(changes.of(severity)):,}"} for severity in SEVERITIES]


def _gone(changes: Diff) -> list[dict[str, str]]:
    return [
        {"id": name, "message": change.message}
        for change in changes.changes
        if change.id == "operation-removed"
        for name in change.operations
    ]


def _change_row(change: Change) -> list[str]:
    return [change.severity, change.direction, change.where, change.message]
