"""The table of rules, and the file that changes what it says."""

from __future__ import annotations

import datetime
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from dynzuora import diff
from dynzuora.comparison.rules import rules, shipped
from dynzuora.errors import SpecError
from tests.comparisons import mirrored
from tests.pets import changed, pets

LONGER = changed(pets(), {"in.notes.maxLength": 40, "out.notes.maxLength": 40})
DAY = datetime.date(2026, 6, 1)


def severities(table: dict[str, Any], new: Any = LONGER) -> list[tuple[str, str]]:
    found = diff(pets(), new, rules=table, today=DAY)
    return [(each.where, each.severity) for each in found.changes]


def test_every_rule_says_why_in_every_direction_it_is_seen_in() -> None:
    assert [
        id for id, rule in shipped().by_id.items() if not all(why for _, why in rule.verdicts.values())
    ] == []


def test_every_rule_has_one_for_the_change_in_the_other_direction() -> None:
    assert [id for id in shipped().by_id if mirrored(id) not in shipped().by_id] == []


def test_what_narrows_a_request_does_not_break_a_response_and_the_other_way_round() -> None:
    assert severities({}) == [("PetInput.notes", "breaking"), ("PetReply.notes", "info")]


def test_a_file_sets_the_severity_of_a_rule(tmp_path: Path) -> None:
    file = tmp_path / "rules.toml"
    file.write_text('[severity]\nmax-length-lowered = "warning"\n')
    found = diff(pets(), LONGER, rules=file)
    assert {each.severity for each in found.changes} == {"warning"}


def test_a_severity_may_be_set_in_one_direction_and_for_many_rules() -> None:
    assert {each for _, each in severities({"severity": {"max-*:request": "info"}})} == {"info"}


@pytest.mark.parametrize(
    "ignore",
    [
        {"where": "PetInput.*"},
        {"rule": "max-length-*", "where": "PetInput.notes"},
        {"operation": "POST_*", "until": "2026-06-01"},
        {"where": "PetInput.notes", "until": datetime.date(2026, 12, 31), "why": "nobody writes that much"},
    ],
    ids=["place", "rule and place", "operation, on its last day", "until a day to come"],
)
def test_an_accepted_change_is_left_out(ignore: dict[str, Any]) -> None:
    assert ("PetInput.notes", "breaking") not in severities({"ignore": [ignore]})


@pytest.mark.parametrize(
    "ignore",
    [
        {"where": "PetInput.notes", "until": "2026-05-31"},
        {"where": "PetOutput.*"},
        {"operation": "GET_*"},
    ],
    ids=["it has expired", "another place", "another operation"],
)
def test_a_change_that_is_not_accepted_stays(ignore: dict[str, Any]) -> None:
    assert ("PetInput.notes", "breaking") in severities({"ignore": [ignore]})


def test_a_change_that_reaches_further_than_what_is_accepted_stays() -> None:
    new = changed(pets(), {"shared.zip.type": "integer"})
    assert severities({"ignore": [{"operation": "POST_Pet"}]}, new) == [("Owner.zip", "breaking")]


def test_every_fault_of_a_file_is_named_at_once() -> None:
    with pytest.raises(SpecError) as caught:
        rules(
            {
                "severity": {"operation-remove": "breaking", "tag-added": "fatal"},
                "ignore": [{"place": "x"}, {"until": "soon"}],
                "colour": {},
            }
        )
    message = str(caught.value)
    for part in ("'operation-removed'", "'fatal'", "place unknown", "'soon'", "'colour'"):
        assert part in message
    assert caught.value.source == "the rules"


def test_a_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    file = tmp_path / "rules.toml"
    file.write_text("[severity")
    with pytest.raises(SpecError, match=r"rules\.toml: is not TOML") as caught:
        rules(file)
    assert caught.value.source == str(file)
    with pytest.raises(SpecError, match="cannot be read"):
        rules(tmp_path / "none.toml")


# -- docs/diff.md ----------------------------------------------------------------------------------

MANUAL = (Path(__file__).parents[1] / "docs/diff.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip().strip("`") for cell in line.strip("|").split("|")]
    for line in MANUAL.partition("## Which of your lines")[0].splitlines()
    if line.startswith("|") and "`" in line
]


@pytest.mark.parametrize(("rule", "said"), [(row[1], row[2:-1]) for row in ROWS])
def test_the_manual_says_what_the_table_does(rule: str, said: list[str]) -> None:
    verdicts = shipped().by_id[rule].verdicts
    directions = [""] if len(said) == 1 else ["request", "response"]
    assert said == [verdicts[each][0] if each in verdicts else "" for each in directions]


def test_the_file_in_the_manual_is_one() -> None:
    example = MANUAL.partition("```toml\n")[2].partition("```")[0]
    table = rules(tomllib.loads(example))
    assert table.by_id["property-renamed"].verdicts["request"][0] == "breaking"
    assert table.by_id["enum-value-added"].verdicts["response"][0] == "info"
    assert table.ignores[0].until == datetime.date(2027, 1, 31)


def test_a_document_that_has_not_changed_is_told_before_anything_that_compares_is_loaded() -> None:
    code = (
        "import sys, dynzuora; print(dynzuora.diff('2020-12-10', '2020-12-10').to_text()[-19:]); "
        "heavy = {'dynzuora.comparison.differences', 'tomllib', 'dynzuora.display.html_file'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.split() == ["warnings", "·", "0", "notes", "[]"]


def test_what_is_wrong_with_the_rules_is_said_even_where_nothing_changed() -> None:
    with pytest.raises(SpecError):
        diff(pets(), pets(), rules={"colour": {}})
