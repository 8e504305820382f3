"""Which module of a package imports which, and where: at its top, for type checkers only, or late."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from importlib.util import resolve_name
from pathlib import Path
from typing import NamedTuple

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


class Import(NamedTuple):
    """An import of ``name`` in ``module``; ``kind`` is ``top``, ``typing`` or ``late``."""

    module: str
    name: str
    kind: str


class Package:
    """A folder of Python files. Modules have their names in it: ``document.loading``, ``document``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        names = {
            ".".join(path.relative_to(folder).with_suffix("").parts): path for path in folder.rglob("*.py")
        }
        self.modules = {name.removesuffix(".__init__"): path for name, path in sorted(names.items())}

    @cached_property
    def imports(self) -> list[Import]:
        """Every import: statements, and calls of ``import_module`` with a literal."""
        return [entry for module in self.modules for entry in self._imports_of(module)]

    @cached_property
    def inner(self) -> list[Import]:
        """The imports of the package's own modules, by their names in it; of itself, ``__init__``."""
        return [
            entry._replace(name=self._inner(entry.name)) for entry in self.imports if self._inner(entry.name)
        ]

    def rooms_of(self, room: str) -> set[str]:
        """The other rooms that a room imports, whether at the top, for type checkers or late."""
        imported = {room_of(entry.name) for entry in self.inner if room_of(entry.module) == room}
        return imported - {room}

    def circle(self) -> list[str]:
        """Modules that import each other in a circle; empty if there are none."""
        graph: dict[str, set[str]] = {module: set() for module in self.modules}
        for module, name, _ in self.inner:
            if name != module:
                graph[module].add(name)
        return circle(graph)

    def first_line(self, room: str) -> str:
        """The first line of a room's docstring, as Markdown without its full stop."""
        docstring = ast.get_docstring(ast.parse(self.modules[room].read_text("utf-8"))) or ""
        return docstring.partition("\n")[0].rstrip(".").replace("``", "`")

    def _inner(self, name: str) -> str:
        if name == self.folder.name:
            return "__init__"
        inside = name.removeprefix(f"{self.folder.name}.")
        return inside if inside != name and inside in self.modules else ""

    def _imports_of(self, module: str) -> Iterator[Import]:
        tree = ast.parse(self.modules[module].read_text("utf-8"))
        late = {id(node) for top in ast.walk(tree) if isinstance(top, _FUNCTIONS) for node in ast.walk(top)}
        typing = {
            id(node)
            for top in ast.walk(tree)
            if isinstance(top, ast.If) and "TYPE_CHECKING" in ast.unparse(top.test)
            for node in ast.walk(top)
        }
        for node in ast.walk(tree):
            kind = "late" if id(node) in late else "typing" if id(node) in typing else "top"
            for name in self._names(node, module):
                yield Import(module, name, kind)

    def _names(self, node: ast.AST, module: str) -> Iterator[str]:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            path = f"{self.folder.name}.{module}"
            package = path if self.modules[module].name == "__init__.py" else path.rpartition(".")[0]
            source = resolve_name("." * node.level + (node.module or ""), package)
            for alias in node.names:  # a module of a package, or a name in a module
                full = f"{source}.{alias.name}"
                yield full if self._inner(full) else source
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            yield from (str(name.value) for name in node.args[:1] if isinstance(name, ast.Constant))


def room_of(module: str) -> str:
    """The folder, or the file beside the folders, that a module belongs to."""
    return module.partition(".")[0]


def circle(graph: Mapping[str, set[str]]) -> list[str]:
    """A circle of a graph; empty if there are none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []
