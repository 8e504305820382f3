"""The `dynzuora` command: results on standard output, complaints beside it, meaningful exit codes."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

import dynzuora
from dynzuora.errors import PYTHON_WORDS
from dynzuora.shell import shell
from dynzuora.shell.local import _print_address
from dynzuora.shell.wording import SHELL_WORDS
from tests.commands import commands

Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs one command line in this process."""
    for variable in [name for name in os.environ if name.startswith("ZUORA_")]:
        monkeypatch.delenv(variable)

    def run(*words: str, **options: object) -> Result:
        return CliRunner().invoke(shell, words, prog_name="dynzuora", catch_exceptions=False, **options)

    return run


def started(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run one command line in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "dynzuora", *words],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=os.environ | environment,
        timeout=60,
    )


# What there is


def test_the_commands_are_those_that_scripts_depend_on() -> None:
    assert sorted(name for name, _ in commands()) == [
        "browse",
        "call",
        "completion",
        "demo",
        "describe",
        "diff",
        "doctor",
        "drift",
        "history",
        "mcp",
        "ops",
        "profile add",
        "profile list",
        "query",
        "replay",
        "sandbox",
        "show",
        "specs add",
        "specs check",
        "specs facts",
        "specs list",
        "specs update",
        "stubs",
        "sync",
    ]


@pytest.mark.parametrize(("name", "command"), commands(), ids=[name for name, _ in commands()])
def test_every_command_has_help_with_an_example_of_itself(name: str, command: click.Command) -> None:
    assert command.help
    example = re.findall(r"[\w-]+", command.epilog or "")
    assert name.split() == [word for word in example if word in name.split()][: len(name.split())]


def test_the_version_is_printed(run: Run) -> None:
    assert run("--version").stdout == f"dynzuora {dynzuora.__version__}\n"


# Finding


def test_operations_are_found_by_words_in_any_order(run: Run) -> None:
    found = run("ops", "sets", "sequence")
    assert [line.split()[:3] for line in found.stdout.splitlines()[1:6]] == [
        ["GET_SequenceSets", "GET", "/v1/sequence-sets"],
        ["GET_SequenceSet", "GET", "/v1/sequence-sets/{id}"],
        ["POST_SequenceSets", "POST", "/v1/sequence-sets"],
        ["PUT_SequenceSet", "PUT", "/v1/sequence-sets/{id}"],
        ["DELETE_SequenceSet", "DELETE", "/v1/sequence-sets/{id}"],
    ]


def test_every_operation_is_listed_without_words(run: Run) -> None:
    assert len(run("ops").stdout.splitlines()) == 1 + 411


def test_operations_are_found_with_typing_errors(run: Run) -> None:
    result = run("ops", "cancle", "subscription")
    assert result.stdout.splitlines()[1].split()[0] == "PUT_CancelSubscription"


def test_words_that_find_nothing_are_an_error(run: Run) -> None:
    result = run("ops", "qqqqqq")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "No operation matches 'qqqqqq'" in result.stderr


@pytest.mark.parametrize(
    "words", [["GET_SequenceSets"], ["GET", "/v1/sequence-sets"], ["get_sequence_sets"]], ids=" ".join
)
def test_an_operation_is_described_by_id_or_by_method_and_path(words: list[str], run: Run) -> None:
    assert run("show", *words).stdout == (
        "GET_SequenceSets\n"
        "GET /v1/sequence-sets\n"
        "\n"
        "Get sequence sets\n"
        "\n"
        "Parameters\n"
        "  name      in     type\n"
        "  pageSize  query  integer  at most 40, default 20\n"
        "  page      query  integer  at least 1, default 1\n"
        "  name      query  string\n"
        "\n"
        "Responses\n"
        "  200  application/json: GETSequenceSetsResponse\n"
        "    sequenceSets     array of GETSequenceSetResponse\n"
        "      creditMemo     CreditMemoEntityPrefix\n"
        "        prefix       string\n"
        "        startNumber  integer\n"
        "      debitMemo      DebitMemoEntityPrefix\n"
        "        prefix       string\n"
        "        startNumber  integer\n"
        "      id             string\n"
        "      invoice        InvoiceEntityPrefix\n"
        "        prefix       string\n"
        "        startNumber  integer\n"
        "      name           string\n"
        "      payment        PaymentEntityPrefix\n"
        "        prefix       string\n"
        "        startNumber  integer\n"
        "      refund         RefundEntityPrefix\n"
        "        prefix       string\n"
        "        startNumber  integer\n"
        "    success          boolean\n"
        "\n"
        "Paging\n"
        "  page-number: the query takes page and pageSize, the reply has one array and no\n"
        "  link\n"
        "  rows in sequenceSets, pageSize at most 40\n"
        "\n"
        "Other names\n"
        "  get_sequence_sets\n"
        "  list_sequence_sets\n"
        "  g_et_sequence_sets\n"
        "\n"
        "Example\n"
        "  dynzuora call GET_SequenceSets\n"
    )


