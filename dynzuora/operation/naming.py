"""Names of the same operation in other Zuora clients, by rule where possible, else by table.

The older generated clients and DataFire only spell ids differently, so the canonical form
covers them. The official SDK also changes verbs: rules derive its names from the ids of the
document, and ``aliases.tsv`` has only the names that no rule derives correctly. A name that
a rule derives for two operations is neither.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, cached_property
from typing import TYPE_CHECKING, Final

from dynzuora._names import canonical, route
from dynzuora._packaged import packaged
from dynzuora._routing import Router

if TYPE_CHECKING:
    from dynzuora.document import Entry

_VERBS: Final[Mapping[str, tuple[str, ...]]] = {
    "GET": ("get", "list"),
    "POST": ("create",),
    "PUT": ("update",),
    "PATCH": ("update",),
    "DELETE": ("delete",),
}
"""HTTP verb in an id → verbs of the SDK."""

_MODERN: Final = re.compile(r"(get|post|put|patch|delete)_(.+)", re.IGNORECASE)
_RECORD: Final = re.compile(r"Object_(GET|POST|PUT|PATCH|DELETE)(.+)")
_WORD_STARTS: Final = re.compile(r"(?<=[a-z\d])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_UNDERSCORES: Final = re.compile("__+")


def _verb_mapped(identifier: str) -> Iterator[str]:
    """``POST_SequenceSets`` → ``create_SequenceSets``."""
    if match := _MODERN.fullmatch(identifier):
        yield from (f"{verb}_{match[2]}" for verb in _VERBS[match[1].upper()])


def _verb_dropped(identifier: str) -> Iterator[str]:
    """``PUT_ApplyPayment`` → ``ApplyPayment``; never ``DELETE_Thing`` → ``Thing``, which is too vague."""
    match = _MODERN.fullmatch(identifier)
    if match and (match[1].upper() != "DELETE" or match[2].lower().startswith("delete")):
        yield match[2]


def _record_verb_mapped(identifier: str) -> Iterator[str]:
    """``Object_POSTProduct`` → ``create_Product``."""
    if match := _RECORD.fullmatch(identifier):
        yield from (f"{verb}_{match[2]}" for verb in _VERBS[match[1]])


_RULES: Final = (_verb_mapped, _verb_dropped, _record_verb_mapped)
"""Yield names, not yet in lower case. The first rule wins: where two APIs of Zuora have the same thing,
the newer API's operation is used."""


class Names:
    """Every name that a call may use for the operations of one document.

    The one resolver: `Operations.resolve` and the comparison's reading of code both ask it.
    """

    def __init__(self, index: Mapping[str, Entry], other_ids: Mapping[str, str]) -> None:
        self._index, self._other_ids = index, other_ids

    def operation_id(self, name: str) -> str | None:
        """Return the id that ``name`` stands for: an id, any spelling of one, ``"GET /path"``, or a name
        that another Zuora client uses; None when it stands for none.

        An exact id always means itself.
        """
        if name in self._index:
            return name
        form = route(name) if " " in name.strip() else canonical(name)
        by_table = self._by_table
        return (
            by_table.get(name) or self._by_spelling.get(form) or by_table.get(form) or self._by_rule.get(form)
        )

    def operations_at(self, path: str) -> Mapping[str, str]:
        """Return method → operationId of a path as it is sent; ``{}`` stands for an unknown value."""
        route = self._router.find("", path)
        return route.operations if route else {}

    @cached_property
    def forms(self) -> frozenset[str]:
        """Every name but exact ids, in canonical form, and routes."""
        return frozenset((*self._by_table, *self._by_spelling, *self._by_rule))

    @cached_property
    def _router(self) -> Router:
        return Router((identifier, entry.method, entry.path) for identifier, entry in self._index.items())

    @cached_property
    def _by_table(self) -> dict[str, str]:
        """The SDK's names that no rule gives, as spelled there and in canonical form."""
        names = {name: identifier for name, identifier in table().items() if identifier in self._index}
        return {canonical(name): identifier for name, identifier in names.items()} | names

    @cached_property
    def _by_spelling(self) -> dict[str, str]:
        """Other spellings → operationId; a spelling that two ids share means neither.

        One route of several operations is that of the first, which is the one without a query or
        fragment in its path.
        """
        names: dict[str, str] = {}
        routes = set()
        for identifier, entry in self._index.items():
            forms = [canonical(identifier)]
            if (entry.method, entry.path) not in routes:
                forms.append(route(f"{entry.method} {entry.path}"))
                routes.add((entry.method, entry.path))
            for form in forms:
                names[form] = "" if form in names else identifier
        others = {canonical(other): identifier for other, identifier in self._other_ids.items()}
        return others | {form: identifier for form, identifier in names.items() if identifier}

    @cached_property
    def _by_rule(self) -> dict[str, str]:
        return names_by_rule(self._index)


def names_by_rule(identifiers: Iterable[str]) -> dict[str, str]:
    """Return canonical name → operationId, from the first rule that derives the name."""
    identifiers = tuple(identifiers)
    result: dict[str, str] = {}
    for rule in _RULES:
        ids_by_name: dict[str, set[str]] = {}
        for identifier in identifiers:
            for name in rule(identifier):
                ids_by_name.setdefault(canonical(name), set()).add(identifier)
        for name, ids in ids_by_name.items():
            result.setdefault(name, ids.pop() if len(ids) == 1 else "")
    return {name: identifier for name, identifier in result.items() if identifier}


@cache
def table() -> Mapping[str, str]:
    """Return the official SDK's names that no rule derives, each with its operationId."""
    text = packaged("operation", "aliases.tsv").read_text("utf-8")
    rows = (line.split("\t") for line in text.splitlines() if line and not line.startswith("#"))
    return {name: identifier for name, identifier in rows}


def candidates(identifier: str) -> tuple[str, ...]:
    """Return the possible names of an operation in other clients: the SDK's, then the older ones."""
    by_table = [name for name, id in table().items() if id == identifier]
    by_rule = [snake(name) for rule in _RULES for name in rule(identifier)]
    return tuple(dict.fromkeys([*by_table, *by_rule, snake(identifier), older(identifier)]))


def snake(name: str) -> str:
    """Return ``SequenceSets`` as ``sequence_sets``."""
    return _UNDERSCORES.sub("_", _WORD_STARTS.sub("_", name)).lower()


def older(identifier: str) -> str:
    """Return the older generated clients' name: ``GET_SequenceSets`` → ``g_et_sequence_sets``.

    Their generator writes the first letter in lower case, then splits before capitals.
    """
    words = [word for word in identifier.split("_") if word]
    joined = "".join([words[0], *(word[0].upper() + word[1:] for word in words[1:])]) if words else ""
    return snake(joined[:1].lower() + joined[1:])
