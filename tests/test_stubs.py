"""Stubs say what the document says, and both type checkers understand them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import dynzuora
from dynzuora.calls import CALL_OPTIONS
from dynzuora.editors import stubs
from dynzuora.shell import shell

ROOT = Path(dynzuora.__file__).parent.parent

MISTAKES = """\
from dynzuora import Client

client = Client.sandbox()
client.call("GET_SequenceSets", pageSize=20)
client.call("GET_OfANewerDocument")
client.ops.GET_SequenceSets(pageSize=20, dry_run=True)
client.ops.GET_SequenceSets.prepare(pageSize=20)
client.ops.PUT_SequenceSet(id="1", body={"invoice": {"prefix": "A", "startNumber": 1}})
client.ops.GET_SequenceSetz()  # wrong: GET_SequenceSetz
client.ops.PUT_SequenceSet(id="1", body={"invioce": {"prefix": "A", "startNumber": 1}})  # wrong: invioce
client.ops.GET_SequenceSet()  # wrong: id
client.ops.PUT_SequenceSet(id="1", body={"invoice": {"prefix": 3, "startNumber": 1}})  # wrong: str
client.ops.GET_SequenceSets(pagesize=20)  # wrong: pagesize
"""

WRONG = {
    number: line.rpartition("# wrong: ")[2]
    for number, line in enumerate(MISTAKES.splitlines(), 1)
    if "# wrong" in line
}
"""Line → a word that its complaint must have."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's project: one file with mistakes, and the stubs of the default document."""
    folder = tmp_path_factory.mktemp("project")
    folder.joinpath("mistakes.py").write_text(MISTAKES)
    stubs.write(dynzuora.load(), folder / "typings")
    config = {"include": ["."], "stubPath": "typings", "extraPaths": [str(ROOT)]}
    folder.joinpath("pyrightconfig.json").write_text(json.dumps(config))
    mypy = f"[mypy]\nmypy_path = typings:{ROOT}\nfollow_imports = silent\nignore_missing_imports = true\n"
    folder.joinpath("mypy.ini").write_text(mypy)
    return folder


def run(command: Sequence[str], folder: Path) -> str:
    quiet = {**os.environ, "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=300, env=quiet
    )
    return done.stdout + done.stderr


def lines_of(output: str, pattern: str) -> dict[int, str]:
    found: dict[int, str] = {}
    for number, message in re.findall(pattern, output, re.MULTILINE | re.DOTALL):
        found[int(number)] = found.get(int(number), "") + message
    return found


def assert_complains(found: dict[int, str], output: str) -> None:
    """Each mistake is told on its line, by the word that is wrong, and nothing else is."""
    told = {
        number: word if (word := WRONG.get(number, "")) in text else text for number, text in found.items()
    }
    assert told == WRONG, output


@pytest.mark.slow
def test_mypy_reports_each_mistake_on_its_line_and_nothing_else(project: Path) -> None:
    pytest.importorskip("mypy", reason="mypy is not installed")
    output = run([sys.executable, "-m", "mypy", "mistakes.py"], project)
    found = lines_of(output, r"^mistakes\.py:(\d+): error: ([^\n]*)")
    assert_complains(found, output)


@pytest.mark.slow
def test_without_stubs_a_right_program_passes_mypy(tmp_path: Path) -> None:
    pytest.importorskip("mypy", reason="mypy is not installed")
    tmp_path.joinpath("right.py").write_text(
        "from dynzuora import Client\n"
        "client = Client.sandbox()\n"
        'client.ops.GET_Account(account_key="A00000001").to_dict()\n'
        "client.ops.by_tag.sequence_sets.GET_SequenceSets(pageSize=20)\n"
    )
    tmp_path.joinpath("mypy.ini").write_text(f"[mypy]\nmypy_path = {ROOT}\nfollow_imports = silent\n")
    assert "Success" in run([sys.executable, "-m", "mypy", "right.py"], tmp_path)


@pytest.mark.slow
def test_pyright_reports_each_mistake_on_its_line_and_nothing_else(project: Path) -> None:
    pytest.importorskip("pyright", reason="pyright is not installed")
    if shutil.which("node") is None:
        pytest.skip("pyright needs node, which is not installed")
    output = run([sys.executable, "-m", "pyright", "-p", ".", "--outputjson"], project)
    if not output.lstrip().startswith("{"):
        pytest.skip(f"pyright could not start: {output[:200]}")
    found: dict[int, str] = {}
    for each in json.loads(output[: output.rindex("}") + 1])["generalDiagnostics"]:
        assert Path(each["file"]).name == "mistakes.py", each  # the stubs themselves are faultless
        number = each["range"]["start"]["line"] + 1
        found[number] = found.get(number, "") + each["message"]
    assert_complains(found, output)


