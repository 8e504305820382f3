"""The only clock: subjects in turns, round after round, and the median of each.

In turns, so that what else the machine does falls on all alike. CPU time is what is
compared; wall time only where waiting is the point.
"""

from __future__ import annotations

import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.environments import Environments, last_line, variables
from benchmarks.subjects import Loop, Measured, Process, Subject

HERE = Path(__file__).parent
ENOUGH = 15.0
"""Seconds after which a subject that takes long gets no further round."""
PATIENCE = 300
"""Seconds after which a process is taken to hang."""


class Bench:
    """Where subjects run: their environments, a folder for them, a server that answers."""

    def __init__(self, environments: Environments, folder: Path, rounds: int) -> None:
        self._environments = environments
        self._folder = folder
        self._rounds = rounds
        self._variables = variables() | {"DYNZUORA_HOME": str(folder / "home")}

    def measure(self, subjects: Sequence[Subject]) -> dict[str, Measured]:
        """Return what each subject took, by its name."""
        processes = [each for each in subjects if isinstance(each, Process)]
        loops = [each for each in subjects if isinstance(each, Loop)]
        return self._processes(processes) | self._loops(loops)

    @contextlib.contextmanager
    def server(self) -> Iterator[str]:
        """Run the server that answers everything; yield where it is."""
        command = [sys.executable, str(HERE / "_server.py")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            try:
                yield server.stdout.readline().strip()
            finally:
                server.kill()

    # -- fresh processes

    def _processes(self, subjects: Sequence[Process]) -> dict[str, Measured]:
        said = {each.name: self._once(each).said for each in subjects}  # and what is cached, is cached now
        runs: dict[str, list[Measured]] = {each.name: [] for each in subjects if not said[each.name]}
        for _ in range(self._rounds):
            for each in subjects:
                if each.name in runs and sum(run.wall for run in runs[each.name]) < ENOUGH:
                    runs[each.name].append(self._once(each))
        return {
            each.name: _median(runs.get(each.name, [Measured(said=said[each.name])])) for each in subjects
        }

    def _once(self, subject: Process) -> Measured:
        if subject.environment in self._environments.said:
            return Measured(said=self._environments.said[subject.environment])
        with tempfile.TemporaryDirectory(dir=self._folder) as empty:
            home = {"DYNZUORA_HOME": empty} if subject.fresh else {}
            done = subprocess.run(
                [sys.executable, "-I", "-S", str(HERE / "_starter.py"), *self._command(subject)],
                capture_output=True,
                text=True,
                cwd=self._folder,
                env=self._variables | home | dict(subject.variables),
                timeout=PATIENCE,
            )
        if done.returncode:
            return Measured(said=last_line(done.stderr))
        cpu, wall, peak = map(float, done.stdout.splitlines()[-1].split())
        return Measured(cpu, wall, peak / 1e6)

    def _command(self, subject: Process) -> list[str]:
        if subject.code:
            return [str(self._environments.python(subject.environment)), "-c", subject.code]
        program, *arguments = subject.command  # a path stays what it is
        return [str(self._environments.program(subject.environment, program)), *arguments]

    # -- expressions in turns

    def _loops(self, subjects: Sequence[Loop]) -> dict[str, Measured]:
        said = {each.name: self._environments.said.get(each.environment, "") for each in subjects}
        able = [each for each in subjects if not said[each.name]]
        with contextlib.ExitStack() as stack:
            children = [
                stack.enter_context(self._turns(name, [each for each in able if each.environment == name]))
                for name in dict.fromkeys(each.environment for each in able)
            ]
            for child in children:
                said |= _answer(child)
            rounds = [_merged(_ask(child, "\n") for child in children) for _ in range(self._rounds)]
        return {
            name: Measured(said=why) if why else _median([Measured(*found[name]) for found in rounds])
            for name, why in said.items()
        }

    @contextlib.contextmanager
    def _turns(self, environment: str, subjects: Sequence[Loop]) -> Iterator[subprocess.Popen[str]]:
        with subprocess.Popen(
            [self._environments.python(environment), HERE / "_turns.py"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=self._folder,
            env=self._variables,
        ) as child:
            try:
                _send(child, json.dumps([each._asdict() for each in subjects]) + "\n")
                yield child
            finally:
                child.kill()


def _median(runs: Sequence[Measured]) -> Measured:
    """Return the middle of each quantity, or the first that something went wrong with."""
    for each in runs:
        if each.said:
            return each
    return Measured(
        statistics.median(each.cpu for each in runs),
        statistics.median(each.wall for each in runs),
        statistics.median(each.peak for each in runs),
    )


def _merged(answers: Iterable[dict[str, Any]]) -> dict[str, Any]:
    return {name: value for answer in answers for name, value in answer.items()}


def _send(child: subprocess.Popen[str], text: str) -> None:
    assert child.stdin is not None
    child.stdin.write(text)
    child.stdin.flush()


def _answer(child: subprocess.Popen[str]) -> Any:
    assert child.stdout is not None
    return json.loads(child.stdout.readline())


def _ask(child: subprocess.Popen[str], text: str) -> Any:
    _send(child, text)
    return _answer(child)
