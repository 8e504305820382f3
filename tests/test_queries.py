"""`client.query`: engines, values, types, waiting and resuming; ``%%zuora``."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from dynzuora import Client
from dynzuora.document import sources
from dynzuora.errors import InvalidRequest, JobFailed, ReadOnly, ServerError, ValidationFailed
from dynzuora.model import shape_of
from dynzuora.queries import bound, engine_of
from dynzuora.queries.columns import read

BUNDLED = [document.version for document in sources.bundled(sources.bundled_folder())]
USD = "select accountnumber, balance from account where currency = 'USD'"
ROWS = [
    {"accountnumber": "A00000001", "balance": Decimal("49.00")},
    {"accountnumber": "A00000003", "balance": Decimal("490.00")},
]


def sent(client):
    """The operations that a sandbox's client has called; a file has none."""
    return [
        entry.operation
        for entry in client._connection.adapter.sandbox.log
        if entry.operation != "createToken"
    ]


def test_a_query_sends_nothing_before_its_first_row_is_taken():
    client = Client.sandbox()
    rows = client.query(USD)
    assert sent(client) == []
    assert (rows.first(), rows.columns(), rows.to_list(), rows.to_list()) == (ROWS[0], [*ROWS[0]], ROWS, [])
    assert sent(client) == ["POST_DataQueryJob", *["GET_DataQueryJob"] * 3, ""]


@pytest.mark.parametrize(
    ("statement", "engine", "expected"),
    [
        pytest.param("select Id from Account", None, "sql", id="both could"),
        pytest.param("select Id from Account where ParentId = null", None, "zoql", id="is null"),
        pytest.param("select Id from Account where ParentId != NULL", None, "zoql", id="is not null"),
        pytest.param("select Id from Account where ParentId is null", None, "sql", id="null of SQL"),
        pytest.param("select '= null' from Account -- = null", None, "sql", id="in a text"),
        pytest.param("select Id from Account", "zoql", "zoql", id="by name"),
        pytest.param("select Id from Account where ParentId = null", "sql", "sql", id="SQL by name"),
    ],
)
def test_the_engine_is_data_query_unless_null_is_compared(statement, engine, expected):
    assert engine_of(statement, engine) == expected


def test_zoql_goes_to_zoql_and_is_paged():
    client = Client.sandbox()
    rows = client.query("select AccountNumber, Balance from Account", engine="zoql", limit=2).to_list()
    assert [(row["AccountNumber"], row["Balance"]) for row in rows] == [
        ("A00000001", Decimal("49.00")),
        ("A00000002", Decimal(0)),
    ]
    assert isinstance(rows[1]["Balance"], Decimal)
    assert sent(client) == ["Action_POSTquery"]


@pytest.mark.parametrize(
    ("value", "sql", "zoql"),
    [
        ("Ray's", "'Ray''s'", r"'Ray\'s'"),
        ("a\\b", "'a\\b'", r"'a\\b'"),
        (Decimal("19.90"), "19.90", "19.90"),
        (Decimal("1E+3"), "1000", "1000"),
        (0.1, "0.1", "0.1"),
        (7, "7", "7"),
        (True, "true", "true"),
        (None, "null", "null"),
        (date(2026, 1, 31), "date '2026-01-31'", "'2026-01-31'"),
        (datetime(2026, 1, 31, 9, 30), "timestamp '2026-01-31 09:30:00'", "'2026-01-31T09:30:00'"),
        (
            datetime(2026, 1, 31, 9, 30, tzinfo=UTC),
            "timestamp '2026-01-31 09:30:00 UTC'",
            "'2026-01-31T09:30:00+00:00'",
        ),
        (["a", 1], "('a', 1)", "('a', 1)"),
    ],
    ids=lambda value: str(value) if not isinstance(value, str) else value,
)
def test_a_value_becomes_a_literal_of_the_engine(value, sql, zoql):
    assert bound("x = :v", {"v": value}) == f"x = {sql}"
    assert bound("x = :v", {"v": value}, "zoql") == f"x = {zoql}"


def test_names_in_texts_and_comments_are_no_parameters():
    statement = "select ':a', \":a\" from t where x = :a -- :a\nand time > '10:30' /* :a */"
    assert bound(statement, {"a": 1}) == statement.replace("= :a", "= 1")


def test_every_problem_of_the_values_is_told_at_once():
    with pytest.raises(InvalidRequest) as error:
        Client.sandbox().query("select :one, :two", params={"tow": 1, "one": object(), "three": []})
    assert [str(problem) for problem in error.value.problems] == [
        "one: is of type object, which has no literal.",
        "two: has no value in params. Did you mean tow?",
        "tow: is not in the statement.",
        "three: is not in the statement.",
    ]


