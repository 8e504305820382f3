"""``specs``: the documents this machine knows."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Final

import click

from dynzuora.errors import SpecError
from dynzuora.shell import completion
from dynzuora.shell.group import Failure, Globals, globals_of, with_global_options
from dynzuora.shell.output import write, write_records, write_table
from dynzuora.shell.wording import told


@click.group(short_help="List, add and check OpenAPI documents.")
def specs() -> None:
    """The OpenAPI documents: bundled ones and your own."""


@specs.command("list", epilog="Example: dynzuora specs list")
@with_global_options
def list_() -> None:
    """List the documents that --spec knows by version."""
    from dynzuora import document

    write_table(
        ("version", "origin", "where"),
        [(each.version, each.origin, str(each.path)) for each in document.specs()],
    )


@specs.command(epilog="Example: dynzuora specs add openapi.yaml")
@click.argument("source", metavar="FILE|URL")
@click.option("--replace", is_flag=True, help="Replace a document of the same version.")
@with_global_options
def add(source: str, replace: bool) -> None:
    """Keep a document under its version, for --spec and dynzuora.load."""
    from dynzuora import document

    try:
        version = document.add(source, replace=replace)
    except SpecError as error:
        message = told(error)
        raise Failure(message if Path(source).name in message else f"{source}: {message}") from error
    click.echo(version)
    named = shlex.quote(version)
    click.echo(f"It is kept. Its operations: dynzuora ops --spec {named}", err=True)
    click.echo(f"What was repaired in it: dynzuora specs check {named}", err=True)
    if version != document.DEFAULT_VERSION:
        older, newer = sorted((document.DEFAULT_VERSION, version))
        click.echo(f"What changed: dynzuora diff {shlex.quote(older)} {shlex.quote(newer)}", err=True)


@specs.command(
    epilog="Example: dynzuora specs check openapi.yaml", short_help="Say what is wrong with a document."
)
@click.argument("source", metavar="[SOURCE]", required=False, shell_complete=completion.versions)
@click.option("--all", "every", is_flag=True, help="Each of them, not one example of each rule.")
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", help="json has all.")
@with_global_options
@globals_of
def check(settings: Globals, source: str | None, every: bool, output: str) -> None:
    """Say what is wrong with a document, where, and what was done about it.

    Told is how often each rule was applied, and one example of it.
    """
    import dynzuora

    found = dynzuora.load(source or settings.spec).warnings
    if output == "json":
        write([each._asdict() for each in found], "json")
    elif every and found:
        lines = [(each.rule, each.pointer, each.message) for each in found]
        write_table(("rule", "pointer", "what"), lines)
    elif found:
        rules = [(f"{each['rule']}: {each['times']}", each["first"], each["at"]) for each in found.by_rule()]
        write_records(("", "example", "at"), rules)
    more = "; --all lists each" if output == "text" and not every and found else ""
    click.echo(f"{found.heading}{more}.", err=True)


@specs.command(epilog="Example: dynzuora specs facts openapi.yaml -o facts.json")
@click.argument("source", metavar="FULL")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Where to write it.")
@with_global_options
def facts(source: str, output: Path | None) -> None:
    """Copy a document without its prose and examples: the facts only."""
    from dynzuora import document

    text = document.facts_text(source)
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8", newline="\n")


COMMANDS: Final = (specs,)
