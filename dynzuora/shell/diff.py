"""The ``diff`` and ``history`` commands: what changed between versions of a document."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

import dynzuora
from dynzuora._text import visible
from dynzuora.document import DEFAULT_VERSION
from dynzuora.shell import completion
from dynzuora.shell.exits import Failure
from dynzuora.shell.globals import Globals
from dynzuora.shell.options import globals_of, with_global_options

if TYPE_CHECKING:
    from dynzuora.comparison import Diff, Usage

_BY_SUFFIX: Final = {
    ".md": "markdown",
    ".html": "html",
    ".htm": "html",
    ".json": "json",
    ".sarif": "sarif",
}


@click.command(
    epilog="Example: dynzuora diff 2020-12-10 2021-08-20 --used-by scripts/ notebooks/",
    short_help="Compare two versions of the document.",
)
@click.argument("old", metavar="[OLD", required=False, shell_complete=completion.versions)
@click.argument("new", metavar="NEW]", required=False, shell_complete=completion.versions)
@click.argument("more", nargs=-1, metavar="", type=click.Path())
@click.option(
    "--with",
    "others",
    multiple=True,
    metavar="DOCUMENT",
    help="Another document that belongs to NEW, for what NEW lacks; may be repeated.",
    shell_complete=completion.versions,
)
@click.option(
    "--zuora-version",
    "server_versions",
    nargs=2,
    metavar="A B",
    help="Compare versions A and B of the server, too.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "html", "json", "changelog", "github", "sarif"]),
    help="The report's format; by default that of the file's suffix, or text.",
)
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write the report to this file."
)
@click.option(
    "--fail-on", type=click.Choice(["breaking", "any"]), help="Exit with code 1 if there is such a change."
)
@click.option(
    "--used-by",
    multiple=True,
    metavar="PATH...",
    type=click.Path(),
    help="Report what breaks in these scripts, notebooks, folders or usage logs.",
)
@click.option("--external-files", is_flag=True, help="Follow references to files beside a document.")
@click.option(
    "--rules",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A TOML file with your own severities and changes to ignore.",
)
@with_global_options
@globals_of
def diff(
    settings: Globals,
    old: str | None,
    new: str | None,
    more: tuple[str, ...],
    others: tuple[str, ...],
    server_versions: tuple[str, str] | None,
    form: str | None,
    output: Path | None,
    fail_on: str | None,
    used_by: tuple[str, ...],
    external_files: bool,
    rules: Path | None,
) -> None:
    """Report what changed from OLD to NEW: versions, files, https URLs, or git:REV:PATH for
    a file of a git revision (git::PATH for what is staged).

    With --used-by, report only the lines of your own code that break, as FILE:LINE
    with what to write instead; --fail-on then counts those. Uses that cannot be resolved
    are listed. The code is read, never run. With --zuora-version OLD and NEW may be left out:
    the versions of the server are compared alone.
    """
    if new is None and server_versions is None:
        raise click.UsageError(
            f"diff compares two documents; {'the second' if old else 'OLD and NEW'} must be named."
        )
    old = old or settings.spec or DEFAULT_VERSION
    new = new or old
    if more and not used_by:
        raise click.UsageError(
            f"diff compares two documents; {more[0]!r} is one too many. Put your own code after --used-by."
        )
    try:
        comparison = dynzuora.diff(
            old,
            [new, *others] if others else new,
            rules=rules,
            zuora_version=server_versions,
            external_files=external_files,
        )
    except ValueError as error:  # of the versions of the server
        raise click.UsageError(str(error).replace("zuora_version", "--zuora-version")) from error
    usage = comparison.used_by(*used_by, *more) if used_by else None
    if usage is not None and not usage.files:
        paths = " ".join((*used_by, *more))
        click.echo(f"Nothing was read: {paths} has no script, notebook or usage log.", err=True)
    _report(comparison, usage, form, output)
    fail(fail_on, comparison, usage)


def _report(comparison: Diff, usage: Usage | None, form: str | None, output: Path | None) -> None:
    """Print the report, or write it to a file, whose name decides its format if none was asked for."""
    form = form or (_BY_SUFFIX.get(output.suffix.lower(), "text") if output else "text")
    on_terminal = output is None and form == "text" and sys.stdout.isatty()
    text = _for_terminal(comparison, usage) if on_terminal else _REPORTS[form](comparison, usage)
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8", newline="\n")
        click.echo(f"Wrote {output}.", err=True)


_REPORTS: Final[Mapping[str, Callable[[Diff, Usage | None], str]]] = {
    "text": lambda comparison, usage: comparison.to_text(usage),
    "markdown": lambda comparison, usage: comparison.to_markdown(usage),
    "html": lambda comparison, usage: comparison.to_html(usage),
    "json": lambda comparison, usage: comparison.to_json(usage),
    "changelog": lambda comparison, usage: comparison.to_changelog(usage),
    "github": lambda comparison, usage: comparison.to_github(usage),
    "sarif": lambda comparison, usage: comparison.to_sarif(usage),
}
"""Format → the report in it."""


def _for_terminal(comparison: Diff, usage: Usage | None) -> str:
    from dynzuora.comparison import reports

    width = shutil.get_terminal_size().columns
    return reports.text(comparison, usage, width=width, color=not os.environ.get("NO_COLOR"))


def fail(fail_on: str | None, comparison: Diff, usage: Usage | None) -> None:
    """Exit with code 1 where ``--fail-on`` applies; the report has been written."""
    if fail_on is None:
        return
    if usage is None:
        causes: tuple[Any, ...] = comparison.breaking if fail_on == "breaking" else comparison.changes
    else:
        causes = usage.breaking if fail_on == "breaking" else (*usage.findings, *usage.unresolved)
    if causes:
        singular, plural = _CAUSES[fail_on, usage is not None]
        raise Failure(f"--fail-on {fail_on}: {len(causes):,} {singular if len(causes) == 1 else plural}.")


_CAUSES: Final = {
    ("breaking", False): ("breaking change", "breaking changes"),
    ("any", False): ("change", "changes"),
    ("breaking", True): ("use that breaks", "uses that break"),
    ("any", True): ("use that breaks or cannot be resolved", "uses that break or cannot be resolved"),
}
"""What ``--fail-on`` counts, and whether in the caller's own code → its singular and plural."""


@click.command(
    epilog="Example: dynzuora history POST_Account currency --in specs/",
    short_help="Show when an operation, or a field of it, was added, changed or removed.",
)
@click.argument("operation", shell_complete=completion.operations)
@click.argument("field", required=False, default="")
@click.option(
    "--in",
    "folder",
    required=True,
    metavar="FOLDER",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The folder of documents, one file per version.",
)
@with_global_options
def history(operation: str, field: str, folder: Path) -> None:
    """Show when OPERATION, or FIELD of it, was added, required, changed, moved or removed.

    FIELD is the name of a parameter or property, in any spelling.
    """
    from dynzuora.comparison.history import history as history_of

    timeline = history_of(operation, field, folder=folder)
    for line in timeline.to_text().splitlines():
        click.echo(visible(line))
    if not timeline.events:
        click.echo(f"{operation} did not change in {', '.join(timeline.versions)}.", err=True)


COMMANDS: Final = (diff, history)
