"""Two builds side by side: this checkout's and another wheel's, in pairs, round after round.

What the machine does beside it falls on both of a pair alike, so the median of their ratios
says what the medians of their times could not. Where valgrind is there, instructions are
counted as well: they are the same at every run.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import statistics
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.environments import Environments, variables
from benchmarks.measuring import Bench
from benchmarks.subjects import Loop, Measured, Quantity

NEW, OLD = "new build", "old build"
THREADS, CALLS = 40, 200
FEW, MANY = 40, 140
"""Calls made while instructions are counted; what is counted is the difference."""

_CLIENT = """
import json, dynzuora
client = dynzuora.Client(None, url, token='fake-t0ken', allow_writes=True)
body = json.load(open(path))
"""
_EVERYTHING = f"""
from concurrent.futures import ThreadPoolExecutor
def everything():
    with ThreadPoolExecutor({THREADS}) as pool:
        list(pool.map(lambda _: client.call('GET_SequenceSets', pageSize=20), range({CALLS})))
"""
GET = "a GET"
POST = "POST_Order"
MANY_GETS = f"{CALLS} GETs on {THREADS} threads"
RUNS: Mapping[str, tuple[str, str, Quantity]] = {
    GET: ("client.call('GET_SequenceSets', pageSize=20)", "", "cpu"),
    POST: ("client.call('POST_Order', body=body)", "", "cpu"),
    MANY_GETS: ("everything()", _EVERYTHING, "wall"),
}
"""What is measured → the expression, what it needs, and which time is compared."""


class Ratio(NamedTuple):
    """How much of the old build's cost the new one has; ``said`` is why there is none."""

    what: str
    of: str
    value: float | None
    said: str = ""


def compared(
    wheel: Path, environments: Environments, bench: Bench, folder: Path, rounds: int, url: str
) -> list[Ratio]:
    """Return each ratio of this checkout to ``wheel``."""
    environments.make_builds({NEW: None, OLD: wheel})
    body = folder / "POST_Order.json"
    body.write_text(_body(environments, folder), "utf-8")
    setup = f"url, path = {url!r}, {str(body)!r}\n{_CLIENT}"
    ratios = []
    for what, (run, more, quantity) in RUNS.items():
        pair = [Loop(what, name, run, setup + more) for name in (NEW, OLD)]
        ratios.append(_ratio(what, quantity, bench.paired(pair, rounds)))
    if shutil.which("valgrind"):
        ratios += [_instructions(what, environments, folder, setup) for what in (GET, POST)]
    return ratios


def table(ratios: Sequence[Ratio]) -> str:
    """Return the ratios as a table of Markdown."""
    rows = [
        f"| {ratio.what} | {ratio.of} | {ratio.said if ratio.value is None else f'{ratio.value:.3f}'} |\n"
        for ratio in ratios
    ]
    return "".join(("| new build, old build = 1 | of | ratio |\n| --- | --- | --- |\n", *rows))


def _ratio(what: str, quantity: Quantity, rounds: Sequence[Sequence[Measured]]) -> Ratio:
    of = {"cpu": "CPU", "wall": "time"}[quantity]
    said = next((each.said for pair in rounds for each in pair if each.said), "")
    if said or not rounds:
        return Ratio(what, of, None, said or "not measured")
    values = [getattr(new, quantity) / getattr(old, quantity) for new, old in rounds]
    return Ratio(what, f"{of}, median of {len(values)} pairs", statistics.median(values))


def _body(environments: Environments, folder: Path) -> str:
    """Return one body for both: what the new build proposes."""
    code = "import json, dynzuora; print(json.dumps(dynzuora.load(None).operations['POST_Order'].template()))"
    done = subprocess.run(
        [environments.python(NEW), "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=folder,
        env=_home(folder, NEW),
    )
    return json.dumps(json.loads(done.stdout))


def _instructions(what: str, environments: Environments, folder: Path, setup: str) -> Ratio:
    """Count what a call costs: the difference between many and few, so that the start does not count."""
    counts = []
    for name in (NEW, OLD):
        few, many = (_counted(what, times, environments, name, folder, setup) for times in (FEW, MANY))
        if not (few and many):
            return Ratio(what, "instructions", None, "valgrind counted nothing")
        counts.append(many - few)
    return Ratio(what, "instructions", counts[0] / counts[1])


def _counted(what: str, times: int, environments: Environments, name: str, folder: Path, setup: str) -> int:
    code = f"{setup}\nfor _ in range({times}):\n    {RUNS[what][0]}\n"
    done = subprocess.run(
        [
            "valgrind",
            "--tool=callgrind",
            f"--callgrind-out-file={os.devnull}",
            environments.python(name),
            "-c",
            code,
        ],
        capture_output=True,
        text=True,
        cwd=folder,
        env=_home(folder, name) | {"PYTHONHASHSEED": "0"},
    )
    found = re.search(r"Collected : (\d+)", done.stderr)
    return int(found[1]) if found else 0


def _home(folder: Path, name: str) -> dict[str, str]:
    """Return variables with which a build keeps what it prepared below ``folder``, beside the other's."""
    return variables() | {"DYNZUORA_HOME": str(folder / name.replace(" ", "-"))}
