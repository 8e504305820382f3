"""The folders for cache, data and configuration, and how a file in one is written.

``DYNZUORA_HOME`` overrides all three; otherwise platformdirs supplies the system's defaults. On
Linux these are three variables, which are read here: to import platformdirs takes a tenth of a
short command.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

_KINDS = {"cache": "user_cache_path", "data": "user_data_path", "config": "user_config_path"}

_XDG = {
    "cache": ("XDG_CACHE_HOME", "~/.cache"),
    "data": ("XDG_DATA_HOME", "~/.local/share"),
    "config": ("XDG_CONFIG_HOME", "~/.config"),
}
"""https://specifications.freedesktop.org/basedir-spec/latest/, where a relative path counts as none."""


def folder(kind: str) -> Path:
    """Return the folder of ``kind``: ``cache``, ``data`` or ``config``. It may not exist yet.

    For a user without a home, as in many containers, it is one that cannot exist. platformdirs
    says "~" to them, or raises; a folder of that name is anybody's.
    """
    home = os.environ.get("DYNZUORA_HOME")
    if home:
        return Path(home) / kind
    if sys.platform == "linux":
        variable, default = _XDG[kind]
        base = os.environ.get(variable, "")
        base = base if os.path.isabs(base) else os.path.expanduser(default)
        return Path(base) / "dynzuora" if os.path.isabs(base) else Path(os.devnull) / kind
    import platformdirs

    with contextlib.suppress(RuntimeError):
        path: Path = getattr(platformdirs, _KINDS[kind])("dynzuora", appauthor=False)
        if path.is_absolute():
            return path
    return Path(os.devnull) / kind


def write_whole(path: Path, content: bytes, *, durable: bool = False) -> None:
    """Write a file for this user only, whole or not at all; processes may write it at once.

    A process that is killed meanwhile leaves a file whose name begins with a dot and ``path.name``.
    With ``durable``, the file is on disk when this returns, even if the power fails.

    Raises OSError.
    """
    import tempfile

    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # its mode is 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    if durable:
        flush_folder(path.parent)


def flush_folder(path: Path) -> None:
    """Write the names in a folder to disk, where the system can."""
    if os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
