"""The public view of a document: its version, its title, and a mapping of operations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn

from dynzuora import document
from dynzuora._names import nearest
from dynzuora.display import render, text_records
from dynzuora.display.cards import table
from dynzuora.errors import Advice, UnknownOperation
from dynzuora.operation import naming, security
from dynzuora.operation.operation import Operation

if TYPE_CHECKING:
    from dynzuora.document import DocumentWarning, Prepared


def load(
    source: Any = None,
    overlay: Any = None,
    external_files: bool = False,
) -> Document:
    """Read an OpenAPI document: a version, path, URL, bytes or mapping; None is the bundled default.

    ``"latest"`` is the newest of the bundled and added versions that are dates. A list of
    documents is read as one: the first that has an operation wins, and ``warnings`` says where
    another has it, too, and differs.

    ``overlay`` is one OpenAPI Overlay 1.0 (path or mapping) or several. With
    ``external_files`` the document may refer to files below its own folder.

    Raises `SpecError`, which says what is wrong, where, and how to fix it.
    """
    if isinstance(source, Document):
        if overlay is None and not external_files:
            return source
        source = source.prepared
    return Document(document.prepare(source, overlay=overlay, external_files=external_files))


class Document:
    """An OpenAPI document, ready to use: ``version``, ``title``, ``operations``, ``warnings``.

    Made by `dynzuora.load`. ``operations`` maps each operationId to its `Operation`.
    """

    def __init__(self, prepared: Prepared) -> None:
        self.prepared = prepared

    @property
    def version(self) -> str:
        """The document's own version, for example ``2020-12-10``."""
        return self.prepared.version

    @property
    def title(self) -> str:
        """The document's title."""
        return self.prepared.title

    @property
    def webhooks(self) -> tuple[str, ...]:
        """The names of the webhooks: requests that the server sends, which no client calls."""
        return self.prepared.webhooks

    @property
    def callbacks(self) -> tuple[str, ...]:
        """The callbacks, each as ``operationId: name``; like webhooks, but asked for by a call."""
        return self.prepared.callbacks

    @cached_property
    def token_urls(self) -> tuple[str, ...]:
        """The token URLs that its security schemes name for client credentials.

        Nothing is sent there unless ``Client(token_url=…)`` says so.
        """
        usable = (id for id, entry in self.prepared.index.items() if not entry.fault)
        return security.token_urls(map(self.prepared.slice, usable))

    @property
    def warnings(self) -> Warnings:
        """What was wrong in the document and what was done about it, with JSON pointers."""
        return Warnings(self.prepared.warnings)

    @property
    def losses(self) -> tuple[DocumentWarning, ...]:
        """The warnings about what may have been lost: without those that every document of Zuora needs."""
        if not self.prepared.losses:
            return ()
        return tuple(warning for warning in self.warnings if warning.rule not in document.HARMLESS)

    @property
    def newer(self) -> str:
        """The newest version that is bundled or was added, if this is an older, bundled one; else empty."""
        return document.newer_than(self.version) if self.prepared.bundled else ""

    @cached_property
    def operations(self) -> Operations:
        """Every operation by its operationId."""
        return Operations(self)

    def __copy__(self) -> Document:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Document is not pickled or deep-copied; load it again instead.")

    def __repr__(self) -> str:
        return f"<Document {self.title!r} {self.version}: {', '.join(self._counts())}>"

    def _counts(self) -> list[str]:
        """Return how many operations there are, and webhooks and callbacks where there are any."""
        counts = ((len(self.webhooks), "webhook"), (len(self.callbacks), "callback"))
        more = [f"{count:,} {noun if count == 1 else noun + 's'}" for count, noun in counts if count]
        return [f"{len(self.prepared.index)} operations", *more]

    def _repr_html_(self) -> str:
        return render(
            "document",
            title=self.title,
            version=self.version,
            source=self.prepared.source,
            operations=len(self.operations),
            tags=list(self.prepared.tags),
            webhooks=list(self.webhooks),
            callbacks=list(self.callbacks),
            warnings=table([warning._asdict() for warning in self.prepared.warnings]),
        )


