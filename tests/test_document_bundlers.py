"""A document that another tool has bundled is the document; the tools come from npm."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

import dynzuora

SOURCES = Path(__file__).parent / "data" / "bundles"

_BUNDLE = """
const parser = require("@apidevtools/swagger-parser");
const { writeFileSync } = require("fs");
const [, , source, target] = process.argv;
parser.bundle(source).then((bundle) => writeFileSync(target, JSON.stringify(bundle)));
"""


def installed(folder: Path, *packages: str) -> Path:
    """Return a folder with packages of npm."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed")
    command = [npm, "install", "--no-save", "--no-audit", "--no-fund", *packages]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode:
        pytest.skip(f"npm cannot install {packages[0]}: {done.stderr.strip()[-200:]}")
    return folder


@pytest.fixture(scope="session")
def swagger_parser(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = installed(tmp_path_factory.mktemp("swagger-parser"), "@apidevtools/swagger-parser@12")
    (folder / "bundle.js").write_text(_BUNDLE, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def redocly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installed(tmp_path_factory.mktemp("redocly"), "@redocly/cli@2")


def run(*command: str | Path, cwd: Path) -> None:
    subprocess.run(list(map(str, command)), cwd=cwd, check=True, capture_output=True, timeout=300)


def assert_same(source: Path, bundle: Path) -> None:
    """The bundle has every operation of its sources, and says the same."""
    sources, bundled = dynzuora.load(source, external_files=True), dynzuora.load(bundle)
    assert sources.operations.keys() == bundled.operations.keys()
    assert not any(entry.fault for entry in bundled.prepared.index.values())
    assert [change.message for change in dynzuora.diff(sources, bundled).changes] == []


@pytest.mark.slow
@pytest.mark.parametrize("version", ["swagger2", "openapi30", "openapi31"])
def test_the_bundle_of_swagger_parser_equals_its_sources(
    version: str, swagger_parser: Path, tmp_path: Path
) -> None:
    source, bundle = SOURCES / version / "main.yaml", tmp_path / "bundle.json"
    run("node", "bundle.js", source, bundle, cwd=swagger_parser)
    assert_same(source, bundle)


@pytest.mark.slow
@pytest.mark.parametrize("version", ["swagger2", "openapi30", "openapi31"])
def test_the_bundle_of_redocly_equals_its_sources(version: str, redocly: Path, tmp_path: Path) -> None:
    source, bundle = SOURCES / version / "main.yaml", tmp_path / "bundle.yaml"
    run(redocly / "node_modules/.bin/redocly", "bundle", source, "-o", bundle, cwd=tmp_path)
    assert_same(source, bundle)
