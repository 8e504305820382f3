"""A document as its users see it: a version, a title, and a mapping of operations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn

from dynzuora import document
from dynzuora._names import canonical, nearest
from dynzuora.errors import Advice, UnknownOperation
from dynzuora.operation import naming
from dynzuora.operation.operation import Operation

if TYPE_CHECKING:
    from dynzuora.document import DocumentWarning, Prepared


def load(
    source: Any = None,
    overlay: Any = None,
    external_files: bool = False,
) -> Document:
    """Read an OpenAPI document: a version, path, URL, bytes or mapping; None is the bundled default.

    ``overlay`` is one OpenAPI Overlay 1.0 (path or mapping) or several. With
    ``external_files`` the document may refer to files below its own folder.

    Raises `SpecError`, which says what is wrong, where, and how to mend it.
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
    def warnings(self) -> Warnings:
        """What was wrong in the document and what was done about it, with JSON pointers."""
        return Warnings(self.prepared.warnings)

    @cached_property
    def operations(self) -> Operations:
        """Every operation by its operationId."""
        return Operations(self)

    def __copy__(self) -> Document:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Document is not pickled or deep-copied; load it again where it is needed.")

    def __repr__(self) -> str:
        return f"<Document {self.title!r} {self.version}: {len(self.prepared.index)} operations>"

    def _repr_html_(self) -> str:
        from dynzuora.display import render
        from dynzuora.display.cards import table

        return render(
            "document",
            title=self.title,
            version=self.version,
            source=self.prepared.source,
            operations=len(self.operations),
            tags=list(self.prepared.tags),
            warnings=table([warning._asdict() for warning in self.prepared.warnings]),
        )


class Warnings(tuple["DocumentWarning", ...]):
    """What was repaired or left out in a document: a tuple that shows itself by rule, not one by one."""

    def by_rule(self) -> list[dict[str, str]]:
        """Return a row for each rule, the most used first: how often, and its first case."""
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
        from dynzuora.display import text_records

        rows = self.by_rule()
        told = [(f"{row['rule']}: {row['times']}", row["first"], row["at"]) for row in rows]
        listed = text_records(("", "first", "at"), told)
        return f"{self.heading}; each has .rule, .pointer and .message\n\n{listed}" if rows else self.heading

    def _repr_html_(self) -> str:
        from dynzuora.display import render
        from dynzuora.display.cards import table

        heading = f"{self.heading}; each has .rule, .pointer and .message"
        return render("operations", heading=heading, table=table(self.by_rule()))


class Operations(Mapping[str, "Operation"]):
    """A mapping from operationId to `Operation`; an unknown id is an error that names the nearest."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._made: dict[str, Operation] = {}

    def __getitem__(self, name: str) -> Operation:
        if not isinstance(name, str):
            raise _no_name(name)
        found = self._made.get(name)
        if found is None:
            if name not in self._document.prepared.index:
                raise self._unknown(name)
            found = self._made.setdefault(name, Operation(self._document.prepared, name))
        return found

    if not TYPE_CHECKING:  # a checker would take any name for one that is there

        def __getattr__(self, name: str) -> NoReturn:
            if name.startswith("_"):  # what IPython and pickle ask every object for
                raise AttributeError(name)
            try:
                meant = self.resolve(name).id
            except UnknownOperation as error:
                raise AttributeError(str(error)) from None
            raise AttributeError(f'An operation of a document is an item: operations["{meant}"].')

    def __iter__(self) -> Iterator[str]:
        return iter(self._document.prepared.index)

    def __len__(self) -> int:
        return len(self._document.prepared.index)

    def __repr__(self) -> str:
        return f"<{len(self)} operations of {self._document.title!r} {self._document.version}>"

    def _repr_html_(self) -> str:
        from dynzuora.display import render
        from dynzuora.display.cards import table

        rows = [
            {"id": name, "method": entry.method, "path": entry.path, "summary": entry.summary}
            for name, entry in self._document.prepared.index.items()
        ]
        heading = f"{len(self)} operations of {self._document.title} {self._document.version}"
        return render("operations", heading=heading, table=table(rows))

    def _ipython_key_completions_(self) -> list[str]:
        return list(self)

    def resolve(self, name: str, aliases: Mapping[str, str] | None = None) -> Operation:
        """Return the operation that ``name`` means: an id, any spelling of one, or ``"GET /path"``.

        Names that other Zuora clients use are known too, and ``aliases`` the caller's own;
        an exact id always means itself.

        Raises `UnknownOperation` with the nearest ids.
        """
        if not isinstance(name, str):
            raise _no_name(name)
        if aliases and name in aliases and name not in self._document.prepared.index:
            return self.resolve(aliases[name])
        found = self.meant(name)
        if found is None:
            raise self._unknown(name)
        return self[found]

    def meant(self, name: str) -> str | None:
        """Return the id of the operation that `resolve` finds, or None."""
        if name in self._document.prepared.index:
            return name
        form = _route_form(name) if " " in name.strip() else canonical(name)
        found = self._by_other_client.get(name) or self._by_other_name.get(form)
        return found or self._by_other_client.get(form) or self._by_rule.get(form)

    def names_of(self, identifier: str) -> tuple[str, ...]:
        """Return what other Zuora clients call an operation, as far as `resolve` takes it."""
        return tuple(
            name
            for name in naming.candidates(identifier)
            if name != identifier and self.meant(name) == identifier
        )

    @cached_property
    def _by_other_client(self) -> dict[str, str]:
        """The SDK's names that no rule gives, as spelled there and in canonical form."""
        index = self._document.prepared.index
        known = {name: identifier for name, identifier in naming.table().items() if identifier in index}
        return {canonical(name): identifier for name, identifier in known.items()} | known

    @cached_property
    def _by_rule(self) -> dict[str, str]:
        return naming.names_by_rule(self)

    @cached_property
    def _by_other_name(self) -> dict[str, str]:
        """Other spellings → operationId; a spelling that two ids share means neither."""
        names: dict[str, str] = {}
        for identifier, entry in self._document.prepared.index.items():
            for form in (canonical(identifier), _route_form(f"{entry.method} {entry.path}")):
                names[form] = "" if form in names else identifier
        return {form: identifier for form, identifier in names.items() if identifier}

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


def _no_name(name: object) -> UnknownOperation:
    kind = type(name).__name__
    return UnknownOperation(f"An operation is named by text, not by a value of type {kind}: give its id.")


def _route_form(route: str) -> str:
    """Return ``"get /v1/{id}"`` as ``"GET /v1/{}"``: a path is its shape, not its parameters' names."""
    method, _, path = route.strip().partition(" ")
    parts = ("{}" if part.startswith("{") else part for part in path.strip().rstrip("/").split("/"))
    return f"{method.upper()} {'/'.join(parts)}"
