"""docs/architecture.md as a test: who may import whom, what is imported late, and where the network is."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

import dynzuora
from tests.imports import Import, Package, room_of

PACKAGE = Package(Path(dynzuora.__file__).parent)
ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
ROOMS = re.findall(r"^\| `(\w+)` \| [^|]+ \| [^|]* \|$", PAGE, re.MULTILINE)
"""The rooms in the order of the page's table: each imports only from rooms below it."""

LATE = {
    name
    for cell in re.findall(r"^\| (`[^|]+) \| [^|]+ \|$", PAGE.partition("## Late imports")[2], re.MULTILINE)
    for name in re.findall(r"`([\w.]+)`", cell)
}
"""What may be imported inside functions, as the page lists it."""

PRODUCTS = {
    "__main__",
    "aio",
    "assistants",
    "shell",
    "editors",
    "pages",
    "testing",
    "sandbox",
    "sync",
    "comparison",
    "recording",
}
"""What stands beside the core client: everything else imports none of it, but for the seams."""

SEAMS = {
    ("__init__", "aio"): "dynzuora.AsyncClient",
    ("__init__", "comparison"): "dynzuora.diff",
    ("__init__", "editors.jupyter"): "%load_ext dynzuora",
    ("client.client", "sandbox"): "Client.sandbox",
    ("client.client", "sync"): "Client.sync",
    ("client.client", "recording.drift"): "Client.drift",
    ("client.client", "recording.recorder"): "Client(record=…)",
    ("client.stand_ins", "recording.replaying"): "Client(replay=…)",
    ("client.stand_ins", "sandbox"): "ZUORA_ENV=sandbox",
}
"""(module of the core, what it imports of a product, never at its top) → the name that asks for it."""


def upward(package: Package, rooms: Sequence[str]) -> set[tuple[str, str]]:
    """Each import of a room that is not below the importing one: (module, module)."""
    return {
        (module, name)
        for module, name, _ in package.inner
        if room_of(module) != room_of(name) and rooms.index(room_of(module)) > rooms.index(room_of(name))
    }


def crossings(package: Package) -> set[Import]:
    """The imports of other products in the core."""
    return {
        entry
        for entry in package.inner
        if room_of(entry.module) not in PRODUCTS and room_of(entry.name) in PRODUCTS
    }


def row_of(room: str) -> str:
    """The row of the table as it should be; what the shelf gives to everybody is left out."""
    below = sorted((name for name in PACKAGE.rooms_of(room) if not name.startswith("_")), key=ROOMS.index)
    return f"| `{room}` | {PACKAGE.first_line(room)} | {', '.join(below)} |"


def test_the_table_names_every_room() -> None:
    assert sorted(ROOMS) == sorted({room_of(module) for module in PACKAGE.modules})


@pytest.mark.parametrize("room", ROOMS)
def test_the_table_says_what_a_room_is_for_and_what_it_imports(room: str) -> None:
    assert row_of(room) in PAGE.splitlines()


def test_a_room_imports_only_from_rooms_below_it() -> None:
    assert upward(PACKAGE, ROOMS) == set()


def test_no_file_imports_itself_by_way_of_others() -> None:
    assert PACKAGE.circle() == []


def test_the_core_imports_other_products_only_at_the_seams_and_not_at_its_top() -> None:
    assert {(module, name) for module, name, _ in crossings(PACKAGE)} == set(SEAMS)
    assert [entry for entry in crossings(PACKAGE) if entry.kind == "top"] == []


def test_every_late_import_is_listed_with_its_reason() -> None:
    assert {name for _, name, kind in PACKAGE.imports if kind == "late"} == LATE


def made(folder: Path, files: Iterable[tuple[str, str]]) -> Package:
    for name, text in [("__init__.py", ""), *files]:
        (folder / "dynzuora" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "dynzuora" / name).write_text(text, "utf-8")
    return Package(folder / "dynzuora")


