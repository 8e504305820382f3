"""Call options: telling them from parameters, checking them, and the headers they become."""

from __future__ import annotations

import functools
import operator
import os
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar, cast

from dynzuora import _zuora, parameters
from dynzuora._names import canonical, is_header_name, nearest
from dynzuora.calls import CALL_OPTIONS, Options
from dynzuora.errors import InvalidRequest, Problem
from dynzuora.http import Headers, Request, Scheme
from dynzuora.operation import Operation, Parameter

Method = TypeVar("Method", bound=Callable[..., Any])


def by_name(method: Method) -> Method:
    """Let a method of the client explain how to pass arguments by name, if some are passed without."""

    @functools.wraps(method)
    def checked(client: Any, operation: Any, /, *positional: Any, **arguments: Any) -> Any:
        if positional:
            resolved, name = client._caller.operation(operation), method.__name__
            example = resolved.example_call().removeprefix("client.call(")
            raise TypeError(f"{name} takes the arguments of {resolved.id} by name: client.{name}({example}")
        return method(client, operation, **arguments)

    return cast("Method", checked)


_SYNONYMS = {"base_url": "environment", "url": "environment", "env": "environment"}
"""Names that other clients use → arguments of the client, if the spelling is not close."""


def with_near_names(init: Method) -> Method:
    """Let the client's ``__init__`` suggest the nearest argument for an unknown one."""
    code = init.__code__  # inspect would bring the parser and the disassembler
    names = frozenset(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])

    @functools.wraps(init)
    def checked(client: Any, *positional: Any, **arguments: Any) -> None:
        for name in arguments.keys() - names:
            close = [_SYNONYMS[name]] if name in _SYNONYMS else nearest(name, sorted(names - {"self"}))
            hint = f"Did you mean {close[0]}=?" if close else "help(dynzuora.Client) lists them."
            raise TypeError(f"Client takes no argument {name}. {hint}")
        init(client, *positional, **arguments)

    return cast("Method", checked)


