"""A lock on an open file, which the system releases when the process ends."""

from __future__ import annotations

import os

#: Windows locks bytes, and keeps everyone from reading them: one that is hardly ever there. (Its C
#: library counts in 31 bits.)
_FAR = 0x7FFF_FFFE


def take(descriptor: int) -> bool:
    """Take the lock of an open file; return whether no other has it."""
    try:
        _lock(descriptor, "LOCK_EX", "LOCK_NB", on_windows="LK_NBLCK")
    except OSError:
        return False
    return True


def wait_for(descriptor: int) -> None:
    """Take the lock of an open file once no other has it.

    Raises OSError where that cannot be waited for any longer: on Windows after ten seconds.
    """
    _lock(descriptor, "LOCK_EX", on_windows="LK_LOCK")


def release(descriptor: int) -> None:
    """Let the lock of an open file go, in each process that has the same open file from a fork."""
    _lock(descriptor, "LOCK_UN", on_windows="LK_UNLCK")


def _lock(descriptor: int, *how: str, on_windows: str) -> None:
    try:
        import fcntl
    except ImportError:
        import msvcrt

        before = os.lseek(descriptor, 0, os.SEEK_CUR)
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, getattr(msvcrt, on_windows), 1)  # type: ignore[attr-defined]  # there
        finally:
            os.lseek(descriptor, before, os.SEEK_SET)
        return
    fcntl.flock(descriptor, sum(getattr(fcntl, flag) for flag in how))
