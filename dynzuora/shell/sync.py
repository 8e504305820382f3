"""The command ``sync``."""

from __future__ import annotations

from typing import Final

import click

from dynzuora._zuora import QUERIES
from dynzuora.shell.exits import Refused
from dynzuora.shell.globals import Globals
from dynzuora.shell.options import globals_of, with_global_options


@click.command(
    epilog="Example: dynzuora sync Account Invoice --to data --state state.json --sandbox",
    short_help="Write what has changed in objects since the last run.",
)
@click.argument("objects", metavar="OBJECT...", nargs=-1, required=True)
@click.option(
    "--to",
    metavar="FOLDER",
    required=True,
    help="The folder for the files of rows; each object has a subfolder.",
)
@click.option(
    "--state",
    metavar="FILE",
    help="The file that records how far each object was read. By default, sync.json in the folder.",
)
@click.option("--since", metavar="TIME", help="Where the first run begins, an ISO date or time (UTC).")
@click.option("--overlap", metavar="DAYS", type=float, help="How much is read again each time.")
@click.option("--lag", metavar="MINUTES", type=float, help="How long before now to stop reading.")
@click.option(
    "--window", metavar="DAYS", type=float, help="With --since: how much one query of the first run reads."
)
@click.option("--engine", type=click.Choice([*QUERIES]), default="sql", help="How rows are queried.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["ndjson", "parquet"]),
    default="ndjson",
    help="The format of files.",
)
@with_global_options
@globals_of
def sync(
    settings: Globals,
    objects: tuple[str, ...],
    to: str,
    state: str | None,
    since: str | None,
    overlap: float | None,
    lag: float | None,
    window: float | None,
    engine: str,
    form: str,
) -> None:
    """Write what has changed in each OBJECT since the last run: each version of each row once.

    The first run writes all rows. A run that was interrupted or failed is repeated with the same
    words: it loses nothing and writes nothing twice. Deleted rows are written with "deleted": true
    where the engine returns them.
    """
    with settings.client() as client:
        for name in objects:
            try:
                run = client.sync(
                    name,
                    to,
                    state,
                    since=since,
                    overlap=overlap,
                    lag=lag,
                    window=window,
                    engine=engine,
                    format=form,
                )
            except ValueError as error:  # an argument
                raise Refused(str(error)) from None
            click.echo(str(run.summary))


COMMANDS: Final = (sync,)
