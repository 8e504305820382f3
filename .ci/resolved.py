"""Run the demo and the compatibility tests with the lowest or the newest versions that pyproject.toml allows.

Where the newest fail, each package that is newer than in constraints.txt is put back to its tested
version, alone; the one without which the failed tests pass is named, and the exit code is 3.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

BREAK = 3
"""The exit code where a package is named."""


class Environment:
    """A virtual environment that uv makes in a folder, for the checkout in this one."""

    def __init__(self, uv: Path, folder: Path, resolution: str) -> None:
        self.python = folder / "bin" / "python"
        self._uv, self._resolution = uv, resolution
        self._run(uv, "venv", "--quiet", "--python", sys.executable, folder)

    def install(self, *requirements: str) -> None:
        self._pip("install", "--quiet", f"--resolution={self._resolution}", *requirements)

    def pin(self, requirement: str) -> None:
        self._pip("install", "--quiet", "--no-deps", requirement)

    def versions(self) -> dict[str, str]:
        lines = self._pip("freeze", "--exclude-editable").splitlines()
        return dict(line.split("==") for line in lines if "==" in line)

    def works(self, *arguments: str | Path, quietly: bool = False) -> bool:
        output = subprocess.DEVNULL if quietly else None
        return subprocess.run([self.python, *arguments], stdout=output).returncode == 0

    def _pip(self, command: str, *arguments: str) -> str:
        return self._run(self._uv, "pip", command, "--python", self.python, *arguments)

    @staticmethod
    def _run(*command: str | Path) -> str:
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
        if done.returncode:
            raise SystemExit(f"{' '.join(map(str, command))}: exit code {done.returncode}")
        return done.stdout


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("resolution", choices=["lowest-direct", "highest"])
    parser.add_argument("--uv", type=Path, required=True, help="the program")
    parser.add_argument("--folder", type=Path, required=True, help="where the environment is made")
    parser.add_argument("--junitxml", type=Path, required=True, help="what pytest writes")
    asked = parser.parse_args()
    environment = Environment(asked.uv, asked.folder, asked.resolution)
    demo = ("-W", "error", "-m", "dynzuora", "demo")
    tests = ("-m", "pytest", "@tests/compatibility.txt")
    environment.install(".")
    failed: tuple[str, ...] = ()
    if not environment.works(*demo, quietly=True):
        failed = demo
    else:
        environment.install("--editable", ".[test]")
        if not environment.works(*tests, f"--junitxml={asked.junitxml}"):
            failed = ("-m", "pytest", "--last-failed", "-n0", "-x", "--tb=no")
    if not failed:
        return 0
    return named(environment, failed) if asked.resolution == "highest" else 1


def named(environment: Environment, command: Sequence[str]) -> int:
    """Name the package that breaks ``command``, if it is one alone."""
    tested = {}
    for line in Path("constraints.txt").read_text("utf-8").splitlines():
        name, _, rest = line.partition("==")
        if rest and not line.startswith("#"):
            tested.setdefault(name, rest.partition(";")[0].strip())
    others = {
        name: version
        for name, version in environment.versions().items()
        if name in tested and tested[name] != version
    }
    said = ", ".join(f"{name} {version} ({tested[name]})" for name, version in others.items())
    print(f"Other versions than the tested ones: {said or 'none'}.", flush=True)
    for name, version in others.items():
        environment.pin(f"{name}=={tested[name]}")
        mended = environment.works(*command, quietly=True)
        environment.pin(f"{name}=={version}")
        if mended:
            print(f"BROKEN BY {name} {version}: all is well with {name} {tested[name]}.")
            return BREAK
    return 1


if __name__ == "__main__":
    sys.exit(main())
