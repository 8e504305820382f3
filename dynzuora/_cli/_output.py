"""How results are printed: one function per format, in one table.

JSON is the whole result; the others print its rows, one line each. CSV cells that a
spreadsheet would run as a formula get an apostrophe in front.
"""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import click

from dynzuora import _json
from dynzuora._cards import cell, columns_of, flattened, rows
from dynzuora._cli._shell import Failure, speaks_unicode
from dynzuora._display import text_table
from dynzuora._text import ACTING, visible

_FORMULA: Final = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
_NUMBER: Final = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")
_NOT_ASCII: Final = re.compile(r"[^\x00-\x7e]")
_WIDEST_CELL: Final = 60


def write(value: Any, form: str) -> None:
    """Print a JSON value in one of ``FORMATS``; text and binary content are printed as they are."""
    if isinstance(value, bytes):
        _write_bytes(value)
    elif isinstance(value, str) and form != "json":
        click.echo(value, nl=not value.endswith("\n"))
    else:
        FORMATS[form](value)


def query(value: Any, expression: str) -> Any:
    """Return what a JMESPath expression finds in ``value``."""
    try:
        import jmespath
    except ImportError:
        raise Failure("--query needs jmespath: pip install 'dynzuora[query]'.") from None
    from dynzuora._cli._query import options

    try:
        return jmespath.search(expression, value, options())
    except jmespath.exceptions.JMESPathError as error:
        raise click.UsageError(f"--query {expression!r}: {error}") from error


def write_table(columns: Sequence[str], lines: Sequence[Sequence[str]]) -> None:
    """Print a table: drawn by rich on a terminal that has it, else aligned text."""
    columns, lines = list(map(visible, columns)), [list(map(visible, line)) for line in lines]
    if sys.stdout.isatty() and _draw_with_rich(columns, lines):
        return
    text = text_table(columns, lines)
    if sys.stdout.isatty():
        import shutil

        width = shutil.get_terminal_size().columns
        text = "\n".join(
            line if len(line) <= width else line[: width - 1] + "…" for line in text.splitlines()
        )
    click.echo(text)


def as_json(value: Any) -> str:
    """Return the value as indented JSON, every digit kept."""
    return _for_stream(_json.encode(value, indent=2).decode())


def as_ndjson(value: Any) -> str:
    """Return each row as JSON on a line of its own."""
    return _for_stream("\n".join(_json.encode(each).decode() for each in _listed(value)))


def as_csv(value: Any) -> str:
    """Return the rows as CSV: nested objects as dotted columns, lists as JSON."""
    columns, flat = _columns(value)
    lines: list[list[Any]] = [[*columns], *([row.get(name) for name in columns] for row in flat)]
    return "\n".join(map(_csv_line, lines))


def _csv_line(values: Sequence[Any]) -> str:
    import csv

    line = io.StringIO(newline="")
    csv.writer(line).writerow([_csv_cell(each) for each in values])  # ends in CR LF, so it quotes both
    return line.getvalue().removesuffix("\r\n")


def _write_rows(value: Any) -> None:
    columns, flat = _columns(value)
    write_table(columns, [[cell(row.get(name), limit=_WIDEST_CELL) for name in columns] for row in flat])


FORMATS: Final[Mapping[str, Callable[[Any], None]]] = {
    "json": lambda value: click.echo(as_json(value)),
    "ndjson": lambda value: click.echo(as_ndjson(value)),
    "csv": lambda value: click.echo(as_csv(value)),
    "table": _write_rows,
}


def _columns(value: Any) -> tuple[list[str], list[dict[str, Any]]]:
    flat = [flattened(each) for each in _listed(value)]
    return columns_of(flat), flat


def _listed(value: Any) -> list[Any]:
    """The rows of a result; a result without any is a row itself."""
    if isinstance(value, list):
        return value
    return rows(value)[1] or [value]


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
    return f"'{text}" if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text) else text


def _for_stream(text: str) -> str:
    """Escape as JSON does what standard output cannot carry, and what a terminal would act upon."""
    escaped = ACTING if speaks_unicode(sys.stdout) else _NOT_ASCII
    return escaped.sub(lambda found: json.dumps(found.group())[1:-1], text)


def _write_bytes(content: bytes) -> None:
    if sys.stdout.isatty():
        raise Failure(f"{len(content):,} bytes that are no text: send them to a file, with > FILE.")
    sys.stdout.buffer.write(content)


def _draw_with_rich(columns: Sequence[str], lines: Sequence[Sequence[str]]) -> bool:
    try:
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text
    except ImportError:
        return False
    table = Table(box=None, pad_edge=False)
    for name in columns:
        # The first column is what people copy: whole and on one line, however narrow the terminal.
        table.add_column(Text(name), overflow="fold", no_wrap=name == columns[0])
    for line in lines:
        table.add_row(*(Text(each) for each in line))
    Console(file=sys.stdout).print(table)
    return True
