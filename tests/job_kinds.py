"""The kinds of jobs that the package knows, by name."""

from __future__ import annotations

from importlib import resources

from dynzuora.jobs.kinds import read

KINDS = {
    kind.name: kind for kind in read(resources.files("dynzuora.jobs").joinpath("jobs.toml").read_text(), "")
}

CURRENT = [*KINDS][[*KINDS].index("aggregate query") :]
"""Kinds of operations that only the newest document has; ``tests/test_jobs_current.py`` has their tests."""
