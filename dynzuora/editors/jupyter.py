"""Tab completion in IPython: operation ids inside ``client.call("…``, then argument names.

IPython's own completers do not look into strings, so this one reads the cell up to the
cursor. It never runs the user's code: names are looked up, and attributes only where they
are stored. ``dynzuora.Client`` registers it on first use inside IPython, ``%load_ext
dynzuora`` at any time; elsewhere it is not imported. ``%%zuora`` (`magic`) comes with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from dynzuora._names import split_words
from dynzuora.calls import METHODS
from dynzuora.client import Client
from dynzuora.editors import magic
from dynzuora.errors import DynzuoraError
from dynzuora.operation import Document, Operation, Operations, load
from dynzuora.ops import Ops, Tags

IDENTIFIER: Final = "dynzuora"
"""The completer's name in IPython, which keeps it from being added twice."""

_TOKENS: Final = re.compile(r'"""|\'\'\'|["\'()\[\]{}#\n]|\\.', re.DOTALL)
_NAMES: Final = r"[^\W\d]\w*(?:\s*\.\s*[^\W\d]\w*)*"
_METHOD_CALL: Final = re.compile(rf"(?P<receiver>{_NAMES}|\))\s*\.\s*(?P<method>\w+)\s*$")
_INDEXED: Final = re.compile(rf"(?P<receiver>{_NAMES})\s*$")
_MEMBER: Final = re.compile(rf"(?P<receiver>{_NAMES})\s*\.\s*(?P<fragment>\w*)$")
_BOUND_CALL: Final = re.compile(rf"(?P<receiver>{_NAMES})\s*\[\s*(['\"])(?P<id>[^'\"]+)\2\s*\]\s*$")
_FIRST_TEXT: Final = re.compile(r"\s*(['\"])(?P<id>[^'\"\n]+)\1\s*,")
_TEXT: Final = re.compile(r"""'[^'\n]*'|"[^"\n]*\"""")
_BODY: Final = re.compile(r"(?:^|,)\s*body\s*=\s*$")
_VALUE_OF: Final = re.compile(r"(?P<name>[^\W\d]\w*)\s*=\s*$")


class Cursor(NamedTuple):
    """The context of the cursor: the innermost open bracket and the open string."""

    before: str
    """The text before the innermost open bracket."""
    bracket: str
    inside: str
    """The text from that bracket to the cursor or its string, without the content of closed brackets."""
    text: str | None
    """The string up to the cursor; None outside a string."""


class Completion(NamedTuple):
    """A suggestion; ``kind`` is the badge that JupyterLab shows."""

    text: str
    kind: str


def register(shell: Any) -> None:
    """Add the completer and ``%%zuora`` to an IPython shell, unless they are there."""
    magic.register(shell)
    matchers = shell.Completer.custom_matchers
    if not any(getattr(matcher, "matcher_identifier", "") == IDENTIFIER for matcher in matchers):
        matchers.append(_matcher(shell))


def unregister(shell: Any) -> None:
    """Remove the completer and ``%%zuora``."""
    magic.unregister(shell)
    matchers = shell.Completer.custom_matchers
    matchers[:] = [
        matcher for matcher in matchers if getattr(matcher, "matcher_identifier", "") != IDENTIFIER
    ]


def _matcher(shell: Any) -> Any:
    from IPython.core.completer import SimpleCompletion, context_matcher

    def matcher(context: Any) -> Any:
        # `text_until_cursor` is only the current line, so the lines above are prepended.
        above = context.full_text.split("\n")[: context.cursor_line]
        text = "\n".join([*above, context.text_until_cursor])
        fragment, completions = complete(text, shell.user_ns)
        return {
            "completions": [
                SimpleCompletion(completion.text, type=completion.kind) for completion in completions
            ],
            "matched_fragment": fragment,
            "ordered": True,
            "suppress": bool(completions),  # no magics here, and no waiting for jedi
        }

    return context_matcher(identifier=IDENTIFIER)(matcher)


def complete(text: str, names: Mapping[str, Any]) -> tuple[str, list[Completion]]:
    """Return the fragment at the end of ``text`` to recursor, and its completions.

    ``names`` are the variables of the session.
    """
    cursor = locate(text)
    try:
        if cursor.text is None:
            return _members(text, names) or _arguments(cursor, names)
        return cursor.text, list(_in_text(cursor, cursor.text, names))
    except DynzuoraError:  # a broken document or operation
        return "", []


