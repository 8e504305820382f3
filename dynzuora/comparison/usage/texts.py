"""Texts that are known in part, and the URLs that they are: ``BASE + "/v1/accounts/" + key``.

A text is a tuple of pieces. What is not known between them is a `GAP`, and a path that is
looked up has ``{}`` in its place.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple
from urllib.parse import parse_qsl

from dynzuora.comparison.usage.results import SourceLocation


class Piece(NamedTuple):
    """A part of a text as it is written somewhere."""

    text: str
    location: SourceLocation | None = None


GAP = Piece("\0")
"""A part that is not known."""

Pieces = tuple[Piece, ...]

_LONGEST = 40
_CONVERSION = re.compile(r"%(?:\((?P<name>\w+)\))?[-#0 +]*[\d*]*(?:\.[\d*]+)?(?P<kind>[a-zA-Z%])")
_PLACEHOLDER = re.compile(r"\$\$|\$(?P<name>[A-Za-z_]\w*)|\$\{(?P<braced>[A-Za-z_]\w*)\}|[{}]")
_FIELD = re.compile(r"\{\{|\}\}|\{(?P<name>[^{}:!.\[]*)[^{}]*\}")


def concatenated(*texts: Pieces) -> Pieces:
    """Return texts one after another; what is very long ends in a gap."""
    pieces = tuple(piece for text in texts for piece in text)
    return pieces if len(pieces) <= _LONGEST else (*pieces[:_LONGEST], GAP)


def joined(separator: str, texts: Iterable[Pieces]) -> Pieces:
    """Return texts with ``separator`` between them, which is not doubled where it is a slash."""
    result: list[Piece] = []
    for text in texts:
        if result and text:
            first = text[0]
            if separator == "/" and result[-1].text.endswith("/"):
                text = (first._replace(text=first.text.lstrip("/")), *text[1:])
            elif not (separator == "/" and first.text.startswith("/")):
                result.append(Piece(separator))
        result += text
    return concatenated(tuple(result))


def formatted(template: Pieces, arguments: Iterable[Pieces], named: Mapping[str, Pieces]) -> Pieces:
    """Return ``template.format(…)``."""
    positional = list(arguments)
    following = iter(positional)

    def value(name: str) -> Pieces:
        if not name:
            return next(following, (GAP,))
        if name.isdigit():
            return positional[int(name)] if int(name) < len(positional) else (GAP,)
        return named.get(name, (GAP,))

    def field(match: re.Match[str]) -> Pieces:
        return (Piece(match[0][0]),) if match["name"] is None else value(match["name"])

    return _replaced(template, _FIELD, field)


def template(text: Pieces) -> Pieces:
    """Return the text of a `string.Template` as one for `formatted`."""

    def field(match: re.Match[str]) -> Pieces:
        name = match["name"] or match["braced"]
        return (Piece(f"{{{name}}}" if name else match[0][0] * (1 if match[0] == "$$" else 2)),)

    return _replaced(text, _PLACEHOLDER, field)


def interpolated(template: Pieces, arguments: Iterable[Pieces], named: Mapping[str, Pieces]) -> Pieces:
    """Return ``template % …``."""
    following = iter(list(arguments))

    def field(match: re.Match[str]) -> Pieces:
        if match["kind"] == "%":
            return (Piece("%"),)
        return named.get(match["name"], (GAP,)) if match["name"] else next(following, (GAP,))

    return _replaced(template, _CONVERSION, field)


def _replaced(template: Pieces, pattern: re.Pattern[str], field: Callable[[re.Match[str]], Pieces]) -> Pieces:
    result: list[Pieces] = []
    for piece in template:
        start = 0
        for match in pattern.finditer(piece.text):
            result += ((piece._replace(text=piece.text[start : match.start()]),), field(match))
            start = match.end()
        result.append((piece._replace(text=piece.text[start:]),))
    return tuple(piece for piece in concatenated(*result) if piece.text)


Locate = Callable[[ast.AST, str], SourceLocation]
"""The expression that a text is a part of, and the text → where it is written."""


def written(node: ast.AST, locate: Locate) -> Pieces | None:
    """Return the text that an expression is, by what is written there alone; None if it is no text."""
    if isinstance(node, ast.Constant):
        return (Piece(node.value, locate(node, node.value)),) if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        constants = ((str(part.value) if isinstance(part, ast.Constant) else "") for part in node.values)
        return tuple(Piece(text, locate(node, text)) if text else GAP for text in constants)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        text = written(node.left, locate)
        return interpolated(text, (), {}) if text else None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = written(node.left, locate), written(node.right, locate)
        return concatenated(left or (GAP,), right or (GAP,)) if left or right else None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        text = written(node.func.value, locate)
        return formatted(text, (), {}) if text else None
    return None


# URLs


class Address(NamedTuple):
    """A URL, or the part of one that a text is."""

    host: str
    """With a gap for what is not known; empty if the text does not begin with a scheme."""
    path: str
    """Begins with a slash; a segment that is not known is ``{}``."""
    is_below: bool
    """Whether something that is not known comes before the path."""
    is_rooted: bool
    """Whether the path is written with its first slash."""
    query: tuple[str, ...]
    """The names in the query."""
    spans: tuple[tuple[int, SourceLocation], ...]
    """(offset in the path at which a piece ends, where the piece is written)."""

    def location(self, after: int) -> SourceLocation:
        """Return where the path is written from the character ``after`` on, and from its next word."""
        after += len(self.path[after:]) - len(self.path[after:].lstrip("/"))
        return next((place for end, place in self.spans if end > after), self.spans[-1][1])


_SCHEME = re.compile(r"(?:https?|\0):/+(?P<host>[^/?#]*)")
_PATH = re.compile(r"/?[\w{}\0.~%:@$,;=+()!*'-]+(?:/[\w{}\0.~%:@$,;=+()!*'-]*)*|/")


def addresses(text: Pieces) -> Iterator[Address]:
    """Yield what the URL may be that ``text`` is, the likeliest first."""
    whole = "".join(piece.text for piece in text)
    head = re.split(r"[?#]", whole, maxsplit=1)[0]
    names = tuple(name for name, _ in parse_qsl(whole[len(head) + 1 :].replace("\0", "0"), True))
    if match := _SCHEME.match(head):
        starts, host, is_below = [match.end()], match["host"], False
    elif head.startswith("\0"):
        bare = len(head) - len(head.lstrip("\0"))
        slash = head.find("/", bare)
        starts, host, is_below = sorted({bare, slash} - {-1}), "", True
    else:
        starts, host, is_below = [0], "", False
    for start in starts:
        path = head[start:]
        if len(path) < 2 or not _PATH.fullmatch(path):
            continue
        shift = 0 if path.startswith("/") else 1
        spans = tuple(_spans(text, start - shift))
        if not spans:
            continue
        path = "/" * shift + path
        for form in dict.fromkeys((_segments(path, None), _segments(path, ""))):
            yield Address(host, form, is_below, not shift, names, spans)


def _segments(path: str, attached: str | None) -> str:
    """Return the path with ``{}`` for each segment that is not known.

    What is ``attached`` to the last one may be another segment, or a query: ``f"/jobs{suffix}"``.
    """
    first, *rest = ("{}" if "\0" in segment else segment for segment in path.split("/"))
    segments = [first, *filter(None, rest[:-1]), *rest[-1:]]  # base and path may both have the slash
    last = path.rpartition("/")[2]
    if attached is not None and last.endswith("\0") and last.strip("\0"):
        segments[-1] = last.replace("\0", attached)
    return "/".join(segments)


def _spans(text: Pieces, start: int) -> Iterator[tuple[int, SourceLocation]]:
    end = 0
    for piece in text:
        end += len(piece.text)
        if piece.location is not None and end > start and piece.text.strip("\0"):
            yield end - start, piece.location
