"""What each version of Zuora's API changes, as ``zuora_versions.toml`` states it.

A document is half of a version: the header ``Zuora-Version`` chooses the other. Versions were numbers
until 337.0 and are dates since 2024-05-20.
"""

from __future__ import annotations

import datetime
import fnmatch
import functools
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from dynzuora import _json
from dynzuora._packaged import packaged
from dynzuora.errors import Problem

Order = tuple[int, float, str]
"""The sort key of a version: every number is before every date."""


class VersionChange(NamedTuple):
    """A fact: what a version changes for callers of the versions before it. The table explains the fields."""

    since: str
    kind: str
    part: str
    field: str
    old: Any
    new: Any
    operations: tuple[str, ...]
    excepted: tuple[str, ...] = ()
    added: str = ""
    is_undone: bool = False
    """Whether ``old`` and ``new`` have changed places, for who goes back to an older version."""

    @property
    def when(self) -> str:
        """When ``new`` replaces ``old``: ``since version 196.0``."""
        return f"{'before' if self.is_undone else 'since'} version {self.since}"

    @property
    def place(self) -> str:
        """What ``field`` is a part of, as code calls it."""
        return "body" if self.part == "request" else "reply"

    def concerns(self, id: str, route: str = "") -> bool:
        """Whether it is about an operation; ``route`` is its method and path."""
        matches = functools.partial(map, lambda pattern: fnmatch.fnmatchcase(route, pattern))
        is_named = id in self.operations or any(matches(row for row in self.operations if " " in row))
        return is_named and not any(fnmatch.fnmatchcase(id, pattern) for pattern in self.excepted)


class Misfit(NamedTuple):
    """A field or value of a body that the API does not have in a version."""

    path: str
    """Where it is in the body: ``body.charges[0].chargeId``."""
    value: str
    """The value that it does not have; empty if it is the field."""
    change: VersionChange
    instead: str
    """What that version has in its place: another name, or its values."""
    is_late: bool
    """Whether the version has it no longer; else it does not have it yet."""


@functools.cache
def table() -> Mapping[str, Any]:
    """Return the table as it is written."""
    return tomllib.loads(packaged("zuora_versions.toml").read_text("utf-8"))


@functools.cache
def changes() -> tuple[VersionChange, ...]:
    """Return every fact, the oldest first."""
    groups = table()["groups"]
    return tuple(
        VersionChange(
            row["since"],
            row["kind"],
            row["in"],
            row.get("field", ""),
            row.get("old", row.get("field", "")),
            row.get("new", ""),
            tuple(id for name in row["operations"] for id in groups.get(name, (name,))),
            tuple(row.get("but", ())),
            row.get("added", ""),
        )
        for row in table()["changes"]
    )


def oldest() -> str:
    """Return the version of a tenant that was never upgraded."""
    return str(table()["oldest"])


def source() -> str:
    """Return the address of the vendor's page that states the facts."""
    return str(table()["source"])


def order(version: Any) -> Order | None:
    """Return the sort key of a version; None where it is neither a number nor a date.

    >>> order("337.0") < order("2024-05-20")
    True
    """
    text = str(version).strip()
    if text.count("-") == 2:
        try:
            return (1, 0.0, datetime.date.fromisoformat(text).isoformat())
        except ValueError:
            return None
    return (0, float(text), "") if text.isascii() and text.replace(".", "", 1).isdigit() else None


def between(old: str, new: str) -> Iterator[VersionChange]:
    """Yield what changes for who moves from one version to another; back to an older one, undone."""
    start, end = order(old), order(new)
    assert start is not None and end is not None
    for change in changes():
        since, added = order(change.since), order(change.added) or _FIRST
        assert since is not None
        if added <= start < since <= end:
            yield change
        elif end < since <= start:
            yield _undone(change, has_old=added <= end)


_FIRST: Order = (0, 0.0, "")


def _undone(change: VersionChange, *, has_old: bool) -> VersionChange:
    """Return a fact as it looks to who goes back to a version that ``has_old``, or not even that."""
    if change.kind == "deprecated":
        return change._replace(kind="undeprecated", is_undone=True)
    field = change.new if change.kind == "field" else change.field
    return change._replace(field=field, old=change.new, new=change.old if has_old else "", is_undone=True)


