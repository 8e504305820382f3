"""The command ``ops``: operations, all of them or those that match words."""

from __future__ import annotations

from typing import Final

import click

from dynzuora.shell.exits import Failure
from dynzuora.shell.globals import Globals
from dynzuora.shell.options import globals_of, with_global_options
from dynzuora.shell.tables import write_table


@click.command(epilog="Example: dynzuora ops cancel subscription")
@click.argument("words", nargs=-1)
@with_global_options
@globals_of
def ops(settings: Globals, words: tuple[str, ...]) -> None:
    """List the operations, or those that match WORDS, best first.

    Searches ids, paths, tags, summaries, descriptions and the names of parameters and of the
    fields of bodies and replies, by the words of the trade; tolerates typos.
    """
    index = settings.index()
    ids = _search(settings, words) if words else list(index)
    if not ids:
        raise Failure(f"No operation matches {' '.join(words)!r}.")
    write_table(
        ("id", "method", "path", "summary"),
        [(name, index[name].method, index[name].path, index[name].summary) for name in ids],
        spare="summary",
    )


def _search(settings: Globals, words: tuple[str, ...]) -> list[str]:
    from dynzuora import search

    prepared = settings.prepared()
    matches, _ = search.search(prepared, " ".join(words), len(prepared.index))
    return [match.id for match in matches]


COMMANDS: Final = (ops,)
