"""What a name may stand for while a script is read: ids, dicts of arguments, clients, replies.

Approximate on purpose: everything that is not one of these is `UNKNOWN`, and what depends on
an unknown value is reported as unresolved. Only `DictValue`, `ListValue` and `Instance`
change while a script is traced, as the objects they stand for do.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from dynzuora.comparison.usage import texts
from dynzuora.comparison.usage.results import SourceLocation, Unresolved
from dynzuora.comparison.usage.sources import Source


class Unknown(NamedTuple):
    """Anything that is not followed."""


UNKNOWN = Unknown()


class Constant:
    """A literal string, number, boolean or None; equal to others of the same value."""

    __slots__ = ("location", "pieces", "value")

    def __init__(self, value: Any, location: SourceLocation | None = None, pieces: texts.Pieces = ()) -> None:
        self.value = value
        self.location = location
        self.pieces = pieces or (texts.Piece(str(value), location),)
        """The text that it is, as it is written."""

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Constant)
            and type(self.value) is type(other.value)
            and bool(self.value == other.value)
        )

    def __hash__(self) -> int:
        return hash(self.value)

    def __repr__(self) -> str:
        return f"Constant({self.value!r})"


class Text(NamedTuple):
    """A text that is known in part."""

    pieces: texts.Pieces


def text(pieces: texts.Pieces) -> Value:
    """Return the value of a text; `UNKNOWN` if nothing of it is known."""
    if texts.GAP in pieces:
        return Text(pieces) if any(piece.location for piece in pieces) else UNKNOWN
    return Constant("".join(piece.text for piece in pieces), None, pieces)


def pieces(value: Value) -> texts.Pieces:
    """Return the text that a value becomes in another one."""
    return value.pieces if isinstance(value, Constant | Text) else (texts.GAP,)


class Item(NamedTuple):
    """A value under a key or a keyword, and where that is written."""

    value: Value
    location: SourceLocation


class DictValue:
    """A dict whose keys are strings; ``open`` if it may have keys that are not seen here."""

    def __init__(
        self,
        fields: Mapping[str, Item] | None = None,
        *,
        open: bool = False,
        location: SourceLocation | None = None,
    ) -> None:
        self.fields: dict[str, Item] = dict(fields or {})
        self.open = open
        self.location = location

    def copy(self) -> DictValue:
        return DictValue(self.fields, open=self.open, location=self.location)

    def update(self, other: Value) -> None:
        """Take the keys of another dict; anything else makes this one open."""
        if isinstance(other, DictValue):
            self.fields |= other.fields
            self.open |= other.open
        else:
            self.open = True


class ListValue:
    """A list, tuple or set; ``open`` if it may have elements that are not seen here."""

    def __init__(self, elements: Iterable[Value] = (), *, open: bool = False) -> None:
        self.elements: list[Value] = list(elements)
        self.open = open

    def extend(self, other: Value) -> None:
        """Take the elements of another list; anything else makes this one open."""
        if isinstance(other, ListValue):
            self.elements += other.elements
            self.open |= other.open
        else:
            self.open = True


class Choice(NamedTuple):
    """One of several values, because of a branch, a loop or a computed key."""

    options: tuple[Value, ...]


class ClientPart(NamedTuple):
    """A client or another object of dynzuora that leads to operations, see ``client_surface.ATTRIBUTES``."""

    kind: str
    is_certain: bool = True
    """False for what only looks like one, such as a variable named ``client``."""


class ClientMethod(NamedTuple):
    """A method of a client, not yet called."""

    name: str
    is_certain: bool


class BoundOperation(NamedTuple):
    """An operation object; ``name`` is what its id was computed from."""

    name: Value
    is_certain: bool
    is_exact: bool = False
    """Whether it takes the document's own spelling only, as an attribute does."""


class Sender(NamedTuple):
    """A function from elsewhere that sends a request, not yet called: ``session.get``."""

    name: str


class ItemGetter(NamedTuple):
    """``operator.itemgetter(…)``: reads keys of what it is called with."""

    keys: tuple[Value, ...]


class Partial(NamedTuple):
    """``functools.partial``: a callable with some of its arguments."""

    function: Value
    arguments: Arguments


