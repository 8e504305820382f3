"""The tools of an assistant: small answers, refusals that say what to do, and writes that are confirmed."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
import requests

from dynzuora import Client, load
from dynzuora.assistants.tools import LIMIT, TOOLS, Tools
from tests.servers import Answer, running, script

MEMO = {"name": "FR2"} | {
    kind: {"prefix": kind, "startNumber": 1} for kind in ("invoice", "creditMemo", "debitMemo")
}


def tools(**options: Any) -> Tools:
    tokens = map(str, count(1))
    return Tools(load(), lambda: Client.sandbox(**options), token=lambda: next(tokens))


@pytest.fixture(scope="module")
def reading() -> Tools:
    return tools(read_only=True)


def size(text: str) -> int:
    return len(text.encode())


def test_what_an_assistant_has_to_read_is_small(reading: Tools) -> None:
    listed = json.dumps([[tool.name, tool.description, tool.schema] for tool in TOOLS])
    words = "invoice pdf", "cancel subscription", "stored credential profile of a payment method", "zzz"
    assert size(listed) <= 3_500
    assert max(size(reading("search", {"words": word}).text) for word in words) <= 1_000
    assert size(reading("describe", {"operation": "POST_Order"}).text) <= 6_000


def test_an_operation_is_described_one_level_at_a_time(reading: Tools) -> None:
    lines = reading("describe", {"operation": "POST_Order"}).text.splitlines()
    below = reading("describe", {"operation": "POST_Order", "field": "body.subscriptions[0].orderActions"})
    assert lines[5:8] == [
        "  orderDate*: string (date)",
        "  subscriptions*: array of object - more: body.subscriptions",
        "  customFields: object",
    ]
    assert below.text.splitlines()[1].startswith("  type*: string - CreateSubscription | TermsAndConditions")


def test_null_is_an_argument_left_out_and_a_whole_number_is_an_integer(reading: Tools) -> None:
    asked = {"words": "cancel subscription", "limit": 2}
    assert reading("search", {**asked, "limit": 2.0, "cursor": None}) == reading("search", asked)


@pytest.mark.parametrize(
    ("tool", "arguments", "answer"),
    [
        ("serch", {}, "Unknown tool 'serch'. Use one of search, describe, template, call, query, diff."),
        (
            "call",
            {"operation": "GET_Account", "parms": {}, "params": "x"},
            "call: 2 problems, nothing was sent\n"
            "  - parms: unknown argument. The tool takes operation, params, body, confirm, cursor. "
            "Did you mean params?\n  - params: is a JSON object.",
        ),
        ("search", {"words": "x", "limit": 51}, "search: limit: is a number from 1 to 50."),
        ("query", {}, "query: statement: is required."),
        (
            "call",
            {"operation": "GET_SequenceSets", "params": {"pageSize": "two"}},
            "GET_SequenceSets: pageSize: expected an integer, got 'two'.",
        ),
        (
            "describe",
            {"operation": "POST_Order", "field": "body.orderDat"},
            "describe: body.orderDat: POST_Order does not have this field. Use one of: customFields, "
            "description, existingAccountNumber, newAccount, orderDate, orderNumber, processingOptions, "
            "subscriptions. Did you mean orderDate?",
        ),
        (
            "diff",
            {"old": "/etc/hosts", "new": "2026-05-01"},
            "'/etc/hosts' is not a version that is installed. Use one of 2020-12-10, 2021-08-20, 2026-05-01.",
        ),
        (
            "diff",
            {"old": "2020-12-10", "new": "2021-08-20", "operation": "POST_Ordr"},
            "No operation 'POST_Ordr' in API Reference: Billing 2021-08-20. Did you mean POST_Order "
            "(POST /v1/orders), POST_PreviewOrder (POST /v1/orders/preview), POST_JournalRun "
            "(POST /v1/journal-runs)?",
        ),
        (
            "search",
            {"words": "x", "cursor": "9:1"},
            "cursor='9:1' is not one of this call, or too old. Call again without it.",
        ),
    ],
    ids=["tool", "arguments", "limit", "missing", "parameter", "field", "file", "misspelt id", "cursor"],
)
def test_what_is_wrong_is_refused_with_what_to_do(
    tool: str, arguments: dict[str, Any], answer: str, reading: Tools
) -> None:
    assert reading(tool, arguments) == (answer, True)


def test_a_misspelt_operation_is_refused_with_the_nearest(reading: Tools) -> None:
    answer = reading("call", {"operation": "GET_Acount"})
    assert answer.failed and "Did you mean GET_Account (GET /v1/accounts/{account-key})" in answer.text


def test_a_write_of_a_read_only_server_is_checked_and_refused(reading: Tools) -> None:
    text, failed = reading("call", {"operation": "POST_SequenceSets", "body": {"sequenceSets": [MEMO]}})
    assert failed and text.startswith(
        "POST_SequenceSets changes something, and this server is read-only: nothing was sent. The user "
        "allows writes by starting `dynzuora mcp --allow-writes`.\nIt was checked, and would be:\ncurl "
    )


def test_a_write_is_sent_once_and_only_as_it_was_confirmed() -> None:
    assistant = tools()
    write: dict[str, Any] = {"operation": "POST_SequenceSets", "body": {"sequenceSets": [MEMO]}}
    other = write | {"body": {"sequenceSets": [MEMO | {"name": "ES"}]}}
    shown = assistant("call", write).text
    confirm = {"confirm": "POST_SequenceSets 1"}
    answers = [assistant("call", arguments | confirm) for arguments in (other, write, write)]
    names = json.loads(assistant("call", {"operation": "GET_SequenceSets"}).text.partition("\n")[2])
    assert shown.startswith("Nothing was sent yet.") and "confirm='POST_SequenceSets 1'" in shown
    assert [answer.failed for answer in answers] == [True, False, True]
    assert [answer.text.partition(";")[0] for answer in (answers[0], answers[2])] == [
        "confirm='POST_SequenceSets 1' is for another request",
        "confirm='POST_SequenceSets 1' is not known, or was used before",
    ]
    assert [row["name"] for row in names["sequenceSets"]] == ["DEFAULT", "FR", "FR2"]


def test_a_long_answer_is_cut_and_goes_on(reading: Tools) -> None:
    asked = {"old": "2020-12-10", "new": "2021-08-20"}
    answer, pages = reading("diff", asked).text, []
    while "\n[" in answer:
        page, _, end = answer.rpartition("\n[")
        pages.append(page)
        answer = reading("diff", asked | {"cursor": end.partition("cursor=")[2].rstrip("]")}).text
    assert len(pages) >= 2 and max(map(len, pages)) <= LIMIT
    severities = [line.partition(":")[0] for page in [*pages, answer] for line in page.splitlines()[1:]]
    assert severities == sorted(severities, key=("breaking", "warning", "info").index)


def test_no_answer_has_a_secret() -> None:
    reply = Answer(
        200, {"success": True, "cardNumber": "4111111111111111", "url": "https://u:fake-pw@a.invalid"}
    )
    with running(script(reply)) as server, Client(environment=server.url, token="fake-1") as client:
        assistant = Tools(load(), lambda: client)
        text = assistant("call", {"operation": "GET_Account", "params": {"account_key": "A1"}}).text
    assert '"cardNumber":"***"' in text and "fake-" not in text


# A day of a billing engineer: (tool, arguments, what its answer has)

ACCOUNT = {"name": "New Ltd", "currency": "EUR", "billToContact": {"firstName": "Ada", "lastName": "Byron"}}
PAYMENT = {
    "type": "External",
    "amount": 9,
    "currency": "USD",
    "accountId": "f499b1d49a1e4679f142dfb4ac11e31d",
}
CANCEL = {
    "operation": "PUT_CancelSubscription",
    "params": {"subscription-key": "A-S00000001"},
    "body": {"cancellationPolicy": "EndOfCurrentTerm"},
}
Step = tuple[str, dict[str, Any], str]
TASKS: dict[str, list[Step]] = {
    "who owes money": [
        ("query", {"statement": "select name from account where balance > 1"}, "Amber Orchard Ltd"),
    ],
    "an account's balance": [
        ("search", {"words": "balance of an account"}, "GET_Account"),
        ("call", {"operation": "GET_Account", "params": {"account_key": "A00000001"}}, '"balance":49.00'),
    ],
    "the invoices of an account": [
        ("search", {"words": "invoices of an account"}, "GET_TransactionInvoice"),
        (
            "call",
            {"operation": "GET_TransactionInvoice", "params": {"account-key": "A00000001"}},
            "INV00000001",
        ),
    ],
    "a new account": [
        ("search", {"words": "create account"}, "POST_Account:"),
        (
            "call",
            {"operation": "POST_Account", "body": {"name": "New Ltd"}},
            "body.billToContact: is required",
        ),
        ("template", {"operation": "POST_Account"}, '"billToContact":{'),
        ("call", {"operation": "POST_Account", "body": ACCOUNT}, "Nothing was sent yet"),
        (
            "call",
            {"operation": "POST_Account", "body": ACCOUNT, "confirm": "POST_Account 1"},
            '"success":true',
        ),
        ("query", {"statement": "select name from account where currency = 'EUR'"}, "New Ltd"),
    ],
    "a subscription that ends": [
        ("search", {"words": "cancle subscription"}, "PUT_CancelSubscription"),
        ("describe", {"operation": "PUT_CancelSubscription"}, "cancellationPolicy*"),
        ("query", {"statement": "select name from subscription"}, "A-S00000001"),
        ("call", CANCEL, "Nothing was sent yet"),
        ("call", CANCEL | {"confirm": "PUT_CancelSubscription 1"}, '"success":true'),
    ],
    "a payment by cheque": [
        ("search", {"words": "create payment"}, "POST_CreatePayment"),
        ("template", {"operation": "POST_CreatePayment"}, '"type":"External"'),
        ("query", {"statement": "select id from account where name = 'Amber Orchard Ltd'"}, "f499b1d4"),
        ("call", {"operation": "POST_CreatePayment", "body": PAYMENT}, '"amount":9'),
        (
            "call",
            {"operation": "POST_CreatePayment", "body": PAYMENT, "confirm": "POST_CreatePayment 1"},
            '"amount":9',
        ),
    ],
    "which numbers invoices get": [
        ("search", {"words": "invoice numbering"}, "GET_SequenceSets"),
        ("call", {"operation": "GET_SequenceSets"}, '"name":"DEFAULT"'),
    ],
    "all orders, page by page": [
        ("call", {"operation": "GET_AllOrders", "params": {"pageSize": 1}}, "there may be more rows"),
        ("call", {"operation": "GET_AllOrders", "params": {"pageSize": 1, "page": 2}}, "O-0000000"),
    ],
    "what the next version breaks": [
        ("diff", {"old": "2020-12-10", "new": "2021-08-20", "operation": "POST_Order"}, "2 breaking"),
    ],
    "the fields of an order's subscription": [
        ("describe", {"operation": "POST_Order"}, "more: body.subscriptions"),
        ("describe", {"operation": "POST_Order", "field": "body.subscriptions"}, "orderActions"),
        ("describe", {"operation": "POST_Order", "field": "reply"}, "orderNumber"),
    ],
}


@pytest.mark.parametrize("steps", TASKS.values(), ids=list(TASKS))
def test_a_task_of_a_billing_engineer_takes_at_most_six_calls(steps: list[Step]) -> None:
    assistant = tools()
    answers = [assistant(tool, arguments).text for tool, arguments, _ in steps]
    missing = [
        (part, answer) for (_, _, part), answer in zip(steps, answers, strict=True) if part not in answer
    ]
    assert missing == [] and len(steps) <= 6


# Served by the protocol's own SDK, asked by its own client

COMMAND = [sys.executable, "-m", "dynzuora", "mcp", "--sandbox"]


async def conversation(reader: Any, writer: Any) -> list[Any]:
    from mcp import ClientSession

    async with ClientSession(reader, writer) as session:
        await session.initialize()
        listed = await session.list_tools()
        account = {"operation": "GET_Account", "params": {"account_key": "A00000001"}}
        write = {"operation": "POST_SequenceSets", "body": {"sequenceSets": [MEMO]}}
        answers = [await session.call_tool("call", arguments) for arguments in (account, write)]
        assert len(listed.model_dump_json(by_alias=True, exclude_none=True)) <= 3_500
        return [
            [tool.name for tool in listed.tools],
            *[(answer.is_error, answer.content[0].text.partition("\n")[0]) for answer in answers],
        ]


SAID = [
    ["search", "describe", "template", "call", "query", "diff"],
    (False, "GET_Account: HTTP 200"),
    (
        True,
        "POST_SequenceSets changes something, and this server is read-only: nothing was sent. "
        "The user allows writes by starting `dynzuora mcp --allow-writes`.",
    ),
]


@pytest.mark.slow
def test_an_assistant_uses_the_tools_over_standard_input_and_output() -> None:
    pytest.importorskip("mcp")
    from mcp import StdioServerParameters
    from mcp.client.stdio import stdio_client

    async def talk() -> list[Any]:
        server = StdioServerParameters(command=COMMAND[0], args=COMMAND[1:])
        async with stdio_client(server) as (reader, writer):
            return await conversation(reader, writer)

    assert asyncio.run(talk()) == SAID


@pytest.fixture
def address() -> Iterator[str]:
    pytest.importorskip("mcp")
    command = [*COMMAND, "--http", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.send_signal(signal.SIGTERM if os.name == "nt" else signal.SIGINT)
    assert os.name == "nt" or process.returncode == 130


@pytest.mark.slow
def test_an_assistant_uses_the_tools_over_http_and_a_web_page_does_not(address: str) -> None:
    from mcp.client.streamable_http import streamable_http_client

    async def talk() -> list[Any]:
        async with streamable_http_client(address) as (reader, writer, *_):
            return await conversation(reader, writer)

    assert asyncio.run(talk()) == SAID
    foreign = [{"Host": "evil.invalid"}, {"Origin": "https://evil.invalid"}]
    refusals = [requests.post(address, json={}, headers=headers, timeout=30) for headers in foreign]
    assert [refusal.status_code for refusal in refusals] == [421, 403]


@pytest.mark.slow
def test_the_first_answer_costs_little_beside_the_sdk() -> None:
    pytest.importorskip("mcp")
    code = (
        "import time, anyio, mcp.server.lowlevel, mcp.server.stdio\n"
        "start = time.process_time()\n"
        "from dynzuora import load\nfrom dynzuora.assistants import server\n"
        "from dynzuora.assistants.tools import Tools\n"
        "Tools(load(), None)('search', {'words': 'create order'})\n"
        "print(time.process_time() - start)"
    )
    costs = [
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout)
        for _ in range(3)
    ]
    assert min(costs) <= 0.3
