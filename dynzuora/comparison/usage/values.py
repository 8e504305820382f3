"""What a name may stand for while a script is read: ids, tables of keys, clients, replies.

Values are approximate on purpose: everything that is not one of these is `UNKNOWN`,
and what hangs on an unknown is reported as unresolved, never guessed. Only `Table`,
`Listing` and `Instance` change while a script is traced, as their originals do.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple


class Place(NamedTuple):
    """Where something is written. ``cell`` counts all cells of a notebook from 1; 0 in a script."""

    path: str
    line: int
    cell: int = 0

    @property
    def order(self) -> tuple[str, int, int]:
        """What puts places in the order of the code."""
        return self.path, self.cell, self.line

    def __str__(self) -> str:
        return f"{self.path}:cell {self.cell} line {self.line}" if self.cell else f"{self.path}:{self.line}"


class Unknown(NamedTuple):
    """Anything that was not followed."""


UNKNOWN = Unknown()


class Constant:
    """A literal text, number, boolean or None. Equal where the values are, wherever they are written."""

    __slots__ = ("place", "value")

    def __init__(self, value: Any, place: Place | None = None) -> None:
        self.value = value
        self.place = place

    def __eq__(self, other: object) -> bool:
        same = isinstance(other, Constant) and type(self.value) is type(other.value)
        return same and self.value == other.value  # type: ignore[attr-defined]  # a Constant

    def __hash__(self) -> int:
        return hash(self.value)

    def __repr__(self) -> str:
        return f"Constant({self.value!r})"


class Entry(NamedTuple):
    """One key of a table: what it holds and where the key is written."""

    value: Value
    place: Place


class Table:
    """A dict whose keys are texts; ``open`` when it may hold keys that are not seen here."""

    def __init__(
        self,
        entries: Mapping[str, Entry] | None = None,
        *,
        open: bool = False,
        place: Place | None = None,
    ) -> None:
        self.entries: dict[str, Entry] = dict(entries or {})
        self.open = open
        self.place = place

    def copy(self) -> Table:
        return Table(self.entries, open=self.open, place=self.place)

    def update(self, other: Value) -> None:
        """Take the keys of another table; those of an unknown make this one open."""
        if isinstance(other, Table):
            self.entries |= other.entries
            self.open |= other.open
        else:
            self.open = True


class Listing:
    """A list, tuple or set; ``open`` when it may hold more than is seen here."""

    def __init__(self, elements: Iterable[Value] = (), *, open: bool = False) -> None:
        self.elements: list[Value] = list(elements)
        self.open = open


class Choice(NamedTuple):
    """One of several values, by a branch, a loop or a computed key."""

    options: tuple[Value, ...]


class Handle(NamedTuple):
    """A part of dynzuora that leads to operations: see ``calls.ATTRIBUTES``."""

    kind: str
    sure: bool = True


class Method(NamedTuple):
    """A method of a client, or of something that looks like one, not yet called."""

    name: str
    sure: bool


class Bound(NamedTuple):
    """An operation object; ``name`` is what its id was computed from."""

    name: Value
    sure: bool


class Partial(NamedTuple):
    """``functools.partial``: a callable with some arguments given already."""

    function: Value
    positional: tuple[Value, ...]
    keywords: tuple[tuple[str | None, Entry], ...]


class Function(NamedTuple):
    """A function, method or lambda of the code that is read."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    scope: Scope
    self: Value | None = None


class Class(NamedTuple):
    """A class of the code that is read; its body ran in ``scope``."""

    name: str
    scope: Scope


class Instance:
    """An object of a class of the code that is read."""

    def __init__(self, of: Class) -> None:
        self.of = of
        self.attributes: dict[str, Value] = {}


class Key(NamedTuple):
    """A key read from a reply: its path from the reply's top, lists passed silently."""

    path: tuple[str, ...]
    place: Place
    lenient: bool
    """Read by ``.get``, so that an absent key is no error."""


class Doubt(NamedTuple):
    """Something about a use that could not be read from the code."""

    place: Place
    text: str
    why: str
    about: str = ""
    """The part of the operation it is about: ``parameters``, ``requestBody``, ``responses``, or all of it."""


