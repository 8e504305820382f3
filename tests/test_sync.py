"""Incremental extraction against a database that changes: nothing is lost, nothing is there twice."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from click.testing import CliRunner

from dynzuora import Client, errors
from dynzuora.shell import shell
from dynzuora.sync import Batch
from dynzuora.sync.rules import rules
from dynzuora.sync.state import Entry, State
from tests.warehouse import START, Row, Warehouse, churn

TABLES = ("account", "invoice", "creditmemoitem")
LAG = 10.0
"""Minutes within which every transaction of the tests takes effect."""


@pytest.fixture
def warehouse() -> Iterator[Warehouse]:
    warehouse = Warehouse("account", "invoice")
    yield warehouse
    warehouse.close()


def written(folder: Path, name: str) -> list[Row]:
    """The rows of an object's files, in order."""
    files = sorted((folder / name).glob("[0-9]*.ndjson"))
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def _id(row: Row) -> Any:
    return row.get("Id") or row.get("id")


def version(row: Row) -> str:
    return json.dumps({name: value for name, value in row.items() if value is not None}, sort_keys=True)


# A run


def test_three_objects_of_a_tenant_are_extracted_in_a_few_lines(tmp_path: Path) -> None:
    client = Client.sandbox()
    for name in ("Account", "Invoice", "Subscription"):
        client.sync(name, to=tmp_path / "data", state=tmp_path / "state.json")
    for name in ("Account", "Invoice", "Subscription"):
        query = {"queryString": f"select Id from {name}"}
        ids = [row["Id"] for row in client.items("Action_POSTquery", body=query)]
        assert [_id(row) for row in written(tmp_path / "data", name)] == ids


def test_a_second_run_writes_only_what_has_changed(warehouse: Warehouse, tmp_path: Path) -> None:
    client = warehouse.client()
    warehouse.put("account", id="a", amount=1)
    warehouse.put("account", id="b", amount=2)
    client.sync("account", tmp_path, lag=0)
    warehouse.put("account", id="b", amount=3)
    run = client.sync("account", tmp_path, lag=0)
    assert [(row["id"], row["amount"]) for row in written(tmp_path, "account")] == [
        ("a", 1),
        ("b", 2),
        ("b", 3),
    ]
    assert (run.summary.rows, run.summary.batches, run.summary.deleted) == (1, 1, 0)


