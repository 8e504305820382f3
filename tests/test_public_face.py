"""What the package promises: its names, what importing it costs, and which room may know which."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import dynzuora
from dynzuora import _paging, _zuora

PACKAGE = Path(dynzuora.__file__).parent

FLOORS = {
    "errors": 0, "_names": 0, "_zuora": 0, "_json": 0,
    "_redaction": 0, "_http": 0, "_places": 0, "_usage_log": 0, "_display": 0, "_progress": 0, "_cards": 0,
    "_pages": 0,
    "_document": 1, "_parameters": 1, "_profiles": 1, "_settings": 1,
    "_schema": 2,
    "_operations": 3, "_paging": 3, "_diff": 3, "_failures": 3,
    "_responses": 4, "_transport": 4, "_sandbox": 4, "_frames": 4, "_browse": 4, "_search": 4,
    "_pagination": 5, "_ops": 5, "_files": 5, "_jobs": 5, "_bulk": 5,
    "_client": 6,
    "_demo": 7, "_doctor": 7, "_stubs": 7, "_jupyter": 7, "_cli": 8, "__main__": 9,
}  # fmt: skip
"""Room → floor. An import points to a lower floor or stays inside its room; floor 0 is one shelf."""

HEAVY = {"jsonschema", "prance", "jinja2", "click", "werkzeug", "tenacity", "pandas", "yaml"}


def run(code: str) -> str:
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def room_of(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def run_time_nodes(path: Path) -> list[ast.AST]:
    """Every node of a file, what only type checkers read left out."""
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    return list(ast.walk(tree))


def first_party_imports(path: Path) -> set[str]:
    """Rooms that a file imports, at its top level or inside functions."""
    found = set()
    for node in run_time_nodes(path):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "dynzuora":
            if node.module == "dynzuora":
                found |= {alias.name for alias in node.names}
            else:
                found.add(room_of(node.module or ""))
        elif isinstance(node, ast.Import):
            found |= {room_of(alias.name) for alias in node.names if alias.name.startswith("dynzuora.")}
    return found


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_point_downwards(path: Path) -> None:
    room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if room == "__init__":
        return
    upwards = {each for each in first_party_imports(path) - {room} if FLOORS[each] >= FLOORS[room] > 0}
    assert upwards == set()


def test_every_room_has_a_floor() -> None:
    rooms = {
        each.stem for each in PACKAGE.iterdir() if each.suffix == ".py" or (each / "__init__.py").is_file()
    }
    assert rooms - {"__init__"} == set(FLOORS)


def test_requests_is_imported_to_send_to_fetch_a_document_and_to_play_a_server() -> None:
    importing = {
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        for node in run_time_nodes(path)
        if (isinstance(node, ast.Import) and any(a.name.split(".")[0] == "requests" for a in node.names))
        or (isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "requests")
    }
    assert importing == {"_transport/sending.py", "_document/fetching.py", "_sandbox/in_process.py"}


def test_the_public_names_are_sorted_documented_and_there() -> None:
    assert sorted(dynzuora.__all__) == list(dynzuora.__all__)
    assert [name for name in dynzuora.__all__ if not getattr(dynzuora, name).__doc__] == []
    assert set(dynzuora.__all__) <= set(dir(dynzuora))


def test_the_version_is_the_package_s() -> None:
    from importlib.metadata import version

    assert dynzuora.__version__ == version("dynzuora")


def test_importing_and_preparing_a_get_loads_nothing_heavy() -> None:
    code = (
        "import sys, dynzuora\n"
        "sys.modules['jsonschema_rs'] = None\n"
        "dynzuora.operations['GET_SequenceSets'].prepare(page_size=20, name='DEFAULT')\n"
        f"print(sorted({HEAVY | {'requests'}!r} & set(sys.modules)))"
    )
    run(code)  # a checkout prepares its documents once, which takes prance
    assert run(code) == "[]\n"


def test_importing_the_package_does_nothing_else() -> None:
    code = (
        "import sys\n"
        "seen = []\n"
        "watched = ('open', 'socket.connect')\n"
        "sys.addaudithook(lambda event, args: seen.append(str(args[0])) if event in watched else None)\n"
        "import dynzuora\n"
        "print([name for name in seen if not name.endswith(('.py', '.pyc'))])"
    )
    assert run(code) == "[]\n"


def test_operations_can_be_imported_by_name() -> None:
    assert run("from dynzuora import operations\nprint(len(operations))") == "411\n"


def test_importing_any_submodule_changes_no_public_name() -> None:
    modules = sorted(
        ".".join(("dynzuora", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")
        for path in PACKAGE.rglob("*.py")
        if path.name != "__main__.py"
    )
    code = (
        "import importlib\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
        "import dynzuora, types\n"
        "values = {name: getattr(dynzuora, name) for name in dynzuora.__all__ if name != 'errors'}\n"
        "print([name for name, value in values.items() if isinstance(value, types.ModuleType)])"
    )
    assert run(code) == "[]\n"


ZUORA_S_ROOMS = {
    "_zuora.py": "the tables",
    "_paging.py": "the table of paging styles, named after the fields they are told by",
    "_sandbox": "plays a tenant of Zuora's",
    "_demo.py": "a tour through that tenant",
}
"""Where something may stand that is true of Zuora only. The rest is OpenAPI, JSON and HTTP."""

GENERAL = {
    *("accept-encoding", "content-encoding", "access_token", "client_secret", "password"),
    *("errors", "success", "cardnumber", "securitycode", "pagesize", "pagination.next_page", ""),
}
"""Words in Zuora's tables that are anybody's, and the name of a paging style."""


def zuora_s_words() -> set[str]:
    """Operation ids, and the names in the tables that no other service would spell so, in small letters."""
    tables = (
        *(_zuora.OPTION_HEADERS.values(), _zuora.SHARED_HEADERS, _zuora.LIMIT_HEADERS.values()),
        *(_zuora.CUSTOM_FIELD_SUFFIXES, _zuora.CUSTOM_FIELD_CONTAINERS, _zuora.SECRET_FIELDS),
        *(_zuora.SYMBOLIC_CODES, _zuora.SUCCESS_FLAGS, _zuora.ENVELOPE, _zuora.NOT_ROWS, _zuora.PROCESS_IDS),
        *(_zuora.VERSIONED_FIELDS, (_zuora.LOCK_WORDS, _zuora.LOGIN_CODE, _zuora.FILES_PATH)),
        *(_zuora.REQUEST_ID_HEADER, _zuora.ENTITY_SCOPE, _paging.SIZES, _paging.MORE, _paging.QUERY),
        *((rule.position, rule.next) for rule in _paging.RULES),
    )
    names = {name for table in tables for name in ([table] if isinstance(table, str) else table)}
    own = {name.lower() for name in names if not name.isalpha() or not name.islower()}
    return (own | {each.lower() for each in dynzuora.operations}) - GENERAL


def texts_in(path: Path) -> set[str]:
    """The texts that a file computes with: no docstrings, no comments."""
    nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
    documentation = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    constants = (node for node in nodes if isinstance(node, ast.Constant) and id(node) not in documentation)
    return {node.value for node in constants if isinstance(node.value, str)}


def test_what_is_true_of_zuora_only_stands_in_the_rooms_for_it() -> None:
    words = zuora_s_words()
    found = {
        (str(path.relative_to(PACKAGE)), text)
        for path in PACKAGE.rglob("*.py")
        if path.relative_to(PACKAGE).parts[0] not in ZUORA_S_ROOMS
        for text in texts_in(path)
        if text.lower() in words or "zuora.com" in text or "Zuora-" in text
    }
    assert found == set()
