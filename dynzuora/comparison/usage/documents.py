"""Both documents side by side, and how what they say is put into words.

The questions that `judging` asks: what an operation is called now, its slices before
and after, its parameters by name, whether a value is accepted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from dynzuora._names import argument_names, canonical, nearest
from dynzuora._references import name_of
from dynzuora._text import cut
from dynzuora.comparison.changes import Change, Diff
from dynzuora.comparison.shapes import Version
from dynzuora.model import Schema, is_shared

if TYPE_CHECKING:
    from dynzuora.document import Prepared
    from dynzuora.schema.checking import Level


class Documents:
    """The two documents, and what the comparison found out about names."""

    def __init__(self, old: Prepared, new: Prepared, diff: Diff) -> None:
        self.old = old
        self.new = new
        self.diff = diff
        self._read: dict[tuple[int, str], Version] = {}

    def sides(self, operation: str, now: str) -> tuple[Version, Version]:
        """Return an operation, and what it leads to, before and now; read once."""
        return self._side(0, operation), self._side(1, now)

    def _side(self, number: int, operation: str) -> Version:
        if (number, operation) not in self._read:
            prepared = (self.old, self.new)[number]
            self._read[number, operation] = Version(prepared, frozenset({operation}))
        return self._read[number, operation]

    def current(self, operation: str) -> str:
        """Return what an operation of the old document is called now; empty when it is gone."""
        if operation in self.new.index:
            return operation
        return self.diff.aliases.get(operation, "")

    def changes_of(self, operation: str) -> list[Change]:
        return self._changes.get(operation, [])

    @cached_property
    def _changes(self) -> dict[str, list[Change]]:
        found: dict[str, list[Change]] = {}
        for change in self.diff.changes:
            for operation in change.operations:
                found.setdefault(operation, []).append(change)
        return found

    def renamed(self, kinds: Iterable[str], name: str, candidates: Iterable[str]) -> str:
        """Return the new name that a move gives ``name``, if it is one of ``candidates``."""
        allowed = set(candidates)
        for move in self.diff.moves:
            old, new = (text.rpartition(".")[2].strip("{}") for text in (move.old, move.new))
            if move.kind in kinds and old == name and new in allowed:
                return new
        return ""


def family(types: Iterable[str]) -> set[str]:
    return {"number" if each == "integer" else each for each in types}


def words(types: Iterable[str]) -> str:
    return " or ".join(f"{'an' if each[0] in 'aio' else 'a'} {each}" for each in sorted(types))


def parameters(slice: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """An operation's own parameters by canonical name; headers that all share are the client's."""
    return {canonical(each["name"]): each for each in slice["parameters"] if not is_shared(each)}


def argument(slice: Mapping[str, Any], name: str, location: str) -> str:
    """Return how an operation's parameter is written as a Python argument."""
    given = [(each["name"], each["in"]) for each in slice["parameters"]]
    return dict(zip(given, argument_names(given), strict=True))[name, location]


_PROSE = frozenset({"description", "title", "example", "examples", "summary"})


def bare(value: Any, *, names: bool = False) -> Any:
    """Return a schema or slice without prose; a *property* of such a name stays."""
    if isinstance(value, Mapping):
        return {
            key: bare(each, names=key in ("properties", "schemas"))
            for key, each in value.items()
            if names or key not in _PROSE
        }
    return [bare(each) for each in value] if isinstance(value, list) else value


def same(before: Version, after: Version, part: str) -> bool:
    """Whether two sides say the same about ``parameters``, ``requestBody`` or ``responses``, or at all."""
    return bool(_with_schemas(before, part) == _with_schemas(after, part))


def _with_schemas(side: Version, part: str) -> Any:
    """An operation or a part of it without prose, and every schema that it leads to."""
    [slice] = side.slices.values()
    start = bare(slice.get(part) if part else slice)
    found: dict[str, Any] = {}
    waiting = [start]
    while waiting:
        each = waiting.pop()
        if isinstance(each, Mapping):
            name = name_of(str(each.get("$ref", "")))
            if name in side.components and name not in found:
                found[name] = bare(side.components[name])
                waiting.append(found[name])
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
    return start, found


def refusal(value: Any, old: Side, new: Side, path: str) -> str:
    """Why ``new`` refuses a value that ``old`` takes; empty when it does not.

    At either level: leniency must not hide that a word is spelled another way now, nor the
    letter, which takes no text for a number, that the number is too large.
    """
    from dynzuora.schema import Checker  # jsonschema, only for values that are written out

    for level in _LEVELS:
        before, after = (
            Checker(schema, components, level=level).problems(value, path=path)
            for schema, components in (old, new)
        )
        if after and not before:
            return after[0].message.rstrip(".")
    return ""


_LEVELS: Final[tuple[Level, ...]] = ("strict", "standard")
Side = tuple[Mapping[str, Any], Mapping[str, Any]]
"""A schema and the components it may refer to."""


def allowed(words: Schema, value: Any) -> str:
    """Return what to write instead of a value that is refused: the nearest, or all that are allowed."""
    values = words.get("enum", words.get("items", {}).get("enum", ()))
    close = nearest(str(value), [each for each in values if isinstance(each, str)])
    if close:
        return f'"{close[0]}"'
    return "one of " + ", ".join(map(short, values)) if values else "a value that is accepted"


_SAMPLES = {"boolean": "True", "integer": "1", "number": "1", "array": "[…]", "object": "{…}"}


def sample(schema: Schema, side: Version) -> str:
    """Return a value to write where one is missing: the first that is allowed, else one of the type."""
    shape = side.shape(schema)
    return short(shape.words["enum"][0]) if shape.words.get("enum") else _SAMPLES.get(shape.type, "…")


def short(value: Any) -> str:
    return cut(repr(value), 40)
