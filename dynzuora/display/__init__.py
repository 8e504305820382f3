"""Plain values as HTML (jinja2, with autoescape) or as aligned text.

Takes only dicts, lists and text; `display.cards` builds them from the package's objects.
The HTML has no scripts, style sheets or colours, so it works in dark themes, in untrusted
notebooks and where only tables are allowed; only PRODUCTION is red. Control characters are shown as escapes.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from dynzuora._packaged import packaged
from dynzuora._text import visible, visible_lines

if TYPE_CHECKING:
    import jinja2


def render(kind: str, **values: Any) -> str:
    """Return the template ``{kind}.html.j2`` rendered with ``values``; a missing value is an error."""
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
    """Return the width of ``text`` in a terminal: 2 for a wide character, 0 for a combining mark."""
    return len(text) if text.isascii() else sum(map(_cells, text))


@cache
def _cells(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def text_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return rows below their headings, columns aligned with spaces."""
    return text_columns([columns, *rows])


def text_columns(rows: Iterable[Sequence[str]]) -> str:
    """Return rows with their columns aligned with spaces."""
    lines = [[visible(cell) for cell in row] for row in rows]
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
"""Where a cell may be wrapped: between words, and after separators of values or names."""
_LINES_A_ROW: Final = 2.5
"""The average lines per row up to which a table is easier to read than records."""

_Pieces = Sequence[str]
"""A cell, split where it may be wrapped."""


def fitted_table(
    columns: Sequence[str], rows: Sequence[Sequence[str]], space: int
) -> tuple[list[str], list[str]] | None:
    """Return the lines of headings and rows within ``space`` columns, None if that is hard to read.

    Values are wrapped between words. The first value of a row, which people copy, is never
    wrapped: if it is too wide, the others start on the next line.
    """
    cells = [[_HEADING_BREAKS.split(column) for column in columns]]
    cells += [[[row[0]], *map(_BREAKS.split, row[1:])] for row in rows]
    widths = _widths(list(zip(*cells, strict=True)), space)
    if widths is None:
        return None
    drawn = [_row_lines(row, widths) for row in cells]
    lines = [line for row in drawn[1:] for line in row]
    return (drawn[0], lines) if len(lines) <= _LINES_A_ROW * len(rows) else None


def _widths(columns: Sequence[Sequence[_Pieces]], space: int) -> list[int] | None:
    """Return column widths: those of the cells, with the widest columns narrowed first."""
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
    """Return pieces of text as lines of at most ``width`` columns, unless one piece is wider."""
    lines = [""]
    for piece in pieces:
        if lines[-1] and text_width((lines[-1] + piece).rstrip()) > width:
            lines.append("")
        lines[-1] += piece
    return [line.rstrip() for line in lines]


