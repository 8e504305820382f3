"""Turn status, headers and body into a `Reply` or the right error. Pure.

`failures` decides what is a failure; everything else here is HTTP and JSON. Numbers
with a fraction are Decimal.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, Self

from dynzuora import _codings, _json, _media_types, _redaction, _zuora, errors
from dynzuora._media_types import essence, is_json
from dynzuora.display import render
from dynzuora.display.cards import reply_card
from dynzuora.errors import Problem
from dynzuora.http import Attempt, Headers, Request, Response, first_number
from dynzuora.replies import failures


class Meta(NamedTuple):
    """About a reply: ``elapsed`` in seconds, each attempt, and warnings about request and body."""

    status: int
    headers: Headers
    request: Request
    elapsed: float
    attempts: tuple[Attempt, ...]
    warnings: tuple[Problem, ...]

    @property
    def request_id(self) -> str:
        """Zuora's id of this call, for its support; empty if there is none."""
        return self.headers.get(_zuora.REQUEST_ID_HEADER, "")

    @property
    def track_id(self) -> str:
        """The caller's own id as the server echoed it; empty if there is none."""
        return self.headers.get(_zuora.TRACK_ID_HEADER, "")

    @property
    def limits(self) -> ServerLimits:
        """The server's rate and concurrency limits, as sent with this reply."""
        return limits_of(self.headers)


class ServerLimits(NamedTuple):
    """What remains of the server's limits; None where it did not say.

    ``rate_reset`` is in seconds from the reply on. Zuora counts calls per minute, hour and day, and
    concurrent calls; it refreshes the latter about once a second.
    """

    rate: float | None = None
    rate_remaining: float | None = None
    rate_reset: float | None = None
    concurrency: float | None = None
    concurrency_remaining: float | None = None


def limits_of(headers: Mapping[str, str]) -> ServerLimits:
    """Return the limits in reply headers; of a list such as ``50000, 50000;w=60`` the first number.

    >>> limits_of(Headers({"RateLimit-Limit": "2250000, 50000;w=60", "RateLimit-Remaining": "49999"}))[:3]
    (2250000, 49999, None)
    """
    limits = {name: first_number(headers.get(header, "")) for name, header in _zuora.LIMIT_HEADERS.items()}
    return ServerLimits(**limits)


class Reply:
    """A reply: plain data with ``.meta``. Its classes differ only in the data they hold."""

    meta: Meta

    def __reduce_ex__(self, protocol: Any) -> Any:
        return _restore, (type(self), self._plain(), self.meta)

    def _repr_html_(self) -> str:
        meta = self.meta
        about = {
            "operation": failures.name_of(meta.request),
            "status": str(meta.status),
            "elapsed": f"{meta.elapsed:.2f} s",
            "request_id": meta.request_id,
            "warnings": " ".join(map(str, meta.warnings)),
        }
        return render("reply", **reply_card(_redaction.redacted(self._plain()), **about))

    def _plain(self) -> Any:
        raise NotImplementedError


class _Container(Reply):
    """Common to JSON objects and arrays. The repr shows no secret; the data does."""

    def __repr__(self) -> str:
        return repr(_redaction.redacted(self._plain()))

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.pretty(_redaction.redacted(self._plain()))  # IPython lays a dict out in lines

    def to_json(self, *, indent: int | None = None) -> str:
        """Return the data as JSON text, every digit of a Decimal kept, secrets included.

        ``json.dumps`` takes no Decimal; ``json.dumps(reply, default=str)`` writes one as text.
        """
        return _json.encode(_json.plain(self._plain()), indent=indent).decode()

    def copy(self) -> Self:
        """Return a shallow copy with the same ``.meta``."""
        return _restore(type(self), self._plain(), self.meta)  # type: ignore[no-any-return]  # serves pickle, too


class ObjectReply(_Container, dict[str, Any]):
    """A JSON object; an empty body is an empty object."""

    if not TYPE_CHECKING:  # or a type checker would accept any name

        def __getattr__(self, name: str) -> NoReturn:
            plain = f"A reply has no attribute {name!r}"
            if name in self:
                raise AttributeError(f'{plain}; it is a dict: reply["{name}"].')
            if name in ("to_df", "to_list", "first"):
                call = f'client.items("{failures.name_of(self.meta.request)}", …).{name}()'
                raise AttributeError(f"{plain}: the rows of every page are {call}.")
            raise AttributeError(plain, name=name, obj=self)

    def _plain(self) -> dict[str, Any]:
        return dict(self)


