"""Building something large while Python's garbage collector waits.

The collector looks for objects that hold each other in circles, and the more a program has
made the more it looks through, again and again: a seventh of the time that preparing or
comparing documents takes, which hold no circles. It goes on as before afterwards.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def waiting() -> Iterator[None]:
    """Keep the collector waiting, where it is not switched off anyway."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