@pytest.mark.parametrize("least", [[], ["--required-only"]], ids=["whole", "required only"])
@pytest.mark.parametrize("operation", ["POST_SequenceSets", "POST_Account", "PUT_Account", "createToken"])
def test_a_template_is_a_body_that_call_takes(
    operation: str, least: list[str], run: Run, tmp_path: Path
) -> None:
    shown = run("show", operation, "--template", *least)
    (tmp_path / "body.json").write_text(shown.stdout, encoding="utf-8")
    words = ["account-key=A1"] if operation == "PUT_Account" else []
    called = run("call", operation, *words, "--body", f"@{tmp_path}/body.json", "--dry-run")
    assert (shown.exit_code, shown.stderr, called.exit_code) == (0, "", 0)
    assert called.stderr == f"{operation}: checked, not sent.\n"


def test_a_file_of_a_template_is_a_path_to_fill_in(run: Run) -> None:
    shown = run("show", "POST_Usage", "--template")
    assert (shown.stdout, shown.stderr) == (
        '{\n  "file": "FILE"\n}\n',
        "Replace FILE with the path of a file: file.\n",
    )


def test_another_version_of_the_document_is_named_by_spec(run: Run) -> None:
    assert len(run("ops", "--spec", "2021-08-20").stdout.splitlines()) == 1 + 428


# Calling


def test_a_reply_is_printed_as_json_and_nothing_else(run: Run) -> None:
    result = run("call", "GET_SequenceSets", "pageSize=1", "--sandbox")
    assert (result.exit_code, result.stderr) == (0, "")
    assert json.loads(result.stdout)["success"] is True


def test_global_options_stand_before_or_after_the_command(run: Run) -> None:
    after = run("call", "GET_SequenceSets", "pageSize=1", "--sandbox")
    assert run("--sandbox", "call", "GET_SequenceSets", "pageSize=1").stdout == after.stdout


@pytest.mark.parametrize(
    ("form", "lines"),
    [
        ("json", ["{", '  "success": true,', '  "sequenceSets": [']),
        ("ndjson", ['{"name":"DEFAULT"}', '{"name":"FR"}']),
        ("csv", ["name", "DEFAULT", "FR"]),
        ("table", ["name", "DEFAULT", "FR"]),
    ],
)
def test_a_reply_is_printed_in_the_format_asked_for(form: str, lines: list[str], run: Run) -> None:
    query = ["--query", "sequenceSets[].{name: name}"] if form != "json" else []
    result = run("call", "GET_SequenceSets", "pageSize=2", "--sandbox", "-o", form, *query)
    assert (result.exit_code, result.stdout.splitlines()[:3]) == (0, lines)


def test_a_query_picks_from_the_reply(run: Run) -> None:
    result = run("call", "GET_SequenceSets", "--sandbox", "--query", "sequenceSets[0].name")
    assert result.stdout == '"DEFAULT"\n'


def test_a_broken_query_is_a_usage_error(run: Run) -> None:
    result = run("call", "GET_SequenceSets", "--sandbox", "--query", "[")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "--query '['" in result.stderr


