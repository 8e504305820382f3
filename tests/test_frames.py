"""Rows become a DataFrame in which dates are dates and money keeps its digits."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from dynzuora import Client
from dynzuora.model import Schemas, shape_of
from dynzuora.tables.frames import collect, frame
from dynzuora.tables.moments import moment
from tests.lists import ROW, tenant

pandas = pytest.importorskip("pandas")


@pytest.fixture(params=["with pyarrow", "without"], autouse=True)
def arrow(request, monkeypatch):
    """Every test runs with and without pyarrow, which changes nothing but what a frame costs."""
    if request.param == "without":
        monkeypatch.setitem(sys.modules, "pyarrow", None)


def of(**properties):
    """The schema of a row with these properties."""
    return {"type": "object", "properties": properties}


DATE = {"type": "string", "format": "date"}
TIME = {"type": "string", "format": "date-time"}
NUMBER = {"type": "number"}


def column(values, declared=None, **options):
    """The one column of a frame of these values; None is a row without the field."""
    rows = [{} if each is None else {"x": each} for each in values]
    return frame(rows, shape_of(of(x=declared)) if declared else None, **options)["x"]


# Columns


def test_nested_fields_are_dotted_columns_and_lists_stay():
    rows = [{"id": "a", "bill": {"city": "Ulm", "geo": {"lat": 1}}, "tags": [1, {"b": 2}]}]
    assert frame(rows).iloc[0].to_dict() == {
        "id": "a",
        "bill.city": "Ulm",
        "bill.geo.lat": 1,
        "tags": [1, {"b": 2}],
    }


def test_columns_are_the_union_of_keys_in_order_of_appearance():
    assert list(frame([{"b": 1, "a": 1}, {"c": 1, "a": 2}])) == ["b", "a", "c"]


def test_the_columns_of_a_query_stand_in_its_order_however_it_spells_them():
    rows = [{"Name": "x", "Id": "1"}, {"Balance": 1, "Id": "2", "Name": "y"}]
    assert list(frame(rows, order=["id", "balance", "name", "nobody"])) == ["Id", "Balance", "Name", "nobody"]


def test_columns_that_differ_in_their_capitals_alone_are_kept_apart():
    assert list(frame([{"Id": 1, "id": 2}], order=["ID"])) == ["Id", "id"]


def test_an_object_that_is_null_in_some_rows_is_no_column_beside_its_fields():
    assert list(frame([{"bill": None}, {"bill": {"city": "Ulm"}}, {"bill": {}}])) == ["bill.city"]
    assert list(frame([{"bill": None}])) == ["bill"]


def test_an_empty_result_has_the_declared_columns_and_their_types():
    empty = frame([], shape_of(ROW))
    assert list(empty) == ["id", "amount", "on", "bill.city"]
    assert str(empty["on"].dtype) == "datetime64[us]"
    assert len(empty) == 0


def test_an_empty_query_has_the_columns_it_selects():
    assert list(frame([], order=["Id", "Name"])) == ["Id", "Name"]


def test_a_schema_that_contains_itself_ends():
    components = {"Node": of(id=DATE, parent={"$ref": "#/components/schemas/Node"})}
    node = Schemas(components).of(components["Node"])
    assert list(frame([], node)) == [
        "id",
        "parent.id",
        "parent.parent",
    ]


def test_rows_that_are_no_objects_are_one_column():
    assert frame(["a", "b"])["value"].tolist() == ["a", "b"]


# Money


def test_money_is_exact():
    amounts = column([Decimal("0.10"), Decimal("0.20"), 5, None], NUMBER)
    assert amounts.tolist() == [Decimal("0.10"), Decimal("0.20"), Decimal(5), None]
    assert amounts.dropna().sum() == Decimal("5.30")


def test_whole_amounts_are_decimals_where_the_document_says_number():
    assert column([5, 7], NUMBER).tolist() == [Decimal(5), Decimal(7)]
    assert all(isinstance(each, Decimal) for each in column([5, 7], {"type": "string", "format": "decimal"}))


def test_money_is_floats_on_request():
    amounts = column([Decimal("0.10"), 5, None], NUMBER, floats=True)
    assert str(amounts.dtype) == "float64"
    assert amounts.dropna().tolist() == [0.1, 5.0]


WRITTEN = {"type": "string", "format": "decimal"}


@pytest.mark.parametrize("declared", [NUMBER, WRITTEN], ids=["a number", "a decimal in a text"])
def test_numbers_that_came_as_text_are_exact_where_the_document_declares_numbers(declared):
    amounts = column(["49.00", "-0.10", "", None, 5], declared)
    assert amounts.tolist() == [Decimal("49.00"), Decimal("-0.10"), None, None, Decimal(5)]
    assert column(["49.00", "0.5"], declared, floats=True).tolist() == [49.0, 0.5]


@pytest.mark.parametrize(
    ("values", "declared"),
    [
        (["49.00", "490.00"], {"type": "string"}),
        (["49.00", "490.00"], None),
        (["49.00", "n/a"], NUMBER),
        (["NaN", "1e9"], NUMBER),
        (["", ""], NUMBER),
    ],
    ids=["declared as text", "not declared", "one is no number", "not how JSON writes money", "only empty"],
)
def test_any_other_text_stays_as_it_came(values, declared):
    assert column(values, declared).tolist() == values


def test_the_amounts_of_a_list_add_up():
    client = Client.sandbox()
    amounts = [row["amount"] for row in client.items("GET_TransactionInvoice", account_key="A00000001")]
    assert {type(amount) for amount in amounts} == {Decimal}
    column = client.items("GET_TransactionInvoice", account_key="A00000001").to_df()["amount"]
    assert column.sum() == sum(amounts)


def test_the_floats_of_a_client_that_reads_floats_stay():
    assert str(column([0.1, 5], NUMBER).dtype) == "float64"


# Other types


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ([1, 2], "int64"),
        ([2**60 + 1, None], "Int64"),
        ([2**70, 1], "object"),
        ([True, False], "bool"),
        ([True, None], "boolean"),
        ([1, "a"], "object"),
        ([1, True], "object"),
        ([[1], None], "object"),
    ],
    ids=str,
)
def test_a_column_keeps_every_value_as_it_came(values, dtype):
    made = column(values)
    assert str(made.dtype) == dtype
    assert [each for each in made if not pandas.api.types.is_scalar(each) or not pandas.isna(each)] == [
        each for each in values if each is not None
    ]


def test_missing_text_is_missing():
    assert column(["a", None]).isna().tolist() == [False, True]


# Dates


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-31", datetime(2026, 1, 31)),
        ("2026-01-31 09:30:00", datetime(2026, 1, 31, 9, 30)),
        ("2026-01-31T09:30:00Z", datetime(2026, 1, 31, 9, 30, tzinfo=UTC)),
        ("2026-01-31 09:30:00 UTC", datetime(2026, 1, 31, 9, 30, tzinfo=UTC)),
        ("2026-01-31T09:30:00.000+02:00", datetime(2026, 1, 31, 9, 30, tzinfo=timezone(timedelta(hours=2)))),
        ("2026-01-31T09:30:00.000-0800", datetime(2026, 1, 31, 9, 30, tzinfo=timezone(-timedelta(hours=8)))),
        ("2026-01", None),
        ("20260131", None),
        ("2026-13-31", None),
        ("A-S00000001", None),
        ("", None),
    ],
)
def test_a_time_is_read_in_any_of_zuora_s_spellings(text, expected):
    assert moment(text) == expected


def test_declared_dates_are_parsed():
    made = column(["2026-01-31", None, ""], DATE)
    assert (str(made.dtype), made[0], made.isna().tolist()) == (
        "datetime64[us]",
        pandas.Timestamp(2026, 1, 31),
        [False, True, True],
    )


def test_a_time_keeps_its_zone():
    made = column(["2026-01-31T09:30:00+02:00", None], TIME)
    assert str(made.dtype) == "datetime64[us, UTC+02:00]"
    assert made[0].isoformat() == "2026-01-31T09:30:00+02:00"


def test_times_of_several_zones_are_put_in_one():
    made = column(["2026-01-31T09:30:00+02:00", "2026-07-31T09:30:00+01:00"], TIME)
    assert [each.isoformat() for each in made] == ["2026-01-31T07:30:00+00:00", "2026-07-31T08:30:00+00:00"]


@pytest.mark.parametrize(
    "values", [["2026-01-31", "soon"], ["2026-01-31 09:30:00", "2026-01-31T09:30:00Z"]], ids=["word", "zones"]
)
def test_a_column_that_is_not_all_dates_of_one_kind_stays_text(values):
    assert column(values, TIME).tolist() == values


def test_dates_far_away_are_dates():
    assert column(["9999-12-31", "0001-01-01"], DATE).dt.year.tolist() == [9999, 1]


@pytest.mark.parametrize("value", ["9999-12-31T23:59:59-08:00", "0001-01-01T00:00:00+05:00"])
def test_a_time_that_no_calendar_has_at_greenwich_stays_text(value):
    assert column([value], TIME).tolist() == [value]


def test_empty_texts_that_nothing_declares_stay_texts():
    assert column(["", ""]).tolist() == ["", ""]
    assert str(column([""], DATE).dtype) == "datetime64[us]"


def test_undeclared_dates_are_parsed_and_declared_text_is_not():
    assert str(column(["2026-01-31"]).dtype) == "datetime64[us]"
    assert column(["2026-01-31"], {"type": "string"}).tolist() == ["2026-01-31"]


# From a client


def test_items_and_pages_make_the_same_frame():
    rows = [{"id": "a", "amount": 10, "on": "2026-01-31", "bill": {"city": "Ulm"}}] * 50
    with tenant(rows) as (client, _):
        items = client.items("GET_Parts", key="a").to_df()
        pages = client.pages("GET_Parts", key="a").to_df()
    pandas.testing.assert_frame_equal(items, pages)
    assert items.iloc[0].to_dict() == {
        "id": "a",
        "amount": Decimal(10),
        "on": pandas.Timestamp(2026, 1, 31),
        "bill.city": "Ulm",
    }


def test_a_frame_that_was_interrupted_is_made_by_the_next_call(monkeypatch):
    rows = [{"id": "a", "amount": Decimal("1.10"), "on": "2026-01-31"}]
    whole = frame(rows, shape_of(ROW))
    with collect(shape_of(ROW)) as collector:
        collector.extend(rows)
        real, calls = pandas.DataFrame, iter([KeyboardInterrupt])

        def interrupted(*args, **options):
            for error in calls:
                raise error
            return real(*args, **options)

        monkeypatch.setattr(pandas, "DataFrame", interrupted)
        with pytest.raises(KeyboardInterrupt):
            collector.frame()
        pandas.testing.assert_frame_equal(collector.frame(), whole)


def test_a_client_that_reads_floats_makes_frames_of_floats():
    with tenant([{"amount": 1}], floats=True) as (client, _):
        assert str(client.items("GET_Whole").to_df()["amount"].dtype) == "float64"
        assert client.items("GET_Whole").to_df(floats=False)["amount"][0] == Decimal(1)


def test_a_query_s_frame_has_the_columns_it_selects_in_their_order():
    query = {"queryString": "select Name, id,Balance from Account where Id != 'x'"}
    with tenant([{"Id": "1"}, {"Id": "2", "Balance": 3, "Name": "n"}]) as (client, _):
        assert list(client.items("Action_POSTquery", body=query).to_df()) == ["Name", "Id", "Balance"]
    with tenant([]) as (client, _):
        assert list(client.items("Action_POSTquery", body=query).to_df()) == ["Name", "id", "Balance"]


def test_without_pandas_the_error_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r"pip install '.*\[pandas\]'"):
        frame([])


def test_pandas_is_imported_only_for_a_frame():
    code = "import sys, dynzuora.lists, dynzuora.tables.frames; print('pandas' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert result.stdout == "False\n"
