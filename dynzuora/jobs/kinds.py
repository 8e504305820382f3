"""Kinds of jobs as data, and the verdict on a reply. Pure, except for reading the two files.

A state is good or bad only if the kind lists it. Any other is `UNKNOWN`: it is reported,
and polling continues.
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
    """A kind of job; the comments of ``jobs.toml`` explain the fields."""

    name: str
    start: tuple[str, ...] = ()
    when: Mapping[str, Any] = {}
    id: str = ""
    at_once: bool = False
    argument: str = ""
    carried: tuple[str, ...] = ()
    poll: str = ""
    parameter: str = ""
    address: str = ""
    match: str = ""
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
    file: tuple[str, ...] = ()
    file_name: str = ""
    signed: bool = False
    file_operation: str = ""
    file_parameter: str = ""
    file_url: str = ""
    result_operation: str = ""
    result_parameter: str = ""
    cancel: str = ""
    cancel_parameter: str = ""
    cancel_body: Mapping[str, Any] | None = None

    def is_started_by(self, operation: str, body: Any) -> bool:
        """Whether ``operation`` with this body starts such a job."""
        if operation not in self.start:
            return False
        fields = body if isinstance(body, Mapping) else {}
        return all(form(fields.get(name)) == form(value) for name, value in self.when.items())


class Verdict(NamedTuple):
    """The server's name for a job's state, and its meaning."""

    state: str
    meaning: str


def judge(kind: Kind, reply: Any, before: Any = None, polls: int = 99) -> Verdict:
    """Return the verdict on a job with this reply; None means that it no longer exists.

    ``before`` is the status before the start, ``polls`` the number of polls so far.
    """
    if reply is None:
        return Verdict("gone", GOOD if kind.gone else BAD)
    answers = [value for path in kind.status for value in values(reply, path) if value not in (None, "")]
    if kind.changed:
        is_new = bool(answers) and answers[0] != before
        return Verdict("ready" if is_new else "waiting", GOOD if is_new else RUNNING)
    if not answers:
        return Verdict("", RUNNING if ANY in kind.running else UNKNOWN)
    state = str(answers[0])
    if polls < _STALE_POLLS and _has(kind.stale, state):
        return Verdict(state, RUNNING)
    for meaning, states in ((GOOD, kind.good), (BAD, kind.bad), (RUNNING, kind.running)):
        if _has(states, state):
            return Verdict(state, meaning)
    return Verdict(state, RUNNING if ANY in kind.running else UNKNOWN)


_STALE_POLLS = 3


def form(state: Any) -> str:
    """Return a state without case and punctuation, and with one spelling of cancelled."""
    return canonical(str(state)).replace("cancelled", "canceled")


def _has(states: tuple[str, ...], state: str) -> bool:
    return form(state) in {form(word) for word in states if word != ANY}


def values(value: Any, path: str) -> list[Any]:
    """Return the values at a dotted path; ``*`` is every member of an array or object.

    >>> values({"data": [{"id": 1}, {"id": 2}]}, "data.*.id")
    [1, 2]
    """
    return [member for _, member in named_values(value, path)]


def named_values(value: Any, path: str, name: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the values at a dotted path, with the name of the last member."""
    head, _, rest = path.partition(".")
    if not head:
        yield name, value
    elif head == ANY:
        for key, member in _members(value):
            yield from named_values(member, rest, str(key))
    elif isinstance(value, Mapping) and head in value:
        yield from named_values(value[head], rest, head)


def files(kind: Kind, reply: Any) -> list[tuple[str, Any]]:
    """Return (name, id or URL) of each file that a reply names. No two names are equal."""
    pairs: list[tuple[str, Any]] = []
    for path in kind.file:
        above, _, below = path.partition(f".{ANY}.")
        if not (kind.file_name and below):
            pairs += named_values(reply, path)
            continue
        for owner in values(reply, f"{above}.{ANY}"):
            pairs += [(str(value_of(owner, kind.file_name)), value) for value in values(owner, below)]
    references: list[tuple[str, Any]] = []
    counts: dict[str, int] = {}
    for name, reference in pairs:
        if reference not in (None, ""):
            counts[name] = counts.get(name, 0) + 1
            references.append((name if counts[name] == 1 else f"{name}-{counts[name]}", reference))
    return references


def value_of(value: Any, path: str) -> Any:
    """Return the first value at a dotted path, empty text if there is none."""
    return next(iter(values(value, path)), "")


def matching(value: Any, name: str, identifier: Any) -> Any:
    """Return the first object anywhere in ``value`` whose member ``name`` is ``identifier``."""
    if isinstance(value, Mapping) and name in value and str(value[name]) == str(identifier):
        return value
    matches = (matching(member, name, identifier) for _, member in _members(value))
    return next((match for match in matches if match is not None), None)


def _members(value: Any) -> Iterable[tuple[Any, Any]]:
    if isinstance(value, Mapping):
        return value.items()
    return enumerate(value) if isinstance(value, list) else ()


def kinds() -> tuple[Kind, ...]:
    """Return the user's kinds of jobs, then the built-in ones whose names the user has not taken."""
    path = folders.folder("config") / "jobs.toml"
    own = read(path.read_text("utf-8"), str(path)) if path.is_file() else ()
    names = {kind.name for kind in own}
    return own + tuple(kind for kind in _shipped() if kind.name not in names)


@cache
def _shipped() -> tuple[Kind, ...]:
    return read(packaged("jobs", "jobs.toml").read_text("utf-8"), "jobs.toml")


def read(text: str, source: str | Path) -> tuple[Kind, ...]:
    """Return the kinds in a TOML text.

    Raises `DynzuoraError` with every invalid row and key.
    """
    try:
        rows = tomllib.loads(text).get("jobs", [])
    except tomllib.TOMLDecodeError as error:
        raise DynzuoraError(f"{source} is not valid TOML: {error}.") from None
    faults: list[str] = []
    job_kinds = tuple(_kind(row, f"job {number}", faults) for number, row in enumerate(rows, 1))
    if faults:
        raise DynzuoraError(f"{source}: " + "; ".join(faults) + ".")
    return job_kinds


def _kind(row: Mapping[str, Any], label: str, faults: list[str]) -> Kind:
    label = f"{label} ({row['name']})" if "name" in row else label
    fields: dict[str, Any] = {}
    for key, value in row.items():
        if key not in Kind._fields:
            close = nearest(key, Kind._fields)
            faults.append(
                f"{label} has an unknown key {key!r}" + (f" (did you mean {close[0]}?)" if close else "")
            )
            continue
        default = Kind._field_defaults.get(key, "")
        if isinstance(default, tuple):
            value = (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else value
        if key != "cancel_body" and not isinstance(value, type(default)):
            faults.append(f"{label}: {key} must be {_TYPES[type(default)]}, not {value!r}")
        fields[key] = value
    for keys, why in _NEEDED:
        if not any(fields.get(key) for key in keys):
            faults.append(f"{label} needs {' or '.join(keys)}, {why}")
    return Kind(**{"name": "", **fields})


_TYPES: Mapping[type, str] = {str: "text", tuple: "an array of texts", bool: "true or false", dict: "a table"}

_NEEDED = (
    (("name",), "its name"),
    (("start",), "the operations that start it"),
    (("id", "argument", "address"), "the location of its id"),
    (("poll", "address"), "the operation that shows its state"),
    (("status",), "the location of its state"),
    (("good", "gone", "changed"), "how it succeeds"),
)
