"""Measure everything and print it: ``python -m benchmarks [KIND …]``; ``report FILE`` shows it in pages."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks import against, documents, report, results, tables
from benchmarks.environments import Environments, folder_option
from benchmarks.kinds import EVERY, KINDS
from benchmarks.measuring import Bench
from benchmarks.results import Results


def main(arguments: Sequence[str] | None = None) -> None:
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] == ["report"]:
        report.main(words[1:])
        return
    asked = _parser().parse_args(words)
    environments = Environments(asked.environments, _say)
    if asked.against is not None:
        print(_against(asked.against, environments, asked.rounds), end="")
        return
    environments.make()
    with tempfile.TemporaryDirectory(prefix="dynzuora-bench-", ignore_cleanup_errors=True) as folder:
        found = _measured(environments, Path(folder), asked.kinds or list(KINDS), asked.rounds, asked.output)
    print(tables.everything(found), end="")


def _measured(
    environments: Environments, folder: Path, names: Sequence[str], rounds: int, output: Path | None
) -> Results:
    bench = Bench(environments, folder, rounds)
    with bench.server() as url:
        _say("writing the documents")
        setting = documents.setting(environments, folder, url)
        found = Results(
            results.machine(),
            results.now(),
            rounds,
            documents.described(setting),
            environments.versions(),
            {},
        )
        for name in names:
            _say(f"measuring {name}")
            measured = bench.measure(EVERY[name].subjects(setting))
            found = found._replace(kinds={**found.kinds, name: measured})
            if output is not None:  # after each kind, so that an interrupted run is not lost
                results.write(found, output.with_suffix(".json"))
                output.with_suffix(".md").write_text(tables.everything(found), "utf-8")
    return found


def _against(wheel: Path, environments: Environments, rounds: int) -> str:
    with tempfile.TemporaryDirectory(prefix="dynzuora-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        bench = Bench(environments, folder, rounds)
        with bench.server() as url:
            return against.table(against.compared(wheel, environments, bench, folder, rounds, url))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks", description=__doc__)
    parser.add_argument("kinds", nargs="*", metavar="KIND", choices=[*EVERY, []], help=", ".join(EVERY))
    parser.add_argument("--rounds", type=int, default=15, help="how often each subject has its turn")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="write FILE.md, the tables, and FILE.json",
    )
    parser.add_argument(
        "--against",
        type=Path,
        metavar="WHEEL",
        help="measure only this: calls of this checkout and of another build, side by side",
    )
    folder_option(parser)
    return parser


def _say(text: str) -> None:
    print(f"{results.now()} … {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
