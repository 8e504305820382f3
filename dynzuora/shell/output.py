"""Output formats: one function per format, in one table.

JSON prints the whole result; the other formats print its rows. CSV cells that a
spreadsheet would run as a formula start with an apostrophe.
"""

from __future__ import annotations

import csv
import json
import re
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, Final

import click

from dynzuora import _json, paging
from dynzuora._text import acting, visible, visible_lines
from dynzuora._zuora import ENVELOPE
from dynzuora.display import fitted_table, text_records, text_table
from dynzuora.display.cards import cell, columns_of, flattened, rows
from dynzuora.shell.exits import Failure
from dynzuora.shell.tables import draw, speaks_unicode, write_records

_FORMULA: Final = frozenset("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
_NUMBER: Final = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")
_NOT_ASCII: Final = re.compile(r"[^\x00-\x7e]")
_WIDEST_CELL: Final = 60
_LONGEST_VALUE: Final = 400
_ENVELOPE: Final = (
    ENVELOPE | {paging.MORE, paging.DONE} | {rule.next.partition(".")[0] for rule in paging.RULES}
)
"""Properties beside the rows of a list that need no mention when they are not printed."""


def write(value: Any, form: str, items: str = "") -> None:
    """Print a JSON value in one of ``FORMATS``; text and binary content are printed as they are.

    ``items`` names the property that holds the rows, if known. What a format of rows omits
    is reported on standard error.
    """
    if isinstance(value, bytes):
        _write_bytes(value)
    elif isinstance(value, str) and form != "json":
        click.echo(_for_terminal(value), nl=not value.endswith("\n"))
    else:
        FORMATS[form](value, items)
        if form != "json":
            _report_omissions(value, items)


def plain(reply: Any) -> Any:
    """Return the reply as a plain JSON value, text or bytes."""
    if type(reply) is dict and _DECODED.issuperset(map(type, reply.values())):
        return reply  # a row as it was read
    if hasattr(reply, "value"):
        return reply.value
    return reply if isinstance(reply, bytes) else _json.plain(reply)


_DECODED: Final = frozenset({str, int, bool, type(None), Decimal})


def _report_omissions(value: Any, items: str) -> None:
    name, rows = _named_rows(value, items)
    if rows == [] and name:
        click.echo(f"{name} is empty.", err=True)
    omitted = [key for key in value if key not in {name, *_ENVELOPE}] if name else []
    if omitted:
        click.echo(f"Showing only {name}; -o json also has {', '.join(omitted)}.", err=True)


def matches(value: Any, expression: str) -> Any:
    """Return the result of a JMESPath expression on ``value``."""
    try:
        from dynzuora.shell.selecting import QueryError, search
    except ImportError:
        from dynzuora._extras import install

        raise Failure(f"--query needs jmespath: {install('query')}.") from None

    try:
        return search(expression, value)
    except QueryError as error:
        raise click.UsageError(f"--query {expression!r}: {error}.") from error


def _write_reply(columns: Sequence[str], lines: Sequence[Sequence[str]], name: str) -> None:
    """Print the rows of a reply. Cells are truncated, in a terminal's table more than elsewhere."""
    columns, lines = list(map(visible, columns)), [list(map(visible, line)) for line in lines]
    if not sys.stdout.isatty():
        click.echo(text_table(columns, _truncated(lines, _LONGEST_VALUE)))
        return
    space = shutil.get_terminal_size().columns
    if table := fitted_table(columns, _shortened(lines, _WIDEST_CELL), space):
        _report_truncation(lines, _WIDEST_CELL)
        draw(*table)
        return
    click.echo(text_records(columns, _truncated(lines, _LONGEST_VALUE), space))
    path = f"{name}[]" if name else "[]"
    keys = (f'"{column}"' if "." in column else column for column in columns[:2])
    selection = ", ".join(f"{key}: {column}" for key, column in zip(keys, columns, strict=False))
    click.echo(
        f"{len(columns)} columns do not fit into {space} characters, so rows are shown as records. "
        f"Select columns with --query '{path}.{{{selection}}}'.",
        err=True,
    )


def _truncated(lines: Sequence[Sequence[str]], limit: int) -> Sequence[Sequence[str]]:
    """Return cells of at most ``limit`` characters; report on standard error how many were longer."""
    _report_truncation(lines, limit)
    return _shortened(lines, limit)


def _report_truncation(lines: Sequence[Sequence[str]], limit: int) -> None:
    if longer := sum(len(text) > limit for line in lines for text in line):
        values = "1 value is" if longer == 1 else f"{longer:,} values are"
        click.echo(
            f"{values} truncated to {limit} characters; -o json and -o csv print values in full.", err=True
        )


def _shortened(lines: Sequence[Sequence[str]], limit: int) -> Sequence[Sequence[str]]:
    return [[text if len(text) <= limit else text[: limit - 1] + "…" for text in line] for line in lines]


def as_json(value: Any) -> str:
    """Return the value as indented JSON, every digit kept."""
    return _for_stream(_json.encode(value, indent=2).decode())


def as_ndjson(value: Any, items: str = "") -> str:
    """Return one row per line as JSON."""
    return _for_stream(_json.encode_lines(_rows(value, items)).decode())


def as_csv(value: Any, items: str = "") -> str:
    """Return the rows as CSV: nested objects as dotted columns, lists as JSON."""
    columns, flat = _columns(value, items)
    if not flat:
        return ""
    return _csv_lines([[*columns], *([row.get(name) for name in columns] for row in flat)])


class CsvRows:
    """Prints rows as CSV while they arrive, under columns that are fixed beforehand.

    ``omitted`` counts the values of fields that have no column.
    """

    def __init__(self, columns: Sequence[str]) -> None:
        self._columns = dict.fromkeys(columns)
        self._parents = {name.rpartition(".")[0] for name in columns}
        self._has_header = False
        self.omitted: Counter[str] = Counter()

    def write(self, rows: Sequence[Any]) -> None:
        """Print rows, after the header if they are the first."""
        lines: list[Sequence[Any]] = [] if self._has_header else [[*self._columns]]
        for row in rows:
            flat = flattened(row)
            lines.append([flat.get(name) for name in self._columns])
            if not flat.keys() <= self._columns.keys():
                self._count_omitted(flat)
        if lines:
            click.echo(_for_terminal(_csv_lines(lines)))
        self._has_header = True

    def _count_omitted(self, flat: Mapping[str, Any]) -> None:
        for name in flat.keys() - self._columns.keys():
            if flat[name] is not None and not (flat[name] == {} and name in self._parents):
                self.omitted[name] += 1


def _csv_lines(lines: Iterable[Sequence[Any]]) -> str:
    written: list[str] = []
    writer = csv.writer(SimpleNamespace(write=written.append))  # ends lines in CR LF, so it quotes both
    for line in lines:
        writer.writerow(
            value if type(value) is str and value[:1] not in _FORMULA else _csv_cell(value) for value in line
        )
    return "\n".join(line.removesuffix("\r\n") for line in written)


def _write_rows(value: Any, items: str = "") -> None:
    """Print rows as a table, and an object that is not a list as a record."""
    columns, flat = _columns(value, items)
    cells = [[cell(row.get(name), limit=sys.maxsize) for name in columns] for row in flat]
    name = _named_rows(value, items)[0]
    if not name and not isinstance(value, list):
        write_records(columns, _truncated(cells, _LONGEST_VALUE))
    elif cells:
        _write_reply(columns, cells, name)


FORMATS: Final[Mapping[str, Callable[[Any, str], None]]] = {
    "json": lambda value, _: click.echo(as_json(value)),
    "ndjson": lambda value, items: _echo_lines(as_ndjson(value, items)),
    "csv": lambda value, items: _echo_lines(_for_terminal(as_csv(value, items))),
    "table": _write_rows,
}


def _for_terminal(text: str) -> str:
    """Escape what a terminal would act upon; a file or another program gets the text as it is."""
    return visible_lines(text) if sys.stdout.isatty() else text


def _echo_lines(text: str) -> None:
    click.echo(text, nl=bool(text))


def _columns(value: Any, items: str) -> tuple[list[str], list[dict[str, Any]]]:
    flat = [flattened(row) for row in _rows(value, items)]
    return columns_of(flat), flat


def _rows(value: Any, items: str) -> list[Any]:
    """Return the rows of a result; a result without rows is one row."""
    if isinstance(value, list):
        return value
    name, rows = _named_rows(value, items)
    return rows if name else [value]


def _named_rows(value: Any, items: str) -> tuple[str, list[Any]]:
    """Return the property that holds the rows, and the rows; ``items`` wins even if it is empty."""
    if isinstance(value, Mapping) and isinstance(value.get(items), list):
        return items, value[items]
    return rows(value)


def _csv_cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dict | list):
        return _json.encode(value).decode()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return _json.number_text(value)
    text = str(value)
    return f"'{text}" if text[:1] in _FORMULA and not _NUMBER.fullmatch(text) else text


def _for_stream(text: str) -> str:
    """Escape, as JSON does, characters that standard output cannot encode or a terminal would act upon."""
    escaped = acting() if speaks_unicode(sys.stdout) else _NOT_ASCII
    return escaped.sub(lambda match: json.dumps(match.group())[1:-1], text)


def _write_bytes(content: bytes) -> None:
    if sys.stdout.isatty():
        raise Failure(f"The reply is {len(content):,} bytes of binary data: redirect it with > FILE.")
    sys.stdout.buffer.write(content)
