"""``dynzuora demo``: scenes against the sandbox, each real code beside its real output.

A scene is a piece of a Python session: it is typed in statement by statement, as a
person would, and afterwards what it made is checked. So the demo cannot drift from
the library, and it doubles as a smoke test: it ends non-zero if any scene misbehaves.
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
    """A title, the code, and what must be true of the names it leaves behind."""

    title: str
    code: str
    holds: Callable[[Mapping[str, Any]], bool]


SCENES: Final = (
    Scene(
        "List: every operation of the document is there",
        """\
from dynzuora import Client
client = Client.sandbox()
client
[name for name in client.operations if "SequenceSet" in name]
""",
        lambda names: len(names["client"].operations) == 411,
    ),
    Scene(
        "Inspect: an operation is its own documentation",
        """\
operation = client.operations["GET_SequenceSets"]
print(operation.__doc__)
""",
        lambda names: "GET /v1/sequence-sets" in names["operation"].__doc__,
    ),
    Scene(
        "Call: the reply is plain data",
        """\
reply = client.call("GET_SequenceSets", pageSize=2)
for each in reply["sequenceSets"]:
    print(each["name"], each["invoice"])

reply.meta.status
""",
        lambda names: names["reply"].meta.status == 200 and len(names["reply"]["sequenceSets"]) == 2,
    ),
    Scene(
        "Make mistakes: every problem is named at once, and nothing is sent",
        """\
client.call("GET_SequenceSets", pageSize="many", nmae="DE")
""",
        lambda names: [each.path for each in names["_error"].problems] == ["nmae", "pageSize"],
    ),
    Scene(
        "A bad body: where, what was found, what belongs there",
        """\
invoice = {"prefix": "DE-INV-", "startNumber": "one"}
client.call("POST_SequenceSets", body={"sequenceSets": [{"name": "DE", "invoice": invoice}]})
""",
        lambda names: len(names["_error"].problems) == 3,
    ),
    Scene(
        "Create, change, delete: the sandbox keeps state",
        """\
kinds = ("invoice", "creditMemo", "debitMemo")
numbers = {kind: {"prefix": f"DE-{kind}-", "startNumber": 1} for kind in kinds}
made = client.call("POST_SequenceSets", body={"sequenceSets": [{"name": "DE", **numbers}]})
key = made["sequenceSets"][0]["id"]
client.call("PUT_SequenceSet", id=key, body={"invoice": {"startNumber": 500}})["success"]
client.call("GET_SequenceSet", id=key)["invoice"]
client.call("DELETE_SequenceSet", id=key)["success"]
client.call("GET_SequenceSet", id=key)
""",
        lambda names: type(names["_error"]).__name__ == "NotFound",
    ),
    Scene(
        "Look before you send: a request needs no account to be shown",
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
_NOTEBOOK: Final = ("notebooks/01-quickstart.ipynb", "the same in a notebook")


def run(scenes: tuple[Scene, ...] = SCENES) -> int:
    """Play the scenes on standard output; return 0, or 1 if any misbehaved."""
    names: Names = {}
    failed = [scene.title for number, scene in enumerate(scenes, 1) if not _play(number, scene, names)]
    if failed:
        print("These scenes misbehaved:", *failed, sep="\n  ", file=sys.stderr)
        return 1
    command = command_as_started()
    rows = [*((f"{command} {words}", what) for words, what in _NEXT), _NOTEBOOK]
    print(f"Next:\n{textwrap.indent(text_columns(rows), '  ')}")
    return 0


def command_as_started() -> str:
    """Return what to type for the next command: ``dynzuora`` where that is found, else how this one was.

    The first one is often started as ``.venv/bin/dynzuora``, from an environment that is not active.
    """
    started = Path(sys.argv[0])
    if started.name == "__main__.py":
        return shlex.join([sys.orig_argv[0], "-m", "dynzuora"])
    found = shutil.which("dynzuora")
    if started.stem != "dynzuora" or (found and Path(found).with_suffix("") == started.absolute()):
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
    """Run one statement as the interactive prompt does and return what it prints."""
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
    """Show values as the plain prompt does, whatever shell this runs in."""
    before, sys.displayhook = sys.displayhook, _show
    try:
        yield
    finally:
        sys.displayhook = before


def _show(value: object) -> None:
    if value is not None:
        print(repr(value))
