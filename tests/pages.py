"""The pages of the repository as tests read them: their code blocks, and what each says it shows."""

from __future__ import annotations

import contextlib
import io
import re
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from dynzuora.errors import DynzuoraError

ROOT = Path(__file__).parent.parent
PAGES = [
    ROOT / "README.md",
    *sorted(each for each in ROOT.joinpath("docs").glob("*.md") if each.name != "migrating.md"),
]
"""Every page whose Python stands on its own. That of ``docs/migrating.md`` has a test of its own."""


class Example(NamedTuple):
    """A block of Python, and the block of text right below it: what it shows, whole."""

    code: str
    shows: str = ""


def text(page: Path | str) -> str:
    """Return a page, named by its path from the root of the repository."""
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page: str, fence: str) -> list[str]:
    """Return the code blocks of a page that begin with this fence."""
    return re.findall(rf"^```{fence}\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)


_EXAMPLE = re.compile(r"^```python\n(.*?)^```$(?:\n\n```text\n(.*?)^```$)?", re.DOTALL | re.MULTILINE)


def examples(page: str) -> list[Example]:
    """Return the blocks of Python of a page. A fence of ``python skip`` is not to be run."""
    return [Example(*each) for each in _EXAMPLE.findall(page)]


def write_files(page: str, folder: Path) -> None:
    """Write the files that a page shows: a block whose fence is ``yaml NAME`` is the file ``NAME``."""
    for name, content in re.findall(r"^```yaml (\S+)\n(.*?)^```$", page, re.DOTALL | re.MULTILINE):
        folder.joinpath(name).write_text(content, encoding="utf-8")


def outcomes(page: Iterable[Example], names: dict[str, Any]) -> list[Example]:
    """Run examples one after the other and return each with what it showed.

    That is what it printed, what it warned of, and the error that it ended with.
    """
    return [Example(each.code, _outcome(each.code, names)) for each in page]


def renewed(page: str) -> str:
    """Return a page with what its examples show now."""
    shown = iter(outcomes(examples(page), {}))

    def example(_: re.Match[str]) -> str:
        code, shows = next(shown)
        return f"```python\n{code}```" + (f"\n\n```text\n{shows}```" if shows else "")

    return _EXAMPLE.sub(example, page)


def _outcome(code: str, names: dict[str, Any]) -> str:
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown), warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            exec(code, names)
        except DynzuoraError as error:
            print(f"{type(error).__name__}: {error}")
        for each in warned:
            print(f"{each.category.__name__}: {each.message}")
    return shown.getvalue()
