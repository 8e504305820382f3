"""Explain why there is no usable response: one table, read top down.

Whether anything was sent is not decided here: the connections observe it. The words come
from what the try raised and its causes, never from what the caller happened to be handling.
"""

from __future__ import annotations

import http.client
import re
import socket
import ssl
from collections.abc import Iterator
from typing import NamedTuple

import requests
import urllib3

from dynzuora._origins import origin
from dynzuora.errors import Timeout, TransportError
from dynzuora.http import Request, text_of
from dynzuora.transport import retries
from dynzuora.transport.reading import BadlyPacked

_SHOWN = 800


class Route(NamedTuple):
    """The route to a server, for display: without passwords.

    A variable is the setting that chose the proxy, or the file or folder of authorities.
    """

    origin: str
    proxy: str = ""
    proxy_variable: str = ""
    authorities: str = ""
    authorities_variable: str = ""


class Try(NamedTuple):
    """A failed try: its number, what was sent, and what was received."""

    request: Request
    route: Route
    number: int
    sent: bool
    observed: bool
    came: bytes
    """The beginning of the body, or of whatever was received."""
    answered: bool
    """Whether anything was received."""
    reads: bool
    """Whether the request changes nothing."""
    doubt: bool
    """Whether an earlier try of the same call may have been done."""


def transport_error(attempt: Try, error: Exception, ambient: BaseException | None) -> TransportError:
    """Return the error for what ended a try; ``ambient`` is what the caller was handling.

    The URL's query is omitted, since it may contain secrets.
    """
    chain = list(_chain(error, ambient))
    expected = isinstance(error, _NETWORK)
    if attempt.sent:
        timed_out = _any(chain, *_TIMEOUTS)
        kind = Timeout if timed_out else TransportError
        what = _what_broke(attempt, error, chain, timed_out=timed_out)
        return _error(attempt, what, retries.UNKNOWN if expected else retries.FINAL, kind)
    cause = _cause(attempt.route, chain) if expected or isinstance(error, ValueError) else None
    if cause is None:
        what, local = f"nothing could be sent to {attempt.route.origin}: {_text(error)}", True
    else:
        what, local = (
            f"no connection to {attempt.route.origin}: {_words(cause, attempt.route, chain)}",
            cause.local,
        )
    return _error(attempt, what, retries.LOCAL if local else retries.NOT_SENT, TransportError)


def too_large(attempt: Try, most: int) -> TransportError:
    """Return the error for a body above the limit: it would be as large the next time."""
    what = f"the body is larger than {most:,} bytes."
    return _error(attempt, what, retries.FINAL, TransportError)


def proxy_wants_login(attempt: Try) -> TransportError:
    """Return the error for HTTP 407, which comes from a proxy (RFC 9110, section 15.5.8)."""
    what = f"no way to {attempt.route.origin}: {_PROXY_LOGIN.format(**attempt.route._asdict())}"
    return _error(attempt._replace(sent=False, came=b""), what, retries.LOCAL, TransportError)


def unreadable_file(attempt: Try, path: object, reason: str) -> TransportError:
    """Return the error for a file that cannot be sent."""
    what = f"the file {path} cannot be read: {reason}."
    return _error(attempt, what, retries.LOCAL, TransportError)


def _error(attempt: Try, what: str, outcome: str, kind: type[TransportError]) -> TransportError:
    """Combine the sentences: what, how many tries, how the response began, whether it may have been done."""
    doubt = (attempt.sent or attempt.doubt) and not attempt.reads
    if not attempt.sent:
        doubt_text = f" This time nothing was sent. {_EARLIER}" if doubt else " Nothing was sent."
    elif doubt:
        doubt_text = " It may have been done: look before you send it again."
    else:
        doubt_text = " Reading again is safe." if outcome == retries.UNKNOWN else ""
    tries = f" ({attempt.number} tries)" if attempt.number > 1 else ""
    begins = f" What came begins {beginning(attempt.came)!r}." if attempt.came else ""
    return kind(
        f"{attempt.request.operation_id or attempt.request.method}: {what}{tries}{begins}{doubt_text}",
        operation_id=attempt.request.operation_id,
        may_have_been_applied=doubt,
        outcome=outcome,
    )