def test_a_dry_run_prints_the_request_and_needs_no_account(run: Run) -> None:
    body = '{"sequenceSets": [{"name": "DE", "invoice": {}, "creditMemo": {}, "debitMemo": {}}]}'
    assert run("call", "POST_SequenceSets", "--body", body, "--dry-run").stdout == (
        "POST /v1/sequence-sets\n"
        "Authorization: Bearer ***\n"
        "Content-Type: application/json\n"
        "Accept: application/json\n"
        "\n"
        "{\n"
        '  "sequenceSets": [\n'
        "    {\n"
        '      "name": "DE",\n'
        '      "invoice": {},\n'
        '      "creditMemo": {},\n'
        '      "debitMemo": {}\n'
        "    }\n"
        "  ]\n"
        "}\n"
    )


def test_a_dry_run_against_the_sandbox_shows_its_address_and_the_verdict(run: Run) -> None:
    result = run("call", "GET_SequenceSets", "--sandbox", "--dry-run")
    first, credentials = result.stdout.splitlines()[:2]
    assert (first, credentials) == (
        "GET https://sandbox.invalid/v1/sequence-sets",
        "Authorization: Bearer ***",
    )
    assert result.stderr == "GET_SequenceSets: checked, not sent.\n"


@pytest.mark.parametrize(
    ("level", "exit_code", "stderr"),
    [
        ("strict", 2, "Error: POST_Account: "),
        ("standard", 2, "Error: POST_Account: "),
        ("off", 0, "POST_Account: not checked, not sent."),
        ("lenient", 2, "Usage: "),
    ],
)
def test_a_call_is_checked_at_the_level_that_is_asked_for(
    level: str, exit_code: int, stderr: str, run: Run
) -> None:
    result = run("call", "POST_Account", "--body", '{"name": 5}', "--dry-run", "--validate", level)
    assert (result.exit_code, result.stderr[: len(stderr)]) == (exit_code, stderr)


def test_a_curl_command_shows_the_address_of_the_environment_and_no_secret(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZUORA_CLIENT_ID", "id-0123")
    monkeypatch.setenv("ZUORA_CLIENT_SECRET", "secret-4567")
    printed = run("call", "GET_SequenceSets", "pageSize=2", "--env", "SBX", "--curl").stdout
    assert "'https://rest.apisandbox.zuora.com/v1/sequence-sets?pageSize=2'" in printed
    assert "id-0123" not in printed
    assert "secret-4567" not in printed


def test_a_warning_about_the_request_goes_to_standard_error(run: Run) -> None:
    body = '{"invoice": {"startNumber": 5}, "nmae": "DE"}'
    result = run("call", "PUT_SequenceSet", "id=x", "--body", body, "--sandbox")
    assert "Warning: PUT_SequenceSet: body.nmae" in result.stderr
    assert "Warning" not in result.stdout


# Failing


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (2, ["call", "GET_SequenceSets", "20", "--sandbox"]),
        (2, ["call", "GET_SequenceSetz", "--sandbox"]),
        (2, ["call", "GET_SequenceSets", "nmae=DE", "--sandbox"]),
        (2, ["call", "DELETE_SequenceSet", "id=1", "--sandbox", "--read-only"]),
        (2, ["call", "GET_SequenceSets", "--read-only", "--allow-writes"]),
        (2, ["call", "POST_SequenceSets", "--body", "{", "--sandbox"]),
        (2, ["call", "POST_SequenceSets", "--body", "@nowhere.json", "--sandbox"]),
        (4, ["call", "GET_SequenceSet", "id=nothing", "--sandbox"]),
        (2, ["call", "POST_SequenceSets", "--body", "@.", "--sandbox"]),
        (2, ["call", "GET_SequenceSets", "--sandbox", "--env", "SBX"]),
        (2, ["call", "GET_SequenceSets", "--sandbox", "--profile", "p"]),
        (2, ["call", "GET_SequenceSets"]),
        (1, ["ops", "--spec", "1999-01-01"]),
        (1, ["specs", "facts", "nowhere.json"]),
        (2, ["nonsense"]),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, list) else str(each),
)
def test_the_exit_code_says_what_kind_of_failure_it_was(code: int, words: list[str], run: Run) -> None:
    result = run(*words)
    assert (result.exit_code, result.stdout) == (code, "")
    assert result.stderr
    assert "Traceback" not in result.stderr


