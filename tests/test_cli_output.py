"""Results are printed as JSON with every digit, or as rows; CSV is safe in a spreadsheet."""

from __future__ import annotations

import io
import re
import sys
from decimal import Decimal
from typing import Any

import pytest

from dynzuora._cli import _output

REPLY: dict[str, Any] = {
    "success": True,
    "invoices": [
        {"id": "1", "amount": Decimal("10.10"), "account": {"name": "Ä, b"}, "tags": ["x"]},
        {"id": "2", "amount": Decimal("-5.00"), "paid": True},
    ],
}


def test_json_is_the_whole_result_digit_for_digit() -> None:
    assert (
        _output.as_json({"amount": Decimal("10.10"), "name": "Ä"})
        == '{\n  "amount": 10.10,\n  "name": "Ä"\n}'
    )


def test_json_is_escaped_where_the_stream_cannot_carry_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    assert _output.as_json("é😀") == '"\\u00e9\\ud83d\\ude00"'


def test_ndjson_is_one_row_a_line() -> None:
    assert _output.as_ndjson(REPLY) == (
        '{"id":"1","amount":10.10,"account":{"name":"Ä, b"},"tags":["x"]}\n'
        '{"id":"2","amount":-5.00,"paid":true}'
    )


def test_csv_has_a_column_for_every_field_of_every_row() -> None:
    assert _output.as_csv(REPLY) == (
        'id,amount,tags,paid,account.name\n1,10.10,"[""x""]",,"Ä, b"\n2,-5.00,,true,'
    )


def test_a_reply_without_rows_is_a_row_itself() -> None:
    assert _output.as_csv({"success": True, "id": "7"}) == "success,id\ntrue,7"


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
    assert _output.as_csv([{"x": text}]) == f"x\n{cell}"


def test_a_csv_heading_is_never_a_formula() -> None:
    assert _output.as_csv([{"=x": 1}]) == "'=x\n1"


def test_a_table_is_aligned_text_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    _output.write(REPLY, "table")
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
    found = _output.query(REPLY, expression)
    assert (found, type(found)) == (result, type(result))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("with_rich", [True, False], ids=["with rich", "without rich"])
def test_on_a_narrow_terminal_the_first_column_stays_whole(
    with_rich: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout", screen := Terminal())
    monkeypatch.setenv("COLUMNS", "30")
    monkeypatch.setenv("TERM", "xterm")
    if not with_rich:
        monkeypatch.setitem(sys.modules, "rich.console", None)
    _output.write_table(("id", "path"), [("GET_SequenceSets", "/v1/sequence-sets/{id}")])
    lines = re.sub(r"\x1b\[[0-9;]*m", "", screen.getvalue()).splitlines()
    assert [line for line in lines if line.startswith("GET_SequenceSets ")]
    assert max(map(len, lines)) <= 30


def test_no_colour_is_used_where_it_is_not_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", screen := Terminal())
    monkeypatch.setenv("NO_COLOR", "1")
    _output.write_table(("id",), [("[red]x[/red]",)])
    assert (
        re.findall(r"\x1b\[[0-9;]*m", screen.getvalue().replace("\x1b[1m", "").replace("\x1b[0m", "")) == []
    )
    assert "[red]x[/red]" in screen.getvalue()
