"""What is measured, and what is asked of it: plain values.

A subject is code in text, for it runs in another environment than ours; its name is how
targets and tables speak of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

Quantity = Literal["cpu", "peak", "wall"]


class Process(NamedTuple):
    """A fresh process each time: ``code`` in an environment's Python, or a ``command`` of it.

    With ``fresh`` it finds no cache either; without, what an earlier run prepared.
    """

    name: str
    environment: str
    code: str = ""
    command: tuple[str, ...] = ()
    fresh: bool = False
    variables: Mapping[str, str] = {}


class Loop(NamedTuple):
    """An expression evaluated many times in one process, in turns with the others."""

    name: str
    environment: str
    run: str
    setup: str = ""


Subject = Process | Loop


class Measured(NamedTuple):
    """Medians in seconds and megabytes; or, of what could not be done, what it said."""

    cpu: float = 0
    wall: float = 0
    peak: float = 0
    said: str = ""


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


class Outcome(NamedTuple):
    """What became of a target. ``value`` is None where something could not be measured."""

    target: Target
    value: float | None
    met: bool


class Setting(NamedTuple):
    """What subjects are made from: the documents, and the server on this machine that answers."""

    old: Path
    new: Path
    old_yaml: Path
    repaired: tuple[Path, Path]
    url: str
    oasdiff: str
    full: bool


class Kind(NamedTuple):
    """One table: its heading, its subjects, its targets."""

    heading: str
    note: str
    subjects: Callable[[Setting], Sequence[Subject]]
    targets: Sequence[Target] = ()


def outcome(target: Target, measured: Mapping[str, Measured]) -> Outcome:
    """Hold a target against what was measured."""
    parts = [measured.get(each, Measured(said="not measured")) for each in (target.subject, *target.against)]
    if any(each.said for each in parts):
        return Outcome(target, None, False)
    own, *others = (float(getattr(each, target.of)) for each in parts)
    value = own / sum(others) if others else own
    return Outcome(target, value, target.limit is None or value <= target.limit)
