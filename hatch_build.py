"""Build hook: a wheel carries the bundled documents and their prepared forms.

The prepared forms are made here by the very code that would make them at run time, so
that an installed dynzuora starts without a cache, even in a read-only place. An
editable install needs nothing: a checkout prepares into the cache.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BundledDocuments(BuildHookInterface[Any]):
    """Put ``specs/`` and what is prepared from it into ``dynzuora/specs/``."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        root = Path(self.root)
        sys.path.insert(0, str(root))
        try:
            from dynzuora.document.store import bundle
        finally:
            sys.path.remove(str(root))
        self._aside = Path(tempfile.mkdtemp(prefix="dynzuora-"))
        bundle(root / "specs", self._aside)
        build_data["force_include"][str(self._aside)] = "dynzuora/specs/prepared"
        for document in sorted((root / "specs").glob("zuora-*.json")):
            build_data["force_include"][str(document)] = f"dynzuora/specs/{document.name}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if version != "editable":
            shutil.rmtree(self._aside, ignore_errors=True)