class Warnings(tuple["DocumentWarning", ...]):
    """What was repaired or left out in a document: a tuple that is displayed by rule."""

    def by_rule(self) -> list[dict[str, str]]:
        """Return a row for each rule, the most frequent first: how often it applied, and its first case."""
        counts = Counter(warning.rule for warning in self)
        first = {warning.rule: warning for warning in reversed(self)}
        return [
            {"rule": rule, "times": f"{times:,}", "first": first[rule].message, "at": first[rule].pointer}
            for rule, times in counts.most_common()
        ]

    @property
    def heading(self) -> str:
        """How many there are."""
        return f"{len(self):,} {'thing' if len(self) == 1 else 'things'} repaired or left out"

    def __repr__(self) -> str:
        rows = self.by_rule()
        records = [(f"{row['rule']}: {row['times']}", row["first"], row["at"]) for row in rows]
        listed = text_records(("", "first", "at"), records)
        return f"{self.heading}; each has .rule, .pointer and .message\n\n{listed}" if rows else self.heading

    def _repr_html_(self) -> str:
        heading = f"{self.heading}; each has .rule, .pointer and .message"
        return render("operations", heading=heading, table=table(self.by_rule()))


class Operations(Mapping[str, "Operation"]):
    """A mapping from operationId to `Operation`; the error for an unknown id names the nearest."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._cache: dict[str, Operation] = {}

    def __getitem__(self, name: str) -> Operation:
        if not isinstance(name, str):
            raise _not_a_name(name)
        operation = self._cache.get(name)
        if operation is None:
            if name not in self._document.prepared.index:
                raise self._unknown(name)
            operation = self._cache.setdefault(name, Operation(self._document.prepared, name))
        return operation

    if not TYPE_CHECKING:  # a type checker would accept any name

        def __getattr__(self, name: str) -> NoReturn:
            if name.startswith("_"):  # IPython and pickle ask every object for these
                raise AttributeError(name)
            try:
                id = self.resolve(name).id
            except UnknownOperation as error:
                raise AttributeError(str(error)) from None
            raise AttributeError(f'Use operations["{id}"].')

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name in self._document.prepared.index

    def __iter__(self) -> Iterator[str]:
        return iter(self._document.prepared.index)

    def __len__(self) -> int:
        return len(self._document.prepared.index)

    def __repr__(self) -> str:
        return f"<{len(self)} operations of {self._document.title!r} {self._document.version}>"

    def _repr_html_(self) -> str:
        rows = [
            {"id": name, "method": entry.method, "path": entry.path, "summary": entry.summary}
            for name, entry in self._document.prepared.index.items()
        ]
        heading = f"{len(self)} operations of {self._document.title} {self._document.version}"
        return render("operations", heading=heading, table=table(rows))

    def _ipython_key_completions_(self) -> list[str]:
        return list(self)

    def resolve(self, name: str, aliases: Mapping[str, str] | None = None) -> Operation:
        """Return the operation called ``name``: an id in any spelling, or ``"GET /path"``.

        Names of other Zuora clients are accepted, too, and the caller's own ``aliases``; an
        exact id always means itself.

        Raises `UnknownOperation` with the nearest ids.
        """
        if not isinstance(name, str):
            raise _not_a_name(name)
        if aliases and name in aliases and name not in self._document.prepared.index:
            return self.resolve(aliases[name])
        id = self.id_of(name)
        if id is None:
            raise self._unknown(name)
        return self[id]

    def id_of(self, name: str) -> str | None:
        """Return the id of the operation that `resolve` finds, or None."""
        return self._names.operation_id(name)

    def names_of(self, identifier: str) -> tuple[str, ...]:
        """Return the names of an operation in other Zuora clients that `resolve` accepts."""
        return tuple(
            name
            for name in naming.candidates(identifier)
            if name != identifier and self.id_of(name) == identifier
        )

    @cached_property
    def _names(self) -> naming.Names:
        prepared = self._document.prepared
        return naming.Names(prepared.index, prepared.other_ids)

    def _unknown(self, name: str) -> UnknownOperation:
        index = self._document.prepared.index
        close = nearest(name, index, limit=5)
        message = f"No operation {name!r} in {self._document.title} {self._document.version}."
        if close:
            listed = ", ".join(f"{id} ({index[id].method} {index[id].path})" for id in close[:3])
            message += f" Did you mean {listed}?"
        method, _, path = name.strip().partition(" ")
        is_route = path.startswith("/") and method.isalpha()
        advice = Advice("request", (method, path)) if is_route else None if close else Advice("list")
        return UnknownOperation(message, name=name, nearest=close, advice=advice)


def _not_a_name(name: object) -> UnknownOperation:
    kind = type(name).__name__
    return UnknownOperation(f"The id of an operation is a string, not a {kind}.")