def locate(text: str) -> Cursor:
    """Return the context at the end of ``text``.

    >>> locate('client.call("GET_Account", acc')
    Cursor(before='client.call', bracket='(', inside='"GET_Account", acc', text=None)
    """
    brackets: list[int] = []
    closed: list[tuple[int, int]] = []
    quote, opened = "", 0
    for token in _TOKENS.finditer(text):
        mark, start = token.group(), token.start()
        if quote:
            if mark == quote or (mark == "\n" and len(quote) == 1):
                quote = ""
        elif mark in ('"', "'", '"""', "'''", "#"):
            quote, opened = ("\n" if mark == "#" else mark), token.end()
        elif mark in ("(", "[", "{"):
            brackets.append(start)
        elif mark in (")", "]", "}") and brackets:
            closed.append((brackets.pop() + 1, start))
    in_text = quote not in ("", "\n")
    end = opened - len(quote) if in_text else len(text)
    if not brackets or quote == "\n":
        return Cursor("", "", "", None)
    last = brackets[-1]
    inside = _without_brackets(text[:end], last + 1, closed)
    return Cursor(text[:last], text[last], inside, text[opened:] if in_text else None)


def _without_brackets(text: str, first: int, closed: list[tuple[int, int]]) -> str:
    """Return the text from ``first`` on without the content of closed brackets."""
    remainder = ""
    for start, end in sorted(closed):
        if start > first:
            remainder, first = remainder + text[first:start], end
    return remainder + text[first:]


def _members(text: str, names: Mapping[str, Any]) -> tuple[str, list[Completion]] | None:
    """Complete operations and tags as attributes; None if the text does not end in such an attribute.

    IPython without jedi completes no attributes of classes with ``__getattr__``, which
    `Ops` has in order to suggest the nearest operation.
    """
    match = _MEMBER.search(text)
    value = _value(match["receiver"], names) if match else None
    if match is None or not isinstance(value, Ops | Tags):
        return None
    prefix = match["fragment"].lower()
    members = {name: member for name, member in vars(value).items() if not name.startswith("_")}
    offered = [
        Completion(name, getattr(member, "method", "instance"))
        for name, member in members.items()
        if name.lower().startswith(prefix)
    ]
    return match["fragment"], offered


def _in_text(cursor: Cursor, fragment: str, names: Mapping[str, Any]) -> Iterator[Completion]:
    """Complete inside a string: an operation's id or path, a parameter's value, or a field of a body."""
    if cursor.bracket == "{":
        yield from _fields(cursor, fragment, names)
    elif not cursor.inside.strip():
        operations = _operations_before(cursor, names)
        yield from _ids(fragment, operations) if operations is not None else ()
    elif named := _VALUE_OF.search(cursor.inside):
        operation, _ = _called(cursor, names)
        if operation is None:
            return
        for parameter in operation.parameters:
            if parameter.keyword == named["name"]:
                allowed = (value for value in parameter.schema.get("enum", ()) if isinstance(value, str))
                yield from (Completion(value, "value") for value in allowed if value.startswith(fragment))


def _fields(cursor: Cursor, fragment: str, names: Mapping[str, Any]) -> Iterator[Completion]:
    """Complete the name of a field in ``body={…``, the tenant's own included as far as they are known."""
    call = locate(cursor.before)
    before = cursor.inside.rstrip()
    if not _BODY.search(call.inside) or (before and before[-1] != ","):
        return
    operation, _ = _called(call, names)
    if operation is None or not operation.has_body:
        return
    match = _METHOD_CALL.search(call.before)
    client = _value(match["receiver"], names) if match else None
    own = client._caller.custom_fields(operation) if isinstance(client, Client) else []
    for name in (*operation.model.body.shape.fields, *own):
        if name.lower().startswith(fragment.lower()):
            yield Completion(name, "field")


def _operations_before(cursor: Cursor, names: Mapping[str, Any]) -> Mapping[str, Operation] | None:
    """Return the operations that the bracket selects from; None if it belongs to something else."""
    if cursor.bracket == "(":
        match = _METHOD_CALL.search(cursor.before)
        if match is None or match["method"] not in METHODS:
            return None
        return _operations_of(match["receiver"], cursor.before, names)
    if cursor.bracket == "[" and (match := _INDEXED.search(cursor.before)):
        return _operations_in(_value(match["receiver"], names))
    return None


