"""``stubs``: what editors and type checkers read about a document."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from dynzuora.shell.group import Failure, Globals, globals_of, with_global_options


@click.command(
    epilog="Example: dynzuora stubs -o typings", short_help="Write types for editors and type checkers."
)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), default="typings", help="The folder of the stubs."
)
@click.option("--check", is_flag=True, help="Write nothing; fail if the stubs are not the document's.")
@click.option("--ids", is_flag=True, help="Print the operationIds as a module with one Literal instead.")
@with_global_options
@globals_of
def stubs(settings: Globals, output: Path, check: bool, ids: bool) -> None:
    """Write typed operations of the document for editors and type checkers."""
    from dynzuora.editors import stubs

    document = settings.document()
    if ids:
        click.echo(stubs.ids(document), nl=False)
        return
    if check:
        if fault := stubs.stale(document, output):
            raise Failure(f"{fault} Write it with `dynzuora stubs -o {output}`.")
        click.echo(f"The stubs in {output} are those of {document.version}.")
        return
    for path in stubs.write(document, output):
        click.echo(path)
    click.echo(
        f'Pyright and Pylance read ./typings by themselves; mypy needs mypy_path = "{output}".', err=True
    )


COMMANDS: Final = (stubs,)
