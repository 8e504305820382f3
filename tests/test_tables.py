"""Rows become Arrow tables and Parquet files with one exact type per column, whatever the pages."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal

import duckdb
import pandas
import polars
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dynzuora import Client, tables
from dynzuora.errors import FileError, NotFound, RequestWarning, TableError
from dynzuora.lists import amounts
from dynzuora.model import Schemas, shape_of
from tests.documents import document, operation
from tests.lists import tenant
from tests.servers import Answer, running

NUMBER = {"type": "number"}
DATE = {"type": "string", "format": "date"}
TIME = {"type": "string", "format": "date-time"}


def of(**properties):
    """The shape of a row with these properties."""
    return shape_of({"type": "object", "properties": properties})


def column(values, declared=None, **options):
    """The one column of a table of these values."""
    row = of(x=declared) if declared else None
    return tables.table([{"x": value} for value in values], row=row, **options)["x"]


def batches_of(rows, monkeypatch, size=1):
    """The table of rows that are stored so many at a time, as pages are."""
    monkeypatch.setattr("dynzuora.tables.collecting._BATCH", size)
    return tables.table(iter(rows))


# One type for all pages


PAGES = [
    [{"id": "a", "amount": Decimal("19.99"), "on": "2026-01-31", "note": None}],
    [{"id": "b", "amount": Decimal("100000000.125"), "on": None, "note": None}],
    [{"id": "c", "amount": None, "on": None, "note": None}],
    [{"id": "d", "amount": 5, "on": "2026-02-28", "note": None, "region__c": "EU"}],
    [{"id": "e", "amount": Decimal("0.01"), "on": "2026-03-31", "note": "x", "region__c": None}],
]
AMOUNTS = [Decimal("19.990"), Decimal("100000000.125"), None, Decimal("5.000"), Decimal("0.010")]
DAYS = [date(2026, 1, 31), None, None, date(2026, 2, 28), date(2026, 3, 31)]


def by_pandas(path):
    frame = pandas.read_parquet(path, dtype_backend="pyarrow")
    return {name: [None if pandas.isna(value) else value for value in frame[name]] for name in frame}


def by_duckdb(path):
    result = duckdb.connect().execute("select * from read_parquet(?)", [str(path)])
    names = [name for name, *_ in result.description]
    return dict(zip(names, map(list, zip(*result.fetchall(), strict=True)), strict=True))


READERS = {
    "pyarrow": lambda path: pq.read_table(path).to_pydict(),
    "polars": lambda path: polars.read_parquet(path).to_dict(as_series=False),
    "duckdb": by_duckdb,
    "pandas": by_pandas,
}


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
@pytest.mark.parametrize("size", [1, 2, 100])
def test_pages_of_different_precision_nulls_and_a_new_field_are_one_file(read, size, tmp_path, monkeypatch):
    monkeypatch.setattr("dynzuora.tables.collecting._BATCH", size)
    rows = (row for page in PAGES for row in page)
    path = tables.write_parquet(rows, tmp_path / "invoices.parquet")
    assert read(path) == {
        "id": ["a", "b", "c", "d", "e"],
        "amount": AMOUNTS,
        "on": DAYS,
        "note": [None, None, None, None, "x"],
        "region__c": [None, None, None, "EU", None],
    }


def test_a_table_and_a_file_of_the_same_rows_are_equal(tmp_path):
    rows = [row for page in PAGES for row in page]
    assert pq.read_table(tables.write_parquet(rows, tmp_path / "a.parquet")) == tables.table(rows)


@pytest.mark.parametrize(
    ("values", "declared", "type"),
    [
        ([Decimal("1.5"), None], None, pa.decimal128(18, 2)),
        ([5, 7], NUMBER, pa.decimal128(18, 2)),
        ([5, 7], {"type": "string", "format": "decimal"}, pa.decimal128(18, 2)),
        ([Decimal("0.000000001")], None, pa.decimal128(18, 9)),
        ([Decimal("12345678901234567.5"), Decimal("0.001")], None, pa.decimal128(38, 3)),
        ([2**62, Decimal("0.5")], None, pa.decimal128(38, 2)),
        ([2**70, 1], None, pa.decimal128(38, 2)),
        (["49.00", "-0.125", "", None, 5], NUMBER, pa.decimal128(18, 3)),
        ([5, None], None, pa.int64()),
        (["5", "-7", ""], {"type": "integer"}, pa.int64()),
        ([True, None], None, pa.bool_()),
        (["true", "False", ""], {"type": "boolean"}, pa.bool_()),
        (["a", None], None, pa.string()),
        (["2026-01-31"], {"type": "string"}, pa.string()),
        (["49.00", "490.00"], None, pa.string()),
        (["2026-01-31", ""], None, pa.date32()),
        (["2026-01-31", "2026-01-31 09:30:00"], DATE, pa.timestamp("us")),
        (["2026-01-31 09:30:00"], TIME, pa.timestamp("us")),
        (["2026-01-31T09:30:00+02:00", "2026-01-31 09:30:00 UTC"], TIME, pa.timestamp("us", "UTC")),
        (["2026-01-31 09:30:00", "2026-01-31T09:30:00Z"], TIME, pa.string()),
        (["9999-12-31T23:59:59-08:00"], TIME, pa.string()),
        (["2026-01-31T09:30:00.123456789Z"], TIME, pa.string()),
        (["2026-01-31", "soon"], DATE, pa.string()),
        ([[1], [], None], None, pa.list_(pa.int64())),
        ([[1], [Decimal("0.5")]], None, pa.list_(pa.decimal128(18, 2))),
        ([{"a": 1}, {"b": "x"}, None], None, pa.struct([("a", pa.int64()), ("b", pa.string())])),
        ([{}, None], None, pa.string()),
    ],
    ids=str,
)
def test_a_column_has_the_type_of_the_document_that_holds_all_its_values(values, declared, type):
    assert column(values, declared).type == type


@pytest.mark.parametrize(
    ("declared", "type"),
    [
        (None, pa.null()),
        (NUMBER, pa.decimal128(18, 2)),
        ({"type": "integer"}, pa.int64()),
        ({"type": "boolean"}, pa.bool_()),
        ({"type": "string"}, pa.string()),
        (DATE, pa.date32()),
        (TIME, pa.timestamp("us")),
        ({"type": "array", "items": NUMBER}, pa.list_(pa.decimal128(18, 2))),
        ({"type": "object", "properties": {"on": DATE}}, pa.struct([("on", pa.date32())])),
    ],
    ids=str,
)
def test_a_column_without_values_has_the_declared_type(declared, type):
    assert column([None, None], declared).type == type


def test_every_value_is_kept_as_it_is():
    values = [{"a": [{"n": Decimal("0.125")}, None]}, None, {"a": []}, {"b": {"on": "2026-01-31"}}]
    assert column(values).to_pylist() == [
        {"a": [{"n": Decimal("0.125")}, None], "b": None},
        None,
        {"a": [], "b": None},
        {"a": None, "b": {"on": date(2026, 1, 31)}},
    ]


def test_times_with_a_zone_are_instants():
    times = column(["2026-01-31T09:30:00.000+02:00", "2026-01-31T09:30:00.000-0800", None], TIME)
    assert times.to_pylist() == [
        datetime(2026, 1, 31, 7, 30, tzinfo=UTC),
        datetime(2026, 1, 31, 17, 30, tzinfo=UTC),
        None,
    ]


def test_amounts_are_floats_on_request():
    assert column([Decimal("0.1"), 5, None], NUMBER, floats=True).to_pylist() == [0.1, 5.0, None]
    assert column([None], NUMBER, floats=True).type == pa.float64()
    assert column(["0.1"], NUMBER, floats=True).to_pylist() == [0.1]


@pytest.mark.parametrize(
    ("values", "declared", "texts", "odd"),
    [
        ([5, "n/a"], NUMBER, ["5", "n/a"], "'n/a'"),
        ([Decimal("1.50"), True], None, ["1.50", "true"], "True"),
        ([{"a": 1}, "x"], None, ['{"a":1}', "x"], "'x'"),
        ([[1], 2], None, ["[1]", "2"], "2"),
        ([1, Decimal("1e40")], None, ["1", "1" + "0" * 40], r"Decimal\('1E\+40'\)"),
        ([Decimal("1e30"), Decimal("1e-12")], None, ["1" + "0" * 30, "0.000000000001"], "Decimal"),
    ],
    ids=["a word", "a boolean", "an object", "a list", "40 digits", "digits on both sides"],
)
def test_values_that_no_type_holds_are_text_with_a_warning(values, declared, texts, odd):
    with pytest.warns(RequestWarning, match=f"^x: {odd}"):
        assert column(values, declared).to_pylist() == texts


def test_a_later_page_may_turn_a_column_into_text(monkeypatch):
    with pytest.warns(RequestWarning, match="^x: 'n/a' is not of the type"):
        assert batches_of([{"x": 5}, {"x": None}, {"x": "n/a"}], monkeypatch)["x"].to_pylist() == [
            "5",
            None,
            "n/a",
        ]


def test_a_secret_is_not_in_the_warning():
    with pytest.warns(RequestWarning) as warned:
        tables.table([{"password": 1}, {"password": "hunter2-not-real"}])
    assert "hunter2" not in str(warned[0].message)


# Columns


def test_columns_are_in_order_of_appearance_after_those_of_a_query():
    rows = [{"Name": "x", "Id": "1"}, {"Balance": 1, "Id": "2"}]
    assert tables.table(rows, order=["id", "nobody"]).column_names == ["Id", "nobody", "Name", "Balance"]


def test_without_rows_the_columns_are_those_of_the_document():
    assert tables.schema(of(id={"type": "string"}, amount=NUMBER, bill=of(on=DATE).schema)) == pa.schema(
        [
            ("id", pa.string()),
            ("amount", pa.decimal128(18, 2)),
            ("bill", pa.struct([("on", pa.date32())])),
        ]
    )


def test_a_schema_that_contains_itself_ends():
    components = {
        "Node": {"type": "object", "properties": {"id": DATE, "up": {"$ref": "#/components/schemas/Node"}}}
    }
    node = Schemas(components).of(components["Node"])
    assert tables.schema(node, nested="dotted").names == ["id", "up.id", "up.up"]


def test_objects_become_dotted_columns_on_request():
    rows = [{"bill": {"city": "Ulm", "geo": {"lat": 1}}, "tags": [1]}, {"bill": None}, {"bill.city": "x"}]
    assert tables.table(rows, nested="dotted").to_pydict() == {
        "bill.city": ["Ulm", None, None],
        "bill.geo.lat": [1, None, None],
        "tags": [[1], None, None],
        "bill.city_": [None, None, "x"],
    }


def test_rows_that_are_not_objects_are_one_column():
    assert tables.table(["a", None, "b"]).to_pydict() == {"value": ["a", None, "b"]}


def test_rows_without_fields_are_rows():
    assert tables.table([{}, {}]).num_rows == 2


def test_rows_of_other_libraries_are_taken():
    frame = pandas.DataFrame({"on": [pandas.Timestamp(2026, 1, 31), pandas.NaT], "n": [1, 2]})
    assert tables.table(frame.to_dict("records")).to_pydict() == {
        "on": [datetime(2026, 1, 31), None],
        "n": [1, 2],
    }


def test_a_file_says_text_where_nothing_is_known(tmp_path):
    path = tables.write_parquet([{"x": None, "y": [None]}], tmp_path / "a.parquet")
    assert pq.read_schema(path) == pa.schema([("x", pa.string()), ("y", pa.list_(pa.string()))])


# A schema that is promised


SCHEMA = pa.schema([("amount", pa.decimal128(10, 2)), ("on", pa.date32()), ("nobody", pa.string())])


def test_the_types_of_a_schema_are_those_of_the_table_and_new_fields_are_added():
    table = tables.table([{"more": 1, "amount": "7.00", "on": "2026-01-31"}, {"amount": 5}], schema=SCHEMA)
    assert table.schema == pa.schema([*SCHEMA, ("more", pa.int64())])
    assert table.to_pylist() == [
        {"amount": Decimal("7.00"), "on": date(2026, 1, 31), "nobody": None, "more": 1},
        {"amount": Decimal("5.00"), "on": None, "nobody": None, "more": None},
    ]


@pytest.mark.parametrize(
    ("type", "value"),
    [
        (pa.decimal128(10, 2), Decimal("1.234")),
        (pa.decimal128(10, 2), 10**9),
        (pa.decimal128(10, 2), "n/a"),
        (pa.decimal128(10, 2), True),
        (pa.date32(), "2026-01-31 09:30:00"),
        (pa.timestamp("us", "UTC"), "2026-01-31 09:30:00"),
        (pa.int64(), Decimal("1.5")),
        (pa.int8(), 300),
        (pa.string(), 5),
        (pa.struct([("a", pa.int64())]), {"b": 1}),
        (pa.list_(pa.int64()), ["x"]),
    ],
    ids=str,
)
def test_a_value_that_a_schema_refuses_is_named_with_its_column(type, value):
    rows = [{"x": None}, {"x": value}]
    with pytest.raises(TableError, match=r"^x: .* is not .*, which the schema promises") as raised:
        tables.table(rows, schema=pa.schema([("x", type)]))
    assert (raised.value.column, raised.value.value) == ("x", repr(value))


def test_a_number_that_is_not_finite_is_refused():
    with pytest.raises(TableError, match=r"^x: NaN is not a number\."):
        column([Decimal("NaN")])


# Files that are whole or not there


def failing(rows, error):
    yield from rows
    raise error


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ValueError("x")], ids=["Ctrl-C", "an error"])
def test_an_interrupted_run_leaves_the_file_as_it_was(error, tmp_path):
    path = tables.write_parquet([{"x": 1}], tmp_path / "a.parquet")
    before = path.read_bytes()
    with pytest.raises(type(error)):
        tables.write_parquet(failing([{"x": 2}], error), path)
    assert ([*tmp_path.iterdir()], path.read_bytes()) == ([path], before)


def test_ctrl_c_while_the_file_is_written_leaves_no_part(tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(pq.ParquetWriter, "write_table", interrupted)
    with pytest.raises(KeyboardInterrupt):
        tables.write_parquet([{"x": 1}], tmp_path / "a.parquet")
    assert [*tmp_path.iterdir()] == []


def test_a_folder_that_is_missing_is_made_and_a_file_in_the_way_is_named(tmp_path):
    path = tables.write_parquet([{"x": 1}], tmp_path / "new" / "a.parquet")
    with pytest.raises(FileError, match=r"b\.parquet cannot be written: "):
        tables.write_parquet([{"x": 1}], path / "b.parquet")


# From a client


ROWS = [
    {"id": f"r{number}", "amount": number / 4, "on": "2026-01-31", "bill": {"city": "Ulm"}}
    for number in range(95)
]


def test_items_become_a_table_a_file_and_a_polars_frame(tmp_path):
    with tenant(ROWS) as (client, _):
        table = client.items("GET_Parts", key="a").to_arrow()
        path = client.items("GET_Parts", key="a").to_parquet(tmp_path / "a.parquet")
        frame = client.items("GET_Parts", key="a").to_polars()
    assert table.schema == pa.schema(
        [
            ("id", pa.string()),
            ("amount", pa.decimal128(18, 2)),
            ("on", pa.date32()),
            ("bill", pa.struct([("city", pa.string())])),
        ]
    )
    assert table.num_rows == 95
    assert pq.read_table(path) == table
    assert polars.from_arrow(table).equals(frame)
    assert frame["amount"].sum() == sum(row["amount"] for row in ROWS)


def test_pages_and_a_limited_run_are_tables_too():
    with tenant(ROWS) as (client, _):
        assert client.pages("GET_Parts", key="a").to_arrow().num_rows == 95
        items = client.items("GET_Parts", key="a", limit=50)
        assert next(items)["id"] == "r0"
        assert items.to_arrow()["id"].to_pylist() == [f"r{number}" for number in range(1, 50)]


CSV = document({"/file": {"get": operation("GET_File", responses={"200": {"content": {"text/csv": {}}}})}})


def test_the_rows_of_a_file_are_a_table():
    csv = Answer(content=b"Id,On\n1,2026-01-31\n2,\n", headers={"Content-Type": "text/csv"})
    with running(lambda seen: csv) as server, Client(CSV, server.url, token="fake") as client:
        assert client.items("GET_File").to_arrow().to_pydict() == {
            "Id": ["1", "2"],
            "On": [date(2026, 1, 31), None],
        }


@pytest.mark.parametrize("method", ["to_arrow", "to_df", "to_list"])
def test_a_run_that_failed_resumes_with_every_row(method):
    answers = iter([None, Answer(404)])
    with tenant(ROWS, lambda reply, seen: next(answers, None)) as (client, _):
        items = client.items("GET_Parts", key="a")
        with pytest.raises(NotFound):
            getattr(items, method)()
        assert len(getattr(items, method)()) == 95


def test_rows_that_a_failure_left_behind_are_not_lost_on_another_way():
    answers = iter([None, Answer(404)])
    with tenant(ROWS, lambda reply, seen: next(answers, None)) as (client, _):
        items = client.items("GET_Parts", key="a")
        with pytest.raises(NotFound):
            items.to_arrow()
        with pytest.raises(ValueError, match="40 rows that were read before the failure are kept"):
            items.to_list()
        assert len(items.to_polars()) == 95


def test_a_dry_run_has_no_rows():
    with tenant(ROWS) as (client, _), pytest.raises(ValueError, match="A dry run has no rows"):
        client.items("GET_Parts", key="a", dry_run=True).to_arrow()


# Rows themselves


def test_whole_amounts_in_rows_are_decimals_where_the_document_declares_numbers():
    with tenant([{"id": "a", "amount": 5}, {"id": "b", "amount": 5.25}]) as (client, _):
        rows = client.items("GET_Whole").to_list()
    assert [row["amount"] for row in rows] == [Decimal(5), Decimal("5.25")]
    assert {type(row["amount"]) for row in rows} == {Decimal}


def test_amounts_in_objects_and_lists_of_rows_are_decimals_too():
    line = {"type": "object", "properties": {"price": NUMBER, "count": {"type": "integer"}}}
    row = of(lines={"type": "array", "items": line}, bill=line, rates={"type": "array", "items": NUMBER})
    made = amounts.make_exact(
        {"lines": [{"price": 1, "count": 1}, None], "bill": {"price": 2}, "rates": [3, True]},
        amounts.places(row),
    )
    assert repr(made) == repr(
        {
            "lines": [{"price": Decimal(1), "count": 1}, None],
            "bill": {"price": Decimal(2)},
            "rates": [Decimal(3), True],
        }
    )


def test_the_ints_of_a_client_that_reads_floats_stay():
    with tenant([{"id": "a", "amount": 5}], floats=True) as (client, _):
        assert type(client.items("GET_Whole").first()["amount"]) is int


# Without the libraries


@pytest.mark.parametrize(
    ("library", "method"), [("pyarrow", "to_arrow"), ("pyarrow", "to_parquet"), ("polars", "to_polars")]
)
def test_without_the_library_the_error_says_how_to_get_it(library, method, monkeypatch):
    monkeypatch.setitem(sys.modules, library, None)
    extra = {"pyarrow": "arrow"}.get(library, library)
    arguments = ["a.parquet"] if method == "to_parquet" else []
    with tenant(ROWS) as (client, server):
        with pytest.raises(ImportError, match=rf"pip install '.*\[{extra}\]'"):
            getattr(client.items("GET_Parts", key="a"), method)(*arguments)
        assert server.seen == []


def test_pyarrow_is_imported_only_for_a_table():
    code = "import sys, dynzuora.tables, dynzuora.lists, dynzuora.files; print('pyarrow' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert result.stdout == "False\n"
