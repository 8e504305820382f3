"""Comparing two versions of the document."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.subjects import Kind, Loop, Process, Setting, Subject, Target

PREPARED = "dynzuora.diff, prepared"
COLD = "dynzuora.diff, nothing prepared"
UNCHANGED = "dynzuora.diff of a document and itself, prepared"
LOADED = "dynzuora.diff of a document and itself, both loaded"
OASDIFF = "oasdiff changelog, both as dynzuora repairs them"
OASDIFF_SAME = "oasdiff changelog of a document and itself"
DEEPDIFF = "deepdiff, both read as JSON, no verdicts"


def subjects(setting: Setting) -> Sequence[Subject]:
    old, new = str(setting.old), str(setting.new)
    code = f"import dynzuora; dynzuora.diff({old!r}, {new!r})"
    loads = f"import dynzuora\nold, same = dynzuora.load({old!r}), dynzuora.load({old!r})"
    return (
        Process(PREPARED, "fast", code),
        Process(COLD, "fast", code, fresh=True),
        Process(UNCHANGED, "fast", f"import dynzuora; dynzuora.diff({old!r}, {old!r})"),
        Loop(LOADED, "fast", "dynzuora.diff(old, same)", loads),
        Process("oasdiff changelog", "node", command=(setting.oasdiff, "changelog", old, new)),
        Process(OASDIFF, "node", command=(setting.oasdiff, "changelog", *map(str, setting.repaired))),
        Process(OASDIFF_SAME, "node", command=(setting.oasdiff, "changelog", old, old)),
        Process(DEEPDIFF, "deepdiff", _deep(setting.old, setting.new_json)),
        Process("deepdiff of a document and itself", "deepdiff", _deep(setting.old, setting.old)),
    )


def _deep(old: Path, new: Path) -> str:
    read = f"old, new = (json.load(open(each, 'rb')) for each in {[str(old), str(new)]!r})"
    return f"import json; from deepdiff import DeepDiff; {read}; DeepDiff(old, new)"


KIND = Kind(
    "Comparing two documents",
    "Whole processes, but for one row. Where a reference of a repaired document leads nowhere,"
    " anything is allowed.",
    subjects,
    (
        Target("diff of two documents, prepared", PREPARED, 1.0),
        Target("diff of two documents, peak memory", PREPARED, 150, of="peak"),
        Target("diff of unchanged documents, whole process", UNCHANGED, 0.05),
        Target("diff of unchanged documents, both loaded", LOADED, 0.05),
        Target("diff of two documents, beside oasdiff", PREPARED, 1, (OASDIFF,)),
    ),
)
