"""What is measured, and what is asked of it: plain values.

A subject is code in text, for it runs in another environment than ours; its name is how
targets and tables speak of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

Quantity = Literal["cpu", "peak", "wall"]


class Process(NamedTuple):
    """A fresh process each time: ``code`` in an environment's Python, or a ``command`` of it.

    With ``fresh`` it finds no cache either; without, what an earlier run prepared. With
    ``shows`` its last line is a fact to be shown, and like ``once`` it has no second turn.
    """

    name: str
    environment: str
    code: str = ""
    command: tuple[str, ...] = ()
    fresh: bool = False
    variables: Mapping[str, str] = {}
    once: bool = False
    shows: bool = False


class Loop(NamedTuple):
    """An expression evaluated many times in one process, in turns with the others."""

    name: str
    environment: str
    run: str
    setup: str = ""


class Page(NamedTuple):
    """A page that a ``command`` writes, opened in a headless Chromium: the time to its first paint.

    The command's last argument is the file.
    """

    name: str
    environment: str
    command: tuple[str, ...]


Subject = Process | Loop | Page


class Measured(NamedTuple):
    """Medians in seconds and megabytes; of what could not be done, what it said; or what it shows."""

    cpu: float = 0
    wall: float = 0
    peak: float = 0
    said: str = ""
    shown: str = ""


class Target(NamedTuple):
    """``subject`` takes at most ``limit`` times what those in ``against`` take together.

    With none in ``against`` the limit is in seconds, or in megabytes where ``of`` is the peak;
    with no limit either the subject only has to succeed.
    """

    what: str
    subject: str
    limit: float | None = None
    against: tuple[str, ...] = ()
    of: Quantity = "cpu"


class Growth(NamedTuple):
    """The subjects, one per size, grow at most like size to the power of ``limit``."""

    what: str
    subjects: tuple[str, ...]
    sizes: tuple[float, ...]
    limit: float


class Outcome(NamedTuple):
    """What became of a target. ``value`` is None where something could not be measured."""

    target: Target | Growth
    value: float | None
    met: bool


class Setting(NamedTuple):
    """What subjects are made from: the documents, and the server on this machine that answers.

    ``tidied`` is ``old`` as even strict readers take it, with the server as its server.
    ``scaled`` are documents of growing size, each with a changed one beside it.
    """

    old: Path
    new: Path
    old_yaml: Path
    new_json: Path
    repaired: tuple[Path, Path]
    tidied: Path
    bodies: Mapping[str, Path]
    scaled: tuple[tuple[Path, Path], ...]
    url: str
    oasdiff: str
    full: bool


class Kind(NamedTuple):
    """One table: its heading, subjects and targets; ``shows`` is the heading of facts in place of figures."""

    heading: str
    note: str
    subjects: Callable[[Setting], Sequence[Subject]]
    targets: Sequence[Target | Growth] = ()
    shows: str = ""


def outcome(target: Target | Growth, measured: Mapping[str, Measured]) -> Outcome:
    """Hold a target against what was measured."""
    names = target.subjects if isinstance(target, Growth) else (target.subject, *target.against)
    parts = [measured.get(each, Measured(said="not measured")) for each in names]
    if any(each.said for each in parts):
        return Outcome(target, None, False)
    if isinstance(target, Growth):
        value = exponent(target.sizes, [each.cpu for each in parts])
        return Outcome(target, value, value <= target.limit)
    own, *others = (float(getattr(each, target.of)) for each in parts)
    value = own / sum(others) if others else own
    return Outcome(target, value, target.limit is None or value <= target.limit)


def exponent(sizes: Sequence[float], times: Sequence[float]) -> float:
    """Return the power of size that times grow with: the slope of the line through their logarithms.

    >>> exponent((1, 2, 4), (3, 6, 12))
    1.0
    """
    xs, ys = ([math.log(each) for each in values] for values in (sizes, times))
    middle, level = (math.fsum(each) / len(each) for each in (xs, ys))
    rise = math.fsum((x - middle) * (y - level) for x, y in zip(xs, ys, strict=True))
    return round(rise / math.fsum((x - middle) ** 2 for x in xs), 6)