_EARLIER = "An earlier try may have been done: look before you send it again."


def beginning(content: bytes | memoryview) -> str:
    """Return the first characters of a body, secrets masked."""
    return text_of(bytes(content[:_SHOWN]))[: _SHOWN // 4]


def _what_broke(attempt: Try, error: Exception, chain: list[BaseException], *, timed_out: bool) -> str:
    """Say what became of a request that was sent."""
    what = "no answer in time" if timed_out else "the connection broke"
    if isinstance(error, BadlyPacked):
        what = f"a body that is {error}, came"
    elif attempt.answered and timed_out:
        what = "no whole answer in time"
    why = type(chain[-1]).__name__
    if not attempt.observed or not isinstance(error, _NETWORK):  # others explain themselves
        why = _text(chain[-1])
    return f"{what} from {attempt.route.origin} ({why})."


def _text(error: BaseException) -> str:
    """Return the class of an exception and its text, without queries and secrets."""
    words = re.sub(r"\?[^\s'\"<>)]*", "?…", " ".join(str(error).split())).rstrip(".")
    name = type(error).__name__
    return f"{name}: {beginning(words.encode('utf-8', 'replace'))}" if words else name


def _chain(error: BaseException, ambient: BaseException | None) -> Iterator[BaseException]:
    """Yield an exception and its causes, down to what the caller was handling."""
    seen: list[BaseException] = []
    below: BaseException | None = error
    while below is not None and below is not ambient and not any(below is error for error in seen):
        yield below
        seen.append(below)
        inside = next((argument for argument in below.args if isinstance(argument, BaseException)), None)
        below = below.__cause__ or inside or (None if below.__suppress_context__ else below.__context__)


def _any(chain: list[BaseException], *kinds: type[BaseException]) -> bool:
    return any(isinstance(error, kinds) for error in chain)


_TIMEOUTS = (requests.Timeout, urllib3.exceptions.TimeoutError, TimeoutError)

_NETWORK = (
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    OSError,
    BadlyPacked,
)
"""Errors of a network; anything else is a bug, in an adapter or a mock, and is not retried."""


# Why there is no connection


class Cause(NamedTuple):
    """A row: classes of which one must be in the chain, what its text must match, and the explanation.

    ``local`` marks what a retry cannot fix, because it is set or missing on this machine.
    """

    kinds: tuple[type[BaseException], ...]
    words: str
    local: bool = False
    matches: str = ""


_PROXY_LOGIN = (
    "the proxy {proxy} wants a name and a password. Put them into {proxy_variable}: "
    "http://name:password@host:port."
)

_BY_PROXY = (
    Cause(
        (requests.exceptions.InvalidSchema,),
        "{proxy_variable} names a SOCKS proxy, and those need PySocks: pip install 'requests[socks]'.",
        True,
        "SOCKS",
    ),
    Cause((OSError,), _PROXY_LOGIN, True, "Tunnel connection failed: 407|SOCKS5 authentication failed"),
    Cause(
        (OSError,),
        "the proxy {proxy} refuses to lead there ({detail}). Look at {proxy_variable} and NO_PROXY.",
        True,
        "Tunnel connection failed: 4",
    ),
    Cause(
        (OSError,),
        "the proxy {proxy} does not lead there ({detail}). Look at {proxy_variable}.",
        matches="Tunnel connection failed",
    ),
    Cause(
        (
            requests.exceptions.InvalidURL,
            requests.exceptions.InvalidSchema,
            urllib3.exceptions.LocationValueError,
            urllib3.exceptions.ProxySchemeUnknown,
        ),
        "{proxy_variable} is not the address of a proxy, such as http://host:port.",
        True,
    ),
    Cause(
        (socket.gaierror,),
        "the name of the proxy {proxy} is not found. Look at {proxy_variable}.",
        True,
        rf"^(?!.*Errno {socket.EAI_AGAIN}\b)",
    ),
    Cause(
        (requests.exceptions.ProxyError, urllib3.exceptions.NewConnectionError),
        "the proxy {proxy} does not take the connection ({detail}). Look at {proxy_variable}.",
    ),
)
"""Rows that come first when there is a proxy."""

_BY_AUTHORITIES = (
    Cause(
        (OSError,),
        "{authorities_variable} names {authorities}, which is not there.",
        True,
        "Could not find a suitable TLS CA certificate bundle",
    ),
    Cause(
        (ssl.SSLError,),
        "{authorities_variable} names {authorities}, which holds no certificates.",
        True,
        "NO_CERTIFICATE_OR_CRL_FOUND|PEM lib|BAD_BASE64_DECODE|no certificate or crl found",
    ),
    Cause(
        (PermissionError, FileNotFoundError, IsADirectoryError),
        "{authorities_variable} names {authorities}, which cannot be read.",
        True,
    ),
    Cause(
        (urllib3.exceptions.SSLError,),
        "{authorities_variable} names {authorities}, which cannot be read ({detail}).",
        True,
        "No such file|Is a directory|Permission denied",
    ),
)
"""Rows that come first when a file or folder of authorities is set."""

_CAUSES = (
    Cause(
        (ssl.SSLError, urllib3.exceptions.SSLError),
        "its certificate is not one that is trusted ({detail}). Does it need REQUESTS_CA_BUNDLE?",
        True,
        "certificate verify failed|CERTIFICATE_VERIFY_FAILED|doesn't match|not valid for",
    ),
    Cause(
        (ssl.SSLError,),
        "no TLS is spoken there. Is it http://, or another port?",
        True,
        "WRONG_VERSION_NUMBER|HTTP_REQUEST|UNKNOWN_PROTOCOL|PACKET_LENGTH_TOO_LONG|wrong version number",
    ),
    Cause(
        (ssl.SSLError,),
        "TLS could not be agreed on ({detail}).",
        True,
        "ALERT|UNSUPPORTED_PROTOCOL|NO_CIPHER|NO_PROTOCOLS|NO_SHARED",
    ),
    Cause(
        (socket.gaierror,),
        "its name could not be looked up just now. Is there a network, a proxy?",
        matches=rf"Errno {socket.EAI_AGAIN}\b",
    ),
    Cause((socket.gaierror,), "its name is not found. Is there a network, a proxy?", True),
    Cause(
        (urllib3.exceptions.LocationValueError, UnicodeError),
        "its name is not valid: a part of it is empty or longer than 63 letters.",
        True,
    ),
    Cause(
        (ConnectionRefusedError,),
        "nothing takes connections there. Is the address right, and its port?",
    ),
    Cause(  # which urllib3 derives from a timeout
        (urllib3.exceptions.NewConnectionError,),
        "nobody answers there ({detail}). Is there a network, a proxy?",
    ),
    Cause(_TIMEOUTS, "nobody answers there. Is there a network, a proxy?"),
    Cause((ValueError,), "{detail}.", True),
    Cause(_NETWORK, "it broke before anything was sent ({detail})."),
)
"""Why there is no connection; the first row that matches."""


def _cause(route: Route, chain: list[BaseException]) -> Cause | None:
    by_proxy = _BY_PROXY if route.proxy_variable else ()
    by_authorities = _BY_AUTHORITIES if route.authorities_variable else ()
    rows = (*by_proxy, *by_authorities, *_CAUSES)
    return next((row for row in rows if _fitting(row, chain) is not None), None)


def _fitting(row: Cause, chain: list[BaseException]) -> BaseException | None:
    """Return the exception that matches a row."""
    fitting = [
        error for error in chain if isinstance(error, row.kinds) and re.search(row.matches, str(error))
    ]
    return fitting[-1] if fitting else None


def _words(cause: Cause, route: Route, chain: list[BaseException]) -> str:
    error = _fitting(cause, chain)
    detail = getattr(error, "verify_message", "") or getattr(chain[-1], "strerror", "") or _text(chain[-1])
    return cause.words.format(detail=str(detail).rstrip("."), **route._asdict())


def shown_proxy(address: str) -> str:
    """Return a proxy's address without user and password; empty if it is not an address."""
    scheme, _, rest = address.rpartition("://")
    try:
        return origin(f"{scheme or 'http'}://{rest.rpartition('@')[2]}")
    except ValueError:
        return ""
