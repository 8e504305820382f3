"""Request bodies: one writer per family of media types.

A writer returns the bytes to send and the plain value to check, so what is checked is what
is sent. Files are only named here; the transport opens them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from dynzuora import _json, _redaction, parameters
from dynzuora._media_types import family
from dynzuora.errors import Advice, Problem
from dynzuora.http import Part
from dynzuora.model import Shape


class Written(NamedTuple):
    """A body ready to send, the value to check (None: nothing to check), and its problems."""

    content: bytes | tuple[Part, ...] | None = None
    value: Any = None
    problems: tuple[Problem, ...] = ()


Properties = Callable[[], Mapping[str, Shape]]
"""Returns the schemas of the parts of a multipart body, looked up only where they are needed."""


def write(media_type: str, body: Any, properties: Properties) -> Written:
    """Return ``body`` written as ``media_type``."""
    return _WRITERS.get(family(media_type), _raw)(media_type, body, properties)


def sent_as(media_type: str, body: Any) -> str:
    """Return the media type to send; for a range (``*/*``) it depends on the type of ``body``."""
    if "*" not in media_type:
        return media_type
    return "application/octet-stream" if isinstance(body, (str, bytes, bytearray)) else "application/json"


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


def _refused(message: str, found: Any, path: str = "body") -> Written:
    return Written(problems=(Problem(path, message, found),))


def _json_text(media_type: str, body: Any, properties: Properties) -> Written:
    try:
        value = _json.plain(body)
    except _json.InvalidJson as error:
        return Written(problems=error.problems)
    return Written(_json.encode(value), value)


def _form(media_type: str, body: Any, properties: Properties) -> Written:
    if not isinstance(body, Mapping):
        return _refused("must be a mapping of form fields.", body)
    try:
        value = _json.plain(body)
        return Written(form_text(value).encode("ascii"), value)
    except _json.InvalidJson as error:
        return Written(problems=error.problems)
    except parameters.ParameterError as error:
        return _refused(error.message, None)


def _multipart(media_type: str, body: Any, properties: Properties) -> Written:
    """Write files (paths, bytes, file objects or (name, content[, type])) and values, objects as JSON."""
    if not isinstance(body, Mapping):
        return _refused("must be a mapping of its parts.", body)
    declared = properties()
    parts: list[Part] = []
    checked: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, value in body.items():
        if value is None:
            continue
        is_file = _is_file_field(declared, name) or _is_content(value)
        part, checked_value = (_file_part if is_file else _value_part)(name, value, problems)
        checked[name] = checked_value
        parts += [part] if part else []
    return Written(tuple(parts), checked, tuple(problems))


_FILE_FORMATS = frozenset({"binary", "byte", "base64"})


def with_empty_files(media_type: str, body: Any, properties: Properties) -> Any:
    """Return a multipart body with empty files, because text would be read as a path."""
    if media_type != "multipart/form-data" or not isinstance(body, dict):
        return body
    schemas = properties()
    return {name: b"" if _is_file_field(schemas, name) else value for name, value in body.items()}


def _is_file_field(properties: Mapping[str, Shape], name: str) -> bool:
    return name in properties and properties[name].format in _FILE_FORMATS


def _is_content(value: Any) -> bool:
    return isinstance(value, (bytes, bytearray, Path, tuple)) or hasattr(value, "read")


def _file_part(name: str, value: Any, problems: list[Problem]) -> tuple[Part | None, Any]:
    """Return the part, and an empty string to check in its place."""
    path = f"body.{name}"
    filename, content, media_type = None, value, None
    if isinstance(value, tuple):
        if len(value) not in (2, 3):
            problems.append(Problem(path, "as a tuple must be (file name, content[, media type]).", value))
            return None, ""
        filename, content, media_type = (*value, None)[:3]
    if isinstance(content, str):
        content = Path(content)
    if isinstance(content, Path):
        if not _is_file(content):
            text = _shown_path(name, str(content))
            fault = f"file {text!r} does not exist."
            problems.append(Problem(path, fault, text, advice=Advice("file")))
            return None, ""
        filename = filename or content.name
    elif hasattr(content, "read"):
        name_of_file = getattr(content, "name", None)
        filename = filename or (Path(name_of_file).name if isinstance(name_of_file, str) else name)
    elif isinstance(content, (bytes, bytearray)):
        content, filename = bytes(content), filename or name
    else:
        problems.append(Problem(path, "must be a file.", value, advice=Advice("file-kinds")))
        return None, ""
    return Part(name, content, filename, media_type or _guessed_type(filename)), ""


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # too long for a name: the content of a file, where its path belongs
        return False


_LONGEST_PATH_SHOWN = 200


def _shown_path(name: str, path: str) -> str:
    """Return a path for a message; content or a secret in its place is not shown."""
    if _redaction.is_secret_field(name):
        return _redaction.MASK
    if len(path) > _LONGEST_PATH_SHOWN or not path.isprintable():
        return f"a string of {len(path)} characters"
    return _redaction.in_text(path)


def _guessed_type(filename: str) -> str:
    import mimetypes  # reads the system's tables at first use

    return mimetypes.guess_type(filename)[0] or "application/octet-stream"


def _value_part(name: str, value: Any, problems: list[Problem]) -> tuple[Part | None, Any]:
    try:
        plain = _json.plain(value, f"body.{name}")
    except _json.InvalidJson as error:
        problems += error.problems
        return None, None
    if isinstance(plain, (dict, list)):
        return Part(name, _json.encode(plain), None, "application/json"), plain
    text = plain if isinstance(plain, str) else _json.encode(plain).decode()
    return Part(name, text.encode()), plain


def _raw(media_type: str, body: Any, properties: Properties) -> Written:
    if isinstance(body, str):
        return Written(body.encode())
    if isinstance(body, (bytes, bytearray)):
        return Written(bytes(body))
    return _refused(f"must be text or bytes, to be sent as {media_type}.", body)


_WRITERS = {"json": _json_text, "form": _form, "multipart": _multipart}
