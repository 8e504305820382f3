"""The cell magic ``%%zuora``: a cell of SQL or ZOQL whose result is a DataFrame."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Mapping
from typing import Any, Final, NoReturn

from dynzuora.client import Client

MAGIC: Final = "zuora"


def register(shell: Any) -> None:
    """Add the magic to an IPython shell."""

    def zuora(line: str, cell: str) -> Any:
        return run(line, cell, shell.user_ns)

    zuora.__doc__ = _parser().format_help()
    shell.register_magic_function(zuora, "cell", MAGIC)


def unregister(shell: Any) -> None:
    """Remove the magic."""
    shell.magics_manager.magics["cell"].pop(MAGIC, None)


def run(line: str, cell: str, variables: dict[str, Any]) -> Any:
    """Return the DataFrame of the statement in ``cell``; ``-o NAME`` in ``line`` also assigns it.

    ``:name`` in the statement is the variable ``name``. The client is the variable that ``--client``
    names, else the session's only client.

    Raises IPython's UsageError for a wrong ``line``, and what `Client.query` raises.
    """
    from dynzuora.queries import names

    options = _parser().parse_args(shlex.split(line))
    client = _client(options.client, variables)
    values = {name: variables[name] for name in names(cell) if name in variables}
    frame = client.query(cell, engine=options.engine, params=values).to_df()
    if options.output:
        variables[options.output] = frame
    return frame


def _client(name: str, variables: Mapping[str, Any]) -> Client:
    clients = {
        variable: value
        for variable, value in variables.items()
        if isinstance(value, Client) and not variable.startswith("_")
    }
    if name in clients:
        return clients[name]
    different = {id(client): client for client in clients.values()}
    if name or not clients:
        raise _usage_error(
            f"{name or 'No variable'} is {'not ' if name else ''}a client. "
            "Make one, such as client = dynzuora.Client.sandbox(), and name it with --client."
        )
    if len(different) > 1:
        raise _usage_error(f"There are several clients: choose one with --client {' or '.join(clients)}.")
    return next(iter(clients.values()))


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise _usage_error(f"{message}\n{self.format_usage()}")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog=f"%%{MAGIC}",
        description="Run the cell as a query and show its rows as a DataFrame. :name is a variable.",
        add_help=False,
    )
    parser.add_argument("-o", "--output", metavar="NAME", type=_identifier, help="also assign it to NAME")
    parser.add_argument("-c", "--client", metavar="NAME", default="", help="the client, if there are several")
    parser.add_argument("--engine", choices=["sql", "zoql"], help="the engine")
    return parser


def _identifier(name: str) -> str:
    if not name.isidentifier():
        raise argparse.ArgumentTypeError(f"{name!r} is not a name of a variable")
    return name


def _usage_error(message: str) -> Exception:
    from IPython.core.error import UsageError

    error: Exception = UsageError(message)
    return error
