"""The command group: it loads each command when it is used, and reports errors with exit codes."""

from __future__ import annotations

import errno
import os
import sys
import warnings
from importlib import import_module
from typing import Any, Final

import click

import dynzuora
from dynzuora._names import nearest
from dynzuora._text import visible_lines
from dynzuora.errors import DynzuoraError, RequestWarning, SpecWarning
from dynzuora.shell.exits import INTERRUPTED, Failure, Refused, failure_of
from dynzuora.shell.options import with_global_options
from dynzuora.shell.tables import speaks_unicode
from dynzuora.shell.wording import message_of

_COMMANDS: Final = {
    "browse": ("local", "Write a document's operations to one HTML file."),
    "call": ("operations", "Call an operation and print the reply."),
    "completion": ("local", "Print the completion script for bash, zsh or fish."),
    "demo": ("local", "Show what dynzuora does; no account, no network."),
    "describe": ("describe", "Show the fields of a tenant's object."),
    "diff": ("diff", "Compare two versions of the document."),
    "doctor": ("account", "Check the configuration, credentials and connection."),
    "drift": ("replay", "Show what recorded replies have that a document does not."),
    "history": ("diff", "Show when an operation, or a field of it, was added, changed or removed."),
    "mcp": ("mcp", "Serve an assistant: search, describe, call and query, by MCP."),
    "ops": ("listing", "List the operations, or those that match WORDS, best first."),
    "profile": ("account", "Store environments with their credentials under a name."),
    "query": ("queries", "Run a query and print its rows."),
    "replay": ("replay", "Hold recorded calls against a document."),
    "sandbox": ("local", "Serve the sandbox over HTTP, with a page to try it."),
    "show": ("operations", "Describe an operation: an id, or METHOD /path."),
    "specs": ("specs", "List, add and check OpenAPI documents."),
    "stubs": ("stubs", "Write type stubs for editors and type checkers."),
    "sync": ("sync", "Write what has changed in objects since the last run."),
}
"""Command → its module, imported when the command is used, and the first line of its help."""


class Shell(click.Group):
    """A group that turns errors into a message and an exit code."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        module, _ = _COMMANDS[name]
        commands: tuple[click.Command, ...] = import_module(f"dynzuora.shell.{module}").COMMANDS
        return next(command for command in commands if command.name == name)

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):  # click would import every command to ask for its help
            formatter.write_dl([(name, summary) for name, (_, summary) in _COMMANDS.items()])

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(context, args)
        except click.UsageError as error:
            close = nearest(args[0], _COMMANDS)
            hint = f" Did you mean {close[0]}?" if close else ""
            raise click.UsageError(f"{error.format_message()}{hint}", context) from None

    def invoke(self, context: click.Context) -> Any:
        try:
            self._invoke(context)
        except click.ClickException as error:  # which may quote a reply, or name a file
            error.message = visible_lines(error.message)  # type: ignore[misc]  # Final in click
            raise

    def _invoke(self, context: click.Context) -> None:
        try:
            with warnings.catch_warnings():
                warnings.showwarning = _say_warning
                for category in (RequestWarning, SpecWarning):
                    warnings.simplefilter("always", category)
                super().invoke(context)
                sys.stdout.flush()
        except BrokenPipeError:  # the reader is done: `dynzuora ops | head`
            _silence_standard_output()
        except (KeyboardInterrupt, click.Abort) as error:
            if isinstance(
                error.__context__, EOFError
            ):  # click raises Abort for Ctrl-C and end of input alike
                raise Refused("Standard input ended before the prompt was answered.") from None
            click.echo("Interrupted.", err=True)
            context.exit(INTERRUPTED)
        except DynzuoraError as error:
            raise failure_of(error)(message_of(error)) from error
        except OSError as error:
            if error.filename is None and error.errno == errno.ENOSPC:
                _silence_standard_output()  # or Python would flush, and fail, once more at exit
            raise Failure(_file_message(error)) from error


def _print_version(context: click.Context, _: click.Parameter, requested: bool) -> None:
    if not requested or context.resilient_parsing:
        return
    click.echo(f"dynzuora {dynzuora.__version__}")
    context.exit()


@click.group(
    cls=Shell,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Try: dynzuora demo. A command's own help: dynzuora call --help.",
)
@with_global_options
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_print_version,
    help="Print the version and exit.",
)
def shell() -> None:
    """Call any operation of Zuora Billing's REST API, as its OpenAPI document describes it."""
    for stream in (sys.stdout, sys.stderr):
        if not speaks_unicode(stream) and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _say_warning(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
    click.echo(f"Warning: {message_of(message)}", err=True)


def _file_message(error: OSError) -> str:
    if error.errno == errno.ENOSPC and error.filename is None:
        return f"The output is incomplete: {error.strerror}."
    if error.filename is None:
        return str(error)
    return f"{error.filename}: {error.strerror}."


def _silence_standard_output() -> None:
    """Redirect standard output to the null device, or Python reports another error at exit."""
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, sys.stdout.fileno())
