"""Documents that were kept of what is published: every one of a source, and which is the newest."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any, NamedTuple

from dynzuora.configuration.folders import folder, write_whole

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
"""The name of a source."""

_STATE = "state.json"


class Kept(NamedTuple):
    """What was kept last of a source, and what to ask its server with next time."""

    url: str
    file: str
    sha256: str
    version: str
    etag: str = ""
    last_modified: str = ""


def names() -> list[str]:
    """Return the sources of which a document was kept."""
    return sorted(path.parent.name for path in _root().glob(f"*/{_STATE}"))


def newest(name: str) -> Path | None:
    """Return the newest document that was kept of a source; None if there is none."""
    state = _noted(name) if NAME.fullmatch(name) else None
    return None if state is None else folder_of(name) / state.file


def last(name: str, url: str) -> Kept | None:
    """Return what was kept last of a source; without tags if it is not what ``url`` gave."""
    state = _noted(name)
    if state is None:
        return None
    content = (folder_of(name) / state.file).read_bytes()
    is_same = state.url == url and hashlib.sha256(content).hexdigest() == state.sha256
    return state if is_same else state._replace(etag="", last_modified="", sha256="")


def folder_of(name: str) -> Path:
    """Return the folder of a source's documents."""
    return _root() / name


def note(name: str, state: Kept) -> None:
    """Let a document that is kept be the newest of its source.

    Raises OSError.
    """
    content = json.dumps(state._asdict(), indent=1).encode() + b"\n"
    write_whole(folder_of(name) / _STATE, content)


def _root() -> Path:
    return folder("data") / "published"


def _noted(name: str) -> Kept | None:
    """Return the state of a source; None where there is none, or one that is damaged."""
    try:
        values: Any = json.loads((folder_of(name) / _STATE).read_bytes())
        state = Kept(**values)
        path = folder_of(name) / state.file
        return state if path.parent == folder_of(name) and path.is_file() else None
    except (OSError, ValueError, TypeError):
        return None
