"""The commands ``show`` and ``call``."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import click

from dynzuora import _json
from dynzuora._redaction import redacted
from dynzuora._text import visible, visible_lines
from dynzuora.display import operation_text, wrapped
from dynzuora.display.cards import columns_of, flattened, shell_example
from dynzuora.errors import RequestWarning
from dynzuora.shell import completion, words
from dynzuora.shell.exits import Refused
from dynzuora.shell.globals import Globals
from dynzuora.shell.options import globals_of, with_global_options
from dynzuora.shell.output import FORMATS, as_json, matches, plain, write
from dynzuora.shell.streaming import counted, stream
from dynzuora.shell.wording import message_of

if TYPE_CHECKING:
    from dynzuora import Client
    from dynzuora.files import FileRows
    from dynzuora.http import Request
    from dynzuora.lists import Items
    from dynzuora.operation import Operation


@click.command(epilog="Example: dynzuora show GET_SequenceSets")
@click.argument("operation", nargs=-1, required=True, shell_complete=completion.operations)
@with_global_options
@click.option(
    "--template", is_flag=True, help="Print only an example body, valid as it is, to edit for call --body."
)
@click.option("--required-only", is_flag=True, help="With --template: only required fields.")
@globals_of
def show(settings: Globals, operation: tuple[str, ...], template: bool, required_only: bool) -> None:
    """Describe an operation: an id, or METHOD /path."""
    operations = settings.document().operations
    target = operations.resolve(" ".join(operation))
    if template:
        click.echo(template_text(target, required_only=required_only))
        return
    if required_only:
        raise click.UsageError("--required-only needs --template.")
    card = target.card()
    space = shutil.get_terminal_size().columns
    click.echo(operation_text(card, space))
    if paging := paging_text(target):
        click.echo(wrapped(visible_lines(paging), space))
    if names := operations.names_of(target.id):
        click.echo("\nOther names\n" + "\n".join(f"  {visible(name)}" for name in names))
    example = shell_example(card["id"], card["parameters"], card["body"])
    lines = [_continued(visible(line), space - 2) for line in example.splitlines()]
    click.echo("\n".join(["\nExample", *(f"  {line}" for part in lines for line in part)]))


def _continued(command: str, space: int) -> list[str]:
    """Return a command as lines that can be pasted: continued with a backslash where it is too long."""
    lines = [""]
    for word in _WORDS.findall(command):
        if lines[-1].strip() and len(lines[-1]) + len(word) + len(" \\") >= space:
            lines[-1] += " \\"
            lines.append("  ")
        lines[-1] += word if not lines[-1].strip() else f" {word}"
    return lines


_WORDS: Final = re.compile(r"(?:'[^']*'|\S)+")


def template_text(operation: Operation, *, required_only: bool) -> str:
    """Return an example body as ``call --body`` reads it, with FILE in place of files."""
    if not operation.has_body:
        raise Refused(f"{operation.id} takes no body.")
    body = operation.template(required_only=required_only)
    if isinstance(body, dict) and (files := [name for name, value in body.items() if value == b""]):
        body |= dict.fromkeys(files, _FILE)
        click.echo(f"Replace {_FILE} with the path of a file: {', '.join(files)}.", err=True)
    return body if isinstance(body, str) else as_json(body)


_FILE: Final = "FILE"


class _Call(click.Command):
    """A command that explains how to write a parameter given as an option."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        words = list(args)
        try:
            return super().parse_args(context, args)
        except click.NoSuchOption as error:
            position = next((n for n, word in enumerate(words) if word.startswith(error.option_name)), None)
            if position is None or error.option_name[:2] != "--":
                raise
            _, equals, value = words[position].partition("=")
            value = value if equals else next(iter(words[position + 1 :]), "VALUE")
            raise click.UsageError(
                f"{error.format_message()} Write a parameter of the operation without dashes: "
                f"{error.option_name[2:]}={shlex.quote(value)}",
                context,
            ) from None


