"""The demo is a smoke test: real code, real output, no network, and an exit code to trust."""

from __future__ import annotations

import ast
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from dynzuora.shell import demo


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the demo opened a socket")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.mark.usefixtures("no_network")
def test_the_demo_plays_every_scene_without_network(capsys: pytest.CaptureFixture[str]) -> None:
    assert demo.run() == 0
    played = capsys.readouterr()
    assert [
        line for line in played.out.splitlines() if line.endswith(tuple(s.title for s in demo.SCENES))
    ] == [f"{number}. {scene.title}" for number, scene in enumerate(demo.SCENES, 1)]
    assert played.err == ""


@pytest.mark.parametrize("scene", demo.SCENES, ids=lambda scene: scene.title)
def test_the_code_of_a_scene_is_shown_as_it_is_typed(
    scene: demo.Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    demo.run()
    typed = [line[4:] for line in capsys.readouterr().out.splitlines() if line[:4] in (">>> ", "... ")]
    for node in ast.parse(scene.code).body:
        for line in (ast.get_source_segment(scene.code, node) or "").splitlines():
            assert line in typed


def test_a_scene_that_misbehaves_is_named_and_fails_the_demo(capsys: pytest.CaptureFixture[str]) -> None:
    good = demo.Scene("Two and two", "total = 2 + 2\n", lambda names: names["total"] == 4)
    bad = demo.Scene("Two and three", "total = 2 + 3\n", lambda names: names["total"] == 6)
    missing = demo.Scene("Nothing", "1\n", lambda names: names["_error"].problems == ())
    assert demo.run((good, bad, missing)) == 1
    assert capsys.readouterr().err == "These scenes failed:\n  Two and three\n  Nothing\n"


def test_the_demo_ends_well_in_a_process_of_its_own() -> None:
    ended = subprocess.run([sys.executable, "-m", "dynzuora", "demo"], capture_output=True, timeout=60)
    assert (ended.returncode, ended.stderr) == (0, b"")


@pytest.mark.parametrize(
    ("argv", "on_path", "command"),
    [
        ([".venv/bin/dynzuora", "demo"], False, ".venv/bin/dynzuora"),
        (["my env/bin/dynzuora", "demo"], False, "'my env/bin/dynzuora'"),
        (["{folder}/dynzuora", "demo"], True, "dynzuora"),
        ([".venv/bin/dynzuora", "demo"], True, ".venv/bin/dynzuora"),
        (["{folder}/__main__.py", "demo"], True, "python3 -m dynzuora"),
        (["pytest"], False, "dynzuora"),
    ],
    ids=["not on PATH", "with a space", "on PATH", "another is on PATH", "python -m", "not the command"],
)
def test_what_comes_next_is_typed_as_the_demo_was(
    argv: list[str], on_path: bool, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dynzuora").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path) if on_path else os.devnull)
    monkeypatch.setattr(sys, "argv", [each.format(folder=tmp_path) for each in argv])
    monkeypatch.setattr(sys, "orig_argv", ["python3", "-m", "dynzuora", "demo"])
    assert demo.command_as_started() == command


def test_the_last_lines_name_the_command_that_was_started(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "command_as_started", lambda: ".venv/bin/dynzuora")
    demo.run(())
    assert capsys.readouterr().out.splitlines()[:2] == [
        "Next:",
        "  .venv/bin/dynzuora ops sequence                              find an operation",
    ]
