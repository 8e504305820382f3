"""A recording plays a program's calls again without a server, and holds no secret."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from dynzuora import Client, diff, errors, load
from dynzuora.recording import read
from dynzuora.recording.judging import refused
from dynzuora.shell import shell
from tests.servers import OK, Answer, running, script

NUMBERS = {kind: {"prefix": kind, "startNumber": 1} for kind in ("invoice", "creditMemo", "debitMemo")}
SEQUENCE_SET = {"name": "DE", **NUMBERS}


def program(client: Client) -> list[Any]:
    """Thirty calls of every kind: reads, pages, writes, queries, jobs, files, many at once, refusals."""
    account = {"account_key": "A00000001"}
    results: list[Any] = [
        client.call("GET_Account", **account),
        client.items("GET_TransactionInvoice", **account).to_list(),
        client.items("GET_AllOrders", pageSize=1).to_list(),
        client.items("GET_SequenceSets", pageSize=1).to_list(),
        client.call("GET_SequenceSets", name="FR"),
        client.query("select Id, Balance from Account").to_list(),
        client.query("select Id from Account where Balance > 1", engine="zoql").to_list(),
        [field.name for field in client.describe("Account", refresh=True)],
        [
            result.reply
            for result in client.map("GET_Account", [{"account_key": f"A0000000{n}"} for n in (1, 2, 3) * 3])
        ],
        client.call("POST_SequenceSets", body=client.template("POST_SequenceSets")),
        client.call("GET_SequenceSets"),
    ]
    for key in ("none", "nobody"):
        with pytest.raises(errors.NotFound) as caught:
            client.call("GET_Account", account_key=key)
        results.append((str(caught.value), caught.value.code, caught.value.status))
    return results


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Any]]:
    path = tmp_path_factory.mktemp("recorded") / "calls.jsonl"
    with Client.sandbox(record=path) as client:
        return path, program(client)


def test_a_recording_gives_the_same_results_without_a_server(recorded: tuple[Path, list[Any]]) -> None:
    path, results = recorded
    with Client(replay=path) as client:
        assert program(client) == results
    assert len(read(path)) >= 30


def test_a_client_that_replays_says_so(recorded: tuple[Path, list[Any]]) -> None:
    assert repr(Client("2020-12-10", "PROD", replay=recorded[0])).startswith("<Client replay (calls.jsonl), ")


def test_the_last_response_is_given_again(recorded: tuple[Path, list[Any]]) -> None:
    with Client(replay=recorded[0]) as client:
        names = [[row["name"] for row in client.call("GET_SequenceSets")["sequenceSets"]] for _ in range(2)]
    assert names == [["DEFAULT", "FR", "Name"]] * 2


@pytest.mark.parametrize(
    ("operation", "arguments", "hint"),
    [
        ("GET_Account", {"account_key": "A00000009"}, "It has GET /v1/accounts/A0000000"),
        ("POST_SequenceSets", {"body": {"sequenceSets": []}, "validate": "off"}, "with another body"),
        ("GET_Refunds", {}, " Client(record=…) records it."),
    ],
    ids=["other arguments", "another body", "another operation"],
)
def test_a_call_that_was_not_recorded_is_refused(
    operation: str, arguments: dict[str, Any], hint: str, recorded: tuple[Path, list[Any]]
) -> None:
    with (
        Client(replay=recorded[0]) as client,
        pytest.raises(errors.DynzuoraError) as caught,
    ):
        client.call(operation, **arguments)
    assert "does not have" in str(caught.value) and hint in str(caught.value)


def test_arguments_in_another_order_are_the_same_call(tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    with Client.sandbox(record=path) as client:
        client.call("GET_SequenceSets", pageSize=1, page=2)
        client.call("POST_SequenceSets", body={"sequenceSets": [SEQUENCE_SET]})
    with Client(replay=path) as client:
        assert client.call("GET_SequenceSets", page=2, page_size=1)["sequenceSets"][0]["name"] == "FR"
        body = {"sequenceSets": [dict(reversed(SEQUENCE_SET.items()))]}
        assert client.call("POST_SequenceSets", body=body)["success"] is True


def test_every_try_is_recorded_and_played_again(tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    answers = script(Answer(503, content=b""), Answer(lost=True), OK)
    with running(answers) as server, Client(environment=server.url, token="t", record=path) as client:
        client._connection.sleep = lambda seconds: None
        recorded = client.call("GET_SequenceSets")
    with Client(replay=path) as client:
        replayed = client.call("GET_SequenceSets")
    outcomes = [[attempt.outcome for attempt in reply.meta.attempts] for reply in (recorded, replayed)]
    assert outcomes == [["HTTP 503", "TransportError", "HTTP 200"]] * 2


def test_a_recording_holds_no_secret_and_is_its_owner_s(tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    card = {"cardNumber": "4111111111111111", "cardHolder": "Ada"}
    answer = Answer(200, {"success": True, "secret_key": "fake-secret", "url": "https://u:fake-pw@a.invalid"})
    arguments: Any = {"body": card, "query": {"token": "fake-query"}}
    with running(script(answer)) as server, Client(None, server.url, token="fake-1", record=path) as client:
        client.request("POST", "/v1/payment-methods", **arguments)
    text = path.read_text("utf-8")
    assert [word for word in ("4111", "fake-", "u:") if word in text] == []
    assert json.loads(text)["request"]["json"] == {"cardNumber": "***", "cardHolder": "Ada"}
    assert os.name == "nt" or stat.S_IMODE(path.stat().st_mode) == 0o600
    with Client(replay=path) as client:
        assert client.request("POST", "/v1/payment-methods", **arguments) == {
            "success": True,
            "secret_key": "***",
            "url": "https://***@a.invalid",
        }


def test_the_user_s_own_hook_hears_as_well(tmp_path: Path) -> None:
    heard: list[str] = []
    with Client.sandbox(
        record=tmp_path / "calls.jsonl", on_attempt=lambda request, _: heard.append(request.operation_id)
    ) as client:
        client.call("GET_SequenceSets")
    assert heard == ["createToken", "GET_SequenceSets"]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"record": "missing/calls.jsonl"}, "record='missing/calls.jsonl' cannot be written: No such file"),
        ({"replay": "bad.jsonl"}, "bad.jsonl: line 2 is not a recorded call."),
        ({"replay": "none.jsonl"}, "replay='none.jsonl' cannot be read: No such file"),
    ],
    ids=["cannot be written", "not a recording", "not there"],
)
def test_a_file_that_cannot_be_used_is_an_error_at_once(
    arguments: dict[str, str], error: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    line = b'{"operation":"","request":{"method":"GET","path":"/"}}\n{"operation":1}\n'
    Path("bad.jsonl").write_bytes(line)
    with pytest.raises(errors.DynzuoraError) as caught:
        Client.sandbox(**arguments)  # type: ignore[arg-type]
    assert str(caught.value).startswith(error)


# Held against a document


def test_a_document_takes_what_was_recorded_with_it(recorded: tuple[Path, list[Any]]) -> None:
    assert refused(read(recorded[0]), load()) == []


CHANGED = """
overlay: 1.0.0
info: {title: A new version, version: "1"}
actions:
  - target: $.paths['/v1/accounts/{account-key}'].get
    remove: true
  - target: $.paths['/v1/sequence-sets'].get.parameters[?@.name=='name']
    remove: true
  - target: $.components.schemas.POSTSequenceSetRequest.properties.name
    update: {maxLength: 2}
  - target: $.components.schemas.GETSequenceSetResponse.properties.name
    update: {enum: [DEFAULT, FR]}
