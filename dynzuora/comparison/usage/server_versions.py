"""What a version of the server changes about one use: fields of its body, and keys of its reply."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from dynzuora._zuora_versions import VersionChange
from dynzuora.comparison.usage.documents import literal
from dynzuora.comparison.usage.results import SourceLocation
from dynzuora.comparison.usage.values import Constant, DictValue, Item, ListValue, Use, options


class Affected(NamedTuple):
    """A place in the code that a version of the server breaks."""

    location: SourceLocation
    subject: str
    rule: str
    reason: str
    instead: str


def affected(use: Use, changes: Iterable[VersionChange]) -> Iterator[Affected]:
    """Yield what ``changes`` break about a use of an operation that they concern."""
    for change in changes:
        if change.part == "request" and use.body is not None:
            yield from _body(use.body, change)
        elif change.part == "response" and change.field:
            yield from _reply(use, change)


def _body(body: Item, change: VersionChange) -> Iterator[Affected]:
    subject = f"body.{change.field.replace('[]', '')}"
    for item in _items(body, change.field.split(".")):
        if change.kind == "values":
            for option in options(item.value):
                if isinstance(option, Constant) and option.value not in (None, *change.new):
                    reason = f"{change.when} of the server {subject} is not {literal(option.value)}"
                    instead = f"one of {', '.join(map(literal, change.new))}"
                    location = option.location or item.location
                    yield Affected(location, subject, "value-refused", reason, instead)
        elif change.kind == "field":
            yield _replaced(item.location, subject, "field", change, f'"{_last(str(change.new))}": …')


def _items(item: Item, path: list[str]) -> Iterator[Item]:
    """Yield the members at a path of a written value."""
    if not path:
        yield item
        return
    name, *rest = path
    for option in options(item.value):
        if isinstance(option, DictValue) and name.removesuffix("[]") in option.fields:
            member = option.fields[name.removesuffix("[]")]
            members = [member]
            if name.endswith("[]"):
                lists = (value for value in options(member.value) if isinstance(value, ListValue))
                members = [Item(element, member.location) for value in lists for element in value.elements]
            for inner in members:
                yield from _items(inner, rest)


def _reply(use: Use, change: VersionChange) -> Iterator[Affected]:
    names = change.field.replace("[]", "").split(".")
    start = 1 if use.how == "items" and "[]" in change.field else 0
    subject = f"reply.{'.'.join(names)}"
    for key in use.keys:
        if list(key.path) != names[start:]:
            continue
        if change.kind == "type":
            reason = f"{change.when} of the server {subject} is {change.new}, not {change.old}"
            yield Affected(key.location, subject, "reply-type-changed", reason, f"read it as {change.new}")
        elif change.kind == "field":
            keys = str(change.new).replace("[]", "").split(".")
            common = 0
            while common < len(keys) - 1 and keys[common] == names[common]:
                common += 1
            instead = "".join(f'["{name}"]' for name in keys[common:])
            yield _replaced(key.location, subject, "reply-key", change, instead)


def _replaced(
    location: SourceLocation, subject: str, thing: str, change: VersionChange, instead: str
) -> Affected:
    if not change.new:
        reason = f"{change.when} of the server there is no {subject}"
        return Affected(location, subject, f"{thing}-removed", reason, "remove it")
    new = f"{change.place}.{change.new}".replace("[]", "")
    reason = f"{change.when} of the server {subject} is {new}"
    return Affected(location, subject, f"{thing}-renamed", reason, instead)


def _last(path: str) -> str:
    return path.rpartition(".")[2]