def separated(
    operation: Operation,
    params: Mapping[str, Any] | None,
    arguments: Mapping[str, Any],
    options: Collection[str] = CALL_OPTIONS,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the options among ``arguments``, and the rest.

    Raises TypeError for a name that may be an option or a parameter, unless ``params`` has it.
    """
    if arguments.keys().isdisjoint(options):
        return {}, dict(arguments)
    values = {name: value for name, value in arguments.items() if name in options}
    if any(value is not None for value in values.values()):
        in_params = {canonical(name) for name in params or ()}
        own = {canonical(parameter.name) for parameter in operation.parameters if not _is_option(parameter)}
        ambiguous = own - in_params
        for name, value in values.items():
            if value is not None and canonical(name) in ambiguous:
                raise TypeError(
                    f"{name} is a call option and a parameter of {operation.id}: "
                    "pass the parameter in params={...}."
                )
    return values, {name: value for name, value in arguments.items() if name not in options}


def _is_option(parameter: Parameter) -> bool:
    """Whether a call option fills this header, so that its name means the same either way."""
    return parameter.location == "header" and canonical(parameter.name) in _OPTION_OF


_OPTION_OF = {canonical(header): option for option, header in _zuora.OPTION_HEADERS.items()}


def filled(operation: Operation, params: Mapping[str, Any], options: Options) -> Mapping[str, Any]:
    """Return ``params`` with the options that are headers which the operation requires.

    An idempotency key is among them wherever the operation declares it, so that the document's
    limits apply. The user's own parameter wins.

    Raises `InvalidRequest` for an option that no header can have.
    """
    result = dict(params)
    for option, header, value in _of_headers(options):
        declared = operation.header(header)
        if declared is None or has(params, declared):
            continue
        if declared.required or option == "idempotency_key":
            check = _CHECKS_OF_DECLARED.get(option)
            result[declared.keyword] = _checked(check, operation.id, value) if check else value
    return result


def _of_headers(options: Options) -> list[tuple[str, str, Any]]:
    """Return each option that is given and becomes a header: its name, the header and the value."""
    return [
        (option, header, value)
        for (option, header), value in zip(_OPTION_HEADERS, _values(options), strict=True)
        if value is not None
    ]


_OPTION_HEADERS = tuple(_zuora.OPTION_HEADERS.items())
_values = operator.attrgetter(*_zuora.OPTION_HEADERS)


def has(params: Mapping[str, Any], parameter: Parameter) -> bool:
    """Whether the arguments have a value of this parameter, in any spelling."""
    names = {canonical(parameter.name), canonical(parameter.keyword)}
    return any(value is not None and canonical(name) in names for name, value in params.items())


def addressed(request: Request, base_url: str, options: Options, scheme: Scheme) -> Request:
    """Return a request with the base URL, the scheme, the option headers and the user's own headers.

    A request to another host gets none of them but Accept.
    """
    if request.elsewhere:
        accept = Headers(options.headers or {}).get("Accept")
        return request._replace(headers=request.headers | {"Accept": accept}) if accept else request
    headers: dict[str, str] = {}
    for option, header, value in _of_headers(options):
        if header not in request.headers:
            headers[header] = _header_text(request, option, header, value)
    for name, value in _own_headers(request, options.headers).items():
        headers[name] = _header_text(request, name, name, value)
    return request._replace(url=base_url + request.url, headers=request.headers | headers, scheme=scheme)


_RESERVED_HEADERS = frozenset(
    {"authorization", "connection", "content-length", "cookie", "host", "transfer-encoding"}
    | {name.lower() for name in _zuora.ACCESS_KEY_HEADERS}
)
"""Headers of credentials and of message framing, which the client sets itself."""


def _own_headers(request: Request, headers: Mapping[str, str] | None) -> Mapping[str, str]:
    """Return the user's headers.

    Raises `InvalidRequest` for a name that is not valid or that the client sets itself.
    """
    if headers is None:
        return {}
    if not isinstance(headers, Mapping):
        raise TypeError(f"headers must be a mapping of names to strings, not a {type(headers).__name__}.")
    problems = []
    for name in headers:
        if not is_header_name(name):
            problems.append(Problem("headers", f"{name!r} is not a valid header name."))
        elif name.lower() in _RESERVED_HEADERS:
            problems.append(Problem("headers", f"{name} is set by the client and cannot be overridden."))
    if problems:
        raise InvalidRequest.of(request.operation_id or request.method, problems)
    return headers


def check_numbers(*, timeout: Any = None, deadline: Any = None, retries: Any = 0) -> None:
    """Raise ValueError unless timeout and deadline are positive seconds, and retries an integer from 0."""
    timeouts = [*timeout] if isinstance(timeout, tuple) else [timeout]
    if isinstance(timeout, tuple) and len(timeout) != 2:
        raise ValueError(f"timeout={timeout!r}: must be seconds, or (connect seconds, read seconds).")
    for name, value in [*(("timeout", seconds) for seconds in timeouts), ("deadline", deadline)]:
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if value is not None and not (is_number and 0 < value < _LONGEST_WAIT):
            raise ValueError(f"{name}={value!r}: must be a positive number of seconds.")
    if not isinstance(retries, int) or isinstance(retries, bool) or retries < 0:
        raise ValueError(f"retries={retries!r}: must be an integer from 0.")


_LONGEST_WAIT = 10**6
"""Seconds; sockets of some systems refuse more."""


def _track_id(value: Any, _: str) -> str | Problem:
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
            f"{value!r} is not a track id: at most {_zuora.TRACK_ID_LONGEST} US-ASCII characters "
            "without : ; \" '. track_id=True generates one.",
            text,
        )
    return text


def _idempotency_key(value: Any, method: str) -> str | Problem:
    """Check the key of an operation that does not declare the header."""
    text = value if isinstance(value, str) else ""
    if method not in _zuora.IDEMPOTENT_METHODS:
        return Problem(
            "idempotency_key",
            f"Zuora refuses one on {method}; only POST and PATCH may have one, "
            "and operations that declare the header Idempotency-Key.",
            text,
        )
    if not 0 < len(text) < _zuora.IDEMPOTENCY_KEY_LONGEST:
        return Problem(
            "idempotency_key",
            f"must be a string of 1 to {_zuora.IDEMPOTENCY_KEY_LONGEST - 1} characters.",
            value,
        )
    return text


def _declared_key(value: Any, _: str) -> str | Problem:
    """Check the key of an operation that declares the header, whose schema limits its length."""
    return value if isinstance(value, str) and value else Problem("idempotency_key", _NOT_A_KEY, value)


_NOT_A_KEY = "must be a string of at least 1 character."

_CHECKED_OPTIONS = {"track_id": _track_id, "idempotency_key": _idempotency_key}
"""Option → check of its value, beyond what a header allows."""


_CHECKS_OF_DECLARED = {**_CHECKED_OPTIONS, "idempotency_key": _declared_key}
"""The same for a header that the operation declares."""


def _checked(check: Callable[[Any, str], str | Problem], name: str, value: Any, method: str = "") -> str:
    text = check(value, method)
    if isinstance(text, Problem):
        raise InvalidRequest.of(name, [text])
    return text


def _header_text(request: Request, option: str, header: str, value: Any) -> str:
    if option in _CHECKED_OPTIONS:
        name = request.operation_id or request.method
        value = _checked(_CHECKED_OPTIONS[option], name, value, request.method)
    definition = {"name": header, "in": "header", "style": "simple", "explode": False, "schema": {}}
    try:
        return parameters.serialize(definition, value)
    except parameters.ParameterError as error:
        raise InvalidRequest.of(
            request.operation_id or request.method, [Problem(option, error.message)]
        ) from None
