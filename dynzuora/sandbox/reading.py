"""A WSGI environ as a request: raw path, and a body of limited size.

The path must stay raw, because ``A-S%2F1`` decoded would be two segments; servers put it into
``RAW_URI`` or ``REQUEST_URI``, the in-process adapter into ``dynzuora.raw_path``.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from io import BytesIO
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote

from dynzuora import _json, _media_types
from dynzuora.http import Scheme
from dynzuora.parameters import Encodings
from dynzuora.sandbox.refusals import refusal

LARGEST_BODY = 32 * 1024 * 1024
"""The maximum size of a decompressed request body in bytes; larger ones are refused with 413."""


class Upload(NamedTuple):
    """One file of a multipart body."""

    name: str
    content: bytes
    media_type: str


class Received(NamedTuple):
    """One request. Header names are lower case; ``query`` is the raw query string."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    origin: str

    @property
    def url(self) -> str:
        """The URL as the caller wrote it."""
        return f"{self.origin}{self.path}" + (f"?{self.query}" if self.query else "")

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The query's names and values, decoded."""
        return parse_qsl(self.query, keep_blank_values=True)

    @property
    def media_type(self) -> str:
        """The body's media type without parameters."""
        return _media_types.essence(self.headers.get("content-type", ""))

    def has_key(self, scheme: Scheme) -> bool:
        """Whether there is an API key where ``scheme`` has it."""
        if scheme.place == "query":
            return any(name == scheme.name and value for name, value in self.pairs)
        if scheme.place == "cookie":
            cookies = (cookie.strip().partition("=") for cookie in self.headers.get("cookie", "").split(";"))
            return any(name == scheme.name and value for name, _, value in cookies)
        return scheme.place == "header" and bool(self.headers.get(scheme.name.lower()))


def received(environ: Mapping[str, Any]) -> Received:
    """Return the request of a WSGI environ.

    Raises `Refusal` for a body that is too large or cannot be decompressed.
    """
    raw = environ.get("dynzuora.raw_path") or environ.get("RAW_URI") or environ.get("REQUEST_URI")
    if not raw:
        raw = quote((environ.get("SCRIPT_NAME", "") + environ["PATH_INFO"]).encode("latin-1"), safe="/%")
        raw += "?" + environ.get("QUERY_STRING", "")
    if not raw.startswith("/"):  # a proxy's absolute form: http://host/path
        raw = "/" + raw.partition("://")[2].partition("/")[2]
    path, _, query = raw.partition("?")
    headers = {
        name[5:].replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    headers["content-type"] = environ.get("CONTENT_TYPE") or ""
    host = headers.get("host") or environ["SERVER_NAME"]
    return Received(
        environ["REQUEST_METHOD"],
        path,
        query,
        headers,
        _body(environ, headers.get("content-encoding", "")),
        f"{environ['wsgi.url_scheme']}://{host}",
    )


def _body(environ: Mapping[str, Any], encoding: str) -> bytes:
    stated = environ.get("CONTENT_LENGTH") or "0"
    if not stated.isdecimal():
        raise refusal(20, f"Content-Length {stated!r} is not a number.")
    length = whole(stated)
    if length is None or length > LARGEST_BODY:
        raise _too_large()
    chunked = environ.get("wsgi.input_terminated")  # a body without a length, ended by the server
    try:
        content: bytes = environ["wsgi.input"].read(LARGEST_BODY + 1 if chunked and not length else length)
    except OSError as error:  # invalid framing
        raise refusal(90, f"The body cannot be read: {error}.") from None
    if len(content) < length:
        raise refusal(90, f"The body ends after {len(content)} of {length} bytes.")
    if encoding.lower() == "gzip":
        decompressor = zlib.decompressobj(31)
        try:
            content = decompressor.decompress(content, LARGEST_BODY + 1)
        except zlib.error as error:
            raise refusal(90, f"The body is not gzip: {error}.") from None
    if len(content) > LARGEST_BODY:
        raise _too_large()
    return content


def whole(text: str) -> int | None:
    """Return the non-negative integer in a text, None for other texts and very large numbers.

    Python refuses to parse numbers of more than 4,300 digits, and is slow on long ones.
    """
    return int(text) if len(text) < _MOST_DIGITS and text.isdecimal() else None


_MOST_DIGITS = 19


def number(text: str) -> Decimal | None:
    """Return the decimal number in a text, None for other texts."""
    return Decimal(text) if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text) else None


