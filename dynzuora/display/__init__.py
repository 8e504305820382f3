"""Plain values laid out as HTML (jinja2, autoescape always on) or as aligned text.

Knows no type of this package: it takes dicts, lists and text, so every public object
can show itself by handing over what it knows (`display.cards` chooses that). The HTML uses
no script, no style sheet and no colour of its own, so it reads in a dark theme, in an
untrusted notebook and where all markup but tables is stripped. Characters that would act
instead of show are escapes by the time they are laid out.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from dynzuora._packaged import packaged
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
        loader=jinja2.FunctionLoader(lambda name: packaged("display", "templates", name).read_text("utf-8")),
        autoescape=True,
        finalize=lambda value: visible_lines(value) if type(value) is str else value,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def text_width(text: str) -> int:
    """Return how many columns a terminal takes for ``text``: two for a wide character, none for a mark."""
    return len(text) if text.isascii() else sum(map(_cells, text))


@cache
def _cells(character: str) -> int:
    import unicodedata

    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def text_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return rows below their headings, columns aligned with spaces."""
    return text_columns([columns, *rows])


def text_columns(rows: Iterable[Sequence[str]]) -> str:
    """Return rows with their columns aligned with spaces."""
    lines = [[visible(each) for each in row] for row in rows]
    widths = [max(map(text_width, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        _GAP.join(_padded(text, width) for text, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def _padded(text: str, width: int) -> str:
    return text + " " * (width - text_width(text))


_GAP: Final = "  "
_BREAKS: Final = re.compile(r"(?<=[\s/,;])(?=\S)")
_HEADING_BREAKS: Final = re.compile(r"(?<=[\s.])(?=\S)")
"""Where a cell may go on in its next line: between words, and after the marks that join values or names."""
_LINES_A_ROW: Final = 2.5
"""How many lines the rows of a table may have on average, before records are easier to read."""

_Pieces = Sequence[str]
"""A cell cut where it may go on in its next line."""


def fitted_table(
    columns: Sequence[str], rows: Sequence[Sequence[str]], space: int
) -> tuple[list[str], list[str]] | None:
    """Return the lines of the headings and of the rows within ``space`` columns; None where that reads badly.

    A value is never broken but between its words. The first one of a row, which people
    copy, not even there: where it is too wide, the others follow in the next line.
    """
    cells = [[_HEADING_BREAKS.split(each) for each in columns]]
    cells += [[[row[0]], *map(_BREAKS.split, row[1:])] for row in rows]
    widths = _widths(list(zip(*cells, strict=True)), space)
    if widths is None:
        return None
    drawn = [_row_lines(row, widths) for row in cells]
    lines = [line for row in drawn[1:] for line in row]
    return (drawn[0], lines) if len(lines) <= _LINES_A_ROW * len(rows) else None


def _widths(columns: Sequence[Sequence[_Pieces]], space: int) -> list[int] | None:
    """Return the widths of columns: as wide as their cells, the widest ones first made narrower."""
    room = space - len(_GAP) * (len(columns) - 1)
    natural = [max(text_width("".join(cell)) for cell in column) for column in columns]
    narrowest = [max(text_width(piece.rstrip()) for cell in column for piece in cell) for column in columns]
    narrowest[0] = min(narrowest[0], space // 3)
    if natural[0] > space or sum(narrowest) > room:
        return None
    for cap in range(max(natural), 0, -1):
        widths = [max(least, min(most, cap)) for least, most in zip(narrowest, natural, strict=True)]
        if sum(widths) <= room:
            return widths
    return narrowest


def _row_lines(row: Sequence[_Pieces], widths: Sequence[int]) -> list[str]:
    cells = [_joined(cell, width) for cell, width in zip(row, widths, strict=True)]
    if text_width(cells[0][0]) > widths[0]:
        cells = [cells[0], *(["", *cell] for cell in cells[1:])]
    lines = itertools.zip_longest(*cells, fillvalue="")
    padded = ((_padded(text, width) for text, width in zip(line, widths, strict=True)) for line in lines)
    return [_GAP.join(line).rstrip() for line in padded]


def _joined(pieces: _Pieces, width: int) -> list[str]:
    """Return pieces of text as lines of at most ``width`` columns, but for a piece that is wider."""
    lines = [""]
    for piece in pieces:
        if lines[-1] and text_width((lines[-1] + piece).rstrip()) > width:
            lines.append("")
        lines[-1] += piece
    return [line.rstrip() for line in lines]


def text_records(columns: Sequence[str], rows: Iterable[Sequence[str]], space: int | None = None) -> str:
    """Return each cell on a line of its own behind its column's name, empty cells left out.

    For what is too wide for columns: nothing is cut and nothing dropped. A column without
    a name heads its record. Values go on in further lines where ``space`` columns end.
    """
    width = max(map(text_width, columns), default=0)
    if space is not None:
        width = min(width, space // 2)
    indent = _GAP if "" in columns else ""
    records = []
    for row in rows:
        named = [(name, text) for name, text in zip(columns, map(visible, row), strict=True) if text]
        lines = [line for name, text in named for line in _record_lines(name, text, width, indent, space)]
        records.append("\n".join(lines))
    return "\n\n".join(records)


def _record_lines(name: str, text: str, width: int, indent: str, space: int | None) -> Iterable[str]:
    if not name:
        yield text
        return
    start = f"{indent}{_padded(name, width)}{_GAP}"
    if space is None or text_width(start + text) <= space:
        yield start + text
        return
    below = " " * (len(indent) + width + len(_GAP))
    if text_width(name) > width:
        yield f"{indent}{name}"
        start = below
    for line in _joined(_BREAKS.split(text), max(space - len(below), 1)):
        yield start + line
        start = below


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
        answers = [line for each in card["responses"] for line in _answer_lines(each)]
        parts.append("\n".join(["Answers", *(f"  {line}" for line in answers)]))
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
    rows = list(_tree_rows(body["fields"], 0))
    starred = ", * must be there" if any(name.endswith("*") for name, *_ in rows) else ""
    heading = (
        f"Body ({body['media_type']}, {body['type']}, {need}{starred})"  # before fields: they may be many
    )
    return "\n".join([heading, *_tree_lines(rows, body["left_out"])])


def _answer_lines(answer: Mapping[str, Any]) -> list[str]:
    """What one status brings: its type, and below that its fields."""
    rows = list(_tree_rows(answer["fields"], 0))
    heading = f"{answer['status']}  {answer['type']}".rstrip()
    starred = " (* is always there)" if any(name.endswith("*") for name, *_ in rows) else ""
    return [f"{heading}{starred}", *_tree_lines(rows, answer["left_out"])]


def _tree_lines(rows: Sequence[tuple[str, str, str]], left_out: int) -> list[str]:
    lines = _indented(text_columns(rows)).splitlines() if rows else []
    return [*lines, f"  … {left_out} more fields, not shown"] if left_out else lines


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
