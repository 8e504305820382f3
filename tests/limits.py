"""Child processes with a limit of memory and of CPU time: what hangs or fills the machine ends, and is seen.

The limits are far above what is needed; they only tell "bounded" from "not bounded".
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

MEMORY = 2 << 30
"""Bytes of address space; an interpreter with everything loaded takes a quarter."""

SECONDS = 60
"""Seconds of CPU time, not of the clock: a busy machine changes nothing."""

ROOT = Path(__file__).parent.parent

_SET = (
    "import resource, runpy, sys\n"
    "memory, seconds, module = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]\n"
    "resource.setrlimit(resource.RLIMIT_AS, (memory, memory))\n"
    "resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))\n"
    "sys.argv = sys.argv[3:]\n"
    "runpy.run_module(module, run_name='__main__', alter_sys=True)\n"
)


def run_limited(
    module: str,
    *arguments: str,
    memory: int = MEMORY,
    seconds: int = SECONDS,
    environment: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run ``python -m module arguments`` in the project's root, within the limits."""
    return subprocess.run(
        [sys.executable, "-c", _SET, str(memory), str(seconds), module, *arguments],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=20 * seconds,  # a process that only waits uses no CPU
    )
