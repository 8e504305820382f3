"""The ``specs`` commands: list, add and check OpenAPI documents."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

import dynzuora
from dynzuora import document
from dynzuora.document import kept
from dynzuora.errors import SpecError
from dynzuora.shell import completion
from dynzuora.shell.diff import fail
from dynzuora.shell.exits import Failure
from dynzuora.shell.globals import Globals
from dynzuora.shell.options import globals_of, with_global_options
from dynzuora.shell.output import write
from dynzuora.shell.tables import write_records, write_table
from dynzuora.shell.wording import message_of

if TYPE_CHECKING:
    from dynzuora.document.published import Published


@click.group(short_help="List, add and check OpenAPI documents.")
def specs() -> None:
    """Manage OpenAPI documents: the bundled ones and your own."""


@specs.command("list", epilog="Example: dynzuora specs list")
@with_global_options
def list_() -> None:
    """List the documents that --spec finds by name."""
    rows = [(source.version, source.origin, str(source.path)) for source in document.specs()]
    rows += [(name, "published", str(kept.newest(name))) for name in kept.names()]
    write_table(("version", "origin", "path"), rows)


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


@specs.command(
    epilog="Example: dynzuora specs update zuora --used-by scripts/ --fail-on breaking",
    short_help="Fetch published documents that changed, and report what changed.",
)
@click.argument("names", metavar="[NAME]...", nargs=-1, shell_complete=completion.published)
@click.option(
    "--used-by",
    multiple=True,
    metavar="PATH",
    type=click.Path(),
    help="Report what breaks in this script, notebook, folder or usage log; may be repeated.",
)
@click.option(
    "--fail-on", type=click.Choice(["breaking", "any"]), help="Exit with code 1 if there is such a change."
)
@click.option("--replace", is_flag=True, help="Keep a document even if it seems to be cut off.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing of documents that have not changed.")
@with_global_options
def update(
    names: tuple[str, ...], used_by: tuple[str, ...], fail_on: str | None, replace: bool, quiet: bool
) -> None:
    """Fetch the documents of NAME if they changed, report what changed, and keep them.

    Without NAME: those that were kept before. A name then stands for the newest document of it
    wherever a document is named, as in --spec zuora. The names are in the table below;
    sources.toml in the configuration folder adds your own. A document that cannot be fetched,
    or not whole, leaves what was kept as it is.
    """
    from dynzuora.document import published

    chosen = list(names) or kept.names()
    if not chosen:
        lines = "".join(f"\n  {name}: {source.what}" for name, source in published.published().items())
        raise click.UsageError(f"Name what to fetch; nothing was kept yet. There are:{lines}")
    problems = []
    for source in [published.source_of(name) for name in chosen]:
        try:
            _update(source, used_by, fail_on, replace=replace, quiet=quiet)
        except (SpecError, Failure) as error:  # the others are fetched all the same
            message = error.message if isinstance(error, Failure) else message_of(error)
            problems.append(f"{source.name}: {message}")
    if problems:
        raise Failure("\n".join(problems))


def _update(
    source: Published, used_by: tuple[str, ...], fail_on: str | None, *, replace: bool, quiet: bool
) -> None:
    """Fetch one document; it is kept only after it was reported."""
    from dynzuora.document import published

    change = published.fetched(source, cut_off=replace)
    if change is None:
        if not quiet:
            click.echo(f"{source.name}: not changed.", err=True)
        return
    if change.before is None:
        path = change.keep()
        click.echo(
            f"{source.name}: {change.prepared.version} is the first, kept as {path}; "
            "the next one is compared with it.",
            err=True,
        )
        return
    comparison = dynzuora.diff(change.before, change.prepared)
    usage = comparison.used_by(*used_by) if used_by else None
    click.echo(comparison.to_text(usage), nl=False)
    path = change.keep()
    click.echo(f"{source.name}: kept as {path}.", err=True)
    fail(fail_on, comparison, usage)


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
