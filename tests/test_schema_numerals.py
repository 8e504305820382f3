"""A number written as text keeps to the limits of numbers, whatever the limit and the digits."""

from __future__ import annotations

import operator
import re
from decimal import Decimal
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynzuora.schema import Checker
from dynzuora.schema.numerals import text_limit

COMPARES = {
    "minimum": operator.ge,
    "maximum": operator.le,
    "exclusiveMinimum": operator.gt,
    "exclusiveMaximum": operator.lt,
}
numbers = (
    st.integers(-1200, 1200).map(lambda cents: Decimal(cents) / 100)
    | st.integers(-50, 50).map(Decimal)
    | st.integers(-(10**39), 10**39).map(Decimal)
)


@pytest.mark.parametrize("keyword", sorted(COMPARES))
@settings(max_examples=500, deadline=None, derandomize=True, database=None)
@given(limit=numbers, value=numbers, front=st.sampled_from(["", "+", "00"]), zeros=st.sampled_from([0, 1, 2]))
def test_a_text_is_compared_as_its_number_is(keyword, limit, value, front, zeros) -> None:
    digits = format(value.copy_abs(), "f")
    text = ("-" if value < 0 else front) + digits + ("." * ("." not in digits) + "0" * zeros if zeros else "")
    pattern = text_limit(keyword, limit)
    found = re.search(pattern, text) is not None
    assert found == COMPARES[keyword](value, limit)
    assert jsonschema_rs.Draft202012Validator({"pattern": pattern}).is_valid(text) == found


@pytest.mark.parametrize(
    "limit", [10**41, Decimal("1e-41"), Decimal("1E+999999999"), Decimal("0." + "1" * 41)]
)
def test_a_limit_of_too_many_digits_is_not_compared_with_text(limit: Any) -> None:
    assert text_limit("maximum", limit) is None


@pytest.mark.parametrize("engine", ["fastest", "jsonschema"])
@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("32", "is '32'; allowed: 31 or less."),
        ("-1", "is '-1'; allowed: 0 or more."),
        ("many", "expected an integer, got 'many'."),
    ],
)
def test_what_is_wrong_is_told_with_the_limit(value: str, told: str, engine: Any) -> None:
    checker = Checker({"type": "integer", "minimum": 0, "maximum": 31}, {}, engine=engine)
    assert [each.message for each in checker.problems(value)] == [told]
