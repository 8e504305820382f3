"""``client.ops``: the operations of a client as attributes, alone and by tag.

A module of its own, so that the stubs of `dynzuora stubs` replace just this.
"""

from __future__ import annotations

import keyword
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from dynzuora._names import nearest
from dynzuora.display import render
from dynzuora.display.cards import table
from dynzuora.errors import UnknownOperation

if TYPE_CHECKING:
    from dynzuora.operation import Operation
    from dynzuora.operation.bound import BoundOperation


class Tags:
    """Groups of bound operations, one attribute per tag: ``client.ops.by_tag.sequence_sets``."""

    _kind = "tags"

    if TYPE_CHECKING:  # type checkers know the tags from the stubs of `dynzuora stubs` only

        def __getattr__(self, name: str) -> Any: ...

    else:

        def __getattr__(self, name: str) -> NoReturn:
            close = nearest(name, self.__dict__, limit=3)
            hint = f" Did you mean {', '.join(close)}?" if close else ""
            raise AttributeError(f"There is no {name!r} among these {self._kind}.{hint}")

    def __repr__(self) -> str:
        return f"<{len(self.__dict__)} {self._kind}: {', '.join(self.__dict__)}>"

    def _repr_html_(self) -> str:
        members = self.__dict__.items()
        rows = [
            {"tag": name, "operations": len(member.__dict__)} if isinstance(member, Tags) else _row_of(member)
            for name, member in members
        ]
        kind = "tags" if any(isinstance(member, Tags) for _, member in members) else "operations"
        return _listed(f"{len(rows)} {kind}", rows)


class Group(Tags):
    """The bound operations of one tag, as attributes."""

    _kind = "operations"


class Ops:
    """Every operation of a client as an attribute; ids that are not identifiers are reachable by item only.

    An item may have any spelling that ``client.call`` takes.
    """

    by_tag: Tags

    def __init__(self, operations: Mapping[str, BoundOperation], resolve: Callable[[str], Operation]) -> None:
        self._all = operations
        self._resolve = resolve
        for identifier, operation in operations.items():
            if _is_attribute(identifier):
                self.__dict__[identifier] = operation
        self.by_tag = _by_tag(operations)

    def __getitem__(self, name: str) -> BoundOperation:
        operation = self._all.get(name) if isinstance(name, str) else None
        return operation or self._all[self._resolve(name).id]

    if TYPE_CHECKING:  # any name: only the stubs can report a wrong one

        def __getattr__(self, name: str) -> BoundOperation: ...

    else:

        def __getattr__(self, name: str) -> NoReturn:
            if name.startswith("_"):  # IPython and pickle ask every object for these
                raise AttributeError(name)
            try:
                identifier = self._resolve(name).id
            except UnknownOperation as error:
                raise AttributeError(str(error)) from None
            raise AttributeError(
                f"Attributes have the document's spelling: client.ops.{identifier}, not {name}. "
                f'Any other works in client.call("{name}", …) and client["{name}"].'
            )

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def _ipython_key_completions_(self) -> list[str]:
        return list(self._all)

    def __repr__(self) -> str:
        return f"<{len(self)} operations; .by_tag groups them>"

    def _repr_html_(self) -> str:
        return _listed(f"{len(self)} operations; .by_tag groups them", map(_row_of, self._all.values()))


def _row_of(operation: BoundOperation) -> dict[str, str]:
    return {
        "id": operation.id,
        "method": operation.method,
        "path": operation.path,
        "summary": operation.summary,
    }


def _listed(heading: str, rows: Iterable[Mapping[str, Any]]) -> str:
    return render("operations", heading=heading, table=table(list(rows)))


def _is_attribute(name: str) -> bool:
    return (
        name.isidentifier() and not keyword.iskeyword(name) and not name.startswith("_") and name != "by_tag"
    )


def _by_tag(operations: Mapping[str, BoundOperation]) -> Tags:
    groups: dict[str, dict[str, BoundOperation]] = {}
    for identifier, operation in operations.items():
        for tag in operation.tags or ("untagged",):
            name = "_".join("".join(c if c.isalnum() else " " for c in tag).lower().split()) or "untagged"
            groups.setdefault(name, {})[identifier] = operation
    tags = Tags()
    for name, members in sorted(groups.items()):
        group = Group()
        group.__dict__.update(
            {identifier: op for identifier, op in members.items() if _is_attribute(identifier)}
        )
        tags.__dict__[name] = group
    return tags
