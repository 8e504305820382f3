"""Tab inside IPython: operation ids within ``client.call("…``, and argument names after them.

No completer of IPython's looks into a string, so this one reads the cell up to the
cursor itself. It runs no code of the user's: a receiver is found by name, and attributes
only where they are stored. ``dynzuora.Client`` registers it when it is first used inside
IPython, ``%load_ext dynzuora`` at any time; outside it is never imported.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from dynzuora.client import Client
from dynzuora.errors import DynzuoraError
from dynzuora.operation import CALL_OPTIONS, Operation, load
from dynzuora.ops import Ops, Tags

IDENTIFIER: Final = "dynzuora"
"""How IPython knows the completer: another of this name is not added."""

METHODS: Final = ("call", "prepare", "pages", "items", "submit", "map", "template", "download")
"""The methods of a client whose first argument is an operation."""

ITERATION: Final = ("limit", "progress", "resume")
OPTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "call": CALL_OPTIONS,
    "submit": CALL_OPTIONS,
    "download": CALL_OPTIONS,
    "pages": (*CALL_OPTIONS, *ITERATION),
    "items": (*CALL_OPTIONS, *ITERATION),
}
"""What a method takes beside what its own signature and the operation say."""

_TOKENS: Final = re.compile(r'"""|\'\'\'|["\'()\[\]{}#\n]|\\.', re.DOTALL)
_NAMES: Final = r"[^\W\d]\w*(?:\s*\.\s*[^\W\d]\w*)*"
_METHOD_CALL: Final = re.compile(rf"(?P<receiver>{_NAMES}|\))\s*\.\s*(?P<method>\w+)\s*$")
_INDEXED: Final = re.compile(rf"(?P<receiver>{_NAMES})\s*$")
_MEMBER: Final = re.compile(rf"(?P<receiver>{_NAMES})\s*\.\s*(?P<fragment>\w*)$")
_BOUND_CALL: Final = re.compile(rf"(?P<receiver>{_NAMES})\s*\[\s*(['\"])(?P<id>[^'\"]+)\2\s*\]\s*$")
_FIRST_TEXT: Final = re.compile(r"\s*(['\"])(?P<id>[^'\"\n]+)\1\s*,")
_TEXT: Final = re.compile(r"""'[^'\n]*'|"[^"\n]*\"""")
_VALUE_OF: Final = re.compile(r"(?P<name>[^\W\d]\w*)\s*=\s*$")


class Place(NamedTuple):
    """Where the cursor is: after which open bracket, and in which open string."""

    before: str
    """The text before the innermost open bracket."""
    bracket: str
    inside: str
    """The text from that bracket to the cursor, or to the string the cursor is in; closed brackets empty."""
    text: str | None
    """The string up to the cursor; None outside of one."""


class Completion(NamedTuple):
    """One thing to offer; ``kind`` is the badge that JupyterLab shows beside it."""

    text: str
    kind: str


def register(shell: Any) -> None:
    """Add the completer to an IPython shell; a second time does nothing."""
    matchers = shell.Completer.custom_matchers
    if not any(getattr(each, "matcher_identifier", "") == IDENTIFIER for each in matchers):
        matchers.append(_matcher(shell))


def unregister(shell: Any) -> None:
    """Take the completer away again."""
    matchers = shell.Completer.custom_matchers
    matchers[:] = [each for each in matchers if getattr(each, "matcher_identifier", "") != IDENTIFIER]


def _matcher(shell: Any) -> Any:
    from IPython.core.completer import SimpleCompletion, context_matcher

    def matcher(context: Any) -> Any:
        # The cursor is told by line and column, so the lines above it are put before it again.
        above = context.full_text.split("\n")[: context.cursor_line]
        text = "\n".join([*above, context.text_until_cursor])
        fragment, found = complete(text, shell.user_ns)
        return {
            "completions": [SimpleCompletion(each.text, type=each.kind) for each in found],
            "matched_fragment": fragment,
            "ordered": True,
            "suppress": bool(found),  # nobody wants the magics here, and nobody waits for jedi
        }

    return context_matcher(identifier=IDENTIFIER)(matcher)


def complete(text: str, names: Mapping[str, Any]) -> tuple[str, list[Completion]]:
    """Return what may stand at the end of ``text``, and the part of it that this would replace.

    ``names`` are the variables by which the text's names are looked up.
    """
    place = locate(text)
    try:
        if place.text is None:
            return _members(text, names) or _arguments(place, names)
        return place.text, list(_in_text(place, place.text, names))
    except DynzuoraError:  # a broken document, or an operation of it: nothing to offer
        return "", []


def locate(text: str) -> Place:
    """Return where the end of ``text`` is.

    >>> locate('client.call("GET_Account", acc')
    Place(before='client.call', bracket='(', inside='"GET_Account", acc', text=None)
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
        return Place("", "", "", None)
    last = brackets[-1]
    inside = _cut_out(text[:end], last + 1, closed)
    return Place(text[:last], text[last], inside, text[opened:] if in_text else None)


def _cut_out(text: str, first: int, closed: list[tuple[int, int]]) -> str:
    """The text from ``first`` on without what stands in brackets, which is somebody else's."""
    kept = ""
    for start, end in sorted(closed):
        if start > first:
            kept, first = kept + text[first:start], end
    return kept + text[first:]


