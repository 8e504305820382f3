"""The commands that read a recording: ``replay`` and ``drift``."""

from __future__ import annotations

from typing import Final

import click

from dynzuora.shell.globals import Globals
from dynzuora.shell.options import globals_of, with_global_options
from dynzuora.shell.output import as_json, plain
from dynzuora.shell.tables import write_table


@click.command(
    epilog="Example: dynzuora replay calls.jsonl --spec 2021-08-20",
    short_help="Hold recorded calls against a document.",
)
@click.argument("file", metavar="FILE")
@with_global_options
@globals_of
@click.pass_context
def replay(context: click.Context, settings: Globals, file: str) -> None:
    """List the recorded calls of FILE that a document refuses: requests, and the replies they got.

    FILE is what Client(record=FILE) wrote; the document is that of --spec. Nothing is sent. The exit
    code is 1 if anything is refused.
    """
    from dynzuora.recording import read
    from dynzuora.recording.judging import refused

    tries = read(file)
    document = settings.document()
    refusals = refused(tries, document)
    counted = f"{len(tries):,} call{'' if len(tries) == 1 else 's'} of {file}"
    if not refusals:
        click.echo(f"{document.version} takes all of {counted}.", err=True)
        return
    rows = [(each.operation, each.part, str(each.calls), each.problem) for each in refusals]
    write_table(("operation", "refused", "calls", "why"), rows)
    click.echo(f"{document.version} does not take all of {counted}.", err=True)
    context.exit(1)


@click.command(
    epilog="Example: dynzuora drift calls.jsonl -o overlay > drift.json",
    short_help="Show what recorded replies have that a document does not.",
)
@click.argument("file", metavar="FILE")
@click.option(
    "-o",
    "--output",
    type=click.Choice(["table", "json", "overlay"]),
    default="table",
    help="overlay is an OpenAPI Overlay that declares all of it.",
)
@with_global_options
@globals_of
def drift(settings: Globals, file: str, output: str) -> None:
    """Count the fields, types and values of the replies in FILE that a document does not declare.

    FILE is what Client(record=FILE) wrote; the document is that of --spec.
    """
    from dynzuora.recording import read
    from dynzuora.recording.drift import Deviation, Drift

    document = settings.document()
    deviations = Drift.of(read(file), document)
    if output == "overlay":
        click.echo(as_json(plain(deviations.to_overlay())))
    elif output == "json":
        click.echo(as_json([row._asdict() for row in deviations]))
    elif deviations:
        write_table(Deviation._fields, [[*map(str, row)] for row in deviations])
    else:
        click.echo(f"{document.version} declares all that the replies of {file} have.", err=True)


COMMANDS: Final = (drift, replay)
