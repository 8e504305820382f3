"""Both documents side by side: the questions about them that `judging` asks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from dynzuora import _zuora_versions
from dynzuora._names import argument_names, canonical, nearest
from dynzuora._text import cut
from dynzuora._zuora_versions import VersionChange
from dynzuora.comparison.changes import Change, ChangeSet
from dynzuora.comparison.conditions import is_same
from dynzuora.comparison.shapes import Version
from dynzuora.comparison.usage.client_surface import GENERATED, may_send
from dynzuora.comparison.usage.texts import Address
from dynzuora.model import Schema, is_shared
from dynzuora.operation.naming import Names
from dynzuora.schema import Checker

if TYPE_CHECKING:
    from dynzuora.document import Prepared
    from dynzuora.schema.checking import Level


class Documents:
    """The two documents, the names of their operations, and what changed between them."""

    def __init__(self, old: Prepared, new: Prepared, changes: ChangeSet) -> None:
        self.old = old
        self.new = new
        self.changes = changes
        self.old_names, self.new_names = (Names(one.index, one.other_ids) for one in (old, new))
        self._versions: dict[tuple[int, str], Version] = {}

    def resolve(self, name: str) -> str:
        """Return the id that ``name`` stands for in the old document, or else in the new one; or empty.

        An id of the new document is known, too: code that was already changed is fine.
        """
        if name in self.new.index and name not in self.old.index:
            return name
        return self.old_names.operation_id(name) or self.new_names.operation_id(name) or ""

    def path(self, id: str) -> str:
        """Return the path of an operation of the old document, or else of the new one."""
        return (self.old.index.get(id) or self.new.index[id]).path

    def operations_at(
        self, address: Address, method: str = "", *, bare: bool = False, may_go_on: bool = False
    ) -> tuple[Mapping[str, str], int]:
        """Return method → id of the operations at an address, and where in its path theirs begins.

        ``bare`` paths may lack what most paths of the documents begin with (``/v1``): their base has
        it. One that ``may_go_on`` is only its beginning. With a ``method``, only its operation.
        """
        for path, start in self._paths(address.path + "{}" * may_go_on, bare):
            routes = {**self.new_names.operations_at(path), **self.old_names.operations_at(path)}
            if method in routes:
                return {method: routes[method]}, start
            if routes and not method:
                return routes, start
        return {}, 0

    def _paths(self, path: str, bare: bool) -> Iterator[tuple[str, int]]:
        """Yield the paths of the documents that a path may mean, and where each begins in it."""
        prefix = self.prefix
        for start in {0, path.find(f"{prefix}/", 1)} if prefix else {0}:
            if start >= 0:
                begins = path.startswith(f"{prefix}/", start)
                yield path[start:], start + (len(prefix) if begins else 0)
        if bare and prefix and f"{prefix}/" not in path:
            yield prefix + path, 0

    @cached_property
    def prefix(self) -> str:
        """The first segment of most paths of the old document, with its slash; empty if there is none."""
        firsts = Counter(entry.path.split("/")[1] for entry in self.old.index.values())
        segment, times = next(iter(firsts.most_common(1)), ("", 0))
        return f"/{segment}" if 2 * times > len(self.old.index) and not segment.startswith("{") else ""

    def may_use(self, text: bytes, *, bare: bool = False) -> bool:
        """Whether code may name an operation: by a path, an id, or another name in quotes.

        ``bare`` paths may lack what most paths of the documents begin with.
        """
        if self.may_have_path(text, bare=bare):
            return True
        ids, names = self._words
        other = set(_QUOTED.findall(text))
        if GENERATED.search(text):
            other |= {name.removesuffix(b"_with_http_info") for name in _CALLED.findall(text)}
        words = set(_WORD.findall(text))
        return not ids.isdisjoint(map(_form, words)) or not names.isdisjoint(map(_form, other))

    def may_have_path(self, text: bytes, *, bare: bool = False) -> bool:
        """Whether code may have a path of an operation, or the beginning of one."""
        return bool((self._bare_routes if bare else self._routes).search(text))

    def may_send(self, text: bytes) -> bool:
        """Whether code may send a request whose operation it does not name."""
        return may_send(text) or bool(self._addresses.search(text))

    @cached_property
    def _addresses(self) -> re.Pattern[bytes]:
        """Addresses of the API, and what most of its paths begin with."""
        prefix = rf"|[\"'/]{self.prefix[1:]}\b" if self.prefix else ""
        return re.compile(rf"//[^\s\"']*(?:{self.words.pattern}){prefix}".encode(), re.IGNORECASE)

    @cached_property
    def _words(self) -> tuple[frozenset[bytes], frozenset[bytes]]:
        """The ids in canonical form, and with them all other names of operations."""
        ids = {canonical(id).encode() for id in (*self.old.index, *self.new.index)}
        names = {form.encode() for names in (self.old_names, self.new_names) for form in names.forms}
        return frozenset(ids), frozenset(ids | names)

    @cached_property
    def _routes(self) -> re.Pattern[bytes]:
        """The beginnings of paths, as far as they are the same for all operations of a kind."""
        return re.compile(rf"[\"'/](?:{_any_of(self._starts)})\b".encode())

    @cached_property
    def _bare_routes(self) -> re.Pattern[bytes]:
        """The same, and without what most paths begin with: a word alone is one only before a slash."""
        prefix = f"{self.prefix[1:]}/" if self.prefix else ""
        bare = {start.removeprefix(prefix) for start in self._starts}
        begun = {start for start in bare if "/" not in start and f"/{prefix}{start}" not in self._whole}
        rest = {*self._starts, *bare} - begun
        return re.compile(
            rf"[\"'/](?:{_any_of(rest)})\b|/(?:{_any_of(begun)})\b|[\"'](?:{_any_of(begun)})/".encode()
        )

    @cached_property
    def _whole(self) -> set[str]:
        return {entry.path for entry in (*self.old.index.values(), *self.new.index.values())}

    @cached_property
    def _starts(self) -> set[str]:
        return {
            "/".join(takewhile(lambda part: "{" not in part, path.split("/")[1:3])) for path in self._whole
        }

    @cached_property
    def words(self) -> re.Pattern[str]:
        """What tells code of this API from other code: a name in a server's address."""
        hosts = (urlsplit(url).hostname or "" for url in (*self.old.servers, *self.new.servers))
        names = {host.split(".")[-2] for host in hosts if host.count(".") and not host[-1].isdigit()}
        return re.compile("|".join(map(re.escape, sorted({"zuora", *names}))), re.IGNORECASE)

    def versions(self, old_id: str, new_id: str) -> tuple[Version, Version]:
        """Return an operation, and the schemas it uses, in both documents; read once."""
        return self._version(0, self.old, old_id), self._version(1, self.new, new_id)

    def _version(self, number: int, prepared: Prepared, id: str) -> Version:
        if (number, id) not in self._versions:
            self._versions[number, id] = Version(prepared, frozenset({id}))
        return self._versions[number, id]

    def new_id(self, operation: str) -> str:
        """Return the new id of an operation of the old document; empty if it was removed.

        Its own may be the name of another operation now.
        """
        moved = self._moved.get(operation, "")
        return moved or (
            operation if operation in self.new.index else self.changes.aliases.get(operation, "")
        )

    @cached_property
    def _moved(self) -> dict[str, str]:
        return {move.old: move.new for move in self.changes.moves if move.kind == "operation-id"}

    def version_changes(self, old_id: str, new_id: str) -> list[VersionChange]:
        """Return what the version of the server, where two are compared, changes for an operation."""
        return [
            change for change in self._version_changes if change.concerns(old_id) or change.concerns(new_id)
        ]

    @cached_property
    def _version_changes(self) -> tuple[VersionChange, ...]:
        versions = self.changes.old.zuora_version, self.changes.new.zuora_version
        return tuple(_zuora_versions.between(*versions)) if all(versions) else ()

    def changes_of(self, operation: str) -> list[Change]:
        return self._changes.get(operation, [])

    @cached_property
    def _changes(self) -> dict[str, list[Change]]:
        by_operation: dict[str, list[Change]] = {}
        for change in self.changes.changes:
            for operation in change.operations:
                by_operation.setdefault(operation, []).append(change)
        return by_operation

    def renamed(self, kinds: Iterable[str], name: str, candidates: Iterable[str]) -> str:
        """Return the new name of a parameter or property, if it is one of ``candidates``; or empty."""
        names = set(candidates)
        for move in self.changes.moves:
            old, new = (text.rpartition(".")[2].strip("{}") for text in (move.old, move.new))
            if move.kind in kinds and old == name and new in names:
                return new
        return ""


