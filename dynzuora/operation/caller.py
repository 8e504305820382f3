"""`Caller`: what sends operations, as lists, jobs, files, bulk runs and bound operations see a client."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, Self

from dynzuora.operation.operation import Operation

if TYPE_CHECKING:
    from dynzuora._zuora import Environment
    from dynzuora.calls import Options
    from dynzuora.http import Request


class Slots(Protocol):
    """How many calls may be under way at once, for all threads of a client."""

    def enter(self, is_cancelled: Callable[[], bool], /) -> bool:
        """Wait for a slot and take it; return False without one once ``is_cancelled()``."""

    def leave(self) -> None:
        """Give the slot back."""


class Caller(Protocol):
    """Builds and sends the requests of one client, with the options of one call.

    Its methods raise what `Client.call` raises. In a dry run, `send`, `call` and `save` return
    the `Request`.
    """

    @property
    def environment(self) -> Environment:
        """Where its requests go."""

    @property
    def operations(self) -> Mapping[str, Operation]:
        """The operations of the document."""

    def operation(self, name: str, /) -> Operation:
        """Return the operation called ``name``, which may be an alias.

        Raises `UnknownOperation`.
        """

    @property
    def options(self) -> Options:
        """The options of its calls."""

    @property
    def floats(self) -> bool:
        """Whether numbers with a fraction are floats instead of Decimals."""

    @property
    def slots(self) -> Slots:
        """The slots that all calls of the client share."""

    def sleep(self, seconds: float, /) -> None:
        """Wait."""

    def clock(self) -> float:
        """Return monotonic seconds."""

    def with_options(self, **options: Any) -> Self:
        """Return a caller with other call options."""

    def chooses_key(self, operation: Operation) -> bool:
        """Whether it puts an idempotency key of its own on requests of this operation."""

    def prepare(self, operation: Operation | str, body: Any, params: Mapping[str, Any]) -> Request:
        """Return the checked request of an operation, with the base URL and the option headers."""

    def checked(
        self,
        operation: Operation,
        body: Any,
        params: Mapping[str, Any],
        *,
        names: Iterable[str] | None = None,
    ) -> Request:
        """Prepare a request that the user asked for: issue its warnings, and log which names it uses.

        ``names`` are those of the arguments, if ``params`` has others.
        """

    def addressed(self, request: Request) -> Request:
        """Return a request with the base URL, the option headers and the place of the credentials."""

    def send(self, request: Request, *, receive: Any = None) -> Any:
        """Send a request and return the reply; ``receive`` gets the body in chunks instead."""

    def call(
        self,
        operation: str,
        renew: Callable[[], str] | None = None,
        /,
        *,
        body: Any = None,
        params: Mapping[str, Any] | None = None,
        **arguments: Any,
    ) -> Any:
        """Do what `Client.call` does.

        ``renew`` returns another idempotency key for a request that the server refused, if the
        one among the arguments is not the user's own.
        """

    def save(self, reference: Any, to: Any, *, signed: bool = False, **options: Any) -> Any:
        """Download the file that a reply names by id, path or URL; ``options`` as `files.save` takes them."""

    def rows(self, references: Iterable[Any], *, signed: bool = False) -> Any:
        """Return the rows of such files as `FileRows`."""
