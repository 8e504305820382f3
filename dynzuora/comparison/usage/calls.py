"""What calling something returns, and which uses of operations it is."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from dynzuora.calls import METHODS
from dynzuora.comparison.usage import http_calls, texts
from dynzuora.comparison.usage.client_surface import CALLS, MANGLED, REPLIES
from dynzuora.comparison.usage.containers import computed_attribute, item
from dynzuora.comparison.usage.interpreter import Interpreter
from dynzuora.comparison.usage.results import SourceLocation, Unresolved
from dynzuora.comparison.usage.values import (
    UNKNOWN,
    Arguments,
    BoundOperation,
    Choice,
    Class,
    ClientMethod,
    ClientPart,
    Constant,
    DictValue,
    Function,
    Item,
    ItemGetter,
    ListValue,
    Partial,
    ReplyValue,
    Sender,
    Text,
    Use,
    Value,
    element,
    frozen,
    joined,
    of_each,
    options,
    pieces,
    text,
)


def call(interpreter: Interpreter, node: ast.Call, function: Value, arguments: Arguments) -> Value:
    """Return what a call of ``function`` returns; uses are noted with the interpreter."""
    return joined(
        _CALLABLE.get(type(option), _call_unknown)(interpreter, node, option, arguments)
        for option in options(function)
    )


# Methods of a client


def _call_method(
    interpreter: Interpreter, node: ast.Call, method: ClientMethod, arguments: Arguments
) -> Value:
    if method.name == "request":
        return _raw_request(interpreter, node, arguments)
    name = arguments.get(0, "operation")
    if not method.is_certain and not any(map(interpreter.operation, options(name))):
        return _call_unknown(interpreter, node, method, arguments)  # `pool.submit`, `settings.items`
    rest = arguments._replace(positional=arguments.positional[1:])
    return _uses(interpreter, node, BoundOperation(name, method.is_certain), method.name, rest)


def _call_bound(
    interpreter: Interpreter, node: ast.Call, operation: BoundOperation, arguments: Arguments
) -> Value:
    is_prepare = isinstance(node.func, ast.Attribute) and node.func.attr == "prepare"
    return _uses(interpreter, node, operation, "prepare" if is_prepare else "call", arguments)


def _uses(
    interpreter: Interpreter, node: ast.Call, bound: BoundOperation, how: str, arguments: Arguments
) -> Value:
    """Note one use for each operation that the name may be; it is unresolved if it may be any."""
    location = interpreter.location(node.args[0] if node.args else node.func)
    uses: list[Use] = []
    for name in options(bound.name):
        id = interpreter.operation(name)
        if id and isinstance(name, Constant):
            uses += _made(interpreter, node, Use(id, location, how, name.value), bound.is_exact, arguments)
        elif bound.is_certain:
            is_constant = isinstance(name, Constant)
            interpreter.note(node, _NO_OPERATION if is_constant else "the operation's id is computed")
    kind = METHODS[how].result
    return ReplyValue(tuple(uses), kind=kind) if uses and kind in REPLIES else UNKNOWN


_NO_OPERATION = "names an operation that neither document has"


def _made(
    interpreter: Interpreter, node: ast.Call, use: Use, is_exact: bool, arguments: Arguments
) -> list[Use]:
    """Return the use with its arguments; of ``client.map``, one for each mapping of arguments."""
    use.is_exact = is_exact
    if use.how == "map":
        uses = []
        for mapping in options(element(arguments.get(0, "calls"))):
            uses.append(Use(use.operation, use.location, use.how, use.name))
            _give(interpreter, node, uses[-1], [(None, Item(mapping, use.location))])
    else:
        uses = [use]
        if use.how != "template":
            own = METHODS[use.how].keywords
            _give(interpreter, node, use, [pair for pair in arguments.keywords if pair[0] not in own])
            if use.how == "prepare" and arguments.positional:
                use.body = Item(frozen(arguments.positional[0]), use.location)
    interpreter.uses += uses
    return uses


# Requests by URL


def _raw_request(interpreter: Interpreter, node: ast.Call, arguments: Arguments) -> Value:
    """``client.request("GET", "/v1/…")`` uses an operation if its method and path are those of one."""
    reply = _request(interpreter, node, arguments)
    if reply is not None:
        return reply
    if not all(isinstance(arguments.get(number), Constant) for number in (0, 1)):
        interpreter.note_request(node, False)
    return UNKNOWN


def _request(
    interpreter: Interpreter, node: ast.Call, arguments: Arguments, sender: str = ""
) -> Value | None:
    """Return the reply of a request by URL; None if the call is none, or its address is not known.

    ``sender`` is what is called, where it came here as a value.
    """
    name = sender or http_calls.callee(node)
    words = [
        getattr(argument, "value", None) for argument in arguments.values if isinstance(argument, Constant)
    ]
    method = http_calls.method_of(name, words)
    if method is None:
        return None
    if not method and name.rpartition(".")[2] in ("urlopen", "Request"):
        method = "POST" if arguments.get(1, "data") != UNKNOWN else "GET"
    is_library = bool(arguments.values) and http_calls.is_library(name)
    if is_library:
        interpreter.note_request(node, False)
    uses: list[Use] = []
    for value in arguments.values:
        for option in options(value):
            if isinstance(option, ReplyValue):  # a link of a reply
                interpreter.note_request(node, True)
            if not isinstance(option, Text) and not (
                isinstance(option, Constant) and isinstance(option.value, str)
            ):
                continue
            is_method = isinstance(option, Constant) and option.value.upper() in http_calls.HTTP_METHODS
            if is_library and not is_method:
                interpreter.note_request(node, True)
            uses += _sent(interpreter, node, name, method, option, arguments)
        if uses:
            break
    interpreter.uses += uses
    return ReplyValue(tuple(uses)) if uses else None


def _sent(
    interpreter: Interpreter,
    node: ast.Call,
    name: str,
    method: str,
    url: Constant | Text,
    arguments: Arguments,
) -> Iterator[Use]:
    """Yield the uses that a request to ``url`` is, one for each method that it may be."""
    documents = interpreter.documents
    match = http_calls.match(url.pieces, method, documents, interpreter.source, name=name, is_request=True)
    if match is None:
        return
    interpreter.handled |= {piece.location for piece in url.pieces if piece.location}
    if not match.operations:
        if match.is_sure:
            code = f"{method} {match.address.path}".strip()
            interpreter.unresolved.append(Unresolved(match.location, code, _NO_PATH))
        return
    if not match.is_sure:
        ids = " or ".join(match.operations.values())
        why = f"looks like {ids}, but nothing says that it is sent to this API"
        interpreter.unresolved.append(Unresolved(match.location, match.address.path, why))
        return
    for verb, id in match.operations.items():
        use = Use(id, match.location, "request" if method else "mention", f"{verb} {documents.path(id)}")
        if not method:
            use.others = tuple(other for other in match.operations.values() if other != id)
            _doubt(interpreter, node, use, match.location, f"may be {id}: its method is not known")
        use.arguments = {key: Item(UNKNOWN, match.location) for key in match.address.query}
        _give(interpreter, node, use, _sent_along(arguments, verb, match.location))
        use.open = True
        yield use


_NO_PATH = "leads to no operation of either document"

_CARRIERS: Final = {
    "params": "params",
    "query": "params",
    "fields": "params",
    **dict.fromkeys(("body", "content", "data", "json", "payload"), "body"),
}
"""Keyword of a request → what it carries."""


def _sent_along(arguments: Arguments, method: str, location: SourceLocation) -> Iterator[tuple[str, Item]]:
    """Yield the parameters and the body of a request, as far as they are written out."""
    carried: dict[str, Item] = {}
    spread = (field for keyword, field in arguments.keywords if keyword is None)
    pairs = [pair for field in spread for pair in getattr(field.value, "fields", {}).items()]
    for keyword, argument in (*arguments.keywords, *pairs):
        if keyword in _CARRIERS:
            carried.setdefault(_CARRIERS[keyword], argument)
    for value in arguments.positional:
        if any(isinstance(option, DictValue) for option in options(value)):
            carried.setdefault("params" if method == "GET" else "body", Item(value, location))
    for part, argument in carried.items():
        if any(isinstance(option, DictValue | ListValue) for option in options(argument.value)):
            yield part, argument


# Methods of generated clients


def _generated(
    interpreter: Interpreter, node: ast.Call, part: ClientPart | None, arguments: Arguments
) -> Value | None:
    """Return the reply of ``api.create_account(…)``; None if the method is none of an operation's names."""
    callee = http_calls.callee(node)
    name = callee.rpartition(".")[2].removesuffix("_with_http_info")
    owner = callee.rpartition(".")[0]
    has_owner = interpreter.source.is_generated and owner.lower().endswith("api")
    if not (part or has_owner or MANGLED.match(name)):
        return None
    id = interpreter.documents.resolve(name)
    if not id:
        return None
    use = Use(id, interpreter.location(node.func), "generated", name)
    for value in arguments.positional:
        if any(isinstance(option, DictValue) for option in options(value)):
            use.body = Item(frozen(value), use.location)
    for keyword, argument in arguments.keywords:
        if any(isinstance(option, DictValue) for option in options(argument.value)):
            use.body = Item(frozen(argument.value), argument.location)
        elif keyword:
            use.arguments[keyword] = argument
    use.open = True
    interpreter.uses.append(use)
    return ReplyValue((use,))


