"""Progress of anything that takes more than a second: a bar where somebody looks, silence in a pipe.

A terminal gets tqdm's bar on standard error. A notebook gets one HTML ``<progress>``
that is updated in place, needs no widgets and stays in the saved notebook with its last
state. A `Meter` never draws before a second has passed, so quick work shows nothing.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

PATIENCE = 1.0
"""Seconds before anything is shown."""

_BETWEEN_DRAWINGS = 0.25


class State(NamedTuple):
    """What a bar shows. ``total`` is None where nobody knows it."""

    label: str
    done: int
    total: int | None
    unit: str
    elapsed: float
    note: str = ""
    finished: bool = False

    def sentence(self) -> str:
        """Return the state in words: ``GET_AllOrders: 80 of 95 rows, 3 s``."""
        if self.unit == "B":
            done, total = _bytes(self.done), _bytes(self.total) if self.total else ""
        else:
            done, total = f"{self.done:,}", f"{self.total:,}" if self.total else ""
        unit = "" if self.unit == "B" else f" {self.unit}"
        counted = f"{done} of {total}" if total and self.done != self.total else done
        note = f", {self.note}" if self.note else ""
        return f"{self.label}: {counted}{unit}{note}, {self.elapsed:.0f} s"


class Surface(Protocol):
    """Where progress is shown."""

    def draw(self, state: State) -> None:
        """Show ``state`` in place of the one before; ``finished`` is the last one."""


class Meter:
    """Counts what is done and shows it after a second. Thread-safe, and a context manager."""

    def __init__(
        self,
        label: str,
        *,
        total: int | None = None,
        unit: str = "rows",
        wanted: bool | None = None,
        clock: Callable[[], float] = time.monotonic,
        surface: Callable[[], Surface | None] | None = None,
    ) -> None:
        """``wanted`` is None for a bar where somebody looks, True for one anyhow, False for none."""
        self._state = State(label, 0, total, unit, 0.0)
        self._clock = clock
        self._start = clock()
        self._find = surface or _chooser(wanted)
        self._surface: Surface | None = None
        self._looked = wanted is False
        self._due = self._start + PATIENCE
        self._lock = threading.Lock()

    @property
    def total(self) -> int | None:
        """How much there is to do, None while nobody knows."""
        return self._state.total

    def advance(self, by: int = 1, *, total: int | None = None, note: str | None = None) -> None:
        """Count ``by`` more; ``total`` and ``note`` replace what was known."""
        with self._lock:
            state = self._state
            self._state = state._replace(
                done=state.done + by,
                total=state.total if total is None else total,
                note=state.note if note is None else note,
            )
            self._draw_if_due()

    def close(self) -> None:
        """Show the last state and leave it standing."""
        with self._lock:
            if self._surface is not None and not self._state.finished:
                self._state = self._state._replace(finished=True, elapsed=self._clock() - self._start)
                self._surface.draw(self._state)
            self._looked, self._surface = True, None

    def __enter__(self) -> Meter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _draw_if_due(self) -> None:
        now = self._clock()
        if now < self._due:
            return
        if not self._looked:
            self._looked, self._surface = True, self._find()
        self._due = now + _BETWEEN_DRAWINGS
        if self._surface is not None:
            self._state = self._state._replace(elapsed=now - self._start)
            self._surface.draw(self._state)


def _chooser(wanted: bool | None) -> Callable[[], Surface | None]:
    def choose() -> Surface | None:
        if _in_notebook():
            return Notebook()
        if wanted or sys.stderr.isatty():
            return Terminal(sys.stderr)
        return None

    return choose


def _in_notebook() -> bool:
    """Whether a kernel runs this code; IPython is not imported to find out."""
    python = sys.modules.get("IPython")
    shell = python.get_ipython() if python is not None else None
    return hasattr(shell, "kernel")


class Terminal:
    """A line of tqdm's on ``stream``."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._bar: Any = None

    def draw(self, state: State) -> None:
        if self._bar is None:
            self._bar = _quiet_tqdm()(
                desc=state.label,
                total=state.total,
                unit="B" if state.unit == "B" else f" {state.unit}",
                unit_scale=state.unit == "B",
                unit_divisor=1024,
                file=self._stream,
                dynamic_ncols=True,
                mininterval=0,
            )
            self._bar.start_t -= state.elapsed
        self._bar.total = state.total
        self._bar.set_postfix_str(state.note, refresh=False)
        self._bar.n = state.done
        self._bar.refresh()
        if state.finished:
            self._bar.close()


def _quiet_tqdm() -> Any:
    from tqdm.std import tqdm

    class Bar(tqdm):  # type: ignore[type-arg]  # not generic at run time
        monitor_interval = 0  # no background thread of tqdm's

    return Bar


class Notebook:
    """One HTML bar, updated in place; what stands there last is saved with the notebook."""

    def __init__(self, display: Callable[..., Any] | None = None) -> None:
        self._display = display
        self._handle: Any = None

    def draw(self, state: State) -> None:
        from dynzuora import display

        html = display.render(
            "progress", done=state.done, total=state.total, finished=state.finished, sentence=state.sentence()
        )
        content = {"text/html": html, "text/plain": state.sentence()}
        if self._handle is None:
            self._handle = self._show()(content, raw=True, display_id=True)
        elif self._handle:
            self._handle.update(content, raw=True)

    def _show(self) -> Callable[..., Any]:
        if self._display is not None:
            return self._display
        from IPython.display import display

        return display


def _bytes(count: int) -> str:
    size = float(count)
    for unit in ("B", "KB", "MB"):
        if size < 1024:
            return f"{size:.0f} {unit}"
        size /= 1024
    return f"{size:.1f} GB"
