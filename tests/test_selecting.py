"""``--query``: JMESPath in which an amount is the number that is written, to the last digit."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import jmespath
import pytest
from click.testing import CliRunner

from dynzuora.shell import shell
from dynzuora.shell.selecting import QueryError, search

REPLY = {
    "invoices": [
        {"id": "INV-1", "amount": Decimal("19.99"), "due": "2026-01-31"},
        {"id": "INV-2", "amount": Decimal("20.10"), "due": None},
        {"id": "INV-3", "amount": 5, "due": "2026-02-28"},
    ],
    "text": "abc",
}
WHOLE = {"invoices": [{**invoice, "amount": int(invoice["amount"])} for invoice in REPLY["invoices"]]}


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("invoices[?amount==`19.99`].id", ["INV-1"]),
        ("invoices[?amount!=`19.99`].id", ["INV-2", "INV-3"]),
        ("invoices[?amount<=`19.99`].id", ["INV-1", "INV-3"]),
        ("invoices[?amount<`20.1`].id", ["INV-1", "INV-3"]),
        ("invoices[?amount>=`20.1`].id", ["INV-2"]),
        ("invoices[?amount==`5.0`].id", ["INV-3"]),
        ("invoices[?`19.99`==amount].id", ["INV-1"]),
        ("contains(invoices[].amount, `20.10`)", True),
        ('invoices[0] == `{"id": "INV-1", "amount": 19.990, "due": "2026-01-31"}`', True),
        ("invoices[].amount == `[19.99, 20.1, 5]`", True),
        ("invoices[?amount > due].id", []),
        ("invoices[?amount < text].id", []),
    ],
)
def test_amounts_compare_with_literals_as_they_are_written(expression: str, result: Any) -> None:
    assert search(expression, REPLY) == result


@pytest.mark.parametrize(
    ("expression", "shown"),
    [
        ("invoices[].to_number(amount)", "[Decimal('19.99'), Decimal('20.10'), 5]"),
        ("to_number('19.99')", "Decimal('19.99')"),
        ("to_number('007')", "None"),
        ("to_number('NaN')", "None"),
        ("to_number('1_000')", "None"),
        ("to_number(`true`)", "None"),
        ("invoices[].type(amount)", "['number', 'number', 'number']"),
        ("invoices[].to_string(amount)", "['19.99', '20.10', '5']"),
        ("to_string(invoices[0:1].amount)", "'[19.99]'"),
        ("`12345678901234567.89`", "Decimal('12345678901234567.89')"),
        ("sum(invoices[].amount)", "Decimal('45.09')"),
        ("sum(`[1, 0.00000000000000000000000000001]`)", "Decimal('1.00000000000000000000000000001')"),
        ("avg(invoices[].amount)", "Decimal('15.03')"),
        ("abs(`-12345678901234567890123456789.01`)", "Decimal('12345678901234567890123456789.01')"),
        ("max(invoices[].amount)", "Decimal('20.10')"),
        ("max_by(invoices, &amount).id", "'INV-2'"),
        ("sort_by(invoices, &amount)[].id", "['INV-3', 'INV-1', 'INV-2']"),
        ("floor(invoices[0].amount)", "19"),
        ("contains(text, `5`)", "False"),
    ],
)
def test_functions_take_and_return_exact_numbers(expression: str, shown: str) -> None:
    assert repr(search(expression, REPLY)) == shown


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("invoices[::0]", "slice step cannot be zero"),
        ("invoices[", "Incomplete expression"),
        ("invoices]", "invalid token"),
        ("&amount", "cannot be sent as JSON"),
        ("max_by(invoices, &not_null(due, amount))", "not supported between"),
        ("(" * 5000, "nested too deeply"),
        ("sum(`[1e9999, 1e-9999]`)", "too many digits"),
        ("nothing(@)", "Unknown function"),
    ],
)
def test_an_expression_that_cannot_be_applied_is_one_error(expression: str, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        search(expression, REPLY)


@pytest.mark.parametrize(
    "expression",
    [
        "invoices[?amount > `5` && id != 'INV-2'].{id: id, pair: [amount, `1`]}",
        "invoices[*].due | [0]",
        "invoices[?!due].id || 'none'",
        "length(invoices) == `3`",
        'merge(invoices[0], `{"amount": 1}`)',
        "join(', ', sort(invoices[].id))",
        "map(&to_string(amount), invoices)",
        "[`true` == `1`, `0` == `false`, `[1]` == `[1]`, 'a' < 'b']",
        "invoices[-1:].amount",
        "reverse(invoices)[?due < '2026-02-01'].id",
    ],
)
def test_whole_numbers_give_what_jmespath_itself_gives(expression: str) -> None:
    assert search(expression, WHOLE) == jmespath.search(expression, WHOLE)


def test_literals_of_other_users_of_jmespath_stay_floats() -> None:
    assert search("`19.99`", None) == Decimal("19.99")
    assert type(jmespath.search("`19.99`", None)) is float


def test_a_message_that_quotes_the_reply_cannot_act_on_a_terminal() -> None:
    words = ("call", "GET_SequenceSets", "--sandbox", "--query", "abs('\x1b[2J')")
    result = CliRunner().invoke(shell, words, prog_name="dynzuora", color=True)
    assert ("\x1b" in result.stderr, r"\x1b[2J" in result.stderr, result.exit_code) == (False, True, 2)
