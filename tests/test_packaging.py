"""The package works wherever it lies and whoever starts it, and declares what it imports."""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipapp
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from dynzuora._extras import install

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "dynzuora"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))

USE = """
import sys
import dynzuora

client = dynzuora.Client.sandbox()
document = client.document
print(dynzuora.__file__)
print(len(dynzuora.operations))
print([row["name"] for row in client.items("GET_SequenceSets")])
print(client.call("g_et_sequence_sets") == client.call("GET /v1/sequence-sets"))
print(document.operations.resolve("list_sequence_sets").id)
print(client._repr_html_()[:1])
print(dynzuora.diff(document, document).changes)
tiny = {"openapi": "3.0.0", "info": {"title": "T", "version": "1"}, "paths": {}}
print(len(dynzuora.load(tiny).operations))
"""
"""What reads every kind of data there is: documents, prepared forms, tables, the tenant, templates, rules."""

SAID = ["411", "['DEFAULT', 'FR']", "True", "GET_SequenceSets", "<", "()", "0"]


def said(*command: str | Path, cwd: Path, **variables: str | Path) -> tuple[str, list[str]]:
    """Where the package lay that a program used, and what else the program printed."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "DYNZUORA", "XDG"))
    }
    kept.pop("HOME", None)
    done = subprocess.run(
        [*map(str, command)],
        env=kept | {name: str(value) for name, value in variables.items()},
        cwd=cwd,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    where, *lines = done.stdout.splitlines()
    return where, lines


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("hatchling")
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    [path] = folder.glob("*.whl")
    return path


def unpacked(wheel: Path, folder: Path) -> Path:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


def test_a_wheel_on_the_path_works(wheel: Path, home: Path) -> None:
    where, lines = said(sys.executable, "-W", "error", "-c", USE, cwd=home, HOME=home, PYTHONPATH=wheel)
    assert (where, lines) == (str(wheel / "dynzuora" / "__init__.py"), SAID)


def test_a_wheel_on_the_path_prepares_again_what_an_overlay_changes(wheel: Path, home: Path) -> None:
    overlay = '{"overlay": "1.0.0", "actions": [{"target": "$.info", "update": {"title": "Mine"}}]}'
    code = (
        f"import dynzuora; print(dynzuora.__file__); print(dynzuora.load(overlay={overlay!r}.encode()).title)"
    )
    runs = [said(sys.executable, "-c", code, cwd=home, HOME=home, PYTHONPATH=wheel) for _ in range(2)]
    assert runs == [(str(wheel / "dynzuora" / "__init__.py"), ["Mine"])] * 2


def test_a_zipapp_works(wheel: Path, home: Path, tmp_path: Path) -> None:
    folder, app = unpacked(wheel, tmp_path / "app"), tmp_path / "app.pyz"
    folder.joinpath("__main__.py").write_text(USE, "utf-8")
    zipapp.create_archive(folder, app)
    where, lines = said(sys.executable, "-W", "error", app, cwd=home, HOME=home)
    assert (where, lines) == (str(app / "dynzuora" / "__init__.py"), SAID)


def test_a_folder_with_spaces_works(wheel: Path, home: Path, tmp_path: Path) -> None:
    folder = unpacked(wheel, tmp_path / "with a space, an umläut & more")
    where, lines = said(sys.executable, "-W", "error", "-c", USE, cwd=home, HOME=home, PYTHONPATH=folder)
    assert (where, lines) == (str(folder / "dynzuora" / "__init__.py"), SAID)


def test_a_user_whom_nobody_knows_works_from_what_cannot_be_written(wheel: Path, tmp_path: Path) -> None:
    unknown = ("unshare", "--user", "--map-user=12345")
    if shutil.which("unshare") is None or subprocess.run([*unknown, "true"], capture_output=True).returncode:
        pytest.skip("there is no unshare that makes another user")
    folder, here = unpacked(wheel, tmp_path / "installed"), tmp_path / "here"
    here.mkdir()
    for path in (here, *folder.rglob("*"), folder):
        path.chmod(0o555 if path.is_dir() else 0o444)
    where, lines = said(*unknown, sys.executable, "-B", "-W", "error", "-c", USE, cwd=here, PYTHONPATH=folder)
    assert (where, lines) == (str(folder / "dynzuora" / "__init__.py"), SAID)
    assert list(here.iterdir()) == []


def test_a_user_without_a_home_reads_no_profile_from_where_they_are(home: Path) -> None:
    code = (
        "import pwd; pwd.getpwuid = lambda uid: {}[uid]\n"
        "from dynzuora.configuration import folders\n"
        "print(*(folders.folder(kind) for kind in ('cache', 'config', 'data')), sep='\\n')"
    )
    cache, others = said(sys.executable, "-c", code, cwd=home, PYTHONPATH=ROOT)
    assert [cache, *others] == [f"{os.devnull}/{kind}" for kind in ("cache", "config", "data")]


@pytest.mark.slow
def test_a_program_frozen_by_pyinstaller_works(home: Path, tmp_path: Path) -> None:
    """`DYNZUORA_PYINSTALLER` is a Python that has PyInstaller and dynzuora, installed from its wheel."""
    python = os.environ.get("DYNZUORA_PYINSTALLER")
    if not python:
        pytest.skip("DYNZUORA_PYINSTALLER is not set")
    (tmp_path / "app.py").write_text(USE, "utf-8")
    freeze = (python, "-m", "PyInstaller", "--log-level=ERROR", "--distpath=dist", "app.py")
    subprocess.run(freeze, cwd=tmp_path, check=True, capture_output=True)
    where, lines = said(tmp_path / "dist" / "app" / "app", cwd=home, HOME=home)
    assert (where, lines) == (str(tmp_path / "dist/app/_internal/dynzuora/__init__.py"), SAID)


# What is declared


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[^\w.-]", each)[0].lower().replace("_", "-") for each in requirements}


def imported(path: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return plain | {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}


OWN_PROGRAM = {"PyInstaller"}
"""What is there when it imports us, and not the other way round."""


@pytest.mark.parametrize(
    ("files", "declared"),
    [
        pytest.param(
            [*PACKAGE.rglob("*.py")],
            names(PROJECT["project"]["dependencies"])
            | names(
                [
                    requirement
                    for extra, requirements in PROJECT["project"]["optional-dependencies"].items()
                    if extra not in ("test", "docs", "lint")
                    for requirement in requirements
                ]
            ),
            id="the package",
        ),
        pytest.param([ROOT / "hatch_build.py"], names(PROJECT["build-system"]["requires"]), id="the build"),
    ],
)
def test_each_import_is_declared(files: list[Path], declared: set[str]) -> None:
    modules = {name.partition(".")[0] for path in files for name in imported(path)}
    others = modules - set(sys.stdlib_module_names) - OWN_PROGRAM - {"dynzuora", ""}
    distributions = packages_distributions()
    missing = {
        module
        for module in others
        if importlib.util.find_spec(module)
        and not {each.lower().replace("_", "-") for each in distributions.get(module, [])} & declared
    }
    assert missing == set()


def test_the_tested_versions_are_within_the_bounds() -> None:
    from packaging.requirements import Requirement

    tested = [
        Requirement(line.partition(";")[0])
        for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    pins: dict[str, set[str]] = {}
    for pin in tested:
        pins.setdefault(pin.name, set()).add(next(iter(pin.specifier)).version)
    groups = [PROJECT["project"]["dependencies"], PROJECT["build-system"]["requires"]]
    groups += PROJECT["project"]["optional-dependencies"].values()
    bounds = [Requirement(each) for group in groups for each in group if not each.startswith("dynzuora[")]
    wrong = {
        str(bound)
        for bound in bounds
        if not (found := pins.get(bound.name.lower().replace("_", "-")))
        or not all(bound.specifier.contains(version) for version in found)
    }
    assert wrong == set()


@pytest.mark.parametrize(
    ("origin", "command"),
    [
        (None, "pip install 'dynzuora[pandas]'"),
        (
            '{"url": "file:///home/a%20b/dynzuora", "dir_info": {}}',
            "pip install '/home/a b/dynzuora[pandas]'",
        ),
        (
            '{"url": "https://example.com/d.git", "vcs_info": {"vcs": "git", "commit_id": "1f"}}',
            "pip install 'dynzuora[pandas] @ git+https://example.com/d.git'",
        ),
        ("not JSON", "pip install 'dynzuora[pandas]'"),
    ],
    ids=["from an index", "from a folder", "from git", "damaged"],
)
@pytest.mark.skipif(os.name == "nt", reason="the quotes and paths of a POSIX shell")
def test_an_extra_is_installed_from_where_the_package_came_from(
    origin: str | None, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.metadata.PathDistribution.read_text", lambda self, name: origin)
    assert install("pandas") == command
