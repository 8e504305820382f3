"""``dynzuora.comparison`` as a stranger imports it: a few names, cheap to import, plain values."""

from __future__ import annotations

import subprocess
import sys

import pytest

from dynzuora import comparison
from dynzuora.comparison import Diff, diff
from dynzuora.comparison.changes import ChangeSet, Side
from tests.pets import changed, pets

LONGER = changed(pets(), {"in.notes.maxLength": 40})


def test_the_public_names_are_there() -> None:
    assert [name for name in comparison.__all__ if not hasattr(comparison, name)] == []


def test_importing_it_loads_nothing_that_compares() -> None:
    code = "import sys, dynzuora.comparison; print(*(m for m in sys.modules if 'dynzuora' in m))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == {"dynzuora", "dynzuora._lazy", "dynzuora.comparison"}


def test_equal_changes_are_equal_diffs() -> None:
    assert diff(pets(), LONGER) == diff(pets(), LONGER)
    assert diff(pets(), LONGER) != diff(pets(), pets())


def test_a_diff_is_frozen() -> None:
    with pytest.raises(AttributeError):
        diff(pets(), pets()).changes = ()  # type: ignore[misc]


def test_a_diff_is_true_if_anything_changed() -> None:
    assert (bool(diff(pets(), LONGER)), bool(diff(pets(), pets()))) == (True, False)


def test_a_diff_without_documents_says_where_to_get_them() -> None:
    with pytest.raises(ValueError, match=r"compare them with dynzuora\.diff"):
        Diff(*ChangeSet(Side("A", "1", 1), Side("A", "2", 1))).used_by("script.py")
