"""The folders of dynzuora are where the system has them, as platformdirs says."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import platformdirs
import pytest

from dynzuora.configuration.folders import folder

PATHS = {
    "cache": platformdirs.user_cache_path,
    "data": platformdirs.user_data_path,
    "config": platformdirs.user_config_path,
}


@pytest.mark.parametrize("kind", PATHS)
@pytest.mark.parametrize("value", [None, "", "/srv/folders", "relative"])
def test_a_folder_is_where_platformdirs_has_it(
    kind: str, value: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DYNZUORA_HOME", raising=False)
    monkeypatch.setenv("HOME", "/home/somebody")
    for variable in ("XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(variable, raising=False)
        if value is not None:
            monkeypatch.setenv(variable, value)
    assert folder(kind) == PATHS[kind]("dynzuora", appauthor=False)


@pytest.mark.skipif(sys.platform != "linux", reason="a user without a home is one of Linux")
def test_a_user_without_a_home_has_folders_that_cannot_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DYNZUORA_HOME", raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    assert folder("cache") == Path(os.devnull) / "cache"
