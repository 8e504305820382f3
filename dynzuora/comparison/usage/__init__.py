"""Which lines of the caller's own code a new version of the document breaks.

Scripts and notebooks are read, never run (``tracing``); a client's log may be added
(``log``). Each use is then looked up in both documents (``judging``). What cannot be
followed is listed as unresolved, so that silence means that nothing was found.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from dynzuora._names import canonical, route
from dynzuora.comparison.changes import Diff
from dynzuora.comparison.usage import log, sources, tracing
from dynzuora.comparison.usage.documents import Documents
from dynzuora.comparison.usage.findings import Finding
from dynzuora.comparison.usage.judging import judged
from dynzuora.comparison.usage.values import Doubt, Place, Use

if TYPE_CHECKING:
    from dynzuora.document import Prepared

__all__ = ["Doubt", "Finding", "Place", "Usage", "used_by"]


class Usage(NamedTuple):
    """What a new version means for the code that was read."""

    files: tuple[str, ...]
    uses: int
    """How many calls of operations were found."""
    operations: tuple[str, ...]
    """The operations that are used, in the order of the old document."""
    findings: tuple[Finding, ...]
    unresolved: tuple[Doubt, ...]

    @property
    def breaking(self) -> tuple[Finding, ...]:
        """The findings that break, not those that may."""
        return tuple(each for each in self.findings if each.severity == "breaking")

    def __str__(self) -> str:
        from dynzuora.comparison import reports

        return reports.usage_text(self).rstrip()

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))

    def _repr_html_(self) -> str:
        from dynzuora.comparison import reports

        return reports.usage_notebook(self)


def used_by(paths: Iterable[str | Path], old: Prepared, new: Prepared, diff: Diff) -> Usage:
    """Read scripts, notebooks, folders of them and usage logs; return what breaks there.

    Raises `DynzuoraError` for a path that is not there or is none of these.
    """
    resolve = _resolver(old, new)
    uses: list[Use] = []
    doubts: list[Doubt] = []
    files = sources.files_below(paths, also=log.SUFFIXES)
    for path in files:
        if path.suffix.lower() in log.SUFFIXES:
            found, open_questions = log.uses_in(path, resolve)
        else:
            found, open_questions = tracing.uses_in(sources.read(path), resolve, old.index)
        uses += found
        doubts += open_questions
    findings, more = judged(uses, Documents(old, new, diff))
    used = {use.operation for use in uses}
    places = {(use.place, use.operation) for use in uses}
    return Usage(
        tuple(path.as_posix() for path in files),
        len(places),
        tuple(each for each in old.index if each in used),
        tuple(findings),
        tuple(sorted({*doubts, *more}, key=lambda each: (each.place.order, each.why))),
    )


def _resolver(old: Prepared, new: Prepared) -> tracing.Resolve:
    """Names as `client.call` takes them: an id, any spelling of one, or ``"GET /path"``.

    What only the new document has is known, too: code that has moved already is fine.
    """
    other: dict[str, str] = {}
    for prepared in (new, old):
        forms: dict[str, str] = {}
        for operation, entry in prepared.index.items():
            for form in (canonical(operation), route(f"{entry.method} {entry.path}")):
                forms[form] = "" if form in forms else operation
        other |= forms

    def resolve(name: str) -> str:
        if name in old.index or name in new.index:
            return name
        return other.get(route(name) if " " in name.strip() else canonical(name), "")

    return resolve
