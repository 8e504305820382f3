"""Make the picture of ``dynzuora browse``, light and dark.

    python docs/images/make_browse.py

Needs the extra ``test`` and Chromium.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import dynzuora
from dynzuora import _browse

FOLDER = Path(__file__).parent
sys.path.insert(0, str(FOLDER.parent.parent))

from tests.browsers import Browser  # noqa: E402  # beside the package, not in it

WIDTH, HEIGHT = 1280, 800
ONLY_BREAKING = (
    "(() => { const change = document.getElementById('change'); change.value = 'breaking';"
    " change.dispatchEvent(new Event('change')); })()"
)


def main() -> None:
    document = dynzuora.load("2021-08-20")
    with tempfile.TemporaryDirectory() as name, Browser(Path(name) / "chromium") as browser:
        file = Path(name) / "operations.html"
        changes = dynzuora.diff("2020-12-10", document)
        file.write_text(_browse.page(document, changes=changes), encoding="utf-8")
        for scheme, suffix in (("light", ""), ("dark", "-dark")):
            browser.prefer(scheme)
            browser.open(file.as_uri())
            browser.run(ONLY_BREAKING)
            browser.run("document.getElementById('POST_Account').open = true")
            browser.wait_for("document.querySelector('#POST_Account .card') !== null")
            browser.picture(FOLDER / f"browse{suffix}.png", WIDTH, HEIGHT)


if __name__ == "__main__":
    main()
