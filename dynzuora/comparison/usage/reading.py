"""From paths to a `UsageResult`: read each file, judge each use."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from dynzuora.comparison.changes import ChangeSet
from dynzuora.comparison.usage import log, sources, tracing
from dynzuora.comparison.usage.documents import Documents
from dynzuora.comparison.usage.judging import judge
from dynzuora.comparison.usage.results import SourceLocation, Unresolved, UsageResult
from dynzuora.comparison.usage.values import Use

if TYPE_CHECKING:
    from dynzuora.document import Prepared


def used_by(paths: Iterable[str | Path], old: Prepared, new: Prepared, changes: ChangeSet) -> UsageResult:
    """Read scripts, notebooks, folders of them and usage logs; return what breaks there.

    Raises:
        DynzuoraError: a path does not exist or cannot hold code.
    """
    documents = Documents(old, new, changes)
    files = sources.files_below(paths, also=log.SUFFIXES)
    uses: list[Use] = []
    unresolved: set[Unresolved] = set()
    for path in files:
        file_uses, file_unresolved = _read(path, documents)
        uses += file_uses
        unresolved |= set(file_unresolved)
    findings, doubtful = judge(uses, documents)
    operations = {use.operation for use in uses}
    return UsageResult(
        tuple(path.as_posix() for path in files),
        len({(use.location, use.operation) for use in uses}),
        tuple(id for id in old.index if id in operations),
        tuple(findings),
        tuple(sorted({*unresolved, *doubtful}, key=lambda row: (row.location.order, row.why))),
    )


def _read(path: Path, documents: Documents) -> tuple[Iterable[Use], Iterable[Unresolved]]:
    if path.suffix.lower() in log.SUFFIXES:
        return log.uses_in(path, documents.resolve)
    try:
        return tracing.uses_in(sources.read(path), documents.resolve, documents.old.index)
    except RecursionError:  # one file must not end the report of the others
        return (), [Unresolved(SourceLocation(path.as_posix(), 1), "", "is nested too deeply to be followed")]
