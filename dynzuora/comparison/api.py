"""`diff`, and the objects it leads to: `Diff` and `Usage`, which are values that can show themselves."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dynzuora.comparison import reports, usage
from dynzuora.comparison.changes import SEVERITIES, ChangeSet, sides
from dynzuora.comparison.usage.results import UsageResult
from dynzuora.document import prepare

if TYPE_CHECKING:
    from dynzuora.document import Prepared


class Usage(UsageResult):
    """What a new version means for the code that was read; prints as text, shows as tables in a notebook."""

    def __str__(self) -> str:
        return reports.usage_text(self).rstrip()

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))

    def _repr_html_(self) -> str:
        return reports.usage_notebook(self)


class Diff(ChangeSet):
    """Everything that changed between two documents, the worst first, and the reports of it."""

    documents: tuple[Prepared, Prepared] | None = None
    """What was compared, for `used_by`. Not part of the value: equal changes are equal diffs."""

    def __repr__(self) -> str:
        counts = ", ".join(f"{len(self.of(severity))} {severity}" for severity in SEVERITIES)
        return f"<Diff {self.old.label} → {self.new.label}: {counts}>"

    def used_by(self, *paths: str | Path) -> Usage:
        """Return what breaks in scripts, notebooks, folders of them, or the usage logs of a client.

        The code is read, never run. Calls that cannot be followed are in ``.unresolved``.

        Raises:
            DynzuoraError: a path does not exist or cannot hold code.
        """
        if self.documents is None:
            raise ValueError("used_by needs the documents: compare them with dynzuora.diff.")
        return Usage(*usage.used_by(paths, *self.documents, self))

    def to_text(self, usage: UsageResult | None = None) -> str:
        """Return the report for a terminal; with ``usage``, only what concerns that code."""
        return reports.text(self, usage)

    def to_markdown(self, usage: UsageResult | None = None) -> str:
        """Return the report for a pull request."""
        return reports.markdown(self, usage)

    def to_html(self, usage: UsageResult | None = None) -> str:
        """Return the report as one HTML file that works offline."""
        return reports.html(self, usage)

    def to_json(self, usage: UsageResult | None = None) -> str:
        """Return the report as JSON, described by ``report.schema.json``."""
        return reports.json(self, usage)

    def to_changelog(self, usage: UsageResult | None = None) -> str:
        """Return the report as a section of a changelog; with ``usage``, of the operations it uses."""
        return reports.changelog(self, usage)

    def to_github(self, usage: UsageResult | None = None) -> str:
        """Return the report as GitHub's annotations; with ``usage``, at the lines of that code."""
        return reports.github(self, usage)

    def to_sarif(self, usage: UsageResult | None = None) -> str:
        """Return the report as SARIF 2.1.0, for code scanning."""
        return reports.sarif(self, usage)

    def _repr_html_(self) -> str:
        return reports.notebook(self)


def diff(
    old: Any,
    new: Any,
    *,
    rules: Path | str | Mapping[str, Any] | None = None,
    descriptions: bool = False,
    today: datetime.date | None = None,
    zuora_version: tuple[str, str] | None = None,
    external_files: bool = False,
) -> Diff:
    """Compare two versions of a document: versions, paths, URLs, ``git:REV:PATH``, mappings, or
    loaded documents.

    A list of documents is compared as one, see `dynzuora.load`.
    ``rules`` is a TOML file, or its content, that overrides severities and ignores single
    changes until a date (``today`` unless given); ``descriptions=True`` reports changed
    descriptions, too; ``external_files=True`` follows references to files beside a document.
    ``zuora_version=("211.0", "2025-08-12")`` adds what the versions of the
    server between these two change: the header Zuora-Version chooses one, and the documents may
    be the same.

    Raises:
        SpecError: a document or the file of rules is not valid.
        ValueError: one of ``zuora_version`` is not a version.
    """
    versions = _server_versions(zuora_version)
    documents = before, after = _prepared(old, external_files), _prepared(new, external_files)
    changes = ChangeSet(*sides(before, after, versions))
    is_changed = before.digest != after.digest or versions[0] != versions[1]
    if is_changed or rules is not None:  # a file of rules is checked even if nothing changed
        from dynzuora.comparison import rules as severities

        table = severities.rules(rules)
    if is_changed:
        from dynzuora.comparison.comparing import compare

        changes = compare(
            before, after, table, descriptions=descriptions, today=today, zuora_version=versions
        )
    result = Diff(*changes)
    result.documents = documents
    return result


def _server_versions(versions: tuple[str, str] | None) -> tuple[str, str]:
    if versions is None:
        return "", ""
    from dynzuora import _zuora_versions

    if isinstance(versions, str) or len(versions) != 2:
        raise ValueError(f"zuora_version={versions!r}: must be two versions, (old, new).")
    for version in versions:
        if _zuora_versions.order(version) is None:
            raise ValueError(
                f"zuora_version: {version!r} is not a version of the server; "
                f"write a number like 211.0 or a date like {_zuora_versions.changes()[-1].since}."
            )
    old, new = map(str, versions)
    return old, new


def _prepared(source: Any, external_files: bool) -> Prepared:
    loaded = getattr(source, "prepared", None)
    return prepare(source, external_files=external_files) if loaded is None else prepare(loaded)