@click.command(
    cls=_Call,
    epilog="Example: dynzuora call GET_SequenceSets pageSize=2 --sandbox -o table",
    short_help="Call an operation and print the reply.",
)
@click.argument("operation", shell_complete=completion.operations)
@click.argument("values", nargs=-1, metavar="[name=value]...", shell_complete=completion.arguments)
@click.option(
    "--body",
    metavar="JSON|@FILE",
    help="The request body; @- reads standard input.",
    shell_complete=completion.bodies,
)
@click.option(
    "--validate",
    type=click.Choice(["strict", "standard", "off"]),
    help="How the request is checked: strict takes the document by the letter.",
)
@click.option("--dry-run", is_flag=True, help="Validate and print the request; send nothing.")
@click.option("--curl", is_flag=True, help="Print the request as a curl command; send nothing.")
@click.option(
    "--all",
    "every",
    is_flag=True,
    help="Read every page of a list and print them as one; -o csv and -o ndjson print rows as they arrive.",
)
@click.option(
    "--resume", metavar="TOKEN", help="With --all: begin where an interrupted run says that it stopped."
)
@click.option("--query", metavar="JMESPATH", help="Print only the result of this expression on the reply.")
@click.option(
    "-o",
    "--output",
    type=click.Choice(list(FORMATS)),
    default="json",
    help="The output format.",
)
@with_global_options
@globals_of
def call(
    settings: Globals,
    operation: str,
    values: tuple[str, ...],
    body: str | None,
    validate: str | None,
    dry_run: bool,
    curl: bool,
    every: bool,
    resume: str | None,
    query: str | None,
    output: str,
) -> None:
    """Call OPERATION and print the reply.

    name=value sets a parameter (repeat it for a list), name:=JSON sets it to a JSON value.
    Names match regardless of case and punctuation.

    With --all -o csv, the columns are the fields that the document declares, then others of the
    first page. If a later row has another field, all rows are printed, but the command fails and
    names the field. A resumed run prints the header, too.
    """
    if values and values[0].startswith("/"):  # METHOD and /path as two words
        operation, values = f"{operation} {values[0]}", values[1:]
    target = settings.document().operations.resolve(operation)
    if resume and not every:
        raise click.UsageError("--resume needs --all.")
    arguments = {"params": words.arguments(values, target), "body": words.body(body, target)}
    if validate:
        arguments["validate"] = validate
    if dry_run or curl:
        _show(_request(settings, target, arguments, every=every), curl=curl, is_checked=validate != "off")
        return
    with settings.client() as client:
        if resume:
            arguments["resume"] = resume
        if every and output in ("ndjson", "csv") and not query:
            _stream(client, target, arguments, output)
            return
        reply = _every_page(client, target, arguments) if every else client.call(target.id, **arguments)
        value = plain(reply)
    if query:
        write(matches(value, query), output)
        return
    write(value, output, target.paging.items)
    if output != "json" and not every:
        _hint_at_more(target, arguments["params"], value)


COMMANDS: Final = (show, call)


def _request(
    settings: Globals, operation: Operation, arguments: Mapping[str, Any], *, every: bool
) -> Request:
    """Return the request that the arguments make; with ``every``, that of the first page."""
    if every:
        from dynzuora import lists

        arguments = {**arguments, "params": lists.first_page(operation, arguments["params"])}
    return settings.prepare(operation, **arguments)


def _show(request: Request, *, curl: bool, is_checked: bool) -> None:
    """Print a request, as a curl command or as it would be sent."""
    click.echo(request.curl() if curl else request_text(request))
    for problem in request.warnings:
        click.echo(f"Warning: {message_of(RequestWarning.of(request.operation_id, problem))}", err=True)
    if not curl:
        verdict = request.verdict if is_checked else f"{request.operation_id}: not checked"
        click.echo(f"{verdict}, not sent.", err=True)


def _stream(client: Client, operation: Operation, arguments: Mapping[str, Any], form: str) -> None:
    """Print the rows of a list as they arrive, as CSV or as lines of JSON.

    A run that stops early says how to resume.
    """
    bar = False if sys.stdout.isatty() else None  # rows and a bar would mix on one terminal
    rows = client.items(operation.id, **arguments, progress=bar)

    def how_to_resume(count: int) -> str:
        token = rows.resume_token if count else ""
        return (
            f"{counted(count)} printed. The same command with --resume {token} prints the others."
            if token
            else ""
        )

    stream(
        rows,
        form,
        name=operation.paging.items or operation.id,
        columns=lambda row: _columns(rows, row),
        how_to_resume=how_to_resume,
    )


def _columns(rows: Items | FileRows, row: Any) -> list[str]:
    from dynzuora import lists

    return rows.columns() if isinstance(rows, lists.Items) else columns_of([flattened(row)])


def _every_page(client: Client, operation: Operation, arguments: Mapping[str, Any]) -> Any:
    """Return all pages as one reply; of a list in a file, the rows."""
    if operation.paging.is_file:
        return client.items(operation.id, **arguments).to_list()
    from dynzuora import lists

    return lists.merged(client.pages(operation.id, **arguments))


def _hint_at_more(operation: Operation, params: Mapping[str, Any], reply: Any) -> None:
    from dynzuora import lists

    if lists.may_have_more(operation, params, reply):
        click.echo("There may be more rows: --all reads every page.", err=True)


def paging_text(operation: Operation) -> str:
    """Return how an operation pages, and how the document shows that; empty if it has no rows."""
    style = operation.paging
    if operation.method != "GET" and not style.by_locator:
        return ""
    lines = [f"{style.name}: {style.why}"]
    if style.is_list:
        size = f", {style.size} at most {style.size_max}" if style.size_max else ""
        lines.append(f"rows in {style.items or 'the reply itself'}{size}")
    return "\n".join(["\nPaging", *(f"  {line}" for line in lines)])


def request_text(request: Request) -> str:
    """Return a request as it would be sent, with secrets masked and multipart bodies as their parts."""
    lines = [
        f"{request.method} {request.shown_url}",
        f"Authorization: {request.credentials}" if request.scheme.is_authorization else request.credentials,
    ]
    lines += [f"{name}: {value}" for name, value in request.headers.redacted().items()]
    if isinstance(request.body, tuple):
        lines += ["", *(f"{part.name}: {part.filename or part.shown()}" for part in request.body)]
    elif isinstance(request.body, bytes):
        lines += ["", _readable(request.body)] if request.body else []
    elif request.body is not None:
        lines += ["", f"(the file {getattr(request.body, 'name', request.body)})"]
    return "\n".join(lines)


def _readable(content: bytes) -> str:
    from dynzuora.http import text_of

    try:
        return _json.encode(redacted(_json.decode(content)), indent=2).decode()
    except ValueError:
        return text_of(content)
