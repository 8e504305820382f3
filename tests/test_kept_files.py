"""What dynzuora keeps is whole and its user's own, however many write it and whatever ends them."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import stat
import subprocess
import sys
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dynzuora import _locks
from dynzuora.bulk.journal import Journal
from dynzuora.configuration import profiles
from dynzuora.document import add, prepare, pruning
from dynzuora.document.sources import bundled_folder
from dynzuora.errors import DynzuoraError
from tests.limits import ROOT
from tests.writes import DOCUMENT, ID

posix = pytest.mark.skipif(os.name != "posix", reason="modes, links and signals are POSIX")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DYNZUORA_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def tiny(home: Path, tmp_path: Path) -> Path:
    path = tmp_path / "tiny.json"
    path.write_text(json.dumps(DOCUMENT))
    return path


def kept(home: Path) -> list[str]:
    """The prepared documents, and whatever else lies there."""
    return sorted(each.name for each in (home / "cache" / "prepared").iterdir())


def other(path: Path, version: str) -> Path:
    """Another document beside ``path``."""
    changed = {**DOCUMENT, "info": {"title": "Tiny", "version": version}}
    where = path.with_name(f"{version}.json")
    where.write_text(json.dumps(changed))
    return where


# -- many at once -----------------------------------------------------------------------


def at_once(code: str, arguments: list[str], count: int) -> list[tuple[str, int]]:
    """Start processes that all wait until the last one is ready; return what each said and how it ended."""
    ready = "import sys, dynzuora.document; print('ready', flush=True); sys.stdin.readline()\n"
    started = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", ready + code, *arguments, str(number)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(count)
    ]
    for each in started:
        assert each.stdout is not None and each.stdout.readline() == "ready\n"
    for each in started:
        assert each.stdin is not None
        each.stdin.write("\n")
        each.stdin.flush()
    return [(each.communicate(timeout=300)[1], each.returncode) for each in started]


LOAD = "import dynzuora\nprepared = dynzuora.document.prepare(sys.argv[1]); prepared.slice(sys.argv[2])"


@pytest.mark.parametrize("state", ["empty", "damaged"])
def test_thirty_processes_may_start_at_once(tiny: Path, home: Path, state: str) -> None:
    if state == "damaged":
        prepare(tiny)
        [name] = kept(home)
        (home / "cache" / "prepared" / name / "index.json").write_text("{")
    assert at_once(LOAD, [str(tiny), ID], 30) == [("", 0)] * 30
    [name] = kept(home)
    assert sorted(os.listdir(home / "cache" / "prepared" / name)) == [
        "index.json",
        "slices.jsonl",
        "warnings.json",
    ]


@pytest.mark.parametrize("turns", list(itertools.product(["", "put", "take"], repeat=3)), ids="-".join)
def test_another_process_may_do_the_same_between_any_two_steps(
    tiny: Path, home: Path, turns: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(tiny)
    [name] = kept(home)
    folder = home / "cache" / "prepared"
    shutil.copytree(folder / name, home / "good")
    (folder / name / "index.json").write_text("{")
    rename, remove = os.rename, shutil.rmtree
    coming = iter(turns)

    def renamed(old: Any, new: Any) -> None:
        """What another process does just before each of our renames."""
        turn = next(coming, "")
        if turn:
            remove(folder / name, ignore_errors=True)
        if turn == "put":
            shutil.copytree(home / "good", folder / name)
        rename(old, new)

    monkeypatch.setattr(os, "rename", renamed)
    assert prepare(tiny).slice(ID)["id"] == ID
    assert kept(home) == [name]
    monkeypatch.undo()
    assert json.loads((folder / name / "index.json").read_text())["title"] == "Tiny"


@pytest.mark.slow
def test_thirty_processes_may_start_at_once_with_a_whole_document(tmp_path: Path, home: Path) -> None:
    whole = tmp_path / "whole.json"
    shutil.copy(bundled_folder() / "zuora-2020-12-10.json", whole)
    assert at_once(LOAD, [str(whole), "GET_SequenceSets"], 30) == [("", 0)] * 30
    assert len(kept(home)) == 1
    assert prepare(whole).slice("GET_SequenceSets") == prepare("2020-12-10").slice("GET_SequenceSets")


def test_profiles_added_at_once_are_all_there(home: Path) -> None:
    add = "profiles.add('p' + sys.argv[1], {'environment': 'sandbox'})"
    code = f"from dynzuora.configuration import profiles\n{add}"
    assert at_once(code, [], 8) == [("", 0)] * 8
    assert sorted(profiles.load()) == [f"p{number}" for number in range(8)]


# -- ended at any moment, refused at any moment -----------------------------------------


def writes(how: str, folder: Path) -> Any:
    done = subprocess.run(
        [sys.executable, "-m", "tests.writes", how, str(folder)], cwd=ROOT, capture_output=True, text=True
    )
    assert (done.stderr, done.returncode) == ("", 0)
    return json.loads(done.stdout)


@posix
def test_a_kill_at_any_write_leaves_what_can_be_gone_on_with(tmp_path: Path) -> None:
    count = writes("killed", tmp_path)
    least = {"prepare": 6, "prepare over damage": 8, "specs add": 5, "profile add": 3, "journal": 1}
    assert {task: min(count[task], number) for task, number in least.items()} == least
    assert (
        list(tmp_path.glob("profile-add-*/home/config/.profiles.toml-*")) == []
    )  # secrets are not left about
    assert list(tmp_path.glob("*/home/data/specs/.*")) != []  # a whole document is no secret


@posix
def test_a_folder_that_cannot_be_written_is_left_alone_and_said(tmp_path: Path) -> None:
    found = writes("refused", tmp_path)
    anew = (
        "HOME/cache/prepared cannot be written (Read-only file system): documents are prepared again at "
        "every start. Set DYNZUORA_HOME to a writable folder."
    )
    assert {task: each["said"] for task, each in found.items()} == {
        "prepare": [anew],
        "prepare over damage": [anew],
        "specs add": [
            "HOME/data/specs cannot be written: Read-only file system. "
            "Set DYNZUORA_HOME to a writable folder."
        ],
        "profile add": ["HOME/config/profiles.toml cannot be written: Read-only file system."],
        "journal": ["The journal HOME/journal cannot be opened: Read-only file system."],
    }
    assert [found[task]["written"] for task in ("prepare", "specs add", "journal")] == [[], [], []]


# -- links, and what is not one's own ---------------------------------------------------


@posix
@pytest.mark.parametrize("what", ["folder", "index.json", "slices.jsonl", "vocabulary.json", "warnings.json"])
def test_a_link_in_the_cache_is_not_followed(tiny: Path, home: Path, tmp_path: Path, what: str) -> None:
    prepare(tiny).vocabulary()
    folder = home / "cache" / "prepared" / kept(home)[0]
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(folder, elsewhere)
    planted = (elsewhere / "index.json").read_text().replace('"Tiny"', '"Planted"')
    (elsewhere / "index.json").write_text(planted)
    if what == "folder":
        shutil.rmtree(folder)
        folder.symlink_to(elsewhere)
    else:
        (folder / what).unlink()
        (folder / what).symlink_to(elsewhere / what)
    assert prepare(tiny).title == "Tiny"
    assert (folder.is_symlink(), (folder / what).is_symlink(), kept(home)) == (False, False, [folder.name])
    assert (elsewhere / "index.json").read_text() == planted


@posix
@pytest.mark.parametrize("what", [".", "index.json"])
def test_what_others_can_write_is_not_believed(tiny: Path, home: Path, what: str) -> None:
    prepare(tiny)
    folder = home / "cache" / "prepared" / kept(home)[0]
    index = folder / "index.json"
    index.write_text(index.read_text().replace('"Tiny"', '"Planted"'))
    (folder / what).chmod(0o777)
    assert prepare(tiny).title == "Tiny"
    assert stat.S_IMODE((folder / what).stat().st_mode) in (0o700, 0o600)


@posix
def test_a_profile_file_that_is_a_link_is_replaced_and_its_target_left_alone(
    home: Path, tmp_path: Path
) -> None:
    target = tmp_path / "target"
    target.write_text("")
    profiles.path().parent.mkdir(parents=True)
    profiles.path().symlink_to(target)
    profiles.add("mine", {"environment": "sandbox", "client_secret": "fake-secret"})
    assert (target.read_text(), profiles.path().is_symlink()) == ("", False)
    assert stat.S_IMODE(profiles.path().stat().st_mode) == 0o600


@posix
def test_an_added_document_that_is_a_link_is_replaced_and_its_target_left_alone(
    tiny: Path, home: Path, tmp_path: Path
) -> None:
    target = tmp_path / "target"
    target.write_text("{}")
    (home / "data" / "specs").mkdir(parents=True)
    where = home / "data" / "specs" / "2030-01-01.json"
    where.symlink_to(target)
    add(tiny, replace=True)
    assert (target.read_text(), where.is_symlink()) == ("{}", False)
    assert stat.S_IMODE(where.stat().st_mode) == 0o600


@posix
def test_a_journal_that_is_no_file_of_ones_own_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "target").write_text("")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DynzuoraError, match=r"cannot be opened: it is a link; use the path of the file\.$"):
        Journal(tmp_path / "link", {})
    with pytest.raises(DynzuoraError, match=r"pipe is not a file\.$"):
        Journal(tmp_path / "pipe", {})
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(DynzuoraError, match=r"target belongs to another user\. Use another file\.$"):
        Journal(tmp_path / "target", {})
    assert (tmp_path / "target").read_text() == ""


def test_windows_locks_a_byte_that_is_hardly_ever_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked: list[tuple[str, int, int]] = []

    def locking(descriptor: int, how: str, count: int) -> None:
        entry = (how, os.lseek(descriptor, 0, os.SEEK_CUR), count)
        if entry in locked and how == "try":
            raise OSError("the other has it")
        locked.append(entry)

    fake = types.SimpleNamespace(locking=locking, LK_NBLCK="try", LK_LOCK="wait", LK_UNLCK="unlock")
    monkeypatch.setitem(sys.modules, "fcntl", None)
    monkeypatch.setitem(sys.modules, "msvcrt", fake)
    journal = Journal(tmp_path / "j", {"operation": "x"})
    with pytest.raises(DynzuoraError, match="is in use by another run"):
        Journal(tmp_path / "j", {"operation": "x"})
    journal.close()
    with open(tmp_path / "lock", "wb") as file:
        _locks.wait_for(file.fileno())
    assert locked == [(how, 0x7FFFFFFE, 1) for how in ("try", "unlock", "unlock", "wait")]
    assert (tmp_path / "j").read_text() == '{"journal":1,"operation":"x"}\n'


# -- what is of no use any more ---------------------------------------------------------


def aged(home: Path, name: str, days: float) -> None:
    """Say that an entry was last used so many days ago."""
    then = time.time() - days * 86400
    os.utime(home / "cache" / "prepared" / name, (then, then))


def prepared_each(tiny: Path, home: Path, count: int) -> list[str]:
    """Prepare documents, the first longest ago, and return their entries in that order."""
    names: list[str] = []
    for number in range(count):
        prepare(other(tiny, f"v{number}"))
        [new] = set(kept(home)) - set(names)
        names.append(new)
    for number, name in enumerate(names):
        aged(home, name, 10 - number)
    return names


Bound = Callable[[pytest.MonkeyPatch, Path, list[str]], None]

BOUNDS: dict[str, tuple[Bound, list[int]]] = {
    "entries": (lambda patch, home, names: patch.setattr(pruning, "MOST_ENTRIES", 3), [2, 3]),
    "bytes": (lambda patch, home, names: patch.setattr(pruning, "MOST_BYTES", 1), []),
    "unused": (lambda patch, home, names: aged(home, names[3], 31), [0, 1, 2]),
    "within all": (lambda patch, home, names: None, [0, 1, 2, 3]),
}


@pytest.mark.parametrize("name", BOUNDS)
def test_what_was_used_longest_ago_goes_first(
    tiny: Path, home: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = prepared_each(tiny, home, 4)
    bound, left = BOUNDS[name]
    bound(monkeypatch, home, names)
    prepare(tiny)
    [new] = set(kept(home)) - set(names)
    assert kept(home) == sorted([new, *(names[each] for each in left)])
    assert prepare(tiny).slice(ID)["id"] == ID


def test_what_a_process_has_in_use_is_made_again_for_it(
    tiny: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(tiny)
    in_use = prepare(tiny)
    [name] = kept(home)
    aged(home, name, 31)
    prepare(other(tiny, "newer"))
    assert name not in kept(home)
    assert (in_use.slice(ID)["id"], in_use.warnings) == (ID, ())


def test_what_is_used_once_a_day_stays(tiny: Path, home: Path) -> None:
    prepare(tiny)
    [name] = kept(home)
    aged(home, name, 29)
    prepare(tiny)
    aged(home, name, 0.5)
    before = (home / "cache" / "prepared" / name).stat().st_mtime
    prepare(tiny)
    assert (home / "cache" / "prepared" / name).stat().st_mtime == before  # a start writes once a day at most
    prepare(other(tiny, "newer"))
    assert name in kept(home)


def test_using_what_is_kept_says_so(tiny: Path, home: Path) -> None:
    prepare(tiny)
    [name] = kept(home)
    aged(home, name, 29)
    before = (home / "cache" / "prepared" / name).stat().st_mtime
    prepare(tiny)
    assert (home / "cache" / "prepared" / name).stat().st_mtime > before


def test_what_a_killed_process_left_goes_after_a_day_and_not_before(tiny: Path, home: Path) -> None:
    folder = home / "cache" / "prepared"
    for name in (".old", ".new", ".old-file"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("") if name == ".old-file" else (folder / name).mkdir()
    (folder / ".old" / "index.json").write_text("{}")
    aged(home, ".old", 2)
    aged(home, ".old-file", 2)
    prepare(tiny)
    assert [name for name in kept(home) if name.startswith(".")] == [".new"]


@posix
def test_a_link_among_what_is_kept_is_removed_and_not_what_it_leads_to(tiny: Path, home: Path) -> None:
    (home / "precious").mkdir(parents=True)
    (home / "precious" / "file").write_text("x")
    folder = home / "cache" / "prepared"
    folder.mkdir(parents=True)
    for name in ("link", ".link"):
        (folder / name).symlink_to(home / "precious")
        os.utime(folder / name, (0, 0), follow_symlinks=False)
    prepare(tiny)
    assert len(kept(home)) == 1
    assert (home / "precious" / "file").read_text() == "x"
