"""What a page shows is what happens: its Python runs and shows what stands below it."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs import make
from tests.pages import PAGES, ROOT, examples, outcomes


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_python_of_a_page_shows_what_stands_below_it(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DYNZUORA_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("ZUORA_ENV", raising=False)
    said = examples(page.read_text(encoding="utf-8"))
    assert outcomes(said, {}) == said


def test_every_page_is_linked_from_the_readme() -> None:
    readme = ROOT.joinpath("README.md").read_text(encoding="utf-8")
    pages = {str(each.relative_to(ROOT).as_posix()) for each in ROOT.glob("docs/*.md")}
    assert {each for each in pages if f"]({each})" not in readme} == set()


@pytest.mark.parametrize("name", ["architecture", "shell", "ids"])
def test_what_is_made_is_what_is_committed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made: dict[str, str] = {}
    monkeypatch.setattr(make, "_write", made.__setitem__)
    make.MADE[name]()
    assert made
    assert made == {path: ROOT.joinpath(path).read_text(encoding="utf-8") for path in made}
