"""The words of a document's operations, gathered when it is prepared: a search reads nothing else.

Words are lower case and singular. Of names (parameters, fields of bodies and replies) it is
kept which operations have them, so that the words of a name are stored once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from dynzuora._names import singular, split_words
from dynzuora.document.shapes import HTTP_METHODS
from dynzuora.model import OperationModel, Schemas

KINDS = ("parameter", "field", "reply")
"""What a name belongs to: a parameter, the request's body or the body of a success."""

_SHORTEST_PART = 3


def vocabulary(operations: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the words of operations, which are given as slices; what they share is read once.

    ``ids``, ``titles``, ``paths``, ``tags`` and ``prose`` have an entry for each operation, all
    but ``ids`` as words with spaces between them. ``names`` has rows of name, its words, and for
    each of ``KINDS`` the positions of the operations that have it.
    """
    tokens = _Tokens().of
    reader = _Reader()
    rows: dict[str, list[str]] = {"ids": [], "titles": [], "paths": [], "tags": [], "prose": []}
    for position, operation in enumerate(operations):
        rows["ids"].append(operation["id"])
        titles = (_without_method(tokens(operation[key])) for key in ("id", "summary"))
        rows["titles"].append(_joined(word for title in titles for word in title))
        static = [part for part in operation["path"].split("/") if not part.startswith("{")]
        rows["paths"].append(_joined(word for part in static for word in tokens(part)))
        rows["tags"].append(_joined(word for tag in operation["tags"] for word in tokens(tag)))
        rows["prose"].append(_joined(tokens(operation.get("description", ""))))
        if not operation.get("fault"):
            reader.read(position, operation)
    return {
        **rows,
        "titles": _with_parts(rows),
        "names": [
            [name, " ".join(tokens(name)), *map(_positions, kinds)] for name, kinds in reader.names().items()
        ],
    }


def _joined(words: Iterable[str]) -> str:
    return " ".join(dict.fromkeys(words))


_METHODS = frozenset({*HTTP_METHODS, "object", "action"})


def _without_method(words: list[str]) -> list[str]:
    """Return the words of an id or a summary without the method that it begins with."""
    while len(words) > 1 and words[0] in _METHODS:
        words = words[1:]
    return words


def _with_parts(rows: Mapping[str, list[str]]) -> list[str]:
    """Return the titles with the parts of words that others write apart: ``paymentgateways``."""
    known = {word for name in ("titles", "paths", "tags") for row in rows[name] for word in row.split()}
    parts: dict[str, list[str]] = {}
    for word in known:
        for cut in range(_SHORTEST_PART, len(word) - _SHORTEST_PART + 1):
            if word[:cut] in known and word[cut:] in known:
                parts[word] = [word[:cut], word[cut:]]
    return [
        _joined(part for word in title.split() for part in parts.get(word, [word]))
        for title in rows["titles"]
    ]


class _Tokens:
    """The words of texts, each word read once."""

    def __init__(self) -> None:
        self._words: dict[str, str] = {}

    def of(self, text: str) -> list[str]:
        words = self._words
        result = []
        for written in split_words(text):
            word = words.get(written)
            if word is None:
                word = words[written] = singular(written.lower())
            result.append(word)
        return result


def _positions(bits: int) -> list[int]:
    """Return the positions of the bits that are set."""
    positions = []
    while bits:
        lowest = bits & -bits
        positions.append(lowest.bit_length() - 1)
        bits ^= lowest
    return positions


class _Component(NamedTuple):
    """A schema: the names in it, the components it refers to, and the operations that reach it, by kind.

    Operations are the bits of a number. ``schema`` is kept so that its id stays its own.
    """

    schema: Any
    names: list[str]
    others: list[Any]
    reached: list[int]


class _Reader:
    """The names in the schemas of a document. Each component is read once, however often it is referenced."""

    def __init__(self) -> None:
        self._components: dict[int, _Component] = {}
        self._parameters: dict[str, int] = {}

    def read(self, position: int, operation: Mapping[str, Any]) -> None:
        """Note what names the operation at ``position`` has."""
        bit = 1 << position
        for parameter in operation["parameters"]:
            self._parameters[parameter["name"]] = self._parameters.get(parameter["name"], 0) | bit
        model = OperationModel(operation)
        for kind, body in enumerate((model.body.schema, model.reply.schema)):
            waiting = [body]
            while waiting:
                component = self._component(waiting.pop(), model.schemas)
                if not component.reached[kind] & bit:
                    component.reached[kind] |= bit
                    waiting += component.others

    def names(self) -> dict[str, list[int]]:
        """Return name → for each of ``KINDS`` the operations that have it, as bits."""
        names = {name: [bits, 0, 0] for name, bits in self._parameters.items()}
        for component in self._components.values():
            for name in component.names:
                kinds = names.setdefault(name, [0, 0, 0])
                kinds[1] |= component.reached[0]
                kinds[2] |= component.reached[1]
        return names

    def _component(self, schema: Any, schemas: Schemas) -> _Component:
        component = self._components.get(id(schema))
        if component is None:
            names: dict[str, None] = {}
            others = []
            for node in schemas.here(schema):
                if "$ref" in node:
                    others.append(schemas.resolved(node)[1])
                elif "properties" in node:
                    names |= dict.fromkeys(node["properties"])
            component = self._components[id(schema)] = _Component(schema, list(names), others, [0, 0])
        return component
