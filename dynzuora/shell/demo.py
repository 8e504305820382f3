"""``dynzuora demo``: short Python sessions run against the sandbox, code and output.

Each scene is executed statement by statement and its results are checked, so the demo
always matches the library and serves as a smoke test: it exits with 1 if a scene fails.
"""

from __future__ import annotations

import ast
import contextlib
import io
import shlex
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from dynzuora.display import text_columns
from dynzuora.errors import DynzuoraError

Names = dict[str, Any]


class Scene(NamedTuple):
    """A title, the code, and a check of the variables the code leaves behind."""

    title: str
    code: str
    holds: Callable[[Mapping[str, Any]], bool]


SCENES: Final = (
    Scene(
        "List every operation of the document",
        """\
from dynzuora import Client
client = Client.sandbox()
client
[name for name in client.operations if "SequenceSet" in name]
""",
        lambda names: len(names["client"].operations) == 411,
    ),
    Scene(
        "Read an operation's documentation",
        """\
operation = client.operations["GET_SequenceSets"]
print(operation.__doc__)
""",
        lambda names: "GET /v1/sequence-sets" in names["operation"].__doc__,
    ),
    Scene(
        "Call an operation; the reply is plain data",
        """\
reply = client.call("GET_SequenceSets", pageSize=2)
for sequence_set in reply["sequenceSets"]:
    print(sequence_set["name"], sequence_set["invoice"])

reply.meta.status
""",
        lambda names: names["reply"].meta.status == 200 and len(names["reply"]["sequenceSets"]) == 2,
    ),
    Scene(
        "Make mistakes: all problems are reported at once, before anything is sent",
        """\
client.call("GET_SequenceSets", pageSize="many", nmae="DE")
""",
        lambda names: [problem.path for problem in names["_error"].problems] == ["nmae", "pageSize"],
    ),
    Scene(
        "Send an invalid body: each problem has its path, the value and what is allowed",
        """\
invoice = {"prefix": "DE-INV-", "startNumber": "one"}
client.call("POST_SequenceSets", body={"sequenceSets": [{"name": "DE", "invoice": invoice}]})
""",
        lambda names: len(names["_error"].problems) == 3,
    ),
    Scene(
        "Create, update and delete: the sandbox keeps state",
        """\
kinds = ("invoice", "creditMemo", "debitMemo")
numbers = {kind: {"prefix": f"DE-{kind}-", "startNumber": 1} for kind in kinds}
created = client.call("POST_SequenceSets", body={"sequenceSets": [{"name": "DE", **numbers}]})
key = created["sequenceSets"][0]["id"]
client.call("PUT_SequenceSet", id=key, body={"invoice": {"startNumber": 500}})["success"]
client.call("GET_SequenceSet", id=key)["invoice"]
client.call("DELETE_SequenceSet", id=key)["success"]
client.call("GET_SequenceSet", id=key)
""",
        lambda names: type(names["_error"]).__name__ == "NotFound",
    ),
    Scene(
        "Look at a request without an account",
        """\
from dynzuora import operations
request = operations["GET_SequenceSets"].prepare(pageSize=20)
request.method, request.url
print(request.curl())
""",
        lambda names: names["request"].url == "/v1/sequence-sets?pageSize=20",
    ),
)

_NEXT: Final = (
    ("ops sequence", "find an operation"),
    ("show POST_SequenceSets", "see what it takes"),
    ("call GET_SequenceSets --sandbox -o table", "call it from the shell"),
)
_NOTEBOOK: Final = ("notebooks/01-quickstart.ipynb", "do the same in a notebook")


def run(scenes: tuple[Scene, ...] = SCENES) -> int:
    """Run the scenes and print them; return 0, or 1 if any failed."""
    names: Names = {}
    failed = [scene.title for number, scene in enumerate(scenes, 1) if not _play(number, scene, names)]
    if failed:
        print("These scenes failed:", *failed, sep="\n  ", file=sys.stderr)
        return 1
    command = command_as_started()
    rows = [*((f"{command} {words}", what) for words, what in _NEXT), _NOTEBOOK]
    print(f"Next:\n{textwrap.indent(text_columns(rows), '  ')}")
    return 0


def command_as_started() -> str:
    """Return how to start dynzuora again: ``dynzuora`` if it is on the PATH, else as this process was.

    The demo is often started as ``.venv/bin/dynzuora`` without activating the environment.
    """
    started = Path(sys.argv[0])
    if started.name == "__main__.py":
        return shlex.join([sys.orig_argv[0], "-m", "dynzuora"])
    executable = shutil.which("dynzuora")
    if started.stem != "dynzuora" or (executable and Path(executable).with_suffix("") == started.absolute()):
        return "dynzuora"
    return shlex.quote(str(started))


def _play(number: int, scene: Scene, names: Names) -> bool:
    print(f"{number}. {scene.title}\n")
    names.pop("_error", None)
    for statement in _statements(scene.code):
        print(_prompted(statement))
        output = _typed(statement, names)
        if output:
            print(output.rstrip("\n"))
    print()
    try:
        return scene.holds(names)
    except (AttributeError, KeyError, IndexError, TypeError):
        return False


def _statements(code: str) -> Iterator[str]:
    for node in ast.parse(code).body:
        yield ast.get_source_segment(code, node) or ""


def _prompted(statement: str) -> str:
    first, *more = statement.splitlines()
    return "\n".join([f">>> {first}", *(f"... {line}" for line in more)])


def _typed(statement: str, names: Names) -> str:
    """Run one statement as the interactive prompt does; return its output."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), _plain_displayhook():
        try:
            exec(compile(statement, "<demo>", "single"), names)  # the code is this module's own
        except DynzuoraError as error:
            names["_error"] = error
            print(f"{type(error).__name__}: {error}")
    return printed.getvalue()


@contextlib.contextmanager
def _plain_displayhook() -> Iterator[None]:
    """Print values as the standard prompt does, even inside IPython."""
    before, sys.displayhook = sys.displayhook, _show
    try:
        yield
    finally:
        sys.displayhook = before


def _show(value: object) -> None:
    if value is not None:
        print(repr(value))
