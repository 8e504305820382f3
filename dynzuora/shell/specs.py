"""The ``specs`` commands: list, add and check OpenAPI documents."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Final

import click

import dynzuora
from dynzuora import document
from dynzuora.errors import SpecError
from dynzuora.shell import completion
from dynzuora.shell.exits import Failure
from dynzuora.shell.globals import Globals
from dynzuora.shell.options import globals_of, with_global_options
from dynzuora.shell.output import write, write_records, write_table
from dynzuora.shell.wording import message_of


@click.group(short_help="List, add and check OpenAPI documents.")
def specs() -> None:
    """Manage OpenAPI documents: the bundled ones and your own."""


@specs.command("list", epilog="Example: dynzuora specs list")
@with_global_options
def list_() -> None:
    """List the documents that --spec finds by version."""
    write_table(
        ("version", "origin", "path"),
        [(source.version, source.origin, str(source.path)) for source in document.specs()],
    )


@specs.command(epilog="Example: dynzuora specs add openapi.yaml")
@click.argument("source", metavar="FILE|URL")
@click.option("--replace", is_flag=True, help="Replace a document of the same version.")
@with_global_options
def add(source: str, replace: bool) -> None:
    """Store a document under its version, for --spec and dynzuora.load."""
    try:
        version = document.add(source, replace=replace)
    except SpecError as error:
        message = message_of(error)
        raise Failure(message if Path(source).name in message else f"{source}: {message}") from error
    click.echo(version)
    quoted = shlex.quote(version)
    click.echo(f"Added. Its operations: dynzuora ops --spec {quoted}", err=True)
    click.echo(f"Its repairs: dynzuora specs check {quoted}", err=True)
    if version != document.DEFAULT_VERSION:
        older, newer = sorted((document.DEFAULT_VERSION, version))
        click.echo(f"Its changes: dynzuora diff {shlex.quote(older)} {shlex.quote(newer)}", err=True)


@specs.command(
    epilog="Example: dynzuora specs check openapi.yaml",
    short_help="Show the problems of a document and their repairs.",
)
@click.argument("source", metavar="[SOURCE]", required=False, shell_complete=completion.versions)
@click.option("--all", "every", is_flag=True, help="List all of them, not one example per rule.")
@click.option(
    "-o", "--output", type=click.Choice(["text", "json"]), default="text", help="json lists all of them."
)
@with_global_options
@globals_of
def check(settings: Globals, source: str | None, every: bool, output: str) -> None:
    """Show what is wrong with a document, where, and how it was repaired.

    Lists how often each rule was applied, with one example.
    """
    warnings = dynzuora.load(source or settings.spec).warnings
    if output == "json":
        write([warning._asdict() for warning in warnings], "json")
    elif every and warnings:
        lines = [(warning.rule, warning.pointer, warning.message) for warning in warnings]
        write_table(("rule", "pointer", "problem"), lines)
    elif warnings:
        rules = [(f"{row['rule']}: {row['times']}", row["first"], row["at"]) for row in warnings.by_rule()]
        write_records(("", "example", "at"), rules)
    more = "; --all lists them" if output == "text" and not every and warnings else ""
    click.echo(f"{warnings.heading}{more}.", err=True)


@specs.command(epilog="Example: dynzuora specs facts openapi.yaml -o facts.json")
@click.argument("source", metavar="FULL")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="The file to write.")
@with_global_options
def facts(source: str, output: Path | None) -> None:
    """Copy a document without its descriptions and examples."""
    text = document.facts_text(source)
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8", newline="\n")


COMMANDS: Final = (specs,)
