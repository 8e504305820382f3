"""Completion in a real bash on a terminal: operation ids, argument names and allowed values."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name == "nt" or not shutil.which("bash"), reason="there is no bash"),
]

PATIENCE = 20


class Bash:
    """An interactive bash with the completion that ``dynzuora completion bash`` prints."""

    def __init__(self, folder: Path) -> None:
        import pty

        program = folder / "dynzuora"
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m dynzuora "$@"\n')
        program.chmod(0o755)
        path = f"{folder}{os.pathsep}{os.environ['PATH']}"
        environment = {**os.environ, "PATH": path, "PS1": "$ ", "TERM": "dumb", "INPUTRC": os.devnull}
        self.terminal, inside = pty.openpty()
        self.process = subprocess.Popen(
            ["bash", "--norc", "--noprofile", "-i"],
            **dict.fromkeys(("stdin", "stdout", "stderr"), inside),
            env=environment,
            start_new_session=True,
        )
        os.close(inside)
        self.type("bind 'set enable-bracketed-paste off'; stty cols 400\n")
        self.type('eval "$(dynzuora completion bash)"; echo rea""dy\n')
        self.read_until("ready")

    def type(self, text: str) -> None:
        os.write(self.terminal, text.encode())

    def read_until(self, text: str) -> str:
        """Return what the terminal shows, up to ``text``."""
        seen, deadline = "", time.monotonic() + PATIENCE
        while text not in seen:
            ready, _, _ = select.select([self.terminal], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, f"bash never showed {text!r}, but {seen!r}"
            seen += os.read(self.terminal, 4096).decode(errors="replace")
        return seen

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.terminal)


@pytest.fixture(scope="module")
def bash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bash]:
    bash = Bash(tmp_path_factory.mktemp("bin"))
    yield bash
    bash.close()


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("dynzuora call PUT_SequenceS\t", "PUT_SequenceSet "),
        ("dynzuora show PUT_SequenceS\t", "PUT_SequenceSet "),
        ("dynzuora call GET_SequenceSets pageS\t", "pageSize="),
        ("dynzuora call GET_EntityConnections type=inb\t", "type=inbound "),
        ("dynzuora brow\t", "browse "),
        ("dynzuora call GET_SequenceSets --sand\t", "--sandbox "),
    ],
)
def test_bash_completes(typed: str, completed: str, bash: Bash) -> None:
    bash.type(typed)
    bash.read_until(completed)
    bash.type("\x15echo next\n")  # the line is thrown away
    bash.read_until("next\r\n")


def test_bash_offers_every_id_that_fits(bash: Bash) -> None:
    bash.type("dynzuora call GET_SequenceSe\t\t\t")
    assert "GET_SequenceSet " in bash.read_until("GET_SequenceSets")
    bash.type("\x15echo next\n")
    bash.read_until("next\r\n")
