"""A child of a fork can call, whatever lock another thread of its parent held at that moment."""

from __future__ import annotations

import gc
import os
import threading

import pytest

from dynzuora import _forks

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")


class Owner:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        _forks.register(self)

    def after_fork(self) -> None:
        self.lock = threading.Lock()


def exit_code_of(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_lock_that_was_held_at_a_fork_is_free_in_the_child_and_held_in_the_parent() -> None:
    owner = Owner()
    with owner.lock:
        child = os.fork()
        if child == 0:
            os._exit(0 if owner.lock.acquire(blocking=False) else 1)
        assert (exit_code_of(child), owner.lock.locked()) == (0, True)


def test_what_is_registered_is_not_kept_alive() -> None:
    before = len(_forks._owners)
    owner = Owner()
    assert len(_forks._owners) == before + 1
    del owner
    gc.collect()
    assert len(_forks._owners) <= before
