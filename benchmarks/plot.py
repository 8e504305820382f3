"""Draw how cost grows with the document: ``python plot.py MEASURED.json SCHEME PICTURE``.

Runs where matplotlib is, with nothing else: its colours come from the scheme of the reader,
and the picture is the same byte for byte whenever the figures are.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

INK = {"light": "#24292f", "dark": "#e6edf3"}
FAINT = {"light": "#d0d7de", "dark": "#3d444d"}
LINES = {
    "light": ("#0969da", "#cf222e", "#1a7f37", "#9a6700", "#8250df", "#57606a"),
    "dark": ("#4493f8", "#ff7b72", "#3fb950", "#d29922", "#ab7df8", "#9198a1"),
}
MARKERS = "osD^vX"


def costs(measured: dict[str, Any]) -> dict[str, list[tuple[float, float]]]:
    """Return, by what grows, pairs of size and milliseconds."""
    found: dict[str, list[tuple[float, float]]] = {}
    for name, each in measured["kinds"]["scaling"].items():
        cost, _, size = name.partition(": ")
        if "cpu" in each:
            found.setdefault(cost, []).append((float(size.split()[0]), each["cpu"] * 1000))
    return found


def draw(measured: dict[str, Any], scheme: str, picture: Path) -> None:
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams |= {"svg.hashsalt": "dynzuora", "svg.fonttype": "none", "font.family": "sans-serif"}
    matplotlib.rcParams |= {"text.color": INK[scheme], "axes.labelcolor": INK[scheme]}
    matplotlib.rcParams |= {"xtick.color": INK[scheme], "ytick.color": INK[scheme]}
    from matplotlib import pyplot, ticker

    figure, axes = pyplot.subplots(figsize=(7.6, 4.6), layout="constrained")
    axes.set(xscale="log", yscale="log", xlabel="times the operations", ylabel="CPU, milliseconds")
    ends = []
    for (cost, points), colour, marker in zip(costs(measured).items(), LINES[scheme], MARKERS, strict=False):
        sizes, times = zip(*points, strict=True)
        axes.plot(sizes, times, color=colour, marker=marker, markersize=5, linewidth=1.6)
        at_one = dict(points)[1.0]
        axes.plot(sizes, [at_one * each for each in sizes], color=colour, linewidth=0.8, linestyle=":")
        ends.append((times[-1], sizes[-1], cost, colour))
    ends.sort()
    for level, (_, size, cost, colour) in zip(_apart([each[0] for each in ends]), ends, strict=True):
        axes.annotate(cost, (size, level), (8, 0), textcoords="offset points", color=colour, va="center")
    axes.set_xticks(sizes, [f"{each:g}" for each in sizes])
    axes.xaxis.set_minor_locator(ticker.NullLocator())
    axes.yaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:g}"))
    axes.grid(color=FAINT[scheme], linewidth=0.6)
    axes.set_xlim(right=max(sizes) * 1.08)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(FAINT[scheme])
    figure.savefig(picture, transparent=True, metadata={"Date": None}, bbox_inches="tight")


def _apart(levels: list[float]) -> list[float]:
    """Return rising levels so far from each other that names beside them can be read."""
    found: list[float] = []
    for each in levels:
        found.append(max(each, found[-1] * 1.6) if found else each)
    return found


if __name__ == "__main__":
    draw(json.loads(Path(sys.argv[1]).read_text("utf-8")), sys.argv[2], Path(sys.argv[3]))
