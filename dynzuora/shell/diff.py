"""``diff`` and ``history``: what changed between versions of the document, and for whom."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from dynzuora.shell import completion
from dynzuora.shell.group import Failure, with_global_options

if TYPE_CHECKING:
    from dynzuora.comparison import Diff, Usage

FORMATS: Final = ("text", "markdown", "html", "json")
_BY_SUFFIX: Final = {".md": "markdown", ".html": "html", ".htm": "html", ".json": "json"}


@click.command(
    epilog="Example: dynzuora diff 2020-12-10 2021-08-20 --used-by scripts/ notebooks/",
    short_help="Compare two versions of the document.",
)
@click.argument("old", shell_complete=completion.versions)
@click.argument("new", shell_complete=completion.versions)
@click.argument("more", nargs=-1, metavar="", type=click.Path())
@click.option(
    "--format", "form", type=click.Choice(FORMATS), help="How to report; else by the file's suffix, or text."
)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Where to write it.")
@click.option(
    "--fail-on", type=click.Choice(["breaking", "any"]), help="Exit with 1 if there is such a change."
)
@click.option(
    "--used-by",
    multiple=True,
    metavar="PATH...",
    type=click.Path(),
    help="Report what breaks in these scripts, notebooks, folders or usage logs.",
)
@click.option(
    "--rules",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A TOML file with severities of your own and changes to ignore.",
)
@with_global_options
def diff(
    old: str,
    new: str,
    more: tuple[str, ...],
    form: str | None,
    output: Path | None,
    fail_on: str | None,
    used_by: tuple[str, ...],
    rules: Path | None,
) -> None:
    """Say what changed from OLD to NEW: versions, files or https addresses.

    With --used-by only the lines of your own code that break are reported, as FILE:LINE
    with what to write instead, and --fail-on is about them; uses that cannot be followed
    are listed. The code is read, never run.
    """
    if more and not used_by:
        raise click.UsageError(f"diff compares two documents; what is {more[0]!r}? Paths go after --used-by.")
    from dynzuora import comparison

    found = comparison.diff(old, new, rules=rules)
    usage = None
    if used_by:
        usage = found.used_by(*used_by, *more)
        if not usage.files:
            paths = " ".join((*used_by, *more))
            click.echo(f"Nothing was read: {paths} has no script, notebook or usage log.", err=True)
    chosen = form or (_BY_SUFFIX.get(output.suffix.lower(), "text") if output else "text")
    text = REPORTS[chosen](found, usage, output)
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8", newline="\n")
        click.echo(f"Wrote {output}.", err=True)
    _fail(fail_on, found, usage)


def _text(found: Diff, usage: Usage | None, output: Path | None) -> str:
    from dynzuora.comparison import reports

    if output is not None or not sys.stdout.isatty():
        return reports.text(found, usage)
    import shutil

    width = shutil.get_terminal_size().columns
    return reports.text(found, usage, width=width, color=not os.environ.get("NO_COLOR"))


def _report(form: str) -> Callable[[Diff, Usage | None, Path | None], str]:
    def report(found: Diff, usage: Usage | None, _: Path | None) -> str:
        from dynzuora.comparison import reports

        text: str = getattr(reports, form)(found, usage)
        return text

    return report


REPORTS: Final[Mapping[str, Callable[[Diff, Usage | None, Path | None], str]]] = {
    "text": _text,
    "markdown": _report("markdown"),
    "html": _report("html"),
    "json": _report("json"),
}
"""Format → what lays a comparison out in it."""


def _fail(fail_on: str | None, found: Diff, usage: Usage | None) -> None:
    """End with exit code 1 where ``--fail-on`` is met; the report was written before."""
    if fail_on is None:
        return
    if usage is None:
        met: tuple[Any, ...] = found.breaking if fail_on == "breaking" else found.changes
    else:
        met = usage.breaking if fail_on == "breaking" else (*usage.findings, *usage.unresolved)
    if met:
        one, many = _MET[fail_on, usage is not None]
        raise Failure(f"--fail-on {fail_on}: {len(met):,} {one if len(met) == 1 else many}.")


_MET: Final = {
    ("breaking", False): ("breaking change", "breaking changes"),
    ("any", False): ("change", "changes"),
    ("breaking", True): ("use that breaks", "uses that break"),
    ("any", True): ("use that breaks or cannot be resolved", "uses that break or cannot be resolved"),
}
"""What is counted, and whether in the caller's own code → how one and several of it are called."""


@click.command(
    epilog="Example: dynzuora history POST_Account currency --in specs/",
    short_help="When an operation or a field of it appeared, changed and went.",
)
@click.argument("operation", shell_complete=completion.operations)
@click.argument("field", required=False, default="")
@click.option(
    "--in",
    "folder",
    required=True,
    metavar="FOLDER",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The folder that holds the documents, one file a version.",
)
@with_global_options
def history(operation: str, field: str, folder: Path) -> None:
    """Say when OPERATION, or FIELD of it, appeared, became required, changed, moved and went.

    FIELD is a parameter's or a property's name, in any spelling.
    """
    from dynzuora._text import visible
    from dynzuora.comparison.history import history as told

    found = told(operation, field, folder=folder)
    for line in found.to_text().splitlines():
        click.echo(visible(line))
    if not found.events:
        click.echo(f"Nothing happened to {operation} in {', '.join(found.versions)}.", err=True)


COMMANDS: Final = (diff, history)
