"""The figures of a run, written into the pages that show them: ``python -m benchmarks report [FILE …]``.

A page has marks, ``<!-- measured: NAME -->`` and ``<!-- end -->``; what is between them is
written anew, and what people wrote round them stays.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from benchmarks import plot, results, tables
from benchmarks.environments import PEERS, ROOT, Environments, folder_option, variables
from benchmarks.kinds import EVERY
from benchmarks.results import Results

KEPT = ROOT / "benchmarks" / "measured.json"
"""The run that the pages show."""
PAGES = (ROOT / "docs" / "performance.md", ROOT / "README.md")
PICTURES = {"light": ROOT / "docs/images/scaling.svg", "dark": ROOT / "docs/images/scaling-dark.svg"}

PARTS: Mapping[str, Callable[[Results], str]] = {
    "about": tables.about,
    "targets": tables.targets,
    "in short": tables.in_short,
    **{name: partial(tables.kind, name) for name in EVERY},
}
"""Name of a mark → what is written there."""

_MARKED = re.compile(r"(?<=<!-- measured: )(?P<name>[^>]+?)( -->\n)(.*?\n)??(?=<!-- end -->)", re.DOTALL)


def filled(page: str, found: Results) -> str:
    """Return a page with what was measured between its marks."""
    return _MARKED.sub(lambda match: f"{match['name']}{match[2]}{PARTS[match['name']](found)}\n", page)


def unexplained(page: str, found: Results) -> list[str]:
    """Return the targets that are not met and that the page does not explain, in bold, under their names."""
    return [each.target.what for each in tables.unmet(found) if f"**{each.target.what}**" not in page]


def main(arguments: Sequence[str]) -> None:
    """Write what files have into the pages, keep it, and draw it."""
    parser = argparse.ArgumentParser("python -m benchmarks report", description=__doc__)
    parser.add_argument(
        "files", nargs="*", type=Path, metavar="FILE", default=[KEPT], help="what -o wrote; the first counts"
    )
    folder_option(parser)
    asked = parser.parse_args(arguments)
    found = results.merged(*map(results.read, asked.files))
    results.write(found, KEPT)
    for path in PAGES:
        page = path.read_text("utf-8")
        path.write_text(filled(page, found), "utf-8")
    for what in unexplained(PAGES[0].read_text("utf-8"), found):
        print(f"{PAGES[0].name} does not explain why this is not met: {what}", file=sys.stderr)
    _draw(Environments(asked.environments, lambda text: print(f"… {text}", file=sys.stderr)))


def _draw(environments: Environments) -> None:
    environments.make_one("plot", PEERS["plot"])
    if "plot" in environments.said:
        raise SystemExit(f"The plot cannot be drawn: {environments.said['plot']}")
    for scheme, picture in PICTURES.items():
        command: list[str | Path] = [environments.python("plot"), plot.__file__, KEPT, scheme, picture]
        subprocess.run(command, check=True, env=variables() | {"PYTHONPATH": str(ROOT)})
