"""Jobs: each poll advances a job by one state.

The states are rows of ``zuora.toml``. A job succeeds unless its request contains a magic
word, ``sandbox:`` with the name of a bad state such as ``sandbox:failed``, or a ``job_ends``
fault applies.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from dynzuora._names import canonical
from dynzuora.sandbox.rules import JobRule
from dynzuora.sandbox.store import Record, Store

_MAGIC = re.compile(r"sandbox:([A-Za-z_]+)")


class Job:
    """A running job: its rule, its position, and its final state."""

    def __init__(self, rule: JobRule, end: str) -> None:
        self.rule = rule
        self.position = 0
        self.end = end or rule.states[-1]

    @property
    def state(self) -> str:
        """The current state."""
        last = len(self.rule.states) - 1
        return self.rule.states[self.position] if self.position < last else self.end

    @property
    def is_over(self) -> bool:
        """Whether the last state is reached."""
        return self.position >= len(self.rule.states) - 1

    @property
    def is_good(self) -> bool:
        """Whether the job ends successfully."""
        return self.end == self.rule.states[-1]


def start(store: Store, record: Record, rule: JobRule, end: str) -> None:
    """Start a job on ``record``; ``end`` names a bad state in any spelling, or is empty."""
    record.job = Job(rule, next((state for state in rule.bad if canonical(state) == canonical(end)), ""))
    if not record.job.is_over:
        store.change(record, {rule.field: record.job.state})


def magic_end(body: Any) -> str:
    """Return the final state that a magic word in the request selects, empty without one."""
    match = _MAGIC.search(" ".join(_texts(body)))
    return match[1] if match else ""


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [text for element in value.values() for text in _texts(element)]
    return [text for element in value for text in _texts(element)] if isinstance(value, list) else []
