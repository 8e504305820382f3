"""Counts the house: lines by product, modules, classes, complexity, late imports, private reaches of tests.

    python -m docs.counts             the working tree
    python -m docs.counts REV [REV …] commits beside it, a column each

Complexity is McCabe's, counted as one per function plus one per branch, loop, handler, boolean
operand, condition of a comprehension and ``match`` case.
"""

from __future__ import annotations

import ast
import io
import statistics
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]

PRODUCTS = {
    "sandbox": ("sandbox", "_sandbox"),
    "comparison": ("comparison", "_diff"),
    "sync": ("sync",),
    "asyncio": ("aio",),
    "assistants": ("assistants",),
    "recordings, tests": ("recording", "testing"),
    "queries, tables": ("queries", "tables", "custom_fields"),
    "shell": ("shell", "_cli", "_demo.py", "_doctor.py"),
    "pages": ("pages", "_browse.py"),
    "editors": ("editors", "_jupyter.py", "_stubs.py"),
}
"""Product → its folders and files in the package, today's and the former. The rest is the core client."""

_BRANCHES = (ast.If, ast.IfExp, ast.For, ast.While, ast.ExceptHandler, ast.Assert, ast.match_case)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def product_of(path: Path) -> str:
    """Return the product that a module of the package belongs to, by its path in the package."""
    return next((name for name, places in PRODUCTS.items() if path.parts[0] in places), "core")


def complexity(function: ast.AST) -> int:
    """Return McCabe's number of a function, nested functions included."""
    score = 1
    for node in ast.walk(function):
        if isinstance(node, _BRANCHES):
            score += 1
        elif isinstance(node, ast.BoolOp):
            score += len(node.values) - 1
        elif isinstance(node, ast.comprehension):
            score += 1 + len(node.ifs)
    return score


def late_imports(tree: ast.AST) -> Iterator[ast.stmt]:
    """Yield the import statements inside functions."""
    for function in ast.walk(tree):
        if isinstance(function, _FUNCTIONS):
            yield from (node for node in ast.walk(function) if isinstance(node, (ast.Import, ast.ImportFrom)))


def imports_private(tree: ast.AST) -> bool:
    """Whether a test imports a private module or name of the package."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "dynzuora":
            words = [*(node.module or "").split("."), *(alias.name for alias in node.names)]
            if any(word.startswith("_") and not word.startswith("__") for word in words):
                return True
    return False


def counts(root: Path) -> dict[str, str]:
    """Return the counts of a checkout: what is counted → its figure."""
    package = root / "dynzuora"
    modules = {path: path.read_text("utf-8") for path in sorted(package.rglob("*.py"))}
    trees = {path: ast.parse(text) for path, text in modules.items()}
    functions = [
        (node, path)
        for path, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, _FUNCTIONS)
    ]
    lengths = [(node.end_lineno or 0) - node.lineno + 1 for node, _ in functions]
    lines = {path: text.count("\n") for path, text in modules.items()}
    private = [
        path
        for path in modules
        if any(part.startswith("_") and part[:2] != "__" for part in path.relative_to(package).parts)
    ]
    tests = [ast.parse(path.read_text("utf-8")) for path in sorted((root / "tests").glob("test_*.py"))]
    late = {id(node) for tree in trees.values() for node in late_imports(tree)}
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    largest = max(lines, key=lambda path: lines[path])
    return {
        "lines": _number(sum(lines.values())),
        **{f"  {name}": _number(size) for name, size in _by_product(lines, package).items()},
        "modules": _number(len(modules)),
        "  private": _number(len(private)),
        "classes": _number(
            sum(isinstance(node, ast.ClassDef) for tree in trees.values() for node in ast.walk(tree))
        ),
        "functions": _number(len(functions)),
        "  median, 90 %, longest": " ".join(
            map(str, (int(statistics.median(lengths)), sorted(lengths)[len(lengths) * 9 // 10], max(lengths)))
        ),
        "  over 40 lines": _number(sum(length > 40 for length in lengths)),
        "  mean complexity": f"{statistics.mean(complexity(node) for node, _ in functions):.2f}",
        "largest file": f"{largest.relative_to(package).as_posix()} {lines[largest]}",
        "late imports": _number(len(late)),
        "test files": _number(len(tests)),
        "  that import private names": _number(sum(map(imports_private, tests))),
        "dependencies": _number(len(project["dependencies"])),
    }


def _by_product(lines: Mapping[Path, int], package: Path) -> dict[str, int]:
    sizes = dict.fromkeys(("core", *PRODUCTS), 0)
    for path, size in lines.items():
        sizes[product_of(path.relative_to(package))] += size
    return sizes


def _number(value: int) -> str:
    return f"{value:,}"


def main(revisions: list[str]) -> None:
    """Print the counts of the working tree and of each revision."""
    columns = {"now": counts(ROOT)}
    for revision in revisions:
        with tempfile.TemporaryDirectory() as folder:
            archive = subprocess.run(
                ["git", "archive", revision], cwd=ROOT, stdout=subprocess.PIPE, check=True
            ).stdout
            with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
                tar.extractall(folder, filter="data")
            columns[revision] = counts(Path(folder))
    rows = list(dict.fromkeys(name for column in columns.values() for name in column))
    for row in ("", *rows):
        cells = [column.get(row, "") if row else name for name, column in columns.items()]
        print(f"{row:30}", *(f"{cell:>34}" for cell in cells))


if __name__ == "__main__":
    main(sys.argv[1:])