def test_values_reach_the_statement():
    rows = Client.sandbox().query(
        "select name from account where currency in :currencies and balance > :least",
        params={"currencies": ("EUR", "USD"), "least": Decimal("49.00")},
    )
    assert rows.to_list() == [{"name": "Cobalt Kite Studio"}]


def test_a_statement_that_is_refused_is_shown_with_the_place_of_its_fault():
    with pytest.raises(JobFailed, match=r"ended as failed\. line 2:8: Column 'nope' cannot") as error:
        Client.sandbox().query("select name,\n       nope from account").to_list()
    assert error.value.__notes__ == ["       nope from account\n       ^"]


def test_zoql_that_is_refused_says_why():
    with pytest.raises(ValidationFailed, match=r"INVALID_FIELD: invalid field for query: account\.Nope"):
        Client.sandbox().query("select Nope from Account", engine="zoql").first()


def test_ctrl_c_while_waiting_says_how_to_resume_and_iterating_goes_on():
    client = Client.sandbox()
    rows = client.query(USD)

    def interrupt(seconds):
        client._connection.sleep = lambda seconds: None
        raise KeyboardInterrupt

    client._connection.sleep = interrupt
    with pytest.raises(
        KeyboardInterrupt, match=r"is still running\. Resume with client\.query\(job='\w+-.*'\)"
    ):
        rows.to_list()
    assert rows.to_list() == ROWS
    assert client.query(job=rows.job.id).to_list() == ROWS
    assert sent(client).count("POST_DataQueryJob") == 1


def test_a_download_that_fails_is_read_again_and_no_row_is_twice():
    client = Client.sandbox()
    rows = client.query("select invoicenumber from invoice order by 1")
    taken = [next(rows), next(rows)]

    class Broken:
        def __iter__(self):
            return self

        def __next__(self):
            raise ServerError("the connection broke")

    rows._rows = Broken()
    with pytest.raises(ServerError):
        rows.to_list()
    assert [row["invoicenumber"] for row in [*taken, *rows]] == [
        f"INV0000000{number}" for number in range(1, 6)
    ]


def test_a_job_that_does_not_end_says_how_to_resume():
    rule = {"operation": "GET_DataQueryJob", "fault": "server_error_500", "times": 999}
    rows = Client.sandbox(faults=[rule], retries=0).query(USD)
    with pytest.raises(ServerError) as error:
        rows.first()
    assert f"Resume with client.query(job={rows.job.id!r})." in error.value.__notes__


ACCOUNTS = "select Id, Balance, AutoPay from Account where Currency = :currency"


def test_an_aggregate_query_has_typed_rows_and_is_resumed_by_its_job():
    client = Client.sandbox("2026-05-01")
    rows = client.query(ACCOUNTS, engine="aqua", params={"currency": "EUR"})
    identifier = client.query("select id from account where currency = 'EUR'").first()["id"]
    expected = [{"Id": identifier, "Balance": Decimal("0"), "AutoPay": False}]
    assert rows.to_list() == expected
    resumed = client.query(job=rows.job.id, engine="aqua")
    assert (resumed.to_list(), resumed.text) == (expected, ACCOUNTS.replace(":currency", "'EUR'"))


def test_texts_of_csv_are_read_as_declared_or_stay():
    kinds = {"a": "number", "b": "boolean", "i": "integer", "t": "string"}
    shape = shape_of({"properties": {name: {"type": kind} for name, kind in kinds.items()}})
    assert read({"a": "1.10", "b": "TRUE", "i": "7", "t": "007", "x": "8"}, shape) == {
        "a": Decimal("1.10"), "b": True, "i": 7, "t": "007", "x": "8",
    }  # fmt: skip
    assert read({"a": "", "b": "", "i": "", "t": ""}, shape) == {"a": None, "b": None, "i": None, "t": ""}
    assert read({"a": "1e5", "b": "yes", "i": "7.5"}, shape) == {"a": "1e5", "b": "yes", "i": Decimal("7.5")}


def test_ctrl_c_while_an_aggregate_query_runs_names_its_engine():
    client = Client.sandbox("2026-05-01")
    rows = client.query("select Name from Account", engine="aqua")

    def interrupt(seconds):
        raise KeyboardInterrupt

    client._connection.sleep = interrupt
    with pytest.raises(KeyboardInterrupt, match=r"client\.query\(job='\w+', engine='aqua'\)"):
        rows.first()


def test_a_read_only_client_queries():
    client = Client.sandbox(read_only=True)
    assert client.query(USD).to_list() == ROWS
    with pytest.raises(ReadOnly):
        client.call("POST_DataQueryJob", body=client.template("POST_DataQueryJob"))


def test_a_dry_run_has_the_request_as_its_row():
    [request] = Client.sandbox(dry_run=True).query(USD).to_list()
    assert request.operation_id == "POST_DataQueryJob"
    assert b'"outputFormat":"JSON"' in request.body


