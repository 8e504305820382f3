"""One change at a time: the rule, the severity, the direction and the place that each is given."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from dynzuora import diff
from dynzuora.comparison import Diff
from dynzuora.comparison.rules import shipped
from tests.pets import CORPUS, changed, pets


def findings(found: Diff) -> list[str]:
    return sorted(
        f"{change.id} {change.severity} {change.direction or '-'} {change.where}" for change in found.changes
    )


def pairs() -> Iterator[Any]:
    for case in CORPUS["cases"]:
        old = changed(pets(), case.get("first"))
        new = changed(old, case.get("set"), case.get("remove", ()))
        yield pytest.param(old, new, case.get("there", []), id=case["is"])
        yield pytest.param(new, old, case.get("back", []), id=f"{case['is']}, taken back")


@pytest.mark.parametrize(("old", "new", "expected"), list(pairs()))
def test_one_change_is_found_where_it_is_with_a_witness_and_nothing_else(
    old: Any, new: Any, expected: list[str]
) -> None:
    found = diff(old, new)
    assert findings(found) == sorted(expected)
    assert [each.where for each in found.breaking if each.area == "schema" and not each.witness] == []


def test_the_corpus_is_large_and_half_of_it_breaks_nobody() -> None:
    expected = [each.values[2] for each in pairs()]
    compatible = [each for each in expected if not any(" breaking " in finding for finding in each)]
    assert len(expected) >= 150
    assert len(compatible) >= len(expected) / 2


#: Rules that need more than one change, another kind of document or an option; they have tests of their own.
ELSEWHERE = (
    "alternatives-exclusive",
    "alternatives-overlapping",
    "condition-changed",
    "condition-dropped",
    "condition-set",
    "description-changed",
    "link-added",
    "link-changed",
    "link-removed",
    "null-declared",
    "null-undeclared",
    "operation-broken",
    "operation-id-reused",
    "operation-in-other-document",
    "operation-repaired",
    "property-found-everywhere",
    "property-lost-everywhere",
    "security-declared",
    "security-undeclared",
)


#: Areas with a file of tests of their own: test_diff_sent, test_zuora_versions.
AREAS_ELSEWHERE = {"sent", "version"}


def test_every_rule_has_a_case() -> None:
    found = {finding.split()[0] for each in pairs() for finding in each.values[2]}
    apart = {id for id, rule in shipped().by_id.items() if rule.area in AREAS_ELSEWHERE}
    assert found | set(ELSEWHERE) | apart == set(shipped().by_id)