def _operations_in(value: Any) -> Mapping[str, Operation] | None:
    if isinstance(value, Client):
        return value.operations
    if isinstance(value, Operations):
        return value
    return value if isinstance(value, Ops) else None  # type: ignore[return-value]  # a mapping in all but name


def _operations_of(receiver: str, before: str, names: Mapping[str, Any]) -> Mapping[str, Operation] | None:
    """Return the operations of a client. An undefined name counts as one if it contains "client"."""
    value = _value(receiver, names)
    if isinstance(value, Client):
        return value.operations
    last = before.rpartition("\n")[2] if receiver == ")" else receiver.rpartition(".")[2]
    if value is not None or "client" not in last.lower():
        return None
    return load().operations


def _value(receiver: str, names: Mapping[str, Any]) -> Any:
    """Return the value of dotted names without running code; None if it is unknown."""
    first, *rest = (name.strip() for name in receiver.split("."))
    value = names.get(first)
    for name in rest:
        if isinstance(value, Client) and name in ("document", "operations", "ops"):
            value = getattr(value, name)
        elif isinstance(value, Document) and name == "operations":
            value = value.operations
        else:
            value = getattr(value, "__dict__", {}).get(name)
    return value


def _ids(fragment: str, operations: Mapping[str, Operation]) -> list[Completion]:
    """Return ids that start with the fragment, then ids that contain it; or paths, for a path.

    What the fragment names as a whole comes first: ``account`` is ``GET_Account`` before it is
    an accounting code.
    """
    prefix = fragment.lower()
    by_path = "/" in fragment or " " in fragment
    offered = {
        f"{operation.method} {operation.path}" if by_path else identifier: operation.method
        for identifier, operation in ((name, operations[name]) for name in operations)
    }
    matches = [Completion(text, kind) for text, kind in offered.items() if prefix in text.lower()]
    return sorted(matches, key=lambda completion: _rank(completion.text, prefix))


def _rank(text: str, prefix: str) -> tuple[bool, bool, int]:
    words = [word.lower() for word in split_words(text)]
    starts = text.lower().startswith(prefix)
    return not starts, not starts and prefix not in words, 0 if starts else len(words)


def _arguments(cursor: Cursor, names: Mapping[str, Any]) -> tuple[str, list[Completion]]:
    """Complete argument names, required ones first, without those already used."""
    fragment = re.search(r"\w*$", cursor.inside)[0]  # type: ignore[index]  # it matches anything
    before = cursor.inside.removesuffix(fragment).rstrip()
    operation, method = _called(cursor, names)
    if operation is None or (before and before[-1] != ","):
        return "", []
    used = set(re.findall(r"(?:^|,)\s*(\w+)\s*=(?!=)", _TEXT.sub("", cursor.inside)))
    prefix = fragment.lower()
    matches = [
        Completion(f"{name}=", kind)
        for name, kind in _keywords(operation, method).items()
        if name not in used and name.lower().startswith(prefix)
    ]
    return fragment, matches


def _called(cursor: Cursor, names: Mapping[str, Any]) -> tuple[Operation | None, str]:
    """Return the operation that the bracket calls, and the method it is called by."""
    if cursor.bracket != "(":
        return None, ""
    if bound := _BOUND_CALL.search(cursor.before):
        operations = _operations_in(_value(bound["receiver"], names))
        return (operations[bound["id"]], "call") if operations and bound["id"] in operations else (None, "")
    called = _INDEXED.search(cursor.before)
    value = _value(called["receiver"], names) if called else None
    if isinstance(value, Operation):
        return value, "call"
    first = _FIRST_TEXT.match(cursor.inside)
    listed = _operations_before(cursor, names) if first else None
    if first is None or listed is None:
        return None, ""
    match = _METHOD_CALL.search(cursor.before)
    resolve = getattr(listed, "resolve", listed.__getitem__)
    return resolve(first["id"]), match["method"] if match else ""


def _keywords(operation: Operation, method: str) -> dict[str, str]:
    """Return keyword → kind of a call of the operation, its parameters first."""
    own = METHODS[method]
    keywords: dict[str, str] = {}
    if own.takes_parameters:
        keywords = {parameter.name: "param" for parameter in operation.signature_parameters()}
        keywords.setdefault("params", "option")
    for name in own.keywords:
        keywords.setdefault(name, "option")
    return keywords
