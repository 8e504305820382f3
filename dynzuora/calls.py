"""What a call is: its options, and the methods of a client that take an operation.

Completion, type stubs, the analysis of the caller's own code and the tests of the
documentation read these tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from dynzuora._names import nearest

CALL_OPTIONS: Final[Mapping[str, str]] = {
    "timeout": "float | tuple[float, float] | None",
    "validate": "str | None",
    "dry_run": "bool | None",
    "idempotency_key": "str | None",
    "track_id": "str | bool | None",
    "zuora_version": "str | None",
    "entity": "str | None",
    "headers": "Mapping[str, str] | None",
}
"""Option of a call, besides the operation's own parameters → its type."""

ITERATION_OPTIONS: Final = ("limit", "progress", "resume")
"""The options of iteration, besides those of a call."""


LEVELS: Final = ("standard", "strict", "off")
"""How strictly a request is checked, the values of the option ``validate``."""


def check_level(validate: str) -> None:
    """Raise ValueError unless ``validate`` is one of `LEVELS`."""
    if validate not in LEVELS:
        raise ValueError(f"validate={validate!r}: choose one of {', '.join(LEVELS)}.")


class Options(NamedTuple):
    """The options of a call; None is the client's default, or its absence."""

    timeout: float | tuple[float, float] | None = None
    validate: str | None = None
    dry_run: bool | None = None
    idempotency_key: str | None = None
    track_id: str | bool | None = None
    zuora_version: str | None = None
    entity: str | None = None
    headers: Mapping[str, str] | None = None
    orgs: tuple[str, ...] | None = None
    """Of a view of a client; not an option of a call."""

    def over(self, options: Mapping[str, Any]) -> Options:
        """Return these options, replaced by those of ``options`` that are not None.

        Raises TypeError for a name that is not in `CALL_OPTIONS`, ValueError for an unknown level.
        """
        for name in options:
            if name not in CALL_OPTIONS:
                close = nearest(name, CALL_OPTIONS)
                hint = f" Did you mean {close[0]}?" if close else ""
                raise TypeError(
                    f"{name} is not a call option; these are {', '.join(CALL_OPTIONS)}.{hint} "
                    "The query of a path goes into query= of client.request."
                )
        changes = {name: value for name, value in options.items() if value is not None}
        if "validate" in changes:
            check_level(changes["validate"])
        if self.headers and isinstance(changes.get("headers"), Mapping):
            changes["headers"] = {**self.headers, **changes["headers"]}
        return self._replace(**changes) if changes else self


class Method(NamedTuple):
    """A method of a client whose first argument is an operation."""

    result: str
    """What it returns: a ``reply``, ``pages``, ``rows``, a ``job``, the ``results`` of many calls, a
    ``path``, a ``request`` or a ``body``."""
    own: tuple[str, ...] = ()
    """Its own arguments, besides the operation, ``body`` and ``params``."""
    options: tuple[str, ...] = tuple(CALL_OPTIONS)
    """The options that it takes among its keyword arguments."""
    takes_parameters: bool = True
    """Whether ``body``, ``params`` and all other keyword arguments belong to the operation."""

    @property
    def keywords(self) -> tuple[str, ...]:
        """The arguments that are not the operation's."""
        return (*self.own, *self.options)


METHODS: Final[Mapping[str, Method]] = {
    "call": Method("reply"),
    "prepare": Method("request", ("validate",), options=()),
    "pages": Method("pages", options=(*CALL_OPTIONS, *ITERATION_OPTIONS)),
    "items": Method("rows", options=(*CALL_OPTIONS, *ITERATION_OPTIONS)),
    "submit": Method("job", ("job",)),
    "download": Method("path", ("to", "unzip", "progress")),
    "map": Method(
        "results", ("calls", "workers", "journal", "pages", "progress"), (), takes_parameters=False
    ),
    "template": Method("body", ("required_only",), (), takes_parameters=False),
}
"""Method of a client → what it takes and returns."""
