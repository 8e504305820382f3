"""HTTP values: headers, a request, a response. No I/O; everything compares with ``==``.

A `Request` is all that leaves the machine except credentials, which the transport
adds at the last moment: so a request can be shown, kept and compared without care.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from datetime import UTC
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple, NoReturn

from dynzuora import _json, _media_types, _redaction, _zuora
from dynzuora._text import visible
from dynzuora.display import render
from dynzuora.display.cards import CURL, cell, work_card
from dynzuora.errors import DynzuoraError, Problem

_SHOWN = 1000
"""How many characters of a body a repr shows."""


class Headers(Mapping[str, str]):
    """Header fields that compare without case and show no secret. Immutable."""

    __slots__ = ("_fields",)

    def __init__(self, fields: Mapping[str, str] | None = None) -> None:
        self._fields = {name.lower(): (name, value) for name, value in (fields or {}).items()}

    def __getitem__(self, name: str) -> str:
        return self._fields[name.lower()][1]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._fields

    if not TYPE_CHECKING:  # the types are Mapping's; its way raises an exception for each absent field

        def get(self, name, default=None):
            return self._fields.get(name.lower(), (name, default))[1]

    def __iter__(self) -> Iterator[str]:
        return iter([name for name, _ in self._fields.values()])

    def __len__(self) -> int:
        return len(self._fields)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Mapping):
            return NotImplemented
        return {name: value for name, (_, value) in self._fields.items()} == {
            str(name).lower(): value for name, value in other.items()
        }

    def __hash__(self) -> int:
        return hash(frozenset((name, value) for name, (_, value) in self._fields.items()))

    def __or__(self, other: Mapping[str, str]) -> Headers:
        """Return these fields with ``other``'s put over them."""
        if not other:
            return self
        merged = Headers()
        merged._fields = {**self._fields, **Headers(other)._fields}
        return merged

    def without(self, name: str) -> Headers:
        """Return these fields but ``name``."""
        fewer = Headers()
        fewer._fields = {lower: field for lower, field in self._fields.items() if lower != name.lower()}
        return fewer

    def __repr__(self) -> str:
        return f"Headers({self.redacted()!r})"

    def redacted(self) -> dict[str, str]:
        """Return the fields with the value of each secret one, and each signature in a URL, as ``***``."""
        return {
            name: _redaction.MASK if _redaction.is_secret_header(lower) else _redaction.in_text(value)
            for lower, (name, value) in self._fields.items()
        }


def first_number(field: str) -> float | None:
    """Return the first number of a header such as ``2250000, 50000;w=60``, None where there is none."""
    if not field:
        return None
    text = field.partition(",")[0].partition(";")[0].strip()
    if len(text) >= _MOST_DIGITS or not _NUMBER.fullmatch(text):
        return None
    return int(text) if text.isdecimal() else float(text)


_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")
"""Zuora's document declares the headers with limits as numbers, not integers."""


_MOST_DIGITS = 19


class Secret:
    """A text that shows ``***``; it is neither pickled nor copied into JSON."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text itself. Call it only where it is put on the wire."""
        return self._text

    def __repr__(self) -> str:
        return "***"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not pickled; make the client again from its profile")


class Part(NamedTuple):
    """One part of a multipart body. A `Path` is opened when the request is sent.

    ``headers`` are those besides ``Content-Disposition`` and ``Content-Type``.
    """

    name: str
    content: bytes | Path | IO[bytes]
    filename: str | None = None
    content_type: str | None = None
    headers: Headers = Headers()

    def shown(self, limit: int | None = None) -> str:
        """Return the content as text to show, secrets masked, at most ``limit`` characters of it."""
        if _redaction.is_secret_field(self.name):
            return _redaction.MASK
        return text_of(self.content, limit) if isinstance(self.content, bytes) else str(self.content)

    def __repr__(self) -> str:
        content = self.shown(_SHOWN) if self.filename is None else f"{self.filename} ({self.content_type})"
        headers = f", {self.headers!r}" if self.headers else ""
        return f"Part({self.name!r}, {content!r}{headers})"


Body = bytes | Path | IO[bytes] | tuple[Part, ...] | None
"""A request's body; a path is opened when the request is sent."""


