"""Measure everything and print it: ``python -m benchmarks [KIND …]``."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import platformdirs

from benchmarks import bulk, calls, checks, diffs, documents, shell, start, tables
from benchmarks.environments import Environments
from benchmarks.measuring import Bench
from benchmarks.subjects import Kind, Measured, outcome

KINDS: dict[str, Kind] = {
    "start": start.KIND,
    "shell": shell.KIND,
    "calls": calls.KIND,
    "checks": checks.KIND,
    "bulk": bulk.KIND,
    "diffs": diffs.KIND,
}
"""What can be measured, in the order in which it is."""


def main(arguments: Sequence[str] | None = None) -> None:
    asked = _parser().parse_args(arguments)
    environments = Environments(asked.environments, _say)
    environments.make()
    with tempfile.TemporaryDirectory(prefix="dynzuora-bench-") as folder:
        lines = list(_report(environments, Path(folder), asked.kinds or list(KINDS), asked.rounds))
    print("\n".join(lines))


def _report(environments: Environments, folder: Path, names: Sequence[str], rounds: int) -> Iterator[str]:
    bench = Bench(environments, folder, rounds)
    measured: dict[str, Measured] = {}
    sections: list[str] = []
    with bench.server() as url:
        setting = documents.setting(environments, folder, url)
        for name in names:
            _say(f"measuring {name}")
            subjects = KINDS[name].subjects(setting)
            measured |= bench.measure(subjects)
            sections += ["", *tables.kind(KINDS[name], subjects, measured)]
    outcomes = [outcome(each, measured) for name in names for each in KINDS[name].targets]
    versions = ", ".join(f"{name} {version}" for name, version in environments.versions().items())
    yield f"{tables.machine()}; medians of up to {rounds} rounds; everything byte-compiled."
    yield f"{documents.described(setting)}\n\n{versions}.\n\n## Targets\n"
    yield from tables.targets(outcomes)
    yield from sections


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks", description=__doc__)
    parser.add_argument("kinds", nargs="*", metavar="KIND", choices=[*KINDS, []], help=", ".join(KINDS))
    parser.add_argument("--rounds", type=int, default=15, help="how often each subject has its turn")
    parser.add_argument(
        "--environments",
        type=Path,
        default=Path(platformdirs.user_cache_dir("dynzuora-benchmarks", appauthor=False)),
        help="where the peers are installed (default: %(default)s)",
    )
    return parser


def _say(text: str) -> None:
    print(f"… {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
