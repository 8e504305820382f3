"""From paths to a `UsageResult`: read each file, judge each use."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from dynzuora.comparison.changes import ChangeSet
from dynzuora.comparison.usage import client_surface, log, sources, tracing
from dynzuora.comparison.usage.documents import Documents
from dynzuora.comparison.usage.judging import judge
from dynzuora.comparison.usage.results import Place, SourceLocation, Unresolved, UsageResult
from dynzuora.comparison.usage.sources import Source
from dynzuora.comparison.usage.values import Use

if TYPE_CHECKING:
    from dynzuora.document import Prepared


def used_by(paths: Iterable[str | Path], old: Prepared, new: Prepared, changes: ChangeSet) -> UsageResult:
    """Read scripts, notebooks, folders of them and usage logs; return what breaks there.

    Raises:
        DynzuoraError: a path does not exist or cannot hold code.
    """
    documents = Documents(old, new, changes)
    given = tuple(map(Path, paths))
    files = sources.files_below(given, also=log.SUFFIXES)
    uses: list[Use] = []
    unresolved: set[Unresolved] = set()
    for path in files:
        if path.suffix.lower() in log.SUFFIXES:
            file_uses, file_unresolved = log.uses_in(path, documents.resolve)
            uses += file_uses
            unresolved |= set(file_unresolved)
    library = tracing.Library(documents)
    for source in _sources(
        [path for path in files if path.suffix.lower() in sources.SUFFIXES], given, documents
    ):
        try:
            file_uses, file_unresolved = library.uses_in(source)
        except RecursionError:  # one file must not end the report of the others
            row = Unresolved(SourceLocation(source.path, 1), "", "is nested too deeply to be followed")
            file_uses, file_unresolved = [], [row]
        uses += file_uses
        unresolved |= set(file_unresolved)
    unresolved |= library.unknown_requests
    certain = {use.location for use in uses if use.how != "mention"}
    uses = [use for use in uses if use.how != "mention" or use.location not in certain]
    findings, doubtful = judge(uses, documents)
    operations = {use.operation for use in uses}
    return UsageResult(
        tuple(path.as_posix() for path in files),
        len({(use.location, use.operation) for use in uses}),
        tuple(id for id in old.index if id in operations),
        tuple(findings),
        tuple(sorted({*unresolved, *doubtful}, key=lambda row: (row.location.order, row.why))),
        tuple(sorted({Place(use.location, use.operation, use.how) for use in uses}, key=Place.order)),
    )


_FEW = 100
"""So many files are read whole; of more, those that may use the API."""


def _sources(files: Iterable[Path], paths: Iterable[Path], documents: Documents) -> Iterator[Source]:
    """Yield the files that may use the API, each with what its text says about that.

    A file is about the API if it says so, or one in its folder does, or it was named itself, or
    no file says so.
    """
    texts = {path: path.read_bytes() for path in files}
    words = re.compile(documents.words.pattern.encode(), re.IGNORECASE)
    folders = {path.parent for path, text in texts.items() if words.search(text)}
    base = re.compile(rf"(?:{documents.words.pattern})[^\s\"']*{documents.prefix}/?[\"']", re.IGNORECASE)
    for path, text in texts.items():
        is_named = path in paths or bool(words.search(text))
        is_related = is_named or path.parent in folders
        if is_named or len(texts) <= _FEW or documents.may_use(text, bare=is_related):
            source = sources.read(path)
            yield source._replace(
                is_related=is_related or not folders,
                is_generated=bool(client_surface.GENERATED.search(text)),
                has_base=bool(documents.prefix and base.search(source.text)),
            )