# Arguments of a use


def _give(
    interpreter: Interpreter, node: ast.Call, use: Use, keywords: Iterable[tuple[str | None, Item]]
) -> None:
    """Put the arguments of a call on a use: parameters, ``params=``, ``body=``, ``**``."""
    for name, argument in keywords:
        if name == "body":
            use.body = Item(frozen(argument.value), argument.location)
            if _is_computed(use.body.value):
                why = "its body, or part of it, is computed"
                _doubt(interpreter, node, use, argument.location, why, "requestBody")
        elif name is None or name == "params":
            _spread(interpreter, node, use, argument, is_params=name == "params")
        else:
            use.arguments[name] = Item(frozen(argument.value), argument.location)


def _doubt(
    interpreter: Interpreter, node: ast.Call, use: Use, location: SourceLocation, why: str, about: str = ""
) -> None:
    use.unresolved.append(Unresolved(location, interpreter.code(node), why, about))


def _is_computed(value: Value) -> bool:
    """Whether a body has keys that the code does not show; computed values do not matter."""
    for option in options(value):
        if isinstance(option, DictValue):
            inner = [field.value for field in option.fields.values() if isinstance(field.value, DictValue)]
            is_computed = option.open or any(map(_is_computed, inner))
        elif isinstance(option, ListValue):
            is_computed = any(map(_is_computed, option.elements))
        else:
            is_computed = not isinstance(option, Constant)
        if is_computed:
            return True
    return False


