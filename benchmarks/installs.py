"""What an install brings: how many distributions, and how many megabytes of them."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.subjects import Kind, Process, Setting, Subject

WHO = {
    "pip install .": "plain",
    "pip install .[fast]": "fast",
    "requests": "requests",
    "official zuora-sdk": "zuora-sdk",
    "openapi-core and requests": "openapi-core",
}
"""Who → the environment that has it and nothing else."""

_COUNT = """
import os, sysconfig
from importlib.metadata import distributions
folders = {sysconfig.get_path(name) for name in ("purelib", "platlib")}
files = [os.path.join(top, name) for folder in folders for top, _, names in os.walk(folder) for name in names]
print(f"{len(list(distributions()))} distributions, {sum(map(os.path.getsize, files)) / 1e6:.0f} MB")
"""


def subjects(setting: Setting) -> Sequence[Subject]:
    return [Process(who, environment, _COUNT, shows=True) for who, environment in WHO.items()]


KIND = Kind(
    "What an install brings",
    "Everything in `site-packages` of an environment without pip, byte-compiled; itself counts.",
    subjects,
    (),
    shows="brings",
)
