"""The short form of ``python -m tests.long vendors``: documents of our own, used whole."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.bad_documents import CONTAINERS, RICH, STRUCTURES
from tests.long import vendors


def written(folder: Path, documents: dict[str, bytes]) -> Path:
    for name, content in documents.items():
        (folder / f"{name.replace(' ', '-').replace('/', '-')}.json").write_bytes(content)
    return folder


@pytest.mark.slow
def test_every_document_is_used_whole_or_refused_with_a_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = {"rich": json.dumps(RICH).encode(), **{name: each[0] for name, each in STRUCTURES.items()}}
    bad = {name: CONTAINERS[name][0] for name in ("empty", "login page", "NaN", "a NUL")}
    assert vendors.run(written(tmp_path, {**good, **bad}), 100, 1, 2)
    *_, documents, _ = capsys.readouterr().out.splitlines()
    assert set(documents.removeprefix("documents {").removesuffix("}").split(", ")) == {
        f"'loaded': {len(good)}",
        f"'refused': {len(bad)}",
    }


def test_a_bare_exception_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vendors, "outcome", lambda path: {"outcome": "failed", "reason": "raised: KeyError"})
    assert not vendors.run(written(tmp_path, {"rich": json.dumps(RICH).encode()}), 1, 1, 1)


def test_one_document_a_vendor_is_drawn_the_same_with_the_same_seed(tmp_path: Path) -> None:
    for vendor in "abcdefgh":
        for number in range(3):
            (tmp_path / vendor).mkdir(exist_ok=True)
            (tmp_path / vendor / f"{number}.json").touch()
    (tmp_path / "stripe.com.json").touch()
    drawn = vendors.chosen(tmp_path, 5, 3)
    assert drawn == vendors.chosen(tmp_path, 5, 3) != vendors.chosen(tmp_path, 5, 4)
    folders = [each.parent.name for each in drawn if each.name != "stripe.com.json"]
    assert (len(set(folders)), tmp_path / "stripe.com.json" in drawn) == (len(folders), True)
