"""How long the page of a whole document takes to make and to paint, and what it weighs.

Run as ``python -m benchmarks.browse [DOCUMENT ...]``; without any, the bundled default.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

import dynzuora
from dynzuora import _browse
from tests.browsers import Browser

TIMES = 9
FIRST_PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


def main(sources: list[str]) -> None:
    with tempfile.TemporaryDirectory() as name, Browser(Path(name) / "chromium") as browser:
        for source in sources or [None]:
            document = dynzuora.load(source)
            begun = time.perf_counter()
            page = _browse.page(document)
            made = time.perf_counter() - begun
            file = Path(name) / "operations.html"
            file.write_text(page, encoding="utf-8")
            paints = [_first_paint(browser, file.as_uri()) for _ in range(TIMES)]
            print(
                f"{document.version}: {len(document.operations)} operations, made in {made:.2f} s,"
                f" {len(page.encode()) / 1000:,.0f} kB, first paint {statistics.median(paints):.0f} ms"
                f" ({min(paints):.0f} to {max(paints):.0f})"
            )


def _first_paint(browser: Browser, address: str) -> float:
    browser.open(address)
    browser.wait_for(f"{FIRST_PAINT} !== undefined")
    return float(browser.run(FIRST_PAINT))


if __name__ == "__main__":
    main(sys.argv[1:])