class Scheme(NamedTuple):
    """Where a request carries the proof of who asks, by a Security Scheme Object (OpenAPI 3.0.4, 4.8.27).

    ``place`` is ``bearer``, ``basic``, ``header``, ``query`` or ``cookie``; ``name`` is that of
    the header, parameter or cookie. ``keys`` is Zuora's older pair of headers, which no document
    declares, and ``none`` an operation that asks for nothing.
    """

    place: str = "bearer"
    name: str = ""

    @property
    def is_authorization(self) -> bool:
        """Whether it is a scheme of HTTP's own, in the field ``Authorization``."""
        return self.place in ("bearer", "basic")

    def written(self, token: str) -> tuple[str, str]:
        """Return the name and value of the field that carries ``token``; the query's is ``?``.

        >>> Scheme("cookie", "session").written("***")
        ('Cookie', 'session=***')
        """
        if self.is_authorization:
            return "Authorization", f"{self.place.title()} {token}"
        if self.place == "header":
            return self.name, token
        return "Cookie" if self.place == "cookie" else "?", f"{self.name}={token}"


BEARER = Scheme()
KEYS = Scheme("keys")
NOBODY = Scheme("none")


class Request(NamedTuple):
    """One checked request, without credentials; frozen and comparable.

    ``url`` is absolute when it comes from a client and begins with ``/`` when it comes
    from an operation that belongs to none. ``body`` is bytes, a file, None, or a tuple of
    `Part`. ``warnings`` holds what the server would have dropped silently. ``elsewhere``
    means that it goes to another host than the client's, whose address is its own proof: no
    credentials are sent there. ``scheme`` says where the token goes.
    """

    method: str
    url: str
    headers: Headers
    body: Body = None
    operation_id: str = ""
    warnings: tuple[Problem, ...] = ()
    elsewhere: bool = False
    scheme: Scheme = BEARER

    @property
    def kept(self) -> Request | None:
        """The request as an error keeps it: it pickles. None for a log-in, which holds a secret."""
        if self.operation_id == _zuora.TOKEN_OPERATION:
            return None
        if not isinstance(self.body, tuple):
            return self
        parts = (
            part if isinstance(part.content, bytes | Path) else part._replace(content=b"")
            for part in self.body
        )
        return self._replace(body=tuple(parts))

    @property
    def credentials(self) -> str:
        """What is added when it is sent, masked: a request itself holds no credentials."""
        if self.elsewhere:
            return "none, it goes to another host"
        if self.operation_id == _zuora.TOKEN_OPERATION:
            return "none, it asks for a token"
        if self.scheme == NOBODY:
            return "none, the operation asks for none"
        if self.scheme == KEYS:
            return ", ".join(f"{name}: {_redaction.MASK}" for name in _zuora.ACCESS_KEY_HEADERS)
        name, value = self.scheme.written(_redaction.MASK)
        if name == "?":
            return f"?{value}"
        return f"{name}: {value}" if self.scheme.name else value

    @property
    def verdict(self) -> str:
        """What checking it came to."""
        if not self.operation_id:
            return "not checked: no operation of a document"
        notes = f", {len(self.warnings)} warnings" if len(self.warnings) > 1 else ", 1 warning"
        return f"{self.operation_id}: checked{notes if self.warnings else ''}"

    @property
    def shown_url(self) -> str:
        """The URL as it may be shown: without passwords and signatures."""
        return visible(_redaction.in_text(self.url))

    def __repr__(self) -> str:
        body = text_of(self.body, _SHOWN) if isinstance(self.body, bytes) else self.body
        return (
            f"Request({self.method} {self.shown_url}, {self.headers!r}, body={body!r}, "
            f"credentials={self.credentials!r}, verdict={self.verdict!r})"
        )

    def _repr_html_(self) -> str:
        facts = {
            "Authorization" if self.scheme.is_authorization else "Credentials": self.credentials,
            **self.headers.redacted(),
            "body": text_of(self.body, _SHOWN) if isinstance(self.body, bytes) else self.body,
        }
        title = f"{self.method} {self.shown_url}"
        state = f"{self.verdict}, not sent"
        card = work_card(title, state, facts, hint="In the shell:", code=(cell(self.curl(), limit=CURL),))
        return render("work", **card)

    def curl(self) -> str:
        """Return the request as a curl command; the token is left to ``$ZUORA_TOKEN``, secrets to you.

        Where the operation asks for Basic authentication, the token is ``user:password``.

        A request that goes elsewhere has no token: pasted, it would be given to another host.
        """
        url = _redaction.in_text(self.url)
        words = ["curl", "--request", self.method]
        words.append(f'"$ZUORA_BASE_URL"{shlex.quote(url)}' if url.startswith("/") else shlex.quote(url))
        if not self.elsewhere:
            words += self._curl_credentials()
        for name, value in self.headers.redacted().items():
            words += ["--header", shlex.quote(f"{name}: {value}")]
        if isinstance(self.body, bytes):
            words += ["--data-raw", shlex.quote(text_of(self.body))]  # --data would read @files
        elif isinstance(self.body, Path):
            words += ["--data-binary", shlex.quote(f"@{self.body}")]
        for part in self.body if isinstance(self.body, tuple) else ():
            words += _form_words(part)
        return " ".join(words)

    def _curl_credentials(self) -> list[str]:
        if self.scheme == NOBODY:
            return []
        if self.scheme == KEYS:
            pairs = zip(_zuora.ACCESS_KEY_HEADERS, _zuora.ACCESS_KEY_VARIABLES, strict=True)
            return [word for name, variable in pairs for word in ("--header", f'"{name}: ${variable}"')]
        name, value = self.scheme.written("$ZUORA_TOKEN")
        if self.scheme.place == "basic":
            return ["--user", '"$ZUORA_TOKEN"']
        return ["--url-query", f'"{value}"'] if name == "?" else ["--header", f'"{name}: {value}"']


