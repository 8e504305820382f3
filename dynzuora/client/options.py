"""Call options: what they may be, and the headers they become. Pure but for ids made on request.

An option is what every operation takes and no operation's parameter is; a name that is
both is the caller's to settle.
"""

from __future__ import annotations

import functools
import inspect
import os
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

from dynzuora import _zuora, parameters
from dynzuora._names import canonical, nearest
from dynzuora.calls import CALL_OPTIONS
from dynzuora.errors import InvalidRequest, Problem
from dynzuora.http import Request
from dynzuora.operation import Operation

if TYPE_CHECKING:
    from dynzuora.client.client import Client

Timeout = float | tuple[float, float]


class Options(NamedTuple):
    """The options of one call, after the client's own defaults."""

    timeout: Timeout | None = None
    validate: str | None = None
    dry_run: bool | None = None
    idempotency_key: str | None = None
    track_id: str | None = None
    zuora_version: str | None = None
    entity: str | None = None
    headers: Mapping[str, str] | None = None
    orgs: tuple[str, ...] | None = None
    """A view's: no call takes it."""

    def over(self, given: Mapping[str, Any]) -> Options:
        """Return these options with those that are given put over them.

        Raises TypeError for a name that is none of `CALL_OPTIONS`.
        """
        for name in given:
            if name not in CALL_OPTIONS:
                close = nearest(name, CALL_OPTIONS)
                meant = f" Did you mean {close[0]}?" if close else ""
                raise TypeError(
                    f"{name} is no call option; these are {', '.join(CALL_OPTIONS)}.{meant} "
                    "What an address is asked with goes into query= of client.request."
                )
        chosen = {name: value for name, value in given.items() if value is not None}
        return self._replace(**chosen) if chosen else self

    def arguments(self) -> dict[str, Any]:
        """Return the options that are set, as arguments of a call."""
        given = {name: getattr(self, name) for name in CALL_OPTIONS}
        return {name: value for name, value in given.items() if value is not None}


Method = TypeVar("Method", bound=Callable[..., Any])


def by_name(method: Method) -> Method:
    """Answer arguments that are given without their names with the call to write."""

    @functools.wraps(method)
    def checked(client: Client, operation: Any, /, *misplaced: Any, **arguments: Any) -> Any:
        if misplaced:
            found, name = client._operation(operation), method.__name__
            example = found.example_call().removeprefix("client.call(")
            raise TypeError(f"{name} takes the arguments of {found.id} by name: client.{name}({example}")
        return method(client, operation, **arguments)

    return cast("Method", checked)


_OTHER_WORDS = {"base_url": "environment", "url": "environment", "env": "environment"}
"""What others call an argument of the client → what it is called here, where spelling does not tell."""


def with_near_names(init: Method) -> Method:
    """Answer an argument that the client does not have with the nearest that it has."""
    names = frozenset(inspect.signature(init).parameters)

    @functools.wraps(init)
    def checked(client: Client, *placed: Any, **arguments: Any) -> None:
        for name in arguments.keys() - names:
            close = [_OTHER_WORDS[name]] if name in _OTHER_WORDS else nearest(name, sorted(names - {"self"}))
            meant = f"Did you mean {close[0]}=?" if close else "help(dynzuora.Client) lists them."
            raise TypeError(f"Client takes no argument {name}. {meant}")
        init(client, *placed, **arguments)

    return cast("Method", checked)