def _spread(interpreter: Interpreter, node: ast.Call, use: Use, argument: Item, *, is_params: bool) -> None:
    """Put the keys of ``**`` or ``params=`` on a use; it is open if some are not seen."""
    for option in options(argument.value):
        if isinstance(option, DictValue):
            use.open |= option.open
            fields = option.fields.items()
            _give(
                interpreter,
                node,
                use,
                [pair for pair in fields if not (is_params and pair[0] in ("body", "params"))],
            )
        else:
            use.open |= option != Constant(None)
    if use.open:
        why = "some of its arguments are computed"
        _doubt(interpreter, node, use, argument.location, why, "parameters")


# Other callables


def _call_part(interpreter: Interpreter, node: ast.Call, part: ClientPart, arguments: Arguments) -> Value:
    if part.kind != "generated":
        return CALLS.get(part.kind, UNKNOWN)
    reply = _generated(interpreter, node, part, arguments)
    if reply is not None:
        return reply
    fields = {name: argument for name, argument in arguments.keywords if name}
    is_model = fields and not _name_of(node.func).endswith(("Api", "Client", "Configuration"))
    return DictValue(fields, open=True, location=interpreter.location(node)) if is_model else part


def _call_getter(interpreter: Interpreter, node: ast.Call, getter: ItemGetter, arguments: Arguments) -> Value:
    return joined(item(interpreter, node, arguments.get(0), key) for key in getter.keys)


