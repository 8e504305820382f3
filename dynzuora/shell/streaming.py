"""Rows printed as they arrive, as CSV or as lines of JSON, in memory that does not grow."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import click

from dynzuora._text import visible
from dynzuora.errors import DynzuoraError
from dynzuora.shell.exits import Failure
from dynzuora.shell.output import CsvRows, plain, write

_BATCH = 200
"""Rows of a page that are printed at once where no one watches: each alone costs as much as fetching it."""


class Rows(Protocol):
    """Rows that can be looked at before they are taken."""

    @property
    def waits(self) -> bool: ...
    def first(self) -> Any: ...
    def __next__(self) -> Any: ...


def stream(
    rows: Rows,
    form: str,
    *,
    name: str,
    columns: Callable[[Any], Sequence[str]],
    how_to_resume: Callable[[int], str],
) -> None:
    """Print rows as ``csv`` or ``ndjson``; ``name`` is what is empty if there are none.

    Columns of CSV are those of the first row when it is printed: if later rows have other fields,
    the command fails at the end and names them. If it stops early, ``how_to_resume`` says what to
    do, given the number of printed rows.
    """
    printer = _Printer(form, columns)
    count = 0
    try:
        # A row waits to be printed before it is taken, so that a resumed run never skips one.
        while (row := rows.first()) is not None:
            printer.add(plain(row))
            next(rows)
            count += 1
            if rows.waits or printer.is_full:
                printer.flush()
        printer.flush()
    except (KeyboardInterrupt, DynzuoraError):
        printer.flush()
        if message := how_to_resume(count):
            click.echo(message, err=True)
        raise
    if not count and form == "csv":
        click.echo(f"{name} is empty.", err=True)
    if printer.omitted:
        listed = ", ".join(
            f"{field} (in {counted(number)})" for field, number in sorted(printer.omitted.items())
        )
        raise Failure(
            "The CSV is incomplete: fields appeared after its header was printed: "
            f"{visible(listed)}. -o ndjson prints every field."
        )


class _Printer:
    """Prints rows some at a time, each at once on a terminal."""

    def __init__(self, form: str, columns: Callable[[Any], Sequence[str]]) -> None:
        self._form = form
        self._columns = columns
        self._table: CsvRows | None = None
        self._waiting: list[Any] = []
        self._most = 1 if sys.stdout.isatty() else _BATCH

    @property
    def is_full(self) -> bool:
        return len(self._waiting) >= self._most

    @property
    def omitted(self) -> Mapping[str, int]:
        return self._table.omitted if self._table else {}

    def add(self, row: Any) -> None:
        if self._table is None and self._form == "csv":
            self._table = CsvRows(self._columns(row))
        self._waiting.append(row)

    def flush(self) -> None:
        rows, self._waiting = self._waiting, []
        if self._table is not None:
            self._table.write(rows)
        elif rows:
            write(rows, "ndjson")


def counted(count: int) -> str:
    """Return a number of rows as text."""
    return "1 row" if count == 1 else f"{count:,} rows"
