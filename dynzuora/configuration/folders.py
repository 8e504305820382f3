"""Where dynzuora keeps files: one folder each for cache, data and configuration.

``DYNZUORA_HOME`` overrides all three; otherwise platformdirs knows the system's habits.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

_KINDS = {"cache": "user_cache_path", "data": "user_data_path", "config": "user_config_path"}


def folder(kind: str) -> Path:
    """Return the folder of ``kind``: ``cache``, ``data`` or ``config``. It may not exist yet.

    For a user without a home, as in many containers, it is one that cannot exist. platformdirs
    says "~" to them, or raises; a folder of that name is anybody's.
    """
    home = os.environ.get("DYNZUORA_HOME")
    if home:
        return Path(home) / kind
    import platformdirs

    with contextlib.suppress(RuntimeError):
        path: Path = getattr(platformdirs, _KINDS[kind])("dynzuora", appauthor=False)
        if path.is_absolute():
            return path
    return Path(os.devnull) / kind
