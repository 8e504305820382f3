"""Reports where people work: annotations of GitHub, SARIF for code scanning, a changelog."""

from __future__ import annotations

import json
import re

import pytest

from dynzuora.comparison import Diff, Usage, reports
from dynzuora.comparison.usage import SourceLocation, UsageFinding
from tests.comparisons import EMPTY, SMALL, USAGE, change


def test_github_annotates_the_lines_of_ones_own_code() -> None:
    assert reports.github(SMALL, USAGE) == (
        "::error file=jobs/nightly.py,line=12,title=dynzuora operation-renamed::"
        'POST_Old: POST_Old was renamed to POST_New → "POST_New"\n'
        "::notice file=look.ipynb,title=dynzuora unresolved::"
        "cell 3, line 2: the operation's id is computed: client.call(name)\n"
    )


def test_github_annotates_changes_where_there_is_no_code() -> None:
    assert reports.github(SMALL).splitlines()[0].startswith("::error title=dynzuora operation-removed::")
    assert reports.github(EMPTY) == ""


def test_a_name_cannot_end_an_annotation_or_begin_another() -> None:
    location = SourceLocation("a,b:c%.py", 1)
    finding = UsageFinding(location, "X", "", "operation-removed", "breaking", "gone\n::error::x", "")
    assert reports.github(EMPTY, Usage((), 1, ("X",), (finding,), ())) == (
        "::error file=a%2Cb%3Ac%25.py,line=1,title=dynzuora operation-removed::X: gone ::error::x\n"
    )


def test_sarif_has_a_result_for_each_finding_at_its_line() -> None:
    [run] = json.loads(reports.sarif(SMALL, USAGE))["runs"]
    assert run["tool"]["driver"] == {
        "name": "dynzuora",
        "rules": [
            {"id": "operation-renamed", "shortDescription": {"text": "operation renamed"}},
            {"id": "unresolved", "shortDescription": {"text": "unresolved"}},
        ],
    }
    assert [(result["ruleId"], result["level"], result["locations"]) for result in run["results"]] == [
        (
            "operation-renamed",
            "error",
            [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": "jobs/nightly.py"},
                        "region": {"startLine": 12},
                    }
                }
            ],
        ),
        (
            "unresolved",
            "note",
            [
                {
                    "physicalLocation": {"artifactLocation": {"uri": "look.ipynb"}},
                    "logicalLocations": [{"name": "cell 3 line 2"}],
                }
            ],
        ),
    ]


@pytest.mark.parametrize("comparison", [SMALL, EMPTY], ids=["small", "empty"])
@pytest.mark.parametrize("usage", [None, USAGE], ids=["changes", "usage"])
def test_every_result_of_sarif_is_one_of_its_rules(comparison: Diff, usage: Usage | None) -> None:
    log = json.loads(reports.sarif(comparison, usage))
    [run] = log["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert log["version"] == "2.1.0"
    assert [rules[result["ruleIndex"]] for result in run["results"]] == [
        result["ruleId"] for result in run["results"]
    ]


def test_a_changelog_has_the_headings_of_keep_a_changelog() -> None:
    assert reports.changelog(SMALL) == (
        "## [2]\n\n"
        "### Added\n\n"
        "- `Contact.city`: the property street was added. (2 operations)\n\n"
        "### Changed\n\n"
        "- **Breaking:** `Contact.city`: maxLength was lowered from 40 to 20. (2 operations)\n\n"
        "### Removed\n\n"
        "- **Breaking:** `GET_Report`: the operation GET /v1/report was removed.\n"
    )
    assert reports.changelog(EMPTY) == "## [1]\n\nNothing changed.\n"


def test_a_new_value_of_an_enum_is_a_change_and_not_something_added() -> None:
    one = change(id="enum-value-added", severity="info")
    assert re.findall("^### (.+)$", reports.changelog(Diff(SMALL.old, SMALL.new, (one,))), re.MULTILINE) == [
        "Changed"
    ]
