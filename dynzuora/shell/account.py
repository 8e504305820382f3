"""``profile`` and ``doctor``: who asks, where, and what is wrong with that."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from dynzuora._zuora import ENVIRONMENTS
from dynzuora.errors import DynzuoraError
from dynzuora.shell import completion, output
from dynzuora.shell.group import Failure, Globals, Refused, globals_of, with_global_options
from dynzuora.shell.wording import told

if TYPE_CHECKING:
    from dynzuora import Client
    from dynzuora.shell.doctor import Finding

_MARKS: Final = {True: "ok  ", False: "BAD ", None: "    "}


@click.group(epilog="Example: dynzuora profile add default --env SBX --client-id ID")
def profile() -> None:
    """Keep an environment and its credentials under a name."""


@profile.command(
    "add",
    epilog="Example: dynzuora profile add default --env SBX --client-id ID",
    short_help="Write a profile; the secret is asked for.",
)
@click.argument("name", default="default")
@click.option(
    "--env",
    "environment",
    metavar="NAME",
    help=f"An environment ({', '.join(each.key for each in ENVIRONMENTS)}), or an https address.",
    shell_complete=completion.environments,
)
@click.option("--client-id", metavar="ID", help="The OAuth client's id.")
@click.option("--entity", help="The entity to work in.")
@click.option("--zuora-version", help="The API version to ask for.")
@click.option("--keyring", is_flag=True, help="Put the secret into the system keyring, not the file.")
@click.option("--replace", is_flag=True, help="Replace a profile of the same name, its secret too.")
def add(
    name: str,
    environment: str | None,
    client_id: str | None,
    entity: str | None,
    zuora_version: str | None,
    keyring: bool,
    replace: bool,
) -> None:
    """Write a profile; the secret is asked for, or read from standard input."""
    from dynzuora.configuration import profiles, settings

    if not environment or not client_id:
        needed = {"--env NAME": environment, "--client-id ID": client_id}
        missing = [option for option, value in needed.items() if not value]
        raise click.UsageError(f"A profile needs {' and '.join(missing)}.")
    if not replace and name in profiles.every():
        raise Refused(f"There is a profile {name} already. Give another name, or --replace.")
    settings.Sources({"environment": environment}, {}, lambda: ("", {})).settings()
    secret = click.prompt("Client secret", hide_input=True, err=True)
    place = "base_url" if "://" in environment else "environment"
    values = {place: environment, "client_id": client_id, "client_secret": secret}
    values |= {"entity": entity or "", "zuora_version": zuora_version or ""}
    written = profiles.add(name, values, in_keyring=keyring)
    click.echo(f"Profile {name} is in {written}.", err=True)


@profile.command("list", epilog="Example: dynzuora profile list")
def list_() -> None:
    """List the profiles, without their secrets."""
    from dynzuora.configuration import profiles

    stored = profiles.every()
    if not stored:
        click.echo("There is no profile yet. Make one with `dynzuora profile add`.", err=True)
        return
    output.write_table(
        ("profile", "environment", "client id"),
        [
            (name, values.get("base_url") or values.get("environment") or "", values.get("client_id", ""))
            for name, values in stored.items()
        ],
    )


@click.command(
    epilog="Example: dynzuora --env SBX doctor",
    short_help="Say what would be used, and what is wrong with it.",
)
@with_global_options
@globals_of
def doctor(settings: Globals) -> None:
    """Say what would be used and why, and check permissions, clock, a token and ./typings."""
    from dynzuora.shell import doctor

    def client() -> Client | None:
        if not settings.sandbox and not settings.names_an_account():
            return None
        try:
            return settings.client()
        except click.UsageError as error:  # one finding among others here
            raise DynzuoraError(error.format_message()) from None

    bad = 0
    for finding in (*doctor.examine(client, told=told), *_stub_findings(settings)):
        click.echo(f"{_MARKS[finding.ok]}{finding.subject}: {finding.text}")
        bad += finding.ok is False
    if bad:
        raise Failure(f"{bad} of these must be mended.")


def _stub_findings(settings: Globals) -> Iterator[Finding]:
    """Say whether the stubs that editors read from here are those of the document."""
    from dynzuora.editors import stubs
    from dynzuora.shell import doctor

    if not stubs.are_in(_TYPINGS):
        return
    try:
        fault = stubs.stale(settings.document(), _TYPINGS)
    except DynzuoraError as error:
        fault = told(error)
    more = " Write them again with `dynzuora stubs`." if fault else ""
    yield doctor.Finding("stubs", f"{fault}{more}" or f"those in {_TYPINGS} are the document's", not fault)


_TYPINGS: Final = Path("typings")
"""Where ``dynzuora stubs`` writes, and Pyright and Pylance look, without being told."""

COMMANDS: Final = (profile, doctor)
