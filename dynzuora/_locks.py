"""One process at a time: a lock on an open file, which the system lets go when the process ends."""

from __future__ import annotations

import os

#: Windows locks bytes, and keeps everyone from reading them: one that is hardly ever there. (Its C
#: library counts in 31 bits.)
_FAR = 0x7FFF_FFFE


def take(descriptor: int) -> bool:
    """Take the lock of an open file; return whether no other has it."""
    try:
        _lock(descriptor, "LOCK_NB", "LK_NBLCK")
    except OSError:
        return False
    return True


def wait_for(descriptor: int) -> None:
    """Take the lock of an open file once no other has it.

    Raises OSError where that cannot be waited for any longer: on Windows after ten seconds.
    """
    _lock(descriptor, "LOCK_EX", "LK_LOCK")


def _lock(descriptor: int, how: str, how_on_windows: str) -> None:
    try:
        import fcntl
    except ImportError:
        import msvcrt

        before = os.lseek(descriptor, 0, os.SEEK_CUR)
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, getattr(msvcrt, how_on_windows), 1)  # type: ignore[attr-defined]  # there
        finally:
            os.lseek(descriptor, before, os.SEEK_SET)
        return
    fcntl.flock(descriptor, fcntl.LOCK_EX | getattr(fcntl, how))
