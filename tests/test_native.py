"""Values of numpy and pandas: judged and sent as the numbers, days and lists that they show."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy
import pandas
import pytest

import dynzuora
from dynzuora import _json, errors
from tests.documents import body_of, document, operation, parameter

DAY = numpy.datetime64("2026-02-01", "ns")
BILL = document(
    {
        "/bill": {
            "post": operation(
                "bill",
                parameter("ids", "query", schema={"type": "array", "items": {"type": "integer"}}),
                parameter(
                    "days", "query", schema={"type": "array", "items": {"type": "string", "format": "date"}}
                ),
                parameter("day", "query", schema={"type": "string", "format": "date"}),
                parameter("rate", "query", schema={"type": "number"}),
                requestBody=body_of(
                    "application/json",
                    {
                        "type": "object",
                        "properties": {
                            "day": {"type": "string", "format": "date"},
                            "time": {"type": "string", "format": "date-time"},
                            "ids": {"type": "array", "items": {"type": "integer"}},
                            "rows": {
                                "type": "array",
                                "items": {
                                    "type": "object",
                                    "properties": {
                                        "day": {"type": "string", "format": "date"},
                                        "amount": {"type": "number"},
                                    },
                                },
                            },
                        },
                    },
                ),
            )
        }
    }
)


@pytest.fixture(scope="module")
def bill() -> Any:
    return dynzuora.load(BILL).operations["bill"]


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (DAY, '"2026-02-01T00:00:00"'),
        (numpy.datetime64("2026-02-01T09:30", "s"), '"2026-02-01T09:30:00"'),
        (numpy.datetime64("2026-02-01T09:30:00.123456789"), '"2026-02-01T09:30:00.123456789"'),
        (numpy.datetime64("2026-02-01T09", "h"), '"2026-02-01T09:00:00"'),
        (numpy.datetime64("2026-02-01T09:30:00.5", "us"), '"2026-02-01T09:30:00.500000"'),
        (numpy.datetime64("2026-02-01", "D"), '"2026-02-01"'),
        (numpy.datetime64("2026-02", "M"), '"2026-02-01"'),
        (numpy.datetime64("20260-02-01", "D"), '"20260-02-01"'),
        (numpy.float32(0.1), "0.1"),
        (numpy.float16(19.99), "19.98"),
        (numpy.longdouble("0.1"), "0.1"),
        (numpy.float64(0.1), "0.1"),
        (numpy.int8(-3), "-3"),
        (numpy.bool_(True), "true"),
        (numpy.array(5), "5"),
        (numpy.array([[1, 2], [3, 4]]), "[[1,2],[3,4]]"),
        (numpy.array([DAY]), '["2026-02-01T00:00:00"]'),
        (numpy.array([], dtype="f4"), "[]"),
        (numpy.array([0.1], dtype="f4"), "[0.1]"),
        (pandas.Series([1, 2], index=[7, 8]), "[1,2]"),
        (pandas.Index(["a"]), '["a"]'),
        (pandas.Categorical(["a", "b"]), '["a","b"]'),
        (pandas.array([True, False], dtype="boolean"), "[true,false]"),
        (pandas.Series([0.1], dtype="float32"), "[0.1]"),
        (pandas.array([0.1], dtype="Float32"), "[0.1]"),
        (pandas.Series([Decimal("10.10")]), "[10.10]"),
        (pandas.Timestamp("2026-02-01T09:30:00.000000001"), '"2026-02-01T09:30:00.000000001"'),
        (
            pandas.DataFrame({"a": [1, 2], "b": ["x", None]}, dtype=object),
            '[{"a":1,"b":"x"},{"a":2,"b":null}]',
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_a_body_has_the_value_that_is_shown(value: Any, written: str) -> None:
    assert _json.encode(_json.plain(value)).decode() == written


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (numpy.datetime64("NaT"), "body: NaT is a missing value: leave it out, or send None."),
        (pandas.NaT, "body: NaT is a missing value: leave it out, or send None."),
        (pandas.NA, "body: <NA> is a missing value: leave it out, or send None."),
        (
            pandas.Series([1, None], dtype="Int64"),
            "body[1]: <NA> is a missing value: leave it out, or send None.",
        ),
        (numpy.ma.array([1, 2], mask=[0, 1]), "body[1]: -- is a missing value: leave it out, or send None."),
        (pandas.Series([1.5, None]), "body[1]: nan is not a JSON number."),
        (numpy.float32("inf"), "body: Infinity is not a JSON number."),
        (numpy.timedelta64(1, "D"), "body: a timedelta64 cannot be sent as JSON."),
        (numpy.complex64(1), "body: a complex64 cannot be sent as JSON."),
        (pandas.Period("2026-02"), "body: a Period cannot be sent as JSON."),
        (pandas.DataFrame({1: [1]}), "body[0]: has a key of type int; JSON keys are strings."),
    ],
    ids=lambda value: None if isinstance(value, str) else type(value).__name__,
)
def test_what_has_no_value_is_refused_with_its_place(value: Any, message: str) -> None:
    with pytest.raises(_json.InvalidJson) as raised:
        _json.plain(value)
    assert str(raised.value) == message


COLUMNS = [numpy.array([1, 2]), pandas.Series([1, 2]), pandas.array([1, 2]), pandas.Index([1, 2]), [1.0, 2.0]]


@pytest.mark.parametrize("level", ["standard", "strict", "off"])
@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: type(column).__name__)
def test_a_column_is_judged_as_it_is_sent(bill: Any, column: Any, level: str) -> None:
    assert bill.prepare({}, ids=column, validate=level).url == "/bill?ids=1&ids=2"


@pytest.mark.parametrize("column", [numpy.array(["x"]), pandas.Series(["x"])], ids=["ndarray", "Series"])
def test_a_column_of_another_type_is_refused_in_parameter_and_body_alike(bill: Any, column: Any) -> None:
    told = []
    for given in ({"body": {}, "ids": column}, {"body": {"ids": column}}):
        with pytest.raises(errors.InvalidRequest) as raised:
            bill.prepare(**given)
        told.append([problem.message for problem in raised.value.problems])
    assert told == [["expected an integer, got 'x'."]] * 2


MIDNIGHTS = [
    DAY,
    pandas.Timestamp("2026-02-01"),
    numpy.datetime64("2026-02-01", "D"),
    numpy.datetime64("2026-02-01", "s"),
]


@pytest.mark.parametrize("level", ["standard", "strict"])
@pytest.mark.parametrize("value", MIDNIGHTS, ids=repr)
def test_a_time_at_midnight_is_the_day_where_a_day_is_asked_for(bill: Any, value: Any, level: str) -> None:
    days = pandas.Series([value, value])
    body = {"day": value, "time": pandas.Timestamp(value), "rows": [{"day": value}]}
    request = bill.prepare(body, day=value, days=days, validate=level)
    assert request.url == "/bill?days=2026-02-01&days=2026-02-01&day=2026-02-01"
    assert _json.decode(request.body) == {
        "day": "2026-02-01",
        "time": "2026-02-01T00:00:00",
        "rows": [{"day": "2026-02-01"}],
    }


def test_the_rows_of_a_frame_are_a_body(bill: Any) -> None:
    rows = pandas.DataFrame({"day": pandas.to_datetime(["2026-02-01"]), "amount": numpy.array([0.1], "f4")})
    assert bill.prepare({"rows": rows}).body == b'{"rows":[{"day":"2026-02-01","amount":0.1}]}'


@pytest.mark.parametrize("text", ["2026-02-01T00:00:00", "2026-02-01"])
def test_text_is_sent_as_it_is_written(bill: Any, text: str) -> None:
    assert bill.prepare({"day": text, "time": DAY}, validate="off").body == (
        f'{{"day":"{text}","time":"2026-02-01T00:00:00"}}'.encode()
    )


def test_a_body_that_contains_itself_is_refused_with_a_time_in_it(bill: Any) -> None:
    body: dict[str, Any] = {"day": DAY}
    body["rows"] = [body]
    with pytest.raises(errors.InvalidRequest, match="contains itself"):
        bill.prepare(body)
