"""What a page shows is what happens: its Python runs and shows what stands below it."""

from __future__ import annotations

import inspect
import re
import tomllib
from pathlib import Path

import pytest

import dynzuora
from docs import make
from dynzuora import errors
from tests.pages import PAGES, ROOT, examples, outcomes, text, write_files


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_python_of_a_page_shows_what_stands_below_it(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DYNZUORA_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("ZUORA_ENV", raising=False)
    shown = page.read_text(encoding="utf-8")
    write_files(shown, tmp_path)
    assert outcomes(examples(shown), {}) == examples(shown)


def test_every_page_is_linked_from_the_readme() -> None:
    readme = text("README.md")
    pages = {str(each.relative_to(ROOT).as_posix()) for each in ROOT.glob("docs/*.md")}
    assert {each for each in pages if f"]({each})" not in readme} == set()


@pytest.mark.parametrize("name", ["architecture", "figures", "shell", "ids"])
def test_what_is_made_is_what_is_committed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made: dict[str, str] = {}
    monkeypatch.setattr(make, "_write", made.__setitem__)
    make.MADE[name]()
    assert made
    assert made == {path: text(path) for path in made}


def test_the_table_of_errors_has_every_class_with_the_fields_that_it_adds() -> None:
    rows = [line.split("|")[1:4:2] for line in text("docs/errors.md").splitlines() if line[:3] == "| `"]
    classes = [getattr(errors, name) for name in errors.__all__]
    raised = [each for each in classes if issubclass(each, errors.DynzuoraError)]
    fields = {each.__name__: list(inspect.get_annotations(each)) for each in raised}
    assert {name.strip(" `"): re.findall(r"`(\w+)`", carried) for name, carried in rows} == fields


def test_every_other_class_of_errors_that_somebody_may_catch_is_on_the_page() -> None:
    warned = [name for name in errors.__all__ if issubclass(getattr(errors, name), Warning)]
    assert [name for name in warned if f"`{name}`" not in text("docs/errors.md")] == []


def test_every_target_of_the_page_about_overlays_finds_something() -> None:
    targets = re.findall(r"^\| .* \| `(\$.*)` \|$", text("docs/overlays.md"), re.MULTILINE)
    actions = [{"target": each, "update": {}} for each in targets]
    document = dynzuora.load("2020-12-10", overlay={"overlay": "1.0.0", "actions": actions})
    assert targets
    assert [each for each in document.warnings if each.rule == "overlay-target"] == []


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_every_extra_that_a_page_installs_is_one(page: str) -> None:
    extras = tomllib.loads(text("pyproject.toml"))["project"]["optional-dependencies"]
    asked = {each for group in re.findall(r"'\.\[([\w,]+)\]'", text(page)) for each in group.split(",")}
    assert asked
    assert asked - set(extras) == set()


def test_the_readme_has_every_extra_that_is_for_users() -> None:
    extras = set(tomllib.loads(text("pyproject.toml"))["project"]["optional-dependencies"])
    shown = text("README.md").partition("## Extras")[2]
    assert {each for each in extras - {"test", "lint", "docs"} if f"`{each}`" not in shown} == set()