@pytest.mark.parametrize("arguments", [(), ("  ",), ("select 1", "x")], ids=["none", "blank", "both"])
def test_a_query_needs_either_a_statement_or_a_job(arguments):
    text, job = (*arguments, "", "")[:2]
    with pytest.raises(TypeError, match="takes a statement, or job="):
        Client.sandbox().query(text, job=job)


def test_an_unknown_engine_is_refused():
    with pytest.raises(ValueError, match=r"engine='duckdb': choose one of sql, zoql, aqua\."):
        Client.sandbox().query("select 1", engine="duckdb")


def test_whole_amounts_are_decimals_where_the_document_declares_a_number():
    client = Client.sandbox("2020-12-10")
    [row] = client.query("select Id, Balance from Account where Balance = 0 and Id != null").to_list()
    assert (row["Balance"], type(row["Balance"])) == (Decimal(0), Decimal)


@pytest.mark.parametrize("version", BUNDLED)
def test_every_bundled_version_answers(version):
    assert Client.sandbox(version).query(USD).to_list() == ROWS


def test_a_frame_is_typed():
    pandas = pytest.importorskip("pandas")
    frame = (
        Client.sandbox()
        .query(
            "select name, balance, billcycleday, autopay, createddate, date '2026-01-31' as day from account"
        )
        .to_df()
    )
    assert isinstance(frame, pandas.DataFrame)
    assert [*frame.columns] == ["name", "balance", "billcycleday", "autopay", "createddate", "day"]
    kinds = {name: str(kind) for name, kind in frame.dtypes.items()}
    assert kinds["billcycleday"] == "int64"
    assert kinds["autopay"] == "bool"
    assert (kinds["createddate"], kinds["day"]) == ("datetime64[us]", "datetime64[us]")
    assert sum(frame["balance"]) == Decimal("539.00")


class Shell:
    """What the magic needs of IPython."""

    def __init__(self):
        self.user_ns = {}


def test_a_cell_is_a_query_whose_frame_can_be_kept():
    pytest.importorskip("pandas")
    magic = pytest.importorskip("dynzuora.editors.magic")
    names = {"client": Client.sandbox(), "_": Client.sandbox(), "currency": "EUR"}
    frame = magic.run("-o euros", "select name from account where currency = :currency", names)
    assert frame is names["euros"]
    assert frame.to_dict("records") == [{"name": "Blue Heron Bakery GmbH"}]


@pytest.mark.parametrize(
    ("line", "clients", "message"),
    [
        pytest.param("", 0, "No variable is a client", id="no client"),
        pytest.param("", 2, "There are several clients: choose one with --client c0 or c1", id="several"),
        pytest.param("-c x", 1, "x is not a client", id="another"),
        pytest.param("-o 1x", 1, "'1x' is not a name of a variable", id="a wrong name"),
        pytest.param("--frame", 1, "unrecognized arguments: --frame", id="an unknown option"),
    ],
)
def test_a_cell_that_cannot_run_says_what_to_write(line, clients, message):
    error = pytest.importorskip("IPython.core.error").UsageError
    from dynzuora.editors import magic

    names = {f"c{number}": Client.sandbox() for number in range(clients)}
    with pytest.raises(error, match=message):
        magic.run(line, "select 1", names)


def test_a_query_becomes_arrow_polars_and_parquet_with_the_documents_types(tmp_path):
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    pytest.importorskip("polars")
    client = Client.sandbox("2020-12-10")
    statement = "select name, balance, createddate from account order by balance"
    table = client.query(statement).to_arrow()
    kinds = [table.schema.field(name).type for name in ("name", "createddate")]
    assert [*map(str, kinds)] == ["string", "timestamp[us]"]
    assert table.schema.field("balance").type.scale == 2
    assert table["balance"].to_pylist() == [Decimal("0.00"), Decimal("49.00"), Decimal("490.00")]
    assert client.query(statement).to_polars()["balance"].to_list() == table["balance"].to_pylist()
    path = client.query(statement).to_parquet(tmp_path / "accounts.parquet")
    assert parquet.read_table(path).cast(table.schema).equals(table)
    assert arrow.types.is_decimal(parquet.read_schema(path).field("balance").type)


def test_rows_read_before_a_failure_are_in_the_table_that_is_made_after_it():
    pytest.importorskip("pandas")
    rows = Client.sandbox().query("select invoicenumber from invoice order by 1")

    class Broken:
        def __init__(self, source):
            self.left, self.source = 2, source

        def __next__(self):
            self.left -= 1
            if self.left < 0:
                raise ServerError("the connection broke")
            return next(self.source)

    rows.first()
    rows._rows = Broken(rows._rows)
    with pytest.raises(ServerError):
        rows.to_df()
    assert [*rows.to_df()["invoicenumber"]] == [f"INV0000000{number}" for number in range(1, 6)]
