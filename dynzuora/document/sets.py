"""Sets of documents: several prepared documents that are used as one.

A vendor may move operations into a second document that keeps serving them. The first
document that has an operation wins, by its id and by its method and path.
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from dynzuora.document.prepared import DocumentWarning, Entry, Prepared, Sent
from dynzuora.errors import SpecError

_NAME = re.compile(r"\{[^{}]*\}")


class PreparedSet(Prepared):
    """Several documents as one. What belongs to a document as a whole is the first one's."""

    def __init__(self, documents: Iterable[Prepared]) -> None:
        self.documents = tuple(documents)
        """The documents, in the order in which they are asked."""
        if not self.documents:
            raise SpecError("a set of documents needs at least one.")
        first = self.documents[0]
        self.version, self.title = first.version, first.title
        self.source = ", ".join(document.source for document in self.documents)
        digests = " ".join(document.digest for document in self.documents)
        self.digest = hashlib.sha256(digests.encode()).hexdigest()
        self.servers = _united(document.servers for document in self.documents)
        self.tags = _united(document.tags for document in self.documents)
        self.webhooks = _united(document.webhooks for document in self.documents)
        self.callbacks = _united(document.callbacks for document in self.documents)
        self.losses = sum(document.losses for document in self.documents)
        self.bundled = all(document.bundled for document in self.documents)
        index: dict[str, Entry] = {}
        self._numbers: dict[str, int] = {}
        self._hidden: list[tuple[int, str, str]] = []
        """The number of a document, an operation of it that another one has, and the id it has there."""
        routes: dict[tuple[str, str], str] = {}
        for number, document in enumerate(self.documents):
            for id, entry in document.index.items():
                route = entry.method, _NAME.sub("{}", entry.path)
                other = id if id in index else routes.get(route)
                if other is not None and self._numbers[other] != number:
                    self._hidden.append((number, id, other))
                    continue
                index[id], self._numbers[id] = entry, number
                routes.setdefault(route, id)
        self.index = MappingProxyType(index)
        self.other_ids = {id: other for _, id, other in self._hidden if id not in index}

        self.sent = MappingProxyType(
            {key: fault for document in reversed(self.documents) for key, fault in document.sent.items()}
        )

    def number_of(self, id: str | Sent) -> int:
        if isinstance(id, Sent):
            return next(number for number, document in enumerate(self.documents) if id in document.sent)
        return self._numbers[id]

    def sent_slice(self, key: Sent) -> dict[str, Any]:
        return self.documents[self.number_of(key)].sent_slice(key)

    def source_of(self, id: str) -> str:
        return self.documents[self._numbers[id]].source

    def slice(self, id: str) -> dict[str, Any]:
        return self.documents[self._numbers[id]].slice(id)

    def vocabulary(self) -> Mapping[str, Any]:
        from dynzuora.document.vocabulary import vocabulary

        return vocabulary(map(self.slice, self.index))

    @property
    def warnings(self) -> tuple[DocumentWarning, ...]:
        """What was wrong in each document, and the operations that are left out for those of another one."""
        return self._all_warnings

    @functools.cached_property
    def _all_warnings(self) -> tuple[DocumentWarning, ...]:
        own = [
            warning._replace(message=f"{document.source}: {warning.message}")
            for document in self.documents
            for warning in document.warnings
        ]
        return (*own, *self._differing())

    def _differing(self) -> Iterator[DocumentWarning]:
        for number, id, other in self._hidden:
            document, winner = self.documents[number], self.documents[self._numbers[other]]
            ours, its = winner.slice(other), document.slice(id)
            if _without_pointer(ours) == _without_pointer(its):
                continue
            name = id if id == other else f"{id} ({other})"
            message = f"{document.source}: {name} differs in {winner.source}, which counts."
            yield DocumentWarning("operation-in-two-documents", its["pointer"], message)


def _united(lists: Iterable[Sequence[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for names in lists for name in names))


def _without_pointer(slice: dict[str, Any]) -> str:
    return json.dumps({key: value for key, value in slice.items() if key != "pointer"}, sort_keys=True)
