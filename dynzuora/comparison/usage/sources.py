"""Scripts and notebooks as syntax trees that know where each line is written.

A notebook is one module: its code cells in order, without IPython's own syntax. What cannot
be read (a syntax error, a broken cell) is returned as unresolved, and the rest is read.
"""

from __future__ import annotations

import ast
import bisect
import json
import re
import tokenize
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from dynzuora.comparison.usage.results import SourceLocation, Unresolved
from dynzuora.errors import DynzuoraError

SUFFIXES = (".py", ".ipynb")
"""What is read in a folder."""

_SKIPPED_FOLDERS = frozenset({"__pycache__", "node_modules", "site-packages"})


class Source(NamedTuple):
    """One file to trace: its statements, and the first line of each cell (none in a script)."""

    path: str
    statements: tuple[ast.stmt, ...]
    cells: tuple[tuple[int, int], ...]
    """(first line in the joined text, number of the cell), ascending."""
    unresolved: tuple[Unresolved, ...]
    text: str = ""
    """The code, of a notebook all cells."""
    is_related: bool = True
    """Whether something says that the code is about this API."""
    is_generated: bool = False
    """Whether it speaks of a generated client."""
    has_base: bool = False
    """Whether it has a base URL of the API that ends in what all paths begin with."""

    def location(self, line: int) -> SourceLocation:
        """Return where a line of the joined text is written."""
        if not self.cells:
            return SourceLocation(self.path, line)
        start, cell = self.cells[bisect.bisect(self.cells, line, key=lambda cell: cell[0]) - 1]
        return SourceLocation(self.path, line - start + 1, cell)

    def line_with(self, text: str, node: ast.AST) -> int:
        """Return the line of ``node`` that has ``text``.

        Until Python 3.12 the parts of an f-string are all at its first line.
        """
        first, last = getattr(node, "lineno", 1), getattr(node, "end_lineno", None) or 1
        if first < last:
            lines = self.text.split("\n")[first - 1 : last]
            return next((first + number for number, line in enumerate(lines) if text in line), first)
        return first


def files_below(paths: Iterable[str | Path], also: tuple[str, ...] = ()) -> list[Path]:
    """Return the scripts and notebooks of ``paths``, files and folders, each once.

    A file may also have a suffix of ``also``; folders are not searched for those.

    Raises:
        DynzuoraError: a path does not exist, or is of another kind.
    """
    files: dict[Path, None] = {}
    for path in map(Path, paths):
        if path.is_dir():
            files |= dict.fromkeys(sorted(_below(path)))
        elif not path.exists():
            raise DynzuoraError(f"There is no file or folder {str(path)!r}.")
        elif path.suffix.lower() not in (*SUFFIXES, *also):
            kinds = ", ".join((*SUFFIXES, *also))
            raise DynzuoraError(f"{path} cannot be searched for uses; pass a folder or a file of {kinds}.")
        else:
            files[path] = None
    return list(files)


def _below(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        inside = path.relative_to(folder).parts[:-1]
        if path.suffix.lower() in SUFFIXES and not any(
            part.startswith(".") or part in _SKIPPED_FOLDERS for part in inside
        ):
            yield path


def read(path: Path) -> Source:
    """Return the syntax tree of a script or notebook."""
    return (_notebook if path.suffix.lower() == ".ipynb" else _script)(path, path.as_posix())


def _script(path: Path, name: str) -> Source:
    try:
        with tokenize.open(path) as file:
            text = file.read()
        return Source(name, tuple(ast.parse(text).body), (), (), text)
    except _UNREADABLE as error:
        return Source(name, (), (), (_unreadable(error, name),))


_UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)
"""What Python's parser raises; the last two for an expression that is nested too deeply."""


def _unreadable(error: BaseException, name: str, cell: int = 0) -> Unresolved:
    location = SourceLocation(name, getattr(error, "lineno", None) or 1, cell)
    why = getattr(error, "msg", None) or str(error) or "it is nested too deeply"
    return Unresolved(location, "", f"cannot be read as Python: {why}")


def _notebook(path: Path, name: str) -> Source:
    try:
        notebook: Any = json.loads(path.read_bytes())
        cells = [(number, _text(cell)) for number, cell in enumerate(_cells(notebook), 1) if _is_code(cell)]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        row = Unresolved(SourceLocation(name, 1), "", f"cannot be read as a notebook: {error}")
        return Source(name, (), (), (row,))
    statements: list[ast.stmt] = []
    starts: list[tuple[int, int]] = []
    unresolved: list[Unresolved] = []
    first = 1
    for number, text in cells:
        starts.append((first, number))
        try:
            tree = _cell(text)
        except _UNREADABLE as error:
            unresolved.append(_unreadable(error, name, number))
        else:
            statements += ast.increment_lineno(tree, first - 1).body
        first += text.count("\n") + 1
    text = "\n".join(text for _, text in cells)
    return Source(name, tuple(statements), tuple(starts), tuple(unresolved), text)


def _cell(text: str) -> ast.Module:
    """Parse a cell as it is, or else without magics: a line that starts with % may be plain Python."""
    try:
        return ast.parse(text)
    except SyntaxError:
        return ast.parse(without_magics(text))


def _cells(notebook: Any) -> Iterator[Any]:
    if "worksheets" in notebook:  # nbformat 3
        for sheet in notebook["worksheets"]:
            yield from sheet["cells"]
    else:
        yield from notebook["cells"]


def _is_code(cell: Any) -> bool:
    return bool(cell.get("cell_type") == "code")


def _text(cell: Any) -> str:
    source = cell.get("source", cell.get("input", ""))
    return source if isinstance(source, str) else "".join(source)


_PYTHON_CELLS = ("time", "timeit", "capture", "prun", "debug")
_CELL_MAGIC = re.compile(r"%%(\w+)")
_LINE_MAGIC = re.compile(r"^(?P<indent>\s*)(?P<target>[\w.,\s]+=(?!=)\s*)?(?:[%!]|\?\s*\w)(?P<rest>.*)$")
_HELP = re.compile(r"^\s*[\w.]+\?{1,2}\s*$")
_PYTHON_MAGIC = re.compile(r"^(?:time|timeit(?:\s+-\w+\s*\d*)*|prun)\s+(?P<code>.+)$")


def without_magics(text: str) -> str:
    """Return a cell as plain Python with the same number of lines.

    >>> without_magics("%matplotlib inline\\nfiles = !ls\\n%time reply = client.call('X')")
    "pass\\nfiles = None\\nreply = client.call('X')"
    """
    lines = text.split("\n")
    first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    magic = _CELL_MAGIC.match(lines[first].strip()) if lines else None
    if magic and magic[1] not in _PYTHON_CELLS:
        return "\n" * (len(lines) - 1)
    if magic:
        lines[first] = ""
    return "\n".join(map(_without_magic, lines))


def _without_magic(line: str) -> str:
    if _HELP.match(line):
        return "pass"
    magic = _LINE_MAGIC.match(line)
    if magic is None:
        return line
    python = _PYTHON_MAGIC.match(magic["rest"])
    target = magic["target"] or ""
    return magic["indent"] + target + (python["code"] if python else "None" if target else "pass")
