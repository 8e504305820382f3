"""What a value proves is breaking: random pairs of schemas, judged by jsonschema (a long test)."""

from __future__ import annotations

import pytest

from tests import long_pairs
from tests.long_pairs import judged
from tests.schema_pairs import Pair, pair


@pytest.mark.slow
def test_what_a_value_proves_is_breaking_and_nothing_else_is() -> None:
    assert long_pairs.run(count=500, seed=1, shown=10)


PATTERNS = {"allOf": [{"type": "string", "pattern": "b$"}, {"type": "string", "pattern": "^a"}]}
LISTED = {"anyOf": [{"type": "integer"}, {"type": "number", "enum": [3, 1.5]}]}
LISTS = {
    "type": "array",
    "items": {"type": "array", "items": {"type": "boolean"}},
    "minItems": 2,
    "uniqueItems": True,
}
OBJECTS = {"type": "array", "items": {"type": "object"}, "anyOf": [{"minItems": 2}], "uniqueItems": True}
LONELY = pair(103_059)


@pytest.mark.parametrize(
    ("old", "new", "direction"),
    [
        pytest.param(PATTERNS, {"type": "object"}, "request", id="of two patterns"),
        pytest.param(
            LISTED, {"type": "number", "minimum": 1}, "response", id="between those that are listed"
        ),
        pytest.param({"type": "string"}, LISTS, "response", id="lists that differ"),
        pytest.param({"type": "string"}, OBJECTS, "response", id="objects that differ"),
        pytest.param(
            {"type": "object", "additionalProperties": {"maxProperties": 1}},
            {"type": "object", "additionalProperties": {}},
            "response",
            id="an object among values of any type",
        ),
        pytest.param(LONELY.old, LONELY.new, "request", id="one field and no other"),
    ],
)
def test_values_that_were_not_thought_of_are_found(
    old: dict[str, object], new: dict[str, object], direction: str
) -> None:
    assert judged(Pair(1, old, new), direction)[0] == "proved and breaking"
