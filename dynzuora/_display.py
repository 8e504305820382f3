"""Plain values laid out as HTML (jinja2, autoescape always on) or as aligned text.

Knows no type of this package: it takes dicts, lists and text, so every public object
can show itself by handing over what it knows (``_cards`` chooses that). The HTML uses
no script, no style sheet and no colour of its own, so it reads in a dark theme, in an
untrusted notebook and where all markup but tables is stripped. Characters that would act
instead of show are escapes by the time they are laid out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from dynzuora._text import visible, visible_lines

if TYPE_CHECKING:
    import jinja2


def render(kind: str, **values: Any) -> str:
    """Return ``templates/{kind}.html.j2`` filled with ``values``; a missing value is an error."""
    return _environment().get_template(f"{kind}.html.j2").render(values)


@cache
def _environment() -> jinja2.Environment:
    import jinja2

    return jinja2.Environment(
        loader=jinja2.PackageLoader("dynzuora"),
        autoescape=True,
        finalize=lambda value: visible_lines(value) if type(value) is str else value,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def text_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return rows below their headings, columns aligned with spaces."""
    return text_columns([columns, *rows])


def text_columns(rows: Iterable[Sequence[str]]) -> str:
    """Return rows with their columns aligned with spaces."""
    lines = [[visible(each) for each in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def text_records(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return each row as lines of its own below its first cell, empty cells left out.

    For a terminal that is too narrow for columns: nothing is cut and nothing dropped.
    """
    width = max(map(len, columns[1:]), default=0)
    records = []
    for first, *rest in rows:
        named = zip(columns[1:], rest, strict=True)
        records.append("\n".join([first, *(f"  {name:<{width}}  {text}" for name, text in named if text)]))
    return "\n\n".join(records)


def operation_text(card: Mapping[str, Any]) -> str:
    """Return an operation card as text, as ``dynzuora show`` and ``help()`` print it."""
    parts = [f"{card['id']}{'  (deprecated)' if card['deprecated'] else ''}\n{card['method']} {card['path']}"]
    parts.append("\n\n".join(each for each in (card["summary"], card["description"]) if each))
    if card["fault"]:
        parts.append(f"This operation cannot be used: {card['fault']}")
    if card["parameters"]:
        parts.append("Parameters\n" + _indented(_parameter_table(card["parameters"])))
    if card["body"]:
        parts.append(_body_text(card["body"]))
    if card["responses"]:
        answers = (f"{each['status']}  {each['type']}".rstrip() for each in card["responses"])
        parts.append("Answers\n" + _indented("\n".join(answers)))
    return visible_lines("\n\n".join(parts))


def _parameter_table(parameters: Sequence[Mapping[str, Any]]) -> str:
    rows = [
        (
            each["name"] + ("*" if each["required"] else ""),
            each["location"],
            each["type"],
            _remark(each),
        )
        for each in parameters
    ]
    legend = "\n(* required)" if any(each["required"] for each in parameters) else ""
    return text_table(("name", "in", "type", ""), rows) + legend


def _body_text(body: Mapping[str, Any]) -> str:
    need = "required" if body["required"] else "optional"
    heading = f"Body ({body['media_type']}, {body['type']}, {need})"
    rows = list(_tree_rows(body["fields"], 0))
    lines = _indented(text_columns(rows)).splitlines() if rows else []
    if any(name.endswith("*") for name, *_ in rows):
        lines.append("  (* required)")
    if body["left_out"]:
        lines.append(f"  … {body['left_out']} more fields, not shown")
    return "\n".join([heading, *lines])


def _tree_rows(fields: Sequence[Mapping[str, Any]], level: int) -> Iterable[tuple[str, str, str]]:
    for each in fields:
        name = each["name"] + ("*" if each["required"] else "")
        yield f"{'  ' * level}{name}", each["type"], _remark(each)
        yield from _tree_rows(each["fields"], level + 1)


def _remark(row: Mapping[str, Any]) -> str:
    one_of = "one of " + ", ".join(row["allowed"]) if row["allowed"] else ""
    return "; ".join(each for each in (one_of, row["note"]) if each)


def _indented(text: str) -> str:
    return "\n".join(f"  {line}".rstrip() for line in text.splitlines())
