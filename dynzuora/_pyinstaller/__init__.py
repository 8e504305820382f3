"""What PyInstaller has to be told of dynzuora: an entry point names the folder of its hook."""

from __future__ import annotations

from pathlib import Path


def hook_folders() -> list[str]:
    """Return the folder of ``hook-dynzuora.py``."""
    return [str(Path(__file__).parent)]