@pytest.mark.parametrize("version", ["2020-12-10", "2021-08-20"])
def test_stubs_are_python_and_name_each_operation_and_type_once(version: str) -> None:
    document = dynzuora.load(version)
    text = stubs.ops(document)
    compile(text, "ops.pyi", "exec")
    attributes = re.findall(r"^    (\w+): _\1$", text, re.MULTILINE)
    assert attributes == list(document.operations)
    types = re.findall(r"^(\w+)(?:: TypeAlias)? = ", text, re.MULTILINE)
    assert len(types) == len(set(types))


def test_the_committed_ids_are_those_of_the_default_document() -> None:
    committed = Path(dynzuora.__file__).parent / "_operation_ids.pyi"
    assert committed.read_text("utf-8") == stubs.ids(dynzuora.load())
    assert CliRunner().invoke(shell, ["stubs", "--ids"]).stdout == committed.read_text("utf-8")


def test_the_page_about_editors_shows_what_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = ROOT.joinpath("docs", "editors.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for line in re.findall(r"^dynzuora (.*)$", page, re.MULTILINE):
        assert CliRunner().invoke(shell, line.split()).exit_code == 0
    [name] = re.findall(r"from dynzuora\.ops import (\w+)", page)
    assert f"\n{name} = TypedDict(" in tmp_path.joinpath("typings/dynzuora/ops.pyi").read_text("utf-8")


@pytest.mark.parametrize("version", ["2018-08-23", "2020-12-10", "2021-08-20", "2026-05-01"])
def test_stubs_of_a_full_document_are_python(version: str, full_spec: Callable[[str], Path]) -> None:
    compile(stubs.ops(dynzuora.load(full_spec(version))), "ops.pyi", "exec")


def body_type(schema: dict[str, Any], required: bool = True) -> str:
    content = {"application/json": {"schema": schema}}
    operation = {
        "operationId": "addPet",
        "requestBody": {"required": required, "content": content},
        "responses": {"200": {"description": "Done."}},
    }
    info = {"title": "Pets", "version": "1"}
    document = {"openapi": "3.0.3", "info": info, "paths": {"/pets": {"post": operation}}}
    text = stubs.ops(dynzuora.load(document))
    [found] = re.findall(r"body: (.*?)(?: = \.\.\.)?, params", text)
    return str(found)


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string"}, "str"),
        ({"type": "string", "format": "date"}, "str | date"),
        ({"type": "number"}, "float | Decimal"),
        ({"type": "array", "items": {"type": "integer"}}, "list[int]"),
        ({"type": "string", "enum": ["a", "b"]}, "Literal['a', 'b']"),
        ({"type": "string", "enum": ["a", True, False]}, "Literal['a', 'Yes', 'No']"),
        ({"type": "integer", "enum": [1, 2]}, "Any"),
        ({"oneOf": [{"type": "string"}, {"type": "integer"}]}, "str | int"),
        ({"type": "object", "additionalProperties": True}, "dict[str, Any]"),
        ({"type": "object", "properties": {"class": {"type": "string"}}}, "addPetBody"),
        ({}, "Any"),
    ],
)
def test_a_schema_becomes_a_type(schema: dict[str, Any], expected: str) -> None:
    assert body_type(schema) == expected


def test_stubs_of_another_document_are_stale(tmp_path: Path) -> None:
    current, other = dynzuora.load(), dynzuora.load("2021-08-20")
    assert stubs.stale(current, tmp_path).startswith("There is no stub")
    stubs.write(other, tmp_path)
    assert "is out of date: it was written from 2021-08-20, the document is 2020-12-10." in stubs.stale(
        current, tmp_path
    )
    assert stubs.stale(other, tmp_path) == ""


def test_the_shell_reports_stale_stubs_and_writes_them_again(tmp_path: Path) -> None:
    folder = str(tmp_path / "typings")
    checks = ["stubs", "-o", folder, "--check"]
    before = CliRunner().invoke(shell, checks)
    assert (before.exit_code, f"dynzuora stubs -o {folder}" in before.stderr) == (1, True)
    written = CliRunner().invoke(shell, ["stubs", "-o", folder])
    assert [Path(line).name for line in written.stdout.splitlines()] == ["ops.pyi", "__init__.pyi"]
    assert CliRunner().invoke(shell, checks).exit_code == 0


def test_stubs_take_every_option_of_a_call_and_no_other() -> None:
    block = stubs.ops(dynzuora.load("2020-12-10")).partition("class Options_")[2].partition("\nclass ")[0]
    assert tuple(re.findall(r"^    (\w+):", block, re.MULTILINE)) == tuple(CALL_OPTIONS)
