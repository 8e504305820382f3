"""The global options, which every command takes before and after its name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

import click

from dynzuora._zuora import ENVIRONMENTS
from dynzuora.shell import completion
from dynzuora.shell.globals import Globals

ENVIRONMENT_KEYS: Final = tuple(environment.key for environment in ENVIRONMENTS)

Command = TypeVar("Command", bound=Callable[..., Any])


def _remember(context: click.Context, option: click.Parameter, value: Any) -> None:
    if option.name == "spec" and value and value.upper() in ENVIRONMENT_KEYS:
        raise click.UsageError(
            f"--spec takes a document, but {value!r} is an environment. Use --env {value.upper()}."
        )
    if value:
        setattr(context.ensure_object(Globals), str(option.name), value)


_GLOBAL_OPTIONS: Final = (
    click.option(
        "--spec",
        metavar="SOURCE",
        help="The OpenAPI document: a version, latest, a file or an https URL.",
        shell_complete=completion.versions,
    ),
    click.option(
        "--env",
        metavar="NAME",
        help=f"The environment ({', '.join(ENVIRONMENT_KEYS)}), or a base URL.",
        shell_complete=completion.environments,
    ),
    click.option(
        "--profile",
        metavar="NAME",
        help="A profile: an environment with credentials.",
        shell_complete=completion.profiles,
    ),
    click.option("--sandbox", is_flag=True, help="Use the built-in sandbox; its data lasts for one command."),
    click.option("--read-only", is_flag=True, help="Refuse requests that may change data."),
    click.option("--allow-writes", is_flag=True, help="Allow writes in production."),
)


def with_global_options(command: Command) -> Command:
    """Add the global options to a command, so that they work before and after its name."""
    for option in reversed(_GLOBAL_OPTIONS):
        command = _stored_in_globals(option)(command)
    return command


def _stored_in_globals(option: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return the option with its value stored in ``Globals`` instead of passed to the function."""

    def decorate(command: Any) -> Any:
        decorated = option(command)
        declared = decorated.__click_params__[-1]
        declared.expose_value, declared.callback = False, _remember
        return decorated

    return decorate


globals_of = click.make_pass_decorator(Globals, ensure=True)
