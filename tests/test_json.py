"""Values on their way to the wire and back: exact, or refused with every fault named."""

from __future__ import annotations

import enum
import math
from collections import OrderedDict
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from unittest import mock
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynzuora import _json


class Colour(enum.Enum):
    RED = "red"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("0.10"), b"0.10"),
        (Decimal("1E+3"), b"1000"),
        (Decimal("-0.000000000000000001"), b"-0.000000000000000001"),
        (Decimal("1E-100"), b"1E-100"),
        (12345678901234567890, b"12345678901234567890"),
        (0.1, b"0.1"),
        ("é\u2028", '"é\u2028"'.encode()),
        ((1, [2]), b"[1,[2]]"),
        (date(2026, 1, 31), b'"2026-01-31"'),
        (datetime(2026, 1, 31, 12, 30), b'"2026-01-31T12:30:00"'),
        (datetime(2026, 1, 31, tzinfo=UTC), b'"2026-01-31T00:00:00+00:00"'),
        (UUID(int=1), b'"00000000-0000-0000-0000-000000000001"'),
        (Colour.RED, b'"red"'),
        (OrderedDict(b=1, a=None), b'{"b":1,"a":null}'),
        (True, b"true"),
        ('"\\udc00', b'"\\"\\\\udc00"'),
    ],
    ids=repr,
)
def test_a_value_is_written_exactly(value: Any, text: bytes) -> None:
    assert _json.encode(_json.plain(value)) == text


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ({"a": [math.nan]}, "body.a[0]: nan is not a JSON number."),
        ({"a": Decimal("Infinity")}, "body.a: Infinity is not a JSON number."),
        ({"a": {1, 2}}, "body.a: a set cannot be sent as JSON."),
        ({"a": b"x"}, "body.a: a bytes cannot be sent as JSON."),
        ({1: "x"}, "body: has a key of type int; JSON keys are strings."),
        ({"a": "\ud800"}, "body.a: contains a lone surrogate, which UTF-8 cannot encode."),
        (
            {"a": 10**4300},
            "body.a: has more than 4,300 digits, which cannot be written.",
        ),
    ],
    ids=["nan", "infinity", "set", "bytes", "key", "surrogate", "endless"],
)
def test_what_json_cannot_carry_is_refused_with_its_place(value: Any, problem: str) -> None:
    with pytest.raises(_json.InvalidJson) as caught:
        _json.plain(value)
    assert str(caught.value) == problem


def test_every_fault_is_found_in_one_pass() -> None:
    with pytest.raises(_json.InvalidJson) as caught:
        _json.plain({"a": math.inf, "b": [object()]})
    assert [each.path for each in caught.value.problems] == ["body.a", "body.b[0]"]


def test_what_json_cannot_carry_is_not_kept_where_it_may_be_a_secret() -> None:
    with pytest.raises(_json.InvalidJson) as caught:
        _json.plain({"password": math.nan, "note": b"geheim", ("geheim",): 1})
    assert "geheim" not in str(caught.value)
    assert [each.found for each in caught.value.problems] == ["***", "6 bytes", "a tuple"]


def test_a_value_that_contains_itself_is_refused() -> None:
    value: dict[str, Any] = {}
    value["self"] = value
    with pytest.raises(_json.InvalidJson, match=r"body\.self: contains itself"):
        _json.plain(value)


def test_a_value_used_twice_does_not_contain_itself() -> None:
    shared = {"x": 1}
    assert _json.plain([shared, shared]) == [{"x": 1}, {"x": 1}]


def test_the_plain_value_is_a_copy() -> None:
    body = {"a": [1]}
    plain = _json.plain(body)
    body["a"].append(2)
    assert plain == {"a": [1]}


