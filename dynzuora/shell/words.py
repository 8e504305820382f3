"""Command-line words as call arguments: ``name=text``, ``name:=JSON`` and ``--body``.

Text is converted to the parameter's schema type if possible; otherwise it stays text, so
that the library reports it together with every other problem.
"""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click

from dynzuora import _json
from dynzuora._media_types import is_structured
from dynzuora._names import canonical
from dynzuora.shell.exits import Refused

if TYPE_CHECKING:
    from dynzuora.operation import Operation


def arguments(words: Sequence[str], operation: Operation) -> dict[str, Any]:
    """Return the arguments in ``words`` by name; a repeated name has a list of values."""
    schemas = {canonical(parameter.name): parameter.schema for parameter in operation.parameters}
    values: dict[str, list[Any]] = {}
    for position, word in enumerate(words):
        name, text, is_json = _split(word) or _refuse(words, position, operation)
        schema = schemas.get(canonical(name), {})
        values.setdefault(name, []).append(_from_json(text, word) if is_json else _converted(text, schema))
    return {name: _one_or_list(texts, schemas.get(canonical(name), {})) for name, texts in values.items()}


def body(text: str | None, operation: Operation) -> Any:
    """Return the value of ``--body``: JSON, ``@file``, or ``@-`` for standard input."""
    if text is None:
        return None
    content, origin = _content(text, operation)
    if operation.has_body and not is_structured(operation.media_type):
        return content
    return _from_json(content, origin)


def _split(word: str) -> tuple[str, str, bool] | None:
    name, equals, text = word.partition("=")
    if not equals or not name.rstrip(":"):
        return None
    return name.removesuffix(":"), text, name.endswith(":")


def _refuse(words: Sequence[str], position: int, operation: Operation) -> NoReturn:
    """Raise a usage error with what to write instead of a word without ``=``."""
    word, following = words[position], words[position + 1 : position + 2]
    names = {canonical(parameter.name): parameter.name for parameter in operation.parameters}
    used = {canonical(parts[0]) for word in words if (parts := _split(word))}
    missing = [parameter.name for parameter in operation.parameters if parameter.required]
    free = [name for name in (*missing, *names.values()) if canonical(name) not in used]
    if canonical(word) in names and following and not _split(following[0]):
        advice = f"Write {names[canonical(word)]}={shlex.quote(following[0])}, as one word."
    elif canonical(word) in names:
        advice = f"Write {names[canonical(word)]}=VALUE."
    elif operation.has_body and word.startswith(("{", "[", "@")):
        advice = f"Pass it with --body {shlex.quote(word)}."
    elif free:
        advice = f"Write {free[0]}={shlex.quote(word)}."
    else:
        advice = f"{operation.id} has no {'other ' if names else ''}parameters."
    raise click.UsageError(f"{word!r} is not of the form name=value. {advice}")


def _one_or_list(values: list[Any], schema: Mapping[str, Any]) -> Any:
    if len(values) > 1 or (schema.get("type") == "array" and not isinstance(values[0], list)):
        return values
    return values[0]


def _converted(text: str, schema: Mapping[str, Any]) -> Any:
    if schema.get("type") == "array":
        return _converted(text, schema.get("items", {}))
    form, convert = _CONVERSIONS.get(schema.get("type", ""), _TEXT)
    return convert(text) if form.fullmatch(text) else text


_TEXT: Final[tuple[re.Pattern[str], Callable[[str], Any]]] = re.compile("(?s).*"), str
_CONVERSIONS: Final[Mapping[str, tuple[re.Pattern[str], Callable[[str], Any]]]] = {
    "integer": (re.compile(r"-?(0|[1-9][0-9]*)"), int),
    "number": (re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?"), Decimal),
    "boolean": (re.compile("(?i:true|false)"), lambda text: text.lower() == "true"),
}
"""Schema type → the texts that are values of it (numbers as in JSON), and their conversion."""


def _content(text: str, operation: Operation) -> tuple[str | bytes, str]:
    if not text.startswith("@"):
        return text, "--body"
    if text == "@-":
        return sys.stdin.buffer.read(), "standard input"
    path = Path(text[1:])
    try:
        return path.read_bytes(), str(path)
    except FileNotFoundError:
        hint = f" To create one: dynzuora show {operation.id} --template > {shlex.quote(text[1:])}"
        raise Refused(
            f"--body {text}: there is no file {str(path)!r}.{hint if operation.has_body else ''}"
        ) from None
    except OSError as error:
        raise Refused(f"--body {text} cannot be read: {error.strerror}.") from None


def _from_json(content: str | bytes, origin: str) -> Any:
    try:
        return _json.decode(content)
    except ValueError as error:
        hint = _hint(content) if isinstance(content, str) else ""
        raise Refused(f"{origin} is not JSON: {error}.{hint}") from error


def _hint(text: str) -> str:
    """Return what to write instead of text that is not JSON: often the @ before a file is missing."""
    try:
        is_file = text == "-" or Path(text).is_file()
    except (OSError, ValueError):  # too long for a file name, or invalid
        is_file = False
    if is_file:
        return f" Did you mean {shlex.quote(f'@{text}')}?"
    return " Strings and names need double quotes."