"""
NOT_ONE = "expected one of 'DEFAULT', 'FR'; got 'Name'."


def test_what_a_new_version_refuses_is_named(recorded: tuple[Path, list[Any]], tmp_path: Path) -> None:
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text(CHANGED, "utf-8")
    refusals = refused(read(recorded[0]), load(overlay=overlay))
    assert [refusal[:3] for refusal in refusals if refusal.operation != "GET_Account"] == [
        ("GET_SequenceSets", "request", "name: unknown parameter. This operation takes pageSize, page."),
        ("POST_SequenceSets", "request", "body.sequenceSets[0].name: has 4 characters; allowed: at most 2."),
        ("POST_SequenceSets", "reply", f"reply.sequenceSets[0].name: {NOT_ONE}"),
        ("GET_SequenceSets", "reply", f"reply.sequenceSets[2].name: {NOT_ONE}"),
    ]
    gone = [refusal for refusal in refusals if refusal.operation == "GET_Account"]
    assert [(refusal.part, refusal.calls) for refusal in gone] == [("operation", n) for n in (4, 3, 3, 1, 1)]


def test_the_shell_lists_what_is_refused(recorded: tuple[Path, list[Any]]) -> None:
    words = ["replay", str(recorded[0]), "--spec"]
    same, newer = (CliRunner().invoke(shell, [*words, version]) for version in ("2020-12-10", "2026-05-01"))
    assert (same.exit_code, same.stdout, newer.exit_code) == (0, "", 1)
    assert "takes all of" in same.stderr
    assert newer.stdout.splitlines()[0].split() == ["operation", "refused", "calls", "why"]


# A recording beside the code that made it

SCRIPT = """
NUMBERS = {"invoice": {"prefix": "I", "startNumber": 1}, "creditMemo": {"prefix": "C", "startNumber": 1}}
NUMBERS["debitMemo"] = {"prefix": "D", "startNumber": 1}
CONTACT = {"firstName": "A", "lastName": "B"}
AMBER = "f499b1d49a1e4679f142dfb4ac11e31d"


