"""Kinds of jobs as data, and what a reply says of one. Pure but for reading the two files.

A state is good or bad only if the kind says so. One that it does not know is
`UNKNOWN`: reported, and looked at again.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from dynzuora._names import canonical, nearest
from dynzuora._packaged import packaged
from dynzuora.configuration import folders
from dynzuora.errors import DynzuoraError

RUNNING, GOOD, BAD, UNKNOWN = "running", "good", "bad", "unknown"

ANY = "*"


class Kind(NamedTuple):
    """One kind of job; the head of ``jobs.toml`` says what each field means."""

    name: str
    start: tuple[str, ...] = ()
    when: Mapping[str, Any] = {}
    id: str = ""
    argument: str = ""
    poll: str = ""
    parameter: str = ""
    address: str = ""
    status: tuple[str, ...] = ()
    running: tuple[str, ...] = ()
    good: tuple[str, ...] = ()
    bad: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    gone: bool = False
    changed: bool = False
    error: tuple[str, ...] = ()
    failed_rows: str = ""
    result: str = ""
    file: str = ""
    signed: bool = False
    result_operation: str = ""
    result_parameter: str = ""
    cancel: str = ""
    cancel_parameter: str = ""
    cancel_body: Mapping[str, Any] | None = None

    def is_started_by(self, operation: str, body: Any) -> bool:
        """Whether a call of ``operation`` with this body starts such a job."""
        if operation not in self.start:
            return False
        sent = body if isinstance(body, Mapping) else {}
        return all(form(sent.get(name)) == form(wanted) for name, wanted in self.when.items())


class Verdict(NamedTuple):
    """What a look at a job found: the server's word for its state, and what that means."""

    state: str
    meaning: str


def judge(kind: Kind, reply: Any, before: Any = None, looks: int = 99) -> Verdict:
    """Return what ``reply`` says of a job of this kind; None means that it is not there any more.

    ``before`` is the status from before the start, ``looks`` how many looks there were.
    """
    if reply is None:
        return Verdict("gone", GOOD if kind.gone else BAD)
    found = [each for path in kind.status for each in values(reply, path) if each not in (None, "")]
    if kind.changed:
        is_new = bool(found) and found[0] != before
        return Verdict("ready" if is_new else "waiting", GOOD if is_new else RUNNING)
    if not found:
        return Verdict("", RUNNING if ANY in kind.running else UNKNOWN)
    state = str(found[0])
    if looks < _STALE_LOOKS and _has(kind.stale, state):
        return Verdict(state, RUNNING)
    for meaning, states in ((GOOD, kind.good), (BAD, kind.bad), (RUNNING, kind.running)):
        if _has(states, state):
            return Verdict(state, meaning)
    return Verdict(state, RUNNING if ANY in kind.running else UNKNOWN)


_STALE_LOOKS = 3


def form(state: Any) -> str:
    """Return a state as it is compared: no case, no punctuation, one spelling of cancelled."""
    return canonical(str(state)).replace("cancelled", "canceled")


def _has(states: tuple[str, ...], state: str) -> bool:
    return form(state) in {form(each) for each in states if each != ANY}


def values(value: Any, path: str) -> list[Any]:
    """Return what lies at a dotted path; ``*`` is every member of an array or object.

    >>> values({"data": [{"id": 1}, {"id": 2}]}, "data.*.id")
    [1, 2]
    """
    return [found for _, found in named_values(value, path)]


def named_values(value: Any, path: str, name: str = "") -> Iterator[tuple[str, Any]]:
    """Yield what lies at a dotted path with the name of its last member."""
    head, _, rest = path.partition(".")
    if not head:
        yield name, value
    elif head == ANY:
        for key, each in _members(value):
            yield from named_values(each, rest, str(key))
    elif isinstance(value, Mapping) and head in value:
        yield from named_values(value[head], rest, head)


def _members(value: Any) -> Iterable[tuple[Any, Any]]:
    if isinstance(value, Mapping):
        return value.items()
    return enumerate(value) if isinstance(value, list) else ()


def kinds() -> tuple[Kind, ...]:
    """Return the user's kinds of jobs and then the package's, but for those of a user's name."""
    path = folders.folder("config") / "jobs.toml"
    own = read(path.read_text("utf-8"), str(path)) if path.is_file() else ()
    names = {kind.name for kind in own}
    return own + tuple(kind for kind in _shipped() if kind.name not in names)


@cache
def _shipped() -> tuple[Kind, ...]:
    return read(packaged("jobs", "jobs.toml").read_text("utf-8"), "jobs.toml")


def read(text: str, source: str | Path) -> tuple[Kind, ...]:
    """Return the kinds that a TOML text describes.

    Raises `DynzuoraError` that names every row and key that is wrong.
    """
    try:
        rows = tomllib.loads(text).get("jobs", [])
    except tomllib.TOMLDecodeError as error:
        raise DynzuoraError(f"{source} is no TOML: {error}.") from None
    faults: list[str] = []
    read_ = tuple(_kind(row, f"job {number}", faults) for number, row in enumerate(rows, 1))
    if faults:
        raise DynzuoraError(f"{source}: " + "; ".join(faults) + ".")
    return read_


def _kind(row: Mapping[str, Any], place: str, faults: list[str]) -> Kind:
    place = f"{place} ({row['name']})" if "name" in row else place
    fields: dict[str, Any] = {}
    for key, value in row.items():
        if key not in Kind._fields:
            close = nearest(key, Kind._fields)
            faults.append(
                f"{place} has an unknown key {key!r}" + (f" (did you mean {close[0]}?)" if close else "")
            )
            continue
        wanted = Kind._field_defaults.get(key, "")
        if isinstance(wanted, tuple):
            value = (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else value
        if key != "cancel_body" and not isinstance(value, type(wanted)):
            faults.append(f"{place}: {key} is {value!r}, no {_TYPES[type(wanted)]}")
        fields[key] = value
    for needed, why in _NEEDED:
        if not any(fields.get(each) for each in needed):
            faults.append(f"{place} lacks {' or '.join(needed)}, {why}")
    return Kind(**{"name": "", **fields})


_TYPES: Mapping[type, str] = {str: "text", tuple: "array of texts", bool: "true or false", dict: "table"}

_NEEDED = (
    (("name",), "what it is called"),
    (("start",), "what starts it"),
    (("id", "argument", "address"), "where its id is"),
    (("poll", "address"), "what shows its state"),
    (("status",), "where its state is"),
    (("good", "gone", "changed"), "how it ends well"),
)
