"""Replacements for the tenant in your own tests: ``ZUORA_ENV=sandbox`` and the fixtures for pytest."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from dynzuora import Client
from dynzuora.shell import shell
from dynzuora.shell.doctor import examine

ROOT = Path(__file__).parent.parent

SANDBOX = "sandbox (in-process sandbox: nothing reaches Zuora)"
NOTICE = (
    "dynzuora: ZUORA_ENV=sandbox: calls go to a simulated tenant in this process; nothing reaches Zuora. "
    "Its own API Sandbox is ZUORA_ENV=SBX.\n"
)


@pytest.fixture
def forced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dynzuora.client.stand_ins._sandboxes", {})
    monkeypatch.setenv("ZUORA_ENV", "Sandbox")
    monkeypatch.setenv("ZUORA_BASE_URL", "https://rest.zuora.invalid")


class Untouched:
    """An adapter that no request may reach."""

    def send(self, *_: Any, **__: Any) -> Any:
        raise AssertionError("a request left the process")


@pytest.mark.usefixtures("forced")
@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"environment": "PROD", "client_id": "me", "client_secret": "fake"},
        {"environment": "https://rest.zuora.invalid", "token": "fake", "entity": "1234"},
        {"profile": "nobody"},
        {"environment": "PROD", "token": "fake", "transport": Untouched()},
    ],
    ids=["nothing", "production", "an address", "a profile", "an adapter"],
)
def test_an_unchanged_program_runs_against_the_sandbox(
    arguments: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    with Client(**arguments) as client:
        assert client.call("GET_Account", account_key="A00000001")["basicInfo"]["name"] == "Amber Orchard Ltd"
        assert repr(client).startswith(f"<Client {SANDBOX}, ")
    assert capsys.readouterr().err == NOTICE


@pytest.mark.usefixtures("forced")
def test_the_clients_of_a_process_share_the_tenant_and_the_notice(capsys: pytest.CaptureFixture[str]) -> None:
    with Client() as one, Client(environment="SBX") as other, Client.sandbox() as own:
        one.call("POST_SequenceSets", body=one.template("POST_SequenceSets"))
        names = [
            [row["name"] for row in client.call("GET_SequenceSets")["sequenceSets"]]
            for client in (other, own)
        ]
    assert names == [["DEFAULT", "FR", "Name"], ["DEFAULT", "FR"]]
    assert capsys.readouterr().err == NOTICE


@pytest.mark.usefixtures("forced")
def test_the_doctor_says_that_nothing_reaches_the_vendor() -> None:
    findings = {finding.subject: finding.text for finding in examine(Client)}
    assert SANDBOX in findings["environment"]
    assert findings["environment"].endswith(", from ZUORA_ENV=sandbox: https://sandbox.invalid")


@pytest.mark.usefixtures("forced")
def test_the_shell_calls_the_sandbox_too() -> None:
    words = ["call", "GET_SequenceSets", "--env", "PROD", "--query", "sequenceSets[].name"]
    result = CliRunner().invoke(shell, words)
    assert (result.exit_code, result.stdout) == (0, '[\n  "DEFAULT",\n  "FR"\n]\n')


def test_the_vendor_s_api_sandbox_is_not_the_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZUORA_ENV", "SBX")
    assert repr(Client(token="fake")).startswith("<Client SBX (US Cloud 2 API sandbox), ")


# The fixtures

TESTS = """
import os, subprocess, sys
from dynzuora import Client

def test_a_record_is_made(zuora):
    zuora.call("POST_SequenceSets", body=zuora.template("POST_SequenceSets"))
    assert len(zuora.call("GET_SequenceSets")["sequenceSets"]) == 3

def test_each_test_has_a_tenant_of_its_own(zuora):
    assert len(zuora.call("GET_SequenceSets")["sequenceSets"]) == 2

def test_the_server_is_the_same_tenant(zuora, zuora_server):
    zuora.call("POST_SequenceSets", body=zuora.template("POST_SequenceSets"))
    with Client() as client:
        assert client.base_url == zuora_server
        assert len(client.call("GET_SequenceSets")["sequenceSets"]) == 3

def test_the_variables_end_with_the_test():
    assert "ZUORA_BASE_URL" not in os.environ
"""


def pytest_run(folder: Path, text: str, *words: str) -> subprocess.CompletedProcess[str]:
    folder.joinpath("test_it.py").write_text(text, "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", *words]
    variables = {
        **os.environ,
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }  # which takes seconds
    return subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True)


def test_the_fixtures_are_a_tenant_for_each_test(tmp_path: Path) -> None:
    done = pytest_run(tmp_path, TESTS, "-p", "dynzuora.testing")
    assert done.stdout.splitlines()[-1].startswith("4 passed"), done.stdout


def test_another_document_is_a_fixture(tmp_path: Path) -> None:
    text = """
import pytest
@pytest.fixture(scope="session")
def zuora_spec():
    return {"openapi": "3.0.3", "info": {"title": "Things", "version": "7"}, "paths": {}}
def test_the_version(zuora):
    assert zuora.document.version == "7"
"""
    assert "1 passed" in pytest_run(tmp_path, text, "-p", "dynzuora.testing").stdout


def test_the_fixtures_are_registered_and_load_nothing_where_they_are_not_used(tmp_path: Path) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["entry-points"]["pytest11"] == {"dynzuora": "dynzuora.testing"}
    text = """
import sys
def test_it():
    loaded = [name for name in sys.modules if name.startswith("dynzuora.")]
    assert loaded == ["dynzuora.testing"]
"""
    assert "1 passed" in (done := pytest_run(tmp_path, text, "-p", "dynzuora.testing")).stdout, done.stdout
