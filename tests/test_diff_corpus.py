"""One change at a time: the rule, the severity, the direction and the place that each is given."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from dynzuora._diff import Diff, diff
from dynzuora._diff.rules import shipped

CORPUS = yaml.safe_load((Path(__file__).parent / "data/diff/corpus.yaml").read_text(encoding="utf-8"))


def keys(path: str) -> list[str]:
    """Return the keys that lead to ``path``; names with dots in them do not occur, media types do."""
    first, *rest = path.split(".")
    return [*CORPUS["places"][first], *rest]


def parent(document: Any, path: list[str]) -> Any:
    for key in path:
        document = document[int(key)] if isinstance(document, list) else document[key]
    return document


def changed(document: dict[str, Any], case: dict[str, Any], *words: str) -> dict[str, Any]:
    """Return a copy of ``document`` with what ``words`` of the case set and remove."""
    document = copy.deepcopy(document)
    for word in words:
        for path in case.get(word, ()):
            *way, last = keys(path)
            holder = parent(document, way)
            if word == "remove":
                del holder[last]
            else:
                holder[int(last) if isinstance(holder, list) else last] = copy.deepcopy(case[word][path])
    return document


def findings(found: Diff) -> list[str]:
    return sorted(f"{each.id} {each.severity} {each.direction or '-'} {each.where}" for each in found.changes)


def pairs() -> Iterator[Any]:
    for case in CORPUS["cases"]:
        old = changed(CORPUS["base"], case, "first")
        new = changed(old, case, "set", "remove")
        yield pytest.param(old, new, case.get("there", []), id=case["is"])
        yield pytest.param(new, old, case.get("back", []), id=f"{case['is']}, taken back")


@pytest.mark.parametrize(("old", "new", "expected"), list(pairs()))
def test_one_change_is_found_where_it_is_and_nothing_else(old: Any, new: Any, expected: list[str]) -> None:
    assert findings(diff(old, new)) == sorted(expected)


def test_the_corpus_is_large_and_half_of_it_breaks_nobody() -> None:
    expected = [each.values[2] for each in pairs()]
    compatible = [each for each in expected if not any(" breaking " in finding for finding in each)]
    assert len(expected) >= 150
    assert len(compatible) >= len(expected) / 2


#: Rules that need more than one change, another kind of document or an option; they have tests of their own.
ELSEWHERE = (
    "description-changed",
    "null-declared",
    "null-undeclared",
    "operation-broken",
    "operation-repaired",
    "property-found-everywhere",
    "property-lost-everywhere",
    "security-declared",
    "security-undeclared",
)


def test_every_rule_has_a_case() -> None:
    found = {finding.split()[0] for each in pairs() for finding in each.values[2]}
    assert found | set(ELSEWHERE) == set(shipped().by_id)
