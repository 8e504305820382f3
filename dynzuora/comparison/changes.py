"""What a comparison says: facts without opinion, changes with a verdict, and the whole of them.

Plain frozen values. One `Change` is one root cause: one rule on one thing (a schema, a
parameter, an operation), whatever the number of operations it reaches and of facts it
rests on. Reports read these values and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from dynzuora.comparison.usage import Usage
    from dynzuora.document import Prepared

Severity = Literal["breaking", "warning", "info"]
Direction = Literal["request", "response", "both", ""]

#: Worst first.
SEVERITIES: tuple[Severity, ...] = ("breaking", "warning", "info")


class Fact(NamedTuple):
    """One difference between the documents, without opinion."""

    kind: str
    """What happened, the id of the rule that judges it: ``property-removed``."""
    pointer: str
    """Where in the document that has it (the new one unless it is gone there), a JSON pointer."""
    where: str
    """The same place for people: ``POSTAccountType.billToContact.city``."""
    old: Any
    """The value before; None when there was none."""
    new: Any
    """The value now; None when there is none."""
    field: str = ""
    """The property, parameter or header concerned, if one is."""


class Witness(NamedTuple):
    """A value that one of the documents accepts and the other refuses, tried with jsonschema."""

    value: Any
    where: str
    """The place whose schema was asked, as in `Fact.where`."""
    valid: Literal["old", "new"]
    """The document that accepts ``value``; the other refuses it."""
    problem: str
    """Why the other refuses it."""


class Verdict(NamedTuple):
    """What one direction makes of a change."""

    direction: Direction
    severity: Severity
    why: str


class Change(NamedTuple):
    """One changed thing, judged: its worst verdict first, with every operation it reaches."""

    id: str
    """The rule: ``operation-removed``, ``property-removed``, ``max-length-set``…"""
    severity: Severity
    """The worst of `verdicts`."""
    direction: Direction
    """Where the change is seen: ``both`` for a schema that requests and responses share, empty when
    it is neither (an operation)."""
    where: str
    """The schema and the path in it (``Account.name``), or the operation and the part of it."""
    operations: tuple[str, ...]
    """The ids of the operations reached, as the old document calls them; of an added one, the new id."""
    old: Any
    new: Any
    message: str
    """One sentence: what changed."""
    why: str
    """One sentence: why the worst verdict is what it is."""
    fingerprint: str
    """Twelve hex digits that stay the same while the change does."""
    area: str = ""
    """document, operation, parameter, body, response, header, schema or security."""
    pointer: str = ""
    field: str = ""
    """The property, parameter or header concerned when it is one; empty for several (see `facts`)."""
    tags: tuple[str, ...] = ()
    """The tags of the operations reached, in the document's order."""
    verdicts: tuple[Verdict, ...] = ()
    facts: tuple[Fact, ...] = ()
    witness: Witness | None = None


class Move(NamedTuple):
    """One thing that lives on under another name or in another place."""

    kind: str
    """operation-id, operation-path, path-parameter, parameter, schema or property."""
    where: str
    """The operation or the schema it belongs to; empty for operations and schemas themselves."""
    old: str
    new: str


class Signature(NamedTuple):
    """The arguments of one operation in Python, before and now: ``page: int | None = None``."""

    operation: str
    old: tuple[str, ...]
    new: tuple[str, ...]


class Side(NamedTuple):
    """One of the two documents."""

    title: str
    version: str
    operations: int


def side(prepared: Prepared) -> Side:
    """Return one of two documents, as a comparison names it."""
    return Side(prepared.title, prepared.version, len(prepared.index))


class Diff:
    """Everything that changed between two documents, worst first."""

    def __init__(
        self,
        old: Side,
        new: Side,
        changes: tuple[Change, ...] = (),
        *,
        moves: tuple[Move, ...] = (),
        aliases: Mapping[str, str] | None = None,
        surface: tuple[Signature, ...] = (),
        documents: tuple[Prepared, Prepared] | None = None,
    ) -> None:
        self.old = old
        self.new = new
        self.changes = changes
        self.moves = moves
        self.aliases: Mapping[str, str] = dict(aliases or {})
        """Old operation id, or old method and path → new id, for ``Client(aliases=diff.aliases)``."""
        self.surface = surface
        self._documents = documents

    @property
    def breaking(self) -> tuple[Change, ...]:
        """The changes that break a caller."""
        return self.of("breaking")

    def of(self, severity: Severity) -> tuple[Change, ...]:
        """Return the changes of one severity."""
        return tuple(each for each in self.changes if each.severity == severity)

    def __bool__(self) -> bool:
        return bool(self.changes)

    def __repr__(self) -> str:
        counts = ", ".join(f"{len(self.of(each))} {each}" for each in SEVERITIES)
        return f"<Diff {self.old.version} → {self.new.version}: {counts}>"

    def used_by(self, *paths: str | Path) -> Usage:
        """Return what breaks in scripts, notebooks, folders of them, or the usage log of a client.

        The code is read, never run. What cannot be followed is in ``.unresolved``.

        Raises `DynzuoraError` for a path that is not there.
        """
        from dynzuora.comparison import usage

        if self._documents is None:
            raise ValueError("used_by needs the documents: compare them with dynzuora.diff.")
        return usage.used_by(paths, *self._documents, self)

    def to_text(self, usage: Usage | None = None) -> str:
        """Return the report for a terminal; with ``usage`` it is about that code only."""
        from dynzuora.comparison import reports

        return reports.text(self, usage)

    def to_markdown(self, usage: Usage | None = None) -> str:
        """Return the report for a pull request."""
        from dynzuora.comparison import reports

        return reports.markdown(self, usage)

    def to_html(self, usage: Usage | None = None) -> str:
        """Return the report as one HTML file that needs no network."""
        from dynzuora.comparison import reports

        return reports.html(self, usage)

    def to_json(self, usage: Usage | None = None) -> str:
        """Return the report as JSON, as the committed JSON Schema describes it."""
        from dynzuora.comparison import reports

        return reports.json(self, usage)

    def _repr_html_(self) -> str:
        from dynzuora.comparison import reports

        return reports.notebook(self)
