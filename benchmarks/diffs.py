"""Comparing two versions of the document."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.subjects import Kind, Process, Setting, Subject, Target

PREPARED = "dynzuora.diff, prepared"
COLD = "dynzuora.diff, nothing prepared"
UNCHANGED = "dynzuora.diff of a document and itself, prepared"
OASDIFF = "oasdiff changelog, both as dynzuora repairs them"


def subjects(setting: Setting) -> Sequence[Subject]:
    old, new = str(setting.old), str(setting.new)
    repaired = tuple(map(str, setting.repaired))
    code = f"import dynzuora; dynzuora.diff({old!r}, {new!r})"
    oasdiff = (setting.oasdiff, "changelog")
    return (
        Process(PREPARED, "fast", code),
        Process(COLD, "fast", code, fresh=True),
        Process(UNCHANGED, "fast", f"import dynzuora; dynzuora.diff({old!r}, {old!r})"),
        Process("oasdiff changelog", "node", command=(*oasdiff, old, new)),
        Process(OASDIFF, "node", command=(*oasdiff, *repaired)),
        Process("oasdiff changelog of a document and itself", "node", command=(*oasdiff, old, old)),
    )


KIND = Kind(
    "Comparing two documents",
    "Whole processes.",
    subjects,
    (
        Target("diff of two documents, prepared", PREPARED, 1.0),
        Target("the same, peak memory", PREPARED, 150, of="peak"),
        Target("the same, unchanged documents", UNCHANGED, 0.05),
        Target("the same, beside oasdiff", PREPARED, 1, (OASDIFF,)),
    ),
)
