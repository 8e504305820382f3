"""Work that takes a while: a job goes one state further each time somebody looks.

The states are rows of ``zuora.toml``. A job ends well unless its request holds a magic
word, ``sandbox:failed`` with the name of one of its bad ends, or a ``job_ends`` fault
names one.
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
    """One run: its rule, how far it is, and how it will end."""

    def __init__(self, rule: JobRule, end: str) -> None:
        self.rule = rule
        self.position = 0
        self.end = end or rule.states[-1]

    @property
    def state(self) -> str:
        """The state to show now."""
        last = len(self.rule.states) - 1
        return self.rule.states[self.position] if self.position < last else self.end

    @property
    def is_over(self) -> bool:
        """Whether the last state is reached."""
        return self.position >= len(self.rule.states) - 1

    @property
    def is_good(self) -> bool:
        """Whether the job ends, or ended, as it should."""
        return self.end == self.rule.states[-1]


def start(store: Store, record: Record, rule: JobRule, wished: str) -> None:
    """Begin a job on ``record``; ``wished`` names a bad end, whatever its spelling."""
    end = next((state for state in rule.bad if canonical(state) == canonical(wished)), "") if wished else ""
    record.job = Job(rule, end)
    if not record.job.is_over:
        store.change(record, {rule.field: record.job.state})


def magic_end(body: Any) -> str:
    """Return the end that a magic word in the request asks for, empty without one."""
    match = _MAGIC.search(" ".join(_texts(body)))
    return match[1] if match else ""


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [text for element in value.values() for text in _texts(element)]
    return [text for element in value for text in _texts(element)] if isinstance(value, list) else []
