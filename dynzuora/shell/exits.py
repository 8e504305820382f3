"""How a command fails: the exit codes, and which error has which."""

from __future__ import annotations

from typing import Final

import click

from dynzuora.errors import ApiError, AuthError, DynzuoraError, InvalidRequest, ReadOnly, UnknownOperation

INTERRUPTED: Final = 130
_REFUSED_BEFORE_SENDING: Final = (InvalidRequest, ReadOnly, UnknownOperation)


class Failure(click.ClickException):
    """A local failure: exit code 1."""


class Refused(click.ClickException):
    """Invalid input, refused before anything was sent: exit code 2."""

    exit_code = 2


class ServerRefused(click.ClickException):
    """The server replied 4xx, or ``success: false`` with status 200: exit code 4."""

    exit_code = 4


class ServerFailed(click.ClickException):
    """The server replied 5xx: exit code 5."""

    exit_code = 5


def failure_of(error: DynzuoraError) -> type[click.ClickException]:
    """Return the exception whose exit code fits this error."""
    if isinstance(error, _REFUSED_BEFORE_SENDING):
        return Refused
    if isinstance(error, ApiError | AuthError) and error.status:
        return ServerFailed if error.status >= 500 else ServerRefused
    return Failure
