"""The package's own data files, whether on disk, in a wheel on ``sys.path`` or in a zipapp."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

_PACKAGE = Path(__file__).parent


def packaged(*names: str) -> Traversable:
    """Return a file or folder of the package; a `Path` where it is on disk."""
    if _PACKAGE.is_dir():
        return _PACKAGE.joinpath(*names)
    from importlib import resources  # 15 ms that only an archive is worth

    return resources.files(__package__).joinpath(*names)
