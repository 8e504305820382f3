"""The command ``query``."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from dynzuora import _json
from dynzuora._text import visible_lines
from dynzuora._zuora import QUERIES
from dynzuora.errors import JobFailed
from dynzuora.shell.exits import Failure, Refused, ServerRefused
from dynzuora.shell.globals import Globals
from dynzuora.shell.options import globals_of, with_global_options
from dynzuora.shell.output import plain, write
from dynzuora.shell.streaming import counted, stream
from dynzuora.shell.wording import message_of

if TYPE_CHECKING:
    from dynzuora.queries import Query

_FORMS: Final = ("table", "csv", "ndjson", "json", "parquet")


@click.command(
    epilog='Example: dynzuora query "select name, balance from account" --sandbox -o csv',
    short_help="Run a query and print its rows.",
)
@click.argument("statement", required=False)
@click.argument("values", nargs=-1, metavar="[name=value]...")
@click.option(
    "--engine",
    type=click.Choice([*QUERIES]),
    help="The engine; by default SQL, unless the statement has = null or != null, which is ZOQL's.",
)
@click.option("--job", metavar="ID", help="Print the rows of a data query that was started before.")
@click.option("--limit", type=click.IntRange(min=0), metavar="N", help="Print at most N rows.")
@click.option("-o", "--output", type=click.Choice(_FORMS), default="table", help="The output format.")
@with_global_options
@globals_of
def query(
    settings: Globals,
    statement: str | None,
    values: tuple[str, ...],
    engine: str | None,
    job: str | None,
    limit: int | None,
    output: str,
) -> None:
    """Run STATEMENT, SQL for Data Query or ZOQL, and print its rows.

    @FILE reads the statement from a file, @- from standard input. name=value is the text of :name
    in the statement, name:=JSON another value.

    -o csv and -o ndjson print rows as they arrive. -o parquet needs a file to be redirected to.
    After Ctrl-C, the data query runs on; --job prints its rows.
    """
    if bool(statement) == bool(job):
        raise click.UsageError("Give a statement, or the id of a data query with --job.")
    if output == "parquet" and sys.stdout.isatty():
        raise click.UsageError("Parquet is binary data: redirect it with > FILE.")
    with settings.client() as client:
        rows = client.query(
            _text(statement or ""),
            engine=engine,
            params=_params(values) if values else None,
            job=job or "",
            limit=limit,
            progress=False if sys.stdout.isatty() and output in ("csv", "ndjson") else None,
        )
        try:
            _print(rows, output)
        except JobFailed as error:  # the server has refused the statement
            notes = [visible_lines(note) for note in getattr(error, "__notes__", ())]
            raise ServerRefused("\n".join([message_of(error), *notes])) from error


def _print(rows: Query, form: str) -> None:
    if form in ("csv", "ndjson"):
        stream(
            rows,
            form,
            name="The result",
            columns=lambda row: list(row),
            how_to_resume=lambda count: _how_to_resume(rows, count),
        )
        return
    try:
        if form == "parquet":
            _write_parquet(rows)
            return
        value = plain(rows.to_list())
    except KeyboardInterrupt:
        click.echo(_how_to_resume(rows, 0), err=True, nl=False)
        raise
    write(value, form)
    if form == "table" and not value:
        click.echo("The result is empty.", err=True)


def _how_to_resume(rows: Query, count: int) -> str:
    """Return what to type to get the result of a data query that goes on, or is there already."""
    printed = f"{counted(count)} printed. " if count else ""
    return f"{printed}dynzuora query --job {rows.job.id} prints the whole result." if rows.job else ""


def _write_parquet(rows: Query) -> None:
    with tempfile.TemporaryDirectory(prefix="dynzuora-") as folder:
        try:
            path = rows.to_parquet(Path(folder) / "rows.parquet")
        except ImportError as error:
            raise Failure(str(error)) from None
        with path.open("rb") as file:
            shutil.copyfileobj(file, sys.stdout.buffer)


def _text(statement: str) -> str:
    """Return the statement, read from the file or standard input that an @ names."""
    if not statement.startswith("@"):
        return statement
    if statement == "@-":
        return sys.stdin.read()
    try:
        return Path(statement[1:]).read_text("utf-8")
    except UnicodeDecodeError:
        raise Refused(f"{statement[1:]} is not UTF-8 text.") from None
    except OSError as error:
        raise Refused(f"{statement[1:]} cannot be read: {error.strerror}.") from None


def _params(words: Sequence[str]) -> Mapping[str, Any]:
    params: dict[str, Any] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals or not name.rstrip(":"):
            raise click.UsageError(f"{word!r} is not of the form name=value.")
        params[name.removesuffix(":")] = _from_json(text, word) if name.endswith(":") else text
    return params


def _from_json(text: str, word: str) -> Any:
    try:
        return _json.decode(text)
    except ValueError as error:
        raise Refused(f"{word} is not JSON: {error}.") from error


COMMANDS: Final = (query,)
