"""What builds large things keeps Python's garbage collector waiting, and leaves it as it was."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import dynzuora
from dynzuora._garbage import gc_paused
from dynzuora.comparison import comparing
from dynzuora.document import preparing
from tests.pets import changed, pets


@pytest.fixture(autouse=True)
def collector() -> Iterator[None]:
    """Leave the collector on, whatever a test finds."""
    gc.enable()
    yield
    gc.enable()


def test_it_waits_within_and_goes_on_after_a_failure_too() -> None:
    with pytest.raises(KeyError), gc_paused():
        during = gc.isenabled()
        raise KeyError
    assert (during, gc.isenabled()) == (False, True)


def test_a_collector_that_was_switched_off_stays_so() -> None:
    gc.disable()
    with gc_paused():
        pass
    assert not gc.isenabled()


@pytest.mark.parametrize(
    ("room", "step"), [(preparing, "slices"), (comparing, "changes")], ids=["preparing", "comparing"]
)
def test_preparing_and_comparing_keep_it_waiting(
    monkeypatch: pytest.MonkeyPatch, room: Any, step: str
) -> None:
    seen: list[bool] = []
    real: Callable[..., Any] = getattr(room, step)

    def looked(*given: Any) -> Any:
        seen.append(gc.isenabled())
        return real(*given)

    monkeypatch.setattr(room, step, looked)
    dynzuora.diff(pets(), changed(pets(), {"shared.zip.type": "integer"}))
    assert (set(seen), gc.isenabled()) == ({False}, True)
