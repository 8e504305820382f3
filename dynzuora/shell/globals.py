"""The global options of the command line, and what the library makes of them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import click

import dynzuora
from dynzuora import document

if TYPE_CHECKING:
    from dynzuora import Client, Document
    from dynzuora.document import Entry, Prepared
    from dynzuora.http import Request
    from dynzuora.operation import Operation

_ACCOUNT_VARIABLES: Final = frozenset({"ZUORA_BASE_URL", "ZUORA_ENV", "DYNZUORA_PROFILE"})


class Globals:
    """The values of the global options."""

    spec: str | None = None
    env: str | None = None
    profile: str | None = None
    sandbox: bool = False
    read_only: bool = False
    allow_writes: bool = False

    def document(self) -> Document:
        """Return the document that ``--spec`` names, or the default one."""
        return dynzuora.load(self.spec)

    def prepared(self) -> Prepared:
        """Return the document as it was prepared: enough for lists, search and completion, quick to read."""
        return document.prepare(self.spec)

    def index(self) -> Mapping[str, Entry]:
        """Return the document's index of operations."""
        return self.prepared().index

    def client(self) -> Client:
        """Return a client for the account that the options name, or for the sandbox."""
        if self.read_only and self.allow_writes:
            raise click.UsageError("--read-only and --allow-writes cannot be combined.")
        if self.sandbox:
            if self.env or self.profile:
                raise click.UsageError("--sandbox cannot be combined with --env or --profile.")
            return dynzuora.Client.sandbox(self.spec, read_only=self.read_only or None)
        if not self.has_account():
            raise click.UsageError("No account is selected. Use --env NAME, --profile NAME or --sandbox.")
        return dynzuora.Client(
            self.spec,
            self.env,
            profile=self.profile,
            read_only=self.read_only or None,
            allow_writes=self.allow_writes,
        )

    def prepare(self, operation: Operation, **arguments: Any) -> Request:
        """Return the validated request; its URL is absolute if an account or the sandbox is selected."""
        if self.sandbox or self.has_account():
            with self.client() as client:
                return client.prepare(operation.id, **arguments)
        return operation.prepare(**arguments)

    def has_account(self) -> bool:
        """Whether an option, an environment variable or the default profile selects an account."""
        if self.env or self.profile or _ACCOUNT_VARIABLES & os.environ.keys():
            return True
        from dynzuora.configuration import profiles

        return "default" in profiles.load()