def told_apart(
    operation: Operation,
    params: Mapping[str, Any] | None,
    arguments: Mapping[str, Any],
    options: Sequence[str] = tuple(CALL_OPTIONS),
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the options among ``arguments``, and the rest.

    Raises TypeError for a name that may be an option or a parameter.
    """
    _refuse_ambiguous(operation, options, params, arguments)
    given = {name: value for name, value in arguments.items() if name in options}
    return given, {name: value for name, value in arguments.items() if name not in options}


def _refuse_ambiguous(
    operation: Operation,
    options: Sequence[str],
    params: Mapping[str, Any] | None,
    arguments: Mapping[str, Any],
) -> None:
    """Refuse a name that is an option and a parameter, unless ``params`` says which is which."""
    given = [name for name in options if arguments.get(name) is not None]
    if not given:
        return
    settled = {canonical(name) for name in params or ()}
    own = {canonical(p.name) for p in operation.parameters} - settled
    for name in given:
        if canonical(name) in own:
            raise TypeError(
                f"{name} is a call option and a parameter of {operation.id}: "
                "give the parameter in params={...}."
            )


def addressed(request: Request, base_url: str, options: Options) -> Request:
    """Put the base URL, the option headers and the caller's own headers on a request."""
    headers: dict[str, str] = {}
    for option, header in _zuora.OPTION_HEADERS.items():
        value = getattr(options, option, None)
        if value is not None and header not in request.headers:
            headers[header] = _header_text(request, option, header, value)
    for name, value in _own_headers(request, options.headers).items():
        headers[name] = _header_text(request, name, name, value)
    return request._replace(url=base_url + request.url, headers=request.headers | headers)


_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""A header field's name (RFC 9110, 5.6.2)."""

_NOT_THE_CALLERS = frozenset(
    {"authorization", "connection", "content-length", "cookie", "host", "transfer-encoding"}
    | {name.lower() for name in _zuora.ACCESS_KEY_HEADERS}
)
"""Headers that say who asks or how a message is framed: the client's own."""


def _own_headers(request: Request, headers: Mapping[str, str] | None) -> Mapping[str, str]:
    """Return the caller's headers; raise for one whose name cannot be sent or is not theirs to set."""
    if headers is None:
        return {}
    if not isinstance(headers, Mapping):
        raise TypeError(f"headers= takes a mapping of names to texts, not a {type(headers).__name__}.")
    problems = []
    for name in headers:
        if not isinstance(name, str) or not _TOKEN.fullmatch(name):
            problems.append(Problem("headers", f"{name!r} is no header name."))
        elif name.lower() in _NOT_THE_CALLERS:
            problems.append(Problem("headers", f"{name} is set by the client and cannot be given."))
    if problems:
        raise InvalidRequest.of(request.operation_id or request.method, problems)
    return headers


def check_numbers(*, timeout: Any = None, deadline: Any = None, retries: Any = 0) -> None:
    """Raise ValueError for a timeout or deadline that is no number of seconds, or for retries below 0."""
    seconds = [*timeout] if isinstance(timeout, tuple) else [timeout]
    if isinstance(timeout, tuple) and len(timeout) != 2:
        raise ValueError(f"timeout={timeout!r}: give seconds, or (seconds to connect, seconds to read).")
    for name, value in [*(("timeout", each) for each in seconds), ("deadline", deadline)]:
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if value is not None and not (number and 0 < value < _LONGEST_WAIT):
            raise ValueError(f"{name}={value!r}: give seconds as a number above 0.")
    if not isinstance(retries, int) or isinstance(retries, bool) or retries < 0:
        raise ValueError(f"retries={retries!r}: give a whole number from 0.")


_LONGEST_WAIT = 10**6
"""Seconds; more than that no socket takes everywhere."""


def _track_id(value: Any, _: Request) -> str | Problem:
    if value is True:
        return os.urandom(16).hex()
    text = value if isinstance(value, str) else ""
    if (
        not text
        or not text.isascii()
        or len(text) > _zuora.TRACK_ID_LONGEST
        or set(text) & _zuora.TRACK_ID_FORBIDDEN
    ):
        return Problem(
            "track_id",
            f"{value!r} is no track id: at most {_zuora.TRACK_ID_LONGEST} US-ASCII characters "
            "without : ; \" '. track_id=True makes one.",
            text,
        )
    return text


def _idempotency_key(value: Any, request: Request) -> str | Problem:
    text = value if isinstance(value, str) else ""
    if request.method not in _zuora.IDEMPOTENT_METHODS:
        return Problem(
            "idempotency_key", f"is refused by Zuora on {request.method}; only POST and PATCH take one.", text
        )
    if not 0 < len(text) < _zuora.IDEMPOTENCY_KEY_LONGEST:
        return Problem(
            "idempotency_key",
            f"must be a text of 1 to {_zuora.IDEMPOTENCY_KEY_LONGEST - 1} characters.",
            value,
        )
    return text


_CHECKED_OPTIONS = {"track_id": _track_id, "idempotency_key": _idempotency_key}
"""Option → what its value must be, where a header's own rules do not tell."""


def _header_text(request: Request, option: str, header: str, value: Any) -> str:
    if option in _CHECKED_OPTIONS:
        value = _CHECKED_OPTIONS[option](value, request)
        if isinstance(value, Problem):
            raise InvalidRequest.of(request.operation_id or request.method, [value])
    definition = {"name": header, "in": "header", "style": "simple", "explode": False, "schema": {}}
    try:
        return parameters.serialize(definition, value)
    except parameters.ParameterError as error:
        raise InvalidRequest.of(
            request.operation_id or request.method, [Problem(option, error.message)]
        ) from None
