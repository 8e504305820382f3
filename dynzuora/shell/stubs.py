"""The ``stubs`` command: type stubs for editors and type checkers."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from dynzuora.shell.exits import Failure
from dynzuora.shell.globals import Globals
from dynzuora.shell.options import globals_of, with_global_options


@click.command(
    epilog="Example: dynzuora stubs -o typings",
    short_help="Write type stubs for editors and type checkers.",
)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), default="typings", help="The folder to write to."
)
@click.option("--check", is_flag=True, help="Write nothing; fail if the stubs do not match the document.")
@click.option("--ids", is_flag=True, help="Print a module with the operationIds as a Literal instead.")
@with_global_options
@globals_of
def stubs(settings: Globals, output: Path, check: bool, ids: bool) -> None:
    """Write the document's operations as type stubs for editors and type checkers."""
    from dynzuora.editors import stubs

    document = settings.document()
    if ids:
        click.echo(stubs.ids(document), nl=False)
        return
    if check:
        if fault := stubs.stale(document, output):
            raise Failure(f"{fault} Run `dynzuora stubs -o {output}`.")
        click.echo(f"The stubs in {output} match {document.version}.")
        return
    for path in stubs.write(document, output):
        click.echo(path)
    click.echo(
        f'Pyright and Pylance find ./typings on their own; mypy needs mypy_path = "{output}".', err=True
    )


COMMANDS: Final = (stubs,)
