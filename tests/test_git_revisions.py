"""Documents of git revisions: ``git:REV:PATH``, and what the manual does with them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

import dynzuora
from dynzuora.errors import SpecError
from tests.pets import pets

MANUAL = Path(__file__).parents[1] / "docs" / "diff.md"


def git(folder: Path, *words: str) -> None:
    identity = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    for role in ("AUTHOR", "COMMITTER"):
        identity |= {f"GIT_{role}_NAME": "A", f"GIT_{role}_EMAIL": "a@example.com"}
    subprocess.run(["git", *words], cwd=folder, env=os.environ | identity, check=True, capture_output=True)


def document(*, without: str = "") -> dict[str, Any]:
    whole = pets()
    whole["paths"].pop(without, None)
    return whole


GONE = next(iter(pets()["paths"]))


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a document of two revisions; the second lacks a path."""
    git(tmp_path, "init", "-q", "-b", "main")
    for number, text in enumerate((document(), document(without=GONE))):
        (tmp_path / "openapi.yaml").write_text(json.dumps(text), "utf-8")
        git(tmp_path, "add", ".")
        git(tmp_path, "commit", "-q", "-m", str(number))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def removed(old: Any, new: Any, **options: Any) -> set[str]:
    return {c.where for c in dynzuora.diff(old, new, **options).changes if c.id == "operation-removed"}


def test_a_revision_is_compared_with_another(repository: Path) -> None:
    before, after = dynzuora.load(document()), dynzuora.load(document(without=GONE))
    expected = before.operations.keys() - after.operations.keys()
    assert removed("git:HEAD~1:openapi.yaml", "git:main:openapi.yaml") == expected != set()
    assert removed("git:HEAD:openapi.yaml", "git:HEAD~1:openapi.yaml") == set()


def test_a_revision_is_compared_with_what_is_staged(repository: Path) -> None:
    (repository / "openapi.yaml").write_text(json.dumps(document()), "utf-8")
    git(repository, "add", ".")
    (repository / "openapi.yaml").write_text("half a", "utf-8")
    assert removed("git::openapi.yaml", "git:HEAD:openapi.yaml") != set()


def test_a_path_begins_at_the_top_or_here(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (repository / "api").mkdir()
    (repository / "api" / "own.json").write_text(json.dumps(document()), "utf-8")
    git(repository, "add", ".")
    git(repository, "commit", "-q", "-m", "own")
    monkeypatch.chdir(repository / "api")
    sources = ["git:HEAD:api/own.json", "git:HEAD:./own.json", f"git:HEAD:{Path('own.json').absolute()}"]
    assert [len(dynzuora.load(source).operations) for source in sources] == [
        len(dynzuora.load(document()).operations)
    ] * 3


def test_a_date_of_the_reflog_has_its_own_colon(repository: Path) -> None:
    assert dynzuora.load("git:main@{2100-01-01 10:00}:openapi.yaml").operations


def test_files_beside_a_document_are_of_its_revision(repository: Path) -> None:
    whole = document()
    schemas = whole["components"]["schemas"]
    name = next(name for name, schema in schemas.items() if "$ref" not in json.dumps(schema))
    (repository / "schemas").mkdir()
    (repository / "schemas" / "own.json").write_text(json.dumps(schemas[name]), "utf-8")
    schemas[name] = {"$ref": "schemas/own.json"}
    (repository / "openapi.yaml").write_text(json.dumps(whole), "utf-8")
    git(repository, "add", ".")
    git(repository, "commit", "-q", "-m", "split")
    (repository / "schemas" / "own.json").write_text("gone from here", "utf-8")
    for _ in range(2):  # prepared, then from the cache
        split = dynzuora.load("git:HEAD:openapi.yaml", external_files=True)
        assert not dynzuora.diff(document(), split).breaking
    before = dynzuora.load("git:HEAD~2:openapi.yaml")
    assert not dynzuora.diff(before, "git:HEAD:openapi.yaml", external_files=True).breaking


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        pytest.param(
            "git:v9:openapi.yaml", r"has no revision 'v9'\. If this is a shallow clone", id="revision"
        ),
        pytest.param("git:HEAD:api.yaml", r"there is no file api\.yaml in HEAD", id="path"),
        pytest.param("git::api.yaml", r"there is no file api\.yaml in what is staged", id="staged"),
        pytest.param("git:HEAD:../x.yaml", r"there is no file \.\./x\.yaml in HEAD", id="outside"),
        pytest.param("git:HEAD", r"write git:REV:PATH", id="form"),
        pytest.param("git:--output=x:y", r"write git:REV:PATH", id="an option"),
    ],
)
def test_what_git_does_not_have_is_told(source: str, problem: str, repository: Path) -> None:
    with pytest.raises(SpecError, match=problem):
        dynzuora.load(source)


def test_a_folder_outside_of_any_repository_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SpecError, match="is not in a git repository"):
        dynzuora.load("git:HEAD:openapi.yaml")


def test_a_machine_without_git_is_told(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SpecError, match="git is not installed"):
        dynzuora.load("git:HEAD:openapi.yaml")


# The examples of the manual

BLOCKS = [
    yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", MANUAL.read_text("utf-8"), re.DOTALL)
]


def shell(command: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    environment = os.environ | {"PATH": path} | variables
    return subprocess.run(command, shell=True, cwd=folder, env=environment, capture_output=True, text=True)


def test_the_hook_of_the_manual_refuses_a_breaking_commit(repository: Path) -> None:
    [hook] = next(block for block in BLOCKS if "repos" in block)["repos"][0]["hooks"]
    assert re.search(hook["files"], "openapi.yaml")
    assert shell(hook["entry"], repository).returncode == 0
    (repository / "openapi.yaml").write_text(json.dumps(document() | {"paths": {}}), "utf-8")
    git(repository, "add", ".")
    refused = shell(hook["entry"], repository)
    assert (refused.returncode, refused.stderr.startswith("Error: --fail-on breaking: ")) == (1, True)


def test_the_workflow_of_the_manual_annotates_a_line(repository: Path, tmp_path: Path) -> None:
    git(repository, "update-ref", "refs/remotes/origin/base", "HEAD~1")
    gone = sorted(removed("git:HEAD~1:openapi.yaml", "git:HEAD:openapi.yaml"))[0]
    (repository / "src").mkdir()
    code = f"from dynzuora import Client\nClient().call({gone!r})\n"
    (repository / "src" / "code.py").write_text(code, "utf-8")
    steps = next(block for block in BLOCKS if "jobs" in block)["jobs"]["diff"]["steps"]
    summary, annotations = [step["run"] for step in steps if step.get("run", "").startswith("dynzuora")]
    page = tmp_path / "summary"
    variables = {"GITHUB_BASE_REF": "base", "GITHUB_STEP_SUMMARY": str(page)}
    assert shell(summary, repository, **variables).returncode == 0
    assert gone in page.read_text("utf-8")
    done = shell(annotations, repository, **variables)
    assert done.returncode == 1
    assert done.stdout.startswith("::error file=src/code.py,line=2")
