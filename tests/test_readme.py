"""What the README and the help texts show is what happens."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from dynzuora.shell import shell
from tests.commands import commands
from tests.pages import PAGES, blocks, text

README = text("README.md")
NOT_RUN_HERE = (  # endless; ask the real servers
    "dynzuora sandbox",
    "dynzuora --env SBX doctor",
    "dynzuora specs update",
)


def shell_lines() -> list[str]:
    """Each line that a page shows, once, and the example of each command."""
    pages = "".join(each.read_text(encoding="utf-8") for each in PAGES)
    shown = [line for block in blocks(pages, "sh") for line in block.splitlines()]
    shown += [re.sub("^Example: ", "", command.epilog or "") for _, command in commands()]
    shown = [line for line in shown if line.startswith("dynzuora") and not line.startswith(NOT_RUN_HERE)]
    return list(dict.fromkeys(shown))


@pytest.mark.parametrize("name", ["demo", "test"])
def test_the_readme_has_the_command_that_continuous_integration_runs(name: str) -> None:
    [block] = blocks(README, f"sh {name}")
    *before, last = [line.endswith(" &&") for line in block.splitlines()]
    assert (set(before), last) == ({True}, False), "one command, which stops where a part of it fails"


@pytest.mark.parametrize("line", shell_lines())
def test_the_shell_lines_of_the_pages_and_of_help_run(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DYNZUORA_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("ZUORA_ENV", raising=False)
    _files()
    for needed in (each for each in shell_lines() if each.partition(" > ")[2]):
        if f"@{_file_of(needed)}" in line:
            _ran(needed)
    result = _ran(line)
    assert (result.exit_code, "Error" in result.stderr) == (0, False)


def _ran(line: str) -> Result:
    """Run a line of the shell, and write its result where the line sends it."""
    words = shlex.split(line.partition(" > ")[0], comments=True)[1:]
    result = CliRunner().invoke(shell, words, input="secret\n", catch_exceptions=False)
    if file := _file_of(line):
        Path(file).write_text(result.stdout, encoding="utf-8")
    return result


def _file_of(line: str) -> str:
    return " ".join(shlex.split(line.partition(" > ")[2], comments=True))


def _files() -> None:
    """Write the files that the examples name, but for those that other examples write."""
    operation = {"operationId": "GET_Ping", "responses": {"200": {"description": "It is there."}}}
    info = {"title": "Tiny", "version": "2030-01-01"}
    document = {"openapi": "3.0.3", "info": info, "paths": {"/v1/pings": {"get": operation}}}
    Path("openapi.yaml").write_text(json.dumps(document))  # JSON is YAML
    Path("scripts").mkdir()
    Path("scripts/list.py").write_text('client.call("GET_SequenceSets", pageSize=20)\n')
    call = {"operation": "GET_SequenceSets", "request": {"method": "GET", "path": "/v1/sequence-sets"}}
    Path("calls.jsonl").write_text(json.dumps(call))
    for folder in ("notebooks", "specs"):
        Path(folder).symlink_to(Path(__file__).parent.parent / folder)


@pytest.mark.parametrize("name", [name for name, _ in commands()])
def test_every_command_is_in_the_readme(name: str) -> None:
    assert all(word in README for word in name.split())


@pytest.mark.parametrize(
    "option",
    sorted({each.opts[-1] for each in shell.params if isinstance(each, click.Option)} - {"--version"}),
)
def test_every_global_option_is_in_the_readme(option: str) -> None:
    assert f"`{option}`" in README
