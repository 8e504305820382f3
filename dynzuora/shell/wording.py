"""The library's errors in the shell's words: what to type here instead of what to write in Python.

An error carries its advice as data; this is the table that says it, kind by kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dynzuora._text import visible_lines
from dynzuora.errors import DynzuoraError, RequestWarning

SHELL_WORDS: Final[Mapping[str, str]] = {
    "allow-writes": "If that is what you want, give --allow-writes, and no --read-only or ZUORA_READ_ONLY.",
    "body": "Give the payload with --body.",
    "body-field": "It is a field of the body: --body '{{\"{0}\": …}}'.",
    "call": "Leave --all away.",
    "call-option": "",
    "category": "{0}",
    "credentials": (
        "Set ZUORA_CLIENT_ID and ZUORA_CLIENT_SECRET, or make a profile with `dynzuora profile add`. "
        "--sandbox needs none."
    ),
    "download": "In Python, client.download writes it to a file.",
    "entity": "Choose one with ZUORA_ENTITY or a profile's entity: {0}",
    "environment": "Give --env (or set ZUORA_ENV) one of {0}, or a base URL. --sandbox needs none.",
    "file": "Give a path that exists.",
    "file-kinds": "Give its path.",
    "key-used": "The key was used with another request: take a new one.",
    "list": "List them with `dynzuora ops`.",
    "look": "It may have been done: look before you send it again.",
    "look-earlier": "An earlier try of {0} may have been done: look before you send it again.",
    "more-problems": "",
    "replace": "Give --replace to put this one in its place.",
    "request": "A path is given as the document has it, and what fills it in as name=value.",
    "sandbox": "Use --sandbox.",
    "template": "See `dynzuora show {0} --template`.",
}
"""Kind of advice → how the shell says it; empty where there is nothing to type."""


def told(problem: DynzuoraError | Warning | str) -> str:
    """Return an error or a warning of the library with its advice in the shell's words."""
    if isinstance(problem, DynzuoraError | RequestWarning):
        return visible_lines(problem.told(SHELL_WORDS))
    return visible_lines(problem)
