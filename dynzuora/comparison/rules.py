"""The rules: what each kind of change means in each direction, and a file that overrides them.

The table is data (``rules.toml``); no severity is written anywhere else. A user's file may
set another severity by rule, or by rule and direction, and accept single changes until a day.
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
    """One kind of change. Directions that it cannot be seen in are missing from ``verdicts``."""

    id: str
    area: str
    say: str
    inverse: str
    verdicts: Mapping[Direction, tuple[Severity, str]]
    """Direction (empty for what has none) → severity and why."""


class Ignore(NamedTuple):
    """Changes that have been accepted: wildcards for rule, place and operation, and until when."""

    rule: str = "*"
    where: str = "*"
    operation: str = "*"
    until: datetime.date | None = None
    why: str = ""

    def covers(self, change: Change) -> bool:
        """Whether ``change`` is one of these; of several operations, every one has to be."""
        return (
            fnmatch.fnmatchcase(change.id, self.rule)
            and fnmatch.fnmatchcase(change.where, self.where)
            and all(fnmatch.fnmatchcase(each, self.operation) for each in change.operations or ("",))
        )


class Rules(NamedTuple):
    """The table as it applies: the shipped one and what a user's file changed in it."""

    by_id: Mapping[str, Rule]
    ignores: tuple[Ignore, ...] = ()

    def accepted(self, change: Change, today: datetime.date) -> Ignore | None:
        """Return why ``change`` is accepted today, if it is."""
        for each in self.ignores:
            if (each.until is None or today <= each.until) and each.covers(change):
                return each
        return None


@functools.cache
def shipped() -> Rules:
    """Return the rules as they are without a file of the user's."""
    table = tomllib.loads(packaged("comparison", "rules.toml").read_text("utf-8"))
    return Rules({rule.id: rule for rule in _expanded(table)})


def _expanded(table: Mapping[str, Any]) -> Iterator[Rule]:
    for id, row in table["rules"].items():
        family = id[1 : id.index("}")] if id.startswith("{") else ""
        for limit in table["limits"].get(family, [""]):
            yield Rule(
                id.replace(f"{{{family}}}", limit),
                row["area"],
                row["say"].replace("{limit}", _camel(limit)),
                row["inverse"].replace(f"{{{family}}}", limit),
                {each: tuple(row[each]) for each in _DIRECTIONS if each in row}
                or {"": (row["severity"], row["why"])},
            )


def _camel(limit: str) -> str:
    first, *others = limit.split("-")
    return first + "".join(map(str.capitalize, others))


def rules(source: Path | str | Mapping[str, Any] | None = None) -> Rules:
    """Return the shipped rules, changed by a TOML file (or what such a file says).

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
        SpecError: with every fault of the file.
    """
    if source is None:
        return shipped()
    name = "the rules" if isinstance(source, Mapping) else str(source)
    table = source if isinstance(source, Mapping) else _read(Path(source))
    problems: list[str] = []
    for key in table.keys() - {"severity", "ignore"}:
        problems.append(f"{key!r} is unknown; write [severity] and [[ignore]]")
    by_id = _overridden(table.get("severity", {}), problems)
    ignores = tuple(_ignores(table.get("ignore", ()), problems))
    if problems:
        raise SpecError(f"{name}: {'; '.join(problems)}.", source=name)
    return Rules(by_id, ignores)


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
        problems.append("severity: is not a table of rules")
        return by_id
    for key, severity in severities.items():
        pattern, _, direction = key.partition(":")
        matching = [id for id in by_id if fnmatch.fnmatchcase(id, pattern)]
        if not matching:
            near = nearest(pattern, by_id)
            problems.append(f"no rule {pattern!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
        if severity not in SEVERITIES:
            problems.append(f"{key}: {severity!r} is none of {', '.join(SEVERITIES)}")
        if direction and direction not in _DIRECTIONS:
            problems.append(f"{key}: {direction!r} is neither request nor response")
        for id in matching:
            changed = {
                each: (severity if direction in ("", each) else level, why)
                for each, (level, why) in by_id[id].verdicts.items()
            }
            by_id[id] = by_id[id]._replace(verdicts=changed)
    return by_id


def _ignores(rows: Any, problems: list[str]) -> Iterator[Ignore]:
    for number, row in enumerate(rows if isinstance(rows, list | tuple) else [rows], 1):
        unknown = sorted(row.keys() - set(Ignore._fields)) if isinstance(row, Mapping) else ["it"]
        if unknown:
            known = ", ".join(Ignore._fields)
            problems.append(f"ignore {number}: {', '.join(unknown)} unknown; write {known}")
            continue
        until = row.get("until")
        if isinstance(until, str):
            try:
                until = datetime.date.fromisoformat(until)
            except ValueError:
                problems.append(f"ignore {number}: until {until!r} is no day; write it like 2027-01-31")
        elif isinstance(until, datetime.datetime):
            until = until.date()
        yield Ignore(**{**row, "until": until})
