"""Warnings that point at the caller's own line."""

from __future__ import annotations

import sys
import warnings

_PACKAGE = __name__.partition(".")[0]


def warn(warning: Warning | str, category: type[Warning] | None = None) -> None:
    """Issue a warning at the nearest line outside this package.

    (What ``skip_file_prefixes`` of Python 3.12 does.)
    """
    level, frame = 1, sys._getframe(0)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == _PACKAGE:
        level, frame = level + 1, frame.f_back
    warnings.warn(warning, category, stacklevel=level)
