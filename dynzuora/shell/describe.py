"""The ``describe`` command: the fields of an object of the tenant."""

from __future__ import annotations

from typing import Final

import click

from dynzuora.shell.globals import Globals
from dynzuora.shell.options import globals_of, with_global_options
from dynzuora.shell.output import FORMATS, write


@click.command(
    epilog="Example: dynzuora describe Account --sandbox", short_help="Show the fields of a tenant's object."
)
@click.argument("object_name", metavar="OBJECT")
@click.option("--refresh", is_flag=True, help="Ask the tenant again.")
@click.option("-o", "--output", type=click.Choice(list(FORMATS)), default="table", help="The output format.")
@with_global_options
@globals_of
def describe(settings: Globals, object_name: str, refresh: bool, output: str) -> None:
    """Show the fields of OBJECT, such as Account, custom ones included.

    They are asked for once and then kept for this login. From then on, a misspelt custom field in
    the body of a call is a warning.
    """
    with settings.client() as client:
        fields = client.describe(object_name, refresh=refresh)
    rows = [
        {**field._asdict(), "options": list(field.options), "contexts": list(field.contexts)}
        for field in sorted(fields, key=lambda field: not field.custom)
    ]
    shown = ("name", "type", "nullable", "custom", "label")
    write([{name: row[name] for name in shown} for row in rows] if output == "table" else rows, output)
    click.echo(f"Learned {fields.learned}; --refresh asks again.", err=True)


COMMANDS: Final = (describe,)