def test_an_error_of_the_server_side_exits_with_5(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from dynzuora.errors import ServerError

    def broken(*_: object, **__: object) -> None:
        raise ServerError("GET_SequenceSets failed: 503.", status=503)

    monkeypatch.setattr("dynzuora.client.Client.call", broken)
    result = run("call", "GET_SequenceSets", "--sandbox")
    assert (result.exit_code, result.stderr) == (5, "Error: GET_SequenceSets failed: 503.\n")


def test_a_variable_makes_the_sandbox_read_only_too(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZUORA_READ_ONLY", "1")
    assert run("call", "DELETE_SequenceSet", "id=1", "--sandbox").exit_code == 2


def test_a_dry_run_shows_no_secret(run: Run) -> None:
    body = '{"type":"CreditCard","cardNumber":"4111111111111111","securityCode":"123"}'
    shown = run("call", "POST_PaymentMethods", "--body", body, "--dry-run").stdout
    assert json.loads(shown.partition("\n\n")[2]) == {
        "type": "CreditCard",
        "cardNumber": "***",
        "securityCode": "***",
    }


def test_an_operation_may_be_named_by_method_and_path_as_two_words(run: Run) -> None:
    words = ("call", "GET", "/v1/sequence-sets", "pageSize=2", "--dry-run")
    assert run(*words).stdout == run("call", "GET_SequenceSets", "pageSize=2", "--dry-run").stdout != ""


def test_a_port_that_is_taken_is_said_as_any_other_failure(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = run("sandbox", "--port", str(taken.getsockname()[1]))
    assert (result.exit_code, result.stderr[:38]) == (1, "Error: Cannot serve the sandbox on por")


def test_every_kind_of_advice_is_said_in_the_shell_s_words_too() -> None:
    assert SHELL_WORDS.keys() == PYTHON_WORDS.keys()
    python = re.compile(r"Client\.|client\.(?!download)|=True|[a-z]=( |\.|,|\))")
    assert [each for each in SHELL_WORDS.values() if python.search(each)] == []


def test_an_interrupted_command_exits_with_130(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("dynzuora.client.Client.call", interrupted)
    result = run("call", "GET_SequenceSets", "--sandbox")
    assert (result.exit_code, result.stderr) == (130, "Interrupted.\n")


# Surroundings


def test_help_and_finding_import_nothing_heavy() -> None:
    assert started("show", "POST_Account").returncode == 0  # prepares what is not yet
    heavy = ["requests", "jsonschema", "prance", "jinja2", "werkzeug", "yaml", "pandas", "rich"]
    for words in (["--help"], ["ops", "sequence"], ["show", "POST_Account"]):
        code = (
            "import sys\n"
            "from dynzuora.shell import shell\n"
            f"shell({words!r}, standalone_mode=False)\n"
            f"print(sorted(set({heavy!r}) & set(sys.modules)), file=sys.stderr)\n"
        )
        ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8")
        assert ended.stderr.splitlines()[-1:] == ["[]"], words


@pytest.mark.skipif(os.name == "nt", reason="pipes close differently there")
def test_a_reader_that_has_seen_enough_is_no_failure() -> None:
    line = f"{sys.executable} -m dynzuora ops | head -1; echo ${{PIPESTATUS[0]}}"
    ended = subprocess.run(["bash", "-c", line], capture_output=True, text=True)
    assert (ended.stdout.splitlines()[-1], ended.stderr) == ("0", "")


def test_output_survives_a_stream_that_is_not_unicode() -> None:
    ended = started("show", "POST_SequenceSets", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.isascii()


def test_python_m_dynzuora_is_the_command() -> None:
    assert started("--version").stdout == f"dynzuora {dynzuora.__version__}\n"


@pytest.mark.parametrize("shell_name", ["bash", "zsh", "fish"])
def test_completion_is_printed_for_each_shell(shell_name: str, run: Run) -> None:
    assert "_DYNZUORA_COMPLETE" in run("completion", shell_name).stdout


@pytest.mark.parametrize(
    ("words", "suggested"),
    [
        ("dynzuora call GET_SequenceS", ["GET_SequenceSets", "GET_SequenceSet"]),
        ("dynzuora show sequencesets", ["GET_SequenceSets", "POST_SequenceSets"]),
        ("dynzuora call GET_SequenceSets page", ["pageSize=", "page="]),
        ("dynzuora call GET_EntityConnections type=", ["type=inbound", "type=outbound"]),
        ("dynzuora call GET_EntityConnections type=in", ["type=inbound"]),
        ("dynzuora call GET_EntityConnections type = in", ["inbound"]),
        ("dynzuora call GET_EntityConnections type =", ["inbound", "outbound"]),
        ("dynzuora call NO_SUCH page", []),
        ("dynzuora --env csbx_e", ["CSBX_EU"]),
        ("dynzuora diff 2021", ["2021-08-20"]),
        ("dynzuora call POST_Account --body @specs/zuora-2020", ["@specs/zuora-2020-12-10.json"]),
        ("dynzuora call POST_Account --body @ specs/zuora-2020", ["@specs/zuora-2020-12-10.json"]),
        ("dynzuora --profile prod", []),
    ],
)
def test_a_shell_completes_ids_arguments_and_allowed_values(words: str, suggested: list[str]) -> None:
    ended = started(
        _DYNZUORA_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD=str(len(words.split()) - 1)
    )
    found = [line.partition(",")[2] for line in ended.stdout.split()]
    assert (ended.stderr, found) == ("", suggested)


# Documents


def test_known_documents_are_listed(run: Run) -> None:
    listed = run("specs", "list").stdout
    assert [line.split()[0] for line in listed.splitlines()[1:]] == [
        "2020-12-10",
        "2021-08-20",
        "2026-05-01",
    ]


def test_a_document_is_added_and_then_known_by_its_version(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DYNZUORA_HOME", str(tmp_path / "home"))
    document = {
        "openapi": "3.0.3",
        "info": {"title": "Tiny", "version": "2030-01-01"},
        "paths": {
            "/v1/pings": {"get": {"operationId": "GET_Ping", "responses": {"200": {"description": ""}}}}
        },
    }
    (tmp_path / "tiny.json").write_text(json.dumps(document))
    added = run("specs", "add", str(tmp_path / "tiny.json"))
    assert (added.stdout, added.stderr) == (
        "2030-01-01\n",
        "Added. Its operations: dynzuora ops --spec 2030-01-01\n"
        "Its repairs: dynzuora specs check 2030-01-01\n"
        "Its changes: dynzuora diff 2020-12-10 2030-01-01\n",
    )
    assert run("ops", "--spec", "2030-01-01").stdout.splitlines()[1].split()[0] == "GET_Ping"


def test_what_was_repaired_is_told_by_rule_with_an_example(run: Run) -> None:
    result = run("specs", "check", "2021-08-20")
    first, *rest = result.stdout.split("\n\n")
    rule, times = first.splitlines()[0].split(": ")
    document = dynzuora.load("2021-08-20")
    [example, *_] = [each for each in document.warnings if each.rule == rule]
    assert first == f"{rule}: {times}\n  example  {example.message}\n  at       {example.pointer}"
    assert len(rest) + 1 == len({each.rule for each in document.warnings})
    assert result.stderr == f"{len(document.warnings)} things repaired or left out; --all lists them.\n"


def test_everything_that_was_repaired_is_listed_or_given_as_json(run: Run) -> None:
    warnings = dynzuora.load("2021-08-20").warnings
    listed = run("specs", "check", "2021-08-20", "--all")
    given = run("specs", "check", "2021-08-20", "-o", "json")
    assert len(listed.stdout.splitlines()) == 1 + len(warnings)
    assert json.loads(given.stdout) == [each._asdict() for each in warnings]


def test_a_misspelt_command_is_answered_with_the_nearest(run: Run) -> None:
    assert run("shwo", "GET_SequenceSets").stderr.endswith("No such command 'shwo'. Did you mean show?\n")


@pytest.mark.parametrize("group", ["", "specs", "profile"])
def test_the_help_of_no_command_is_cut(group: str) -> None:
    shown = CliRunner().invoke(shell, [*group.split(), "--help"], terminal_width=80).stdout
    assert [line for line in shown.splitlines()[1:] if line.endswith("...")] == []


@pytest.mark.parametrize(
    ("version", "told"),
    [
        ("2018", []),
        ("2021", ["2021-08-20"]),
        ("202", ["2020-12-10", "2021-08-20", "2026-05-01"]),
        ("2020-12-01", ["2020-12-10"]),
    ],
)
def test_a_version_that_is_not_there_is_answered_with_those_that_begin_so(
    version: str, told: list[str], run: Run
) -> None:
    _, _, meant = run("ops", "--spec", version).stderr.rstrip("?\n").partition(" Did you mean ")
    assert [each for each in meant.split(" or ") if each] == told


def test_stubs_that_are_not_the_document_s_are_found_by_the_doctor(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DYNZUORA_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    before = run("doctor")
    run("stubs")
    fresh, stale = run("doctor"), run("doctor", "--spec", "2021-08-20")
    assert " stubs: " not in before.stdout
    assert "ok   stubs: typings matches the document\n" in fresh.stdout
    assert "FAIL stubs: " in stale.stdout
    assert (before.exit_code, fresh.exit_code, stale.exit_code) == (0, 0, 1)


# Serving


def test_the_sandbox_tells_what_another_shell_needs_to_reach_it(capsys: pytest.CaptureFixture[str]) -> None:
    _print_address(8123)
    assert capsys.readouterr().err.splitlines()[:2] == [
        "In another shell: export ZUORA_BASE_URL=http://127.0.0.1:8123 "
        f"ZUORA_CLIENT_ID={'0' * 36} ZUORA_CLIENT_SECRET=sandbox",
        "Then run: dynzuora call GET_SequenceSets. Ctrl-C here stops the sandbox.",
    ]


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGINT for one process there")
def test_the_sandbox_is_served_until_it_is_interrupted(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    command = [sys.executable, "-m", "dynzuora", "sandbox", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as serving:
        address = serving.stdout.readline().strip() if serving.stdout else ""
        monkeypatch.setenv("ZUORA_CLIENT_ID", "0" * 36)
        monkeypatch.setenv("ZUORA_CLIENT_SECRET", "secret")
        names = run("call", "GET_SequenceSets", "--env", address, "--query", "sequenceSets[0].name")
        serving.send_signal(signal.SIGINT)
        assert serving.wait(timeout=10) == 130
    assert names.stdout == '"DEFAULT"\n'


def test_a_secret_that_is_piped_in_is_read_without_a_warning(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DYNZUORA_HOME", str(tmp_path))
    words = ("profile", "add", "mine", "--env", "SBX", "--client-id", "i")
    result = run(*words, input="fake-secret\n")
    assert (result.exit_code, "echo" in result.stderr, "Warning" in result.stderr) == (0, False, False)
    assert 'client_secret = "fake-secret"' in next(tmp_path.rglob("profiles.toml")).read_text("utf-8")
    assert run(*words, "--replace", input="").stderr.endswith("Standard input has no client secret.\n")


@pytest.mark.parametrize("operation", ["POST_Account", "POST_RSforInvoiceItem_DistributeByDateRange"])
def test_show_fits_into_80_columns(operation: str, run: Run) -> None:
    assert max(map(len, run("show", operation).stdout.splitlines())) <= 80
