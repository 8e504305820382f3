"""``demo``, ``sandbox``, ``browse`` and ``completion``: what needs no account."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import click

from dynzuora.shell import completion as completions
from dynzuora.shell.group import INTERRUPTED, Globals, globals_of, with_global_options


@click.command(epilog="Example: dynzuora demo", short_help="Show what dynzuora does; no account, no network.")
@click.pass_context
def demo(context: click.Context) -> None:
    """Show what dynzuora does, against the built-in sandbox; no account, no network."""
    from dynzuora.shell import demo

    context.exit(demo.run())


@click.command(
    epilog="Example: dynzuora sandbox --port 8080",
    short_help="Serve the sandbox, and a page to try it, on this machine.",
)
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="0: a free one.")
@with_global_options
@globals_of
@click.pass_context
def sandbox(context: click.Context, settings: Globals, port: int) -> None:
    """Serve the sandbox over HTTP on this machine until interrupted; prints its address.

    The address, opened in a browser, shows every operation with a form that calls it.
    """
    from dynzuora.pages import browse
    from dynzuora.sandbox import Sandbox
    from dynzuora.sandbox.server import serve

    document = settings.document()
    serve(Sandbox(document), port, page=lambda: browse.page(document, live=True), ready=_tell_address)
    context.exit(INTERRUPTED)  # nothing else ends it, and werkzeug keeps the interrupt to itself


def _tell_address(port: int) -> None:
    address = f"http://127.0.0.1:{port}"
    click.echo(address)
    known = f"ZUORA_BASE_URL={address} ZUORA_CLIENT_ID={'0' * 36} ZUORA_CLIENT_SECRET=sandbox"
    click.echo(f"In another shell: export {known}", err=True)
    click.echo("and then: dynzuora call GET_SequenceSets. Ctrl-C stops it here.", err=True)
    click.echo(f"In a browser {address} shows every operation, with a form that calls it.", err=True)


@click.command(
    epilog="Example: dynzuora browse 2020-12-10 2021-08-20 -o operations.html",
    short_help="Write every operation into one HTML file to look at.",
)
@click.argument("sources", metavar="[[OLD] SPEC]", nargs=-1, shell_complete=completions.versions)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write it; else operations-VERSION.html.",
)
@click.option("--open", "opened", is_flag=True, help="Show it in the web browser, too.")
@with_global_options
@globals_of
def browse(settings: Globals, sources: tuple[str, ...], output: Path | None, opened: bool) -> None:
    """Write every operation of a document into one HTML file, and print where it is.

    The file needs no network. SPEC is what --spec takes; with OLD before it, what changed
    from OLD is marked.
    """
    if len(sources) > 2:
        raise click.UsageError(
            f"browse shows one document, or what changed from another; what is {sources[2]!r}?"
        )
    import dynzuora
    from dynzuora.pages import browse

    document = dynzuora.load(sources[-1]) if sources else settings.document()
    changes = dynzuora.diff(sources[0], document) if len(sources) == 2 else None
    version = re.sub(r"[^\w.-]", "-", document.version)  # it becomes part of a file's name
    path = output or Path(f"operations-{version}.html")
    path.write_text(browse.page(document, changes=changes), encoding="utf-8", newline="\n")
    click.echo(path)
    if opened:
        click.launch(path.resolve().as_uri())


@click.command(
    epilog='Example: eval "$(dynzuora completion bash)"', short_help="Completion for bash, zsh or fish."
)
@click.argument("name", metavar="SHELL", type=click.Choice(completions.SHELLS))
@click.pass_context
def completion(context: click.Context, name: str) -> None:
    """Print what to put into the start file of bash, zsh or fish for completion."""
    click.echo(completions.script(name, context.find_root().command))


COMMANDS: Final = (demo, sandbox, browse, completion)
