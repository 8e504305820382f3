"""Documents of a git revision: ``git:REV:PATH`` is what ``git show REV:PATH`` shows.

As with git, PATH begins at the top of the repository unless it begins with ``./``, and without
REV it is the file that is staged. Files that such a document refers to are of the same revision.
"""

from __future__ import annotations

import errno
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from dynzuora.errors import SpecError

_FORM = re.compile(r"git:((?:[^:{]|\{[^}]*\})*):(.+)", re.DOTALL)
"""``HEAD@{10:00}`` has a colon of its own."""

_SHALLOW = "If this is a shallow clone, git fetch --unshallow brings what it lacks."


class Revision(NamedTuple):
    """A file in a revision, by the path that git knows it by, and how to read others beside it."""

    file: Path
    """Below a folder that stands for the revision; it is not on disk."""
    read: Callable[[Path], bytes]


def revision(text: str) -> Revision:
    """Return the file that ``git:REV:PATH`` names.

    Raises:
        SpecError: git is not installed, this is not a repository, or it has no such revision.
    """
    match = _FORM.fullmatch(text)
    if match is None or match[1].startswith("-"):
        raise SpecError(f"{text}: write git:REV:PATH, such as git:HEAD~1:openapi.yaml.", source=text)
    rev, path = match[1], match[2].replace(os.sep, "/")
    top = Path(_git(text, "rev-parse", "--show-toplevel").decode().rstrip("\n"))
    tree = ""
    if rev:
        try:
            tree = _git(text, "rev-parse", "--verify", "--quiet", f"{rev}^{{tree}}").decode().strip()
        except _Failed:
            raise SpecError(f"{text}: {top} has no revision {rev!r}. {_SHALLOW}", source=text) from None
    if path.startswith(("./", "../")) or os.path.isabs(path):
        path = Path(os.path.relpath(os.path.abspath(path), top)).as_posix()
    stand_in = Path(os.path.realpath(top / f"git-{tree or 'index'}"))

    def read(file: Path) -> bytes:
        name = Path(os.path.relpath(file, stand_in)).as_posix()
        try:
            return _git(text, "cat-file", "blob", f"{tree}:{name}")
        except _Failed:
            where = f"in {rev}" if rev else "in what is staged"
            raise FileNotFoundError(errno.ENOENT, f"there is no file {name} {where}") from None

    return Revision(stand_in / path, read)


class _Failed(Exception):
    """A command of git failed."""


def _git(text: str, *words: str) -> bytes:
    """Return what a command of git prints.

    Raises:
        SpecError: there is no git, or no repository.
    """
    try:
        done = subprocess.run(["git", *words], capture_output=True, stdin=subprocess.DEVNULL, check=False)
    except FileNotFoundError:
        raise SpecError(f"{text}: git is not installed, or not on the PATH.", source=text) from None
    if done.returncode == 0:
        return done.stdout
    if words[1] == "--show-toplevel":
        said = done.stderr.decode(errors="replace").strip().removeprefix("fatal: ")
        raise SpecError(f"{text}: {os.getcwd()} is not in a git repository ({said}).", source=text)
    raise _Failed
