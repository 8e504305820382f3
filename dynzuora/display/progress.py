"""Progress bars for terminals and notebooks; unless asked for, none in a pipe or in the first second.

A terminal gets one line on standard error, overwritten in place. A notebook gets one HTML
``<progress>`` that is updated in place, needs no widgets and is saved with its last state.
"""

from __future__ import annotations

import shutil
import sys
import threading
import time
from collections.abc import Callable
from typing import IO, Any, NamedTuple, Protocol

from dynzuora import display
from dynzuora._text import visible

DELAY = 1.0
"""Seconds before anything is shown."""

_INTERVAL = 0.25
"""Seconds between updates."""


class Progress(NamedTuple):
    """What a bar shows. ``total`` is None if it is unknown."""

    label: str
    done: int
    total: int | None
    unit: str
    elapsed: float
    note: str = ""
    finished: bool = False

    def sentence(self) -> str:
        """Return the progress as text: ``GET_AllOrders: 80 of 95 rows, 3 s``."""
        if self.unit == "B":
            done, total = _bytes(self.done), _bytes(self.total) if self.total else ""
        else:
            done, total = f"{self.done:,}", f"{self.total:,}" if self.total else ""
        unit = "" if self.unit == "B" else f" {self.unit}"
        counted = f"{done} of {total}" if total and self.done != self.total else done
        note = f", {self.note}" if self.note else ""
        return f"{self.label}: {counted}{unit}{note}, {self.elapsed:.0f} s"


class Bar(Protocol):
    """A progress bar."""

    def draw(self, progress: Progress) -> None:
        """Redraw the bar; the last ``progress`` is ``finished``."""


class Meter:
    """Counts work and, after a second, or at once if ``enabled``, shows a bar. Thread-safe."""

    def __init__(
        self,
        label: str,
        *,
        total: int | None = None,
        unit: str = "rows",
        enabled: bool | None = None,
        clock: Callable[[], float] = time.monotonic,
        choose_bar: Callable[[], Bar | None] | None = None,
    ) -> None:
        """``enabled``: True always shows a bar, False never; None shows one in terminals and notebooks."""
        self._progress = Progress(label, 0, total, unit, 0.0)
        self._clock = clock
        self._delay = 0 if enabled else DELAY
        self._choose_bar = choose_bar or (lambda: _bar(enabled))
        self._bar: Bar | None = None
        self._is_chosen = enabled is False
        self._is_asked_for = bool(enabled)
        self._lock = threading.Lock()
        self.start()

    def start(self) -> None:
        """Count the time from now on: what came before, such as loading pandas, is not the work's."""
        self._start = self._clock()
        self._due = self._start + self._delay

    @property
    def total(self) -> int | None:
        """The total amount of work, None if it is unknown."""
        return self._progress.total

    def advance(self, by: int = 1, *, total: int | None = None, note: str | None = None) -> None:
        """Count ``by`` more; ``total`` and ``note`` replace earlier ones."""
        with self._lock:
            progress = self._progress
            self._progress = progress._replace(
                done=progress.done + by,
                total=progress.total if total is None else total,
                note=progress.note if note is None else note,
            )
            self._draw_if_due()

    def close(self) -> None:
        """Show the final progress; the bar stays."""
        with self._lock:
            if self._is_asked_for and not self._is_chosen:
                self._bar = self._choose_bar()
            if self._bar is not None and not self._progress.finished:
                self._progress = self._progress._replace(finished=True, elapsed=self._clock() - self._start)
                self._bar.draw(self._progress)
            self._is_chosen, self._bar = True, None

    def __enter__(self) -> Meter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _draw_if_due(self) -> None:
        now = self._clock()
        if now < self._due:
            return
        if not self._is_chosen:
            self._is_chosen, self._bar = True, self._choose_bar()
        self._due = now + _INTERVAL
        if self._bar is not None:
            self._progress = self._progress._replace(elapsed=now - self._start)
            self._bar.draw(self._progress)


def _bar(enabled: bool | None) -> Bar | None:
    if _in_notebook():
        return NotebookBar()
    return TerminalBar(sys.stderr) if enabled or sys.stderr.isatty() else None


def _in_notebook() -> bool:
    """Whether a Jupyter kernel runs this code, without importing IPython to find out."""
    python = sys.modules.get("IPython")
    shell = python.get_ipython() if python is not None else None
    return hasattr(shell, "kernel")


class TerminalBar:
    """One line on ``stream``: ``[####----] GET_AllOrders: 80 of 160 rows, 3 s, 3 s left``."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._length = 0

    def draw(self, progress: Progress) -> None:
        text = visible(progress.sentence())
        if progress.total and not progress.finished:
            text = f"{_gauge(progress)} {text}{_time_left(progress)}"
        text = text[: shutil.get_terminal_size().columns - 1]
        self._stream.write(f"\r{text.ljust(self._length)}{chr(10) if progress.finished else ''}")
        self._stream.flush()
        self._length = len(text)


_GAUGE_WIDTH = 20


def _gauge(progress: Progress) -> str:
    filled = min(_GAUGE_WIDTH, _GAUGE_WIDTH * progress.done // (progress.total or 1))
    return f"[{'#' * filled}{'-' * (_GAUGE_WIDTH - filled)}]"


def _time_left(progress: Progress) -> str:
    left = (progress.total or 0) - progress.done
    return f", {progress.elapsed * left / progress.done:.0f} s left" if left > 0 < progress.done else ""


class NotebookBar:
    """One HTML bar, updated in place; its last state is saved with the notebook."""

    def __init__(self, display: Callable[..., Any] | None = None) -> None:
        self._display = display
        self._handle: Any = None

    def draw(self, progress: Progress) -> None:
        sentence = progress.sentence()
        html = display.render(
            "progress",
            done=progress.done,
            total=progress.total,
            finished=progress.finished,
            sentence=sentence,
        )
        content = {"text/html": html, "text/plain": sentence}
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
