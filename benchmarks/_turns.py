"""Evaluate expressions in turns: one line on standard input is one round, answered with its times.

The first line has the subjects, each later one the names of those whose turn it is. Runs in
the environment of what it measures, with nothing of ours: ``python _turns.py``.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

ENOUGH = 0.05  # seconds of CPU in one batch: far above the clock's grain
LONGEST = 200

answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # what a subject prints is no answer


def answer(value: Any) -> None:
    answers.write(json.dumps(value) + "\n")
    answers.flush()


def prepared(subject: dict[str, str]) -> tuple[Callable[[int], None], int]:
    """Return a function that runs a subject so many times, and how many make a batch."""
    names: dict[str, Any] = {}
    exec(subject["setup"], names)
    exec("def batch(count):\n    for _ in range(count):\n        " + subject["run"], names)
    batch = names["batch"]
    batch(1)
    count, took = 1, 0.0
    while True:
        begun = time.process_time(), time.perf_counter()
        batch(count)
        took = max(time.process_time() - begun[0], (time.perf_counter() - begun[1]) / 4)
        if took >= ENOUGH:
            return batch, count
        count *= 2


def measured(batch: Callable[[int], None], count: int) -> list[float]:
    begun = time.process_time(), time.perf_counter()
    batch(count)
    ended = time.process_time(), time.perf_counter()
    return [*((after - before) / count for before, after in zip(begun, ended, strict=True)), count]


able: dict[str, tuple[Callable[[int], None], int]] = {}
said: dict[str, str] = {}
for each in json.loads(sys.stdin.readline()):
    try:
        able[each["name"]] = prepared(each)
    except BaseException as error:  # whatever a peer says is its result
        said[each["name"]] = f"{type(error).__name__}: {error}".splitlines()[0][:LONGEST]
gc.collect()
gc.freeze()  # what one subject holds is no work for the collector while another is measured
answer(said)
for line in sys.stdin:
    answer({name: measured(*able[name]) for name in json.loads(line)})
