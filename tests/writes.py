"""What is written, seen before it happens: a process that ends, or a disk that refuses, at any write.

``python -m tests.writes killed FOLDER`` does each task again and again, in a new process that is
killed at its first, second, … write, and looks at what is left. ``python -m tests.writes refused
FOLDER`` does each task while nothing can be written. Both print what came of it as JSON.
"""

from __future__ import annotations

import errno
import json
import os
import signal
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dynzuora.bulk.journal import Journal
from dynzuora.configuration import profiles
from dynzuora.document import add, prepare
from dynzuora.errors import DynzuoraError

ID = "opened"
DOCUMENT: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Tiny", "version": "2030-01-01"},
    "paths": {"/a": {"get": {"operationId": ID, "responses": {}}}},
}
WRITES = frozenset({"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.truncate", "os.utime", "os.chmod"})

home = Path()
meet: Callable[[str], None] | None = None


def watch(event: str, arguments: tuple[Any, ...]) -> None:
    """Tell ``meet`` of every write below ``home``, before it is done."""
    if meet is None:
        return
    writes = event in WRITES or (
        event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
    )
    if writes and str(arguments[0]).startswith(str(home)):
        meet(f"{event} {os.path.relpath(str(arguments[0]), home)}")


def _source() -> Path:
    return home.parent / "tiny.json"


def _prepared() -> None:
    assert prepare(_source()).slice(ID)["id"] == ID


def _over_damage() -> None:
    _prepared()


def _added() -> None:
    assert add(_source(), replace=True) == "2030-01-01"


def _profile() -> None:
    profiles.add("new", {"environment": "sandbox"})
    assert set(profiles.load()) >= {"new"}


def _journal() -> None:
    journal = Journal(home / "journal", {"operation": "x"})
    if journal.past(0) is None:
        journal.start(0, "d")
        journal.finish(0, "d", {"a": 1}, None)
    journal.close()


TASKS: dict[str, Callable[[], None]] = {
    "prepare": _prepared,
    "prepare over damage": _over_damage,
    "specs add": _added,
    "profile add": _profile,
    "journal": _journal,
}


def _fresh(number: int, folder: Path, task: str) -> None:
    """A home of its own for one run, with what the task finds there."""
    global home, meet
    meet = None
    home = folder / f"{task.replace(' ', '-')}-{number}" / "home"
    home.mkdir(parents=True)
    _source().write_text(json.dumps(DOCUMENT))
    os.environ["DYNZUORA_HOME"] = str(home)
    if task == "profile add":
        profiles.add("old", {"environment": "production"})
    if task == "prepare over damage":
        _prepared()
        for each in home.glob("cache/prepared/*/index.json"):
            each.write_text("{")


def killed(folder: Path, task: str) -> int:
    """Kill the task at every write, do it again each time, and return how many writes there are."""
    global meet
    number = 0
    while True:
        _fresh(number, folder, task)
        child = os.fork()
        if child == 0:
            left = number

            def end(what: str) -> None:
                nonlocal left
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                left -= 1

            meet = end
            TASKS[task]()
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if task == "profile add":
            assert "old" in profiles.load()  # the old file or the new one, whole
        TASKS[task]()
        if os.WIFEXITED(status):
            assert status == 0
            return number
        assert os.WTERMSIG(status) == signal.SIGKILL
        number += 1


def refused(folder: Path, task: str) -> dict[str, Any]:
    """Do the task while nothing can be written, twice; tell what was tried and what was said."""
    global meet
    tried: list[str] = []

    def refuse(what: str) -> None:
        tried.append(what)
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    _fresh(0, folder, task)
    meet = refuse
    said = ""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            TASKS[task]()
            TASKS[task]()
        except DynzuoraError as error:
            said = str(error)
    meet = None
    written = sorted(each.relative_to(home).as_posix() for each in home.rglob("*") if each.is_file())
    messages = [said, *(str(each.message) for each in caught)]
    return {
        "tried": len(tried),
        "said": [each.replace(str(home), "HOME") for each in messages if each],
        "written": written,
    }


def main(how: str, folder: str) -> None:
    sys.addaudithook(watch)
    done = {"killed": killed, "refused": refused}[how]
    print(json.dumps({task: done(Path(folder), task) for task in TASKS}))


if __name__ == "__main__":
    main(*sys.argv[1:])
