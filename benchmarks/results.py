"""What a run found, with what it ran on: one JSON file, from which every table is made."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.kinds import EVERY
from benchmarks.subjects import Measured, Outcome, outcome


class Results(NamedTuple):
    """``kinds`` has, by the name of a kind, what its subjects took."""

    machine: str
    when: str
    rounds: int
    documents: str
    versions: Mapping[str, str]
    kinds: Mapping[str, Mapping[str, Measured]]

    def of(self, kind: str, subject: str) -> Measured:
        """Return what a subject took."""
        return self.kinds.get(kind, {}).get(subject, Measured(said="not measured"))

    def outcomes(self) -> list[Outcome]:
        """Return what became of the targets of every kind that was measured."""
        return [outcome(each, found) for name, found in self.kinds.items() for each in EVERY[name].targets]


def read(path: Path) -> Results:
    """Return the results in a file."""
    data: dict[str, Any] = json.loads(path.read_text("utf-8"))
    kinds = {
        name: {subject: Measured(**figures) for subject, figures in found.items()}
        for name, found in data["kinds"].items()
    }
    return Results(**data | {"kinds": kinds})


def write(results: Results, path: Path) -> None:
    """Write results, to seven places, and of each subject only what is known."""
    kinds = {
        name: {
            subject: {each: _short(value) for each, value in found._asdict().items() if value}
            for subject, found in subjects.items()
        }
        for name, subjects in results.kinds.items()
    }
    text = json.dumps(results._asdict() | {"kinds": kinds}, indent=1, ensure_ascii=False)
    path.write_text(text + "\n", "utf-8")


def merged(first: Results, *others: Results) -> Results:
    """Return the first with the kinds that only others have, in the order of all kinds."""
    found = {name: kind for each in (*reversed(others), first) for name, kind in each.kinds.items()}
    return first._replace(kinds={name: found[name] for name in EVERY if name in found})


def _short(value: Any) -> Any:
    return float(f"{value:.7g}") if isinstance(value, float) else value


def now() -> str:
    """Return the time of a run."""
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"


def machine() -> str:
    """Return what everything runs on."""
    return (
        f"{_processor()}, {platform.system()} {platform.machine()},"
        f" {platform.python_implementation()} {platform.python_version()}"
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    name = names[0] if names else platform.processor() or "unknown processor"
    return f"{os.cpu_count()} cores of {name}"
