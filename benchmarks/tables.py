"""What was measured, as Markdown: first the targets, then a table per kind."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.subjects import Kind, Measured, Outcome, Subject, Target

_TIMES = "×"  # noqa: RUF001  # the sign for it


def targets(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Yield the table of targets."""
    yield "| what | target | measured | met |"
    yield "| --- | --- | --- | --- |"
    for target, value, met in outcomes:
        yield f"| {target.what} | {_limit(target)} | {_value(target, value)} | {'yes' if met else '**no**'} |"


def kind(which: Kind, subjects: Sequence[Subject], measured: Mapping[str, Measured]) -> Iterator[str]:
    """Yield the table of one kind."""
    yield f"## {which.heading}\n\n{which.note}\n"
    yield "| what | CPU | peak MB | wall |"
    yield "| --- | --- | --- | --- |"
    for each in subjects:
        cpu, wall, peak, said = measured[each.name]
        memory = f"{peak:.1f}" if peak else ""
        row = f"cannot: {_in_cell(said)} | |" if said else f"{duration(cpu)} | {memory} | {duration(wall)}"
        yield f"| {_in_cell(each.name)} | {row} |"


def duration(seconds: float) -> str:
    """Return a time in the unit that people say it in."""
    for limit, factor, unit in ((1e-3, 1e6, "µs"), (1.0, 1e3, "ms")):
        if seconds < limit:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds:.2f} s"


def machine() -> str:
    """Return what everything ran on."""
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {_processor()}, {platform.system()} {platform.machine()}, "
        f"{platform.python_implementation()} {platform.python_version()}"
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{os.cpu_count()} {_TIMES} {names[0] if names else platform.processor() or 'unknown processor'}"


def _limit(target: Target) -> str:
    if target.limit is None:
        return "holds"
    if not target.against:
        return f"{target.limit:g} MB" if target.of == "peak" else duration(target.limit)
    quantity = {"cpu": "", "peak": " in memory", "wall": " in time"}[target.of]
    return f"{target.limit:g} {_TIMES} {' + '.join(target.against)}{quantity}"


def _value(target: Target, value: float | None) -> str:
    if value is None:
        return "not measured"
    if target.limit is None:
        return "holds"
    if not target.against:
        return f"{value:.0f} MB" if target.of == "peak" else duration(value)
    return f"{value:.2f} {_TIMES}"


def _in_cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
