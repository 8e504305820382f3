"""The documents that everything is measured on.

Full vendor documents where ``DYNZUORA_FULL_SPECS`` names a folder of them, else the two
facts-only ones of this checkout; which it was stands above the tables.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from benchmarks.environments import ROOT, Environments, variables
from benchmarks.subjects import Setting

BODIES = ("POST_Order", "POST_Account")
"""The operations whose bodies are checked and sent."""
SIZES = (0.5, 1.0, 2.0, 4.0)
"""How many times its operations the documents have that show how cost grows."""

_FULL = ("zuora-2020-12-10.json", "zuora-2026-05-01.yaml")
_FACTS = ("zuora-2020-12-10.json", "zuora-2021-08-20.json")
_SCRIPT = Path(__file__).with_name("_documents.py")


def setting(environments: Environments, folder: Path, url: str) -> Setting:
    """Return two documents in every form that a subject may need."""
    full = os.environ.get("DYNZUORA_FULL_SPECS")
    old, new = (Path(full) / each for each in _FULL) if full else (ROOT / "specs" / each for each in _FACTS)
    command: list[str | Path] = [environments.python("plain"), _SCRIPT, old, new, folder, url]
    subprocess.run(
        [*command, " ".join(BODIES), " ".join(map(str, SIZES))],
        check=True,
        env=variables() | {"DYNZUORA_HOME": str(folder)},
    )
    return Setting(
        old,
        new,
        folder / "old.yaml",
        folder / "new.json",
        (folder / "old-repaired.json", folder / "new-repaired.json"),
        folder / "old-tidied.json",
        {each: folder / f"{each}.json" for each in BODIES},
        tuple((folder / f"times-{each}.json", folder / f"times-{each}-changed.json") for each in SIZES),
        url,
        str(environments.oasdiff or "oasdiff"),
        bool(full),
    )


def described(setting: Setting) -> str:
    """Return which documents they are."""
    sizes = [
        f"{each.stem.removeprefix('zuora-')} ({each.suffix[1:].upper()}, {each.stat().st_size / 1e6:.1f} MB)"
        for each in setting[:2]
    ]
    kind = "full vendor documents" if setting.full else "bundled facts-only documents"
    return f"{' and '.join(sizes)}, {kind}"