def _call_partial(interpreter: Interpreter, node: ast.Call, partial: Partial, arguments: Arguments) -> Value:
    positional, keywords = partial.arguments
    merged = Arguments(positional + arguments.positional, keywords + arguments.keywords)
    return call(interpreter, node, partial.function, merged)


def _call_function(
    interpreter: Interpreter, node: ast.Call, function: Function, arguments: Arguments
) -> Value:
    return interpreter.run(function, arguments)


def _call_class(interpreter: Interpreter, node: ast.Call, of: Class, arguments: Arguments) -> Value:
    return interpreter.instance(of, arguments)


def _call_sender(interpreter: Interpreter, node: ast.Call, sender: Sender, arguments: Arguments) -> Value:
    return _request(interpreter, node, arguments, sender.name) or UNKNOWN


def _call_unknown(interpreter: Interpreter, node: ast.Call, function: Value, arguments: Arguments) -> Value:
    """Follow a function from elsewhere as far as its name says what it does with its arguments."""
    name = _name_of(node.func)
    reply = _request(interpreter, node, arguments) or _generated(interpreter, node, None, arguments)
    if reply is not None:
        return reply
    if http_calls.words_of(name)[-1:] and http_calls.words_of(name)[-1] in http_calls.URLS:
        return joined(text((texts.GAP, *pieces(value))) for value in options(Choice(tuple(arguments.values))))
    if name in _STORING:
        return _STORING[name](interpreter, node, arguments)
    _run_handed(interpreter, node, arguments)
    if name in _PASSING:
        return _PASSING[name](interpreter, node, arguments)
    _note_handed_ids(interpreter, node, arguments)
    return UNKNOWN


def _run_handed(interpreter: Interpreter, node: ast.Call, arguments: Arguments) -> None:
    """Call what is handed to somebody with what is handed along: ``pool.map(fetch, ids)``."""
    values = arguments.values
    along = [element(value) if _is_iterable(value) else value for value in values]
    for number, value in enumerate(values):
        if isinstance(value, Function | ItemGetter | Partial | ClientMethod | Sender):
            others = tuple(along[:number] + along[number + 1 : len(arguments.positional)])
            call(interpreter, node, value, Arguments(others, arguments.keywords))
        elif isinstance(value, BoundOperation):  # it is called with arguments that are not seen
            call(
                interpreter, node, value, Arguments((), ((None, Item(UNKNOWN, interpreter.location(node))),))
            )


def _is_iterable(value: Value) -> bool:
    return any(isinstance(option, ListValue | DictValue | ReplyValue) for option in options(value))


def _note_handed_ids(interpreter: Interpreter, node: ast.Call, arguments: Arguments) -> None:
    """Note an operation's id that is handed to code elsewhere: what is removed breaks there."""
    if not isinstance(node.func, ast.Name) or node.func.id in _BUILTINS:
        return
    for value in options(Choice(tuple(arguments.values))):
        if isinstance(value, Constant) and interpreter.is_id(value.value):
            location = interpreter.location(node)
            use = Use(value.value, value.location or location, "handed", value.value)
            why = f"{value.value} is passed to {node.func.id}(), which is defined elsewhere"
            _doubt(interpreter, node, use, location, why)
            interpreter.uses.append(use)


_BUILTINS: Final = frozenset(dir(builtins))