def text_records(columns: Sequence[str], rows: Iterable[Sequence[str]], space: int | None = None) -> str:
    """Return rows as records, one line per non-empty cell with its column's name.

    Nothing is truncated; values are wrapped at ``space`` columns. A column without a name
    is the heading of its record.
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


def wrapped(text: str, space: int | None) -> str:
    """Return text with its lines wrapped between words, continued at their own indentation."""
    if space is None:
        return text
    lines: list[str] = []
    for line in text.splitlines():
        indent = " " * (len(line) - len(line.lstrip(" ")))
        lines += [indent + part for part in _joined(_BREAKS.split(line.lstrip(" ")), space - len(indent))]
    return "\n".join(lines)


def operation_text(card: Mapping[str, Any], space: int | None = None) -> str:
    """Return an operation card as text, as ``dynzuora show`` prints it, wrapped at ``space`` columns."""
    title = f"{card['id']}{'  (deprecated)' if card['deprecated'] else ''}"
    route = f"{card['method']} {card['path']}"
    parts = [f"{title}\n{wrapped(route, space)}"]
    prose = "\n\n".join(paragraph for paragraph in (card["summary"], card["description"]) if paragraph)
    parts.append(wrapped(prose, space))
    if card["fault"]:
        parts.append(wrapped(f"This operation cannot be used: {card['fault']}", space))
    if card["parameters"]:
        parts.append("\n".join(["Parameters", *_parameter_lines(card["parameters"], space)]))
    if card["body"]:
        parts.append(_body_text(card["body"], space))
    if card["responses"]:
        lines = [line for response in card["responses"] for line in _response_lines(response, space)]
        parts.append("\n".join(["Responses", *(f"  {line}" for line in lines)]))
    return visible_lines("\n\n".join(parts))


def _parameter_lines(parameters: Sequence[Mapping[str, Any]], space: int | None) -> list[str]:
    rows = [
        (
            parameter["name"] + ("*" if parameter["required"] else ""),
            parameter["location"],
            parameter["type"],
            _remark(parameter),
        )
        for parameter in parameters
    ]
    legend = ["  (* required)"] if any(parameter["required"] for parameter in parameters) else []
    return [*_indented_rows([("name", "in", "type", ""), *rows], space), *legend]


def _body_text(body: Mapping[str, Any], space: int | None) -> str:
    need = "required" if body["required"] else "optional"
    rows = list(_tree_rows(body["fields"], 0))
    starred = ", * required" if any(name.endswith("*") for name, *_ in rows) else ""
    heading = wrapped(f"Body ({body['media_type']}, {body['type']}, {need}{starred})", space)
    return "\n".join([heading, *_tree_lines(rows, body["left_out"], space)])


def _response_lines(response: Mapping[str, Any], space: int | None) -> list[str]:
    """Return the status and type of a response, and below them its fields."""
    rows = list(_tree_rows(response["fields"], 0))
    heading = f"{response['status']}  {response['type']}".rstrip()
    starred = " (* always present)" if any(name.endswith("*") for name, *_ in rows) else ""
    inner = None if space is None else space - len(_GAP)  # the caller indents them
    title = wrapped(f"{heading}{starred}", inner).splitlines()
    return [*title, *_tree_lines(rows, response["left_out"], inner)]


def _tree_lines(rows: Sequence[tuple[str, str, str]], left_out: int, space: int | None) -> list[str]:
    lines = _indented_rows(rows, space) if rows else []
    return [*lines, f"  … {left_out} more fields"] if left_out else lines


def _indented_rows(rows: Sequence[Sequence[str]], space: int | None) -> list[str]:
    """Return rows as aligned columns; where they do not fit into ``space``, a row takes several lines."""
    if space is None:
        return [f"{_GAP}{line}".rstrip() for line in text_columns(rows).splitlines()]
    room = space - len(_GAP)
    cells = [[[row[0]], *map(_BREAKS.split, row[1:])] for row in [list(map(visible, row)) for row in rows]]
    widths = _widths(list(zip(*cells, strict=True)), room)
    if widths is None:
        starts = _starts(cells, room)
        lines = [line for row in cells for line in _loose_row(row, starts, room)]
    else:
        lines = [line for row in cells for line in _row_lines(row, widths)]
    return [f"{_GAP}{line}".rstrip() for line in lines]


def _starts(rows: Sequence[Sequence[_Pieces]], space: int) -> list[int]:
    """Return where columns after the first start when not every cell can fit: none takes most of a line."""
    starts = [0]
    for column in list(zip(*rows, strict=True))[:-1]:
        natural = max(text_width("".join(cell)) for cell in column)
        starts.append(
            starts[-1] + min(natural, space * 2 // 5 if len(starts) == 1 else space // 4) + len(_GAP)
        )
    return starts


def _loose_row(row: Sequence[_Pieces], starts: Sequence[int], space: int) -> list[str]:
    """Return a row's cells at ``starts``, each on the next line where the one before leaves no room."""
    lines = [row[0][0]]
    for cell, start in zip(row[1:], starts[1:], strict=True):
        if not any(cell):
            continue
        widest = max(text_width(piece.rstrip()) for piece in cell)
        start = max(min(start, space - widest), 2 * len(_GAP))
        first, *more = _joined(cell, space - start)
        if text_width(lines[-1]) + len(_GAP) > start:
            lines.append("")
        lines[-1] = _padded(lines[-1], start) + first
        lines += [" " * start + line for line in more]
    return lines


def _tree_rows(fields: Sequence[Mapping[str, Any]], level: int) -> Iterable[tuple[str, str, str]]:
    for field in fields:
        name = field["name"] + ("*" if field["required"] else "")
        yield f"{'  ' * level}{name}", field["type"], _remark(field)
        yield from _tree_rows(field["fields"], level + 1)


def _remark(row: Mapping[str, Any]) -> str:
    one_of = "one of " + ", ".join(row["allowed"]) if row["allowed"] else ""
    return "; ".join(remark for remark in (one_of, row["note"]) if remark)
