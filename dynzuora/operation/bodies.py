"""Request bodies: one writer per family of media types.

A writer returns what to send and the plain value to check, so what is checked is what is
sent. Files are looked for but not opened here; the transport opens them.
"""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import IO, Any, NamedTuple

from dynzuora import _json, _redaction, _zuora, parameters
from dynzuora._media_types import essence, family, is_text
from dynzuora._names import canonical, is_header_name, is_header_text
from dynzuora.errors import Advice, Problem
from dynzuora.http import Body, Headers, Part
from dynzuora.model import Content, Schemas, schema_of
from dynzuora.parameters import Encoding, Encodings
from dynzuora.parameters.values import text as text_of

_OF_FORM_DATA = frozenset(
    {"content-disposition", "content-type", "content-length", "content-transfer-encoding"}
)
"""Headers that have a place of their own, or none (RFC 7578, 4.2, 4.4 and 4.7)."""


class PartHeader(NamedTuple):
    """A header of a part: its place in the body, its Header Object, and its value, None if it is missing."""

    location: str
    name: str
    definition: Mapping[str, Any]
    value: Any

    @property
    def keyword(self) -> str:
        """What messages call it."""
        return f"{self.location}: header {self.name}"

    @property
    def schema(self) -> Mapping[str, Any]:
        """Its schema as declared."""
        return schema_of(self.definition)

    def text(self) -> str:
        """Return it as it is sent. Raises `dynzuora.parameters.ParameterError`."""
        if self.value is None:
            raise parameters.ParameterError("is required for this part.")
        if not is_header_name(self.name) or self.name.lower() in _OF_FORM_DATA:
            raise parameters.ParameterError("is not a header that a part may be given.")
        return parameters.serialize(
            {"schema": {}, **self.definition, "name": self.name, "in": "header"}, self.value
        )


class Written(NamedTuple):
    """A body ready to send, the value to check (None: nothing to check), and its problems.

    ``files`` are the properties that are files, of which a schema can say nothing; the value has
    empty text in their place. ``headers`` are those of parts that are to be checked, too.
    """

    content: Body = None
    value: Any = None
    problems: tuple[Problem, ...] = ()
    files: frozenset[str] = frozenset()
    headers: tuple[PartHeader, ...] = ()

    def is_of_file(self, problem: Problem) -> bool:
        """Whether a problem of the value is about what stands there for a file."""
        return any(
            problem.path.startswith(f"body.{name}") and problem.path[len(name) + 5 :][:1] in ("", "[")
            for name in self.files
        )


def write(media_type: str, body: Any, content: Content) -> Written:
    """Return ``body`` written as ``media_type``, as ``content`` says."""
    kind = family(media_type)
    if kind != "json":  # which looks for times by itself
        body = parameters.day(body, content.shape)
    return _WRITERS.get(kind, _raw)(media_type, body, content)


def chosen(content: Content, body: Any) -> str:
    """Return the declared media type to send ``body`` as: the most welcome one that can carry it."""
    preferred = content.media_type
    if family(preferred) in ("json", "form") and len(content.content) > 1:
        wanted = "raw" if _is_content(body) else "multipart" if _has_files(body) else ""
        return next((name for name in content.content if family(name) == wanted), preferred)
    return preferred


def sent_as(media_type: str, body: Any) -> str:
    """Return the media type to send; for a range (``*/*``) it depends on ``body``."""
    if "*" not in media_type:
        return media_type
    if family(media_type) == "multipart":
        return "multipart/form-data"
    if not (isinstance(body, str) or _is_content(body)):
        return "application/json"
    named = body[0] if _is_named_content(body) else body if isinstance(body, (str, Path)) else ""
    guess = _guessed_type(str(named))
    return guess if guess and fnmatchcase(guess, media_type) else "application/octet-stream"


def form_text(fields: Mapping[str, Any]) -> str:
    """Return fields as ``application/x-www-form-urlencoded``; None leaves one out.

    Raises `dynzuora.parameters.ParameterError` for a value that cannot be sent.
    """
    texts = []
    for name, value in fields.items():
        if value is not None:
            field = {"name": name, "in": "query", "style": "form", "explode": True, "schema": {}}
            texts.append(parameters.serialize(field, value))
    return "&".join(text for text in texts if text)


