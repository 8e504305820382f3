"""Words of a command line turned into arguments: ``name=text``, ``name:=JSON``, ``--body``.

Text is converted by the parameter's schema type where it can be; where it cannot, it
stays text, so that the library reports it together with every other problem.
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
from dynzuora.shell.group import Refused

if TYPE_CHECKING:
    from dynzuora.operation import Operation


def arguments(words: Sequence[str], operation: Operation) -> dict[str, Any]:
    """Return the arguments that ``words`` give; a name given twice has a list of values."""
    schemas = {canonical(each.name): each.schema for each in operation.parameters}
    given: dict[str, list[Any]] = {}
    for position, word in enumerate(words):
        name, text, is_json = _split(word) or _refuse(words, position, operation)
        schema = schemas.get(canonical(name), {})
        given.setdefault(name, []).append(_from_json(text, word) if is_json else _converted(text, schema))
    return {name: _one_or_list(values, schemas.get(canonical(name), {})) for name, values in given.items()}


def body(text: str | None, operation: Operation) -> Any:
    """Return the body that ``--body`` means: JSON, ``@file``, or ``@-`` for standard input."""
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
    """Say what to write in place of a word that is no ``name=value``."""
    word, following = words[position], words[position + 1 : position + 2]
    names = {canonical(each.name): each.name for each in operation.parameters}
    given = {canonical(found[0]) for each in words if (found := _split(each))}
    missing = [each.name for each in operation.parameters if each.required]
    free = [name for name in (*missing, *names.values()) if canonical(name) not in given]
    if canonical(word) in names and following and not _split(following[0]):
        advice = f"Write {names[canonical(word)]}={shlex.quote(following[0])}, as one word."
    elif canonical(word) in names:
        advice = f"Write {names[canonical(word)]}=VALUE."
    elif operation.has_body and word.startswith(("{", "[", "@")):
        advice = f"Give the body with --body {shlex.quote(word)}."
    elif free:
        advice = f"Write {free[0]}={shlex.quote(word)}."
    else:
        advice = f"{operation.id} takes no other parameter." if names else f"{operation.id} takes none."
    raise click.UsageError(f"{word!r} is no name=value. {advice}")


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
"""Schema type → which texts are values of it, numbers as JSON writes them, and what makes them so."""


def _content(text: str, operation: Operation) -> tuple[str | bytes, str]:
    if not text.startswith("@"):
        return text, "--body"
    if text == "@-":
        return sys.stdin.buffer.read(), "standard input"
    path = Path(text[1:])
    try:
        return path.read_bytes(), str(path)
    except FileNotFoundError:
        hint = f" One to fill in: dynzuora show {operation.id} --template > {shlex.quote(text[1:])}"
        raise Refused(
            f"There is no file {str(path)!r}, named by --body {text}.{hint if operation.has_body else ''}"
        ) from None
    except OSError as error:
        raise Refused(f"--body {text} cannot be read: {error.strerror}.") from None


def _from_json(content: str | bytes, origin: str) -> Any:
    try:
        return _json.decode(content)
    except ValueError as error:
        hint = _meant(content) if isinstance(content, str) else ""
        raise Refused(f"{origin} is not JSON: {error}.{hint}") from error


def _meant(text: str) -> str:
    """Return what to write for a text that is no JSON: often the @ before a file was forgotten."""
    try:
        is_file = text == "-" or Path(text).is_file()
    except (OSError, ValueError):  # too long for a name, or none at all
        is_file = False
    if is_file:
        return f" Did you mean {shlex.quote(f'@{text}')}?"
    return " Text values need double quotes, names too."
