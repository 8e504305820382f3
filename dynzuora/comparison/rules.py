"""The rules: what each kind of change means in each direction, and a file that overrides them.

The table is data (``rules.toml``); where schemas differ, a witness may raise or lower what it
says (`verdicts`). A user's file may set severities by rule, or by rule and direction, and
ignore single changes until a date.
"""

from __future__ import annotations

import datetime
import fnmatch
import functools
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from dynzuora._names import nearest
from dynzuora._packaged import packaged
from dynzuora.comparison.changes import SEVERITIES, Change, Direction, Severity
from dynzuora.errors import SpecError

_DIRECTIONS: tuple[Direction, ...] = ("request", "response")


class Rule(NamedTuple):
    """One kind of change."""

    id: str
    area: str
    message: str
    """A sentence with ``{field}``, ``{old}``, ``{new}`` and ``{part}``."""
    verdicts: Mapping[Direction, tuple[Severity, str]]
    """Direction (empty for what has none) → severity and reason; a direction that it cannot affect is
    missing."""
    settled: frozenset[Direction] = frozenset()
    """Directions in which the severity stands, whatever a value proves: by policy, or a user's."""


class Ignore(NamedTuple):
    """Changes to leave out: wildcards for rule, location and operation, and until when."""

    rule: str = "*"
    where: str = "*"
    operation: str = "*"
    until: datetime.date | None = None
    why: str = ""

    def covers(self, change: Change) -> bool:
        """Whether ``change`` is one of these; every operation it reaches must match."""
        return (
            fnmatch.fnmatchcase(change.id, self.rule)
            and fnmatch.fnmatchcase(change.where, self.where)
            and all(fnmatch.fnmatchcase(id, self.operation) for id in change.operations or ("",))
        )


class Proof(NamedTuple):
    """Why a witness, or the lack of one, changes the severity of a difference between schemas."""

    request: str
    response: str
    missing: str


class Rules(NamedTuple):
    """The shipped table with what a user's file changes in it."""

    by_id: Mapping[str, Rule]
    proof: Proof
    ignores: tuple[Ignore, ...] = ()

    def accepted(self, change: Change, today: datetime.date) -> Ignore | None:
        """Return the row that leaves ``change`` out today, if one does."""
        current = (ignore for ignore in self.ignores if ignore.until is None or today <= ignore.until)
        return next((ignore for ignore in current if ignore.covers(change)), None)


@functools.cache
def shipped() -> Rules:
    """Return the rules that come with the package."""
    table = tomllib.loads(packaged("comparison", "rules.toml").read_text("utf-8"))
    return Rules({rule.id: rule for rule in _expanded(table)}, Proof(**table["proof"]))


def _expanded(table: Mapping[str, Any]) -> Iterator[Rule]:
    for id, row in table["rules"].items():
        family = id[1 : id.index("}")] if id.startswith("{") else ""
        for limit in table["limits"].get(family, [""]):
            yield Rule(
                id.replace(f"{{{family}}}", limit),
                row["area"],
                row["message"].replace("{limit}", _camel(limit)),
                {direction: tuple(row[direction]) for direction in _DIRECTIONS if direction in row}
                or {"": (row["severity"], row["why"])},
                frozenset(row.get("settled", ())),
            )


def _camel(limit: str) -> str:
    first, *others = limit.split("-")
    return first + "".join(map(str.capitalize, others))


def rules(source: Path | str | Mapping[str, Any] | None = None) -> Rules:
    """Return the shipped rules, overridden by a TOML file or its content.

    ::

        [severity]
        parameter-removed = "breaking"
        "null-allowed:response" = "info"

        [[ignore]]
        rule = "property-removed"
        where = "Account.*"
        until = 2027-01-31
        why = "nobody here reads them"

    Raises:
        SpecError: the file is not valid; it names every problem.
    """
    if source is None:
        return shipped()
    name = "the rules" if isinstance(source, Mapping) else str(source)
    table = source if isinstance(source, Mapping) else _read(Path(source))
    problems: list[str] = []
    for key in table.keys() - {"severity", "ignore"}:
        problems.append(f"{key!r} is unknown; use [severity] and [[ignore]]")
    by_id = _overridden(table.get("severity", {}), problems)
    ignores = tuple(_ignores(table.get("ignore", ()), problems))
    if problems:
        raise SpecError(f"{name}: {'; '.join(problems)}.", source=name)
    return Rules(by_id, shipped().proof, ignores)


def _read(path: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SpecError(f"{path}: cannot be read ({error.strerror}).", source=str(path)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SpecError(f"{path}: is not TOML ({error}).", source=str(path)) from error


def _overridden(severities: Any, problems: list[str]) -> dict[str, Rule]:
    by_id = dict(shipped().by_id)
    if not isinstance(severities, Mapping):
        problems.append("severity is not a table of rules")
        return by_id
    for key, severity in severities.items():
        pattern, _, direction = key.partition(":")
        matching = [id for id in by_id if fnmatch.fnmatchcase(id, pattern)]
        if not matching:
            near = nearest(pattern, by_id)
            problems.append(f"no rule {pattern!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
        if severity not in SEVERITIES:
            problems.append(f"{key}: {severity!r} is not one of {', '.join(SEVERITIES)}")
        if direction and direction not in _DIRECTIONS:
            problems.append(f"{key}: {direction!r} is neither request nor response")
        for id in matching:
            verdicts = {
                side: (severity if direction in ("", side) else default, why)
                for side, (default, why) in by_id[id].verdicts.items()
            }
            sides = frozenset(side for side in verdicts if direction in ("", side))
            by_id[id] = by_id[id]._replace(verdicts=verdicts, settled=by_id[id].settled | sides)
    return by_id


def _ignores(rows: Any, problems: list[str]) -> Iterator[Ignore]:
    for number, row in enumerate(rows if isinstance(rows, list | tuple) else [rows], 1):
        if not isinstance(row, Mapping):
            problems.append(f"ignore {number} is not a table")
            continue
        if unknown := sorted(row.keys() - set(Ignore._fields)):
            keys = ", ".join(Ignore._fields)
            problems.append(f"ignore {number}: {', '.join(unknown)} unknown; the keys are {keys}")
            continue
        until = row.get("until")
        if isinstance(until, str):
            try:
                until = datetime.date.fromisoformat(until)
            except ValueError:
                problems.append(f"ignore {number}: until {until!r} is not a date like 2027-01-31")
        elif isinstance(until, datetime.datetime):
            until = until.date()
        yield Ignore(**{**row, "until": until})
