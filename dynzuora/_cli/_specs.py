"""``specs``: the documents this machine knows."""

from __future__ import annotations

from pathlib import Path

import click

from dynzuora._cli import _output
from dynzuora._cli._shell import Failure, Settings, settings_of, with_global_options
from dynzuora._cli._wording import told
from dynzuora.errors import SpecError


@click.group(short_help="List, add and check OpenAPI documents.")
def specs() -> None:
    """The OpenAPI documents: bundled ones and your own."""


@specs.command("list", epilog="Example: dynzuora specs list")
@with_global_options
def list_() -> None:
    """List the documents that --spec knows by version."""
    from dynzuora import _document

    _output.write_table(
        ("version", "origin", "where"),
        [(each.version, each.origin, str(each.where)) for each in _document.known()],
    )


@specs.command(epilog="Example: dynzuora specs add openapi.yaml")
@click.argument("source", metavar="FILE|URL")
@click.option("--replace", is_flag=True, help="Replace a document of the same version.")
@with_global_options
def add(source: str, replace: bool) -> None:
    """Keep a document under its version, for --spec and dynzuora.load."""
    from dynzuora import _document

    try:
        click.echo(_document.add(source, replace=replace))
    except SpecError as error:
        message = told(error)
        raise Failure(message if Path(source).name in message else f"{source}: {message}") from error


@specs.command(epilog="Example: dynzuora specs check openapi.yaml")
@click.argument("source", metavar="[SOURCE]", required=False)
@with_global_options
@settings_of
def check(settings: Settings, source: str | None) -> None:
    """Say what is wrong with a document, where, and what was done about it."""
    from dynzuora import _document

    found = _document.check(source or settings.spec)
    if found:
        lines = [(each.rule, each.pointer, each.message) for each in found]
        _output.write_table(("rule", "pointer", "what"), lines)
    click.echo(f"{len(found)} things repaired or left out.", err=True)


@specs.command(epilog="Example: dynzuora specs facts openapi.yaml -o facts.json")
@click.argument("source", metavar="FULL")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Where to write it.")
@with_global_options
def facts(source: str, output: Path | None) -> None:
    """Copy a document without its prose and examples: the facts only."""
    from dynzuora import _document

    text = _document.facts_text(source)
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8", newline="\n")
