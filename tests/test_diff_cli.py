"""``dynzuora diff`` and ``history``: the report on standard output, exit codes that mean something."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dynzuora.shell import shell

HERE = Path(__file__).parent / "data" / "usage"
OLD, NEW = str(HERE / "old.json"), str(HERE / "new.json")
CODE = HERE / "code"
NOTEBOOK = CODE / "18_notebook.ipynb"

Run = Callable[..., Result]


@pytest.fixture
def run() -> Run:
    """Return a function that runs one command line in this process."""
    return lambda *words: CliRunner().invoke(shell, [str(word) for word in words], catch_exceptions=False)


def test_a_comparison_is_printed_as_text_and_nothing_else(run: Run) -> None:
    result = run("diff", OLD, NEW)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("Small billing: 1 → 2\n13 → 13 operations · ")
    assert "Reports (1): GET_LegacyReport" in result.stdout


def test_a_document_that_belongs_to_the_new_one_keeps_its_operations(run: Run) -> None:
    result = run("diff", OLD, NEW, "--with", OLD, "--format", "json")
    changes = {change["id"]: change for change in json.loads(result.stdout)["changes"]}
    assert "operation-removed" not in changes
    assert changes["operation-in-other-document"]["operations"] == ["GET_LegacyReport"]


@pytest.mark.parametrize(
    ("form", "begins"),
    [
        ("text", "Small billing"),
        ("markdown", "## Small billing"),
        ("html", "<!doctype html>"),
        ("json", "{\n"),
    ],
)
def test_every_format_is_printed_or_written(form: str, begins: str, run: Run, tmp_path: Path) -> None:
    printed = run("diff", OLD, NEW, "--format", form).stdout
    written = run("diff", OLD, NEW, "--format", form, "-o", tmp_path / "report")
    assert printed.startswith(begins)
    assert (written.stdout, written.stderr) == ("", f"Wrote {tmp_path / 'report'}.\n")
    assert (tmp_path / "report").read_text("utf-8") == printed


@pytest.mark.parametrize(
    ("name", "begins"),
    [("a.html", "<!doctype"), ("a.md", "## "), ("a.json", "{"), ("a.txt", "Small"), ("a", "Small")],
)
def test_the_suffix_of_the_file_chooses_the_format(name: str, begins: str, run: Run, tmp_path: Path) -> None:
    run("diff", OLD, NEW, "-o", tmp_path / name)
    assert (tmp_path / name).read_text("utf-8").startswith(begins)


def test_versions_are_named_like_everywhere(run: Run) -> None:
    assert "2020-12-10 → 2021-08-20" in run("diff", "2020-12-10", "2021-08-20").stdout


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ([OLD, NEW], 0),
        ([OLD, NEW, "--fail-on", "breaking"], 1),
        ([OLD, NEW, "--fail-on", "any"], 1),
        ([OLD, OLD, "--fail-on", "any"], 0),
        ([OLD, NEW, "--fail-on", "breaking", "--used-by", CODE / "10_nothing_breaks.py"], 0),
        ([OLD, NEW, "--fail-on", "breaking", "--used-by", CODE / "01_direct_call.py"], 1),
        ([OLD, NEW, "--fail-on", "breaking", "--used-by", CODE / "12_computed.py"], 0),
        ([OLD, NEW, "--fail-on", "any", "--used-by", CODE / "12_computed.py"], 1),
    ],
    ids=[
        "not asked",
        "breaking",
        "any",
        "same",
        "code that stays",
        "code that breaks",
        "unresolved",
        "any unresolved",
    ],
)
def test_fail_on_ends_with_1_after_the_report(words: list[object], code: int, run: Run) -> None:
    result = run("diff", *words)
    assert result.exit_code == code
    assert result.stdout


def test_used_by_reports_only_the_lines_that_break(run: Run) -> None:
    path = CODE / "01_direct_call.py"
    assert run("diff", OLD, NEW, "--used-by", path).stdout.splitlines()[2:] == [
        "",
        "Your code: 1 line to change (1 file read, 2 uses of 2 operations)",
        f"  {path}:6  GET_LegacyReport: GET_LegacyReport (GET /v1/legacy/report) was removed",
        "      → perhaps GET_Reports",
    ]


def test_used_by_takes_several_paths_at_once(run: Run) -> None:
    result = run("diff", OLD, NEW, "--used-by", CODE / "01_direct_call.py", CODE / "02_keyword_names.py")
    assert "2 files read" in result.stdout


def test_findings_are_in_the_json(run: Run) -> None:
    report = json.loads(run("diff", OLD, NEW, "--format", "json", "--used-by", NOTEBOOK).stdout)
    assert [(each["cell"], each["line"], each["rule"]) for each in report["usage"]["findings"]] == [
        (4, 1, "argument-renamed"),
        (5, 3, "reply-key-removed"),
    ]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["diff"], 2, "diff compares two documents; OLD and NEW must be named."),
        (["diff", OLD], 2, "diff compares two documents; the second must be named."),
        (["diff", OLD, NEW, "third.json"], 2, "Put your own code after --used-by"),
        (["diff", OLD, "1999-01-01"], 1, "1999-01-01"),
        (["diff", OLD, NEW, "--used-by", "nowhere.py"], 1, "There is no file or folder 'nowhere.py'"),
        (["history", "GET_Invoice"], 2, "--in"),
        (["history", "GET_Nothing", "--in", HERE], 2, "No operation GET_Nothing"),
    ],
)
def test_mistakes_are_told_beside_the_result(words: list[object], code: int, said: str, run: Run) -> None:
    result = run(*words)
    assert (result.exit_code, result.stdout) == (code, "")
    assert said in result.stderr


def test_a_history_is_one_line_an_event(run: Run) -> None:
    result = run("history", "GET_Invoices", "dueBefore", "--in", HERE)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[0].startswith("1  ")
    assert "was removed" in result.stdout


def test_a_field_that_no_version_has_is_answered_with_the_nearest(run: Run) -> None:
    result = run("history", "GET_Invoices", "dueBefor", "--in", HERE)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "GET_Invoices has no field 'dueBefor' in any of 1, 2. Did you mean dueBefore" in result.stderr


def test_where_nothing_was_read_nothing_seems_safe(run: Run, tmp_path: Path) -> None:
    told = run("diff", OLD, NEW, "--used-by", tmp_path).stderr
    assert told == f"Nothing was read: {tmp_path} has no script, notebook or usage log.\n"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("01_direct_call.py", "--fail-on any: 1 use that breaks or cannot be resolved."),
        ("", "--fail-on any: "),
    ],
)
def test_one_use_and_several_are_told_apart(name: str, told: str, run: Run) -> None:
    assert told in run("diff", OLD, NEW, "--fail-on", "any", "--used-by", CODE / name).stderr


def test_hostile_names_do_not_reach_the_terminal(run: Run, tmp_path: Path) -> None:
    document = json.loads(Path(OLD).read_text("utf-8"))
    document["info"]["title"] = "\x1b]0;owned\x07"
    document["info"]["version"] = "3\u202e"
    (tmp_path / "evil.json").write_text(json.dumps(document))
    assert set(run("diff", OLD, tmp_path / "evil.json").stdout).isdisjoint("\x1b\x07\u202e")