class Use:
    """One call of one operation, as far as the code tells."""

    def __init__(self, operation: str, place: Place, how: str = "call") -> None:
        self.operation = operation
        self.place = place
        self.how = how
        self.by_route = how == "request"
        """Whether the code names method and path instead of the id."""
        self.arguments: dict[str, Entry] = {}
        self.open = False
        """Whether there may be arguments that are not seen here."""
        self.body: Entry | None = None
        self.reads: list[Key] = []
        self.doubts: list[Doubt] = []

    def __repr__(self) -> str:
        return f"<Use of {self.operation} at {self.place}>"


class Reply(NamedTuple):
    """What a call gives back, or a part of it, for every use that the call may be."""

    uses: tuple[Use, ...]
    path: tuple[str, ...] = ()
    kind: str = "reply"
    """``reply``; ``pages`` and ``results`` give replies one by one; ``job`` leads to one; ``frame`` has
    columns instead of keys."""


Value = (
    Unknown
    | Constant
    | Table
    | Listing
    | Choice
    | Handle
    | Method
    | Bound
    | Partial
    | Function
    | Class
    | Instance
    | Reply
)


class Scope:
    """The names of a module, class or function; those of the code around it are seen through it."""

    def __init__(self, above: Scope | None = None) -> None:
        self.names: dict[str, Value] = {}
        self.above = above
        self.returned: list[Value] = []
        self.elsewhere: dict[str, Scope] = {}
        """Names that a ``global`` or ``nonlocal`` statement says belong to a scope around this one."""

    def bind(self, name: str, value: Value) -> None:
        self.elsewhere.get(name, self).names[name] = value

    def around(self) -> Iterator[Scope]:
        """Return the scopes around this one, the nearest first."""
        scope = self.above
        while scope is not None:
            yield scope
            scope = scope.above

    def get(self, name: str) -> Value | None:
        return next((scope.names[name] for scope in (self, *self.around()) if name in scope.names), None)


def options(value: Value) -> Iterator[Value]:
    """Return the values that ``value`` may be, one by one."""
    if isinstance(value, Choice):
        for each in value.options:
            yield from options(each)
    else:
        yield value


def joined(values: Iterable[Value]) -> Value:
    """Return a value that may be any of ``values``."""
    found: list[Value] = []
    for value in values:
        for each in options(value):
            if not any(each is other or _same(each, other) for other in found):
                found.append(each)
    if not found:
        return UNKNOWN
    return found[0] if len(found) == 1 else Choice(tuple(found))


def _same(one: Value, other: Value) -> bool:
    return isinstance(one, Unknown | Constant | Handle | Method) and type(one) is type(other) and one == other


def frozen(value: Value) -> Value:
    """Return a copy that later changes of the original do not reach."""
    return _frozen(value, ())


def _frozen(value: Value, around: tuple[int, ...]) -> Value:
    if id(value) in around:
        return UNKNOWN
    inside = (*around, id(value))
    if isinstance(value, Table):
        copied = {key: Entry(_frozen(each.value, inside), each.place) for key, each in value.entries.items()}
        return Table(copied, open=value.open, place=value.place)
    if isinstance(value, Listing):
        return Listing([_frozen(each, inside) for each in value.elements], open=value.open)
    if isinstance(value, Choice):
        return Choice(tuple(_frozen(each, inside) for each in value.options))
    return value


def element(value: Value) -> Value:
    """Return what iterating over ``value`` gives, any of it."""
    return joined(each for option in options(value) for each in _elements(option))


def _elements(value: Value) -> Iterator[Value]:
    if isinstance(value, Listing):
        yield from value.elements
        if value.open or not value.elements:
            yield UNKNOWN
    elif isinstance(value, Table):
        yield from (Constant(key) for key in value.entries)
        if value.open or not value.entries:
            yield UNKNOWN
    elif isinstance(value, Reply):
        yield value if value.kind == "frame" else value._replace(kind="reply")
    else:
        yield UNKNOWN
