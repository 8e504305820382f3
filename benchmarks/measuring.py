"""The only clock: subjects in turns, round after round, and the median of each.

In turns, so that what else the machine does falls on all alike. CPU time is what is
compared; wall time only where waiting is the point. Whatever goes wrong with a subject is
its result, and the others go on.
"""

from __future__ import annotations

import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.environments import Environments, complaint, placeless, variables
from benchmarks.subjects import Loop, Measured, Page, Process, Subject

HERE = Path(__file__).parent
ENOUGH = 10.0
"""Seconds after which a subject that takes long gets no further round."""
PATIENCE = 300.0
"""Seconds after which a process is taken to hang."""
LONGEST = 900.0
"""The same for one that has a single turn."""
PAINTS = 9
FIRST_PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


class Bench:
    """Where subjects run: their environments, a folder for them, a server that answers."""

    def __init__(self, environments: Environments, folder: Path, rounds: int) -> None:
        self._environments = environments
        self._folder = folder
        self._rounds = rounds
        self._variables = variables()

    def measure(self, subjects: Sequence[Subject]) -> dict[str, Measured]:
        """Return what each subject took, by its name and in their order."""
        found = self._processes([each for each in subjects if isinstance(each, Process)])
        found |= self._loops([each for each in subjects if isinstance(each, Loop)])
        found |= {each.name: self._page(each) for each in subjects if isinstance(each, Page)}
        return {each.name: found[each.name] for each in subjects}

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

    def paired(self, subjects: Sequence[Loop], rounds: int) -> list[list[Measured]]:
        """Return what each subject took, round by round, each in one process and by turns the first."""
        with contextlib.ExitStack() as stack:
            children = [stack.enter_context(self._turns(each.environment)) for each in subjects]
            for child, subject in zip(children, subjects, strict=True):
                answer = child.ask([subject._asdict()])
                if answer is None or answer:
                    said = "ended" if answer is None else str(answer[subject.name])
                    return [[Measured(said=said) for _ in subjects]]
            return [self._round(children, subjects, turned=bool(number % 2)) for number in range(rounds)]

    def _round(self, children: Sequence[_Turns], subjects: Sequence[Loop], *, turned: bool) -> list[Measured]:
        pairs = list(zip(children, subjects, strict=True))
        found = {}
        for child, subject in pairs[::-1] if turned else pairs:
            answer = child.ask([subject.name])
            cpu, wall, _ = answer[subject.name] if answer else (0.0, 0.0, 0)
            found[child] = Measured(cpu, wall, said="" if answer else "ended")
        return [found[child] for child in children]

    # -- fresh processes

    def _processes(self, subjects: Sequence[Process]) -> dict[str, Measured]:
        tried = {each.name: self._once(each) for each in subjects}  # and what is cached, is cached now
        runs: dict[str, list[Measured]] = {
            each.name: [] for each in subjects if not (tried[each.name].said or each.once or each.shows)
        }
        for _ in range(self._rounds):
            for each in subjects:
                if each.name in runs and sum(run.wall for run in runs[each.name]) < ENOUGH:
                    runs[each.name].append(self._once(each))
        return {name: _median(runs.get(name, [first])) for name, first in tried.items()}

    def _once(self, subject: Process) -> Measured:
        if subject.environment in self._environments.said:
            return Measured(said=self._environments.said[subject.environment])
        with tempfile.TemporaryDirectory(dir=self._folder) as empty:
            home = Path(empty) if subject.fresh else self._folder
            try:
                done = subprocess.run(
                    [sys.executable, "-I", "-S", str(HERE / "_starter.py"), *self._command(subject)],
                    capture_output=True,
                    text=True,
                    cwd=self._folder,
                    env=self._at_home(home) | dict(subject.variables),
                    timeout=LONGEST if subject.once else PATIENCE,
                )
            except subprocess.TimeoutExpired as error:
                return Measured(said=f"not done after {error.timeout:g} s")
        if done.returncode:
            return Measured(said=complaint(done.stderr))
        *shown, figures = done.stdout.splitlines()
        cpu, wall, peak = map(float, figures.split())
        return Measured(cpu, wall, peak / 1e6, shown=shown[-1] if subject.shows else "")

    def _at_home(self, home: Path) -> dict[str, str]:
        """Return variables with which caches are below ``home``, and found as they are by users."""
        return self._variables | {"HOME": str(home), "LOCALAPPDATA": str(home)}

    def _command(self, subject: Process) -> list[str]:
        if subject.code:
            return [str(self._environments.python(subject.environment)), "-c", subject.code]
        program, *arguments = subject.command  # a path stays what it is
        return [str(self._environments.program(subject.environment, program)), *arguments]

    # -- expressions in turns

    def _loops(self, subjects: Sequence[Loop]) -> dict[str, Measured]:
        said = {each.name: self._environments.said.get(each.environment, "") for each in subjects}
        able = [each for each in subjects if not said[each.name]]
        runs: dict[str, list[Measured]] = {each.name: [] for each in subjects}
        spent = dict.fromkeys(runs, 0.0)
        with contextlib.ExitStack() as stack:
            children: list[tuple[_Turns, list[str]]] = []
            for name in dict.fromkeys(each.environment for each in able):
                here = [each for each in able if each.environment == name]
                child = stack.enter_context(self._turns(name))
                answer = child.ask([each._asdict() for each in here])
                said |= dict.fromkeys((each.name for each in here), "ended") if answer is None else answer
                children.append((child, [each.name for each in here if not said[each.name]]))
            for _ in range(self._rounds):
                for child, names in children:
                    answers = child.ask([name for name in names if spent[name] < ENOUGH]) or {}
                    for name, (cpu, wall, count) in answers.items():
                        runs[name].append(Measured(cpu, wall))
                        spent[name] += wall * count
        return {
            name: _median(runs[name]) if runs[name] else Measured(said=placeless(said[name] or "ended"))
            for name in runs
        }

    @contextlib.contextmanager
    def _turns(self, environment: str) -> Iterator[_Turns]:
        child = subprocess.Popen(
            [self._environments.python(environment), HERE / "_turns.py"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=self._folder,
            env=self._at_home(self._folder),
        )
        try:
            yield _Turns(child)
        finally:
            child.kill()
            child.communicate()  # its pipes are closed, too, even where it is long gone

    # -- pages

    def _page(self, subject: Page) -> Measured:
        written = self._once(Process(subject.name, subject.environment, command=subject.command))
        if written.said:
            return written
        try:
            with tempfile.TemporaryDirectory() as profile:
                return Measured(wall=_first_paint(Path(profile), Path(subject.command[-1]), self._rounds))
        except BaseException as error:  # pytest says with one of those what the machine lacks
            if isinstance(error, KeyboardInterrupt):
                raise
            return Measured(said=str(error))


class _Turns:
    """A process that evaluates expressions; None as an answer where it ended instead."""

    def __init__(self, child: subprocess.Popen[str]) -> None:
        self._child = child

    def ask(self, question: Any) -> Any:
        assert self._child.stdin is not None and self._child.stdout is not None
        patience = threading.Timer(PATIENCE, self._child.kill)
        patience.start()
        try:
            self._child.stdin.write(json.dumps(question) + "\n")
            self._child.stdin.flush()
            return json.loads(self._child.stdout.readline())
        except (OSError, ValueError):  # it is gone
            return None
        finally:
            patience.cancel()


def _first_paint(profile: Path, page: Path, rounds: int) -> float:
    from tests.browsers import Browser

    with Browser(profile) as browser:
        paints = []
        for _ in range(min(rounds, PAINTS)):
            browser.open(page.as_uri())
            browser.wait_for(f"{FIRST_PAINT} !== undefined")
            paints.append(float(browser.run(FIRST_PAINT)))
        return statistics.median(paints) / 1000


def _median(runs: Sequence[Measured]) -> Measured:
    """Return the middle of each quantity, or the first that something went wrong with or is shown."""
    for each in runs:
        if each.said or each.shown:
            return each
    return Measured(
        statistics.median(each.cpu for each in runs),
        statistics.median(each.wall for each in runs),
        statistics.median(each.peak for each in runs),
    )