def _refused(message: str, value: Any, path: str = "body") -> Written:
    return Written(problems=(Problem(path, message, value),))


def _json_text(media_type: str, body: Any, content: Content) -> Written:
    try:
        value = _json.plain(body)
        text = _json.encode(value)
        if _MIDNIGHT in text and (dated := parameters.day(body, content.shape)) is not body:
            value = _json.plain(dated)
            text = _json.encode(value)
    except _json.InvalidJson as error:
        return Written(problems=error.problems)
    return Written(text, value)


_MIDNIGHT = b"T00:00:00"
"""Of every time that may be a date; looking for it takes no time, and looking through a body does."""


def _form(media_type: str, body: Any, content: Content) -> Written:
    if not isinstance(body, Mapping):
        return _refused("must be a mapping of form fields.", body)
    encodings = Encodings(content.media, content.shape)
    fields: list[str] = []
    checked: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, value in body.items():
        if value is None:
            continue
        path = f"body.{name}"
        try:
            plain = checked[name] = _json.plain(_as_base64(value), path)
            fields.append(encodings.of(name).field(plain))
        except _json.InvalidJson as error:
            problems += error.problems
        except parameters.ParameterError as error:
            problems.append(Problem(path, error.message))
    return Written("&".join(filter(None, fields)).encode("ascii"), checked, tuple(problems))


def _as_base64(value: Any) -> Any:
    """Return bytes as a form carries them (OpenAPI 3.0.4, 4.8.15.3), anything else as it is."""
    if isinstance(value, (list, tuple)):
        return [_as_base64(item) for item in value]
    return b2a_base64(value, newline=False).decode() if isinstance(value, (bytes, bytearray)) else value


_MOVES_MONEY = frozenset(map(canonical, _zuora.MOVES_MONEY))


def with_money_at_rest(body: Any) -> Any:
    """Return an example body with every switch off that would collect, bill, apply or send."""
    if isinstance(body, list):
        return [with_money_at_rest(item) for item in body]
    if not isinstance(body, dict):
        return body
    return {
        name: False if value is True and canonical(name) in _MOVES_MONEY else with_money_at_rest(value)
        for name, value in body.items()
    }


def _multipart(media_type: str, body: Any, content: Content) -> Written:
    """Write files (paths, bytes, file objects or (name, content[, type])) and values, objects as JSON.

    Either may have the headers of its part behind it: (name or None, content, type or None, headers),
    as requests takes them.
    """
    if not isinstance(body, Mapping):
        return _refused("must be a mapping of its parts.", body)
    encodings = Encodings(content.media, content.shape)
    parts: list[Part] = []
    checked: dict[str, Any] = {}
    problems: list[Problem] = []
    files: set[str] = set()
    headers: list[PartHeader] = []
    for name, value in body.items():
        if value is None:
            continue
        encoding = encodings.of(name)
        listed = [_Item.of(item) for item in _items(encoding, value)]
        items = [item.value for item in listed]
        if any(item.headers is not None for item in listed):
            value = items if isinstance(value, list) else items[0]
        added: list[Part] = []
        if any(_is_file_for(encoding, item) for item in items):
            added = _file_parts(encoding, items, problems)
            checked[name] = [""] * len(items) if encoding.is_list or isinstance(value, list) else ""
            files |= {name} if encoding.takes_file else set()
        else:
            checked[name] = _add_values(encoding, value, added, problems)
        if len(added) != len(listed):  # written by a style: the headers count for every part
            listed = listed[:1] * len(added)
        for part, item in zip(added, listed, strict=True):
            given = _headers(encoding, item, content.schemas)
            headers += [header for header in given if header.value is not None]
            parts.append(_with_headers(part, item, given, problems))
    return Written(tuple(parts), checked, tuple(problems), frozenset(files), tuple(headers))


class _Item(NamedTuple):
    """What becomes a part, and what was given of its media type and headers."""

    value: Any
    media_type: str | None = None
    headers: Mapping[str, Any] | None = None

    @classmethod
    def of(cls, item: Any) -> _Item:
        if not _has_headers(item):
            return cls(item)
        name, content, media_type, headers = item
        if name is None:
            return cls(content, media_type, headers)
        return cls((name, Path(content) if isinstance(content, str) else content), media_type, headers)