def _too_large() -> Exception:
    return refusal(20, f"The body is larger than {LARGEST_BODY} bytes.", status=413)


def payload(request: Received, encodings: Encodings) -> tuple[Any, dict[str, Upload]]:
    """Return the body as plain data, and the files in it; those of a list are ``name``, ``name[1]``, ….

    ``encodings`` say how a form or a multipart body carries its properties. Raises `Refusal` for
    invalid JSON or multipart content.
    """
    family = _media_types.family(request.media_type or "application/json")
    if family == "multipart":
        return _multipart(request, encodings)
    if family == "form":
        return encodings.read_form(request.body.decode("utf-8", "replace")), {}
    if not request.body.strip():
        return None, {}
    if family == "raw":
        return "", {"": Upload("", request.body, request.media_type)}
    try:
        value = _json.decode(request.body)
    except ValueError as error:
        raise refusal(90, f"The body is not JSON: {error}.") from None
    if _is_long(value):
        raise refusal(20, f"The lists of the body have more than {MOST_ELEMENTS:,} elements.", status=413)
    return value, {}


MOST_ELEMENTS = 10_000
"""Of all lists in a body: each may become a record, and others wait meanwhile. Zuora takes far fewer."""


def _is_long(value: Any) -> bool:
    """Whether the lists in a JSON value have too many elements together."""
    count, values = 0, [value]
    while values:
        value = values.pop()
        if isinstance(value, list):
            count += len(value)
            if count > MOST_ELEMENTS:
                return True
            values += value
        elif isinstance(value, dict):
            values += value.values()
    return False


_MOST_PARTS = 1000


def part_headers(request: Received) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield the name and the headers, in lower case, of each part of a multipart body that `payload` took."""
    from werkzeug.http import parse_options_header
    from werkzeug.sansio.multipart import Epilogue, Field, File, MultipartDecoder, NeedData

    boundary = parse_options_header(request.headers["content-type"])[1]["boundary"]
    decoder = MultipartDecoder(boundary.encode("ascii"))
    decoder.receive_data(request.body)
    decoder.receive_data(None)
    event = decoder.next_event()
    while not isinstance(event, (Epilogue, NeedData)):
        if isinstance(event, (Field, File)):
            yield event.name, {name.lower(): text for name, text in event.headers.items()}
        event = decoder.next_event()


def _multipart(request: Received, encodings: Encodings) -> tuple[dict[str, Any], dict[str, Upload]]:
    from werkzeug.exceptions import HTTPException
    from werkzeug.formparser import FormDataParser
    from werkzeug.http import parse_options_header

    options = parse_options_header(request.headers["content-type"])[1]
    parser = FormDataParser(
        stream_factory=lambda *sizes, **more: BytesIO(), silent=False, max_form_parts=_MOST_PARTS
    )
    try:  # the parser knows the other types of multipart bodies by this name only
        _, fields, files = parser.parse(
            BytesIO(request.body), "multipart/form-data", len(request.body), options
        )
    except (ValueError, HTTPException) as error:
        raise refusal(90, f"The body is not {request.media_type}: {error}.") from None
    if None in (*fields, *files):
        raise refusal(90, "A part of the body has no name.")
    pairs = list(fields.items(multi=True))
    body: dict[str, Any] = {}
    uploads: dict[str, Upload] = {}
    for name, listed in files.lists():
        contents = [Upload(file.filename or "", file.stream.read(), file.mimetype) for file in listed]
        encoding = encodings.of(name)
        if not encoding.takes_file and all(_media_types.is_json(upload.media_type) for upload in contents):
            pairs += [(name, upload.content.decode("utf-8", "replace")) for upload in contents]
            continue
        uploads |= {f"{name}[{number}]" if number else name: upload for number, upload in enumerate(contents)}
        names = [upload.name for upload in contents]
        body[name] = names if encoding.is_list or len(names) > 1 else names[0]
    return {**body, **encodings.read_parts(pairs)}, uploads
