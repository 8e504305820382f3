"""``demo``, ``sandbox`` and ``completion``: what needs no account."""

from __future__ import annotations

from typing import Final

import click

from dynzuora._cli._shell import Failure, Settings, settings_of, with_global_options


@click.command(epilog="Example: dynzuora demo")
@click.pass_context
def demo(context: click.Context) -> None:
    """Show what dynzuora does, against the built-in sandbox; no account, no network."""
    from dynzuora import _demo

    context.exit(_demo.run())


@click.command(epilog="Example: dynzuora sandbox --port 8080")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="0: a free one.")
@with_global_options
@settings_of
def sandbox(settings: Settings, port: int) -> None:
    """Serve the sandbox over HTTP on this machine until interrupted; prints its address."""
    from dynzuora import _sandbox

    server = _sandbox.make_server(_sandbox.Sandbox(settings.document()), port)
    address = f"http://127.0.0.1:{server.port}"
    click.echo(address)
    click.echo(f"Use --env {address}, any client id of 36 characters, any secret. Ctrl-C stops it.", err=True)
    try:
        server.serve_forever()
    finally:
        server.server_close()


@click.command(epilog='Example: eval "$(dynzuora completion bash)"')
@click.argument("name", metavar="SHELL", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, name: str) -> None:
    """Print what to put into the start file of bash, zsh or fish for completion."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(name)
    if kind is None:
        raise Failure(f"There is no completion for {name}.")
    root = context.find_root().command
    click.echo(kind(root, {}, "dynzuora", "_DYNZUORA_COMPLETE").source())


COMMANDS: Final = (demo, sandbox, completion)
