"""PyInstaller's hook for dynzuora, found by an entry point."""

from __future__ import annotations

from pathlib import Path


def hook_folders() -> list[str]:
    """Return the folder of ``hook-dynzuora.py``."""
    return [str(Path(__file__).parent)]
