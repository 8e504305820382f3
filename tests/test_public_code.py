"""Public code that calls Zuora by URL: every path of an operation is found where it is written, and no other.

``DYNZUORA_PUBLIC`` names a folder of checkouts, ``OWNER/NAME``; docs/testing.md has their commits.
``tests/data/public-uses.tsv`` has what a person found there; a search that knows nothing of
Python looks for what both may have missed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dynzuora import diff
from dynzuora.comparison import Diff
from dynzuora.comparison.usage import SourceLocation
from dynzuora.document import Prepared

ROOT = Path(__file__).parents[1]
TABLE = [
    row.split("\t")
    for row in ROOT.joinpath("tests/data/public-uses.tsv").read_text("utf-8").splitlines()
    if not row.startswith("#")
]
NAMES = sorted({name for name, *_ in TABLE})
NOT_CALLED = {
    "aritradas-estuate/zuora-seed-backend": [
        ("agents/tools.py", 118),
        ("agents/tools.py", 119),
        ("agents/zuora_client.py", 213),
    ],
    "singer-io/tap-zuora": [
        ("tests/unittests/test_authentication.py", 27),
        ("tests/unittests/test_authentication.py", 50),
    ],
}
"""Lines with a path that is prose, in a docstring, or another host's (``api.example.com``)."""


@pytest.fixture(scope="module")
def changes() -> Diff:
    folder = os.environ.get("DYNZUORA_FULL_SPECS")
    if not folder:
        pytest.skip("DYNZUORA_FULL_SPECS is not set")
    return diff("2020-12-10", next(Path(folder).glob("*2026-05-01*")))


def checkout(name: str) -> Path:
    """The folder of a code base; its test is skipped where it is not there."""
    folder = os.environ.get("DYNZUORA_PUBLIC")
    if not folder:
        pytest.skip("DYNZUORA_PUBLIC is not set: see docs/testing.md")
    if not Path(folder, name).is_dir():
        pytest.skip(f"there is no {name} in {folder}")
    return Path(folder, name)


def line(folder: Path, location: SourceLocation) -> tuple[str, int]:
    return Path(location.path).relative_to(folder).as_posix(), location.line


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_every_use_in_public_code_is_found_and_no_other(name: str, changes: Diff) -> None:
    expected = {(path, int(line), id) for row, path, line, id in TABLE if row == name}
    folder = checkout(name)
    usage = changes.used_by(folder)
    assert {(*line(folder, place.location), place.operation) for place in usage.places} == expected


def paths_written(folder: Path, old: Prepared) -> Iterator[tuple[str, int]]:
    """The lines with a quoted path of an operation, by a search of the text."""
    templates = re.compile(
        "|".join(re.sub(r"\{[^}]*\}", "[^/]+", entry.path) for entry in old.index.values())
    )
    for path in sorted(folder.rglob("*.py")):
        for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1):
            code = line.split("#")[0]
            if '"""' in code or re.match(r"\s*@", code):
                continue
            for _, content in re.findall(r"(['\"])(.*?)\1", code):
                text = re.sub(r"\{[^}]*\}+|%\w", "X", content).partition("?")[0].rstrip()
                at = re.search(r"(?:^|X|[.]com)(/?v1/\S*|/(?:query|oauth|objects|workflows)/\S*)$", text)
                if at and templates.fullmatch("/" + at[1].strip("/") + "/X" * at[1].endswith("/")):
                    yield path.relative_to(folder).as_posix(), number


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_search_of_the_text_finds_no_line_more(name: str, changes: Diff) -> None:
    folder = checkout(name)
    assert changes.documents is not None
    usage = changes.used_by(folder)
    lines = {line(folder, row.location) for row in (*usage.places, *usage.unresolved)}
    written = [row for prepared in changes.documents for row in paths_written(folder, prepared)]
    assert sorted({row for row in written if row not in lines}) == NOT_CALLED.get(name, [])


def test_the_page_about_testing_has_the_commit_of_each_code_base() -> None:
    page = ROOT.joinpath("docs/testing.md").read_text("utf-8")
    assert re.findall(r"^\| ([\w.-]+/[\w.-]+) \| `[0-9a-f]{40}` \|", page, re.MULTILINE) == NAMES
