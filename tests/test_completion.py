"""Completion in real shells on a terminal: operation ids, argument names, values of arguments and options."""

from __future__ import annotations

import os
import re
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
    pytest.mark.skipif(os.name == "nt", reason="there is no terminal of this kind"),
]

PATIENCE = 60


START = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], "bind 'set enable-bracketed-paste off'"),
    "zsh": (["zsh", "-f", "-i"], "autoload -U compinit; compinit -u -D; unset zle_bracketed_paste"),
    "fish": (["fish", "--no-config", "-i"], "true"),
}
"""Shell → how it is started without anybody's configuration, and what it needs before completion."""

LOAD = {
    "bash": 'eval "$(dynzuora completion bash)"',
    "zsh": 'eval "$(dynzuora completion zsh)"',
    "fish": "dynzuora completion fish | source",
}

_ASKED = {b"\x1b[c": b"\x1b[?62c", b"\x1b[6n": b"\x1b[1;1R"}
"""What a shell asks its terminal, and what one answers."""

_SEQUENCES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|[\r\x07]")


def displayed(output: bytes) -> str:
    """Return what a terminal shows of ``output``: a backspace takes the character before it away."""
    shown: list[str] = []
    for character in _SEQUENCES.sub("", output.decode(errors="replace")):
        if character == "\b":
            del shown[-1:]
        else:
            shown.append(character)
    return "".join(shown)


class Shell:
    """An interactive shell with the completion that ``dynzuora completion`` prints for it."""

    def __init__(self, name: str, folder: Path) -> None:
        import pty

        program = folder / "dynzuora"
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m dynzuora "$@"\n')
        program.chmod(0o755)
        (folder / "sets.json").write_text("{}")
        path = f"{folder}{os.pathsep}{os.environ['PATH']}"
        environment = {**os.environ, "PATH": path, "PS1": "$ ", "INPUTRC": os.devnull, "HOME": str(folder)}
        command, before = START[name]
        self.terminal, inside = pty.openpty()
        self.process = subprocess.Popen(
            command,
            preexec_fn=lambda: os.login_tty(inside),
            env={**environment, "TERM": "xterm" if name == "fish" else "dumb"},
            cwd=folder,
        )
        os.close(inside)
        self.type(f"stty cols 400; {before}\n")
        self.type(f'{LOAD[name]}; echo rea""dy\n')
        self.read_until("ready")

    def type(self, text: str) -> None:
        os.write(self.terminal, text.encode())

    def read_until(self, text: str) -> str:
        """Return what the terminal shows, up to ``text``."""
        seen, deadline = b"", time.monotonic() + PATIENCE
        while text not in (shown := displayed(seen)):
            ready, _, _ = select.select([self.terminal], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, f"the shell never showed {text!r}, but {shown!r}"
            came = os.read(self.terminal, 4096)
            for question, answer in _ASKED.items():
                os.write(self.terminal, answer * came.count(question))
            seen += came
        return shown

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.terminal)


@pytest.fixture(scope="module", params=list(START))
def shell(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    if not shutil.which(request.param):
        pytest.skip(f"there is no {request.param}")
    shell = Shell(request.param, tmp_path_factory.mktemp("bin"))
    yield shell
    shell.close()


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("dynzuora call PUT_SequenceS\t", "PUT_SequenceSet "),
        ("dynzuora show PUT_SequenceS\t", "PUT_SequenceSet "),
        ("dynzuora call GET_SequenceSets pageS\t2", "pageSize=2"),
        ("dynzuora call GET_EntityConnections type=inb\t", "type=inbound "),
        ("dynzuora call GET_SequenceSets -o ndj\t", "ndjson "),
        ("dynzuora call POST_Account --body @sets\t", "@sets.json "),
        ("dynzuora ops --spec 2021\t", "2021-08-20 "),
        ("dynzuora diff 2021\t", "2021-08-20 "),
        ("dynzuora --env csbx_e\t", "CSBX_EU "),
        ("dynzuora brow\t", "browse "),
        ("dynzuora call GET_SequenceSets --sand\t", "--sandbox "),
    ],
)
def test_a_shell_completes(typed: str, completed: str, shell: Shell) -> None:
    shell.type(typed)
    shell.read_until(completed)
    shell.type("\x15echo ne''xt\n")  # the line is thrown away
    shell.read_until("next")


def test_a_shell_offers_every_id_that_fits(shell: Shell) -> None:
    shell.type("dynzuora call GET_SequenceSe\t\t\t")
    shell.read_until("GET_SequenceSets")
    shell.type("\x15echo ne''xt\n")
    shell.read_until("next")
