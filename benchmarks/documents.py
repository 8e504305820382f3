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

_FULL = ("zuora-2020-12-10.json", "zuora-2026-05-01.yaml")
_FACTS = ("zuora-2020-12-10.json", "zuora-2021-08-20.json")

_INTO_YAML = """
import json, sys, yaml
document = json.load(open(sys.argv[1], "rb"))
yaml.dump(document, open(sys.argv[2], "w"), yaml.CSafeDumper, sort_keys=False)
"""
_REPAIRED = """
import json, sys
from dynzuora._document import repaired
json.dump(repaired(sys.argv[1]), open(sys.argv[2], "w"))
"""


def setting(environments: Environments, folder: Path, url: str) -> Setting:
    """Return two documents in every form that a subject may need.

    As JSON and repaired, because several peers refuse what was published.
    """
    full = os.environ.get("DYNZUORA_FULL_SPECS")
    old, new = (Path(full) / each for each in _FULL) if full else (ROOT / "specs" / each for each in _FACTS)
    old_yaml = folder / "old.yaml"
    _run(environments.python("libraries"), _INTO_YAML, old, old_yaml)
    repaired = folder / "old.json", folder / "new.json"
    for source, into in zip((old, new), repaired, strict=True):
        _run(environments.python("plain"), _REPAIRED, source, into)
    return Setting(old, new, old_yaml, repaired, url, str(environments.oasdiff or "oasdiff"), bool(full))


def _run(python: Path, code: str, *arguments: Path) -> None:
    subprocess.run([python, "-c", code, *arguments], check=True, env=variables())


def described(setting: Setting) -> str:
    """Return which documents they are."""
    sizes = [
        f"{each.stem.removeprefix('zuora-')} ({each.stat().st_size / 1e6:.1f} MB)" for each in setting[:2]
    ]
    kind = "full vendor documents" if setting.full else "bundled facts-only documents"
    return f"Documents: {' and '.join(sizes)}, {kind}."
