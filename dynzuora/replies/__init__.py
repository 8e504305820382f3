"""Status, headers and body → a `Reply` or the right error. Pure.

What says no is decided in `failures`; everything else here is HTTP and JSON. Numbers
with a fraction are Decimal.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, Self

from dynzuora import _json, _redaction, _zuora, errors
from dynzuora._media_types import essence, is_json
from dynzuora.errors import Problem
from dynzuora.http import Attempt, Headers, Request, Response, first_number
from dynzuora.replies import failures


class Meta(NamedTuple):
    """What came with a reply: ``elapsed`` in seconds, each attempt, and warnings about the request."""

    status: int
    headers: Headers
    request: Request
    elapsed: float
    attempts: tuple[Attempt, ...]
    warnings: tuple[Problem, ...]

    @property
    def request_id(self) -> str:
        """Zuora's id of this call, for their support; empty when it sent none."""
        return self.headers.get(_zuora.REQUEST_ID_HEADER, "")

    @property
    def track_id(self) -> str:
        """The caller's own id as the server echoed it; empty when there was none."""
        return self.headers.get(_zuora.TRACK_ID_HEADER, "")

    @property
    def limits(self) -> ServerLimits:
        """What the server said of its rate and concurrency limits with this reply."""
        return limits_of(self.headers)


class ServerLimits(NamedTuple):
    """What is left of the server's limits; None where it did not say.

    ``rate_reset`` is in seconds from the reply on. Zuora counts calls per minute, hour and day, and calls
    at work at the same time; it refreshes the latter about once a second.
    """

    rate: int | None = None
    rate_remaining: int | None = None
    rate_reset: int | None = None
    concurrency: int | None = None
    concurrency_remaining: int | None = None


def limits_of(headers: Mapping[str, str]) -> ServerLimits:
    """Return the limits that reply headers tell; of a list such as ``50000, 50000;w=60`` the first number.

    >>> limits_of(Headers({"RateLimit-Limit": "2250000, 50000;w=60", "RateLimit-Remaining": "49999"}))[:3]
    (2250000, 49999, None)
    """
    told = {name: first_number(headers.get(header, "")) for name, header in _zuora.LIMIT_HEADERS.items()}
    return ServerLimits(**told)


class Reply:
    """A reply of the server: plain data with ``.meta``. Its classes differ only in what they hold."""

    meta: Meta

    def __reduce_ex__(self, protocol: Any) -> Any:
        return _restore, (type(self), self._plain(), self.meta)

    def _repr_html_(self) -> str:
        from dynzuora.display import render
        from dynzuora.display.cards import reply_card

        meta = self.meta
        about = {
            "operation": failures.name_of(meta.request),
            "status": str(meta.status),
            "elapsed": f"{meta.elapsed:.2f} s",
            "request_id": meta.request_id,
        }
        return render("reply", **reply_card(_redaction.redacted(self._plain()), **about))

    def _plain(self) -> Any:
        raise NotImplementedError


class _Container(Reply):
    """What JSON objects and arrays share. The repr shows no secret; the data does."""

    def __repr__(self) -> str:
        return repr(_redaction.redacted(self._plain()))

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.pretty(_redaction.redacted(self._plain()))  # IPython lays a dict out in lines

    def copy(self) -> Self:
        """Return a shallow copy with the same ``.meta``."""
        return _restore(type(self), self._plain(), self.meta)  # type: ignore[no-any-return]  # serves pickle, too


class ObjectReply(_Container, dict[str, Any]):
    """A JSON object; an empty body is an empty one."""

    if not TYPE_CHECKING:  # a checker would take any name for one that is there

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
        return f"ValueReply({self.value!r})"


class TextReply(Reply, str):
    """A text that is not JSON."""

    def _plain(self) -> str:
        return str.__str__(self)


class BinaryReply(Reply, bytes):
    """Bytes, whole."""

    def _plain(self) -> bytes:
        return bytes.__add__(b"", self)


def _restore(kind: type[Any], value: Any, meta: Meta) -> Any:
    reply = kind(value)
    reply.meta = meta
    return reply


def interpret(request: Request, response: Response, *, floats: bool = False, environment: str = "") -> Reply:
    """Return the reply that this response is.

    Raises `ApiError` or a subclass, `AuthError` or `PartialFailure` where it says no,
    and `ServerError` where it is not what it claims to be.
    """
    value, kind = _read(request, response, floats)
    failure = failures.failure_of(value, response.status)
    if failure is not None:
        raise failures.error_of(request, response, failure, value, environment)
    meta = Meta(
        response.status, response.headers, request, response.elapsed, response.attempts, request.warnings
    )
    return _restore(kind, value, meta)  # type: ignore[no-any-return]  # _restore also serves pickle


def refuse_failure(request: Request, response: Response) -> None:
    """Raise what `interpret` would for a body that says no; a body that is anything else is a file's."""
    try:
        value, _ = _read(request, response, False)
    except errors.ServerError:
        return
    failure = failures.failure_of(value, response.status)
    if failure is not None:
        raise failures.error_of(request, response, failure, value)


def _read(request: Request, response: Response, floats: bool) -> tuple[Any, type[Any]]:
    """Return the body's value and the class of reply that holds it."""
    content = response.content
    if not content.strip():
        return {}, ObjectReply
    media_type = essence(response.headers.get("Content-Type", ""))
    if is_json(media_type) or (not media_type and content.lstrip()[:1] in (b"{", b"[")):
        try:
            value = _json.decode(content, floats=floats)
        except ValueError as error:
            if response.status >= 400:  # a gateway that mislabels its page: the status says enough
                return _text(content), TextReply
            raise _unreadable(request, response, f"is no JSON: {error}") from None
        return value, _KINDS.get(type(value), ValueReply)
    if media_type.startswith("text/") or media_type.endswith("xml"):
        text = _text(content)
        wanted = request.headers.get("Accept", "*/*")
        if (
            response.status < 400
            and media_type == "text/html"
            and "html" not in wanted
            and "*/*" not in wanted
        ):
            raise _unreadable(request, response, "is an HTML page where data was expected")
        return text, TextReply
    return content, BinaryReply


_KINDS: dict[type, type] = {dict: ObjectReply, list: ArrayReply}


def _text(content: bytes) -> str:
    return content.decode("utf-8-sig", "replace")


def _unreadable(request: Request, response: Response, what: str) -> errors.ServerError:
    start = failures.beginning(response)
    return errors.ServerError(
        f"{failures.name_of(request)}: the body of the HTTP {response.status} {what}. It begins {start!r}. "
        "A proxy or gateway may have answered in the server's place; check the address.",
        operation_id=request.operation_id,
        status=response.status,
        headers=response.headers,
        body=start,
        request_id=response.headers.get(_zuora.REQUEST_ID_HEADER, ""),
    )
