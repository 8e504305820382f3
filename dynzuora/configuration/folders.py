"""Where dynzuora keeps files: one folder each for cache, data and configuration.

``DYNZUORA_HOME`` overrides all three; otherwise platformdirs knows the system's habits.
"""

from __future__ import annotations

import os
from pathlib import Path

_KINDS = {"cache": "user_cache_path", "data": "user_data_path", "config": "user_config_path"}


def folder(kind: str) -> Path:
    """Return the folder of ``kind``: ``cache``, ``data`` or ``config``. It may not exist yet.

    A user without a home has none that could exist: what "~" is to them is a folder of that
    name below wherever they happen to be, and anybody may have put a profile there.
    """
    home = os.environ.get("DYNZUORA_HOME")
    if home:
        return Path(home) / kind
    import platformdirs

    path: Path = getattr(platformdirs, _KINDS[kind])("dynzuora", appauthor=False)
    return path if path.is_absolute() else Path(os.devnull) / kind
