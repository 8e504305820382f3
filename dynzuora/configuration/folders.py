"""The folders of dynzuora's files: cache, data and configuration.

``DYNZUORA_HOME`` overrides all three; otherwise platformdirs supplies the system's defaults.
"""

from __future__ import annotations

import os
from pathlib import Path

_KINDS = {"cache": "user_cache_path", "data": "user_data_path", "config": "user_config_path"}


def folder(kind: str) -> Path:
    """Return the folder of ``kind``: ``cache``, ``data`` or ``config``. It may not exist yet."""
    home = os.environ.get("DYNZUORA_HOME")
    if home:
        return Path(home) / kind
    import platformdirs

    path: Path = getattr(platformdirs, _KINDS[kind])("dynzuora", appauthor=False)
    return path
