"""The manual of the shell is written from the commands themselves.

Make it again with ``python -m docs.make shell``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from dynzuora.shell import shell
from tests.commands import commands

MANUAL = Path(__file__).parent.parent / "docs" / "shell.md"
START = """# The shell

Made from the commands by `python -m docs.make shell`; a test compares. The
[README](../README.md) tells what results, complaints and exit codes mean.

`name=value` gives a parameter of an operation, in any spelling that is equal without
punctuation and case; a name given twice gives a list; `name:=JSON` a JSON value.

On a terminal a table that fits is a table, with a heading in bold where rich is installed.
Where its columns do not fit, each row is a record, one line for each value; no value is
broken but between words. In a pipe a table is aligned text, each row on one line, without
colour. What a table leaves out, a column, the end of a long value, further pages, fields
beside the rows, is said on standard error. In CSV a cell that a spreadsheet would take for
a formula gets an apostrophe.
"""


def manual() -> str:
    """The whole page, from the commands."""
    sections = [f"## Global options\n\nBefore or after the command.\n\n{_table(_options(shell))}"]
    sections += [_section(name, command) for name, command in sorted(commands())]
    return "\n".join([START, *sections])


def _section(name: str, command: click.Command) -> str:
    takes = " ".join(map(_placeholder, _arguments(command)))
    text = " ".join((command.help or "").split("\n\n")[0].split())
    more = (command.help or "").split("\n\n")[1:]
    common = {each.name for each in _options(shell)}
    own = [each for each in _options(command) if each.name not in common]
    parts = [f"## dynzuora {name} {takes}".rstrip(), text, *(" ".join(each.split()) for each in more)]
    parts += [_table(own).rstrip()] if own else []
    parts += [f"```sh\n{(command.epilog or '').removeprefix('Example: ')}\n```"]
    return "\n\n".join(parts) + "\n"


def _placeholder(argument: click.Argument) -> str:
    several = "…" if argument.nargs == -1 else ""
    name = argument.metavar or (argument.name or "").upper() + several
    return name if argument.required or name.startswith("[") else f"[{name}]"


def _arguments(command: click.Command) -> list[click.Argument]:
    return [each for each in command.params if isinstance(each, click.Argument) and each.metavar != ""]


def _options(command: click.Command) -> list[click.Option]:
    return [each for each in command.params if isinstance(each, click.Option)]


def _table(options: list[click.Option]) -> str:
    return "\n".join(["| option | |", "| --- | --- |", *map(_row, options), ""])


def _row(option: click.Option) -> str:
    names = ", ".join(option.opts)
    value = "" if option.is_flag else f" {_value(option)}"
    return f"| `{names}{value}` | {option.help} |".replace("JSON|@", "JSON\\|@")


def _value(option: click.Option) -> str:
    if isinstance(option.type, click.Choice):
        return "\\|".join(map(str, option.type.choices))
    kinds = {"integer range": "N", "file": "FILE", "path": "PATH", "directory": "FOLDER"}
    return option.metavar or kinds.get(option.type.name, option.type.name.upper())


def words() -> Iterator[str]:
    """Every command and every option."""
    for name, command in commands():
        yield f"## dynzuora {name}"
        yield from (spelling for each in _options(command) for spelling in each.opts)


@pytest.mark.parametrize("word", sorted(set(words())))
def test_every_command_and_option_is_in_the_manual(word: str) -> None:
    assert word in MANUAL.read_text(encoding="utf-8")


def test_the_manual_is_what_the_commands_say() -> None:
    assert MANUAL.read_text(encoding="utf-8") == manual()


def test_the_list_of_commands_says_what_each_says_first() -> None:
    context = click.Context(shell, terminal_width=200)
    names = shell.list_commands(context)
    first_lines = {name: shell.get_command(context, name).get_short_help_str(200) for name in names}
    formatter = click.HelpFormatter(width=200)
    shell.format_commands(context, formatter)
    listed = [line.split(maxsplit=1) for line in formatter.getvalue().splitlines()[1:]]
    assert listed == [list(pair) for pair in sorted(first_lines.items())]
