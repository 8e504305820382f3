"""``zuora.toml`` as typed values: behaviour of Zuora that is not in the document."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from dynzuora._packaged import packaged


class Number(NamedTuple):
    """The numbering of a kind's objects; ``names`` are the properties that hold the number."""

    names: tuple[str, ...] = ()
    prefix: str = ""
    digits: int = 8


class Kind(NamedTuple):
    """The settings of one kind of object; all have defaults."""

    number: Number = Number()
    born: Mapping[str, Any] = {}
    other: Mapping[str, str] = {}
    sections: frozenset[str] = frozenset()
    links: Mapping[str, str] = {}
    verbs: Mapping[str, str] = {}
    filters: Mapping[str, Mapping[str, str]] = {}
    shared: bool = False
    undeclared: tuple[str, ...] = ()


class JobRule(NamedTuple):
    """A job: ``field`` has ``states`` in turn; ``started`` is what starts it, empty for creation."""

    kind: str
    field: str
    states: tuple[str, ...]
    bad: tuple[str, ...] = ()
    started: str = ""
    deleted: str = ""

    @property
    def failed(self) -> str:
        """The final state of a job that failed by itself."""
        return next((state for state in self.bad if state.lower() in ("failed", "error")), self.states[-1])


class Played(NamedTuple):
    """A job that is no object of a path; the comments of ``zuora.toml`` explain the fields."""

    start: tuple[str, ...]
    poll: str
    status: str
    states: tuple[str, ...]
    bad: tuple[str, ...] = ()
    id: str = "id"
    item: str = ""
    zero: str = ""
    file: str = ""
    made: str = ""
    cancel: tuple[str, ...] = ()


class Condition(NamedTuple):
    """What the action ``verb`` on a ``kind`` requires.

    It is refused in the states of ``never``, and in all but those of ``only`` if there are any.
    So it is where the amounts of ``equal`` differ, since something has been applied.
    ``policies`` is field → value → the fields that the value requires. ``source`` is the page
    that says so.
    """

    kind: str
    verb: str
    source: str
    only: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    equal: tuple[str, ...] = ()
    policies: Mapping[str, Mapping[str, list[str]]] = {}


class Rules(NamedTuple):
    """Every table of ``zuora.toml``."""

    namespaces: frozenset[str]
    collections: Mapping[str, str]
    aliases: Mapping[str, str]
    objects: frozenset[str]
    tables: Mapping[str, str]
    views: Mapping[str, str]
    unions: Mapping[str, Mapping[str, str]]
    special: Mapping[str, str]

    ids: Mapping[str, str]
    refusals: Mapping[str, str]
    verbs: Mapping[str, str]
    synonyms: tuple[frozenset[str], ...]
    jobs: tuple[JobRule, ...]
    played: tuple[Played, ...]
    conditions: tuple[Condition, ...]
    kinds: Mapping[str, Kind]
    audit: Mapping[str, str]
    numbers: frozenset[str]

    def kind(self, name: str) -> Kind:
        """Return the settings of a kind."""
        return self.kinds.get(name, PLAIN)

    def job(self, kind: str, started: str = "") -> JobRule | None:
        """Return the job that starts when a ``kind`` is created, or when ``started`` happens to one."""
        return next((job for job in self.jobs if (job.kind, job.started) == (kind, started)), None)

    def condition(self, kind: str, verb: str) -> Condition | None:
        """Return what ``verb`` on a ``kind`` requires."""
        return next((row for row in self.conditions if (row.kind, row.verb) == (kind, verb)), None)


PLAIN = Kind()


def by_prefix(table: Mapping[str, str], path: str, default: str) -> str:
    """Return the value of the longest prefix of ``path`` in ``table``."""
    prefixes = [prefix for prefix in table if path.startswith(prefix)]
    return table[max(prefixes, key=len)] if prefixes else default


@cache
def load() -> Rules:
    """Return the tables, read once."""
    table = tomllib.loads(packaged("sandbox", "zuora.toml").read_text("utf-8"))
    return Rules(
        namespaces=frozenset(table["namespaces"]),
        collections=table["collections"],
        aliases=table["aliases"],
        objects=frozenset(table["queries"]["objects"]),
        tables=table["queries"]["tables"],
        views=table["views"],
        unions=table["unions"],
        special=table["special"],
        ids=table["ids"],
        refusals=table["refusals"],
        verbs=table["verbs"],
        synonyms=tuple(map(frozenset, table["states"]["synonyms"])),
        jobs=tuple(
            JobRule(**{**row, "states": tuple(row["states"]), "bad": tuple(row.get("bad", ()))})
            for row in table["jobs"]
        ),
        played=tuple(_played(row) for row in table["played"]),
        conditions=tuple(
            Condition(**{**row, **{name: tuple(row.get(name, ())) for name in ("only", "never", "equal")}})
            for row in table["conditions"]
        ),
        kinds={name: _kind(kind) for name, kind in table["kinds"].items()},
        numbers=frozenset(table["replies"]["numbers"]),
        audit={name: part for part, names in table["audit"].items() for name in names},
    )


def _kind(table: Mapping[str, Any]) -> Kind:
    number = table.get("number", {})
    return Kind(
        **{
            **table,
            "number": Number(**{**number, "names": tuple(number.get("names", ()))}),
            "undeclared": tuple(table.get("undeclared", ())),
            "sections": frozenset(table.get("sections", ())),
        }
    )


def _played(row: Mapping[str, Any]) -> Played:
    fields: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in row.items()
    }
    return Played(**fields)
