"""Make again everything in the repository that is made: ``python -m docs.make [NAME …]``.

A generator lives beside what knows best (the test that finds it stale, or the script of
the pictures); here is only the list of them. Without a name all are run. Notebooks and
pictures need the extra ``docs``, pictures Chromium, too.
"""

from __future__ import annotations

import argparse
import importlib
import os
import tempfile
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path
from unittest.mock import patch

ROOT = Path(__file__).parent.parent


def documents() -> None:
    """specs/, from the vendor's full documents in the folder DYNZUORA_FULL_SPECS."""
    from dynzuora.document import facts_text

    folder = os.environ.get("DYNZUORA_FULL_SPECS")
    if not folder:
        print("  left as they are: DYNZUORA_FULL_SPECS is not set")
        return
    for path in sorted(ROOT.joinpath("specs").glob("zuora-*.json")):
        [full] = Path(folder).glob(f"{path.stem}.*")
        _write(f"specs/{path.name}", facts_text(full))


def architecture() -> None:
    """The table of docs/architecture.md, from the imports."""
    from tests import test_architecture

    _write("docs/architecture.md", test_architecture.page())


def pages() -> None:
    """What the Python of the README and docs/ shows, by running it."""
    from tests import pages

    for path in pages.PAGES:
        with (
            tempfile.TemporaryDirectory() as folder,
            chdir(folder),
            patch.dict(os.environ, DYNZUORA_HOME=folder),
        ):
            pages.write_files(path.read_text(encoding="utf-8"), Path(folder))
            text = pages.renewed(path.read_text(encoding="utf-8"))
        _write(str(path.relative_to(ROOT)), text)


def figures() -> None:
    """The tables of figures, from the run that is kept in benchmarks/measured.json."""
    from benchmarks import report, results

    found = results.read(report.KEPT)
    for path in report.PAGES:
        _write(str(path.relative_to(ROOT)), report.filled(path.read_text(encoding="utf-8"), found))


def shell() -> None:
    """docs/shell.md, from the commands."""
    from tests import test_shell_manual

    _write("docs/shell.md", test_shell_manual.manual())


def ids() -> None:
    """The operation ids that type checkers read, from the default document."""
    import dynzuora
    from dynzuora.editors import stubs

    _write("dynzuora/_operation_ids.pyi", stubs.ids(dynzuora.load()))


def notebooks() -> None:
    """What the cells of notebooks/ show, by running them."""
    from tests import test_notebooks

    for path in test_notebooks.NOTEBOOKS:
        test_notebooks.renew(path)


def images() -> None:
    """docs/images, with headless Chromium."""
    importlib.import_module("docs.images.make").main()


MADE: dict[str, Callable[[], None]] = {
    each.__name__: each for each in (documents, architecture, pages, figures, shell, ids, notebooks, images)
}


def _write(path: str, text: str) -> None:
    ROOT.joinpath(path).write_text(text, encoding="utf-8", newline="\n")


def main() -> None:
    listed = "\n".join(f"  {name:13} {each.__doc__}" for name, each in MADE.items())
    parser = argparse.ArgumentParser(
        "python -m docs.make",
        description=f"Make again what is made:\n\n{listed}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="what to make; everything without one")
    names = parser.parse_args().names or list(MADE)
    if unknown := [name for name in names if name not in MADE]:
        parser.error(f"{', '.join(unknown)}: choose from {', '.join(MADE)}")
    for name in names:
        print(name, flush=True)
        MADE[name]()


if __name__ == "__main__":
    main()
