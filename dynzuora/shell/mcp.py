"""The command ``mcp``."""

from __future__ import annotations

from functools import cache
from typing import Final

import click

import dynzuora
from dynzuora.shell.exits import INTERRUPTED, Failure
from dynzuora.shell.globals import Globals
from dynzuora.shell.options import globals_of, with_global_options


@click.command(
    epilog="Example: dynzuora mcp --sandbox",
    short_help="Serve an assistant: search, describe, call and query, by MCP.",
)
@click.option(
    "--http",
    "port",
    type=click.IntRange(0, 65535),
    metavar="PORT",
    help="Serve over streamable HTTP on this machine instead of standard input and output; 0 picks one.",
)
@with_global_options
@globals_of
@click.pass_context
def mcp(context: click.Context, settings: Globals, port: int | None) -> None:
    """Serve six tools to an assistant over the Model Context Protocol.

    They are search, describe, template, call, query and diff. Everything is read-only unless
    --allow-writes is given; then a write is checked and shown first, and sent only when it is
    repeated with the confirmation that names it.
    """
    from dynzuora._extras import install

    try:
        from dynzuora.assistants import server
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in ("mcp", "anyio"):
            raise
        raise Failure(f"This needs the SDK of the protocol: {install('mcp')}") from None
    from dynzuora.assistants.tools import Tools

    settings.read_only = settings.read_only or not settings.allow_writes
    connect = cache(settings.client)
    who = "the built-in sandbox" if settings.sandbox else repr(connect())  # an account is checked at once
    tools = Tools(settings.document(), connect)
    served = server.served(tools, dynzuora.__version__, _ABOUT.format(who))
    if port is None:
        server.over_stdio(served)
    else:
        server.over_http(served, port, _print_address)
        context.exit(INTERRUPTED)  # only an interrupt ends it, and uvicorn swallows that


_ABOUT: Final = (
    "Zuora Billing: {}. Find an operation with search, look at it with describe, start its body "
    "with template, then call."
)


def _print_address(url: str) -> None:
    click.echo(url)
    click.echo("Any program of this machine can use it. Ctrl-C stops it.", err=True)


COMMANDS: Final = (mcp,)
