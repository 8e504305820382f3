"""The ``dynzuora`` command line: commands parse their words, call the library and print the result.

Rules about documents, requests and Zuora live in the library. Results go to standard output
and nothing else does; hints, progress and errors go to standard error. Exit codes: 0 success;
1 local failure; 2 usage error, or a request refused before sending; 4 and 5 the server replied
4xx or 5xx; 130 interrupted. A command's imports happen when it runs, so that help, completion,
``ops`` and ``show`` are fast.

To call it from Python, use click's own tools: ``CliRunner().invoke(shell, ["ops", "order"])``.
"""

from __future__ import annotations

from dynzuora.shell.group import shell

__all__ = ["main", "shell"]


def main() -> None:
    """Run the command line and exit."""
    shell(prog_name="dynzuora")
