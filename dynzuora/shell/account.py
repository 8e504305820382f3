"""The ``profile`` and ``doctor`` commands."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from dynzuora.errors import DynzuoraError
from dynzuora.shell import completion, tables
from dynzuora.shell.exits import Failure, Refused
from dynzuora.shell.globals import Globals
from dynzuora.shell.options import ENVIRONMENT_KEYS, globals_of, with_global_options
from dynzuora.shell.wording import message_of

if TYPE_CHECKING:
    from dynzuora import Client
    from dynzuora.shell.doctor import Finding

_MARKS: Final = {True: "ok   ", False: "FAIL ", None: "     "}


@click.group(epilog="Example: dynzuora profile add default --env SBX --client-id ID")
def profile() -> None:
    """Store environments with their credentials under a name."""


@profile.command(
    "add",
    epilog="Example: dynzuora profile add default --env SBX --client-id ID",
    short_help="Add a profile; prompts for the secret.",
)
@click.argument("name", default="default")
@click.option(
    "--env",
    "environment",
    metavar="NAME",
    help=f"An environment ({', '.join(ENVIRONMENT_KEYS)}), or a base URL.",
    shell_complete=completion.environments,
)
@click.option("--client-id", metavar="ID", help="The id of the OAuth client.")
@click.option("--token-url", metavar="URL", help="Where the client gets its tokens; default /oauth/token.")
@click.option("--entity", help="The entity to work in.")
@click.option("--zuora-version", help="The API version to request.")
@click.option("--keyring", is_flag=True, help="Store the secret in the system keyring, not in the file.")
@click.option("--replace", is_flag=True, help="Replace an existing profile, including its secret.")
def add(
    name: str,
    environment: str | None,
    client_id: str | None,
    token_url: str | None,
    entity: str | None,
    zuora_version: str | None,
    keyring: bool,
    replace: bool,
) -> None:
    """Add a profile. Prompts for the client secret, or reads it from standard input."""
    from dynzuora.configuration import profiles, settings

    if not environment or not client_id:
        needed = {"--env NAME": environment, "--client-id ID": client_id}
        missing = [option for option, value in needed.items() if not value]
        raise click.UsageError(f"A profile needs {' and '.join(missing)}.")
    if not replace and name in profiles.load():
        raise Refused(f"Profile {name} already exists. Choose another name, or use --replace.")
    chosen = settings.Sources({"environment": environment}, {}, lambda: ("", {})).settings()
    settings.token_address(chosen.environment, token_url, settings.ARGUMENTS)
    secret = _secret()
    field = "base_url" if "://" in environment else "environment"
    values = {field: environment, "client_id": client_id, "client_secret": secret}
    values |= {"token_url": token_url or "", "entity": entity or "", "zuora_version": zuora_version or ""}
    path = profiles.add(name, values, in_keyring=keyring)
    click.echo(f"Added profile {name} to {path}.", err=True)


def _secret() -> str:
    """Return the client secret, from a prompt that does not echo it or from what is piped in."""
    if sys.stdin.isatty():
        return str(click.prompt("Client secret", hide_input=True, err=True))
    if secret := sys.stdin.readline().strip():
        return secret
    raise Refused("Standard input has no client secret.")


@profile.command("list", epilog="Example: dynzuora profile list")
def list_() -> None:
    """List the profiles, without their secrets."""
    from dynzuora.configuration import profiles

    stored = profiles.load()
    if not stored:
        click.echo("There are no profiles. Add one with `dynzuora profile add`.", err=True)
        return
    tables.write_table(
        ("profile", "environment", "client id"),
        [
            (name, values.get("base_url") or values.get("environment") or "", values.get("client_id", ""))
            for name, values in stored.items()
        ],
    )


@click.command(
    epilog="Example: dynzuora --env SBX doctor",
    short_help="Check the configuration, credentials and connection.",
)
@with_global_options
@globals_of
def doctor(settings: Globals) -> None:
    """Show which settings apply and why; check file permissions, login, clock and ./typings."""
    from dynzuora.shell import doctor

    def client() -> Client | None:
        if not settings.sandbox and not settings.has_account():
            return None
        try:
            return settings.client()
        except click.UsageError as error:  # here it is a finding
            raise DynzuoraError(error.format_message()) from None

    failed = 0
    for finding in (*doctor.examine(client, say=message_of), *_stub_findings(settings)):
        click.echo(f"{_MARKS[finding.ok]}{finding.subject}: {finding.text}")
        failed += finding.ok is False
    if failed:
        raise Failure(f"{failed} {'check' if failed == 1 else 'checks'} failed.")


def _stub_findings(settings: Globals) -> Iterator[Finding]:
    """Check whether ./typings matches the document."""
    from dynzuora.editors import stubs
    from dynzuora.shell import doctor

    if not stubs.are_in(_TYPINGS):
        return
    try:
        fault = stubs.stale(settings.document(), _TYPINGS)
    except DynzuoraError as error:
        fault = message_of(error)
    hint = " Run `dynzuora stubs` again." if fault else ""
    yield doctor.Finding("stubs", f"{fault}{hint}" or f"{_TYPINGS} matches the document", not fault)


_TYPINGS: Final = Path("typings")
"""The default folder of ``dynzuora stubs``, Pyright and Pylance."""

COMMANDS: Final = (profile, doctor)
