"""Make the pictures of the README: the quickstart notebook, light and dark, and an error.

    python docs/images/make.py

Needs the extras ``notebook`` and ``test``, nbconvert and Chromium. Runs a notebook of its
own against the sandbox, so a picture shows what the package shows today.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import nbclient
import nbformat
from nbconvert import HTMLExporter

FOLDER = Path(__file__).parent
sys.path.insert(0, str(FOLDER.parent.parent))

from tests.browsers import Browser  # noqa: E402  # beside the package, not in it

QUICKSTART = (
    "from dynzuora import Client\n\nclient = Client.sandbox()\nclient",
    'client.search("cancle subscription", limit=3)',
    "client.ops.PUT_SequenceSet",
    'client.call("GET_SequenceSets", page_size=2)',
)
ERROR = (
    """from dynzuora.errors import InvalidRequest

try:
    client.call("GET_SequenceSets", page_size="two", nmae="DE")
except InvalidRequest as error:
    display(error)""",
)
WIDTH = 1000


def page(cells: tuple[str, ...], theme: str, *, hidden: int = 0) -> str:
    """Return a notebook with these cells, run, as a page; the first ``hidden`` cells are not shown."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(each) for each in cells])
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    notebook.cells = notebook.cells[hidden:]
    return HTMLExporter(theme=theme).from_notebook_node(notebook)[0]  # type: ignore[no-any-return]


def picture(browser: Browser, html: str, path: Path, folder: Path) -> None:
    """Save a page as a picture just as high as the page is."""
    file = folder / f"{path.stem}.html"
    file.write_text(html, "utf-8")
    browser.open(file.as_uri())
    browser.command(
        "Emulation.setDeviceMetricsOverride", width=WIDTH, height=100, deviceScaleFactor=1, mobile=False
    )
    height = browser.run("Math.ceil(document.querySelector('main').getBoundingClientRect().bottom)")
    browser.picture(path, WIDTH, height)


def main() -> None:
    error = ("from dynzuora import Client\nclient = Client.sandbox()", *ERROR)
    with tempfile.TemporaryDirectory() as name, Browser(Path(name) / "chromium") as browser:
        folder = Path(name)
        for theme, suffix in (("light", ""), ("dark", "-dark")):
            picture(browser, page(QUICKSTART, theme), FOLDER / f"notebook{suffix}.png", folder)
            picture(browser, page(error, theme, hidden=1), FOLDER / f"error{suffix}.png", folder)


if __name__ == "__main__":
    main()