def _name_of(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _as_text(value: Value) -> Value:
    is_number = isinstance(value, Constant) and not isinstance(value.value, str)
    return text(pieces(value)) if is_number else value


def _dict(interpreter: Interpreter, node: ast.Call, arguments: Arguments) -> Value:
    if arguments.positional:
        return frozen(arguments.positional[0])
    fields = {name: argument for name, argument in arguments.keywords if name}
    is_open = len(fields) < len(arguments.keywords)
    return DictValue(fields, open=is_open, location=interpreter.location(node))


def _getattr(interpreter: Interpreter, node: ast.Call, arguments: Arguments) -> Value:
    value = computed_attribute(interpreter, arguments.get(0), arguments.get(1))
    if value != UNKNOWN or not node.args:
        return value
    names = (
        str(option.value).lower() for option in options(arguments.get(1)) if isinstance(option, Constant)
    )
    owner = http_calls.dotted(node.args[0])
    return joined(Sender(f"{owner}.{name}") for name in names if name.upper() in http_calls.HTTP_METHODS)


def _url_joined(base: texts.Pieces = (), path: texts.Pieces = ()) -> texts.Pieces:
    """Return what `urllib.parse.urljoin` does: a path that begins with a slash replaces that of the base."""
    if path and path[0].text.startswith("/"):
        host = re.match(r"https?://[^/\0]*", base[0].text) if base else None
        base = (texts.Piece(host[0], base[0].location),) if host else (texts.GAP,)
    return texts.joined("/", (base, path))


def _frame(interpreter: Interpreter, node: ast.Call, arguments: Arguments) -> Value:
    rows = options(arguments.get(0))
    return joined(value._replace(kind="frame") for value in rows if isinstance(value, ReplyValue))


_Handler = Callable[[Interpreter, ast.Call, Any], Value]
_STORING: Final[Mapping[str, _Handler]] = {
    "dict": _dict,
    "enumerate": lambda interpreter, node, arguments: ListValue(
        [ListValue([UNKNOWN, element(arguments.get(0))])]
    ),
    "getattr": _getattr,
    "join": lambda interpreter, node, arguments: text(texts.joined("/", map(pieces, arguments.positional))),
    "urljoin": lambda interpreter, node, arguments: text(_url_joined(*map(pieces, arguments.positional[:2]))),
    "itemgetter": lambda interpreter, node, arguments: ItemGetter(arguments.positional),
    "partial": lambda interpreter, node, arguments: Partial(
        arguments.get(0), arguments._replace(positional=arguments.positional[1:])
    ),
    "Template": lambda interpreter, node, arguments: text(texts.template(pieces(arguments.get(0)))),
    "zip": lambda interpreter, node, arguments: ListValue([ListValue(map(element, arguments.positional))]),
}
"""Functions from elsewhere that call nothing that they are handed."""

_PASSING: Final[Mapping[str, _Handler]] = {
    **dict.fromkeys(
        ("next", "min", "max", "choice"),
        lambda interpreter, node, arguments: joined(map(element, arguments.positional)),
    ),
    **dict.fromkeys(("DataFrame", "from_dict", "from_dicts", "from_records", "json_normalize"), _frame),
    **dict.fromkeys(("dumps", "load", "loads"), lambda interpreter, node, arguments: arguments.get(0)),
    **dict.fromkeys(("copy", "deepcopy"), lambda interpreter, node, arguments: frozen(arguments.get(0))),
    **dict.fromkeys(
        ("chain", "islice", "iter", "list", "reversed", "set", "sorted", "tqdm", "tuple"),
        lambda interpreter, node, arguments: arguments.get(0),
    ),
    "str": lambda interpreter, node, arguments: of_each(arguments.get(0), _as_text),
    "cast": lambda interpreter, node, arguments: arguments.get(1),
}
"""Functions from elsewhere that return what they are handed, or a part of it."""

_CALLABLE: Final[Mapping[type, Callable[[Interpreter, ast.Call, Any, Arguments], Value]]] = {
    BoundOperation: _call_bound,
    Class: _call_class,
    ClientMethod: _call_method,
    ClientPart: _call_part,
    Function: _call_function,
    ItemGetter: _call_getter,
    Partial: _call_partial,
    Sender: _call_sender,
}
"""What is called → how; everything else is from elsewhere."""
