"""Remove cache entries that are no longer useful: unused for long, too many, or incomplete.

This runs only after an entry was written, so a warm start never pays for it. An entry is
renamed before it is removed: no process finds half of one, and one that is using it prepares
the document again.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from pathlib import Path
from typing import NamedTuple

MOST_ENTRIES = 50
"""More documents, versions and overlays than anyone uses at once."""

MOST_BYTES = 500_000_000
"""Zuora's documents take 2 MB each; the largest of other vendors takes hundreds."""

UNUSED = 30 * 86400.0
"""Seconds. Also removes what an older dynzuora prepared, which is never used again."""

INCOMPLETE = 86400.0
"""Seconds after which an incomplete entry is not being written any longer."""

#: Prefix of a name that is being written or removed.
ASIDE = "."


class _Entry(NamedTuple):
    used: float
    path: str
    size: int


def prune(folder: Path, keep: Path) -> None:
    """Remove entries of ``folder`` that are no longer useful, except ``keep``, which was just written."""
    now = time.time()
    entries: list[_Entry] = []
    with contextlib.suppress(OSError), os.scandir(folder) as listing:
        for file in listing:
            with contextlib.suppress(OSError):  # another process removed it
                used = file.stat(follow_symlinks=False).st_mtime
                if not file.name.startswith(ASIDE):
                    entries.append(_Entry(used, file.path, _size(file)))
                elif now - used > INCOMPLETE:
                    remove(file.path)
    entries.sort(key=lambda entry: (entry.path == str(keep), entry.used), reverse=True)
    size = 0
    for number, entry in enumerate(entries):
        size += entry.size
        expired = number >= MOST_ENTRIES or size > MOST_BYTES or now - entry.used > UNUSED
        if expired and entry.path != str(keep):
            removed = os.path.join(folder, f"{ASIDE}{os.path.basename(entry.path)}-{os.getpid()}-old")
            with contextlib.suppress(OSError):
                os.rename(entry.path, removed)
                remove(removed)


def _size(entry: os.DirEntry[str]) -> int:
    if not entry.is_dir(follow_symlinks=False):
        return 0
    with os.scandir(entry.path) as files:
        return sum(file.stat(follow_symlinks=False).st_size for file in files)


def remove(path: str) -> None:
    """Remove a folder, or a link or file in its place."""
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            os.unlink(path)