def _members(text: str, names: Mapping[str, Any]) -> tuple[str, list[Completion]] | None:
    """Operations and tags as attributes; None where the text ends in no attribute of such.

    IPython without jedi looks at no attribute of a class that has ``__getattr__``, and
    ours has one, to name the nearest operation.
    """
    found = _MEMBER.search(text)
    value = _value(found["receiver"], names) if found else None
    if found is None or not isinstance(value, Ops | Tags):
        return None
    wanted = found["fragment"].lower()
    members = {name: each for name, each in vars(value).items() if not name.startswith("_")}
    offered = [
        Completion(name, getattr(each, "method", "instance"))
        for name, each in members.items()
        if name.lower().startswith(wanted)
    ]
    return found["fragment"], offered


def _in_text(place: Place, fragment: str, names: Mapping[str, Any]) -> Iterator[Completion]:
    """What may stand in the string: an operation's id or path, or a value from its list."""
    if not place.inside.strip():
        operations = _operations_before(place, names)
        yield from _ids(fragment, operations) if operations is not None else ()
    elif named := _VALUE_OF.search(place.inside):
        operation, _ = _called(place, names)
        if operation is None:
            return
        for parameter in operation.parameters:
            if parameter.keyword == named["name"]:
                allowed = (each for each in parameter.schema.get("enum", ()) if isinstance(each, str))
                yield from (Completion(each, "value") for each in allowed if each.startswith(fragment))


def _operations_before(place: Place, names: Mapping[str, Any]) -> Mapping[str, Operation] | None:
    """The operations that the bracket chooses from; None where it is nothing of ours."""
    if place.bracket == "(":
        found = _METHOD_CALL.search(place.before)
        if found is None or found["method"] not in METHODS:
            return None
        return _operations_of(found["receiver"], place.before, names)
    if place.bracket == "[" and (found := _INDEXED.search(place.before)):
        value = _value(found["receiver"], names)
        return _known(value)
    return None


def _known(value: Any) -> Mapping[str, Operation] | None:
    if isinstance(value, Client):
        return value.operations
    return value if isinstance(value, Ops) else None  # type: ignore[return-value]  # a mapping in all but name


def _operations_of(receiver: str, before: str, names: Mapping[str, Any]) -> Mapping[str, Operation] | None:
    """The operations of what a name means. What is not known yet counts as a client by its name."""
    value = _value(receiver, names)
    if isinstance(value, Client):
        return value.operations
    last = before.rpartition("\n")[2] if receiver == ")" else receiver.rpartition(".")[2]
    if value is not None or "client" not in last.lower():
        return None
    return load().operations


def _value(receiver: str, names: Mapping[str, Any]) -> Any:
    """What dotted names mean, without running anything: None where that is not known."""
    first, *rest = (each.strip() for each in receiver.split("."))
    value = names.get(first)
    for each in rest:
        if isinstance(value, Client) and each == "ops":
            value = value.ops
        else:
            value = getattr(value, "__dict__", {}).get(each)
    return value


def _ids(fragment: str, operations: Mapping[str, Operation]) -> list[Completion]:
    """Ids that begin with the fragment, then those that have it inside; or paths where it is one."""
    wanted = fragment.lower()
    by_path = "/" in fragment or " " in fragment
    offered = {
        f"{each.method} {each.path}" if by_path else identifier: each.method
        for identifier, each in ((name, operations[name]) for name in operations)
    }
    found = [Completion(text, kind) for text, kind in offered.items() if wanted in text.lower()]
    return sorted(found, key=lambda each: not each.text.lower().startswith(wanted))


def _arguments(place: Place, names: Mapping[str, Any]) -> tuple[str, list[Completion]]:
    """Argument names, those the operation needs first, without those that are given already."""
    fragment = re.search(r"\w*$", place.inside)[0]  # type: ignore[index]  # it matches anything
    before = place.inside.removesuffix(fragment).rstrip()
    operation, method = _called(place, names)
    if operation is None or (before and before[-1] != ","):
        return "", []
    given = set(re.findall(r"(?:^|,)\s*(\w+)\s*=(?!=)", _TEXT.sub("", place.inside)))
    wanted = fragment.lower()
    found = [
        Completion(f"{name}=", kind)
        for name, kind in _keywords(operation, method).items()
        if name not in given and name.lower().startswith(wanted)
    ]
    return fragment, found


def _called(place: Place, names: Mapping[str, Any]) -> tuple[Operation | None, str]:
    """The operation whose arguments stand in the bracket, and by which method it is called."""
    if place.bracket != "(":
        return None, ""
    if bound := _BOUND_CALL.search(place.before):
        operations = _known(_value(bound["receiver"], names))
        return (operations[bound["id"]], "call") if operations and bound["id"] in operations else (None, "")
    called = _INDEXED.search(place.before)
    value = _value(called["receiver"], names) if called else None
    if isinstance(value, Operation):
        return value, "call"
    first = _FIRST_TEXT.match(place.inside)
    listed = _operations_before(place, names) if first else None
    if first is None or listed is None:
        return None, ""
    found = _METHOD_CALL.search(place.before)
    resolve = getattr(listed, "resolve", listed.__getitem__)
    return resolve(first["id"]), found["method"] if found else ""


def _keywords(operation: Operation, method: str) -> dict[str, str]:
    """What a call of the operation takes by name, and what each is: the operation's own first."""
    signature = inspect.signature(getattr(Client, method))
    parameters = signature.parameters.values()
    own = [each.name for each in parameters if each.kind is not each.POSITIONAL_ONLY and each.name != "self"]
    own = [each for each in own if each not in ("body", "operation")]
    keywords: dict[str, str] = {}
    if any(each.kind is each.VAR_KEYWORD for each in parameters):
        own.remove(next(each.name for each in parameters if each.kind is each.VAR_KEYWORD))
        keywords = {each.name: "param" for each in operation.signature_parameters()}
    for each in (*own, *OPTIONS.get(method, ())):
        keywords.setdefault(each, "option")
    return keywords
