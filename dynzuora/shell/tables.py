"""Tables on standard output, as wide as the terminal allows."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import click

from dynzuora._text import visible
from dynzuora.display import fitted_table, text_records, text_table


def write_table(columns: Sequence[str], lines: Sequence[Sequence[str]], spare: str = "") -> None:
    """Print a table; on a terminal that is too narrow for one, print each row as a record.

    ``spare`` is a column that may be omitted on a terminal, with a note on standard error.
    """
    columns, lines = list(map(visible, columns)), [list(map(visible, line)) for line in lines]
    if not sys.stdout.isatty():
        click.echo(text_table(columns, lines))
        return
    space = terminal_width()
    if table := fitted_table(columns, lines, space):
        draw(*table)
        return
    fitting = [number for number, name in enumerate(columns) if name != spare]
    fewer = [[line[number] for number in fitting] for line in lines]
    if spare and (table := fitted_table([columns[number] for number in fitting], fewer, space)):
        draw(*table)
        click.echo(f"Column {spare} is omitted: it does not fit into {space} characters.", err=True)
    else:
        click.echo(text_records(columns, lines, space))


def draw(headings: Sequence[str], lines: Sequence[str]) -> None:
    """Print a table; with rich installed, headings are bold if the terminal and ``NO_COLOR`` allow."""
    try:
        from rich.console import Console
    except ImportError:
        click.echo("\n".join([*headings, *lines]))
        return
    console = Console(file=sys.stdout, highlight=False, markup=False, emoji=False, soft_wrap=True)
    console.print("\n".join(headings), style="bold")
    console.print("\n".join(lines))


def write_records(columns: Sequence[str], lines: Sequence[Sequence[str]]) -> None:
    """Print rows as records: one line per cell."""
    space = terminal_width() if sys.stdout.isatty() else None
    click.echo(text_records(list(map(visible, columns)), lines, space))


def terminal_width() -> int:
    """Return how many columns the terminal has."""
    import shutil  # brings three compressors, and a pipe has no width

    return shutil.get_terminal_size().columns


def speaks_unicode(stream: Any) -> bool:
    """Whether ``stream`` can encode every character."""
    return (getattr(stream, "encoding", None) or "ascii").lower().replace("-", "").startswith("utf")
