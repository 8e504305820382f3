"""The commands that need no account: ``demo``, ``sandbox``, ``browse`` and ``completion``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import click

import dynzuora
from dynzuora.shell import completion as completions
from dynzuora.shell.exits import INTERRUPTED
from dynzuora.shell.globals import Globals
from dynzuora.shell.options import globals_of, with_global_options


@click.command(epilog="Example: dynzuora demo", short_help="Show what dynzuora does; no account, no network.")
@click.pass_context
def demo(context: click.Context) -> None:
    """Show what dynzuora does, against the built-in sandbox; no account, no network."""
    from dynzuora.shell import demo

    context.exit(demo.run())


@click.command(
    epilog="Example: dynzuora sandbox --port 8080",
    short_help="Serve the sandbox over HTTP, with a page to try it.",
)
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="0 picks one.")
@with_global_options
@globals_of
@click.pass_context
def sandbox(context: click.Context, settings: Globals, port: int) -> None:
    """Serve the sandbox over HTTP on this machine until interrupted; print its URL.

    Open the URL in a browser to see every operation with a form that calls it.
    """
    from dynzuora.pages import browse
    from dynzuora.sandbox import Sandbox
    from dynzuora.sandbox.server import serve

    document = settings.document()
    serve(Sandbox(document), port, page=lambda: browse.page(document, live=True), ready=_print_address)
    context.exit(INTERRUPTED)  # only an interrupt ends it, and werkzeug swallows that


def _print_address(port: int) -> None:
    address = f"http://127.0.0.1:{port}"
    click.echo(address)
    exports = f"ZUORA_BASE_URL={address} ZUORA_CLIENT_ID={'0' * 36} ZUORA_CLIENT_SECRET=sandbox"
    click.echo(f"In another shell: export {exports}", err=True)
    click.echo("Then run: dynzuora call GET_SequenceSets. Ctrl-C here stops the sandbox.", err=True)
    click.echo(f"Or open {address} in a browser to see and call every operation.", err=True)


@click.command(
    epilog="Example: dynzuora browse 2020-12-10 2021-08-20 -o operations.html",
    short_help="Write a document's operations to one HTML file.",
)
@click.argument("sources", metavar="[[OLD] SPEC]", nargs=-1, shell_complete=completions.versions)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write; by default operations-VERSION.html.",
)
@click.option("--open", "opened", is_flag=True, help="Open it in the web browser.")
@with_global_options
@globals_of
def browse(settings: Globals, sources: tuple[str, ...], output: Path | None, opened: bool) -> None:
    """Write every operation of a document to one HTML file, and print its path.

    The file works offline. SPEC is a document as --spec takes it; with OLD before it,
    changes since OLD are marked.
    """
    if len(sources) > 2:
        raise click.UsageError(f"browse takes one document, or two to compare; {sources[2]!r} is a third.")
    from dynzuora.pages import browse

    document = dynzuora.load(sources[-1]) if sources else settings.document()
    changes = dynzuora.diff(sources[0], document) if len(sources) == 2 else None
    version = re.sub(r"[^\w.-]", "-", document.version)  # safe in a file name
    path = output or Path(f"operations-{version}.html")
    path.write_text(browse.page(document, changes=changes), encoding="utf-8", newline="\n")
    click.echo(path)
    if opened:
        click.launch(path.resolve().as_uri())


@click.command(
    epilog='Example: eval "$(dynzuora completion bash)"',
    short_help="Print the completion script for bash, zsh or fish.",
)
@click.argument("name", metavar="SHELL", type=click.Choice(completions.SHELLS))
@click.pass_context
def completion(context: click.Context, name: str) -> None:
    """Print the completion script to put into the startup file of bash, zsh or fish."""
    click.echo(completions.script(name, context.find_root().command))


COMMANDS: Final = (demo, sandbox, browse, completion)