def program(client):
    for key in ("A00000001", "A00000002", "A00000003"):
        client.call("GET_Account", account_key=key)
        client.call("GET_AccountSummary", account_key=key)
        client.call("GET_TransactionInvoice", account_key=key)
        client.call("GET_TransactionPayment", account_key=key)
        client.call("GET_SubscriptionsByAccount", account_key=key)
    for size in (1, 2, 3):
        client.call("GET_SequenceSets", pageSize=size)
        client.call("GET_AllOrders", pageSize=size)
        client.call("GET_Catalog", page_size=10 * size)
    client.call("Object_GETAccount", id=AMBER)
    client.call("GET_Entities")
    client.call("POST_SequenceSets", body={"sequenceSets": [{"name": "DE", **NUMBERS}]})
    client.call("POST_Account", body={"name": "N", "currency": "EUR", "billToContact": CONTACT})
    client.call(
        "POST_CreatePayment",
        body={"type": "External", "amount": 9, "currency": "USD", "accountId": AMBER},
    )
    client.call(
        "PUT_CancelSubscription",
        subscription_key="A-S00000001",
        body={"cancellationPolicy": "EndOfCurrentTerm"},
    )
"""


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::dynzuora.errors.RequestWarning")
def test_the_recording_and_the_code_that_made_it_name_the_same_calls(tmp_path: Path) -> None:
    path, code = tmp_path / "calls.jsonl", tmp_path / "script.py"
    code.write_text(SCRIPT, "utf-8")
    names: dict[str, Any] = {}
    exec(SCRIPT, names)
    with Client.sandbox(record=path) as client:
        names["program"](client)
    tries = read(path)
    named = {
        version: (
            {refusal.operation for refusal in refused(tries, load(version)) if refusal.part != "reply"},
            {
                finding.operation
                for finding in diff("2020-12-10", version).used_by(code).findings
                if finding.severity == "breaking"
            },
        )
        for version in ("2021-08-20", "2026-05-01")
    }
    gone = {"GET_Entities", "GET_TransactionInvoice", "GET_TransactionPayment", "Object_GETAccount"}
    assert len(tries) == 30
    assert named == {"2021-08-20": (set(), set()), "2026-05-01": (gone, gone)}
