"""Every command of the shell with its whole name, for the tests of what all of them share."""

from __future__ import annotations

import click

from dynzuora.shell import shell


def commands(group: click.Group = shell, above: str = "") -> list[tuple[str, click.Command]]:
    """Return each command that is no group: ``("profile add", …)``."""
    found = []
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            found += commands(command, f"{above}{name} ")
        else:
            found.append((f"{above}{name}", command))
    return found