class Function(NamedTuple):
    """A function, method or lambda of the code."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    scope: Scope
    source: Source
    """The file that it is written in."""
    self: Value | None = None


class Class(NamedTuple):
    """A class or module of the code; its body ran in ``scope``."""

    name: str
    scope: Scope


class Instance:
    """An object of a class of the code."""

    def __init__(self, of: Class) -> None:
        self.of = of
        self.attributes: dict[str, Value] = {}

    def has(self, name: str) -> bool:
        """Whether the code says what an attribute is; it may come from elsewhere."""
        return name in self.attributes or name in self.of.scope.names


class ReplyValue(NamedTuple):
    """What a call returns, or a part of it, for every use that the call may be."""

    uses: tuple[Use, ...]
    path: tuple[str, ...] = ()
    """The keys that lead to this part; lists are skipped."""
    kind: str = "reply"
    """``reply``; ``pages`` and ``results`` give replies one by one; ``job`` leads to one; a ``frame`` has
    columns instead of keys."""


Value = (
    Unknown
    | Constant
    | Text
    | DictValue
    | ListValue
    | Choice
    | ClientPart
    | ClientMethod
    | BoundOperation
    | Sender
    | ItemGetter
    | Partial
    | Function
    | Class
    | Instance
    | ReplyValue
)


class Arguments(NamedTuple):
    """The arguments of a call, evaluated. A keyword of None is ``**`` of something."""

    positional: tuple[Value, ...] = ()
    keywords: tuple[tuple[str | None, Item], ...] = ()

    def keyword(self, name: str) -> Item | None:
        return next((item for key, item in self.keywords if key == name), None)

    def get(self, number: int, name: str = "") -> Value:
        """Return an argument by position or name; `UNKNOWN` if it is missing."""
        if number < len(self.positional):
            return self.positional[number]
        item = self.keyword(name) if name else None
        return item.value if item else UNKNOWN

    @property
    def values(self) -> list[Value]:
        return [*self.positional, *(item.value for _, item in self.keywords)]


class ReplyKey(NamedTuple):
    """A key read from a reply: its path from the top of the reply; lists are skipped."""

    path: tuple[str, ...]
    location: SourceLocation
    is_lenient: bool
    """Read by ``.get``, so that a missing key is not an error."""


class Use:
    """One call of one operation, as far as the code shows it."""

    def __init__(self, operation: str, location: SourceLocation, how: str, name: str) -> None:
        self.operation = operation
        self.location = location
        self.how = how
        """The method of the client, or ``log``; ``request`` by URL; ``generated`` for a method of a generated
        client; ``handed`` for an id, and ``mention`` for a path, whose call is not found."""
        self.name = name
        """The operation as the code names it: an id, another name, or a method and path."""
        self.others: tuple[str, ...] = ()
        """The other operations that a ``mention`` may be of: the method is not known."""
        self.is_exact = False
        """Whether ``name`` must have the document's own spelling."""
        self.arguments: dict[str, Item] = {}
        self.open = False
        """Whether there may be arguments that are not seen here."""
        self.body: Item | None = None
        self.keys: list[ReplyKey] = []
        self.unresolved: list[Unresolved] = []

    @property
    def is_by_route(self) -> bool:
        """Whether the code names a method and path."""
        return " " in self.name.strip()

    def __repr__(self) -> str:
        return f"<Use of {self.operation} at {self.location}>"


class Scope:
    """The names of a module, class or function, and through ``above`` those around it."""

    def __init__(self, above: Scope | None = None) -> None:
        self.names: dict[str, Value] = {}
        self.above = above
        self.returned: list[Value] = []
        self.elsewhere: dict[str, Scope] = {}
        """Names that a ``global`` or ``nonlocal`` statement assigns to a scope around this one."""

    def bind(self, name: str, value: Value) -> None:
        self.elsewhere.get(name, self).names[name] = value

    def around(self) -> Iterator[Scope]:
        """Yield the scopes around this one, the nearest first."""
        scope = self.above
        while scope is not None:
            yield scope
            scope = scope.above

    def get(self, name: str) -> Value | None:
        return next((scope.names[name] for scope in (self, *self.around()) if name in scope.names), None)


def options(value: Value) -> tuple[Value, ...]:
    """Return the values that ``value`` may be."""
    if type(value) is not Choice:
        return (value,)  # nearly always
    return tuple(option for part in value.options for option in options(part))


def joined(values: Iterable[Value]) -> Value:
    """Return a value that may be any of ``values``; of very many, the first ones or something unknown."""
    result: dict[object, Value] = {}
    for value in values:
        for option in options(value):
            result.setdefault(identity(option), option)
        if len(result) > _MOST_OPTIONS:
            result[UNKNOWN] = UNKNOWN
            break
    if len(result) == 1:
        return next(iter(result.values()))
    return Choice(tuple(result.values())) if result else UNKNOWN


def of_each(value: Value, function: Callable[[Value], Value]) -> Value:
    """Return what ``function`` makes of the values that ``value`` may be."""
    return joined(map(function, value.options)) if type(value) is Choice else function(value)


_MOST_OPTIONS = 60


def identity(value: Value) -> object:
    """Return what is equal for values that mean the same; what changes while it is read is itself."""
    if isinstance(value, Constant):
        return type(value.value), value.value
    return value if isinstance(value, Unknown | Text | ClientPart | ClientMethod | Sender) else id(value)


def frozen(value: Value, around: tuple[int, ...] = ()) -> Value:
    """Return a copy that later changes of the original do not affect."""
    if id(value) in around:
        return UNKNOWN
    inside = (*around, id(value))
    if isinstance(value, DictValue):
        fields = {key: Item(frozen(item.value, inside), item.location) for key, item in value.fields.items()}
        return DictValue(fields, open=value.open, location=value.location)
    if isinstance(value, ListValue):
        return ListValue([frozen(element, inside) for element in value.elements], open=value.open)
    if isinstance(value, Choice):
        return Choice(tuple(frozen(option, inside) for option in value.options))
    return value


def element(value: Value) -> Value:
    """Return what iterating over ``value`` gives, any of it."""
    return joined(part for option in options(value) for part in _elements(option))


def _elements(value: Value) -> Iterator[Value]:
    if isinstance(value, ListValue | DictValue):
        elements = value.elements if isinstance(value, ListValue) else [Constant(key) for key in value.fields]
        yield from elements
        if value.open or not elements:
            yield UNKNOWN
    elif isinstance(value, ReplyValue):
        yield value if value.kind == "frame" else value._replace(kind="reply")
    else:
        yield UNKNOWN