def parameters(slice: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return an operation's parameters by canonical name, without the headers that all operations share."""
    own = (parameter for parameter in slice["parameters"] if not is_shared(parameter))
    return {canonical(parameter["name"]): parameter for parameter in own}


def argument(slice: Mapping[str, Any], name: str, location: str) -> str:
    """Return the Python spelling of an operation's parameter."""
    keys = [(parameter["name"], parameter["in"]) for parameter in slice["parameters"]]
    return dict(zip(keys, argument_names(keys), strict=True))[name, location]


def _any_of(starts: Iterable[str]) -> str:
    return "|".join(map(re.escape, sorted(filter(None, starts)))) or "(?!)"


_WORD: Final = re.compile(rb"[A-Za-z]\w{5,}")
_CALLED: Final = re.compile(rb"\.\s*(\w{6,})\s*\(")
_QUOTED: Final = re.compile(rb"[\"'](\w{6,})[\"']")


def _form(word: bytes) -> bytes:
    return word.replace(b"_", b"").lower()


def agree(old: Version, new: Version, part: str) -> bool:
    """Whether two operations agree on a part, such as ``parameters``; on everything if it is empty."""
    [before], [after] = old.slices.values(), new.slices.values()
    if part:
        return is_same(before.get(part), after.get(part), old.components, new.components)
    return is_same(before, after, old.components, new.components)


_LEVELS: Final[tuple[Level, ...]] = ("strict", "standard")


def rejection(value: Any, old: tuple[Schema, Version], new: tuple[Schema, Version], path: str) -> str:
    """Return why ``new`` rejects a value that ``old`` accepts; empty if it does not.

    At either level: leniency must not hide that the spelling of a word changed, nor the strict
    check, which takes no text for a number, that the number is too large.
    """
    for level in _LEVELS:
        before, after = (
            Checker(schema, version.components, level=level).problems(value, path=path)
            for schema, version in (old, new)
        )
        if after and not before:
            return after[0].message.rstrip(".")
    return ""


def replacement(words: Schema, value: Any) -> str:
    """Return what to write instead of a rejected value: the nearest allowed one, or all of them."""
    values = words.get("enum", words.get("items", {}).get("enum", ()))
    close = nearest(str(value), [allowed for allowed in values if isinstance(allowed, str)])
    if close:
        return f'"{close[0]}"'
    return "one of " + ", ".join(map(literal, values)) if values else "a value that is accepted"


_SAMPLES = {"boolean": "True", "integer": "1", "number": "1", "array": "[…]", "object": "{…}"}


def sample(schema: Schema, version: Version) -> str:
    """Return a value to write where one is missing: the first of an enum, else one of the type."""
    shape = version.shape(schema)
    return literal(shape.words["enum"][0]) if shape.words.get("enum") else _SAMPLES.get(shape.type, "…")


def literal(value: Any) -> str:
    """Return a value as Python writes it, cut if it is long."""
    return cut(repr(value), 40)