def _has_headers(value: Any) -> bool:
    """Whether a value is (name or None, content, media type or None, headers)."""
    return isinstance(value, tuple) and len(value) == 4 and isinstance(value[3], Mapping)


def _headers(encoding: Encoding, item: _Item, schemas: Schemas) -> list[PartHeader]:
    """Return the headers of a part: given, required, or with one value that the document allows."""
    declared = {name.lower(): name for name in encoding.headers}
    given = {declared.get(str(name).lower(), name): value for name, value in (item.headers or {}).items()}
    result = []
    for name in dict.fromkeys((*declared.values(), *given)):
        header = encoding.headers.get(name, {})
        shape = schemas.of(schema_of(header))
        only = shape.enum[0] if len(shape.enum) == 1 else None
        value = given.get(name, only)
        if value is not None or header.get("required"):
            result.append(PartHeader(f"body.{encoding.name}", name, header, value))
    return result


def _with_headers(part: Part, item: _Item, headers: list[PartHeader], problems: list[Problem]) -> Part:
    texts = {}
    for header in headers:
        try:
            texts[header.name] = header.text()
        except parameters.ParameterError as error:
            advice = Advice("part-header", (header.name,)) if header.value is None else None
            problems.append(Problem(header.keyword, error.message, advice=advice))
    media_type = item.media_type or part.content_type
    if media_type and not is_header_text(media_type):
        message = "cannot be a media type: use printable ASCII such as text/csv."
        problems.append(Problem(f"body.{part.name}", message, media_type))
        media_type = None
    return part._replace(content_type=media_type, headers=Headers(texts))


def _items(encoding: Encoding, value: Any) -> list[Any]:
    """Return what becomes a part each: the items of a list where one is taken, else the value itself."""
    takes_list = encoding.is_list or not encoding.takes_file
    is_one = _is_named_content(value) or _has_headers(value)
    is_list = isinstance(value, list) or (isinstance(value, tuple) and not is_one)
    return list(value) if is_list and takes_list else [value]


def with_empty_files(content: Content, body: Any) -> Any:
    """Return a body with empty files, because text would be read as a path."""
    if family(content.media_type) == "raw" and content.shape.is_file:
        return b""
    if family(content.media_type) != "multipart" or not isinstance(body, dict):
        return body
    encodings = Encodings(content.media, content.shape)
    return {name: _with_empty_file(encodings.of(name), value) for name, value in body.items()}


def _with_empty_file(encoding: Encoding, value: Any) -> Any:
    if not encoding.takes_file or encoding.takes_text:
        return value
    return [b""] if encoding.is_list else b""


def _is_content(value: Any) -> bool:
    return isinstance(value, (bytes, bytearray, Path)) or hasattr(value, "read") or _is_named_content(value)


def _is_named_content(value: Any) -> bool:
    """Whether a value is (file name, content[, media type]) and not a list of texts or of files."""
    return (
        isinstance(value, tuple)
        and len(value) in (2, 3)
        and isinstance(value[0], str)
        and not isinstance(value[1], (str, tuple))
        and _is_content(value[1])
    )


def _has_files(body: Any) -> bool:
    values = body.values() if isinstance(body, Mapping) else ()
    return any(
        _is_content(item) for value in values for item in (value if isinstance(value, list) else [value])
    )


def _is_file_for(encoding: Encoding, value: Any) -> bool:
    """Whether a value is a file, or has to be one."""
    if isinstance(value, str) and encoding.is_base64 and _is_base64(value):
        return _is_file(Path(value))
    if isinstance(value, str) and (encoding.takes_text or (encoding.is_string and "\n" in value)):
        return encoding.takes_file and _names_a_file(value, encoding.media_types)
    return _is_content(value) or (encoding.takes_file and not encoding.takes_text)


def _is_base64(text: str) -> bool:
    try:
        a2b_base64(text, strict_mode=True)
    except ValueError:
        return False
    return True


def _names_a_file(text: str, media_types: tuple[str, ...]) -> bool:
    """Whether text is a path rather than content: a file is there, or its ending is of the media type."""
    if "\n" in text or "\r" in text:
        return False
    return _is_file(Path(text)) or _guessed_type(text) in map(essence, media_types)


