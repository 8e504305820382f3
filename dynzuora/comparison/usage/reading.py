"""From paths to a `UsageResult`: read each file, judge each use."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
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
    named = {path for path, text in texts.items() if path in paths or words.search(text)}
    folders = {path.parent for path in named if words.search(texts[path])}
    base = re.compile(rf"(?:{documents.words.pattern})[^\s\"']*{documents.prefix}/?[\"']", re.IGNORECASE)
    chosen = set(texts) if len(texts) <= _FEW else _chosen(texts, named, folders, paths, documents)
    for path, text in texts.items():
        if path in chosen:
            source = sources.read(path)
            yield source._replace(
                is_related=path in named or path.parent in folders or not folders,
                is_generated=bool(client_surface.GENERATED.search(text)),
                has_base=bool(documents.prefix and base.search(source.text)),
            )


def _chosen(
    texts: Mapping[Path, bytes],
    named: Collection[Path],
    folders: Collection[Path],
    paths: Iterable[Path],
    documents: Documents,
) -> set[Path]:
    """Return the files that may use the API, and those about it that import one of these."""
    chosen = {
        path
        for path, text in texts.items()
        if path in paths
        or documents.may_use(text, bare=path in named or path.parent in folders)
        or (path in named and documents.may_send(text))
    }
    waiting = {path: _imported(texts[path]) for path in named if path not in chosen}
    modules = {_module(path) for path in chosen}
    while found := {path for path, words in waiting.items() if not words.isdisjoint(modules)}:
        chosen |= found
        modules = {_module(path) for path in found}
        waiting = {path: words for path, words in waiting.items() if path not in found}
    return chosen


_IMPORT = re.compile(rb"^[ \t]*(?:from|import)\b[^\n(]*(?:\([^)]*\))?", re.MULTILINE)


def _imported(text: bytes) -> set[bytes]:
    """Return the names of modules, and of what is in them, that code imports."""
    return set(re.findall(rb"\w+", b" ".join(_IMPORT.findall(text))))


def _module(path: Path) -> bytes:
    return (path.parent.name if path.stem == "__init__" else path.stem).encode()