@pytest.mark.parametrize("text", ["NaN", '{"a": Infinity}', "{", "", "[" * 100_000, "1" * 5000 + "x"])
def test_what_is_no_json_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        _json.decode(text)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.decimals(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(json_values)
def test_reading_what_was_written_gives_the_same_value(value: Any) -> None:
    assert _json.decode(_json.encode(_json.plain(value))) == value


@pytest.mark.parametrize("brackets", ["[]", "{}"])
def test_what_could_not_be_sent_again_for_its_depth_is_not_read(brackets: str) -> None:
    before, after = ('{"a":', "}") if brackets == "{}" else ("[", "]")
    for beside in ("", '"]}{[",'):  # brackets inside a text are none
        assert _json.decode(f"[{beside}{before * 199}1{after * 199}]")
        with pytest.raises(ValueError, match="nested deeper than 200 levels"):
            _json.decode(f"[{beside}{before * 201}1{after * 201}]")


@pytest.mark.parametrize("floats", [True, False])
@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'"\ud800"', "\ufffd"),
        (r'{"\udc00": ["a\udc00b\ud83d\ude00"]}', {"\ufffd": ["a\ufffdb\U0001f600"]}),
        (r'"\\ud800"', r"\ud800"),
    ],
)
def test_half_a_character_is_read_as_the_mark_for_it(text: str, value: Any, floats: bool) -> None:
    found = _json.decode(text, floats=floats)
    assert found == value
    _json.encode(found)


def test_a_number_with_an_exponent_that_nothing_can_hold_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="too large an exponent"):
        _json.decode("1e99999999999999999999")


def _decoded(content: bytes, floats: bool, by: dict[bool, Any]) -> str:
    with mock.patch.object(_json, "_FAST", by):
        try:
            return repr(_json.decode(content, floats=floats))  # which tells 1 from 1.0, and 0.1 from 0.10
        except ValueError as error:
            return f"{type(error).__name__}: {error}"


@pytest.fixture(scope="module")
def msgspec_decoders() -> dict[bool, Any]:
    _json.expect_much()
    return dict(_json._FAST)


_ODD = [
    b"\xef\xbb\xbf1", b'{"a": 1, "a": 2}', rb'"\ud800"', rb'"\ud83d\ude00"', b'"\xed\xa0\x80"', b'"\xff"',
    b'"\x01"', b"NaN", b"-Infinity", b"-0", b"-0.0", b"01", b"1.", b".5", b"1e5", b"1E400",
    b"1e99999999999999999999", b"18446744073709551616", b"-9223372036854775809", b"1" * 4300, b"1" * 4301,
    b"0.1" + b"0" * 400, b"1 2", b"", b"[1,]", b"{1:2}", b'{"a":1}\0', b"\x0b1", b" 1 ",
    b"[" * 201 + b"]" * 201, b"[" * 5000 + b"]" * 5000,
]  # fmt: skip


@pytest.mark.parametrize("content", _ODD, ids=lambda content: repr(content[:24]))
def test_msgspec_changes_no_value_and_no_error(content: bytes, msgspec_decoders: dict[bool, Any]) -> None:
    for floats in (False, True):
        assert _decoded(content, floats, msgspec_decoders) == _decoded(content, floats, {})


@given(json_values, st.integers(0), st.integers(0), st.sampled_from([*_ODD[:17], b'"', b"\\", b",", b"}"]))
def test_msgspec_reads_damaged_json_as_json_does(
    msgspec_decoders: dict[bool, Any], value: Any, start: int, length: int, piece: bytes
) -> None:
    content = _json.encode(_json.plain(value))
    start %= len(content) + 1
    content = content[:start] + piece + content[start + length % 3 :]
    for floats in (False, True):
        assert _decoded(content, floats, msgspec_decoders) == _decoded(content, floats, {})


def test_a_value_nested_too_deep_is_refused() -> None:
    value: list[Any] = []
    for _ in range(600):
        value = [value]
    with pytest.raises(_json.InvalidJson, match="nested deeper than 200 levels"):
        _json.plain(value)