def notes(operation: str, version: str, content: bytes) -> tuple[Problem, ...]:
    """Return a problem for each field and value of a JSON body that the API does not have in ``version``."""
    return tuple(
        Problem(
            misfit.path,
            f"{repr(misfit.value) + ' ' if misfit.value else ''}is not in Zuora-Version {version}, "
            f"so it may be ignored: {_why(misfit)}.",
        )
        for misfit in misfits(operation, version, content)
    )


def _why(misfit: Misfit) -> str:
    since = misfit.change.since
    if misfit.is_late:
        return f"since {since} it is {misfit.instead}"
    return f"it came with {since}" + (f"; before, it was {misfit.instead}" if misfit.instead else "")


def dependent(operation: str, content: bytes) -> tuple[str, ...]:
    """Return the fields of a JSON body that some versions have and others do not, in order."""
    return tuple(sorted(path.removeprefix("body.") for path in _dependent(operation, content)))


def accepted(operation: str, version: str, content: bytes) -> frozenset[str]:
    """Return the paths in a JSON body that ``version`` has and other versions have not."""
    if order(version) is None:
        return frozenset()
    return _dependent(operation, content) - {misfit.path for misfit in misfits(operation, version, content)}


def _dependent(operation: str, content: bytes) -> frozenset[str]:
    ends = oldest(), changes()[-1].since
    return frozenset(misfit.path for end in ends for misfit in misfits(operation, end, content))


def misfits(operation: str, version: str, content: bytes) -> tuple[Misfit, ...]:
    """Return what a JSON body has that the API does not have in ``version``; nothing if that is unknown."""
    rows, at = _of_requests().get(operation), order(version)
    if not rows or at is None:
        return ()
    try:
        body = _json.decode(content)
    except ValueError:  # a form, or what the caller wrote as bytes
        return ()
    return tuple(misfit for change in rows for misfit in _misfits(change, at, body))


@functools.cache
def _of_requests() -> Mapping[str, list[VersionChange]]:
    """Return operation → the facts about its body."""
    rows: dict[str, list[VersionChange]] = {}
    for change in changes():
        if change.part == "request":
            for id in change.operations:
                rows.setdefault(id, []).append(change)
    return rows


def _misfits(change: VersionChange, at: Order, body: Any) -> Iterator[Misfit]:
    since, added = order(change.since), order(change.added) or _FIRST
    assert since is not None
    is_late = at >= since
    if change.kind == "values":
        wrong, right = (change.old, change.new) if is_late else (change.new, change.old)
        for path, value in _at(body, change.field):
            if value in wrong and value not in right:
                yield Misfit(path, str(value), change, f"one of {', '.join(right)}", is_late)
    elif is_late:
        yield from (Misfit(path, "", change, _last(change.new), True) for path, _ in _at(body, change.old))
    else:
        has_old = at >= added
        old = _last(change.old) if has_old else ""
        yield from (Misfit(path, "", change, old, False) for path, _ in _at(body, change.new))
        early = change._replace(since=change.added)
        paths = [] if has_old else [path for path, _ in _at(body, change.old)]
        yield from (Misfit(path, "", early, "", False) for path in paths)


def _at(value: Any, path: str, prefix: str = "body") -> Iterable[tuple[str, Any]]:
    """Yield where the members at a path are, and their values."""
    name, _, rest = path.partition(".")
    is_list = name.endswith("[]")
    name = name.removesuffix("[]")
    if not isinstance(value, Mapping) or value.get(name) is None:
        return
    member = value[name]
    elements = enumerate(member) if is_list and isinstance(member, list) else ()
    rows = [(f"{prefix}.{name}[{number}]", element) for number, element in elements]
    for place, element in rows if is_list else [(f"{prefix}.{name}", member)]:
        yield from _at(element, rest, place) if rest else [(place, element)]


def _last(path: str) -> str:
    return path.rpartition(".")[2].removesuffix("[]")
