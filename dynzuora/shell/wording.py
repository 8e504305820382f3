"""Error messages for the command line: advice names options to type instead of Python to write.

An error carries its advice as data; this table words each kind for the shell.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dynzuora._text import visible_lines
from dynzuora.errors import DynzuoraError, RequestWarning

SHELL_WORDS: Final[Mapping[str, str]] = {
    "allow-writes": "To allow it, use --allow-writes without --read-only or ZUORA_READ_ONLY.",
    "body": "Use --body for the payload.",
    "body-field": "It is a field of the body: --body '{{\"{0}\": …}}'.",
    "call": "Drop --all.",
    "call-option": "",
    "category": "{0}",
    "credentials": (
        "Set ZUORA_CLIENT_ID and ZUORA_CLIENT_SECRET, or add a profile with `dynzuora profile add`. "
        "--sandbox needs none."
    ),
    "describe": "Learned on {1}; `dynzuora describe {0} --refresh` learns it again.",
    "download": "In Python, client.download writes it to a file.",
    "every-page": "--all reads every page.",
    "entity": "Set ZUORA_ENTITY or a profile's entity to one of: {0}",
    "environment": "Set --env or ZUORA_ENV to one of {0}, or to a base URL. --sandbox needs none.",
    "file": "Use a path that exists.",
    "file-kinds": "Use the path of a file.",
    "key-used": "The key was used with another request; use a new one.",
    "list": "List them with `dynzuora ops`.",
    "look": "It may have been done: look before you send it again.",
    "look-earlier": "An earlier try of {0} may have been done: look before you send it again.",
    "more-problems": "",
    "replace": "Use --replace to replace it.",
    "request": "Write the path as the document does, and its parameters as name=value.",
    "sandbox": "Use --sandbox.",
    "part-header": "In Python, a part may be given with its headers.",
    "token": "Set ZUORA_TOKEN to {0}, or correct the security of the document with an overlay.",
    "template": "See `dynzuora show {0} --template`.",
}
"""Kind of advice → its wording on the command line; empty where there is nothing to type."""


def message_of(problem: DynzuoraError | Warning | str) -> str:
    """Return the message of an error or warning, with its advice worded for the command line."""
    if isinstance(problem, DynzuoraError | RequestWarning):
        return visible_lines(problem.in_words(SHELL_WORDS))
    return visible_lines(problem)
