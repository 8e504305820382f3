"""``ops``, ``show`` and ``call``: the operations of a document in the shell."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import click

from dynzuora import _json
from dynzuora._names import canonical
from dynzuora._text import visible, visible_lines
from dynzuora.display import operation_text
from dynzuora.display.cards import shell_example
from dynzuora.shell import completion, words
from dynzuora.shell.group import Failure, Globals, Refused, globals_of, with_global_options
from dynzuora.shell.output import FORMATS, as_json, matches, write, write_table

if TYPE_CHECKING:
    from dynzuora import Client
    from dynzuora.http import Request
    from dynzuora.operation import Operation


@click.command(epilog="Example: dynzuora ops cancel subscription")
@click.argument("words", nargs=-1)
@with_global_options
@globals_of
def ops(settings: Globals, words: tuple[str, ...]) -> None:
    """List the operations, or those that WORDS find, best first.

    Looked at are id, path, tag, summary and the names of parameters and body fields;
    typing errors are forgiven.
    """
    index = settings.index()
    found = _found(settings, words) if words else list(index)
    if not found:
        raise Failure(f"No operation has {' '.join(words)!r}.")
    write_table(
        ("id", "method", "path", "summary"),
        [(name, index[name].method, index[name].path, index[name].summary) for name in found],
        spare="summary",
    )


def _found(settings: Globals, words: tuple[str, ...]) -> list[str]:
    from dynzuora import search

    document = settings.document()
    matches, _ = search.search(document, " ".join(words), len(document.operations))
    return [each.id for each in matches]


@click.command(epilog="Example: dynzuora show GET_SequenceSets")
@click.argument("operation", nargs=-1, required=True, shell_complete=completion.operations)
@with_global_options
@click.option(
    "--template", is_flag=True, help="Print a body to fill in instead, valid as it stands, for call --body."
)
@click.option("--required-only", is_flag=True, help="With --template: only what must be there.")
@globals_of
def show(settings: Globals, operation: tuple[str, ...], template: bool, required_only: bool) -> None:
    """Describe an operation: an id, or METHOD /path."""
    operations = settings.document().operations
    found = operations.resolve(" ".join(operation))
    if template:
        click.echo(template_text(found, required_only=required_only))
        return
    if required_only:
        raise click.UsageError("--required-only belongs to --template.")
    card = found.card()
    click.echo(operation_text(card))
    if paging := paging_text(found):
        click.echo(visible_lines(paging))
    if names := operations.names_of(found.id):
        click.echo("\nOther names\n" + "\n".join(f"  {visible(name)}" for name in names))
    example = shell_example(card["id"], card["parameters"], card["body"])
    click.echo("\n".join(["\nExample", *(f"  {visible(line)}" for line in example.splitlines())]))


def template_text(operation: Operation, *, required_only: bool) -> str:
    """Return a body to fill in, as ``call --body`` reads it: a file stands there as its path."""
    if not operation.has_body:
        raise Refused(f"{operation.id} takes no body.")
    body = operation.template(required_only=required_only)
    if isinstance(body, dict) and (files := [name for name, value in body.items() if value == b""]):
        body |= dict.fromkeys(files, _FILE)
        click.echo(f"Put the path of a file where {_FILE} stands: {', '.join(files)}.", err=True)
    return body if isinstance(body, str) else as_json(body)


_FILE: Final = "FILE"


class _Call(click.Command):
    """A command that knows what is meant by a parameter written as an option."""

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
                f"{error.format_message()} If it is a parameter of the operation, write it without dashes: "
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
@click.option("--dry-run", is_flag=True, help="Check and print the request; send nothing.")
@click.option("--curl", is_flag=True, help="Print the request as a curl command; send nothing.")
@click.option(
    "--all",
    "every",
    is_flag=True,
    help="Read every page of a list and print them as one; -o ndjson prints each row as it comes.",
)
@click.option("--query", metavar="JMESPATH", help="Print only what this expression finds in the reply.")
@click.option(
    "-o",
    "--output",
    type=click.Choice(list(FORMATS)),
    default="json",
    help="How the reply is printed.",
)
@with_global_options
@globals_of
def call(
    settings: Globals,
    operation: str,
    values: tuple[str, ...],
    body: str | None,
    dry_run: bool,
    curl: bool,
    every: bool,
    query: str | None,
    output: str,
) -> None:
    """Call OPERATION and print the reply.

    name=value gives a parameter (a name given twice gives a list), name:=JSON a JSON
    value. Names may be written in any spelling that is equal without punctuation and
    case.
    """
    from dynzuora import lists

    if values and values[0].startswith("/"):  # METHOD and /path as two words
        operation, values = f"{operation} {values[0]}", values[1:]
    found = settings.document().operations.resolve(operation)
    arguments = {"params": words.arguments(values, found), "body": words.body(body, found)}
    if every:
        arguments["params"] = lists.first_page(found, arguments["params"])
    if dry_run or curl:
        request = settings.prepare(found, **arguments)
        click.echo(request.curl() if curl else request_text(request))
        return
    with settings.client() as client:
        if every and output == "ndjson" and not query:
            bar = False if sys.stdout.isatty() else None  # rows and a bar on one terminal would mix
            for row in client.items(found.id, **arguments, progress=bar):
                write([_plain(row)], output)
            return
        reply = _every_page(client, found, arguments) if every else client.call(found.id, **arguments)
        value = _plain(reply)
    if query:
        write(matches(value, query), output)
        return
    items = found.paging.items
    write(value, output, items)
    if output != "json" and not every and _seems_cut(found, arguments["params"], value):
        click.echo("There may be more rows: --all reads every page.", err=True)


COMMANDS: Final = (ops, show, call)


def _seems_cut(operation: Operation, params: Mapping[str, Any], reply: Any) -> bool:
    """Whether a reply leads to a next page, or is as long as a page may be where it would not say so."""
    from dynzuora.lists import styles

    style = operation.paging
    if not isinstance(reply, Mapping) or not style.is_list or reply.get(styles.DONE) is True:
        return False
    if style.next:
        return bool(styles.at(reply, style.next)) and reply.get(styles.MORE) is not False
    form = canonical(style.size)
    size = next((value for name, value in params.items() if canonical(name) == form), style.size_default)
    return bool(style.position) and len(reply.get(style.items, ())) >= (size or sys.maxsize)


def _every_page(client: Client, operation: Operation, arguments: Mapping[str, Any]) -> Any:
    """Return what one reply would be if the list had no pages; the rows alone where a file holds them."""
    from dynzuora import lists
    from dynzuora.lists import styles

    if operation.paging.name in styles.FILES:
        return client.items(operation.id, **arguments).to_list()
    return lists.merged(client.pages(operation.id, **arguments))


def paging_text(operation: Operation) -> str:
    """Return how an operation gives its rows, and what in the document says so; empty where it gives none."""

    style = operation.paging
    if operation.method != "GET" and style.name != "query-locator":
        return ""
    lines = [f"{style.name}: {style.why}"]
    if style.is_list:
        size = f", {style.size} at most {style.size_max}" if style.size_max else ""
        lines.append(f"rows in {style.items or 'the reply itself'}{size}")
    return "\n".join(["\nPaging", *(f"  {line}" for line in lines)])


def request_text(request: Request) -> str:
    """Return a request as the lines that would be sent, secrets masked, parts named."""
    lines = [f"{request.method} {request.shown_url}"]
    lines += [f"{name}: {value}" for name, value in request.headers.redacted().items()]
    if isinstance(request.body, tuple):
        lines += ["", *(f"{part.name}: {part.filename or part.shown()}" for part in request.body)]
    elif request.body:
        lines += ["", _readable(request.body)]
    return "\n".join(lines)


def _readable(content: bytes) -> str:
    from dynzuora._redaction import redacted
    from dynzuora.http import text_of

    try:
        return _json.encode(redacted(_json.decode(content)), indent=2).decode()
    except ValueError:
        return text_of(content)


def _plain(reply: Any) -> Any:
    """The reply as a plain JSON value, text or bytes."""
    if hasattr(reply, "value"):
        return reply.value
    return reply if isinstance(reply, bytes) else _json.plain(reply)
