"""Fixtures that more than one test file needs; and no test writes into the folders of whoever runs it."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

# No clock decides a test: a machine that is busy is no fault of the code.
settings.register_profile("no clock", deadline=None)
settings.load_profile("no clock")


def pytest_configure(config: pytest.Config) -> None:
    # What a shell starts in the background ignores Ctrl-C, and so would the processes of tests that press it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if "DYNZUORA_HOME" not in os.environ:  # parallel workers share what the first process made
        os.environ["DYNZUORA_HOME"] = home = tempfile.mkdtemp(prefix="dynzuora-tests-")
        config.add_cleanup(lambda: shutil.rmtree(home, ignore_errors=True))


@pytest.hookimpl(tryfirst=True)  # before what is slow is left out
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of the vendor's whole documents are long ones: four megabytes each."""
    for item in items:
        if "full_spec" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def full_spec() -> Callable[[str], Path]:
    """Return a function from a version to the vendor's full document of that version."""
    folder = os.environ.get("DYNZUORA_FULL_SPECS")
    if not folder:
        pytest.skip("DYNZUORA_FULL_SPECS is not set")

    def find(version: str) -> Path:
        [path] = Path(folder).glob(f"zuora-{version}.*")
        return path

    return find
