"""What calling something gives, and which uses of operations it makes.

The public face of a client as tables: which attributes lead to operations, which
methods call one, and which keywords are their own and no parameters.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from dynzuora.comparison.usage.values import (
    UNKNOWN,
    Bound,
    Class,
    Constant,
    Doubt,
    Entry,
    Function,
    Handle,
    Listing,
    Method,
    Partial,
    Place,
    Reply,
    Scope,
    Table,
    Use,
    Value,
    element,
    frozen,
    joined,
    options,
)

if TYPE_CHECKING:
    from dynzuora.comparison.usage.tracing import Tracer

ATTRIBUTES: Final[Mapping[tuple[str, str], Value]] = {
    ("module", "Client"): Handle("Client"),
    ("module", "load"): Handle("load"),
    ("module", "operations"): Handle("operations"),
    ("Client", "sandbox"): Handle("Client"),
    ("document", "operations"): Handle("operations"),
    ("client", "operations"): Handle("operations"),
    ("client", "document"): Handle("document"),
    ("client", "ops"): Handle("ops"),
    ("client", "with_entity"): Handle("Client"),
    ("client", "with_orgs"): Handle("Client"),
    ("ops", "by_tag"): Handle("tags"),
}
"""(what, attribute) → what that is; calling a ``Client`` makes a client."""

OPERATION_OBJECTS: Final = frozenset({"ops", "tag", "operations"})
"""What has operations as attributes or items."""


class _Way(NamedTuple):
    """A method of a client whose first argument names an operation."""

    reply: str = ""
    """The kind of its `Reply`; empty where it gives none."""
    own: frozenset[str] = frozenset()
    """Keywords that are this method's. (What all calls take is no operation's parameter.)"""


_ITERATION: Final = frozenset({"limit", "progress", "resume"})
METHODS: Final[Mapping[str, _Way]] = {
    "call": _Way("reply"),
    "download": _Way("", frozenset({"to", "unzip", "progress"})),
    "items": _Way("rows", _ITERATION),
    "map": _Way("results"),
    "pages": _Way("pages", _ITERATION),
    "prepare": _Way(),
    "submit": _Way("job", frozenset({"job"})),
    "template": _Way(),
}
"""The methods of a client whose first argument names an operation."""

_UNREMARKABLE: Final = frozenset(dir(builtins))


class Arguments(NamedTuple):
    """The arguments of a call, evaluated. A keyword of None is ``**`` of something."""

    positional: tuple[Value, ...]
    keywords: tuple[tuple[str | None, Entry], ...]

    def keyword(self, name: str) -> Entry | None:
        return next((entry for key, entry in self.keywords if key == name), None)

    def without_first(self) -> Arguments:
        return self._replace(positional=self.positional[1:])


def call(tracer: Tracer, node: ast.Call, function: Value, arguments: Arguments) -> Value:
    """Return what ``function`` gives when it is called so; uses are noted with the tracer."""
    return joined(_call_one(tracer, node, each, arguments) for each in options(function))


def _call_one(tracer: Tracer, node: ast.Call, function: Value, arguments: Arguments) -> Value:
    handler = _CALLABLE.get(type(function), _call_unknown)
    return handler(tracer, node, function, arguments)


def _call_method(tracer: Tracer, node: ast.Call, function: Method, arguments: Arguments) -> Value:
    if function.name == "request":
        return _raw_request(tracer, node, arguments)
    first = arguments.positional[0] if arguments.positional else None
    if first is None:
        named = arguments.keyword("operation")
        first = named.value if named else UNKNOWN
    if not function.sure and not any(map(tracer.operation, options(first))):
        return _call_unknown(tracer, node, function, arguments)  # `pool.submit`, `settings.items`
    return _uses(tracer, node, first, function.sure, function.name, arguments.without_first())


def _call_bound(tracer: Tracer, node: ast.Call, function: Bound, arguments: Arguments) -> Value:
    how = "call"
    if isinstance(node.func, ast.Attribute) and node.func.attr == "prepare":
        how = "prepare"
    return _uses(tracer, node, function.name, function.sure, how, arguments)


def _uses(tracer: Tracer, node: ast.Call, name: Value, sure: bool, how: str, arguments: Arguments) -> Value:
    """Note one use for each operation that ``name`` may be, or a doubt where it may be any."""
    found: list[Use] = []
    for each in options(name):
        operation = tracer.operation(each)
        if operation:
            made = _made(tracer, node, operation, how, arguments)
            for use in made:
                use.by_route = isinstance(each, Constant) and " " in str(each.value).strip()
            found += made
        elif sure:
            why = "names an operation that neither document has"
            tracer.doubt(node, why if isinstance(each, Constant) else "the operation's id is computed")
    kind = METHODS[how].reply
    return Reply(tuple(found), kind=kind) if found and kind else UNKNOWN


def _made(tracer: Tracer, node: ast.Call, operation: str, how: str, arguments: Arguments) -> list[Use]:
    place = tracer.place(node.args[0] if node.args else node.func)
    if how == "map":
        return _mapped(tracer, node, operation, place, arguments)
    use = Use(operation, place, how)
    if how != "template":
        _give(tracer, node, use, [each for each in arguments.keywords if each[0] not in METHODS[how].own])
        if how == "prepare" and arguments.positional:
            use.body = Entry(frozen(arguments.positional[0]), place)
    tracer.uses.append(use)
    return [use]


def _mapped(tracer: Tracer, node: ast.Call, operation: str, place: Place, arguments: Arguments) -> list[Use]:
    """``client.map(operation, calls)``: one use for each mapping of arguments that is seen."""
    given = arguments.keyword("calls")
    calls = given.value if given else arguments.positional[0] if arguments.positional else UNKNOWN
    uses = []
    for each in options(element(calls)):
        use = Use(operation, place, "map")
        _give(tracer, node, use, [(None, Entry(each, place))])
        uses.append(use)
    tracer.uses += uses
    return uses


def _give(tracer: Tracer, node: ast.Call, use: Use, keywords: Iterable[tuple[str | None, Entry]]) -> None:
    """Put the arguments of a call on a use: parameters, ``params=``, ``body=``, ``**``."""
    for name, entry in keywords:
        if name == "body":
            use.body = Entry(frozen(entry.value), entry.place)
            if _is_computed(use.body.value):
                why = "its body, or some of it, is computed"
                use.doubts.append(Doubt(entry.place, tracer.text(node), why, "requestBody"))
        elif name is None or name == "params":
            _spread(tracer, node, use, entry, spread=name is None)
        else:
            use.arguments[name] = Entry(frozen(entry.value), entry.place)


def _is_computed(value: Value) -> bool:
    """Whether a body has keys that the code does not show; values that are computed do not matter."""
    for each in options(value):
        if isinstance(each, Table):
            inside = [entry.value for entry in each.entries.values() if isinstance(entry.value, Table)]
            if each.open or any(map(_is_computed, inside)):
                return True
        elif isinstance(each, Listing):
            if any(_is_computed(element) for element in each.elements if not isinstance(element, Constant)):
                return True
        elif not isinstance(each, Constant):
            return True
    return False


def _spread(tracer: Tracer, node: ast.Call, use: Use, entry: Entry, *, spread: bool) -> None:
    seen = False
    for each in options(entry.value):
        if isinstance(each, Table):
            seen = True
            use.open |= each.open
            inside = [
                (name, value)
                for name, value in each.entries.items()
                if spread or name not in ("body", "params")
            ]
            _give(tracer, node, use, inside)
        elif isinstance(each, Constant) and each.value is None:
            seen = True
        else:
            use.open = True
    if use.open or not seen:
        use.open = True
        why = "some of its arguments are computed"
        use.doubts.append(Doubt(entry.place, tracer.text(node), why, "parameters"))


def _raw_request(tracer: Tracer, node: ast.Call, arguments: Arguments) -> Value:
    """``client.request("GET", "/v1/…")``: an operation where method and path are those of one."""
    given = [*arguments.positional, UNKNOWN, UNKNOWN]
    for number, name in enumerate(("method", "path")):
        if len(arguments.positional) <= number and (entry := arguments.keyword(name)):
            given[number] = entry.value
    found: list[Use] = []
    for method in options(given[0]):
        for path in options(given[1]):
            if not (isinstance(method, Constant) and isinstance(path, Constant)):
                tracer.doubt(node, "the path of this request is computed")
                continue
            operation = tracer.operation(Constant(f"{method.value} {path.value}"))
            if operation:
                query = arguments.keyword("query")
                body = arguments.keyword("body")
                use = Use(operation, tracer.place(node.args[1] if len(node.args) > 1 else node), "request")
                named: list[tuple[str | None, Entry]] = [("params", query)] if query else []
                _give(tracer, node, use, [*named, *([("body", body)] if body else [])])
                use.open = True
                tracer.uses.append(use)
                found.append(use)
    return Reply(tuple(found)) if found else UNKNOWN


def _call_handle(tracer: Tracer, node: ast.Call, function: Handle, arguments: Arguments) -> Value:
    made = {"Client": Handle("client"), "load": Handle("document")}
    return made.get(function.kind, UNKNOWN)


def _call_partial(tracer: Tracer, node: ast.Call, function: Partial, arguments: Arguments) -> Value:
    merged = Arguments(function.positional + arguments.positional, function.keywords + arguments.keywords)
    return call(tracer, node, function.function, merged)


def _call_function(tracer: Tracer, node: ast.Call, function: Function, arguments: Arguments) -> Value:
    return tracer.run(function, arguments.positional, arguments.keywords)


def _call_class(tracer: Tracer, node: ast.Call, function: Class, arguments: Arguments) -> Value:
    return tracer.instance(function, arguments.positional, arguments.keywords)


def _call_unknown(tracer: Tracer, node: ast.Call, function: Value, arguments: Arguments) -> Value:
    """Something from elsewhere: follow what it is known to do, and see what is handed to it."""
    name, positional = _name_of(node.func), arguments.positional
    known = _KEEPING.get(name)
    if known and len(positional) >= known.least:
        return known.gives(tracer, node, arguments)
    values = [*positional, *(entry.value for _, entry in arguments.keywords)]
    key = arguments.keyword("key")
    if key and positional and isinstance(key.value, Function):
        tracer.run(key.value, (element(positional[0]),), ())
    else:
        _run_handed_functions(tracer, node, values, arguments)
    known = _GIVING.get(name)
    if known and len(positional) >= known.least:
        return known.gives(tracer, node, arguments)
    _note_handed_ids(tracer, node, values)
    return UNKNOWN


def _dict(tracer: Tracer, node: ast.Call, given: Arguments) -> Value:
    if given.positional:
        return frozen(given.positional[0])
    entries = {name: entry for name, entry in given.keywords if name}
    return Table(entries, open=len(entries) < len(given.keywords), place=tracer.place(node))


def _element(tracer: Tracer, node: ast.Call, given: Arguments) -> Value:
    return joined(map(element, given.positional))


def _frame(tracer: Tracer, node: ast.Call, given: Arguments) -> Value:
    return joined(
        each._replace(kind="frame") for each in options(given.positional[0]) if isinstance(each, Reply)
    )


def _first(tracer: Tracer, node: ast.Call, given: Arguments) -> Value:
    return given.positional[0]


def _getter(tracer: Tracer, node: ast.Call, given: Arguments) -> Value:
    """``operator.itemgetter("a", "b")`` as the function that it is."""
    keys = [each.value for each in given.positional if isinstance(each, Constant)]
    code = ast.parse(f"lambda row: [{', '.join(f'row[{key!r}]' for key in keys)}]", mode="eval").body
    assert isinstance(code, ast.Lambda)
    for each in ast.walk(code):
        if hasattr(each, "lineno"):
            ast.copy_location(each, node)
    return Function(code, Scope())


class _Known(NamedTuple):
    """A function from elsewhere of which it is known what it gives."""

    gives: Callable[[Tracer, ast.Call, Arguments], Value]
    least: int = 1
    """So many arguments by position it takes."""


_KEEPING: Final[Mapping[str, _Known]] = {
    "dict": _Known(_dict, 0),
    "enumerate": _Known(
        lambda tracer, node, given: Listing([Listing([UNKNOWN, element(given.positional[0])])])
    ),
    "getattr": _Known(lambda tracer, node, given: tracer.attributes(*given.positional[:2]), 2),
    "partial": _Known(
        lambda tracer, node, given: Partial(given.positional[0], given.positional[1:], given.keywords)
    ),
    "zip": _Known(lambda tracer, node, given: Listing([Listing(map(element, given.positional))]), 0),
}
"""Functions that call nothing of what they are handed."""

_PASSING = ("chain", "islice", "iter", "list", "reversed", "set", "sorted", "tqdm", "tuple")
_FRAMES = ("DataFrame", "from_dict", "from_dicts", "from_records", "json_normalize")
_GIVING: Final[Mapping[str, _Known]] = {
    **dict.fromkeys(("next", "min", "max", "choice"), _Known(_element)),
    **dict.fromkeys(_FRAMES, _Known(_frame)),
    **dict.fromkeys(("copy", "deepcopy"), _Known(lambda tracer, node, given: frozen(given.positional[0]))),
    **dict.fromkeys(_PASSING, _Known(_first)),
    "cast": _Known(lambda tracer, node, given: given.positional[-1]),
    "itemgetter": _Known(_getter),
}
"""Functions that may call what they are handed, and give (nearly) what they are given or a part of it."""


def _run_handed_functions(
    tracer: Tracer, node: ast.Call, values: Sequence[Value], arguments: Arguments
) -> None:
    """``pool.map(fetch, ids)``: what is handed to somebody is called with what is handed along."""
    along = [element(each) if _is_iterable(each) else each for each in values]
    for number, each in enumerate(values):
        if isinstance(each, Function | Partial | Method):
            others = tuple(along[:number] + along[number + 1 : len(arguments.positional)])
            call(tracer, node, each, Arguments(others, arguments.keywords))
        elif isinstance(each, Bound):  # called with arguments that are not seen
            call(tracer, node, each, Arguments((), ((None, Entry(UNKNOWN, tracer.place(node))),)))


def _is_iterable(value: Value) -> bool:
    return any(isinstance(each, Listing | Table | Reply) for each in options(value))


def _note_handed_ids(tracer: Tracer, node: ast.Call, values: Sequence[Value]) -> None:
    """An operation's id handed to code that is not read here: what is gone breaks there, too."""
    if not isinstance(node.func, ast.Name) or node.func.id in _UNREMARKABLE:
        return
    for value in values:
        for each in options(value):
            if isinstance(each, Constant) and tracer.is_id(each.value):
                use = Use(each.value, each.place or tracer.place(node), "handed")
                why = f"{each.value} is handed to {node.func.id}(), which is defined elsewhere"
                use.doubts.append(Doubt(tracer.place(node), tracer.text(node), why))
                tracer.uses.append(use)


def _name_of(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


_Handler = Callable[["Tracer", ast.Call, Any, Arguments], Value]
_CALLABLE: Final[Mapping[type, _Handler]] = {
    Method: _call_method,
    Bound: _call_bound,
    Handle: _call_handle,
    Partial: _call_partial,
    Function: _call_function,
    Class: _call_class,
}
"""What is called → how; everything else comes from elsewhere."""
