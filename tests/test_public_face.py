"""What the package promises: its names, and what importing it costs."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import dynzuora
from dynzuora import _zuora, _zuora_versions, paging

PACKAGE = Path(dynzuora.__file__).parent

HEAVY = {"jsonschema", "prance", "jinja2", "click", "werkzeug", "pandas", "yaml"}


def run(code: str) -> str:
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


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
        if path.name != "__main__.py" and path.stem.isidentifier()  # PyInstaller runs its hooks by path
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
    "_zuora_versions.py": "the table of server versions",
    "paging.py": "the table of paging styles, named after the fields they are told by",
    "sandbox/": "plays a tenant of Zuora's",
    "shell/demo.py": "a tour through that tenant",
}
"""Where something may stand that is true of Zuora only. The rest is OpenAPI, JSON and HTTP."""

GENERAL = {
    *("accept-encoding", "content-encoding", "access_token", "client_secret", "password", "querystring"),
    *("errors", "success", "cardnumber", "securitycode", "pagesize", "pagination.next_page", ""),
}
"""Words in Zuora's tables that are anybody's, and the name of a paging style."""


VERSIONED_FIELDS = {
    path.rpartition(".")[2]
    for change in _zuora_versions.changes()
    if change.kind == "field"
    for path in (change.old, change.new)
}


def zuora_s_words() -> set[str]:
    """Operation ids, and the names in the tables that no other service would spell so, in small letters."""
    tables = (
        *(_zuora.OPTION_HEADERS.values(), _zuora.SHARED_HEADERS, _zuora.LIMIT_HEADERS.values()),
        *(_zuora.CUSTOM_FIELD_SUFFIXES, _zuora.CUSTOM_FIELD_CONTAINERS, _zuora.SECRET_NUMBERS),
        *(_zuora.SYMBOLIC_CODES, _zuora.SUCCESS_FLAGS, _zuora.ENVELOPE, _zuora.NOT_ROWS, _zuora.PROCESS_IDS),
        *(VERSIONED_FIELDS, (_zuora.LOCK_WORDS, _zuora.LOGIN_CODE, _zuora.FILES_PATH)),
        *(_zuora.REQUEST_ID_HEADER, _zuora.ENTITY_SCOPE, paging.SIZES, paging.MORE, paging.QUERY),
        *((rule.position, rule.next) for rule in paging.RULES),
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
        if not path.relative_to(PACKAGE).as_posix().startswith(tuple(ZUORA_S_ROOMS))
        for text in texts_in(path)
        if text.lower() in words or "zuora.com" in text or "Zuora-" in text
    }
    assert found == set()
