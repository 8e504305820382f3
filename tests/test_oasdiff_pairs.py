"""oasdiff's own pairs of documents: docs/oasdiff.md explains each deviation from what its tests expect."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

import pytest

from dynzuora import diff
from dynzuora.comparison import Diff
from dynzuora.comparison.changes import SEVERITIES, Change
from tests.oasdiff import Case, Expected, cases

PAGE = Path(__file__).parents[1].joinpath("docs/oasdiff.md").read_text("utf-8")
EXPLAINED = [
    (row[0].strip("`"), *row[1:3])
    for row in re.findall(r"^\| (`\S+`) \| (\S+) \| (\S+) \| [\w ]+ \| .+ \|$", PAGE, re.MULTILINE)
]
LEVELS = {"ERR": "breaking", "WARN": "warning", "INFO": "info"}


class Deviation(NamedTuple):
    """A check, or a test that expects nothing; what oasdiff says of it, and what is said here."""

    check: str
    theirs: str
    ours: str

    def is_explained_by(self, row: tuple[str, ...]) -> bool:
        return all(fnmatchcase(own, pattern) for own, pattern in zip(self, row, strict=True))


def deviations(case: Case) -> Iterator[Deviation]:
    are_files = isinstance(case.old, Path) and isinstance(case.new, Path)
    found = diff(case.old, case.new, external_files=are_files)
    for expected in case.expected:
        severities = severities_of(expected, found)
        worst = min(severities, key=[*SEVERITIES, "-"].index, default="-")
        is_there = LEVELS[expected.level] in severities
        if LEVELS[expected.level] != worst and not (is_there and not expected.operation):
            yield Deviation(expected.id, expected.level, worst)
    if not case.expected and case.is_whole and found.breaking:
        yield Deviation(case.name, "-", "breaking")


def severities_of(expected: Expected, found: Diff) -> list[str]:
    """Return what is said of the part of the pair that an expected entry is about."""
    assert found.documents is not None
    ids = {
        id
        for prepared in found.documents
        for id, entry in prepared.index.items()
        if f"{entry.method.upper()} {entry.path}" == expected.operation
    }
    rows = []
    for change in found.changes:
        if not ids or not change.operations or ids.intersection(change.operations):
            directions = {"", "both", expected.direction}
            verdicts = [row.severity for row in change.verdicts if row.direction in directions]
            if expected.direction == "none":
                verdicts = [change.severity]
            rows += [(change, severity) for severity in verdicts]
    names = [name.split("/")[-1] for name in expected.names]
    near = [severity for change, severity in rows if any(is_about(change, name) for name in names)]
    return near or [severity for _, severity in rows]


def is_about(change: Change, name: str) -> bool:
    return bool(name) and (name == change.field or name in change.where.split(".") or name in change.message)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::dynzuora.errors.SpecWarning")
def test_every_deviation_from_oasdiff_is_explained_and_no_more() -> None:
    folder = os.environ.get("DYNZUORA_PUBLIC")
    root = Path(folder or "", "oasdiff/oasdiff")
    if not folder or not root.is_dir():
        pytest.skip("DYNZUORA_PUBLIC has no oasdiff/oasdiff; see docs/oasdiff.md")
    read = [case for case in cases(root) if isinstance(case, Case)]
    found = {deviation for case in read for deviation in deviations(case)}
    unexplained = [row for row in sorted(found) if not any(map(row.is_explained_by, EXPLAINED))]
    needless = [row for row in EXPLAINED if not any(deviation.is_explained_by(row) for deviation in found)]
    assert (len(read), unexplained, needless) == (460, [], [])