def only_reads(method: str, operation_id: str) -> bool:
    """Whether a request changes nothing, so that a read-only client may send it."""
    return method in ("GET", "HEAD", "OPTIONS") or operation_id in _zuora.READ_ONLY_OPERATIONS


def _form_words(part: Part) -> list[str]:
    """Return curl's words for a part: a file by its path, any other content as it is."""
    more = f";type={part.content_type}" if part.content_type else ""
    more += "".join(
        f";headers={_quoted(f'{name}: {value}')}" for name, value in part.headers.redacted().items()
    )
    if isinstance(part.content, Path):
        return ["--form", shlex.quote(f"{part.name}=@{part.content}{more}")]
    if part.filename is not None:  # content that is not a file: curl needs one of that name
        return ["--form", shlex.quote(f"{part.name}=@{part.filename}{more}")]
    if more:
        return ["--form", shlex.quote(f"{part.name}={_quoted(part.shown())}{more}")]
    return ["--form-string", shlex.quote(f"{part.name}={part.shown()}")]


def _quoted(text: str) -> str:
    """Return text as curl reads it between quotes in ``--form``."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


class Attempt(NamedTuple):
    """One try at sending: what came of it, and how long was waited before it, in seconds."""

    number: int
    outcome: str
    waited: float = 0.0


class EndedAttempt(Attempt):
    """An attempt as ``on_attempt`` gets it: with the ``response``, and the ``reply`` or ``error`` made of it.

    ``response`` is None if none came. A login has neither response nor reply: they are secret.
    """

    response: Response | None = None
    reply: Any = None
    error: DynzuoraError | None = None


class Response(NamedTuple):
    """What came back, body read whole and decompressed.

    ``elapsed`` is in seconds; ``received`` in seconds since 1970, 0 if unknown.
    """

    status: int
    headers: Headers
    content: bytes
    elapsed: float = 0.0
    attempts: tuple[Attempt, ...] = ()
    received: float = 0.0

    @property
    def retry_after(self) -> float | None:
        """Seconds that the server asks to wait, None where it does not.

        ``Retry-After`` in seconds or as a date (RFC 9110, 10.2.3); on a 429 without one, Zuora's
        ``RateLimit-Reset``.
        """
        text = self.headers.get("Retry-After", "").strip()
        if not text and self.status == _TOO_MANY:
            return first_number(self.headers.get(_zuora.LIMIT_HEADERS["rate_reset"], ""))
        if text.isascii() and text.isdecimal():
            return float(text[:_MOST_DIGITS])
        return _seconds_until(text, self.received)

    def __repr__(self) -> str:
        return f"Response({self.status}, {self.headers!r}, {text_of(self.content, _SHOWN)!r})"


_TOO_MANY = 429


def _seconds_until(text: str, now: float) -> float | None:
    """Return the seconds from ``now`` to an HTTP date, None where the text is none."""
    from email.utils import parsedate_to_datetime

    try:
        moment = parsedate_to_datetime(text).replace(tzinfo=UTC).timestamp() if text and now else None
    except (ValueError, OverflowError):
        return None
    return None if moment is None else max(moment - now, 0.0)


def text_of(content: bytes, limit: int | None = None) -> str:
    """Return a body as text to show, secrets masked whatever it is; at most ``limit`` characters of it.

    Only what may be shown is looked at, however large the body is.
    """
    kept = content if limit is None else content[: _LONGEST_CHARACTER * limit]
    text = _media_types.decoded(kept)
    if text.lstrip()[:1] in ("{", "["):
        try:
            return _json.encode(_redaction.redacted(_json.decode(text))).decode()[:limit]
        except ValueError:
            pass  # cut off or misspelt JSON
    return _redaction.in_text(text)[:limit]


_LONGEST_CHARACTER = 4
"""Bytes of a character in any encoding that JSON may have."""
