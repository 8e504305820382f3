"""All kinds of measurements, by the names that the command knows them by."""

from __future__ import annotations

from benchmarks import bulk, calls, checks, diffs, imports, installs, pages, rows, scaling, shell, start
from benchmarks.subjects import Kind

KINDS: dict[str, Kind] = {
    "start": start.KIND,
    "shell": shell.KIND,
    "calls": calls.KIND,
    "checks": checks.KIND,
    "bulk": bulk.KIND,
    "rows": rows.KIND,
    "imports": imports.KIND,
    "installs": installs.KIND,
    "diffs": diffs.KIND,
    "scaling": scaling.KIND,
    "pages": pages.KIND,
}
"""What is measured, in the order in which it is."""

ONLY_IF_ASKED: dict[str, Kind] = {"million": bulk.MILLIONS, "million-rows": rows.MILLIONS}
"""What takes too long for every run."""

EVERY = KINDS | ONLY_IF_ASKED
