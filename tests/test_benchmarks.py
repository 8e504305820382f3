"""The benchmarks are data; their tables are held here, and their times nowhere."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.__main__ import KINDS
from benchmarks.environments import Environments
from benchmarks.measuring import Bench
from benchmarks.subjects import Kind, Loop, Measured, Outcome, Process, Setting, Target, outcome

HERE = Path("/nowhere")
SETTING = Setting(HERE, HERE, HERE, (HERE, HERE), "http://127.0.0.1:9", "oasdiff", full=False)
EVERY_KIND = [pytest.param(kind, id=name) for name, kind in KINDS.items()]


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
        for code in (each.code,) if isinstance(each, Process) else (each.setup, each.run):
            compile(code, each.name, "exec")


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_what_a_target_names_is_measured_and_has_one_name(kind: Kind) -> None:
    names = [each.name for each in kind.subjects(SETTING)]
    asked = {name for target in kind.targets for name in (target.subject, *target.against)}
    assert (asked - set(names), len(names)) == (set(), len(set(names)))


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


@starts_processes
def test_a_process_is_measured(bench: Bench) -> None:
    found = bench.measure([Process("bare Python", "here", "pass")])["bare Python"]
    assert found.cpu > 0 and found.wall > 0 and found.peak > 1 and found.said == ""


def test_expressions_are_measured_in_turns(bench: Bench) -> None:
    found = bench.measure([Loop("a sum", "here", "1 + one", "one = 1"), Loop("a print", "here", "print(1)")])
    assert [each.cpu > 0 and each.said == "" for each in found.values()] == [True, True]


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
