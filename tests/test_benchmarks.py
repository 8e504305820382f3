"""The benchmarks are data; their tables are held here, and their times nowhere."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks import against, plot, report, results, tables
from benchmarks.environments import Environments, complaint
from benchmarks.kinds import EVERY
from benchmarks.measuring import Bench
from benchmarks.results import Results
from benchmarks.subjects import (
    Growth,
    Kind,
    Loop,
    Measured,
    Outcome,
    Page,
    Process,
    Setting,
    Target,
    exponent,
    outcome,
)

HERE = Path("/nowhere")
SETTING = Setting(
    old=HERE,
    new=HERE,
    old_yaml=HERE,
    new_json=HERE,
    repaired=(HERE, HERE),
    tidied=HERE,
    bodies={"POST_Order": HERE, "POST_Account": HERE},
    scaled=((HERE, HERE),) * 4,
    url="http://127.0.0.1:9",
    oasdiff="oasdiff",
    full=False,
)
EVERY_KIND = [pytest.param(kind, id=name) for name, kind in EVERY.items()]
FOUND = Results(
    machine="2 cores",
    when="today",
    rounds=3,
    documents="one",
    versions={"requests": "2"},
    kinds={
        "pages": {"written": Measured(0.5, 0.6, 30.0), "painted": Measured(wall=0.25)},
        "imports": {"after a client": Measured(shown="none"), "after that": Measured(said="a | b")},
    },
)


class Here(Environments):
    """One environment: the one that the tests run in."""

    def python(self, name: str) -> Path:
        return Path(sys.executable)


starts_processes = pytest.mark.skipif(not hasattr(os, "wait4"), reason="processes are measured with wait4")


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    environments = Here(tmp_path, print)
    environments.said["gone"] = "No matching distribution found for gone"
    return Bench(environments, tmp_path, rounds=1)


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_the_code_of_every_subject_is_python(kind: Kind) -> None:
    for each in kind.subjects(SETTING):
        for code in (getattr(each, part, "") for part in ("code", "setup", "run")):
            compile(code, each.name, "exec")


def test_builds_are_measured_in_pairs_of_one_round(bench: Bench) -> None:
    pair = [Loop("a call", name, "sum(range(1000))") for name in ("one", "other")]
    rounds = bench.paired(pair, 3)
    assert [[each.said for each in both] for both in rounds] == [["", ""]] * 3
    assert all(each.cpu > 0 for both in rounds for each in both)


def test_what_cannot_be_measured_in_pairs_says_why(bench: Bench) -> None:
    [[one, other]] = bench.paired([Loop("a call", "one", "1 / 0"), Loop("a call", "other", "1")], 3)
    assert (one.said, other.said) == ("ZeroDivisionError: division by zero",) * 2


def test_two_builds_are_compared_by_the_median_of_their_pairs() -> None:
    rounds = [[Measured(cpu=new), Measured(cpu=2.0)] for new in (2.0, 3.0, 30.0)]
    assert against._ratio("a GET", "cpu", rounds) == against.Ratio("a GET", "CPU, median of 3 pairs", 1.5)
    assert against.table([against.Ratio("a GET", "CPU", 1.5), against.Ratio("b", "CPU", None, "ended")]) == (
        "| new build, old build = 1 | of | ratio |\n| --- | --- | --- |\n"
        "| a GET | CPU | 1.500 |\n| b | CPU | ended |\n"
    )


@pytest.mark.parametrize("what", against.RUNS)
def test_the_code_that_compares_builds_is_python(what: str) -> None:
    run, more, _ = against.RUNS[what]
    compile(against._CLIENT + more + run, what, "exec")


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_what_a_target_names_is_measured_and_has_one_name(kind: Kind) -> None:
    names = [each.name for each in kind.subjects(SETTING)]
    asked = {name for target in kind.targets for name in _names(target)}
    assert (asked - set(names), len(names)) == (set(), len(set(names)))


def _names(target: Target | Growth) -> tuple[str, ...]:
    return target.subjects if isinstance(target, Growth) else (target.subject, *target.against)


@pytest.mark.parametrize(
    ("limit", "against", "expected"),
    [
        pytest.param(1.5, ("other",), (1.5, True), id="a ratio"),
        pytest.param(1.4, ("other",), (1.5, False), id="a ratio that is too much"),
        pytest.param(1.0, ("other", "other"), (0.75, True), id="a ratio to a sum"),
        pytest.param(2.0, (), (3.0, False), id="seconds"),
        pytest.param(None, (), (3.0, True), id="only that it can be done"),
        pytest.param(1.0, ("broken",), (None, False), id="what could not be measured is not met"),
        pytest.param(1.0, ("forgotten",), (None, False), id="what was not measured is not met"),
    ],
)
def test_a_target_is_held_against_what_was_measured(limit: Any, against: Any, expected: Any) -> None:
    measured = {"own": Measured(cpu=3.0), "other": Measured(cpu=2.0), "broken": Measured(said="no")}
    target = Target("what", "own", limit, against)
    assert outcome(target, measured) == Outcome(target, *expected)


def test_a_target_has_a_name_of_its_own() -> None:
    names = [target.what for kind in EVERY.values() for target in kind.targets]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        pytest.param((3.0, 3.0, 3.0), 0.0, id="always the same"),
        pytest.param((1.0, 2.0, 4.0), 1.0, id="as the size"),
        pytest.param((1.0, 4.0, 16.0), 2.0, id="as its square"),
    ],
)
def test_growth_is_the_power_of_size(times: Any, expected: float) -> None:
    assert exponent((1, 2, 4), times) == expected


@pytest.mark.parametrize(
    ("limit", "last", "expected"),
    [
        pytest.param(1.1, "double", (1.0, True), id="linear"),
        pytest.param(0.9, "double", (1.0, False), id="more than allowed"),
        pytest.param(1.1, "broken", (None, False), id="what could not be measured is not met"),
    ],
)
def test_growth_is_held_against_what_was_measured(limit: float, last: str, expected: Any) -> None:
    measured = {"one": Measured(cpu=1.0), "double": Measured(cpu=2.0), "broken": Measured(said="no")}
    target = Growth("what", ("one", last), (1, 2), limit)
    assert outcome(target, measured) == Outcome(target, *expected)


@starts_processes
def test_a_process_is_measured(bench: Bench) -> None:
    found = bench.measure([Process("bare Python", "here", "pass")])["bare Python"]
    assert found.cpu > 0 and found.wall > 0 and found.peak > 1 and found.said == ""


def test_expressions_are_measured_in_turns(bench: Bench) -> None:
    found = bench.measure([Loop("a sum", "here", "1 + one", "one = 1"), Loop("a print", "here", "print(1)")])
    assert [each.cpu > 0 and each.said == "" for each in found.values()] == [True, True]


@starts_processes
def test_a_fact_is_the_last_line_that_a_process_prints(bench: Bench) -> None:
    found = bench.measure([Process("p", "here", "print(1); print('a, b')", shows=True)])["p"]
    assert found.shown == "a, b"


@starts_processes
def test_a_page_that_cannot_be_written_is_shown_with_what_was_said(bench: Bench) -> None:
    command = (sys.executable, "-c", "raise OSError('no room')", "page.html")
    assert bench.measure([Page("p", "here", command)]) == {"p": Measured(said="OSError: no room")}


def test_an_expression_that_ends_its_process_leaves_the_others_measured(bench: Bench) -> None:
    ends = Loop("ends", "here", "times.append(1) or len(times) > 9 and os._exit(1)", "import os; times = []")
    fine = Loop("fine", "another", "1 + 1")
    found = bench.measure([ends, fine])
    assert (found["ends"], found["fine"].said) == (Measured(said="ended"), "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "Traceback (most recent call last):\n  File x\nValueError: 79 is no\n\nFailed in\n  {'a': 1}\n",
            "ValueError: 79 is no",
            id="a traceback: the line after the last frame",
        ),
        pytest.param(
            "Checking\nERROR: No version of gone\nERROR: Stop\n", "ERROR: No version of gone", id="pip"
        ),
        pytest.param("usage: x\ntry --help\n", "usage: x", id="nothing that says error"),
        pytest.param("Error: open /home/me/a.yaml: none", "Error: open …/a.yaml: none", id="no folders"),
        pytest.param("", "nothing", id="nothing"),
    ],
)
def test_of_what_is_said_the_first_line_that_says_it_is_shown(text: str, expected: str) -> None:
    assert complaint(text) == expected


@pytest.mark.parametrize(
    ("subject", "said"),
    [
        pytest.param(
            Process("p", "here", "raise OSError('too large')"),
            "OSError: too large",
            id="process",
            marks=starts_processes,
        ),
        pytest.param(Loop("l", "here", "1 / 0"), "ZeroDivisionError: division by zero", id="loop"),
        pytest.param(
            Process("g", "gone", "pass"), "No matching distribution found for gone", id="not installed"
        ),
        pytest.param(
            Loop("g", "gone", "pass"), "No matching distribution found for gone", id="loop, not installed"
        ),
    ],
)
def test_what_cannot_do_it_is_shown_with_what_it_said(bench: Bench, subject: Any, said: str) -> None:
    assert bench.measure([subject]) == {subject.name: Measured(said=said)}


def test_the_server_answers_as_json(bench: Bench) -> None:
    with bench.server() as url:
        assert url.startswith("http://127.0.0.1:")


def test_results_are_read_as_they_were_written(tmp_path: Path) -> None:
    results.write(FOUND, tmp_path / "found.json")
    assert results.read(tmp_path / "found.json") == FOUND


def test_of_several_runs_the_first_counts_and_others_complete_it() -> None:
    other = FOUND._replace(machine="another", kinds={"pages": {}, "million": {"a": Measured(1.0)}})
    assert results.merged(FOUND, other) == FOUND._replace(kinds={**other.kinds, **FOUND.kinds})


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        pytest.param(
            "pages", ["| written | 500 ms | 30.0 | 600 ms |", "| painted |  |  | 250 ms |"], id="figures"
        ),
        pytest.param(
            "imports", ["| after a client | none |", "| after that | cannot: a \\| b |"], id="facts"
        ),
    ],
)
def test_a_table_has_a_row_for_each_subject(name: str, rows: Any) -> None:
    assert tables.kind(name, FOUND).splitlines()[-2:] == rows


def test_a_page_is_filled_between_its_marks_and_kept_round_them() -> None:
    page = (
        "Why.\n<!-- measured: about -->\n{}<!-- end -->\nBecause.\n<!-- measured: targets -->\n{}<!-- end -->"
    )
    new = page.format(tables.about(FOUND) + "\n", tables.targets(FOUND) + "\n")
    pages = [page.format("", ""), page.format("old\nolder\n", "old\n"), new]
    assert [report.filled(each, FOUND) for each in pages] == [new, new, new]


def test_the_pages_show_the_run_that_is_kept() -> None:
    found = results.read(report.KEPT)
    for path in report.PAGES:
        page = path.read_text("utf-8")
        assert report.filled(page, found) == page, (
            "make it again: python -m benchmarks report benchmarks/measured.json"
        )


def test_what_is_not_met_is_explained_where_the_figures_are() -> None:
    page = (report.ROOT / "docs" / "performance.md").read_text("utf-8")
    assert report.unexplained(page, results.read(report.KEPT)) == []


def test_the_plot_draws_every_cost_at_every_size() -> None:
    data = json.loads(report.KEPT.read_text("utf-8"))
    assert {len(points) for points in plot.costs(data).values()} == {4}
