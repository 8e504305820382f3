"""The ``dynzuora`` command: each function parses, calls the library once, and prints.

Standard output carries the result and nothing else; everything said beside it goes to
standard error. Exit codes: 0; 1 a local failure; 2 usage, or a request refused before
sending; 4 and 5 the server said 4xx or 5xx; 130 interrupted. Nothing heavy is imported
before a command needs it, so help, completion, ``ops`` and ``show`` answer at once.
"""

from __future__ import annotations

from dynzuora.shell.group import shell

__all__ = ["main", "shell"]


def main() -> None:
    """Run the command line and exit."""
    shell(prog_name="dynzuora")
