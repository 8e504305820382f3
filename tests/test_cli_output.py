"""Results are printed as JSON with every digit, or as rows; CSV is safe in a spreadsheet."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from dynzuora.shell import output, tables

REPLY: dict[str, Any] = {
    "success": True,
    "invoices": [
        {"id": "1", "amount": Decimal("10.10"), "account": {"name": "Ä, b"}, "tags": ["x"]},
        {"id": "2", "amount": Decimal("-5.00"), "paid": True},
    ],
}


def test_json_is_the_whole_result_digit_for_digit() -> None:
    assert (
        output.as_json({"amount": Decimal("10.10"), "name": "Ä"}) == '{\n  "amount": 10.10,\n  "name": "Ä"\n}'
    )


def test_json_is_escaped_where_the_stream_cannot_carry_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    assert output.as_json("é😀") == '"\\u00e9\\ud83d\\ude00"'


def test_ndjson_is_one_row_a_line() -> None:
    assert output.as_ndjson(REPLY) == (
        '{"id":"1","amount":10.10,"account":{"name":"Ä, b"},"tags":["x"]}\n'
        '{"id":"2","amount":-5.00,"paid":true}'
    )


def test_csv_has_a_column_for_every_field_of_every_row() -> None:
    assert output.as_csv(REPLY) == (
        'id,amount,tags,paid,account.name\n1,10.10,"[""x""]",,"Ä, b"\n2,-5.00,,true,'
    )


def test_a_reply_without_rows_is_a_row_itself() -> None:
    assert output.as_csv({"success": True, "id": "7"}) == "success,id\ntrue,7"


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+cmd", "'+cmd"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", '"\'\r=1"'),
        ("\n=1", '"\'\n=1"'),
        ("\uff1d1", "'\uff1d1"),
        ("-12.50", "-12.50"),
        ("+49", "+49"),
        ("1e5", "1e5"),
        ("a=b", "a=b"),
    ],
)
def test_a_csv_cell_is_never_a_formula(text: str, cell: str) -> None:
    assert output.as_csv([{"x": text}]) == f"x\n{cell}"


def test_a_csv_heading_is_never_a_formula() -> None:
    assert output.as_csv([{"=x": 1}]) == "'=x\n1"


def test_a_table_is_aligned_text_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    output.write(REPLY, "table")
    assert capsys.readouterr().out == (
        "id  amount  tags  paid  account.name\n1   10.10   [x]         Ä, b\n2   -5.00         true\n"
    )


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("invoices[].id", ["1", "2"]),
        ("sum(invoices[].amount)", Decimal("5.10")),
        ("sort_by(invoices, &amount)[0].id", "2"),
        ("abs(min(invoices[].amount))", Decimal("5.00")),
        ("invoices[?amount > `0`].account.name", ["Ä, b"]),
    ],
)
def test_a_query_counts_money_exactly(expression: str, result: Any) -> None:
    found = output.matches(REPLY, expression)
    assert (found, type(found)) == (result, type(result))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


Show = Callable[[Callable[[], None]], str]


@pytest.fixture(params=[True, False], ids=["with rich", "without rich"])
def show(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Show:
    """Return a function that says what a terminal of 30 columns shows, with and without rich."""
    if not request.param:
        monkeypatch.setitem(sys.modules, "rich.console", None)
    monkeypatch.setenv("COLUMNS", "30")
    monkeypatch.setenv("TERM", "xterm")

    def show(output: Callable[[], None]) -> str:
        with monkeypatch.context() as patch:
            patch.setattr("sys.stdout", screen := Terminal())
            output()
        return re.sub(r"\x1b\[[0-9;]*m", "", screen.getvalue())

    return show


def test_a_table_that_fits_is_the_same_with_rich_and_without(show: Show) -> None:
    shown = show(lambda: tables.write_table(("id", "path"), [("GET_A", "/v1/a")]))
    assert shown == "id     path\nGET_A  /v1/a\n"


def test_rows_that_do_not_fit_are_records_with_every_value(
    show: Show, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [{"id": "9f3c5d7e1a2b4c6d8e0f", "accountNumber": "A00000001", "currency": "EUR"}]
    assert show(lambda: output.write(rows, "table")) == (
        "id             9f3c5d7e1a2b4c6d8e0f\naccountNumber  A00000001\ncurrency       EUR\n"
    )
    assert capsys.readouterr().err == (
        "3 columns do not fit into 30 characters, so rows are shown as records. "
        "Select columns with --query '[].{id: id, accountNumber: accountNumber}'.\n"
    )


def test_a_column_that_can_be_spared_is_left_out_and_named(
    show: Show, capsys: pytest.CaptureFixture[str]
) -> None:
    table = ("id", "path", "summary"), [("GET_Account", "/v1/a", "Summarisation")]
    assert show(lambda: tables.write_table(*table, spare="summary")) == (
        "id           path\nGET_Account  /v1/a\n"
    )
    assert capsys.readouterr().err == "Column summary is omitted: it does not fit into 30 characters.\n"


def test_a_value_that_is_cut_is_counted(show: Show, capsys: pytest.CaptureFixture[str]) -> None:
    shown = show(lambda: output.write([{"id": "1", "text": "word " * 300}], "table"))
    assert shown.split()[-2:] == ["word", "word…"]
    assert capsys.readouterr().err.splitlines()[0] == (
        "1 value is truncated to 400 characters; -o json and -o csv print values in full."
    )


def test_a_value_that_is_cut_sooner_in_a_table_is_counted_too(
    show: Show, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    shown = show(lambda: output.write([{"id": "1", "text": "word " * 20}], "table"))
    assert shown == f"id  text\n1   {'word ' * 11}word…\n"
    assert (
        capsys.readouterr().err
        == "1 value is truncated to 60 characters; -o json and -o csv print values in full.\n"
    )


def test_a_pipe_gets_each_row_on_one_line_however_wide(capsys: pytest.CaptureFixture[str]) -> None:
    output.write([{"id": "1", "text": "word " * 50, "end": "x"}], "table")
    assert [line.split()[-1] for line in capsys.readouterr().out.splitlines()] == ["end", "x"]


def test_an_object_that_is_no_list_is_a_record(capsys: pytest.CaptureFixture[str]) -> None:
    output.write({"success": True, "basicInfo": {"name": "Amber"}}, "table")
    assert capsys.readouterr().out == "success         true\nbasicInfo.name  Amber\n"


@pytest.mark.parametrize("form", ["table", "csv", "ndjson"])
def test_what_a_format_of_rows_leaves_out_is_said(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    output.write({"success": True, "owner": "A1", "rows": [{"id": 1}], "total": 9}, form)
    assert capsys.readouterr().err == "Showing only rows; -o json also has owner, total.\n"


@pytest.mark.parametrize("form", ["table", "csv", "ndjson"])
def test_a_list_without_rows_has_none_in_any_format(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    output.write({"success": True, "orders": []}, form, "orders")
    assert capsys.readouterr() == ("", "orders is empty.\n")


def test_no_colour_is_used_where_it_is_not_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", screen := Terminal())
    monkeypatch.setenv("NO_COLOR", "1")
    tables.write_table(("id",), [("[red]x[/red]",)])
    assert (
        re.findall(r"\x1b\[[0-9;]*m", screen.getvalue().replace("\x1b[1m", "").replace("\x1b[0m", "")) == []
    )
    assert "[red]x[/red]" in screen.getvalue()


ESCAPE = "\x1b]0;title\x07\u202e"


@pytest.mark.parametrize("form", ["csv", "table", "ndjson", "json"])
@pytest.mark.parametrize("value", [ESCAPE, {"name": ESCAPE}, [{"name": ESCAPE}], [{ESCAPE: 1}]])
def test_no_escape_of_the_server_reaches_a_terminal(value: Any, form: str, show: Show) -> None:
    shown = show(lambda: output.write(value, form))
    assert not {"\x1b", "\x07", "\u202e"} & set(shown)
    assert "title" in shown.replace("\n", "")


def test_in_a_file_csv_and_text_are_as_they_came(capsys: pytest.CaptureFixture[str]) -> None:
    output.write([{"name": ESCAPE}], "csv")
    output.write(ESCAPE, "table")
    assert capsys.readouterr().out == f"name\n{ESCAPE}\n{ESCAPE}\n"
