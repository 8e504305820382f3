"""``dynzuora query``: its formats, its errors and their exit codes, and what Ctrl-C leaves behind."""

import io
import re

import pytest
from click.testing import CliRunner

from dynzuora.shell import shell

STATEMENT = "select name, balance from account where currency = :currency order by balance"


def run(*words, **options):
    return CliRunner().invoke(shell, ["query", *words, "--sandbox"], **options)


@pytest.mark.parametrize(
    ("form", "lines"),
    [
        ("csv", ["name,balance", "Amber Orchard Ltd,49.00", "Cobalt Kite Studio,490.00"]),
        (
            "ndjson",
            [
                '{"name":"Amber Orchard Ltd","balance":49.00}',
                '{"name":"Cobalt Kite Studio","balance":490.00}',
            ],
        ),
        ("table", ["name                balance", "Amber Orchard Ltd   49.00", "Cobalt Kite Studio  490.00"]),
    ],
)
def test_rows_are_printed_in_every_format(form, lines):
    result = run(STATEMENT, "currency=USD", "-o", form)
    assert (result.exit_code, result.stdout.splitlines(), result.stderr) == (0, lines, "")


def test_parquet_goes_to_standard_output():
    parquet = pytest.importorskip("pyarrow.parquet")
    table = parquet.read_table(io.BytesIO(run(STATEMENT, "currency=EUR", "-o", "parquet").stdout_bytes))
    assert table["name"].to_pylist() == ["Blue Heron Bakery GmbH"]


def test_a_statement_is_read_from_a_file_or_standard_input(tmp_path):
    file = tmp_path / "open.sql"
    file.write_text("select count(*) as n\nfrom account")
    assert run(f"@{file}", "-o", "csv").stdout == "n\n3\n"
    assert run("@-", "-o", "csv", input="select 1 as one").stdout == "one\n1\n"


def test_a_value_may_be_json():
    result = run("select name from account where balance > :least", "least:=49.00", "-o", "csv")
    assert result.stdout == "name\nCobalt Kite Studio\n"


@pytest.mark.parametrize("form", ["csv", "table"])
def test_an_empty_result_says_so(form):
    result = run("select name from account where balance < 0", "-o", form)
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "The result is empty.\n")


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        pytest.param(["select nope from account"], 4, "line 1:8: Column 'nope' cannot be resolved", id="SQL"),
        pytest.param(["select Nope from Account", "--engine", "zoql"], 4, "INVALID_FIELD", id="ZOQL"),
        pytest.param(["select :x", "y=1"], 2, "x: has no value in params.", id="values"),
        pytest.param(["select 1", "x"], 2, "'x' is not of the form name=value.", id="word"),
        pytest.param(["select :x", "x:={"], 2, "x:={ is not JSON", id="JSON"),
        pytest.param([], 2, "Give a statement, or the id of a data query with --job.", id="nothing"),
        pytest.param(["select 1", "--job", "7"], 2, "Give a statement, or", id="both"),
        pytest.param(["@missing.sql"], 2, "missing.sql cannot be read: No such file", id="file"),
        pytest.param(["--job", "0" * 32], 4, "no dataquery", id="unknown job"),
    ],
)
def test_what_fails_has_a_message_and_an_exit_code(words, code, message):
    result = run(*words)
    assert (result.exit_code, result.stdout) == (code, "")
    assert message in result.stderr


def test_the_place_of_a_fault_is_shown():
    assert run("select nope from account").stderr.endswith("\nselect nope from account\n       ^\n")


def test_ctrl_c_says_how_to_get_the_result(monkeypatch):
    from dynzuora.jobs import Job

    def interrupted(job, *arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(Job, "wait", interrupted)
    result = run("select 1", "-o", "csv")
    assert result.exit_code == 130
    assert re.search(r"dynzuora query --job [0-9a-f-]{36} prints the whole result\.", result.stderr)