def _file_parts(encoding: Encoding, items: Sequence[Any], problems: list[Problem]) -> list[Part]:
    """Return the parts of a field that has at least one file."""
    parts: list[Part] = []
    for index, item in enumerate(items):
        path = f"body.{encoding.name}[{index}]" if len(items) > 1 else f"body.{encoding.name}"
        if _is_file_for(encoding, item):
            parts += _file_part(encoding, item, path, problems)
        else:
            _add_values(encoding, item, parts, problems)
    return parts


def _file_part(encoding: Encoding, value: Any, path: str, problems: list[Problem]) -> tuple[Part, ...]:
    """Return the part of one file; none, and a problem, where it is not one."""
    filename, content, media_type = None, value, None
    if isinstance(value, tuple):
        if len(value) not in (2, 3):
            problems.append(Problem(path, "as a tuple must be (file name, content[, media type]).", value))
            return ()
        filename, content, media_type = (*value, None)[:3]
    if isinstance(content, str):
        content = Path(content)
    if isinstance(content, Path):
        if not _is_file(content):
            problems.append(_missing(path, encoding.name, str(content)))
            return ()
        filename = filename or content.name
    elif hasattr(content, "read"):
        name_of_file = getattr(content, "name", None)
        filename = filename or (Path(name_of_file).name if isinstance(name_of_file, str) else encoding.name)
    elif isinstance(content, (bytes, bytearray)):
        content, filename = bytes(content), filename or encoding.name
    else:
        problems.append(Problem(path, "must be a file.", value, advice=Advice("file-kinds")))
        return ()
    media_type = media_type or encoding.file_media_type(_guessed_type(filename) or "application/octet-stream")
    return (Part(encoding.name, content, filename, media_type),)


def _guessed_type(filename: str) -> str:
    import mimetypes  # reads the system's tables at first use

    return mimetypes.guess_type(filename)[0] or ""


def _missing(path: str, name: str, file: str) -> Problem:
    text = _shown_path(name, file)
    return Problem(path, f"file {text!r} does not exist.", text, advice=Advice("file"))


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (
        OSError,
        ValueError,
    ):  # too long for a name, or a NUL: the content of a file, where its path belongs
        return False


_LONGEST_PATH_SHOWN = 200


def _shown_path(name: str, path: str) -> str:
    """Return a path for a message; content or a secret in its place is not shown."""
    if _redaction.is_secret_field(name):
        return _redaction.MASK
    if len(path) > _LONGEST_PATH_SHOWN or not path.isprintable():
        return f"a string of {len(path)} characters"
    return _redaction.in_text(path)


def _add_values(encoding: Encoding, value: Any, parts: list[Part], problems: list[Problem]) -> Any:
    """Add the parts of a value that is not a file, and return it as it is checked."""
    path = f"body.{encoding.name}"
    plain = None
    try:
        plain = _json.plain(value, path)
        for name, text, media_type in encoding.parts(plain):
            parts.append(Part(name, text.encode(), None, media_type or None))
    except _json.InvalidJson as error:
        problems += error.problems
    except parameters.ParameterError as error:
        problems.append(Problem(path, error.message))
    return plain


def _raw(media_type: str, body: Any, content: Content) -> Written:
    """Write text, bytes or a file; text is the path of one where there is one, or where a file is meant."""
    value = body[1] if _is_named_content(body) else body
    if is_text(media_type) and not isinstance(value, str):
        try:
            scalar = text_of(value)
        except parameters.ParameterError as error:
            return _refused(error.message, body)
        if scalar is not None:  # a number or the like
            return Written(scalar.encode(), value)
    if isinstance(value, str):
        means_file = content.shape.is_file and "\n" not in value
        if not (means_file or _names_a_file(value, (media_type,))):
            return Written(value.encode())
        value = Path(value)
    if isinstance(value, Path):
        return Written(value) if _is_file(value) else Written(problems=(_missing("body", "", str(value)),))
    if isinstance(value, (bytes, bytearray)):
        return Written(bytes(value))
    if hasattr(value, "read"):
        stream: IO[bytes] = value
        return Written(stream)
    return _refused(f"must be text, bytes or a file, to be sent as {media_type}.", body)


_WRITERS = {"json": _json_text, "form": _form, "multipart": _multipart}