TYPING = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    "
TREE = {"client/__init__.py": "", "search.py": "", "_garbage.py": "", "_text.py": ""}
ORDER = ["client", "search", "_garbage", "_text", "__init__"]


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        pytest.param("_text.py", "from dynzuora.client import x", ("_text", "client"), id="at the top"),
        pytest.param("_garbage.py", "import dynzuora.search", ("_garbage", "search"), id="as a module"),
        pytest.param("_garbage.py", "from dynzuora import search", ("_garbage", "search"), id="by from"),
        pytest.param("_text.py", f"{TYPING}import dynzuora.client", ("_text", "client"), id="typing"),
        pytest.param("_text.py", "def f():\n    import dynzuora.client", ("_text", "client"), id="late"),
        pytest.param("_text.py", "from .client import x", ("_text", "client"), id="relative"),
        pytest.param("_text.py", "import_module('dynzuora.client')", ("_text", "client"), id="by name"),
    ],
)
def test_an_import_upwards_is_seen(file: str, text: str, expected: tuple[str, str], tmp_path: Path) -> None:
    package = made(tmp_path, {**TREE, file: text}.items())
    assert upward(package, ORDER) == {expected}


def test_an_import_downwards_is_none_upwards(tmp_path: Path) -> None:
    package = made(tmp_path, {**TREE, "client/__init__.py": "import dynzuora._text"}.items())
    assert upward(package, ORDER) == set()


@pytest.mark.parametrize("back", ["{}", f"{TYPING}{{}}", "def f():\n    {}"], ids=["top", "typing", "late"])
def test_a_circle_of_files_in_one_folder_is_seen(back: str, tmp_path: Path) -> None:
    there = "from dynzuora.client.b import x"
    files = {"client/a.py": there, "client/b.py": back.format("from dynzuora.client import a")}
    assert set(made(tmp_path, {**TREE, **files}.items()).circle()) == {"client.a", "client.b"}


def test_the_core_is_seen_importing_a_product(tmp_path: Path) -> None:
    files = {"sandbox.py": "", "_text.py": f"{TYPING}from dynzuora import sandbox"}
    assert crossings(made(tmp_path, files.items())) == {Import("_text", "sandbox", "typing")}


def test_no_code_reads_the_committed_ids() -> None:
    ids = {(kind, name) for _, name, kind in PACKAGE.imports if name == "dynzuora._operation_ids"}
    assert ids <= {("typing", "dynzuora._operation_ids")}


def test_requests_is_imported_to_send_to_fetch_a_document_and_to_play_a_server() -> None:
    sending = {"sending", "connections", "reading", "uploads", "causes", "exchange"}
    assert {module for module, name, _ in PACKAGE.imports if name.split(".")[0] == "requests"} == {
        *(f"transport.{name}" for name in sending),
        "document.fetching",
        "sandbox",
        "sandbox.in_process",
        "recording.replaying",
    }


@pytest.mark.parametrize(
    "page",
    ["README.md", "CONTRIBUTING.md", *(f"docs/{page.name}" for page in sorted(ROOT.glob("docs/*.md")))],
)
def test_every_file_that_a_page_names_is_there(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8").replace("VERSION", "2020-12-10")
    names = re.findall(r"(?:dynzuora|tests|docs|specs)/[\w/.-]+\.\w+|\.ci/\w+", text)
    links = re.findall(r"\]\(([\w/.-]+)[)#]", text)
    files = {ROOT / name for name in names} | {(ROOT / page).parent / link for link in links}
    assert {file for file in files if not file.exists()} == set()


def test_contributing_names_what_its_files_define() -> None:
    for line in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").splitlines():
        files = [ROOT / name for name in re.findall(r"`((?:dynzuora|tests)/[\w/]+\.py)`", line)]
        code = "\n".join(file.read_text(encoding="utf-8") for file in files)
        names = re.findall(r"`(_?[A-Z]\w+)`", line) if files else []
        assert [name for name in names if not re.search(rf"^(class )?{name}\b", code, re.MULTILINE)] == []


def test_contributing_runs_modules_that_are_there() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    modules = set(re.findall(r"python3? -m ([\w.]+)", text))
    assert modules == {"venv", "pytest", "docs.make", "benchmarks"}
    assert {module for module in modules if importlib.util.find_spec(module) is None} == set()


def page() -> str:
    """The page with each row of the table of rooms as it should be."""
    rows = re.compile(r"(?:^\| `\w+` \| [^|]+ \| [^|]* \|\n)+", re.MULTILINE)
    return rows.sub(lambda _: "".join(f"{row_of(room)}\n" for room in ROOMS), PAGE)
