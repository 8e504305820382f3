"""A prompt answers soon because a command loads only what it uses: which rooms and libraries those are."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest

ROOMS = (
    "operation search parameters schema client transport replies sandbox comparison pages shell.operations"
)
LIBRARIES = "requests jsonschema jsonschema_rs yaml prance jsonpath_rfc9535 jinja2 werkzeug"
WATCHED = {*(f"dynzuora.{each}" for each in ROOMS.split()), *LIBRARIES.split()}
"""What takes milliseconds to load."""

SHELL = """
import atexit, sys
atexit.register(lambda: print(*sys.modules, file=sys.stderr))
from dynzuora.shell import main
main()
"""
OPERATIONS = {"dynzuora.operation", "dynzuora.parameters"}
COMMAND = {"dynzuora.shell.operations"}
CALLING = OPERATIONS | COMMAND


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """Variables of a home in which the default document is prepared, as it is in a wheel."""
    variables = {**os.environ, "DYNZUORA_HOME": str(tmp_path_factory.mktemp("home"))}
    loaded("import dynzuora; dynzuora.load()", variables)
    return variables


def loaded(code: str, variables: Mapping[str, str], *words: str) -> set[str]:
    """What of the watched a process has loaded at its end."""
    command = [sys.executable, "-c", code, *words]
    done = subprocess.run(command, env=dict(variables), capture_output=True, text=True, check=True)
    return WATCHED & set(done.stderr.split())


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("--help", set(), id="--help"),
        pytest.param("ops", set(), id="ops"),
        pytest.param("ops cancle subscription", {"dynzuora.search"}, id="ops WORDS"),
        pytest.param("show GET_SequenceSets", CALLING, id="show of a GET"),
        pytest.param("show POST_Order", CALLING, id="show of a POST"),
    ],
)
def test_a_command_loads_what_it_uses_and_no_more(line: str, expected: Any, warm: Any) -> None:
    assert loaded(SHELL, warm, *line.split()) == expected


@pytest.mark.parametrize(
    ("typed", "word", "expected"),
    [
        pytest.param("dynzuora sh", "1", COMMAND, id="a command"),
        pytest.param("dynzuora show GET_Seq", "2", COMMAND, id="an operation"),
        pytest.param("dynzuora call GET_SequenceSets page", "3", CALLING, id="an argument"),
    ],
)
def test_tab_loads_what_it_uses_and_no_more(typed: str, word: str, expected: Any, warm: Any) -> None:
    asking = {"_DYNZUORA_COMPLETE": "bash_complete", "COMP_WORDS": typed, "COMP_CWORD": word}
    assert loaded(SHELL, {**warm, **asking}) == expected


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        pytest.param("client.prepare('GET_SequenceSets')", set(), id="a GET prepared"),
        pytest.param("client.search('cancle subscription')", set(), id="a search"),
        pytest.param("client.template('POST_Account')", {"prance"}, id="a template"),
        pytest.param("client.call('GET_SequenceSets', dry_run=True)", set(), id="a dry run"),
        pytest.param(
            "client.prepare('POST_Account', body=client.template('POST_Account'))",
            {"jsonschema_rs", "prance"},
            id="a valid body checked",
        ),
    ],
)
def test_a_client_loads_libraries_when_a_step_needs_them(step: str, expected: Any, warm: Any) -> None:
    pytest.importorskip("jsonschema_rs", reason="the extra [fast] is not installed")
    client = "import dynzuora; client = dynzuora.Client(None, 'http://127.0.0.1:9', token='fake-t0ken')"
    told = "import sys; print(*sys.modules, file=sys.stderr)"
    assert loaded(f"{client}\n{step}\n{told}", warm) & set(LIBRARIES.split()) == expected


def test_the_first_reply_of_a_list_does_not_load_the_iterators(warm: Any) -> None:
    code = (
        "import dynzuora, sys; reply = dynzuora.Client.sandbox().call('GET_SequenceSets', page_size=1)\n"
        "assert reply.meta.warnings\nprint(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=dict(warm), capture_output=True, text=True, check=True
    )
    assert {name for name in done.stderr.split() if name.startswith("dynzuora.lists.")} == {
        "dynzuora.lists.incomplete",
        "dynzuora.lists.query_strings",
    }