def test_the_window_ends_before_now_and_begins_where_the_last_one_ended(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    warehouse.step = 0
    for now in (START, START + timedelta(hours=5)):
        warehouse.now = now
        warehouse.client().sync("account", tmp_path)
    columns = "select id, updateddate, amount, deleted from account where updateddate"
    assert warehouse.statements[1::2] == [
        f"{columns} < timestamp '2025-12-31 22:00:00 +00:00'",
        f"{columns} >= timestamp '2025-12-31 22:00:00 +00:00' "
        "and updateddate < timestamp '2026-01-01 03:00:00 +00:00'",
    ]


def test_deleted_rows_are_there_and_counted(warehouse: Warehouse, tmp_path: Path) -> None:
    warehouse.put("invoice", id="a", deleted=True)
    run = warehouse.client().sync("invoice", tmp_path, lag=0)
    assert [row["deleted"] for row in written(tmp_path, "invoice")] == [True]
    assert (run.summary.rows, run.summary.deleted) == (1, 1)


def test_a_new_custom_field_is_read_and_named(warehouse: Warehouse, tmp_path: Path) -> None:
    client = warehouse.client()
    warehouse.put("account", id="a")
    client.sync("account", tmp_path, lag=0)
    warehouse.add_column("account", "region__c")
    warehouse.put("account", id="b", region__c="North")
    run = client.sync("account", tmp_path, lag=0)
    assert written(tmp_path, "account")[-1]["region__c"] == "North"
    assert run.summary.new_columns == ("region__c",)


def test_a_change_without_a_new_date_is_found_in_the_overlap(warehouse: Warehouse, tmp_path: Path) -> None:
    client = warehouse.client()
    for amount in (1, 2, 2, 1):
        warehouse.put("invoice", id="a", amount=amount, dated=START)
        client.sync("invoice", tmp_path, lag=0, overlap=14)
    assert [row["amount"] for row in written(tmp_path, "invoice")] == [1, 2, 1]


@pytest.mark.parametrize(("name", "days"), [("CreditMemoItem", 90), ("invoiceitem", 14), ("Account", 0)])
def test_each_object_has_its_overlap(name: str, days: float) -> None:
    assert rules().overlap(name) == days


def test_a_longer_overlap_does_not_repeat_what_was_written_before(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    client = warehouse.client()
    warehouse.put("invoice", id="a", amount=1)
    client.sync("invoice", tmp_path, lag=0, overlap=0)
    client.sync("invoice", tmp_path, lag=0, overlap=30)
    assert len(written(tmp_path, "invoice")) == 1


def test_an_overlap_does_not_reach_before_the_beginning(warehouse: Warehouse, tmp_path: Path) -> None:
    client = warehouse.client()
    warehouse.put("invoice", id="old", dated=START - timedelta(days=5))
    for _ in range(2):
        client.sync("invoice", tmp_path, lag=0, overlap=30, since="2025-12-31")
    assert written(tmp_path, "invoice") == []


def test_an_object_without_a_date_is_read_whole_and_written_once(tmp_path: Path) -> None:
    warehouse = Warehouse("currency", columns=("id", "name", "deleted"))
    client = warehouse.client()
    warehouse._database.execute("insert into currency (id, name) values ('1', 'EUR')")
    client.sync("currency", tmp_path)
    warehouse._database.execute("insert into currency (id, name) values ('2', 'USD')")
    client.sync("currency", tmp_path)
    assert [row["name"] for row in written(tmp_path, "currency")] == ["EUR", "USD"]
    warehouse.close()


def test_a_first_run_in_windows_is_recorded_window_by_window(warehouse: Warehouse, tmp_path: Path) -> None:
    for day in range(1, 6):
        warehouse.put("invoice", id=f"{day}", dated=START - timedelta(days=day))
    warehouse.client().sync("invoice", tmp_path, since=date(2025, 12, 26), window=2)
    files = [file.read_text().splitlines() for file in sorted(tmp_path.glob("invoice/*"))]
    assert [{json.loads(line)["id"] for line in lines} for lines in files] == [{"5"}, {"4", "3"}, {"2", "1"}]


def test_without_a_target_rows_are_recorded_when_all_are_taken(warehouse: Warehouse, tmp_path: Path) -> None:
    client, state = warehouse.client(), tmp_path / "state.json"
    warehouse.put("account", id="a")
    next(client.sync("account", state=state, lag=0).rows())
    taken = [[row["id"] for row in client.sync("account", state=state, lag=0).rows()] for _ in range(2)]
    assert taken == [["a"], []]


def test_a_function_takes_batches_and_a_batch_that_failed_comes_again_under_its_key(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    client, keys = warehouse.client(), []
    warehouse.put("account", id="a")

    def load(batch: Batch) -> None:
        keys.append((batch.key, [row["id"] for row in batch.rows]))
        if len(keys) == 1:
            raise ConnectionError("the warehouse is away")

    with pytest.raises(ConnectionError):
        client.sync("account", load, tmp_path / "state.json", lag=0)
    warehouse.put("account", id="b")
    client.sync("account", load, tmp_path / "state.json", lag=0)
    assert [(key == keys[0][0], ids) for key, ids in keys] == [(True, ["a"]), (True, ["a", "b"])]


def test_a_function_that_leaves_rows_is_an_error(warehouse: Warehouse, tmp_path: Path) -> None:
    for identifier in "abc":
        warehouse.put("account", id=identifier)
    with pytest.raises(ValueError, match="did not take all rows of account-000001-"):
        warehouse.client().sync("account", lambda batch: next(batch.rows), tmp_path / "s.json", lag=0)


def test_parquet_files_of_all_runs_are_one_table(warehouse: Warehouse, tmp_path: Path) -> None:
    polars, duckdb = pytest.importorskip("polars"), pytest.importorskip("duckdb")
    client, files = warehouse.client(), str(tmp_path / "invoice" / "*.parquet")
    for number, amount in enumerate((None, 5, 19.99, 0.1234567)):  # nulls, then other digits each time
        warehouse.put("invoice", id=str(number), amount=amount)
        client.sync("invoice", tmp_path, lag=0, format="parquet")
    warehouse.add_column("invoice", "region__c")
    warehouse.put("invoice", id="9", amount=1, region__c="north")
    client.sync("invoice", tmp_path, lag=0, format="parquet")
    total = Decimal("26.1134567")
    assert polars.scan_parquet(files, extra_columns="ignore").select("amount").sum().collect().item() == total
    query = f"select sum(amount), count(*), max(region__c) from read_parquet('{files}', union_by_name=true)"
    assert duckdb.sql(query).fetchall() == [(total, 5, "north")]


def test_an_aggregate_query_syncs_what_zoql_would(tmp_path: Path) -> None:
    client = Client.sandbox("2026-05-01")
    for engine in ("zoql", "aqua"):
        client.sync("Account", tmp_path / engine, engine=engine, columns=["name"])
    client.call("PUT_Account", account_key="A00000002", body={"name": "Blue"})
    for engine in ("zoql", "aqua"):
        client.sync("Account", tmp_path / engine, engine=engine, columns=["name"])
    assert written(tmp_path / "aqua", "Account") == written(tmp_path / "zoql", "Account")
    assert written(tmp_path / "aqua", "Account")[-1]["name"] == "Blue"


def test_zoql_reads_the_described_columns(tmp_path: Path) -> None:
    client = Client.sandbox()
    client.sync("Account", tmp_path, engine="zoql", columns=["name"])
    client.call("PUT_Account", account_key="A00000002", body={"name": "Blue"})
    client.sync("Account", tmp_path, engine="zoql", columns=["name"])
    rows = written(tmp_path, "Account")
    assert ([*rows[0]], rows[-1]["Name"], len(rows)) == (["Id", "UpdatedDate", "Name"], "Blue", 4)


# Refusals


def test_a_state_of_another_tenant_is_refused(warehouse: Warehouse, tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    warehouse.client().sync("account", tmp_path / "one", state)
    with pytest.raises(errors.FileError, match=r"belongs to https://tenant.example, but this client is of"):
        Client.sandbox().sync("Account", tmp_path / "two", state)


def test_a_state_of_another_engine_is_refused(tmp_path: Path) -> None:
    client = Client.sandbox()
    client.sync("Account", tmp_path)
    with pytest.raises(errors.FileError, match="has Account by engine='sql'"):
        client.sync("Account", tmp_path, engine="zoql")


def test_a_state_in_use_is_refused(warehouse: Warehouse, tmp_path: Path) -> None:
    client, state = warehouse.client(), tmp_path / "state.json"
    warehouse.put("account", id="a")
    rows = client.sync("account", state=state, lag=0).rows()
    next(rows)
    with pytest.raises(errors.FileError, match="is used by another run"):
        client.sync("account", tmp_path, state)
    assert [*rows] == []


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"7", b'{"dynzuora sync": 1}', b'{"id": 1}', b'\xff\xfe{"', b'{"dynzuora sync": 2}',
     b'{"dynzuora sync": 1, "id": "a", "tenant": "t", "objects": {"x": {}}}'],
)  # fmt: skip
def test_a_file_that_is_not_a_state_is_refused_and_left_alone(
    warehouse: Warehouse, tmp_path: Path, content: bytes
) -> None:
    state = tmp_path / "state.json"
    state.write_bytes(content)
    with pytest.raises(errors.FileError, match=r"The state .* (is not the state of a sync|has format 2)"):
        warehouse.client().sync("account", tmp_path / "data", state)
    assert state.read_bytes() == content


def test_a_folder_of_another_state_is_refused(warehouse: Warehouse, tmp_path: Path) -> None:
    warehouse.put("account", id="a")
    warehouse.client().sync("account", tmp_path / "data", tmp_path / "one.json", lag=0)
    with pytest.raises(errors.FileError, match="belongs to another state"):
        warehouse.client().sync("account", tmp_path / "data", tmp_path / "two.json", lag=0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"object": "account; drop"}, "is not the name of an object"),
        ({"object": "../account"}, "is not the name of an object"),
        ({"engine": "sqll"}, "choose one of sql, zoql, aqua. Did you mean sql"),
        ({"format": "csv"}, "format='csv'"),
        ({"lag": -1}, r"lag must be a number from 0 to 52,596,000 \(minutes\), not -1"),
        ({"lag": "5"}, "lag must be a number .*, not '5'"),
        ({"lag": float("nan")}, "lag must be a number .*, not nan"),
        ({"overlap": True}, "overlap must be a number .*, not True"),
        ({"overlap": float("inf")}, "overlap must be a number .*, not inf"),
        ({"overlap": timedelta(days=2)}, "overlap must be a number .*, not datetime.timedelta"),
        ({"window": 1e10, "since": START}, "window must be a number .*, not 10000000000.0"),
        ({"window": 1e-12, "since": START}, "window must be a number .*, not 1e-12"),  # would never end
        ({"since": "yesterday"}, "since='yesterday' is not an ISO date or time"),
        ({"window": 7}, "window needs since="),
    ],
)
def test_invalid_arguments_are_refused(warehouse: Warehouse, arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        warehouse.client().sync(**{"object": "account", **arguments})
    assert warehouse.statements == []


@pytest.mark.parametrize(
    "arguments",
    [
        {"lag": Decimal("0.5")},
        {"overlap": 36525},
        {"since": "0001-01-01T00:00:00+14:00"},
    ],
    ids=str,
)
def test_the_ends_of_the_calendar_are_no_obstacle(
    arguments: Any, warehouse: Warehouse, tmp_path: Path
) -> None:
    for number in range(2):
        warehouse.put("account", id="a", amount=number)
        warehouse.now += timedelta(hours=3)
        warehouse.client().sync("account", tmp_path, **arguments)
    assert [row["amount"] for row in written(tmp_path, "account")] == [0, 1]


def test_unknown_columns_are_all_named_with_the_nearest(warehouse: Warehouse) -> None:
    with pytest.raises(errors.InvalidRequest) as caught:
        [*warehouse.client().sync("account", columns=["amuont", "x", "ID"]).rows()]
    assert [problem.message for problem in caught.value.problems] == [
        "'amuont' is not a column of account. Did you mean amount?",
        "'x' is not a column of account.",
    ]


def test_a_full_disk_is_a_typed_error_and_nothing_is_recorded(
    warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse.put("account", id="a")

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(errors.FileError, match="No space left on device"):
            warehouse.client().sync("account", tmp_path, lag=0)
    warehouse.client().sync("account", tmp_path, lag=0)
    assert [row["id"] for row in written(tmp_path, "account")] == ["a"]


# The command


def test_the_command_says_what_it_wrote_and_a_wrong_argument_is_a_usage_error(tmp_path: Path) -> None:
    arguments = ["sync", "Account", "Invoice", "--to", str(tmp_path), "--sandbox"]
    good = CliRunner().invoke(shell, arguments)
    bad = CliRunner().invoke(shell, [*arguments, "--since", "soon"])
    assert [line.partition(" changed")[0] for line in good.output.splitlines()] == [
        "Account: 3",
        "Invoice: 5",
    ]
    assert (good.exit_code, bad.exit_code) == (0, 2)
    assert bad.output == "Error: since='soon' is not an ISO date or time.\n"


# Kills


def test_what_a_run_that_died_had_written_is_gone_where_it_does_not_come_again(
    warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, commit = warehouse.client(), State.commit
    warehouse.put("account", id="a", amount=1)
    warehouse.now += timedelta(minutes=11)

    def die(state: State, entry: Entry) -> None:
        if entry.batches:
            raise Killed
        commit(state, entry)

    with monkeypatch.context() as patch:
        patch.setattr(State, "commit", die)
        with pytest.raises(Killed):
            client.sync("account", tmp_path, lag=10)
    assert [row["amount"] for row in written(tmp_path, "account")] == [1]
    warehouse.put("account", id="a", amount=2)
    client.sync("account", tmp_path, lag=10)
    assert written(tmp_path, "account") == []
    client.sync("account", tmp_path, lag=0)
    assert [row["amount"] for row in written(tmp_path, "account")] == [2]


class Killed(BaseException):
    """The end of a process at some line, as far as one in the same process can show it."""


def killed_at(line: int, run: Callable[[], object]) -> bool:
    """Run, and end at the ``line``-th line that the product executes; return whether it came so far."""
    left = line

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal left
        if f"{os.sep}dynzuora{os.sep}sync{os.sep}" not in frame.f_code.co_filename:
            return None
        if event == "line":
            left -= 1
            if left == 0:
                raise Killed
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        run()
    except Killed:
        return True
    finally:
        sys.settrace(before)
    return False


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # files of killed runs
@pytest.mark.parametrize("seed", range(7))  # three kills in each
def test_a_run_that_is_killed_anywhere_loses_nothing_and_repeats_nothing(seed: int, tmp_path: Path) -> None:
    warehouse = Warehouse(*TABLES)
    churn(warehouse, TABLES, seed, LAG * 60)
    chance, client = random.Random(seed), warehouse.client()

    def run() -> None:
        for name in TABLES:
            client.sync(name, tmp_path / "data", tmp_path / "state.json", lag=LAG)

    for _ in range(3):
        assert killed_at(chance.randrange(1, 500), run)
        run()
    warehouse.on_request = lambda: None
    warehouse.now += timedelta(minutes=LAG + 10)
    run()
    for name in TABLES:
        rows = written(tmp_path / "data", name)
        history = [version(row) for row in warehouse.history[name]]
        versions = [*map(version, rows)]
        assert len(versions) == len({*versions})
        assert {*versions} <= {*history}
        assert {row["id"]: version(row) for row in rows} == {
            row["id"]: version(row) for row in warehouse.history[name]
        }
    warehouse.close()


KILLED = """
import os, sys
from pathlib import Path
sys.path.insert(0, {root!r})
from tests.warehouse import Warehouse
warehouse = Warehouse("account")
for number in range(50):
    warehouse.put("account", id=str(number), amount=number)
folder, number = Path(sys.argv[1]), int(sys.argv[2])
calls = 0
def die(*_):
    global calls
    calls += 1
    if calls == number:
        os.kill(os.getpid(), 9)
for name in ("replace", "fsync"):
    do = getattr(os, name)
    setattr(os, name, lambda *a, do=do: (die(), do(*a), die()))
warehouse.client().sync("account", folder, lag=0)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no SIGKILL")
def test_a_killed_process_leaves_a_state_that_the_next_one_takes_up(tmp_path: Path) -> None:
    script = KILLED.format(root=str(Path(__file__).parents[1]))
    for number in (1, 6, 9, 12, 99):
        subprocess.run([sys.executable, "-c", script, tmp_path, str(number)], check=False, timeout=60)
    assert [row["amount"] for row in written(tmp_path, "account")] == [*range(50)]
    assert sorted(path.name[0] for path in (tmp_path / "account").iterdir()) == ["0"]