class ArrayReply(_Container, list[Any]):
    """A JSON array."""

    def _plain(self) -> list[Any]:
        return list(self)


class ValueReply(Reply):
    """A bare JSON text, number, boolean or null, as ``.value``."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def _plain(self) -> Any:
        return self.value

    def __eq__(self, other: object) -> bool:
        return bool(self.value == (other.value if isinstance(other, ValueReply) else other))

    __hash__ = None  # type: ignore[assignment]  # as mutable as what it holds

    def __repr__(self) -> str:
        return f"ValueReply({_redaction.redacted(self.value)!r})"


class TextReply(Reply, str):
    """A text that is not JSON. The repr shows no secret; the text does."""

    def __repr__(self) -> str:
        return repr(_redaction.redacted(self._plain()))

    def _plain(self) -> str:
        return str.__str__(self)


class BinaryReply(Reply, bytes):
    """Bytes, whole. The repr shows no secret; the bytes do."""

    def __repr__(self) -> str:
        return repr(_redaction.redacted(self._plain()))

    def _plain(self) -> bytes:
        return bytes.__add__(b"", self)


def _restore(kind: type[Any], value: Any, meta: Meta) -> Any:
    reply = kind(value)
    reply.meta = meta
    return reply


def interpret(request: Request, response: Response, *, floats: bool = False, environment: str = "") -> Reply:
    """Return the reply of a response.

    Raises `ApiError` or a subclass, `AuthError` or `PartialFailure` for a failure, and
    `ServerError` for a body that is not what it claims to be.
    """
    value, kind, warnings = _read(request, response, floats, environment)
    if kind in (TextReply, BinaryReply) and (json_value := _json_in(response)) is not None:
        judged = json_value  # perhaps a failure, in a mislabelled body
    else:
        judged = value
    failure = failures.failure_of(judged, response.status)
    if failure is not None:
        raise failures.error_of(request, response, failure, judged, environment)
    warnings += _still_packed(response)
    meta = Meta(
        response.status,
        response.headers,
        request,
        response.elapsed,
        response.attempts,
        request.warnings + warnings,
    )
    return _restore(kind, value, meta)  # type: ignore[no-any-return]  # _restore also serves pickle


def _unknown_coding(response: Response) -> str:
    return _codings.unknown(response.headers.get("Content-Encoding", ""))[:40]


def _still_packed(response: Response) -> tuple[Problem, ...]:
    coding = _unknown_coding(response)
    if not coding:
        return ()
    what = f"the body is packed as {coding!r}, which is not unpacked here; it stays as it came."
    return (Problem("reply", what, coding),)


def refuse_file(request: Request, response: Response, environment: str = "") -> None:
    """Raise what `interpret` would for a failure or an HTML page; anything else may be a file.

    The content may be the beginning of a body that is too large to be a failure. Files of another
    host have none of Zuora's shapes: only an HTML page is refused.
    """
    _refuse_page(request, response, environment)
    value = None if request.elsewhere else _json_in(response)
    failure = failures.failure_of(value, response.status)
    if failure is not None:
        raise failures.error_of(request, response, failure, value, environment)


def _json_in(response: Response) -> Any:
    """Return the value of a body that is a JSON object or array, whatever its label; otherwise None."""
    if not _media_types.may_be_json(response.content):
        return None
    try:
        return _decoded(response, False)
    except ValueError:
        return None


def _decoded(response: Response, floats: bool) -> Any:
    content = response.content
    if b"\0" not in content[:4]:  # otherwise it is UTF-16 or UTF-32
        try:
            return _json.decode(content, floats=floats)
        except UnicodeDecodeError:
            pass
    text = _media_types.json_text(content, response.headers.get("Content-Type", ""))
    return _json.decode(text, floats=floats)


_Read = tuple[Any, type[Any], tuple[Problem, ...]]


def _read(request: Request, response: Response, floats: bool, environment: str) -> _Read:
    """Return the body's value, its class of reply, and warnings.

    The content decides, and the label only where the content cannot.
    """
    label = response.headers.get("Content-Type", "")
    if not response.content.strip():
        return *_empty(request, response, label), ()
    if is_json(label):
        try:
            return *_json_reply(response, floats), ()
        except ValueError as error:
            if response.status >= 400:  # a gateway that mislabels its page: the status says enough
                return _media_types.decoded(response.content), TextReply, ()
            coding = _unknown_coding(response)
            packed = f", and packed as {coding!r}, which nobody asked for" if coding else ""
            what = f"is not valid JSON: {error}{packed}"
            raise _unreadable(request, response, what, environment) from None
    _refuse_page(request, response, environment)
    if _may_be_meant_as_json(request, label) and _media_types.may_be_json(response.content):
        try:
            return *_json_reply(response, floats), (_mislabelled(label),)
        except ValueError as error:
            if response.status < 300 and _media_types.looks_like_json(response.content):
                raise _unreadable(request, response, f"is not valid JSON: {error}", environment) from None
    if _media_types.is_text(label):
        return _media_types.decoded(response.content, label), TextReply, ()
    return response.content, BinaryReply, ()


def _may_be_meant_as_json(request: Request, label: str) -> bool:
    """Whether JSON was requested, or there is no label; a JSON sequence is not JSON."""
    if _media_types.is_json_sequence(label):
        return False
    return not label or any(map(is_json, _accepted(request)))


def _accepted(request: Request) -> tuple[str, ...]:
    return _media_types.accepted(request.headers.get("Accept", "*/*"))


_KINDS: dict[type, type] = {dict: ObjectReply, list: ArrayReply}


def _json_reply(response: Response, floats: bool) -> tuple[Any, type[Any]]:
    value = _decoded(response, floats)
    return value, _KINDS.get(type(value), ValueReply)


def _mislabelled(label: str) -> Problem:
    called = f"calls itself {essence(label)!r}" if label else "has no Content-Type"
    return Problem("reply", f"the body {called}; it is JSON, and was read as such.", essence(label))


def _empty(request: Request, response: Response, label: str) -> tuple[Any, type[Any]]:
    """Return an empty value of the type that the server names, or else that was requested."""
    if not label or response.status == _NO_CONTENT or _media_types.is_html(label):
        label = next(iter(_accepted(request)), "")
    if is_json(label) or label in ("", "*/*"):
        return {}, ObjectReply
    if _media_types.is_text(label):
        return _media_types.decoded(response.content, label), TextReply
    return response.content, BinaryReply


_NO_CONTENT = 204


def _refuse_page(request: Request, response: Response, environment: str) -> None:
    """Raise for an HTML page with a 2xx status that was not requested: a login, a proxy's notice."""
    if response.status >= 300 or any(map(_media_types.is_html, _accepted(request))):
        return
    is_page = _media_types.looks_like_html(response.content) or (
        _media_types.is_html(response.headers.get("Content-Type", ""))
        and not _media_types.may_be_json(response.content)
    )
    if is_page:
        raise _unreadable(
            request,
            response,
            "is an HTML page where data was expected",
            environment,
            'headers={"Accept": "text/html"} asks for one.',
        )


def _unreadable(
    request: Request, response: Response, what: str, environment: str, advice: str = ""
) -> errors.DynzuoraError:
    start = failures.beginning(response)
    message = (
        f"{failures.name_of(request)}: the body of the HTTP {response.status} {what}. It begins {start!r}. "
        "A proxy or gateway may have answered instead of the server; check the address."
    )
    fields: dict[str, Any] = {
        "request": request.kept,
        "operation_id": request.operation_id,
        "status": response.status,
        "request_id": response.headers.get(_zuora.REQUEST_ID_HEADER, ""),
    }
    if request.operation_id == _zuora.TOKEN_OPERATION:
        return errors.AuthError(message, **fields, environment=environment)
    return errors.ServerError(
        f"{message} {advice}".rstrip(),
        **fields,
        headers=response.headers,
        body=start,
        attempts=response.attempts,
    )
