"""What a fork must not inherit: a lock that another thread holds is never released in the child.

Whoever owns a lock registers itself and makes new ones in ``after_fork``.
"""

from __future__ import annotations

import os
import weakref
from typing import Protocol


class Owner(Protocol):
    """Something with locks, hashable by identity."""

    def after_fork(self) -> None:
        """Make new locks, and forget what only the parent's other threads could finish.

        Runs in the child, on its only thread, before ``os.fork`` returns there.
        """


_owners: weakref.WeakSet[Owner] = weakref.WeakSet()


def register(owner: Owner) -> None:
    """Have ``owner.after_fork()`` called in every child of this process, for as long as ``owner`` lives."""
    _owners.add(owner)


def _renew() -> None:
    for owner in list(_owners):
        owner.after_fork()


if hasattr(os, "register_at_fork"):  # Windows has no fork
    os.register_at_fork(after_in_child=_renew)
