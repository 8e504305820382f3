"""What was prepared and is of no use any more goes: unused for long, beyond a bound, left by a kill.

Looked at only after something was written, so that a warm start never pays for it. An entry
goes with one rename before it is removed: no process ever finds half of one, and one that
has it in use prepares the document again.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from pathlib import Path
from typing import NamedTuple

MOST_ENTRIES = 50
"""Documents, with their versions and overlays, that anyone works with at once."""

MOST_BYTES = 500_000_000
"""Zuora's documents take 2 MB each; the largest of other vendors takes hundreds."""

UNUSED = 30 * 86400.0
"""Seconds. What an older dynzuora prepared is never used again, and goes this way."""

LEFT = 86400.0
"""Seconds after which something unfinished is no other process's work in progress."""

#: A name that begins so is no entry: being written, or being removed.
ASIDE = "."


class _Entry(NamedTuple):
    used: float
    path: str
    size: int


def prune(folder: Path, keep: Path) -> None:
    """Remove from ``folder`` what is of no use any more; never ``keep``, which was just written."""
    now = time.time()
    entries: list[_Entry] = []
    with contextlib.suppress(OSError), os.scandir(folder) as listing:
        for file in listing:
            with contextlib.suppress(OSError):  # another process was faster
                used = file.stat(follow_symlinks=False).st_mtime
                if not file.name.startswith(ASIDE):
                    entries.append(_Entry(used, file.path, _size(file)))
                elif now - used > LEFT:
                    remove(file.path)
    entries.sort(key=lambda entry: (entry.path == str(keep), entry.used), reverse=True)
    size = 0
    for number, entry in enumerate(entries):
        size += entry.size
        beyond = number >= MOST_ENTRIES or size > MOST_BYTES or now - entry.used > UNUSED
        if beyond and entry.path != str(keep):
            gone = os.path.join(folder, f"{ASIDE}{os.path.basename(entry.path)}-{os.getpid()}-old")
            with contextlib.suppress(OSError):
                os.rename(entry.path, gone)
                remove(gone)


def _size(entry: os.DirEntry[str]) -> int:
    if not entry.is_dir(follow_symlinks=False):
        return 0
    with os.scandir(entry.path) as files:
        return sum(file.stat(follow_symlinks=False).st_size for file in files)


def remove(path: str) -> None:
    """Remove a folder, or a link or file that stands where one belongs."""
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            os.unlink(path)
