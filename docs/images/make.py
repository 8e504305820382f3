"""The pictures of the pages, light and dark: ``python -m docs.make images``.

Each is made by running what it shows (cells of a notebook against the sandbox, a comparison,
a page), so a picture shows what the package shows today. Pictures are kept small: as high as
what they show, in at most 128 colours.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path

import nbclient
import nbformat
from nbconvert import HTMLExporter
from PIL import Image

import dynzuora
from tests.browsers import Browser

FOLDER = Path(__file__).parent
SCHEMES = (("light", ""), ("dark", "-dark"))
DYNZUORA = (sys.executable, "-m", "dynzuora")
START = "from dynzuora import Client\n\nclient = Client.sandbox()"

NOTEBOOKS = {
    "notebook": (
        START,
        'client.search("cancle subscription", limit=3)',
        """orders = client.items("GET_AllOrders", limit=3).to_df()
orders[["orderNumber", "existingAccountNumber", "orderDate", "currency", "status"]]""",
    ),
    "error": (
        START,
        """from dynzuora.errors import InvalidRequest

try:
    client.call("GET_SequenceSets", page_size="two", nmae="DE")
except InvalidRequest as error:
    refused = error
refused""",
    ),
}
"""Picture → the cells of a notebook; the first of ``error`` is not shown."""
WITHOUT = {"error": 1}


def of_notebook(name: str, theme: str) -> str:
    """Return a notebook, run, as a page."""
    cells = [nbformat.v4.new_code_cell(each) for each in NOTEBOOKS[name]]
    notebook = nbformat.v4.new_notebook(cells=cells)
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    notebook.cells = notebook.cells[WITHOUT.get(name, 0) :]
    return str(HTMLExporter(theme=theme).from_notebook_node(notebook)[0])


def of_comparison(folder: Path) -> str:
    """Return the report of a comparison with what it means for a script."""
    cells = nbformat.read(FOLDER.parents[1] / "notebooks" / "03-new-version.ipynb", as_version=4).cells
    [script] = [each.source for each in cells if each.source.startswith("%%writefile nightly.py\n")]
    diff = dynzuora.diff("2020-12-10", "2021-08-20")
    with chdir(folder):  # a report names files as they were given
        Path("nightly.py").write_text(script.partition("\n")[2], encoding="utf-8")
        return diff.to_html(diff.used_by("nightly.py"))


def of_document(folder: Path) -> str:
    """Return the page that ``dynzuora browse`` writes of two versions."""
    file = folder / "operations.html"
    command = [*DYNZUORA, "browse", "2020-12-10", "2021-08-20", "-o", str(file)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return file.read_text(encoding="utf-8")


@contextmanager
def sandbox() -> Iterator[str]:
    """Serve a sandbox with its page and give its address."""
    command = [*DYNZUORA, "sandbox", "--port", "0"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8"
    ) as served:
        try:
            yield f"{(served.stdout or io.StringIO()).readline().strip()}/"
        finally:
            served.terminate()


class Camera:
    """A browser that opens pages and saves pictures of what it shows."""

    def __init__(self, browser: Browser, folder: Path) -> None:
        self._browser, self._folder = browser, folder

    def open(self, page: str, scheme: str, width: int) -> None:
        """Open an address, or HTML."""
        if not page.startswith("http://"):
            file = self._folder / "page.html"
            file.write_text(page, encoding="utf-8")
            page = file.as_uri()
        self._browser.prefer(scheme)
        self._size(width, 800)
        self._browser.open(page)

    def call(self, address: str, scheme: str, operation: str) -> None:
        """Open the page of a sandbox and send the form of an operation."""
        self.open(address, scheme, 1100)
        self.do("document.getElementById('words').focus()")
        self._browser.type(operation)
        self.wait_for("document.getElementById('shown').textContent.startsWith('1 of')")
        self.do(f"document.getElementById('{operation}').open = true")
        form = f"document.querySelector('#{operation} form')"
        self.wait_for(f"{form} !== null")
        self.do(f"{form}.querySelector('button').click()")
        self.wait_for(f"{form}.querySelector('.status') !== null")

    def do(self, *scripts: str) -> None:
        for each in scripts:
            self._browser.run(each)

    def wait_for(self, script: str) -> None:
        self._browser.wait_for(script)

    def save(self, name: str, width: int, height: int | str) -> None:
        """Save what stands above ``height``, a number or the selector of what ends the picture."""
        if isinstance(height, str):
            bottom = f"document.querySelector({height!r}).getBoundingClientRect().bottom + scrollY"
            height = int(self._browser.run(f"Math.ceil({bottom})"))
        file = self._folder / "picture.png"
        self._browser.picture(file, width, height)
        picture = Image.open(io.BytesIO(file.read_bytes())).convert("RGB")
        picture.quantize(128, dither=Image.Dither.NONE).save(FOLDER / f"{name}.png", optimize=True)

    def _size(self, width: int, height: int) -> None:
        self._browser.command(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )


@contextmanager
def camera() -> Iterator[Camera]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Browser(folder / "chromium") as browser:
            yield Camera(browser, folder)


def main() -> None:
    with camera() as shots, tempfile.TemporaryDirectory() as folder:
        report, page = of_comparison(Path(folder)), of_document(Path(folder))
        for scheme, suffix in SCHEMES:
            for name in NOTEBOOKS:
                shots.open(of_notebook(name, scheme), scheme, 1000)
                shots.save(name + suffix, 1000, "main")
            shots.open(report, scheme, 1100)
            shots.save(f"diff-report{suffix}", 1100, 844)
            shots.open(page, scheme, 1160)
            shots.do(
                "document.getElementById('change').value = 'breaking'",
                "document.getElementById('change').dispatchEvent(new Event('change'))",
                "document.getElementById('POST_Account').open = true",
            )
            shots.wait_for("document.querySelector('#POST_Account .card') !== null")
            shots.save(f"browse{suffix}", 1160, 740)
            with sandbox() as address:
                shots.call(address, scheme, "GET_EntityConnections")
                shots.save(f"sandbox{suffix}", 1100, "main form")


if __name__ == "__main__":
    main()
