"""docs/architecture.md as a test: who may import whom, where the network is, and where Zuora is."""

from __future__ import annotations

import ast
import importlib.util
import re
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import dynzuora

PACKAGE = Path(dynzuora.__file__).parent
ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
FLOORS = {room: int(floor) for floor, room in re.findall(r"^\| (\d) \| `(\w+)` \|", PAGE, re.MULTILINE)}
FILES = sorted(each for each in PACKAGE.rglob("*.py") if each != PACKAGE / "__init__.py")


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def run_time_nodes(path: Path) -> list[ast.AST]:
    """Every node of a file, what only type checkers read left out."""
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    return list(ast.walk(tree))


def imported(path: Path) -> set[str]:
    """The modules that a file imports, at its top level or inside functions, by their full names."""
    found = set()
    for node in run_time_nodes(path):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module == "dynzuora":
            found |= {f"dynzuora.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


def stands_on(room: str) -> set[str]:
    modules = {each for path in FILES if room_of(path) == room for each in imported(path)}
    return {each.split(".")[1] for each in modules if each.startswith("dynzuora.")} - {room}


def row_of(room: str) -> str:
    """The row of the table as it should be."""
    module = PACKAGE / f"{room}.py"
    tree = ast.parse((module if module.exists() else PACKAGE / room / "__init__.py").read_text("utf-8"))
    first = (ast.get_docstring(tree) or "").splitlines()[0].rstrip(".").replace("``", "`")
    lower = sorted(stands_on(room), key=lambda each: (-FLOORS[each], each))
    return f"| {FLOORS[room]} | `{room}` | {first} | {', '.join(lower)} |"


def test_the_table_names_every_room() -> None:
    assert set(FLOORS) == {room_of(path) for path in FILES}


@pytest.mark.parametrize("room", sorted(FLOORS))
def test_the_table_says_what_a_room_is_for_and_what_it_stands_on(room: str) -> None:
    assert row_of(room) in PAGE.splitlines()


@pytest.mark.parametrize("room", sorted(FLOORS))
def test_imports_point_downwards(room: str) -> None:
    upwards = {each for each in stands_on(room) if FLOORS[each] >= FLOORS[room] > 0}
    assert upwards == set()


def test_no_code_reads_the_committed_ids() -> None:
    assert not [path for path in FILES if "dynzuora._operation_ids" in imported(path)]


def test_there_are_no_circles() -> None:
    order = list(TopologicalSorter({room: stands_on(room) for room in FLOORS}).static_order())
    assert set(order) == set(FLOORS)


def test_requests_is_imported_to_send_to_fetch_a_document_and_to_play_a_server() -> None:
    importing = {
        str(path.relative_to(PACKAGE).as_posix())
        for path in FILES
        if any(each.split(".")[0] == "requests" for each in imported(path))
    }
    sending = {f"transport/{each}.py" for each in ("sending", "connections", "reading", "uploads", "causes")}
    sending.add("transport/exchange.py")
    assert importing == {*sending, "document/fetching.py", "sandbox/in_process.py"}


@pytest.mark.parametrize(
    "page",
    ["README.md", "CONTRIBUTING.md", *(f"docs/{each.name}" for each in sorted(ROOT.glob("docs/*.md")))],
)
def test_every_file_that_a_page_names_is_there(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8").replace("VERSION", "2020-12-10")
    named = {
        ROOT / each for each in re.findall(r"(?:dynzuora|tests|docs|specs)/[\w/.-]+\.\w+|\.ci/\w+", text)
    }
    linked = {(ROOT / page).parent / each for each in re.findall(r"\]\(([\w/.-]+)[)#]", text)}
    assert {each for each in named | linked if not each.exists()} == set()


def test_contributing_names_what_its_files_define() -> None:
    for line in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").splitlines():
        files = [ROOT / each for each in re.findall(r"`((?:dynzuora|tests)/[\w/]+\.py)`", line)]
        code = "\n".join(each.read_text(encoding="utf-8") for each in files)
        names = re.findall(r"`(_?[A-Z]\w+)`", line) if files else []
        assert [each for each in names if not re.search(rf"^(class )?{each}\b", code, re.MULTILINE)] == []


def test_contributing_runs_modules_that_are_there() -> None:
    named = set(re.findall(r"python3? -m ([\w.]+)", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")))
    assert named == {"venv", "pytest", "docs.make", "benchmarks"}
    assert {each for each in named if importlib.util.find_spec(each) is None} == set()


def page() -> str:
    """The page with each row as it should be."""
    rows = re.compile(r"(?:^\| \d \| `\w+` \|.*\n)+", re.MULTILINE)
    return rows.sub(
        lambda _: "".join(
            f"{row_of(room)}\n" for room in sorted(FLOORS, key=lambda each: (-FLOORS[each], each))
        ),
        PAGE,
    )
