"""The page of ``dynzuora browse``: how long it takes to write, and until something is seen."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.subjects import Kind, Page, Process, Setting, Subject


def subjects(setting: Setting) -> Sequence[Subject]:
    old, file = str(setting.old), str(setting.old_yaml.with_name("operations.html"))
    return (
        Process("dynzuora browse, written", "fast", command=("dynzuora", "browse", old, "-o", file)),
        Page("its first paint in Chromium", "fast", ("dynzuora", "browse", old, "-o", file)),
    )


KIND = Kind(
    "The page of all operations",
    "First contentful paint, as the browser itself tells it, of the file opened from disk.",
    subjects,
)
